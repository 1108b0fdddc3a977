"""The one table of permissions, on a page and as a rule; and the first director of an empty school."""

from html import unescape

import peewee
import pytest

from app import db
from app.people.models import Person, PersonRole, SignIn, ensure_director
from app.people.permissions import COMES_AS, DERIVED, DERIVED_FROM, DUTIES, PERMISSIONS, ROLES, holds
from tests.people.conftest import text


@pytest.mark.parametrize("who", ["director", "teacher", "cleaner", "stranger"])
def test_the_page_says_everything_of_the_table(phone, school, who):
    html = unescape(text(phone(getattr(school, who)).get("/people/permissions")))
    for permission in PERMISSIONS.values():
        assert str(permission.sentence) in html
    for words in (*ROLES.values(), *DERIVED.values(), *DERIVED_FROM.values(), *COMES_AS.values()):
        assert str(words) in html


def test_the_page_marks_what_one_is(phone, school):
    html = text(phone(school.cleaner).get("/people/permissions"))
    assert html.count(">you<") == 2  # everybody with an account, and cleaner


def test_a_card_and_a_stranger_do_not_see_it(phone, school):
    assert phone(school.card).get("/people/permissions").status_code == 403
    assert phone().get("/people/permissions").status_code == 303


def test_takes_one_query(phone, school, counted):
    page = phone(school.teacher)
    with counted() as q:
        page.get("/people/permissions")
    assert q.count == 1


def test_the_table_knows_only_its_own_roles():
    known = {*ROLES, *COMES_AS}
    assert all(permission.roles <= known for permission in PERMISSIONS.values())
    assert DUTIES.keys() == ROLES.keys()
    assert DERIVED_FROM.keys() == DERIVED.keys()


def test_a_stranger_may_only_report_and_a_card_little_more():
    assert {name for name in PERMISSIONS if holds(name, frozenset({"anyone"}))} == {"repairs.report"}
    card = {name for name in PERMISSIONS if holds(name, frozenset({"card"}))}
    assert card <= {"repairs.report", "inspections.score", "inspections.results", "inspections.walk", "home.desk"}


def test_roles_add_up(school):
    person, _first = Person.add("何小雨", roles=("cleaner", "electrician"))
    assert person.may("inspections.tick")
    assert person.may("repairs.fix")
    assert not person.may("assets.value")


def test_an_unknown_action_is_an_error(school):
    with pytest.raises(KeyError):
        school.director.may("no.such")


def test_a_cards_number_opens_nobodys_account(phone, school):
    assert not list(Person.visible_to(school.card))  # its id is also the id of a person
    assert list(Person.visible_to(school.teacher)) == [school.teacher]


# The first start -----------------------------------------------------------------------------------------------


def test_an_empty_school_gets_a_director_once(phone, sign_in, app):
    person, password = ensure_director()
    assert (person.name, person.given_roles, person.must_change) == ("管理员", {"director"}, True)
    assert sign_in(phone(), "管理员", password).status_code == 303
    assert ensure_director() is None


def test_a_school_with_people_gets_none(school):
    before = Person.select().count()
    assert ensure_director() is None
    assert Person.select().count() == before


def test_the_database_keeps_roles_and_sign_ins_whole(school):
    with pytest.raises(peewee.IntegrityError), db.database.atomic():
        PersonRole.create(person=school.teacher, role="teacher")
    with pytest.raises(peewee.IntegrityError), db.database.atomic():
        SignIn.create(token="x", ends_at="2027-01-01 00:00:00")  # of nobody
    with pytest.raises(peewee.IntegrityError), db.database.atomic():
        SignIn.create(token="x", ends_at="2027-01-01 00:00:00", person=school.teacher, card=school.card)
    with pytest.raises(peewee.IntegrityError), db.database.atomic():
        Person.create(name="x", phone=school.teacher.phone)
