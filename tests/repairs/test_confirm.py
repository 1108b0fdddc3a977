"""The reporter confirms, or sends it back to be repaired again."""

from datetime import timedelta

import pytest

from app import clock
from app.journal import Event
from app.repairs.models import RATINGS, Step, Ticket


@pytest.fixture
def fixed(school, report):
    ticket = report()
    ticket.take(school.electrician)
    ticket.fix(school.electrician, "replaced")
    return ticket


@pytest.mark.parametrize("rating", ["", *RATINGS])
def test_the_reporter_confirms_with_one_tap(school, phone, fixed, rating):
    answer = phone(school.teacher).send(f"/repairs/{fixed.id}/confirmation", {"rating": rating})
    assert answer.status_code == 303
    step = Step.select().order_by(Step.id.desc()).get()
    assert (Ticket.get().state, step.rating, step.person) == ("confirmed", rating, school.teacher)


def test_not_fixed_goes_back_with_words(school, phone, fixed):
    clock.set_hands(clock.now() + timedelta(hours=3))
    assert phone(school.teacher).send(f"/repairs/{fixed.id}/rework", {"note": "还在滴"}).status_code == 303
    ticket = Ticket.get()
    assert (ticket.state, ticket.fixed_at) == ("reworked", None)
    assert ticket.clock_from == fixed.at + timedelta(hours=3)  # the time it stood as fixed does not count
    page = phone(school.electrician).get("/repairs/").text
    assert "to be repaired again" in page


def test_the_buttons_stand_only_where_they_may_be_pressed(school, phone, fixed, report):
    question = "Is it good again?"
    assert question in phone(school.teacher).get(f"/repairs/{fixed.id}").text
    assert question in phone(school.director).get(f"/repairs/{fixed.id}").text
    assert question not in phone(school.electrician).get(f"/repairs/{fixed.id}").text
    assert question not in phone(school.teacher).get(f"/repairs/{report().id}").text


def test_the_repairer_does_not_confirm_the_own_work(school, phone, fixed):
    for verb, form in (("confirmation", {"rating": "satisfied"}), ("rework", {"note": "x"})):
        assert phone(school.electrician).send(f"/repairs/{fixed.id}/{verb}", form).status_code == 403
    assert Ticket.get().state == "fixed"


def test_filed_for_a_caller_the_caller_confirms(school, phone, report):
    ticket = report(by="electrician", caller=school.stranger)
    ticket.fix(school.electrician, "replaced")
    assert phone(school.electrician).send(f"/repairs/{ticket.id}/confirmation").status_code == 403
    assert phone(school.stranger).send(f"/repairs/{ticket.id}/confirmation").status_code == 303


def test_the_class_teacher_confirms_what_a_passer_by_reported_in_the_room(school, phone, report):
    ticket = report(by=None)
    ticket.fix(school.electrician, "replaced")
    assert phone(school.teacher).send(f"/repairs/{ticket.id}/confirmation").status_code == 303


def test_who_joined_may_send_it_back(school, phone, report):
    ticket = report()
    ticket.join(school.stranger)
    ticket.fix(school.electrician, "replaced")
    assert phone(school.stranger).send(f"/repairs/{ticket.id}/rework", {"note": "没好"}).status_code == 303


def test_others_may_not(school, phone, fixed):
    for verb in ("confirmation", "rework"):
        form = {"note": "x"}
        assert phone(school.stranger).send(f"/repairs/{fixed.id}/{verb}", form).status_code == 404
        assert phone(school.custodian).send(f"/repairs/{fixed.id}/{verb}", form).status_code == 403
        assert phone(school.card).send(f"/repairs/{fixed.id}/{verb}", form).status_code == 403
        assert phone().send(f"/repairs/{fixed.id}/{verb}", form).status_code == 401


@pytest.mark.parametrize("note", ["", " ", "长" * 201, "x" * 1_000_000])
def test_rework_without_words_or_with_too_many(school, phone, fixed, note):
    answer = phone(school.teacher).send(f"/repairs/{fixed.id}/rework", {"note": note})
    assert answer.status_code == 422
    assert note.strip() in answer.text
    assert Ticket.get().state == "fixed"


@pytest.mark.parametrize("form", [{"rating": "5 stars"}, {"rating": "<b>"}, {"rating": "", "note": "x" * 1_000_000}])
def test_bad_input_for_a_rating(school, phone, fixed, form):
    assert phone(school.teacher).send(f"/repairs/{fixed.id}/confirmation", form).status_code == 422
    assert Ticket.get().state == "fixed"


@pytest.mark.parametrize(("verb", "kind"), [("confirmation", "confirmed"), ("rework", "reworked")])
def test_once_only_and_in_the_journal(school, phone, fixed, verb, kind):
    browser = phone(school.teacher)
    for _each in range(2):
        assert browser.send(f"/repairs/{fixed.id}/{verb}", {"note": "没好"}, key="c" * 20).status_code == 303
    (event,) = Event.select().where(Event.action == f"repairs.{kind}")
    assert (event.place, event.person) == (school.places.classroom, school.teacher)


def test_too_early_and_too_late(school, phone, report, fixed):
    assert phone(school.teacher).send(f"/repairs/{report().id}/confirmation").status_code == 409
    fixed.confirm(school.teacher)
    assert phone(school.teacher).send(f"/repairs/{fixed.id}/rework", {"note": "x"}).status_code == 409
