"""When a status is written, what its times mean, and what of others' stays in it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sealer.errors import RetryableError, SealerError
from sealer_controller.errors import RejectedError
from sealer_controller.objects import Condition, Status
from sealer_controller.status import is_news, next_status, rebase
from sealer_controller.verdict import Verdict, judge
from tests.controller.memory import NOW, SHOP_DB

EARLIER = NOW - timedelta(hours=1)
SUCCESS = judge(SHOP_DB, None)
FAILURE = judge(SHOP_DB, RejectedError("no"))
READY = Condition("Ready", "True", "Fine", "said somebody else", EARLIER, EARLIER)


def _status(verdict: Verdict, generation: int = 1) -> Status:
    status = next_status(Status(), generation, verdict, EARLIER)
    assert status is not None
    return status


def test_next_status_of_a_new_object_has_equal_times() -> None:
    """The first success sets both times to the same moment (compat.md line 67)."""
    condition = Condition("Synced", "True", "Unsealed", "", NOW, NOW)
    assert next_status(Status(), 1, SUCCESS, NOW) == Status(1, (condition,))


def test_next_status_of_a_failure_is_false_with_reason_and_message() -> None:
    """A failure sets the condition to False and says why."""
    condition = Condition("Synced", "False", "Invalid", "no", NOW, NOW)
    assert next_status(Status(), 3, FAILURE, NOW) == Status(3, (condition,))


@pytest.mark.parametrize("verdict", [SUCCESS, FAILURE])
def test_next_status_without_news_is_nothing(verdict: Verdict) -> None:
    """What is already told is not written again."""
    assert next_status(_status(verdict), 1, verdict, NOW) is None


@pytest.mark.parametrize(
    ("before", "after"), [(SUCCESS, FAILURE), (FAILURE, SUCCESS)], ids=["fails", "heals"]
)
def test_next_status_flip_moves_both_times(before: Verdict, after: Verdict) -> None:
    """`lastTransitionTime` moves when the condition flips."""
    status = next_status(_status(before), 1, after, NOW)
    assert status is not None
    (condition,) = status.conditions
    assert (condition.last_update_time, condition.last_transition_time) == (NOW, NOW)


@pytest.mark.parametrize(
    ("generation", "failure"),
    [(2, RejectedError("no")), (1, RejectedError("other words")), (1, RetryableError("no"))],
    ids=["generation", "message", "reason"],
)
def test_next_status_change_without_flip_moves_the_update_time_only(
    generation: int, failure: SealerError
) -> None:
    """A new generation, message or reason is written; the transition was earlier."""
    status = next_status(_status(FAILURE), generation, judge(SHOP_DB, failure), NOW)
    assert status is not None
    (condition,) = status.conditions
    assert (condition.last_update_time, condition.last_transition_time) == (NOW, EARLIER)
    assert status.observed_generation == generation


def test_next_status_of_the_original_gets_a_reason_and_no_event() -> None:
    """Taking over an object of the original adds the reason; that is not worth an Event."""
    theirs = Status(1, (Condition("Synced", "True", "", "", EARLIER, EARLIER),))
    status = next_status(theirs, 1, SUCCESS, NOW)
    assert status is not None
    assert status.conditions[0].reason == "Unsealed"
    assert not is_news(theirs, status)


def test_next_status_observed_by_others_but_without_our_condition_is_written() -> None:
    """A generation that was observed says nothing as long as our condition is missing."""
    status = next_status(Status(1, (READY,)), 1, SUCCESS, NOW)
    assert status is not None
    assert [condition.type for condition in status.conditions] == ["Synced", "Ready"]


def test_next_status_without_a_transition_time_sets_one() -> None:
    """A condition that somebody wrote without times gets them."""
    bare = Status(1, (Condition("Synced", "False"),))
    status = next_status(bare, 1, FAILURE, NOW)
    assert status is not None
    assert status.conditions[0].last_transition_time == NOW


def test_next_status_keeps_unknown_conditions_and_our_place() -> None:
    """Conditions of others stay as they are; a new one of ours comes first."""
    first = next_status(Status(0, (READY,)), 1, SUCCESS, NOW)
    assert first is not None
    assert [condition.type for condition in first.conditions] == ["Synced", "Ready"]
    ours = first.conditions[0]
    later = next_status(Status(1, (READY, ours, READY, ours)), 2, FAILURE, NOW)
    assert later is not None
    assert later.conditions[0] == later.conditions[2] == READY
    assert [condition.type for condition in later.conditions] == ["Ready", "Synced", "Ready"]


def test_is_news_tells_what_deserves_an_event() -> None:
    """Another condition, message or generation is news; times, reason and nothing are not."""
    old = _status(FAILURE)
    (condition,) = old.conditions
    assert not is_news(old, None)
    assert not is_news(old, Status(1, (replace(condition, reason="x", last_update_time=NOW),)))
    assert is_news(old, Status(2, (condition,)))
    assert is_news(old, Status(1, (replace(condition, message="x"),)))
    assert is_news(old, Status(1, (replace(condition, status="True"),)))
    assert is_news(Status(1), old)


def test_rebase_takes_our_condition_and_others_newer_ones() -> None:
    """After a conflict, what others have written meanwhile is not undone."""
    ours = _status(FAILURE)
    stale = Status(1, (*ours.conditions, replace(READY, status="False")))
    fresh = Status(0, (_status(SUCCESS).conditions[0], READY))
    assert rebase(stale, fresh) == Status(1, (ours.conditions[0], READY))


def test_rebase_without_a_condition_of_ours_changes_nothing() -> None:
    """A status that says nothing of ours stays what it is."""
    assert rebase(Status(4), Status(1, (READY,))) == Status(4)
