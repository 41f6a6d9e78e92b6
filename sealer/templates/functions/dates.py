"""Functions over times and durations; what depends on the present time is refused."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.functions.durations import (
    SECOND,
    duration_text,
    parsed_duration,
    rough_duration,
)
from sealer.templates.functions.time_reader import parsed_time
from sealer.templates.show import decoded
from sealer.templates.times import ZERO, Time
from sealer.templates.values import Int32, Int64, wrapped

_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
_STEPS = 15
_INTEGER = re.compile(r"[+-]?[0-9]+")
_YEARS = range(400, 9600)  # that Python's zones can be asked about, with room at both ends


def _time(value: object) -> Time:
    if isinstance(value, Time):
        return value
    if type(value) in (int, Int64, Int32) and isinstance(value, int):
        return Time(int(value))
    raise FunctionFault("the present time is not available: give a time or seconds since 1970")


def _in_zone(layout: bytes, value: object, zone: bytes) -> bytes:
    time, name = Time(*_time(value).instant), decoded(zone)
    if name not in ("", "UTC", "Local") and _ZONE_NAME.fullmatch(name):
        time = _moved(time, _load_zone(name))
    return time.text(layout)


def _moved(time: Time, where: tzinfo) -> Time:
    """Return the time in a zone; in far years its rules are those of the same year of a cycle."""
    year, month, day, *_ = now = time.civil
    near = year if year in _YEARS else year % 400 + (400 if year < min(_YEARS) else 9200)
    moment = datetime(near, month, day, now.hour, now.minute, now.second, tzinfo=UTC)
    there = moment.astimezone(where)
    offset = round((there.utcoffset() or timedelta()).total_seconds())
    return Time(*time.instant, offset, there.tzname() or "UTC", is_utc=False)


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


def _must_date(layout: bytes, text: bytes) -> Time:
    return parsed_time(text.decode("latin-1"), layout.decode("latin-1"))


def _to_date(layout: bytes, text: bytes) -> Time:
    try:
        return _must_date(layout, text)
    except FunctionFault:
        return ZERO


def _must_modify(change: bytes, time: Time) -> Time:
    return time.later(parsed_duration(decoded(change)))


def _modified(change: bytes, time: Time) -> Time:
    try:
        return _must_modify(change, time)
    except FunctionFault:
        return time


def _duration(value: object) -> bytes:
    seconds = 0
    if isinstance(value, bytes) and _INTEGER.fullmatch(text := decoded(value)):
        digits = text.lstrip("+-").lstrip("0") or "0"
        seconds = int(digits) if len(digits) < 20 else 2**63  # noqa: PLR2004 - beyond 64 bits
        seconds = max(-seconds, -(2**63)) if text[0] == "-" else min(seconds, 2**63 - 1)
    elif type(value) is Int64:
        seconds = int(value)
    return duration_text(wrapped(seconds * SECOND)).encode()


def _rounded(value: object) -> bytes:
    nanoseconds = 0
    if isinstance(value, bytes):
        try:
            nanoseconds = parsed_duration(decoded(value))
        except FunctionFault:
            nanoseconds = 0
    elif type(value) is Int64:
        nanoseconds = int(value)
    elif isinstance(value, Time):
        raise FunctionFault("the present time is not available")
    return rough_duration(nanoseconds).encode()


def _html_date(value: object) -> bytes:
    return _in_zone(b"2006-01-02", value, b"UTC")


TABLE: Table = {
    "date": Function(
        "string any", lambda layout, value: _in_zone(layout, value, b"UTC"), steps=_STEPS
    ),
    "dateInZone": Function("string any string", _in_zone, steps=_STEPS),
    "date_in_zone": Function("string any string", _in_zone, steps=_STEPS),
    "dateModify": Function("string time", _modified),
    "date_modify": Function("string time", _modified),
    "mustDateModify": Function("string time", _must_modify),
    "must_date_modify": Function("string time", _must_modify),
    "duration": Function("any", _duration),
    "durationRound": Function("any", _rounded),
    "htmlDate": Function("any", _html_date, steps=_STEPS),
    "htmlDateInZone": Function(
        "any string", lambda value, zone: _in_zone(b"2006-01-02", value, zone), steps=_STEPS
    ),
    "toDate": Function("string string", _to_date, steps=_STEPS),
    "mustToDate": Function("string string", _must_date, steps=_STEPS),
    "unixEpoch": Function("time", lambda time: str(time.seconds).encode()),
}
