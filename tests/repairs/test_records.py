"""The repair record: §6's columns on page, sheet and paper; signed by the vice-principal; pages of few queries."""

import io
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from flask import Flask

from app import clock, once
from app.calendar.models import Term
from app.journal import Event
from app.people.models import Person
from app.repairs import periods, records
from app.repairs.models import Ticket, check_states
from app.repairs.periods import Period
from app.repairs.records import COLUMNS, RecordFilter
from app.repairs.summaries import SignOff
from tests.repairs.conftest import HOSTILE
from tests.repairs.records_help import scatter

NOVEMBER = "period=2026-11"


@pytest.fixture
def vice(school: SimpleNamespace) -> Person:
    who, _first = Person.add("林校长", roles=["vice_principal"], phone="13800000099", office=school.office,
                             must_change=False, post="分管副校长")  # fmt: skip
    return who


@pytest.fixture
def repaired(school: SimpleNamespace) -> Ticket:
    """A class's window: applied, approved, extended, fixed with a part, confirmed."""
    ticket = Ticket.report(
        school.teacher, school.places.classroom, "doors", "玻璃碎了", class_property=True, cause="accident", talked=True
    )
    ticket.approve(school.director)
    start = clock.now()
    clock.set_hands(start + timedelta(hours=1))
    ticket.take(school.electrician)
    ticket.extend(school.director, "parts", start + timedelta(days=5))
    clock.set_hands(start + timedelta(hours=30))
    ticket.fix(school.electrician, "replaced", "换了一块", minutes=40, parts=[("玻璃", 2, 3_500)])
    ticket.confirm(school.teacher, "satisfied", "谢谢")
    return ticket


# What it says -----------------------------------------------------------------------------------------------------


def test_a_line_says_all_that_the_form_asks(ctx: None, school: SimpleNamespace, repaired: Ticket) -> None:
    (line,) = records.lines(list(RecordFilter(Period.of("2026-11")).rows()))
    said = dict(zip([str(title) for title, *_rest in COLUMNS], line.printed(1), strict=True))
    assert said == {
        "No.": "1", "Ticket": repaired.number, "Reported at": "11-24 10:00",
        "Class or place": "Grade 3 Class 2 教学楼 二楼 201教室", "Reported by": "李敏",
        "Repair item": "doors, windows, locks", "Fault": "玻璃碎了", "Cause": "damaged unintentionally",
        "Repaired by": "孙志强", "Fixed at": "11-25 16:00", "Hours taken": "30.0", "Hours of school": "15.0",
        "In time": "no", "Why extended": "waits for parts, until 2026-11-29", "Cost (yuan)": "70.00",
        "Accepted by": "李敏", "Rating": "satisfied", "Remarks": "replaced 换了一块",
    }  # fmt: skip


def test_what_was_wrong_is_no_line(ctx: None, school: SimpleNamespace, report: Any) -> None:
    report().send_back(school.director, "没坏")
    report().void(school.director, "写错")
    first = report()
    report().merge(school.director, first)
    assert [ticket.id for ticket in RecordFilter(Period.of("2026-11")).rows()] == [first.id]


def test_a_repair_sent_back_is_not_told_as_fixed(ctx: None, school: SimpleNamespace, report: Any) -> None:
    ticket = report()
    ticket.fix(school.electrician, "tightened", "拧紧")
    ticket.rework(school.teacher, "还在滴")
    (line,) = records.lines(list(RecordFilter(Period.of("2026-11")).rows()))
    assert "拧紧" not in line.remarks
    assert line.printed(1)[9] == ""


def test_the_months_of_a_term_are_the_term(ctx: None, school: SimpleNamespace) -> None:
    scatter(school, 300, date(2026, 8, 1), 184)
    months = [f"2026-{month:02}" for month in range(8, 13)] + ["2027-01"]
    whole = RecordFilter(Period.of("2026-1")).rows().count()
    assert whole == sum(RecordFilter(Period.of(month)).rows().count() for month in months) > 0
    assert RecordFilter(Period.of("2026")).rows().count() == whole


def test_a_term_is_what_the_calendar_says(app: Flask, school: SimpleNamespace) -> None:
    with app.test_request_context():
        assert (Period.of("2026-1").start, Period.of("2026-1").end) == (date(2026, 8, 1), date(2027, 1, 31))
        Term.add(school.director, date(2026, 9, 1), date(2027, 1, 22))
        assert (Period.of("2026-1").start, Period.of("2026-1").end) == (date(2026, 9, 1), date(2027, 1, 22))
        assert periods.this_term().key == "2026-1"


@pytest.mark.parametrize("key", ["", "2026-13", "2026-0", "2026-3", "20261", "2026-11-01", "2026-11-05..2026-11-01",
                                 "..", "x" * 999, "２０２６-11"])  # fmt: skip
def test_a_senseless_period_is_none(ctx: None, key: str) -> None:
    assert Period.of(key) is None


def test_a_class_is_called_as_it_was_then(ctx: None) -> None:
    assert records.class_then(2024, 2, Period.of("2026-11")) == "Grade 3 Class 2"
    assert records.class_then(2024, 2, Period.of("2025-11")) == "Grade 2 Class 2"
    assert records.class_then(2024, 2, Period.of("2035-11")) == "class 2 of 2024"


# Page, sheet, paper -------------------------------------------------------------------------------------------------


def test_one_filter_for_page_sheet_and_paper(school: SimpleNamespace, phone: Any, report: Any) -> None:
    report(kind="water")
    wanted = report(kind="power", words="灯管不亮")
    client = phone(school.director)
    args = f"{NOVEMBER}&kind=power"
    page = client.get(f"/repairs/records?{args}")
    assert wanted.number in page.text
    assert "水龙头滴水" not in page.text
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"/repairs/records.xlsx?{args}").data)).active
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == [wanted.number]
    assert [cell.value for cell in sheet[1]] == [str(title) for title, *_rest in COLUMNS]
    paper = client.get(f"/repairs/records/print?{args}").text
    assert "灯管不亮" in paper
    assert "水龙头滴水" not in paper
    assert "Vice-principal, read" in paper
    assert client.get(f"/repairs/records.pdf?{args}").data.startswith(b"%PDF")
    for path in ("records.xlsx", "records/print", "records.pdf"):
        assert f"/repairs/{path}?" in page.text or path == "records.pdf"


def test_hostile_words_are_harmless_everywhere(school: SimpleNamespace, phone: Any, report: Any) -> None:
    for words in HOSTILE:
        report(words=words)
    report(words="=HYPERLINK(1)")
    client = phone(school.director)
    for path in ("records", "records/print"):
        page = client.get(f"/repairs/{path}?{NOVEMBER}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
    assert client.get(f"/repairs/records.pdf?{NOVEMBER}").status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"/repairs/records.xlsx?{NOVEMBER}").data)).active
    assert {cell.data_type for cell in sheet["G"]} == {"s"}


def test_pages_have_the_same_number_of_queries_however_long(
    school: SimpleNamespace, phone: Any, counted: Any, repaired: Ticket
) -> None:
    client = phone(school.director)
    with counted() as few:
        client.get(f"/repairs/records?{NOVEMBER}")
    scatter(school, 300, date(2026, 10, 1), 30)
    for day in range(1, 24):
        Ticket.report(school.teacher, school.places.classroom, "water", f"{day}")
    with counted() as many:
        assert client.get("/repairs/records?period=2026-10").status_code == 200
    assert many.count <= few.count <= 22


def test_who_may_read_it(school: SimpleNamespace, phone: Any) -> None:
    for path in ("records", "records.xlsx", "records/print", "records.pdf", "term-end", "term-end/print"):
        for who in (school.director, school.custodian, school.principal, school.electrician):
            assert phone(who).get(f"/repairs/{path}").status_code == 200
        assert phone(school.teacher).get(f"/repairs/{path}").status_code == 403
        assert phone(school.card).get(f"/repairs/{path}").status_code == 403
        assert phone().get(f"/repairs/{path}").status_code == 303


def test_more_rows_than_a_paper_holds_are_refused_in_words(school: SimpleNamespace, phone: Any) -> None:
    scatter(school, 2600, date(2026, 10, 1), 31)
    answer = phone(school.director).get("/repairs/records/print?period=2026-10")
    assert answer.status_code == 409
    assert "2000 are the most at once" in answer.text


# Signed -----------------------------------------------------------------------------------------------------------


def test_the_vice_principal_reads_and_signs(
    school: SimpleNamespace, phone: Any, vice: Person, repaired: Ticket
) -> None:
    client, key = phone(vice), once.new_key()
    for _again in range(2):
        answer = client.send(f"/repairs/records/signatures?{NOVEMBER}", {"words": "玻璃坏得多，请查原因"}, key=key)
        assert answer.status_code == 303
    (row,) = SignOff.of(Period.of("2026-11"))
    assert (row.person, row.words, row.facts["count"], row.facts["cost"]) == (vice, "玻璃坏得多，请查原因", 1, 7_000)
    page = client.get(f"/repairs/records?{NOVEMBER}").text
    assert "玻璃坏得多，请查原因" in page
    paper = client.get(f"/repairs/records/print?{NOVEMBER}").text
    assert "玻璃坏得多，请查原因" in paper
    assert paper.count("林校长") >= 2  # the words and the line of the signature
    assert Event.select().where(Event.action == "repairs.signed", Event.person == vice).count() == 1
    assert SignOff.of(Period.of("2026-10")) == []


def test_a_record_that_changes_after_the_signature_says_so(
    school: SimpleNamespace, phone: Any, vice: Person, report: Any
) -> None:
    report()
    phone(vice).send(f"/repairs/records/signatures?{NOVEMBER}", {})
    assert "has changed since" not in phone(vice).get(f"/repairs/records?{NOVEMBER}").text
    report(kind="power")
    page = phone(vice).get(f"/repairs/records?{NOVEMBER}&kind=water").text  # whatever is looked at now
    assert "has changed since" in page


@pytest.mark.parametrize("words", ["长" * 301, "x" * 1_000_000])
def test_too_many_words_stay_in_the_form(school: SimpleNamespace, phone: Any, vice: Person, words: str) -> None:
    answer = phone(vice).send(f"/repairs/records/signatures?{NOVEMBER}", {"words": words})
    assert answer.status_code == 422
    assert words[:301] in answer.text
    assert SignOff.select().count() == 0


def test_only_leaders_sign_and_only_what_has_begun(school: SimpleNamespace, phone: Any, vice: Person) -> None:
    for who in (school.director, school.custodian, school.electrician, school.teacher):
        assert phone(who).send(f"/repairs/records/signatures?{NOVEMBER}").status_code == 403
    assert phone(vice).send("/repairs/records/signatures?period=2026-12").status_code == 422
    assert phone(vice).send("/repairs/records/signatures?from=2026-11-01&to=2026-11-05").status_code == 422
    assert SignOff.select().count() == 0


def test_a_settled_cause_is_a_step_and_the_standing_stays_true(ctx: None, school: SimpleNamespace, report: Any) -> None:
    ticket = report()
    ticket.judge(school.director, "misuse")
    ticket.judge(school.director, "misuse")  # nothing new
    assert Ticket.get_by_id(ticket.id).cause == "misuse"
    assert [step.kind for step in ticket.steps()] == ["reported", "judged"]
    assert list(check_states()) == []
    sentence = Event.get(Event.action == "repairs.judged").sentence
    assert sentence == f"settled the cause of ticket {ticket.number}: used wrongly"


def test_the_month_that_is_over_waits_for_its_signature(
    school: SimpleNamespace, phone: Any, vice: Person, report: Any, counted: Any
) -> None:
    card = "/repairs/records?period=2026-10"
    clock.set_hands(datetime(2026, 10, 20, 2))
    report()
    clock.set_hands(datetime(2026, 11, 24, 2))
    assert card in phone(vice).get("/").text
    assert card not in phone(school.director).get("/").text
    SignOff.sign(Period.month(2026, 10), vice)
    assert card not in phone(vice).get("/").text
