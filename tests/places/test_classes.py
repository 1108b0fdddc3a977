"""Classes of the school year, their rooms and teachers, and who answers for a grade."""

from datetime import datetime

import pytest

from app import clock
from app.once import new_key
from app.places.models import ClassGroup, Grade


@pytest.fixture
def form(school):
    return {"grade": "1", "number": "1", "teacher": "冯伟", "teacher_id": school.stranger.id, "room": "美术办公室"}


def test_the_page_shows_grades_classes_teachers_and_administrators(school, phone):
    page = phone(school.teacher).get("/places/classes").text
    for words in ("School year 2026–2027", "Grade 3 Class 2", "李敏", "201教室", "administrator: 郑文博"):
        assert words in page
    assert "/places/classes/add" not in page


def test_names_move_up_in_august_by_themselves(school, phone):
    clock.set_hands(datetime(2027, 7, 31, 4))
    assert "Grade 3 Class 2" in phone(school.director).get("/places/classes").text
    clock.set_hands(datetime(2027, 8, 1, 4))
    page = phone(school.director).get("/places/classes").text
    assert "Grade 4 Class 2" in page
    assert "Grade 3 Class 2" not in page


def test_a_class_is_added_by_its_grade_of_today(school, form, phone):
    assert phone(school.custodian).send("/places/classes/add", form).status_code == 303
    group = ClassGroup.get(ClassGroup.entry_year == 2026)
    assert (group.number, group.teacher, group.room) == (1, school.stranger, school.places.office)
    assert "Grade 1 Class 1" in phone(school.custodian).get("/places/classes").text


def test_a_class_changes_teacher_and_room(school, form, phone):
    group = school.classes.three_two
    sent = {**form, "grade": "3", "number": "2"}
    assert phone(school.custodian).send(f"/places/classes/{group.id}", sent).status_code == 303
    group = ClassGroup.get_by_id(group.id)
    assert (group.entry_year, group.teacher, group.room) == (2024, school.stranger, school.places.office)
    story = phone(school.custodian).get(f"/places/{school.places.office.id}").text
    assert "changed the class: class teacher, room" in story


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"grade": "7"}, "Please choose one."),
        ({"grade": ""}, "Please choose one."),
        ({"number": "0"}, "from 1 to 40"),
        ({"number": "二"}, "whole number"),
        ({"grade": "3", "number": "2"}, "already a class 2 of 2024"),
        ({"room": "201教室"}, "already sits in 201教室"),
        ({"room": "a" * 1_000_000}, "Nothing fits"),
        ({"teacher": "无此人", "teacher_id": "4444"}, "Nothing fits"),
    ],
)
def test_bad_input_is_told_and_nothing_is_stored(school, form, phone, change, words):
    before = ClassGroup.select().count()
    answer = phone(school.custodian).send("/places/classes/add", {**form, **change})
    if "teacher_id" in change:
        assert answer.status_code == 422
    else:
        assert answer.status_code == 422
        assert words in answer.text
    assert ClassGroup.select().count() == before


def test_the_room_of_a_class_that_left_is_free(school, form, phone):
    old = ClassGroup.add(2019, 1, None, room=school.places.office)
    assert phone(school.custodian).send("/places/classes/add", form).status_code == 303
    assert ClassGroup.get_by_id(old.id).room_id is None


def test_a_grade_gets_and_loses_its_administrator(school, phone):
    browser = phone(school.director)
    browser.send("/places/grades/1", {"administrator": "郑文博"})
    assert Grade.get_by_id(2026).administrator == school.principal
    assert "Grade 1 · administrator: 郑文博" in browser.get("/places/classes").text
    browser.send("/places/grades/1", {"administrator": ""})
    assert Grade.get_by_id(2026).administrator is None
    assert browser.send("/places/grades/1", {"administrator": "无此人"}).status_code == 422
    assert browser.get("/places/grades/7").status_code == 404


@pytest.mark.parametrize("who", ["teacher", "principal", "counsellor", "card"])
def test_others_may_not(school, form, phone, who):
    browser = phone(getattr(school, who))
    for url in ("/places/classes/add", f"/places/classes/{school.classes.three_two.id}", "/places/grades/1"):
        assert browser.send(url, {**form, "administrator": "冯伟"}).status_code == 403


def test_the_same_form_twice_adds_once(school, form, phone):
    key, browser = new_key(), phone(school.custodian)
    for _time in range(2):
        assert browser.send("/places/classes/add", form, key=key).status_code == 303
    assert ClassGroup.select().where(ClassGroup.entry_year == 2026).count() == 1


def test_the_number_of_queries_is_constant(school, phone, counted):
    browser = phone(school.teacher)
    browser.get("/places/classes")
    with counted() as few:
        browser.get("/places/classes")
    for number in range(4, 12):
        ClassGroup.add(2024, number, None, teacher=school.stranger)
    with counted() as many:
        browser.get("/places/classes")
    assert many.count == few.count <= 3
