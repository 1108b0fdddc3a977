"""Twenty people want the same thing at the same moment, on a real file: one winner, nineteen told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from app import clock, db
from app.assets.models import Asset, Category
from app.custody.models import Custody, Return
from app.errors import Refused
from app.people.models import Person
from app.places.models import Place

pytestmark = pytest.mark.slow
COMPETITORS = 20


@pytest.fixture
def file(real_app):
    return real_app


@pytest.fixture
def filled(file):
    with file.app_context():
        people = [Person.add(f"老师{n}")[0] for n in range(COMPETITORS)]
        store = Place.add("store", "仓库", None)
        category = Category.create(code="A02020400", name="多媒体设备")
        projector = Asset.add("投影仪", category, None, place=store)
        chairs = Asset.add("椅子", category, None, place=store, quantity=7, is_batch=True, unit="把")
    return people, projector, chairs


def at_once(app, act, people):
    """Run `act(person)` for everybody at the same moment, each with its own connection; the answers."""
    start = Barrier(len(people))

    def run(person):
        with app.app_context():
            db.database.connect(reuse_if_open=True)
            try:
                start.wait()
                act(person)
                return "done"
            except Refused as refused:
                return refused.sentence
            finally:
                db.database.close()

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(run, people))


def test_one_of_twenty_gets_the_projector_and_nineteen_are_told_who_has_it(file, filled):
    people, projector, _chairs = filled
    due = clock.today() + timedelta(1)
    answers = at_once(file, lambda person: Custody.lend(projector, person, None, due_on=due), people)
    row = Custody.get()
    assert answers.count("done") == 1
    assert answers[people.index(row.person)] == "done"
    told = [answer for answer in answers if answer != "done"]
    assert told == [f"投影仪 is already lent to {row.person.name}."] * 19


def test_never_more_chairs_are_out_than_there_are(file, filled):
    people, _projector, chairs = filled
    answers = at_once(file, lambda person: Custody.hand_out(chairs, person, None), people)
    assert answers.count("done") == 7
    assert answers.count("None of 椅子 is left to give out.") == 13
    assert Custody.select().count() == 7


def test_a_thing_comes_back_once(file, filled):
    people, projector, _chairs = filled
    with file.app_context():
        row = Custody.hand_out(projector, people[0], None)
    answers = at_once(file, lambda person: Custody.get_by_id(row.id).take_back(person), people)
    assert answers.count("done") == 1
    assert answers.count("投影仪 is already back.") == 19
    assert Return.select().count() == 1
