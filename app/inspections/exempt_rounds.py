"""Rounds follow what was said of classes: a class that is excused need not be scored (exemptions.py)."""

from collections.abc import Sequence
from datetime import date

import peewee

from app import clock
from app.inspections import exemptions, rounds_due
from app.inspections.checklists import Slot
from app.inspections.exemptions import Excused, Exemption, scoring_slugs
from app.inspections.plans import Plan
from app.inspections.recurrence import ONE_DAY
from app.inspections.rounds_due import Round, RoundPlace
from app.places.models import ClassGroup, Place


def _follow(rows: Sequence[Exemption]) -> None:
    """A class that is excused need not be scored; one that counts again is to be scored after all."""
    for row in rows:
        if row.ended_at is not None:
            _due_again(row)
    low, high = min(row.day for row in rows), max(row.day for row in rows)
    _excuse_exempt(low, high)


def _excuse_exempt(low: date, high: date, among: peewee.Expression | None = None) -> None:
    """Excuse the places of exempt classes in the unfinished rounds that are due on these days and would score them
    within what is excused."""
    excused = Excused.between(low, high)
    if not excused.rows:
        return
    rooms = {group.room_id: group.id for group in ClassGroup.select().where(ClassGroup.id.in_(excused.classes))}
    slots = list(Slot.in_order())
    stops = _stops().where(
        RoundPlace.place.in_([id for id in rooms if id]), RoundPlace.left(), Round.unfinished(),
        Round.closes_at.between(clock.utc(low), clock.utc(high + ONE_DAY)), Plan.slug.in_(scoring_slugs()),
    )  # fmt: skip
    for stop in stops if among is None else stops.where(among):
        round = stop.round
        day = clock.local(round.closes_at).date()
        row = excused.through(rooms[stop.place_id], day, round.parts_on(day, slots))
        if row is not None:
            stop.spare(row.person, row.reason, row)


def _due_again(row: Exemption) -> None:
    """What was excused by an exemption that has ended is left again; a round that had nothing left, too."""
    blank = {"excused_at": None, "excused_by": None, "excuse_words": ""}
    for stop in _stops().where(RoundPlace.exemption == row):
        round = stop.round
        was_settled = not RoundPlace.select().where(RoundPlace.round == round, RoundPlace.left()).exists()
        RoundPlace.update(**blank, exemption=None).where(RoundPlace.id == stop.id).execute()
        if was_settled:
            Round.update(**blank, done_at=None).where(Round.id == round.id).execute()
        round._tell("rounds.place_due_again", None, place=stop.place_id, room=stop.place.name)


def _stops() -> peewee.ModelSelect:
    stops = RoundPlace.select(RoundPlace, Place, Round, Plan).join(Place).join_from(RoundPlace, Round).join(Plan)
    return stops.order_by(Round.id, RoundPlace.order)


def _heed(round: Round) -> None:
    """A round that was just built knows who is exempt."""
    day = clock.local(round.closes_at).date()
    _excuse_exempt(day, day, Round.id == round.id)


exemptions.after_change.append(_follow)
rounds_due.after_building.append(_heed)
