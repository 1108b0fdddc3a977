"""Rounds: what a plan makes due on a day, place by place, and what became of it. A missed round is a fact.

Rounds are built ahead by every tick, once for each occurrence, says the database. Times are set when a round is
built; its state follows from them, from what was checked, and from what was excused.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import calendar, clock, journal, notify
from app.db import Day, Moment, Prepared, Row, database, writing
from app.errors import Refused
from app.inspections import models as checks
from app.inspections.checklists import Item, Slot
from app.inspections.cleaning_posts import Post
from app.inspections.draws import Draw
from app.inspections.exemptions import Exemption, rooms_away, scoring_slugs
from app.inspections.models import Check, Mark
from app.inspections.plans import Ground, Plan
from app.inspections.recurrence import ONE_DAY
from app.people.models import DutyCard, Person
from app.places.models import ClassGroup, Place
from app.places.models import before_close as before_place_closes

SPOT_TIME = timedelta(hours=2)  # of school, to look at what was drawn
NEWS = 2 * ONE_DAY  # who is told of a round that was missed longer ago would only be puzzled
STATES = {
    "coming": (_l("not open yet"), ""),
    "open": (_l("to do now"), "soon"),
    "done": (_l("all checked"), "fine"),
    "late": (_l("late, can still be done"), "late"),
    "missed": (_l("not done at all"), "late"),
    "excused": (_l("excused"), ""),
    "withdrawn": (_l("taken back: the plan changed"), ""),
}

journal.says({
    "rounds.missed": _l("%(name)s, due %(due)s, was missed: %(left)s of %(all)s places not checked"),
    "rounds.excused": _l("excused %(name)s, due %(due)s: %(reason)s"),
    "rounds.place_excused": _l("excused %(room)s in %(name)s, due %(due)s: %(reason)s"),
    "rounds.place_due_again": _l("%(room)s in %(name)s, due %(due)s, is to be checked after all"),
    "rounds.handed_over": _l("gave %(name)s, due %(due)s, to %(person)s"),
    "rounds.drawn": _l("drew by lot for %(name)s: %(places)s"),
})  # fmt: skip
notify.says({
    "inspections.drawn": _l("Spot check for you now: %(name)s, %(count)s places"),
    "inspections.missed": _l("Missed: %(name)s, due %(due)s, %(left)s of %(all)s places not checked"),
    "inspections.handed_over": _l("%(name)s is yours until %(until)s"),
})  # fmt: skip


# Told of each round that was built with its places, inside that act: who is exempt then is excused in it.
after_building: "list[Callable[[Round], object]]" = []


class Round(Row):
    """One due occurrence of a plan. It opens on `opens_on` and is due on `due_on`; `opens_at`, `closes_at` (on time)
    and `ends_at` (can be made up for) are the moments. `spot` rounds were drawn; `draw` is missing where nothing ran
    that could draw."""

    plan = peewee.ForeignKeyField(Plan, backref="rounds")
    series = peewee.IntegerField()
    opens_on = Day()
    due_on = Day(index=True)
    opens_at = Moment()
    closes_at = Moment()
    ends_at = Moment()
    spot = peewee.BooleanField(default=False)
    draw = peewee.ForeignKeyField(Draw, null=True, unique=True)
    stand_in = peewee.ForeignKeyField(Person, null=True, index=False)
    built_at = Moment(default=clock.now)
    done_at = Moment(null=True)
    missed_at = Moment(null=True)
    withdrawn_at = Moment(null=True)
    excused_at = Moment(null=True)
    excused_by = peewee.ForeignKeyField(Person, null=True, index=False)
    excuse_words = peewee.CharField(200, default="")

    class Meta:
        table_name = "check_round"
        constraints = [peewee.Check("opens_at <= closes_at and closes_at <= ends_at")]

    def __str__(self) -> str:
        return self.plan.name

    # How it stands

    def state_at(self, now: datetime) -> str:
        """A key of STATES."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.done_at is not None:
            return "done"
        if self.excused_at is not None:
            return "excused"
        if self.missed_at is not None or now > self.ends_at:
            return "missed"
        return "coming" if now < self.opens_at else "open" if now <= self.closes_at else "late"

    @property
    def state(self) -> str:
        return self.state_at(clock.now())

    @property
    def state_word(self) -> str:
        """In the reader's language; a round that was finished after its time says so."""
        return _("checked late") if self.was_late else str(STATES[self.state][0])

    @property
    def tone(self) -> str:
        return "soon" if self.was_late else STATES[self.state][1]

    @property
    def was_late(self) -> bool:
        return self.done_at is not None and self.done_at > self.closes_at

    @property
    def is_going_on(self) -> bool:
        return self.state in ("open", "late")

    @property
    def whose(self) -> str:
        return self.stand_in.name if self.stand_in_id else self.plan.whose

    def does(self, who: Any, day: date | None = None) -> bool:
        """Whether a check by this person or card, made on a day (today), counts for it."""
        if self.stand_in_id and not who.is_card and self.stand_in_id == who.id:
            return True
        return self.plan.does(who, day)

    def parts_on(self, day: date, slots: Sequence[Slot]) -> list[str]:
        """The parts of a day in which it is open on time, by the slugs of the slots, which come in order."""
        starts = [clock.utc(day, time.fromisoformat(slot.starts)) for slot in slots]
        spans = zip(slots, starts, [*starts[1:], clock.utc(day + ONE_DAY)], strict=True)
        return [slot.slug for slot, start, end in spans if self.opens_at < end and self.closes_at > start]

    # Which there are

    @classmethod
    def whole(cls) -> peewee.ModelSelect:
        """Rounds with their plan, who does them, and as `places`, `checked` and `spared` how many places each has,
        has seen and was excused: a list costs one query."""
        left, stand_in, excuser = peewee.JOIN.LEFT_OUTER, Person.alias(), Person.alias()
        stops = RoundPlace.select(peewee.fn.COUNT(RoundPlace.id)).where(RoundPlace.round == cls.id)
        return (
            cls.select(
                cls, Plan, Person, DutyCard, Post, stand_in, excuser,
                stops.alias("places"),
                stops.where(RoundPlace.done_at.is_null(False)).alias("checked"),
                stops.where(RoundPlace.excused_at.is_null(False), RoundPlace.done_at.is_null()).alias("spared"),
            )
            .join(Plan)
            .join_from(Plan, Person, left, on=(Plan.person == Person.id), attr="person")
            .join_from(Plan, DutyCard, left, on=(Plan.card == DutyCard.id), attr="card")
            .join_from(Plan, Post, left, on=(Plan.post == Post.id), attr="post")
            .join_from(cls, stand_in, left, on=(cls.stand_in == stand_in.id), attr="stand_in")
            .join_from(cls, excuser, left, on=(cls.excused_by == excuser.id), attr="excused_by")
            .where(cls.withdrawn_at.is_null())
        )  # fmt: skip

    @classmethod
    def of(cls, who: Any) -> peewee.Expression:
        """The condition that a round is someone's to do; queries that ask it join Plan."""
        mine = Plan.done_by(who)
        return mine if who.is_card else mine | (cls.stand_in == who.id)

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office, leaders and the counsellor; for others, their own. A spot check not yet drawn is no
        round, so nobody sees one too early."""
        if who.may("inspections.all"):
            return cls.whole()
        mine = cls.of(who) | cls._stood_in_by(who)
        return cls.whole().where(mine) if who.may("inspections.results") else cls.whole().where(cls.id < 0)

    @classmethod
    def _stood_in_by(cls, who: Any) -> peewee.Expression:
        """The condition that a round was open while someone stood in at its post; it stays theirs to read, and what
        their phone kept can still be sent. Queries that ask it join Post."""
        if who.is_card:
            return cls.id < 0
        meanwhile = (Post.away_from <= cls.due_on) & (Post.away_until >= cls.opens_on)
        return (Plan.who == "post") & (Post.substitute == who.id) & meanwhile

    @classmethod
    def going_on(cls, now: datetime | None = None) -> peewee.Expression:
        """The condition that it is open or late, and not finished."""
        now = now or clock.now()
        return cls.unfinished() & (cls.opens_at <= now) & (cls.ends_at >= now)

    @classmethod
    def was_missed(cls, now: datetime | None = None) -> peewee.Expression:
        """The condition that its time ran out unfinished and unexcused."""
        return cls.unfinished() & (cls.ends_at < (now or clock.now()))

    @classmethod
    def unfinished(cls) -> peewee.Expression:
        """The condition that it is neither done nor excused nor taken back, whether its time is over or not."""
        return cls.done_at.is_null() & cls.excused_at.is_null() & cls.withdrawn_at.is_null()

    @classmethod
    def mine(cls, who: Any) -> peewee.ModelSelect:
        """What someone has to do now, what is due first coming first."""
        return cls.whole().where(cls.of(who), cls.going_on()).order_by(cls.closes_at, cls.id)

    def stops(self) -> list["RoundPlace"]:
        """Its places in walking order, each with floor, building, and the check that counted. One query."""
        return list(RoundPlace.whole().where(RoundPlace.round == self).order_by(RoundPlace.order, RoundPlace.id))

    def left(self) -> list["RoundPlace"]:
        return [stop for stop in self.stops() if stop.is_left]

    # Building

    @classmethod
    def build(cls, plan: Plan, due_on: date, ground: Ground | None = None) -> "Round | None":
        """The round of a day with its places; None when there is one, or no place is left to look at. Belongs
        inside writing()."""
        targets = plan.targets(ground)
        if not targets:
            return None
        opens, closes, ends = plan.window(due_on)
        opens_on = due_on - plan.ahead * ONE_DAY
        return cls._lay(plan, due_on, targets, opens_on=opens_on, opens_at=opens, closes_at=closes, ends_at=ends)

    @classmethod
    def _lay(cls, plan: Plan, due_on: date, targets: Sequence[Place], **times: Any) -> "Round | None":
        known = cls.select().where(cls.series == plan.series, cls.due_on == due_on, cls.withdrawn_at.is_null())
        if known.exists():
            return None
        try:
            with database.atomic():
                round = cls.create(plan=plan, series=plan.series, due_on=due_on, **times)
        except peewee.IntegrityError:  # a database that lets two write at once: the twin was faster
            return None
        rows = [{"round": round.id, "place": place.id, "order": order} for order, place in enumerate(targets, start=1)]
        if rows:
            RoundPlace.insert_many(rows).execute()
            for heed in after_building:
                heed(round)
        return round

    @classmethod
    def take_back(cls, series: int) -> date | None:
        """Withdraw the rounds of a plan that are not open yet; the last day that one which stays is due on."""
        coming = (cls.series == series) & (cls.opens_at > clock.now()) & cls.withdrawn_at.is_null()
        cls.update(withdrawn_at=clock.now()).where(coming).execute()
        last = cls.select(peewee.fn.MAX(cls.due_on)).where(cls.series == series, cls.withdrawn_at.is_null()).scalar()
        return date.fromisoformat(last) if isinstance(last, str) else last

    # Spot checks

    @classmethod
    def draw_for(cls, plan: Plan, due_on: date, by: Person | None = None, seed: str = "") -> "Round | None":
        """Draw the places of a spot check now; its time begins with the draw. None when it was drawn already.
        `seed` as in Draw.make."""
        with writing():
            known = cls.select().where(cls.series == plan.series, cls.due_on == due_on, cls.withdrawn_at.is_null())
            away = rooms_away(plan.slug)
            targets = {place.id: place for place in plan.targets() if place.id not in away}
            if not targets or known.exists():
                return None
            now = clock.now()
            draw = Draw.make(plan.slug, targets.values(), plan.spot, by, seed)
            drawn = [place for id, place in targets.items() if id in draw.chosen]  # in walking order
            closes = max(calendar.after_school_time(now, SPOT_TIME), now + SPOT_TIME)
            ends = max(closes, plan.ends(clock.local(closes).date(), closes))
            round = cls._lay(plan, due_on, drawn, spot=True, draw=draw, opens_on=clock.today(), opens_at=now,
                             closes_at=closes, ends_at=ends)  # fmt: skip
            journal.record("rounds.drawn", round, by, name=plan.name, places="、".join(each.name for each in drawn))
            notify.tell("inspections.drawn", round, plan.people(), f"/inspections/rounds/{round.id}",
                        name=plan.name, count=len(drawn))  # fmt: skip
        return round

    @classmethod
    def draw_now(cls, by: Person, name: str, slug: str, spot: int, **fields: Any) -> "Round":
        """A spot check at once: a plan for this one time, and its draw."""
        with writing():
            today = clock.today()
            plan = Plan.add(by, name, slug, spot=max(spot, 1), often="once", ends_on=today, closes="23:59", **fields)
            return cls.draw_for(plan, today, by)

    # What happens to it

    @classmethod
    def note(cls, check: Check) -> None:
        """A check was made: whatever round it belongs to has seen this place. Called in the act of the check."""
        stops = _left_at(check.place_id, check.slug, check.at)
        done: set[int] = set()
        for stop in stops:  # one for each plan: on time before late
            round = stop.round
            if round.series not in done and round.does(check.who, check.day) and _is_whole(check, round):
                done.add(round.series)
                round.done_at_place(stop, check)

    def done_at_place(self, stop: "RoundPlace", check: Check) -> None:
        """This place is checked; the round is done with its last place."""
        RoundPlace.update(check=check, done_at=check.at).where(RoundPlace.id == stop.id).execute()
        if self.spot and not check.unannounced:
            check.unannounced = True
            Check.update(unannounced=True).where(Check.id == check.id).execute()
        self._finish()

    def _finish(self) -> None:
        """Done with its last place, at the newest of its checks: an earlier one may have arrived after it."""
        stops = RoundPlace.select().where(RoundPlace.round == self)
        if not stops.where(RoundPlace.left()).exists():
            last = _newest(stops)
            Round.update(done_at=last).where(Round.id == self.id, Round.done_at.is_null()).execute()
            self.done_at = self.done_at or last

    def excuse(self, by: Person, reason: str, stop: "RoundPlace | None" = None) -> None:
        """A trip, an exam: it need not be done, as a whole or at one place. That it was missed stays written down.
        Where it would have scored a class on one day, the class is exempt in that part of the day for everything."""
        with writing():
            fresh = Round.get_by_id(self.id)
            if fresh.withdrawn_at or fresh.done_at or fresh.excused_at:
                raise Refused(_("This round is already finished."))
            if stop is None:
                self.excused_at, self.excused_by, self.excuse_words = clock.now(), by, reason
                self.save(only=[Round.excused_at, Round.excused_by, Round.excuse_words])
                self._tell("rounds.excused", by, reason=reason)
                return
            mine = RoundPlace.select().where(RoundPlace.id == stop.id, RoundPlace.round == self)
            if not mine.where(RoundPlace.left()).exists():
                raise Refused(_("This place is already checked or excused."))
            self._exempt_class_at(stop.place, by, reason)
            if mine.where(RoundPlace.left()).exists():
                stop.round = self
                stop.spare(by, reason)

    def _exempt_class_at(self, place: Place, by: Person, reason: str) -> None:
        """Exempt the class of a room as far as this round would have scored it. A round of several days says nothing
        about a single one: there only the round itself is excused (weeks.spared)."""
        group = ClassGroup.get_or_none(ClassGroup.room == place)
        day = clock.local(self.closes_at).date()
        if group is None or clock.local(self.opens_at).date() != day or self.plan.slug not in scoring_slugs():
            return
        slots = list(Slot.in_order())
        parts = self.parts_on(day, slots)
        for part in [""] if len(parts) == len(slots) else parts:
            Exemption.give([group], day, reason, by, part, strict=False)

    def _settle_after_excuse(self, by: Person | None, reason: str) -> None:
        """When nothing is left, the round is done if anything was checked, else excused as a whole."""
        stops = RoundPlace.select().where(RoundPlace.round == self)
        if stops.where(RoundPlace.left()).exists():
            return
        if last := _newest(stops):
            Round.update(done_at=last).where(Round.id == self.id).execute()
            self.done_at = last
        else:
            self.excused_at, self.excused_by, self.excuse_words = clock.now(), by, reason
            self.save(only=[Round.excused_at, Round.excused_by, Round.excuse_words])

    def hand_over(self, person: Person, by: Person) -> None:
        """Somebody else does it this time, such as for who is ill."""
        with writing():
            if Round.get_by_id(self.id).state not in ("coming", "open", "late"):
                raise Refused(_("This round is already finished."))
            checklist = self.plan.checklist
            if checklist is not None and person.roles.isdisjoint(checklist.who):
                words = {"checklist": checklist.title, "name": person.name}
                raise Refused(_("%(checklist)s is not for %(name)s to check.", **words), 422)
            self.stand_in = person
            self.save(only=[Round.stand_in])
            self._tell("rounds.handed_over", by, person=person.name)
            if person.id != by.id:
                notify.tell("inspections.handed_over", self, [person], f"/inspections/rounds/{self.id}",
                            name=self.plan.name, until=self.closes_at)  # fmt: skip

    def note_missed(self, now: datetime) -> None:
        """Belongs inside writing(); a round of `whole`."""
        Round.update(missed_at=now).where(Round.id == self.id).execute()
        facts = {"left": self.places - self.checked - self.spared, "all": self.places}
        self._tell("rounds.missed", None, **facts)
        if self.ends_at > now - NEWS:
            office = [person.id for person in Person.with_role("director")]
            people = [*office, *([self.stand_in_id] if self.stand_in_id else self.plan.people(self.due_on))]
            notify.tell("inspections.missed", self, dict.fromkeys(people), f"/inspections/rounds/{self.id}",
                        once=str(self.id), name=self.plan.name, due=self.due_on, **facts)  # fmt: skip

    def _tell(self, action: str, by: Any, **facts: Any) -> None:
        journal.record(action, self, by, name=self.plan.name, due=self.due_on.isoformat(), **facts)


Round.add_index(
    Round.index(Round.series, Round.due_on, unique=True, where=Round.withdrawn_at.is_null(), name="check_round_once")
)
Round.add_index(
    Round.index(
        Round.ends_at, name="check_round_unfinished",
        where=Round.done_at.is_null() & Round.excused_at.is_null() & Round.withdrawn_at.is_null(),
    )
)  # fmt: skip


class RoundPlace(Row):
    """A place of a round, its number in walking order, and the check that counted for it."""

    round = peewee.ForeignKeyField(Round, backref="stop_rows", index=False)
    place = peewee.ForeignKeyField(Place, index=False)
    order = peewee.IntegerField()
    check = peewee.ForeignKeyField(Check, null=True, backref="round_places")
    done_at = Moment(null=True)
    excused_at = Moment(null=True)
    excused_by = peewee.ForeignKeyField(Person, null=True, index=False)
    excuse_words = peewee.CharField(200, default="")
    exemption = peewee.ForeignKeyField(Exemption, null=True, backref="stops")  # by which its class is excused

    class Meta:
        table_name = "check_round_place"
        indexes = ((("round", "place"), True),)

    @property
    def is_left(self) -> bool:
        return self.done_at is None and self.excused_at is None

    def spare(self, by: Person, reason: str, exemption: Exemption | None = None) -> None:
        """It need not be checked; belongs inside writing()."""
        excused = {"excused_at": clock.now(), "excused_by": by, "excuse_words": reason, "exemption": exemption}
        RoundPlace.update(**excused).where(RoundPlace.id == self.id).execute()
        self.round._tell("rounds.place_excused", by, reason=reason, place=self.place_id, room=self.place.name)
        self.round._settle_after_excuse(by, reason)

    @classmethod
    def left(cls) -> peewee.Expression:
        return cls.done_at.is_null() & cls.excused_at.is_null()

    @classmethod
    def whole(cls) -> peewee.ModelSelect:
        outer, floor, building = peewee.JOIN.LEFT_OUTER, Place.alias(), Place.alias()
        return (
            cls.select(cls, Place, floor, building, Check)
            .join(Place)
            .join(floor, outer, on=(Place.parent == floor.id), attr="parent")
            .join(building, outer, on=(floor.parent == building.id), attr="parent")
            .join_from(cls, Check, outer, on=(cls.check == Check.id), attr="check")
        )


RoundPlace.add_index(RoundPlace.index(RoundPlace.place, where=RoundPlace.left(), name="check_round_place_left"))
# Asked by every check and every tick, while it holds the write lock.
_left_at = Prepared(
    lambda place, slug, at: (
        RoundPlace.select(RoundPlace, Round, Plan)
        .join(Round)
        .join_from(Round, Plan)
        .where(RoundPlace.place == place, RoundPlace.left(), Plan.slug == slug, Round.going_on(at))
        .order_by(Round.closes_at < at, Round.closes_at)
    )
)


def _newest(stops: peewee.ModelSelect) -> datetime | None:
    """When the last of these places was checked; None when none was."""
    last = stops.select(peewee.fn.MAX(RoundPlace.done_at)).scalar()
    return datetime.fromisoformat(last) if isinstance(last, str) else last


def _is_whole(check: Check, round: Round) -> bool:
    """A scored check is one; tasks ticked off make one with the last of them, within the days of the round."""
    if check.total is not None or check.checklist.kind != "ticks":
        return True
    wanted = {item.key: item.times for item in check.checklist.items_at(check.place)}
    count = peewee.fn.COUNT(Mark.id)
    ticked = (
        Mark.select(Item.key, count)
        .join(Item)
        .join_from(Mark, Check)
        .where(Check.slug == check.slug, Check.place == check.place_id, Check.day.between(round.opens_on, check.day))
        .group_by(Item.key)
        .tuples()
    )
    done = dict(ticked)
    return all(done.get(key, 0) >= times for key, times in wanted.items())


def _let_go(place: Place) -> None:
    """A place that is closed need not be checked any more; called in the act of closing it."""
    rounds = Round.select(Round.id).where(Round.ends_at >= clock.now(), Round.withdrawn_at.is_null())
    stops = RoundPlace.select().where(RoundPlace.place == place, RoundPlace.left(), RoundPlace.round.in_(rounds))
    for stop in stops:
        words = _("the place was closed")
        RoundPlace.update(excused_at=clock.now(), excuse_words=words).where(RoundPlace.id == stop.id).execute()
        stop.round._settle_after_excuse(None, words)


before_place_closes.append(_let_go)


def _is_drawn(who: Any, place: Place, slug: str, moment: datetime) -> bool:
    """Whether a place was drawn for someone in a spot check that goes on and has not seen it yet."""
    day, rounds = clock.local(moment).date(), [stop.round for stop in _left_at(place.id, slug, moment)]
    return any(round.spot and round.does(who, day) for round in rounds)


checks.is_drawn.append(_is_drawn)
checks.after_check.append(Round.note)
