"""What a repair used up: taps, tubes, locks, with how many and at what price."""

from collections.abc import Iterable, Sequence
from typing import Any

import peewee
from flask_babel import gettext as _

from app.db import Row, link
from app.errors import Refused
from app.repairs.steps import Step

MOST, DEAREST = 9999, 10**9  # of one part; fen


class Part(Row):
    """Part of a repair: `price` of one in fen. Never changed: the step that fixed it carries the sum."""

    append_only = True

    ticket = link("Ticket", backref="parts", index=False)
    step = peewee.ForeignKeyField(Step, backref="parts")
    name = peewee.CharField(60)
    amount = peewee.IntegerField(default=1)
    price = peewee.IntegerField(default=0)

    class Meta:
        table_name = "ticket_part"
        indexes = ((("ticket", "id"), False),)
        constraints = [peewee.Check("amount > 0"), peewee.Check("price >= 0")]

    @property
    def cost(self) -> int:
        """In fen."""
        return self.amount * self.price

    @classmethod
    def of(cls, ticket: Any) -> list["Part"]:
        """All of a ticket, in the order in which they were used."""
        return list(cls.select().where(cls.ticket == ticket).order_by(cls.id))

    @classmethod
    def note(cls, step: Step, parts: Iterable[tuple[str, int, int]]) -> None:
        for name, amount, price in parts:
            cls.create(ticket=step.ticket_id, step=step, name=name, amount=amount, price=price)


def checked_parts(parts: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """The parts as they are stored. Refused when one has no name, or amount or price make no sense."""
    for name, amount, price in parts:
        if not name.strip():
            raise Refused(_("Please name the part."), 422)
        if not 0 < amount <= MOST or not 0 <= (price or 0) < DEAREST:
            raise Refused(_("Please check the amount and the price of %(part)s.", part=name.strip()[:60]), 422)
    return [(name.strip()[:60], amount, price or 0) for name, amount, price in parts]
