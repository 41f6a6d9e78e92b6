"""Who may take a Lease, and when: each replica judges by its own clock alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sealer_controller.election import (
    Lease,
    Sighting,
    Take,
    Terms,
    Wait,
    next_step,
    released,
    see,
)

TERMS = Terms(10.0)
TIME = datetime(2027, 1, 1, tzinfo=UTC)
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
THEIRS = Lease("other", 15, 3, EARLIER, EARLIER, "7")


def step(sighting: Sighting, now: float, terms: Terms = TERMS) -> Take | Wait:
    """Return what the replica `me` does."""
    return next_step("me", sighting, terms, now=now, time=TIME)


def test_lease_that_never_was_is_taken_at_once() -> None:
    """The first replica of a new installation waits for nobody."""
    taken = step(see(None, None, 5.0), 5.0)
    assert taken == Take(Lease("me", 10, 0, TIME, TIME, ""))


def test_lease_of_another_is_left_for_as_long_as_it_says() -> None:
    """From when it was first seen unchanged, by our clock; its times are for people only."""
    seen = see(None, THEIRS, 100.0)
    assert step(seen, 100.0) == Wait(15.0)
    assert step(see(seen, THEIRS, 114.5), 114.5) == Wait(0.5)
    assert step(see(seen, THEIRS, 115.0), 115.0) == Take(Lease("me", 10, 4, TIME, TIME, "7"))


def test_lease_that_was_renewed_is_left_for_as_long_again() -> None:
    """Any other version is a sign of life."""
    seen = see(see(None, THEIRS, 100.0), replace(THEIRS, version="8"), 114.0)
    assert step(seen, 115.0) == Wait(14.0)


@pytest.mark.parametrize("seconds", [0, 1, 9])
def test_lease_lasts_at_least_as_long_as_ours(seconds: int) -> None:
    """What it says, and whether it does, is up to who made it."""
    assert step(see(None, replace(THEIRS, seconds=seconds), 0.0), 1.0) == Wait(9.0)


@pytest.mark.parametrize("seconds", [60, 61, 3600, 2**31 - 1])
def test_lease_is_left_no_longer_than_a_replica_can_ask_for(seconds: int) -> None:
    """What is not from a replica of ours must not keep all of them from writing for ever."""
    theirs = replace(THEIRS, seconds=seconds, renewed=TIME + timedelta(hours=1))
    seen = see(None, theirs, 0.0)
    assert step(seen, 0.0) == Wait(60.0)
    assert isinstance(step(seen, 60.0), Take)


@pytest.mark.parametrize("theirs", [3.0, 3.5, 10.0, 60.0])
@pytest.mark.parametrize("ours", [3.0, 3.5, 10.0, 60.0])
def test_replicas_with_different_durations_never_write_both(theirs: float, ours: float) -> None:
    """The longer of the two decides: a holder has stopped before anybody may begin."""
    holder = Terms(theirs)
    taken = next_step("other", see(None, None, 0.0), holder, now=0.0, time=TIME)
    assert isinstance(taken, Take)
    seen = see(None, replace(taken.lease, version="7"), 0.0)
    assert isinstance(step(seen, holder.tenure, Terms(ours)), Wait)
    assert isinstance(step(seen, theirs - 0.001, Terms(ours)), Wait)
    assert isinstance(step(seen, max(theirs, ours) + 1.0, Terms(ours)), Take)


def test_own_lease_is_renewed_however_old() -> None:
    """Nobody else had it meanwhile; it remembers since when it is ours."""
    ours = Lease("me", 10, 3, EARLIER, EARLIER, "7")
    taken = step(see(None, ours, 0.0), 1000.0)
    assert taken == Take(Lease("me", 10, 3, EARLIER, TIME, "7"))


def test_lease_that_was_given_back_is_taken_at_once() -> None:
    """It counts as passed on; what others have to wait for without looking is short."""
    given = released(THEIRS, TIME)
    assert (given.holder, given.seconds, given.version) == ("", 1, "7")
    assert step(see(None, given, 0.0), 0.0) == Take(Lease("me", 10, 4, TIME, TIME, "7"))


@pytest.mark.parametrize("holder", ["other", "me", ""])
def test_lease_that_was_removed_runs_out_as_any_other(holder: str) -> None:
    """Somebody may have taken or renewed it since we looked, and go on to write until then."""
    lease = Lease(holder, 1, 3, EARLIER, EARLIER, "7")
    seen = see(see(None, lease, 100.0), None, 105.0)
    assert step(seen, 105.0) == Wait(10.0)
    assert step(see(seen, None, 115.0), 115.0) == Take(Lease("me", 10, 4, TIME, TIME, ""))


@pytest.mark.parametrize("duration", [3.0, 10.0, 3.5, 60.0])
def test_holder_stops_before_another_may_begin(duration: float) -> None:
    """There is time to ask twice, and a fifth is left for clocks that differ."""
    terms = Terms(duration)
    taken = step(see(None, None, 0.0), 0.0, terms)
    assert isinstance(taken, Take)
    assert terms.tenure <= 0.8 * taken.lease.seconds
    assert terms.renewal + terms.patience < terms.tenure
