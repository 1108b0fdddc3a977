"""More time for a repair (延期): asked with a reason and a new time, granted or refused by the director."""

from datetime import datetime
from typing import Any

import peewee
from flask_babel import gettext as _

from app import clock
from app.db import Moment, Row, database, link, writing
from app.errors import Refused
from app.repairs.kinds import REASONS
from app.repairs.steps import Step


class Extension(Row):
    """An extension that was asked for by `step`; `answer` is the step that granted or refused it. One of a ticket
    can wait at a time, before or after the limit. It never changes whether the promise itself was kept."""

    ticket = link("Ticket", backref="extensions", index=False)
    reason = peewee.CharField(12)
    until = Moment()
    note = peewee.CharField(200, default="")
    step = peewee.ForeignKeyField(Step, unique=True, backref="asked_extensions")
    answer = peewee.ForeignKeyField(Step, null=True, unique=True, backref="answered_extensions")

    class Meta:
        table_name = "ticket_extension"
        indexes = ((("ticket", "id"), False),)

    @property
    def reason_word(self) -> str:
        return str(REASONS[self.reason])

    @property
    def state(self) -> str:
        """asked, granted or denied."""
        if self.answer_id is None:
            return "asked"
        return "granted" if self.answer.kind == "extended" else "denied"

    @classmethod
    def of(cls, ticket: Any) -> list["Extension"]:
        """All of a ticket, oldest first, with their answers."""
        query = cls.select(cls, Step).join(Step, peewee.JOIN.LEFT_OUTER, on=(cls.answer == Step.id), attr="answer")
        return list(query.where(cls.ticket == ticket).order_by(cls.id))

    @classmethod
    def waiting_of(cls, ticket: Any) -> "Extension | None":
        return cls.get_or_none(cls.ticket == ticket, cls.answer.is_null())

    @classmethod
    def waiting(cls) -> peewee.ModelSelect:
        """Those that the director has to answer, of tickets that are still open; oldest first, with ticket."""
        ticket = cls.ticket.rel_model
        return cls.select(cls, ticket).join(ticket).where(cls.answer.is_null(), ticket.is_in_work()).order_by(cls.id)

    @classmethod
    def ask(cls, ticket: Any, by: Any, reason: str, until: datetime, note: str) -> "Extension":
        with writing():
            if until <= clock.now():
                raise Refused(_("The new time must lie in the future."), 422)
            if cls.waiting_of(ticket) is not None:
                raise Refused(_("More time is asked for already; the director has to answer first."))
            step = ticket._step("delay_asked", by, reason=reason, until=until, note=note)
            try:
                with database.atomic():
                    return cls.create(ticket=ticket, reason=reason, until=until, note=note, step=step)
            except peewee.IntegrityError:  # a database without IMMEDIATE acts: someone else was faster
                raise Refused(_("More time is asked for already; the director has to answer first.")) from None

    def grant(self, by: Any) -> Step:
        """The new time holds. Of two who answer one wins and the other is told."""
        return self._answer("extended", by, reason=self.reason, until=self.until)

    def deny(self, by: Any, note: str = "") -> Step:
        return self._answer("delay_denied", by, reason=self.reason, note=note)

    def _answer(self, kind: str, by: Any, **facts: Any) -> Step:
        with writing():
            fresh = type(self).get_by_id(self.id)
            if fresh.answer_id is not None:
                self.answer = fresh.answer
                raise Refused(_("%(name)s has already answered this.", name=fresh.answer.person.name))
            ticket = type(self).ticket.rel_model.get_by_id(self.ticket_id)
            self.answer = ticket._step(kind, by, **facts)
            self.save(only=[Extension.answer])
        return self.answer


Extension.add_index(Extension.index(peewee.SQL("ticket_id"), unique=True, name="ticket_extension_one_waits")
                    .where(peewee.SQL("answer_id IS NULL")))  # fmt: skip
