"""What lies ready to be lent or issued, and what an office has of it already: the grounds for asking and answering."""

from dataclasses import dataclass
from datetime import timedelta

import peewee

from app import clock
from app.assets.models import Asset, Category, Shelf
from app.custody.models import Custody
from app.people.models import Person
from app.places.models import Place


def lendable() -> peewee.ModelSelect:
    """What is there to be lent or issued: in a store room, or idle wherever it stands."""
    stores = Place.select(Place.id).where(Place.kind == "store")
    shelved = Shelf.select(Shelf.asset).where(Shelf.place.in_(stores), Shelf.quantity > 0)
    stored = Asset.place.in_(stores) | (Asset.is_batch & Asset.id.in_(shelved))
    return Asset.select().where(Asset.state.in_(["in_use", "idle"]) & (stored | (Asset.state == "idle")))


def lying_ready(category: Category, most: int = 200) -> list[Asset]:
    """What can be lent or issued of a category, whether it is in or out now, the first by number."""
    return list(lendable().where(Asset.category == category).order_by(Asset.number).limit(most))


@dataclass(frozen=True)
class Idle:
    """A thing that lies in the store and is in nobody's hands; `quantity` of a batch."""

    asset: Asset
    quantity: int


def idle_of(category: Category) -> list[Idle]:
    """What of a category is free now, in three queries."""
    things = lying_ready(category)
    ids = [asset.id for asset in things]
    out = dict(
        Custody.select(Custody.asset, peewee.fn.SUM(Custody.quantity))
        .where(Custody.asset.in_(ids), Custody.is_open())
        .group_by(Custody.asset)
        .tuples()
    )
    there = Shelf.totals(ids)
    left = [Idle(asset, there.get(asset.id, (0, 0))[0] - out.get(asset.id, 0)) for asset in things]
    return [each for each in left if each.quantity > 0]


def held_by_office(person: Person, category: Category) -> peewee.ModelSelect:
    """What the people of someone's office hold of a category now, the newest first; without an office, the person."""
    same = (Person.office == person.office_id) if person.office_id else (Person.id == person.id)
    return Custody.shown().where(Asset.category == category, Custody.is_open(), same).order_by(Custody.id.desc())


def issued_this_term(person: Person, category: Category) -> int:
    """How many of a category were handed out to someone's office in the last half year, whatever came back."""
    same = (Person.office == person.office_id) if person.office_id else (Person.id == person.id)
    since = clock.now() - timedelta(days=180)
    rows = (
        Custody.select(peewee.fn.COALESCE(peewee.fn.SUM(Custody.quantity), 0))
        .join(Asset)
        .switch(Custody)
        .join(Person, on=(Custody.person == Person.id))
        .where(Asset.category == category, same, Custody.at >= since, Custody.rest_of.is_null())
    )
    return rows.scalar()
