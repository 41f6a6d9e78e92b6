"""Days and dates of the Gregorian calendar in any year, before 1 and beyond 9999 too.

Python's datetime ends there, and knows no nanoseconds; Go's time package does both.
"""

from typing import NamedTuple

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
DAY = 24 * 3600
_CYCLE = 146_097  # days of 400 years, after which the calendar repeats itself
_MARCH_OF_0 = 719_468  # days from 1 March of year 0 to 1 January 1970
_MARCH = 3


class Civil(NamedTuple):
    """A time as calendars and clocks show it.

    Attributes:
        year: Negative before the year 0.
        month: From 1.
        day: Of the month, from 1.
        year_day: Of the year, from 1.
        week_day: 0 for Sunday.
        hour: 0 to 23.
        minute: 0 to 59.
        second: 0 to 59.
        nanosecond: Of the second.
        offset: Of the zone, in seconds east of UTC.
        zone: What the zone is called; empty when it has no name.
    """

    year: int
    month: int
    day: int
    year_day: int
    week_day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    offset: int
    zone: str


def civil(seconds: int, nanosecond: int, offset: int, zone: str) -> Civil:
    """Return what calendars and clocks of a zone show so many seconds after 1970 began in UTC."""
    days, rest = divmod(seconds + offset, DAY)
    year, month, day = _date(days)
    year_day = days - days_until(year, 1, 1) + 1
    hour, rest = divmod(rest, 3600)
    minute, second = divmod(rest, 60)
    week_day = (days + 4) % 7  # 1970 began on a Thursday
    return Civil(
        *(year, month, day, year_day, week_day, hour, minute, second, nanosecond), offset, zone
    )


def days_until(year: int, month: int, day: int) -> int:
    """Return the days from 1970 to a date; months and days beyond their ends count on."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    cycle, year = divmod(year - (month < _MARCH), 400)  # of years that begin in March
    before = year * 365 + year // 4 - year // 100
    return cycle * _CYCLE + before + (153 * ((month + 9) % 12) + 2) // 5 + day - 1 - _MARCH_OF_0


def days_in(year: int, month: int) -> int:
    """Return how many days a month has."""
    return days_until(year, month + 1, 1) - days_until(year, month, 1)


def _date(days: int) -> tuple[int, int, int]:
    cycle, day = divmod(days + _MARCH_OF_0, _CYCLE)
    year = (day - day // 1460 + day // 36524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153  # 0 for March
    day -= (153 * month + 2) // 5
    month = (month + 2) % 12 + 1
    return cycle * 400 + year + (month < _MARCH), month, day + 1
