"""Two people do the same thing at the same moment, on a real file: one wins, the other is told, nothing is lost."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app import once
from app.assets import ledger, recut
from app.assets.ledger import Movement
from app.assets.models import Asset, Category
from app.db import writing
from app.errors import Refused
from app.people.models import Office, Person
from app.photos.models import Photo, Received
from tests.helpers import at_once, make_school, sign_in

pytestmark = pytest.mark.slow


@pytest.fixture
def school(real_app: Flask) -> SimpleNamespace:
    with real_app.app_context():
        return make_school()


def kinds(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def chairs(school: SimpleNamespace, quantity: int) -> Asset:
    category = Category.create(code="A05010300", name="椅凳类")
    return Asset.add("学生椅", category, school.custodian, place=school.places.store, quantity=quantity, is_batch=True)


def test_the_last_chair_is_taken_once(real_app: Flask, school: SimpleNamespace) -> None:
    with real_app.app_context():
        batch = chairs(school, 1)

    def take() -> Movement:
        return ledger.post(batch, "removal", school.custodian, source=school.places.store, reason="坏")

    assert kinds(at_once(real_app, take, take)) == ["Movement", "Refused"]
    assert ledger.balance(batch) == 0
    assert list(ledger.differences()) == []


def test_twenty_splits_at_once_add_up(real_app: Flask, school: SimpleNamespace) -> None:
    with real_app.app_context():
        batch = chairs(school, 15)

    def take() -> Asset:
        return recut.to_singles(batch, school.places.store, 1, school.custodian, "逐件编号")[0]

    results = at_once(real_app, *[take] * 20)
    assert kinds(results) == ["Asset"] * 15 + ["Refused"] * 5
    singles = [result for result in results if isinstance(result, Asset)]
    assert len({single.number for single in singles}) == 15
    assert ledger.balance(batch) == 0
    assert all(ledger.balance(single, school.places.store) == 1 for single in singles)
    assert list(ledger.differences()) == []


def test_new_assets_get_different_numbers(real_app: Flask, school: SimpleNamespace) -> None:
    with real_app.app_context():
        category = Category.create(code="A02020400", name="投影仪")

    def add() -> str:
        return Asset.add("投影仪", category, school.custodian, place=school.places.store).number

    numbers = at_once(real_app, *[add] * 8)
    assert len(set(numbers)) == 8
    assert all(isinstance(number, str) for number in numbers), numbers


def test_two_directors_cannot_both_leave(real_app: Flask, school: SimpleNamespace) -> None:
    """Each alone may go; both at once would leave the school without one."""
    with real_app.app_context():
        other, _password = Person.add("王伟", roles=("director",), phone="13900000000")

    def leave(who: Person) -> None:
        Person.get_by_id(who.id).close(by=None, reason="调走")

    results = at_once(real_app, lambda: leave(school.director), lambda: leave(other))
    assert kinds(results) == ["NoneType", "Refused"]
    assert Person.with_role("director").count() == 1


def test_one_photo_for_two_records(real_app: Flask, school: SimpleNamespace) -> None:
    photo = Received("0" * 32, 100, 100, 1000)

    def attach(place: Any) -> list[Photo]:
        with writing():
            return Photo.attach([photo], place, school.custodian)

    results = at_once(real_app, *[lambda place=place: attach(place) for place in vars(school.places).values()])
    assert kinds(results).count("list") == 1
    assert all(isinstance(result, list | Refused) for result in results)
    assert Photo.select().count() == 1


def test_the_same_form_from_twenty_phones_is_one_row(real_app: Flask, school: SimpleNamespace) -> None:
    with real_app.app_context():
        phones = [sign_in(real_app, school.director) for _each in range(20)]
    key = once.new_key()
    results = at_once(
        real_app,
        *[
            lambda phone=phone: phone.send("/people/offices", {"name": "信息中心"}, key=key).status_code
            for phone in phones
        ],
    )
    assert len(set(results)) == 1, results
    assert results[0] < 400
    assert Office.select().where(Office.name == "信息中心").count() == 1
