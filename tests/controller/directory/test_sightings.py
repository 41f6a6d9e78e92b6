"""What one reading of the source tells after another: new, changed, gone, and in doubt."""

from dataclasses import dataclass

import pytest

from sealer.manifest import SealedSecret, Template
from sealer_controller.directory.parse import SourceObject
from sealer_controller.directory.sightings import DirectoryOptions, Sightings
from sealer_controller.directory.source import Snapshot
from sealer_controller.directory.status import StatusFile
from sealer_controller.objects import Condition, Key, Removed, Status, Upserted

DB = Key("shop", "db")


def seen(
    name: str = "db", spec: str = "1", label: str = "", source: str = "a.yaml"
) -> SourceObject:
    """Return an object as a file holds it; `spec` and `label` stand for their digests."""
    labels = {"tier": label} if label else {}
    item = SealedSecret("shop", name, {"b": "", "a": ""}, labels=labels)
    return SourceObject(item, source, f"{spec}-{label}", spec)


def snapshot(*objects: SourceObject, unread: frozenset[str] = frozenset()) -> Snapshot:
    """Return a reading that found these objects."""
    return Snapshot({each.key: each for each in objects}, (), unread)


@dataclass
class Story:
    """Sightings with a clock in hand."""

    options: DirectoryOptions
    now: float = 0.0

    def __post_init__(self) -> None:
        """Begin without any memory."""
        self.status = StatusFile()
        self.restart()

    def restart(self) -> None:
        """Begin again with what the status file remembers."""
        self.sightings = Sightings(self.status, self.options, lambda: self.now)

    def take(self, reading: Snapshot) -> list[tuple[str, str]]:
        """Return what a reading tells: what happened, to which object."""
        return [
            ("upserted", each.stored.key.name)
            if isinstance(each, Upserted)
            else ("removed", each.key.name)
            for each in self.sightings.take(reading)
        ]


@pytest.fixture
def story() -> Story:
    """A story in which a removal takes a second to be believed."""
    return Story(DirectoryOptions(settle_seconds=1.0))


def test_object_is_reported_once_and_when_it_changes(story: Story) -> None:
    """What stays the same is no news."""
    assert story.take(snapshot(seen())) == [("upserted", "db")]
    assert story.take(snapshot(seen())) == []
    assert story.take(snapshot(seen(spec="2"))) == [("upserted", "db")]
    assert story.take(snapshot(seen(spec="2", label="x"))) == [("upserted", "db")]
    assert len(story.sightings) == 1


def test_generation_grows_with_the_spec_only(story: Story) -> None:
    """As in a cluster: labels and annotations are no new generation, but a new version."""
    (first,) = story.sightings.take(snapshot(seen()))
    (labelled,) = story.sightings.take(snapshot(seen(label="x")))
    (changed,) = story.sightings.take(snapshot(seen(spec="2")))
    assert isinstance(first, Upserted)
    assert isinstance(labelled, Upserted)
    assert isinstance(changed, Upserted)
    assert [each.stored.generation for each in (first, labelled, changed)] == [1, 1, 2]
    assert first.stored.resource_version != labelled.stored.resource_version
    assert first.stored.uid == labelled.stored.uid == changed.stored.uid


def test_missing_object_is_gone_only_after_a_while(story: Story) -> None:
    """A checkout under way removes files and writes them again."""
    story.take(snapshot(seen()))
    assert story.take(snapshot()) == []
    assert story.sightings.is_settling
    story.now = 0.9
    assert story.take(snapshot(seen())) == []
    assert not story.sightings.is_settling
    story.now = 2.0
    assert story.take(snapshot()) == []
    story.now = 3.0
    assert story.take(snapshot()) == [("removed", "db")]
    assert not story.sightings.is_settling
    assert story.sightings.orphans(snapshot(), {DB}) == [DB]


def test_object_that_comes_back_is_another_one(story: Story) -> None:
    """After a removal that was believed the same name has another uid."""
    story.options = DirectoryOptions(settle_seconds=0.0)
    story.restart()
    story.take(snapshot(seen()))
    before = story.status[DB].uid
    (removed,) = story.sightings.take(snapshot())
    assert removed == Removed(DB, before)
    story.take(snapshot(seen()))
    assert story.status[DB].uid != before
    assert story.sightings.orphans(snapshot(seen()), {DB}) == []


def test_object_of_a_file_in_doubt_is_not_gone(story: Story) -> None:
    """As long as its file cannot be read, nothing happens to it; others may go."""
    story.take(snapshot(seen(), seen("other", source="b.yaml")))
    doubt = snapshot(unread=frozenset({"a.yaml"}))
    story.take(doubt)
    story.now = 5.0
    assert story.take(doubt) == [("removed", "other")]
    assert story.sightings.orphans(doubt, {DB, Key("shop", "other")}) == [Key("shop", "other")]


def test_restart_remembers_identity_and_status(story: Story) -> None:
    """The same object has the same uid, generation and status after a restart."""
    story.take(snapshot(seen()))
    story.take(snapshot(seen(spec="2")))
    entry = story.status[DB]
    status = Status(2, (Condition("Synced", "True", "Unsealed"),))
    story.status.tell(DB, entry.uid, status)
    story.restart()
    (again,) = story.sightings.take(snapshot(seen(spec="2")))
    assert isinstance(again, Upserted)
    assert (again.stored.uid, again.stored.generation) == (entry.uid, 2)
    assert again.stored.status == status


def test_object_removed_while_nobody_ran_leaves_an_orphan(story: Story) -> None:
    """Nobody knew it, so nobody is told; but its Secret goes."""
    story.take(snapshot(seen()))
    story.restart()
    story.take(snapshot())
    assert story.sightings.orphans(snapshot(), {DB}) == []
    story.now = 1.0
    assert story.take(snapshot()) == []
    assert story.sightings.orphans(snapshot(), {DB}) == [DB]


def test_secret_without_memory_is_no_orphan_while_anything_is_in_doubt(story: Story) -> None:
    """Where the status file was lost, any file that cannot be read may hold the object."""
    doubt = snapshot(unread=frozenset({"a.yaml"}))
    story.take(doubt)
    assert story.sightings.orphans(doubt, {DB}) == []
    assert story.sightings.orphans(snapshot(), {DB}) == [DB]


def test_object_that_is_not_wanted_is_let_go_and_its_secret_stays() -> None:
    """As in a cluster, a selector that does not match any more removes nothing."""
    story = Story(
        DirectoryOptions(wanted=lambda sealed: "tier" in sealed.labels, settle_seconds=0.0)
    )
    assert story.take(snapshot(seen(), seen("other", label="x"))) == [("upserted", "other")]
    assert story.take(snapshot(seen(label="x"))) == [("removed", "other"), ("upserted", "db")]
    assert story.take(snapshot(seen())) == [("removed", "db")]
    assert story.sightings.orphans(snapshot(seen()), {DB}) == []
    assert DB not in story.status.entries


def test_items_name_what_the_secret_will_hold(story: Story) -> None:
    """Sealed items and template entries, each once, sorted."""
    item = SealedSecret("shop", "db", {"b": "", "a": ""}, Template(data={"c": "", "a": ""}))
    story.take(snapshot(SourceObject(item, "a.yaml", "1", "1")))
    assert story.status[DB].items == ("a", "b", "c")
