"""A week as it is shown: the same rows for page, sheet and print; places and flags only once it is locked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app import clock
from app.calendar import week_of
from app.calendar.models import monday
from app.excel.listing import Listing
from app.excel.out import Col
from app.inspections.weeks import Report, ScoringRules, Week, grade_on, sunday
from app.places.models import class_name
from app.words import day as day_in_words


@dataclass(frozen=True)
class Shown:
    """One class in the table of a week."""

    class_id: int
    name: str
    group: int
    score: int | None
    raw: int | None
    checks: int
    spot: int
    place: int | None = None
    flag: bool = False
    few: bool = False
    excused: bool = False
    early: bool = False  # the week still runs: more checks may come
    result: int | None = None  # id of the published row

    @property
    def remark(self) -> str:
        """What is to be said of the class beside its numbers."""
        if not self.checks:
            return _("excused") if self.excused and not self.few else _("not scored")
        if self.few:
            return "" if self.early else _("too few checks")
        return _("partly excused") if self.excused else ""


@dataclass(frozen=True)
class Table:
    """A week's table: published, or as it stands so far, in the order of the classes."""

    first: date
    week: Week | None
    rules: ScoringRules
    rows: list[Shown]

    @classmethod
    def of(cls, day: date) -> "Table":
        """Nine queries, however many checks there are."""
        week = Week.of(day)
        if week is not None:
            return cls(week.starts_on, week, week.rules, [
                Shown(row.class_group_id, row.name, row.group, row.score, row.raw, row.checks, row.spot, row.place,
                      row.flag, row.few, row.excused, result=row.id)
                for row in week.rows
            ])  # fmt: skip
        report = Report.of(day)
        rows = sorted(report.rows, key=lambda row: (row.standing.group, -row.group.entry_year, row.group.number))
        return cls(monday(day), None, report.rules, [
            Shown(row.group.id, class_name(grade_on(row.group, report.first), row.group.number), row.standing.group,
                  row.standing.score, row.standing.raw, row.checks, row.standing.spot, few=row.standing.few,
                  excused=row.standing.excused, early=report.rules.locks_at(report.first) > clock.now())
            for row in rows
        ])  # fmt: skip

    @property
    def last(self) -> date:
        return sunday(self.first)

    @property
    def title(self) -> str:
        return week_words(self.first)

    @property
    def scored(self) -> bool:
        return any(row.checks for row in self.rows)

    def groups(self) -> list[tuple[str, list[Shown]]]:
        return [(self.rules.group_name(group), list(rows)) for group, rows in groupby(self.rows, lambda row: row.group)]


def week_words(first: date) -> str:
    """`第3周（9月13日–9月19日）`; outside the terms without a number."""
    number, days = (
        week_of(first) or week_of(sunday(first)),
        {"start": day_in_words(first), "end": day_in_words(sunday(first))},
    )
    if number is None:
        return _("%(start)s–%(end)s", **days)
    return _("Week %(number)s (%(start)s–%(end)s)", number=number, **days)


def columns_of(table: Table) -> list[Col]:
    """The columns that the table has: places and flags once it is locked, the plain mean where it is balanced."""
    ranked = (Col(_("Rank"), "int"),) if table.week else ()
    flags = (Col(_("Red flag"), width=10),) if table.week else ()
    raw = (Col(_("Before the balance"), "points", 12),) if table.rules.balance else ()
    return [
        Col(_("Ranked among"), width=18), *ranked, Col(_("Class"), width=12), Col(_("Week score"), "points", 10), *raw,
        Col(_("Checks"), "int"), Col(_("Lost in spot checks"), "points", 14), *flags, Col(_("Remark"), width=16),
    ]  # fmt: skip


def values_of(table: Table, row: Shown) -> list[Any]:
    return [
        table.rules.group_name(row.group), *([row.place] if table.week else []), row.name, row.score,
        *([row.raw] if table.rules.balance else []), row.checks, row.spot,
        *([_("red flag") if row.flag else ""] if table.week else []), row.remark,
    ]  # fmt: skip


def week_listing(day: date) -> Listing:
    """The table of a week as a sheet and as pages to print."""
    table = Table.of(day)

    def dress(rows: list[Shown]) -> Iterator[Sequence[Any]]:
        return (values_of(table, row) for row in rows)

    state = _("locked and published") if table.week else _("not locked yet: no ranking")
    return Listing(_("Class hygiene of the week"), columns_of(table), table.rows, dress, (table.title, state),
                   url_for("inspections.week", day=table.first.isoformat()), table.first)  # fmt: skip
