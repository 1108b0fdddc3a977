"""Changing an account, switching it off and on, a new first password."""

import pytest

from app import journal
from app.errors import Refused
from app.people.models import Office, Person
from tests.people.conftest import text
from tests.people.test_add import shown_password


def form_of(person: Person, **change):
    roles = sorted(person.given_roles)
    known = {"name": person.name, "phone": person.phone, "post": person.post, "office": person.office_id or 0}
    return {**known, "roles": roles, **change}


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def test_changes_everything(phone, school):
    page, form = (
        phone(school.director),
        {"name": "李小敏", "phone": "13911112222", "post": "年级组长", "roles": ["guard"]},
    )
    answer = page.send(f"/people/{school.teacher.id}/edit", {**form, "office": school.office.id})
    assert (answer.status_code, answer.location) == (303, f"/people/{school.teacher.id}")
    person = again(school.teacher)
    assert (person.name, person.phone, person.post, person.office) == (
        "李小敏",
        "13911112222",
        "年级组长",
        school.office,
    )
    assert (person.given_roles, person.initials) == ({"guard"}, "lxm")
    assert "Saved what you changed for 李小敏." in text(page.get(answer.location))


def test_the_form_shows_what_is_known(phone, school):
    html = text(phone(school.director).get(f"/people/{school.teacher.id}/edit"))
    for words in ('value="李敏"', 'value="13800000004"', 'value="teacher" checked', "selected"):
        assert words in html


def test_what_was_changed_is_in_the_journal_in_words(phone, school):
    page = phone(school.director)
    page.send(f"/people/{school.teacher.id}/edit", form_of(school.teacher, post="组长", roles=["teacher", "guard"]))
    event = journal.about(thing=school.teacher).get()
    assert event.facts == {"what": ["post", "roles"]}
    assert "changed the account: post, roles" in text(page.get(f"/people/{school.teacher.id}"))


def test_nothing_changed_is_no_event(phone, school):
    before = journal.about(thing=school.teacher).count()
    assert phone(school.director).send(f"/people/{school.teacher.id}/edit", form_of(school.teacher)).status_code == 303
    assert journal.about(thing=school.teacher).count() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"phone": "13800000001"}, "Another account has this phone number."),
        ({"roles": ["nobody"]}, "There is no such role."),
        ({"office": "x"}, "There is no such office."),
        ({"name": "冯伟", "phone": ""}, "There is already a 冯伟"),
        ({"new_office": "教务处"}, "There is already an office 教务处."),
        ({"post": "x" * 1_000_000}, "At most 60 characters"),
    ],
)
def test_bad_input_changes_nothing(phone, school, change, words):
    answer = phone(school.director).send(f"/people/{school.teacher.id}/edit", form_of(school.teacher, **change))
    assert answer.status_code == 422
    assert words in text(answer)
    person = again(school.teacher)
    assert (person.name, person.phone, person.post) == ("李敏", "13800000004", "班主任")


@pytest.mark.parametrize("id", ["0", "999999"])
@pytest.mark.parametrize("action", ["edit", "closure", "reopening", "first-password"])
def test_nobody_is_404(phone, school, id, action):
    assert phone(school.director).send(f"/people/{id}/{action}", {"reason": "x", "name": "y"}).status_code == 404


@pytest.mark.parametrize("who", ["custodian", "principal", "electrician", "teacher", "stranger"])
@pytest.mark.parametrize("action", ["edit", "closure", "reopening", "first-password"])
def test_only_the_director_may(phone, school, who, action):
    form = form_of(school.cleaner, reason="x", roles=["director"])
    page = phone(getattr(school, who))
    assert page.send(f"/people/{school.cleaner.id}/{action}", form).status_code == 403
    assert page.send(f"/people/{getattr(school, who).id}/{action}", form).status_code == 403  # nor for oneself
    assert phone(school.card).send(f"/people/{school.cleaner.id}/{action}", form).status_code == 403
    assert phone().send(f"/people/{school.cleaner.id}/{action}", form).status_code == 401
    assert again(school.cleaner).given_roles == {"cleaner"}
    assert again(school.cleaner).is_active


# The only director ---------------------------------------------------------------------------------------------


def test_the_only_director_can_not_lose_the_role(phone, school):
    answer = phone(school.director).send(
        f"/people/{school.director.id}/edit", form_of(school.director, roles=["teacher"])
    )
    assert answer.status_code == 409
    assert "This is the only director" in text(answer)
    assert again(school.director).given_roles == {"director"}


def test_the_only_director_can_not_be_switched_off(school):
    with pytest.raises(Refused, match="only director"):
        school.director.close(school.custodian, "left")
    assert again(school.director).is_active


def test_a_director_who_is_switched_off_does_not_count(school):
    second, _first = Person.add("周正", roles=("director",))
    school.director.change(second, roles=("teacher",))
    with pytest.raises(Refused, match="only director"):
        second.change(school.director, roles=())


def test_one_of_two_directors_may_go(phone, school):
    second, _first = Person.add("周正", roles=("director",), must_change=False)
    answer = phone(second).send(f"/people/{school.director.id}/closure", {"reason": "retired"})
    assert answer.status_code == 303
    assert not again(school.director).is_active


def test_nobody_switches_off_the_own_account(phone, school):
    Person.add("周正", roles=("director",))
    answer = phone(school.director).send(f"/people/{school.director.id}/closure", {"reason": "x"})
    assert answer.status_code == 409
    assert "your own account" in text(answer)


# Off and on ----------------------------------------------------------------------------------------------------


def test_off_with_a_reason_and_on_again(phone, school, known, sign_in):
    page = phone(school.director)
    answer = page.send(f"/people/{known.id}/closure", {"reason": "moved to <b>another</b> school"})
    assert answer.location == f"/people/{known.id}"
    html = text(page.get(answer.location))
    assert "is switched off" in html
    assert "switched the account off: moved to &lt;b&gt;another&lt;/b&gt; school" in html
    assert sign_in(phone(), "李敏").status_code == 422
    page.send(f"/people/{known.id}/reopening")
    assert journal.about(thing=known).get().action == "people.opened"
    assert sign_in(phone(), "李敏").status_code == 303


@pytest.mark.parametrize(
    ("reason", "words"), [("", "Please fill this in."), ("x" * 201, "At most 200"), ("x" * 1_000_000, "At most 200")]
)
def test_without_a_good_reason_it_stays_on(phone, school, reason, words):
    answer = phone(school.director).send(f"/people/{school.teacher.id}/closure", {"reason": reason})
    assert answer.status_code == 422
    assert words in text(answer)
    assert again(school.teacher).is_active


def test_twice_off_and_twice_on(phone, school):
    page, url = phone(school.director), f"/people/{school.teacher.id}"
    assert page.send(f"{url}/reopening").status_code == 409
    page.send(f"{url}/closure", {"reason": "left"})
    assert page.send(f"{url}/closure", {"reason": "left"}).status_code == 409
    assert page.send(f"{url}/first-password").status_code == 409


def test_the_same_form_twice_acts_once(phone, school):
    page, url = phone(school.director), f"/people/{school.teacher.id}/closure"
    answers = [page.send(url, {"reason": "left"}, key="the-same-key-twice").status_code for _turn in range(2)]
    assert answers == [303, 303]


def test_a_namesake_who_came_meanwhile_keeps_the_name_apart(phone, school):
    school.teacher.change(school.director, phone=None)
    school.teacher.close(school.director, "left")
    Person.add("李敏", by=school.director, phone="13900000001")
    answer = phone(school.director).send(f"/people/{school.teacher.id}/reopening")
    assert answer.status_code == 422
    assert not again(school.teacher).is_active


# A new first password ------------------------------------------------------------------------------------------


def test_a_new_first_password_is_shown_once(phone, school, known, sign_in):
    page, url = phone(school.director), f"/people/{known.id}/first-password"
    answer = page.send(url, key="the-same-key-twice")
    first = shown_password(text(answer))
    assert sign_in(phone(), "李敏").status_code == 422  # the old one is dead
    assert sign_in(phone(), "李敏", first).status_code == 303
    assert again(known).must_change
    event = journal.about(thing=known).where(journal.Event.action == "people.password_reset").get()
    assert (event.person_id, first in str(event.facts)) == (school.director.id, False)
    assert page.send(url, key="the-same-key-twice").location == f"/people/{known.id}"
    assert again(known).has_password(first)


# Offices -------------------------------------------------------------------------------------------------------


def test_an_office_is_added_with_its_head(phone, school):
    page = phone(school.director)
    answer = page.send("/people/offices", {"name": "德育处", "head": "wxy"})
    assert answer.location == "/people/offices"
    office = Office.get(Office.name == "德育处")
    assert office.head == school.counsellor
    assert "head: 吴晓燕" in text(page.get("/people/offices"))
    assert journal.about(thing=office).get().action == "office.added"


def test_an_office_is_changed(phone, school):
    page, url = phone(school.director), f"/people/offices/{school.office.id}"
    assert 'value="总务处"' in text(page.get(url))
    page.send(url, {"name": "总务后勤处", "head_id": school.director.id, "head": "赵建国"})
    office = Office.get_by_id(school.office.id)
    assert (office.name, office.head) == ("总务后勤处", school.director)
    assert journal.about(thing=office).get().action == "office.changed"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "教务处"}, "There is already an office 教务处."),
        ({"name": "x" * 61}, "At most 60"),
        ({"name": "新处", "head": "没有此人"}, "Nothing fits"),
        ({"name": "新处", "head": "1380000"}, "Which one?"),
        ({"name": "新处", "head": "x", "head_id": "999999"}, "Nothing fits"),
    ],
)
def test_bad_offices(phone, school, form, words):
    page = phone(school.director)
    before = Office.select().count()
    for url in ("/people/offices", f"/people/offices/{school.office.id}"):
        answer = page.send(url, form)
        assert answer.status_code == 422
        assert words in text(answer)
    assert Office.select().count() == before
    assert Office.get_by_id(school.office.id).name == "总务处"


def test_offices_take_a_constant_number_of_queries(phone, school, counted):
    page = phone(school.director)
    for number in range(12):
        Office.create(name=f"处{number}", head=school.teacher)
    with counted() as q:
        page.get("/people/offices")
    assert q.count == 2
    assert page.get("/people/offices/999999").status_code == 404


@pytest.mark.parametrize("who", ["custodian", "teacher", "principal"])
def test_offices_are_the_directors(phone, school, who):
    page = phone(getattr(school, who))
    assert page.get("/people/offices").status_code == 403
    assert page.send("/people/offices", {"name": "x"}).status_code == 403
    assert page.send(f"/people/offices/{school.office.id}", {"name": "x"}).status_code == 403
