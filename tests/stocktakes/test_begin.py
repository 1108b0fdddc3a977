"""Beginning: the range, the team, and the book as it stands at that moment."""

import pytest

from app import journal
from app.errors import Refused
from app.stocktakes.models import BookLine, Member, Room, Stocktake
from tests.stocktakes.conftest import begin

URL = "/stocktakes/begin"


def form(school, **fields):
    return {"name": "年终盘点", "level": 0, "category": 0, "office": 0, "counters": school.custodian.id,
            "witnesses": school.stranger.id, **fields}  # fmt: skip


def test_the_book_is_frozen_as_it_stands(school, things):
    from app.assets import ledger

    stocktake = begin(school)
    ledger.post(things.desks, "entry", school.director, quantity=5, target=school.places.classroom)
    lines = {line.asset_id: line.quantity for line in BookLine.select().where(BookLine.stocktake == stocktake)}
    assert lines == {**{each.id: 1 for each in things.projectors}, things.desks.id: 40, things.speaker.id: 1}
    assert {room.place_id for room in Room.select()} == {school.places.classroom.id, school.places.store.id}
    assert journal.about(thing=stocktake).first().action == "stocktakes.begun"


@pytest.mark.parametrize(("fields", "lines"), [("place", 4), ("category", 4), ("office", 1), ("building", 5)])
def test_a_range(school, things, fields, lines):
    ranges = {"place": {"places": [school.places.classroom]}, "category": {"category": things.kind},
              "office": {"office": school.office}, "building": {"places": [school.places.building]}}  # fmt: skip
    stocktake = begin(school, **ranges[fields])
    assert BookLine.select().where(BookLine.stocktake == stocktake).count() == lines
    if fields == "building":  # empty rooms of the building are counted too
        assert Room.select().where(Room.stocktake == stocktake).count() > 2


def test_an_empty_range_is_refused_and_leaves_nothing(school, things):
    with pytest.raises(Refused, match="nothing stands"):
        begin(school, places=[school.places.toilet])
    assert not Stocktake.select().exists()


def test_nobody_is_counter_and_witness(school, things):
    with pytest.raises(Refused, match="at once"):
        begin(school, counters=[school.teacher], witnesses=[school.teacher])


def test_by_the_form(school, things, phone):
    answer = phone(school.director).send(URL, form(school, rooms=school.places.classroom.id))
    stocktake = Stocktake.get()
    assert answer.location.endswith(f"/stocktakes/{stocktake.id}")
    assert stocktake.where == school.places.classroom.name
    assert {(member.person_id, member.part) for member in Member.select()} == {
        (school.custodian.id, "counter"), (school.stranger.id, "witness")
    }  # fmt: skip


def test_the_same_form_twice_begins_once(school, things, phone):
    director = phone(school.director)
    for _each in range(2):
        director.send(URL, form(school), key="the same form, sent twice")
    assert Stocktake.select().count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "fill this in"),
        ({"name": "盘" * 81}, "At most 80"),
        ({"name": "x" * 1_000_000}, "At most 80"),
        ({"counters": ""}, "at least one"),
        ({"witnesses": "999999"}, "at least one"),
        ({"level": "七"}, "choose one"),
        ({"category": "999999"}, "choose one"),
        ({"room": "没有这间"}, "Nothing fits"),
    ],
)
def test_bad_input_keeps_what_was_typed(school, things, phone, fields, words):
    answer = phone(school.director).send(URL, {**form(school), "name": "年终<b>😀", **fields})
    assert answer.status_code == 422
    assert words in answer.text
    assert "<b>😀" not in answer.text
    assert school.stranger.name in answer.text or "witnesses" in fields
    assert not Stocktake.select().exists()


def test_rooms_and_people_are_gathered_one_by_one(school, things, phone):
    director = phone(school.director)
    asked = f"{URL}?name=盘点&counters={school.custodian.id}&counter={school.teacher.name}"
    page = director.get(asked).text
    assert f'name="counters" value="{school.custodian.id}"' in page
    assert f'name="counters" value="{school.teacher.id}"' in page
    dropped = director.get(f"{asked}&drop_counters={school.custodian.id}").text
    assert f'name="counters" value="{school.custodian.id}"' not in dropped
    assert "盘点" in dropped


@pytest.mark.parametrize("who", ["teacher", "principal", "cleaner"])
def test_only_the_office_begins(school, things, phone, who):
    assert phone(getattr(school, who)).send(URL, form(school)).status_code == 403
    assert phone().get(URL).status_code == 303
    assert phone(school.card).get(URL).status_code == 403


def test_a_stocktake_is_seen_by_its_team_and_those_above(school, stocktake, phone):
    url = f"/stocktakes/{stocktake.id}"
    for who in (school.director, school.principal, school.teacher, school.stranger):
        assert phone(who).get(url).status_code == 200
    assert phone(school.cleaner).get(url).status_code == 404
    assert stocktake.name not in phone(school.cleaner).get("/stocktakes/").text
    assert stocktake.name in phone(school.teacher).get("/stocktakes/").text
