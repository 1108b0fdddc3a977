"""Adding staff: the first password is shown once, on the answer page, and is kept nowhere."""

import re

import pytest

from app import journal
from app.once import Submission
from app.people.models import Office, Person
from app.people.permissions import DUTIES, ROLES
from tests.people.conftest import text

FORM = {
    "name": "何小雨",
    "phone": "139 0000 0009",
    "post": "教师",
    "office": "0",
    "roles": ["teacher", "counsellor"],
}


def shown_password(html: str) -> str:
    return re.search(r'id="first-password">([a-z2-9]{10})<', html)[1]


def added() -> Person | None:
    return Person.get_or_none(Person.name == "何小雨")


def test_works_and_the_password_signs_in(phone, school, sign_in):
    answer = phone(school.director).send("/people/add", {**FORM, "office": school.teaching.id})
    assert answer.status_code == 200
    person = added()
    assert (person.phone, person.post, person.office) == ("13900000009", "教师", school.teaching)
    assert person.given_roles == {"teacher", "counsellor"}
    assert person.initials == "hxy"
    assert person.must_change
    assert sign_in(phone(), "13900000009", shown_password(text(answer))).status_code == 303


def test_the_password_is_kept_nowhere(phone, school, app):
    answer = phone(school.director).send("/people/add", FORM)
    first = shown_password(text(answer))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.location is None
    everything = [str(row.__data__) for model in (Submission, journal.Event, Person) for row in model.select()]
    assert not any(first in row for row in everything)
    page = phone(school.director)
    for url in ("/people/", f"/people/{added().id}", "/people/?words=hxy"):
        assert first not in text(page.get(url))


def test_sent_twice_there_is_one_account_and_no_second_look(phone, school):
    page = phone(school.director)
    first = page.send("/people/add", FORM, key="the-same-key-twice")
    again = page.send("/people/add", FORM, key="the-same-key-twice")
    assert Person.select().where(Person.name == "何小雨").count() == 1
    assert (again.status_code, again.location) == (303, f"/people/{added().id}")
    html = text(page.get(again.location))
    assert "The first password was shown once." in html
    assert shown_password(text(first)) not in html


def test_is_in_the_journal(phone, school):
    phone(school.director).send("/people/add", FORM)
    event = journal.about(thing=added()).get()
    assert (event.action, event.person_id, event.facts) == ("people.added", school.director.id, {"name": "何小雨"})


def test_without_phone_post_office_or_role(phone, school, sign_in):
    answer = phone(school.director).send("/people/add", {"name": "何小雨"})
    assert answer.status_code == 200
    assert added().phone is None
    assert sign_in(phone(), "何小雨", shown_password(text(answer))).status_code == 303
    assert phone(school.director).send("/people/add", {"name": "方圆"}).status_code == 200  # a second one without phone


def test_a_new_office_on_the_way(phone, school):
    phone(school.director).send("/people/add", {**FORM, "new_office": "德育处"})
    assert added().office.name == "德育处"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "   "}, "Please fill this in."),
        ({"name": "何" * 41}, "At most 40 characters"),
        ({"name": "何" * 350_000}, "At most 40 characters"),
        ({"name": "13912345678"}, "A name, please, not a number."),
        ({"phone": "13800000004"}, "Another account has this phone number."),
        ({"phone": "+86 138-0000-0004"}, "Another account has this phone number."),
        ({"phone": "123"}, "digits only"),
        ({"phone": "打不通"}, "digits only"),
        ({"phone": "1" * 21}, "At most 20 characters"),
        ({"post": "x" * 61}, "At most 60 characters"),
        ({"office": "999999"}, "There is no such office."),
        ({"office": "🎈"}, "There is no such office."),
        ({"office": "-1"}, "There is no such office."),
        ({"new_office": "总务处"}, "There is already an office 总务处."),
        ({"new_office": "x" * 61}, "At most 60 characters"),
        ({"roles": ["teacher", "king"]}, "There is no such role."),
        ({"roles": ["staff"]}, "There is no such role."),
        ({"name": "李敏", "phone": ""}, "There is already a 李敏; namesakes sign in by phone number."),
    ],
)
def test_bad_input_is_told_in_words_and_nothing_is_stored_or_lost(phone, school, change, words):
    page = phone(school.director)
    before = Person.select().count(), Office.select().count(), journal.Event.select().count()
    answer = page.send("/people/add", {**FORM, "post": "美术 <b>教师</b> 🎈", **change})
    html = text(answer)
    assert answer.status_code == 422
    assert words in html
    assert (Person.select().count(), Office.select().count(), journal.Event.select().count()) == before
    if "post" not in change:
        assert 'value="美术 &lt;b&gt;教师&lt;/b&gt; 🎈"' in html
    if "roles" not in change:
        assert re.search(r'value="counsellor" checked', html)


def test_hostile_names_are_kept_and_shown_as_text(phone, school):
    name = "<script>alert('何')</script>🎈"
    answer = phone(school.director).send("/people/add", {**FORM, "name": name})
    assert answer.status_code == 200
    assert Person.select().where(Person.name == name).exists()
    assert "<script>alert" not in text(answer)


def test_the_namesake_must_have_a_phone_too(phone, school):
    Person.add("何小雨", by=school.director)
    answer = phone(school.director).send("/people/add", FORM)
    assert answer.status_code == 422
    assert "First enter the phone number of the other 何小雨." in text(answer)


@pytest.mark.parametrize("who", ["custodian", "principal", "electrician", "teacher", "counsellor", "stranger"])
def test_only_the_director_may(phone, school, who):
    page = phone(getattr(school, who))
    assert page.get("/people/add").status_code == 403
    assert page.send("/people/add", FORM).status_code == 403
    assert added() is None


def test_a_card_and_a_stranger_may_not(phone, school):
    assert phone(school.card).send("/people/add", FORM).status_code == 403
    assert phone().send("/people/add", FORM).status_code == 401
    assert added() is None


def test_each_role_stands_there_with_its_sentence(phone, school):
    html = text(phone(school.director).get("/people/add"))
    for role in ROLES:
        assert f'value="{role}"' in html
    assert "keeps the ledger, prints labels, lends and takes back" in html
    assert DUTIES.keys() == ROLES.keys()


def test_the_answer_names_the_address_of_the_settings(phone, school, app):
    answer = phone(school.director).send("/people/add", FORM, headers={"X-Forwarded-Host": "evil.example"})
    assert app.config["BASE_URL"] in text(answer)
    assert "evil.example" not in text(answer)
