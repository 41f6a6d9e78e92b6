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
    """Install an older version, upgrade it to this one and back and again, and uninstall it."""
    clone = site.folder.parent / "sealer"
    clone.unlink()
    clone.symlink_to(older(tmp_path / "older"))
    site.play("install.md")
    assert columns(site) == []

    clone.unlink()
    clone.symlink_to(ROOT)
    site.play("upgrade.md")
    assert columns(site) == ["Synced", "Reason", "Age"]

    site.play("uninstall.md")
    (secret,) = json.loads(site.cluster.kubectl("get", "secrets", "-n", "shop", "-o", "json"))[
        "items"
    ]
    assert secret["metadata"]["name"] == "db"
    assert not any("sealer.dev" in name for name in (*secret["metadata"].get("labels", {}),))


def test_manifests_are_removed_as_the_page_says() -> None:
    """The files that `uninstall.md` names are all that are installed, but for the kind's."""
    (kustomization,) = yaml.safe_load_all((DEPLOY / "kustomization.yaml").read_text())
    page = (ROOT / "docs" / "operations" / "uninstall.md").read_text()
    (line,) = (each for each in page.splitlines() if "-f deployment.yaml" in each)
    named = set(re.findall(r"[a-z]+\.yaml", line))
    assert named == {*kustomization["resources"]} - {"crd.yaml"}


def older(folder: Path) -> Path:
    """Lay out a clone of an older version, with a schema that says less; return it."""
    shutil.copytree(DEPLOY, folder / "deploy")
    chart = folder / "deploy" / "chart"
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
    return folder


def columns(site: Site) -> list[str]:
    """Return the columns that `kubectl get sealedsecrets` shows besides the name."""
    kind: dict[str, Any] = json.loads(site.cluster.kubectl("get", "crd", _CRD, "-o", "json"))
    (version,) = kind["spec"]["versions"]
    found = [each["name"] for each in version.get("additionalPrinterColumns", ())]
    return [] if found == ["Age"] else found
