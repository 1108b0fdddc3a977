"""Leavers (离校清退): what is in someone's name, where it goes, who confirms, and the certificate at zero.

What is left is never stored: it is asked of the rows that say so, each time. So nothing can be forgotten by entering
it late, and a certificate tells the truth of the day on which its code is scanned.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import clock, journal
from app.approvals.models import Ask, Need, Slip
from app.assets import ledger
from app.custody.boxes import ClearanceBox, ClearanceMark
from app.custody.holdings import KINDS, Holding, holdings, in_words
from app.custody.models import Going, before_going
from app.custody.requests import Request
from app.db import Day, Moment, Row, writing
from app.errors import Refused
from app.numbers import number_of
from app.people.models import Office, Person, before_close
from app.places import codes
from app.words import day as day_words

journal.says({
    "clearance.opened": _l("opened the clearance of %(name)s, last day %(day)s"),
    "clearance.cancelled": _l("ended the clearance of %(name)s: %(reason)s"),
    "clearance.certified": _l("certified that %(name)s has cleared everything, certificate %(number)s"),
    "clearance.revoked": _l("took the certificate %(number)s back: %(reason)s"),
    "clearance.handing": _l("asked %(taker)s to take over: %(things)s"),
    "clearance.handed": _l("took over from %(giver)s: %(things)s"),
    "clearance.left_open": _l("left without a successor: %(things)s; %(reason)s"),
})  # fmt: skip


# What is left -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenSlip:
    """A slip that someone asked for, or that waits for just this person: its table and id."""

    table: str
    id: int
    asked: bool  # waits for the person's own agreement


def open_slips(person: Person) -> list[OpenSlip]:
    """Slips of every noun that are not over: asked for, or waiting for this person by name. A request that was
    agreed to and not fetched counts too."""
    mine = (Ask.applicant == person.id) | (Ask.person == person.id)
    # What a leaver asked a colleague to take over is still in the name, and counted there.
    counts = (Ask.slip != Handover._meta.table_name) | (Ask.person == person.id)
    rows = Ask.select(Ask.slip, Ask.slip_id, Ask.person).where(Ask.at.is_null(), mine, counts)
    found = {(row.slip, row.slip_id): OpenSlip(row.slip, row.slip_id, row.person_id == person.id) for row in rows}
    table = Request._meta.table_name
    for row in Request.select(Request.id).where(Request.applicant == person, Request.is_standing()):
        found[table, row.id] = OpenSlip(table, row.id, False)
    return list(found.values())


@dataclass
class Left:
    """What stands between a leaver and the certificate."""

    holdings: list[Holding]
    slips: list[OpenSlip]
    boxes: list[ClearanceMark]

    def __len__(self) -> int:
        return len(self.holdings) + len(self.slips) + len(self.boxes)

    @property
    def told(self) -> str:
        """How many are left, then which."""
        return ngettext(
            "%(num)s thing is left: %(what)s", "%(num)s things are left: %(what)s", len(self), what=self.sentence
        )

    @property
    def sentence(self) -> str:
        """`2 borrowed or issued, 1 class teacher, keys`: how many of each, the boxes by name."""
        counts = {kind: sum(each.kind == kind for each in self.holdings) for kind in KINDS}
        times = "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}"
        parts = [f"{KINDS[kind].words}{times}{count}" for kind, count in counts.items() if count]
        if self.slips:
            parts.append(ngettext("%(num)s open slip", "%(num)s open slips", len(self.slips)))
        return _(", ").join([*parts, *(mark.box.word for mark in self.boxes)])


# The leaver ---------------------------------------------------------------------------------------------------


class Clearance(Row):
    """Someone leaves the school (离校). Open until `ended_at`: certified, or cancelled because the person stays."""

    person = peewee.ForeignKeyField(Person, backref="clearances", index=False)
    destination = peewee.CharField(80, default="")
    last_day = Day()
    by = peewee.ForeignKeyField(Person, null=True, backref="clearances_opened", index=False)
    at = Moment(default=clock.now)
    ended_at = Moment(null=True)
    cancelled_by = peewee.ForeignKeyField(Person, null=True, backref="clearances_cancelled", index=False)
    cancelled_why = peewee.CharField(200, default="")

    class Meta:
        indexes = ((("person", "id"), False),)
        constraints = [peewee.Check("cancelled_by_id is null or ended_at is not null")]

    # Which

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Clearances with person, office and who opened them, newest first."""
        opener = Person.alias()
        left = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Person, Office, opener, Certificate)
            .join(Person, on=(cls.person == Person.id), attr="person")
            .join(Office, left, on=(Person.office == Office.id), attr="office")
            .join(opener, left, on=(cls.by == opener.id), src=cls, attr="by")
            .join(Certificate, left, on=(Certificate.clearance == cls.id), src=cls, attr="certificate")
            .order_by(cls.id.desc())
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office and the heads of school; the own one for everybody; those with a box of one's own."""
        if who.may("clearance.all"):
            return cls.shown()
        if not who.may("clearance.own"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        boxes = ClearanceMark.select(ClearanceMark.clearance).join(ClearanceBox).where(ClearanceBox.is_for(who))
        return cls.shown().where((cls.person == who.id) | cls.id.in_(boxes))

    @classmethod
    def is_open(cls) -> peewee.Expression:
        return cls.ended_at.is_null()

    @classmethod
    def open_of(cls, person: Person) -> "Clearance | None":
        return cls.shown().where(cls.person == person, cls.is_open()).first()

    @classmethod
    def last_of(cls, person: Person) -> "Clearance | None":
        """The clearance that counts: the newest that was not cancelled."""
        return cls.shown().where(cls.person == person, cls.cancelled_by.is_null()).first()

    # Verbs

    @classmethod
    def open(cls, person: Person, by: Any, *, last_day: date, destination: str = "") -> "Clearance":
        """Somebody leaves: list what is in the name, and every box that the school has. One at a time."""
        with writing():
            if not Person.active().where(Person.id == person.id).exists():
                raise Refused(_("The account of %(person)s is switched off.", person=person.name))
            if cls.select().where(cls.person == person, cls.is_open()).exists():
                raise Refused(_("The clearance of %(person)s is already open.", person=person.name))
            row = cls.create(person=person, by=by, last_day=last_day, destination=destination)
            for box in ClearanceBox.in_use():
                ClearanceMark.create(clearance=row, box=box)
            for thing in (row, person):
                journal.record("clearance.opened", thing, by, name=person.name, day=last_day.isoformat())
        return row

    def cancel(self, by: Any, reason: str) -> None:
        """The person stays after all; what was handed over stays where it is."""
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with writing():
            self._must_be_open()
            self.ended_at, self.cancelled_by, self.cancelled_why = clock.now(), by, reason
            self.save(only=[Clearance.ended_at, Clearance.cancelled_by, Clearance.cancelled_why])
            for thing in (self, self.person):
                journal.record("clearance.cancelled", thing, by, name=self.person.name, reason=reason)

    def certify(self, by: Any) -> "Certificate":
        """Nothing is left: the certificate (结清证明). Refused otherwise, with what is left."""
        if by.id == self.person_id:
            raise Refused(_("Nobody certifies the own clearance; someone else of the office does."), 403)
        with writing():
            self._must_be_open()
            if left := self.left:
                raise Refused(_("Still in the name of %(person)s: %(left)s.",
                                person=self.person.name, left=left.sentence))  # fmt: skip
            certificate = Certificate.make(self, by)
            self.ended_at = clock.now()
            self.save(only=[Clearance.ended_at])
            for thing in (self, self.person):
                journal.record("clearance.certified", thing, by, name=self.person.name, number=certificate.number)
        return certificate

    def leave_open(self, by: Any, keys: Iterable[str], reason: str) -> int:
        """Back to the office, or without a successor for now: what was borrowed is back, a room has no keeper."""
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with writing():
            self._must_be_open()
            chosen = self.chosen(keys)
            _not_on_the_way(chosen)
            if kept := next((each for each in chosen if KINDS[each.kind].needs_taker), None):
                raise Refused(_("%(thing)s has to go to somebody: hand it to the custodian.", thing=kept.words))
            for each in chosen:
                KINDS[each.kind].pass_on(each.id, self.person, None, by, None)
            journal.record("clearance.left_open", self, by, things=in_words(chosen), reason=reason)
        return len(chosen)

    def chosen(self, keys: Iterable[str]) -> list[Holding]:
        """Those of what is in the name that were ticked; Refused when there are none."""
        keys = set(keys)
        found = [each for each in holdings(self.person) if each.key in keys]
        if not found:
            raise Refused(_("Please tick what it is about."), 422)
        return found

    def _must_be_open(self) -> None:
        fresh = Clearance.get_by_id(self.id)
        if fresh.ended_at is not None:
            words = _("This clearance was cancelled.") if fresh.cancelled_by_id else _("This clearance is certified.")
            raise Refused(words)

    # What can be said of it

    @property
    def left(self) -> Left:
        """What is left now; asked anew each time."""
        marks = [mark for mark in self.marks if mark.at is None]
        return Left(holdings(self.person), open_slips(self.person), marks)

    @property
    def marks(self) -> list[ClearanceMark]:
        return list(ClearanceMark.shown().where(ClearanceMark.clearance == self))

    @property
    def handovers(self) -> list["Handover"]:
        """Who was asked to take what over, with asks and items loaded."""
        rows = list(Handover.shown().where(Handover.clearance == self).order_by(Handover.id))
        Handover.load_asks(rows)
        Handover.load_items(rows)
        return rows

    @property
    def certified(self) -> "Certificate | None":
        """The certificate, loaded by shown()."""
        certificate = getattr(self, "certificate", None)
        return certificate if certificate is not None and certificate.id else None

    @property
    def state(self) -> str:
        """open, certified or cancelled."""
        if self.ended_at is None:
            return "open"
        return "cancelled" if self.cancelled_by_id else "certified"

    @property
    def state_word(self) -> str:
        return {"open": _("not finished"), "certified": _("cleared"), "cancelled": _("cancelled")}[self.state]

    @property
    def is_late(self) -> bool:
        """The last day has passed and something is left."""
        return self.ended_at is None and self.last_day < clock.today()


Clearance.add_index(
    Clearance.index(Clearance.person, unique=True, name="clearance_open", where=peewee.SQL("ended_at is null"))
)


class Certificate(Row):
    """The certificate that nothing is left in the name (结清证明), with a code that anybody can check."""

    clearance = peewee.ForeignKeyField(Clearance, unique=True, backref="certificates")
    code = peewee.CharField(codes.LENGTH, unique=True)
    by = peewee.ForeignKeyField(Person, null=True, backref="certificates_made", index=False)
    at = Moment(default=clock.now)
    revoked_at = Moment(null=True)
    revoked_by = peewee.ForeignKeyField(Person, null=True, backref="certificates_revoked", index=False)
    revoked_why = peewee.CharField(200, default="")

    class Meta:
        table_name = "clearance_certificate"

    @classmethod
    def make(cls, clearance: Clearance, by: Any) -> "Certificate":
        while cls.select().where(cls.code == (code := codes.new_code())).exists():
            pass
        return cls.create(clearance=clearance, code=code, by=by)

    @classmethod
    def of_code(cls, code: str) -> "Certificate | None":
        return (
            cls.select(cls, Clearance, Person)
            .join(Clearance)
            .join(Person, on=(Clearance.person == Person.id))
            .where(cls.code == code)
            .first()
        )

    def revoke(self, by: Any, reason: str) -> None:
        """It was given by mistake. The code answers so; the clearance stays closed, a new one can be opened."""
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with writing():
            if Certificate.select(Certificate.revoked_at).where(Certificate.id == self.id).scalar() is not None:
                raise Refused(_("This certificate was already taken back."))
            self.revoked_at, self.revoked_by, self.revoked_why = clock.now(), by, reason
            self.save(only=[Certificate.revoked_at, Certificate.revoked_by, Certificate.revoked_why])
            journal.record("clearance.revoked", self.clearance, by, number=self.number, reason=reason)

    @property
    def number(self) -> str:
        """`JQ2026-0007`: the year and a running number."""
        return number_of("JQ", self)

    @property
    def holds(self) -> bool:
        """Whether it is true today: not taken back, and nothing came into the name since."""
        person = self.clearance.person
        return self.revoked_at is None and not holdings(person)


# Handing over -------------------------------------------------------------------------------------------------


class Handover(Slip, Row):
    """A leaver's things and duties go to a colleague (移交), who confirms on the own phone. When the leaver asks, the
    office agrees after that."""

    clearance = peewee.ForeignKeyField(Clearance, backref="handover_rows")
    applicant = peewee.ForeignKeyField(Person, backref="handovers_asked", index=False)
    giver = peewee.ForeignKeyField(Person, backref="handovers_given", index=False)
    taker = peewee.ForeignKeyField(Person, backref="handovers_taken", index=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "clearance_handover"

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        giver, taker = Person.alias(), Person.alias()
        return (
            cls.select(cls, giver, taker)
            .join(giver, on=(cls.giver == giver.id), attr="giver")
            .join(taker, on=(cls.taker == taker.id), src=cls, attr="taker")
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """Those of the clearances one sees; and those one gives or takes."""
        if who.may("clearance.all"):
            return cls.shown()
        own = who.id if who.may("clearance.own") else None
        return cls.shown().where((cls.taker == own) | (cls.giver == own) | (cls.applicant == own))

    def needs(self) -> list[Need]:
        asked = [Need("taker", "taker", person=self.taker, party=True)]
        if self.applicant_id == self.giver_id:
            asked.append(Need("office", "office", role="custodian", step=2))
        return asked

    @classmethod
    def ask(cls, clearance: Clearance, taker: Person, by: Person, keys: Iterable[str]) -> "Handover":
        """Ask a colleague to take over what was ticked, by the office or by the leaver."""
        if by.id != clearance.person_id and not by.may("clearance.run"):
            raise Refused(_("Only the office, or the leaver, can hand this over."), 403)
        if taker.id == clearance.person_id:
            raise Refused(_("Somebody else has to take it over."), 422)
        with writing():
            clearance._must_be_open()
            if not Person.active().where(Person.id == taker.id).exists():
                raise Refused(_("The account of %(person)s is switched off.", person=taker.name))
            if Clearance.select().where(Clearance.person == taker, Clearance.is_open()).exists():
                raise Refused(_("%(person)s is leaving too.", person=taker.name))
            chosen = clearance.chosen(keys)
            _not_on_the_way(chosen)
            row = cls.create(clearance=clearance, applicant=by, giver=clearance.person, taker=taker)
            HandoverItem.add(row, chosen)
            things = in_words(chosen)
            for thing in (row, clearance):
                journal.record("clearance.handing", thing, by, taker=taker.name, things=things)
            row.ask_all(by)
        return row

    def settle(self, by: Any) -> None:
        """The colleague confirmed: everything that is still in the giver's name passes on."""
        passed = [item for item in self.items if KINDS[item.kind].pass_on(item.thing, self.giver, self.taker, by, self)]
        self._end_items()
        for thing in (self, self.clearance):
            journal.record("clearance.handed", thing, self.taker, giver=self.giver.name, things=in_words(passed))

    def fall(self, by: Any, reason: str) -> None:
        self._end_items()

    def _end_items(self) -> None:
        HandoverItem.update(ended_at=clock.now()).where(HandoverItem.handover == self).execute()

    @property
    def items(self) -> list["HandoverItem"]:
        if "_items" not in self.__dict__:
            Handover.load_items([self])
        return self._items

    @classmethod
    def load_items(cls, rows: "Sequence[Handover]") -> None:
        """The lines of several handovers in one query."""
        found: dict[int, list[HandoverItem]] = {row.id: [] for row in rows}
        for item in HandoverItem.select().where(HandoverItem.handover.in_(list(found))).order_by(HandoverItem.id):
            found[item.handover_id].append(item)
        for row in rows:
            row._items = found[row.id]


class HandoverItem(Row):
    """One line of a handover: which row of which kind, and what it was called when it was asked for."""

    handover = peewee.ForeignKeyField(Handover, backref="item_rows")
    kind = peewee.CharField(10)
    thing = peewee.IntegerField()
    words = peewee.CharField(120)
    number = peewee.CharField(40, default="")
    quantity = peewee.IntegerField(default=1)
    unit = peewee.CharField(8, default="")
    ended_at = Moment(null=True)

    class Meta:
        table_name = "clearance_handover_item"

    @property
    def kind_word(self) -> str:
        return str(KINDS[self.kind].words)

    @property
    def icon(self) -> str:
        return KINDS[self.kind].icon

    @classmethod
    def add(cls, handover: Handover, chosen: Sequence[Holding]) -> None:
        for each in chosen:
            cls.create(
                handover=handover, kind=each.kind, thing=each.id, words=each.words, number=each.number,
                quantity=each.quantity, unit=each.unit,
            )  # fmt: skip


HandoverItem.add_index(
    HandoverItem.index(
        HandoverItem.kind, HandoverItem.thing, unique=True, name="handover_once", where=peewee.SQL("ended_at is null")
    )
)


def _not_on_the_way(chosen: Sequence[Holding]) -> None:
    """The same thing is not handed to two people at once."""
    waiting = on_the_way(chosen)
    for each in chosen:
        if taker := waiting.get(each.key):
            raise Refused(_("%(thing)s already waits for %(person)s to take it over.",
                            thing=each.words, person=taker.name))  # fmt: skip


def on_the_way(chosen: Iterable[Holding]) -> dict[str, Person]:
    """What waits for a colleague to confirm: key of the holding → who, in one query."""
    ids = [each.id for each in chosen]
    rows = (
        HandoverItem.select(HandoverItem, Handover, Person)
        .join(Handover)
        .join(Person, on=(Handover.taker == Person.id), attr="taker")
        .where(HandoverItem.ended_at.is_null(), HandoverItem.thing.in_(ids))
    )
    return {f"{row.kind}-{row.thing}": row.handover.taker for row in rows}


# Rules for others ---------------------------------------------------------------------------------------------


def _nothing_left(person: Person) -> None:
    """The account of a leaver is switched off only when everything is cleared: says what is left."""
    clearance = Clearance.last_of(person)
    if clearance is None:
        return
    left = clearance.left
    if clearance.state == "certified":
        left = Left(left.holdings, left.slips, [])
    if left:
        raise Refused(_("Still in the name of %(person)s: %(left)s.", person=person.name, left=left.sentence))
    if clearance.state == "open":
        raise Refused(_("%(person)s has cleared everything; certify that first.", person=person.name))


def _leaver_gets_nothing(going: Going) -> None:
    """What would outlast the last day is not given to a leaver; after the certificate nothing is."""
    clearance = Clearance.last_of(going.person)
    if clearance is None:
        return
    if clearance.state == "certified":
        if clearance.certified.revoked_at is None:
            raise Refused(_("%(person)s is certified to hold nothing and to leave; nothing more is given out.",
                            person=going.person.name))  # fmt: skip
    elif going.until is None or going.until > clearance.last_day:
        raise Refused(_("%(person)s leaves on %(day)s and gets nothing beyond that day.",
                        person=going.person.name, day=day_words(clearance.last_day)))  # fmt: skip


ledger.SLIPS["clearance_handover"] = "clearance.handover"  # by it a kept thing gets another keeper
before_close.insert(0, _nothing_left)
before_going.append(_leaver_gets_nothing)
