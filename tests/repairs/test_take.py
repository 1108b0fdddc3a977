"""Take a repair, put it on hold, go on."""

import pytest

from app.errors import Refused
from app.journal import Event
from app.people.models import Person
from app.repairs.models import REASONS, Step, Ticket, check_states
from tests.helpers import at_once, make_school


def test_the_electrician_takes_what_is_reported(school, phone, report):
    ticket = report()
    answer = phone(school.electrician).send(f"/repairs/{ticket.id}/taking")
    assert answer.status_code == 303
    assert (Ticket.get().state, Ticket.get().worker) == ("taken", school.electrician)


def test_taking_starts_the_clock_of_an_anonymous_report(school, report):
    ticket = report(by=None)
    ticket.take(school.electrician)
    assert Ticket.get().clock_from is not None


def test_the_second_is_told_who_was_faster(school, phone, report):
    ticket = report()
    ticket.take(school.electrician)
    answer = phone(school.director).send(f"/repairs/{ticket.id}/taking")
    assert answer.status_code == 409
    assert "孙志强 has already taken this." in answer.text


def test_an_object_that_remembers_an_older_state_is_not_believed(school, report):
    ticket = report()
    remembered = Ticket.get_by_id(ticket.id)
    ticket.take(school.electrician)
    with pytest.raises(Refused, match="already taken"):
        remembered.take(school.director)


@pytest.mark.parametrize("verb", ["taking", "hold", "fix"])
def test_others_may_not(school, phone, report, verb):
    ticket = report()
    for who in ("teacher", "custodian", "principal", "card"):
        assert phone(getattr(school, who)).send(f"/repairs/{ticket.id}/{verb}").status_code == 403
    for who in ("stranger", "cleaner"):  # who may not see a ticket is not told that there is one
        assert phone(getattr(school, who)).send(f"/repairs/{ticket.id}/{verb}").status_code == 404
    assert phone().send(f"/repairs/{ticket.id}/{verb}").status_code == 401
    assert Ticket.get().last == 1


def test_once_only_and_in_the_journal(school, phone, report):
    ticket, browser = report(), phone(school.electrician)
    answers = [browser.send(f"/repairs/{ticket.id}/taking", key="t" * 20) for _each in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    (event,) = Event.select().where(Event.action == "repairs.taken")
    assert (event.place, event.person) == (school.places.classroom, school.electrician)


@pytest.mark.parametrize("reason", REASONS)
def test_on_hold_for_a_reason_and_on_again(school, phone, report, ctx, reason):
    ticket, browser = report(), phone(school.electrician)
    ticket.take(school.electrician)
    assert browser.send(f"/repairs/{ticket.id}/hold", {"reason": reason, "note": "阀芯 4 分"}).status_code == 303
    assert (Ticket.get().state, Ticket.get().state_word) == ("waiting", str(REASONS[reason]))
    assert browser.send(f"/repairs/{ticket.id}/taking").status_code == 303
    assert (Ticket.get().state, Ticket.get().why) == ("taken", "")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Please tap the reason."),
        ({"reason": "lazy"}, "Please tap one of these."),
        ({"reason": "parts", "note": "长" * 201}, "At most 200 characters"),
        ({"reason": "parts", "note": "x" * 1_000_000}, "At most 200 characters"),
    ],
)
def test_bad_input_for_a_hold(school, phone, report, form, sentence):
    ticket = report()
    ticket.take(school.electrician)
    answer = phone(school.electrician).send(f"/repairs/{ticket.id}/hold", {"note": "<i>阀芯</i>", **form})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert form.get("note", "&lt;i&gt;阀芯&lt;/i&gt;") in answer.text
    assert Ticket.get().state == "taken"


def test_only_what_was_taken_can_be_put_on_hold(school, phone, report):
    ticket = report()
    answer = phone(school.electrician).send(f"/repairs/{ticket.id}/hold", {"reason": "parts"})
    assert answer.status_code == 409


@pytest.mark.slow
def test_of_twenty_who_take_it_at_once_one_wins(real_app):
    with real_app.app_context():
        school = make_school()
        workers = [Person.add(f"电工{n}", roles=("electrician",))[0] for n in range(20)]
        ticket = Ticket.report(school.teacher, school.places.classroom, "water", "滴水")

    def taking(worker):
        return lambda: Ticket.get_by_id(ticket.id).take(worker)

    results = at_once(real_app, *(taking(worker) for worker in workers))
    assert sum(isinstance(each, Step) for each in results) == 1
    told = [each for each in results if isinstance(each, Refused)]
    assert len(told) == 19
    with real_app.app_context():
        winner = Ticket.get_by_id(ticket.id).worker
        assert all(winner.name in each.sentence for each in told)
        assert Step.select().count() == 2
        assert not list(check_states())


@pytest.mark.slow
def test_twenty_reports_at_once_get_twenty_numbers(real_app):
    with real_app.app_context():
        school = make_school()
    place, teacher = school.places.classroom, school.teacher
    results = at_once(real_app, *[lambda: Ticket.report(teacher, place, "water", "滴水")] * 20)
    assert len({ticket.number for ticket in results}) == 20


@pytest.mark.slow
def test_the_same_colleague_joins_once_from_twenty_phones(real_app):
    with real_app.app_context():
        school = make_school()
        ticket = Ticket.report(school.teacher, school.places.classroom, "water", "滴水")
    results = at_once(real_app, *[lambda: Ticket.get_by_id(ticket.id).join(school.stranger)] * 20)
    assert len({step.id for step in results}) == 1
    with real_app.app_context():
        assert Ticket.get_by_id(ticket.id).joined == 1
