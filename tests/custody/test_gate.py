"""The gate pass: its number and code, the guard's page, taken once."""

import pytest

from app import clock
from app.custody.gate import VALID, GatePass, Passage, code_in
from app.custody.models import Custody
from app.custody.requests import Handing, Request
from app.errors import Refused
from app.journal import Event
from app.people.models import Person
from app.places.codes import is_well_formed
from tests.custody.asking import ask, in_days, letter


@pytest.fixture
def guard(school) -> Person:
    return Person.add("关守安", roles=("guard",), phone="13800000077", office=school.office, must_change=False)[0]


@pytest.fixture
def gate_pass(school, things, photo) -> GatePass:
    row = ask(school.teacher, "outside", asset=things.projector, **letter(photo))
    row.agree(school.director)
    row.agree(school.principal)
    row.hand_over(school.custodian, [Handing(things.projector)])
    return GatePass.get()


def url(gate_pass: GatePass) -> str:
    return f"/g/{gate_pass.code}"


def test_it_has_a_number_a_code_and_days(gate_pass):
    assert gate_pass.number == f"CM2026-{gate_pass.id:04}"
    assert is_well_formed(gate_pass.code)
    assert gate_pass.valid_until == clock.today() + VALID
    assert [each.custody for each in gate_pass.items_shown] == [Custody.get()]
    assert code_in(f"https://zw.example.cn/g/{gate_pass.code.lower()} ") == gate_pass.code


def test_the_guard_compares_and_lets_it_out_once(school, gate_pass, guard, phone):
    at_gate = phone(guard)
    page = at_gate.get(url(gate_pass)).text
    for words in ("May leave", "镇中心中学", "马老师", "投影仪", "Compared"):
        assert words in page
    at_gate.send(f"/g/{gate_pass.id}/passage", {"note": "苏E12345"})
    assert (Passage.get().by, Passage.get().note) == (guard, "苏E12345")
    page = at_gate.get(url(gate_pass)).text
    assert "Already taken" in page
    assert "Compared" not in page
    answer = at_gate.send(f"/g/{gate_pass.id}/passage", {})
    assert answer.status_code == 409
    assert "关守安 has already taken the gate pass" in answer.text
    assert Passage.select().count() == 1


def test_the_same_form_twice_is_one_passage(gate_pass, guard, phone):
    at_gate = phone(guard)
    for _each in range(2):
        assert at_gate.send(f"/g/{gate_pass.id}/passage", {}, key="g" * 20).status_code == 303
    assert Passage.select().count() == 1


def test_signed_out_it_says_only_whether_it_holds(gate_pass, phone):
    page = phone().get(url(gate_pass))
    assert page.status_code == 200
    assert gate_pass.number in page.text
    assert "valid" in page.text
    for secret in ("镇中心中学", "马老师", "投影仪", "李敏", "钱秀英", "Compared"):
        assert secret not in page.text


def test_who_has_no_part_in_it_sees_the_plain_page(school, gate_pass, phone):
    assert "投影仪" not in phone(school.stranger).get(url(gate_pass)).text
    assert "投影仪" not in phone(school.card).get(url(gate_pass)).text
    for who in (school.teacher, school.custodian, school.principal):
        assert "投影仪" in phone(who).get(url(gate_pass)).text
        assert "Compared" not in phone(who).get(url(gate_pass)).text


def test_only_the_gate_takes_it(school, gate_pass, phone):
    for who, status in ((school.teacher, 403), (school.custodian, 403), (school.card, 403), (None, 401)):
        assert phone(who).send(f"/g/{gate_pass.id}/passage", {}).status_code == status
    assert not Passage.select().exists()


def test_unknown_and_mistyped_codes(gate_pass, guard, phone):
    at_gate = phone(guard)
    for code in ("ZZZZZZZZ", "x", "7K3M9QX2", "<b>"):
        answer = at_gate.get(f"/g/{code}")
        assert answer.status_code == 404
        assert "without a pass nothing leaves" in answer.text
    assert at_gate.get(f"/g/find?code={gate_pass.code[:4]} {gate_pass.code[4:].lower()}").headers["Location"] == url(
        gate_pass
    )


def test_past_its_days_it_must_not_leave(gate_pass, guard, phone):
    clock.set_hands(clock.now() + VALID + VALID)
    assert "Must not leave" in phone(guard).get(url(gate_pass)).text
    with pytest.raises(Refused, match="no longer valid"):
        gate_pass.take(guard)


def test_a_new_one_makes_the_old_one_void(school, gate_pass, guard):
    new = gate_pass.remake(school.custodian)
    assert new.code != gate_pass.code
    with pytest.raises(Refused, match="void"):
        gate_pass.take(guard)
    new.take(guard)
    with pytest.raises(Refused, match="already taken"):
        new.remake(school.custodian)


def test_void_with_a_reason(school, gate_pass, guard, phone):
    custodian = phone(school.custodian)
    assert custodian.send(f"/g/{gate_pass.id}/voiding", {"reason": ""}).status_code == 422
    assert phone(guard).send(f"/g/{gate_pass.id}/voiding", {"reason": "x"}).status_code == 403
    custodian.send(f"/g/{gate_pass.id}/voiding", {"reason": "对方改期"})
    assert "对方改期" in phone(guard).get(url(gate_pass)).text
    assert not Passage.select().exists()


def test_nothing_is_made_anew_for_what_is_back(school, gate_pass):
    Custody.get().take_back(school.custodian)
    with pytest.raises(Refused, match="back already"):
        gate_pass.remake(school.custodian)


def test_the_guards_list(gate_pass, guard, phone, counted):
    at_gate = phone(guard)
    page = at_gate.get("/g/").text
    assert "镇中心中学" in page
    assert "gate passes to check" in at_gate.get("/").text
    gate_pass.take(guard)
    page = at_gate.get("/g/").text
    assert "No gate pass is open" in page
    assert "Left today" in page


def test_the_guards_list_costs_the_same_however_long(school, things, photo, guard, phone, counted):
    at_gate, counts = phone(guard), []
    for _round in range(2):
        for _each in range(3):
            row = ask(school.teacher, "outside", asset=things.chairs, due_on=in_days(1), **letter(photo))
            row.agree(school.director)
            row.agree(school.principal)
            row.hand_over(school.custodian, [Handing(things.chairs, 1)])
        with counted() as queries:
            at_gate.get("/g/")
        counts.append(queries.count)
    assert counts[0] == counts[1]
    assert Request.select().count() == 6


def test_its_story_stands_with_the_pass_and_the_thing(gate_pass, guard, things):
    gate_pass.take(guard)
    for noun, id in (("gate_pass", gate_pass.id), ("custody_request", gate_pass.request_id)):
        told = [event.action for event in Event.select().where(Event.noun == noun, Event.noun_id == id)]
        assert "gate.issued" in told
        assert "gate.taken" in told
    assert Event.select().where(Event.asset == things.projector, Event.action == "gate.taken").exists()


def test_a_note_that_is_too_long(gate_pass, guard, phone):
    answer = phone(guard).send(f"/g/{gate_pass.id}/passage", {"note": "x" * 201})
    assert answer.status_code == 422
    assert "At most 200" in answer.text
    assert not Passage.select().exists()
