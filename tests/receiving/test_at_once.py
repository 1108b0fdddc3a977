"""The same step from several phones at the same moment, on a real file: one wins, the others are told."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.assets import ledger
from app.assets.models import Asset, Category
from app.errors import Refused
from app.people.models import Person
from app.receiving.models import (
    Acceptance,
    Confirmation,
    Delivery,
    Entry,
    Found,
    Item,
    LineAsset,
    Reimbursement,
    StockIn,
    Voiding,
)
from tests.helpers import at_once, make_school, sign_in

pytestmark = pytest.mark.slow
PHONES = 8


@pytest.fixture
def school(real_app: Flask) -> SimpleNamespace:
    with real_app.app_context():
        school = make_school()
        school.finance = Person.add("金有余", roles=("finance",), phone="13800000011", must_change=False)[0]
        category = Category.create(code="A02020200", name="投影仪")
        school.delivery = Delivery.arrive(
            school.custodian, [Item("投影仪", category, 3, "台", 459900)], supplier="某公司", witness=school.teacher
        )
    return school


def fresh(school: SimpleNamespace) -> Delivery:
    return Delivery.shown().where(Delivery.id == school.delivery.id).get()


def good(delivery: Delivery) -> dict[Any, Found]:
    return {line: Found(line.quantity) for line in delivery.lines}


def through(app: Flask, school: SimpleNamespace, step: str) -> None:
    """Bring the delivery to a step."""
    with app.app_context():
        delivery = fresh(school)
        delivery.check(school.director, good(delivery))
        if step == "confirm":
            return
        delivery.confirm(school.custodian)
        if step in ("enter", "reimburse"):
            delivery.put_in_stock(school.custodian, school.places.store)
        if step == "reimburse":
            delivery.enter(school.custodian)


def one_wins(results: list[Any]) -> None:
    winners = [result for result in results if not isinstance(result, Exception)]
    losers = [result for result in results if isinstance(result, Exception)]
    assert len(winners) == 1, results
    assert all(isinstance(loser, Refused) for loser in losers), losers


def test_two_people_check_at_once(real_app: Flask, school: SimpleNamespace) -> None:
    def check(who: Person) -> Acceptance:
        delivery = fresh(school)
        return delivery.check(who, good(delivery))

    people = [school.director, school.custodian, school.teacher]
    results = at_once(real_app, *[lambda who=who: check(who) for who in people])
    one_wins(results)
    assert any("has already checked these goods" in str(result) for result in results)
    assert Acceptance.select().count() == 1


def test_the_second_person_confirms_once_whoever_it_is(real_app: Flask, school: SimpleNamespace) -> None:
    through(real_app, school, "confirm")
    people = [school.custodian, school.teacher, school.director, school.custodian]
    one_wins(at_once(real_app, *[lambda who=who: fresh(school).confirm(who) for who in people]))
    row = Confirmation.get()
    assert row.by_id != row.first_id


def test_who_confirms_and_who_makes_it_void_do_not_both_win(real_app: Flask, school: SimpleNamespace) -> None:
    through(real_app, school, "confirm")
    results = at_once(
        real_app,
        lambda: fresh(school).confirm(school.teacher),
        lambda: fresh(school).void(school.custodian, "错"),
        lambda: fresh(school).object(school.custodian, "少一台"),
    )
    assert Confirmation.select().count() + Voiding.select().count() <= 1
    assert all(isinstance(each, Refused) for each in results if isinstance(each, Exception)), results


def test_it_is_stocked_in_once(real_app: Flask, school: SimpleNamespace) -> None:
    through(real_app, school, "stock")
    store = school.places.store
    one_wins(at_once(real_app, *[lambda: fresh(school).put_in_stock(school.custodian, store)] * PHONES))
    assert StockIn.select().count() == 1


def test_it_is_entered_once_and_no_card_is_doubled(real_app: Flask, school: SimpleNamespace) -> None:
    through(real_app, school, "enter")
    one_wins(at_once(real_app, *[lambda: fresh(school).enter(school.custodian)] * PHONES))
    assert (Entry.select().count(), Asset.select().count(), LineAsset.select().count()) == (1, 3, 3)
    assert list(ledger.differences()) == []


def test_it_is_reimbursed_once(real_app: Flask, school: SimpleNamespace) -> None:
    through(real_app, school, "reimburse")
    results = at_once(real_app, *[lambda: fresh(school).reimburse(school.finance)] * PHONES)
    one_wins(results)
    assert sum("is done already: 金有余" in str(result) for result in results) == PHONES - 1
    assert Reimbursement.select().count() == 1


def test_finance_taps_on_two_phones(real_app: Flask, school: SimpleNamespace) -> None:
    through(real_app, school, "reimburse")
    with real_app.app_context():
        phones = [sign_in(real_app, school.finance) for _each in range(4)]
    address = f"/receiving/{school.delivery.id}/reimbursement"
    answers = at_once(real_app, *[lambda browser=browser: browser.send(address).status_code for browser in phones])
    assert sorted(answers) == [303, 409, 409, 409]
    assert Reimbursement.select().count() == 1


def test_ten_deliveries_get_ten_numbers(real_app: Flask, school: SimpleNamespace) -> None:
    category = Category.get()

    def come() -> str:
        return Delivery.arrive(school.custodian, [Item("椅", category, 1, "把", 1, True)], supplier="某公司").number

    numbers = at_once(real_app, *[come] * PHONES)
    assert len(set(numbers)) == PHONES, numbers
