"""Walk mode: a round door by door, also with a weak signal, and the order and times in which the doors were done.

A phone without a signal keeps its answers and sends them later, so each says when it was given. Order and times are
facts for the office; nothing follows from them by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import peewee
from flask_babel import gettext as _

from app import clock
from app.db import Moment, Prepared, Row, writing
from app.errors import Refused
from app.inspections import findings
from app.inspections.checklists import CLASS_SCORES, Checklist
from app.inspections.cleaning_posts import Post
from app.inspections.findings import Thing
from app.inspections.models import Check, everything_fine
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round, RoundPlace
from app.inspections.scoring import Verdict
from app.inspections.weeks import Week
from app.people.models import DutyCard, Person
from app.places.codes import Label
from app.places.models import ClassGroup, Place
from app.words import said

KEPT_AT_MOST = timedelta(days=7)  # an answer that a phone kept for longer is no longer believed
SECONDS = "%m-%d %H:%M:%S"
SENT_LATE = timedelta(minutes=2)  # until then it is only a slow network
# Nobody gets from one door to another faster: next door, by a staircase, across the yard.
LEAST = {"floor": timedelta(seconds=5), "building": timedelta(seconds=20), "school": timedelta(seconds=60)}


class Door(Row):
    """A door that was done in walk mode: at which moment by the phone, when its answer arrived, and whether the
    label was scanned or the name tapped."""

    append_only = True

    round = peewee.ForeignKeyField(Round, backref="doors")
    place = peewee.ForeignKeyField(Place, index=False)
    check = peewee.ForeignKeyField(Check, unique=True, backref="doors")
    scanned = peewee.BooleanField(default=False)
    at = Moment()
    arrived_at = Moment(default=clock.now)

    class Meta:
        table_name = "walk_door"

    @property
    def waited(self) -> timedelta | None:
        """How long the answer was kept on the phone; None when it came at once."""
        span = self.arrived_at - self.at
        return span if span > SENT_LATE else None

    @property
    def clock_words(self) -> str:
        """`11-24 10:24:05`: seconds matter here."""
        return clock.local(self.at).strftime(SECONDS)

    @property
    def arrived_words(self) -> str:
        return clock.local(self.arrived_at).strftime(SECONDS)

    @classmethod
    def of(cls, round: Round) -> list["Door"]:
        """The doors of a round in the order they were done, each with its place, where that is, and who was there."""
        outer, floor, building = peewee.JOIN.LEFT_OUTER, Place.alias(), Place.alias()
        rows = (
            cls.select(cls, Place, floor, building, Check, Person, DutyCard)
            .join(Place)
            .join(floor, outer, on=(Place.parent == floor.id), attr="parent")
            .join(building, outer, on=(floor.parent == building.id), attr="parent")
            .join_from(cls, Check)
            .join_from(Check, Person, outer, on=(Check.person == Person.id))
            .join_from(Check, DutyCard, outer)
        )
        return list(rows.where(cls.round == round).order_by(cls.at, cls.id))


@dataclass(frozen=True)
class Stop:
    """A door of the list: the place of the round, the class that sits there, its label's code, and what earlier
    checks found there and is still open."""

    SHOWN, CARRIED = 3, 10  # of what is open: in the list, and in the sheet that travels with it

    row: RoundPlace
    group: ClassGroup | None
    code: str | None
    things: Sequence[Thing] = ()

    @property
    def place(self) -> Place:
        return self.row.place

    @property
    def title(self) -> str:
        return self.group.name if self.group is not None else self.place.name

    @property
    def where(self) -> str:
        """Where the door is, and its name when it goes by its class."""
        return " · ".join(filter(None, [self.place.where, self.place.name if self.group is not None else ""]))

    @property
    def is_left(self) -> bool:
        return self.row.is_left


@dataclass(frozen=True)
class Step:
    """A door and the way to it from the one before, by the same walker; `too_fast` says that nobody walks so fast."""

    door: Door
    order: int | None = None
    before: Door | None = None
    gap: timedelta | None = None
    too_fast: bool = False


def stops_of(round: Round, who: Any = None, place_id: int | None = None) -> list[Stop]:
    """The doors of a round in walking order, or only the one of a place. A query each for doors, codes and classes,
    and three for what is open at those that are left. Hazards are not shown to a duty card."""
    rows = round.stops() if place_id is None else _door_of(round, place_id)
    ids = [row.place_id for row in rows]
    codes = dict(Label.in_use().select(Label.place, Label.code).where(Label.place.in_(ids)).tuples())
    groups = {group.room_id: group for group in ClassGroup.present().where(ClassGroup.room.in_(ids))}
    found = findings.open_at_many([row.place_id for row in rows if row.is_left])
    if who is not None and who.is_card:
        found = {place: [thing for thing in things if thing.road != "hazard"] for place, things in found.items()}
    return [Stop(row, groups.get(row.place_id), codes.get(row.place_id), found.get(row.place_id, ())) for row in rows]


def _door_of(round: Round, place_id: int) -> list[RoundPlace]:
    return list(RoundPlace.whole().where(RoundPlace.round == round, RoundPlace.place == place_id))


_waiting_here = Prepared(
    lambda place, now: (
        RoundPlace.select(RoundPlace, Round, Plan, Post)
        .join(Round)
        .join(Plan)
        .join(Post, peewee.JOIN.LEFT_OUTER)
        .where(RoundPlace.place == place, RoundPlace.left(), Round.going_on(now))
        .order_by(Round.closes_at, Round.id)
    )
)


def round_here(who: Any, place: Place, group: ClassGroup | None) -> Round | None:
    """The round of this person or card that still wants a check of this place, what is due first coming first.

    One query; for whoever has such a round, one more for each. Ticks of a cleaner have their own page."""
    for stop in _waiting_here(place.id, clock.now()):
        checklist = stop.round.plan.checklist if stop.round.does(who) else None
        if checklist is None or checklist.kind == "ticks":
            continue
        if not checklist.refusal(who, place, group if checklist.target == "class" else None):
            return stop.round
    return None


def next_after(stops: list[Stop], place_id: int | None = None) -> Stop | None:
    """The next door that is left, walking on from a place; the first one again at the end of the way."""
    ids = [stop.place.id for stop in stops]
    start = ids.index(place_id) + 1 if place_id in ids else 0
    return next((stop for stop in stops[start:] + stops[:start] if stop.is_left), None)


def fine_everywhere(checklist: Checklist, place: Place) -> dict[str, Verdict]:
    """The verdicts of one tap that says everything is fine here. Refused where the checklist wants a look at each."""
    verdicts = {item.key: everything_fine(item) for item in checklist.items_at(place)}
    if not checklist.all_fine or None in verdicts.values():
        raise Refused(_("%(checklist)s wants an answer to each item.", checklist=checklist.title), 422)
    return verdicts


def given_at(answered: int | None, sent: int | None, began: datetime) -> datetime:
    """The moment an answer was given, by the span that its phone says it kept it: whatever time a phone believes it
    is, both of its moments are wrong by the same. `answered` and `sent` are milliseconds of the phone's clock; `began`
    is when what it sent began to arrive."""
    if answered is None or sent is None:
        return began
    kept = timedelta(milliseconds=min(max(sent - answered, 0), KEPT_AT_MOST / timedelta(milliseconds=1)))
    return began - kept


def must_be_on(round: Round, who: Any, at: datetime) -> None:
    """Refused when the round is not this person's or was over when the answer was given."""
    if not round.does(who, clock.local(at).date()):
        raise Refused(_("This round is %(name)s's.", name=round.whose), 403)
    if at < round.opens_at or round.state_at(max(at, round.opens_at)) in ("withdrawn", "excused"):
        raise Refused(_("This round is not open: %(state)s.", state=round.state_word))
    if at > round.ends_at:
        raise Refused(_("This round is over: %(state)s.", state=round.state_word))


def answer(
    round: Round,
    stop: RoundPlace,
    by: Any,
    verdicts: dict[str, Verdict],
    checklist: Checklist,
    *,
    at: datetime | None = None,
    scanned: bool = False,
    note: str = "",
) -> Check:
    """Check one place of a round. Raises Refused as Check.record does, and when the place is already done."""
    at = at or clock.now()
    with writing():
        must_be_on(round, by, at)
        fresh = RoundPlace.whole().where(RoundPlace.id == stop.id).get()
        if not fresh.is_left:
            raise Refused(why_closed(fresh))
        # Given before its week was locked, arrived after.
        if checklist.slug in CLASS_SCORES and (week := Week.of(clock.local(at).date())) and at <= week.locked_at:
            raise Refused(_("This week is locked and published; its numbers stand."))
        check = Check.record(
            checklist, fresh.place, by, verdicts, note=note, unannounced=round.spot, at=at,
            again=round.plan.name,  # who checked it before was not on this round, which still wants its check
        )  # fmt: skip
        Door.create(round=round, place=fresh.place, check=check, scanned=scanned, at=at)
        if RoundPlace.select().where(RoundPlace.id == stop.id, RoundPlace.left()).exists():
            round.done_at_place(fresh, check)  # given in time, arrived late
    return check


def why_closed(stop: RoundPlace) -> str:
    """Why a place of a round takes no more answers, with who was there."""
    if stop.check_id is None:
        return _("%(place)s is excused in this round: %(reason)s", place=stop.place.name, reason=stop.excuse_words)
    return _("%(place)s is already checked in this round, %(when)s by %(who)s.",
             place=stop.place.name, when=said(stop.done_at), who=stop.check.who.name)  # fmt: skip


def steps(round: Round) -> list[Step]:
    """The doors of a round as they were walked, each with the way from the one before. Two queries."""
    places = RoundPlace.select(RoundPlace.place, RoundPlace.order).where(RoundPlace.round == round).tuples()
    order, last, found = dict(places), {}, []
    for door in Door.of(round):
        before = last.get(door.check.who)
        gap = door.at - before.at if before is not None else None
        too_fast = gap is not None and gap < _least(before.place, door.place)
        found.append(Step(door, order.get(door.place_id), before, gap, too_fast))
        last[door.check.who] = door
    return found


def too_fast(found: Iterable[Step]) -> int:
    return sum(step.too_fast for step in found)


def _least(one: Place, other: Place) -> timedelta:
    if one.parent_id == other.parent_id:
        return LEAST["floor"]
    floors = one.parent, other.parent
    same = all(floors) and floors[0].parent_id is not None and floors[0].parent_id == floors[1].parent_id
    return LEAST["building" if same else "school"]
