"""On which days a check is due: arithmetic on the school's calendar, no database. `tests/inspections/
test_plans_recurrence.py` walks three school years day by day and must find the same."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.calendar.days import SchoolCalendar

OFTEN = ("school_days", "weekdays", "weekly", "monthly", "term_start", "term_end", "once", "every_n_days")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Recurrence:
    """How often something is due.

    - `school_days`: on every day with lessons, swap days among them.
    - `weekdays`: on those of `weekdays` (1 is Monday) with lessons; a swap day is the weekday whose lessons it has.
    - `weekly`: once a week, on weekday `day`. `monthly`: once a month, on day `day`, or the last of a shorter month.
      Without lessons on that day it is the last day with lessons before it, else the first after it, in the same
      week or month; a week or month without lessons has none.
    - `every_n_days`: every `every` days from `starts_on`; put off to the next day with lessons before the turn after.
    - `term_start`, `term_end`: `before` days before the first or the last day of each term.
    - `once`: on `starts_on`.

    With `in_holidays` the days are those of the common calendar, whether there are lessons or not.
    """

    often: str
    starts_on: date
    ends_on: date | None = None
    every: int = 1
    weekdays: tuple[int, ...] = ()
    day: int = 1
    before: int = 0
    in_holidays: bool = False

    def between(self, low: date, high: date, known: SchoolCalendar) -> list[date]:
        """The due days from `low` to `high`, both counted, oldest first."""
        low = max(low, self.starts_on)
        high = high if self.ends_on is None else min(high, self.ends_on)
        if high < low:
            return []
        return [day for day in getattr(self, f"_{self.often}")(low, high, known) if low <= day <= high]

    def next_days(self, day: date, known: SchoolCalendar, count: int = 3, within: int = 400) -> list[date]:
        """The first few due days on or after `day`, as far as `within` days on."""
        return self.between(day, day + within * ONE_DAY, known)[:count]

    def _school_days(self, low: date, high: date, known: SchoolCalendar) -> Iterable[date]:
        return filter(known.is_school_day, _days(low, high))

    def _weekdays(self, low: date, high: date, known: SchoolCalendar) -> Iterable[date]:
        if self.in_holidays:
            return (day for day in _days(low, high) if day.isoweekday() in self.weekdays)
        return (day for day in self._school_days(low, high, known) if _taught_as(day, known) in self.weekdays)

    def _weekly(self, low: date, high: date, known: SchoolCalendar) -> Iterator[date]:
        monday = low - low.weekday() * ONE_DAY
        while monday <= high:
            yield from self._shifted(monday, monday + 6 * ONE_DAY, monday + (self.day - 1) * ONE_DAY, known)
            monday += 7 * ONE_DAY

    def _monthly(self, low: date, high: date, known: SchoolCalendar) -> Iterator[date]:
        first = low.replace(day=1)
        while first <= high:
            last = first.replace(day=monthrange(first.year, first.month)[1])
            yield from self._shifted(first, last, first.replace(day=min(self.day, last.day)), known)
            first = last + ONE_DAY

    def _shifted(self, first: date, last: date, wanted: date, known: SchoolCalendar) -> list[date]:
        """The wanted day of a week or month, or the one that stands in for it."""
        if self.in_holidays or known.is_school_day(wanted):
            return [wanted]
        earlier = next(filter(known.is_school_day, reversed(list(_days(first, wanted)))), None)
        later = next(filter(known.is_school_day, _days(wanted, last)), None)
        return [day for day in (earlier or later,) if day is not None]

    def _every_n_days(self, low: date, high: date, known: SchoolCalendar) -> Iterator[date]:
        turns = max((low - self.starts_on).days // self.every, 0)
        turn = self.starts_on + turns * self.every * ONE_DAY
        while turn <= high:
            following = turn + self.every * ONE_DAY
            if self.in_holidays:
                yield turn
            else:
                yield from list(self._school_days(turn, following - ONE_DAY, known))[:1]
            turn = following

    def _term_start(self, _low: date, _high: date, known: SchoolCalendar) -> list[date]:
        return [term.starts_on - self.before * ONE_DAY for term in known.terms]

    def _term_end(self, _low: date, _high: date, known: SchoolCalendar) -> list[date]:
        return [term.ends_on - self.before * ONE_DAY for term in known.terms]

    def _once(self, _low: date, _high: date, _known: SchoolCalendar) -> list[date]:
        return [self.starts_on]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + number * ONE_DAY for number in range((last - first).days + 1))


def _taught_as(day: date, known: SchoolCalendar) -> int:
    mark = known.marks.get(day)
    return (mark.taught_as if mark is not None else None) or day.isoweekday()
