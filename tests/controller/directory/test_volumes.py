"""Secrets as folders: the layout of a mounted Secret volume, swapped in one step."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory.records import TargetFormat
from sealer_controller.directory.target import Target, TargetOptions, open_target
from sealer_controller.objects import Key

DB = Key("shop", "db")
OWNER = {"kind": "SealedSecret", "name": "db", "uid": "u", "controller": True}
SECRET = Secret("shop", "db", {"a": SecretBytes(b"1")}, type="Opaque", owner_references=(OWNER,))


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """An open target."""
    with open_target(tmp_path, TargetOptions(TargetFormat.FILES)) as opened:
        yield opened


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """The folder of the Secret."""
    return tmp_path / "shop" / "db"


def test_items_are_links_into_the_state_that_counts(target: Target, volume: Path) -> None:
    """`a -> ..data/a`, `..data -> ..STATE`, and one state only."""
    before = target.create(SECRET)
    target.replace(before, replace(SECRET, data={"b": SecretBytes(b"2")}))
    names = sorted(path.name for path in volume.iterdir())
    state = str((volume / "..data").readlink())
    assert names == sorted([state, "..data", "b"])
    assert str((volume / "b").readlink()) == "..data/b"
    assert (volume / "b").read_text() == "2"


def test_reader_never_sees_a_mix(
    target: Target, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every step of a change all items that can be opened are of one state."""
    both = {"a": SecretBytes(b"1"), "b": SecretBytes(b"1")}
    before = target.create(replace(SECRET, data=both))
    seen: list[set[str]] = []
    for name in ("rename", "symlink", "unlink", "mkdir", "rmdir"):
        honest = getattr(os, name)

        def watched(*arguments: object, _honest: object = honest, **named: object) -> object:
            assert callable(_honest)
            seen.append({(volume / item).read_text() for item in ("a", "b")})
            return _honest(*arguments, **named)

        monkeypatch.setattr(os, name, watched)
    target.replace(before, replace(SECRET, data=dict.fromkeys(both, SecretBytes(b"2"))))
    monkeypatch.undo()
    assert {frozenset(each) for each in seen} == {frozenset("1"), frozenset("2")}


def test_foreign_files_in_the_folder_stay_with_it(target: Target, volume: Path) -> None:
    """What others put beside our items is not ours to remove."""
    target.create(SECRET)
    (volume / "notes").write_text("theirs")
    (volume / "elsewhere").symlink_to("/nowhere")
    assert target.remove(DB)
    assert sorted(path.name for path in volume.iterdir()) == ["elsewhere", "notes"]


def test_state_of_a_killed_process_is_cleared_away(target: Target, volume: Path) -> None:
    """A half-written state never counts, and goes with the next write."""
    before = target.create(SECRET)
    (volume / "..0123456789abcdef").mkdir()
    (volume / "..0123456789abcdef" / "a").write_text("half")
    (volume / ".sealer-0123456789abcdef").symlink_to("..0123456789abcdef")
    found = target.read(DB)
    assert found is not None
    assert found.secret == before.secret
    target.replace(found, replace(SECRET, data={"a": SecretBytes(b"2")}))
    assert len(list(volume.iterdir())) == 3
    assert (volume / "a").read_text() == "2"


@pytest.mark.parametrize("damage", ["/etc", "../../../elsewhere", "nowhere", "..gone"])
def test_damaged_state_reads_as_empty_and_is_written_anew(
    target: Target, volume: Path, damage: str
) -> None:
    """A `..data` that leads elsewhere is not followed; the next write puts it right."""
    target.create(SECRET)
    (volume / "..data").unlink()
    (volume / "..data").symlink_to(damage)
    found = target.read(DB)
    assert found is not None
    assert found.secret.data == {}
    assert target.replace(found, SECRET).secret == SECRET


def test_item_may_begin_with_a_dot(target: Target, volume: Path) -> None:
    """As `.dockerconfigjson` does."""
    target.create(replace(SECRET, data={".dockerconfigjson": SecretBytes(b"{}")}))
    assert (volume / ".dockerconfigjson").read_text() == "{}"
