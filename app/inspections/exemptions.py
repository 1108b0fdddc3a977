"""Classes that are excused (免检): on a trip, or in an exam. One row says so for everything.

Checks of the class in that time don't count in its week, fewer checks are enough for the ranking (weeks.py), and the
rounds that would have scored it then are excused by this very row (rounds_due.py).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import Day, Moment, Row, writing
from app.errors import Refused
from app.inspections.checklists import Checklist, Slot
from app.people.models import Person
from app.places.models import ClassGroup

journal.says({
    "inspections.exempted": _l("excused %(name)s on %(day)s: %(reason)s"),
    "inspections.exemption_ended": _l("took back that %(name)s is excused on %(day)s"),
})  # fmt: skip

# Told of rows that were given or ended, inside that act: rounds are excused by them, or due again.
after_change: "list[Callable[[Sequence[Exemption]], object]]" = []
# Asked why nothing may change on a day any more, as a sentence; weeks that are published answer.
objections: "list[Callable[[date], str | None]]" = []


class Exemption(Row):
    """A class that is not judged on a day, or in one `part` of it (the slug of a Slot; empty: the whole day)."""

    class_group = peewee.ForeignKeyField(ClassGroup, index=False)
    day = Day(index=True)
    part = peewee.CharField(12, default="")
    reason = peewee.CharField(200)
    person = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    ended_at = Moment(null=True)

    @classmethod
    def in_force(cls, first: date, last: date, at: datetime | None = None) -> peewee.ModelSelect:
        """Those from the first to the last day that hold now, or that held at a moment."""
        mine = cls.select().where(cls.day.between(first, last))
        if at is None:
            return mine.where(cls.ended_at.is_null())
        return mine.where(cls.at <= at, cls.ended_at.is_null() | (cls.ended_at > at))

    @classmethod
    def give(
        cls, groups: Iterable[ClassGroup], days: date | Iterable[date], reason: str, by: Person, part: str = "",
        strict: bool = True,
    ) -> list["Exemption"]:  # fmt: skip
        """Exempt classes on a day or on several. `strict`: refused when a week is locked or nothing would change;
        otherwise what can't be changed is left as it is."""
        groups, days = list(groups), [days] if isinstance(days, date) else list(days)
        with writing():
            open_days = [day for day in days if _is_open(day, strict)]
            known = Excused.between(min(days), max(days))
            given = [
                cls.create(class_group=group, day=day, part=part, reason=reason, person=by)
                for day in open_days for group in groups if known.by(group.id, day, part) is None
            ]  # fmt: skip
            if strict and not given:
                raise Refused(_("That is already so."))
            for row in given:
                name = row.class_group.name
                journal.record("inspections.exempted", row, by, name=name, day=row.day.isoformat(), reason=reason)
            _tell(given)
        return given

    def end(self, by: Person) -> None:
        """It was a mistake: the checks of that day count again, and its rounds are due again."""
        Exemption.end_all([self], by)

    @classmethod
    def end_all(cls, rows: "Sequence[Exemption]", by: Person) -> None:
        """Several in one act. Refused when a week is locked, or one of them, or all, ended before."""
        if not rows:
            raise Refused(_("This is already removed."))
        with writing():
            for row in rows:
                _is_open(row.day, strict=True)
                row.ended_at = clock.now()
                if not cls.update(ended_at=row.ended_at).where(cls.id == row.id, cls.ended_at.is_null()).execute():
                    raise Refused(_("This is already removed."))
                name, day = row.class_group.name, row.day.isoformat()
                journal.record("inspections.exemption_ended", row, by, name=name, day=day)
            _tell(rows)


Exemption.add_index(
    Exemption.index(
        Exemption.class_group, Exemption.day, Exemption.part, unique=True, where=Exemption.ended_at.is_null(),
        name="exempt_once",
    )
)  # fmt: skip


def _is_open(day: date, strict: bool) -> bool:
    sentence = next(filter(None, (ask(day) for ask in objections)), None)
    if sentence and strict:
        raise Refused(sentence)
    return not sentence


def _tell(rows: Sequence[Exemption]) -> None:
    for tell in after_change if rows else ():
        tell(rows)


@dataclass(frozen=True)
class Excused:
    """The exemptions of some days by class, day and part of the day."""

    rows: Mapping[tuple[int, date, str], Exemption]

    @classmethod
    def between(cls, first: date, last: date, at: datetime | None = None) -> "Excused":
        """Those that hold now, or held at a moment. One query."""
        rows = Exemption.in_force(first, last, at)
        return cls({(row.class_group_id, row.day, row.part): row for row in rows})

    def by(self, class_id: int, day: date, part: str) -> Exemption | None:
        """The row by which a class is excused in a part of a day, if it is."""
        return self.rows.get((class_id, day, "")) or self.rows.get((class_id, day, part))

    def through(self, class_id: int, day: date, parts: Iterable[str]) -> Exemption | None:
        """The row by which it is excused in all of these parts; None when one of them is left."""
        found = [self.by(class_id, day, part) for part in parts]
        return found[0] if found and all(found) else None

    def of(self, class_id: int) -> list[Exemption]:
        return [row for (id, _day, _part), row in self.rows.items() if id == class_id]

    @property
    def classes(self) -> set[int]:
        return {id for id, _day, _part in self.rows}


def parts_in_words() -> Callable[[str], str]:
    """What says `早上` for a part of the day, `全天` for none. One query, however often it is asked then."""
    words = {"": _("the whole day")} | {slot.slug: slot.title for slot in Slot.in_order()}
    return lambda part: words.get(part, part)


def scoring_slugs() -> set[str]:
    """The checklists that score classes, by slug."""
    lists = Checklist.in_use().where(Checklist.target == "class", Checklist.kind == "score")
    return {each.slug for each in lists}


def rooms_away(slug: str) -> set[int]:
    """The rooms of the classes that are exempt at this moment, for a checklist that scores classes."""
    today = clock.today()
    excused = Excused.between(today, today)
    if not excused.rows or slug not in scoring_slugs():
        return set()
    part = Slot.at().slug
    away = [id for id in excused.classes if excused.by(id, today, part) is not None]
    return {room for (room,) in ClassGroup.select(ClassGroup.room).where(ClassGroup.id.in_(away)).tuples()}
