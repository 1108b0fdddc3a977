"""The school's calendar: terms and their weeks, holidays, swap days (调休), school hours.

What other nouns ask:

>>> is_school_day(date(2021, 10, 9))  # a Saturday that is taught
True
>>> school_time(clock.utc(date(2021, 9, 30), time(16)), clock.utc(date(2021, 10, 8), time(9)))
datetime.timedelta(seconds=5400)
>>> week_of(date(2021, 9, 6))
2

A page that asks costs one query, however often it asks. Moments are stored ones (naive UTC), days the school's own.
While no term is entered, weekdays are taught (08:00 to 17:00 if no hours are entered either) and `is_empty()`.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from time import monotonic
from types import SimpleNamespace
from typing import Any

from flask import g, has_app_context

from app import clock
from app.calendar import models
from app.calendar.days import SchoolCalendar, Spans
from app.calendar.models import Term
from app.people.models import weekday_on

KEPT_FOR = 2  # seconds until another process's changes are seen by one that never ends, such as the ticking one


def is_empty() -> bool:
    """Whether no term is entered yet."""
    return not current().terms


def terms() -> list[Term]:
    """All terms, oldest first."""
    return list(current().terms)


def is_school_day(day: date) -> bool:
    return current().is_school_day(day)


def school_hours(day: date) -> Spans:
    """The hours of a day on the school's clock, such as ((08:00, 11:30), (13:00, 16:30)); empty without lessons."""
    return current().spans(day)


def school_time(start: datetime, end: datetime) -> timedelta:
    """How much school lies between two moments; nothing when `end` is not after `start`."""
    return current().school_time(start, end)


def after_school_time(start: datetime, span: timedelta) -> datetime:
    """The moment when `span` of school has passed since `start`: school hours go on, the rest of the day doesn't.
    The end of a school day, not the start of the next, when it fits exactly; `start` itself for no span."""
    return current().after_school_time(start, span)


def school_days(first: date, last: date) -> Iterator[date]:
    """The days with lessons from the first to the last day, both included."""
    known = current()
    return (day for day in models.days(first, last) if known.is_school_day(day))


def school_days_after(day: date, n: int) -> date:
    """The `n`th school day after `day`; `day` itself for 0, before it for less."""
    known, step = current(), timedelta(days=1 if n > 0 else -1)
    for _each in range(abs(n)):
        day += step
        while not known.is_school_day(day):
            day += step
    return day


def weekday_of(day: date) -> int | None:
    """Which weekday a day is for the school: a swap day the one whose lessons it has; None in the holidays."""
    return current().weekday_of(day)


def term_of(day: date) -> Term | None:
    """The term that a day lies in."""
    return current().term_of(day)


def term_near(day: date) -> Term | None:
    """The term that a day lies in, or the last one before it."""
    return current().term_near(day)


def term_end(day: date | None = None) -> date:
    """The last day of the term that `day` (today) lies in, or of the coming one; the usual day (clock.term_end)
    while that term is not entered."""
    day = day or clock.today()
    term = current().term_of(day) or current().term_after(day)
    usual = clock.term_end(day)
    return term.ends_on if term is not None and (term.starts_on <= usual or day >= term.starts_on) else usual


def week_of(day: date) -> int | None:
    """The number of a day's week in its term, from 1; None outside the terms."""
    term = term_of(day)
    return term.week_of(day) if term is not None else None


weekday_on.append(weekday_of)  # duty cards work by the calendar


# What is known, kept in memory --------------------------------------------------------------------------------


def current() -> SchoolCalendar:
    """The calendar as it is stored now. Read once in a request, and again when something of it was stored."""
    if not has_app_context():
        return _read()
    mark, kept = (models.mark_of_changes(), clock.zone), g.get("school_calendar")
    if kept is None or kept[0] != mark or monotonic() - kept[1] > KEPT_FOR:
        kept = g.school_calendar = (mark, monotonic(), _read())
    return kept[2]


def _read() -> SchoolCalendar:
    return _built(models.everything(), clock.zone)


@lru_cache(4)  # what was worked out for the same rows stays worked out
def _built(rows: Iterable[tuple[Any, ...]], _zone: Any) -> SchoolCalendar:
    found: dict[str, list[Any]] = {"term": [], "holiday": [], "swap": [], "hours": []}
    for kind, id, words, first, last, weekday in rows:
        day = date.fromisoformat(first)
        if kind == "term":
            found[kind].append(Term(id=id, name=words, starts_on=day, ends_on=date.fromisoformat(last)))
        elif kind == "hours":
            found[kind].append((day, models.week_from(models.SchoolHours.week.python_value(words))))
        else:
            found[kind].append((day, SimpleNamespace(kind=kind, name=words, taught_as=weekday or None)))
    return SchoolCalendar(found["term"], dict(found["holiday"] + found["swap"]), found["hours"])
