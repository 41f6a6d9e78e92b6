"""The pure halves of the reflector: what is news, and how long to pause."""

from collections.abc import Iterable
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from sealer.errors import RetryableError, SealerError, TerminalError
from sealer_controller.kube.objects import Key, ObjectMeta, Unreadable
from sealer_controller.kube.reflector import Change, Deleted, Known, Pace, Undecodable, Upserted


class Thing(Struct):
    """An object that is nothing but itself."""

    metadata: ObjectMeta


def thing(name: str, uid: str = "u", version: str = "1") -> Thing:
    """Return an object."""
    metadata = ObjectMeta(namespace="shop", name=name, uid=uid, resource_version=version)
    return Thing(metadata)


def test_known_reports_an_object_once_per_version() -> None:
    """The same version again is no news; another one is."""
    known, first, second = Known(), thing("a"), thing("a", version="2")
    assert list(known.upsert(first)) == [Upserted(first)]
    assert list(known.upsert(first)) == []
    assert list(known.upsert(second)) == [Upserted(second)]
    assert len(known) == 1


def test_known_reports_an_older_version_too() -> None:
    """A server restored from a backup has older versions than we saw: they are what counts."""
    known = Known()
    list(known.upsert(thing("a", version="9")))
    assert list(known.upsert(thing("a", version="2"))) == [Upserted(thing("a", version="2"))]


def test_known_reports_a_deletion_that_hid_behind_a_new_object() -> None:
    """Deleted and made again while nobody looked: another uid means that the old one went first."""
    known, again = Known(), thing("a", uid="v", version="9")
    list(known.upsert(thing("a")))
    assert list(known.upsert(again)) == [Deleted(Key("shop", "a"), "u"), Upserted(again)]


def test_known_reports_a_deletion_once() -> None:
    """What was never there, or is gone already, is no news."""
    known = Known()
    list(known.upsert(thing("a")))
    assert list(known.remove(thing("b"))) == []
    assert list(known.remove(thing("a", version="9"))) == [Deleted(Key("shop", "a"), "u")]
    assert list(known.remove(thing("a"))) == []
    assert len(known) == 0


def test_known_reports_an_object_that_does_not_fit() -> None:
    """With its identity and the problem; mended, it is an object like any other."""
    known = Known()
    odd = Unreadable(thing("a").metadata, "no int")
    assert list(known.upsert(odd)) == [Undecodable(Key("shop", "a"), "u", "no int")]
    assert list(known.upsert(odd)) == []
    mended = thing("a", version="2")
    assert list(known.upsert(mended)) == [Upserted(mended)]
    assert list(known.retain(())) == [Deleted(Key("shop", "a"), "u")]


State: TypeAlias = dict[str, tuple[str, str]]
_states = st.dictionaries(
    st.sampled_from("abcd"), st.tuples(st.sampled_from("uv"), st.sampled_from("123"))
)


def relisted(known: Known, state: State) -> list[Change[Thing]]:
    """Return the changes that a complete list of a state means."""
    changes: list[Change[Thing]] = []
    for name, (uid, version) in state.items():
        changes += known.upsert(thing(name, uid, version))
    changes += known.retain({Key("shop", name) for name in state})
    return changes


def replayed(state: State, changes: Iterable[Change[Thing]]) -> State:
    """Return a state after changes, as a reader that has only them would have it."""
    state = dict(state)
    for change in changes:
        if isinstance(change, Deleted):
            assert state.pop(change.key.name)[0] == change.uid
        elif isinstance(change, Upserted):
            metadata = change.object.metadata
            assert state.get(metadata.name, (metadata.uid,))[0] == metadata.uid
            state[metadata.name] = metadata.uid, metadata.resource_version
    return state


@given(st.lists(_states))
def test_known_tells_enough_to_follow_any_history(states: list[State]) -> None:
    """Whatever happened between two lists, who has only the changes arrives at the same state."""
    known, reader = Known(), State()
    for state in states:
        reader = replayed(reader, relisted(known, state))
        assert reader == state
        assert relisted(known, state) == []


def pace(chance: float = 0.999999) -> Pace:
    """Return a pace whose dice always show the same."""
    return Pace(base=1.0, cap=30.0, healthy=10.0, chance=lambda: chance)


def test_pace_doubles_up_to_the_cap() -> None:
    """Failures in a row are waited out longer and longer, but not for ever."""
    steady, error = pace(), RetryableError("x")
    pauses = [round(steady.pause(0.0, error)) for _ in range(8)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_pace_is_fully_random() -> None:
    """Between nothing and the bound, so that many clients spread over all of it."""
    steady = Pace(base=1.0, chance=iter([0.0, 0.5, 0.25]).__next__)
    assert [steady.pause(0.0, RetryableError("x")) for _ in range(3)] == [0.0, 1.0, 1.0]


def test_pace_starts_afresh_after_a_healthy_watch() -> None:
    """A watch that lived long enough shows that the server is well."""
    steady, error = pace(), RetryableError("x")
    for _ in range(5):
        steady.pause(0.0, error)
    assert round(steady.pause(10.0, error)) == 1
    assert round(steady.pause(9.9, error)) == 2


def test_pace_lets_an_agreed_end_go_on_at_once() -> None:
    """That is how watches are supposed to end."""
    assert pace().pause(300.0, None) == 0.0


def test_pace_takes_an_end_that_came_too_soon_for_a_failure() -> None:
    """A server that ends every watch at once, without an error, is not hammered."""
    steady = pace()
    assert [round(steady.pause(0.1, None)) for _ in range(4)] == [1, 2, 4, 8]


@pytest.mark.parametrize("chance", [0.0, 0.999999])
def test_pace_is_never_shorter_than_the_server_asks(chance: float) -> None:
    """`Retry-After` is a lower bound, above the cap too; jitter comes on top."""
    error = RetryableError("x", after=60.0)
    assert 60.0 <= pace(chance).pause(0.0, error) < 61.0
    assert 60.0 <= pace(chance).pause(300.0, error) < 61.0


@given(st.lists(st.tuples(st.floats(0, 1e6), st.booleans())), st.floats(0, 1, exclude_max=True))
def test_pace_stays_within_its_bounds(ends: list[tuple[float, bool]], chance: float) -> None:
    """No history makes it negative, endless or too large to compute."""
    steady = pace(chance)
    for lived, failed in ends * 20:
        error: SealerError | None = TerminalError("x") if failed else None
        assert 0.0 <= steady.pause(lived, error) <= 30.0
