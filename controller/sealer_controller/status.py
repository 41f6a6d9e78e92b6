"""What is written into the status of a SealedSecret, and whether there is anything to write.

One condition is ours, `Synced`, with the original's meaning (compat.md 2.5); conditions of others
are carried along.
"""

from dataclasses import replace
from datetime import datetime

from sealer_controller.objects import Condition, Status
from sealer_controller.outcome import Reason
from sealer_controller.verdict import Verdict

__all__ = ["SYNCED", "is_news", "next_status", "rebase"]

SYNCED = "Synced"


def next_status(old: Status, generation: int, verdict: Verdict, now: datetime) -> Status | None:
    """Return the status to write, or None when the old one says it all.

    `lastTransitionTime` moves only when the condition flips; the first time both times are equal.

    Args:
        old: The status as it is.
        generation: The generation that was worked on.
        verdict: What came of it.
        now: The time of day, UTC.
    """
    before = old.condition(SYNCED)
    after = Condition(
        type=SYNCED,
        status="True" if verdict.reason is Reason.UNSEALED else "False",
        reason=verdict.reason.value,
        message=verdict.message,
        last_update_time=now,
        last_transition_time=now,
    )
    if before is not None and before.status == after.status and before.last_transition_time:
        after = replace(after, last_transition_time=before.last_transition_time)
    if old.observed_generation == generation and _words(before) == _words(after):
        return None
    return Status(generation, _with(old.conditions, after))


def is_news(old: Status, new: Status | None) -> bool:
    """Tell whether a new status deserves an Event: it says something that the old one did not.

    The reason alone does not: the original never sets it, and to take over its objects is no news.
    """
    if new is None:
        return False
    before, after = old.condition(SYNCED), new.condition(SYNCED)
    return (
        old.observed_generation != new.observed_generation
        or before is None
        or after is None
        or (before.status, before.message) != (after.status, after.message)
    )


def rebase(ours: Status, fresh: Status) -> Status:
    """Return our status on top of one that others have written to in the meantime."""
    condition = ours.condition(SYNCED)
    if condition is None:
        return ours
    return Status(ours.observed_generation, _with(fresh.conditions, condition))


def _words(condition: Condition | None) -> tuple[str, str, str] | None:
    if condition is None:
        return None
    return (condition.status, condition.reason, condition.message)


def _with(conditions: tuple[Condition, ...], ours: Condition) -> tuple[Condition, ...]:
    """Put our condition in its old place, or first: the original's printer column shows the first.

    Whatever else claims to be of our type is dropped.
    """
    others = [condition for condition in conditions if condition.type != SYNCED]
    place = next((at for at, found in enumerate(conditions) if found.type == SYNCED), 0)
    return (*others[:place], ours, *others[place:])
