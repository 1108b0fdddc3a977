"""Damage reports. A ticket is a row and its steps; how it stands is what the steps, read in order, amount to."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.assets.models import Asset
from app.db import Day, Moment, Prepared, Row, digest, writing
from app.errors import Refused
from app.people.models import DutyCard, Person
from app.photos.models import Photo, guard
from app.places.models import Place
from app.repairs import deadlines

LONGEST = 500

# Kinds of damage: the word, its icon, and what belongs to it.
KINDS = {
    "water": (_l("water"), "droplets", _l("taps, drains, flushing")),
    "power": (_l("electricity"), "zap", _l("lights, sockets, fans")),
    "doors": (_l("doors, windows, locks"), "door-open", _l("glass too")),
    "furniture": (_l("desks and furniture"), "armchair", ""),
    "building": (_l("walls, floor, ceiling"), "brick-wall", _l("leaks, tiles")),
    "aircon": (_l("air conditioner"), "air-vent", ""),
    "media": (_l("screens and network"), "monitor", _l("projector, sound")),
    "canteen": (_l("canteen equipment"), "cooking-pot", ""),
    "drinking": (_l("drinking water"), "cup-soda", ""),
    "sports": (_l("sports gear"), "dumbbell", ""),
    "grounds": (_l("grounds and fences"), "trees", _l("manhole covers")),
    "safety": (_l("fire and security"), "fire-extinguisher", ""),
    "other": (_l("something else"), "circle-help", ""),
}
# What is likely broken at an asset, by the category's code (GB/T 14885), the longest head that fits.
LIKELY = {
    "A0201": "media", "A0202": "media", "A02061801": "canteen", "A02061802": "power", "A02061803": "power",
    "A02061804": "aircon", "A02061818": "drinking", "A02061819": "drinking", "A0209": "media",
    "A02091107": "safety", "A0246": "sports", "A05": "furniture", "A0502": "canteen",
}  # fmt: skip
METHODS = {
    "replaced": _l("replaced"),
    "tightened": _l("tightened"),
    "unblocked": _l("unblocked"),
    "adjusted": _l("adjusted"),
    "cleaned": _l("cleaned"),
    "temporary": _l("made do for now"),
    "other": _l("other"),
}
REASONS = {  # why a repair must wait
    "parts": _l("waits for parts"),
    "contractor": _l("waits for a contractor"),
    "warranty": _l("waits for the maker (guarantee)"),
    "purchase": _l("waits for a purchase to be approved"),
    "outage": _l("waits for water or power to be cut"),
    "holiday": _l("waits for days without lessons"),
    "weather": _l("waits for the weather"),
    "other": _l("waits"),
}
RATINGS = {
    "satisfied": _l("satisfied"),
    "mostly": _l("mostly satisfied"),
    "unsatisfied": _l("not satisfied"),
}
STATES = {
    "reported": _l("to be accepted"),
    "accepted": _l("to be taken"),
    "taken": _l("being repaired"),
    "waiting": _l("waits"),
    "fixed": _l("fixed, to be confirmed"),
    "confirmed": _l("done"),
    "reworked": _l("to be repaired again"),
    "refused": _l("sent back"),
    "voided": _l("void"),
}
TO_TAKE = ("reported", "accepted", "reworked")
IN_WORK = ("taken", "waiting")
OPEN = (*TO_TAKE, *IN_WORK)
ENDED = ("fixed", "confirmed", "refused", "voided")

# Each step: in which states it may be taken, and what it says in the ticket's own timeline.
MOVES = {
    "reported": ((), _l("reported")),
    "joined": (OPEN, _l("me too")),
    "accepted": (("reported",), _l("accepted")),
    "refused": (OPEN, _l("sent back")),
    "voided": ((*OPEN, "fixed"), _l("made void")),
    "taken": ((*TO_TAKE, "waiting"), _l("taken")),
    "waiting": (("taken",), _l("on hold")),
    "fixed": (OPEN, _l("fixed")),
    "confirmed": (("fixed",), _l("confirmed")),
    "reworked": (("fixed",), _l("not fixed yet")),
}

journal.says({
    "repairs.reported": _l("reported damage, ticket %(number)s"),
    "repairs.joined": _l("joined ticket %(number)s: me too"),
    "repairs.accepted": _l("accepted ticket %(number)s"),
    "repairs.refused": _l("sent ticket %(number)s back: %(note)s"),
    "repairs.voided": _l("made ticket %(number)s void: %(note)s"),
    "repairs.taken": _l("took ticket %(number)s"),
    "repairs.waiting": _l("put ticket %(number)s on hold"),
    "repairs.fixed": _l("fixed ticket %(number)s"),
    "repairs.confirmed": _l("confirmed the repair of ticket %(number)s"),
    "repairs.reworked": _l("sent ticket %(number)s back to be repaired again"),
})  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """How a ticket stands after its steps so far.

    `why` is a key of REASONS while it waits, `worker` the id of who took or fixed it. `clock_from` is the
    moment from which the hours count: time during which it stood as fixed, before it was sent back, is pushed
    out in front. `last` is the serial of the last step.
    """

    state: str = ""
    why: str = ""
    worker: int | None = None
    clock_from: datetime | None = None
    fixed_at: datetime | None = None
    joined: int = 0
    last: int = 0

    def after(self, step: Any) -> "Standing":
        """The standing one step later. `step` has serial, kind, at, person_id, card_id and reason."""
        now = replace(self, last=step.serial)
        if step.kind == "joined":
            return replace(now, joined=self.joined + 1)
        now = replace(now, state=step.kind, why=step.reason)
        if step.kind == "reported":
            signed_in = step.person_id is not None or step.card_id is not None
            return replace(now, clock_from=step.at if signed_in else None)
        if step.kind in ("accepted", "taken", "fixed"):
            now = replace(now, clock_from=self.clock_from or step.at)
        if step.kind in ("taken", "fixed"):
            now = replace(now, worker=step.person_id)
        if step.kind == "fixed":
            return replace(now, fixed_at=step.at)
        if step.kind == "reworked":
            stood = step.at - self.fixed_at
            return replace(now, clock_from=self.clock_from + stood, fixed_at=None)
        return now


class Ticket(Row):
    """One damage report. The second half of the columns repeats the Standing, so that lists are one query;
    `_step` alone writes it and `check_states()` proves it."""

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
    at = Moment(default=clock.now)

    state = peewee.CharField(12)
    why = peewee.CharField(12, default="")
    worker = peewee.ForeignKeyField(Person, null=True, backref="repairs")
    clock_from = Moment(null=True)
    fixed_at = Moment(null=True)
    joined = peewee.IntegerField(default=0)
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
        levels = {"taken": "info", "waiting": "soon", "fixed": "fine", "confirmed": "fine", "reworked": "late"}
        return levels.get(self.state, "")

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def clock(self) -> deadlines.Clock:
        return deadlines.Clock.of(self.clock_from, self.fixed_at)

    @property
    def overdue(self) -> bool:
        """Whether it is open and past the promise."""
        return self.is_open and self.clock.late

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

    def steps(self) -> list["Step"]:
        """Its life from the first step on, with the people and cards, one query."""
        return list(
            Step.select(Step, Person.id, Person.name, DutyCard.id, DutyCard.name)
            .join(Person, peewee.JOIN.LEFT_OUTER)
            .switch(Step)
            .join(DutyCard, peewee.JOIN.LEFT_OUTER)
            .where(Step.ticket == self)
            .order_by(Step.serial)
        )

    # Which there are

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office, leaders and electricians; else the own ones (filed, called in, joined) and those
        of the rooms someone answers for or cleans. Nothing for cards and strangers: they have receipts."""
        if who.may("repairs.all"):
            return cls.select()
        if not who.may("repairs.list"):
            return cls.select().where(peewee.SQL("0 = 1"))
        rooms = Place.select(Place.id).where(Place.id.in_(Place.kept_by(who)) | (Place.cleaner == who))
        joined = Step.select(Step.ticket).where(Step.person == who, Step.kind == "joined")
        return cls.select().where(cls._reported_by(who) | cls.place.in_(rooms) | cls.id.in_(joined))

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

    # Verbs

    @classmethod
    def report(
        cls,
        by: Any,
        place: Place,
        kind: str,
        words: str = "",
        asset: Asset | None = None,
        urgent: bool = False,
        photos: Iterable[Any] = (),
        caller: "Person | str | None" = None,
        source: str = "",
        device: str | None = None,
    ) -> "Ticket":
        """File a report. `by` is a Person, a DutyCard or None (not signed in); `caller` is the colleague or
        the name for whom someone files; `device` a phone's own random name, so that it can't join itself."""
        photos = list(photos)
        if kind not in KINDS:
            raise Refused(_("There is no kind of damage %(kind)s.", kind=kind), 422)
        if not words and not photos:
            raise Refused(_("Say in some words what is broken, or take a photo."), 422)
        with writing():
            last = _last_serial.first(clock.today())[0] or 0
            ticket = cls(
                day=clock.today(), serial=last + 1, at=clock.now(), place=place, asset=asset, kind=kind,
                words=words[:LONGEST], urgent=urgent, source=source, **_actor(by), **_caller(caller),
            )  # fmt: skip
            ticket._begin(by, photos, device)
        return ticket

    def _begin(self, by: Any, photos: Iterable[Any], device: str | None) -> None:
        """The row and its first step, whose standing it carries from the start."""
        first = Step(serial=1, kind="reported", at=self.at, secret=_secret(), **_actor(by))
        first.mark = self._mark(by, device)
        self._carry(Standing().after(first))
        self.save(force_insert=True)
        first.ticket = self
        first.save(force_insert=True)
        self.__dict__["receipt_secret"] = first.secret
        self._file(first, by, photos)

    def join(self, by: Any, device: str | None = None) -> "Step":
        """Me too: counted once for each person, card or phone. Who joined before gets the same step again."""
        with writing():
            mark = self._mark(by, device)
            if mark and (earlier := Step.get_or_none(Step.ticket == self, Step.mark == mark)):
                return earlier
            return self._step("joined", by, mark=mark, secret=_secret())

    def accept(self, by: Any) -> "Step":
        return self._step("accepted", by)

    def send_back(self, by: Any, note: str) -> "Step":
        """A wrong or double report goes back to who sent it, with a reason."""
        return self._step("refused", by, note=note)

    def void(self, by: Any, note: str) -> "Step":
        return self._step("voided", by, note=note)

    def take(self, by: Any) -> "Step":
        """Someone will repair it. Of two who take it at the same moment one wins and the other is told."""
        return self._step("taken", by)

    def wait(self, by: Any, reason: str, note: str = "") -> "Step":
        """On hold, for a key of REASONS. The clock runs on: waiting is shown, not hidden."""
        if reason not in REASONS:
            raise Refused(_("There is no reason %(reason)s.", reason=reason), 422)
        return self._step("waiting", by, reason=reason, note=note)

    def fix(
        self, by: Any, method: str, note: str = "", minutes: int | None = None, photos: Iterable[Any] = ()
    ) -> "Step":
        """Repaired, by a key of METHODS; the clock stops."""
        if method not in METHODS:
            raise Refused(_("There is no method %(method)s.", method=method), 422)
        return self._step("fixed", by, photos, method=method, note=note, minutes=minutes)

    def confirm(self, by: Any, rating: str = "", note: str = "") -> "Step":
        """The reporter agrees; `rating` is a key of RATINGS or empty."""
        if rating and rating not in RATINGS:
            raise Refused(_("There is no rating %(rating)s.", rating=rating), 422)
        return self._step("confirmed", by, rating=rating, note=note)

    def rework(self, by: Any, note: str, photos: Iterable[Any] = ()) -> "Step":
        """The reporter says that it is not fixed; the clock runs on from where it stopped."""
        return self._step("reworked", by, photos, note=note)

    def may_confirm(self, who: Any) -> bool:
        """Whoever reported, joined, answers for the room, or runs the office. Who files for a caller is not
        the reporter: an electrician does not confirm the own repair."""
        if not who.may("repairs.confirm"):
            return False
        if who.id == self.reporter_id or "director" in who.roles:
            return True
        joined = Step.select().where(Step.ticket == self, Step.kind == "joined", Step.person == who)
        keeps = Place.kept_by(who).where(Place.id == self.place_id)
        return who.id != self.worker_id and (joined.exists() or keeps.exists())

    def _step(self, kind: str, by: Any, photos: Iterable[Any] = (), **facts: Any) -> "Step":
        """Write one step and carry the standing along. The only function that changes a ticket's standing."""
        with writing():
            now = self._standing()
            if now.state not in MOVES[kind][0]:
                raise Refused(self._why_not(kind))
            step = Step(ticket=self, serial=now.last + 1, kind=kind, at=clock.now(), **_actor(by), **facts)
            after = now.after(step)
            step.save(force_insert=True)
            carried = Ticket.update(**vars(after)).where(Ticket.id == self.id, Ticket.last == now.last)
            if not carried.execute():
                raise Refused(_("Someone was faster. Please look at the ticket again."))
            self._carry(after)
            self._file(step, by, photos)
        return step

    def _standing(self) -> Standing:
        """How it stands in the database now, whatever this object remembers."""
        columns = list(Standing.__dataclass_fields__)
        row = Ticket.select(*(getattr(Ticket, name) for name in columns)).where(Ticket.id == self.id).tuples().get()
        self._carry(Standing(*row))
        return Standing(*row)

    def _carry(self, standing: Standing) -> None:
        for name, value in vars(standing).items():
            setattr(self, name, value)

    def _mark(self, by: Any, device: str | None) -> str | None:
        """Who reports or joins. A phone's mark is made with the ticket's number: it can't be followed elsewhere."""
        if by is not None and by.id is not None:
            return f"card:{by.id}" if by.is_card else f"person:{by.id}"
        return digest(self.number, device) if device else None

    def _why_not(self, kind: str) -> str:
        if kind == "taken" and self.state == "taken" and self.worker_id:
            return _("%(name)s has already taken this.", name=Person.get_by_id(self.worker_id).name)
        if not self.is_open and kind != "confirmed":
            return _("That can't be done any more: this ticket is “%(state)s”.", state=self.state_word)
        return _("That can't be done now: this ticket is “%(state)s”.", state=self.state_word)

    def _file(self, step: "Step", by: Any, photos: Iterable[Any]) -> None:
        Photo.attach(photos, step, by)
        facts = {"note": step.note} if step.kind in ("refused", "voided") else {}
        journal.record(
            f"repairs.{step.kind}", self, by, place=self.place_id, asset=self.asset_id, number=self.number, **facts
        )


_last_serial = Prepared(lambda day: Ticket.select(peewee.fn.MAX(Ticket.serial)).where(Ticket.day == day).tuples())


class Step(Row):
    """One thing that happened to a ticket. Never changed; a wrong one is answered by the next.

    `mark` names a reporter or joiner one-way, so that a phone counts once; `secret` opens their receipt.
    """

    append_only = True

    ticket = peewee.ForeignKeyField(Ticket, backref="step_rows", index=False)
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
        return str(MOVES[self.kind][1])

    @property
    def detail(self) -> str:
        """The preset word of the step: why it waits, how it was fixed, how it was rated."""
        tables = ((REASONS, self.reason), (METHODS, self.method), (RATINGS, self.rating))
        return next((str(table[key]) for table, key in tables if key), "")

    @property
    def place_id(self) -> int:
        return self.ticket.place_id

    @property
    def asset_id(self) -> int | None:
        return self.ticket.asset_id

    @classmethod
    def of_secret(cls, secret: str) -> "Step | None":
        """The step whose receipt this secret opens."""
        return cls.get_or_none(cls.secret == secret) if len(secret) >= 22 else None


def check_states() -> Iterator[str]:
    """Where a ticket's standing is not what its steps amount to: a sentence each. None, one hopes."""
    columns = list(Standing.__dataclass_fields__)
    steps = (
        Step.select(
            Step.ticket.alias("ticket_id"), Step.serial, Step.kind, Step.at, Step.reason,
            Step.person.alias("person_id"), Step.card.alias("card_id"),
        )
        .order_by(Step.ticket, Step.serial)
        .namedtuples()
        .iterator()
    )  # fmt: skip
    told = {}
    for ticket_id, own in groupby(steps, key=lambda step: step.ticket_id):
        standing = Standing()
        for step in own:
            standing = standing.after(step)
        told[ticket_id] = standing
    kept = Ticket.select(Ticket.id, *(getattr(Ticket, name) for name in columns)).order_by(Ticket.id)
    for id, *values in kept.tuples().iterator():
        by_steps, in_row = told.get(id, Standing()), Standing(*values)
        if by_steps != in_row:
            yield f"ticket {id}: steps say {by_steps}, the row says {in_row}"


def likely_kind(asset: Asset | None) -> str | None:
    """What is probably broken at an asset of this category, to save a tap."""
    if asset is None:
        return None
    code = asset.category.code
    heads = [head for head in LIKELY if code.startswith(head)]
    return LIKELY[max(heads, key=len)] if heads else None


def _may_see_photos(who: Any, step_id: int) -> bool:
    ticket = Step.select(Step.ticket).where(Step.id == step_id)
    return Ticket.visible_to(who).where(Ticket.id.in_(ticket)).exists()


guard("ticket_step", _may_see_photos, story=lambda id: Step.get_by_id(id).ticket)


def _secret() -> str:
    return secrets.token_urlsafe(18)  # 144 bits


def _actor(by: Any) -> dict[str, int | None]:
    """The columns for who acts: a person, a card, or neither."""
    if by is None or by.id is None:
        return {"person": None, "card": None}
    return {"person": None, "card": by.id} if by.is_card else {"person": by.id, "card": None}


def _caller(caller: "Person | str | None") -> dict[str, Any]:
    if isinstance(caller, str):
        return {"caller_name": caller[:60]}
    return {"caller": caller}
