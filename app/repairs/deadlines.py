"""The 24-hour clock: repaired within so many hours of the report, told from moments alone so that it can't drift.

It starts when a report is sent by someone signed in, at acceptance otherwise, and stops at *fixed*. How hours
are counted is one function: plain hours now, school hours by the calendar later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext as _

from app import clock
from app.words import span

WARN_SHARE = 20 / 24  # red at the limit, warned when so much of it is gone

Measure = Callable[[datetime, datetime], timedelta]


def plain(start: datetime, end: datetime) -> timedelta:
    """Every hour counts, day and night."""
    return end - start


def limit() -> timedelta:
    """The promise of the school (ZONGWU_REPAIR_HOURS)."""
    return timedelta(hours=current_app.config["REPAIR_HOURS"])


def late_before(now: datetime | None = None) -> datetime:
    """A repair whose clock runs since before this moment is late."""
    return (now or clock.now()) - limit()


def soon_before(now: datetime | None = None) -> datetime:
    """A repair whose clock runs since before this moment is nearly late, or late."""
    return (now or clock.now()) - limit() * WARN_SHARE


@dataclass(frozen=True)
class Clock:
    """The clock of one repair. `start` is None until it starts; `stop` is None while it runs."""

    start: datetime | None
    stop: datetime | None
    allowed: timedelta
    measure: Measure = plain

    @classmethod
    def of(cls, start: datetime | None, stop: datetime | None) -> "Clock":
        return cls(start, stop, limit())

    @property
    def used(self) -> timedelta:
        if self.start is None:
            return timedelta()
        return max(self.measure(self.start, self.stop or clock.now()), timedelta())

    @property
    def left(self) -> timedelta:
        """What is left of the promise; negative when it is broken."""
        return self.allowed - self.used

    @property
    def due(self) -> datetime | None:
        return self.start + self.allowed if self.start else None

    @property
    def late(self) -> bool:
        return self.left < timedelta()

    @property
    def level(self) -> str:
        """late, soon, or nothing: the class of the bar and its words."""
        if self.late:
            return "late"
        return "soon" if self.stop is None and self.used >= self.allowed * WARN_SHARE else ""

    @property
    def share_left(self) -> int:
        """0 to 100: how full the bar is."""
        return max(0, min(100, round(100 * (self.left / self.allowed))))

    @property
    def words(self) -> str:
        """`还剩 3 小时`, `超时 5 小时`, `用时 4 小时`."""
        if self.start is None:
            return _("the time starts when it is accepted")
        if self.late:
            return _("%(time)s late", time=span(-self.left))
        if self.stop is not None:
            return _("took %(time)s", time=span(self.used))
        return _("%(time)s left", time=span(self.left))
