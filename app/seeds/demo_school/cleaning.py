"""The cleaners of the demo school: five posts and their areas, what they tick off, what they have to clean again."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from app import calendar, clock
from app.inspections.checklists import Checklist
from app.inspections.cleaning_posts import Post
from app.inspections.follow_ups import FollowUp
from app.inspections.models import Check
from app.inspections.posts import CYCLES
from app.seeds.demo_school import facts
from app.seeds.demo_school.days import at, term_start

if TYPE_CHECKING:
    from app.inspections.checklists import Item
    from app.places.models import Place
    from app.seeds.demo_school import School
    from app.seeds.demo_school.repairs import Desk

TICKED_DAYS = 21  # how far back the ticks go
FORGOTTEN, SKIPPED = 23, 0.03  # an area in so many a day, wholly; a toilet's second flush, in how many days
FLUSH, FLUSHED_AGAIN = "flush", time(13, 10)
AFTERWARDS = {"special": time(16, 40)}  # rooms where lessons are held all day
BEGINS = time(6, 25)
AGAIN_DONE = ("已重新冲洗拖净", "返工已做完，请再看", "已清理，垃圾桶换了袋")
AGAIN_NOT_NEEDED = "检查时正在冲洗，五分钟后已干净，不需返工"


def build(school: "School") -> None:
    """The posts, at the beginning of the term; whoever holds one is the cleaner of its areas from then on."""
    director = school.person("director")
    clock.set_hands(term_start() + timedelta(days=3))
    for name, holder, hours, note, areas in facts.POSTS:
        Post.add(director, name, school.people[holder], _areas(school, areas), hours, note)


def _areas(school: "School", areas: str | tuple[str, ...]) -> "list[Place]":
    """The corridors and toilets of a building, or the areas that are named."""
    if isinstance(areas, tuple):
        return [school.places[name] for name in areas]
    return [
        place for key, place in school.places.items() if key.startswith(areas) and place.kind in ("corridor", "toilet")
    ]


class Cleaning:
    """What the cleaners do, put on the desk's line of time."""

    def __init__(self, desk: "Desk"):
        self.desk, self.school, self.chance = desk, desk.school, Random("保洁")
        self.lists = {cycle: Checklist.now(slug) for cycle, slug in CYCLES.items()}
        self.posts = [(post, post.places()) for post in Post.in_use().order_by(Post.id)]

    def begin(self) -> None:
        today = self.desk.today
        for day in calendar.school_days(today - timedelta(days=TICKED_DAYS), today):
            for _post, places in self.posts:
                for order, place in enumerate(places):
                    self._day_at(place, day, order)
        yesterday = calendar.school_days_after(today, -1)
        self.desk.at(at(yesterday, 6, 5), self._stand_in, yesterday)

    def _stand_in(self, first: date) -> None:
        name, substitute = facts.STANDS_IN
        post = next(post for post, _places in self.posts if post.name == name)
        post.stand_in(self.desk.director, self.school.people[substitute], first, calendar.school_days_after(first, 2))

    # A day

    def _day_at(self, place: "Place", day: date, order: int) -> None:
        """The tasks of a day at one area, those of the week on Fridays, those of the month in its first days."""
        items = self.lists["day"].items_at(place)
        begins = AFTERWARDS.get(place.kind, BEGINS)
        moment = clock.utc(day, begins) + timedelta(minutes=9 * order + self.chance.randrange(6))
        if (7 * day.toordinal() + place.id) % FORGOTTEN:
            self.desk.at(moment, self._tick, place, "day", items)
            flushes = [item for item in items if item.key == FLUSH]
            if flushes and self.chance.random() >= SKIPPED:
                again = clock.utc(day, FLUSHED_AGAIN) + timedelta(minutes=7 * order)
                self.desk.at(again, self._tick, place, "day", flushes)
        if day.isoweekday() == 5 and self.chance.random() < 0.85:
            self.desk.at(moment + timedelta(hours=1, minutes=40), self._some, place, "week")
        if 3 <= day.day <= 5 and order % 3 == day.day - 3:
            self.desk.at(moment + timedelta(hours=1, minutes=50), self._some, place, "month")

    def _some(self, place: "Place", cycle: str) -> None:
        """Nearly all tasks of a week or a month; now and then one is left."""
        items = [item for item in self.lists[cycle].items_at(place) if self.chance.random() < 0.9]
        if items:
            self._tick(place, cycle, items)

    def _tick(self, place: "Place", cycle: str, items: "list[Item]") -> None:
        post = next(post for post, places in self.posts if place in places)
        Check.tick(self.lists[cycle], place, post.on(clock.today()), items)

    # What a check found

    def clean_again(self, check: Check) -> None:
        """A check may have found something: most is clean again an hour later, the rest waits for the next check."""
        row = FollowUp.select().where(FollowUp.place == check.place_id).order_by(FollowUp.id.desc()).first()
        if row is None or row.outcome or row.at != check.at:
            return
        draw = self.chance.random()
        if draw < 0.72 and row.person_id:
            self.desk.at(self._soon(0.7, 3.5), self._cleaned, row)
        elif draw < 0.82:
            self.desk.at(self._soon(0.2, 1), self._withdraw, row)

    def _soon(self, low: float, high: float) -> datetime:
        return clock.now() + timedelta(hours=self.chance.uniform(low, high))

    def _cleaned(self, row: FollowUp) -> None:
        if FollowUp.get_by_id(row.id).is_open:
            row.done(self.desk.person(row.person_id), self.chance.choice(AGAIN_DONE))

    def _withdraw(self, row: FollowUp) -> None:
        if FollowUp.get_by_id(row.id).is_open:
            row.withdraw(self.desk.director, AGAIN_NOT_NEEDED)
