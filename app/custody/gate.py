"""Gate passes (出门证): what may leave the school and where it goes; the guard scans the code and takes it, once."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.assets.models import Asset
from app.custody.models import Custody
from app.db import Day, Moment, Row, link, writing
from app.errors import Refused
from app.numbers import number_of
from app.people.models import Person
from app.places import codes
from app.words import day as day_words

VALID = timedelta(days=2)  # the day it is made and two more: a weekend, a car that comes a day later

journal.says({
    "gate.issued": _l("made the gate pass %(number)s for %(things)s"),
    "gate.taken": _l("let it out at the gate and took the gate pass %(number)s"),
    "gate.voided": _l("made the gate pass %(number)s void: %(reason)s"),
})  # fmt: skip


class GatePass(Row):
    """A numbered pass with a code of its own. It holds until the guard takes it, it is made void, or its days end."""

    code = peewee.CharField(codes.LENGTH, unique=True)
    request = link("Request", backref="gate_passes")
    unit = peewee.CharField(80)  # where it goes
    carrier = peewee.CharField(40, default="")
    person = peewee.ForeignKeyField(Person, backref="gate_passes", index=False)  # in whose name it is lent
    by = peewee.ForeignKeyField(Person, null=True, backref="gate_passes_made", index=False)
    at = Moment(default=clock.now)
    valid_until = Day(index=True)
    voided_at = Moment(null=True)
    voided_by = peewee.ForeignKeyField(Person, null=True, backref="gate_passes_voided", index=False)
    voided_why = peewee.CharField(200, default="")

    class Meta:
        table_name = "gate_pass"

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Passes with who made them, in whose name, and the guard's taking, in one query."""
        maker, guard = Person.alias(), Person.alias()
        left = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Person, maker, Passage, guard)
            .join(Person, on=(cls.person == Person.id), attr="person")
            .join(maker, left, on=(cls.by == maker.id), src=cls, attr="by")
            .join(Passage, left, on=(Passage.gate_pass == cls.id), src=cls, attr="passage")
            .join(guard, left, on=(Passage.by == guard.id), attr="by")
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All passes for the gate and for those who see who holds what; the own ones for everybody else."""
        if who.may("custody.gate") or who.may("custody.all"):
            return cls.shown()
        own = who.id if who.may("custody.own") else None
        return cls.shown().where(cls.person == own)

    @classmethod
    def standing(cls) -> peewee.ModelSelect:
        """Passes that the guard may still take, the oldest first."""
        return cls.shown().where(cls.is_standing()).order_by(cls.id)

    @classmethod
    def is_standing(cls) -> peewee.Expression:
        taken = Passage.select(Passage.gate_pass)
        return cls.voided_at.is_null() & (cls.valid_until >= clock.today()) & cls.id.not_in(taken)

    @classmethod
    def of_code(cls, code: str) -> "GatePass | None":
        return cls.shown().where(cls.code == code).first()

    @classmethod
    def issue(cls, request: Any, rows: Sequence[Custody], by: Any) -> "GatePass":
        """A pass for what was just handed over to another unit; inside the act that hands it over."""
        with writing():
            new = cls._create(
                request=request, unit=request.borrower, carrier=request.carrier, person=request.applicant, by=by,
                valid_until=clock.today() + VALID,
            )  # fmt: skip
            for row in rows:
                GatePassItem.create(gate_pass=new, custody=row)
            new._record("gate.issued", by, things=_(", ").join(each.words for each in new.items_shown))
        return new

    @classmethod
    def _create(cls, **fields: Any) -> "GatePass":
        while cls.select().where(cls.code == (code := codes.new_code())).exists():
            pass
        return cls.create(code=code, **fields)

    def take(self, by: Any, note: str = "") -> "Passage":
        """The guard lets the things out and takes the pass. Once: whoever comes second is told who took it when."""
        with writing():
            fresh = GatePass.shown().where(GatePass.id == self.id).get()
            if fresh.state != "valid":
                raise Refused(fresh.state_words)
            passage = Passage.create(gate_pass=self, by=by, note=note)
            self._record("gate.taken", by)
        return passage

    def void(self, by: Any, reason: str) -> None:
        """It does not count any more: the things stay, or a new pass is made."""
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with writing():
            fresh = GatePass.shown().where(GatePass.id == self.id).get()
            if fresh.state in ("taken", "void"):
                raise Refused(fresh.state_words)
            self.voided_at, self.voided_by, self.voided_why = clock.now(), by, reason
            self.save(only=[GatePass.voided_at, GatePass.voided_by, GatePass.voided_why])
            self._record("gate.voided", by, reason=reason)

    def remake(self, by: Any) -> "GatePass":
        """A new pass for the same things after the days of this one ended, or a paper was lost."""
        with writing():
            fresh = GatePass.shown().where(GatePass.id == self.id).get()
            if fresh.state == "taken":
                raise Refused(fresh.state_words)
            rows = [each.custody for each in self.items_shown if each.custody.returned_id is None]
            if not rows:
                raise Refused(_("Everything on this gate pass is back already."))
            if fresh.state != "void":
                self.void(by, _("a new pass was made"))
            return GatePass.issue(self.request, rows, by)

    def _record(self, action: str, by: Any, **facts: Any) -> None:
        """In the story of the pass, of the request and of every thing on it."""
        facts["number"] = self.number
        journal.record(action, self, by, **facts)
        journal.record(action, self.request, by, **facts)
        for each in self.items_shown:
            journal.record(action, each.custody, by, asset=each.custody.asset_id, **facts)

    # In words

    @property
    def number(self) -> str:
        """`CM2026-0007`: the year and a running number."""
        return number_of("CM", self)

    @property
    def taken(self) -> "Passage | None":
        """The guard's taking, loaded by shown()."""
        passage = getattr(self, "passage", None)
        return passage if passage is not None and passage.id else None

    @property
    def state(self) -> str:
        """valid, taken, void or over."""
        if self.taken:
            return "taken"
        if self.voided_at:
            return "void"
        return "valid" if clock.today() <= self.valid_until else "over"

    @property
    def state_word(self) -> str:
        return {"valid": _("valid"), "taken": _("taken"), "void": _("void"), "over": _("days are over")}[self.state]

    @property
    def state_words(self) -> str:
        """Why it can't be taken now."""
        passage = self.taken
        if passage:
            when = clock.local(passage.at)
            who = passage.by.name if passage.by_id else ""
            facts = {"time": when.strftime("%H:%M"), "day": day_words(when.date())}
            return _("%(guard)s has already taken the gate pass %(number)s at %(time)s on %(day)s.",
                     guard=who, number=self.number, **facts)  # fmt: skip
        if self.voided_at:
            return _("The gate pass %(number)s is void: %(reason)s", number=self.number, reason=self.voided_why)
        return _("The gate pass %(number)s is no longer valid; the office makes a new one.", number=self.number)

    @property
    def items_shown(self) -> list["GatePassItem"]:
        """What is on it, with the things loaded."""
        return items_of([self.id]).get(self.id, [])


class GatePassItem(Row):
    """One line of a gate pass."""

    append_only = True

    gate_pass = peewee.ForeignKeyField(GatePass, backref="items", index=False)
    custody = peewee.ForeignKeyField(Custody, backref="gate_pass_items")

    class Meta:
        table_name = "gate_pass_item"
        indexes = ((("gate_pass", "custody"), True),)

    @property
    def words(self) -> str:
        """`投影仪 × 1 台 (A0202-2026-0001)`."""
        row = self.custody
        return f"{row.asset.name} × {row.quantity} {row.asset.unit} ({row.asset.number})"


class Passage(Row):
    """The guard let the things out and took the pass. The database lets this happen once."""

    append_only = True

    gate_pass = peewee.ForeignKeyField(GatePass, unique=True, backref="passages")
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)
    note = peewee.CharField(200, default="")

    class Meta:
        table_name = "gate_passage"


def items_of(passes: Iterable[int]) -> dict[int, list[GatePassItem]]:
    """The lines of several passes by pass id, in one query."""
    found: dict[int, list[GatePassItem]] = {}
    rows = (
        GatePassItem.select(GatePassItem, Custody, Asset)
        .join(Custody)
        .join(Asset)
        .where(GatePassItem.gate_pass.in_(list(passes)))
        .order_by(GatePassItem.id)
    )
    for row in rows:
        found.setdefault(row.gate_pass_id, []).append(row)
    return found


def code_in(text: str) -> str:
    """The code in what a guard typed or scanned: the address around it goes, look-alikes are put right."""
    text = text.strip().rsplit("/g/", 1)[-1].rsplit("/G/", 1)[-1]
    return codes.tidy(text[:40])
