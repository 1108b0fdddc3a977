"""The cleaner's day: which areas are someone's, which tasks are due there, what was ticked off and when.

Tasks come in three cycles, each a checklist of its own: every day, every week (Monday to Sunday), every month.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import peewee

from app import clock
from app.inspections.checklists import DAILY_CLEANING, Checklist, Item
from app.inspections.cleaning_posts import Post
from app.inspections.models import Check, Mark
from app.places.models import Place

WEEKLY_CLEANING, MONTHLY_CLEANING = "cleaner-weekly", "cleaner-monthly"
CYCLES = {"day": DAILY_CLEANING, "week": WEEKLY_CLEANING, "month": MONTHLY_CLEANING}


@dataclass(frozen=True)
class Task:
    """One task at one area in one cycle."""

    item: Item
    count: int = 0
    at: datetime | None = None

    @property
    def done(self) -> bool:
        return self.count >= self.item.times


@dataclass
class Area:
    """An area with its tasks of a day, and those of the week and the month about that day."""

    place: Place
    code: str | None = None  # of its label
    tasks: list[Task] = field(default_factory=list)
    week: list[Task] = field(default_factory=list)
    month: list[Task] = field(default_factory=list)

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

    @property
    def later(self) -> list[Task]:
        """What is still to be done this week or this month."""
        return [task for task in (*self.week, *self.month) if not task.done]


def areas_of(cleaner: Any) -> peewee.ModelSelect:
    """The areas someone cleans, the own ones and those of whom they stand in for, in walking order, with floor and
    building."""
    mine = (Place.cleaner == cleaner.id) | Place.id.in_(Post.stood_in_by(cleaner))
    return Place.rooms().where(mine).order_by(Place.parent, Place.position, Place.id)


def day_at(places: Iterable[Place], day: date | None = None, cycles: Sequence[str] = ("day",)) -> list[Area]:
    """How the tasks of these areas stand. Three queries for each cycle, however many areas."""
    areas = [Area(place) for place in places]
    for cycle in cycles:
        tasks = _tasks(cycle, [area.place for area in areas], day or clock.today())
        for area in areas:
            setattr(area, "tasks" if cycle == "day" else cycle, tasks.get(area.place.id, []))
    return areas


def _tasks(cycle: str, places: Sequence[Place], day: date) -> dict[int, list[Task]]:
    checklist = Checklist.now(CYCLES[cycle])
    if checklist is None or checklist.retired_at is not None:
        return {}
    ticked = _ticked(checklist.slug, [place.id for place in places], *span(cycle, day))
    fitting = [place for place in places if checklist.fits(place, None)]
    return {
        place.id: [Task(item, *ticked.get((place.id, item.key), ())) for item in checklist.items_at(place)]
        for place in fitting
    }


def span(cycle: str, day: date) -> tuple[date, date]:
    """The first and the last day of the cycle that a day lies in."""
    if cycle == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if cycle == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return day, day


def _ticked(
    slug: str, place_ids: Sequence[int], first: date, last: date
) -> dict[tuple[int, str], tuple[int, datetime]]:
    """How often and when last each task was ticked off, by place and item key: a version may change at noon."""
    rows = (
        Mark.select(Check.place, Item.key, peewee.fn.COUNT(Mark.id), peewee.fn.MAX(Check.at))
        .join(Check)
        .join_from(Mark, Item)
        .where(Check.slug == slug, Check.day.between(first, last), Check.place.in_(place_ids))
        .group_by(Check.place, Item.key)
        .tuples()
    )
    return {(place, key): (count, _moment(at)) for place, key, count, at in rows}


def _moment(at: str | datetime) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at
