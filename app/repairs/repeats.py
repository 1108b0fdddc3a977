"""Things that break again and again, or cost more than they are worth: the office is offered to write them off."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import peewee

from app.assets.models import Asset
from app.db import days_between
from app.places.models import Place
from app.repairs.models import Ticket
from app.repairs.records import RecordFilter, counted

TIMES, WITHIN = 3, timedelta(days=90)  # three faults in ninety days
MOST = 200
LEFT = peewee.JOIN.LEFT_OUTER


@dataclass(frozen=True)
class Repeat:
    """A thing and why it is here. count: its reports in the period; close: whether three of them lay within ninety
    days; cost and value in fen, cost of all its repairs so far, value None where the ledger has no price."""

    asset: Any
    count: int
    close: bool
    cost: int
    value: int | None

    @property
    def dear(self) -> bool:
        """Whether its repairs cost more than half of its value."""
        return bool(self.value) and self.cost * 2 > self.value

    @property
    def share(self) -> float | None:
        return self.cost / self.value if self.value else None


def close_together(filter: RecordFilter) -> peewee.ModelSelect:
    """Ids of single things with three reports within ninety days, the last of them in the period.

    Of a batch nobody knows whether it was the same chair again, so batches are left out; planned work is no fault.
    """
    earlier = Ticket.alias()
    before = peewee.fn.LAG(Ticket.day, TIMES - 1).over(
        partition_by=[Ticket.asset], order_by=[Ticket.day, Ticket.serial]
    )
    reach = (filter.period.start - WITHIN, filter.period.end)
    several = (
        earlier.select(earlier.asset)
        .where(earlier.day.between(*reach), earlier.asset.is_null(False))
        .group_by(earlier.asset)
        .having(peewee.fn.COUNT(earlier.id) >= TIMES)
    )
    rows = (
        Ticket.select(Ticket.asset.alias("asset_id"), Ticket.day.alias("day"), before.alias("before"))
        .where(Ticket.asset.in_(several), Ticket.day.between(*reach), counted(), Ticket.planned_for.is_null())
        .alias("faults")
    )
    near = days_between(rows.c.before, rows.c.day) <= WITHIN.days
    return (
        peewee.Select([rows], [rows.c.asset_id])
        .where(rows.c.before.is_null(False), near, rows.c.day >= filter.period.start)
        .distinct()
    )


def repeats(filter: RecordFilter, who: Any) -> list[Repeat]:
    """What ought to be written off perhaps, dearest against its value first. Two queries."""
    near = {id for (id,) in close_together(filter).bind(Ticket._meta.database).tuples()}
    inside = filter.narrow(Ticket.select(Ticket.asset).where(Ticket.asset.is_null(False)))
    cost = peewee.fn.SUM(Ticket.parts_cost + Ticket.outside_cost)
    count = peewee.fn.SUM(peewee.Case(None, [(Ticket.day.between(filter.period.start, filter.period.end), 1)], 0))
    query = (
        Asset.visible_to(who)
        .select(Asset, Place, count.alias("times"), cost.alias("cost"))
        .join(Place, LEFT, on=(Asset.place == Place.id))
        .join_from(Asset, Ticket, on=(Ticket.asset == Asset.id))
        .where(Asset.id.in_(inside), counted(), ~Asset.is_batch, Asset.state != "disposed")
        .group_by(Asset.id, Place.id)
        .having(Asset.id.in_(list(near)) | ((Asset.unit_price > 0) & (cost * 2 > Asset.unit_price)))
        .order_by(cost.desc())
        .limit(MOST)
    )
    found = [Repeat(row, row.times, row.id in near, row.cost or 0, row.unit_price) for row in query]
    return sorted(found, key=lambda each: (-(each.share or 0), -each.count))
