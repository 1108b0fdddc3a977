"""A stock-take half-way: two rooms counted, one being counted, the others still waiting."""

from datetime import timedelta
from typing import Any

from app import clock
from app.people.models import Person
from app.places.models import Place
from app.stocktakes.counting import Seen, count
from app.stocktakes.models import BookLine, Room, Stocktake
from app.stocktakes.numbers import still_to_find

CATCH = 3  # in the first room so many things are not found


def build(school: Any) -> None:
    """The building with the most things is counted; the custodian and a colleague go from door to door."""
    custodian, director = school.person("custodian"), school.person("director")
    colleague = next(each for each in school.class_teachers.values() if each != custodian)
    clock.set_hands(clock.now() - timedelta(hours=2))
    building = _fullest_building()
    stocktake = Stocktake.begin(
        "期末盘点", custodian, counters=[custodian, colleague], witnesses=[director], places=[building]
    )
    rooms = _fullest_rooms(stocktake)
    for order, (place, by) in enumerate(zip(rooms, (custodian, colleague, custodian), strict=False)):
        _count_room(stocktake, place, by, order)
    clock.set_hands(None)


def _fullest_building() -> Place:
    """The building whose rooms hold the most single things."""
    from app.assets.models import Asset

    def things(building: Place) -> int:
        return Asset.select().where(Asset.place.in_(building.within())).count()

    return max(Place.select().where(Place.kind == "building"), key=things)


def _fullest_rooms(stocktake: Stocktake) -> list[Place]:
    lines: dict[int, int] = {}
    for (place,) in BookLine.select(BookLine.place).where(BookLine.stocktake == stocktake).tuples():
        lines[place] = lines.get(place, 0) + 1
    best = sorted(lines, key=lambda place: (-lines[place], place))[:3]
    return [Place.rooms().where(Place.id == place).get() for place in best]


def _count_room(stocktake: Stocktake, place: Place, by: Person, order: int) -> None:
    """The first room lacks a few things, in the second all is found, the third is only begun."""
    room: Room = stocktake.open_room(place, by)
    room.stocktake = stocktake
    lines = list(still_to_find(room))
    seen = (lines[:-CATCH] if len(lines) > CATCH else lines[:1], lines, lines[: len(lines) // 4])[order]
    for number, line in enumerate(seen):
        clock.set_hands(clock.now() + timedelta(seconds=20))
        how_many = line.quantity - (1 if order == 0 and number == 0 and line.quantity > 1 else 0)
        quantity = how_many if line.asset.is_batch else None
        client = f"demo-stocktake-{place.id}-{line.id}"
        count(room, by, Seen(client, code=line.label_code or "", asset=line.asset, quantity=quantity))
    if order < 2:
        room.finish(by)
