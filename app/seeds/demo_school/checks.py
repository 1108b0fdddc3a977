"""The scores of the demo school's days: monitors in the mornings, the office's toilets, appeals, and locked weeks."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from app import calendar, clock
from app.inspections import weeks
from app.inspections.appeals import Appeal
from app.inspections.checklists import CLASS_HYGIENE, Checklist
from app.inspections.exemptions import Exemption
from app.inspections.models import Check, Mark
from app.inspections.rounds_clock import build_rounds, note_missed
from app.inspections.scoring import Verdict
from app.places.models import ClassGroup
from app.repairs.models import Ticket
from app.seeds.demo_school import facts
from app.seeds.demo_school.cleaning import Cleaning
from app.seeds.demo_school.days import DAYS, at
from app.seeds.demo_school.rounds import Rounds

if TYPE_CHECKING:
    from app.inspections.checklists import Item
    from app.people.models import DutyCard, Person
    from app.places.models import Place
    from app.seeds.demo_school.repairs import Desk

FAULTS_FOUND = 0.014  # in how many checks of a class something is broken
APPEALED = {2: "检查时值日生正在打扫，几分钟后已清理干净。", 4: "纸屑是隔壁班活动后留下的，有照片可看。"}
ANSWERS = {2: "值日生说明属实，已复查，更正。", 4: "复查时仍有纸屑，维持原扣分。"}
LAST_APPEAL = "扣分时间在早读前，值日还没有结束，请再看一次。"
TRIP_GRADE, TRIP = 4, "四年级社会实践，全天不在校"


class Checks:
    """What is scored, by whom and how severely, put on the desk's line of time."""

    def __init__(self, desk: "Desk"):
        self.desk, self.school, self.chance = desk, desk.school, Random("检查")
        self.cleaning = Cleaning(desk)
        self.rounds = Rounds(desk, self)
        self.hygiene = Checklist.now(CLASS_HYGIENE)
        self.lists = {each.slug: each for each in Checklist.in_use()}
        self.counsellor, self.director = self.school.person("counsellor"), self.school.person("director")
        self.trip_on: date | None = None

    def begin(self) -> None:
        today = self.desk.today
        days = list(calendar.school_days(today - timedelta(days=DAYS), today))
        self.rounds.begin(days)
        self.cleaning.begin()
        for day in days:
            self._day(day)
        self._trip(days[-12])
        self.desk.at(at(days[-4], 13, 50), self._left_as_it_is, "一楼门厅")
        self.desk.at(at(days[-2], 15, 30), self._left_as_it_is, "操场")
        lately = [day for day in days if at(day, 9, 5) < self.desk.now_really]
        if lately:
            self.desk.at(at(lately[-1], 8, 40), self._appeal, lately[-1], LAST_APPEAL)

    def _day(self, day: date) -> None:
        if day.isoweekday() <= 5:  # the cards' own weekdays; not on a Saturday that is taught
            for order, group in enumerate(self.school.classes):
                self.desk.at(at(day, 7, 28 + order), self._score, group)
        if day.isoweekday() == 3 and day != self.rounds.without_water:
            for order, place in enumerate(p for p in self.school.places.values() if p.kind == "toilet"):
                self.desk.at(at(day, 10, 2 * order), self.look, place, "toilet", 0.88, self.director)
        if day.isoweekday() in APPEALED and timedelta(1) < self.desk.today - day < timedelta(30):
            self.desk.at(at(day, 15, 20), self._appeal, day, APPEALED[day.isoweekday()])
        self.desk.at(at(day, 17, 40), self._evening)

    def _left_as_it_is(self, place: str) -> None:
        """Points lost where nobody has cleaned again yet."""
        found = {"floor": Verdict(reasons=(0,)), "rubbish": Verdict(reasons=(1,))}
        Check.record(self.lists["public-area"], self.school.places[place], self.desk.custodian, found)

    def _evening(self) -> None:
        """What the clock itself does: rounds are built, what was missed is written down, weeks lock."""
        if clock.today().isoweekday() in (1, 4):  # a week ahead; plans for one day build their own
            build_rounds(clock.now())
        note_missed(clock.now())
        weeks.lock_due(clock.now())

    # A class

    def _score(self, group: ClassGroup) -> None:
        """The cards of a grade take turns; the counsellor scores the class that carries the card."""
        grade = self.school.grade_of[group.id]
        if group.grade != grade or (grade == TRIP_GRADE and clock.today() == self.trip_on):
            return  # the cards are this school year's
        cards = self.school.cards_of[grade]
        card, severity = cards[clock.today().toordinal() % len(cards)]
        if card.own_class_id == group.id:
            by, severity = self.counsellor, 1.0
        else:
            by = card
        verdicts = self._found(self.hygiene, _tidiness(group.id), severity)
        if self.chance.random() < FAULTS_FOUND:
            self._broken(verdicts)
        self.record(self.hygiene, group.room, by, verdicts)

    def _found(self, checklist: Checklist, tidiness: float, severity: float = 1.0) -> dict[str, Verdict]:
        """Deductions here and there; items that need a photo are left alone."""
        found = {}
        for item in checklist.items:
            if self.chance.random() < (1 - tidiness) * severity and item.reasons and not item.photo_on_fail:
                found[item.key] = Verdict(reasons=(self.chance.randrange(len(item.reasons)),))
        return found

    def _broken(self, verdicts: dict[str, Verdict]) -> None:
        """Something does not work: no points are lost for it."""
        item = self.chance.choice([item for item in self.hygiene.items if item.ticket_kind in facts.BROKEN])
        verdicts[item.key] = Verdict(facility=True, words=facts.BROKEN[item.ticket_kind])

    # Any check

    def look(self, place: "Place", slug: str, tidiness: float, by: "Person", **more: Any) -> Check:
        """Somebody looks at a place with a checklist; most is fine."""
        checklist = self.lists[slug]
        if checklist.kind == "score":
            return self.record(checklist, place, by, self._found(checklist, tidiness), **more)
        items = checklist.items_at(place)
        verdicts = {item.key: self._answer(item, self.chance.random() > tidiness) for item in items}
        return self.record(checklist, place, by, verdicts, **more)

    def _answer(self, item: "Item", wrong: bool) -> Verdict:
        """What somebody who looks would say. What needs a photo is never wrong here."""
        wrong_words = facts.WRONG.get(item.checklist.slug, {})
        wrong = wrong and not item.photo_on_fail and item.key in wrong_words
        if item.answer == "number":
            low, high = item.low or 0, item.high or 180
            usual = facts.COUNTED.get(item.key) or low + (high - low) * self.chance.uniform(0.4, 0.8)
            return Verdict(value=str(round(high * 1.2 if wrong else usual)))
        if item.answer == "choice":
            good = [at for at, choice in enumerate(item.choices) if choice.get("fine", True)]
            bad = [at for at, choice in enumerate(item.choices) if not choice.get("fine", True)]
            return Verdict(value=str((bad if wrong and bad else good)[0]), words=wrong_words[item.key] if wrong else "")
        if item.answer == "text":
            return Verdict(answer="none") if item.skippable else Verdict(value="正常")
        return Verdict(answer="fail", words=wrong_words[item.key]) if wrong else Verdict(answer="fine")

    def record(
        self, checklist: Checklist, place: "Place", by: "Person | DutyCard", found: Mapping[str, Verdict], **more: Any
    ) -> Check:
        """The check, and whatever follows from it: a ticket goes to the desk, a cleaner is sent back."""
        check = Check.record(checklist, place, by, found, **more)
        if check.failed or any(verdict.facility for verdict in found.values()):
            for ticket in Ticket.select().where(Ticket.source == f"checks/{check.id}").order_by(Ticket.id):
                self.desk.found_by_check(ticket)
        if check.failed or (check.class_group_id is None and check.total != check.full):
            self.cleaning.clean_again(check)
        return check

    # Appeals and exemptions

    def _appeal(self, day: date, words: str) -> None:
        """A class teacher thinks a deduction is wrong; the counsellor answers the next morning. The newest waits."""
        lost = Mark.select(Mark, Check).join(Check).where(Check.day == day, Check.slug == CLASS_HYGIENE, Mark.lost > 0)
        marks = list(lost.order_by(Mark.id))
        if not marks:
            return
        mark = self.chance.choice(marks)
        appeal = Appeal.file(mark, self.school.class_teachers[mark.check.class_group_id], words)
        if words != LAST_APPEAL:
            self.desk.at(clock.now() + timedelta(minutes=70), self._answer_appeal, appeal, day.isoweekday())

    def _answer_appeal(self, appeal: Appeal, weekday: int) -> None:
        if weekday == min(ANSWERS):
            appeal.correct(self.counsellor, 0, ANSWERS[weekday])
        else:
            appeal.uphold(self.counsellor, ANSWERS[weekday])

    def _trip(self, day: date) -> None:
        """The fourth grade is out for a day: its classes are exempt."""
        self.trip_on = day
        groups = [group for group in self.school.classes if self.school.grade_of[group.id] == TRIP_GRADE]
        self.desk.at(at(day, 6, 50), Exemption.give, groups, day, TRIP, self.director)


def _tidiness(class_id: int) -> float:
    """Every class has its own habits: between 0.82 and 0.97 of the items are in order."""
    return 0.82 + (class_id * 7 % 16) / 100
