"""Functions over times and durations; what depends on the present time is refused."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.functions.layouts import (
    DAYS,
    MONTHS,
    formatted_time,
    offset_text,
    parsed_time,
)
from sealer.templates.show import decoded
from sealer.templates.values import INVALID, Int64, wrapped

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9}
_UNITS |= {"m": 60 * 10**9, "h": 3600 * 10**9}
_SECOND = 10**9
_DAY = 24 * 3600 * _SECOND
_ROUGHLY = (
    *(("y", 365 * _DAY), ("mo", 30 * _DAY), ("d", _DAY)),
    *(("h", _UNITS["h"]), ("m", _UNITS["m"]), ("s", _SECOND)),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A month or a day of the week: a number with a name."""

    number: int
    name: str
    type_name: str
    kind_name: ClassVar[str] = "int"

    def __bytes__(self) -> bytes:
        """Return the name."""
        return self.name.encode()

    def member(self, name: str) -> object:
        """Return `String`."""
        return bytes(self) if name == "String" else INVALID

    def json(self) -> str:
        """Return the name, for lack of anything that JSON knows."""
        return self.name


@dataclass(frozen=True, slots=True)
class Time:
    """A point in time, and what its zone is called."""

    moment: datetime
    zone: str = "UTC"
    type_name: ClassVar[str] = "time.Time"

    def __bytes__(self) -> bytes:
        """Return what Go's `Time.String` returns."""
        layout = "2006-01-02 15:04:05.999999999 -0700 "
        return (formatted_time(self.moment, self.zone, layout) + self._zone_name).encode()

    @property
    def _zone_name(self) -> str:
        return self.zone or offset_text(self.moment, "-0700")

    def member(self, name: str) -> object:
        """Return a field or method of Go's time.Time that needs no clock."""
        moment = self.moment
        nanoseconds = (moment - _EPOCH) // timedelta(microseconds=1) * 1000
        values: dict[str, object] = {
            "Year": moment.year,
            "Month": Word(moment.month, MONTHS[moment.month - 1], "time.Month"),
            "Day": moment.day,
            "Hour": moment.hour,
            "Minute": moment.minute,
            "Second": moment.second,
            "Nanosecond": moment.microsecond * 1000,
            "Weekday": Word(moment.isoweekday() % 7, DAYS[moment.weekday()], "time.Weekday"),
            "YearDay": moment.timetuple().tm_yday,
            "Unix": Int64(nanoseconds // _SECOND),
            "UnixMilli": Int64(nanoseconds // 10**6),
            "UnixMicro": Int64(nanoseconds // 10**3),
            "UnixNano": Int64(wrapped(nanoseconds)),
            "IsZero": moment == _ZERO.moment,
            "UTC": Time(moment.astimezone(UTC)),
            "String": bytes(self),
            "Format": Function("string", lambda layout: self.text(decoded(layout))),
            **{
                name: Function("time", compare)
                for name, compare in {
                    "Before": lambda other: moment < other.moment,
                    "After": lambda other: moment > other.moment,
                    "Equal": lambda other: moment == other.moment,
                }.items()
            },
        }
        return values.get(name, INVALID)

    def text(self, layout: str) -> bytes:
        """Return the time in the form of an example."""
        return formatted_time(self.moment, self._zone_name, layout).encode()

    def json(self) -> str:
        """Return the time as RFC 3339 has it."""
        return self.text("2006-01-02T15:04:05.999999999Z07:00").decode()


_ZERO = Time(datetime(1, 1, 1, tzinfo=UTC))


def _time(value: object) -> Time:
    if isinstance(value, Time):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return Time(_EPOCH + timedelta(seconds=int(value)))
        except OverflowError:
            raise FunctionFault("the time is out of range") from None
    raise FunctionFault("the present time is not available: give a time or seconds since 1970")


def _in_zone(layout: bytes, value: object, zone: bytes) -> bytes:
    time, name = _time(value), decoded(zone)
    if name in ("", "UTC", "Local") or not _ZONE_NAME.fullmatch(name):
        where: tzinfo = UTC
    else:
        where = _load_zone(name)
    try:
        moment = time.moment.astimezone(where)
    except OverflowError:
        raise FunctionFault("the time is out of range") from None
    return Time(moment, moment.tzname() or "UTC").text(decoded(layout))


def _load_zone(name: str) -> tzinfo:
    try:
        import tzdata  # type: ignore[import-untyped] # noqa: F401 - the same zones on every machine
    except ImportError:
        raise FunctionFault(
            "time zones need the package tzdata: install sealer[templates]"
        ) from None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _to_date(layout: bytes, text: bytes) -> Time:
    try:
        return _must_date(layout, text)
    except FunctionFault:
        return _ZERO


def _must_date(layout: bytes, text: bytes) -> Time:
    return Time(*parsed_time(decoded(text), decoded(layout)))


def nanoseconds_of(text: str) -> int:
    """Return a duration such as `-1.5h` in nanoseconds.

    Raises:
        FunctionFault: It is none.
    """
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    total, at = 0, 0
    while at < len(rest):
        match = _DURATION.match(rest, at)
        if match is None:
            break
        whole, _, fraction = match[1].partition(".")
        unit = _UNITS[match[2]]
        total += int(whole or 0) * unit
        total += int(fraction or 0) * unit // 10 ** len(fraction) if fraction else 0
        at = match.end()
    if not rest or at < len(rest) or total >= 2**63:
        raise FunctionFault("time: invalid duration")
    return sign * total


def _modified(change: bytes, time: Time) -> Time:
    try:
        return _must_modify(change, time)
    except FunctionFault:
        return time


def _must_modify(change: bytes, time: Time) -> Time:
    microseconds = nanoseconds_of(decoded(change)) // 1000
    try:
        return Time(time.moment + timedelta(microseconds=microseconds), time.zone)
    except OverflowError:
        raise FunctionFault("the time is out of range") from None


def duration_text(nanoseconds: int) -> str:
    """Return a duration as Go's `Duration.String` writes it."""
    size = abs(nanoseconds)
    sign = "-" if nanoseconds < 0 else ""
    if not size:
        return "0s"
    if size < _SECOND:
        unit, of = next((u, n) for u, n in (("ms", 10**6), ("µs", 10**3), ("ns", 1)) if size >= n)
        return f"{sign}{_decimal(size, of)}{unit}"
    minutes, rest = divmod(size, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, _SECOND)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    fraction = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


def _duration(value: object) -> bytes:
    seconds = 0
    if isinstance(value, bytes):
        text = decoded(value)
        signless = text[1:] if text[:1] in ("+", "-") else text
        seconds = int(text) if signless.isdecimal() and signless.isascii() and len(text) < 20 else 0  # noqa: PLR2004
    elif isinstance(value, Int64):
        seconds = int(value)
    return duration_text(wrapped(seconds * _SECOND)).encode()


def _rounded(value: object) -> bytes:
    nanoseconds = 0
    if isinstance(value, bytes):
        try:
            nanoseconds = nanoseconds_of(decoded(value))
        except FunctionFault:
            nanoseconds = 0
    elif isinstance(value, Int64):
        nanoseconds = int(value)
    elif isinstance(value, Time):
        raise FunctionFault("the present time is not available")
    size = abs(nanoseconds)
    return next((f"{size // of}{unit}".encode() for unit, of in _ROUGHLY if size > of), b"0s")


def _html_date(value: object) -> bytes:
    return _in_zone(b"2006-01-02", value, b"UTC")


TABLE: Table = {
    "date": Function("string any", lambda layout, value: _in_zone(layout, value, b"UTC")),
    "dateInZone": Function("string any string", _in_zone),
    "date_in_zone": Function("string any string", _in_zone),
    "dateModify": Function("string time", _modified),
    "date_modify": Function("string time", _modified),
    "mustDateModify": Function("string time", _must_modify),
    "must_date_modify": Function("string time", _must_modify),
    "duration": Function("any", _duration),
    "durationRound": Function("any", _rounded),
    "htmlDate": Function("any", _html_date),
    "htmlDateInZone": Function(
        "any string", lambda value, zone: _in_zone(b"2006-01-02", value, zone)
    ),
    "toDate": Function("string string", _to_date),
    "mustToDate": Function("string string", _must_date),
    "unixEpoch": Function("time", lambda time: str(time.member("Unix")).encode()),
}
