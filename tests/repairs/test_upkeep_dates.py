"""The due days of preventive work against a slow walk from day to day."""

import random
from calendar import monthrange
from datetime import date, timedelta

import pytest

from app.repairs.upkeep_dates import Cadence

DAY = timedelta(days=1)


def _walk(cadence: Cadence, low: date, high: date, terms: list[date]) -> list[date]:
    """What the words of the rule mean, asked of every single day."""
    found, day, since = [], cadence.first_on, 0
    while day <= high:
        last = monthrange(day.year, day.month)[1]
        months = (day.year - cadence.first_on.year) * 12 + day.month - cadence.first_on.month
        due = {
            "days": since % cadence.every == 0,
            "months": months % cadence.every == 0 and day.day == min(cadence.first_on.day, last),
            "term": day + cadence.before * DAY in terms,
        }[cadence.unit]
        if due and day >= low:
            found.append(day)
        day, since = day + DAY, since + 1
    return found


@pytest.mark.parametrize("unit", ["days", "months", "term"])
def test_the_arithmetic_finds_what_a_walk_from_day_to_day_finds(unit: str) -> None:
    chance = random.Random(unit)
    for _each in range(400):
        first = date(2023, 12, 1) + chance.randint(0, 500) * DAY
        if chance.random() < 0.3:  # the ends of months, a leap day among them
            first = chance.choice((date(2024, 1, 31), date(2024, 2, 29), date(2023, 12, 30), date(2024, 8, 31)))
        terms = sorted(date(2024, 1, 1) + chance.randint(0, 1400) * DAY for _term in range(chance.randint(0, 6)))
        cadence = Cadence(unit, chance.choice((1, 2, 3, 6, 7, 12, 30, 90)), first, chance.randint(0, 20))
        low = first + chance.randint(-200, 700) * DAY
        high = low + chance.randint(-5, 500) * DAY
        assert cadence.between(low, high, terms) == _walk(cadence, low, high, terms), (cadence, low, high, terms)


def test_the_next_day_is_the_first_of_those_to_come() -> None:
    chance = random.Random(3)
    for _each in range(200):
        cadence = Cadence(chance.choice(("days", "months")), chance.randint(1, 36), date(2024, 1, 31))
        day = date(2024, 1, 1) + chance.randint(0, 900) * DAY
        assert cadence.next_from(day) == _walk(cadence, day, day + 1300 * DAY, [])[0]


def test_a_day_that_some_months_lack_never_drifts() -> None:
    monthly = Cadence("months", 1, date(2027, 1, 31))
    due = monthly.between(date(2027, 1, 1), date(2027, 5, 31))
    assert [f"{day:%m-%d}" for day in due] == ["01-31", "02-28", "03-31", "04-30", "05-31"]


def test_a_leap_day_comes_each_year_on_the_last_of_february() -> None:
    yearly = Cadence("months", 12, date(2024, 2, 29))
    due = yearly.between(date(2024, 1, 1), date(2028, 12, 31))
    assert [day.day for day in due] == [29, 28, 28, 28, 29]


def test_without_a_term_nothing_is_due_before_one() -> None:
    assert Cadence("term", 1, date(2026, 1, 1), 7).next_from(date(2026, 1, 1), []) is None


def test_before_a_term_begins() -> None:
    due = Cadence("term", 1, date(2026, 1, 1), 7).next_from(date(2026, 8, 1), [date(2026, 2, 20), date(2026, 9, 1)])
    assert due == date(2026, 8, 25)
