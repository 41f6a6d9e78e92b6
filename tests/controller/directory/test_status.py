"""The status file: what stands in it, and that it is read back as it was written."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer_controller.directory.status import Entry, Problem, StatusFile
from sealer_controller.objects import Condition, Key, Status

DB = Key("shop", "db")
THEN = datetime(2027, 1, 1, 12, tzinfo=UTC)
FAILED = Status(2, (Condition("Synced", "False", "NoMatchingKey", "no key", THEN, THEN),))
# What controller.md 10 promises to whoever reads the file.
PROMISED = {
    "namespace",
    "name",
    "source",
    "synced",
    "reason",
    "message",
    "items",
    "keys",
    "lastTransitionTime",
}


def told() -> StatusFile:
    """Return a file with one object that failed."""
    file = StatusFile()
    entry = file.sight(DB, "a.yaml", "digest", ("b", "a"))
    file.tell(DB, entry.uid, FAILED)
    file.opened_by(DB, ("SHA256:x",))
    file.problems = (Problem("c.yaml:1:2", "broken"),)
    return file


def test_file_holds_what_is_promised() -> None:
    """Names and values of controller.md 10."""
    content = json.loads(told().encode())
    assert content["version"] == 1
    assert content["problems"] == [{"source": "c.yaml:1:2", "message": "broken"}]
    (entry,) = content["objects"]
    assert entry.keys() >= PROMISED
    assert {key: entry[key] for key in PROMISED} == {
        "namespace": "shop",
        "name": "db",
        "source": "a.yaml",
        "synced": False,
        "reason": "NoMatchingKey",
        "message": "no key",
        "items": ["a", "b"],
        "keys": ["SHA256:x"],
        "lastTransitionTime": "2027-01-01T12:00:00Z",
    }


def test_file_reads_back_as_it_was() -> None:
    """Identity and status survive; problems are found anew."""
    before = told()
    after = StatusFile.decode(before.encode())
    assert after.entries == before.entries
    assert after[DB].status == FAILED
    assert after.problems == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "objects": []}', '{"version":1}'])
def test_damaged_file_is_refused(text: str) -> None:
    """Also one of another version: what it means is not known."""
    with pytest.raises(msgspec.DecodeError):
        StatusFile.decode(text.encode())


@given(st.binary())
def test_junk_is_refused_and_nothing_else(data: bytes) -> None:
    """No bytes raise anything but a DecodeError."""
    with pytest.raises(msgspec.DecodeError):
        StatusFile.decode(b"{" + data)


def test_status_of_another_object_is_not_noted() -> None:
    """An object that is gone, or came back as another one, keeps its own."""
    file = told()
    file.tell(DB, "another uid", Status(9, (Condition("Synced", "True"),)))
    assert file[DB].status == FAILED
    file.drop(DB)
    file.tell(DB, "", FAILED)
    file.opened_by(DB, ("k",))
    assert file.get(DB) is None


def test_status_without_our_condition_changes_nothing() -> None:
    """There is nothing to tell."""
    entry = Entry("shop", "db", "a.yaml")
    assert entry.told(Status(5)) == entry
    assert entry.status == Status()


def test_entries_are_sorted() -> None:
    """The same objects give the same bytes, in whatever order they came."""
    one, two = StatusFile(), StatusFile()
    names = ["b", "a", "c"]
    entries = {name: Entry("shop", name, f"{name}.yaml", uid=name) for name in names}
    one = StatusFile(entries[name] for name in names)
    two = StatusFile(entries[name] for name in sorted(names))
    assert one.encode() == two.encode()
