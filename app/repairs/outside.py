"""Repairs by a firm from outside (外修): who, for how much, approved by whom, done when, guaranteed until."""

from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _

from app.db import Day, Row, link, writing
from app.errors import Refused
from app.repairs.steps import Step

MOST_FEN = 10**10


class Outside(Row):
    """A ticket in the hands of a firm. Quote and cost in fen; each step of it names its person and time."""

    ticket = link("Ticket", backref="outside_jobs", index=False)
    firm = peewee.CharField(60)
    contact = peewee.CharField(40, default="")
    phone = peewee.CharField(30, default="")
    quote = peewee.IntegerField(null=True)
    note = peewee.CharField(200, default="")
    cost = peewee.IntegerField(null=True)
    invoice = peewee.CharField(60, default="")
    guarantee_until = Day(null=True)
    sent = peewee.ForeignKeyField(Step, unique=True, backref="sent_jobs")
    agreed = peewee.ForeignKeyField(Step, null=True, unique=True, backref="agreed_jobs")
    came = peewee.ForeignKeyField(Step, null=True, unique=True, backref="came_jobs")
    done = peewee.ForeignKeyField(Step, null=True, unique=True, backref="done_jobs")

    class Meta:
        table_name = "ticket_outside"
        indexes = ((("ticket", "id"), False),)
        constraints = [peewee.Check("quote is null or quote >= 0"), peewee.Check("cost is null or cost >= 0")]

    @classmethod
    def of(cls, ticket: Any) -> list["Outside"]:
        """All jobs of a ticket, oldest first."""
        return list(cls.select().where(cls.ticket == ticket).order_by(cls.id))

    @classmethod
    def to_approve(cls) -> peewee.ModelSelect:
        """Quotes that wait for the office, oldest first, with their tickets."""
        ticket = cls.ticket.rel_model
        query = cls.select(cls, ticket).join(ticket)
        return query.where(cls.agreed.is_null(), cls.done.is_null(), ticket.state == "contracted").order_by(cls.id)

    @property
    def is_running(self) -> bool:
        return self.done_id is None

    @classmethod
    def begin(
        cls, ticket: Any, by: Any, firm: str, contact: str, phone: str, quote: int | None, note: str
    ) -> "Outside":
        if not firm.strip():
            raise Refused(_("Please name the firm."), 422)
        _check_fen(quote)
        with writing():
            step = ticket._step("contracted", by, note=note, told={"firm": firm})
            return cls.create(ticket=ticket, firm=firm[:60], contact=contact[:40], phone=phone[:30], quote=quote,
                              note=note[:200], sent=step)  # fmt: skip

    def approve(self, by: Any) -> Step:
        """The office agrees to the firm and its quote."""
        with writing():
            self._refresh()
            if self.agreed_id is not None:
                raise Refused(_("%(name)s has already approved this.", name=self.agreed.person.name))
            return self._note("agreed", "out_agreed", by)

    def arrived(self, by: Any) -> Step:
        with writing():
            self._refresh()
            if self.came_id is not None:
                raise Refused(_("The arrival is noted already."))
            return self._note("came", "out_arrived", by)

    def finish(
        self, by: Any, cost: int = 0, invoice: str = "", guarantee_until: date | None = None, note: str = ""
    ) -> Step:
        """The firm is done: its bill in fen. The ticket is back in work: whoever looked at it reports it fixed.
        Refused before the office has agreed."""
        _check_fen(cost)
        with writing():
            self._refresh()
            if self.agreed_id is None:
                raise Refused(_("The office has to approve the firm and its quote first."))
            self.cost, self.invoice, self.guarantee_until = cost, invoice[:60], guarantee_until
            return self._note("done", "out_done", by, cost=cost, note=note)

    def _refresh(self) -> None:
        """What others noted meanwhile."""
        fresh = Outside.get_by_id(self.id)
        self.agreed, self.came, self.done = fresh.agreed, fresh.came, fresh.done
        if self.done_id is not None:
            raise Refused(_("The firm is done already."))

    def _note(self, column: str, kind: str, by: Any, **facts: Any) -> Step:
        ticket = Outside.ticket.rel_model.get_by_id(self.ticket_id)
        step = ticket._step(kind, by, **facts)
        setattr(self, column, step)
        self.save()
        return step


def _check_fen(fen: int | None) -> None:
    if fen is not None and not 0 <= fen < MOST_FEN:
        raise Refused(_("That is no sum of money."), 422)
