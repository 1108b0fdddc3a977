"""Damage of classes confirmed before anybody reads it, measures against it, and repairs planned for the holidays."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app import clock, once
from app.journal import Event
from app.notify.models import Notice
from app.people.models import Person
from app.places.models import ClassGroup
from app.repairs.extensions import Extension
from app.repairs.models import Ticket, check_states
from app.repairs.periods import Period
from app.repairs.summaries import DamageOfClass, DamageSummary, HolidayRepair, Measure
from tests.repairs.conftest import HOSTILE
from tests.repairs.records_help import scatter

NOVEMBER, URL = Period.of("2026-11"), "/repairs/classes/publication?period=2026-11"


@pytest.fixture
def broken(school: SimpleNamespace) -> Ticket:
    """A window of 三(2)班, by accident; a chair of it, worn out."""
    window = Ticket.report(school.teacher, school.places.classroom, "doors", "玻璃碎了", class_property=True,
                           cause="accident")  # fmt: skip
    chair = Ticket.report(school.teacher, school.places.classroom, "furniture", "椅子散架", class_property=True,
                          cause="wear")  # fmt: skip
    for ticket in (window, chair):
        ticket.approve(school.director)
    window.fix(school.electrician, "replaced", parts=[("玻璃", 1, 6_000)])
    return window


@pytest.fixture
def other_teacher(school: SimpleNamespace) -> Person:
    who, _first = Person.add("何静", roles=["teacher"], phone="13800000088", office=school.teaching, must_change=False)
    ClassGroup.update(teacher=who).where(ClassGroup.id == school.classes.three_three.id).execute()
    return who


@pytest.fixture
def published(app: Flask, school: SimpleNamespace, broken: Ticket) -> DamageSummary:
    with app.app_context():
        return DamageSummary.publish(NOVEMBER, school.director, "请班主任在班会上讲一讲")


# Confirmed, then read ----------------------------------------------------------------------------------------------


def test_nobody_but_the_office_reads_it_before_it_is_confirmed(
    school: SimpleNamespace, phone: Any, broken: Ticket
) -> None:
    assert "Grade 3 Class 2" in phone(school.director).get("/repairs/classes?period=2026-11").text
    page = phone(school.teacher).get("/repairs/classes?period=2026-11").text
    assert "Grade 3 Class 2" not in page
    assert "Nothing is published" in page


def test_the_director_confirms_it_and_the_class_teacher_is_told(
    school: SimpleNamespace, phone: Any, broken: Ticket, other_teacher: Person
) -> None:
    key = once.new_key()
    for _again in range(2):
        assert phone(school.director).send(URL, {"words": "请在班会上讲一讲"}, key=key).status_code == 303
    (row,) = DamageSummary.select()
    (line,) = DamageOfClass.select()
    assert (line.name, line.count, line.human, line.wear, line.cost) == ("Grade 3 Class 2", 2, 1, 1, 6_000)
    told = [notice for notice in Notice.select().where(Notice.person == school.teacher)
            if notice.telling.kind == "repairs.damage"]  # fmt: skip
    assert [notice.telling.path for notice in told] == [f"/repairs/damage/{row.id}"]
    page = phone(school.teacher).get(f"/repairs/damage/{row.id}").text
    assert "玻璃碎了" in page
    assert "请在班会上讲一讲" in page
    assert phone(other_teacher).get(f"/repairs/damage/{row.id}").status_code == 404
    assert phone(school.principal).get(f"/repairs/damage/{row.id}").status_code == 200  # leader
    assert Event.select().where(Event.action == "repairs.published").count() == 1


def test_what_is_published_keeps_its_numbers(
    school: SimpleNamespace, phone: Any, published: DamageSummary, broken: Ticket
) -> None:
    Ticket.report(school.teacher, school.places.classroom, "doors", "又碎了", class_property=True, cause="intent")
    assert [line.count for line in published.classes_for(school.director)] == [2]
    assert "又碎了" not in phone(school.teacher).get(f"/repairs/damage/{published.id}").text


def test_no_class_is_published_while_a_cause_is_open(school: SimpleNamespace, phone: Any, broken: Ticket) -> None:
    bare = Ticket.report(school.director, school.places.classroom, "doors", "门把松了", class_property=True)
    assert "1 report has no cause yet" in phone(school.director).get("/repairs/classes?period=2026-11").text
    assert phone(school.director).send(URL).status_code == 409
    assert DamageSummary.select().count() == 0
    answer = phone(school.director).send(f"/repairs/term-end/causes/{bare.id}?period=2026-1", {"cause": "unknown"})
    assert answer.status_code == 303
    assert phone(school.director).send(URL).status_code == 303


def test_nothing_and_twice_are_refused(school: SimpleNamespace, phone: Any, published: DamageSummary) -> None:
    assert phone(school.director).send(URL).status_code == 409
    assert phone(school.director).send("/repairs/classes/publication?period=2026-03").status_code == 409
    assert DamageSummary.select().count() == 1


def test_a_wrong_one_is_withdrawn_with_a_reason_and_made_anew(
    school: SimpleNamespace, phone: Any, published: DamageSummary
) -> None:
    url = f"/repairs/damage/{published.id}/withdrawal"
    assert phone(school.director).send(url, {"reason": ""}).status_code == 422
    assert phone(school.director).send(url, {"reason": "算错了班级"}).status_code == 303
    assert phone(school.teacher).get(f"/repairs/damage/{published.id}").status_code == 404
    assert phone(school.director).send(URL).status_code == 303
    assert DamageSummary.select().count() == 2
    assert Event.get(Event.action == "repairs.withdrawn").facts["reason"] == "算错了班级"


def test_only_the_director_publishes(school: SimpleNamespace, phone: Any, broken: Ticket) -> None:
    for who in (school.custodian, school.principal, school.electrician, school.teacher, school.card):
        assert phone(who).send(URL).status_code == 403
    assert phone().send(URL).status_code in (303, 401)
    assert DamageSummary.select().count() == 0


# Measures ---------------------------------------------------------------------------------------------------------


def test_a_class_meeting_is_recorded_against_the_class(
    school: SimpleNamespace, phone: Any, published: DamageSummary
) -> None:
    line = published.classes_for(school.director)[0]
    url = f"/repairs/damage/{published.id}/measures/{line.id}"
    for who, kind, words in ((school.teacher, "meeting", "班会讲爱护公物"), (school.director, "talk", "")):
        assert phone(who).send(url, {"kind": kind, "day": "2026-11-23", "words": words}).status_code == 303
    assert [(row.kind, row.by.name, row.day) for row in Measure.of([line])[line.id]] == [
        ("meeting", "李敏", date(2026, 11, 23)), ("talk", "赵建国", date(2026, 11, 23)),
    ]  # fmt: skip
    assert "班会讲爱护公物" in phone(school.principal).get(f"/repairs/damage/{published.id}").text
    assert "班会讲爱护公物" in phone(school.director).get(f"/repairs/damage/{published.id}/print").text
    assert phone(school.director).get(f"/repairs/damage/{published.id}.pdf").data.startswith(b"%PDF")


def test_the_class_teacher_is_asked_until_something_was_done(
    school: SimpleNamespace, phone: Any, published: DamageSummary, other_teacher: Person
) -> None:
    words = "Damage of the class: say what was done"
    assert words in phone(school.teacher).get("/").text
    assert words not in phone(other_teacher).get("/").text
    Measure.take(published.classes_for(school.director)[0], school.teacher, "meeting")
    assert words not in phone(school.teacher).get("/").text


@pytest.mark.parametrize("data", [
    {"kind": "meeting", "day": "2026-12-24"}, {"kind": "meeting", "day": "morgen"}, {"kind": "fine", "day": ""}, {},
    {"kind": "talk", "words": "长" * 301}, {"kind": "talk", "words": "x" * 1_000_000},
])  # fmt: skip
def test_a_senseless_measure_stays_in_the_form(
    school: SimpleNamespace, phone: Any, published: DamageSummary, data: dict[str, str]
) -> None:
    line = published.classes_for(school.director)[0]
    answer = phone(school.teacher).send(f"/repairs/damage/{published.id}/measures/{line.id}", data)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert data.get("words", "")[:301] in answer.text
    assert Measure.select().count() == 0


def test_strangers_record_no_measures(
    school: SimpleNamespace, phone: Any, published: DamageSummary, other_teacher: Person
) -> None:
    line = published.classes_for(school.director)[0]
    url, data = f"/repairs/damage/{published.id}/measures/{line.id}", {"kind": "talk"}
    assert phone(other_teacher).send(url, data).status_code == 404
    assert phone(school.custodian).send(url, data).status_code == 403
    assert phone(school.director).send(f"/repairs/damage/{published.id}/measures/9999", data).status_code == 404
    assert Measure.select().count() == 0


def test_hostile_words_are_escaped(school: SimpleNamespace, phone: Any, published: DamageSummary) -> None:
    line = published.classes_for(school.director)[0]
    for words in HOSTILE:
        Measure.take(line, school.director, "talk", words=words)
    page = phone(school.teacher).get(f"/repairs/damage/{published.id}").text
    assert "<script>alert" not in page


# The holidays -----------------------------------------------------------------------------------------------------


def test_a_repair_is_planned_for_the_holidays(school: SimpleNamespace, phone: Any, report: Any) -> None:
    ticket = report()
    data = {"day": "2027-01-25", "worker": str(school.electrician.id), "firm": ""}
    answer = phone(school.director).send(f"/repairs/term-end/plans/{ticket.id}?period=2026-1", data)
    assert answer.status_code == 303
    assert "period=2026-1" in answer.location
    plan = HolidayRepair.of([ticket])[ticket.id]
    assert (plan.day, plan.who, plan.by) == (date(2027, 1, 25), "孙志强", school.director)
    ticket = Ticket.get_by_id(ticket.id)
    assert (ticket.state, ticket.worker, ticket.planned_for) == ("assigned", school.electrician, None)
    assert clock.local(ticket.extended_until).date() == date(2027, 1, 25)
    assert list(check_states()) == []
    client = phone(school.principal)
    for path in ("term-end", "term-end/print"):
        page = client.get(f"/repairs/{path}?period=2026-1").text
        assert ticket.number in page
        assert "孙志强" in page
    assert client.get("/repairs/term-end.pdf").data.startswith(b"%PDF")
    assert client.get("/repairs/term-end.xlsx").status_code == 200


def test_another_day_and_a_firm_replace_the_plan(ctx: None, school: SimpleNamespace, report: Any) -> None:
    ticket = report()
    HolidayRepair.plan(ticket, school.director, date(2027, 1, 25), school.electrician)
    HolidayRepair.plan(Ticket.get_by_id(ticket.id), school.director, date(2027, 2, 3), firm="昆山宏达门窗")
    plan = HolidayRepair.of([ticket])[ticket.id]
    assert (plan.day, plan.who) == (date(2027, 2, 3), "昆山宏达门窗")
    assert clock.local(Ticket.get_by_id(ticket.id).extended_until).date() == date(2027, 2, 3)


def test_a_plan_never_hides_that_it_was_late(ctx: None, school: SimpleNamespace, report: Any) -> None:
    ticket = report()
    clock.set_hands(clock.now() + timedelta(days=6))
    HolidayRepair.plan(ticket, school.director, date(2027, 1, 25), school.electrician)
    Ticket.get_by_id(ticket.id).fix(school.electrician, "replaced")
    row = Ticket.get_by_id(ticket.id)
    assert (row.on_time, row.on_time_extended) == (False, True)


def test_what_somebody_asked_for_gives_way_to_the_plan(ctx: None, school: SimpleNamespace, report: Any) -> None:
    ticket = report()
    ticket.take(school.electrician)
    ticket.extend(school.electrician, "parts", clock.now() + timedelta(days=3))
    HolidayRepair.plan(Ticket.get_by_id(ticket.id), school.director, date(2027, 1, 25), school.electrician)
    assert [each.state for each in Extension.of(ticket)] == ["denied", "granted"]


@pytest.mark.parametrize("data", [
    {"day": "", "worker": "0"}, {"day": "2026-11-01", "worker": "1"}, {"day": "2027-01-25", "worker": "0"},
    {"day": "2027-01-25", "worker": "99999"}, {"day": "soon", "worker": "0", "firm": "宏达"},
    {"day": "2027-01-25", "worker": "0", "firm": "长" * 61},
])  # fmt: skip
def test_a_senseless_plan_stays_in_the_form(school: SimpleNamespace, phone: Any, report: Any, data: dict) -> None:
    ticket = report()
    answer = phone(school.director).send(f"/repairs/term-end/plans/{ticket.id}?period=2026-1", data)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert data.get("firm", "") in answer.text
    assert HolidayRepair.select().count() == 0


def test_only_the_director_plans_and_settles(school: SimpleNamespace, phone: Any, report: Any) -> None:
    ticket = report()
    for who in (school.electrician, school.principal, school.teacher, school.custodian):
        assert phone(who).send(f"/repairs/term-end/plans/{ticket.id}", {"day": "2027-01-25"}).status_code == 403
        assert phone(who).send(f"/repairs/term-end/causes/{ticket.id}", {"cause": "wear"}).status_code == 403
    assert phone(school.director).send("/repairs/term-end/plans/9999", {"day": "2027-01-25"}).status_code == 404
    for cause in ("", "bad luck"):
        answer = phone(school.director).send(f"/repairs/term-end/causes/{ticket.id}", {"cause": cause})
        assert answer.status_code == 422
    assert Ticket.get_by_id(ticket.id).cause == ""


def test_what_is_over_is_not_planned(school: SimpleNamespace, phone: Any, report: Any) -> None:
    ticket = report()
    ticket.fix(school.electrician, "replaced")
    data = {"day": "2027-01-25", "worker": str(school.electrician.id)}
    assert phone(school.director).send(f"/repairs/term-end/plans/{ticket.id}", data).status_code == 409
    assert HolidayRepair.select().count() == 0


def test_pages_have_the_same_number_of_queries_however_much_is_broken(
    school: SimpleNamespace, phone: Any, counted: Any, broken: Ticket
) -> None:
    client = phone(school.director)
    counts = []
    for _round in range(2):
        for path in ("classes?period=2026-11", "term-end?period=2026-1"):
            with counted() as queries:
                assert client.get(f"/repairs/{path}").status_code == 200
            counts.append(queries.count)
        if not _round:
            scatter(school, 200, date(2026, 10, 1), 31)
            for words in "abcdefgh":
                Ticket.report(school.teacher, school.places.classroom, "water", words)
    assert counts[0] == counts[2] <= 22
    assert counts[1] >= counts[3] - 1
    assert counts[3] <= 24
