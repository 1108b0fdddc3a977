"""The other boxes of a clearance (books, keys, finance …): a list that the school edits, ticked by whom it says."""

from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import Moment, Row, link, writing
from app.errors import Refused
from app.people.models import Person
from app.people.permissions import ROLES
from app.words import either

# What schools ask a leaver for besides property: (Chinese, English, role that ticks it).
BUILTIN = (
    ("图书借阅", "library books", "custodian"),
    ("电教设备", "teaching equipment", "custodian"),
    ("钥匙、门禁卡", "keys and door cards", "custodian"),
    ("宿舍", "dormitory", "director"),
    ("财务借款", "advances from finance", "finance"),
)

journal.says({
    "clearance.box_added": _l("added the box %(name)s to the list for leavers"),
    "clearance.box_changed": _l("changed the box %(name)s of the list for leavers"),
    "clearance.ticked": _l("ticked “%(name)s”: nothing outstanding"),
    "clearance.unticked": _l("took the tick of “%(name)s” back: %(reason)s"),
})  # fmt: skip


class ClearanceBox(Row):
    """One box: its name, and the role or the person who ticks it. Out of use it stays on old lists."""

    name = peewee.CharField(60, unique=True)
    name_en = peewee.CharField(80, default="")
    role = peewee.CharField(20, null=True)
    person = peewee.ForeignKeyField(Person, null=True, backref="clearance_boxes", index=False)
    position = peewee.IntegerField(default=0)
    used = peewee.BooleanField(default=True)

    class Meta:
        constraints = [peewee.Check("(role is null) <> (person_id is null)")]

    @property
    def word(self) -> str:
        """The name in the reader's language."""
        return either(self.name, self.name_en)

    @property
    def ticker(self) -> str:
        """Who ticks it, in words."""
        return self.person.name if self.person_id else str(ROLES.get(self.role, self.role))

    @classmethod
    def listed(cls) -> peewee.ModelSelect:
        return (
            cls.select(cls, Person)
            .join(Person, peewee.JOIN.LEFT_OUTER, attr="person")
            .order_by(cls.used.desc(), cls.position, cls.id)
        )

    @classmethod
    def in_use(cls) -> peewee.ModelSelect:
        return cls.select().where(cls.used).order_by(cls.position, cls.id)

    @classmethod
    def is_for(cls, who: Any) -> peewee.Expression:
        """The condition that `who` ticks it."""
        return (cls.person == who.id) | cls.role.in_(sorted(who.given_roles))

    @classmethod
    def add(
        cls, by: Any, name: str, role: str | None, person: Person | None = None, name_en: str = ""
    ) -> "ClearanceBox":
        """A new box, for clearances that are opened from now on."""
        with writing():
            _check_box(name, role, person)
            last = cls.select(peewee.fn.MAX(cls.position)).scalar() or 0
            box = cls.create(
                name=name, name_en=name_en, role=None if person else role, person=person, position=last + 1
            )
            journal.record("clearance.box_added", box, by, name=name)
        return box

    def change(
        self, by: Any, name: str, role: str | None, person: Person | None, name_en: str = "", used: bool = True
    ) -> None:
        """Another name, or another who ticks; out of use, it is not asked of the next leavers."""
        with writing():
            _check_box(name, role, person, self)
            self.name, self.name_en, self.used = name, name_en, used
            self.role, self.person = (None, person) if person else (role, None)
            self.save()
            journal.record("clearance.box_changed", self, by, name=name)


def _check_box(name: str, role: str | None, person: Person | None, but: ClearanceBox | None = None) -> None:
    if person is None and role not in ROLES:
        raise Refused(_("Please say who ticks it."), 422)
    twin = ClearanceBox.get_or_none(ClearanceBox.name == name)
    if twin is not None and twin != but:
        raise Refused(_("There is already a box %(name)s.", name=name), 422)


class ClearanceMark(Row):
    """A box on the list of one leaver; ticked when `at` is set."""

    clearance = link("Clearance", backref="mark_rows")
    box = peewee.ForeignKeyField(ClearanceBox, backref="marks", index=False)
    by = peewee.ForeignKeyField(Person, null=True, backref="clearance_marks", index=False)
    at = Moment(null=True)
    note = peewee.CharField(200, default="")

    class Meta:
        table_name = "clearance_mark"
        indexes = ((("clearance", "box"), True),)

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Marks with box, who ticks it and who did, in the order of the list."""
        ticker, by = Person.alias(), Person.alias()
        left = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, ClearanceBox, ticker, by)
            .join(ClearanceBox)
            .join(ticker, left, on=(ClearanceBox.person == ticker.id), attr="person")
            .join(by, left, on=(cls.by == by.id), src=cls, attr="by")
            .order_by(ClearanceBox.position, ClearanceBox.id)
        )

    @classmethod
    def waits_for(cls, who: Any) -> peewee.Expression:
        """The condition that a box of an open clearance, not the own one, waits for `who`."""
        clearance = cls.clearance.rel_model
        open_ones = clearance.select(clearance.id).where(clearance.ended_at.is_null(), clearance.person != who.id)
        boxes = ClearanceBox.select(ClearanceBox.id).where(ClearanceBox.is_for(who))
        return cls.at.is_null() & cls.clearance.in_(open_ones) & cls.box.in_(boxes)

    @classmethod
    def with_leavers(cls, rows: peewee.ModelSelect) -> peewee.ModelSelect:
        """The same marks with clearance and leaver loaded, by last day."""
        clearance, leaver = cls.clearance.rel_model, Person.alias()
        return (
            rows.select_extend(clearance, leaver)
            .join(clearance, on=(cls.clearance == clearance.id), src=cls, attr="clearance")
            .join(leaver, on=(clearance.person == leaver.id), attr="person")
            .order_by(clearance.last_day, cls.id)
        )

    def is_for(self, who: Any) -> bool:
        """Whether `who` ticks it: named, or by role; the leaver never ticks the own list."""
        if who.id is None or who.is_card or self.clearance.person_id == who.id:
            return False
        return self.box.person_id == who.id or self.box.role in who.given_roles

    def tick(self, by: Any, note: str = "") -> None:
        """Nothing is outstanding there."""
        if not self.is_for(by):
            raise Refused(_("“%(name)s” is ticked by %(who)s.", name=self.box.word, who=self.box.ticker), 403)
        with writing():
            self.clearance._must_be_open()
            done = ClearanceMark.update(at=clock.now(), by=by, note=note).where(
                ClearanceMark.id == self.id, ClearanceMark.at.is_null()
            )
            if not done.execute():
                raise Refused(_("“%(name)s” is already ticked.", name=self.box.word))
            journal.record("clearance.ticked", self.clearance, by, name=self.box.word)

    def untick(self, by: Any, reason: str) -> None:
        """Something turned up after all."""
        if not self.is_for(by):
            raise Refused(_("“%(name)s” is ticked by %(who)s.", name=self.box.word, who=self.box.ticker), 403)
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with writing():
            self.clearance._must_be_open()
            undone = ClearanceMark.update(at=None, by=None, note="").where(
                ClearanceMark.id == self.id, ClearanceMark.at.is_null(False)
            )
            if not undone.execute():
                raise Refused(_("“%(name)s” is not ticked.", name=self.box.word))
            journal.record("clearance.unticked", self.clearance, by, name=self.box.word, reason=reason)


def install_builtin() -> int:
    """Lay out the list when the school has none; returns how many boxes."""
    with writing():
        if ClearanceBox.select().exists():
            return 0
        for position, (name, name_en, role) in enumerate(BUILTIN):
            ClearanceBox.create(name=name, name_en=name_en, role=role, position=position)
    return len(BUILTIN)
