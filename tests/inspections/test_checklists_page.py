"""Going through a checklist at a door: fine or not, numbers, choices, words."""

from io import BytesIO

import pytest

from app.inspections.checklists import Checklist
from app.inspections.models import Check, Mark
from app.journal import Event
from app.photos.models import Photo
from tests.pictures import jpeg

HOSTILE = '<script>alert("x")</script>🙂' + "长" * 120


@pytest.fixture
def closing():
    return Checklist.now("holiday-closing")


@pytest.fixture
def door(school, code_of):
    return f"/inspections/check/{code_of(school.places.office)}/holiday-closing"


def answers(checklist, place, **other):
    """A page with everything fine but for `other`: `{key: {field: value}}`."""
    data = {"version": checklist.version}
    for item in checklist.items_at(place):
        for name, value in other.get(item.key, {"answer": "fine"}).items():
            data[f"i{item.id}-{name}"] = value
    return data


def test_the_page_asks_what_fits_the_room(phone, school, door):
    page = phone(school.stranger).get(door).text
    assert "Windows shut and locked" in page
    assert "Does not apply" in page
    assert "The rest is fine, send" in page
    assert "Seal on the door" in page


def test_one_tap_says_that_the_rest_is_fine(phone, school, door, closing):
    answer = phone(school.stranger).send(door, {"version": closing.version, "all_fine": "yes"})
    check = Check.get()
    assert answer.location == f"/inspections/{check.id}/receipt"
    assert (check.failed, check.share, check.passed, check.person) == (0, 100, True, school.stranger)
    assert Mark.select().where(Mark.verdict == "fine").count() == len(closing.items_at(school.places.office))


def test_a_failure_beside_the_one_tap_stays_a_failure(phone, school, door, closing):
    data = {"version": closing.version, "all_fine": "yes"}
    taps = next(item for item in closing.items if item.key == "taps")
    data |= {f"i{taps.id}-answer": "fail", f"i{taps.id}-words": "关不紧"}
    client = phone(school.stranger)
    receipt = client.get(client.send(door, data).location).text
    assert "1 item not fine" in receipt
    assert "关不紧" in receipt
    assert Check.get().failed == 1


def test_without_the_tap_every_row_wants_an_answer(phone, school, door, closing):
    answer = phone(school.stranger).send(door, {"version": closing.version})
    assert answer.status_code == 422
    assert answer.text.count("Fine or not? Please tap one.") == len(closing.items_at(school.places.office))
    assert Check.select().count() == 0


def test_a_failure_wants_words_and_keeps_what_was_tapped(phone, school, door, closing):
    answer = phone(school.stranger).send(door, answers(closing, school.places.office, food={"answer": "fail"}))
    assert answer.status_code == 422
    assert "What is wrong? Please write it down." in answer.text
    assert answer.text.count(" checked") == len(closing.items_at(school.places.office))
    assert Check.select().count() == 0


@pytest.mark.parametrize("entry", [{"answer": "maybe"}, {"answer": ""}, {"answer": "x" * 100_000}, {"answer": "<b>"}])
def test_an_answer_that_can_not_be_is_refused(phone, school, door, closing, entry):
    answer = phone(school.stranger).send(door, answers(closing, school.places.office, food=entry))
    assert answer.status_code == 422
    assert Check.select().count() == 0


def test_hostile_words_are_shown_as_words(phone, school, door, closing):
    data = answers(closing, school.places.office, food={"answer": "fail", "words": HOSTILE})
    answer = phone(school.stranger).send(door, data)
    assert answer.status_code == 422
    assert "At most 100 characters" in answer.text
    assert "<script>alert" not in answer.text


def test_a_thing_that_needs_a_photo(phone, school, code_of):
    patrol = Checklist.now("campus-patrol")
    url = f"/inspections/check/{code_of(school.places.office)}/campus-patrol"
    wires = next(item for item in patrol.items if item.key == "wires")
    data = {"version": patrol.version, "all_fine": "yes", f"i{wires.id}-answer": "fail", f"i{wires.id}-words": "裸露"}
    client = phone(school.electrician)
    refused = client.send(url, data)
    assert refused.status_code == 422
    assert "A failure here needs a photo." in refused.text
    data |= {f"i{wires.id}-photos": (BytesIO(jpeg()), "wires.jpg"), f"i{wires.id}-grave": "y"}
    assert client.send(url, data, content_type="multipart/form-data").status_code == 303
    [mark] = Mark.select().where(Mark.verdict == "fail")
    assert mark.grave
    assert len(Photo.of(mark)) == 1


@pytest.mark.parametrize(("typed", "status"), [("36", 303), ("500", 422), ("", 303), ("abc", 422), ("1e9", 422)])
def test_a_number_is_read_with_its_limits(phone, school, code_of, typed, status):
    water = Checklist.now("drinking-water")
    hot = next(item for item in water.items if item.key == "hot")
    data = answers(water, school.places.office, water={"answer": "0"}, hot={"value": typed}, tds={}, filter={}, next={})
    answer = phone(school.electrician).send(f"/inspections/check/{code_of(school.places.office)}/drinking-water", data)
    if typed == "500":  # outside: a failure by itself, the number says what is wrong
        assert answer.status_code == 303
        assert Mark.get(Mark.item == hot).verdict == "fail"
    else:
        assert answer.status_code == status


def test_the_second_is_told(phone, school, door, closing):
    phone(school.director).send(door, {"version": closing.version, "all_fine": "yes"})
    client = phone(school.stranger)
    assert "was already checked" in client.get(door).text
    answer = client.send(door, {"version": closing.version, "all_fine": "yes"})
    assert answer.status_code == 409
    assert Check.select().count() == 1


def test_the_same_page_sent_twice_acts_once(phone, school, door, closing):
    client = phone(school.stranger)
    data = {"version": closing.version, "all_fine": "yes"}
    first, second = (client.send(door, data, key="k" * 32) for _each in range(2))
    assert first.location == second.location
    assert Check.select().count() == 1


def test_the_journal_says_what_failed(phone, school, door, closing):
    data = answers(closing, school.places.office, food={"answer": "fail", "words": "零食"})
    phone(school.director).send(door, data)
    event = Event.get(Event.action == "inspections.answered")
    assert "食品、垃圾清空" in event.sentence


@pytest.mark.parametrize("who", ["card", "cleaner", "teacher", "electrician", "custodian"])
def test_a_patrol_is_for_those_it_names(phone, school, code_of, who):
    answer = phone(getattr(school, who)).get(f"/inspections/check/{code_of(school.places.office)}/campus-patrol")
    assert answer.status_code == (200 if who in ("electrician", "custodian") else 403)


def test_signed_out_nobody_checks(phone, door):
    assert phone(None).get(door).status_code in (302, 303)


def test_what_can_be_checked_here(phone, school, code_of):
    client = phone(school.director)
    code = code_of(school.places.classroom)
    page = client.get(f"/inspections/check/{code}").text
    assert "Class property" in page
    assert f"/inspections/check/{code}/room-equipment" in page
    assert f"/inspections/score/{code}/class-hygiene" in page
    assert "Closing for the holidays" in page
    assert client.get("/inspections/check/NOPE").status_code == 404


def test_a_class_page_shows_scores_only(phone, school, code_of, score):
    """A check of the class's property has no points and does not disturb its scores."""
    score()
    lists = Checklist.now("class-property")
    said = {
        item.key: {"answer": "0"} if item.answer == "choice" else {"value": "40"}
        for item in lists.items
        if item.answer in ("choice", "number")
    }
    client = phone(school.director)
    data = answers(lists, school.places.classroom, **said)
    assert client.send(f"/inspections/check/{code_of(school.places.classroom)}/class-property", data).status_code == 303
    page = client.get(f"/inspections/class/{school.classes.three_two.id}")
    assert page.status_code == 200
    assert client.get(f"/inspections/{Check.select().order_by(Check.id.desc()).get().id}").status_code == 200
