"""Two people at the same moment, on a real file: one wins, the other is told, and nothing is half done."""

from datetime import timedelta

import pytest

from app import clock
from app.errors import Refused
from app.people.models import Person
from app.repairs.models import Extension, Outside, Step, Ticket, check_states
from tests.helpers import at_once, make_school

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(real_app):
    """A school with a ticket, on a file."""
    with real_app.app_context():
        school = make_school()
        school.second = Person.add("江水流", roles=("electrician",))[0]
        school.deputy = Person.add("孙副主任", roles=("director",))[0]
        school.ticket = Ticket.report(school.teacher, school.places.classroom, "water", "滴水")
    return real_app, school


def outcome(results: list) -> tuple[int, list[str]]:
    """How many won, and what the others were told; anything else is a fault."""
    told = [each.sentence for each in results if isinstance(each, Refused)]
    assert all(isinstance(each, Refused | Step | Extension | Outside) for each in results), results
    return len(results) - len(told), told


def test_take_against_take(desk):
    app, school = desk
    works = [
        lambda who=who: Ticket.get_by_id(school.ticket.id).take(who) for who in (school.electrician, school.second)
    ]
    won, told = outcome(at_once(app, *works))
    assert won == 1
    with app.app_context():
        assert told == [f"{Ticket.get().worker.name} has already taken this."]
        assert not list(check_states())


def test_take_against_assign(desk):
    """Whoever comes second learns who has it, by name; a ticket is never in two hands."""
    app, school = desk
    results = at_once(
        app,
        lambda: Ticket.get_by_id(school.ticket.id).take(school.electrician),
        lambda: Ticket.get_by_id(school.ticket.id).assign(school.director, school.second),
    )
    won, told = outcome(results)
    assert won == 1
    with app.app_context():
        ticket = Ticket.get()
        assert ticket.worker.name in told[0]
        assert ticket.state == ("taken" if ticket.worker == school.electrician else "assigned")
        assert not list(check_states())


def test_two_directors_assign(desk):
    app, school = desk
    works = [
        lambda by=by, who=who: Ticket.get_by_id(school.ticket.id).assign(by, who)
        for by, who in ((school.director, school.electrician), (school.deputy, school.second))
    ]
    won, told = outcome(at_once(app, *works))
    assert won == 1
    with app.app_context():
        assert told == [f"This is assigned to {Ticket.get().worker.name}."]


def test_two_answer_the_same_extension(desk):
    app, school = desk
    with app.app_context():
        asked = school.ticket.extend(school.electrician, "parts", clock.now() + timedelta(hours=50))
    works = [lambda by=by: Extension.get_by_id(asked.id).grant(by) for by in (school.director, school.deputy)]
    works.append(lambda: Extension.get_by_id(asked.id).deny(school.director, "今天修好"))
    won, told = outcome(at_once(app, *works))
    assert won == 1
    with app.app_context():
        answered = Extension.get()
        assert told == [f"{answered.answer.person.name} has already answered this."] * 2
        assert (Ticket.get().extended_until is not None) is (answered.state == "granted")
        assert Step.select().count() == 3
        assert not list(check_states())


def test_two_ask_for_more_time(desk):
    app, school = desk
    until = clock.now() + timedelta(hours=50)
    works = [lambda: Ticket.get_by_id(school.ticket.id).extend(school.electrician, "parts", until)] * 8
    won, _told = outcome(at_once(app, *works))
    assert won == 1
    with app.app_context():
        assert Extension.select().count() == 1
        assert not list(check_states())


def test_two_approve_a_quote(desk):
    app, school = desk
    with app.app_context():
        job = school.ticket.send_out(school.electrician, "安达空调", quote=100)
    works = [lambda by=by: Outside.get_by_id(job.id).approve(by) for by in (school.director, school.deputy)]
    won, told = outcome(at_once(app, *works))
    assert (won, len(told)) == (1, 1)


def test_confirmed_while_it_is_signed_off_by_itself(desk):
    app, school = desk
    with app.app_context():
        school.ticket.fix(school.electrician, "replaced")
    results = at_once(
        app,
        lambda: Ticket.get_by_id(school.ticket.id).confirm(school.teacher, "satisfied"),
        lambda: Ticket.get_by_id(school.ticket.id).sign_off_unanswered(),
    )
    won, _told = outcome(results)
    assert won == 1
    with app.app_context():
        assert Ticket.get().auto_confirmed is (Ticket.get().rating == "")
        assert not list(check_states())
