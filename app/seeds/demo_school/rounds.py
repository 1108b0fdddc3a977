"""What is due at the demo school by plan, and what became of it: done, late, missed, excused, or still open."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from app import calendar, clock
from app.inspections.hazards import Hazard
from app.inspections.plans import Plan
from app.inspections.rounds_clock import build_rounds
from app.inspections.rounds_due import Round, RoundPlace
from app.places.models import Place
from app.seeds.demo_school.days import at

if TYPE_CHECKING:
    from app.people.models import Person
    from app.seeds.demo_school.checks import Checks
    from app.seeds.demo_school.repairs import Desk

WATER_PLACES = ("明德楼一楼走廊", "明德楼二楼走廊", "致远楼一楼走廊", "致远楼二楼走廊", "食堂餐厅")
LEFT_OPEN = ("明德楼202", "致远楼304", "图书馆", "舞蹈房")  # nobody scanned their doors before the holidays
FORGOTTEN = ("明德楼303", "致远楼102")  # not looked at when the term began
TRIP_EXCUSE = "四年级社会实践，教室锁门，改日补查"
NO_WATER = "市政管网抢修，上午停水，检查免做"
OWN_HOLIDAYS = ("春假", "秋假")
SPOT_FORGOTTEN = 2  # the week, counted back, in which nobody went where the lot sent


class Rounds:
    """Plans, their rounds, and who walks them, put on the desk's line of time."""

    def __init__(self, desk: "Desk", checks: "Checks"):
        self.desk, self.checks, self.school = desk, checks, desk.school
        self.director, self.custodian = desk.director, desk.custodian
        self.electrician = self.school.person("electrician")
        self.classrooms = {group.room_id: group for group in self.school.classes}

        self.by_id = {place.id: place for place in self.school.places.values()}
        self.without_water: date | None = None

    def begin(self, days: list[date]) -> None:
        """`days` are the school days that are told, oldest first."""
        self.without_water = [day for day in days if day.isoweekday() == 3][-4]
        self.desk.at(at(self.without_water, 8, 30), self._no_toilet_check)
        self.desk.at(at(days[-6], 14, 5), self._surprise)
        self._term_opening()
        self._holiday(days)
        self._class_property(days)
        self.desk.at(at(days[0], 6), self._usual_plans)
        for day in days:
            self.desk.at(at(day, 9, 10), self._spot, day)
            if day < self.desk.today:
                self.desk.at(at(day, 14), self._walk, day)

    def _usual_plans(self) -> None:
        director, water = self.director, [self.school.places[name].id for name in WATER_PLACES]
        Plan.add(director, "厕所每周检查", "toilet", person=director, often="weekly", day=3, kinds=["toilet"],
                 closes="16:30", grace=1)  # fmt: skip
        Plan.add(director, "校园每月巡查", "campus-patrol", person=director, often="monthly", day=10, ahead=2, grace=3,
                 kinds=["corridor", "yard", "canteen"])  # fmt: skip
        Plan.add(director, "饮水机检查", "drinking-water", person=self.electrician, often="every_n_days", every=14,
                 ahead=1, grace=3, areas=water)  # fmt: skip
        self.spot = Plan.add(director, "公共区域抽查", "public-area", person=director, often="weekly", day=4, spot=2)
        Plan.add(director, "学期末关门检查", "holiday-closing", role="teacher", often="term_end", ahead=5, grace=3)
        Plan.add(director, "学期初开学检查", "term-opening", role="teacher", often="term_start", before=3, ahead=4,
                 grace=3, kinds=["classroom", "special"])  # fmt: skip
        build_rounds(clock.now())

    # Walking

    def _walk(self, day: date) -> None:
        """What is due is walked in the afternoon, door by door; what is still open today is left for the visitor."""
        usual = ("campus-patrol", "drinking-water", "toilet")
        for round in Round.whole().where(Round.going_on(), ~Round.spot, Plan.slug.in_(usual)).order_by(Round.id):
            for order, stop in enumerate(round.left()):
                self.desk.at(at(day, 14, 2) + timedelta(minutes=3 * order), self._look, stop, round.plan.slug, 0.97,
                             round.plan.person)  # fmt: skip

    def _look(self, stop: RoundPlace, slug: str, tidiness: float, by: "Person", **more: Any) -> None:
        self.checks.look(self.by_id[stop.place_id], slug, tidiness, by, **more)

    def _spot(self, day: date) -> None:
        """Once a week two public areas are drawn by lot; once nobody went, which stays visible."""
        if not self.spot.due_days(day, day):
            return
        drawn = Round.draw_for(self.spot, day, seed=self._lot())
        if drawn is None or (self.desk.today - day).days // 7 == SPOT_FORGOTTEN:
            return
        for order, stop in enumerate(drawn.stops()):
            self.desk.at(at(day, 9, 25 + 6 * order), self._look, stop, "public-area", 0.88, self.director)

    def _surprise(self) -> None:
        """Four classes are drawn at once in an afternoon, and looked at."""
        if clock.school_year() != clock.school_year(self.desk.today):
            return
        plan = Plan.add(self.director, "班级卫生突击抽查", "class-hygiene", person=self.director, often="once", spot=4,
                        ends_on=clock.today(), closes="23:59")  # fmt: skip
        drawn = Round.draw_for(plan, clock.today(), self.director, seed=self._lot())
        for order, stop in enumerate(drawn.stops()):
            moment = clock.now() + timedelta(minutes=4 + 5 * order)
            self.desk.at(moment, self._look, stop, "class-hygiene", 0.85, self.director)

    def _no_toilet_check(self) -> None:
        for round in Round.whole().where(Round.going_on(), Plan.slug == "toilet"):
            round.excuse(self.director, NO_WATER)

    def _lot(self) -> str:
        return f"{self.checks.chance.getrandbits(128):032x}"

    # Once

    def _once(self, moment: datetime, name: str, slug: str, due_on: date, **fields: Any) -> None:
        """A plan for one day, made at a moment, with its round."""
        self.desk.at(moment, self._plan_once, name, slug, due_on, fields)

    def _plan_once(self, name: str, slug: str, due_on: date, fields: dict[str, Any]) -> None:
        Plan.add(self.director, name, slug, often="once", starts_on=due_on, ends_on=due_on, **fields)
        build_rounds(clock.now())

    def _stops(self, name: str) -> list[RoundPlace]:
        round = Round.whole().where(Plan.name == name).first()
        return round.stops() if round is not None else []

    def _keeper(self, place: Place) -> "Person":
        """The class teacher, the keeper if a teacher, or whoever teaches next door."""
        group = self.classrooms.get(place.id)
        keeper = self.school.class_teachers[group.id] if group else place.keeper
        return keeper if keeper is not None and "teacher" in keeper.given_roles else self.school.people["语文萱"]

    def _do(self, name: str, slug: str, tidiness: float, left: tuple[str, ...], by: Any, minutes: int) -> None:
        """Walk a round now, but for the places that are forgotten."""
        forgotten = {self.school.places[key].id for key in left}
        for order, stop in enumerate(stop for stop in self._stops(name) if stop.place_id not in forgotten):
            moment = clock.now() + timedelta(minutes=minutes * order)
            self.desk.at(moment, self._look, stop, slug, tidiness, by or self._keeper(self.by_id[stop.place_id]))

    def _term_opening(self) -> None:
        """In the first days of the term: the pipes on time, the classrooms but for two, the special rooms late."""
        begins = calendar.school_days_after(self.desk.today - timedelta(days=self.desk.days - 1), 1)
        due = calendar.school_days_after(begins, 2)
        water, rooms, special = "开学水电检查", "开学教室检查", "开学专用室检查"
        self._once(at(begins, 9), water, "term-opening", due, person=self.electrician, kinds=["toilet"], ahead=2)
        self._once(at(begins, 9, 10), rooms, "term-opening", due, role="teacher", kinds=["classroom"], ahead=2, grace=2)
        self._once(at(begins, 9, 20), special, "term-opening", due, role="teacher", kinds=["special"], ahead=2, grace=4)
        self.desk.at(at(due, 9, 30), self._do, water, "term-opening", 0.97, (), self.electrician, 6)
        self.desk.at(at(due, 11, 40), self._do, rooms, "term-opening", 0.98, FORGOTTEN, None, 2)
        late = calendar.school_days_after(due, 2)
        self.desk.at(at(late, 15, 40), self._do, special, "term-opening", 0.98, (), None, 5)

    def _holiday(self, days: list[date]) -> None:
        """Before the last longer holidays every room is closed at its door; four were not scanned."""
        name, last = self._last_before_holidays(days)
        if last is None:
            return
        plan = f"{name}放假前关门检查"
        self._once(at(calendar.school_days_after(last, -3), 9), plan, "holiday-closing", last, role="teacher", ahead=2,
                   kinds=["classroom", "special"], closes="17:30")  # fmt: skip
        self.desk.at(at(last, 15, 30), self._do, plan, "holiday-closing", 0.985, LEFT_OPEN, None, 2)
        self.desk.at(at(last, 17, 20), self._hazards_of_closing, last)

    def _last_before_holidays(self, days: list[date]) -> tuple[str, date | None]:
        """The newest holidays of three days and more, and the last school day before them."""
        known, found = calendar.current(), ("", None)
        for before, after in pairwise(days):
            off = [known.marks.get(before + timedelta(days=number)) for number in range(1, (after - before).days)]
            off = [mark for mark in off if mark is not None and mark.kind == "holiday"]
            if len(off) >= 3 and (not found[1] or off[0].name not in OWN_HOLIDAYS):
                found = off[0].name, before
        return found

    def _hazards_of_closing(self, day: date) -> None:
        """What was found at the doors is seen to before everybody goes home; one after the holidays."""
        rows = Hazard.select().where(Hazard.state == "registered", Hazard.day == day).order_by(Hazard.id)
        for number, hazard in enumerate(rows):
            later = calendar.school_days_after(day, 1)
            hazard.plan(self.director, self.electrician, later, "断电、关窗，锁门后再查一遍")
            done = clock.now() if number else at(later, 8)
            self.desk.at(done + timedelta(minutes=15), hazard.fixed, self.electrician, "已断电关窗")
            self.desk.at(done + timedelta(minutes=35), hazard.close, self.custodian, "复查正常")

    def _class_property(self, days: list[date]) -> None:
        """In the middle of the term by grade: done, one with a room excused, one missed, and the last still open."""
        for grade, back, how in ((1, 16, "done"), (2, 14, "done"), (4, 12, "trip"), (5, 8, "missed"), (3, 0, "open")):
            due = days[-1 - back] if how != "open" else calendar.school_days_after(days[-1], 2)
            name = f"{'一二三四五六'[grade - 1]}年级班级财产检查"
            made = days[-1 - back - 3] if how != "open" else days[-3]
            if clock.school_year(made) != clock.school_year(self.desk.today):
                continue  # the classes had another grade then
            self._once(at(made, 10), name, "class-property", due, person=self.custodian, grades=[grade], ahead=2 if
                       how != "open" else 8, grace=1)  # fmt: skip
            if how in ("done", "trip"):
                self.desk.at(at(due, 13, 10), self._count_property, name, how == "trip")
            elif how == "open":
                self.desk.at(at(days[-2], 15, 10), self._count_one, name)

    def _count_property(self, name: str, trip: bool) -> None:
        stops = self._stops(name)
        if trip and stops:
            spared = stops.pop()
            spared.round.excuse(self.director, TRIP_EXCUSE, spared)
        for order, stop in enumerate(stops):
            self.desk.at(clock.now() + timedelta(minutes=9 * order), self._look_at_property, stop)

    def _count_one(self, name: str) -> None:
        for stop in self._stops(name)[:1]:
            self._look_at_property(stop)

    def _look_at_property(self, stop: RoundPlace) -> None:
        self._look(stop, "class-property", 0.95, self.custodian)
