"""The ledger as it stood on a day: what was where, who kept it, which office was in charge.

It is reckoned backwards: what is on the shelves now, less what came since and more what left since. So yesterday
costs little, and no page has to add up all rows since the school was founded. Names, categories and prices are those
of today's cards, so that two days can be compared; rooms, keepers and offices are those of the day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import peewee

from app import clock
from app.assets.keeping import Keeping
from app.assets.ledger import Movement
from app.assets.models import Asset, Category, Shelf
from app.people.models import Office, Person
from app.places.models import Place

BY = ("category", "office", "place", "holder")
LEFT = peewee.JOIN.LEFT_OUTER


class Total(NamedTuple):
    """What stood under one heading: its id (None: none), its row, cards, things, and fen where a price is known."""

    id: int | None
    name: str
    cards: int
    quantity: int
    value: int


@dataclass(frozen=True)
class Book:
    """The ledger at the end of `day`. Each of the others narrows it down: one asset, a place with all its rooms,
    what a person kept, an office was in charge of, a category holds; `who`: what this reader may see."""

    day: date
    asset: Asset | None = None
    place: Place | None = None
    holder: Person | None = None
    office: Office | None = None
    category: Category | None = None
    who: Any = None

    @property
    def moment(self) -> datetime:
        """The first moment that no longer counts."""
        return clock.utc(self.day + timedelta(days=1))

    # Answers

    def balance(self) -> int:
        """How many things there were."""
        return self._standing().select(peewee.fn.COALESCE(peewee.fn.SUM(self._held.c.quantity), 0)).scalar()

    def lines(self) -> peewee.ModelSelect:
        """What was where, by room and name. Rows are assets with `quantity`, category, and the room, keeper and
        office of that day as `there`, `kept_by` and `in_charge`."""
        floor, building = Place.alias(), Place.alias()
        return (
            self._standing()
            .select(Asset, self._held.c.quantity.bind_to(Asset), Category, Place, floor, building, Person, Office)
            .join_from(Place, floor, LEFT, on=(Place.parent == floor.id), attr="parent")
            .join_from(floor, building, LEFT, on=(floor.parent == building.id), attr="parent")
            .order_by(building.position, building.id, floor.position, floor.id, Place.position, Place.id, Asset.name,
                      Asset.id)
        )  # fmt: skip

    def totals(self, by: str) -> list[Total]:
        """Sums by `category`, `office`, `place` or `holder`, in one query."""
        key, name, order = {
            "category": (Category.id, Category.name, Category.code),
            "office": (Office.id, Office.name, Office.id),
            "place": (Place.id, Place.name, Place.position),
            "holder": (Person.id, Person.name, Person.initials),
        }[by]
        quantity, sums = self._held.c.quantity, peewee.fn.SUM
        rows = (
            self._standing()
            .select(
                key, name, peewee.fn.COUNT(Asset.id.distinct()), sums(quantity),
                sums(quantity * peewee.fn.COALESCE(Asset.unit_price, 0)),
            )
            .group_by(key, name, order)
            .order_by(order, key)
        )  # fmt: skip
        return [Total(id, label or "", cards, things, value) for id, label, cards, things, value in rows.tuples()]

    # How it is reckoned

    def __post_init__(self) -> None:
        object.__setattr__(self, "_held", self.shelves().alias("held"))

    def _standing(self) -> peewee.ModelSelect:
        """Assets with the shelves of that day and whoever kept them then."""
        held, then = self._held, Keeping.alias()
        last = then.select(peewee.fn.MAX(then.id)).where(then.asset == Asset.id, then.at < self.moment)
        query = (
            Asset.select()
            .join(held, on=(held.c.asset_id == Asset.id))
            .join_from(Asset, Category)
            .join_from(Asset, Place, on=(Place.id == held.c.place_id), attr="there")
            .join_from(Asset, Keeping, LEFT, on=(Keeping.id == last))
            .join_from(Asset, Person, LEFT, on=(Keeping.person == Person.id), attr="kept_by")
            .join_from(Asset, Office, LEFT, on=(Keeping.office == Office.id), attr="in_charge")
        )
        if self.category is not None:
            query = query.where(Asset.category == self.category)
        if self.holder is not None:
            query = query.where(Keeping.person == self.holder)
        if self.office is not None:
            query = query.where(Keeping.office == self.office)
        return query if self.who is None else query.where(Asset.id.in_(Asset.visible_to(self.who).select(Asset.id)))

    def shelves(self) -> peewee.Select:
        """asset_id, place_id and quantity of everything that stood somewhere at that moment, for other queries."""
        since = Movement.at >= self.moment
        now = self._narrow(Shelf.select(Shelf.asset, Shelf.place, Shelf.quantity), Shelf.asset, Shelf.place)
        left = Movement.select(Movement.asset, Movement.source, Movement.quantity).where(
            since, Movement.source.is_null(False)
        )
        came = Movement.select(Movement.asset, Movement.target, Movement.quantity * -1).where(
            since, Movement.target.is_null(False)
        )
        left = self._narrow(left, Movement.asset, Movement.source)
        came = self._narrow(came, Movement.asset, Movement.target)
        each = now.where(Shelf.quantity > 0).union_all(left).union_all(came).alias("each")
        total = peewee.fn.SUM(each.c.quantity)
        return (
            peewee.Select([each], [each.c.asset_id, each.c.place_id, total.alias("quantity")])
            .group_by(each.c.asset_id, each.c.place_id)
            .having(total > 0)
        )

    def _narrow(self, query: peewee.ModelSelect, asset: peewee.Field, place: peewee.Field) -> peewee.ModelSelect:
        """What concerns one asset or place alone is all that is read."""
        if self.asset is not None:
            query = query.where(asset == self.asset)
        if self.place is not None:
            query = query.where(place == self.place if self.place.is_room else place.in_(self.place.within()))
        if self.holder is not None:
            query = query.where(asset.in_(Keeping.select(Keeping.asset).where(Keeping.person == self.holder)))
        return query
