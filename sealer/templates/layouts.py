"""Times to text by an example, as Go's time package does: `Mon Jan _2 15:04:05 2006`.

A layout is a string with one character for each byte, so that any bytes pass through.
"""

import re
from collections.abc import Iterator

from sealer.templates.calendar import DAYS, MONTHS, Civil
from sealer.templates.faults import LimitFault

_PIECE = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|01|02|03|04|05|06|15"
    r"|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07"
    r"|PM|pm|[.,](?:0+|9+)(?![0-9])|1|2|3|4|5"
)
_LONGEST = 1000
_NOON = 12
_DIGITS = 9


def pieces(layout: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a layout that stand for something, each with the text before it.

    The last one is empty, with the text at the end.

    Raises:
        LimitFault: The layout is absurdly long.
    """
    _check_length(layout)
    at = 0
    for match in _PIECE.finditer(layout):
        yield layout[at : match.start()], match[0]
        at = match.end()
    yield layout[at:], ""


def formatted_time(time: Civil, layout: str) -> str:
    """Return a time in the form of an example.

    Args:
        time: As it is shown in its zone.
        layout: How 15:04:05 on Monday, 2 January 2006, would be written.

    Raises:
        LimitFault: The layout is absurdly long.
    """
    _check_length(layout)
    return _PIECE.sub(lambda match: _written(match[0], time), layout)


def _check_length(layout: str) -> None:
    if len(layout) > _LONGEST:
        raise LimitFault(f"a layout of more than {_LONGEST} characters")


def _written(piece: str, time: Civil) -> str:
    if piece[0] in "Z-":
        return _offset(time, piece)
    if piece[0] in ".,":
        return _fraction(time, piece)
    hour = time.hour % _NOON or _NOON
    values = {
        "January": MONTHS[time.month - 1],
        "Jan": MONTHS[time.month - 1][:3],
        "Monday": DAYS[time.week_day],
        "Mon": DAYS[time.week_day][:3],
        "MST": time.zone or _offset(time, "-0700"),
        "2006": f"{time.year:0{5 if time.year < 0 else 4}d}",
        "06": f"{max(time.year, 0) % 100:02d}",
        "01": f"{time.month:02d}",
        "1": str(time.month),
        "02": f"{time.day:02d}",
        "_2": f"{time.day:2d}",
        "2": str(time.day),
        "__2": f"{time.year_day:3d}",
        "002": f"{time.year_day:03d}",
        "15": f"{time.hour:02d}",
        "03": f"{hour:02d}",
        "3": str(hour),
        "04": f"{time.minute:02d}",
        "4": str(time.minute),
        "05": f"{time.second:02d}",
        "5": str(time.second),
        "PM": "PM" if time.hour >= _NOON else "AM",
        "pm": "pm" if time.hour >= _NOON else "am",
    }
    return values[piece]


def _offset(time: Civil, piece: str) -> str:
    """Return a time's distance from UTC in the form of an example such as `-07:00`."""
    if piece[0] == "Z" and not time.offset:
        return "Z"
    minutes, second = divmod(abs(time.offset), 60)
    parts = (f"{minutes // 60:02d}", f"{minutes % 60:02d}", f"{second:02d}")
    count = sum(character.isdigit() for character in piece) // 2
    is_behind = time.offset < 0 and minutes > 0
    return ("-" if is_behind else "+") + (":" if ":" in piece else "").join(parts[:count])


def _fraction(time: Civil, piece: str) -> str:
    digits = f"{time.nanosecond:09d}"[: min(len(piece) - 1, _DIGITS)]
    if piece[1] == "9":
        digits = digits.rstrip("0")
        return piece[0] + digits if digits else ""
    return piece[0] + digits
