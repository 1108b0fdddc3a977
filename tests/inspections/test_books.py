"""The books of a month: each check with what it found, the rounds nobody made, as page, sheet and paper."""

import io
from datetime import datetime, timedelta

import pytest
from openpyxl import load_workbook

from app import clock
from app.inspections.books import Book, volumes
from app.inspections.checklists import CLASS_HYGIENE, Checklist
from app.inspections.models import Check
from app.inspections.plans import Plan
from app.inspections.rounds_clock import build_rounds, note_missed
from app.inspections.rounds_due import Round
from app.inspections.scoring import Verdict
from app.repairs.periods import Period

NOVEMBER = Period.month(2026, 11)
BOOKS, BOOK = "/inspections/books?period=2026-11", f"/inspections/books/{CLASS_HYGIENE}?period=2026-11"


@pytest.fixture
def toilet_check(school):
    def give(lost=50, **fields):
        return Check.record(
            Checklist.now("toilet"), school.places.toilet, school.director, {"floor": Verdict(lost, (0,))}, **fields
        )

    return give


def sheets_of(answer):
    return load_workbook(io.BytesIO(answer.data), read_only=False)


def values(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_the_month_has_a_book_for_each_checklist(phone, school, score, toilet_check):
    score({"floor": Verdict(50, (0,))})
    toilet_check()
    text = phone(school.director).get(BOOKS).text
    assert "Class hygiene" in text
    assert "/inspections/books/toilet?period=2026-11" in text
    assert {each.slug: each.sums.checks for each in volumes(NOVEMBER)} == {CLASS_HYGIENE: 1, "toilet": 1}


def test_an_empty_month_says_so(phone, school, score):
    score()
    assert "Nothing was checked in 2026-10." in phone(school.director).get("/inspections/books?period=2026-10").text
    assert "Nothing was checked" in phone(school.director).get(BOOK.replace("2026-11", "2026-10")).text


def test_the_book_says_what_was_found_and_what_came_of_it(phone, school, score):
    check = score({"floor": Verdict(50, (0,))})
    text = phone(school.director).get(BOOK).text
    assert "9.5 / 10" in text
    assert "−0.5" in text
    assert f"/inspections/{check.id}" in text
    assert school.counsellor.name in text


def test_a_facility_fault_leads_to_its_ticket(ctx, score, hygiene):
    item = hygiene.items[-1]
    check = score({item.key: Verdict(facility=True, words="灯管不亮")})
    (line,) = Book(CLASS_HYGIENE, NOVEMBER).lines([check])
    assert "facility fault 灯管不亮" in line.found
    assert line.marks[0].ticket.number in line.came
    assert line.result == "10 / 10"


def test_the_book_is_in_the_order_of_the_days(school, score, later):
    first = score()
    later(24)
    second = score()
    assert [check.id for check in Book(CLASS_HYGIENE, NOVEMBER).checks()] == [first.id, second.id]


def test_the_other_month_is_left_out(school, score):
    score()
    assert Book(CLASS_HYGIENE, Period.month(2026, 10)).count() == 0


@pytest.fixture
def missed_round(school):
    """A daily check of the toilet that nobody made on Tuesday."""
    Plan.add(school.director, "厕所日检", "toilet", person=school.director, often="school_days", kinds=["toilet"],
             closes="16:00")  # fmt: skip
    build_rounds(clock.now())
    clock.set_hands(datetime(2026, 11, 25, 1, 0))
    note_missed(clock.now())
    return Round.select().order_by(Round.due_on).first()


def test_a_missed_round_stands_in_the_book(phone, school, missed_round):
    assert missed_round.state == "missed"
    (volume,) = volumes(NOVEMBER)
    assert (volume.due, volume.missed, volume.sums.checks) == (1, 1, 0)
    text = phone(school.director).get("/inspections/books/toilet?period=2026-11").text
    assert "厕所日检" in text
    assert "not done at all" in text


def test_an_excused_round_is_told_with_its_reason(school, missed_round):
    missed_round.excuse(school.director, "停水一天")
    (gap,) = Book("toilet", NOVEMBER).gaps()
    assert (gap.state, gap.excuse_words) == ("excused", "停水一天")


def test_the_sheet_has_the_checks_and_the_rounds(phone, school, score, missed_round, toilet_check):
    toilet_check()
    answer = phone(school.director).get("/inspections/books/toilet.xlsx?period=2026-11")
    book = sheets_of(answer)
    checks, items, gaps = (values(sheet) for sheet in book.worksheets)
    assert checks[1][2] == "二楼男厕"
    assert checks[1][4] == "9.5 / 10"
    assert [items[1][at] for at in (0, 2, 4, 9, 10)] == [1, "二楼男厕", "Floor", 0.5, "puddles"]
    assert gaps[1][1:] == ["厕所日检", school.director.name, "not done at all", None]


def test_the_paper_prints_with_lines_to_sign(ctx, phone, school, score):
    score({"floor": Verdict(50, (0,))})
    client = phone(school.director)
    page = client.get(f"/inspections/books/{CLASS_HYGIENE}/print?period=2026-11")
    assert page.status_code == 200
    assert school.classes.three_two.name in page.text
    assert "Vice-principal, read" in page.text
    pdf = client.get(f"/inspections/books/{CLASS_HYGIENE}.pdf?period=2026-11")
    assert pdf.data.startswith(b"%PDF")


def test_hostile_words_are_words(phone, school, toilet_check):
    toilet_check(note="<script>alert(1)</script>=1+1 🚽")
    client = phone(school.director)
    assert "<script>alert" not in client.get("/inspections/books/toilet?period=2026-11").text
    assert "<script>alert" not in client.get("/inspections/books/toilet/print?period=2026-11").text
    assert client.get("/inspections/books/toilet.pdf?period=2026-11").data.startswith(b"%PDF")


@pytest.mark.parametrize("path", [BOOKS, BOOK, BOOK.replace("?", "/print?"), BOOK.replace("?", ".xlsx?"),
                                  BOOK.replace("?", ".pdf?")])  # fmt: skip
def test_books_are_for_the_office_and_leaders(phone, school, score, path):
    score()
    for who in (school.director, school.counsellor, school.principal):
        assert phone(who).get(path).status_code == 200
    for who in (school.teacher, school.cleaner, school.card):
        assert phone(who).get(path).status_code == 403
    assert phone().get(path).status_code in (302, 303)


def test_a_book_that_never_was_is_not_found(phone, school):
    assert phone(school.director).get("/inspections/books/nothing").status_code == 404
    assert phone(school.director).get("/inspections/books/" + "x" * 3000).status_code == 404


def test_a_wrong_period_is_this_month(phone, school, score):
    score()
    assert "9.5" not in phone(school.director).get("/inspections/books?period=2026-99").text
    assert phone(school.director).get("/inspections/books?period=<b>").status_code == 200


def test_a_long_book_costs_no_more_queries(phone, school, counted, score, hygiene):
    client = phone(school.director)
    score({"floor": Verdict(50, (0,))})

    def cost(path):
        with counted() as queries:
            assert client.get(path).status_code == 200
        return queries.count

    few = [cost(path) for path in (BOOKS, BOOK)]
    for place in (school.places.classroom, school.places.other_classroom):
        for _turn in range(5):
            score({"floor": Verdict(50, (0,)), hygiene.items[-1].key: Verdict(facility=True, words="坏了")},
                  place=place, again="复查")  # fmt: skip
    assert Check.select().count() == 11
    assert [cost(path) for path in (BOOKS, BOOK)] == few
    assert max(few) <= 14


def test_a_term_is_a_book_too(school, score):
    score()
    term = Period.of("2026-1")
    assert Book(CLASS_HYGIENE, term).count() == 1
    assert term.start < clock.today() - timedelta(days=30)
