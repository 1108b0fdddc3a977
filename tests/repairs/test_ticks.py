"""What the clock does by itself, with set hands; once only, in two processes at the same moment too."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app import clock, db, tick
from app.calendar.models import Term
from app.notify.models import Notice, Telling
from app.repairs import ticks, upkeep
from app.repairs.models import Ticket
from app.repairs.upkeep import Occurrence, Rule
from tests.conftest import TUESDAY
from tests.helpers import at_once, make_school

HOUR = timedelta(hours=1)


def told(kind: str) -> list[Telling]:
    return list(Telling.select().where(Telling.kind == kind).order_by(Telling.id))


def readers(telling: Telling) -> set[int]:
    return {id for (id,) in Notice.select(Notice.person).where(Notice.telling == telling).tuples()}


def run_at(hours: float, *jobs: Callable[[datetime], Any]) -> None:
    """The hands stand so many hours after ten on Tuesday, and some jobs run twice."""
    clock.set_hands(TUESDAY + timedelta(hours=hours))
    for job in jobs:
        for _again in range(2):
            with db.writing():
                job(clock.now())


def test_nearly_late_is_told_once_at_twenty_hours(report: Any, school: SimpleNamespace) -> None:
    ticket = report()
    ticket.take(school.electrician)
    run_at(19.9, ticks.soon)
    assert told("repairs.soon") == []
    run_at(20, ticks.soon)
    run_at(23, ticks.soon)
    (telling,) = told("repairs.soon")
    assert readers(telling) == {school.electrician.id}
    assert (telling.noun_id, telling.path) == (ticket.id, f"/repairs/{ticket.id}")


def test_nobody_has_taken_it_so_all_who_are_offered_it_are_told(report: Any, school: SimpleNamespace) -> None:
    report()
    run_at(21, ticks.soon)
    assert readers(told("repairs.soon")[0]) == {school.electrician.id}


def test_late_is_told_once_after_twenty_four_hours_to_the_director_too(report: Any, school: SimpleNamespace) -> None:
    report()
    run_at(24, ticks.late)
    assert told("repairs.late") == []
    run_at(24.1, ticks.late)
    run_at(60, ticks.late)
    (telling,) = told("repairs.late")
    assert readers(telling) == {school.electrician.id, school.director.id}


def test_what_is_late_already_is_not_called_nearly_late(report: Any) -> None:
    report()
    run_at(30, ticks.soon)
    assert told("repairs.soon") == []


def test_a_weekend_is_not_counted_but_for_what_is_urgent(report: Any, school: SimpleNamespace) -> None:
    clock.set_hands(clock.utc(datetime(2026, 11, 27).date()) + 15 * HOUR)  # a Friday, three in the afternoon
    ordinary, urgent = report(), report(urgent=True, words="水管爆了")
    hours = (clock.utc(datetime(2026, 11, 29).date()) - TUESDAY) / HOUR
    run_at(hours, ticks.soon, ticks.late)
    assert [telling.noun_id for telling in told("repairs.late")] == [urgent.id]
    assert ordinary.id not in [telling.noun_id for telling in told("repairs.soon")]


def test_more_time_is_late_anew_when_it_is_over(report: Any, school: SimpleNamespace) -> None:
    ticket = report()
    run_at(25, ticks.late)
    ticket.extend(school.director, "parts", TUESDAY + 72 * HOUR)
    run_at(50, ticks.late)
    assert len(told("repairs.late")) == 1
    run_at(73, ticks.late)
    assert len(told("repairs.late")) == 2


def test_what_is_fixed_or_ended_is_never_late(report: Any, school: SimpleNamespace) -> None:
    report().fix(school.electrician, "replaced")
    report(words="别的").send_back(school.director, "没有坏")
    run_at(100, ticks.soon, ticks.late)
    assert told("repairs.soon") == told("repairs.late") == []


def test_planned_work_is_late_after_its_day(report: Any, school: SimpleNamespace) -> None:
    report(planned_for=TUESDAY.date() + timedelta(days=1))
    run_at(30, ticks.soon, ticks.late)
    assert told("repairs.soon") == told("repairs.late") == []
    run_at(39, ticks.late)  # one in the morning of Thursday
    assert len(told("repairs.late")) == 1


# Nobody answered -----------------------------------------------------------------------------------------------


def test_after_three_school_days_without_an_answer_it_is_signed_off_and_marked_so(
    report: Any, school: SimpleNamespace
) -> None:
    ticket = report()
    ticket.fix(school.electrician, "replaced")  # on Tuesday: Wednesday, Thursday and Friday are given
    run_at(3 * 24 + 13, ticks.signed_off)  # eleven at night on Friday
    assert Ticket.get_by_id(ticket.id).state == "fixed"
    run_at(3 * 24 + 15, ticks.signed_off)
    now = Ticket.get_by_id(ticket.id)
    assert (now.state, now.auto_confirmed, now.rating) == ("confirmed", True, "")


def test_days_without_school_do_not_count_for_the_answer(report: Any, school: SimpleNamespace) -> None:
    Term.create(name="上学期", starts_on=datetime(2026, 9, 1).date(), ends_on=datetime(2027, 1, 22).date())
    clock.set_hands(TUESDAY + timedelta(days=3))  # Friday
    ticket = report()
    ticket.fix(school.electrician, "replaced")
    run_at(24 * 8, ticks.signed_off)  # the Wednesday after: Monday and Tuesday are over
    assert Ticket.get_by_id(ticket.id).state == "fixed"
    run_at(24 * 9, ticks.signed_off)
    assert Ticket.get_by_id(ticket.id).auto_confirmed


def test_an_answer_in_time_stays_the_answer(report: Any, school: SimpleNamespace) -> None:
    ticket = report()
    ticket.fix(school.electrician, "replaced")
    ticket.confirm(school.teacher, "mostly")
    run_at(24 * 30, ticks.signed_off)
    now = Ticket.get_by_id(ticket.id)
    assert (now.auto_confirmed, now.rating) == (False, "mostly")


# The digest ----------------------------------------------------------------------------------------------------


def test_the_digest_says_how_the_desk_stands(report: Any, school: SimpleNamespace, ctx: None) -> None:
    report()
    report(words="别的").take(school.electrician)
    waits = report(words="第三个")
    waits.take(school.electrician)
    waits.wait(school.electrician, "parts")
    report(words="第四个").fix(school.electrician, "replaced")
    report(words="第五个", planned_for=TUESDAY.date())
    clock.set_hands(TUESDAY + 25 * HOUR)
    lines = list(ticks.digest(clock.now()))
    assert "3 open, 3 late, 0 nearly late, 1 fixed yesterday" in lines[0]
    assert "1 repair waits" in lines[1]
    assert "1 piece of preventive work was missed" in lines[2]


def test_a_quiet_desk_gives_the_digest_nothing(school: SimpleNamespace, ctx: None) -> None:
    assert list(ticks.digest(clock.now())) == []


# Two processes --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_processes_at_the_same_moment_do_each_thing_once(real_app: Flask) -> None:
    with real_app.app_context():
        school = make_school()
        Rule.add(school.director, "球架检查", "sports", place=school.places.store, unit="days", every=7, ahead=2,
                 first_on=TUESDAY.date() + timedelta(days=8))  # fmt: skip
        fixed = Ticket.report(school.teacher, place=school.places.classroom, kind="water", words="滴水")
        fixed.fix(school.electrician, "replaced")
        clock.set_hands(TUESDAY + timedelta(days=6))
        late = Ticket.report(school.teacher, place=school.places.classroom, kind="power", words="灯不亮", urgent=True)
        clock.set_hands(TUESDAY + timedelta(days=7, hours=1))
        soon = Ticket.report(school.teacher, place=school.places.classroom, kind="doors", words="锁坏了", urgent=True)
        clock.set_hands(TUESDAY + timedelta(days=7, hours=22))
    results = at_once(real_app, *[tick.run] * 4)
    assert results == [[]] * 4
    with real_app.app_context():
        assert Occurrence.select().count() == 1
        assert Ticket.select().where(Ticket.planned_for.is_null(False)).count() == 1
        assert [telling.noun_id for telling in told("repairs.late")] == [late.id]
        assert [telling.noun_id for telling in told("repairs.soon")] == [soon.id]
        assert Ticket.get_by_id(fixed.id).steps()[-1].kind == "unanswered"
        assert [step.kind for step in Ticket.get_by_id(fixed.id).steps()].count("unanswered") == 1


def test_every_job_runs_with_each_tick() -> None:
    assert {"repairs.planned", "repairs.unanswered", "repairs.soon", "repairs.late"} <= set(tick._works)


def test_a_tick_costs_the_same_with_more_late_tickets(report: Any, counted: Any, school: SimpleNamespace) -> None:
    report()
    run_at(30, ticks.late)
    with counted() as one:
        ticks.late(clock.now())
    for number in range(5):
        clock.set_hands(TUESDAY)
        report(words=f"第 {number} 个")
    run_at(30, ticks.late)
    with counted() as six:
        ticks.late(clock.now())
    assert one.count == six.count <= 4
    assert upkeep.open_planned() == []
