"""What the school makes of its repair records: signed by the vice-principal, damage of classes published to their
teachers with the measures taken on it, and repairs planned for the holidays. Rows with person, time and words."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import clock, journal
from app.db import JSON, Day, Moment, Row, writing
from app.errors import Refused
from app.notify import says, tell
from app.people.models import Person
from app.places.models import ClassGroup, Grade
from app.repairs import analysis, deadlines
from app.repairs.analysis import GROUPS, Tally
from app.repairs.extensions import Extension
from app.repairs.models import Ticket
from app.repairs.periods import Period, last_month
from app.repairs.records import RecordFilter, class_then
from app.repairs.standing import IN_WORK, OPEN, TO_TAKE

LONGEST = 300
MEASURES = {
    "talk": _l("talk"),
    "meeting": _l("class meeting"),
    "check": _l("special check"),
    "other": _l("something else done"),
}

journal.says({
    "repairs.judged": _l("settled the cause of ticket %(number)s: %(cause)s"),
    "repairs.signed": _l("read and signed the repair record of %(period)s"),
    "repairs.published": _l("confirmed the damage of classes in %(period)s and published it to %(classes)s classes"),
    "repairs.withdrawn": _l("withdrew the published damage of classes in %(period)s: %(reason)s"),
    "repairs.measure": _l("recorded a measure on damage in %(name)s: %(what)s"),
    "repairs.holiday": _l("planned ticket %(number)s for the holidays, %(day)s: %(worker)s"),
})  # fmt: skip
says({"repairs.damage": _l("The damage of your class in %(period)s is published: %(count)s reports.")})


# Signed ---------------------------------------------------------------------------------------------------------


class SignOff(Row):
    """A leader read the record of a month or term and signed it (签阅). `facts` keep what the record came to then, so
    that a later change is seen."""

    append_only = True

    period = peewee.CharField(24, index=True)
    person = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    words = peewee.CharField(LONGEST, default="")
    facts = JSON(default=dict)

    class Meta:
        table_name = "repair_sign_off"

    @classmethod
    def of(cls, period: Period) -> list["SignOff"]:
        """Those of a period, oldest first, with their people."""
        return list(cls.select(cls, Person).join(Person).where(cls.period == period.key).order_by(cls.id))

    @classmethod
    def sign(cls, period: Period, by: Person, words: str = "") -> "SignOff":
        """Refused for any days (only months, terms and school years are signed) and for what has not begun."""
        if period.kind == "days":
            raise Refused(_("A month, a term or a school year is signed; please choose one."), 422)
        if period.start > clock.today():
            raise Refused(_("%(period)s has not begun yet.", period=period.words), 422)
        with writing():
            facts = _facts(analysis.total(RecordFilter(period)))
            row = cls.create(period=period.key, person=by, words=words[:LONGEST], facts=facts)
            journal.record("repairs.signed", row, by, period=period.words)
        return row

    def changed_to(self, now: Tally) -> bool:
        """Whether the record comes to something else since."""
        return self.facts != _facts(now)

    @classmethod
    def missing(cls, period: Period) -> bool:
        """Whether nobody signed a period yet."""
        return not cls.select().where(cls.period == period.key).exists()


def _facts(tally: Tally) -> dict[str, int]:
    names = ("count", "ended", "judged", "on_time", "within", "human")
    return {**{name: getattr(tally, name) for name in names}, "cost": tally.cost}


# Damage of classes ------------------------------------------------------------------------------------------------


class DamageSummary(Row):
    """What was broken in the classes' property in a period, confirmed by the director and from then on read by the
    class teachers. It keeps the numbers of that moment; a wrong one is withdrawn with a reason and made anew."""

    period = peewee.CharField(24)
    starts_on = Day()
    ends_on = Day()
    words = peewee.CharField(LONGEST, default="")
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    withdrawn_at = Moment(null=True)
    withdrawn_by = peewee.ForeignKeyField(Person, null=True, index=False)
    withdrawn_why = peewee.CharField(LONGEST, default="")

    class Meta:
        table_name = "damage_summary"

    @property
    def when(self) -> Period:
        return Period.of(self.period) or Period.days(self.starts_on, self.ends_on)

    @classmethod
    def of(cls, period: Period) -> "DamageSummary | None":
        """The one that stands for a period."""
        return cls.shown().where(cls.period == period.key).first()

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """All that stand, newest first, with who confirmed them."""
        return (
            cls.select(cls, Person)
            .join(Person, on=(cls.by == Person.id))
            .where(cls.withdrawn_at.is_null())
            .order_by(cls.id.desc())
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office and the leaders; to others those that speak of a class they answer for."""
        if who.may("repairs.analysis"):
            return cls.shown()
        if not who.may("repairs.damage"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        mine = DamageOfClass.select(DamageOfClass.summary).where(DamageOfClass.group.in_(groups_of(who)))
        return cls.shown().where(cls.id.in_(mine))

    @classmethod
    def publish(cls, period: Period, by: Person, words: str = "") -> "DamageSummary":
        """Confirm and publish. Refused as long as a class's report has no cause: nobody is blamed for wear."""
        with writing():
            if standing := cls.of(period):
                raise Refused(_("%(person)s has already published this.", person=standing.by.name))
            rows, open_causes = by_class(period)
            if not rows:
                raise Refused(_("No class's property was damaged in %(period)s.", period=period.words))
            if open_causes:
                raise Refused(ngettext(
                    "%(num)s report has no cause yet. Please settle it first.",
                    "%(num)s reports have no cause yet. Please settle them first.", open_causes))  # fmt: skip
            days = {"starts_on": period.start, "ends_on": period.end}
            row = cls.create(period=period.key, **days, by=by, words=words[:LONGEST])
            row._keep(rows, period)
            journal.record("repairs.published", row, by, period=period.words, classes=len(rows))
            row._tell(rows, period)
        return row

    def _keep(self, rows: Iterable[Tally], period: Period) -> None:
        tickets = _tickets_by_class(period)
        DamageOfClass.insert_many([
            {"summary": self.id, "group": row.keys[0], "name": class_then(*row.keys[1:], period), "count": row.count,
             "human": row.human, "wear": row.wear, "unclear": row.unclear, "cost": row.cost,
             "tickets": tickets[row.keys[0]]}
            for row in rows
        ]).execute()  # fmt: skip

    def _tell(self, rows: Iterable[Tally], period: Period) -> None:
        counts = {row.keys[0]: row.count for row in rows}
        for group in ClassGroup.select().where(ClassGroup.id.in_(list(counts)), ClassGroup.teacher.is_null(False)):
            tell(
                "repairs.damage", self, [group.teacher_id], f"/repairs/damage/{self.id}",
                period=period.words, count=counts[group.id],
            )  # fmt: skip

    def withdraw(self, by: Person, reason: str) -> None:
        """Take it back, with the reason; its rows stay."""
        with writing():
            taken = DamageSummary.update(
                withdrawn_at=clock.now(), withdrawn_by=by, withdrawn_why=reason[:LONGEST]
            ).where(DamageSummary.id == self.id, DamageSummary.withdrawn_at.is_null())
            if not taken.execute():
                raise Refused(_("This is already withdrawn."))
            journal.record("repairs.withdrawn", self, by, period=self.when.words, reason=reason)

    def classes_for(self, who: Any) -> list["DamageOfClass"]:
        """The lines that `who` may read, most human damage first."""
        query = DamageOfClass.select(DamageOfClass, ClassGroup).join(ClassGroup).where(DamageOfClass.summary == self)
        if not who.may("repairs.analysis"):
            query = query.where(DamageOfClass.group.in_(groups_of(who)))
        return list(query.order_by(DamageOfClass.human.desc(), DamageOfClass.count.desc(), DamageOfClass.id))


DamageSummary.add_index(
    DamageSummary.index(
        DamageSummary.period, unique=True, name="damage_summary_once", where=peewee.SQL("withdrawn_at is null")
    )
)


class DamageOfClass(Row):
    """A published line: one class, as it was called then, and which tickets were counted. Cost in fen."""

    append_only = True

    summary = peewee.ForeignKeyField(DamageSummary, backref="classes", index=False)
    group = peewee.ForeignKeyField(ClassGroup)
    name = peewee.CharField(60)
    count = peewee.IntegerField()
    human = peewee.IntegerField()
    wear = peewee.IntegerField()
    unclear = peewee.IntegerField()
    cost = peewee.IntegerField()
    tickets = JSON()

    class Meta:
        table_name = "damage_of_class"
        indexes = ((("summary", "group"), True),)


class Measure(Row):
    """What was done about the damage of a class (D62): a talk, a class meeting, a special check. No pupil is named."""

    append_only = True

    line = peewee.ForeignKeyField(DamageOfClass, backref="measures")
    kind = peewee.CharField(12)
    day = Day()
    words = peewee.CharField(LONGEST, default="")
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "damage_measure"

    @property
    def kind_word(self) -> str:
        return str(MEASURES[self.kind])

    @classmethod
    def take(cls, line: DamageOfClass, by: Person, kind: str, day: date | None = None, words: str = "") -> "Measure":
        """Write down a measure: by the director, or by the teacher of the class."""
        if kind not in MEASURES:
            raise Refused(_("There is no measure %(kind)s.", kind=kind), 422)
        day = day or clock.today()
        if day > clock.today():
            raise Refused(_("Please write down what was done, not what is planned."), 422)
        if not may_measure(by, line):
            raise Refused(_("The director and the teacher of the class write down measures."), 403)
        with writing():
            row = cls.create(line=line, kind=kind, day=day, words=words[:LONGEST], by=by)
            journal.record("repairs.measure", row, by, name=line.name, what=row.kind_word)
        return row

    @classmethod
    def of(cls, lines: Iterable[DamageOfClass]) -> dict[int, list["Measure"]]:
        """Line id → measures with who wrote them, oldest first, one query."""
        found: dict[int, list[Measure]] = {line.id: [] for line in lines}
        for row in cls.select(cls, Person).join(Person).where(cls.line.in_(list(found))).order_by(cls.day, cls.id):
            found[row.line_id].append(row)
        return found


def may_measure(who: Any, line: DamageOfClass) -> bool:
    return who.may("repairs.publish") or line.group.teacher_id == who.id


def groups_of(who: Person) -> peewee.ModelSelect:
    """Ids of the classes someone answers for: as class teacher or as administrator of their grade."""
    mine = (ClassGroup.teacher == who.id) | ClassGroup.entry_year.in_(Grade.entry_years_of(who))
    return ClassGroup.select(ClassGroup.id).where(mine)


def unanswered(who: Person) -> peewee.ModelSelect:
    """Published lines of the own class about which nobody has written down a measure yet."""
    measured = Measure.select(Measure.line)
    standing = DamageSummary.select(DamageSummary.id).where(DamageSummary.withdrawn_at.is_null())
    taught = ClassGroup.select(ClassGroup.id).where(ClassGroup.teacher == who.id)
    return DamageOfClass.select().where(
        DamageOfClass.summary.in_(standing), DamageOfClass.group.in_(taught), DamageOfClass.human > 0,
        DamageOfClass.id.not_in(measured),
    )  # fmt: skip


def unsigned() -> Period | None:
    """The month that is over, when something stands in its record and no leader has signed it; one query."""
    month = last_month()
    signed = SignOff.select().where(SignOff.period == month.key)
    found = Ticket.select(Ticket.id).where(Ticket.day.between(month.start, month.end), ~peewee.fn.EXISTS(signed))
    return month if found.exists() else None


def by_class(period: Period) -> tuple[list[Tally], int]:
    """What the classes' property comes to in a period, and how many of its reports have no cause yet."""
    rows = [row for row in analysis.tallies(RecordFilter(period), GROUPS["class"]) if row.keys[0]]
    bare = RecordFilter(period, cause="none").narrow(Ticket.select()).where(Ticket.class_group.is_null(False))
    return rows, bare.count()


def _tickets_by_class(period: Period) -> dict[int, list[int]]:
    query = RecordFilter(period).narrow(Ticket.select(Ticket.class_group, Ticket.id))
    found: dict[int, list[int]] = {}
    for group, id in query.where(Ticket.class_group.is_null(False)).order_by(Ticket.id).tuples():
        found.setdefault(group, []).append(id)
    return found


# The holidays -----------------------------------------------------------------------------------------------------


class HolidayRepair(Row):
    """A ticket that will be repaired in the holidays: on which day, by whom (D87). The newest row of a ticket holds.

    The ticket's own clock is not switched off by it (`planned_for` is for work that was planned before anything
    broke): it is extended to that day, and the rate without extensions still says so.
    """

    append_only = True

    ticket = peewee.ForeignKeyField(Ticket, backref="holiday_repairs")
    day = Day()
    worker = peewee.ForeignKeyField(Person, null=True, index=False)
    firm = peewee.CharField(60, default="")
    by = peewee.ForeignKeyField(Person, index=False, backref="holiday_plans")
    at = Moment(default=clock.now)

    class Meta:
        table_name = "holiday_repair"

    @property
    def who(self) -> str:
        return self.worker.name if self.worker_id else self.firm

    @classmethod
    def of(cls, tickets: Iterable[Ticket]) -> dict[int, "HolidayRepair"]:
        """Ticket id → its plan, with the worker, one query."""
        ids = [ticket.id for ticket in tickets]
        return {row.ticket_id: row for row in cls.shown().where(cls.ticket.in_(ids)).order_by(cls.id)}

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """With the worker."""
        return cls.select(cls, Person).join(Person, peewee.JOIN.LEFT_OUTER, on=(cls.worker == Person.id), attr="worker")

    @classmethod
    def newest(cls) -> peewee.ModelSelect:
        """Ids of the rows that hold: the last of each ticket."""
        row = cls.alias()
        return row.select(peewee.fn.MAX(row.id)).group_by(row.ticket)

    @classmethod
    def plan(
        cls, ticket: Ticket, by: Person, day: date, worker: Person | None = None, firm: str = ""
    ) -> "HolidayRepair":
        """Plan a repair: it is assigned to the worker and extended to that day, for days without lessons."""
        if ticket.state not in OPEN:
            raise Refused(_("That can't be done any more: this ticket is “%(state)s”.", state=ticket.state_word))
        if day < clock.today():
            raise Refused(_("That day is over."), 422)
        if worker is None and not firm:
            raise Refused(_("Please say who repairs it."), 422)
        with writing():
            row = cls.create(ticket=ticket, day=day, worker=worker, firm=firm[:60], by=by)
            journal.record(
                "repairs.holiday", ticket, by, place=ticket.place_id, asset=ticket.asset_id, number=ticket.number,
                day=day.isoformat(), worker=row.who,
            )  # fmt: skip
            if ticket.state in (*TO_TAKE, *IN_WORK):
                row._carry_out(ticket, by)
        return row

    def _carry_out(self, ticket: Ticket, by: Person) -> None:
        if self.worker_id and ticket.worker_id != self.worker_id:
            ticket.reassign(by, self.worker)
        if ticket.planned_for is None:
            if (asked := Extension.waiting_of(ticket)) is not None:
                asked.deny(by, _("planned for the holidays"))
            ticket.extend(by, "holiday", deadlines.end_of(self.day))


def open_tickets() -> peewee.ModelSelect:
    """Everything that is still broken, whenever it was reported; by building and room."""
    return Ticket.select().where(Ticket.state.in_(OPEN))
