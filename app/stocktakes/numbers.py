"""How a stock-take stands: expected, found, missing, elsewhere, unknown; by room and altogether.

Three grouped queries answer for a whole school, however many rooms and counts there are.
"""

from dataclasses import dataclass, fields
from typing import Any

import peewee

from app.assets.models import Asset
from app.stocktakes.counting import UNKNOWN, Count
from app.stocktakes.models import BookLine, Room, Stocktake

SUM, CASE = peewee.fn.SUM, peewee.Case
STEP = 100  # expected things of a room shown at once


@dataclass
class Numbers:
    """Things of one room, or of many added up. away: found in another room. uncounted: of rooms nobody opened."""

    expected: int = 0
    found: int = 0
    away: int = 0
    elsewhere: int = 0
    surplus: int = 0
    unknown: int = 0
    uncounted: int = 0

    @property
    def missing(self) -> int:
        """Not found yet, in the rooms that were opened."""
        return max(self.expected - self.found - self.away - self.uncounted, 0)

    @property
    def odd(self) -> int:
        return self.missing + self.elsewhere + self.surplus + self.unknown

    @property
    def share(self) -> int:
        """Per cent of what is expected that was found."""
        return 100 * (self.found + self.away) // self.expected if self.expected else 100

    def add(self, other: "Numbers") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def by_room(stocktake: Stocktake, place: int | None = None) -> dict[int, Numbers]:
    """Place id → numbers; of one place only, if it is given. A room without an entry has nothing expected or seen."""
    found: dict[int, Numbers] = {}
    for place_id, expected in _expected(stocktake, place):
        found.setdefault(place_id, Numbers()).expected = expected
    for place_id, *counts in _seen(stocktake, place):
        numbers = found.setdefault(place_id, Numbers())
        numbers.found, numbers.surplus, numbers.elsewhere, numbers.unknown = (count or 0 for count in counts)
    for place_id, away in _away(stocktake, place):
        found.setdefault(place_id, Numbers()).away = away
    return found


def total(numbers: dict[int, Numbers], opened: set[int]) -> Numbers:
    """All rooms added up; what stands in rooms that nobody opened is uncounted, never missing."""
    whole = Numbers()
    for place, each in numbers.items():
        whole.add(each)
        if place not in opened:
            whole.uncounted += max(each.expected - each.away, 0)
    return whole


def opened_places(stocktake: Stocktake) -> set[int]:
    rows = Room.select(Room.place).where(Room.stocktake == stocktake, Room.opened_at.is_null(False))
    return {place for (place,) in rows.tuples()}


def _of(query: peewee.ModelSelect, column: peewee.Field, place: int | None) -> peewee.ModelSelect:
    query = query.group_by(column)
    return (query.where(column == place) if place is not None else query).tuples()


def _expected(stocktake: Stocktake, place: int | None) -> peewee.ModelSelect:
    lines = BookLine.select(BookLine.place, SUM(BookLine.quantity)).where(BookLine.stocktake == stocktake)
    return _of(lines, BookLine.place, place)


def _seen(stocktake: Stocktake, place: int | None) -> peewee.ModelSelect:
    """Per room: found as in the book, surplus, elsewhere, unknown."""
    fits = CASE(None, [(Count.quantity < Count.book, Count.quantity)], Count.book)
    more = CASE(None, [(Count.quantity > Count.book, Count.quantity - Count.book)], 0)
    found = CASE(None, [(Count.verdict == "found", fits)], 0)
    surplus = CASE(
        None, [(Count.verdict == "found", more), (Count.verdict.in_(["surplus", "unlabelled"]), Count.quantity)], 0
    )
    elsewhere = CASE(None, [(Count.verdict == "elsewhere", 1)], 0)
    unknown = CASE(None, [(Count.verdict.in_(list(UNKNOWN)), 1)], 0)
    rows = Count.standing(stocktake).select(Count.place, SUM(found), SUM(surplus), SUM(elsewhere), SUM(unknown))
    return _of(rows, Count.place, place)


def _away(stocktake: Stocktake, place: int | None) -> peewee.ModelSelect:
    """Per room: of the book's things here, how many were found in another room."""
    rows = (
        Count.standing(stocktake)
        .select(Count.home, peewee.fn.COUNT(Count.id))
        .join(BookLine, on=(BookLine.stocktake == Count.stocktake) & (BookLine.asset == Count.asset))
        .where(Count.verdict == "elsewhere", BookLine.place == Count.home)
    )
    return _of(rows, Count.home, place)


def still_to_find(room: Room) -> peewee.ModelSelect:
    """The book's lines of a room that nobody has seen anywhere yet, with asset and code; things first, then batches.

    A batch is seen once it was counted in this very room.
    """
    from app.places.codes import Label

    seen = (
        Count.standing(room.stocktake)
        .select(peewee.SQL("1"))
        .where(Count.asset == BookLine.asset, (Count.place == BookLine.place) | ~Asset.is_batch)
    )
    code = Label.select(Label.code).where(Label.asset == BookLine.asset, Label.retired_at.is_null()).limit(1)
    return (
        BookLine.select(BookLine, Asset, code.alias("label_code"))
        .join(Asset)
        .where(BookLine.stocktake == room.stocktake_id, BookLine.place == room.place_id, ~peewee.fn.EXISTS(seen))
        .order_by(Asset.is_batch, Asset.name, Asset.number)
    )


def last_counts(room: Room, count: int) -> list[Count]:
    """What was counted last in a room, by anybody."""
    return list(Count.shown(room.stocktake).where(Count.place == room.place_id).limit(count))


def who_counts(stocktake: Stocktake) -> dict[int, list[str]]:
    """Place id → names of the people who have counted there, in one query."""
    from app.people.models import Person

    rows = (
        Count.select(Count.place, Person.name)
        .join(Person, on=(Count.by == Person.id))
        .where(Count.stocktake == stocktake)
        .distinct()
        .order_by(Count.place, Person.name)
        .tuples()
    )
    found: dict[int, list[str]] = {}
    for place, name in rows:
        found.setdefault(place, []).append(name)
    return found


def facts(stocktake: Stocktake) -> dict[str, Any]:
    """Everything the overview shows in numbers."""
    numbers, opened = by_room(stocktake), opened_places(stocktake)
    return {"numbers": numbers, "total": total(numbers, opened), "opened": len(opened)}
