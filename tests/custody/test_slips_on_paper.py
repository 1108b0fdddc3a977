"""Slips and lists on paper and as sheets: 领用单, 借用单, 出门证, the register of loans."""

import io

import pytest
from openpyxl import load_workbook

from app.custody.gate import GatePass
from app.custody.models import Custody
from app.custody.requests import Handing, Request
from tests.custody.asking import ask, asked_and_agreed, in_days, letter


def test_a_loan_slip_tells_the_request_the_agreement_and_the_return(school, things, phone):
    row = asked_and_agreed(school, things.projector, 0, 2)
    (custody,) = row.hand_over(school.custodian, [Handing(things.projector)])
    custody.take_back(school.custodian, note="镜头盖在")
    page = phone(school.custodian).get(f"/paper/custody_request/{row.id}").text
    for words in ("Loan slip", row.number, "投影仪", "公开课", "赵建国", "4,599.00", "Renewal and return", "镜头盖在"):
        assert words in page
    assert phone(school.stranger).get(f"/paper/custody_request/{row.id}").status_code == 404
    assert phone(school.custodian).get(f"/paper/custody_request/{row.id}.pdf").data.startswith(b"%PDF")


def test_prices_are_not_for_everybody(school, things, phone):
    row = ask(school.teacher, asset=things.projector)
    assert "4,599" not in phone(school.teacher).get(f"/paper/custody_request/{row.id}").text


def test_an_issue_slip_says_whether_an_old_one_came_back(school, things, phone):
    row = Request.ask(school.teacher, "issue", asset=things.chairs, quantity=2, reason="坏了两把", swap=True)
    page = phone(school.custodian).get(f"/paper/custody_request/{row.id}").text
    assert "Issue slip" in page
    assert "Old for new" in page
    assert "Office head" in page


def test_what_was_given_at_the_counter_has_its_slip_too(school, things, phone):
    custody = Custody.lend(things.projector, school.teacher, school.custodian, due_on=in_days(2), note="家长会")
    page = phone(school.teacher).get(f"/paper/custody/{custody.id}").text
    assert "Loan slip" in page
    assert "家长会" in page
    assert phone(school.stranger).get(f"/paper/custody/{custody.id}").status_code == 404
    issue = Custody.hand_out(things.speaker, school.teacher, school.custodian)
    assert "Issue slip" in phone(school.custodian).get(f"/paper/custody/{issue.id}").text


def test_a_gate_pass_on_paper(school, things, phone, photo):
    row = ask(school.teacher, "outside", asset=things.projector, **letter(photo))
    row.agree(school.director)
    row.agree(school.principal)
    row.hand_over(school.custodian, [Handing(things.projector)])
    gate_pass = GatePass.get()
    page = phone(school.custodian).get(f"/paper/gate_pass/{gate_pass.id}").text
    for words in (
        "Gate pass",
        gate_pass.number,
        "镇中心中学",
        "投影仪",
        "stub",
        f"{gate_pass.code[:4]} {gate_pass.code[4:]}",
    ):
        assert words in page
    assert phone(school.stranger).get(f"/paper/gate_pass/{gate_pass.id}").status_code == 404


@pytest.fixture
def out(school, things):
    Custody.lend(things.projector, school.teacher, school.custodian, due_on=in_days(1), note="=1+1")
    Custody.hand_out(things.chairs, school.stranger, school.custodian, quantity=3)


def test_the_list_as_a_sheet_holds_what_the_filter_shows(school, out, phone):
    custodian = phone(school.custodian)
    answer = custodian.get("/custody/list.xlsx")
    assert "Loans 2026-11-24.xlsx" in answer.headers["Content-Disposition"]
    rows = list(load_workbook(io.BytesIO(answer.data)).active.values)
    assert [row[2] for row in rows[1:]] == ["投影仪", "折叠椅"]
    assert (rows[2][3], rows[2][5], rows[1][7]) == (3, "冯伟", "=1+1")
    narrowed = custodian.get("/custody/list.xlsx?kind=loan&words=lm")
    assert [row[2] for row in load_workbook(io.BytesIO(narrowed.data)).active.values][1:] == ["投影仪"]
    assert phone(school.teacher).get("/custody/list.xlsx").status_code == 403


def test_the_list_prints(school, out, phone):
    custodian = phone(school.custodian)
    page = custodian.get("/custody/list/print?state=soon").text
    assert "Register of loans and issues" in page
    assert "投影仪" in page
    assert "折叠椅" not in page
    assert custodian.get("/custody/list.pdf").data.startswith(b"%PDF")
