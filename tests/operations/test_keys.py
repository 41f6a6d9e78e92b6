"""The pages about keys: what they show is what happens, and leads to where they say."""

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sealer.documents.emit import emit_json
from sealer.keysecret import STATE_ANNOTATION, key_secret
from sealer_keys.certificate import load_certificate
from sealer_keys.generate import KeyOptions, generate_key_pair
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
    """In the cluster and in git, by a new key and no older one; a false alarm is taken back."""
    site.begin()
    older = add_older_key(site)
    before, old, digests = values(site), fingerprint(site), digest_key(site)
    site.play("compromise.md")
    after = values(site)
    assert set(after) == set(before)
    assert all(after[name] != before[name] for name in before)
    assert fingerprint(site) not in {old, older}
    assert digest_key(site) != digests
    assert is_committed(site)
    assert [each["labels"][KEYS] for each in key_secrets(site)] == ["active"] * 3
    assert not marks(site)
    (all_of_them,) = re.findall(
        r"```sh\n(.*?)```", (PAGES / "compromise.md").read_text(), re.DOTALL
    )
    assert site.shell.run(all_of_them).returncode == 0
    assert marks(site) == ["compromised"] * 3


def test_keys_are_restored_beside_the_one_that_the_controller_made(site: Site) -> None:
    """As it does at once where all are gone, unless it is told not to; under the same name."""
    site.begin()
    before, old = values(site), fingerprint(site)
    type_in(site, "sealer keys generate -w ../safe.key")
    type_in(site, "sealer keys backup -w ../keys.backup --recipient ../safe.crt")
    type_in(site, f"kubectl delete secret -n kube-system -l {KEYS}")
    site.until_served(lambda pem: of(pem) not in {"", old})
    said = type_in(site, "sealer keys restore ../keys.backup --keys ../safe.key")
    assert "is another Secret there: this one is now" in said
    assert len(key_secrets(site)) == 2
    site.kubelet.until(lambda: site.shell.run("sealer verify clusters/prod").returncode == 0)
    assert values(site) == before


def type_in(site: Site, command: str) -> str:
    """Run a command that has to work, and return what it prints."""
    done = site.shell.run(command)
    assert done.returncode == 0, done.stdout
    return done.stdout


def add_older_key(site: Site) -> str:
    """Give the cluster a key of two months ago, as every one has after some time."""
    pair = generate_key_pair(datetime.now(UTC) - timedelta(days=60), KeyOptions())
    secret = key_secret(pair, namespace="kube-system", name="sealed-secrets-keyolder")
    site.cluster.kubectl("create", "-f", "-", given=emit_json(secret.to_object()))
    return pair.fingerprint


def key_secrets(site: Site) -> list[dict[str, Any]]:
    """Return the metadata of the key Secrets."""
    found = site.cluster.kubectl("get", "secret", "-n", "kube-system", "-l", KEYS, "-o", "json")
    return [each["metadata"] for each in json.loads(found)["items"]]


def marks(site: Site) -> list[str]:
    """Return the states that key Secrets are marked with."""
    annotations = [each.get("annotations", {}) for each in key_secrets(site)]
    return [each[STATE_ANNOTATION] for each in annotations if STATE_ANNOTATION in each]


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
