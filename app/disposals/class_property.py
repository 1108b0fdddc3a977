"""Class property lists (班级公物登记表): what stands in a class's room when a term begins, and how it ends.

A list is counted and signed twice, by the class teacher and by the office: at the start of the term and at its end.
What is signed stays as it is; a wrong count is opened again with a reason, and signed anew.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import calendar, clock, journal
from app.assets.models import Asset, Shelf
from app.calendar.days import SUMMER
from app.calendar.models import half_of
from app.db import Moment, Row, digest, writing
from app.errors import Refused
from app.people.models import Person
from app.places.models import ClassGroup, Place

STAGES = ("opening", "closing")
SIDES = {"teacher": _l("class teacher"), "office": _l("General Affairs Office")}
STATES = {
    "opening": _l("to be signed at the start"),
    "closing": _l("to be signed at the end"),
    "closed": _l("signed at start and end"),
}
MOST_LINES = 60
BEFORE_TERM = timedelta(days=14)
MOST = 100_000

journal.says({
    "class_property.begun": _l("made the property list of %(name)s for %(term)s: %(lines)s lines"),
    "class_property.counted_opening": _l("counted the property of %(name)s at the start of term"),
    "class_property.counted_closing": _l("counted the property of %(name)s at the end of term"),
    "class_property.signed_opening": _l("signed the property list of %(name)s at the start of term (%(parts)s)"),
    "class_property.signed_closing": _l("signed the property list of %(name)s at the end of term (%(parts)s)"),
    "class_property.reopened": _l("opened the property list of %(name)s again: %(reason)s"),
    "class_property.published": _l("confirmed and published the class property results of %(term)s"),
})  # fmt: skip
journal.calls({f"class_property.{side}": words for side, words in SIDES.items()})


# Terms ------------------------------------------------------------------------------------------------------


def term_of(day: date | None = None) -> str:
    """`2026-1`, `2026-2`: the term of the school's calendar; from two weeks before it begins the coming one, in the
    rest of the holidays the one that is over. Where no term is entered, August to January and February to July."""
    day = day or clock.today()
    coming = calendar.term_of(day) or calendar.term_of(day + BEFORE_TERM)
    last = calendar.term_near(day)
    if coming is None and last is not None and calendar.weekday_of(day) is None and day <= last.ends_on + SUMMER:
        coming = last
    return coming.code if coming is not None else f"{clock.school_year(day)}-{half_of(day)}"


def is_term(text: str) -> bool:
    return re.fullmatch(r"20\d\d-[12]", text) is not None


def term_words(term: str) -> str:
    """`2026–2027学年第一学期`, or `first term of 2026–2027`."""
    year, half = int(term[:4]), term[5:]
    words = _("first term of %(year)s–%(next)s") if half == "1" else _("second term of %(year)s–%(next)s")
    return words % {"year": year, "next": year + 1}


# Rows -------------------------------------------------------------------------------------------------------


class ClassProperty(Row):
    """The list of one class for one term. `room` is where the class sat when it was made."""

    term = peewee.CharField(6)
    group = peewee.ForeignKeyField(ClassGroup, backref="property_lists", index=False)
    room = peewee.ForeignKeyField(Place, null=True, backref="property_lists", index=False)
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)

    class Meta:
        indexes = ((("term", "group"), True), (("group", "term"), False))

    # How it reads

    @property
    def term_words(self) -> str:
        return term_words(self.term)

    @cached_property
    def signatures(self) -> list["Signature"]:
        """Those that stand, with people; load() fetches them for a whole list of lists."""
        return list(Signature.standing().where(Signature.list == self))

    @classmethod
    def load(cls, lists: Iterable["ClassProperty"]) -> None:
        """Fetch the signatures and the sums of many lists in two queries."""
        by_id = {row.id: row for row in lists}
        for row in by_id.values():
            row.signatures, row.sums = [], Sums()
        for signature in Signature.standing().where(Signature.list.in_(list(by_id))):
            by_id[signature.list_id].signatures.append(signature)
        for id, *numbers in Line.summed().where(Line.list.in_(list(by_id))).tuples():
            by_id[id].sums = Sums(*(number or 0 for number in numbers))

    @cached_property
    def lines(self) -> list["Line"]:
        return list(Line.select().where(Line.list == self).order_by(Line.position))

    @cached_property
    def sums(self) -> "Sums":
        row = Line.summed().where(Line.list == self).tuples().first()
        return Sums(*(number or 0 for number in row[1:])) if row else Sums()

    def signature(self, stage: str, side: str) -> "Signature | None":
        return next((each for each in self.signatures if (each.stage, each.side) == (stage, side)), None)

    @property
    def stage(self) -> str:
        """What it waits for: opening, closing, or closed when all four signatures stand."""
        for stage in STAGES:
            if not all(self.signature(stage, side) for side in SIDES):
                return stage
        return "closed"

    @property
    def state_word(self) -> str:
        return str(STATES[self.stage])

    @property
    def is_fixed(self) -> bool:
        """Whether somebody signed what is counted now, so that it stays as it is."""
        return self.stage == "closed" or any(each.stage == self.stage for each in self.signatures)

    @property
    def is_uncounted(self) -> bool:
        """Whether the end of term waits to be counted before anybody can sign it."""
        return self.stage == "closing" and self.sums.uncounted > 0

    def _signed_by(self, who: Any) -> bool:
        return any(each.by_id == who.id for each in self.signatures if each.stage == self.stage)

    @property
    def mark(self) -> str:
        """A mark of all counts: who signs signs what was on the screen."""
        rows = [f"{line.id}:{line.opening}:{line.good}:{line.closing}:{line.damaged}" for line in self.lines]
        return digest(*rows)[:16]

    # Which there are

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """With class, class teacher and room, from grade 1 class 1 on."""
        return (
            cls.select(cls, ClassGroup, Person, Place)
            .join(ClassGroup)
            .join(Person, peewee.JOIN.LEFT_OUTER, on=(ClassGroup.teacher == Person.id), attr="teacher")
            .switch(cls)
            .join(Place, peewee.JOIN.LEFT_OUTER, on=(cls.room == Place.id), attr="room")
            .order_by(ClassGroup.entry_year.desc(), ClassGroup.number)
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office and the leaders, those of the own class for its teacher."""
        if who.may("class_property.all"):
            return cls.shown()
        if not who.may("class_property.list"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        return cls.shown().where(ClassGroup.teacher == who.id)

    @classmethod
    def waiting_for(cls, who: Any, term: str) -> int:
        """How many lists of a term wait for this person's signature."""
        lists = list(cls.visible_to(who).where(cls.term == term))
        cls.load(lists)
        return sum(row.stage != "closed" and row.side_of(who) is not None for row in lists)

    # Who may

    def side_of(self, who: Any) -> str | None:
        """For which side `who` may sign now: the class teacher for the class, the office for itself, nobody for
        both; None when there is nothing to sign for them yet or any more."""
        if self.stage == "closed" or self.is_uncounted or self._signed_by(who):
            return None
        if self.group.teacher_id == who.id and who.may("class_property.list"):
            return "teacher" if self.signature(self.stage, "teacher") is None else None
        if who.may("class_property.manage") and self.signature(self.stage, "office") is None:
            return "office"
        return None

    def may_count(self, who: Any) -> bool:
        """The class teacher and the office count as long as nobody signed what is counted."""
        mine = self.group.teacher_id == who.id or who.may("class_property.manage")
        return mine and not self.is_fixed and not Publication.of(self.term)

    # Verbs

    @classmethod
    def begin(cls, group: ClassGroup, by: Any, term: str | None = None) -> "ClassProperty":
        """A list of what stands in the class's room by the ledger."""
        term = term or term_of()
        with writing():
            if cls.select().where(cls.term == term, cls.group == group).exists():
                raise Refused(_("%(name)s already has a list for this term.", name=group.name))
            if group.room_id is None:
                raise Refused(_("%(name)s has no room, so nothing can be listed.", name=group.name))
            return cls._make(group, by, term, standing_in([group.room_id]).get(group.room_id, []))

    @classmethod
    def begin_all(cls, by: Any, term: str | None = None) -> int:
        """Lists for all classes that have a room and none yet. Returns how many were made."""
        term = term or term_of()
        with writing():
            listed = cls.select(cls.group).where(cls.term == term)
            groups = list(ClassGroup.present().where(ClassGroup.room.is_null(False), ClassGroup.id.not_in(listed)))
            things = standing_in([group.room_id for group in groups])
            for group in groups:
                cls._make(group, by, term, things.get(group.room_id, []))
        return len(groups)

    @classmethod
    def _make(cls, group: ClassGroup, by: Any, term: str, things: list[tuple[str, str, int]]) -> "ClassProperty":
        row = cls.create(term=term, group=group, room=group.room_id, by=by)
        rows = [
            {"list": row.id, "position": number, "item": item[:60], "unit": unit, "opening": count, "good": count}
            for number, (item, unit, count) in enumerate(things[:MOST_LINES], 1)
        ]
        if rows:
            Line.insert_many(rows).execute()
        row._tell("class_property.begun", by, term=term, lines=len(rows))
        return row

    def count(self, by: Any, counts: Mapping[int, "Counted"], more: Sequence["More"] = ()) -> None:
        """Write down what was counted: {line id: Counted}, and at the start of term lines that the ledger does not
        know. Refused once somebody signed."""
        with writing():
            self._refresh()
            if not self.may_count(by):
                raise Refused(self._why_not_count)
            stage = self.stage
            for line in self.lines:
                if line.id in counts:
                    line.take(stage, counts[line.id])
            if stage == "opening":
                self._add(more)
            self._refresh()
            self._tell(f"class_property.counted_{stage}", by)

    def _add(self, more: Sequence["More"]) -> None:
        if len(self.lines) + len(more) > MOST_LINES:
            raise Refused(_("At most %(most)s lines, please.", most=MOST_LINES), 422)
        last = max((line.position for line in self.lines), default=0)
        for number, each in enumerate(more, last + 1):
            Line.create(list=self, position=number, **vars(each))

    @property
    def _why_not_count(self) -> str:
        if Publication.of(self.term):
            return _("The results of this term are published; nothing changes any more.")
        if self.is_fixed:
            return _("Somebody has signed these counts. The office can open the list again, with a reason.")
        return _("The class teacher and the office count, nobody else.")

    def sign(self, by: Any, seen: str) -> "Signature":
        """Sign what was counted. `seen` is the mark of the counts that were on the screen."""
        with writing():
            self._refresh()
            side = self.side_of(by)
            if side is None:
                raise Refused(self._why_not_sign(by))
            if seen != self.mark:
                raise Refused(_("The counts changed meanwhile. Please look at them again before signing."))
            stage = self.stage
            signature = Signature.create(list=self, stage=stage, side=side, by=by)
            self._refresh()
            self._tell(f"class_property.signed_{stage}", by, parts=[f"class_property.{side}"])
        return signature

    def _why_not_sign(self, who: Any) -> str:
        if self.stage == "closed":
            return _("This list is signed by both at the start and at the end.")
        if self.is_uncounted:
            return _("Please count every line before signing.")
        if self._signed_by(who):
            return _("You have signed this already; the other side signs too.")
        return _("The class teacher signs for the class and the office for itself.")

    def reopen(self, by: Any, reason: str) -> None:
        """Take back the newest signatures (both of the stage), so that a wrong count can be corrected."""
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with writing():
            self._refresh()
            if Publication.of(self.term):
                raise Refused(_("The results of this term are published; nothing changes any more."))
            signed = [stage for stage in STAGES if any(each.stage == stage for each in self.signatures)]
            if not signed:
                raise Refused(_("Nobody has signed yet; the counts can simply be changed."))
            Signature.update(undone_at=clock.now(), undone_by=by, undone_why=reason).where(
                Signature.list == self, Signature.stage == signed[-1], Signature.undone_at.is_null()
            ).execute()
            self._refresh()
            self._tell("class_property.reopened", by, reason=reason)

    def _refresh(self) -> None:
        for kept in ("signatures", "lines", "sums"):
            self.__dict__.pop(kept, None)

    def _tell(self, action: str, by: Any, **facts: Any) -> None:
        journal.record(action, self, by, place=self.room_id, name=self.group.name, **facts)


@dataclass(frozen=True)
class Sums:
    """Of a list: things at the start, good ones; at the end, damaged ones; lines not yet counted at the end."""

    opening: int = 0
    good: int = 0
    closing: int = 0
    damaged: int = 0
    uncounted: int = 0

    @property
    def missing(self) -> int:
        return max(self.opening - self.closing, 0)

    @property
    def rate(self) -> float | None:
        """The good-condition rate (完好率) at the end against the start, 0 to 1; None with nothing to count."""
        return min((self.closing - self.damaged) / self.opening, 1.0) if self.opening else None


@dataclass(frozen=True)
class Counted:
    """What someone counted of a line: how many there are, how many of them in good order or damaged, a note."""

    number: int
    of_these: int
    note: str = ""


@dataclass(frozen=True)
class More:
    """A line that the ledger does not know: windows, the blackboard, the door."""

    item: str
    unit: str
    opening: int
    good: int
    note: str = ""


class Line(Row):
    """One kind of thing: how many at the start, how many of them good (完好), how many at the end, how many damaged."""

    list = peewee.ForeignKeyField(ClassProperty, backref="line_rows", index=False)
    position = peewee.IntegerField()
    item = peewee.CharField(60)
    unit = peewee.CharField(8, default="")
    opening = peewee.IntegerField()
    good = peewee.IntegerField()
    closing = peewee.IntegerField(null=True)
    damaged = peewee.IntegerField(null=True)
    note = peewee.CharField(200, default="")

    class Meta:
        table_name = "class_property_line"
        indexes = ((("list", "position"), True),)
        constraints = [
            peewee.Check("opening >= 0 and good between 0 and opening"),
            peewee.Check("(closing is null) = (damaged is null)"),
            peewee.Check("closing is null or damaged between 0 and closing"),
        ]

    @property
    def missing(self) -> int:
        return 0 if self.closing is None else max(self.opening - self.closing, 0)

    @classmethod
    def summed(cls) -> peewee.ModelSelect:
        """(list, opening, good, closing, damaged, lines without a closing count) of each list."""
        total = peewee.fn.SUM
        uncounted = total(peewee.Case(None, ((cls.closing.is_null(), 1),), 0))
        return cls.select(
            cls.list, total(cls.opening), total(cls.good), total(cls.closing), total(cls.damaged), uncounted
        ).group_by(cls.list)

    def take(self, stage: str, counted: Counted) -> None:
        if not 0 <= counted.of_these <= counted.number <= MOST:
            raise Refused(_("%(item)s: no more can be good or damaged than there are.", item=self.item), 422)
        if stage == "opening":
            self.opening, self.good = counted.number, counted.of_these
        else:
            self.closing, self.damaged = counted.number, counted.of_these
        self.note = counted.note
        self.save()


class Signature(Row):
    """Somebody signed the counts of a stage, for the class or for the office. Taken back when the list is opened
    again; the row stays."""

    list = peewee.ForeignKeyField(ClassProperty, backref="signature_rows", index=False)
    stage = peewee.CharField(8)
    side = peewee.CharField(8)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    undone_at = Moment(null=True)
    undone_by = peewee.ForeignKeyField(Person, null=True, index=False)
    undone_why = peewee.CharField(200, default="")

    class Meta:
        table_name = "class_property_signature"
        constraints = [
            peewee.Check("stage in ('opening', 'closing')"),
            peewee.Check("side in ('teacher', 'office')"),
            peewee.Check("undone_at is null or undone_why <> ''"),
        ]

    @classmethod
    def standing(cls) -> peewee.ModelSelect:
        """Signatures that were not taken back, with the people."""
        return cls.select(cls, Person).join(Person, on=(cls.by == Person.id)).where(cls.undone_at.is_null())


# One signature of each side, by two different people.
for _name, _column in (("side", Signature.side), ("by", Signature.by)):
    Signature.add_index(
        Signature.index(
            Signature.list, Signature.stage, _column, unique=True, name=f"class_property_signed_{_name}",
            where=peewee.SQL("undone_at is null"),
        )
    )  # fmt: skip


class Publication(Row):
    """The director confirmed the results of a term; from then on all staff may read them, and nothing changes."""

    append_only = True

    term = peewee.CharField(6, unique=True)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "class_property_publication"

    @classmethod
    def of(cls, term: str) -> "Publication | None":
        return cls.select(cls, Person).join(Person).where(cls.term == term).first()

    @classmethod
    def publish(cls, term: str, by: Person) -> "Publication":
        """Refused as long as a list is not signed by both at start and end."""
        with writing():
            if standing := cls.of(term):
                raise Refused(_("%(person)s has already published these results.", person=standing.by.name))
            lists = list(ClassProperty.shown().where(ClassProperty.term == term))
            ClassProperty.load(lists)
            if not lists:
                raise Refused(_("There are no lists for this term."))
            if left := [row.group.name for row in lists if row.stage != "closed"]:
                names = _(", ").join(left[:5]) + ("…" if len(left) > 5 else "")
                raise Refused(
                    ngettext(
                        "%(num)s list is not signed yet: %(names)s.",
                        "%(num)s lists are not signed yet: %(names)s.",
                        len(left), names=names,
                    )
                )  # fmt: skip
            row = cls.create(term=term, by=by)
            journal.record("class_property.published", row, by, term=term)
        return row


def standing_in(rooms: list[int]) -> dict[int, list[tuple[str, str, int]]]:
    """Room id → what stands there by the ledger, alike things together: (name, unit, how many), most first."""
    total = peewee.fn.SUM(Shelf.quantity)
    rows = (
        Shelf.select(Shelf.place, Asset.name, Asset.unit, total)
        .join(Asset)
        .where(Shelf.place.in_(rooms), Shelf.quantity > 0)
        .group_by(Shelf.place, Asset.name, Asset.unit)
        .order_by(Shelf.place, total.desc(), Asset.name)
    )
    found: dict[int, list[tuple[str, str, int]]] = {}
    for room, name, unit, count in rows.tuples():
        found.setdefault(room, []).append((name, unit, count))
    return found
