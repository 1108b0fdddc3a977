"""Two monitors stand at one door at the same moment, on a real file: one scores, the other is told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from app import clock, create_app, db
from app.inspections.checklists import Checklist, install_builtin
from app.inspections.models import AlreadyScored, Check, Mark
from app.people.models import Person
from app.places.models import ClassGroup, Place

pytestmark = pytest.mark.slow
MONITORS = 8


@pytest.fixture
def file(app, tmp_path):
    """An app on a file of its own; afterwards the models point at the tests' common database again."""
    common = db.database.obj
    own = create_app(TESTING=True, DATA=tmp_path, SECRET_KEY="for tests only, thirty-two letters", LANGUAGE="en")
    db.database.connect()
    db.upgrade()
    try:
        yield own
    finally:
        db.database.close()
        db.database.initialize(common)


def test_one_scores_and_the_others_are_told(file):
    with file.app_context():
        install_builtin()
        people = [Person.add(f"辅导员{n}", roles=("counsellor",))[0] for n in range(MONITORS)]
        room = Place.add("classroom", "201教室", None)
        ClassGroup.add(clock.school_year() - 2, 2, None, room=room)
        hygiene = Checklist.now("class-hygiene")
        hygiene.items  # noqa: B018 - read once, so that the threads only write
    start = Barrier(MONITORS)

    def score(person):
        with file.app_context():
            db.database.connect(reuse_if_open=True)
            try:
                start.wait()
                Check.record(hygiene, room, person)
                return "scored"
            except AlreadyScored as told:
                return told.sentence
            finally:
                db.database.close()

    with ThreadPoolExecutor(MONITORS) as pool:
        answers = list(pool.map(score, people))
    assert answers.count("scored") == 1
    first = Check.get()
    assert answers[people.index(first.person)] == "scored"
    told = [answer for answer in answers if answer != "scored"]
    assert len(told) == MONITORS - 1
    assert all(f"by {first.person.name}" in answer for answer in told)
    assert Mark.select().count() == 10
    assert first.at <= clock.now() + timedelta(seconds=1)
