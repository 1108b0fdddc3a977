"""What happens to a ticket: one row for each step, with person and time. Never changed; a wrong one is answered by
the next."""

import secrets
from typing import Any

import peewee
from flask_babel import gettext as _

from app import clock
from app.db import Moment, Row, link
from app.disposals.disposal import Disposal
from app.people.models import DutyCard, Person
from app.repairs.kinds import CAUSES, LONGEST, METHODS, RATINGS, REASONS
from app.repairs.standing import MOVES
from app.words import exact


class Step(Row):
    """One thing that happened to a ticket.

    `kind` is a key of MOVES; which of the other columns are filled depends on it: `worker` who was assigned, `until`
    the new time of an extension, `cost` (fen) the parts of a repair or the bill of a contractor, `into` the ticket
    it was merged into. `mark` names a reporter or joiner one-way, so that a phone counts once; `secret` opens their
    receipt.
    """

    append_only = True

    ticket = link("Ticket", backref="step_rows", index=False)
    serial = peewee.IntegerField()
    kind = peewee.CharField(12)
    at = Moment(default=clock.now)
    person = peewee.ForeignKeyField(Person, null=True, index=False)
    card = peewee.ForeignKeyField(DutyCard, null=True, index=False)
    note = peewee.CharField(LONGEST, default="")
    reason = peewee.CharField(12, default="")
    method = peewee.CharField(12, default="")
    minutes = peewee.IntegerField(null=True)
    rating = peewee.CharField(12, default="")
    cause = peewee.CharField(12, default="")
    talked = peewee.BooleanField(default=False)
    worker = peewee.ForeignKeyField(Person, null=True, index=False)
    until = Moment(null=True)
    cost = peewee.IntegerField(null=True)
    advice = peewee.CharField(LONGEST, default="")
    into = link("Ticket", null=True, index=False)
    disposal = peewee.ForeignKeyField(Disposal, null=True, index=False)
    mark = peewee.CharField(64, null=True)
    secret = peewee.CharField(32, null=True, unique=True)

    class Meta:
        table_name = "ticket_step"
        indexes = (
            (("ticket", "serial"), True),
            (("ticket", "mark"), True),
            (("person", "kind"), False),
        )
        constraints = [peewee.Check("person_id is null or card_id is null")]

    @property
    def kind_word(self) -> str:
        return str(MOVES[self.kind].word)

    @property
    def detail(self) -> str:
        """The preset words of the step: why it waits, for whom and until when, how it was fixed and rated."""
        tables = ((REASONS, self.reason), (METHODS, self.method), (RATINGS, self.rating), (CAUSES, self.cause))
        words = [str(table[key]) for table, key in tables if key]
        if self.worker_id:
            words.append(self.worker.name)
        if self.until:
            words.append(_("until %(time)s", time=exact(self.until)))
        return " · ".join(words)

    @property
    def place_id(self) -> int:
        return self.ticket.place_id

    @property
    def asset_id(self) -> int | None:
        return self.ticket.asset_id

    @classmethod
    def of(cls, ticket: Any) -> list["Step"]:
        """The life of a ticket from its first step on, with the people and cards, one query."""
        worker, left = Person.alias(), peewee.JOIN.LEFT_OUTER
        return list(
            cls.select(cls, Person.id, Person.name, DutyCard.id, DutyCard.name, worker.id, worker.name)
            .join(Person, left, on=(cls.person == Person.id))
            .join_from(cls, DutyCard, left)
            .join_from(cls, worker, left, on=(cls.worker == worker.id), attr="worker")
            .where(cls.ticket == ticket)
            .order_by(cls.serial)
        )

    @classmethod
    def of_secret(cls, secret: str) -> "Step | None":
        """The step whose receipt this secret opens."""
        return cls.get_or_none(cls.secret == secret) if len(secret) >= 22 else None


def new_secret() -> str:
    return secrets.token_urlsafe(18)  # 144 bits


def actor(by: Any) -> dict[str, int | None]:
    """The columns for who acts: a person, a card, or neither."""
    if by is None or by.id is None:
        return {"person": None, "card": None}
    return {"person": None, "card": by.id} if by.is_card else {"person": by.id, "card": None}
