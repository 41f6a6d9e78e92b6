"""The roster: what asks for work, and how much of each object is held."""

from dataclasses import replace
from typing import Any

import pytest

from sealer.errors import RetryableError
from sealer.manifest import SealedSecret, Template
from sealer_controller.objects import Condition, Key, Status, StoredSealedSecret
from sealer_controller.roster import Roster
from tests.controller.memory import SHOP_DB, MemoryStore, stored


@pytest.fixture
def store() -> MemoryStore:
    """A store that remembers how often it was asked."""
    return MemoryStore()


@pytest.fixture
def roster(store: MemoryStore) -> Roster:
    """A roster of a store."""
    return Roster(store)


def named(name: str, **fields: Any) -> StoredSealedSecret:  # noqa: ANN401 - its fields
    """Return an object of another name."""
    return stored(SealedSecret("shop", name, {}, Template()), uid=f"uid-{name}", **fields)


def annotated(**annotations: str) -> StoredSealedSecret:
    """Return the object with annotations; `_` stands for what a name of ours begins with."""
    plain = stored()
    ours = {f"sealer.dev/{name.replace('_', '-')}": text for name, text in annotations.items()}
    return replace(plain, sealed=replace(plain.sealed, annotations=ours))


@pytest.mark.parametrize(
    ("after", "is_news"),
    [
        (stored(), False),
        (stored(resource_version="9"), False),
        (stored(status=Status(1, (Condition("Synced", "True"),))), False),
        (annotated(other="x"), False),
        (stored(generation=2), True),
        (stored(uid="another"), True),
        (annotated(recreate="true"), True),
    ],
)
@pytest.mark.parametrize("is_settled", [False, True])
def test_take_tells_what_can_change_the_secret(
    roster: Roster, after: StoredSealedSecret, *, is_news: bool, is_settled: bool
) -> None:
    """Whether all of the object is held or only its outline."""
    assert roster.take(stored())
    if is_settled:
        roster.settle(stored())
    assert roster.take(after) is is_news
    assert not roster.take(after)


async def test_object_is_held_whole_until_it_is_settled(roster: Roster, store: MemoryStore) -> None:
    """Then it is read again, once, when somebody needs it, and held until it is settled again."""
    roster.take(stored())
    assert await roster.whole(SHOP_DB) == stored()
    assert store.calls == []
    roster.settle(stored())
    store.sealed[SHOP_DB] = stored(resource_version="7")
    for _ in range(2):
        found = await roster.whole(SHOP_DB)
        assert found is not None
        assert found.resource_version == "7"
    assert store.calls == ["read_sealed_secret"]


async def test_newer_version_is_not_settled_with_the_older(roster: Roster) -> None:
    """What changed while it was worked on is held, to be worked on again."""
    roster.take(stored())
    roster.take(stored(generation=2))
    roster.settle(stored())
    assert await roster.whole(SHOP_DB) == stored(generation=2)


async def test_no_more_than_the_limit_are_held_whole(store: MemoryStore) -> None:
    """Thousands that wait cost their outlines; the others are read when their turn comes."""
    roster = Roster(store, most_whole=2)
    objects = [named(f"s{number}") for number in range(5)]
    store.sealed = {each.key: each for each in objects}
    assert all(roster.take(each) for each in objects)
    assert sorted(roster) == [each.key for each in objects]
    for times in (1, 2):
        assert [await roster.whole(each.key) for each in objects] == objects
        assert store.calls == ["read_sealed_secret"] * 3 * times
    roster.settle(objects[0])
    for _ in range(2):
        assert await roster.whole(objects[4].key) == objects[4]
    assert len(store.calls) == 7


async def test_object_that_changes_while_it_is_read_is_taken_as_it_is_then(
    roster: Roster, store: MemoryStore
) -> None:
    """What the watch tells meanwhile is newer than what was read; a deletion is one too."""
    roster.take(stored())
    roster.settle(stored())
    store.sealed[SHOP_DB] = stored()
    store.meanwhile("read_sealed_secret", lambda: roster.take(stored(generation=2)))
    assert await roster.whole(SHOP_DB) == stored(generation=2)
    roster.settle(stored(generation=2))
    store.meanwhile("read_sealed_secret", lambda: roster.drop(SHOP_DB, "uid-1"))
    assert await roster.whole(SHOP_DB) is None
    assert SHOP_DB not in roster


async def test_object_that_is_gone_when_it_is_read_is_none(
    roster: Roster, store: MemoryStore
) -> None:
    """The watch will tell; an error of the store is the caller's."""
    roster.take(stored())
    roster.settle(stored())
    assert await roster.whole(SHOP_DB) is None
    assert SHOP_DB in roster
    store.fail("read_sealed_secret", RetryableError("busy"))
    with pytest.raises(RetryableError):
        await roster.whole(SHOP_DB)
    assert await roster.whole(Key("shop", "nobody")) is None


def test_drop_leaves_another_object_of_the_name(roster: Roster) -> None:
    """Deleted and made again: the late news of the deletion is not about the new one."""
    roster.take(stored(uid="new"))
    assert not roster.drop(SHOP_DB, "old")
    assert roster.drop(SHOP_DB, "new")
    assert not roster.drop(SHOP_DB, "new")
    assert list(roster) == []
