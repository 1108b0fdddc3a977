"""A week that two lock at the same moment, and an appeal that two answer, in threads on a real file."""

from datetime import date, datetime

import pytest

from app import clock
from app.errors import Refused
from app.inspections.appeals import Appeal
from app.inspections.checklists import CLASS_HYGIENE, Checklist, install_builtin
from app.inspections.exemptions import Exemption
from app.inspections.models import Check, Correction
from app.inspections.scoring import Verdict
from app.inspections.weeks import ScoringRules, Week, WeekResult, lock_due
from app.journal import Event
from app.notify.models import Telling
from tests.helpers import at_once, make_school

pytestmark = pytest.mark.slow
MONDAY, FRIDAY_EVENING = date(2026, 11, 23), datetime(2026, 11, 27, 9, 0)


@pytest.fixture
def school(real_app):
    """三(2)班 loses a point, 三(3)班 nothing; the class teacher of the first appeals."""
    with real_app.app_context():
        install_builtin()
        school = make_school()
        hygiene = Checklist.now(CLASS_HYGIENE)
        ScoringRules.publish(school.director, min_checks=1)
        Check.record(hygiene, school.places.classroom, school.director, {"floor": Verdict(100, (1,))})
        Check.record(hygiene, school.places.other_classroom, school.director)
        yield school


def of(answers, kind):
    return [answer for answer in answers if isinstance(answer, kind)]


def test_two_lock_a_week_and_it_is_locked_once(real_app, school):
    clock.set_hands(FRIDAY_EVENING)
    answers = at_once(
        real_app,
        lambda: Week.lock(MONDAY, school.director),
        lambda: Week.lock(MONDAY, school.counsellor),
        lambda: Week.lock(MONDAY, school.director),
    )
    assert len(of(answers, Week)) == 1, answers
    assert [refused.sentence for refused in of(answers, Refused)] == ["This week is locked."] * 2
    assert WeekResult.select().count() == 2
    assert Event.select().where(Event.action == "inspections.week_locked").count() == 1
    assert Telling.select().where(Telling.kind == "inspections.week_published").count() == 1


def test_a_hand_and_the_clock_lock_a_week_once(real_app, school):
    clock.set_hands(FRIDAY_EVENING)
    answers = at_once(
        real_app,
        lambda: Week.lock(MONDAY, school.director),
        lambda: lock_due(FRIDAY_EVENING),
        lambda: lock_due(FRIDAY_EVENING),
    )
    assert not [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Refused)]
    assert [week.starts_on for week in Week.published()] == [MONDAY]
    assert WeekResult.select().count() == 2


def test_two_reopen_a_week_and_one_is_told(real_app, school):
    clock.set_hands(FRIDAY_EVENING)
    week = Week.lock(MONDAY)
    answers = at_once(
        real_app, lambda: week.reopen(school.director, "漏了"), lambda: week.reopen(school.counsellor, "错了")
    )
    assert [refused.sentence for refused in of(answers, Refused)] == ["This week is not locked."]
    assert Event.select().where(Event.action == "inspections.week_reopened").count() == 1


def test_two_answer_an_appeal_and_one_is_told(real_app, school):
    mark = next(mark for mark in Check.get(Check.place == school.places.classroom).marks if mark.lost)
    appeal = Appeal.file(mark, school.teacher, "不是我们班的")
    copies = [Appeal.get_by_id(appeal.id) for _each in range(2)]
    answers = at_once(
        real_app,
        lambda: copies[0].uphold(school.director, "照片上看得清楚"),
        lambda: copies[1].correct(school.counsellor, 0, "申诉成立"),
    )
    assert [refused.sentence for refused in of(answers, Refused)] == ["This appeal was already answered."]
    answered = Appeal.get_by_id(appeal.id)
    corrected = answered.outcome == "corrected"
    assert Correction.select().count() == corrected
    assert Check.get(Check.place == school.places.classroom).total == (1000 if corrected else 900)
    answers = ("inspections.upheld", "inspections.appeal_won")
    assert Event.select().where(Event.action.in_(answers)).count() == 1
    assert Telling.select().where(Telling.kind == "inspections.appeal_answered").count() == 1


def test_two_exempt_a_class_and_it_is_exempt_once(real_app, school):
    groups = [school.classes.three_two]
    answers = at_once(
        real_app,
        lambda: Exemption.give(groups, MONDAY, "秋游", school.director),
        lambda: Exemption.give(groups, MONDAY, "考试", school.counsellor),
    )
    assert [refused.sentence for refused in of(answers, Refused)] == ["That is already so."]
    assert Exemption.select().count() == 1


def test_an_exemption_and_the_lock_agree(real_app, school):
    """Either the exemption came first and the week knows it, or the week is locked and it is refused."""
    clock.set_hands(FRIDAY_EVENING)
    answers = at_once(
        real_app,
        lambda: Week.lock(MONDAY, school.director),
        lambda: Exemption.give([school.classes.three_two], date(2026, 11, 24), "考试", school.counsellor),
    )
    checks = WeekResult.get(WeekResult.class_group == school.classes.three_two).checks
    assert checks == (1 if isinstance(answers[1], Refused) else 0)
