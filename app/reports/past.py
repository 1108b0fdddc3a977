"""How many of each thing stood where on the evening of a day."""

from datetime import date, datetime, timedelta

import peewee

from app import clock
from app.assets.ledger import Movement
from app.assets.models import Shelf
from app.db import Row


def after(day: date) -> datetime:
    """The first moment that is no longer that day."""
    return clock.utc(day + timedelta(days=1))


def held_on(day: date | None) -> peewee.Select:
    """asset_id, place_id and quantity of everything that stood somewhere; None is this moment.

    A past day is told backwards from the shelves: what has happened since is few rows, the whole ledger is many.
    """
    if day is None:
        return Shelf.select(Shelf.asset, Shelf.place, Shelf.quantity).where(Shelf.quantity > 0)
    since = Movement.at >= after(day)
    shelves = Shelf.select(Shelf.asset, Shelf.place, Shelf.quantity)
    left = Movement.select(Movement.asset, Movement.source, Movement.quantity).where(since, ~Movement.source.is_null())
    came = Movement.select(Movement.asset, Movement.target, Movement.quantity * -1).where(
        since, ~Movement.target.is_null()
    )
    told = shelves.union_all(left).union_all(came).alias("told")
    quantity = peewee.fn.SUM(told.c.quantity)
    return (
        Row.select(told.c.asset_id, told.c.place_id, quantity.alias("quantity"))
        .from_(told)
        .group_by(told.c.asset_id, told.c.place_id)
        .having(quantity > 0)
    )
