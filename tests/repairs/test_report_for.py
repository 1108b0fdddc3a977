"""代报: the electrician or the office files for someone who called."""

import pytest

from app.journal import Event
from app.people.models import Person
from app.repairs.models import Ticket

from .conftest import HOSTILE


def form(school, **given):
    return {"place_id": school.places.toilet.id, "place": "二楼男厕", "kind": "water", "words": "堵了", **given}


def test_the_electrician_files_for_a_colleague(school, phone):
    answer = phone(school.electrician).send("/repairs/report-for", form(school, caller="李敏"))
    ticket = Ticket.get()
    assert answer.status_code == 303
    assert answer.location.endswith(f"/repairs/{ticket.id}")
    assert (ticket.person, ticket.caller, ticket.place) == (school.electrician, school.teacher, school.places.toilet)
    assert ticket.reporter == "李敏"
    assert ticket.reporter_phone == school.teacher.phone
    assert phone(school.teacher).get(f"/repairs/{ticket.id}").status_code == 200


def test_any_name_will_do(school, phone):
    phone(school.director).send("/repairs/report-for", form(school, caller="门卫老张"))
    ticket = Ticket.get()
    assert (ticket.caller, ticket.caller_name, ticket.reporter) == (None, "门卫老张", "门卫老张")
    assert ticket.reporter_phone is None


def test_nobody_called(school, phone):
    phone(school.electrician).send("/repairs/report-for", form(school))
    assert Ticket.get().reporter == school.electrician.name


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(school, phone, name):
    phone(school.electrician).send("/repairs/report-for", form(school, caller=name))
    page = phone(school.director).get(f"/repairs/{Ticket.get().id}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"place_id": "", "place": ""}, "Please fill this in."),
        ({"place_id": "", "place": "没有这个房间"}, "Nothing fits"),
        ({"place_id": "99999999", "place": "x"}, "Nothing fits"),
        ({"place_id": "1 OR 1=1", "place": "<b>"}, "Nothing fits"),
        ({"kind": ""}, "Please tap what is broken."),
        ({"words": ""}, "Say in some words"),
        ({"words": "a" * 1_000_000}, "At most 500 characters"),
    ],
)
def test_bad_input(school, phone, wrong, sentence):
    answer = phone(school.electrician).send("/repairs/report-for", form(school, caller="李敏", **wrong))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="李敏"' in answer.text
    assert not Ticket.select().exists()


def test_two_who_fit_are_offered(school, phone):
    Person.add("李敏华", phone="13900000099")
    answer = phone(school.electrician).send("/repairs/report-for", form(school, caller="李"))
    assert answer.status_code == 422
    assert "Which one?" in answer.text


@pytest.mark.parametrize("who", ["teacher", "cleaner", "stranger", "principal", "card"])
def test_others_may_not(school, phone, who):
    assert phone(getattr(school, who)).get("/repairs/report-for").status_code == 403
    assert phone(getattr(school, who)).send("/repairs/report-for", form(school)).status_code == 403
    assert not Ticket.select().exists()


def test_once_only_and_in_the_journal(school, phone):
    browser = phone(school.electrician)
    for _each in range(2):
        browser.send("/repairs/report-for", form(school), key="f" * 20)
    (event,) = Event.select().where(Event.action == "repairs.reported")
    assert (event.place, event.person) == (school.places.toilet, school.electrician)
