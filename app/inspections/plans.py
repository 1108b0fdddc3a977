"""Plans: who checks what, where and how often. What is due becomes rounds (rounds_due.py) ahead of time.

A plan that changes becomes a new version from the next day that is not yet begun; what was due keeps the version it
was due by.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import calendar, clock, journal
from app.db import JSON, Day, Moment, Row, writing
from app.errors import Refused
from app.inspections.checklists import Checklist
from app.inspections.cleaning_posts import Post
from app.inspections.recurrence import OFTEN, ONE_DAY, Recurrence
from app.people.models import DutyCard, Person, days_in_words
from app.people.models import before_close as before_account_closes
from app.people.permissions import ROLES
from app.places.models import ClassGroup, Place

WHO = {"person": _l("one person"), "role": _l("everybody with a role"), "post": _l("a cleaning post"),
       "card": _l("a duty card")}  # fmt: skip
OFTEN_WORDS = {
    "school_days": _l("every school day"),
    "weekdays": _l("on certain weekdays"),
    "weekly": _l("once a week"),
    "monthly": _l("once a month"),
    "every_n_days": _l("every so many days"),
    "term_start": _l("before each term begins"),
    "term_end": _l("at the end of each term"),
    "once": _l("only once"),
}
WEEKDAY_NAMES = {1: _l("Monday"), 2: _l("Tuesday"), 3: _l("Wednesday"), 4: _l("Thursday"), 5: _l("Friday"),
                 6: _l("Saturday"), 7: _l("Sunday")}  # fmt: skip
# How many days ahead of its day a round may open: it must not meet the one before.
MOST_AHEAD = {"school_days": 0, "weekdays": 0, "weekly": 6, "monthly": 27, "term_start": 30, "term_end": 30, "once": 60}
MOST_EVERY, MOST_BEFORE, MOST_GRACE, MOST_PLACES, MOST_DRAWN = 400, 30, 14, 500, 50

journal.says({
    "plans.added": _l("made the plan %(name)s: %(often)s"),
    "plans.changed": _l("changed the plan %(name)s from %(since)s on: %(often)s"),
    "plans.paused": _l("paused the plan %(name)s"),
    "plans.resumed": _l("the plan %(name)s counts again"),
    "plans.ended": _l("ended the plan %(name)s: %(reason)s"),
})  # fmt: skip


class Plan(Row):
    """One version of a plan. `series` is shared by its versions, of which the one that holds is not replaced.

    Who: exactly one of person, role, card and post, said by `who`. Where: rooms in `areas` (ids of places of any
    level), of `kinds`, whose class is in `grades`; an empty list leaves that open. `spot` is how many of them are
    drawn by lot at a moment nobody knows; 0 means all of them, on the day. A round opens `ahead` days before its day
    at `opens`, is due on its day at `closes`, and may be made up for within `grace` days.
    """

    series = peewee.IntegerField(default=0)
    version = peewee.IntegerField(default=1)
    name = peewee.CharField(60)
    slug = peewee.CharField(40)  # of the checklist, whatever its version
    who = peewee.CharField(6)
    person = peewee.ForeignKeyField(Person, null=True, index=False)
    role = peewee.CharField(20, default="")
    card = peewee.ForeignKeyField(DutyCard, null=True, index=False)
    post = peewee.ForeignKeyField(Post, null=True, index=False)
    areas = JSON(default=list)
    kinds = JSON(default=list)
    grades = JSON(default=list)
    often = peewee.CharField(12)
    every = peewee.IntegerField(default=1)
    weekdays = JSON(default=list)
    day = peewee.IntegerField(default=1)
    before = peewee.IntegerField(default=0)
    in_holidays = peewee.BooleanField(default=False)
    ahead = peewee.IntegerField(default=0)
    opens = peewee.CharField(5, default="00:00")
    closes = peewee.CharField(5, default="17:00")
    grace = peewee.IntegerField(default=0)
    spot = peewee.IntegerField(default=0)
    starts_on = Day()
    ends_on = Day(null=True)
    since = Day()  # the first day that is due by this version
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)
    replaced_at = Moment(null=True)
    paused_at = Moment(null=True)
    paused_by = peewee.ForeignKeyField(Person, null=True, index=False)
    ended_at = Moment(null=True)

    class Meta:
        table_name = "check_plan"
        indexes = ((("series", "version"), True),)
        constraints = [
            peewee.Check("who in ('person', 'role', 'post', 'card')"),
            peewee.Check("who <> 'person' or person_id is not null"),
            peewee.Check("who <> 'card' or card_id is not null"),
            peewee.Check("who <> 'post' or post_id is not null"),
            peewee.Check("who <> 'role' or role <> ''"),
            peewee.Check("every > 0 and ahead >= 0 and grace >= 0 and before >= 0 and spot >= 0"),
        ]

    def __str__(self) -> str:
        return self.name

    # How it reads

    @property
    def recurrence(self) -> Recurrence:
        return Recurrence(
            self.often, self.starts_on, self.ends_on, self.every, tuple(self.weekdays), self.day, self.before,
            self.in_holidays,
        )  # fmt: skip

    @property
    def often_words(self) -> str:
        """`每周五`, `每月 15 日`, `学期结束前 3 天`."""
        if self.often == "weekdays":
            return days_in_words(self.weekdays)
        if self.often == "weekly":
            return _("every week on %(day)s", day=WEEKDAY_NAMES[self.day])
        if self.often == "monthly":
            return _("every month on day %(day)s", day=self.day)
        if self.often == "every_n_days":
            return ngettext("each %(num)s day", "each %(num)s days", self.every)
        if self.often == "once":
            return _("once, on %(day)s", day=self.starts_on.isoformat())
        if self.before and self.often == "term_start":
            return ngettext("%(num)s day before each term", "%(num)s days before each term", self.before)
        if self.before and self.often == "term_end":
            return ngettext("%(num)s day before each term ends", "%(num)s days before each term ends", self.before)
        return str(OFTEN_WORDS[self.often])

    @property
    def whose(self) -> str:
        """Who does it, in words."""
        if self.who == "role":
            return str(ROLES.get(self.role, self.role))
        return getattr(getattr(self, self.who), "name", "")

    @property
    def checklist(self) -> Checklist | None:
        return Checklist.now(self.slug)

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None or (self.ends_on is not None and self.ends_on < clock.today())

    # Which there are

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """The versions that hold, with who does it, in one query."""
        return cls.whole().where(cls.replaced_at.is_null()).order_by(cls.name, cls.id)

    @classmethod
    def whole(cls) -> peewee.ModelSelect:
        left = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Person, DutyCard, Post)
            .join(Person, left, on=(cls.person == Person.id), attr="person")
            .join_from(cls, DutyCard, left, on=(cls.card == DutyCard.id), attr="card")
            .join_from(cls, Post, left, on=(cls.post == Post.id), attr="post")
        )

    @classmethod
    def in_force(cls) -> peewee.ModelSelect:
        """Those by which rounds are built now: not paused, not ended, and their checklist is not retired."""
        return cls.shown().where(cls.paused_at.is_null(), cls.ended_at.is_null(), cls.slug.not_in(Checklist.at_rest()))

    @classmethod
    def using(cls, slug: str) -> "list[Plan]":
        """The plans that hold and check with a checklist."""
        return [plan for plan in cls.shown().where(cls.slug == slug, cls.ended_at.is_null()) if not plan.is_over]

    def versions(self) -> peewee.ModelSelect:
        return Plan.whole().where(Plan.series == self.series).order_by(Plan.version.desc())

    # Who

    def does(self, who: Any, day: date | None = None) -> bool:
        """Whether this is one of those who do it on a day (today); whoever stands in at a post does it only then."""
        if self.who == "card" or who.is_card:
            return self.who == "card" and who.is_card and self.card_id == who.id
        if self.who == "person":
            return self.person_id == who.id
        if self.who == "role":
            return self.role in who.roles
        return who.id in self.post.people(day)

    @classmethod
    def done_by(cls, who: Any) -> peewee.Expression:
        """The condition that someone is one of those who do it."""
        if who.is_card:
            return (cls.who == "card") & (cls.card == who.id)
        mine = ((cls.who == "person") & (cls.person == who.id)) | ((cls.who == "role") & cls.role.in_(list(who.roles)))
        return mine | ((cls.who == "post") & cls.post.in_(Post.of(who)))

    def people(self, day: date | None = None) -> list[int]:
        """The ids of the people who do it on a day (today); none for a card."""
        if self.who == "person":
            return [self.person_id]
        if self.who == "role":
            return [person.id for person in Person.with_role(self.role)]
        return sorted(self.post.people(day)) if self.who == "post" else []

    # Where

    def targets(self, ground: "Ground | None" = None) -> list[Place]:
        """The places to look at now, in walking order: building by building, floor by floor, door by door."""
        checklist = self.checklist
        if checklist is None:
            return []
        ground = ground or Ground.now()
        areas = set(self.areas) or (set(self.post.area_ids) if self.who == "post" else set())
        inside = [place for place in ground.places if not areas or not areas.isdisjoint(_levels(place))]
        return [place for place in inside if self._wants(place, ground.classes.get(place.id), checklist)]

    def _wants(self, place: Place, group: ClassGroup | None, checklist: Checklist) -> bool:
        if not checklist.fits(place, group) or (not place.is_room and place.kind not in checklist.kinds):
            return False
        grade = group.grade if group is not None else 0
        if (self.kinds and place.kind not in self.kinds) or (self.grades and grade not in self.grades):
            return False
        return checklist.target != "class" or not self._is_own_class(group)

    def _is_own_class(self, group: ClassGroup) -> bool:
        if self.who == "card":
            return group.id == self.card.own_class_id
        return self.who == "person" and group.teacher_id == self.person_id

    # When

    def window(self, due_on: date) -> tuple[datetime, datetime, datetime]:
        """When the round of a day opens, is due, and can no longer be made up for (stored moments)."""
        opens = clock.utc(due_on - self.ahead * ONE_DAY, time.fromisoformat(self.opens))
        closes = clock.utc(due_on, time.fromisoformat(self.closes))
        return opens, closes, self.ends(due_on, closes)

    def ends(self, due_on: date, closes: datetime) -> datetime:
        if not self.grace:
            return closes
        civil = self.in_holidays or self.often in ("term_start", "term_end")
        last = due_on + self.grace * ONE_DAY if civil else calendar.school_days_after(due_on, self.grace)
        return clock.utc(last, max(time.fromisoformat(self.closes), time(23, 59)))

    def due_days(self, low: date, high: date) -> list[date]:
        """The days from `low` to `high` on which this version is due."""
        return self.recurrence.between(max(low, self.since), high, calendar.current())

    def next_days(self, count: int = 3) -> list[date]:
        if self.paused_at is not None or self.is_over or getattr(self.checklist, "retired_at", None):
            return []
        return self.recurrence.next_days(max(clock.today(), self.since), calendar.current(), count)

    # Verbs

    @classmethod
    def add(cls, by: Person | None, name: str, slug: str, **fields: Any) -> "Plan":
        """A new plan. Needs `often` and one of person, role, card and post; nothing of the past becomes due.
        Refused (422) when it makes no sense or no place fits."""
        facts = {"starts_on": clock.today(), **fields}
        with writing():
            plan = cls(name=name, slug=slug, by=by, **facts)
            plan.who = facts.get("who") or next((each for each in WHO if facts.get(each)), "")
            plan.since = max(plan.starts_on, clock.today())
            plan._check()
            plan.save(force_insert=True)
            plan.series = plan.id
            plan.save(only=[Plan.series])
            plan._tell("plans.added", by)
        return plan

    def change(self, by: Person, **fields: Any) -> "Plan":
        """A new version. Rounds that are open or over stay as they are; those not yet begun are built anew.
        Returns the version that holds; itself when nothing changed."""
        with writing():
            self._must_hold()
            changed = {name: value for name, value in fields.items() if getattr(self, name) != value}
            if not changed:
                return self
            keep = {name: getattr(self, name) for name in KEPT}
            new = Plan(**{**keep, **changed}, series=self.series, version=self.version + 1, by=by)
            new.since = max(self._free_from(), new.starts_on)
            new._check()
            Plan.update(replaced_at=clock.now()).where(Plan.id == self.id).execute()
            new.save(force_insert=True)
            new._tell("plans.changed", by, since=new.since.isoformat())
        return new

    def pause(self, by: Person) -> None:
        """Nothing more becomes due until it is resumed; rounds that are open stay open."""
        with writing():
            self._must_hold()
            if self.paused_at is not None:
                raise Refused(_("The plan %(name)s is paused already.", name=self.name))
            self._free_from()
            self.paused_at, self.paused_by = clock.now(), by
            self.save(only=[Plan.paused_at, Plan.paused_by])
            self._tell("plans.paused", by)

    def resume(self, by: Person) -> None:
        """From today on; what would have been due during the pause is not made up for."""
        with writing():
            self._must_hold()
            if self.paused_at is None:
                raise Refused(_("The plan %(name)s is not paused.", name=self.name))
            self.since, self.paused_at, self.paused_by = max(self._free_from(), self.since), None, None
            self.save(only=[Plan.since, Plan.paused_at, Plan.paused_by])
            self._tell("plans.resumed", by)

    def pick_up(self) -> None:
        """Count from today on, after a time in which nothing was built. Belongs inside writing()."""
        self.since = max(self._free_from(), self.since)
        self.save(only=[Plan.since])

    def end(self, by: Person, reason: str) -> None:
        """No more of it, for good; its rounds stay."""
        with writing():
            self._must_hold()
            self._free_from()
            self.ended_at = clock.now()
            self.save(only=[Plan.ended_at])
            self._tell("plans.ended", by, reason=reason)

    def _must_hold(self) -> None:
        now = Plan.select(Plan.replaced_at, Plan.ended_at, Plan.paused_at).where(Plan.id == self.id).get()
        if now.replaced_at is not None:
            raise Refused(_("Somebody has just changed the plan %(name)s; please look at it again.", name=self.name))
        if now.ended_at is not None:
            raise Refused(_("The plan %(name)s is ended.", name=self.name))
        self.paused_at = now.paused_at

    def _free_from(self) -> date:
        """Take back the rounds not yet begun; the first day that no other round of this plan is due on."""
        from app.inspections.rounds_due import Round  # it knows this one

        last = Round.take_back(self.series)
        return max(clock.today(), last + ONE_DAY) if last else clock.today()

    def _check(self) -> None:
        if sentence := self.problem():
            raise Refused(sentence, 422)

    def problem(self) -> str:
        """Why this can't be a plan, as a sentence; empty when it can."""
        checklist = self.checklist
        if checklist is None:
            return _("There is no such checklist.")
        if checklist.retired_at is not None:
            return _("%(checklist)s is retired: it is not checked any more.", checklist=checklist.title)
        if self.who not in WHO or self.often not in OFTEN or (self.who == "role" and self.role not in ROLES):
            return _("Please choose one.")
        if self.who != "role" and getattr(self, f"{self.who}_id") is None:
            return _("Please say who does it.")
        if sentence := self._wrong_who(checklist) or self._wrong_when():
            return sentence
        places = len(self.targets())
        if not places:
            return _("No place fits: please choose other places or another checklist.")
        if places > MOST_PLACES and not self.spot:
            return _("That are %(count)s places for one round; please divide it.", count=places)
        return ""

    def _wrong_who(self, checklist: Checklist) -> str:
        if self.who == "role":
            right = self.role in checklist.who
        elif self.who == "card":
            right = "card" in checklist.who and self.slug in self.card.checklists
        else:
            right = self.who == "post" or not self.person.roles.isdisjoint(checklist.who)
        words = {"checklist": checklist.title, "name": self.whose}
        return "" if right else _("%(checklist)s is not for %(name)s to check.", **words)

    def _wrong_when(self) -> str:
        most = self.every - 1 if self.often == "every_n_days" else MOST_AHEAD[self.often]
        if self.often == "weekdays" and not (self.weekdays and set(self.weekdays) <= set(range(1, 8))):
            return _("Please choose at least one weekday.")
        if not 1 <= self.day <= (7 if self.often == "weekly" else 31) or not 1 <= self.every <= MOST_EVERY:
            return _("Please give a number from %(low)s to %(high)s.", low=1, high=MOST_EVERY)
        if not 0 <= self.before <= MOST_BEFORE or not 0 <= self.grace <= MOST_GRACE or not 0 <= self.spot <= MOST_DRAWN:
            return _("Please give a number from %(low)s to %(high)s.", low=0, high=MOST_BEFORE)
        if not 0 <= self.ahead <= most:
            return ngettext("It opens at most %(num)s day ahead.", "It opens at most %(num)s days ahead.", most)
        if self.ends_on is not None and self.ends_on < self.starts_on:
            return _("The last day comes before the first.")
        if self.opens >= self.closes and not self.ahead:
            return _("Each time of duty must end after it begins.")
        return ""

    def _tell(self, action: str, by: Any, **facts: Any) -> None:
        journal.record(action, self, by, name=self.name, often=self.often_words, **facts)


Plan.add_index(Plan.index(Plan.series, unique=True, where=Plan.replaced_at.is_null(), name="check_plan_now"))
KEPT = [name for name in Plan._meta.fields
        if name not in ("id", "series", "version", "since", "by", "at", "replaced_at", "ended_at")]  # fmt: skip


def _must_not_check(person: Person) -> None:
    """Whoever leaves has no plan left that only they see to."""
    plan = Plan.in_force().where(Plan.who == "person", Plan.person == person).first()
    if plan is not None and not plan.is_over:
        words = {"name": person.name, "plan": plan.name}
        raise Refused(_("%(name)s still checks by the plan %(plan)s; give it to somebody else first.", **words))


before_account_closes.append(_must_not_check)


@dataclass(frozen=True)
class Ground:
    """The open places of the school in walking order, each with what stands above it, and the class of each room:
    read once for all plans."""

    places: list[Place]
    classes: dict[int, ClassGroup]

    @classmethod
    def now(cls) -> "Ground":
        places = {place.id: place for place in Place.select().where(Place.closed_at.is_null())}
        for place in places.values():
            place.parent = places.get(place.parent_id)
        groups = ClassGroup.present().where(ClassGroup.room.is_null(False))
        return cls(sorted(places.values(), key=_walking_order), {group.room_id: group for group in groups})


def _walking_order(place: Place) -> list[tuple[int, int]]:
    return [(node.position, node.id) for node in reversed(list(_upwards(place)))]


def _levels(place: Place) -> set[int]:
    return {node.id for node in _upwards(place)}


def _upwards(place: Place | None) -> Iterable[Place]:
    while place is not None:
        yield place
        place = place.parent
