"""The keys of a real cluster: listed, backed up, lost, restored, compromised and retired."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sealer.documents.emit import emit_json
from sealer.keysecret import DIGEST_KEY, KEY_LABEL, STATE_ANNOTATION, key_secret
from sealer.keystate import BACKED_UP_ANNOTATION
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from tests.cluster.server import Cluster
from tests.support import vectors
from tests.support.program import Done, run

pytestmark = pytest.mark.cluster
CRD = Path(__file__).parent.parent.parent / "deploy" / "crd.yaml"
OLD, NEW = vectors.key_pair("rsa2048"), vectors.key_pair("peer-a")


class Keys:
    """Key Secrets in a namespace of their own, and the program pointed at them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def apply(self, secret: Secret) -> None:
        """Store a Secret."""
        self.cluster.kubectl("create", "-f", "-", given=emit_json(secret.to_object()))

    def sealer(self, *arguments: str) -> Done:
        """Run `sealer keys …` on them."""
        return run("keys", *arguments, "--controller-namespace", self.namespace)

    def get(self, name: str) -> dict[str, Any]:
        """Return a Secret."""
        text = self.cluster.kubectl("get", "secret", name, "-n", self.namespace, "-o", "json")
        found: dict[str, Any] = json.loads(text)
        return found

    def names(self) -> list[str]:
        """Return the names of all Secrets."""
        text = self.cluster.kubectl("get", "secret", "-n", self.namespace, "-o", "name")
        return [line.removeprefix("secret/") for line in text.split()]


@pytest.fixture
def keys(cluster: Cluster, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keys]:
    """Return two keys, one of the oldest kind without a label, and the digest key."""
    monkeypatch.setenv("PATH", f"{cluster.programs}:/usr/bin:/bin")
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    made = Keys(cluster, cluster.new_namespace("keys"))
    made.apply(key_secret(OLD, namespace=made.namespace, name="old"))
    made.apply(key_secret(NEW, namespace=made.namespace, name="new", labels={"team": "a"}))
    legacy = key_secret(
        vectors.key_pair("stranger"), namespace=made.namespace, name="sealed-secrets-key"
    ).to_object()
    metadata = legacy["metadata"]
    assert isinstance(metadata, dict)
    del metadata["labels"]
    cluster.kubectl("create", "-f", "-", given=emit_json(legacy))
    made.apply(Secret(made.namespace, DIGEST_KEY, {"key": SecretBytes(bytes(32))}))
    made.apply(Secret(made.namespace, "other", {"password": SecretBytes(b"x")}))
    yield made
    cluster.kubectl("delete", "namespace", made.namespace, "--wait=false")


def test_keys_are_listed(keys: Keys) -> None:
    """Each with its state; the legacy one too, and no other Secret."""
    done = keys.sealer("list", "--json")
    assert done.code == 0, done.err
    rows = {row["name"]: row for row in json.loads(done.out)["keys"]}
    assert set(rows) == {"old", "new", "sealed-secrets-key"}
    assert rows["old"]["fingerprint"] == OLD.fingerprint
    assert rows["old"]["state"] == "active"
    assert sum(row["newest"] for row in rows.values()) == 1
    assert rows["new"]["namespace"] == keys.namespace
    assert rows["new"]["backedUp"] is None


def test_backup_brings_everything_back(keys: Keys) -> None:
    """All keys are lost, and restored as they were; what is there already stays."""
    before = {name: keys.get(name) for name in keys.names()}
    backup(keys)
    marked = keys.get("old")["metadata"]["annotations"][BACKED_UP_ANNOTATION]
    assert marked.endswith("Z")
    keys.cluster.kubectl("delete", "secret", "--all", "-n", keys.namespace)
    keys.apply(key_secret(NEW, namespace=keys.namespace, name="new"))
    done = restore(keys)
    assert done.code == 0, done.err
    assert "restored 3 Secrets" in done.err
    assert "there already: 1" in done.err
    for name in ("old", "sealed-secrets-key", DIGEST_KEY):
        after = keys.get(name)
        assert after["data"] == before[name]["data"]
        assert after["type"] == before[name]["type"]
        assert after["metadata"].get("labels") == before[name]["metadata"].get("labels")


def test_restore_over_other_keys_takes_the_next_names(keys: Keys) -> None:
    """A controller has made keys of the same names: all stay, and a second run changes nothing."""
    backup(keys)
    keys.cluster.kubectl("delete", "secret", "--all", "-n", keys.namespace)
    strangers = {
        "old": vectors.key_pair("peer-b"),
        "sealed-secrets-key": vectors.key_pair("rsa3072"),
    }
    for name, pair in strangers.items():
        keys.apply(key_secret(pair, namespace=keys.namespace, name=name))
    made = {name: keys.get(name) for name in strangers}
    done = restore(keys)
    assert done.code == 0, done.err
    assert "old is another Secret there: this one is now old-2" in done.err
    assert {name: keys.get(name) for name in strangers} == made
    rows = json.loads(keys.sealer("list", "--json").out)["keys"]
    assert {row["name"]: row["state"] for row in rows} == dict.fromkeys(
        ("old", "old-2", "new", "sealed-secrets-key", "sealed-secrets-key-2"), "active"
    )
    again = restore(keys)
    assert again.code == 0, again.err
    assert "restored 0 Secrets" in again.err
    keys.cluster.kubectl("delete", "secret", "old", "-n", keys.namespace)
    assert "restored 0 Secrets" in restore(keys).err


def test_restore_keeps_another_digest_key(keys: Keys) -> None:
    """A new controller has made its own already; that is no reason to refuse the keys."""
    backup(keys)
    keys.cluster.kubectl("delete", "secret", "old", DIGEST_KEY, "-n", keys.namespace)
    keys.apply(Secret(keys.namespace, DIGEST_KEY, {"key": SecretBytes(b"1" * 32)}))
    assert restore(keys).code == 0
    assert keys.get(DIGEST_KEY)["data"] == {"key": "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="}


def test_compromised_key_is_marked_and_its_values_listed(keys: Keys, folder: Path) -> None:
    """In files and in the cluster; data, labels and the other annotations stay."""
    seal(folder)
    keys.cluster.install_crd(CRD)
    keys.cluster.kubectl("apply", "-n", keys.namespace, "-f", folder / "live.yaml")
    before = keys.get("old")
    done = keys.sealer("compromise", OLD.fingerprint, "sealed.yaml", "--live", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["marked"] is True
    assert found["name"] == "old"
    places = {(each["source"], each["name"]) for each in found["objects"]}
    assert {("file", "db"), ("cluster", "live")} <= places
    after = keys.get("old")
    assert after["metadata"]["annotations"][STATE_ANNOTATION] == "compromised"
    assert (after["data"], after["metadata"]["labels"]) == (
        before["data"],
        before["metadata"]["labels"],
    )
    state = {
        row["name"]: row["state"] for row in json.loads(keys.sealer("list", "--json").out)["keys"]
    }
    assert state["old"] == "compromised"


def test_retired_key_is_relabelled_when_nothing_needs_it(keys: Keys, folder: Path) -> None:
    """Not before; and never the one that seals, nor the one that no label keeps from loading."""
    seal(folder)
    done = keys.sealer("retire", OLD.fingerprint, "sealed.yaml")
    assert done.code == 1
    assert "1 value needs it" in done.err
    assert keys.get("old")["metadata"]["labels"][KEY_LABEL] == "active"
    (folder / "none.yaml").write_text("kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n")
    rows = json.loads(keys.sealer("list", "--json").out)["keys"]
    (newest,) = [row for row in rows if row["newest"]]
    done = keys.sealer("retire", newest["fingerprint"], "none.yaml")
    assert done.code == 1
    assert "it is the key that seals now" in done.err
    legacy = vectors.key_pair("stranger").fingerprint
    assert "loaded by its name" in keys.sealer("retire", legacy, "none.yaml").err
    name = next(row["name"] for row in rows if not row["newest"] and "-" not in row["name"])
    fingerprint = next(row["fingerprint"] for row in rows if row["name"] == name)
    assert "can be retired" in keys.sealer("retire", fingerprint, "none.yaml", "--dry-run").err
    assert keys.get(name)["metadata"]["labels"][KEY_LABEL] == "active"
    done = keys.sealer("retire", fingerprint, "none.yaml")
    assert done.code == 0, done.err
    assert keys.get(name)["metadata"]["labels"][KEY_LABEL] == "retired"


def become_nobody(keys: Keys, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let kubectl ask as a user without any right."""
    config = json.loads(keys.cluster.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": keys.cluster.nobody_token}
    (folder / "nobody").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(folder / "nobody"))


def test_backup_that_may_not_be_noted_is_written_all_the_same(
    keys: Keys, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right to read is enough for a backup; a warning says what is missing in the cluster."""
    given = ("-n", keys.namespace)
    rights = ("--verb=get,list", "--resource=secrets")
    keys.cluster.kubectl("create", "role", "reader", *rights, *given)
    keys.cluster.kubectl("create", "rolebinding", "reader", "--role=reader", "--user=dev", *given)
    become_nobody(keys, folder, monkeypatch)
    backup(keys)
    assert "annotations" not in keys.get("old")["metadata"]
    assert (folder / "keys.backup").exists()


def test_keys_without_the_right_to_see_them_are_refused(
    keys: Keys, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code 5, with what the API server says."""
    become_nobody(keys, folder, monkeypatch)
    done = keys.sealer("list")
    assert (done.code, done.out) == (5, b"")
    assert 'User "dev" cannot list resource "secrets"' in done.err


def seal(folder: Path) -> None:
    """Seal a file for the old key, and one for the cluster."""
    assert run("seal", "secret.yaml", "--cert", "rsa2048.crt.pem", "-w", "sealed.yaml").code == 0
    secret = (
        (folder / "secret.yaml").read_text().replace("name: db\n  namespace: shop", "name: live")
    )
    done = run(
        "seal",
        "-n",
        "any",
        "--scope",
        "cluster-wide",
        "--cert",
        "rsa2048.crt.pem",
        stdin=secret.encode(),
    )
    live = done.out.decode().replace("namespace: any", "")
    (folder / "live.yaml").write_text(live)


def backup(keys: Keys) -> None:
    """Back the keys up, locked with another key."""
    recipient = run("keys", "generate", "--bits", "2048", "-w", "offline.key")
    assert recipient.code == 0
    done = keys.sealer("backup", "-w", "keys.backup", "--recipient", "offline.crt")
    assert done.code == 0, done.err
    assert "wrote keys.backup with 3 keys" in done.err
    is_noted = BACKED_UP_ANNOTATION in keys.get("old")["metadata"].get("annotations", {})
    assert ("could not be marked so" in done.err) is not is_noted


def restore(keys: Keys) -> Done:
    """Restore what `backup` made."""
    return keys.sealer("restore", "keys.backup", "--keys", "offline.key")
