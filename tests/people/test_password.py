"""One's own password: forced at the first sign-in, changed later with the present one."""

import pytest

from app import journal
from app.once import Submission
from app.people.models import Person
from app.people.passwords import problem
from tests.conftest import PASSWORD
from tests.people.conftest import text

NEW = "battery staple 77"


@pytest.fixture
def newcomer(school):
    """Someone who was given a first password; `(person, password)`."""
    return Person.add("何小雨", phone="13900000009", roles=("teacher",), office=school.teaching)


def twice(new, **more):
    return {"new": new, "again": new, **more}


def test_the_first_sign_in_leads_to_the_password_page_and_on(phone, newcomer, sign_in):
    page = phone()
    answer = sign_in(page, "何小雨", newcomer[1], "/people/sign-in?next=/people/permissions")
    assert answer.location == "/people/permissions"
    answer = page.get(answer.location)
    assert (answer.status_code, answer.location) == (303, "/people/password?next=/people/permissions")
    answer = page.send(answer.location, twice(NEW))
    assert (answer.status_code, answer.location) == (303, "/people/permissions")
    assert page.get(answer.location).status_code == 200


@pytest.mark.parametrize("url", ["/", "/people/me", "/people/permissions", "/q/7K3M9QX2", "/no/such/page"])
def test_nothing_else_is_reachable_before(phone, newcomer, url):
    answer = phone(newcomer[0]).get(url)
    assert answer.status_code == 303
    assert answer.location.startswith("/people/password?next=/")


def test_nothing_can_be_done_before(phone, newcomer):
    answer = phone(newcomer[0]).send("/people/me/language", {"language": "en"})
    assert (answer.status_code, answer.location) == (303, "/people/password")
    assert Person.get_by_id(newcomer[0].id).language is None


def test_an_htmx_request_is_led_there_too(phone, newcomer):
    answer = phone(newcomer[0]).get("/people/me", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/people/password?next=/people/me")


@pytest.mark.parametrize("url", ["/people/password", "/language/en"])
def test_what_is_reachable_before(phone, newcomer, url):
    answer = phone(newcomer[0]).get(url)
    assert answer.status_code == 200 or not answer.location.startswith("/people/password")


def test_signing_out_is_possible_before(phone, newcomer):
    page = phone(newcomer[0])
    assert "Not you? Sign out" in text(page.get("/people/password"))
    assert page.send("/people/sign-out").location == "/people/sign-in"


def test_the_page_has_no_way_round(phone, newcomer):
    html = text(phone(newcomer[0]).get("/people/password"))
    assert 'class="nav"' not in html
    assert 'name="old"' not in html


def test_changed_with_the_present_one(phone, known):
    page = phone(known)
    answer = page.send("/people/password", twice(NEW, old=PASSWORD))
    assert answer.status_code == 303
    assert Person.get_by_id(known.id).has_password(NEW)
    event = journal.about(thing=known).get()
    assert event.action == "people.password"
    assert NEW not in str(event.facts)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Please fill this in."),
        ({"old": PASSWORD}, "Please fill this in."),
        (twice(NEW, old="not it"), "That is not the present password."),
        ({"old": PASSWORD, "new": NEW, "again": NEW + "x"}, "The two are not the same."),
        (twice("short", old=PASSWORD), "From 8 to 128 characters"),
        (twice("x1" * 65, old=PASSWORD), "From 8 to 128 characters"),
        (twice("x1y" * 350_000, old=PASSWORD), "From 8 to 128 characters"),
        (twice("12345678", old=PASSWORD), "Everybody would try this one first."),
        (twice("PassWord", old=PASSWORD), "Everybody would try this one first."),
        (twice("aaaaaaaaab", old=PASSWORD), "Everybody would try this one first."),
        (twice("13800000004", old=PASSWORD), "your own name or phone number"),
        (twice("li13800000004min", old=PASSWORD), "your own name or phone number"),
        (twice(PASSWORD, old=PASSWORD), "That is the old password"),
    ],
)
def test_bad_input_is_told_in_words(phone, known, form, words):
    answer = phone(known).send("/people/password", form)
    assert answer.status_code == 422
    assert words in text(answer)
    assert Person.get_by_id(known.id).has_password(PASSWORD)


@pytest.mark.parametrize("good", ["红领巾操场升旗台", "🎈🌧️<b>7654321", "correct horse", "12345679x"])
def test_what_will_do(known, ctx, good):
    assert problem(good, known) is None


def test_the_first_password_can_not_be_kept(phone, newcomer):
    person, first = newcomer
    answer = phone(person).send("/people/password", twice(first))
    assert answer.status_code == 422
    assert "That is the old password" in text(answer)
    assert Person.get_by_id(person.id).must_change


def test_sent_twice_it_is_answered_the_same_and_no_fingerprint_is_kept(phone, known):
    page, form = phone(known), twice(NEW, old=PASSWORD)
    before = Submission.select().count()
    answers = [page.send("/people/password", form, key="the-same-key-twice") for _turn in range(2)]
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, "/")] * 2
    assert journal.about(thing=known).where(journal.Event.action == "people.password").count() == 2  # the fixture's too
    assert Submission.select().count() == before


def test_what_was_typed_is_never_sent_back(phone, known):
    assert NEW not in text(phone(known).send("/people/password", twice(NEW, old="not it")))


def test_a_card_and_a_stranger_have_none(phone, school):
    assert phone(school.card).get("/people/password").status_code == 403
    assert phone().get("/people/password").location == "/people/sign-in?next=/people/password"
    assert phone().send("/people/password", twice(NEW)).status_code == 401
