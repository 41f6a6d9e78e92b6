"""Secrets as manifests: what stands in the file, and what is done about a damaged one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory.target import Target, open_target
from sealer_controller.errors import NotManagedError
from sealer_controller.objects import Key

DB = Key("shop", "db")
OWNER = {"kind": "SealedSecret", "name": "db", "uid": "u", "controller": True}
SECRET = Secret("shop", "db", {"a": SecretBytes(b"1")}, type="Opaque", owner_references=(OWNER,))


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """An open target."""
    with open_target(tmp_path) as opened:
        yield opened


def test_file_is_what_kubectl_would_apply(target: Target, tmp_path: Path) -> None:
    """A plain Secret, without owner references, which mean nothing here."""
    target.create(replace(SECRET, finalizers=("example.com/f",)))
    assert yaml.safe_load((tmp_path / "shop" / "db.yaml").read_text()) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "type": "Opaque",
        "data": {"a": "MQ=="},
    }


def test_annotations_of_a_foreign_manifest_are_read(target: Target, tmp_path: Path) -> None:
    """`managed` and `patch` count as in a cluster."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "db.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db, annotations: {x/managed: 'true'}}\n"
        "stringData: {a: one}\n"
    )
    found = target.read(DB)
    assert found is not None
    assert found.secret.annotations == {"x/managed": "true"}
    assert found.secret.data == {"a": SecretBytes(b"one")}


def test_foreign_manifest_that_is_patched_stays_foreign(target: Target, tmp_path: Path) -> None:
    """What we only add to is not ours to remove."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "db.yaml").write_text("apiVersion: v1\nkind: Secret\n")
    found = target.read(DB)
    assert found is not None
    target.replace(found, replace(SECRET, owner_references=()))
    assert target.made == frozenset()
    assert not target.remove(DB)
    assert (tmp_path / "shop" / "db.yaml").exists()


@pytest.mark.parametrize(
    "text",
    ["", "kind: ConfigMap\n", "a: [", "a: 1\n---\nb: 1\n", "apiVersion: v1\nkind: Secret\ntype: 5"],
)
def test_damaged_file_of_ours_is_written_anew_and_a_foreign_one_left(
    target: Target, tmp_path: Path, text: str
) -> None:
    """Ours is empty to the plan, so it is replaced; somebody else's is not ours to touch."""
    file = tmp_path / "shop" / "db.yaml"
    target.create(SECRET)
    file.write_text(text)
    found = target.read(DB)
    assert found is not None
    assert found.secret.data == {}
    assert found.secret.owner_references == (OWNER,)
    assert target.replace(found, SECRET).secret == SECRET
    foreign = tmp_path / "shop" / "other.yaml"
    foreign.write_text(text)
    with pytest.raises(NotManagedError) as raised:
        target.read(Key("shop", "other"))
    assert raised.value.hint.startswith("shop/other.yaml is no Secret manifest: move it away")


def test_change_of_the_file_is_a_new_version(target: Target, tmp_path: Path) -> None:
    """Somebody who edits the file in between is noticed."""
    before = target.create(SECRET)
    (tmp_path / "shop" / "db.yaml").write_text("apiVersion: v1\nkind: Secret\n")
    after = target.read(DB)
    assert after is not None
    assert after.resource_version != before.resource_version
