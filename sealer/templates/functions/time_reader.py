"""Text to times by an example, as Go's time package reads them."""

import re
from typing import NoReturn

from sealer.templates.calendar import DAY, DAYS, MONTHS, days_in, days_until
from sealer.templates.faults import FunctionFault
from sealer.templates.layouts import pieces
from sealer.templates.times import Time

_NUMBER = re.compile(r"[0-9]{1,2}")
_TWO = re.compile(r"[0-9]{2}")
_YEAR = re.compile(r"[0-9]{4}")
_SHORT_YEAR = re.compile(r"[+-]?[0-9]+")
_YEAR_DAY = re.compile(r"[0-9]{1,3}")
_THREE = re.compile(r"[0-9]{3}")
_FRACTION = re.compile(r"[.,]([0-9]+)")
_ZONE = re.compile(
    r"ChST|MeST|GMT(?:[+-](?:0*2[0-3]|0*1?[0-9])(?![0-9]))?|[+-](?:0*2[0-3]|0*1?[0-9])(?![0-9])"
    r"|(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z])"
)
_OFFSETS = {
    "07:00:00": re.compile(r"([+-])([0-9]{2}):([0-9]{2}):([0-9]{2})"),
    "070000": re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})"),
    "07:00": re.compile(r"([+-])([0-9]{2}):([0-9]{2})"),
    "0700": re.compile(r"([+-])([0-9]{2})([0-9]{2})"),
    "07": re.compile(r"([+-])([0-9]{2})"),
}
_LARGEST_OFFSET = (24, 60, 60)
# What a number in this place has to be, and how large it may be.
_NUMBERS = {
    "01": ("month", _TWO, range(1, 13)),
    "1": ("month", _NUMBER, range(1, 13)),
    "02": ("day", _TWO, range(100)),
    "2": ("day", _NUMBER, range(100)),
    "_2": ("day", _NUMBER, range(100)),
    "002": ("year_day", _THREE, range(1000)),
    "__2": ("year_day", _YEAR_DAY, range(1000)),
    "15": ("hour", _NUMBER, range(24)),
    "03": ("hour", _TWO, range(13)),
    "3": ("hour", _NUMBER, range(13)),
    "04": ("minute", _TWO, range(60)),
    "4": ("minute", _NUMBER, range(60)),
    "05": ("second", _TWO, range(60)),
    "5": ("second", _NUMBER, range(60)),
    "2006": ("year", _YEAR, range(10_000)),
}
_NAMES = {
    "January": ("month", MONTHS),
    "Jan": ("month", tuple(name[:3] for name in MONTHS)),
    "Monday": ("week_day", DAYS),
    "Mon": ("week_day", tuple(name[:3] for name in DAYS)),
}
_NOON = 12
_LONGEST = 20_000  # far more than any layout takes
_TURN = 69  # two digits from here on are a year of 19..


def parsed_time(text: str, layout: str) -> Time:
    """Return the time that a text tells; what it does not tell is that of 1 January of year 0.

    Args:
        text: One character for each byte, as the layout.
        layout: How 15:04:05 on Monday, 2 January 2006, would be written there.

    Raises:
        FunctionFault: It is not written like that, or there is no such time.
    """
    return _Reader(text, layout).read()


class _Reader:
    """Takes from the text what each piece of the layout stands for."""

    def __init__(self, text: str, layout: str) -> None:
        self._rest = text[:_LONGEST]
        self._pieces = [*pieces(layout)]
        self._found: dict[str, int] = {}
        self._half = ""
        self._zone: str | None = None
        self._offset: int | None = None

    def read(self) -> Time:
        for at, (before, piece) in enumerate(self._pieces):
            self._skip(before)
            if piece:
                self._take(piece, self._pieces[at + 1][1])
        if self._rest:
            self._refuse()
        return self._time()

    def _refuse(self, what: str = "the text is not written like the layout") -> NoReturn:
        raise FunctionFault(f"parsing time: {what}")

    def _skip(self, before: str) -> None:
        """Pass over text that stands for itself; blanks stand for any number of them."""
        while before:
            if before[0] == " ":
                if self._rest and self._rest[0] != " ":
                    self._refuse()
                before, self._rest = before.lstrip(" "), self._rest.lstrip(" ")
            elif self._rest[:1] == before[0]:
                before, self._rest = before[1:], self._rest[1:]
            else:
                self._refuse()

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._rest)
        if match is None:
            self._refuse()
        self._rest = self._rest[match.end() :]
        return match

    def _take(self, piece: str, following: str) -> None:
        if piece in _NUMBERS:
            self._take_number(piece)
            if piece in ("05", "5") and following[:1] not in (".", ","):
                self._take_fraction()
        elif piece in _NAMES:
            self._take_name(*_NAMES[piece])
        elif piece == "06":
            self._take_short_year()
        elif piece in ("PM", "pm"):
            self._take_half(piece)
        elif piece == "MST":
            self._take_zone()
        elif piece[0] in "Z-":
            self._take_offset(piece)
        elif piece[1] == "0":
            self._take_digits(len(piece))
        else:
            self._take_fraction()

    def _take_number(self, piece: str) -> None:
        name, pattern, allowed = _NUMBERS[piece]
        blanks = {"_2": 1, "__2": 2}.get(piece, 0)
        while blanks and self._rest.startswith(" "):
            self._rest, blanks = self._rest[1:], blanks - 1
        number = int(self._match(pattern)[0])
        if number not in allowed:
            self._refuse(f"{name} out of range")
        self._found[name] = number

    def _take_name(self, name: str, names: tuple[str, ...]) -> None:
        for number, each in enumerate(names, 1):
            if self._rest[: len(each)].lower() == each.lower():
                self._found[name] = number
                self._rest = self._rest[len(each) :]
                return
        self._refuse()

    def _take_short_year(self) -> None:
        text, self._rest = self._rest[:2], self._rest[2:]
        if len(text) < len("06") or not _SHORT_YEAR.fullmatch(text):
            self._refuse()
        self._found["year"] = int(text) + (1900 if int(text) >= _TURN else 2000)

    def _take_half(self, piece: str) -> None:
        self._half = self._rest[:2].upper()
        if self._rest[:2] not in ({"AM", "PM"} if piece == "PM" else {"am", "pm"}):
            self._refuse()
        self._rest = self._rest[2:]

    def _take_fraction(self) -> None:
        match = _FRACTION.match(self._rest)
        if match is not None:
            self._found["nanosecond"] = int(match[1][:9].ljust(9, "0"))
            self._rest = self._rest[match.end() :]

    def _take_digits(self, size: int) -> None:
        """Read a fraction that has just as many digits as the layout."""
        text, self._rest = self._rest[:size], self._rest[size:]
        if len(text) < size or not _FRACTION.fullmatch(text[:10]):
            self._refuse()
        self._found["nanosecond"] = int(text[1:10].ljust(9, "0"))

    def _take_zone(self) -> None:
        if self._rest.startswith("UTC"):
            self._rest, self._zone = self._rest[3:], "UTC"
        else:
            self._zone = self._match(_ZONE)[0]

    def _take_offset(self, piece: str) -> None:
        if piece[0] == "Z" and self._rest.startswith("Z"):
            self._rest, self._zone = self._rest[1:], "UTC"
            return
        sign, *digits = self._match(_OFFSETS[piece[1:]]).groups()
        numbers = [*map(int, digits), 0, 0][:3]
        if any(n > most for n, most in zip(numbers, _LARGEST_OFFSET, strict=True)):
            self._refuse("time zone offset out of range")
        seconds = (numbers[0] * 60 + numbers[1]) * 60 + numbers[2]
        self._offset = -seconds if sign == "-" else seconds

    def _time(self) -> Time:
        found = self._found
        year = found.get("year", 0)
        month, day = self._date(year)
        if not 1 <= day <= days_in(year, month):
            self._refuse("day out of range")
        hour = found.get("hour", 0)
        if self._half == "PM" and hour < _NOON:
            hour += _NOON
        elif self._half == "AM" and hour == _NOON:
            hour = 0
        seconds = (hour * 60 + found.get("minute", 0)) * 60 + found.get("second", 0)
        return self._in_zone(
            days_until(year, month, day) * DAY + seconds, found.get("nanosecond", 0)
        )

    def _date(self, year: int) -> tuple[int, int]:
        found = self._found
        if "year_day" not in found:
            return found.get("month", 1), found.get("day", 1)
        month, day = 1, found["year_day"]
        if not 1 <= day <= days_until(year + 1, 1, 1) - days_until(year, 1, 1):
            self._refuse("day-of-year out of range")
        while day > days_in(year, month):
            day, month = day - days_in(year, month), month + 1
        if found.get("month", month) != month or found.get("day", day) != day:
            self._refuse("day-of-year does not match month and day")
        return month, day

    def _in_zone(self, seconds: int, nanosecond: int) -> Time:
        """Return the time in the zone that is told; nobody knows how far a mere name is off."""
        if self._zone == "UTC" or (self._zone is None and self._offset is None):
            return Time(seconds, nanosecond)
        if self._offset is not None:
            is_utc = not self._offset and self._zone is None
            name = "UTC" if is_utc else self._zone or ""
            return Time(seconds - self._offset, nanosecond, self._offset, name, is_utc)
        zone = self._zone or ""
        hours = int(zone[3:]) if zone[3:] and zone.startswith("GMT") else 0
        return Time(seconds, nanosecond, hours * 3600, zone, is_utc=False)
