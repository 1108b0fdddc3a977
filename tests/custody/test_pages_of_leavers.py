"""The pages of a leaver: the office, the leaver, the colleague who takes over, who ticks, and who checks the code."""

import pytest

from app.custody import boxes
from app.custody.boxes import ClearanceBox
from app.custody.clearance import Certificate, Clearance, Handover
from app.custody.holdings import holdings
from app.custody.models import Custody
from app.people.models import Person
from tests.custody.asking import in_days


@pytest.fixture
def clearance(school, things) -> Clearance:
    """李敏 holds a projector and teaches a class."""
    boxes.install_builtin()
    Custody.hand_out(things.projector, school.teacher, school.custodian)
    return Clearance.open(school.teacher, school.custodian, last_day=in_days(10), destination="镇中心小学")


def url(clearance: Clearance, *more: str) -> str:
    return "/".join(["/clearance", str(clearance.id), *more])


def handed(clearance: Clearance, school) -> None:
    keys = [each.key for each in holdings(clearance.person)]
    Handover.ask(clearance, school.stranger, school.custodian, keys).agree(school.stranger)


def ticked(clearance: Clearance, school) -> None:
    finance = Person.add("金会计", roles=("finance",), phone="13800000099")[0]
    for mark in clearance.marks:
        mark.tick({"custodian": school.custodian, "finance": finance}.get(mark.box.role, school.director))


def certified(clearance: Clearance, school) -> Certificate:
    handed(clearance, school)
    ticked(clearance, school)
    return clearance.certify(school.custodian)


def test_the_office_opens_it(school, things, phone):
    boxes.install_builtin()
    custodian = phone(school.custodian)
    assert "李敏" in custodian.get(f"/clearance/open?person={school.teacher.id}").text
    sent = {"person_id": school.teacher.id, "destination": "退休", "last_day": "2026-12-31"}
    where = custodian.send("/clearance/open", sent).headers["Location"]
    page = custodian.get(where).text
    for words in ("李敏", "Grade 3 Class 2", "library books", "6 things are left"):
        assert words in page
    assert "李敏" in custodian.get("/clearance/").text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("person", "没有这个人", "Nothing fits"),
        ("last_day", "", "Please fill this in"),
        ("last_day", "soon", "a day like"),
        ("last_day", "2096-01-01", "check the year"),
        ("destination", "x" * 81, "At most 80"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(school, phone, field, value, words):
    sent = {"person": "李敏", "destination": "😀 <b>", "last_day": "2026-12-31", field: value}
    answer = phone(school.custodian).send("/clearance/open", sent)
    assert answer.status_code == 422
    assert words in answer.text
    if field != "destination":
        assert "😀 &lt;b&gt;" in answer.text
    assert not Clearance.select().exists()


def test_who_sees_it(school, clearance, phone):
    for who in (school.director, school.custodian, school.principal, school.teacher):
        assert "投影仪" in phone(who).get(url(clearance)).text, who
    assert phone(school.stranger).get(url(clearance)).status_code == 404
    assert phone().get(url(clearance)).status_code == 303
    assert phone(school.card).get(url(clearance)).status_code == 403
    assert phone(school.teacher).get("/clearance/").status_code == 403
    assert phone(school.teacher).get("/clearance/mine").headers["Location"] == url(clearance)
    assert "You are not leaving" in phone(school.stranger).get("/clearance/mine").text


def test_who_ticks_a_box_sees_that_box_and_nothing_else(school, clearance, phone):
    finance = Person.add("金会计", roles=("finance",), phone="13800000099", must_change=False)[0]
    at_desk = phone(finance)
    assert "boxes of leavers to tick" in at_desk.get("/").text
    assert "advances from finance" in at_desk.get("/clearance/ticks").text
    page = at_desk.get(url(clearance)).text
    assert "advances from finance" in page
    for secret in ("投影仪", "Grade 3 Class 2", "library books"):
        assert secret not in page
    mark = next(each for each in clearance.marks if each.box.role == "finance")
    at_desk.send(url(clearance, "ticks", str(mark.id)), {"next": "/clearance/ticks"})
    assert "No box waits for you" in at_desk.get("/clearance/ticks").text
    answer = at_desk.send(url(clearance, "ticks", str(clearance.marks[0].id)))
    assert answer.status_code == 403
    assert clearance.marks[0].at is None


def test_handed_over_by_the_office_and_confirmed_on_the_colleagues_phone(school, clearance, phone):
    custodian, colleague = phone(school.custodian), phone(school.stranger)
    keys = [each.key for each in holdings(school.teacher)]
    custodian.send(url(clearance, "handing"), {"keys": keys, "taker_id": school.stranger.id})
    assert "waits for 冯伟" in custodian.get(url(clearance)).text
    assert "Take over from 李敏" in colleague.get("/approvals/").text
    slip = Handover.get()
    page = colleague.get(f"/clearance/handovers/{slip.id}").text
    assert "投影仪" in page
    assert "Agree" in page
    colleague.send(f"/approvals/{slip.asks[0].id}/agreement", {"next": f"/clearance/handovers/{slip.id}"})
    assert holdings(school.teacher) == []
    assert "投影仪" in colleague.get("/custody/mine").text
    assert phone(school.cleaner).get(f"/clearance/handovers/{slip.id}").status_code == 404


def test_nothing_ticked_and_nobody_named(school, clearance, phone):
    custodian = phone(school.custodian)
    answer = custodian.send(url(clearance, "handing"), {"taker_id": school.stranger.id})
    assert answer.status_code == 422
    assert "Please tick what it is about" in answer.text
    keys = [each.key for each in holdings(school.teacher)]
    answer = custodian.send(url(clearance, "handing"), {"keys": keys, "taker": "没有"})
    assert answer.status_code == 422
    assert "Nothing fits" in answer.text
    assert f'value="{keys[0]}" checked' in answer.text
    answer = custodian.send(url(clearance, "handing"), {"keys": ["custody-987654"], "taker_id": school.stranger.id})
    assert answer.status_code == 422
    assert not Handover.select().exists()


def test_back_to_the_office_needs_a_reason_and_the_office(school, clearance, phone):
    keys = [each.key for each in holdings(school.teacher)]
    custodian = phone(school.custodian)
    assert custodian.send(url(clearance, "back"), {"keys": keys}).status_code == 422
    assert phone(school.teacher).send(url(clearance, "back"), {"keys": keys, "reason": "x"}).status_code == 403
    custodian.send(url(clearance, "back"), {"keys": keys, "reason": "已交还"})
    assert holdings(school.teacher) == []


def test_one_tap_takes_a_borrowed_thing_back(school, clearance, things, phone):
    page = phone(school.custodian).get(url(clearance)).text
    assert f"/custody/return/{things.codes['projector']}?of={Custody.get().id}" in page


def test_the_certificate_prints_only_at_zero(school, clearance, phone):
    custodian = phone(school.custodian)
    paper = f"/paper/clearance_certificate/{clearance.id}"
    answer = custodian.get(paper)
    assert answer.status_code == 409
    assert "Still in the name of 李敏" in answer.text
    assert custodian.send(url(clearance, "certificate")).status_code == 409
    handed(clearance, school)
    ticked(clearance, school)
    custodian.send(url(clearance, "certificate"), key="c" * 20)
    custodian.send(url(clearance, "certificate"), key="c" * 20)
    certificate = Certificate.get()
    page = custodian.get(paper).text
    assert "Certificate of clearance" in page
    assert "李敏" in page
    assert certificate.number in page
    assert custodian.get(f"{paper}.pdf").data.startswith(b"%PDF")
    assert phone(school.teacher).get(paper).status_code == 200
    assert phone(school.stranger).get(paper).status_code == 404


def test_anybody_checks_the_code_and_learns_no_more_than_that(school, clearance, phone):
    certificate = certified(clearance, school)
    check = f"/clearance/check/{certificate.code}"
    page = phone().get(check).text
    assert "Valid" in page
    assert certificate.number in page
    assert "李*" in page
    for secret in ("李敏", "投影仪", "镇中心小学", "冯伟"):
        assert secret not in page
    school.places.store.change(school.director, keeper=clearance.person)
    assert "Not valid" in phone().get(check).text
    assert phone().get("/clearance/check/ZZZZZZZZ").status_code == 404
    assert "Not ours" in phone().get("/clearance/check/ZZZZZZZZ").text


def test_taken_back_it_is_not_valid_and_does_not_print(school, clearance, phone):
    certificate = certified(clearance, school)
    custodian = phone(school.custodian)
    assert custodian.send(url(clearance, "certificate", "back"), {"reason": ""}).status_code == 422
    custodian.send(url(clearance, "certificate", "back"), {"reason": "漏了一台电脑"})
    assert "Not valid" in phone().get(f"/clearance/check/{certificate.code}").text
    answer = custodian.get(f"/paper/clearance_certificate/{clearance.id}")
    assert answer.status_code == 409
    assert "漏了一台电脑" in answer.text


def test_the_list_on_paper_says_where_everything_went(school, clearance, phone):
    Custody.get().take_back(school.custodian)
    handed(clearance, school)
    page = phone(school.custodian).get(f"/paper/clearance/{clearance.id}").text
    for words in (
        "Handover list of a leaver",
        "投影仪",
        "Grade 3 Class 2",
        "冯伟",
        "library books",
        "Handover witness",
    ):
        assert words in page
    assert phone(school.stranger).get(f"/paper/clearance/{clearance.id}").status_code == 404


def test_the_person_stays(school, clearance, phone):
    custodian = phone(school.custodian)
    assert custodian.send(url(clearance, "cancellation"), {"reason": ""}).status_code == 422
    custodian.send(url(clearance, "cancellation"), {"reason": "留任"})
    assert "Cancelled: 留任" in custodian.get(url(clearance)).text
    assert "to hand over before you leave" not in phone(school.teacher).get("/").text


def test_what_waits_for_whom(school, clearance, phone):
    assert "to hand over before you leave" in phone(school.teacher).get("/").text
    assert "leavers not finished" in phone(school.custodian).get("/").text


def test_the_school_edits_the_list_of_boxes(school, clearance, phone):
    custodian = phone(school.custodian)
    assert "library books" in custodian.get("/clearance/boxes").text
    custodian.send("/clearance/boxes/add", {"name": "工会", "role": "", "person_id": school.counsellor.id})
    box = ClearanceBox.get(ClearanceBox.name == "工会")
    assert box.person == school.counsellor
    answer = custodian.send("/clearance/boxes/add", {"name": "工会", "role": "director"})
    assert answer.status_code == 422
    assert "already a box" in answer.text
    assert custodian.send("/clearance/boxes/add", {"name": "工会二", "role": ""}).status_code == 422
    custodian.send(f"/clearance/boxes/{box.id}", {"name": "工会会费", "role": "finance"})
    box = ClearanceBox.get_by_id(box.id)
    assert (box.name, box.role, box.used) == ("工会会费", "finance", False)
    assert phone(school.teacher).get("/clearance/boxes").status_code == 403


def test_the_list_of_leavers_costs_the_same_however_long(school, clearance, phone, counted):
    custodian = phone(school.custodian)
    with counted() as few:
        custodian.get("/clearance/")
    for person in (school.cleaner, school.electrician, school.counsellor):
        Clearance.open(person, school.director, last_day=in_days(3))
    with counted() as many:
        custodian.get("/clearance/")
    assert many.count == few.count


def test_a_leavers_page_costs_the_same_however_much_there_is(school, clearance, things, phone, counted):
    custodian = phone(school.custodian)
    with counted() as few:
        custodian.get(url(clearance))
    for _each in range(5):
        Custody.lend(things.chairs, school.teacher, school.custodian, due_on=in_days(2), quantity=1)
    with counted() as many:
        assert custodian.get(url(clearance)).text.count("折叠椅") >= 5
    assert many.count == few.count
