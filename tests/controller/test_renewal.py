"""When a new key is due: by age, after a cutoff, because the newest one is compromised."""

from datetime import datetime, timedelta

import pytest

from sealer_controller.keyset import KeySet
from sealer_controller.renewal import Cause, Renewal, is_older
from tests.controller.test_keyset import BORN, EARLIER, LATER, held, read, suspect

DAY = timedelta(days=1)
MONTH = Renewal(timedelta(hours=720))
NEVER = Renewal(timedelta())


@pytest.mark.parametrize(
    ("age", "cause"),
    [
        (timedelta(), None),
        (timedelta(hours=720, seconds=-1), None),
        (timedelta(hours=720), Cause.AGE),
        (timedelta(days=999), Cause.AGE),
        (-DAY, None),
    ],
)
def test_key_is_renewed_by_its_age(age: timedelta, cause: Cause | None) -> None:
    """Not before the period is over, and at once when it has been over for long."""
    keys = read(held(LATER, created=BORN))
    assert MONTH.cause(keys, BORN + age) is cause
    assert NEVER.cause(keys, BORN + age) is None


def test_key_is_due_a_period_after_the_newest_was_made() -> None:
    """However many older ones there are; never, without renewal or without a key."""
    keys = read(held(EARLIER), held(LATER))
    assert MONTH.due(keys, BORN) == BORN + timedelta(hours=720)
    assert NEVER.due(keys, BORN) is None
    assert MONTH.due(KeySet(), BORN) is None


@pytest.mark.parametrize(
    ("period", "longest"),
    [
        (timedelta(hours=720), timedelta(minutes=5)),
        (timedelta(minutes=100), timedelta(minutes=1)),
    ],
)
def test_chance_adds_little_to_the_period(period: timedelta, longest: timedelta) -> None:
    """So that not all controllers make a key at the same moment."""
    keys, renewal = read(held(LATER)), Renewal(period)
    assert renewal.due(keys, BORN, 1.0) == BORN + period + longest
    late = BORN + period + longest / 2
    assert renewal.cause(keys, late, 1.0) is None
    assert renewal.cause(keys, late, 0.5) is Cause.AGE


def test_first_key_is_made_where_that_is_allowed() -> None:
    """`--require-existing-key` forbids it, also when the last one is removed."""
    assert NEVER.cause(KeySet(), BORN) is Cause.FIRST
    assert Renewal(makes_first=False).cause(KeySet(), BORN) is None


def test_compromised_newest_key_asks_for_another_one() -> None:
    """Whatever the period, and although an older key could go on sealing."""
    for found in ([suspect(LATER)], [held(EARLIER), suspect(LATER)]):
        for renewal in (NEVER, MONTH, Renewal(makes_first=False)):
            assert renewal.cause(read(*found), BORN) is Cause.COMPROMISED


def test_compromised_older_key_asks_for_nothing() -> None:
    """What seals is newer already; of equal age is not older, or there would be no end of it."""
    assert NEVER.cause(read(suspect(EARLIER), held(LATER)), BORN) is None
    twins = read(suspect("rsa2048"), held("rsa3072"))
    assert len({key.order_time for key in twins.keyring}) == 1
    assert NEVER.cause(twins, BORN + DAY) is None


def test_compromised_key_of_the_future_asks_once() -> None:
    """The key that is made now has an older date and is newer all the same."""
    now = BORN - timedelta(seconds=2)
    made = held(EARLIER)
    before = read(suspect(LATER, created=now - DAY))
    after = read(suspect(LATER, created=now - DAY), made)
    assert NEVER.cause(before, now) is Cause.COMPROMISED
    assert after.keyring.active.order_time <= now
    assert NEVER.cause(after, now) is None


@pytest.mark.parametrize(
    ("moment", "is_it"),
    [
        (BORN, False),
        (BORN + timedelta(microseconds=999_999), False),
        (BORN + timedelta(seconds=1), True),
        (BORN - DAY, False),
    ],
)
def test_key_is_older_than_a_moment_to_the_second(moment: datetime, *, is_it: bool) -> None:
    """A certificate tells no fractions."""
    assert is_older(read(held(LATER)), moment, BORN + DAY) is is_it
    assert is_older(KeySet(), moment, BORN + DAY)
