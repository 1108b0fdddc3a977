"""The list of staff: who sees it, what it shows, how it is searched."""

import pytest

from app.people.models import Person
from tests.people.conftest import text

SEE_IT = ("director", "custodian", "principal")
DO_NOT = ("electrician", "teacher", "cleaner", "counsellor", "stranger")


@pytest.mark.parametrize("who", SEE_IT)
def test_who_sees_it(phone, school, who):
    html = text(phone(getattr(school, who)).get("/people/"))
    for person in vars(school.people).values():
        assert person.name in html
        assert person.phone not in html  # only its ends
    assert "138****0004" in html


@pytest.mark.parametrize("who", DO_NOT)
def test_who_does_not(phone, school, who):
    assert phone(getattr(school, who)).get("/people/").status_code == 403
    assert phone(getattr(school, who)).get(f"/people/{school.teacher.id}").status_code == 403


def test_a_card_and_a_stranger_do_not(phone, school):
    assert phone(school.card).get("/people/").status_code == 403
    assert phone().get("/people/").location == "/people/sign-in?next=/people/"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"words": "李"}, ["李敏"]),
        ({"words": "lm"}, ["李敏"]),
        ({"words": "LM"}, ["李敏"]),
        ({"words": "13800000004"}, ["李敏"]),
        ({"words": " 李 敏 "}, []),
        ({"role": "teacher"}, ["冯伟", "李敏"]),
        ({"role": "no_role"}, []),
        ({"words": "%"}, []),
        ({"words": "_"}, []),
        ({"words": "' or 1=1 --"}, []),
        ({"office": "🎈"}, []),
        ({"office": "999999"}, []),
        ({"role": "teacher", "words": "lm"}, ["李敏"]),
    ],
)
def test_search_and_filter(phone, school, query, found):
    html = text(phone(school.director).get("/people/", query_string=query))
    rows = html.split('id="people-list"')[1]
    assert [name for name in sorted(person.name for person in vars(school.people).values()) if name in rows] == found
    assert ("Nobody fits." in rows) == (not found)


def test_by_office(phone, school):
    html = text(phone(school.director).get("/people/", query_string={"office": school.teaching.id}))
    rows = html.split('id="people-list"')[1]
    assert "李敏" in rows
    assert "赵建国" not in rows


def test_those_switched_off_have_a_list_of_their_own(phone, school):
    school.stranger.close(school.director, "left")
    page = phone(school.director)
    assert "冯伟" not in text(page.get("/people/"))
    html = text(page.get("/people/?off=y"))
    assert "冯伟" in html
    assert "李敏" not in html
    assert "switched off" in html


def test_too_long_a_search_is_no_error(phone, school):
    assert phone(school.director).get("/people/?words=" + "x" * 5000).status_code == 200


@pytest.mark.parametrize("page", ["2", "0", "-1", "x", "999999999999999999999"])
def test_odd_page_numbers(phone, school, page):
    assert phone(school.director).get(f"/people/?page={page}").status_code == 200


def test_pages_and_a_constant_number_of_queries(phone, school, counted):
    page = phone(school.director)
    with counted() as few:
        page.get("/people/")
    for number in range(70):
        Person.create(
            name=f"教师{number:02}", initials=f"js{number:02}", phone=f"1390000{number:04}", office=school.office
        )
    with counted() as many:
        first = text(page.get("/people/"))
    assert few.count == many.count == 4  # who it is, offices for the filter, people, their roles
    assert first.count("139****") == 30 - first.count("138****")
    assert "page 1" in first
    assert "教师69" in text(page.get("/people/?page=3"))


def test_htmx_gets_only_the_list(phone, school):
    answer = phone(school.director).get("/people/?words=lm", headers={"HX-Request": "true"})
    assert text(answer).lstrip().startswith('<div id="people-list"')
    assert "HX-Request" in answer.headers["Vary"]


def test_names_are_shown_as_they_are_and_never_as_markup(phone, school):
    Person.add("<img src=x onerror=alert(1)>🎈", by=school.director, phone="13900000001")
    html = text(phone(school.director).get("/people/"))
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;🎈" in html


# One person ----------------------------------------------------------------------------------------------------


def test_one_person(phone, school):
    html = text(phone(school.director).get(f"/people/{school.teacher.id}"))
    for words in ("李敏", "班主任", "教务处", "13800000004", "opened the account of 李敏"):
        assert words in html


def test_only_the_director_reads_the_whole_phone_number(phone, school):
    html = text(phone(school.custodian).get(f"/people/{school.teacher.id}"))
    assert "138****0004" in html
    assert "13800000004" not in html
    assert "Switch off" not in html


@pytest.mark.parametrize("id", ["0", "999999", "99999999999999999999999"])
def test_nobody_is_404(phone, school, id):
    assert phone(school.director).get(f"/people/{id}").status_code == 404


def test_one_person_takes_few_queries(phone, school, counted):
    page = phone(school.director)
    with counted() as q:
        page.get(f"/people/{school.teacher.id}")
    assert q.count == 4  # who it is, the person with the office, the roles, the events


# Finding a colleague while filling a form ----------------------------------------------------------------------


def find(page, words, field="person"):
    return page.get("/people/find", query_string={"field": field, field: words})


@pytest.mark.parametrize("who", ["director", "custodian", "electrician"])
def test_finds_by_initials(phone, school, who):
    html = text(find(phone(getattr(school, who)), "lm"))
    assert html.count("<label") == 1
    assert f'name="person_id" value="{school.teacher.id}"' in html
    assert "李敏" in html
    assert "班主任" in html
    assert "1380" not in html


@pytest.mark.parametrize("who", ["teacher", "cleaner", "counsellor", "principal"])
def test_who_may_not_find(phone, school, who):
    assert find(phone(getattr(school, who)), "lm").status_code == 403


def test_a_card_and_a_stranger_may_not_find(phone, school):
    assert find(phone(school.card), "lm").status_code == 403
    assert find(phone(), "lm").status_code == 303


@pytest.mark.parametrize("words", ["", "  ", "没有此人", "%", "x" * 5000])
def test_finds_nobody(phone, school, words):
    answer = find(phone(school.director), words)
    assert answer.status_code == 200
    assert "<label" not in text(answer)


def test_finds_eight_at_most_and_nobody_switched_off(phone, school):
    for number in range(12):
        Person.create(name=f"王伟{number}", initials="ww", phone=f"1390000{number:04}")
    Person.create(name="王伟旧", initials="wwj", phone="13911111111", closed_at="2026-01-01 00:00:00")
    html = text(find(phone(school.director), "ww"))
    assert html.count("<label") == 8
    assert "王伟旧" not in text(find(phone(school.director), "王伟旧"))


@pytest.mark.parametrize("field", ["", '"><script>', "a b", "x" * 41, "名"])
def test_an_odd_field_name_is_404(phone, school, field):
    assert find(phone(school.director), "lm", field).status_code == 404


def test_finding_escapes_names(phone, school):
    Person.create(name="<b>王</b>", initials="w", post="<i>x</i>", phone="13911111111")
    html = text(find(phone(school.director), "王"))
    assert "<b>" not in html
    assert "&lt;b&gt;王" in html


def test_the_field_of_the_office_head_uses_it(phone, school):
    html = text(phone(school.director).get("/people/offices"))
    assert 'hx-get="/people/find"' in html
