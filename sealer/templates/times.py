"""Points in time, with the range, the methods and the printed forms of Go's time.Time."""

from dataclasses import dataclass, replace
from typing import ClassVar

from sealer.templates.calendar import DAY, DAYS, MONTHS, Civil, civil, days_until
from sealer.templates.function import Function
from sealer.templates.layouts import formatted_time
from sealer.templates.values import INVALID, Int64, Uint64, wrapped

SECOND = 10**9
_YEAR_1 = 62_135_596_800  # seconds from the year 1 to 1970
_LAST_YEAR = 9999
# Where Go's unsigned count of seconds begins; what is beyond its 64 bits wraps around.
_FIRST = -(292_277_022_400 * 3_652_425 // 10_000 + 306) * DAY - _YEAR_1


class Month(int):
    """A `time.Month`: a number that is shown as a name."""

    type_name: ClassVar[str] = "time.Month"
    kind_name: ClassVar[str] = "int"

    def __bytes__(self) -> bytes:
        """Return the name."""
        known = 1 <= self <= len(MONTHS)
        return (MONTHS[self - 1] if known else f"%!Month({int(self)})").encode()

    def member(self, name: str) -> object:
        """Return `String`."""
        return bytes(self) if name == "String" else INVALID


class Weekday(int):
    """A `time.Weekday`: a number that is shown as a name, 0 for Sunday."""

    type_name: ClassVar[str] = "time.Weekday"
    kind_name: ClassVar[str] = "int"

    def __bytes__(self) -> bytes:
        """Return the name."""
        known = 0 <= self < len(DAYS)
        return (DAYS[self] if known else f"%!Weekday({int(self)})").encode()

    def member(self, name: str) -> object:
        """Return `String`."""
        return bytes(self) if name == "String" else INVALID


@dataclass(frozen=True, slots=True)
class Time:
    """A point in time.

    Attributes:
        seconds: Since 1970.
        nanosecond: Of the second.
        offset: Of its zone, in seconds east of UTC.
        zone: What its zone is called; empty when it has no name.
        is_utc: It has no zone of its own.
    """

    seconds: int
    nanosecond: int = 0
    offset: int = 0
    zone: str = "UTC"
    is_utc: bool = True
    type_name: ClassVar[str] = "time.Time"

    @property
    def civil(self) -> Civil:
        """The time as it is shown in its zone."""
        shown = (self.seconds + self.offset - _FIRST) % 2**64 + _FIRST
        return civil(shown - self.offset, self.nanosecond, self.offset, self.zone)

    @property
    def instant(self) -> tuple[int, int]:
        """What times are compared by."""
        return self.seconds, self.nanosecond

    def later(self, nanoseconds: int) -> "Time":
        """Return the time so many nanoseconds later."""
        seconds, nanosecond = divmod(self.nanosecond + nanoseconds, SECOND)
        return replace(self, seconds=wrapped(self.seconds + seconds), nanosecond=nanosecond)

    def on_other_date(self, years: int, months: int, days: int) -> "Time":
        """Return the same time of day so many years, months and days later."""
        year, month, day, *_ = self.civil
        moved = days_until(year + years, month + months, day + days)
        moved -= days_until(year, month, day)
        return replace(self, seconds=wrapped(self.seconds + moved * DAY))

    def text(self, layout: bytes) -> bytes:
        """Return the time in the form of an example."""
        return formatted_time(self.civil, layout.decode("latin-1")).encode("latin-1")

    def __bytes__(self) -> bytes:
        """Return what Go's `Time.String` returns."""
        return self.text(b"2006-01-02 15:04:05.999999999 -0700 MST")

    def go_syntax(self) -> str:
        """Return the time as `%#v` writes it."""
        now = self.civil
        where = "time.UTC" if self.is_utc else f'time.Location("{self.zone}")'
        clock = f"{now.hour}, {now.minute}, {now.second}, {now.nanosecond}"
        return f"time.Date({now.year}, time.{MONTHS[now.month - 1]}, {now.day}, {clock}, {where})"

    def fields(self) -> tuple[tuple[str, object], ...]:
        """Return what Go's struct holds, for verbs that write no times."""
        seconds = Int64(wrapped(self.seconds + _YEAR_1))
        return ("wall", Uint64(self.nanosecond)), ("ext", seconds), ("loc", Location())

    def json(self) -> str | None:
        """Return the time as RFC 3339 has it; None where it has no such form."""
        if not 0 <= self.civil.year <= _LAST_YEAR or abs(self.offset) >= DAY:
            return None
        return self.text(b"2006-01-02T15:04:05.999999999Z07:00").decode()

    def member(self, name: str) -> object:
        """Return what a method of Go's time.Time gives, or the method when it takes arguments."""
        now, instant = self.civil, self.instant
        since = self.seconds * SECOND + self.nanosecond
        values: dict[str, object] = {
            "Year": now.year,
            "Month": Month(now.month),
            "Day": now.day,
            "Hour": now.hour,
            "Minute": now.minute,
            "Second": now.second,
            "Nanosecond": now.nanosecond,
            "Weekday": Weekday(now.week_day),
            "YearDay": now.year_day,
            "Unix": Int64(self.seconds),
            "UnixMilli": Int64(wrapped(since // 10**6)),
            "UnixMicro": Int64(wrapped(since // 10**3)),
            "UnixNano": Int64(wrapped(since)),
            "IsZero": instant == ZERO.instant,
            "IsDST": False,
            "UTC": Time(*instant),
            "Local": Time(*instant),
            "String": bytes(self),
            "GoString": self.go_syntax().encode(),
            "Format": Function("string", self.text),
            "AddDate": Function("int int int", self.on_other_date),
            "Before": Function("time", lambda other: instant < other.instant),
            "After": Function("time", lambda other: instant > other.instant),
            "Equal": Function("time", lambda other: instant == other.instant),
            "Compare": Function(
                "time", lambda other: (instant > other.instant) - (instant < other.instant)
            ),
        }
        return values.get(name, INVALID)


@dataclass(frozen=True, slots=True)
class Location:
    """A `*time.Location` that is nil, as that of times in UTC."""

    type_name: ClassVar[str] = "*time.Location"
    kind_name: ClassVar[str] = "ptr"

    def __bytes__(self) -> bytes:
        """Return what `%v` gives for a nil pointer inside of a struct."""
        return b"<nil>"

    def member(self, name: str) -> object:
        """Return that there is nothing."""
        del name
        return INVALID


ZERO = Time(-_YEAR_1)
