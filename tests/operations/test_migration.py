"""From the original to ours and back, as the page has it, with what the original left behind.

The original's controller is never run: where its Deployment is there, nobody starts its Pods. That
it could go on is told by the rules of `tests/migration`.
"""

import shutil
from pathlib import Path

import pytest

from sealer_controller.objects import Key
from tests.migration import recorded
from tests.migration.recorded import Held, held
from tests.migration.release import write_chart
from tests.operations.site import PAGES, ROOT, Site
from tests.support import vectors
from tests.support.console import sections

pytestmark = pytest.mark.cluster
PAGE = PAGES / "migration.md"
# The original fails at a Secret that it has just created itself; ours does not (compat.md 2.4).
HEALED = Key("shop", "orphan")
# What somebody has said to the original's chart.
GIVEN = (
    "commonLabels.team=platform",
    "fullnameOverride=sealed-secrets-controller",
    "image.registry=registry.example.com/mirror",
    "image.repository=bitnami/sealed-secrets-controller",
    "keyrenewperiod=1440h",
)


def test_manifests_take_over_and_give_back(site: Site) -> None:
    """Our manifests, those of the original again, and then our chart: all Secrets stay."""
    shutil.copyfile(recorded.ORIGINAL, site.folder / "original.yaml")
    recorded.install(site.cluster)
    recorded.leave(site.cluster, vectors.objects())
    before = held(site.cluster)
    played(site, "Before", "From its manifests, with ours")
    after_ours = held(site.cluster)
    assert_kept(before, after_ours)
    played(site, "How to see that it worked")
    played(site, "The way back to its manifests")
    recorded.come_back(site.cluster, vectors.objects())
    assert_kept(after_ours, held(site.cluster))
    played(site, "From its manifests, with our chart")
    assert_kept(before, held(site.cluster))


def test_chart_takes_over_a_release_and_rolls_back(site: Site, tmp_path: Path) -> None:
    """A release of the original's chart becomes one of ours, and is rolled back."""
    chart = write_chart(tmp_path / "original")
    install(site, chart, *(f"--set={each}" for each in GIVEN))
    recorded.add_keys(site.cluster)
    recorded.leave(site.cluster, vectors.objects())
    before = held(site.cluster)
    played(site, "Before", "From its chart, with ours")
    assert_kept(before, held(site.cluster))
    played(site, "The way back to its chart")
    assert_kept(before, held(site.cluster))


def test_release_that_is_called_otherwise_keeps_its_names(site: Site, tmp_path: Path) -> None:
    """With the value that the page gives; its Deployment is changed and not made anew."""
    install(site, write_chart(tmp_path / "original"))
    deployment = ("get", "deployments", "-n", "kube-system", "-o")
    known = "jsonpath={.items[*].metadata.name} {.items[*].metadata.uid}"
    before = site.cluster.kubectl(*deployment, known)
    assert before.startswith("sealed-secrets ")
    ours = (ROOT / "deploy" / "chart", "-n", "kube-system", "--take-ownership")
    name = "fullnameOverride=sealed-secrets"
    site.cluster.helm("upgrade", "sealed-secrets", *ours, "--set", name)
    patience = ("-n", "kube-system", "--timeout=60s")
    site.cluster.kubectl("rollout", "status", "deployment/sealed-secrets", *patience)
    assert site.cluster.kubectl(*deployment, known) == before


def played(site: Site, *headings: str) -> None:
    """Play some sections of the page."""
    found = sections(PAGE)
    for heading in headings:
        assert found[heading], f"{heading} shows nothing"
        for example in found[heading]:
            site.type(example)


def install(site: Site, chart: Path, *arguments: str) -> None:
    """Install a release of a chart."""
    site.cluster.helm("install", "sealed-secrets", chart, "-n", "kube-system", *arguments)
    crd = "crd/sealedsecrets.bitnami.com"
    site.cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", crd)


def assert_kept(before: dict[Key, Held], after: dict[Key, Held]) -> None:
    """Nothing that counts has changed but for the one object that the original fails at."""
    assert after.keys() == before.keys()
    for key in before.keys() - {HEALED}:
        assert after[key] == before[key], key
    assert after[HEALED].secret == before[HEALED].secret
