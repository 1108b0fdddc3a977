"""Rooms closed before the holidays (D90): every door is scanned, and a room that was not scanned was not checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import calendar, clock, journal, notify
from app.calendar.models import Term
from app.db import writing
from app.errors import Refused
from app.inspections.checklists import Checklist
from app.inspections.kinds.base import BEFORE_HOLIDAYS
from app.inspections.models import Check
from app.people.models import Person
from app.places.codes import Label
from app.places.models import ClassGroup, Place

FAMILY = "holiday_closing"
LONGEST = timedelta(days=70)  # of holidays whose end is not entered yet

journal.says({
    "inspections.closing_asked": _l("asked %(people)s people to close the %(rooms)s rooms that are not closed yet"),
})  # fmt: skip
notify.says({
    "inspections.close_rooms": _l("Before the holidays, please close and scan: %(rooms)s"),
})  # fmt: skip


@dataclass(frozen=True)
class Door:
    """A room that is to be closed, who keeps it, and the last check that was made of it."""

    place: Place
    group: ClassGroup | None
    code: str
    check: Check | None = None

    @property
    def is_closed(self) -> bool:
        return self.check is not None

    @property
    def keeper(self) -> Person | None:
        """The class teacher keeps the room of a class."""
        return self.group.teacher if self.group is not None and self.group.teacher_id else self.place.keeper

    @property
    def is_wanting(self) -> bool:
        """Closed, but something was found."""
        return self.check is not None and (self.check.failed > 0 or self.check.passed is False)


@dataclass(frozen=True)
class Closing:
    """The closing of the school before the holidays after a term: every room that the checklist fits, by door."""

    ends_on: date
    since: date
    until: date
    words: str
    checklist: Checklist | None
    doors: Sequence[Door]

    @property
    def left(self) -> list[Door]:
        return [door for door in self.doors if not door.is_closed]

    @property
    def closed(self) -> list[Door]:
        return [door for door in self.doors if door.is_closed]

    @property
    def wanting(self) -> list[Door]:
        return [door for door in self.doors if door.is_wanting]

    @property
    def has_begun(self) -> bool:
        return clock.today() >= self.since

    def by_floor(self, doors: Sequence[Door]) -> list[tuple[str, list[Door]]]:
        """Doors under building and floor, in walking order."""
        return [(where, list(rows)) for where, rows in groupby(doors, key=lambda door: door.place.where)]

    def kept_by(self, who: Any) -> "Closing":
        """Only the rooms that someone answers for."""
        mine = [door for door in self.doors if door.keeper is not None and door.keeper.id == who.id]
        return Closing(self.ends_on, self.since, self.until, self.words, self.checklist, mine)

    @classmethod
    def of(cls, code: str = "") -> "Closing":
        """The closing after a term, by its code; as it stands the one that today is nearest to. Five queries."""
        term = next((each for each in calendar.terms() if each.code == code), None) or _nearest()
        ends_on = term.ends_on if term else calendar.term_end()
        since, until = ends_on - BEFORE_HOLIDAYS, _until(ends_on)
        words, checklist = term.words if term else "", _list()
        doors = _doors(checklist, since, until) if checklist else []
        if checklist and checklist.retired_at and not any(door.check for door in doors):
            checklist, doors = None, []  # nothing was closed with it then, and nothing will be
        return cls(ends_on, since, until, words, checklist, doors)

    def ask_to_close(self, by: Person) -> int:
        """Tell everybody who keeps a room that is not closed yet which ones they are. Returns how many people."""
        rooms: dict[int, list[str]] = {}
        for door in self.left:
            if door.keeper is not None:
                rooms.setdefault(door.keeper.id, []).append(door.place.name)
        if not rooms:
            raise Refused(_("Nobody is known who keeps one of these rooms."))
        with writing():
            for person, names in rooms.items():
                notify.tell("inspections.close_rooms", self.checklist, [person], "/inspections/holidays",
                            rooms="、".join(names[:8]) + ("…" if names[8:] else ""))  # fmt: skip
            journal.record("inspections.closing_asked", self.checklist, by, people=len(rooms), rooms=len(self.left))
        return len(rooms)


def _list() -> Checklist | None:
    """The checklist that rooms are closed with; a retired one when there is no other."""
    mine = Checklist.in_use().where(Checklist.family == FAMILY)
    return mine.order_by(Checklist.retired_at.is_null(False), Checklist.id).first()


def _nearest() -> Term | None:
    """The term whose end is dealt with now: this one; the last one until the next has begun."""
    return calendar.term_near(clock.today()) or next(iter(calendar.terms()), None)


def _until(ends_on: date) -> date:
    """The last day of the holidays after a term."""
    later = [term.starts_on for term in calendar.terms() if term.starts_on > ends_on]
    return min(later) - timedelta(days=1) if later else ends_on + LONGEST


def _doors(checklist: Checklist, since: date, until: date) -> list[Door]:
    groups = {group.room_id: group for group in _classes()}
    fitting = [place for place in _rooms() if checklist.fits(place, groups.get(place.id))]
    checks = _last_checks(since, until)
    codes = dict(Label.in_use().select(Label.place, Label.code).where(Label.place.is_null(False)).tuples())
    return [Door(each, groups.get(each.id), codes.get(each.id, ""), checks.get(each.id)) for each in fitting]


def _rooms() -> list[Place]:
    """Every room with floor, building and keeper, in walking order."""
    keeper = Person.alias()
    rooms = Place.rooms().select_extend(keeper).join_from(
        Place, keeper, peewee.JOIN.LEFT_OUTER, on=(Place.keeper == keeper.id), attr="keeper"
    )  # fmt: skip
    return sorted(rooms, key=_walking)


def _walking(place: Place) -> list[tuple[int, int]]:
    order, node = [], place
    while node is not None:
        order.append((node.position, node.id))
        node = node.parent if node.parent_id and node.kind not in ("building", "school") else None
    return order[::-1]


def _classes() -> peewee.ModelSelect:
    return (
        ClassGroup.present().select_extend(Person)
        .join(Person, peewee.JOIN.LEFT_OUTER, on=(ClassGroup.teacher == Person.id), attr="teacher")
        .where(ClassGroup.room.is_null(False))
    )  # fmt: skip


def _last_checks(since: date, until: date) -> dict[int, Check]:
    """The last closing check of each room in these days, with who made it."""
    families = Checklist.select(Checklist.slug).where(Checklist.family == FAMILY)
    newest = Check.select(peewee.fn.MAX(Check.id)).where(Check.slug.in_(families), Check.day.between(since, until))
    return {check.place_id: check for check in Check.whole().where(Check.id.in_(newest.group_by(Check.place)))}
