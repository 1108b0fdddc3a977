"""The calendar as arithmetic: which days are taught, and how much school lies between two moments. No database.

A day is taught when it lies in a term, is no holiday, and its weekday has school hours; a swap day (调休) is taught
with another weekday's hours. Where no term is known, weekdays are taught: a clock must not stand still for ever
because nobody has entered the coming term. So the days after a term and before the next are a vacation only as long
as vacations are; see `_is_vacation`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Any

from app import clock

Spans = tuple[tuple[time, time], ...]  # of one day, in order, on the school's clock
Week = Mapping[int, Spans]  # 1 is Monday; a weekday that is missing is not taught

USUAL_WEEK: Week = dict.fromkeys(range(1, 6), ((time(8), time(17)),))
WINTER, SUMMER = timedelta(days=35), timedelta(days=70)  # no vacation is longer
NOTHING, ONE_DAY = timedelta(), timedelta(days=1)


class SchoolCalendar:
    """What is known of a school's days. Nothing in it changes, so it may be shared by all threads.

    terms: in order, not overlapping, each with starts_on and ends_on. marks: days with `kind` (holiday or swap) and
    `taught_as` (a weekday). hours: (valid from, Week) in order; what comes first also holds for the days before.
    """

    def __init__(self, terms: Sequence[Any] = (), marks: Mapping[date, Any] | None = None,
                 hours: Sequence[tuple[date, Week]] = ()):  # fmt: skip
        self.terms, self.marks, self.hours = tuple(terms), marks or {}, tuple(hours)
        self._starts = [term.starts_on for term in self.terms]
        # Until when it is vacation after this term and those before, and from when before this one and those after: the
        # nearest need not reach farthest.
        self._vacation_until = list(accumulate((t.ends_on + _vacation_at(t.ends_on) for t in self.terms), max))
        begins = [term.starts_on - _vacation_at(term.starts_on) for term in self.terms]
        self._vacation_from = list(accumulate(reversed(begins), min))[::-1]
        self._valid_from = [valid_from for valid_from, _week in self.hours]
        self._stretches: dict[date, tuple[tuple[datetime, datetime], ...]] = {}
        self._years: dict[int, list[timedelta]] = {}

    # Days

    def term_near(self, day: date) -> Any:
        """The term that `day` lies in, or the last one before; None before all terms."""
        at = bisect_right(self._starts, day) - 1
        return self.terms[at] if at >= 0 else None

    def term_of(self, day: date) -> Any:
        term = self.term_near(day)
        return term if term is not None and day <= term.ends_on else None

    def term_after(self, day: date) -> Any:
        """The first term that starts after `day`, or None."""
        at = bisect_right(self._starts, day)
        return self.terms[at] if at < len(self.terms) else None

    def spans(self, day: date) -> Spans:
        """The school hours of a day on the school's clock; empty when nothing is taught."""
        return self.week_on(day).get(self.weekday_of(day), ())

    def weekday_of(self, day: date) -> int | None:
        """Which weekday a day is for the school: a swap day the one whose lessons it has; None in the holidays."""
        mark = self.marks.get(day)
        if (mark is not None and mark.kind == "holiday") or self._is_vacation(day):
            return None
        return mark.taught_as if mark is not None else day.isoweekday()

    def week_on(self, day: date) -> Week:
        """The school hours of a week that are valid on a day."""
        if not self.hours:
            return USUAL_WEEK
        return self.hours[max(bisect_right(self._valid_from, day) - 1, 0)][1]

    def is_school_day(self, day: date) -> bool:
        return bool(self.spans(day))

    def _is_vacation(self, day: date) -> bool:
        """Whether a day lies outside the terms, but near enough to one that it must be vacation."""
        at = bisect_right(self._starts, day)  # how many terms began before
        if at and day <= self.terms[at - 1].ends_on:
            return False
        return bool(at and day <= self._vacation_until[at - 1]) or (
            at < len(self.terms) and day >= self._vacation_from[at]
        )

    # Moments

    def school_time(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time between two stored moments is school; nothing when `end` is not after `start`."""
        if end <= start:
            return NOTHING
        first, last = clock.local(start).date(), clock.local(end).date()
        whole_years = sum((self._year(year)[-1] for year in range(first.year, last.year)), NOTHING)
        return whole_years + self._of_its_year(end, last) - self._of_its_year(start, first)

    def after_school_time(self, start: datetime, span: timedelta) -> datetime:
        """The first moment at which `span` of school has passed since `start`; `start` itself for no span."""
        if span <= NOTHING:
            return start
        day = clock.local(start).date()
        year, left = day.year, span + self._of_its_year(start, day)
        while left > self._year(year)[-1]:
            left -= self._year(year)[-1]
            year += 1
        at = bisect_left(self._year(year), left) - 1
        left -= self._year(year)[at]
        for begins, ends in self._stretches_of(date(year, 1, 1) + timedelta(days=at)):
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        raise AssertionError("a day's stretches are as long as its share of the year")

    def _of_its_year(self, moment: datetime, day: date) -> timedelta:
        """School time from the start of the year to a moment, which lies on `day`."""
        passed = self._year(day.year)[day.timetuple().tm_yday - 1]
        for begins, ends in self._stretches_of(day):
            if moment > begins:
                passed += min(moment, ends) - begins
        return passed

    def _year(self, year: int) -> list[timedelta]:
        """School time of a year before each of its days, and as the last item the whole: worked out once."""
        if year not in self._years:
            sums, day = [NOTHING], date(year, 1, 1)
            while day.year == year:
                sums.append(sums[-1] + sum((ends - begins for begins, ends in self._stretches_of(day)), NOTHING))
                day += ONE_DAY
            self._years[year] = sums
        return self._years[year]

    def _stretches_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The school hours of a day as stored moments."""
        if day not in self._stretches:
            self._stretches[day] = tuple(_moments(day, self.spans(day)))
        return self._stretches[day]


def _vacation_at(edge: date) -> timedelta:
    return WINTER if edge.month in (12, 1, 2, 3) else SUMMER


def _moments(day: date, spans: Spans) -> Iterator[tuple[datetime, datetime]]:
    """Where clocks are changed, a span is as long as it lasts; a time or a whole day that was skipped has none."""
    for start, end in spans:
        begins, ends = clock.utc(day, start), clock.utc(day, end)
        if begins < ends and clock.local(begins).date() == clock.local(ends).date() == day:
            yield begins, ends
