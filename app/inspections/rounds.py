"""Which classes someone has to score in this part of the day, and which are done."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from app import clock
from app.inspections.checklists import CLASS_SCORES, Slot, reaches
from app.inspections.duties import class_list_of
from app.inspections.models import Check
from app.places.codes import Label
from app.places.models import ClassGroup, Place


@dataclass(frozen=True)
class Stop:
    """One class of a round: its room, its label's code, and its last check in this slot."""

    group: ClassGroup
    place: Place
    code: str | None
    check: Check | None

    @property
    def done(self) -> bool:
        return self.check is not None


@dataclass(frozen=True)
class Round:
    """The classes that one person or card may score, in one slot of one day. `slug` is the checklist they use."""

    slug: str
    slot: Slot
    stops: list[Stop]

    @property
    def left(self) -> list[Stop]:
        return [stop for stop in self.stops if not stop.done]

    @property
    def done(self) -> int:
        return len(self.stops) - len(self.left)

    def by_grade(self) -> list[tuple[int, list[Stop]]]:
        return [(grade, list(stops)) for grade, stops in groupby(self.stops, key=lambda stop: stop.group.grade)]

    def after(self, place_id: int) -> Stop | None:
        """The next class still to score, walking on from a room; the first one at the end of the round."""
        ids = [stop.place.id for stop in self.stops]
        start = ids.index(place_id) + 1 if place_id in ids else 0
        ahead = [stop for stop in self.stops[start:] + self.stops[:start] if not stop.done and stop.code]
        return ahead[0] if ahead else None


def round_for(who: Any, slug: str = "") -> Round:
    """The classes with a room that `who` may score with a checklist, grade by grade. Five queries."""
    slot, slug = Slot.at(), slug or class_list_of(who)
    rooms = {place.id: place for place in Place.rooms()} if who.is_card and who.areas else {}
    classes = _classes() if slug else []
    groups = [group for group in classes if _may_score(who, group, rooms.get(group.room_id, group.room))]
    ids = [group.room_id for group in groups]
    codes = dict(Label.in_use().select(Label.place, Label.code).where(Label.place.in_(ids)).tuples())
    checks = checks_in(slug, slot, clock.today())
    return Round(slug, slot, [Stop(g, g.room, codes.get(g.room_id), checks.get(g.room_id)) for g in groups])


def checks_in(slug: str, slot: Slot, day: date) -> dict[int, Check]:
    """The last regular check of each place in a slot: after somebody's spot check the class is still to be scored."""
    slugs = CLASS_SCORES if slug in CLASS_SCORES else (slug,)
    checks = Check.select().where(Check.slug.in_(slugs), Check.day == day, Check.slot == slot)
    return {check.place_id: check for check in checks.order_by(Check.ordinal) if not check.unannounced}


def _classes() -> list[ClassGroup]:
    present = ClassGroup.present().select(ClassGroup, Place)
    return list(present.join(Place, on=(ClassGroup.room == Place.id), attr="room"))


def _may_score(who: Any, group: ClassGroup, room: Place) -> bool:
    if who.is_card:
        return group.id != who.own_class_id and reaches(who, room, group)
    return group.teacher_id != who.id
