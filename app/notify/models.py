"""What was told, to whom, and whether they read it."""

from datetime import datetime
from typing import Any

import peewee

from app import clock
from app.db import JSON, Moment, Row, writing
from app.notify.events import sentence_of
from app.people import models as people
from app.people.models import Person

ICONS = {
    "urgent": "circle-alert",
    "assigned": "wrench",
    "soon": "clock",
    "late": "clock",
    "extended": "calendar",
    "fixed": "circle-check",
    "bad_rating": "message-square",
}


class Telling(Row):
    """Something that was told once, whoever reads it and wherever it is sent.

    `once` makes sure: the same kind with the same key is told only once ever, the database says so.
    """

    at = Moment(default=clock.now)
    kind = peewee.CharField(60)
    noun = peewee.CharField(30)
    noun_id = peewee.IntegerField(null=True)
    path = peewee.CharField(300)
    urgent = peewee.BooleanField(default=False)
    facts = JSON(default=dict)
    once = peewee.CharField(200, null=True, unique=True)

    @property
    def sentence(self) -> str:
        """What happened, in the language of the moment."""
        return sentence_of(self.kind, self.facts)

    @property
    def event(self) -> str:
        return self.kind.rpartition(".")[2]

    @property
    def icon(self) -> str:
        return "circle-alert" if self.urgent else ICONS.get(self.event, "bell")


class Notice(Row):
    """One telling in the inbox of one person."""

    telling = peewee.ForeignKeyField(Telling, backref="notices")
    person = peewee.ForeignKeyField(Person, backref="notices", index=False)
    read_at = Moment(null=True)

    class Meta:
        indexes = ((("telling", "person"), True), (("person", "id"), False))

    @property
    def at(self) -> datetime:
        return self.telling.at

    @property
    def sentence(self) -> str:
        return self.telling.sentence

    @classmethod
    def of(cls, who: Any) -> peewee.ModelSelect:
        """The inbox of someone, newest first, each with its telling."""
        return cls.select(cls, Telling).join(Telling).where(cls.person == who.id).order_by(cls.id.desc())

    @classmethod
    def unread_of(cls, who: Any) -> peewee.ModelSelect:
        return cls.of(who).where(cls.read_at.is_null())

    def read(self) -> None:
        """Note that it was read, at the first time."""
        with writing():
            Notice.update(read_at=clock.now()).where(Notice.id == self.id, Notice.read_at.is_null()).execute()

    @classmethod
    def read_all(cls, who: Any, upto: int) -> int:
        """All that someone had before them: what came after the notice `upto` stays unread. Returns how many."""
        mine = (cls.person == who.id) & cls.read_at.is_null() & (cls.id <= upto)
        with writing():
            return cls.update(read_at=clock.now()).where(mine).execute()


Notice.add_index(Notice.index(Notice.person, name="notice_unread", where=Notice.read_at.is_null()))
# The number in the top bar comes with the sign-in itself: it costs no page a query of its own.
people.comes_along["unread"] = lambda: Notice.select(peewee.fn.COUNT(Notice.id)).where(
    Notice.person == Person.id, Notice.read_at.is_null()
)
