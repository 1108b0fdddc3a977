"""The table of which damage goes to whom."""

import pytest

from app.errors import Refused
from app.journal import Event
from app.repairs.models import KINDS, Route

MEDIA = "/repairs/routes/media"


def test_the_director_gives_a_kind_to_an_office(school, phone):
    browser = phone(school.director)
    page = browser.get("/repairs/routes").text
    assert all(f"/repairs/routes/{kind}" in page for kind in KINDS)
    assert "总务处" in browser.get(MEDIA).text
    assert browser.send(MEDIA, {"to": f"office:{school.teaching.id}"}).status_code == 303
    assert Route.get().office == school.teaching
    assert "教务处" in browser.get("/repairs/routes").text
    (event,) = Event.select().where(Event.action == "repairs.routed")
    assert event.person == school.director
    assert "教务处" in event.sentence


def test_to_a_person_at_once_and_back_to_the_electricians(school, phone):
    browser = phone(school.director)
    browser.send(MEDIA, {"to": "person", "person": "冯伟", "straight": "y"})
    assert (Route.get().person, Route.get().straight) == (school.stranger, True)
    assert "冯伟" in browser.get(MEDIA).text
    browser.send(MEDIA, {"to": "role:electrician", "straight": "y"})
    line = Route.get()
    assert (line.role, line.person, line.straight) == ("electrician", None, False)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Please choose one"),
        ({"to": "person"}, "Please name the person."),
        ({"to": "person", "person": "谁也不是"}, "Nothing fits"),
        ({"to": "office:999"}, "Please choose one"),
        ({"to": "role:principal"}, "Please choose one"),
        ({"to": "x" * 1_000_000}, "Please choose one"),
    ],
)
def test_bad_input(school, phone, form, sentence):
    answer = phone(school.director).send(MEDIA, form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert form.get("person", "") in answer.text
    assert not Route.select().exists()


def test_a_kind_that_there_is_not(school, phone):
    browser = phone(school.director)
    assert browser.get("/repairs/routes/magic").status_code == 404
    assert browser.send("/repairs/routes/magic", {"to": "role:director"}).status_code == 404
    with pytest.raises(Refused):
        Route.lead(school.director, "magic", role="director")


def test_others_may_not(school, phone):
    for who in ("teacher", "electrician", "custodian", "principal", "card"):
        browser = phone(getattr(school, who))
        assert browser.get("/repairs/routes").status_code == 403
        assert browser.send(MEDIA, {"to": "role:director"}).status_code == 403
    assert phone().send(MEDIA, {"to": "role:director"}).status_code == 401
    assert not Route.select().exists()


def test_once_only(school, phone):
    browser = phone(school.director)
    for _each in range(2):
        browser.send(MEDIA, {"to": "role:director"}, key="r" * 20)
    assert Event.select().where(Event.action == "repairs.routed").count() == 1


def test_the_table_is_one_query(school, phone, counted):
    for kind in KINDS:
        Route.lead(school.director, kind, person=school.electrician)
    browser = phone(school.director)
    browser.get("/repairs/routes")
    with counted() as q:
        browser.get("/repairs/routes")
    assert q.count <= 4, q.sql


def test_who_left_gets_nothing_and_the_electricians_do(school):
    Route.lead(school.director, "media", person=school.stranger, straight=True)
    school.stranger.close(school.director, "调走")
    assert Route.straight_to("media") is None
    assert Route.people_of("media") == [school.electrician.id]
    with pytest.raises(Refused):
        Route.lead(school.director, "water", person=school.stranger)
