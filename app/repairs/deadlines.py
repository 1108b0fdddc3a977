"""The 24-hour clock: repaired within so many hours of the report, told from moments alone so that it can't drift.

It starts when a report is sent by someone signed in, at acceptance otherwise, and stops at *fixed*. Three measures
stand side by side: plain hours, school hours by the calendar, and the hours of the promise, which stand still on
days without school where the school wants it so (ZONGWU_REPAIR_PAUSES); urgent repairs never pause.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app import calendar, clock
from app.words import day as in_words
from app.words import span

WARN_SHARE = 20 / 24  # red at the limit, warned when so much of it is gone
NOTHING, ONE_DAY = timedelta(), timedelta(days=1)
USUAL = {"REPAIR_HOURS": 24, "REPAIR_PAUSES": True}  # of a program that runs without the app's settings


def limit() -> timedelta:
    """The promise of the school (ZONGWU_REPAIR_HOURS)."""
    return timedelta(hours=_setting("REPAIR_HOURS"))


def pauses(urgent: Any) -> bool:
    """Whether days without school stop this clock."""
    return _setting("REPAIR_PAUSES") and not urgent


def _setting(name: str) -> Any:
    return (current_app.config if current_app else USUAL)[name]


# Measures: what counts of the time between two stored moments ---------------------------------------------------


def plain(start: datetime, end: datetime) -> timedelta:
    """Every hour counts, day and night."""
    return max(end - start, NOTHING)


def on_school_days(start: datetime, end: datetime) -> timedelta:
    """The hours, day and night, of days with school."""
    return sum((min(end, stops) - max(start, begins) for begins, stops in _school_days(start, end)), NOTHING)


def promised(start: datetime, end: datetime, urgent: Any = False) -> timedelta:
    """What is gone of the promise."""
    return (on_school_days if pauses(urgent) else plain)(start, end)


def after(start: datetime, allowed: timedelta, urgent: Any = False) -> datetime:
    """The moment when `allowed` of the promise is gone."""
    return _after_pauses(calendar.current(), start, allowed, clock.zone) if pauses(urgent) else start + allowed


@lru_cache(4096)  # a list tells of many repairs when they are due, again and again
def _after_pauses(known: calendar.SchoolCalendar, start: datetime, allowed: timedelta, _zone: tzinfo) -> datetime:
    day, begins = clock.local(start).date(), start
    while True:
        stops = clock.utc(day + ONE_DAY)
        if known.is_school_day(day):
            if allowed <= stops - begins:
                return begins + allowed
            allowed -= stops - begins
        day, begins = day + ONE_DAY, stops


def before(end: datetime, gone: timedelta, urgent: Any = False) -> datetime:
    """The last moment since which `gone` of the promise is gone at `end`: the turn of after()."""
    if not pauses(urgent) or gone <= NOTHING:
        return end - max(gone, NOTHING)
    known, day, stops = calendar.current(), clock.local(end).date(), end
    while True:
        begins = clock.utc(day)
        if known.is_school_day(day):
            if gone <= stops - begins:
                return stops - gone
            gone -= stops - begins
        day, stops = day - ONE_DAY, begins


def late_before(now: datetime | None = None, urgent: Any = False) -> datetime:
    """A repair whose clock runs since before this moment is late."""
    moment = before(now or clock.now(), limit(), urgent)
    return _back_over_pauses(moment) if pauses(urgent) else moment


def soon_before(now: datetime | None = None, urgent: Any = False) -> datetime:
    """A repair whose clock runs since this moment or longer is nearly late, or late."""
    return before(now or clock.now(), limit() * WARN_SHARE, urgent)


def _back_over_pauses(moment: datetime) -> datetime:
    """From the first moment of a day back over the days without school before it: none of them counted."""
    known, day = calendar.current(), clock.local(moment).date()
    while moment == clock.utc(day) and not known.is_school_day(day - ONE_DAY):
        day -= ONE_DAY
        moment = clock.utc(day)
    return moment


def _school_days(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """First and last moment of each school day that the time between two moments touches."""
    if end <= start:
        return []
    first, last = clock.local(start).date(), clock.local(end).date()
    return [(clock.utc(day), clock.utc(day + ONE_DAY)) for day in calendar.school_days(first, last)]


# How it reads ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clock:
    """The clock of one repair. `start` is None until it starts; `stop` is None while it runs; `until` is the new
    time of an extension that was granted, `planned_for` the day of planned work, which has no hours."""

    start: datetime | None
    stop: datetime | None
    allowed: timedelta
    urgent: bool = False
    until: datetime | None = None
    planned_for: date | None = None

    @classmethod
    def of(cls, start: datetime | None, stop: datetime | None, **more: Any) -> "Clock":
        return cls(start, stop, limit(), **more)

    @property
    def used(self) -> timedelta:
        """What is gone of the promise."""
        if self.start is None:
            return NOTHING
        return promised(self.start, self.stop or clock.now(), self.urgent)

    @property
    def left(self) -> timedelta:
        """What is left of the promise; negative when it is broken."""
        return self.allowed - self.used

    @property
    def due(self) -> datetime | None:
        """When it has to be fixed: by the promise, by the day of planned work, later where that was granted."""
        promise = after(self.start, self.allowed, self.urgent) if self.start else None
        if self.planned_for:
            promise = clock.utc(self.planned_for + ONE_DAY)
        return max(filter(None, (promise, self.until)), default=None)

    @property
    def is_extended(self) -> bool:
        """Whether it is the extension, not the promise, by which it still is in time."""
        return self.until is not None and (self.stop or clock.now()) <= self.until and self._broken

    @property
    def late(self) -> bool:
        return self._broken and not self.is_extended

    @property
    def _broken(self) -> bool:
        if self.planned_for:
            return (self.stop or clock.now()) >= clock.utc(self.planned_for + ONE_DAY)
        now = self.stop or clock.now()  # most are in time, which their due time tells; after it a pause may go on
        return self.start is not None and now > after(self.start, self.allowed, self.urgent) and self.left < NOTHING

    @property
    def level(self) -> str:
        """late, soon, or nothing: the class of the bar and its words."""
        if self.late:
            return "late"
        if self.stop is not None or self.planned_for or self.until is not None:
            return ""
        return "soon" if self.used >= self.allowed * WARN_SHARE else ""

    @property
    def share_left(self) -> int:
        """0 to 100: how full the bar is."""
        return max(0, min(100, round(100 * (self.left / self.allowed))))

    @property
    def words(self) -> str:
        """`还剩 3 小时`, `超时 5 小时`, `用时 4 小时`, `计划 12月3日完成`."""
        if self.planned_for:
            return self._planned_words()
        if self.start is None:
            return _("the time starts when it is accepted")
        if self.until is not None and self.stop is None and not self.late:
            return _("extended, %(time)s left", time=span(self.due - clock.now()))
        if self.late:
            return _("%(time)s late", time=span(-self.left))
        if self.stop is not None:
            return _("took %(time)s", time=span(self.used))
        return _("%(time)s left", time=span(self.left))

    def _planned_words(self) -> str:
        if self.stop is not None:
            return _("planned work, fixed late") if self.late else _("planned work, fixed in time")
        if self.late:
            return _("planned for %(day)s, missed", day=in_words(self.planned_for))
        return _("planned for %(day)s", day=in_words(self.planned_for))


def in_time(stop: datetime, planned_for: date | None, start: datetime | None, urgent: Any) -> bool:
    """Whether a repair that was fixed at `stop` kept the promise, extensions aside."""
    if planned_for is not None:
        return stop < clock.utc(planned_for + ONE_DAY)
    return start is None or promised(start, stop, urgent) <= limit()


def end_of(day: date) -> datetime:
    """The stored moment at which a day at the school ends, as a minute of that day: 23:59."""
    return clock.utc(day, time(23, 59))
