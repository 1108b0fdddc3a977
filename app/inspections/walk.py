"""Walk mode: a round door by door, also with a weak signal, and the order and times in which the doors were done.

A phone without a signal keeps its answers and sends them later, so each says when it was given. Order and times are
facts for the office; nothing follows from them by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import peewee
from flask_babel import gettext as _

from app import clock
from app.db import Moment, Row, writing
from app.errors import Refused
from app.inspections import findings
from app.inspections.checklists import Checklist
from app.inspections.models import Check, everything_fine
from app.inspections.rounds_due import Round, RoundPlace
from app.inspections.scoring import Verdict
from app.people.models import DutyCard, Person
from app.places.codes import Label
from app.places.models import ClassGroup, Place

KEPT_AT_MOST = timedelta(days=7)  # an answer that a phone kept for longer is no longer believed
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
        return clock.local(self.at).strftime("%m-%d %H:%M:%S")

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
    """A door of the list: the place of the round, the class that sits there, and its label's code."""

    row: RoundPlace
    group: ClassGroup | None
    code: str | None
    found: int = 0  # things that earlier checks found here and that are still open

    @property
    def place(self) -> Place:
        return self.row.place

    @property
    def title(self) -> str:
        return self.group.name if self.group is not None else self.place.name

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


def stops_of(round: Round) -> list[Stop]:
    """The doors of a round in walking order. A query each for doors, codes, classes, and what is still open there."""
    rows = round.stops()
    ids = [row.place_id for row in rows]
    codes = dict(Label.in_use().select(Label.place, Label.code).where(Label.place.in_(ids)).tuples())
    groups = {group.room_id: group for group in ClassGroup.present().where(ClassGroup.room.in_(ids))}
    found = findings.open_counts(ids)
    return [Stop(row, groups.get(row.place_id), codes.get(row.place_id), found.get(row.place_id, 0)) for row in rows]


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


def given_at(answered: int | None, sent: int | None) -> datetime:
    """The moment an answer was given, by the span that its phone says it kept it: whatever time a phone believes it
    is, both of its moments are wrong by the same. `answered` and `sent` are milliseconds of the phone's clock."""
    now = clock.now()
    if answered is None or sent is None:
        return now
    kept = timedelta(milliseconds=min(max(sent - answered, 0), KEPT_AT_MOST / timedelta(milliseconds=1)))
    return now - kept


def must_be_on(round: Round, who: Any, at: datetime) -> None:
    """Refused when the round is not this person's or was over when the answer was given."""
    if not round.does(who):
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
            raise Refused(_("%(place)s is already checked in this round.", place=fresh.place.name))
        check = Check.record(checklist, fresh.place, by, verdicts, note=note, unannounced=round.spot)
        Door.create(round=round, place=fresh.place, check=check, scanned=scanned, at=at)
        if RoundPlace.select().where(RoundPlace.id == stop.id, RoundPlace.left()).exists():
            round.done_at_place(fresh, check)  # given in time, arrived late
    return check


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
