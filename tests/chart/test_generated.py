"""What is made of the chart is as the chart is: manifests, schema and page."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sealer import __version__
from tests.chart.generate import files
from tests.chart.helm import CHART, objects
from tests.chart.manifests import COMPONENTS, DEPLOY
from tests.chart.reference import SCHEMA, VALUES, values

FILES = dict(files())
INERT = ("maxRetries", "rbac.pspEnabled", "kubeVersion")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(DEPLOY.parent).as_posix())
def test_file_is_as_the_chart_makes_it(path: Path) -> None:
    """Whoever changes the chart runs `make manifests`."""
    assert path.read_text() == FILES[path], "run `make manifests`"


def test_no_manifest_is_made_by_hand() -> None:
    """Everything below deploy/ but the chart and kustomization.yaml comes from the chart."""
    found = {path for path in DEPLOY.rglob("*.yaml") if not path.is_relative_to(CHART)}
    assert found == {path for path in FILES if path.suffix == ".yaml"} | {
        DEPLOY / "kustomization.yaml"
    }


def test_components_are_listed_where_people_add_them() -> None:
    """deploy/kustomization.yaml and deploy/README.md name each of them."""
    for name in ("kustomization.yaml", "README.md"):
        text = (DEPLOY / name).read_text()
        assert all(f"components/{component}" in text for component in COMPONENTS), name


def test_manifests_are_the_charts_defaults() -> None:
    """The same objects and the same specifications, but for the selector."""
    made = [
        each
        for path in FILES
        if path.parent == DEPLOY and path.suffix == ".yaml"
        for each in yaml.safe_load_all(path.read_text())
    ]
    chart = {_identity(each): _bare(each) for each in objects()}
    assert {_identity(each): _bare(each) for each in made} == chart


def _identity(found: dict[str, Any]) -> tuple[str, str]:
    return found["kind"], found["metadata"]["name"]


def _bare(found: dict[str, Any]) -> str:
    """Return an object as text, without its metadata and with one selector for both.

    The Pods of the manifests carry the chart's name beside what they are selected by.
    """
    text = json.dumps({key: value for key, value in found.items() if key != "metadata"})
    chart = {
        "app.kubernetes.io/instance": "sealed-secrets",
        "app.kubernetes.io/name": "sealed-secrets",
    }
    own = {"name": "sealed-secrets-controller"}
    named = {"app.kubernetes.io/name": "sealed-secrets", **own}
    return text.replace(json.dumps(chart), json.dumps(own)).replace(
        json.dumps(named), json.dumps(own)
    )


def test_manifests_hold_nothing_of_helm() -> None:
    """No label or annotation says that Helm has installed them."""
    for path, text in FILES.items():
        if path.suffix == ".yaml":
            assert "helm.sh" not in text, path
            assert "managed-by" not in text, path


def test_version_of_the_chart_is_the_projects() -> None:
    """There is one version, in sealer/__init__.py."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


def test_every_value_is_in_the_schema_and_has_words() -> None:
    """values.yaml names all that the schema takes, and says what each means."""
    described = {value.path for value in values()}
    assert described == set(_named(json.loads(SCHEMA.read_text()))) - {"global", "enabled"}
    assert [value.path for value in values() if not value.words] == []


def _named(tree: dict[str, Any], path: str = "") -> list[str]:
    found = []
    for name, inner in tree.get("properties", {}).items():
        found += [f"{path}{name}", *_named(inner, f"{path}{name}.")]
    return found


def test_every_value_of_the_file_is_known_to_the_schema() -> None:
    """No default is there that nobody may set."""
    named = set(_named(json.loads(SCHEMA.read_text())))
    groups = {value.path for value in values() if value.default is None}
    defaults = yaml.safe_load(VALUES.read_text())
    for path in ("", *groups):
        group = defaults
        for name in filter(None, path.split(".")):
            group = group[name]
        assert {f"{path}.{name}".strip(".") for name in group} <= named


@pytest.mark.parametrize("path", INERT)
def test_value_without_effect_says_so(path: str) -> None:
    """What is accepted only so that value files can stay is never silently ignored."""
    (value,) = (each for each in values() if each.path == path)
    assert value.words.startswith("Has no effect")
