"""How checks went month by month: what each month gave, by grade, by item and by place, one month against another.

A result is a share of what could be had: points of the full marks, or the percent of a list that is fine. Tasks that
are ticked off have none; they are counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import peewee

from app.inspections.checklists import Checklist, Item
from app.inspections.models import Check, Mark
from app.places.models import ClassGroup, Place
from app.repairs.periods import Period

MONTHS = 12


@dataclass
class Sum:
    """What some checks add up to. `got` of `full` are the hundredths of scores, `shares` the percents of lists."""

    checks: int = 0
    scored: int = 0
    got: int = 0
    full: int = 0
    listed: int = 0
    shares: int = 0
    failed: int = 0
    spot: int = 0

    def add(self, *numbers: int | None) -> None:
        """The next row, its numbers in the order of the fields."""
        for name, number in zip(self.__dataclass_fields__, numbers, strict=True):
            setattr(self, name, getattr(self, name) + (number or 0))

    @property
    def rate(self) -> float | None:
        """The mean result, from 0 to 1; None when nothing has a result."""
        if self.scored and self.full:
            return self.got / self.full
        return self.shares / self.listed / 100 if self.listed else None

    @property
    def mean(self) -> int | None:
        """The mean of the scores in whole hundredths, halves up, as everywhere."""
        return (2 * self.got + self.scored) // (2 * self.scored) if self.scored else None


SUMS = (
    peewee.fn.COUNT(Check.id),
    peewee.fn.COUNT(Check.total),
    peewee.fn.SUM(Check.total),
    peewee.fn.SUM(peewee.Case(None, [(Check.total.is_null(False), Check.full)], 0)),
    peewee.fn.COUNT(Check.share),
    peewee.fn.SUM(Check.share),
    peewee.fn.SUM(Check.failed),
    peewee.fn.SUM(peewee.Case(None, [(Check.unannounced, 1)], 0)),
)


@dataclass
class Month:
    """One month: all its checks, and those of each grade."""

    period: Period
    whole: Sum = field(default_factory=Sum)
    grades: dict[int, Sum] = field(default_factory=dict)


def months_until(last: Period, count: int = MONTHS) -> list[Period]:
    """That month and those before it, oldest first."""
    found, first = [], last.start
    for _month in range(count):
        found.append(Period.month(first.year, first.month))
        first = (first - timedelta(days=1)).replace(day=1)
    return found[::-1]


def by_month(slug: str, last: Period, count: int = MONTHS) -> list[Month]:
    """The months until `last` with their sums, oldest first; months before the first check are left out. One query,
    over the checks of these months alone."""
    months = {(each.start.year, each.start.month): Month(each) for each in months_until(last, count)}
    first = min(months.values(), key=lambda month: month.period.start).period.start
    rows = (
        Check.select(Check.day, ClassGroup.entry_year, *SUMS)
        .join(ClassGroup, peewee.JOIN.LEFT_OUTER)
        .where(Check.slug == slug, Check.day.between(first, last.end))
        .group_by(Check.day, ClassGroup.entry_year)
    )
    for day, entry_year, *numbers in rows.tuples():
        day = _day(day)
        month = months[day.year, day.month]
        month.whole.add(*numbers)
        if entry_year is not None:
            month.grades.setdefault(_grade_then(entry_year, day), Sum()).add(*numbers)
    found = list(months.values())
    while len(found) > 1 and not found[0].whole.checks:
        found.pop(0)
    return found


def _grade_then(entry_year: int, day: date) -> int:
    """The grade that a class was in on a day."""
    return day.year - (day.month < 8) - entry_year + 1


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def sums_by_owner(slug: str, period: Period) -> list[tuple[str, Sum]]:
    """The sums of each class, or of each place where no class is checked, best first. Two queries at most."""
    checks = Check.select().where(Check.slug == slug, Check.day.between(period.start, period.end))
    rows = checks.select(Check.class_group, Check.place, *SUMS).group_by(Check.class_group, Check.place).tuples()
    found: dict[tuple[str, int], Sum] = {}
    for group, place, *numbers in rows:
        found.setdefault(("class", group) if group else ("place", place), Sum()).add(*numbers)
    names = _names(found)
    named = [(names.get(owner, ""), each) for owner, each in found.items()]
    return sorted(named, key=lambda row: (-(row[1].rate if row[1].rate is not None else -1), row[0]))


def _names(owners: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    owners = list(owners)
    groups, places = ([id for kind, id in owners if kind == wanted] for wanted in ("class", "place"))
    names: dict[tuple[str, int], str] = {}
    if groups:
        names |= {("class", group.id): group.name for group in ClassGroup.select().where(ClassGroup.id.in_(groups))}
    if places:
        for place in Place.shown().where(Place.id.in_(places)):
            names["place", place.id] = " ".join(filter(None, (place.where, place.name)))
    return names


@dataclass(frozen=True)
class ItemSum:
    """How often an item was found wanting in a month, the hundredths it lost, and the same of the month before."""

    key: str
    title: str
    times: int
    lost: int
    checks: int
    before: int
    checks_before: int

    @property
    def rate(self) -> float | None:
        """In which part of the checks it was found wanting."""
        return self.times / self.checks if self.checks else None

    @property
    def rate_before(self) -> float | None:
        return self.before / self.checks_before if self.checks_before else None


def by_item(slug: str, period: Period, before: Period) -> list[ItemSum]:
    """The items of a checklist found wanting most often first; those that changed their words, as they read now.
    Facility faults cost nothing and are counted all the same."""
    now, then = _by_key(slug, period), _by_key(slug, before)
    titles = _titles(slug)
    keys = [key for key in titles if key in now or key in then]
    rows = [
        ItemSum(key, titles[key], *now.get(key, (0, 0, 0))[:3], *_times_and_checks(then.get(key, (0, 0, 0))))
        for key in keys
    ]
    return sorted(rows, key=lambda row: (-row.times, -row.lost, row.title))


def _times_and_checks(sums: Sequence[int]) -> tuple[int, int]:
    return sums[0], sums[2]


def _by_key(slug: str, period: Period) -> dict[str, tuple[int, int, int]]:
    """Of each item: how often found wanting, hundredths lost, in how many checks."""
    wanting = (Mark.lost > 0) | Mark.facility | (Mark.verdict == "fail")
    rows = (
        Check.select(Item.key, peewee.fn.SUM(peewee.Case(None, [(wanting, 1)], 0)), peewee.fn.SUM(Mark.lost),
                     peewee.fn.COUNT(Mark.id))
        .join(Mark)
        .join(Item)
        .where(Check.slug == slug, Check.day.between(period.start, period.end))
        .group_by(Item.key)
    )  # fmt: skip
    return {key: (times or 0, lost or 0, checks) for key, times, lost, checks in rows.tuples()}


def _titles(slug: str) -> dict[str, str]:
    """The words of each item as the newest version that has it says them."""
    items = Item.select(Item, Checklist).join(Checklist).where(Checklist.slug == slug).order_by(Checklist.version)
    return {item.key: item.title for item in items}


def change(now: float | None, before: float | None) -> float | None:
    """From one month to the next; None when one of them says nothing."""
    return None if now is None or before is None else now - before


def pairs(now: Sequence[tuple[str, Sum]], before: Sequence[tuple[str, Sum]]) -> list[tuple[str, Sum, Sum | None]]:
    """Each name with its sums now and, where there are any, before."""
    then: dict[str, Any] = dict(before)
    return [(name, each, then.get(name)) for name, each in now]
