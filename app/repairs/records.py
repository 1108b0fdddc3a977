"""The repair record (维修记录表): one filter, and what stands in a line. Page, sheet and print are made of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.assets.models import Asset, Category
from app.people.models import DutyCard, Person
from app.places.models import ClassGroup, Place, class_name, grade_name
from app.repairs import deadlines
from app.repairs.kinds import CAUSES, HUMAN, KINDS, METHODS, RATINGS, REASONS
from app.repairs.models import Outside, Ticket
from app.repairs.periods import Period
from app.repairs.standing import OPEN, STATES
from app.repairs.steps import Step
from app.words import exact, money

NOT_COUNTED = ("refused", "merged", "voided")  # wrong or double reports are no damage
DAMAGE = {"human": _l("human damage"), "wear": _l("wear and quality"), "unclear": _l("cause not clear")}
ENDS = {"open": _l("not fixed so far"), "late": _l("not within the promise"), "planned": _l("planned work")}
TITLES = {
    "place": _l("Place"),
    "kind": _l("Kind"),
    "cause": _l("Cause"),
    "damage": _l("Kind of damage"),
    "ends": _l("How the repair went"),
    "group": _l("Class"),
    "grade": _l("Grade"),
    "category": _l("Asset category"),
    "worker": _l("Repaired by"),
    "asset": _l("Asset"),
}


@dataclass(frozen=True)
class RecordFilter:
    """What the record or an analysis is about; whatever makes no sense is left out. place: a room or all that is in
    a floor or building. grade: the year in which its pupils entered. category, worker, group: ids, -1 for without."""

    period: Period
    place: int | None = None
    kind: str = ""
    cause: str = ""
    damage: str = ""
    ends: str = ""
    group: int | None = None
    grade: int | None = None
    category: int | None = None
    worker: int | None = None
    asset: int | None = None

    @classmethod
    def asked(cls, args: Mapping[str, str], default: str | None = None) -> "RecordFilter":
        known = {"kind": KINDS, "cause": {**CAUSES, "none": ""}, "damage": DAMAGE, "ends": ENDS}
        words = {name: args.get(name, "") if args.get(name) in table else "" for name, table in known.items()}
        ids = {name: _id(args.get(name)) for name in ("place", "group", "grade", "category", "worker", "asset")}
        return cls(Period.asked(args, default), **words, **ids)

    @property
    def args(self) -> dict[str, Any]:
        """The query string that asks for the same."""
        given = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "period"}
        return {**self.period.args, **{name: value for name, value in given.items() if value}}

    def but(self, **changes: Any) -> "RecordFilter":
        return replace(self, **changes)

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self) if each.name != "period")

    # Which tickets

    def narrow(self, query: peewee.ModelSelect) -> peewee.ModelSelect:
        """The tickets of the query that were reported in these days and fit; wrong and double ones never."""
        query = query.where(Ticket.day.between(self.period.start, self.period.end), counted())
        for condition in self._conditions():
            query = query.where(condition)
        return query

    def _conditions(self) -> Iterator[peewee.Expression]:
        if self.place:
            yield Ticket.place.in_(_within(self.place))
        if self.kind:
            yield Ticket.kind == self.kind
        if self.cause:
            yield Ticket.cause == ("" if self.cause == "none" else self.cause)
        if self.damage:
            yield damage_is(self.damage)
        if self.ends:
            yield ends_as(self.ends)
        for name in ("group", "worker", "asset"):
            if (id := getattr(self, name)) is not None:
                column = Ticket.class_group if name == "group" else getattr(Ticket, name)
                yield column.is_null() if id < 0 else column == id
        if self.grade:
            groups = ClassGroup.select(ClassGroup.id).where(ClassGroup.entry_year == self.grade)
            yield Ticket.class_group.is_null() if self.grade < 0 else Ticket.class_group.in_(groups)
        if self.category:
            assets = Asset.select(Asset.id).where(Asset.category == self.category)
            yield Ticket.asset.is_null() if self.category < 0 else Ticket.asset.in_(assets)

    def rows(self) -> peewee.ModelSelect:
        """Every ticket of the record in the order of reports, with all names joined."""
        return self.narrow(with_names(Ticket.select())).order_by(Ticket.day, Ticket.serial)

    def ids(self) -> peewee.ModelSelect:
        """Just their ids, in the same order: a page of them is found in the index, before anything is joined."""
        return self.narrow(Ticket.select(Ticket.id)).order_by(Ticket.day, Ticket.serial)

    # In words

    @property
    def said(self) -> list[tuple[str, str]]:
        """What it is narrowed down to, as titles and values for the head of a page or paper."""
        return [(str(title), words) for name, title in TITLES.items() if (words := self._word(name))]

    def _word(self, name: str) -> str:
        value = getattr(self, name)
        if not value:
            return ""
        if name in ("kind", "cause", "damage", "ends"):
            return str({"kind": {k: w[0] for k, w in KINDS.items()}, "cause": {**CAUSES, "none": _("not said")},
                        "damage": DAMAGE, "ends": ENDS}[name][value])  # fmt: skip
        if value < 0:
            return _("without")
        if name == "grade":
            return grade_then(value, self.period)
        row = {"place": Place.shown, "group": ClassGroup.select, "category": Category.select,
               "worker": Person.select, "asset": Asset.select}[name]()  # fmt: skip
        found = row.where(row.model.id == value).first()
        if found is None:
            return _("unknown")
        return class_then(found.entry_year, found.number, self.period) if name == "group" else str(
            getattr(found, "full_name", found))  # fmt: skip


def counted() -> peewee.Expression:
    """Reports of something that was really broken."""
    return Ticket.state.not_in(NOT_COUNTED)


def damage_is(which: str) -> peewee.Expression:
    """A condition for a key of DAMAGE."""
    causes = {"human": HUMAN, "wear": ("wear", "quality")}
    return Ticket.cause.in_(causes[which]) if which in causes else Ticket.cause.in_(("", "unknown"))


def ends_as(which: str) -> peewee.Expression:
    """A condition for a key of ENDS."""
    if which == "planned":
        return Ticket.planned_for.is_null(False)
    return Ticket.state.in_(OPEN) if which == "open" else missed()


def promised() -> peewee.Expression:
    """Under the promise: planned work has a day of its own instead."""
    return Ticket.planned_for.is_null()


def running_late() -> peewee.Expression:
    """Open, and past the promise whatever was granted since."""
    usual, urgent = deadlines.late_before(), deadlines.late_before(urgent=True)
    past = (Ticket.clock_from < usual) | (Ticket.urgent & (Ticket.clock_from < urgent))
    return promised() & Ticket.state.in_(OPEN) & past


def missed() -> peewee.Expression:
    """Not repaired within the promise, be it fixed too late or open still."""
    return (promised() & (Ticket.on_time == False)) | running_late()  # noqa: E712 - NULL is neither


def class_then(entry_year: int, number: int, period: Period) -> str:
    """A class as it was called in those days: 三(2)班 of last year is 四(2)班 now."""
    grade = clock.school_year(period.end) - entry_year + 1
    if not 1 <= grade <= 6:
        return _("class %(number)s of %(year)s", year=entry_year, number=number)
    return class_name(grade, number)


def grade_then(entry_year: int, period: Period) -> str:
    grade = clock.school_year(period.end) - entry_year + 1
    return grade_name(grade) if 1 <= grade <= 6 else _("entered in %(year)s", year=entry_year)


def with_names(query: peewee.ModelSelect) -> peewee.ModelSelect:
    """Ticket.with_names and the class."""
    query = Ticket.with_names(query)
    return query.select_extend(ClassGroup).join_from(
        Ticket, ClassGroup, peewee.JOIN.LEFT_OUTER, on=(Ticket.class_group == ClassGroup.id), attr="class_group"
    )


def _within(place: int) -> peewee.ModelSelect:
    return Place(id=place).within()


# What stands in a line --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A ticket and what the record says of it, ready to be shown: all of §6's columns."""

    ticket: Ticket
    extension: Step | None
    outside: Outside | None
    fixed: Step | None
    confirmed: Step | None

    @property
    def where(self) -> str:
        """`三(2)班 教学楼 二楼 201教室`: the class first when the damage is the class's."""
        ticket = self.ticket
        if not ticket.class_group_id:
            return ticket.place.full_name
        group = ticket.class_group
        day = Period.days(ticket.day, ticket.day)
        return f"{class_then(group.entry_year, group.number, day)} {ticket.place.full_name}"

    @property
    def item(self) -> str:
        """What was to be repaired: the thing, else the kind."""
        return self.ticket.asset.name if self.ticket.asset_id else self.ticket.kind_word

    @property
    def cause(self) -> str:
        return str(CAUSES[self.ticket.cause]) if self.ticket.cause else ""

    @property
    def worker(self) -> str:
        return self.ticket.worker.name if self.ticket.worker_id else self.outside.firm if self.outside else ""

    @property
    def hours(self) -> tuple[str, str]:
        """Plain hours and hours of school time until it was fixed, one decimal; "" while it is not."""
        return _hours(self.ticket.plain_minutes), _hours(self.ticket.school_minutes)

    @property
    def within(self) -> str:
        """Whether it was fixed within the promise: yes, no, or nothing while that is not decided."""
        if self.ticket.planned_for:
            return _("planned")
        if self.ticket.on_time is None:
            return _("no") if self._runs_late else ""
        return _("yes") if self.ticket.on_time else _("no")

    @property
    def _runs_late(self) -> bool:
        """As running_late() asks the database: told from when the clock started, however many years ago."""
        ticket = self.ticket
        started = ticket.clock_from is not None and ticket.is_open
        return started and ticket.clock_from < deadlines.late_before(urgent=ticket.urgent)

    @property
    def extended(self) -> str:
        """Why it was extended and until when."""
        if self.extension is None:
            return ""
        until = clock.local(self.extension.until).date().isoformat()
        return _("%(reason)s, until %(day)s", reason=REASONS.get(self.extension.reason, ""), day=until)

    @property
    def cost(self) -> int:
        """Parts and contractor together, fen."""
        return (self.ticket.parts_cost or 0) + (self.ticket.outside_cost or 0)

    @property
    def confirmed_by(self) -> str:
        if self.ticket.auto_confirmed:
            return _("nobody answered")
        if self.confirmed is None:
            return ""
        return self.confirmed.person.name if self.confirmed.person_id else (
            self.confirmed.card.name if self.confirmed.card_id else _("by receipt"))  # fmt: skip

    @property
    def rating(self) -> str:
        return str(RATINGS[self.ticket.rating]) if self.ticket.rating else ""

    @property
    def remarks(self) -> str:
        """How it was fixed, by which firm; how it stands when it is not fixed."""
        said = []
        if self.fixed is not None:
            said.append(" ".join(filter(None, (str(METHODS.get(self.fixed.method, "")), self.fixed.note))))
        elif self.ticket.state != "fixed":
            said.append(self.ticket.state_word)
        if self.outside is not None:
            said.append(_("contractor %(firm)s", firm=self.outside.firm))
        if self.ticket.state in ("reworked", "written_off"):
            said.append(str(STATES[self.ticket.state]))
        return _(", ").join(dict.fromkeys(filter(None, said)))

    def values(self, number: int) -> list[Any]:
        """One value per column of COLUMNS, numbers and moments as such."""
        ticket = self.ticket
        return [
            number, ticket.number, ticket.at, self.where, ticket.reporter, self.item, ticket.words, self.cause,
            self.worker, ticket.fixed_at, _hour_number(ticket.plain_minutes), _hour_number(ticket.school_minutes),
            self.within, self.extended, self.cost or None, self.confirmed_by, self.rating, self.remarks,
        ]  # fmt: skip

    def printed(self, number: int) -> list[str]:
        """The same as it stands on paper."""
        ticket = self.ticket
        return [
            str(number), ticket.number, _short(ticket.at), self.where, ticket.reporter, self.item, ticket.words,
            self.cause, self.worker, _short(ticket.fixed_at), self.hours[0], self.hours[1], self.within, self.extended,
            money(self.cost) if self.cost else "", self.confirmed_by, self.rating, self.remarks,
        ]  # fmt: skip


# Heading, kind of a sheet's cell, width there, share and alignment on paper: DOMAIN §6, in its order.
COLUMNS = (
    (_l("No."), "int", 6, 0.9, "right"),
    (_l("Ticket"), "text", 14, 2.3, "left"),
    (_l("Reported at"), "moment", 17, 1.9, "left"),
    (_l("Class or place"), "text", 26, 3, "left"),
    (_l("Reported by"), "text", 10, 1.6, "left"),
    (_l("Repair item"), "text", 14, 1.8, "left"),
    (_l("Fault"), "text", 32, 3.4, "left"),
    (_l("Cause"), "text", 10, 1.5, "left"),
    (_l("Repaired by"), "text", 10, 1.6, "left"),
    (_l("Fixed at"), "moment", 17, 1.9, "left"),
    (_l("Hours taken"), "points", 8, 1.1, "right"),
    (_l("Hours of school"), "points", 10, 1.1, "right"),
    (_l("In time"), "text", 8, 1, "center"),
    (_l("Why extended"), "text", 18, 2.2, "left"),
    (_l("Cost (yuan)"), "money", 12, 1.6, "right"),
    (_l("Accepted by"), "text", 10, 1.6, "left"),
    (_l("Rating"), "text", 10, 1.3, "left"),
    (_l("Remarks"), "text", 28, 2.6, "left"),
)


def lines(tickets: Sequence[Ticket]) -> list[Line]:
    """The tickets with what else the record says of them, two queries however many they are."""
    ids = [ticket.id for ticket in tickets]
    outsides = {row.ticket_id: row for row in Outside.select().where(Outside.ticket.in_(ids)).order_by(Outside.id)}
    steps = (
        Step.select(Step, Person.id, Person.name, DutyCard.id, DutyCard.name)
        .join(Person, peewee.JOIN.LEFT_OUTER, on=(Step.person == Person.id))
        .join_from(Step, DutyCard, peewee.JOIN.LEFT_OUTER)
        .where(Step.ticket.in_(ids), Step.kind.in_(("fixed", "confirmed", "reworked", "extended")))
        .order_by(Step.ticket, Step.serial)
    )
    last: dict[tuple[int, str], Step | None] = {}
    for step in steps:
        last[step.ticket_id, step.kind] = step
        if step.kind == "reworked":
            last[step.ticket_id, "fixed"] = None
    return [
        Line(ticket, last.get((ticket.id, "extended")), outsides.get(ticket.id), last.get((ticket.id, "fixed")),
             last.get((ticket.id, "confirmed")))
        for ticket in tickets
    ]  # fmt: skip


def in_pieces(query: peewee.ModelSelect, size: int = 500) -> Iterator[Line]:
    """Lines of all rows, never more than a piece of them in memory."""
    piece: list[Ticket] = []
    for ticket in query.iterator():
        piece.append(ticket)
        if len(piece) == size:
            yield from lines(piece)
            piece = []
    yield from lines(piece)


def _hours(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes / 60:.1f}"


def _hour_number(minutes: int | None) -> int | None:
    """Hours in hundredths, as a sheet takes them, one decimal."""
    return None if minutes is None else round(minutes / 6) * 10


def _short(moment: Any) -> str:
    """`11-24 10:24`: the year stands in the head of the paper."""
    return exact(moment)[5:]


def _id(text: str | None) -> int | None:
    if text == "-1":
        return -1
    return int(text) if text and text.isascii() and text.isdigit() and 0 < len(text) < 12 and int(text) else None
