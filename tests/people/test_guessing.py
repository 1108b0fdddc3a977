"""Guessing is slow, by account and by address; the rightful person still gets in."""

import statistics
import time
from datetime import timedelta

import pytest

from app import clock, db
from app.people import passwords
from app.people.guessing import network
from app.people.models import Person
from tests.conftest import PASSWORD
from tests.people.conftest import text


@pytest.fixture
def guess(phone):
    """`guess(30, "李敏", "10.0.0.9")`: how 30 wrong tries from one address were answered."""

    def tries(number, name="李敏", address="10.0.0.9", page=None):
        page = page or phone()
        return [
            page.send(
                "/people/sign-in",
                {"name": name, "password": f"wrong {turn}"},
                environ_base={"REMOTE_ADDR": address},
            ).status_code
            for turn in range(number)
        ]

    return tries


def enters(page, address="10.0.0.9", name="李敏") -> bool:
    form = {"name": name, "password": PASSWORD, "stay": "y"}
    return page.send("/people/sign-in", form, environ_base={"REMOTE_ADDR": address}).status_code == 303


def test_of_thirty_wrong_tries_most_are_refused(guess, known, app):
    answers = guess(30)
    assert answers[: app.config["SIGN_IN_TRIES"]] == [422] * app.config["SIGN_IN_TRIES"]
    assert answers.count(429) == 30 - app.config["SIGN_IN_TRIES"] >= 10


def test_an_unknown_name_is_slowed_down_just_the_same(guess, known):
    assert guess(30, "没有此人") == guess(30, "李敏", "10.0.0.8")


def test_throwing_the_cookie_away_does_not_help(guess, known, phone):
    answers = [guess(1, page=phone())[0] for _turn in range(30)]
    assert answers.count(429) >= 10


def test_the_refusal_is_on_the_page_with_the_name_kept(guess, known, phone):
    guess(30)
    answer = phone().send(
        "/people/sign-in", {"name": "李敏", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "10.0.0.9"}
    )
    assert answer.status_code == 429
    assert "Too many wrong tries" in text(answer)
    assert 'value="李敏"' in text(answer)


def test_the_own_phone_still_gets_in_from_the_same_address(guess, known, phone):
    own = phone()
    assert enters(own)
    own.send("/people/sign-out")
    guess(30)
    assert not enters(phone())  # a phone nobody knows, at the guesser's address
    assert enters(own)


def test_another_address_still_gets_in(guess, known, phone):
    guess(30)
    assert enters(phone(), "10.0.0.10")


def test_many_addresses_together_are_slowed_down_but_not_the_own_phone(guess, known, phone, app):
    own = phone()
    assert enters(own, "10.1.0.1")
    own.send("/people/sign-out")
    answers = [guess(1, address=f"10.2.0.{turn}")[0] for turn in range(40)]
    assert answers.count(422) == app.config["SIGN_IN_TRIES"] * 3
    assert enters(own, "10.1.0.1")


def test_a_known_phone_may_not_guess_for_ever_either(guess, known, phone, app):
    own = phone()
    assert enters(own)
    own.send("/people/sign-out")
    assert guess(30, page=own).count(429) == 30 - app.config["SIGN_IN_TRIES"]


def test_one_address_with_many_names(guess, known, app):
    many = app.config["SIGN_IN_TRIES_ADDRESS"]
    answers = [guess(1, f"名字{turn}")[0] for turn in range(many + 5)]
    assert answers == [422] * many + [429] * 5


def test_a_whole_school_at_one_address_signs_in(known, phone, app):
    for _each in range(app.config["SIGN_IN_TRIES_ADDRESS"] + 5):
        assert enters(phone())


def test_a_quarter_of_an_hour_later_it_is_forgotten(guess, known, phone):
    guess(30)
    clock.set_hands(clock.now() + timedelta(minutes=15, seconds=1))
    assert enters(phone())


def test_a_right_password_clears_the_mistakes_before_it(guess, known, phone, app):
    page = phone()
    guess(app.config["SIGN_IN_TRIES"] - 1, page=page)
    assert enters(page)
    page.send("/people/sign-out")
    assert guess(2, page=page) == [422, 422]


def test_the_present_password_can_not_be_guessed_on_a_borrowed_phone(phone, known, app):
    page = phone(known)
    form = {"old": "wrong wrong", "new": "battery staple 77", "again": "battery staple 77"}
    answers = [text(page.send("/people/password", form)) for _turn in range(12)]
    assert ["Too many wrong tries" in answer for answer in answers].count(True) == 12 - app.config["SIGN_IN_TRIES"]
    assert Person.get_by_id(known.id).has_password(PASSWORD)


@pytest.mark.parametrize(
    ("address", "net"),
    [("10.0.0.9", "10.0.0.9"), ("2001:db8:1:2::7", "2001:db8:1:2::/64"), ("", "unknown"), ("x", "unknown")],
)
def test_an_ipv6_household_is_one_address(address, net):
    assert network(address) == net


@pytest.mark.slow
def test_a_wrong_name_takes_as_long_as_a_wrong_password(phone, app, monkeypatch):
    """Medians of sign-ins taken in turn, in this thread's own time, so that a busy machine does not decide."""
    monkeypatch.setattr(passwords, "METHOD", "scrypt")
    monkeypatch.setitem(app.config, "SIGN_IN_TRIES", 100)
    took = {"李敏": [], "没有此人": []}
    with db.database.atomic() as transaction:
        Person.add("李敏")
        page = phone()
        for turn in range(2 * 13):
            name = ("李敏", "没有此人")[turn % 2]
            start = time.thread_time()
            page.send("/people/sign-in", {"name": name, "password": "wrong"})
            took[name].append(time.thread_time() - start)
        transaction.rollback()
    known, unknown = (statistics.median(times[1:]) for times in took.values())
    assert abs(known - unknown) < 0.025, (known, unknown)
