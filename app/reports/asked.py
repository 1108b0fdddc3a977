"""The questions that reports ask, each one query: sums by group, sums of all, single lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import peewee

from app.assets.keeping import Keeping
from app.assets.models import Asset, Category
from app.people.models import Office, Person
from app.places.models import Place
from app.repairs.models import OPEN, Ticket
from app.reports.filters import ReportFilter
from app.reports.groups import BUILDING, FLOOR, HOUSE, Group

LEFT = peewee.JOIN.LEFT_OUTER
UNFIT = ("repair", "to_dispose", "disposed")


@dataclass(frozen=True)
class Sums:
    """What a group, or all of it, comes to. lines: one for each card and room. value in fen of what has a price;
    `unpriced` things have none.

    good: in use or idle, with no open report. faulty: under repair, or reported broken. The rest is to be disposed of.
    """

    lines: int = 0
    cards: int = 0
    quantity: int = 0
    value: int = 0
    unpriced: int = 0
    good: int = 0
    faulty: int = 0
    keys: tuple[Any, ...] = field(default=(), compare=False)

    @property
    def rest(self) -> int:
        return self.quantity - self.good - self.faulty

    @property
    def rate(self) -> float | None:
        """The good-condition rate (完好率), 0 to 1."""
        return self.good / self.quantity if self.quantity else None


def _tables(filter: ReportFilter, who: Any) -> tuple[peewee.ModelSelect, peewee.Column]:
    """Everything that stood somewhere by the filter, one row for each asset and place, and its quantity. Office and
    Person are who was in charge and who kept it."""
    held = filter.held
    query = (
        Asset.visible_to(who)
        .join(held, on=(held.c.asset_id == Asset.id))
        .join_from(Asset, Category)
        .join_from(Asset, Place, on=(held.c.place_id == Place.id))
        .join(FLOOR, LEFT, on=(Place.parent == FLOOR.id))
        .join(BUILDING, LEFT, on=(FLOOR.parent == BUILDING.id))
    )
    for condition in _conditions(filter, who):
        query = query.where(condition)
    return _with_keepers(query, filter), held.c.quantity


def _with_keepers(query: peewee.ModelSelect, filter: ReportFilter) -> peewee.ModelSelect:
    """Now the card says who keeps it; for a past day the row of keeping that was the last one then."""
    kept = Asset
    if filter.on is not None:
        kept, then = Keeping, Keeping.alias()
        last = then.select(peewee.fn.MAX(then.id)).where(then.asset == Asset.id, then.at < filter.until)
        query = query.join_from(Asset, Keeping, LEFT, on=(Keeping.id == last))
    person = kept.keeper if kept is Asset else kept.person
    return query.join_from(Asset, Office, LEFT, on=(kept.office == Office.id)).join_from(
        Asset, Person, LEFT, on=(person == Person.id)
    )


def _conditions(filter: ReportFilter, who: Any) -> list[peewee.Expression]:
    """What is asked of the card as it is, of the room, and of who kept it."""
    kept = {"office": Office.id, "keeper": Person.id}
    open_end = {"without": ""} if filter.without in kept else {}
    found = replace(filter, office=None, keeper=None, **open_end).of_the_card(who)
    found += [column == getattr(filter, name) for name, column in kept.items() if getattr(filter, name)]
    if open_end:
        found.append(kept[filter.without].is_null())
    if filter.place:
        found.append(Place.id.in_(filter.inside))
    return found


def _measures(quantity: peewee.Column) -> list[Any]:
    """Lines, cards, things, value, things without a price, things in good order, things that are broken."""
    add, good, faulty = peewee.fn.SUM, *_condition(quantity)
    price = peewee.fn.COALESCE(Asset.unit_price, 0)
    no_price = peewee.Case(None, [(Asset.unit_price.is_null(), quantity)], 0)
    counts = [peewee.fn.COUNT(Asset.id), peewee.fn.COUNT(Asset.id.distinct())]
    return [*counts, *map(add, (quantity, quantity * price, no_price, good, faulty))]


def _condition(quantity: peewee.Column) -> tuple[Any, Any]:
    """How many of a line are in good order and how many are broken. A report about a batch is about one of it,
    in the room where it was made."""
    reports = Ticket.select(peewee.fn.COUNT(Ticket.id)).where(
        Ticket.asset == Asset.id, Ticket.state.in_(OPEN), ~Asset.is_batch | (Ticket.place == Place.id)
    )
    broken = peewee.Case(None, [(reports >= quantity, quantity)], reports)
    good = peewee.Case(None, [(Asset.state.in_(UNFIT), 0)], quantity - broken)
    faulty = peewee.Case(None, [(Asset.state == "repair", quantity), (Asset.state.in_(UNFIT), 0)], broken)
    return good, faulty


def sums(filter: ReportFilter, group: Group, who: Any) -> list[Sums]:
    """One row for each group, in the group's order."""
    query, quantity = _tables(filter, who)
    rows = query.select(*group.keys, *_measures(quantity)).group_by(*group.keys, *group.order).order_by(*group.order)
    return [_sums(row, len(group.keys)) for row in rows.tuples()]


def total(filter: ReportFilter, who: Any) -> Sums:
    """What it comes to altogether."""
    query, quantity = _tables(filter, who)
    return _sums(query.select(*_measures(quantity)).tuples().get(), 0)


def added(rows: Sequence[Sums]) -> Sums:
    """The same from the sums of all groups, which must have no card in common (`group.parts`)."""
    numbers = (tuple(getattr(row, name) for name in MEASURES) for row in rows)
    return Sums(*map(sum, zip(*numbers, strict=True)))


MEASURES = ("lines", "cards", "quantity", "value", "unpriced", "good", "faulty")


def _sums(row: tuple[Any, ...], keys: int) -> Sums:
    return Sums(*(int(number or 0) for number in row[keys:]), keys=row[:keys])


LINE = {
    "id": Asset.id, "number": Asset.number, "finance_number": Asset.finance_number, "name": Asset.name,
    "brand": Asset.brand, "model": Asset.model, "unit": Asset.unit, "unit_price": Asset.unit_price,
    "acquired_on": Asset.acquired_on, "source": Asset.source, "fund": Asset.fund,
    "warranty_until": Asset.warranty_until, "state": Asset.state,
    "category": Category.name, "category_en": Category.name_en, "life": Category.life_years,
    "place": Place.name, "floor": FLOOR.name, "floor_kind": FLOOR.kind, "building": BUILDING.name,
    "building_kind": BUILDING.kind, "office": Office.name, "keeper": Person.name,
}  # fmt: skip


def lines(filter: ReportFilter, group: Group, who: Any) -> peewee.ModelSelect:
    """Single lines, one for each asset and room, those of a group together; rows carry the names of LINE,
    `quantity`, and the group's keys as `key_0`…"""
    query, quantity = _tables(filter, who)
    columns = [column.alias(name) for name, column in LINE.items()]
    keys = [key.alias(f"key_{number}") for number, key in enumerate(group.keys)]
    order = [*group.order, Asset.number, *HOUSE]
    return query.select(*columns, quantity.alias("quantity"), *keys).order_by(*order).namedtuples()


def in_groups(rows: Any, group: Group) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each line with the keys of its group."""
    count = len(group.keys)
    for row in rows:
        yield tuple(row[-count:]), row


@dataclass(frozen=True)
class Glance:
    """The numbers on the cards: sums of all, and how many things are idle, past their life, near the warranty's end."""

    whole: Sums
    idle: int
    life: int
    warranty: int


def glance(who: Any) -> Glance:
    """All of it in one query."""
    query, quantity = _tables(ReportFilter(), who)
    day = ReportFilter().day
    which = (Asset.state == "idle", Asset.past_life(day), Asset.warranty_ending(day))
    counts = [peewee.fn.SUM(peewee.Case(None, [(each, quantity)], 0)) for each in which]
    row = query.select(*_measures(quantity), *counts).tuples().get()
    return Glance(_sums(row[: -len(which)], 0), *(int(number or 0) for number in row[-len(which) :]))
