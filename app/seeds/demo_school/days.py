"""The demo school's calendar: its days lie just behind today."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from app import clock

DAYS = 60


def school_days(count: int = DAYS) -> Iterator[date]:
    """The last `count` days but weekends, oldest first, today included."""
    today = clock.today_really()
    for back in range(count, -1, -1):
        day = today - timedelta(days=back)
        if day.isoweekday() <= 5:
            yield day


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return clock.utc(day, time(hour, minute))


def term_start() -> datetime:
    return at(clock.today_really() - timedelta(days=DAYS + 30), 9)
