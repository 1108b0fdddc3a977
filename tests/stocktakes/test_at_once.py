"""Many phones in one room at the same moment, on a real file."""

from functools import partial

import pytest

from app.assets.models import Asset
from app.errors import Refused
from app.places.models import Place
from app.stocktakes import numbers
from app.stocktakes.counting import Count, Seen, Withdrawal, count
from app.stocktakes.models import Room, Stocktake
from tests.helpers import at_once, make_school
from tests.stocktakes.conftest import begin, make_property, opened

pytestmark = pytest.mark.slow


@pytest.fixture
def room(real_app):
    with real_app.app_context():
        school = make_school()
        things = make_property(school)
        stocktake = begin(school)
        room = opened(stocktake, school.places.classroom, school.custodian)
        room.school, room.things, room.codes = school, things, [each.label.code for each in things.projectors]
        return room


def sees(room, by, client, **seen):
    return count(room, by, Seen(client, **seen))


def test_ten_phones_scan_the_same_label(room, real_app):
    people = [room.school.custodian, room.school.teacher] * 5
    answers = at_once(
        real_app, *(partial(sees, room, by, f"phone-{n:06}", code=room.codes[0]) for n, by in enumerate(people))
    )
    assert sorted(answer.kind for answer in answers) == ["already"] * 9 + ["found"]
    assert Count.select().count() == 1


def test_ten_phones_scan_different_labels(room, real_app):
    with real_app.app_context():
        more = [
            Asset.add(f"电脑 {n}", room.things.kind, room.school.custodian, place=room.school.places.classroom)
            for n in range(10)
        ]
        codes = [each.label.code for each in more]
    answers = at_once(
        real_app, *(partial(sees, room, room.school.teacher, f"phone-{n:06}", code=c) for n, c in enumerate(codes))
    )
    assert [answer.kind for answer in answers] == ["later"] * 10  # entered after the book was frozen
    assert Count.select().count() == 10


def test_a_storm_of_resends_of_one_phone(room, real_app):
    works = [partial(sees, room, room.school.teacher, f"phone-{n % 3:06}", code=room.codes[n % 3]) for n in range(30)]
    answers = at_once(real_app, *works)
    assert {answer.kind for answer in answers} == {"found"}
    assert Count.select().count() == 3
    assert numbers.by_room(Stocktake.get())[room.place_id].found == 3


def test_two_numbers_for_one_batch(room, real_app):
    code = room.things.desks.label.code
    works = [partial(sees, room, room.school.teacher, f"phone-{n:06}", code=code, quantity=30 + n) for n in range(6)]
    kinds = sorted(answer.kind for answer in at_once(real_app, *works))
    assert kinds == ["already"] * 5 + ["found"]


def test_two_open_the_same_door(room, real_app):
    place, stocktake = Place.get_by_id(room.school.places.store.id), room.stocktake
    people = [room.school.custodian, room.school.teacher] * 3
    at_once(real_app, *(partial(stocktake.open_room, place, by) for by in people))
    assert Room.select().where(Room.place == place, Room.opened_at.is_null(False)).count() == 1


def test_two_open_a_door_that_was_not_listed(room, real_app):
    place, stocktake = Place.get_by_id(room.school.places.toilet.id), room.stocktake
    people = [room.school.custodian, room.school.teacher] * 3
    answers = at_once(real_app, *(partial(stocktake.open_room, place, by) for by in people))
    assert all(isinstance(answer, Room) for answer in answers)
    assert Room.select().where(Room.place == place).count() == 1


def test_two_undo_the_same_count(room, real_app):
    row = sees(room, room.school.teacher, "phone-000001", code=room.codes[0]).count
    row.stocktake = room.stocktake
    answers = at_once(real_app, *[partial(row.withdraw, room.school.teacher)] * 5)
    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, Refused) for answer in answers) == 4
    assert Withdrawal.select().count() == 1


def test_counting_against_a_signature(room, real_app):
    """Either the count comes first and is in what is signed, or it is told that it comes too late."""
    room.finish(room.school.custodian)
    stocktake, school = Stocktake.get(), room.school
    works = [partial(sees, room, school.custodian, f"phone-{n:06}", code=room.codes[n]) for n in range(3)]
    answers = at_once(real_app, partial(stocktake.sign, school.teacher), *works)
    counted = [answer for answer in answers[1:] if not isinstance(answer, Exception)]
    assert Count.select().count() == len(counted)
    assert all(isinstance(answer, Refused) for answer in answers[1:] if isinstance(answer, Exception))
