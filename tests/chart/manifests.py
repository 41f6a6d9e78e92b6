"""What `deploy/` holds besides the chart: the chart's defaults, without what belongs to Helm.

`make manifests` writes these files, and a test sees that they are as it would write them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import yaml

from tests.chart.helm import RELEASE, Object, render

__all__ = ["COMPONENTS", "DEPLOY", "FILES", "Component", "files"]

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
# The selector of the original's manifests: a Deployment that they have made can be changed, and no
# other selector would ever be taken.
VALUES: Mapping[str, Any] = {"selectorLabels": {"name": "sealed-secrets-controller"}}
FILES: Mapping[str, tuple[str, ...]] = {
    "crd.yaml": ("crd",),
    "rbac.yaml": (
        "serviceaccount",
        "rbac-unsealer",
        "rbac-watcher",
        "rbac-keys",
        "rbac-service-proxier",
        "rbac-leader-election",
        "rbac-certificate",
        "rbac-operator",
    ),
    "certificate.yaml": ("certificate",),
    "service.yaml": ("service",),
    "deployment.yaml": ("deployment",),
    "disruption.yaml": ("pdb",),
}
_MADE = "# Made by `make manifests` from deploy/chart, which is the place to change it.\n\n"
_SOURCE = re.compile(r"# Source: [^/]+/templates/([^/]+)\.yaml\n")
_HELMS = re.compile(
    r" +(?:helm\.sh/chart: .*|helm\.sh/resource-policy: keep"
    rf"|app\.kubernetes\.io/managed-by: Helm|app\.kubernetes\.io/instance: {RELEASE})\n"
)
_EMPTY = re.compile(r"^( *)annotations:\n(?!\1 )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Component:
    """What one value of the chart adds, for Kustomize.

    Attributes:
        values: The value.
        file: The file of the objects that it adds.
        words: What it is for.
    """

    values: Mapping[str, Any]
    file: str
    words: str


COMPONENTS: Mapping[str, Component] = {
    "alerts": Component(
        {"metrics": {"prometheusRule": {"enabled": True}}},
        "rules.yaml",
        "Alerts, for clusters with the Prometheus Operator. Without it, what stands under `spec` "
        "is a file of rules for Prometheus itself.",
    ),
    "dashboards": Component(
        {"metrics": {"dashboards": {"create": True}}},
        "dashboards.yaml",
        "The dashboard, for a Grafana whose sidecar looks for ConfigMaps with the label "
        "grafana_dashboard.",
    ),
    "namespaces": Component(
        {"namespaceSelector": "sealer.example.com/is-looked-at"},
        "rbac.yaml",
        "Lets the controller see which namespaces there are and how they are labelled, for the "
        "argument --namespace-selector.",
    ),
    "networkpolicy": Component(
        {"networkPolicy": {"enabled": True}},
        "policy.yaml",
        "Lets nobody connect to the controller but to its two ports, and to that of the metrics "
        "only Pods of the cluster.",
    ),
    "podmonitor": Component(
        {"metrics": {"podMonitor": {"enabled": True}}},
        "monitor.yaml",
        "Has the metrics scraped by the Prometheus Operator.",
    ),
    "recreate": Component(
        {"recreate": {"enabled": True}},
        "rbac.yaml",
        "Lets the controller make Secrets anew that cannot be changed: those whose SealedSecret is "
        'annotated sealer.dev/recreate: "true", or all of ours with the argument '
        "--recreate-immutable.",
    ),
    "restart": Component(
        {"restart": {"enabled": True}},
        "rbac.yaml",
        "Lets the controller roll the workloads that read a Secret when it changes, where its "
        "SealedSecret is annotated sealer.dev/restart.",
    ),
}


def files() -> dict[str, str]:
    """Return the files below `deploy/` that are made of the chart, by their paths."""
    documents = list(_documents(VALUES))
    made = {
        name: _MADE + "---\n".join(text for source in sources for text in _of(source, documents))
        for name, sources in FILES.items()
    }
    known = {_identity(text) for _, text in documents}
    for name, component in COMPONENTS.items():
        added = _documents({**VALUES, **component.values})
        texts = [text for _, text in added if _identity(text) not in known]
        made[f"components/{name}/{component.file}"] = _MADE + "---\n".join(texts)
        made[f"components/{name}/kustomization.yaml"] = _kustomization(component)
    return made


def _documents(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name of the template and the text of each object, without what is Helm's."""
    for document in render(values).removeprefix("---\n").split("\n---\n"):
        source = _SOURCE.match(document)
        assert source is not None, document
        text = _HELMS.sub("", document[source.end() :].strip("\n") + "\n")
        lines = _EMPTY.sub("", text).split("\n")
        yield source[1], "\n".join(line.rstrip() for line in lines)


def _of(source: str, documents: list[tuple[str, str]]) -> list[str]:
    found = [text for template, text in documents if template == source]
    assert found, f"no object of templates/{source}.yaml is installed by default"
    return found


def _identity(text: str) -> tuple[str, str]:
    found: Object = yaml.safe_load(text)
    return found["kind"], found["metadata"]["name"]


def _kustomization(component: Component) -> str:
    words = "".join(f"# {line}\n" for line in wrap(component.words, 98))
    kind = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    return f"{_MADE}{words}{kind}resources:\n  - {component.file}\n"
