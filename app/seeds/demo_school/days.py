"""The demo school's calendar: its days lie just behind today."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from app import calendar, clock

DAYS = 60


def school_days(count: int = DAYS) -> Iterator[date]:
    """The days with lessons among the last `count`, oldest first, today included."""
    today = clock.today_really()
    return calendar.school_days(today - timedelta(days=count), today)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return clock.utc(day, time(hour, minute))


def term_start() -> datetime:
    return at(clock.today_really() - timedelta(days=DAYS + 30), 9)
