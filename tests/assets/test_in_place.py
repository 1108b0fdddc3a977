"""The list of what is in a room, for behind the door."""

import pytest

from app.assets.models import Asset


def test_the_list_says_what_is_there_and_what_it_comes_to(school, things, phone):
    page = phone(school.custodian).get(f"/assets/in/{school.places.store.id}").text
    assert "课桌" in page
    assert "40 张" in page
    assert "¥7,200.00" in page
    assert "投影仪" not in page


def test_the_class_teacher_reads_the_list_of_her_room_without_value(school, things, phone):
    page = phone(school.teacher).get(f"/assets/in/{school.places.classroom.id}").text
    assert "投影仪" in page
    assert "¥" not in page


def test_her_empty_room_is_a_sentence_and_other_rooms_are_not_there(school, phone, things):
    assert "Nothing stands here" in phone(school.stranger).get(f"/assets/in/{school.places.office.id}").text
    assert phone(school.stranger).get(f"/assets/in/{school.places.classroom.id}").status_code == 404
    assert phone(school.stranger).get("/assets/in/99999").status_code == 404
    assert phone(school.custodian).get(f"/assets/in/{school.places.building.id}").status_code == 404


def test_cards_and_strangers(school, phone):
    assert phone(school.card).get(f"/assets/in/{school.places.store.id}").status_code == 403
    assert phone().get(f"/assets/in/{school.places.store.id}").status_code == 303


@pytest.mark.parametrize("address", ["/assets/in/{}", "/places/{}"])
def test_the_number_of_queries_is_constant(school, things, phone, counted, address):
    browser, url = phone(school.custodian), address.format(school.places.store.id)
    browser.get(url)
    with counted() as few:
        browser.get(url)
    Asset.add_many(30, "音箱", things.projectors, school.custodian, place=school.places.store)
    with counted() as many:
        browser.get(url)
    assert many.count == few.count <= 12


def test_the_page_of_the_room_shows_the_first_things_to_those_who_may(school, things, phone):
    Asset.add_many(9, "音箱", things.projectors, school.custodian, place=school.places.classroom)
    page = phone(school.teacher).get(f"/places/{school.places.classroom.id}").text
    assert page.count("音箱") + page.count("投影仪") >= 8
    assert "All that is here" in page
    assert "音箱" not in phone(school.stranger).get(f"/places/{school.places.classroom.id}").text
