"""The last day on which something is allowed, written `YYYY-MM-DD`."""

import re
from datetime import date

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(text: str) -> date | None:
    """Return the day that a text means; None for any other text, and for a day that never is."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_past(day: date | None, today: date) -> bool:
    """Tell whether the last day is over; None is never."""
    return day is not None and day < today
