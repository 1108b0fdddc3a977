"""Two people on one round at one door at the same moment, on a real file: one check, and the second is told who was
there. The same answer sent twice at once acts once."""

import pytest

from app import clock, once
from app.inspections.checklists import Checklist, install_builtin
from app.inspections.models import Check, Mark
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round, RoundPlace
from app.inspections.walk import Door
from app.journal import Event
from app.people.models import Person
from app.repairs.models import Ticket
from tests.helpers import at_once, make_school, sign_in
from tests.inspections.test_walk import LIST

pytestmark = pytest.mark.slow
TIMES = 4


@pytest.fixture
def walkers(real_app):
    """A round of two custodians, both signed in, and a sheet that finds the lock broken."""
    with real_app.app_context():
        install_builtin()
        school = make_school()
        other, _password = Person.add("孙立", roles=("custodian",), phone="13900000001", must_change=False)
        checklist = Checklist.publish(LIST)
        plan = Plan.add(school.director, "放学后门窗检查", "doors", who="role", role="custodian", often="school_days",
                        opens="00:00", closes="18:00")  # fmt: skip
        round = Round.build(plan, clock.today())
        lock, window, heat, _safe = (item.id for item in checklist.items)
    sheet = {
        "version": checklist.version, "fine": "", f"i{lock}-answer": "fail", f"i{lock}-words": "锁芯坏",
        f"i{window}-answer": "fine", f"i{heat}-value": "0",
    }  # fmt: skip
    url = f"/inspections/walk/{round.id}/{school.places.classroom.id}"
    return school, other, round, url, sheet


def sent(app, who, url, sheet, key=None):
    phone = sign_in(app, who)
    key = key or once.new_key()
    return lambda: phone.send(url, sheet, key=key, headers={"HX-Request": "true"})


def assert_checked_once(school, round):
    check, door = Check.get(), Door.get()
    assert (door.check, door.round, door.place) == (check, round, school.places.classroom)
    assert RoundPlace.get(RoundPlace.place == school.places.classroom).check == check
    assert Mark.select().count() == 3
    assert Ticket.select().count() == 1
    assert Event.select().where(Event.action == "inspections.answered").count() == 1
    return check


def test_one_checks_and_the_second_is_told_who_was_there(real_app, walkers):
    school, other, round, url, sheet = walkers
    people = [school.custodian, other] * 2
    answers = at_once(real_app, *[sent(real_app, who, url, sheet) for who in people])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409], answers
    with real_app.app_context():
        check = assert_checked_once(school, round)
        winner = [answer.status_code for answer in answers].index(200)
        assert check.person == people[winner]
        for answer in answers:
            if answer.status_code == 409:
                assert "is already checked in this round" in answer.text
                assert f"by {check.person.name}" in answer.text


def test_the_same_answer_sent_again_while_the_first_is_on_its_way_acts_once(real_app, walkers):
    school, _other, round, url, sheet = walkers
    answers = at_once(real_app, *[sent(real_app, school.custodian, url, sheet, key="k" * 22) for _try in range(TIMES)])
    assert [answer.status_code for answer in answers] == [200] * TIMES, answers
    assert len({answer.text for answer in answers}) == 1
    with real_app.app_context():
        assert_checked_once(school, round)


def test_two_doors_at_once_are_both_done(real_app, walkers):
    school, other, _round, url, sheet = walkers
    beside = url.rsplit("/", 1)[0] + f"/{school.places.other_classroom.id}"
    answers = at_once(real_app, sent(real_app, school.custodian, url, sheet), sent(real_app, other, beside, sheet))
    assert [answer.status_code for answer in answers] == [200, 200]
    with real_app.app_context():
        assert RoundPlace.select().where(RoundPlace.done_at.is_null(False)).count() == 2
        assert {door.place_id for door in Door.select()} == {
            school.places.classroom.id, school.places.other_classroom.id,
        }  # fmt: skip


def test_the_last_two_doors_at_once_finish_the_round(real_app, walkers):
    school, other, round, url, sheet = walkers
    base = url.rsplit("/", 1)[0]
    with real_app.app_context():
        places = [stop.place_id for stop in round.stops()]
    fine = {"version": sheet["version"], "fine": "all"}
    for place in places[:-2]:
        assert sent(real_app, school.custodian, f"{base}/{place}", fine)().status_code == 200
    last, but_one = (f"{base}/{place}" for place in places[-2:])
    answers = at_once(
        real_app, sent(real_app, school.custodian, last, fine), sent(real_app, other, but_one, fine)
    )  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200]
    with real_app.app_context():
        assert Round.get_by_id(round.id).state == "done"
