"""A class in a week: each check with what was taken and why, what was corrected, what may be appealed against."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from app import clock
from app.calendar.models import monday
from app.inspections import results
from app.inspections.appeals import Appeal, closes_at
from app.inspections.checklists import CLASS_SCORES
from app.inspections.exemptions import Excused, Exemption
from app.inspections.models import Check, Correction, Mark
from app.inspections.ranking import week_score
from app.inspections.weeks import ScoringRules, Week, WeekResult, counting, sunday
from app.people.models import Person
from app.places.models import ClassGroup


@dataclass(frozen=True)
class ClassWeek:
    """One class in one week. `week` is the locked one, None while it is open."""

    group: ClassGroup
    first: date
    week: Week | None
    rules: ScoringRules

    @classmethod
    def of(cls, group: ClassGroup, day: date) -> "ClassWeek":
        week = Week.of(day)
        return cls(group, monday(day), week, week.rules if week else ScoringRules.now())

    @property
    def last(self) -> date:
        return sunday(self.first)

    @cached_property
    def checks(self) -> list[Check]:
        """All checks of the week, those that don't count too, in the order they were made."""
        mine = Check.whole().where(
            Check.class_group == self.group, Check.slug.in_(CLASS_SCORES), Check.day.between(self.first, self.last)
        )
        return list(mine.order_by(Check.day, Check.id))

    @cached_property
    def days(self) -> list[tuple[date, int | None, list[Check]]]:
        return results.by_day(self.checks)

    @cached_property
    def behind(self) -> results.Behind:
        return results.behind(self.checks)

    @cached_property
    def marks(self) -> list[Mark]:
        return [mark for check in self.checks for mark in self.behind.marks.get(check.id, [])]

    @cached_property
    def appeals(self) -> dict[int, Appeal]:
        return Appeal.of_marks(mark.id for mark in self.marks)

    @cached_property
    def corrections(self) -> dict[int, list[Correction]]:
        rows = Correction.select(Correction, Person).join(Person)
        found: dict[int, list[Correction]] = {}
        for row in rows.where(Correction.mark.in_([mark.id for mark in self.marks])).order_by(Correction.id):
            found.setdefault(row.mark_id, []).append(row)
        return found

    @cached_property
    def _excused(self) -> Excused:
        """As it held when the week was locked."""
        return Excused.between(self.first, self.last, self.week.locked_at if self.week else None)

    @cached_property
    def exempt(self) -> dict[date, list[Exemption]]:
        """When and why the class is exempt, by day, also on days on which nobody scored it."""
        found: dict[date, list[Exemption]] = {}
        for row in sorted(self._excused.of(self.group.id), key=lambda row: (row.day, row.part)):
            found.setdefault(row.day, []).append(row)
        return found

    @cached_property
    def result(self) -> WeekResult | None:
        return next((row for row in self.week.rows if row.class_group_id == self.group.id), None) if self.week else None

    @cached_property
    def score(self) -> int | None:
        """What was published; while the week is open what it stands at, before any balance."""
        if self.week is not None:
            return self.result.score if self.result else None
        mine = [check for check in counting(self.first, self.last) if check.class_id == self.group.id]
        return week_score(mine, self.rules.bonus_cap)

    def counts(self, check: Check) -> bool:
        """Whether a check is part of the week's score."""
        exempt = self._excused.by(self.group.id, check.day, check.slot_id) is not None
        return not exempt and (self.week is None or check.at <= self.week.locked_at)

    @cached_property
    def _closes(self) -> dict[int, datetime]:
        return {check.id: closes_at(check, self.rules) for check in self.checks}

    def appeal_until(self, mark: Mark, who: Any) -> datetime | None:
        """Until when this person may appeal against a mark; None when they may not."""
        ends = self._closes[mark.check_id]
        open_to = self.week is None and self.group.teacher_id == who.id and mark.lost and mark.id not in self.appeals
        return ends if open_to and clock.now() <= ends else None
