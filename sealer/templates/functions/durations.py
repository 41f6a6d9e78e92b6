"""Spans of time to text and back, as Go's time package writes and reads them: `1h30m`, `-1.5s`."""

import re

from sealer.templates.faults import FunctionFault

SECOND = 10**9
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": SECOND}
_UNITS |= {"m": 60 * SECOND, "h": 3600 * SECOND}
_PART = re.compile(r"(?=\.?[0-9])(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?(?P<unit>[^0-9.]+)")
_DAY = 24 * _UNITS["h"]
_ROUGHLY = (
    *(("y", 365 * _DAY), ("mo", 30 * _DAY), ("d", _DAY)),
    *(("h", _UNITS["h"]), ("m", _UNITS["m"]), ("s", SECOND)),
)
_LIMIT = 2**63
_DIGITS = 18  # of a fraction; further ones do not count


def parsed_duration(text: str) -> int:
    """Return a span such as `-1.5h` in nanoseconds.

    Raises:
        FunctionFault: It is none, or longer than 64 bits hold.
    """
    is_negative = text.startswith("-")
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    total = at = 0
    while at < len(rest) or not rest:
        match = _PART.match(rest, at)
        if match is None or match["unit"] not in _UNITS:
            raise _invalid()
        total += _nanoseconds(match["whole"], match["fraction"] or "", _UNITS[match["unit"]])
        at = match.end()
    if total > _LIMIT - (not is_negative):
        raise _invalid()
    return -total if is_negative else total


def _nanoseconds(whole: str, fraction: str, unit: int) -> int:
    if len(whole.lstrip("0")) > _DIGITS + 1:
        raise _invalid()
    total = int(whole or 0) * unit
    kept = fraction[:_DIGITS]
    # Go calculates this part with floating-point numbers.
    return total + (int(int(kept) * (unit / 10 ** len(kept))) if kept else 0)


def _invalid() -> FunctionFault:
    return FunctionFault("time: invalid duration")


def duration_text(nanoseconds: int) -> str:
    """Return a span as Go's `Duration.String` writes it."""
    size = abs(nanoseconds)
    sign = "-" if nanoseconds < 0 else ""
    if not size:
        return "0s"
    if size < SECOND:
        unit, of = next((u, n) for u, n in (("ms", 10**6), ("µs", 10**3), ("ns", 1)) if size >= n)
        return f"{sign}{_decimal(size, of)}{unit}"
    minutes, rest = divmod(size, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, SECOND)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    fraction = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


def rough_duration(nanoseconds: int) -> str:
    """Return the size of a span in its largest unit, years and months among them."""
    size = abs(nanoseconds)
    return next((f"{size // of}{unit}" for unit, of in _ROUGHLY if size > of), "0s")
