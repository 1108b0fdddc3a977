"""Twenty people answer the same ask at the same moment, on a real file: one wins, nineteen are told."""

import pytest

from app import clock
from app.approvals.models import KINDS, Ask, Deputy
from app.errors import Refused
from app.people.models import Person
from tests.approvals.conftest import KeySlip, lay_key_slips
from tests.helpers import at_once

pytestmark = pytest.mark.slow
MANY = 20


@pytest.fixture
def people(real_app, monkeypatch) -> list[Person]:
    """Twenty-one directors; the last one asks."""
    monkeypatch.setitem(KINDS, "key_slip", None)
    with real_app.app_context():
        lay_key_slips()
        return [Person.add(f"主任{number}", roles=("director",))[0] for number in range(MANY + 1)]


def run(app, *works):
    """Each answer: `done`, or the sentence of the refusal."""

    def told(work):
        def wrapped():
            try:
                work()
            except Refused as refused:
                return refused.sentence
            return "done"

        return wrapped

    return at_once(app, *map(told, works))


def test_one_of_twenty_agrees_and_it_settles_once(real_app, people):
    with real_app.app_context():
        slip = KeySlip.ask(people[-1], wants="director")
    works = [lambda who=who: KeySlip.get_by_id(slip.id).agree(who) for who in people[:MANY]]
    answers = run(real_app, *works)
    (ask,) = Ask.select()
    assert answers.count("done") == 1
    assert answers[people.index(ask.by)] == "done"
    assert answers.count(f"{ask.by.name} has already agreed to this.") == MANY - 1
    assert slip.now.settled == 1


def test_agreeing_and_refusing_and_withdrawing_at_once(real_app, people):
    with real_app.app_context():
        slip = KeySlip.ask(people[-1], wants="director")

    def work(number, who):
        fresh = KeySlip.get_by_id(slip.id)
        if number == 0:
            fresh.withdraw(people[-1], "不用了")
        elif number % 2:
            fresh.agree(who)
        else:
            fresh.refuse(who, "不行")

    answers = run(real_app, *(lambda n=n, who=who: work(n, who) for n, who in enumerate(people[:MANY])))
    assert answers.count("done") == 1
    told = {answer for answer in answers if answer != "done"}
    assert len(told) == 1
    now = slip.now
    assert now.state in ("agreed", "refused", "withdrawn")
    assert now.settled == (now.state == "agreed")
    assert bool(now.fallen) == (now.state != "agreed")
    assert f"{Ask.get().by.name} has" in told.pop()


def test_the_last_two_parties_at_once_settle_once(real_app, people):
    """Side by side in one step: both agree, whoever is second settles."""
    with real_app.app_context():
        both = KeySlip.ask(people[-1], wants="director custodian")  # nobody is custodian: a director is asked twice
    answers = run(
        real_app,
        lambda: KeySlip.get_by_id(both.id).agree(people[1], key="director-1"),
        lambda: KeySlip.get_by_id(both.id).agree(people[2], key="custodian-1"),
    )
    assert answers == ["done", "done"]
    assert both.now.settled == 1


def test_one_deputy_is_named(real_app, people):
    day = clock.today()
    answers = run(real_app, *(lambda who=who: Deputy.appoint(people[-1], who, day, day) for who in people[:MANY]))
    assert answers.count("done") == 1
    assert Deputy.select().count() == 1
