"""The cleaner's day: which areas are someone's, which tasks are due there, what was ticked off and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import peewee

from app import clock
from app.inspections.checklists import DAILY_CLEANING, Checklist, Item
from app.inspections.models import Check, Mark
from app.places.models import Place


@dataclass(frozen=True)
class Task:
    """One task at one area today."""

    item: Item
    count: int = 0
    at: datetime | None = None

    @property
    def done(self) -> bool:
        return self.count >= self.item.times


@dataclass
class Area:
    """An area with its tasks of a day."""

    place: Place
    code: str | None = None  # of its label
    tasks: list[Task] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(task.done for task in self.tasks)

    @property
    def finished(self) -> bool:
        return self.done == len(self.tasks)

    @property
    def at(self) -> datetime | None:
        """When something was last ticked off here."""
        return max((task.at for task in self.tasks if task.at), default=None)

    @property
    def left(self) -> list[Item]:
        return [task.item for task in self.tasks if not task.done]


def areas_of(cleaner: Any) -> peewee.ModelSelect:
    """The areas someone cleans, in walking order, with floor and building."""
    return Place.rooms().where(Place.cleaner == cleaner.id).order_by(Place.parent, Place.position, Place.id)


def day_at(places: Iterable[Place], day: date | None = None) -> list[Area]:
    """How the daily tasks of these areas stand. Three queries, however many areas."""
    checklist = Checklist.now(DAILY_CLEANING)
    places = list(places)
    if checklist is None:
        return [Area(place) for place in places]
    ticked = _ticked([place.id for place in places], day or clock.today())
    return [
        Area(place, tasks=[Task(item, *ticked.get((place.id, item.key), ())) for item in checklist.items_at(place)])
        for place in places
    ]


def _ticked(place_ids: Sequence[int], day: date) -> dict[tuple[int, str], tuple[int, datetime]]:
    """How often and when last each task was ticked off, by place and item key: a version may change at noon."""
    rows = (
        Mark.select(Check.place, Item.key, peewee.fn.COUNT(Mark.id), peewee.fn.MAX(Check.at))
        .join(Check)
        .join_from(Mark, Item)
        .where(Check.slug == DAILY_CLEANING, Check.day == day, Check.place.in_(place_ids))
        .group_by(Check.place, Item.key)
        .tuples()
    )
    return {(place, key): (count, _moment(at)) for place, key, count, at in rows}


def _moment(at: str | datetime) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at
