"""A stock-take of the small school: projectors, a loudspeaker and desks, two counters and a witness."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.assets.models import Asset, Category
from app.people.models import Person
from app.stocktakes.counting import Answer, Count, Seen, count
from app.stocktakes.models import Room, Stocktake


def make_property(school: SimpleNamespace) -> SimpleNamespace:
    """Three projectors and forty desks in the classroom, a loudspeaker in the store."""
    kind = Category.create(code="A02020200", name="投影仪")
    other = Category.create(code="A05010203", name="课桌")
    room, store, by = school.places.classroom, school.places.store, school.custodian
    return SimpleNamespace(
        kind=kind, other=other,
        projectors=[Asset.add(f"投影仪 {n}", kind, by, place=room, unit_price=3000_00) for n in range(1, 4)],
        desks=Asset.add("课桌", other, by, place=room, is_batch=True, quantity=40, unit="张", unit_price=100_00),
        speaker=Asset.add("音箱", kind, by, place=store, unit_price=800_00, office=school.office),
    )  # fmt: skip


def begin(school: SimpleNamespace, **fields: Any) -> Stocktake:
    """The custodian and the teacher count, the stranger watches."""
    team = {"counters": [school.custodian, school.teacher], "witnesses": [school.stranger], **fields}
    return Stocktake.begin(team.pop("name", "期末盘点"), school.director, **team)


def opened(stocktake: Stocktake, place: Any, by: Person) -> Room:
    room = stocktake.open_room(place, by)
    room.stocktake = stocktake
    return room


class Counter:
    """Somebody with a phone in a room: `counter.sees(asset)`."""

    def __init__(self, room: Room, by: Person):
        self.room, self.by, self.number = room, by, 0

    def sees(self, thing: Asset | str, quantity: int | None = None, **fields: Any) -> Answer:
        self.number += 1
        code = thing if isinstance(thing, str) else thing.label.code
        client = fields.pop("client", f"{self.by.id}-{self.room.place_id}-{self.number:08}")
        return count(self.room, self.by, Seen(client, code=code, quantity=quantity, **fields))


@pytest.fixture
def things(school: SimpleNamespace) -> SimpleNamespace:
    return make_property(school)


@pytest.fixture
def stocktake(school: SimpleNamespace, things: SimpleNamespace) -> Stocktake:
    return begin(school)


@pytest.fixture
def counter(stocktake: Stocktake, school: SimpleNamespace) -> Counter:
    """The custodian in the classroom, whose door is scanned."""
    return Counter(opened(stocktake, school.places.classroom, school.custodian), school.custodian)


def finish_and_sign(stocktake: Stocktake, school: SimpleNamespace) -> None:
    """Every opened room is finished, then counter and witness sign."""
    for room in Room.shown().where(Room.stocktake == stocktake, Room.is_open()):
        room.stocktake = stocktake
        room.finish(school.custodian)
    stocktake.sign(school.teacher)
    stocktake.sign(school.stranger)


def rows() -> int:
    return Count.select().count()


@pytest.fixture
def room_url(stocktake: Stocktake, school: SimpleNamespace) -> str:
    return f"/stocktakes/{stocktake.id}/rooms/{school.places.classroom.id}"
