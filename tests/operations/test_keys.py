"""The pages about keys: what they show is what happens, and leads to where they say."""

import json
import subprocess
from typing import Any

import pytest

from sealer_keys.certificate import load_certificate
from tests.cluster.service import kubeconfig
from tests.operations.site import PAGES, Site, lost

pytestmark = pytest.mark.cluster
KEYS = "sealedsecrets.bitnami.com/sealed-secrets-key"
ABOUT_KEYS = (
    "backup.md",
    "compromise.md",
    "disaster-recovery.md",
    "restore-drill.md",
    "retiring.md",
    "rotation.md",
)
PARTS = ("\nWhen: ", "\nYou need: ", "How to see that it worked", "What can go wrong")


@pytest.mark.parametrize("page", ABOUT_KEYS)
def test_page_says_what_its_reader_has_to_know(page: str) -> None:
    """When it is for, what it needs, how to see that it worked, what can fail, the way back."""
    text = (PAGES / page).read_text()
    places = [text.find(part) for part in (*PARTS, "## The way back")]
    assert -1 not in places
    assert places == sorted(places)


def test_keys_are_backed_up_tried_and_restored_after_a_disaster(site: Site) -> None:
    """From an empty cluster to a backup, a drill, and another cluster with the same Secrets."""
    site.begin()
    before = values(site)
    assert set(before) == {"api", "db"}
    site.play("backup.md")
    back_up_by_night(site)
    site.play("restore-drill.md")
    with lost(site) as another:
        pinned = fingerprint(another)
        another.play(
            "disaster-recovery.md",
            after={
                "kubectl delete secret": lambda: another.until_served(lambda pem: not pem),
                "sealer keys restore": lambda: another.until_served(lambda pem: of(pem) == pinned),
            },
        )
        assert values(another) == before


def test_keys_are_renewed_and_the_old_one_is_retired_and_brought_back(site: Site) -> None:
    """Nothing is down meanwhile, and everything is committed."""
    site.begin()
    before, old = values(site), fingerprint(site)
    renewed = {"sealer keys generate": lambda: site.until_served(lambda pem: of(pem) != old)}
    site.play("rotation.md", after=renewed)
    after = values(site)
    assert after["api"] == before["api"]
    assert after["db"] != before["db"]
    assert is_committed(site)
    site.play("retiring.md")
    assert values(site) == after


def test_compromised_key_is_replaced_and_so_is_every_value(site: Site) -> None:
    """In the cluster and in git; and a false alarm is taken back."""
    site.begin()
    before, old, digests = values(site), fingerprint(site), digest_key(site)
    marked = {"sealer keys compromise": lambda: site.until_served(lambda pem: of(pem) != old)}
    site.play("compromise.md", after=marked)
    after = values(site)
    assert set(after) == set(before)
    assert all(after[name] != before[name] for name in before)
    assert fingerprint(site) != old
    assert digest_key(site) != digests
    assert is_committed(site)
    keys = site.cluster.kubectl("get", "secret", "-n", "kube-system", "-l", KEYS, "-o", "json")
    found = [each["metadata"] for each in json.loads(keys)["items"]]
    assert [each["labels"][KEYS] for each in found] == ["active", "active"]
    assert not any("sealer.dev/state" in each.get("annotations", {}) for each in found)


def back_up_by_night(site: Site) -> None:
    """Make a backup as the job does, with the rights of the page and no others."""
    token = site.cluster.token("sealed-secrets-backup", "kube-system")
    path = kubeconfig(site.cluster, site.folder.parent / "job", token)
    command = "sealer keys backup -w ../nightly.backup --recipient ../safe.crt"
    done = site.shell.run(f"KUBECONFIG={path} {command}")
    assert done.returncode == 0, done.stdout
    assert "warning" not in done.stdout


def values(site: Site) -> dict[str, Any]:
    """Return what the Secrets of the shop hold, by their names."""
    found = json.loads(site.cluster.kubectl("get", "secret", "-n", "shop", "-o", "json"))
    return {each["metadata"]["name"]: each["data"] for each in found["items"]}


def digest_key(site: Site) -> object:
    """Return what keys the digests of the controller."""
    found = site.cluster.get("secret", "sealed-secrets-digest-key", "kube-system")
    return found and found["data"]


def fingerprint(site: Site) -> str:
    """Return the key that the repository seals with."""
    return of((site.folder / "prod.pem").read_bytes())


def of(pem: bytes) -> str:
    """Return the fingerprint of a certificate; empty for none."""
    return load_certificate(pem).fingerprint if pem else ""


def is_committed(site: Site) -> bool:
    """Tell whether no change waits in the repository."""
    status = ["git", "-C", str(site.folder), "status", "--porcelain"]
    return not subprocess.run(status, check=True, capture_output=True).stdout
