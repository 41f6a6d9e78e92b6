"""A chart of the original's shape, to install a release of: what an upgrade to ours takes over.

    chart = write_chart(folder)
    cluster.helm("install", "sealed-secrets", chart, "-n", "kube-system")

The objects are those of `original.yaml`, with the names, labels and selectors that the original's
chart is documented to give them. The kind lies in `crds/`, which Helm installs and then forgets.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from tests.migration.recorded import ORIGINAL

__all__ = ["write_chart"]

Object = dict[str, Any]
_NAME = "sealed-secrets-controller"
_FULLNAME = "{{ default .Release.Name .Values.fullnameOverride }}"
_SELECTOR = {
    "app.kubernetes.io/name": "{{ .Chart.Name }}",
    "app.kubernetes.io/instance": "{{ .Release.Name }}",
}
_LABELS = _SELECTOR | {
    "app.kubernetes.io/managed-by": "{{ .Release.Service }}",
    "helm.sh/chart": "{{ .Chart.Name }}-{{ .Chart.Version }}",
}
_CHART = {
    "apiVersion": "v2",
    "name": "sealed-secrets",
    "version": "2.19.1",
    "appVersion": "0.38.4",
}
_VALUES = {
    "fullnameOverride": "",
    "image": {"registry": "docker.io", "repository": "bitnami/sealed-secrets-controller"},
}


def write_chart(folder: Path) -> Path:
    """Write the chart into a folder; return it."""
    for name in ("crds", "templates"):
        (folder / name).mkdir(parents=True)
    (folder / "Chart.yaml").write_text(yaml.safe_dump(_CHART))
    (folder / "values.yaml").write_text(yaml.safe_dump(_VALUES))
    objects = list(yaml.safe_load_all(ORIGINAL.read_text()))
    kinds = [each for each in objects if each["kind"] == "CustomResourceDefinition"]
    others = [_templated(each) for each in objects if each not in kinds]
    (folder / "crds" / "kind.yaml").write_text(yaml.safe_dump_all(kinds))
    (folder / "templates" / "all.yaml").write_text(yaml.safe_dump_all(others))
    return folder


def _templated(manifest: Object) -> Object:
    """Return an object of the manifests as one of the chart."""
    metadata = {"name": _name(manifest), "labels": _LABELS}
    if "namespace" in manifest["metadata"]:
        metadata["namespace"] = "{{ .Release.Namespace }}"
    changed = manifest | {"metadata": metadata}
    for change in (_bound, _served, _deployed):
        changed = change(changed)
    return changed


def _name(manifest: Object) -> str:
    name: str = manifest["metadata"]["name"]
    if manifest["kind"] == "RoleBinding":
        name = manifest["roleRef"]["name"]
    name = re.sub(rf"^{_NAME}", _FULLNAME, name)
    return re.sub(r"^sealed-secrets-(key-admin|service-proxier)$", rf"{_FULLNAME}-\1", name)


def _bound(manifest: Object) -> Object:
    """Let a binding name what it binds as it is called now."""
    if "roleRef" not in manifest:
        return manifest
    role = manifest["roleRef"]
    if role["kind"] == "Role":
        role = role | {"name": manifest["metadata"]["name"]}
    subjects = [
        each | {"name": _FULLNAME, "namespace": "{{ .Release.Namespace }}"}
        if each["kind"] == "ServiceAccount"
        else each
        for each in manifest["subjects"]
    ]
    return manifest | {"roleRef": role, "subjects": subjects}


def _served(manifest: Object) -> Object:
    """Name the Service's port, which has no name in the manifests."""
    if manifest["kind"] != "Service":
        return manifest
    name = "metrics" if manifest["metadata"]["name"].endswith("-metrics") else "http"
    ports = [each | {"name": name} for each in manifest["spec"]["ports"]]
    return manifest | {"spec": manifest["spec"] | {"selector": _SELECTOR, "ports": ports}}


def _deployed(manifest: Object) -> Object:
    """Let the Deployment find its Pods by the labels of the release, and take the image's name."""
    if manifest["kind"] != "Deployment":
        return manifest
    template = manifest["spec"]["template"]
    (container,) = template["spec"]["containers"]
    image = "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Chart.AppVersion }}"
    pod = template["spec"] | {
        "serviceAccountName": _FULLNAME,
        "containers": [container | {"image": image}],
    }
    spec = manifest["spec"] | {
        "selector": {"matchLabels": _SELECTOR},
        "template": {"metadata": {"labels": _SELECTOR}, "spec": pod},
    }
    return manifest | {"spec": spec}
