"""Who holds what: what stands on a card in their name, what was handed out to them, what they have on loan."""

from dataclasses import dataclass, replace
from typing import Any

import peewee

from app.assets.models import Asset, Shelf
from app.custody.models import Custody, Return
from app.people.models import Office, Person
from app.reports import asked
from app.reports.filters import ReportFilter
from app.reports.groups import GROUPS


@dataclass(frozen=True)
class Holder:
    """How many things someone has: kept by the card (with their value in fen), issued, on loan, of these late."""

    id: int
    name: str
    office: str
    kept: int
    value: int
    issued: int
    lent: int
    late: int

    @property
    def quantity(self) -> int:
        return self.kept + self.issued + self.lent


def holders(filter: ReportFilter, who: Any) -> list[Holder]:
    """Everybody who has something, by office; three queries."""
    kept = {sums.keys[0]: sums for sums in asked.sums(filter, GROUPS["keeper"], who) if sums.keys[0]}
    taken = _taken(filter, who)
    people = (
        Person.select(Person.id, Person.name, Office.name)
        .join(Office, peewee.JOIN.LEFT_OUTER, on=(Person.office == Office.id))
        .where(Person.id.in_([*kept, *taken]))
        .order_by(Office.id.is_null(), Office.id, Person.id)
    )
    return [
        Holder(id, name, office or "", *_of_the_card(kept.get(id)), *taken.get(id, (0, 0, 0)))
        for id, name, office in people.tuples()
    ]


def _of_the_card(sums: asked.Sums | None) -> tuple[int, int]:
    return (sums.quantity, sums.value) if sums else (0, 0)


def _taken(filter: ReportFilter, who: Any) -> dict[int, tuple[int, int, int]]:
    """Of each person: how many things are issued, on loan, late. The keeper of the filter is the holder here."""
    end = filter.until
    how_many = peewee.fn.COALESCE(Return.quantity, Custody.quantity)  # what came back later was still out that day
    loan, late = Custody.kind == "loan", Custody.due_on < filter.day
    query = (
        Custody.select(Custody.person, *(peewee.fn.SUM(peewee.Case(None, [(each, how_many)], 0))
                                         for each in (~loan, loan, loan & late)))
        .join(Asset)
        .join_from(Custody, Return, peewee.JOIN.LEFT_OUTER, on=(Custody.returned == Return.id))
        .where(Custody.at < end, Return.at.is_null() | (Return.at >= end))
        .group_by(Custody.person)
    )  # fmt: skip
    for condition in replace(filter, keeper=None).of_the_card(who):
        query = query.where(condition)
    if filter.keeper:
        query = query.where(Custody.person == filter.keeper)
    if filter.place:
        held = filter.held
        query = query.where(Asset.id.in_(
            peewee.Select([held], [held.c.asset_id]).where(held.c.place_id.in_(filter.inside))
        ))  # fmt: skip
    return {person: tuple(int(number or 0) for number in counts) for person, *counts in query.tuples()}


def how_many() -> int:
    """How many people have something now."""
    kept = Asset.select(Asset.keeper).join(Shelf).where(Asset.keeper.is_null(False), Shelf.quantity > 0)
    return (kept | Custody.select(Custody.person).where(Custody.is_open())).count()
