"""Health: only workers that hang are a reason to restart the process."""

from dataclasses import dataclass

import pytest

from sealer_controller.health import (
    FAILING_SECONDS,
    HANGING_SECONDS,
    RETRYING_SECONDS,
    SILENT_SECONDS,
    Health,
)
from sealer_controller.objects import Condition, Key, Status
from sealer_controller.outcome import Outcome, Reason, Result
from tests.controller.memory import stored

RESULT = Result(
    stored=stored(),
    outcome=Outcome.CREATED,
    reason=Reason.UNSEALED,
    message="",
    failed_at=None,
    status=Status(),
    condition=Condition("Synced", "True"),
    keys=(),
    retry=None,
    seconds=0.1,
)


@dataclass
class Clock:
    """A clock in hand."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the health."""
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    """Health by that clock."""
    return Health(lambda: True, clock)


def test_controller_with_nothing_to_do_is_alive(health: Health, clock: Clock) -> None:
    """However long; and so is one whose queue waits for keys."""
    clock.now = 10 * HANGING_SECONDS
    assert health.is_alive
    health.queue_changed(100, 0)
    clock.now *= 2
    assert health.is_alive


def test_controller_that_gets_nothing_done_is_not_alive(health: Health, clock: Clock) -> None:
    """From the moment it began to work."""
    clock.now = 10 * HANGING_SECONDS
    health.queue_changed(5, 1)
    clock.now += HANGING_SECONDS - 1
    health.queue_changed(4, 2)  # more work begun is nothing done
    assert health.is_alive
    clock.now += 1
    assert not health.is_alive


def test_progress_is_life(health: Health, clock: Clock) -> None:
    """One object done, or gone, or one more try of a key is enough."""
    health.queue_changed(5, 1)
    clock.now = HANGING_SECONDS
    assert not health.is_alive
    health.reconciled(RESULT)
    assert health.is_alive
    clock.now *= 2
    assert not health.is_alive
    health.removed(Key("shop", "db"))
    assert health.is_alive
    clock.now *= 2
    health.keys_used(0, 0)
    assert not health.is_alive
    health.keys_used(0, 1)
    assert health.is_alive


def test_ready_is_what_the_controller_says() -> None:
    """Asked each time."""
    answers = [True, False]
    health = Health(answers.pop)
    assert not health.is_ready
    assert health.is_ready


def test_watch_that_keeps_failing_is_not_ready_and_alive(health: Health, clock: Clock) -> None:
    """An API server that is away for long shows, until it is back; short breaks do not."""
    health.watch_heard("secrets")
    health.watch_restarted("secrets", "unreachable")
    clock.now = FAILING_SECONDS - 1
    health.watch_restarted("secrets", "silent")
    assert health.is_ready
    clock.now += 1
    health.watch_restarted("secrets", "silent")
    assert health.unready == ("the watch of secrets fails: silent",)
    assert (health.is_ready, health.is_alive) == (False, True)
    health.watch_heard("keys")
    assert not health.is_ready
    health.watch_heard("secrets")
    assert health.is_ready


def test_watch_that_broke_once_and_says_nothing_yet_is_ready(health: Health, clock: Clock) -> None:
    """It goes on, and on an idle cluster the next sign of life takes a while; so it does twice."""
    health.watch_heard("secrets")
    for _ in range(2):
        health.watch_restarted("secrets", "unreachable")
        clock.now += RETRYING_SECONDS
        assert health.is_ready


def test_watch_that_goes_on_after_many_failures_is_ready_again(
    health: Health, clock: Clock
) -> None:
    """Also where it says nothing: what does not work fails again before long."""
    for _ in range(3):
        clock.now += FAILING_SECONDS
        health.watch_restarted("secrets", "unreachable")
        health.watch_heard("keys")
    clock.now += RETRYING_SECONDS - 1
    assert not health.is_ready
    clock.now += 1
    assert health.is_ready


def test_lost_lease_is_not_ready_and_alive(health: Health, clock: Clock) -> None:
    """A replica that does not know who leads may be asked nothing; one that stands by may."""
    health.lease_not_reached()
    clock.now = FAILING_SECONDS - 1
    health.lease_not_reached()
    assert health.is_ready
    clock.now += 1
    assert health.unready == ("the Lease cannot be reached",)
    assert (health.is_ready, health.is_alive) == (False, True)
    health.lease_reached()
    assert health.is_ready


@pytest.mark.parametrize("reason", ["ended", "forbidden", "notfound"])
def test_watch_that_ends_or_is_refused_does_not_make_it_unready(
    health: Health, clock: Clock, reason: str
) -> None:
    """An end is normal, and rights that were never granted leave the rest to work."""
    health.watch_restarted("secrets", reason)
    clock.now = FAILING_SECONDS
    assert health.is_ready


def test_watches_that_are_silent_for_long_are_not_ready(health: Health, clock: Clock) -> None:
    """One that is heard is enough: each has a watchdog of its own."""
    clock.now = 10 * SILENT_SECONDS
    assert health.is_ready  # none has begun
    health.watch_heard("keys")
    clock.now += SILENT_SECONDS - 1
    assert health.is_ready
    clock.now += 1
    assert health.unready == ("no watch says anything",)
    health.watch_heard("secrets")
    assert health.is_ready


def test_everything_that_is_in_the_way_is_told(clock: Clock) -> None:
    """Not only the first."""
    health = Health(lambda: False, clock)
    health.watch_heard("keys")
    for clock.now in (SILENT_SECONDS - FAILING_SECONDS, SILENT_SECONDS):
        for kind in ("secrets", "keys"):
            health.watch_restarted(kind, "unreachable")
    assert len(health.unready) == 4
