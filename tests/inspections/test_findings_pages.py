"""The pages of what checks found, and of what is to be cleaned again."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock, journal
from app.inspections import findings, hazard_notices
from app.inspections.checklists import Checklist
from app.inspections.findings import Finding
from app.inspections.follow_ups import FollowUp, due_day
from app.inspections.hazards import Hazard
from app.inspections.models import Check
from app.inspections.scoring import Verdict
from app.notify.models import Notice, Telling
from app.photos.models import Photo, Received
from app.repairs.models import Ticket

DIRTY = {"floor": Verdict(reasons=(0,), words="墙角发黑")}
FAULT = {"basin": Verdict(facility=True, words="龙头漏水")}


@pytest.fixture
def check(app: Any, school: Any) -> Any:
    """The custodian scores the toilet."""

    def give(marks: Any) -> Check:
        with app.app_context():
            return Check.record(Checklist.now("toilet"), school.places.toilet, school.custodian, marks, again="复查")

    return give


@pytest.fixture
def dirty(check: Any) -> FollowUp:
    check(DIRTY)
    return FollowUp.get()


def path(row: FollowUp, verb: str = "") -> str:
    return f"/inspections/follow-ups/{row.id}" + (f"/{verb}" if verb else "")


def told(kind: str) -> list[int]:
    rows = Notice.select(Notice.person).join(Telling).where(Telling.kind == kind).order_by(Notice.person)
    return [person for (person,) in rows.tuples()]


# To be cleaned again ----------------------------------------------------------------------------------------


def test_the_cleaner_is_told_and_reports_it_done(school: Any, phone: Any, dirty: FollowUp) -> None:
    assert told("follow_ups.mine") == [school.cleaner.id]
    cleaner = phone(school.cleaner)
    assert "墙角发黑" in cleaner.get("/inspections/follow-ups").text
    assert cleaner.send(path(dirty, "done"), {"note": "拖干了"}).status_code == 303
    row = FollowUp.get()
    assert (row.outcome, row.ended_by_id, row.note) == ("done", school.cleaner.id, "拖干了")
    assert "follow_ups.done" in [event.action for event in journal.about(thing=row)]
    assert "拖干了" in phone(school.director).get(path(dirty)).text


def test_who_was_told_stands_on_the_page(school: Any, phone: Any, dirty: FollowUp) -> None:
    page = phone(school.director).get(path(dirty)).text
    assert "<dt>Told</dt><dd>周桂兰</dd>" in page
    assert "nobody cleans this place yet" not in page


def test_where_nobody_cleans_the_office_is_told(school: Any, phone: Any, app: Any) -> None:
    """The store has no cleaner: whoever says who does it has to know."""
    with app.test_request_context():
        school.places.toilet.change(school.director, cleaner=None)
        toilet = Checklist.now("toilet")
        Check.record(toilet, school.places.toilet, school.principal, {"floor": Verdict(reasons=(0,))})
    row = FollowUp.get()
    assert row.person_id is None
    assert told("follow_ups.nobody") == [school.director.id, school.custodian.id]
    assert told("follow_ups.mine") == []
    client = phone(school.director)
    page = client.get(path(row)).text
    assert "nobody cleans this place yet: the office says who does it" in page
    assert "<dt>Told</dt><dd>赵建国, 钱秀英</dd>" in page
    assert "nobody has it: 二楼男厕" in client.get("/notices/").text
    client.send(path(row, "hand-over"), {"person": "周桂兰"})
    assert told("follow_ups.mine") == [school.cleaner.id]
    assert "<dt>Told</dt><dd>赵建国, 钱秀英, 周桂兰</dd>" in client.get(path(row)).text


def test_whoever_of_the_office_found_it_knows_already(school: Any, app: Any) -> None:
    with app.test_request_context():
        school.places.toilet.change(school.director, cleaner=None)
        Check.record(Checklist.now("toilet"), school.places.toilet, school.director, {"floor": Verdict(reasons=(0,))})
    assert told("follow_ups.nobody") == [school.custodian.id]


def test_it_is_done_once(school: Any, phone: Any, dirty: FollowUp) -> None:
    cleaner = phone(school.cleaner)
    assert [cleaner.send(path(dirty, "done"), key="d" * 20).status_code for _each in range(2)] == [303, 303]
    assert cleaner.send(path(dirty, "done")).status_code == 409
    assert journal.about(thing=dirty).where(journal.Event.action == "follow_ups.done").count() == 1


def test_words_that_are_too_long_are_kept_and_answered(school: Any, phone: Any, dirty: FollowUp) -> None:
    page = phone(school.cleaner).send(path(dirty, "done"), {"note": "<b>" + "长" * 301})
    assert page.status_code == 422
    assert "&lt;b&gt;长" in page.text
    assert FollowUp.get().outcome == ""


def test_strangers_neither_see_nor_end_it(school: Any, phone: Any, dirty: FollowUp) -> None:
    assert phone(school.stranger).get(path(dirty)).status_code == 404
    assert phone(school.stranger).send(path(dirty, "done")).status_code == 404
    assert phone(school.card).get(path(dirty)).status_code == 403
    assert phone().get(path(dirty)).status_code == 303
    assert phone(school.cleaner).send(path(dirty, "withdrawal"), {"reason": "x"}).status_code == 403


def test_the_office_hands_it_over_and_withdraws_it(school: Any, phone: Any, dirty: FollowUp) -> None:
    director = phone(school.director)
    assert director.send(path(dirty, "hand-over"), {"person": "没有人"}).status_code == 422
    director.send(path(dirty, "hand-over"), {"person": "孙志强"})
    assert FollowUp.get().person_id == school.electrician.id
    assert told("follow_ups.mine") == [school.electrician.id, school.cleaner.id]
    assert director.send(path(dirty, "withdrawal"), {"reason": ""}).status_code == 422
    director.send(path(dirty, "withdrawal"), {"reason": "马上停用"})
    assert FollowUp.get().outcome == "withdrawn"


def test_the_clock_tells_once_that_it_was_not_cleaned(school: Any, dirty: FollowUp, later: Any, ctx: None) -> None:
    later(48)
    for _again in range(2):
        hazard_notices.not_cleaned(clock.now())
    assert told("follow_ups.late") == [school.director.id, school.custodian.id, school.cleaner.id]


def test_what_is_found_late_is_for_the_next_school_day(ctx: None) -> None:
    morning = clock.now()
    assert due_day(morning) == clock.today()
    assert due_day(morning + timedelta(hours=6)) == clock.today() + timedelta(days=1)
    assert due_day(morning + timedelta(days=4)).isoweekday() == 1  # Saturday


# What checks found ------------------------------------------------------------------------------------------


def test_the_check_and_the_ticket_lead_to_each_other(school: Any, phone: Any, check: Any) -> None:
    made = check(FAULT)
    custodian, ticket = phone(school.custodian), Ticket.get()
    assert f"/repairs/{ticket.id}" in custodian.get(f"/inspections/{made.id}").text
    assert f"/inspections/{made.id}" in phone(school.director).get(f"/repairs/{ticket.id}").text


def test_the_next_check_shows_it_first(school: Any, phone: Any, check: Any, code_of: Any, later: Any) -> None:
    check(DIRTY | FAULT)
    later(5)
    page = phone(school.custodian).get(f"/inspections/check/{code_of(school.places.toilet)}/toilet").text
    assert page.index("Open here already") < page.index('id="sheet"')
    assert "墙角发黑" in page
    assert "龙头漏水" in page


def test_a_card_sees_what_is_open_but_no_hazard(school: Any, phone: Any, code_of: Any, app: Any) -> None:
    with app.app_context():
        Hazard.register(school.teacher, school.places.classroom, "墙皮松动")
        Ticket.report(school.teacher, place=school.places.classroom, kind="doors", words="门锁坏了")
    page = phone(school.card).get(f"/inspections/score/{code_of(school.places.classroom)}/class-hygiene").text
    assert "门锁坏了" in page
    assert "墙皮松动" not in page


def test_a_finding_becomes_a_hazard(school: Any, phone: Any, check: Any) -> None:
    check(FAULT)
    director, finding = phone(school.director), Finding.get()
    url = f"/inspections/findings/{finding.id}"
    assert director.send(url, {"road": "hazard", "level": "major", "kind": "other", "reason": ""}).status_code == 422
    assert director.send(url, {"road": "ticket", "level": "major", "kind": "other", "reason": "x"}).status_code == 422
    director.send(url, {"road": "hazard", "level": "major", "kind": "other", "reason": "漏到配电箱"})
    hazard = Hazard.get()
    assert hazard.level == "major"
    assert hazard.number in director.get(f"/inspections/{finding.check_id}").text
    assert "龙头漏水" in director.get(f"/inspections/hazards/{hazard.id}").text
    assert phone(school.counsellor).get(url).status_code == 403


def test_a_list_of_findings_costs_no_more_queries(
    school: Any, phone: Any, counted: Any, check: Any, later: Any
) -> None:
    check(DIRTY | FAULT)
    director = phone(school.director)
    director.get("/inspections/findings")
    with counted() as few:
        director.get("/inspections/findings?tab=all")
    for _each in range(8):
        later(3)
        check(DIRTY | FAULT)
    with counted() as many:
        director.get("/inspections/findings?tab=all")
    assert many.count <= few.count


def test_the_list_narrows_and_is_taken_away(school: Any, phone: Any, check: Any) -> None:
    check(DIRTY | FAULT)
    director = phone(school.director)
    repairs = director.get("/inspections/findings?road=ticket").text
    assert "龙头漏水" in repairs
    assert "墙角发黑" not in repairs
    assert director.get("/inspections/findings/list.xlsx").status_code == 200
    assert "龙头漏水" in director.get("/inspections/findings/list/print").text
    assert phone(school.teacher).get("/inspections/findings").status_code == 403


def test_what_is_settled_leaves_the_list(school: Any, phone: Any, dirty: FollowUp) -> None:
    director = phone(school.director)
    assert "墙角发黑" in director.get("/inspections/findings").text
    phone(school.cleaner).send(path(dirty, "done"))
    assert "墙角发黑" not in director.get("/inspections/findings").text
    assert "墙角发黑" in director.get("/inspections/findings?tab=all").text


# Lists ------------------------------------------------------------------------------------------------------


def patrol(school: Any, **first: Any) -> Check:
    checklist = Checklist.now("campus-patrol")
    marks = {item.key: Verdict(answer="fine") for item in checklist.items}
    key = next(item.key for item in checklist.items if item.answer == "fine" and item.finding in ("", "hazard"))
    marks[key] = Verdict(answer="fail", words="有裂缝", photos=[Received("a" * 32, 8, 8, 99)], **first)
    return Check.record(checklist, school.places.toilet, school.director, marks)


def test_a_failed_item_of_a_patrol_is_a_hazard(school: Any, ctx: None) -> None:
    made = patrol(school)
    hazard = Hazard.get()
    assert (hazard.level, hazard.reporter_id) == ("general", school.director.id)
    assert "有裂缝" in hazard.words
    assert [row.check_id for row in findings.of_thing(hazard)] == [made.id]


def test_a_grave_one_is_a_major_hazard(school: Any, ctx: None) -> None:
    patrol(school, grave=True)
    assert Hazard.get().level == "major"


def test_who_puts_it_right_sees_the_photo_of_the_check(school: Any, ctx: None) -> None:
    patrol(school)
    photo, hazard = Photo.get(), Hazard.get()
    assert not photo.may_be_seen_by(school.electrician)
    hazard.plan(school.director, school.electrician, clock.today(), "补墙")
    assert photo.may_be_seen_by(school.electrician)
    assert not photo.may_be_seen_by(school.stranger)
