"""When a status is written, what its times mean, and what of others' stays in it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sealer.errors import NoMatchingKeyError, RetryableError, SealerError, UnsealError
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
    """A failure sets the condition to False and says why; `Stalled` says that it stays so."""
    conditions = (
        Condition("Synced", "False", "Invalid", "no", NOW, NOW),
        Condition("Stalled", "True", "Invalid", "no", NOW, NOW),
    )
    assert next_status(Status(), 3, FAILURE, NOW) == Status(3, conditions)


def test_next_status_of_a_failure_that_may_pass_says_that_we_go_on() -> None:
    """`Reconciling` takes the place of `Stalled`, and both go with success."""
    passing = judge(SHOP_DB, RetryableError("busy"))
    for before, verdict, expected in (
        (FAILURE, passing, ["Synced", "Reconciling"]),
        (passing, FAILURE, ["Synced", "Stalled"]),
        (passing, SUCCESS, ["Synced"]),
        (FAILURE, SUCCESS, ["Synced"]),
    ):
        status = next_status(_status(before), 1, verdict, NOW)
        assert status is not None
        assert [condition.type for condition in status.conditions] == expected


def test_next_status_extra_condition_has_one_line_and_the_other_all() -> None:
    """Tools show the message of `Stalled` on one line; the explanation stands once."""
    faults: dict[str, SealerError] = {"k": NoMatchingKeyError("none opens it", tried=["x"])}
    verdict = judge(SHOP_DB, UnsealError("one\ntwo", faults=faults))
    synced, stalled = _status(verdict).conditions
    assert synced.message.split("\n")[:2] == ["one", "two"]
    assert len(synced.message.split("\n")) > 2
    assert stalled.message == "one"


def test_next_status_stale_extra_condition_is_removed_though_all_else_is_told() -> None:
    """What somebody put there, or another controller left, does not stay where all is right."""
    right = _status(SUCCESS)
    stale = Status(1, (*right.conditions, Condition("Stalled", "True")))
    assert next_status(stale, 1, SUCCESS, NOW) == replace(
        right, conditions=(replace(right.conditions[0], last_update_time=NOW),)
    )


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
    condition = status.conditions[0]
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
    condition = status.conditions[0]
    assert (condition.last_update_time, condition.last_transition_time) == (NOW, EARLIER)
    assert status.observed_generation == generation


def test_next_status_of_the_original_gets_a_reason_and_no_event() -> None:
    """Taking over an object of the original adds the reason; that is not worth an Event."""
    theirs = Status(1, (Condition("Synced", "True", "", "", EARLIER, EARLIER),))
    status = next_status(theirs, 1, SUCCESS, NOW)
    assert status is not None
    assert status.conditions[0].reason == "Unsealed"
    assert not is_news(theirs, status, SUCCESS)


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
    types = [condition.type for condition in later.conditions]
    assert types == ["Ready", "Synced", "Ready", "Stalled"]


@pytest.mark.parametrize(
    ("old", "verdict", "expected"),
    [
        (_status(FAILURE), judge(SHOP_DB, RetryableError("no")), False),
        (_status(SUCCESS), FAILURE, True),
        (_status(FAILURE), SUCCESS, True),
        (_status(FAILURE, 2), FAILURE, True),
        (_status(FAILURE), judge(SHOP_DB, RejectedError("nothing")), True),
        (_status(FAILURE), judge(SHOP_DB, RejectedError("no", hint="do this")), False),
        (_status(judge(SHOP_DB, RejectedError("no", hint="do this"))), FAILURE, False),
        (_status(judge(SHOP_DB, RejectedError("no way"))), FAILURE, True),
        (Status(1), FAILURE, True),
    ],
    ids=[
        "reason",
        "fails",
        "heals",
        "generation",
        "message",
        "explanation",
        "no-explanation",
        "shorter",
        "first",
    ],
)
def test_is_news_tells_what_deserves_an_event(
    *, old: Status, verdict: Verdict, expected: bool
) -> None:
    """Another condition, text or generation is news; times, reason and explanation are not."""
    new = next_status(old, 1, verdict, NOW)
    assert new is not None
    assert is_news(old, new, verdict) is expected
    assert not is_news(old, None, verdict)


def test_rebase_takes_our_conditions_and_others_newer_ones() -> None:
    """After a conflict, what others have written meanwhile is not undone."""
    ours = _status(FAILURE)
    stale = Status(1, (*ours.conditions, replace(READY, status="False")))
    fresh = Status(0, (_status(SUCCESS).conditions[0], READY))
    assert rebase(stale, fresh) == Status(1, (ours.conditions[0], READY, ours.conditions[1]))
    assert rebase(_status(SUCCESS), _status(FAILURE)) == _status(SUCCESS)


def test_rebase_without_a_condition_of_ours_changes_nothing() -> None:
    """A status that says nothing of ours stays what it is."""
    assert rebase(Status(4), Status(1, (READY,))) == Status(4)
