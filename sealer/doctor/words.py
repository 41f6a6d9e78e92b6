"""How findings put numbers, names and spans of time into words."""

from collections.abc import Sequence
from datetime import timedelta

_NAMED = 6
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def counted(number: int, noun: str) -> str:
    """Return a number and what is counted, in the right form."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """Return words with commas between them; of many only the first, and how many more."""
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more


def for_people(span: timedelta) -> str:
    """Return how long something is, in the largest fitting unit."""
    seconds = abs(span.total_seconds())
    for unit, length in _UNITS:
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return counted(round(seconds), "second")
