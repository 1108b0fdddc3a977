"""The sign-in row is the session: ending it ends the session, whatever the cookie says."""

import pytest

from app import journal
from app.people.models import Person, SignIn
from tests.conftest import PASSWORD
from tests.people.conftest import text, with_password


def is_in(page) -> bool:
    return page.get("/people/me").status_code == 200


def test_on_this_phone_only(phone, school):
    here, there = phone(school.teacher), phone(school.teacher)
    answer = here.send("/people/sign-out")
    assert (answer.status_code, answer.location) == (303, "/people/sign-in")
    assert not is_in(here)
    assert is_in(there)


def test_a_copied_cookie_is_dead_too(phone, school):
    page, thief = phone(school.teacher), phone()
    thief.set_cookie("zongwu", page.get_cookie("zongwu").value)
    assert is_in(thief)
    page.send("/people/sign-out")
    assert not is_in(thief)


def test_everywhere(phone, school):
    here, there, other = phone(school.teacher), phone(school.teacher), phone(school.stranger)
    assert here.send("/people/sign-out/everywhere").location == "/people/sign-in"
    assert [is_in(page) for page in (here, there, other)] == [False, False, True]
    assert journal.about(thing=school.teacher).get().action == "people.signed_out"


def test_one_other_phone(phone, school):
    here, lost = phone(school.teacher), phone(school.teacher)
    row = SignIn.select().where(SignIn.person == school.teacher).order_by(SignIn.id.desc()).get()
    answer = here.send(f"/people/me/phones/{row.id}/end")
    assert answer.location == "/people/me"
    assert is_in(here)
    assert not is_in(lost)
    assert journal.about(thing=school.teacher).get().action == "people.phone_out"


def test_not_a_colleagues_phone(phone, school):
    here, theirs = phone(school.teacher), phone(school.stranger)
    row = SignIn.select().where(SignIn.person == school.stranger).get()
    assert here.send(f"/people/me/phones/{row.id}/end").status_code == 404
    assert is_in(theirs)


def test_switching_the_account_off_ends_it_at_once(phone, school):
    page = phone(school.teacher)
    phone(school.director).send(f"/people/{school.teacher.id}/closure", {"reason": "retired"})
    assert not is_in(page)


def test_a_new_first_password_ends_it_at_once(phone, school):
    page = phone(school.teacher)
    phone(school.director).send(f"/people/{school.teacher.id}/first-password")
    assert not is_in(page)


def test_the_own_new_password_ends_all_but_this_one(phone, known):
    here, there = phone(known), phone(known)
    answer = here.send("/people/password", {"old": PASSWORD, "new": "battery staple 77", "again": "battery staple 77"})
    assert answer.status_code == 303
    assert is_in(here)
    assert not is_in(there)


def test_losing_a_role_takes_hold_at_once(phone, school):
    page = phone(school.custodian)
    assert page.get("/people/").status_code == 200
    Person.get_by_id(school.custodian.id).change(school.director, roles=("teacher",))
    assert page.get("/people/").status_code == 403


def test_ending_a_duty_leads_to_the_first_page(phone, school):
    page = phone(school.card)
    answer = page.send("/people/sign-out")
    assert (answer.status_code, answer.location) == (303, "/")
    assert SignIn.select().where(SignIn.card == school.card, SignIn.ended_at.is_null(False)).exists()
    assert "Duty has ended on this phone." in text(page.get("/"))


def test_twice_and_signed_out_already(phone):
    assert phone().send("/people/sign-out").status_code == 303


@pytest.mark.parametrize("url", ["/people/sign-out/everywhere", "/people/me/phones/1/end"])
def test_a_card_and_a_stranger_may_not(phone, school, url):
    assert phone(school.card).send(url).status_code == 403
    assert phone().send(url).status_code == 401


def test_a_made_up_session_is_nobody(phone, school):
    page = phone()
    with page.session_transaction() as session:
        session["_user_id"] = "made up"
    assert not is_in(page)


def test_the_phone_is_still_known_after_signing_out(phone, known):
    page = phone()
    page.send("/people/sign-in", {"name": "李敏", "password": PASSWORD, "stay": "y"})
    with page.session_transaction() as session:
        device = session["device"]
    page.send("/people/sign-out")
    with page.session_transaction() as session:
        assert session["device"] == device
        assert "_user_id" not in session
    assert SignIn.knows(known, device)
    assert not SignIn.knows(with_password(Person.get(Person.name == "冯伟")), device)
