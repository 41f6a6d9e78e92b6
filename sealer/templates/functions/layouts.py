"""Times to text and back by an example, as Go's time package does: `Mon Jan _2 15:04:05 2006`."""

import re
from datetime import UTC, datetime, timedelta, timezone

from sealer.templates.faults import FunctionFault

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PIECE = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|01|02|03|04|05|06|15"
    r"|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07"
    r"|PM|pm|[.,](?:0+|9+)(?![0-9])|1|2|3|4|5"
)
_NOON = 12


def formatted_time(time: datetime, zone: str, layout: str) -> str:
    """Return a time in the form of an example.

    Args:
        time: With its offset from UTC.
        zone: What its zone is called.
        layout: How 15:04:05 on Monday, 2 January 2006, would be written.
    """
    return _PIECE.sub(lambda match: _written(match[0], time, zone), layout)


def _written(piece: str, time: datetime, zone: str) -> str:
    if piece[0] in "Z-":
        return offset_text(time, piece)
    if piece[0] in ".,":
        return _fraction(time, piece)
    hour = time.hour % _NOON or _NOON
    values = {
        "January": MONTHS[time.month - 1],
        "Jan": MONTHS[time.month - 1][:3],
        "Monday": DAYS[time.weekday()],
        "Mon": DAYS[time.weekday()][:3],
        "MST": zone,
        "2006": f"{time.year:04d}",
        "06": f"{time.year % 100:02d}",
        "01": f"{time.month:02d}",
        "1": str(time.month),
        "02": f"{time.day:02d}",
        "_2": f"{time.day:2d}",
        "2": str(time.day),
        "__2": f"{time.timetuple().tm_yday:3d}",
        "002": f"{time.timetuple().tm_yday:03d}",
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


def offset_text(time: datetime, piece: str) -> str:
    """Return a time's distance from UTC in the form of an example such as `-07:00`."""
    seconds = round((time.utcoffset() or timedelta()).total_seconds())
    if piece[0] == "Z" and not seconds:
        return "Z"
    minutes, second = divmod(abs(seconds), 60)
    parts = (f"{minutes // 60:02d}", f"{minutes % 60:02d}", f"{second:02d}")
    count = sum(character.isdigit() for character in piece) // 2
    return ("-" if seconds < 0 else "+") + (":" if ":" in piece else "").join(parts[:count])


def _fraction(time: datetime, piece: str) -> str:
    digits = f"{time.microsecond:06d}000"[: len(piece) - 1].ljust(len(piece) - 1, "0")
    if piece[1] == "9":
        digits = digits.rstrip("0")
        return piece[0] + digits if digits else ""
    return piece[0] + digits


# Reading

_READS = {
    "January": "|".join(MONTHS),
    "Jan": "|".join(month[:3] for month in MONTHS),
    "Monday": "|".join(DAYS),
    "Mon": "|".join(day[:3] for day in DAYS),
    "MST": r"[A-Z]{3,4}|[+-]\d{2}",
    "2006": r"\d{4}",
    "06": r"\d{2}",
    "01": r"\d{2}",
    "1": r"\d{1,2}",
    "02": r"\d{2}",
    "_2": r" ?\d{1,2}",
    "2": r"\d{1,2}",
    "__2": r" {0,2}\d{1,3}",
    "002": r"\d{3}",
    "15": r"\d{1,2}",
    "03": r"\d{2}",
    "3": r"\d{1,2}",
    "04": r"\d{2}",
    "4": r"\d{1,2}",
    "05": r"\d{2}(?:[.,]\d+)?",
    "5": r"\d{1,2}(?:[.,]\d+)?",
    "PM": "AM|PM",
    "pm": "am|pm",
}


def parsed_time(text: str, layout: str) -> tuple[datetime, str]:
    """Read a time that is written like an example; without a zone it is in UTC.

    Returns:
        The time with its offset, and what its zone is called.

    Raises:
        FunctionFault: The text does not look like the example, or there is no such time.
    """
    expression, at = "", 0
    pieces: list[str] = []
    for match in _PIECE.finditer(layout):
        expression += re.escape(layout[at : match.start()]) + _reading(match[0])
        pieces.append(match[0])
        at = match.end()
    found = re.fullmatch(expression + re.escape(layout[at:]), text, re.ASCII | re.IGNORECASE)
    if found is None:
        raise FunctionFault("parsing time: the text is not written like the layout")
    values = dict(zip(pieces, found.groups(), strict=True))
    try:
        return _time_of(values)
    except (ValueError, OverflowError):
        raise FunctionFault("parsing time: out of range") from None


def _reading(piece: str) -> str:
    if piece[0] in "Z-":
        count = sum(character.isdigit() for character in piece) // 2
        colon = ":" if ":" in piece else ""
        sign = r"[+-]\d{2}" + (colon + r"\d{2}") * (count - 1)
        return f"(Z|{sign})" if piece[0] == "Z" else f"({sign})"
    if piece[0] in ".,":
        return r"((?:[.,]\d+)?)" if piece[1] == "9" else rf"([.,]\d{{{len(piece) - 1}}})"
    return f"({_READS[piece]})"


def _time_of(values: dict[str, str]) -> tuple[datetime, str]:
    def number(*names: str, default: int) -> int:
        return next((int(values[name]) for name in names if name in values), default)

    year = number("2006", default=0)
    if "06" in values:
        short = int(values["06"])
        year = short + (1900 if short >= 69 else 2000)  # noqa: PLR2004 - Go's own turning point
    month = _month(values) or number("01", "1", default=1)
    hour = number("15", "03", "3", default=0)
    half = (values.get("PM") or values.get("pm") or "").upper()
    if half:
        hour = hour % _NOON + (_NOON if half == "PM" else 0)
    second, micro = _second(values)
    zone, name = _zone(values)
    day = number("02", "_2", "2", default=1)
    time = datetime(year or 1, month, day, hour, number("04", "4", default=0), second, micro, zone)
    yearday = number("002", "__2", default=0)
    return (time + timedelta(days=yearday - 1) if yearday else time), name


def _month(values: dict[str, str]) -> int:
    for piece, length in (("January", None), ("Jan", 3)):
        if piece in values:
            names = [month[:length].lower() for month in MONTHS]
            return names.index(values[piece].lower()) + 1
    return 0


def _second(values: dict[str, str]) -> tuple[int, int]:
    text = values.get("05") or values.get("5") or "0"
    whole, _, fraction = text.replace(",", ".").partition(".")
    fraction = fraction or next((v[1:] for p, v in values.items() if p[0] in ".,"), "")
    return int(whole), int(fraction[:6].ljust(6, "0") or 0)


def _zone(values: dict[str, str]) -> tuple[timezone, str]:
    text = next((v for p, v in values.items() if p[0] in "Z-"), "Z")
    if text == "Z":
        return UTC, values.get("MST", "UTC")
    digits = text[1:].replace(":", "").ljust(6, "0")
    parts = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:6]))
    return timezone(-parts if text[0] == "-" else parts), values.get("MST", "")
