"""What need not be checked (免检): a class on a trip or in an exam, a round, a whole day. One page shows it all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import peewee
from flask_babel import gettext as _

from app import calendar
from app.db import writing
from app.errors import Refused
from app.inspections import exempt_rounds, weeks
from app.inspections.checklists import CLASS_SCORES, Slot
from app.inspections.exemptions import Excused, Exemption
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round, RoundPlace
from app.people.models import Person
from app.places.models import ClassGroup, Place

__all__ = ["exempt_rounds"]  # rounds follow what is said here


@dataclass(frozen=True)
class Done:
    """What an excuse came to: how many classes are exempt now, and in how many rounds something was excused."""

    classes: int
    rounds: int


def excuse(
    by: Person,
    days: Sequence[date],
    reason: str,
    *,
    groups: Iterable[ClassGroup] | None = None,
    place: Place | None = None,
    part: str = "",
) -> Done:
    """Excuse classes, or one room or area, or, without either, the whole school, on these days or in a part of them.

    Classes don't count in the week then; rounds that are due then and not finished are excused, as a whole or at these
    places. Weeks that are locked keep their numbers. Refused when nothing would change.
    """
    whole = groups is None and place is None
    with writing():
        due = [round for round in _due(days) if not part or round.parts_on(round.due_on, _slots()) == [part]]
        for round in due if whole else ():
            round.excuse(by, reason)
        if groups is None:
            groups = ClassGroup.present() if whole else ClassGroup.present().where(ClassGroup.room == place)
        given = Exemption.give(groups, taught(days), reason, by, part, strict=False)
        touched = {round.id for round in due} if whole else set()
        touched |= {stop.round_id for stop in RoundPlace.select().where(RoundPlace.exemption.in_(given))}
        touched |= _excuse_at(place, by, reason, due) if place is not None else set()
        if not given and not touched:
            raise Refused(_("Nothing unfinished is due there on that day."))
    return Done(len({row.class_group_id for row in given}), len(touched))


def taught(days: Sequence[date]) -> list[date]:
    """Of several days those with lessons: nobody is judged on the others. A single day is taken as it is."""
    return [day for day in days if calendar.is_school_day(day)] or list(days)


def _due(days: Sequence[date]) -> list[Round]:
    rounds = Round.select(Round, Plan).join(Plan).where(Round.due_on.in_(days), Round.unfinished())
    return list(rounds.order_by(Round.id))


def _slots() -> list[Slot]:
    return list(Slot.in_order())


def _excuse_at(place: Place, by: Person, reason: str, due: Sequence[Round]) -> set[int]:
    """Excuse a place in the rounds in which it is still left."""
    rounds = {round.id: round for round in due}
    left = RoundPlace.whole().where(RoundPlace.place == place, RoundPlace.left(), RoundPlace.round.in_(list(rounds)))
    stops = list(left)
    for stop in stops:
        rounds[stop.round_id].excuse(by, reason, stop)
    return {stop.round_id for stop in stops}


# What the week asks -------------------------------------------------------------------------------------------------


def _spared(first: date, last: date, excused: Excused) -> dict[int, int]:
    """How many checks each class was spared by rounds that were excused, as a whole or for it, on days on which it was
    not exempt. One query."""
    unexempt = RoundPlace.excused_by.is_null(False) & RoundPlace.exemption.is_null()
    whole = Round.excused_by.is_null(False) & RoundPlace.left()
    rows = (
        RoundPlace.select(ClassGroup.id, Round.due_on)
        .join(Round)
        .join(Plan)
        .join_from(RoundPlace, ClassGroup, on=(ClassGroup.room == RoundPlace.place))
        .where(Round.due_on.between(first, last), Round.withdrawn_at.is_null(), Plan.slug.in_(CLASS_SCORES),
               RoundPlace.done_at.is_null(), unexempt | whole)
        .tuples()
    )  # fmt: skip
    exempt = {(id, day) for id, day, _part in excused.rows}
    found: dict[int, int] = {}
    for id, day in rows:
        if (id, date.fromisoformat(day) if isinstance(day, str) else day) not in exempt:
            found[id] = found.get(id, 0) + 1
    return found


weeks.spared.append(_spared)


# The page -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """Classes that were exempted together: for a day or a part of it, with the reason, by whom; `rounds` is how many
    rounds are excused by it."""

    rows: Sequence[Exemption]
    rounds: int

    @property
    def first(self) -> Exemption:
        return self.rows[0]

    @property
    def names(self) -> str:
        return _(", ").join(row.class_group.name for row in self.rows)


def classes_in(first: date, last: date) -> list[Given]:
    """The classes that are exempt on these days, by day, those of one act together. Two queries."""
    rows = (
        Exemption.in_force(first, last)
        .select(Exemption, ClassGroup, Person)
        .join(ClassGroup)
        .join_from(Exemption, Person)
        .order_by(Exemption.day, Exemption.part, Exemption.at, Exemption.person, Exemption.reason,
                  ClassGroup.entry_year.desc(), ClassGroup.number)
    )  # fmt: skip
    acts = [list(each) for _key, each in groupby(rows, key=_act)]
    counts = dict(
        RoundPlace.select(RoundPlace.exemption, peewee.fn.COUNT(RoundPlace.round.distinct()))
        .where(RoundPlace.exemption.in_([row.id for act in acts for row in act]))
        .group_by(RoundPlace.exemption)
        .tuples()
    )
    return [Given(act, max((counts.get(row.id, 0) for row in act), default=0)) for act in acts]


def _act(row: Exemption) -> tuple:
    return row.day, row.part, row.at, row.person_id, row.reason


def together_with(row: Exemption) -> list[Exemption]:
    """The exemptions of one act that still hold, this one among them."""
    rows = Exemption.in_force(row.day, row.day).select(Exemption, ClassGroup).join(ClassGroup)
    return [each for each in rows if _act(each) == _act(row)]


def rounds_in(first: date, last: date) -> list[Round]:
    """The rounds due on these days that were excused as a whole. One query."""
    rounds = Round.whole().where(Round.due_on.between(first, last), Round.excused_at.is_null(False))
    return list(rounds.order_by(Round.due_on, Round.id))


def places_in(first: date, last: date) -> list[RoundPlace]:
    """Single places that were excused in rounds of these days without their class being exempt. One query."""
    alone = RoundPlace.excused_at.is_null(False) & RoundPlace.exemption.is_null() & Round.excused_at.is_null()
    rows = (
        RoundPlace.select(RoundPlace, Place, Round, Plan, Person)
        .join(Place)
        .join_from(RoundPlace, Round)
        .join(Plan)
        .join_from(RoundPlace, Person, peewee.JOIN.LEFT_OUTER, on=(RoundPlace.excused_by == Person.id))
        .where(Round.due_on.between(first, last), Round.withdrawn_at.is_null(), alone)
    )
    return list(rows.order_by(Round.due_on, Round.id, RoundPlace.order))
