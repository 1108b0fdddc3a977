"""Scores, spot checks and ticks of the demo school's days; its plans, rounds, findings, appeals and locked weeks."""

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from app import clock
from app.inspections import weeks
from app.inspections.appeals import Appeal
from app.inspections.checklists import CLASS_HYGIENE, DAILY_CLEANING, Checklist
from app.inspections.hazards import Hazard
from app.inspections.models import Check, Mark
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round, build_rounds, note_missed
from app.inspections.scoring import Verdict
from app.places.models import ClassGroup
from app.seeds.demo_school.days import DAYS, at

if TYPE_CHECKING:
    from app.inspections.checklists import Item
    from app.people.models import Person
    from app.places.models import Place
    from app.seeds.demo_school import School

TICKED_DAYS = 14  # how far back the cleaners' ticks go


def build(school: "School") -> None:
    """The plans, made just before the first of the days that are told."""
    director, electrician = school.person("director"), school.person("electrician")
    clock.set_hands(at(clock.today_really() - timedelta(days=DAYS), 6))
    Plan.add(director, "厕所每周检查", "toilet", person=director, often="weekly", day=3, kinds=["toilet"],
             closes="16:30", grace=1)  # fmt: skip
    Plan.add(director, "校园每月巡查", "campus-patrol", person=director, often="monthly", day=10, ahead=2, grace=3,
             kinds=["corridor", "yard", "canteen"])  # fmt: skip
    Plan.add(director, "饮水设备每月检查", "drinking-water", person=electrician, often="monthly", day=5,
             grace=3, kinds=["office"])  # fmt: skip
    Plan.add(director, "公共区域抽查", "public-area", person=director, often="weekly", day=4, spot=2)
    Plan.add(director, "放假前关门检查", "holiday-closing", role="teacher", often="term_end", ahead=5, grace=3)


def build_day(school: "School", day: date) -> None:
    """The monitors' morning round, the office's toilet check on Wednesdays, rounds, the cleaners' ticks; what the
    clock itself does, at the day's end."""
    _draw(school, day)
    if day.isoweekday() <= 5:  # the cards' own weekdays; not on a Saturday that is taught
        _morning_round(school, day)
    if day.isoweekday() == 3:
        _toilets(school, day)
    if day >= clock.today_really() - timedelta(days=TICKED_DAYS):
        _cleaning(school, day)
    _rounds(school, day)
    _evening(school, day)


def _morning_round(school: "School", day: date) -> None:
    checklist = Checklist.now(CLASS_HYGIENE)
    for order, group in enumerate(school.classes):
        moment = at(day, 7, 30 + order)
        if moment >= clock.now_really():
            return
        clock.set_hands(moment)
        card = school.cards[group.grade - 1][0]
        by = school.person("counsellor") if card.own_class_id == group.id else card
        Check.record(checklist, group.room, by, _verdicts(checklist, school.chance, _tidiness(group.id)))


def _tidiness(class_id: int) -> float:
    """Every class has its own habits: between 0.82 and 0.97 of the items are in order."""
    return 0.82 + (class_id * 7 % 16) / 100


def _verdicts(checklist: Checklist, chance: Random, tidiness: float) -> dict[str, Verdict]:
    found = {}
    for item in checklist.items:
        if chance.random() > tidiness and item.reasons and not item.photo_on_fail:
            found[item.key] = Verdict(reasons=(chance.randrange(len(item.reasons)),))
    return found


def _toilets(school: "School", day: date) -> None:
    checklist = Checklist.now("toilet")
    for order, place in enumerate(p for p in school.places.values() if p.kind == "toilet"):
        moment = at(day, 10, order)
        if moment >= clock.now_really():
            return
        clock.set_hands(moment)
        Check.record(checklist, place, school.person("director"), _verdicts(checklist, school.chance, 0.86))


def _cleaning(school: "School", day: date) -> None:
    """Today some areas are still to do, so that the cleaner's page shows both."""
    checklist = Checklist.now(DAILY_CLEANING)
    for order, place in enumerate(p for p in school.places.values() if p.cleaner_id):
        moment = at(day, 6 + order % 3, 40 - order % 7)
        items = checklist.items_at(place)
        if not items or moment >= clock.now_really() or (day == clock.today_really() and order % 3 == 2):
            continue
        clock.set_hands(moment)
        Check.tick(checklist, place, place.cleaner, items)


# Rounds -----------------------------------------------------------------------------------------------------


def _draw(school: "School", day: date) -> None:
    """On Thursdays two public areas are drawn by lot; once nobody went, which stays visible."""
    moment = at(day, 9, 10)
    if day.isoweekday() != 4 or moment >= clock.now_really():
        return
    clock.set_hands(moment)
    spot = Plan.in_force().where(Plan.spot > 0).get()
    drawn = Round.draw_for(spot, day)
    if drawn is None or (clock.today_really() - day).days // 7 == 2:
        return
    for order, stop in enumerate(drawn.stops()):
        moment = at(day, 9, 25 + 6 * order)
        if moment < clock.now_really():
            clock.set_hands(moment)
            _look(school, stop.place, "public-area", 0.86)


def _rounds(school: "School", day: date) -> None:
    """What plans made due is walked in the afternoon, door by door; today's is left for the visitor."""
    if day == clock.today_really():
        return
    clock.set_hands(at(day, 14))
    due = Round.whole().where(
        Round.going_on(), ~Round.spot, Plan.slug.in_(["campus-patrol", "drinking-water", "toilet"])
    )
    for round in due:
        for order, stop in enumerate(round.left()):
            clock.set_hands(at(day, 14, 2 + 2 * order % 58))
            _look(school, stop.place, round.plan.slug, 0.97, by=round.plan.person)


def _look(school: "School", place: "Place", slug: str, tidiness: float, by: "Person | None" = None) -> None:
    checklist = Checklist.now(slug)
    if checklist.kind == "score":
        verdicts = _verdicts(checklist, school.chance, tidiness)
    else:
        verdicts = {item.key: _answer(item, school.chance.random() > tidiness) for item in checklist.items_at(place)}
    Check.record(checklist, place, by or school.person("director"), verdicts)


def _answer(item: "Item", wrong: bool) -> Verdict:
    """What somebody who looks would say: nearly always that it is fine. What needs a photo is never wrong here."""
    if item.answer == "number":
        return Verdict(value=str(round((item.low or 0) + ((item.high or 10) - (item.low or 0)) / 3)))
    if item.answer == "choice":
        return Verdict(value="0")
    if item.answer == "text":
        return Verdict(answer="none") if item.skippable else Verdict(value="正常")
    if wrong and not item.photo_on_fail:
        return Verdict(answer="fail", words="需要处理")
    return Verdict(answer="fine")


def _evening(school: "School", day: date) -> None:
    """Rounds are built, what was missed is written down, weeks lock; appeals and hazards take their course."""
    moment = at(day, 17, 40)
    if moment >= clock.now_really():
        clock.set_hands(clock.now_really())
        build_rounds(clock.now())
        return
    clock.set_hands(moment)
    if day.isoweekday() in (2, 4):
        _appeal(school, day)
    build_rounds(clock.now())
    note_missed(clock.now())
    weeks.lock_due(clock.now())


def _appeal(school: "School", day: date) -> None:
    """A class teacher thinks a deduction is wrong; the counsellor answers by turns. The newest one still waits."""
    back = (clock.today_really() - day).days
    lost = (
        Mark.select(Mark, Check).join(Check).join(ClassGroup)
        .where(Check.day == day, Check.slug == CLASS_HYGIENE, Mark.lost > 0).order_by(Mark.id)
    )  # fmt: skip
    mark = lost.first()
    if mark is None or back > 30:
        return
    teacher = school.class_teachers[mark.check.class_group_id]
    appeal = Appeal.file(mark, teacher, "检查时值日生正在打扫，几分钟后已清理干净。")
    if back < 3:
        return
    clock.set_hands(clock.now() + timedelta(minutes=10))
    if day.isoweekday() == 2:
        appeal.correct(school.person("counsellor"), 0, "值日生说明属实，已复查，更正。")
    else:
        appeal.uphold(school.person("counsellor"), "复查时仍有纸屑，维持原扣分。")


def build_hazards(school: "School") -> None:
    """Three lines of the hazard book: closed, being put right, and past its day."""
    director, electrician, today = school.person("director"), school.person("electrician"), clock.today_really()
    for back, place, words, measure, days in (
        (40, "操场", "单杠地脚螺栓松动", "更换螺栓并重新紧固", 7),
        (12, "体育器材室", "货架顶部堆放过高，有倾倒危险", "重物移到底层，货架固定到墙", 20),
        (9, "后花园", "大树有枯枝悬在步道上方", "请专业队伍修剪枯枝", 5),
    ):
        clock.set_hands(at(today - timedelta(days=back), 10))
        hazard = Hazard.register(director, school.places[place], words)
        hazard.plan(director, electrician, clock.today() + timedelta(days=days), measure, "拉警戒线，暂停使用")
        if back == 40:
            clock.set_hands(at(today - timedelta(days=36), 15))
            hazard.fixed(electrician, "已更换全部螺栓")
            clock.set_hands(at(today - timedelta(days=35), 9))
            hazard.close(director, "复查牢固")
