"""School time against a reference that walks from minute to minute, and how fast it is."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import calendar, clock
from app.calendar import built_in
from app.calendar.days import SUMMER, USUAL_WEEK, WINTER, SchoolCalendar

MINUTE = timedelta(minutes=1)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")
EDGES = (  # around leap day, changes of the clock, the turn of the year, the day that Apia skipped
    date(2024, 2, 29), date(2021, 3, 28), date(2021, 10, 31), date(2021, 3, 14), date(2021, 11, 7), date(2021, 10, 3),
    date(2021, 12, 31), date(2022, 1, 1), date(2011, 12, 30),
)  # fmt: skip


@contextmanager
def zone(name):
    before = clock.zone
    clock.init(ZoneInfo(name))
    try:
        yield
    finally:
        clock.init(before)


# The reference: the brief's words, slowly -------------------------------------------------------------------------


def taught_at(known, moment):
    """Whether school is on in the minute that begins at `moment`."""
    here = moment.replace(tzinfo=UTC).astimezone(clock.zone)
    day, mark = here.date(), known.marks.get(here.date())
    if mark is not None and mark.kind == "holiday":
        return False
    if known.terms and not in_term_time(known, day):
        return False
    weeks = [week for valid_from, week in known.hours if valid_from <= day] or [w for _day, w in known.hours[:1]]
    week = weeks[-1] if weeks else USUAL_WEEK
    weekday = mark.taught_as if mark is not None else day.isoweekday()
    return any(start <= here.time() < end for start, end in week.get(weekday, ()))


def in_term_time(known, day):
    """In a term, or so far from all of them that nobody knows."""
    if any(term.starts_on <= day <= term.ends_on for term in known.terms):
        return True
    for term in known.terms:
        for edge, after in ((term.ends_on, True), (term.starts_on, False)):
            gap = day - edge if after else edge - day
            if timedelta() < gap <= (WINTER if edge.month in (12, 1, 2, 3) else SUMMER):
                return False
    return True


def slow_school_time(known, start, end):
    passed = timedelta()
    while start < end:
        passed += MINUTE * taught_at(known, start)
        start += MINUTE
    return passed


def slow_after(known, start, span):
    moment = start
    while span > timedelta():
        span -= MINUTE * taught_at(known, moment)
        moment += MINUTE
    return moment


# Random calendars -------------------------------------------------------------------------------------------------


@st.composite
def weeks(draw):
    """Hours of some weekdays, Wednesday always; between 05:00 and 22:00, when no clock is ever changed."""

    def spans():
        quarters = sorted(draw(st.sets(st.integers(20, 88), min_size=2, max_size=4)))
        times = [time(q // 4, q % 4 * 15) for q in quarters[: len(quarters) // 2 * 2]]
        return tuple(zip(times[::2], times[1::2], strict=True))

    return {day: spans() for day in sorted({3} | draw(st.sets(st.integers(1, 7), max_size=5)))}


@st.composite
def calendars(draw, around):
    """Up to three terms around a day, holidays, swap days, hours that change; or nothing at all."""
    if draw(st.booleans()) and draw(st.booleans()):
        return SchoolCalendar()
    terms, day = [], around + timedelta(days=draw(st.integers(-150, 5)))
    for _each in range(draw(st.integers(0, 3))):
        end = day + timedelta(days=draw(st.integers(3, 40)))
        terms.append(SimpleNamespace(starts_on=day, ends_on=end))
        day = end + timedelta(days=draw(st.integers(1, 90)))
    near = st.integers(-6, 6).map(lambda days: around + timedelta(days=days))
    marks = draw(st.dictionaries(near, st.one_of(
        st.just(SimpleNamespace(kind="holiday", taught_as=None)),
        st.integers(1, 7).map(lambda weekday: SimpleNamespace(kind="swap", taught_as=weekday)),
    ), max_size=6))  # fmt: skip
    starts = sorted(draw(st.sets(near, max_size=2)))
    return SchoolCalendar(terms, marks, [(start, draw(weeks())) for start in starts])


@st.composite
def cases(draw):
    around = draw(st.one_of(st.sampled_from(EDGES), st.dates(date(2019, 1, 1), date(2030, 12, 31))))
    start = datetime.combine(around, time()) + timedelta(minutes=draw(st.integers(-3 * 1440, 3 * 1440)))
    return draw(calendars(around)), start


@pytest.mark.parametrize(("day", "taught"), [(date(2020, 2, 7), False), (date(2020, 2, 10), True)])
def test_a_vacation_lasts_as_long_as_that_of_the_term_that_reaches_farthest(day, taught):
    """A short term after one that ended in November: its own winter would be over before the first one's vacation."""
    terms = [SimpleNamespace(starts_on=date(2019, 9, 1), ends_on=date(2019, 11, 30)),
             SimpleNamespace(starts_on=date(2019, 12, 10), ends_on=date(2019, 12, 31))]  # fmt: skip
    assert SchoolCalendar(terms).is_school_day(day) is taught


@settings(max_examples=120, deadline=None)
@given(cases(), st.integers(-100, 6 * 1440), st.sampled_from(ZONES))
def test_school_time_is_what_a_walk_from_minute_to_minute_finds(case, minutes, name):
    known, start = case
    end = start + timedelta(minutes=minutes)
    with zone(name):
        assert known.school_time(start, end) == slow_school_time(known, start, end)


@settings(max_examples=80, deadline=None)
@given(cases(), st.integers(0, 20 * 60), st.sampled_from(ZONES))
def test_the_moment_after_so_much_school_is_the_first_one_of_the_walk(case, minutes, name):
    known, start = case
    with zone(name):
        assert known.after_school_time(start, timedelta(minutes=minutes)) == slow_after(
            known, start, timedelta(minutes=minutes)
        )


@settings(max_examples=200, deadline=None)
@given(cases(), st.integers(1, 400 * 3600), st.integers(0, 3 * 365 * 86400), st.sampled_from(ZONES))
def test_both_agree_to_the_second_over_years(case, seconds, gap, name):
    known, start = case
    span, end = timedelta(seconds=seconds), start + timedelta(seconds=gap)
    with zone(name):
        due = known.after_school_time(start, span)
        assert known.school_time(start, due) == span
        assert known.school_time(start, due - timedelta(seconds=1)) == span - timedelta(seconds=1)
        middle = start + (end - start) / 2
        assert known.school_time(start, middle) + known.school_time(middle, end) == known.school_time(start, end)


def test_a_year_with_a_leap_day_has_its_lessons():
    known, (first, last) = SchoolCalendar(), (date(2024, 2, 29), date(2024, 3, 1))
    assert known.school_time(clock.utc(first), clock.utc(last)) == timedelta(hours=9)


def test_summer_time_takes_no_lesson_away():
    with zone("Europe/Berlin"):
        week = clock.utc(date(2021, 3, 26)), clock.utc(date(2021, 4, 2))  # the clock changes on the Sunday
        assert SchoolCalendar().school_time(*week) == timedelta(hours=9 * 5)


# Speed ------------------------------------------------------------------------------------------------------------


def test_ten_thousand_tickets_of_a_term_are_measured_at_once(ctx):
    """The bound is a plain loop that looks at each day between the two moments, fifty times less often."""
    built_in.load(None)
    known, start = calendar.current(), clock.utc(date(2021, 9, 1), time(8))
    ends = [start + timedelta(minutes=20 * number) for number in range(10_000)]
    calendar.school_time(start, ends[-1])

    began = perf_counter()
    fast = [calendar.school_time(start, end) for end in ends]
    quick = perf_counter() - began

    began = perf_counter()
    some = [by_days(known, start, end) for end in ends[::50]]
    slow = (perf_counter() - began) * 50

    assert fast[::50] == some
    assert quick < max(slow / 5, 0.2)


def by_days(known, start, end):
    """Day by day; what anybody would write first."""
    passed, day = timedelta(), clock.local(start).date()
    while day <= clock.local(end).date():
        for begins, ends in ((clock.utc(day, a), clock.utc(day, b)) for a, b in known.spans(day)):
            passed += max(min(end, ends) - max(start, begins), timedelta())
        day += timedelta(days=1)
    return passed


@pytest.mark.parametrize("span", [timedelta(), timedelta(seconds=-5)])
def test_no_span_needs_no_school(span):
    night = datetime(2026, 11, 24, 18, 0)
    assert SchoolCalendar().after_school_time(night, span) == night
