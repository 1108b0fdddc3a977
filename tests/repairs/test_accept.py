"""Accept, send back, make void."""

from datetime import timedelta

import pytest

from app import clock
from app.journal import Event
from app.repairs.models import Step, Ticket

from .conftest import HOSTILE

VERBS = {"acceptance": {}, "refusal": {"note": "重复"}, "voiding": {"note": "试填"}}
STATE = {"acceptance": "accepted", "refusal": "refused", "voiding": "voided"}


@pytest.mark.parametrize("verb", VERBS)
def test_the_director_may(school, phone, report, verb):
    ticket = report()
    answer = phone(school.director).send(f"/repairs/{ticket.id}/{verb}", VERBS[verb])
    assert answer.status_code == 303
    step = Step.select().order_by(Step.id.desc()).get()
    assert (Ticket.get().state, step.kind, step.person) == (STATE[verb], STATE[verb], school.director)
    assert step.note == VERBS[verb].get("note", "")


def test_acceptance_starts_the_clock_of_an_anonymous_report(school, phone, report):
    ticket = report(by=None)
    clock.set_hands(clock.now() + timedelta(hours=5))
    phone(school.director).send(f"/repairs/{ticket.id}/acceptance")
    assert Ticket.get().clock_from == clock.now()


def test_acceptance_leaves_a_running_clock_alone(school, phone, report):
    ticket = report()
    clock.set_hands(clock.now() + timedelta(hours=5))
    phone(school.director).send(f"/repairs/{ticket.id}/acceptance")
    assert Ticket.get().clock_from == ticket.at


@pytest.mark.parametrize("verb", ["refusal", "voiding"])
@pytest.mark.parametrize("note", ["", "  ", "长" * 201, "x" * 1_000_000])
def test_a_reason_must_be_given(school, phone, report, verb, note):
    ticket = report()
    answer = phone(school.director).send(f"/repairs/{ticket.id}/{verb}", {"note": note})
    assert answer.status_code == 422
    assert "Please fill this in." in answer.text or "At most 200 characters" in answer.text
    assert note.strip() in answer.text
    assert 'fold" open' in answer.text
    assert Ticket.get().state == "reported"


@pytest.mark.parametrize("note", HOSTILE)
def test_hostile_reasons(school, phone, report, note):
    ticket = report()
    phone(school.director).send(f"/repairs/{ticket.id}/refusal", {"note": note})
    assert Step.select().order_by(Step.id.desc()).get().note == note
    for address in (f"/repairs/{ticket.id}", f"/repairs/receipt/{ticket.receipt_secret}"):
        page = phone(school.teacher).get(address)
        assert page.status_code == 200
        assert "<script>alert" not in page.text


@pytest.mark.parametrize("verb", VERBS)
def test_others_may_not(school, phone, report, verb):
    ticket = report()
    for who in ("teacher", "stranger", "cleaner", "principal", "custodian", "card"):
        assert phone(getattr(school, who)).send(f"/repairs/{ticket.id}/{verb}", VERBS[verb]).status_code == 403
    assert phone().send(f"/repairs/{ticket.id}/{verb}", VERBS[verb]).status_code == 401
    assert Ticket.get().state == "reported"


def test_the_electrician_accepts_and_sends_back_but_voids_nothing(school, phone, report):
    first, second = report(), report()
    browser = phone(school.electrician)
    assert browser.send(f"/repairs/{first.id}/acceptance").status_code == 303
    assert browser.send(f"/repairs/{first.id}/refusal", {"note": "重复"}).status_code == 303
    assert browser.send(f"/repairs/{second.id}/voiding", {"note": "试填"}).status_code == 403


@pytest.mark.parametrize("verb", VERBS)
def test_once_only_and_in_the_journal(school, phone, report, verb):
    ticket, browser = report(), phone(school.director)
    answers = [browser.send(f"/repairs/{ticket.id}/{verb}", VERBS[verb], key="v" * 20) for _each in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    (event,) = Event.select().where(Event.action == f"repairs.{STATE[verb]}")
    assert (event.place, event.person) == (school.places.classroom, school.director)
    assert VERBS[verb].get("note", "") in event.sentence


@pytest.mark.parametrize("verb", VERBS)
def test_a_ticket_that_is_over_says_so(school, phone, report, verb):
    ticket = report()
    ticket.send_back(school.director, "重复")
    answer = phone(school.director).send(f"/repairs/{ticket.id}/{verb}", VERBS[verb])
    assert answer.status_code == 409
    assert "sent back" in answer.text


@pytest.mark.parametrize("id", ["0", "99999", "9223372036854775808"])
def test_a_ticket_that_is_none(school, phone, id):
    assert phone(school.director).send(f"/repairs/{id}/acceptance").status_code == 404
