"""With Argo CD and with Flux: the pages, their manifests, and what either makes of a status."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from sealer_controller.kube.types import status_body
from sealer_controller.objects import Status
from sealer_controller.status import next_status, recreating
from sealer_controller.verdict import judge
from tests.controller.memory import NOW, SHOP_DB, stored
from tests.controller.test_gitops import LASTING, PASSING
from tests.operations.expressions import evaluator
from tests.operations.site import PAGES, ROOT, Site
from tests.support.gitops import argo_cd, kstatus

pytestmark = pytest.mark.cluster
KINDS = Path(__file__).parent / "gitops.yaml"
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
Object = dict[str, Any]


def test_argo_cd_applies_and_finds_nothing_to_change(site: Site) -> None:
    """Neither of the controller nor of SealedSecrets, once both are at work."""
    site.play("argocd.md")
    assert_manifests_are_valid(site, "argocd.md", {"Application"})
    assert argo_cd(site.cluster.get("sealedsecret", "db", "shop") or {}) == "Healthy"
    assert_no_drift_of_what_is_patched_or_stamped(site)


def test_flux_applies_and_finds_nothing_to_change(site: Site) -> None:
    """The same; and its expressions, evaluated for real, tell what the page says they tell."""
    site.play("flux.md")
    kinds = {"GitRepository", "HelmRelease", "Kustomization"}
    (expressions,) = (
        check
        for manifest in assert_manifests_are_valid(site, "flux.md", kinds)
        for check in manifest["spec"].get("healthCheckExprs", ())
    )
    assert (expressions.pop("apiVersion"), expressions.pop("kind")) == (
        "bitnami.com/v1alpha1",
        "SealedSecret",
    )
    rows = table(PAGES / "flux.md", "without expressions")
    assert rows.keys() == objects().keys()
    with evaluator(site.cluster, expressions) as verdict:
        for row, found in objects().items():
            told = {(kstatus(each), verdict(each)) for each in found}
            assert told == {rows[row]}, row
        live = site.cluster.get("sealedsecret", "db", "shop") or {}
        assert (kstatus(live), verdict(live)) == ("Current", "Current")


def test_argo_cd_page_tells_what_its_health_check_does() -> None:
    """Each row of the table, by the rule of its built-in check."""
    rows = table(PAGES / "argocd.md", "Argo CD says")
    known = objects()
    failing = known["fails until somebody changes something"]
    passing = known["fails, and the controller goes on trying"]
    expected = {
        "was not looked at yet": known["was not looked at yet"],
        "is unsealed": known["is unsealed"],
        "fails, for good or for now": [*failing, *passing],
        "is right, and its Secret is just being made anew": known[
            "is right, and its Secret is just being made anew"
        ],
    }
    assert rows.keys() == expected.keys()
    for row, found in expected.items():
        assert {argo_cd(each) for each in found} == {rows[row][0].partition(",")[0]}, row


def assert_no_drift_of_what_is_patched_or_stamped(site: Site) -> None:
    """A Secret that gets our items, and a Deployment that is rolled, are as git has them."""
    allow_restarts(site)
    partly: Object = secret("partly") | {"data": {"motd": "aGVsbG8="}}
    partly["metadata"]["annotations"] = {"sealedsecrets.bitnami.com/patch": "true"}
    in_git = json.dumps(as_list([partly, reader("partly")]))
    site.cluster.kubectl("apply", "-f", "-", given=in_git)
    seal_partly(site)
    place, patience = ("-n", "shop"), "--timeout=30s"
    site.cluster.kubectl("wait", "sealedsecret/partly", *place, "--for=condition=Synced", patience)
    roll = "sealer.dev/restart=auto"
    site.cluster.kubectl("annotate", "sealedsecret", "partly", *place, roll)
    seal_partly(site)
    stamp = "--for=jsonpath={.spec.template.metadata.annotations.restart\\.sealer\\.dev/partly}"
    site.cluster.kubectl("wait", "deployment/reader", *place, stamp, patience)
    live = site.cluster.get("secret", "partly", "shop") or {}
    assert live["data"].keys() == {"motd", "token"}
    site.cluster.kubectl("diff", "-f", "-", given=in_git)


def seal_partly(site: Site) -> None:
    """Seal a new value, and apply it."""
    made = "sealer create generic partly -n shop --cert prod.pem --generate token=hex:32"
    done = site.shell.run(f"{made} | kubectl apply -f -")
    assert done.returncode == 0, done.stdout


def allow_restarts(site: Site) -> None:
    """Install the controller as the page does, with the right to roll workloads."""
    place = ("-n", "kube-system", "-f", site.folder / "values.yaml")
    more = ("--set", "restart.enabled=true")
    rendered = site.cluster.helm("template", "sealed-secrets", ROOT / "deploy/chart", *place, *more)
    apply = ("apply", "-n", "kube-system", "--server-side", "--field-manager=argocd-controller")
    site.cluster.kubectl(*apply, "-f", "-", given=rendered)


def reader(name: str) -> Object:
    """Return a Deployment that reads a Secret."""
    labels = {"app": "reader"}
    container = {
        "name": "reader",
        "image": "registry.example.com/reader",
        "envFrom": [{"secretRef": {"name": name}}],
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "reader", "namespace": "shop"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def secret(name: str) -> Object:
    """Return a Secret without items."""
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}


def as_list(items: list[Object]) -> Object:
    """Return objects as one."""
    return {"apiVersion": "v1", "kind": "List", "items": items}


def objects() -> dict[str, list[Object]]:
    """Return objects with the statuses that the controller writes, by what is up with them."""
    right = next_status(Status(), 1, judge(SHOP_DB, None), NOW) or Status()
    failing = [next_status(Status(), 1, judge(SHOP_DB, each), NOW) for each in LASTING]
    passing = [next_status(Status(), 1, judge(SHOP_DB, each), NOW) for each in PASSING]
    return {
        "was not looked at yet": [as_object(None)],
        "is unsealed": [as_object(right)],
        "changed, and was not looked at since": [as_object(right, generation=2)],
        "fails until somebody changes something": [as_object(each) for each in failing],
        "fails, and the controller goes on trying": [as_object(each) for each in passing],
        "is right, and its Secret is just being made anew": [as_object(recreating(right, NOW))],
    }


def as_object(status: Status | None, *, generation: int = 1) -> Object:
    """Return a SealedSecret with a status, as the API server gives it."""
    body = status_body(stored(), "1", status or Status())
    found: Object = json.loads(msgspec.json.encode(body))
    found["metadata"]["generation"] = generation
    if status is None:
        del found["status"]
    return found


def assert_manifests_are_valid(site: Site, page: str, kinds: set[str]) -> list[Object]:
    """The manifests of a page are of these kinds, and are taken; return them."""
    site.cluster.kubectl("apply", "--server-side", "-f", KINDS)
    site.cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", KINDS)
    blocks = YAML.findall((PAGES / page).read_text())
    manifests = [each for block in blocks for each in yaml.safe_load_all(block)]
    assert {each["kind"] for each in manifests} == kinds
    for namespace in {each["metadata"]["namespace"] for each in manifests}:
        site.cluster.kubectl("create", "namespace", namespace)
    strictly = ("create", "--dry-run=server", "--validate=strict", "-f", "-")
    for each in manifests:
        site.cluster.kubectl(*strictly, given=json.dumps(each))
    return manifests


def table(page: Path, column: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of the table with this column: the words that follow the first, by it.

    What stands behind a colon explains.
    """
    _, _, below = page.read_text().partition(f"| {column} |")
    rows = [line for line in below.split("\n\n")[0].splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]
    return {first: tuple(rest) for first, *rest in cells if not first.startswith("---")}
