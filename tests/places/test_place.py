"""One place: its page, adding, changing, closing and opening again."""

import pytest

from app import journal
from app.assets.models import Asset, Category
from app.errors import Refused
from app.once import new_key
from app.places.codes import Label, is_well_formed
from app.places.models import Place
from tests.helpers import carried


@pytest.fixture
def form(school):
    return {"kind": "special", "parent": school.places.floor.id, "name": "科学实验室", "number": "203",
            "keeper": "冯伟", "keeper_id": school.stranger.id, "cleaner": "", "position": "3"}  # fmt: skip


# The page


def test_the_page_says_what_it_is_and_who_answers_for_it(school, phone):
    page = phone(school.custodian).get(f"/places/{school.places.classroom.id}").text
    label = school.places.classroom.label
    for words in ("201教室", "教学楼 二楼", "Grade 3 Class 2", "李敏", label.code[:4], f"/q/{label.code}", "Story"):
        assert words in page
    assert "周桂兰" in phone(school.custodian).get(f"/places/{school.places.toilet.id}").text


def test_the_story_is_for_those_who_answer_for_the_room(school, phone):
    url = f"/places/{school.places.classroom.id}"
    for who in (school.director, school.electrician, school.teacher):
        assert "added the place" in phone(who).get(url).text
    assert "added the place" not in phone(school.stranger).get(url).text
    assert "added the place" in phone(school.cleaner).get(f"/places/{school.places.toilet.id}").text


def test_only_the_office_sees_buttons_that_change(school, phone):
    page = phone(school.teacher).get(f"/places/{school.places.classroom.id}").text
    assert "/edit" not in page
    assert "Close this place" not in page
    assert "Put the label into the basket" not in page


def test_a_building_lists_what_is_in_it(school, phone):
    assert "二楼" in phone(school.teacher).get(f"/places/{school.places.building.id}").text
    assert "总务仓库" in phone(school.teacher).get(f"/places/{school.places.floor.id}").text
    assert phone(school.teacher).get("/places/99999").status_code == 404


# Adding


def test_a_room_gets_its_label_at_once(school, form, phone):
    answer = phone(school.custodian).send("/places/add", form)
    room = Place.get(Place.name == "科学实验室")
    assert answer.location.endswith(f"/places/{room.id}")
    assert (room.kind, room.number, room.keeper, room.position) == ("special", "203", school.stranger, 3)
    assert is_well_formed(room.label.code)
    assert room.label.basket_at is not None
    assert "added the place 科学实验室" in phone(school.custodian).get(answer.location).text


def test_buildings_and_floors_have_no_label(school):
    assert Label.select().where(Label.place.in_([school.places.building, school.places.floor])).count() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "教" * 61}, "At most 60 characters"),
        ({"name": "a" * 1_000_000}, "At most 60 characters"),
        ({"name": "总务仓库"}, "already a place called 总务仓库"),
        ({"kind": "castle"}, "Please choose one."),
        ({"parent": "0"}, "Please say what this place is part of."),
        ({"parent": "99999"}, "Please choose one."),
        ({"parent": "x"}, "Please choose one."),
        ({"keeper": "无此人", "keeper_id": ""}, "Nothing fits"),
        ({"keeper": "", "keeper_id": "", "cleaner": "没有"}, "Nothing fits"),
        ({"position": "-1"}, "Please give a number"),
        ({"kind": "building"}, "can&#39;t be part of"),
        ({"kind": "school"}, "can&#39;t be part of"),
    ],
)
def test_bad_input_is_told_and_nothing_is_stored(school, form, phone, change, words):
    before = Place.select().count()
    answer = phone(school.custodian).send("/places/add", {**form, **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="203"' in answer.text
    assert Place.select().count() == before


def test_a_room_is_no_parent(school, form, phone):
    answer = phone(school.custodian).send("/places/add", {**form, "parent": school.places.store.id})
    assert answer.status_code == 422


def test_a_hostile_name_is_text(school, form, phone):
    answer = phone(school.custodian).send("/places/add", {**form, "name": "<img src=x onerror=alert(1)>😀"})
    for url in (answer.location, "/places/"):
        assert "<img src=x" not in phone(school.custodian).get(url).text


@pytest.mark.parametrize("who", ["teacher", "electrician", "principal", "card"])
def test_others_may_not(school, form, phone, who):
    id, browser = school.places.store.id, phone(getattr(school, who))
    for url in ("/places/add", f"/places/{id}/edit", f"/places/{id}/closure", f"/places/{id}/reopening"):
        assert browser.send(url, {**form, "reason": "试试"}).status_code == 403
    assert Place.select().where(Place.name == "科学实验室").count() == 0
    assert phone().send("/places/add", form).status_code == 401


def test_the_same_form_twice_adds_once(school, form, phone):
    key, browser = new_key(), phone(school.custodian)
    for _time in range(2):
        assert browser.send("/places/add", form, key=key).status_code == 303
    assert Place.select().where(Place.name == "科学实验室").count() == 1


# Changing


def test_a_change_keeps_the_label_and_names_the_fields(school, form, phone):
    store = school.places.store
    code = store.label.code
    answer = phone(school.custodian).send(f"/places/{store.id}/edit", {**form, "kind": "store", "name": "大仓库"})
    assert answer.status_code == 303
    assert Place.get_by_id(store.id).initials.startswith("dck")
    assert store.label.code == code
    story = phone(school.custodian).get(f"/places/{store.id}").text
    assert "changed the place: name of the place, number on the door, keeper of the room, order" in story


def test_a_room_does_not_become_a_building(school, form, phone):
    answer = phone(school.custodian).send(f"/places/{school.places.store.id}/edit", {**form, "kind": "building"})
    assert answer.status_code == 422
    with pytest.raises(Refused):
        school.places.store.change(school.custodian, kind="floor")
    assert Place.get_by_id(school.places.store.id).kind == "store"


def test_nothing_stands_in_itself(school):
    with pytest.raises(Refused):
        school.places.building.change(school.custodian, parent=school.places.floor)


# Closing


def test_a_room_that_holds_assets_is_not_closed(school, phone):
    category = Category.create(code="A02020200", name="投影仪")
    projector = Asset.add("投影仪", category, None, place=school.places.store)
    url = f"/places/{school.places.store.id}/closure"
    answer = phone(school.custodian).send(url, {"reason": "改建"})
    assert answer.status_code == 409
    assert "总务仓库 still holds assets" in answer.text
    assert Place.get_by_id(school.places.store.id).closed_at is None
    carried(projector, school.places.store, school.places.office, school.custodian)
    assert phone(school.custodian).send(url, {"reason": "改建"}).status_code == 303


def test_a_room_with_a_class_and_a_floor_with_rooms_are_not_closed(school, phone):
    for place, words in ((school.places.classroom, "A class sits in"), (school.places.floor, "still has rooms in it")):
        answer = phone(school.custodian).send(f"/places/{place.id}/closure", {"reason": "改建"})
        assert answer.status_code == 409
        assert words in answer.text


def test_a_closed_room_is_no_longer_offered_and_its_label_is_retired(school, phone):
    store, browser = school.places.store, phone(school.custodian)
    label = store.label
    browser.send(f"/places/{store.id}/closure", {"reason": "改建"})
    assert Label.get_by_id(label.code).retired_at is not None
    browser.get("/places/")  # says that it is closed
    assert "总务仓库" not in browser.get("/places/").text
    assert "choice" not in browser.get("/places/find?field=place&place=仓库").text
    page = browser.get(f"/places/{store.id}").text
    assert "This place is closed" in page
    assert "closed the place: 改建" in page
    assert browser.send(f"/places/{store.id}/closure", {"reason": "再来"}).status_code == 409


def test_it_opens_again_with_a_new_label(school, phone):
    store, browser = school.places.store, phone(school.custodian)
    old = store.label.code
    browser.send(f"/places/{store.id}/closure", {"reason": "改建"})
    browser.send(f"/places/{store.id}/reopening")
    assert Place.get_by_id(store.id).closed_at is None
    assert store.label.code != old
    assert browser.send(f"/places/{store.id}/reopening").status_code == 409


@pytest.mark.parametrize("reason", ["", "因" * 201, "a" * 1_000_000])
def test_closing_needs_a_reason(school, phone, reason):
    answer = phone(school.custodian).send(f"/places/{school.places.store.id}/closure", {"reason": reason})
    assert answer.status_code == 422
    assert Place.get_by_id(school.places.store.id).closed_at is None


def test_the_number_of_queries_is_constant(school, phone, counted):
    browser, url = phone(school.custodian), f"/places/{school.places.classroom.id}"
    browser.get(url)
    with counted() as few:
        browser.get(url)
    for number in range(25):
        school.places.classroom.change(school.custodian, number=f"2{number}")
    with counted() as many:
        browser.get(url)
    assert many.count == few.count <= 12
    assert journal.about(place=school.places.classroom.id).count() > 25
