"""Two ticks at the same moment, in threads and in processes, build each round once and draw each spot check once."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from app import clock
from app.config import HERE
from app.errors import Refused
from app.inspections.checklists import install_builtin
from app.inspections.draws import Draw
from app.inspections.models import Check
from app.inspections.plans import Plan
from app.inspections.rounds_clock import build_rounds, draw_spots, note_missed
from app.inspections.rounds_due import Round, RoundPlace
from app.journal import Event
from app.notify.models import Telling
from tests.helpers import SETTINGS, at_once, make_school

pytestmark = pytest.mark.slow

TICKS = 4
ONE_PROCESS = """
import sys
from datetime import datetime
from pathlib import Path
from time import sleep
from app import clock, create_app, db
from app.inspections.rounds_clock import build_rounds, draw_spots, note_missed

folder, moment, secret, number = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
app = create_app(TESTING=True, DATA=folder, SECRET_KEY=secret)
clock.set_hands(datetime.fromisoformat(moment))
with app.app_context():
    db.database.connect()
    (folder / f"ready{number}").touch()
    while not (folder / "go").exists():
        sleep(0.001)
    built = len(build_rounds()) + len(draw_spots(clock.now(), lot=lambda: 0.0))
    note_missed(clock.now())
    print(built)
"""


@pytest.fixture
def plans(real_app):
    """A daily plan, a weekly one, and a weekly spot check; a week in which nothing ran lies behind."""
    with real_app.app_context():
        install_builtin()
        school = make_school()
        facts = {"person": school.counsellor}
        daily = Plan.add(school.director, "每天", "class-hygiene", often="school_days", **facts)
        weekly = Plan.add(school.director, "每周", "class-hygiene", often="weekly", day=5, ahead=4, **facts)
        spot = Plan.add(school.director, "抽查", "class-hygiene", often="weekly", day=5, ahead=4, spot=1, **facts)
        clock.set_hands(clock.now() + timedelta(days=7))
        yield school, daily, weekly, spot


def expected(daily, weekly):
    """Once each: every school day and Friday from the first day on to the end of the week ahead."""
    days = daily.due_days(date(2026, 11, 24), date(2026, 12, 8))
    weeks = weekly.due_days(date(2026, 11, 24), date(2026, 12, 12))
    return {(daily.series, day) for day in days} | {(weekly.series, day) for day in weeks}


def assert_once(_school, daily, weekly, spot):
    rounds = [(round.series, round.due_on) for round in Round.select().where(Round.series != spot.series)]
    assert len(rounds) == len(set(rounds))
    assert set(rounds) == expected(daily, weekly)
    drawn = [round.draw_id for round in Round.select().where(Round.series == spot.series)]
    assert len(drawn) == 2  # last week's window went by undrawn, this week's is drawn
    assert Draw.select().count() == len([id for id in drawn if id]) == 1
    for round in Round.select().where(Round.spot == False):  # noqa: E712
        assert RoundPlace.select().where(RoundPlace.round == round).count() == 2
    missed = Round.select().where(Round.missed_at.is_null(False)).count()
    assert missed == 7  # five school days, Friday's round and Friday's spot check
    assert Event.select().where(Event.action == "rounds.missed").count() == missed
    keys = [once for (once,) in Telling.select(Telling.once).where(Telling.kind == "inspections.missed").tuples()]
    assert len(keys) == len(set(keys))


def test_threads_that_tick_at_the_same_moment_build_once(real_app, plans):
    def tick():
        built = build_rounds() + draw_spots(clock.now(), lot=lambda: 0.0)
        note_missed(clock.now())
        return len(built)

    counts = at_once(real_app, *[tick] * TICKS)
    _school, daily, weekly, _spot = plans
    assert all(isinstance(count, int) for count in counts), counts
    assert sum(counts) == len(expected(daily, weekly)) + 2
    with real_app.app_context():
        assert_once(*plans)


def test_processes_that_tick_at_the_same_moment_build_once(real_app, plans):
    folder = Path(real_app.config["DATA"])
    command = [sys.executable, "-c", ONE_PROCESS, str(folder), clock.now().isoformat(), SETTINGS["SECRET_KEY"]]
    running = [
        subprocess.Popen([*command, str(n)], cwd=HERE.parent, stdout=subprocess.PIPE, text=True) for n in range(3)
    ]
    while not all((folder / f"ready{n}").exists() for n in range(3)):
        assert all(process.poll() in (None, 0) for process in running)
    (folder / "go").touch()
    counts = [int(process.communicate(timeout=60)[0]) for process in running]
    _school, daily, weekly, _spot = plans
    assert sum(counts) == len(expected(daily, weekly)) + 2
    with real_app.app_context():
        assert_once(*plans)


def test_two_who_change_a_plan_at_the_same_moment_one_is_told(real_app, plans):
    school, _daily, weekly, _spot = plans
    copies = [Plan.get_by_id(weekly.id) for _each in range(2)]
    answers = at_once(
        real_app,
        *[lambda plan=plan, day=day: plan.change(school.director, day=day) for day, plan in enumerate(copies, 3)],
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Plan", "Refused"]
    assert Plan.select().where(Plan.series == weekly.series, Plan.replaced_at.is_null()).count() == 1


def test_an_excuse_and_the_last_check_at_the_same_moment_make_one_end(real_app, plans):
    school, daily, _weekly, _spot = plans
    with real_app.app_context():
        build_rounds()
        round = next(each for each in Round.whole().where(Round.series == daily.series) if each.state == "open")
        hygiene = daily.checklist
        hygiene.items  # noqa: B018 - read once, so that the threads only write
        Check.record(hygiene, school.places.classroom, school.counsellor)
    answers = at_once(
        real_app,
        lambda: Check.record(hygiene, school.places.other_classroom, school.counsellor),
        lambda: round.excuse(school.director, "秋游"),
    )
    fresh = Round.get_by_id(round.id)
    assert [bool(fresh.done_at), bool(fresh.excused_at)].count(True) == 1
    assert isinstance(answers[0], Check)
    assert isinstance(answers[1], Refused) == bool(fresh.done_at)
