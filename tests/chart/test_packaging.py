"""The chart works as a package, as a part of another chart, and through Kustomize."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from sealer.documents.emit import emit_json
from tests.chart.helm import CHART, Object, objects, render
from tests.chart.manifests import COMPONENTS, DEPLOY
from tests.cluster.fixtures import find_programs

PARENT = {
    "apiVersion": "v2",
    "name": "platform",
    "version": "1.0.0",
    "dependencies": [
        {"name": "sealed-secrets", "version": "*", "condition": "sealed-secrets.enabled"}
    ],
}


def run(program: str, *arguments: str | Path) -> str:
    """Run one of the cluster's programs; return what it prints."""
    done = subprocess.run(
        [find_programs() / program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_chart_passes_helms_own_checks() -> None:
    """`helm lint` finds nothing, warnings included."""
    assert "1 chart(s) linted, 0 chart(s) failed" in run("helm", "lint", "--strict", CHART)


def test_package_holds_what_the_templates_read(tmp_path: Path) -> None:
    """Rules and dashboard are in it, and it renders to the same."""
    run("helm", "package", CHART, "--destination", tmp_path)
    (package,) = tmp_path.iterdir()
    values = {"metrics": {"prometheusRule": {"enabled": True}, "dashboards": {"create": True}}}
    assert render(values, chart=package) == render(values)


@pytest.mark.parametrize("is_enabled", [True, False])
def test_chart_is_a_part_of_another_chart(tmp_path: Path, *, is_enabled: bool) -> None:
    """With a condition, shared values, and nulls, which Helm passes on to parts as they are."""
    shutil.copytree(CHART, tmp_path / "charts" / "sealed-secrets")
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text(emit_json(PARENT))
    taken = {"fsGroup": None}
    part = {
        "enabled": is_enabled,
        "podSecurityContext": taken,
        "resources": None,
        "ingress": {"annotations": None},
        "livenessProbe": {"periodSeconds": None},
        "priorityClassName": None,
        "tolerations": None,
    }
    values = {"global": {"imageRegistry": "registry.example.com"}, "sealed-secrets": part}
    text = render(values, chart=tmp_path)
    assert ("kind: Deployment" in text) is is_enabled
    assert "fsGroup" not in text


def test_components_are_added_by_kustomize(tmp_path: Path) -> None:
    """All at once, and each of their objects is there."""
    base = Path("..") / "deploy"
    shutil.copytree(DEPLOY, tmp_path / "deploy", ignore=shutil.ignore_patterns("chart"))
    (tmp_path / "own").mkdir()
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [str(base)],
        "components": [str(base / "components" / name) for name in COMPONENTS],
    }
    (tmp_path / "own" / "kustomization.yaml").write_text(emit_json(kustomization))
    built = list(yaml.safe_load_all(run("kubectl", "kustomize", tmp_path / "own")))
    kinds = {each["kind"] for each in built}
    assert {"PrometheusRule", "PodMonitor", "NetworkPolicy"} <= kinds
    names = {each["metadata"]["name"] for each in built}
    assert {"sealed-secrets-recreator", "sealed-secrets-restarter"} <= names


def test_command_of_the_charts_page_installs_it() -> None:
    """The README beside the chart, which the package brings, gives a command that works."""
    (command,) = re.findall(
        r"^\$ helm install (.+)$", (CHART / "README.md").read_text(), re.MULTILINE
    )
    words = [str(CHART) if word == "./chart" else word for word in shlex.split(command)]
    assert 'image: "registry.example.com/sealer-controller:' in run("helm", "template", *words)


def test_second_release_has_names_of_its_own() -> None:
    """With another namespace and the name of its ClusterRole, nothing is the first one's too."""
    rights = {
        "recreate": {"enabled": True},
        "restart": {"enabled": True},
        "namespaceSelector": "a=b",
    }
    second = {**rights, "crd": {"create": False}, "rbac": {"clusterRoleName": "two"}}
    found = identities(objects(rights, namespace="one"))
    others = identities(objects(second, namespace="two"))
    assert len(found) == len(others) + 1
    assert not found & others


def identities(found: list[Object]) -> set[tuple[str, ...]]:
    """Return kind, namespace and name of each object."""
    return {
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"])
        for each in found
    }
