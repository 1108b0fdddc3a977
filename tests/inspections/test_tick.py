"""The cleaner ticks the day's tasks off at an area."""

from io import BytesIO

import pytest

from app.inspections import posts
from app.inspections.checklists import Checklist
from app.inspections.models import Check, Mark
from app.journal import Event
from app.people.models import Person
from app.photos.models import Photo
from app.places.models import Place
from tests.pictures import jpeg


@pytest.fixture
def daily():
    return Checklist.now("cleaner-daily")


@pytest.fixture
def toilet(school, code_of):
    return f"/inspections/tick/{code_of(school.places.toilet)}"


def task(daily, key):
    return str(next(item.id for item in daily.items if item.key == key))


def area(school):
    return posts.day_at([school.places.toilet])[0]


def test_the_page_shows_the_tasks_of_this_kind_of_place(phone, school, toilet):
    page = phone(school.cleaner).get(toilet).text
    assert "Flush and scrub the toilet" in page
    assert "Empty the bins" in page
    assert "Sweep paths and yard" not in page
    assert "0/5" in page
    assert "Report damage" in page


def test_one_tap_ticks_one_task(phone, school, toilet, daily):
    client = phone(school.cleaner)
    answer = client.send(toilet, {"task": task(daily, "bins")})
    assert answer.status_code == 303
    check = Check.get()
    assert (check.person, check.place, check.total) == (school.cleaner, school.places.toilet, None)
    assert [mark.item.key for mark in check.marks] == ["bins"]
    page = client.get(toilet).text
    assert "1/5" in page
    assert "today 10:00" in page


def test_a_fragment_answers_htmx(phone, school, toilet, daily):
    answer = phone(school.cleaner).send(toilet, {"task": task(daily, "bins")}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="tick"')
    assert "1/5" in answer.text
    assert "data-toast" not in answer.text  # nothing may cover the button for the next tap


def test_a_task_that_is_due_twice_takes_two_taps(phone, school, toilet, daily, later):
    client = phone(school.cleaner)
    client.send(toilet, {"task": task(daily, "flush")})
    assert area(school).done == 0
    assert "1 of 2 times" in client.get(toilet).text
    later(1)
    client.send(toilet, {"task": task(daily, "flush")})
    assert area(school).done == 1


def test_all_done_ticks_what_is_left(phone, school, toilet, daily):
    client = phone(school.cleaner)
    client.send(toilet, {"task": task(daily, "bins")})
    client.send(toilet, {"task": "all"})
    assert Mark.select().join(Check).where(Check.place == school.places.toilet).count() == 5
    client.send(toilet, {"task": "all"})  # the second flush
    assert area(school).finished
    assert "Did it all once more" in client.get(toilet).text


def test_again_later_adds_and_keeps_the_first(phone, school, toilet, later):
    client = phone(school.cleaner)
    client.send(toilet, {"task": "all"})
    client.send(toilet, {"task": "all"})
    first = area(school).at
    later(3)
    client.send(toilet, {"task": "again"})
    assert area(school).at > first
    assert Check.select().count() == 3


def test_a_colleague_was_faster(phone, school, toilet, daily):
    phone(school.director).send(toilet, {"task": task(daily, "bins")})
    client = phone(school.cleaner)
    client.send(toilet, {"task": task(daily, "bins")})
    assert Check.select().count() == 1
    assert "already ticked off today" in client.get(toilet).text


def test_a_photo_comes_along(phone, school, toilet, daily):
    data = {"task": task(daily, "bins"), "photos": (BytesIO(jpeg()), "bins.jpg")}
    phone(school.cleaner).send(toilet, data, content_type="multipart/form-data")
    [photo] = Photo.of(Check.get())
    assert phone(school.director).get(f"/photos/{photo.token}").status_code == 200
    assert phone(school.stranger).get(f"/photos/{photo.token}").status_code == 404


def test_what_is_not_a_photo_is_refused_with_words(phone, school, toilet, daily):
    data = {"task": task(daily, "bins"), "photos": (BytesIO(b"hello"), "bins.jpg")}
    answer = phone(school.cleaner).send(toilet, data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "not a photo" in answer.text
    assert Check.select().count() == 0


@pytest.mark.parametrize("tapped", ["", "0", "x" * 1000, "999999", "<b>", None])
def test_an_unknown_task_is_refused(phone, school, toilet, tapped):
    answer = phone(school.cleaner).send(toilet, {} if tapped is None else {"task": tapped})
    assert answer.status_code == 422
    assert Check.select().count() == 0


def test_a_task_of_another_kind_of_place_is_refused(phone, school, toilet, daily):
    assert phone(school.cleaner).send(toilet, {"task": task(daily, "yard")}).status_code == 422


def test_once_only(phone, school, toilet, daily):
    client, data = phone(school.cleaner), {"task": task(daily, "flush")}
    client.send(toilet, data, key="t" * 22)
    client.send(toilet, data, key="t" * 22)
    assert Check.select().count() == 1


def test_anothers_area_is_refused_with_the_name(phone, school, toilet, daily):
    other, _first = Person.add("何秀兰", roles=("cleaner",), must_change=False)
    client = phone(other)
    assert "is cleaned by 周桂兰" in client.get(toilet).text
    assert client.get(toilet).status_code == 403
    assert client.send(toilet, {"task": "all"}).status_code == 403


def test_an_area_that_is_nobodys_is_anybodys(phone, school, code_of):
    corridor = Place.add("corridor", "二楼走廊", None, parent=school.places.floor)
    assert phone(school.cleaner).send(f"/inspections/tick/{code_of(corridor)}", {"task": "all"}).status_code == 303


@pytest.mark.parametrize("who", ["teacher", "custodian", "counsellor", "card"])
def test_others_do_not_tick(phone, school, toilet, who):
    client = phone(getattr(school, who))
    assert client.get(toilet).status_code == 403
    assert client.send(toilet, {"task": "all"}).status_code == 403
    assert phone().send(toilet, {"task": "all"}).status_code == 401
    assert Check.select().count() == 0


def test_a_classroom_has_no_daily_cleaning(phone, school, code_of):
    assert phone(school.director).get(f"/inspections/tick/{code_of(school.places.classroom)}").status_code == 403


def test_it_is_in_the_journal(ctx, phone, school, toilet, daily):
    phone(school.cleaner).send(toilet, {"task": task(daily, "bins")})
    event = Event.get(Event.action == "inspections.ticked")
    assert (event.person, event.place) == (school.cleaner, school.places.toilet)
    assert event.sentence == "ticked off: 清倒垃圾桶"


def test_my_areas_fill_the_ring(phone, school, toilet):
    client = phone(school.cleaner)
    page = client.get("/inspections/areas").text
    assert "二楼男厕" in page
    assert "0/1" in page
    for _round in range(2):
        client.send(toilet, {"task": "all"})
    assert "1/1" in client.get("/inspections/areas").text


def test_without_an_area_the_page_says_who_gives_one(phone, school):
    other, _first = Person.add("何秀兰", roles=("cleaner",), must_change=False)
    assert "No area is yours yet" in phone(other).get("/inspections/areas").text


def test_tomorrow_everything_is_open_again(phone, school, toilet, later):
    client = phone(school.cleaner)
    client.send(toilet, {"task": "all"})
    client.send(toilet, {"task": "all"})
    later(16)
    assert area(school).done == 0
