"""What two people do at the same moment, with real threads on a real file."""

import pytest

from app import clock
from app.errors import Refused
from app.people.models import DutyCard, Person, SignIn, ensure_director
from tests.helpers import Phone, app_on_file, at_once

pytestmark = pytest.mark.slow


@pytest.fixture
def on_file(tmp_path):
    with app_on_file(tmp_path) as app:
        yield app


def test_two_directors_who_switch_each_other_off_leave_one(on_file):
    with on_file.app_context():
        one, _first = Person.add("赵建国", roles=("director",))
        two, _first = Person.add("周正", roles=("director",))
    results = at_once(on_file, lambda: one.close(two, "left"), lambda: two.close(one, "left"))
    assert sorted(type(result) for result in results if result is not None) == [Refused]
    assert Person.with_role("director").count() == 1


def test_two_first_starts_make_one_director(on_file):
    results = at_once(on_file, *[ensure_director] * 4)
    assert [result is None for result in results].count(False) == 1
    assert Person.select().count() == 1


def test_twenty_guesses_at_once_are_counted_like_twenty_in_a_row(on_file):
    with on_file.app_context():
        Person.add("李敏", must_change=False)
    on_file.test_client_class = Phone

    def guess():
        return on_file.test_client().send("/people/sign-in", {"name": "李敏", "password": "wrong"}).status_code

    answers = at_once(on_file, *[guess] * 20)
    assert answers.count(422) == on_file.config["SIGN_IN_TRIES"]
    assert answers.count(429) == 20 - on_file.config["SIGN_IN_TRIES"]


def test_one_phone_number_for_two_newcomers_at_once(on_file):
    def add(name):
        return Person.add(name, phone="13900000009")

    with on_file.app_context():
        results = at_once(on_file, lambda: add("何小雨"), lambda: add("方圆"))
    assert [isinstance(result, Refused) for result in results].count(True) == 1
    assert Person.select().count() == 1


def test_a_card_made_anew_by_two_at_once_has_one_secret(on_file):
    with on_file.app_context():
        card, _secret = DutyCard.make(
            "岗", None, checklists=["class-hygiene"], grades=[3], hours=[["00:00", "23:59"]],
            starts_on=clock.today(), ends_on=clock.today(),
        )  # fmt: skip
    secrets = at_once(on_file, *[lambda: DutyCard.get_by_id(card.id).remake(None)] * 4)
    assert [DutyCard.of_secret(secret) is not None for secret in secrets].count(True) == 1
    assert SignIn.select().count() == 0
