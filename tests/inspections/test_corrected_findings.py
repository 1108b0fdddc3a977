"""A mark that is put right: what it had opened, and nobody has begun, is withdrawn; what was begun goes on."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.errors import Refused
from app.inspections.appeals import Appeal
from app.inspections.checklists import Checklist
from app.inspections.findings import Finding
from app.inspections.follow_ups import FollowUp
from app.inspections.hazards import Hazard, HazardStep
from app.inspections.models import Check, Correction, Mark
from app.inspections.scoring import Verdict
from app.journal import Event
from app.notify.models import Notice, Telling
from app.repairs.models import Ticket
from tests.inspections.test_kinds import verdicts

BAD = Verdict(answer="fail", words="松动", photos=())


@pytest.fixture
def closed(school: Any, app: Any) -> Check:
    """The director finds the door of the office open, and snacks: two hazards."""
    closing, office = Checklist.now("holiday-closing"), school.places.office
    with app.test_request_context():
        return Check.record(closing, office, school.director, verdicts(closing, office, door=BAD, food=BAD))


@pytest.fixture
def opened(school: Any, app: Any) -> Check:
    """Before the term the lights of the office are found broken: a repair."""
    opening, office = Checklist.now("term-opening"), school.places.office
    with app.test_request_context():
        return Check.record(opening, office, school.director, verdicts(opening, office, lights=BAD))


@pytest.fixture
def dirty(school: Any, app: Any) -> Check:
    """The toilet loses points at two items: one cleaning to be done again."""
    marks = {"floor": Verdict(100, (1,)), "bins": Verdict(50, (0,))}
    with app.test_request_context():
        return Check.record(Checklist.now("toilet"), school.places.toilet, school.custodian, marks)


def mark(check: Check, key: str) -> Mark:
    return next(each for each in check.marks if each.item.key == key)


def finding(check: Check, key: str) -> Finding:
    return Finding.with_names().where(Finding.mark == mark(check, key)).get()


def test_a_list_is_put_right_and_its_percent_follows(ctx: Any, school: Any, closed: Check) -> None:
    before = Check.get_by_id(closed.id)
    assert (before.failed, before.passed) == (2, False)
    correction = mark(closed, "door").find_fine(school.counsellor, "门是锁着的")
    after = Check.get_by_id(closed.id)
    assert (after.failed, after.passed) == (1, True)
    assert after.share > before.share
    assert (correction.old_verdict, correction.new_verdict) == ("fail", "fine")
    assert mark(closed, "door").words == "松动"  # what was written then stays


def test_the_hazard_that_nobody_began_is_struck_out_with_the_reason(ctx: Any, school: Any, closed: Check) -> None:
    mark(closed, "door").find_fine(school.counsellor, "门是锁着的")
    found = finding(closed, "door")
    assert (found.hazard.state, found.correction.reason) == ("void", "门是锁着的")
    step = HazardStep.select().where(HazardStep.hazard == found.hazard).order_by(HazardStep.serial.desc()).get()
    assert (step.kind, step.person) == ("voided", school.counsellor)
    assert "门是锁着的" in step.words
    assert finding(closed, "food").hazard.state == "registered"


def test_a_hazard_that_was_begun_goes_on_and_says_so(phone: Any, school: Any, closed: Check, app: Any) -> None:
    with app.test_request_context():
        hazard = finding(closed, "door").hazard
        hazard.plan(school.custodian, school.electrician, clock.today() + timedelta(days=3), "换锁")
        mark(closed, "door").find_fine(school.counsellor, "门是锁着的")
    assert Hazard.get_by_id(hazard.id).state == "fixing"
    page = phone(school.custodian).get(f"/inspections/hazards/{hazard.id}").text
    assert "The check was corrected, it was fine: 门是锁着的 (吴晓燕" in page


def test_a_hazard_that_went_to_repair_is_begun(ctx: Any, school: Any, closed: Check) -> None:
    hazard = finding(closed, "door").hazard
    hazard.send_to_repair(school.custodian, "doors")
    mark(closed, "door").find_fine(school.counsellor, "门是锁着的")
    assert Hazard.get_by_id(hazard.id).state == "registered"


def test_a_ticket_stays_and_who_has_it_is_told(phone: Any, school: Any, opened: Check, app: Any) -> None:
    ticket = Ticket.get_by_id(finding(opened, "lights").ticket_id)
    with app.test_request_context():
        ticket.accept(school.director)
        Ticket.get_by_id(ticket.id).assign(school.director, school.electrician)
        mark(opened, "lights").find_fine(school.counsellor, "只是没通电")
    assert Ticket.get_by_id(ticket.id).state not in ("void", "voided")
    page = phone(school.electrician).get(f"/repairs/{ticket.id}").text
    assert "The check was corrected, it was fine: 只是没通电" in page
    told = Notice.select().join(Telling).where(Telling.kind == "findings.ticket_corrected")
    assert [notice.person_id for notice in told] == [school.electrician.id]
    event = Event.get(Event.action == "findings.corrected")
    assert (event.noun, event.noun_id) == ("ticket", ticket.id)


def test_the_cleaning_is_withdrawn_when_nothing_is_left_of_it(ctx: Any, school: Any, dirty: Check) -> None:
    mark(dirty, "floor").correct(0, school.director, "看错了")
    assert FollowUp.get().outcome == ""  # the bins are still full
    mark(dirty, "bins").correct(0, school.director, "刚倒过")
    row = FollowUp.get()
    assert (row.outcome, row.ended_by) == ("withdrawn", school.director)
    assert "刚倒过" in row.note
    assert not finding(dirty, "bins").is_open


def test_fewer_points_taken_are_still_points_taken(ctx: Any, school: Any, dirty: Check) -> None:
    for key, lost in (("floor", 50), ("bins", 0)):
        mark(dirty, key).correct(lost, school.director, "只有一点")
    assert FollowUp.get().outcome == ""
    assert finding(dirty, "floor").correction is None


def test_what_was_cleaned_stays_cleaned(ctx: Any, school: Any, dirty: Check) -> None:
    FollowUp.get().done(school.cleaner, "拖干了")
    for key in ("floor", "bins"):
        mark(dirty, key).correct(0, school.director, "看错了")
    assert FollowUp.get().outcome == "done"


def test_a_key_item_that_is_put_right_no_longer_fails_the_whole(ctx: Any, school: Any) -> None:
    toilet = Checklist.now("toilet")
    items = toilet.as_data()["items"]
    Checklist.publish({**toilet.as_data(), "items": [{**items[0], "key_item": True}, *items[1:]]})
    check = Check.record(Checklist.now("toilet"), school.places.toilet, school.custodian, {"floor": Verdict(200, (2,))})
    assert (check.passed, check.failed) == (False, 1)
    mark(check, "floor").correct(50, school.director, "只是一角")
    now = Check.get_by_id(check.id)
    assert (now.passed, now.failed, now.total, mark(check, "floor").verdict) == (True, 0, 950, "")


def test_an_appeal_that_is_won_withdraws_what_the_mark_opened(ctx: Any, school: Any, hygiene: Checklist) -> None:
    """The school asks in its list for a window that is shut: open, it is to be seen to again by the class."""
    window = {"key": "shut", "name": "窗", "answer": "fine", "max": 100, "step": 50}
    items = [{**item, "max": 50, "reasons": []} if item["key"] in ("seats", "drawers") else item
             for item in hygiene.as_data()["items"]]  # fmt: skip
    Checklist.publish({**hygiene.as_data(), "items": [*items, window]})
    marks = {"shut": Verdict(answer="fail", words="开着")}
    check = Check.record(Checklist.now("class-hygiene"), school.places.classroom, school.director, marks)
    assert FollowUp.get().person == school.teacher
    appeal = Appeal.file(mark(check, "shut"), school.teacher, "开窗通风，是学校要求的")
    appeal.correct(school.counsellor, 0, "有道理")
    assert (FollowUp.get().outcome, Check.get_by_id(check.id).total) == ("withdrawn", 1000)
    assert mark(check, "shut").verdict == "fine"


def test_an_appeal_that_is_lost_leaves_it_open(ctx: Any, school: Any, dirty: Check) -> None:
    with pytest.raises(Refused):
        mark(dirty, "floor").correct(100, school.director, "就是这样")
    assert FollowUp.get().outcome == ""


def test_the_page_of_the_check_leads_there(phone: Any, school: Any, closed: Check) -> None:
    client, row = phone(school.counsellor), mark(closed, "door")
    url = f"/inspections/marks/{row.id}/correction"
    assert url in client.get(f"/inspections/{closed.id}").text
    assert "It was fine" in client.get(url).text
    refused = client.send(url, {"reason": ""})
    assert refused.status_code == 422
    assert client.send(url, {"reason": "长" * 301}).status_code == 422
    answer = client.send(url, {"reason": "门是锁着的"}, key="c" * 24)
    assert answer.location == f"/inspections/{closed.id}"
    assert client.send(url, {"reason": "门是锁着的"}, key="c" * 24).status_code == 303
    page = client.get(answer.location).text
    assert "Fine after all, says 吴晓燕" in page
    assert "was no hazard" in page
    assert Correction.select().count() == 1
    assert client.get(url).status_code == 404  # nothing failed there any more


@pytest.mark.parametrize("who", ["teacher", "cleaner", "custodian", "electrician", "principal", "card"])
def test_others_find_nothing_fine(phone: Any, school: Any, closed: Check, who: str) -> None:
    url = f"/inspections/marks/{mark(closed, 'door').id}/correction"
    assert phone(getattr(school, who)).send(url, {"reason": "x"}).status_code == 403
    assert phone().send(url, {"reason": "x"}).status_code == 401
    assert Correction.select().count() == 0


def test_of_a_fine_item_there_is_nothing_to_put_right(ctx: Any, phone: Any, school: Any, closed: Check) -> None:
    row = mark(closed, "windows")
    assert phone(school.director).get(f"/inspections/marks/{row.id}/correction").status_code == 404
    with pytest.raises(Refused):
        row.find_fine(school.director, "x")


def test_it_is_in_the_journal(ctx: Any, school: Any, closed: Check) -> None:
    mark(closed, "door").find_fine(school.counsellor, "门是锁着的")
    event = Event.get(Event.action == "inspections.acquitted")
    assert (event.noun_id, event.person) == (closed.id, school.counsellor)
    assert event.sentence == "corrected: 门锁好 was fine after all, 门是锁着的"
