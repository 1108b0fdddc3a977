"""The week of the red flag: the rules it is scored by, what stands so far, and the lock that publishes it.

Until a week is locked its scores move with every correction, and nobody is ranked. Locking keeps the numbers with
the version of the rules they came from; what is published never changes by itself. A week that was locked wrongly is
reopened with a reason, and locked again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import calendar, clock, journal, notify, tick
from app.calendar.models import monday
from app.db import Day, Moment, Prepared, Row, writing
from app.errors import Refused
from app.inspections import exemptions, ranking, scoring
from app.inspections import models as checks
from app.inspections.checklists import CLASS_HYGIENE, CLASS_SCORES, Slot
from app.inspections.exemptions import Excused
from app.inspections.models import Check, Mark
from app.inspections.ranking import Given, Giver, Standing
from app.people.models import DutyCard, Person
from app.places.models import ClassGroup, class_name, grade_name

GROUPS = {"grade": _l("each grade by itself"), "band": _l("grades 1–2, 3–4 and 5–6 together")}
TIES = {"spot": _l("fewer points lost in spot checks wins; else the place is shared"), "shared": _l("shared place")}
FEW = {"unranked": _l("no place and no flag"), "no_flag": _l("a place, but no flag"), "ranked": _l("like the others")}
FLAGS = {"best": _l("the best of each group"), "threshold": _l("every class that reaches a score")}
BANDS = (_l("lower grades (1–2)"), _l("middle grades (3–4)"), _l("upper grades (5–6)"))
LOOKS_BACK = timedelta(days=27)  # the balance compares givers over four weeks, this one included
NEWS = timedelta(days=120)  # a week that ended longer ago is locked and published like any other, but told to nobody
AT_ONCE = 5  # weeks that one tick locks
FRIDAY = 5

journal.says({
    "inspections.rules": _l("set the rules of the week: version %(version)s"),
    "inspections.week_locked": _l("locked the week from %(day)s and published it"),
    "inspections.week_reopened": _l("reopened the week from %(day)s: %(reason)s"),
})  # fmt: skip
notify.says({
    "inspections.week_published": _l("the week from %(day)s is published: ranking and red flags"),
    "inspections.week_waits": _l("the week from %(day)s can't be locked: %(count)s appeals wait for an answer"),
})  # fmt: skip


class ScoringRules(Row):
    """One version of how a week is scored; the last one holds for the weeks that are not locked yet. Points are
    hundredths, `lock_weekday` is 1 for Monday, `lock_time` on the school's clock."""

    append_only = True

    version = peewee.IntegerField(unique=True)
    group_by = peewee.CharField(10, default="grade")
    ties = peewee.CharField(10, default="spot")
    min_checks = peewee.IntegerField(default=3)
    few = peewee.CharField(10, default="unranked")
    flag_rule = peewee.CharField(10, default="best")
    flags = peewee.IntegerField(default=1)
    threshold = peewee.IntegerField(default=900)
    bonus_cap = peewee.IntegerField(default=100)
    balance = peewee.BooleanField(default=False)
    public = peewee.BooleanField(default=True)
    lock_weekday = peewee.SmallIntegerField(default=5)
    lock_time = peewee.CharField(5, default="17:00")
    appeal_hours = peewee.IntegerField(default=24)
    person = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)

    class Meta:
        constraints = [
            peewee.Check("lock_weekday between 1 and 7"),
            peewee.Check("min_checks >= 1"),
            peewee.Check("flags >= 0"),
            peewee.Check("bonus_cap >= 0"),
            peewee.Check("appeal_hours >= 1"),
        ]

    @classmethod
    def now(cls) -> "ScoringRules":
        """The rules that hold; the usual ones, not stored, while nobody set any."""
        return cls.select().order_by(cls.version.desc()).first() or cls(version=0)

    @classmethod
    def stored(cls) -> "ScoringRules":
        """The rules that hold, as a row that a week can name."""
        rules = cls.now()
        return rules if rules.version else cls.create(version=1)

    @classmethod
    def publish(cls, by: Any, **fields: Any) -> "ScoringRules":
        """A new version; what is not given stays. Weeks that are locked keep theirs."""
        with writing():
            old = cls.now()
            kept = {name: getattr(old, name) for name in RULES}
            rules = cls.create(version=old.version + 1, person=by, **{**kept, **fields})
            journal.record("inspections.rules", rules, by, version=rules.version)
        return rules

    def group_of(self, grade: int) -> int:
        """The number of the group that a grade is ranked in."""
        return grade if self.group_by == "grade" else (grade + 1) // 2

    def group_name(self, group: int) -> str:
        return grade_name(group) if self.group_by == "grade" else str(BANDS[group - 1])

    def locks_at(self, day: date) -> datetime:
        """When the week of a day locks: on the set weekday. A Saturday or Sunday that is taught belongs to its week:
        a lock at the end of the week waits for it."""
        first = monday(day)
        last = first + timedelta(days=self.lock_weekday - 1)
        if self.lock_weekday >= FRIDAY:
            last = max([last, *calendar.school_days(first, sunday(first))])
        return clock.utc(last, time.fromisoformat(self.lock_time))


RULES = tuple(name for name in ScoringRules._meta.fields if name not in ("id", "version", "person", "at"))


def sunday(day: date) -> date:
    return monday(day) + timedelta(days=6)


class Week(Row):
    """A week that was locked: its numbers are in `results`. One that was reopened keeps its row and its numbers."""

    slug = peewee.CharField(40, default=CLASS_HYGIENE)
    starts_on = Day()
    rules = peewee.ForeignKeyField(ScoringRules, index=False)
    locked_at = Moment(default=clock.now)
    locked_by = peewee.ForeignKeyField(Person, null=True, index=False)
    reopened_at = Moment(null=True)
    reopened_by = peewee.ForeignKeyField(Person, null=True, index=False)
    reopened_why = peewee.CharField(300, default="")

    @property
    def ends_on(self) -> date:
        return sunday(self.starts_on)

    @classmethod
    def published(cls) -> peewee.ModelSelect:
        """Locked weeks, the newest first."""
        return (
            cls.select(cls, ScoringRules)
            .join(ScoringRules)
            .where(cls.slug == CLASS_HYGIENE, cls.reopened_at.is_null())
            .order_by(cls.starts_on.desc())
        )

    @classmethod
    def of(cls, day: date) -> "Week | None":
        """The locked week that a day lies in."""
        return cls.published().where(cls.starts_on == monday(day)).first()

    @classmethod
    def last_reopened(cls, day: date) -> "Week | None":
        """The last time that the week of a day was locked and then reopened: only a hand locks it again."""
        gone = cls.select(cls, Person).join(Person, on=(cls.reopened_by == Person.id), attr="reopened_by")
        mine = gone.where(cls.slug == CLASS_HYGIENE, cls.starts_on == monday(day), cls.reopened_at.is_null(False))
        return mine.order_by(cls.id.desc()).first()

    @classmethod
    def lock(cls, day: date, by: Person | None = None) -> "Week":
        """Lock the week of a day: keep its numbers, rank the classes, tell the class teachers.

        Refused while appeals wait, before the week began, without checks, or when it is locked.
        """
        first = monday(day)
        with writing():
            if cls.of(first) is not None:
                raise Refused(_("This week is locked."))
            if waiting := open_appeals(first):
                raise Refused(ngettext("%(num)s appeal of this week still waits for an answer.",
                                       "%(num)s appeals of this week still wait for an answer.", waiting))  # fmt: skip
            rules = ScoringRules.stored()
            report = Report.of(first, rules)
            if not any(row.checks for row in report.rows):
                raise Refused(_("No class was scored in this week."))
            week = cls.create(starts_on=first, rules=rules, locked_by=by)
            WeekResult.insert_many([_as_row(week, row) for row in report.rows]).execute()
            journal.record("inspections.week_locked", week, by, day=first.isoformat())
            if week.ends_on + NEWS >= clock.today():
                week._tell()
        return week

    def _tell(self) -> None:
        teachers = ClassGroup.present().where(ClassGroup.teacher.is_null(False)).select(ClassGroup.teacher)
        to = [id for (id,) in teachers.tuples()]
        path = f"/inspections/weeks/{self.starts_on}"
        notify.tell("inspections.week_published", self, to, path, group=True, day=self.starts_on)

    def reopen(self, by: Person, reason: str) -> None:
        """Take back what was published, with the reason; the week can be corrected and is locked by hand again."""
        with writing():
            gone = Week.update(reopened_at=clock.now(), reopened_by=by, reopened_why=reason).where(
                Week.id == self.id, Week.reopened_at.is_null()
            )
            if not gone.execute():
                raise Refused(_("This week is not locked."))
            journal.record("inspections.week_reopened", self, by, day=self.starts_on.isoformat(), reason=reason)

    @cached_property
    def rows(self) -> list["WeekResult"]:
        """What was published, group by group, the best first. One query."""
        rows = WeekResult.select(WeekResult, ClassGroup).join(ClassGroup).where(WeekResult.week == self)
        return list(rows.order_by(WeekResult.position))


Week.add_index(
    Week.index(Week.slug, Week.starts_on, unique=True, where=Week.reopened_at.is_null(), name="week_locked_once")
)


class WeekResult(Row):
    """What a locked week gave a class. `group` is the grade or band it was ranked in, `name` the class's name then;
    `raw` is the score before the balance, which is `score` when nothing is balanced."""

    append_only = True

    week = peewee.ForeignKeyField(Week, backref="results", index=False)
    class_group = peewee.ForeignKeyField(ClassGroup)
    grade = peewee.SmallIntegerField()
    group = peewee.SmallIntegerField()
    position = peewee.IntegerField()
    score = peewee.IntegerField(null=True)
    raw = peewee.IntegerField(null=True)
    checks = peewee.IntegerField()
    spot = peewee.IntegerField(default=0)
    place = peewee.IntegerField(null=True)
    flag = peewee.BooleanField(default=False)
    few = peewee.BooleanField(default=False)
    excused = peewee.BooleanField(default=False)

    class Meta:
        table_name = "week_result"
        indexes = ((("week", "class_group"), True), (("week", "position"), True))

    @property
    def name(self) -> str:
        """The class's name in that week's school year: a certificate of last year stays one of last year."""
        return class_name(self.grade, self.class_group.number)


def _as_row(week: Week, row: "Line") -> dict[str, Any]:
    found = row.standing
    return {
        "week": week.id, "class_group": row.group.id, "grade": grade_on(row.group, week.starts_on),
        "group": found.group,
        "position": row.position, "score": found.score, "raw": found.raw, "checks": found.checks, "spot": found.spot,
        "place": found.place, "flag": found.flag, "few": found.few, "excused": found.excused,
    }  # fmt: skip


def _why_not(day: date) -> str | None:
    """Why nothing of a day may change any more."""
    return _("This week is locked and published; its numbers stand.") if Week.of(day) is not None else None


exemptions.objections.append(_why_not)


# What counts --------------------------------------------------------------------------------------------------


def counting(first: date, last: date, before: datetime | None = None) -> list[Given]:
    """The checks of classes from the first to the last day that count, each alike, spot checks and rechecks too: none
    made while the class was exempt, none made after `before`. Two queries, however many checks the school has."""
    lost = Mark.select(peewee.fn.COALESCE(peewee.fn.SUM(Mark.lost), 0)).where(Mark.check == Check.id, Check.bonus > 0)
    rows = Check.select(
        Check.class_group, Check.card, Check.person, Check.day, Check.slot, Check.total, Check.full, Check.bonus,
        Check.unannounced, lost,
    ).where(Check.slug.in_(CLASS_SCORES), Check.day.between(first, last), Check.class_group.is_null(False))  # fmt: skip
    if before is not None:
        rows = rows.where(Check.at <= before)
    excused = Excused.between(first, last)
    return [
        _given(*row[:3], *row[5:]) for row in rows.order_by(Check.id).tuples()
        if excused.by(row[0], _day(row[3]), row[4]) is None
    ]  # fmt: skip


def _given(group: int, card: int | None, person: int | None, total: int, full: int, bonus: int, spot: bool,
           lost: int) -> Given:  # fmt: skip
    base = scoring.of_ten(max(full - lost, 0) if bonus else total, full)
    total, full = scoring.of_ten(total, full), scoring.TEN  # a class may be scored out of 10 and out of 100
    giver = ("card", card) if card else ("person", person)
    return Given(group, giver, base, total - base, full - base if spot else 0, full)


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


# Asked how many checks of a class were excused without the class itself being exempt: fn(first, last, Excused) ->
# {class id: how many}. Rounds know, such as one of a whole week that was excused for a class.
spared: list[Callable[[date, date, Excused], Mapping[int, int]]] = []


def checks_needed(first: date, rules: ScoringRules, excused: Excused) -> dict[int, int]:
    """How many checks a class needs in a week, by class id, for those that were excused: `min_checks` for the part of
    the school's time in which it was there, one less for each check it was spared; at least one, none for a class that
    was away all week."""
    last = sunday(first)
    days, parts = list(calendar.school_days(first, last)), [slot.slug for slot in Slot.in_order()]
    fewer: dict[int, int] = {}
    for ask in spared:
        for id, count in ask(first, last, excused).items():
            fewer[id] = fewer.get(id, 0) + count
    whole, found = len(days) * len(parts), {}
    for id in excused.classes | fewer.keys():
        there = whole - sum(excused.by(id, day, part) is not None for day in days for part in parts)
        share = -(-rules.min_checks * there // whole) if whole else rules.min_checks
        found[id] = max(share - fewer.get(id, 0), 1) if there or not whole else 0
    return found


def open_appeals(first: date) -> int:
    """How many appeals about the checks of a week wait for an answer. appeals.py says how: it knows this file."""
    return sum(count(first, sunday(first)) for count in hold_up)


hold_up: list[Any] = []  # asked before a week is locked: fn(first, last) -> how many things still wait


@dataclass(frozen=True)
class Line:
    """A class in a week's report."""

    group: ClassGroup
    standing: Standing
    position: int

    @property
    def checks(self) -> int:
        return self.standing.checks


@dataclass(frozen=True)
class Report:
    """A week as it stands by the rules, whether it is locked or not."""

    first: date
    rules: ScoringRules
    rows: list[Line]
    givers: list[Giver]

    @classmethod
    def of(cls, day: date, rules: ScoringRules | None = None) -> "Report":
        """Work a week out from its checks. Eight queries."""
        first, rules = monday(day), rules or ScoringRules.now()
        classes = {group.id: group for group in classes_of(first)}
        seen = givers_of(first) if rules.balance else []
        moved = {giver.key: giver.correction for giver in seen if giver.correction}
        groups = {id: rules.group_of(grade_on(group, first)) for id, group in classes.items()}
        needed = checks_needed(first, rules, Excused.between(first, sunday(first)))
        found = ranking.standings(groups, counting(first, sunday(first)), rules, moved, needed)
        return cls(first, rules, [Line(classes[row.class_id], row, at) for at, row in enumerate(found)], seen)


def classes_of(day: date) -> list[ClassGroup]:
    """The classes that were at school on a day, from grade 1 class 1 on."""
    year = clock.school_year(day)
    present = ClassGroup.select().where(ClassGroup.entry_year.between(year - 5, year))
    return list(present.order_by(ClassGroup.entry_year.desc(), ClassGroup.number))


def grade_on(group: ClassGroup, day: date) -> int:
    return clock.school_year(day) - group.entry_year + 1


def givers_of(day: date) -> list[Giver]:
    """How everyone scored in the four weeks that end with the week of a day. Two queries."""
    last = sunday(day)
    return ranking.givers(counting(last - LOOKS_BACK, last))


def names_of(givers: Sequence[Giver]) -> dict[Any, str]:
    """What the people and cards are called. Two queries."""
    ids = {kind: [id for each, id in (giver.key for giver in givers) if each == kind] for kind in ("card", "person")}
    cards = DutyCard.select(DutyCard.id, DutyCard.name).where(DutyCard.id.in_(ids["card"])).tuples()
    people = Person.select(Person.id, Person.name).where(Person.id.in_(ids["person"])).tuples()
    return {("card", id): name for id, name in cards} | {("person", id): name for id, name in people}


# The clock ----------------------------------------------------------------------------------------------------


def lock_due(now: datetime) -> None:
    """Lock each week whose time has come, the oldest first, a few at a time. A week with open appeals waits, and
    those who answer them are told once a day; one that was reopened waits for a hand."""
    rules = ScoringRules.now()
    due = [first for first in _unlocked(clock.local(now).date()) if rules.locks_at(first) <= now]
    locked = 0
    for first in due:
        if waiting := open_appeals(first):
            _tell_waiting(first, waiting, now)
        elif locked < AT_ONCE and counting(first, sunday(first)):
            locked += _lock_quietly(first)


def _lock_quietly(first: date) -> bool:
    """Whether the week is locked by this; somebody may have done it by hand a moment ago."""
    try:
        Week.lock(first)
    except Refused:
        return False
    return True


def _unlocked(today: date) -> list[date]:
    """The Mondays of all weeks in which a class was scored and that were never locked, however long ago. Asked by every
    tick: it looks at the weeks that have no row, not at the checks of years."""
    known = {starts for (starts,) in Week.select(Week.starts_on).where(Week.slug == CLASS_HYGIENE).tuples()}
    began = [Check.select(peewee.fn.MIN(Check.day)).where(Check.slug == slug).scalar() for slug in CLASS_SCORES]
    first, found = monday(min((_day(day) for day in began if day), default=today)), []
    while first <= today:
        if first not in known and _a_score(*CLASS_SCORES, first, min(sunday(first), today)):
            found.append(first)
        first += timedelta(days=7)
    return found


_a_score = Prepared(
    lambda slug, other, first, last: (
        Check.select(Check.id).where(Check.slug.in_((slug, other)), Check.day.between(first, last)).limit(1)
    )
)


def _tell_waiting(first: date, waiting: int, now: datetime) -> None:
    rules = ScoringRules.stored()
    to = [person.id for role in ("director", "counsellor") for person in Person.with_role(role)]
    once = f"{first} {clock.local(now).date()}"
    notify.tell("inspections.week_waits", rules, to, "/inspections/appeals", once=once, day=first, count=waiting)


tick.work(lock_due, "inspections.weeks")


def _may_correct(mark: Mark) -> None:
    if mark.check.slug in CLASS_SCORES and (sentence := _why_not(mark.check.day)):
        raise Refused(sentence)


checks.before_correction.append(_may_correct)
