"""The pages of requests, in the hands of a teacher, the director and the custodian."""

import pytest

from app.custody.gate import GatePass
from app.custody.models import Custody
from app.custody.requests import Handing, Request
from tests.custody.asking import ask, asked_and_agreed, in_days, letter

NEW = "/custody/requests/new"


@pytest.fixture
def form(things):
    return {
        "kind": "loan", "thing_id": things.projector.id, "thing": "投影仪", "quantity": "1", "reason": "公开课",
        "starts_on": "2026-11-25", "due_on": "2026-11-27",
    }  # fmt: skip


def test_a_teacher_asks_on_the_phone(school, things, phone, form):
    teacher = phone(school.teacher)
    assert teacher.get(NEW).status_code == 200
    answer = teacher.send(NEW, form)
    row = Request.get()
    assert answer.headers["Location"] == f"/custody/requests/{row.id}"
    assert (row.applicant, row.asset, row.reason, row.kind) == (school.teacher, things.projector, "公开课", "loan")
    assert (row.starts_on, row.due_on) == (in_days(1), in_days(3))
    page = teacher.get(answer.headers["Location"]).text
    assert "waiting for agreement" in page
    assert "What 教务处 has of this kind" not in page  # that is for who decides


def test_a_scan_opens_the_form_for_that_thing(school, things, phone):
    url = f"{NEW}/{things.codes['projector']}"
    teacher = phone(school.teacher)
    page = teacher.get(url).text
    assert "投影仪" in page
    assert "Free days" in page
    teacher.send(url, {"kind": "issue", "reason": "办公", "starts_on": "2026-11-24"})
    assert (Request.get().asset, Request.get().kind, Request.get().due_on) == (things.projector, "issue", None)
    assert teacher.get(f"{NEW}/ZZZZZZZZ").status_code == 404


def test_some_of_a_kind_are_asked_for(school, things, phone, form):
    kind = things.projector.category
    sent = {**form, "thing": "", "thing_id": "", "category": kind.id, "quantity": "2"}
    phone(school.teacher).send(NEW, sent)
    assert (Request.get().category, Request.get().asset, Request.get().quantity) == (kind, None, 2)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("reason", "", "Please fill this in"),
        ("reason", "x" * 201, "At most 200"),
        ("reason", "x" * 1_000_000, "At most 200"),
        ("starts_on", "2026-11-23", "has passed"),
        ("starts_on", "someday", "a day like"),
        ("due_on", "", "needs a day"),
        ("due_on", "2026-11-24", "last day comes before"),
        ("due_on", "2027-11-24", "too long"),
        ("quantity", "0", "a number from 1"),
        ("quantity", "many", "a whole number"),
        ("thing_id", "987654", "Nothing fits"),
        ("kind", "theft", "Please choose one"),
        ("category", "1", "not both"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(school, things, phone, form, field, value, words):
    sent = {**form, field: value}
    if field == "thing_id":
        sent["thing"] = "没有的东西"
    if field == "category":
        sent["category"] = things.projector.category_id
    answer = phone(school.teacher).send(NEW, sent)
    assert answer.status_code == 422
    assert words in answer.text
    if field != "reason":
        assert "公开课" in answer.text  # nothing typed is lost
    assert not Request.select().exists()


def test_emoji_and_html_stay_as_they_were_typed(school, things, phone, form):
    teacher = phone(school.teacher)
    where = teacher.send(NEW, {**form, "reason": "<b>公开课</b> 🎓"}).headers["Location"]
    assert "&lt;b&gt;公开课&lt;/b&gt; 🎓" in teacher.get(where).text


def test_a_loan_to_another_unit_asks_for_its_note(school, things, phone, form, picture):
    teacher = phone(school.teacher)
    answer = teacher.send(NEW, {**form, "kind": "outside"})
    assert answer.status_code == 422
    assert "Please add a photo" in answer.text
    sent = {**form, "kind": "outside", "borrower": "镇中心中学", "carrier": "马老师", "letter": "今借投影仪一台"}
    answer = teacher.send(NEW, {**sent, "photos": picture()}, content_type="multipart/form-data")
    assert answer.status_code == 303
    row = Request.get()
    assert (row.borrower, row.carrier, row.letter) == ("镇中心中学", "马老师", "今借投影仪一台")
    assert "镇中心中学" in teacher.get(f"/custody/requests/{row.id}").text


def test_the_same_form_twice_asks_once(school, things, phone, form):
    teacher = phone(school.teacher)
    first = teacher.send(NEW, form, key="k" * 20)
    again = teacher.send(NEW, form, key="k" * 20)
    assert first.headers["Location"] == again.headers["Location"]
    assert Request.select().count() == 1


def test_signed_out_and_cards_ask_for_nothing(school, things, phone, form):
    assert phone().get(NEW).status_code == 303
    assert phone().send(NEW, form).status_code == 401
    assert phone(school.card).send(NEW, form).status_code == 403
    assert not Request.select().exists()


def test_a_request_is_seen_by_who_asked_who_decides_and_the_office(school, things, phone):
    row = ask(school.teacher, asset=things.projector)
    url = f"/custody/requests/{row.id}"
    for who in (school.teacher, school.director, school.custodian, school.principal):
        assert phone(who).get(url).status_code == 200, who
    assert phone(school.stranger).get(url).status_code == 404
    assert "投影仪" not in phone(school.stranger).get("/custody/requests?tab=asked").text
    assert "投影仪" in phone(school.teacher).get("/custody/requests").text


def test_who_decides_sees_what_the_office_holds_and_what_lies_idle(school, things, phone):
    Custody.hand_out(things.speaker, school.stranger, school.custodian)
    row = ask(school.teacher, asset=things.projector)
    page = phone(school.director).get(f"/custody/requests/{row.id}").text
    assert "What 教务处 has of this kind" in page
    assert "冯伟" in page
    assert "Lies idle of this kind: 11" in page  # the projector itself and ten chairs
    assert "given out in half a year: 1" in page


def test_agreed_to_with_one_tap_in_the_list_of_what_waits(school, things, phone):
    row = ask(school.teacher, asset=things.projector)
    director = phone(school.director)
    page = director.get("/approvals/").text
    assert "投影仪 × 1" in page
    director.send(f"/approvals/{row.asks[0].id}/agreement")
    assert Request.get_by_id(row.id).agreed_at is not None


def test_the_custodian_hands_over(school, things, phone):
    row = asked_and_agreed(school, things.projector, 0, 2)
    custodian = phone(school.custodian)
    assert "to be handed over" in custodian.get("/").text
    url = f"/custody/requests/{row.id}/handing"
    assert custodian.get(url).status_code == 200
    answer = custodian.send(url, {"condition": "完好"})
    assert answer.headers["Location"] == f"/custody/requests/{row.id}"
    assert (Custody.get().person, Custody.get().condition) == (school.teacher, "完好")
    assert custodian.get(url).status_code == 409
    assert phone(school.teacher).get(url).status_code == 403


def test_of_a_kind_the_ticked_ones_or_the_scanned_one(school, things, phone):
    row = ask(school.teacher, category=things.projector.category, quantity=1)
    row.agree(school.director)
    custodian, url = phone(school.custodian), f"/custody/requests/{row.id}/handing"
    assert "投影仪" in custodian.get(url).text
    wrong = custodian.send(url, {"codes": "NOSUCH11", "quantity": "1"})
    assert wrong.status_code == 422
    assert "mistyped" in wrong.text
    nothing = custodian.send(url, {"quantity": "1"})
    assert nothing.status_code == 422
    assert "Please say what is handed over" in nothing.text
    custodian.send(url, {"codes": things.codes["speaker"], "quantity": "1"})
    assert Custody.get().asset == things.speaker


def test_handing_over_to_another_unit_makes_the_gate_pass(school, things, phone, photo):
    row = ask(school.teacher, "outside", asset=things.projector, **letter(photo))
    row.agree(school.director)
    row.agree(school.principal)
    custodian = phone(school.custodian)
    page = custodian.send(f"/custody/requests/{row.id}/handing", {}, follow_redirects=True).text
    gate_pass = GatePass.get()
    assert gate_pass.number in page
    assert (gate_pass.unit, gate_pass.carrier, gate_pass.person) == ("镇中心中学", "马老师", school.teacher)


def test_the_applicant_ends_it_with_a_reason(school, things, phone):
    row = asked_and_agreed(school, things.projector, 3, 5)
    teacher, url = phone(school.teacher), f"/custody/requests/{row.id}/ending"
    assert teacher.send(url, {"reason": ""}).status_code == 422
    assert phone(school.stranger).send(url, {"reason": "x"}).status_code == 404
    teacher.send(url, {"reason": "活动取消"})
    assert Request.shown().where(Request.id == row.id).get().now == "dropped"


def test_what_waits_for_whom(school, things, phone):
    asked_and_agreed(school, things.projector, 1, 2)
    asked_and_agreed(school, things.speaker, 9, 10)
    assert "ready to be fetched" in phone(school.teacher).get("/").text
    assert "ready to be fetched" not in phone(school.stranger).get("/").text


def test_lists_and_pages_cost_the_same_however_many_there_are(school, things, phone, counted):
    director = phone(school.director)
    ask(school.teacher, asset=things.chairs)
    with counted() as few:
        director.get("/custody/requests?tab=asked")
    for _each in range(8):
        ask(school.stranger, asset=things.chairs)
    with counted() as many:
        assert director.get("/custody/requests?tab=asked").text.count("冯伟") == 8
    assert many.count == few.count


def test_a_request_found_by_typing(school, things, phone):
    teacher = phone(school.teacher)
    assert "投影仪" in teacher.get("/custody/things/find?field=thing&thing=tyy").text
    assert teacher.get("/custody/things/find?field=no%20name&thing=x").status_code == 404


def test_the_scan_page_offers_it_to_those_who_do_not_lend(school, things, phone):
    url = f"/q/{things.codes['projector']}"
    assert "Borrow it or be issued it" in phone(school.teacher).get(url).text
    assert "Borrow it or be issued it" not in phone(school.custodian).get(url).text
    assert "Borrow it or be issued it" not in phone().get(url).text


def test_the_calendar_names_nobody_to_colleagues(school, things, phone):
    asked_and_agreed(school, things.projector, 3, 5)
    page = phone(school.stranger).get(f"{NEW}/{things.codes['projector']}").text
    assert page.count("day reserved") == 3
    assert "李敏" not in page


def test_handing_that_breaks_a_rule_stores_nothing(school, things, phone):
    row = asked_and_agreed(school, things.chairs, 0, 2, quantity=3)
    answer = phone(school.custodian).send(f"/custody/requests/{row.id}/handing", {"quantity": "4"})
    assert answer.status_code == 422
    assert "Only 3 are still to be handed over" in answer.text
    row.hand_over(school.custodian, [Handing(things.chairs, 3)])
    assert Custody.get().quantity == 3
