"""The lists of rooms and classes that are taken away as sheets; their headings are those of the imports."""

from collections.abc import Iterator, Sequence
from typing import Any

import peewee
from flask import request, url_for
from flask_babel import gettext as _

from app import clock
from app.excel.listing import Listing
from app.excel.out import Col
from app.fields import clean
from app.people.models import Person
from app.places.codes import Label
from app.places.models import ClassGroup, Grade, Place


def listed(rooms: peewee.ModelSelect) -> list[Place]:
    """Rooms with keeper and class, in the order of buildings and floors; what stands outside comes last."""
    found = (
        rooms.select_extend(Person, ClassGroup)
        .switch(Place)
        .join(Person, peewee.JOIN.LEFT_OUTER, on=(Place.keeper == Person.id), attr="keeper")
        .switch(Place)
        .join(ClassGroup, peewee.JOIN.LEFT_OUTER, on=(ClassGroup.room == Place.id), attr="group")
    )
    return sorted(found, key=lambda room: [_rank(level) for level in (*above(room), room)])


def above(room: Place) -> tuple[Place | None, Place | None]:
    """Building and floor of a room."""
    parent = room.parent if room.parent_id else None
    if parent is None or parent.kind == "school":
        return None, None
    if parent.kind == "building":
        return parent, None
    return parent.parent if parent.parent_id else None, parent


def _rank(level: Place | None) -> tuple[bool, int, int]:
    return (True, 0, 0) if level is None else (False, level.position, level.id)


def rooms_listing() -> Listing:
    words = clean(request.args.get("words"))[:60]
    columns = [
        Col(_("Building")), Col(_("Floor"), width=8), Col(_("Name of the place"), width=20),
        Col(_("Number on the door"), width=8),
        Col(_("Kind"), width=10), Col(_("Keeper of the room"), width=10), Col(_("Cleaner"), width=10),
        Col(_("Order in lists"), "int", printed=False), Col(_("Class"), width=10), Col(_("Label code"), width=11),
    ]  # fmt: skip

    def dress(rooms: list[Place]) -> Iterator[Sequence[Any]]:
        cleaners = _names({room.cleaner_id for room in rooms if room.cleaner_id})
        codes = dict(Label.in_use().select(Label.place, Label.code).where(Label.place.in_(rooms)).tuples())
        for room in rooms:
            building, floor = above(room)
            group = getattr(room, "group", None)
            yield [
                building and building.name, floor and floor.name, room.name, room.number, room.kind_word,
                room.keeper.name if room.keeper_id else None, cleaners.get(room.cleaner_id), room.position,
                group.name if group is not None and group.id else None, codes.get(room.id),
            ]  # fmt: skip

    rooms = listed(Place.matching(words) if words else Place.rooms())
    return Listing(_("Places"), columns, rooms, dress, (words,), url_for("places.list", words=words or None))


def _names(ids: set[int]) -> dict[int, str]:
    return dict(Person.select(Person.id, Person.name).where(Person.id.in_(list(ids))).tuples()) if ids else {}


def classes_listing() -> Listing:
    columns = [
        Col(_("Class"), width=12), Col(_("Entry year"), "int", 10), Col(_("Class teacher"), width=12),
        Col(_("Classroom"), width=24), Col(_("Administrator of the grade"), width=14),
    ]  # fmt: skip
    heads = {grade.entry_year: grade.administrator for grade in Grade.listed()}
    where = {room.id: room.full_name for room in Place.rooms()}

    def dress(groups: list[ClassGroup]) -> Iterator[Sequence[Any]]:
        for group in groups:
            head = heads.get(group.entry_year)
            yield [
                group.name, group.entry_year, group.teacher.name if group.teacher_id else None,
                where.get(group.room_id), head.name if head else None,
            ]  # fmt: skip

    year = clock.school_year()
    about = _("School year %(from)s–%(to)s", **{"from": year, "to": year + 1})
    return Listing(_("Classes"), columns, ClassGroup.listed(), dress, (about,), url_for("places.classes"))
