"""What is written into the status of a SealedSecret, and whether there is anything to write.

The condition `Synced` has the original's meaning (compat.md 2.5). Two more are there only while it
is not true, for tools that go by the rules of kstatus: `Stalled` where somebody has to change
something, `Reconciling` where we go on trying. Both go when it is, so that nothing of ours is left
on an object that is right. Conditions of others are carried along.
"""

from dataclasses import replace
from datetime import datetime

from sealer_controller.objects import Condition, Status, StoredSealedSecret
from sealer_controller.verdict import Verdict

__all__ = [
    "RECONCILING",
    "STALLED",
    "SYNCED",
    "is_news",
    "next_status",
    "rebase",
    "recreating",
    "was_right",
]

SYNCED = "Synced"
STALLED = "Stalled"
RECONCILING = "Reconciling"
_OURS = (SYNCED, STALLED, RECONCILING)
_RECREATING = "Recreating"
_TO_BE_RECREATED = "the Secret is deleted, to be created anew"


def next_status(old: Status, generation: int, verdict: Verdict, now: datetime) -> Status | None:
    """Return the status to write, or None when the old one says it all.

    `lastTransitionTime` moves only when a condition flips; the first time both times are equal.

    Args:
        old: The status as it is.
        generation: The generation that was worked on.
        verdict: What came of it.
        now: The time of day, UTC.
    """
    ours = tuple(_since(old, condition, now) for condition in _conditions(verdict))
    is_told = old.observed_generation == generation and _words(old) == _words(Status(0, ours))
    return None if is_told else Status(generation, _with(old.conditions, ours))


def recreating(old: Status, now: datetime) -> Status:
    """Return what is told of an object while there is no Secret, because it is being made anew.

    Should we not come to tell what follows, whoever goes on learns that the Secret is not wanted
    gone.

    Args:
        old: The status as it is.
        now: The time of day, UTC.
    """
    conditions = (
        Condition(SYNCED, "Unknown", _RECREATING, _TO_BE_RECREATED),
        Condition(RECONCILING, "True", _RECREATING, _TO_BE_RECREATED),
    )
    ours = tuple(_since(old, condition, now) for condition in conditions)
    return Status(old.observed_generation, _with(old.conditions, ours))


def is_news(old: Status, new: Status | None, verdict: Verdict) -> bool:
    """Tell whether a new status deserves an Event: one that says what the old one did not.

    Neither the reason nor an explanation does: the original has none, and to take over its objects
    is no news.
    """
    if new is None:
        return False
    before = old.condition(SYNCED)
    return (
        old.observed_generation != new.observed_generation
        or before is None
        or (before.status == "True") != (verdict.failed_at is None)
        or not verdict.is_told_by(before.message)
    )


def was_right(stored: StoredSealedSecret) -> bool:
    """Tell whether the status says of the object as it is that it was brought to a good end."""
    condition = stored.status.condition(SYNCED)
    is_current = stored.status.observed_generation == stored.generation
    return is_current and condition is not None and condition.status == "True"


def rebase(ours: Status, fresh: Status) -> Status:
    """Return our status on top of one that others have written to in the meantime."""
    conditions = tuple(condition for condition in ours.conditions if condition.type in _OURS)
    if not conditions:
        return ours
    return Status(ours.observed_generation, _with(fresh.conditions, conditions))


def _conditions(verdict: Verdict) -> tuple[Condition, ...]:
    """Return our conditions, without times."""
    reason, text = verdict.reason, verdict.text.partition("\n")[0]
    if verdict.failed_at is None:
        return (Condition(SYNCED, "True", reason.value, verdict.message),)
    extra = STALLED if reason.is_final else RECONCILING
    return (
        Condition(SYNCED, "False", reason.value, verdict.message),
        Condition(extra, "True", reason.value, text),
    )


def _since(old: Status, condition: Condition, now: datetime) -> Condition:
    """Return a condition with its times."""
    before = old.condition(condition.type)
    since = now
    if before is not None and before.status == condition.status and before.last_transition_time:
        since = before.last_transition_time
    return replace(condition, last_update_time=now, last_transition_time=since)


def _words(status: Status) -> list[tuple[str, str, str, str]]:
    """Return what our conditions say, without the times."""
    return sorted(
        (condition.type, condition.status, condition.reason, condition.message)
        for condition in status.conditions
        if condition.type in _OURS
    )


def _with(conditions: tuple[Condition, ...], ours: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Put our first condition in its old place, or first, and the others behind all.

    The original's printer column shows the first. Whatever else claims to be of our types goes.
    """
    first, *rest = ours
    others = [condition for condition in conditions if condition.type not in _OURS]
    place = next((at for at, found in enumerate(conditions) if found.type == first.type), 0)
    return (*others[:place], first, *others[place:], *rest)
