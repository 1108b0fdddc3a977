"""Damage reports. A ticket is a row and its steps; how it stands is what the steps, read in order, amount to."""

from functools import cached_property
from typing import Any

import peewee
from flask_babel import gettext as _

from app import calendar, clock
from app.assets.models import Asset
from app.db import Day, Moment, Row
from app.disposals.disposal import Disposal
from app.people.models import DutyCard, Person
from app.photos.models import guard
from app.places.models import ClassGroup, Place
from app.repairs import deadlines
from app.repairs.answering import Answering
from app.repairs.filing import Filing
from app.repairs.kinds import KINDS, LONGEST, REASONS
from app.repairs.routes import Route
from app.repairs.standing import IN_WORK, LEVELS, OPEN, STATES, TO_TAKE, minutes
from app.repairs.steps import Step
from app.repairs.working import Working


class Ticket(Filing, Working, Answering, Row):
    """One damage report. The first columns say what was reported; the others repeat the Standing, so that lists and
    sums are one query. `_step` alone writes those, and `check_states()` proves them."""

    day = Day()
    serial = peewee.IntegerField()
    place = peewee.ForeignKeyField(Place, backref="tickets", index=False)
    asset = peewee.ForeignKeyField(Asset, null=True, backref="tickets", index=False)
    kind = peewee.CharField(12)
    words = peewee.CharField(LONGEST, default="")
    urgent = peewee.BooleanField(default=False)
    person = peewee.ForeignKeyField(Person, null=True, backref="tickets")
    card = peewee.ForeignKeyField(DutyCard, null=True, backref="tickets", index=False)
    caller = peewee.ForeignKeyField(Person, null=True, backref="called_tickets")
    caller_name = peewee.CharField(60, default="")
    source = peewee.CharField(40, default="")
    class_group = peewee.ForeignKeyField(ClassGroup, null=True, backref="tickets")
    planned_for = Day(null=True)
    at = Moment(default=clock.now)

    state = peewee.CharField(12)
    why = peewee.CharField(12, default="")
    worker = peewee.ForeignKeyField(Person, null=True, backref="repairs")
    cause = peewee.CharField(12, default="")
    talked = peewee.BooleanField(default=False)
    clock_from = Moment(null=True)
    running_from = Moment(null=True)
    arrived_at = Moment(null=True)
    fixed_at = Moment(null=True)
    extended_until = Moment(null=True)
    plain_minutes = peewee.IntegerField(null=True)
    school_minutes = peewee.IntegerField(null=True)
    on_time = peewee.BooleanField(null=True)
    on_time_extended = peewee.BooleanField(null=True)
    parts_cost = peewee.IntegerField(default=0)
    outside_cost = peewee.IntegerField(default=0)
    labour_minutes = peewee.IntegerField(default=0)
    rating = peewee.CharField(12, default="")
    auto_confirmed = peewee.BooleanField(default=False)
    merged_into = peewee.ForeignKeyField("self", null=True, backref="merged", index=False)
    disposal = peewee.ForeignKeyField(Disposal, null=True, backref="tickets", index=False)
    joined = peewee.IntegerField(default=0)
    said = peewee.IntegerField(default=0)
    last = peewee.IntegerField(default=0)

    class Meta:
        indexes = (
            (("day", "serial"), True),
            (("place", "state"), False),
            (("asset", "state"), False),
            (("state", "clock_from"), False),
            (("kind", "state"), False),
        )
        constraints = [peewee.Check("person_id is null or card_id is null")]

    def __str__(self) -> str:
        return self.number

    # How it reads

    @property
    def number(self) -> str:
        """`20261124-003`: the school's day and a running number."""
        return f"{self.day:%Y%m%d}-{self.serial:03}"

    @property
    def kind_word(self) -> str:
        return str(KINDS[self.kind][0])

    @property
    def icon(self) -> str:
        return KINDS[self.kind][1]

    @property
    def state_word(self) -> str:
        """待接单, 待配件 … in the reader's language; a ticket on hold says for what."""
        return str(REASONS[self.why] if self.state == "waiting" else STATES[self.state])

    @property
    def state_level(self) -> str:
        """Colour of the state's chip: late, soon, fine, info or none."""
        return LEVELS.get(self.state, "")

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def class_property(self) -> bool:
        """Whether a class answers for the thing (班级公物)."""
        return self.class_group_id is not None

    @property
    def cost(self) -> int:
        """Parts and contractors, in fen."""
        return self.parts_cost + self.outside_cost

    @property
    def clock(self) -> deadlines.Clock:
        return deadlines.Clock.of(
            self.clock_from, self.fixed_at, urgent=self.urgent, until=self.extended_until, planned_for=self.planned_for
        )

    @property
    def overdue(self) -> bool:
        """Whether it is open and past the promise, or past the new time that was granted."""
        return self.is_open and self.clock.late

    @property
    def plain_minutes_now(self) -> int:
        """Plain minutes until it was fixed, or until now while the clock runs."""
        running = deadlines.plain(self.running_from, clock.now()) if self.running_from else deadlines.NOTHING
        return (self.plain_minutes or 0) + minutes(running)

    @property
    def school_minutes_now(self) -> int:
        """School minutes by the calendar until it was fixed, or until now."""
        running = calendar.school_time(self.running_from, clock.now()) if self.running_from else deadlines.NOTHING
        return (self.school_minutes or 0) + minutes(running)

    @property
    def reporter(self) -> str:
        """Who noticed it: the caller it was filed for, the person, the card; 未登录 otherwise."""
        if self.caller_id or self.caller_name:
            return self.caller.name if self.caller_id else self.caller_name
        if self.person_id:
            return self.person.name
        return self.card.name if self.card_id else _("not signed in")

    @property
    def reporter_id(self) -> int | None:
        """The member of staff whose word ends it; None for cards, strangers and callers from outside."""
        if self.caller_id or self.caller_name:
            return self.caller_id
        return self.person_id

    @property
    def reporter_phone(self) -> str | None:
        if self.caller_name:
            return None
        person = self.caller if self.caller_id else self.person if self.person_id else None
        return person.phone if person else None

    @cached_property
    def receipt_secret(self) -> str:
        """What opens the reporter's own receipt without signing in."""
        return Step.select(Step.secret).where(Step.ticket == self, Step.kind == "reported").scalar()

    def steps(self) -> list[Step]:
        """Its life from the first step on, with the people and cards, one query."""
        return Step.of(self)

    # Which there are

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office, leaders and electricians; else the own ones (filed, called in, joined) and those
        of the rooms someone answers for or cleans, and what they have to repair. Nothing for cards and strangers:
        they have receipts."""
        if who.may("repairs.all"):
            return cls.select()
        if not who.may("repairs.list"):
            return cls.select().where(peewee.SQL("0 = 1"))
        rooms = Place.select(Place.id).where(Place.id.in_(Place.kept_by(who)) | (Place.cleaner == who))
        joined = Step.select(Step.ticket).where(Step.person == who, Step.kind == "joined")
        mine = cls._reported_by(who) | (cls.worker == who) | cls.kind.in_(Route.kinds_of(who))
        return cls.select().where(mine | cls.place.in_(rooms) | cls.id.in_(joined))

    @classmethod
    def _reported_by(cls, who: Person) -> peewee.Expression:
        return (cls.person == who) | (cls.caller == who)

    @classmethod
    def to_confirm_by(cls, who: Person) -> peewee.ModelSelect:
        """Fixed, and waiting for the word of who reported it."""
        own = (cls.caller == who) | ((cls.person == who) & cls.caller.is_null() & (cls.caller_name == ""))
        return cls.select().where(cls.state == "fixed", own)

    @classmethod
    def open_at(cls, place: Any = None, asset: Any = None) -> peewee.ModelSelect:
        """Open tickets of an asset, or of a place with all that is in it; newest first, asset's name joined."""
        here = (cls.asset == asset) if asset is not None else (cls.place == place)
        return (
            cls.select(cls, Asset.id, Asset.name)
            .join(Asset, peewee.JOIN.LEFT_OUTER)
            .where(here, cls.state.in_(OPEN))
            .order_by(cls.id.desc())
        )

    @classmethod
    def with_names(cls, query: peewee.ModelSelect) -> peewee.ModelSelect:
        """The same tickets with place, asset, reporter and worker joined: a row of a list costs no query."""
        floor, building, caller, worker = Place.alias(), Place.alias(), Person.alias(), Person.alias()
        left = peewee.JOIN.LEFT_OUTER
        return (
            query.select(
                cls,
                Place.id, Place.name, Place.kind, Place.parent,
                floor.id, floor.name, floor.kind, floor.parent,
                building.id, building.name, building.kind,
                Asset.id, Asset.name, Asset.number,
                Person.id, Person.name, Person.phone, DutyCard.id, DutyCard.name,
                caller.id, caller.name, caller.phone, worker.id, worker.name,
            )
            .join(Place, on=(cls.place == Place.id))
            .join(floor, left, on=(Place.parent == floor.id), attr="parent")
            .join(building, left, on=(floor.parent == building.id), attr="parent")
            .join_from(cls, Asset, left)
            .join_from(cls, Person, left, on=(cls.person == Person.id))
            .join_from(cls, DutyCard, left)
            .join_from(cls, caller, left, on=(cls.caller == caller.id), attr="caller")
            .join_from(cls, worker, left, on=(cls.worker == worker.id), attr="worker")
        )  # fmt: skip

    @classmethod
    def is_in_work(cls) -> peewee.Expression:
        """Whether somebody has to repair it."""
        return cls.state.in_((*TO_TAKE, *IN_WORK))

    @classmethod
    def is_late(cls) -> peewee.Expression:
        """Open, and past the promise, its planned day, or the new time that was granted; as `overdue`."""
        return cls.state.in_(OPEN) & (cls._since(deadlines.late_before, "<") | cls._missed()) & cls._not_extended()

    @classmethod
    def is_soon(cls) -> peewee.Expression:
        """Nearly late, or late."""
        return cls.state.in_(OPEN) & (cls._since(deadlines.soon_before, "<=") | cls._missed()) & cls._not_extended()

    @classmethod
    def _since(cls, before: Any, sign: str) -> peewee.Expression:
        """Whether the clock runs since before a moment, which is another for urgent repairs: they never pause."""

        def runs(urgent: bool) -> peewee.Expression:
            return peewee.Expression(cls.clock_from, sign, before(urgent=urgent))

        return (cls.urgent & runs(True)) | (~cls.urgent & runs(False))

    @classmethod
    def _missed(cls) -> peewee.Expression:
        return cls.planned_for < clock.today()

    @classmethod
    def _not_extended(cls) -> peewee.Expression:
        return cls.extended_until.is_null() | (cls.extended_until < clock.now())


def _may_see_photos(who: Any, step_id: int) -> bool:
    ticket = Step.select(Step.ticket).where(Step.id == step_id)
    return Ticket.visible_to(who).where(Ticket.id.in_(ticket)).exists()


guard("ticket_step", _may_see_photos, story=lambda id: Step.get_by_id(id).ticket)
