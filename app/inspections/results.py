"""Results by day and by class: each number with the checks and marks behind it, in a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

import peewee

from app.inspections import scoring
from app.inspections.checklists import CLASS_SCORES, Item
from app.inspections.models import Check, Correction, Mark
from app.photos.models import Photo
from app.places.models import ClassGroup, Grade
from app.repairs.models import Ticket


@dataclass
class ClassDay:
    """One class on one day: its checks by slot, and their mean in hundredths, out of ten."""

    group: ClassGroup
    checks: list[Check] = field(default_factory=list)

    @property
    def mean(self) -> int | None:
        return scoring.mean([check.of_ten for check in self.checks])

    def in_slot(self, slug: str) -> list[Check]:
        return [check for check in self.checks if check.slot_id == slug]


@dataclass(frozen=True)
class Day:
    """A day of a school: every present class, grade by grade."""

    rows: list[ClassDay]

    @property
    def scored(self) -> int:
        return sum(bool(row.checks) for row in self.rows)

    @property
    def mean(self) -> int | None:
        """The mean of the classes, each counting once."""
        return scoring.mean([row.mean for row in self.rows if row.checks])

    def by_grade(self) -> list[tuple[int, list[ClassDay]]]:
        return [(grade, list(rows)) for grade, rows in groupby(self.rows, key=lambda row: row.group.grade)]


def day_of(day: date) -> Day:
    """The scores of all classes on a day. Two queries."""
    rows = {group.id: ClassDay(group) for group in ClassGroup.present()}
    checks = Check.select().where(Check.slug.in_(CLASS_SCORES), Check.day == day, Check.class_group.is_null(False))
    for check in checks.order_by(Check.id):
        if check.class_group_id in rows:
            rows[check.class_group_id].checks.append(check)
    return Day(list(rows.values()))


def scored_classes(day: date) -> int:
    """How many classes have a score on a day."""
    scored = Check.select(Check.class_group).where(
        Check.slug.in_(CLASS_SCORES), Check.day == day, Check.class_group.is_null(False)
    )
    return scored.distinct().count()


@dataclass
class Behind:
    """What stands behind the totals of some checks: the marks that say something, photos, what was corrected."""

    marks: dict[int, list[Mark]]
    photos: dict[int, list[Photo]]
    corrected: set[int]  # ids of checks


def behind(checks: Iterable[Check], every_item: bool = False) -> Behind:
    """The marks of these checks by check id, with item and ticket. Three queries, however many checks."""
    ids = [check.id for check in checks]
    marks = (
        Mark.select(Mark, Item, Ticket)
        .join(Item)
        .join_from(Mark, Ticket, peewee.JOIN.LEFT_OUTER)
        .where(Mark.check.in_(ids))
        .order_by(Mark.check, Item.position)
    )
    if not every_item:
        marks = marks.where(
            (Mark.lost > 0)
            | Mark.facility
            | (Mark.words != "")
            | (Mark.verdict == "fail")
            | Mark.id.in_(_corrected(ids))
        )
    found: dict[int, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.check_id, []).append(mark)
    photos = Photo.of_many("mark", [mark.id for marks in found.values() for mark in marks])
    corrected = {row.check_id for row in Mark.select(Mark.check).where(Mark.id.in_(_corrected(ids)))}
    return Behind(found, photos, corrected)


def _corrected(check_ids: list[int]) -> peewee.ModelSelect:
    """Ids of the corrected marks of some checks."""
    return Correction.select(Correction.mark).join(Mark).where(Mark.check.in_(check_ids))


def checks_of_class(group: ClassGroup) -> peewee.ModelSelect:
    """All scored checks of a class, newest first."""
    return (
        Check.whole()
        .where(Check.class_group == group, Check.total.is_null(False))
        .order_by(Check.day.desc(), Check.id.desc())
    )


def checks_of_places(day: date) -> peewee.ModelSelect:
    """The scored checks of toilets and public areas on a day, newest first."""
    return (
        Check.whole()
        .where(Check.day == day, Check.class_group.is_null(), Check.total.is_null(False))
        .order_by(Check.id.desc())
    )


def by_day(checks: Iterable[Check]) -> list[tuple[date, int | None, list[Check]]]:
    """Checks in day order as days, each with its mean out of ten."""
    days = [(day, list(rows)) for day, rows in groupby(checks, key=lambda check: check.day)]
    return [(day, scoring.mean([check.of_ten for check in rows]), rows) for day, rows in days]


def may_read_class(who: Any, group: ClassGroup) -> bool:
    """Whether someone sees the marks behind a class's numbers, or only the numbers."""
    if who.may("inspections.all") or group.teacher_id == who.id:
        return True
    return not who.is_card and Grade.entry_years_of(who).where(Grade.entry_year == group.entry_year).exists()
