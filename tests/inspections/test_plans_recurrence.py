"""The due days of plans against a slow walk through three school years, day by day."""

import random
from calendar import monthrange
from datetime import date, time, timedelta
from types import SimpleNamespace

import pytest

from app.calendar.days import SchoolCalendar
from app.inspections.recurrence import OFTEN, Recurrence

DAY = timedelta(days=1)
FIRST, LAST = date(2023, 9, 1), date(2026, 8, 31)  # three school years, a leap day among them
HOURS = ((time(8), time(16)),)


def walk(rule, low, high, known):
    """What the words of the rule mean, asked of every single day from the rule's first day on."""
    found, day = [], rule.starts_on
    while day <= high:
        if day >= low and (rule.ends_on is None or day <= rule.ends_on) and is_due(rule, day, known):
            found.append(day)
        day += DAY
    return found


def is_due(rule, day, known):
    taught = known.is_school_day
    if rule.often == "school_days":
        return taught(day)
    if rule.often == "weekdays":
        mark = known.marks.get(day)
        if rule.in_holidays or mark is None or mark.kind == "holiday":
            return day.isoweekday() in rule.weekdays and (rule.in_holidays or taught(day))
        return taught(day) and mark.taught_as in rule.weekdays
    if rule.often == "weekly":
        monday = day
        while monday.isoweekday() != 1:
            monday -= DAY
        return is_the_one(rule, day, monday, 7, monday + (rule.day - 1) * DAY, taught)
    if rule.often == "monthly":
        length = monthrange(day.year, day.month)[1]
        first = date(day.year, day.month, 1)
        return is_the_one(rule, day, first, length, date(day.year, day.month, min(rule.day, length)), taught)
    if rule.often == "every_n_days":
        since, back = (day - rule.starts_on).days % rule.every, 0
        if rule.in_holidays:
            return since == 0
        while back < since and not taught(day - (back + 1) * DAY):  # nothing was taught since the turn began
            back += 1
        return taught(day) and back == since
    if rule.often == "once":
        return day == rule.starts_on
    edge = "starts_on" if rule.often == "term_start" else "ends_on"
    return any(day + rule.before * DAY == getattr(term, edge) for term in known.terms)


def is_the_one(rule, day, first, length, wanted, taught):
    """Whether a day is the one of its week or month: the wanted one, or the nearest with lessons, earlier ones
    before later ones."""
    if rule.in_holidays:
        return day == wanted
    span = [first + n * DAY for n in range(length)]
    if not taught(day):
        return False
    if day <= wanted:
        return not any(taught(other) for other in span if day < other <= wanted)
    return not any(taught(other) for other in span if other < day)


def some_calendar(chance):
    """Terms, holidays and swap days as a school might have them; at times none at all, or six lessons days a week."""
    terms, marks = [], {}
    for year in (2023, 2024, 2025):
        if chance.random() < 0.9:
            start = date(year, 8, 28) + chance.randint(0, 9) * DAY
            terms.append(SimpleNamespace(starts_on=start, ends_on=date(year + 1, 1, 12) + chance.randint(0, 15) * DAY))
        if chance.random() < 0.9:
            start = date(year + 1, 2, 10) + chance.randint(0, 14) * DAY
            terms.append(SimpleNamespace(starts_on=start, ends_on=date(year + 1, 6, 25) + chance.randint(0, 15) * DAY))
    for _each in range(chance.randint(0, 30)):
        first = FIRST + chance.randint(0, 1090) * DAY
        for n in range(chance.choice((1, 1, 3, 7, 8))):
            marks[first + n * DAY] = SimpleNamespace(kind="holiday", taught_as=None)
        marks[first - chance.randint(1, 5) * DAY] = SimpleNamespace(kind="swap", taught_as=chance.randint(1, 5))
    week = dict.fromkeys(range(1, chance.choice((5, 5, 6)) + 1), HOURS)
    return SchoolCalendar(terms, marks, [(FIRST - 400 * DAY, week)] if chance.random() < 0.7 else [])


def some_rule(often, chance):
    starts_on = FIRST + chance.randint(-60, 500) * DAY
    if chance.random() < 0.2:
        starts_on = chance.choice((date(2024, 2, 29), date(2023, 12, 31), date(2024, 1, 1)))
    return Recurrence(
        often, starts_on,
        ends_on=starts_on + chance.randint(0, 700) * DAY if chance.random() < 0.3 else None,
        every=chance.choice((1, 2, 3, 7, 10, 14, 30, 60, 90)),
        weekdays=tuple(sorted(chance.sample(range(1, 8), chance.randint(1, 5)))),
        day=chance.randint(1, 7) if often == "weekly" else chance.choice((1, 5, 15, 28, 29, 30, 31)),
        before=chance.choice((0, 0, 1, 3, 10)),
        in_holidays=chance.random() < 0.25,
    )  # fmt: skip


@pytest.mark.parametrize("often", OFTEN)
def test_the_engine_finds_what_a_walk_through_three_school_years_finds(often):
    chance, found = random.Random(often), 0
    for _each in range(60):
        known, rule = some_calendar(chance), some_rule(often, chance)
        due = rule.between(FIRST, LAST, known)
        assert due == walk(rule, FIRST, LAST, known), (rule, known.terms, sorted(known.marks))
        found += len(due)
    assert found > 20


@pytest.mark.parametrize("often", OFTEN)
def test_any_piece_of_time_holds_just_its_part_of_the_whole(often):
    """So a tick may ask for a week at a time and miss nothing, twice nothing."""
    chance = random.Random(often * 2)
    for _each in range(20):
        known, rule = some_calendar(chance), some_rule(often, chance)
        pieces, day = [], FIRST
        while day <= LAST:
            end = min(day + chance.randint(0, 40) * DAY, LAST)
            pieces += rule.between(day, end, known)
            day = end + DAY
        assert pieces == rule.between(FIRST, LAST, known), rule


def autumn(**marks):
    terms = [SimpleNamespace(starts_on=date(2021, 9, 1), ends_on=date(2022, 1, 21))]
    holidays = {date(2021, 10, day): SimpleNamespace(kind="holiday", taught_as=None) for day in range(1, 8)}
    swaps = {date(2021, 10, 9): SimpleNamespace(kind="swap", taught_as=4)}
    return SchoolCalendar(terms, holidays | swaps)


def due(often, low, high, **fields):
    days = Recurrence(often, date(2021, 9, 1), **fields).between(date(2021, *low), date(2021, *high), autumn())
    return [f"{day:%m-%d}" for day in days]


def test_school_days_hold_the_swap_day_and_no_holiday():
    assert due("school_days", (9, 29), (10, 11)) == ["09-29", "09-30", "10-08", "10-09", "10-11"]


def test_a_saturday_with_thursdays_lessons_is_a_thursday():
    assert due("weekdays", (9, 29), (10, 15), weekdays=(4,)) == ["09-30", "10-09", "10-14"]


def test_the_guard_comes_on_holidays_too():
    assert due("weekdays", (10, 1), (10, 5), weekdays=(5, 6, 7), in_holidays=True) == ["10-01", "10-02", "10-03"]


def test_a_week_whose_friday_is_a_holiday_is_checked_on_thursday():
    assert due("weekly", (9, 20), (10, 16), day=5) == ["09-24", "09-30", "10-08", "10-15"]


def test_a_week_whose_monday_is_a_holiday_is_checked_on_its_first_school_day():
    assert due("weekly", (10, 1), (10, 16), day=1) == ["10-08", "10-11"]


def test_the_31st_of_a_short_month_is_its_last_school_day():
    assert due("monthly", (9, 1), (12, 31), day=31) == ["09-30", "10-29", "11-30", "12-31"]


def test_august_has_no_monthly_check():
    assert due("monthly", (7, 1), (8, 31), day=15) == []


def test_every_ten_days_is_put_off_to_the_next_school_day():
    assert due("every_n_days", (9, 1), (10, 12), every=10) == ["09-01", "09-13", "09-21", "10-08", "10-11"]


def test_before_the_holidays_and_before_the_term():
    assert due("term_start", (8, 1), (12, 31), before=2) == []  # the plan begins later
    assert Recurrence("term_start", date(2021, 8, 1), before=2).between(
        date(2021, 8, 1), date(2021, 12, 31), autumn()
    ) == [date(2021, 8, 30)]
    assert Recurrence("term_end", date(2021, 8, 1), before=1).between(date(2022, 1, 1), date(2022, 2, 1), autumn()) == [
        date(2022, 1, 20)
    ]
