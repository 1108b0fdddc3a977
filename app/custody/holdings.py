"""What stands in someone's name: things in use, things kept, rooms, classes, offices. How each passes to another.

A kind of holding is one line of KINDS: how to find what someone has, and how one of them passes on.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.assets import keeping
from app.assets.models import Asset
from app.custody.models import Custody
from app.people.models import Office, Person
from app.places.models import ClassGroup, Grade, Place, grade_name


@dataclass(frozen=True)
class Holding:
    """One thing in someone's name: of which kind (see KINDS), which row, in words, and a second line."""

    kind: str
    id: int
    words: str
    more: str = ""
    number: str = ""
    quantity: int = 1
    unit: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.id}"

    @property
    def kind_word(self) -> str:
        return str(KINDS[self.kind].words)


@dataclass(frozen=True)
class Kind:
    """A way in which something can be in someone's name: its word, the rows, how it passes to another (or nobody)."""

    words: Any
    icon: str
    held: Callable[[Person], Iterable[Holding]]
    pass_on: Callable[[int, Person, Person | None, Any, Any], bool]
    needs_taker: bool = False  # it can't be left to nobody


def _custodies(person: Person) -> Iterable[Holding]:
    for row in Custody.held_by(person):
        more = " · ".join(filter(None, (row.kind_word, row.due_words)))
        yield Holding("custody", row.id, row.asset.name, more, row.asset.number, row.quantity, row.asset.unit)


def _assets(person: Person) -> Iterable[Holding]:
    rows = (
        Asset.select(Asset, Place)
        .join(Place, peewee.JOIN.LEFT_OUTER, on=(Asset.place == Place.id), attr="place")
        .where(Asset.keeper == person, Asset.state != "disposed")
        .order_by(Asset.number)
    )
    for row in rows:
        yield Holding("asset", row.id, row.name, row.place.name if row.place_id else "", row.number, 1, row.unit)


def _places(column: peewee.Field, kind: str) -> Callable[[Person], Iterable[Holding]]:
    def held(person: Person) -> Iterable[Holding]:
        for row in Place.shown().where(column == person, Place.closed_at.is_null()).order_by(Place.position, Place.id):
            yield Holding(kind, row.id, row.name, row.where)

    return held


def _classes(person: Person) -> Iterable[Holding]:
    for row in ClassGroup.listed().where(ClassGroup.teacher == person):
        yield Holding("class", row.id, row.name, row.room.name if row.room_id else "")


def _grades(person: Person) -> Iterable[Holding]:
    for row in Grade.select().where(Grade.administrator == person):
        if 1 <= row.number <= 6:
            yield Holding("grade", row.entry_year, grade_name(row.number))


def _offices(person: Person) -> Iterable[Holding]:
    for row in Office.select().where(Office.head == person).order_by(Office.id):
        yield Holding("office", row.id, row.name)


# Each passes one row on (to nobody: back to the office), and says whether it still was in the giver's name.


def _pass_custody(id: int, giver: Person, taker: Person | None, by: Any, slip: Any) -> bool:
    row = Custody.shown().where(Custody.id == id, Custody.is_open(), Custody.person == giver).first()
    if row is None:
        return False
    if taker is None:
        row.take_back(by)
    else:
        row.pass_on(taker, by, _("handed over by %(person)s, who leaves", person=giver.name))
    return True


def _pass_asset(id: int, giver: Person, taker: Person | None, by: Any, slip: Any) -> bool:
    row = Asset.get_or_none(Asset.id == id, Asset.keeper == giver)
    if row is not None:
        keeping.keep(row, by, slip=slip, person=taker, office=row.office)
    return row is not None


def _pass_place(name: str) -> Callable[[int, Person, Person | None, Any, Any], bool]:
    def pass_on(id: int, giver: Person, taker: Person | None, by: Any, slip: Any) -> bool:
        row = Place.get_or_none(Place.id == id, getattr(Place, name) == giver)
        if row is not None:
            row.change(by, **{name: taker})
        return row is not None

    return pass_on


def _pass_class(id: int, giver: Person, taker: Person | None, by: Any, slip: Any) -> bool:
    row = ClassGroup.get_or_none(ClassGroup.id == id, ClassGroup.teacher == giver)
    if row is not None:
        row.change(by, teacher=taker)
    return row is not None


def _pass_grade(id: int, giver: Person, taker: Person | None, by: Any, slip: Any) -> bool:
    row = Grade.get_or_none(Grade.entry_year == id, Grade.administrator == giver)
    if row is not None:
        Grade.appoint(row.entry_year, taker, by)
    return row is not None


def _pass_office(id: int, giver: Person, taker: Person | None, by: Any, slip: Any) -> bool:
    row = Office.get_or_none(Office.id == id, Office.head == giver)
    if row is not None:
        row.change(by, row.name, taker)
    return row is not None


KINDS = {
    "custody": Kind(_l("borrowed or issued"), "hand-helping", _custodies, _pass_custody),
    "asset": Kind(_l("kept thing"), "box", _assets, _pass_asset, needs_taker=True),
    "room": Kind(_l("keeper of the room"), "door-open", _places(Place.keeper, "room"), _pass_place("keeper")),
    "cleaning": Kind(_l("cleaning"), "sparkles", _places(Place.cleaner, "cleaning"), _pass_place("cleaner")),
    "class": Kind(_l("class teacher"), "school", _classes, _pass_class),
    "grade": Kind(_l("administrator of a grade"), "layers", _grades, _pass_grade),
    "office": Kind(_l("office head"), "briefcase", _offices, _pass_office),
}


def holdings(person: Person, kinds: Iterable[str] = KINDS) -> list[Holding]:
    """Everything in someone's name, one query a kind."""
    return [each for kind in kinds for each in KINDS[kind].held(person)]


def in_words(things: Sequence[Any]) -> str:
    """`投影仪、201教室` and how many more."""
    names = _(", ").join(each.words for each in things[:5])
    more = len(things) - 5
    return (
        ngettext("%(names)s and %(num)s more", "%(names)s and %(num)s more", more, names=names) if more > 0 else names
    )
