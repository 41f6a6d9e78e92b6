"""From installing over upgrading to uninstalling: the pages, one after the other."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.manifests import DEPLOY
from tests.migration.recorded import ORIGINAL
from tests.operations.site import ROOT, Site

pytestmark = pytest.mark.cluster
_OLDER = "0.0.9"
_CRD = "sealedsecrets.bitnami.com"


def test_installation_is_made_upgraded_and_removed(site: Site, tmp_path: Path) -> None:
    """Install, take an older version's place and give it back, and uninstall."""
    site.play("install.md")
    age(site, older(tmp_path / "older"))
    assert columns(site) == []
    site.play("upgrade.md")
    assert columns(site) == ["Synced", "Reason", "Age"]
    site.play("uninstall.md")
    (secret,) = json.loads(site.cluster.kubectl("get", "secrets", "-n", "shop", "-o", "json"))[
        "items"
    ]
    metadata = secret["metadata"]
    assert metadata["name"] == "db"
    marks = {*metadata.get("labels", {}), *metadata.get("annotations", {})}
    assert not [mark for mark in marks if mark.startswith("sealer.dev/")]


def test_manifests_are_removed_as_the_page_says() -> None:
    """The files that `uninstall.md` names are all that are installed, but for the kind's."""
    (kustomization,) = yaml.safe_load_all((DEPLOY / "kustomization.yaml").read_text())
    page = (ROOT / "docs" / "operations" / "uninstall.md").read_text()
    (line,) = (each for each in page.splitlines() if "-f deployment.yaml" in each)
    named = set(re.findall(r"[a-z]+\.yaml", line))
    assert named == {*kustomization["resources"]} - {"crd.yaml"}


def age(site: Site, chart: Path) -> None:
    """Put a release of an older chart in place of the one that is there."""
    place = ("-n", "kube-system")
    site.cluster.helm("uninstall", "sealed-secrets", *place)
    site.cluster.helm("install", "sealed-secrets", chart, *place, "-f", site.folder / "values.yaml")
    patience = "--timeout=60s"
    site.cluster.kubectl("rollout", "status", "deployment", *place, patience)


def older(folder: Path) -> Path:
    """Write the chart of an older version, with a schema that says less; return it."""
    chart = shutil.copytree(DEPLOY / "chart", folder)
    described = yaml.safe_load((chart / "Chart.yaml").read_text())
    described |= {"version": _OLDER, "appVersion": _OLDER}
    (chart / "Chart.yaml").write_text(yaml.safe_dump(described))
    (kind,) = (
        each
        for each in yaml.safe_load_all(ORIGINAL.read_text())
        if each["kind"] == "CustomResourceDefinition"
    )
    kind["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    (chart / "templates" / "crd.yaml").write_text(yaml.safe_dump(kind))
    return chart


def columns(site: Site) -> list[str]:
    """Return the columns that `kubectl get sealedsecrets` shows besides the name."""
    kind: dict[str, Any] = json.loads(site.cluster.kubectl("get", "crd", _CRD, "-o", "json"))
    (version,) = kind["spec"]["versions"]
    return [each["name"] for each in version.get("additionalPrinterColumns", ())]
