"""Whether a new sealing key is due, and when the next one will be: decisions without effects."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sealer_controller.keyset import KeySet

__all__ = ["Cause", "Renewal", "is_older"]

# What chance adds to a period: little of it, and never long.
_JITTER_PART, _LONGEST_JITTER = 100, timedelta(minutes=5)


class Cause(Enum):
    """Why a new key is made."""

    FIRST = "first"
    COMPROMISED = "compromised"
    CUTOFF = "cutoff"
    ASKED = "asked"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class Renewal:
    """When new keys are made (compat.md 3.3).

    Attributes:
        period: How old the newest key may become; zero is for ever.
        makes_first: Whether a key is made where there is none.
    """

    period: timedelta = timedelta(hours=720)
    makes_first: bool = True

    def cause(self, keys: KeySet, now: datetime, jitter: float = 0.0) -> Cause | None:
        """Return why a new key is due now, or None.

        Args:
            keys: The keys that there are.
            now: The time of day, UTC.
            jitter: From 0 up to 1: how much of the longest delay by chance is waited.
        """
        newest = keys.newest(now, sealing=True)
        suspect = keys.newest(now, sealing=False)
        if suspect is not None and (newest is None or suspect > newest):
            return Cause.COMPROMISED
        if newest is None:
            return Cause.FIRST if self.makes_first else None
        due = self.due(keys, now, jitter)
        return Cause.AGE if due is not None and due <= now else None

    def due(self, keys: KeySet, now: datetime, jitter: float = 0.0) -> datetime | None:
        """Return when the newest key will be, or was, too old; None where that is never."""
        newest = keys.newest(now, sealing=True)
        if newest is None or not self.period:
            return None
        return newest + self.period + jitter * min(self.period / _JITTER_PART, _LONGEST_JITTER)


def is_older(keys: KeySet, moment: datetime, now: datetime) -> bool:
    """Tell whether every key that may seal is older than a moment, to the second.

    A certificate tells no fractions of a second.
    """
    newest = keys.newest(now, sealing=True)
    return newest is None or newest < moment.replace(microsecond=0)
