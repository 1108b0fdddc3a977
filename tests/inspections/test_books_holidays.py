"""Before the holidays: each room is closed and scanned at its door; what was not scanned was not checked."""

import io
from datetime import date, datetime

import pytest
from openpyxl import load_workbook

from app import clock
from app.calendar.models import Term
from app.inspections.checklists import Checklist
from app.inspections.closings import Closing
from app.inspections.models import Check
from app.inspections.scoring import Verdict
from app.notify import Notice
from app.places.models import Place

PAGE = "/inspections/holidays"
WEDNESDAY = datetime(2027, 1, 20, 2)  # two days before the last one


@pytest.fixture(autouse=True)
def january(school):
    """The last week of the first term; the next term is known already."""
    Term.add(school.director, date(2026, 9, 1), date(2027, 1, 22))
    Term.add(school.director, date(2027, 2, 22), date(2027, 7, 2))
    clock.set_hands(WEDNESDAY)


@pytest.fixture
def close(school):
    def shut(place, by=None, **wrong):
        return Check.record(Checklist.now("holiday-closing"), place, by or school.director, wrong)

    return shut


def names(doors):
    return [door.place.name for door in doors]


def test_every_room_of_the_checklist_has_a_door(school):
    closing = Closing.of()
    assert names(closing.left) == ["201教室", "202教室", "美术办公室", "总务仓库"]
    assert not closing.closed
    assert closing.ends_on == date(2027, 1, 22)


def test_a_room_that_was_scanned_is_closed(school, close):
    check = close(school.places.classroom)
    closing = Closing.of()
    assert names(closing.closed) == ["201教室"]
    assert closing.closed[0].check == check
    assert "201教室" not in names(closing.left)


def test_what_was_found_is_shown(phone, school, close):
    close(school.places.store, windows=Verdict(answer="fail", words="插销坏了"))
    assert names(Closing.of().wanting) == ["总务仓库"]
    assert "Something was found" in phone(school.director).get(PAGE).text


def test_the_last_check_of_a_room_counts(school, close):
    close(school.places.store, windows=Verdict(answer="fail", words="插销坏了"))
    clock.set_hands(datetime(2027, 1, 21, 7))
    close(school.places.store)
    assert not Closing.of().wanting
    assert names(Closing.of().closed) == ["总务仓库"]


def test_a_check_of_last_summer_closes_nothing(school, close):
    clock.set_hands(datetime(2026, 7, 1, 7))
    close(school.places.store)
    clock.set_hands(WEDNESDAY)
    assert "总务仓库" in names(Closing.of().left)


def test_another_checklist_closes_nothing(school, score):
    score()
    assert "201教室" in names(Closing.of().left)


def test_a_closed_place_and_a_toilet_are_no_doors(school):
    attic = Place.add("special", "旧阁楼", None, parent=school.places.floor)
    assert "旧阁楼" in names(Closing.of().left)
    attic.close(school.director, "拆除")
    assert not {"旧阁楼", "二楼男厕"} & set(names(Closing.of().doors))


def test_an_earlier_term_can_be_looked_up(phone, school, close):
    close(school.places.classroom)
    clock.set_hands(datetime(2027, 7, 1, 2))
    assert not Closing.of().closed
    assert names(Closing.of("2026-1").closed) == ["201教室"]
    assert "1 of 4 rooms closed" in phone(school.director).get(f"{PAGE}?term=2026-1").text


def test_the_class_teacher_keeps_the_room_of_the_class(phone, school, close):
    text = phone(school.teacher).get(PAGE).text
    assert "0 of 1 rooms closed" in text
    assert "美术办公室" not in text
    assert "print" not in text
    close(school.places.classroom, school.teacher)
    assert "Every room is closed." in phone(school.teacher).get(PAGE).text


def test_the_keeper_finds_the_room_on_the_first_page_until_it_is_closed(phone, school, close):
    client = phone(school.stranger)
    assert "room to close before the holidays" in client.get("/").text
    close(school.places.office, school.stranger)
    assert "before the holidays" not in client.get("/").text


def test_the_first_page_is_silent_in_november(phone, school):
    clock.set_hands(datetime(2026, 11, 24, 2))
    assert "before the holidays" not in phone(school.director).get("/").text
    assert "Closing begins on" in phone(school.director).get(PAGE).text


def test_a_door_leads_to_its_label(phone, school, code_of):
    assert f"/q/{code_of(school.places.classroom)}" in phone(school.director).get(PAGE).text


def test_keepers_are_asked_once_for_each_tap(phone, school):
    client = phone(school.director)
    for _twice in range(2):
        assert client.send(f"{PAGE}/asked", key="k" * 22).status_code == 303
    told = {notice.person_id for notice in Notice.select()}
    assert {school.teacher.id, school.stranger.id} <= told
    assert Notice.select().where(Notice.person == school.teacher).count() == 1


def test_nobody_to_ask_is_said(phone, school, close):
    for place in (school.places.classroom, school.places.office, school.places.store):
        close(place)
    answer = phone(school.director).send(f"{PAGE}/asked")
    assert answer.status_code == 409
    assert "Nobody is known" in answer.text


def test_only_who_plans_may_ask(phone, school):
    for who in (school.teacher, school.cleaner, school.card, school.principal):
        assert phone(who).send(f"{PAGE}/asked").status_code == 403


def test_the_paper_has_a_line_to_sign_for_each_room_not_scanned(phone, school, close):
    close(school.places.classroom)
    client = phone(school.director)
    text = client.get(f"{PAGE}/print").text
    assert "Not scanned, so not checked" in text
    assert text.index("美术办公室") < text.index("201教室")
    assert client.get(f"{PAGE}.pdf").data.startswith(b"%PDF")


def test_the_sheet_lists_what_is_left_first(phone, school, close):
    close(school.places.classroom)
    answer = phone(school.director).get(f"{PAGE}.xlsx")
    rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.data)).active]
    assert [row[1] for row in rows[1:]] == ["202教室", "美术办公室", "总务仓库", "201教室"]
    assert [row[3] for row in rows[1:]] == ["not scanned"] * 3 + ["closed"]


def test_sheet_and_paper_are_for_the_office_and_leaders(phone, school):
    for path in (f"{PAGE}.xlsx", f"{PAGE}/print", f"{PAGE}.pdf"):
        for who in (school.director, school.counsellor, school.principal):
            assert phone(who).get(path).status_code == 200
        for who in (school.teacher, school.cleaner, school.card):
            assert phone(who).get(path).status_code == 403
        assert phone().get(path).status_code in (302, 303)
    assert phone(school.card).get(PAGE).status_code == 404


def test_a_school_without_a_calendar_or_checklist_is_told(phone, school):
    Term.update(removed_at=clock.now()).execute()
    assert phone(school.director).get(PAGE).status_code == 200
    Checklist.update(replaced_at=clock.now()).where(Checklist.slug == "holiday-closing").execute()
    assert "There is no checklist" in phone(school.director).get(PAGE).text


def test_many_rooms_cost_no_more_queries(phone, school, counted, close):
    client = phone(school.director)

    def cost():
        with counted() as queries:
            assert client.get(PAGE).status_code == 200
        return queries.count

    close(school.places.classroom)
    few = cost()
    rooms = [
        Place.add("special", f"{n}室", None, parent=school.places.floor, keeper=school.custodian) for n in range(12)
    ]
    for room in rooms[:6]:
        close(room)
    assert cost() == few <= 14
