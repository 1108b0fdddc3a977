"""The demo school: the same each time but for its secrets, whole or not there at all, and alive in every corner."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import clock, db
from app.assets.ledger import differences
from app.inspections import weeks
from app.inspections.appeals import Appeal
from app.inspections.cleaning_posts import Post
from app.inspections.findings import Finding
from app.inspections.follow_ups import FollowUp
from app.inspections.hazards import HAZARD_STATES, Hazard
from app.inspections.models import Check
from app.inspections.post_views import month_of
from app.inspections.posts import day_at
from app.inspections.rounds_due import Round
from app.people.models import Person
from app.places.models import ClassGroup, Place
from app.repairs.models import Ticket, check_states
from app.seeds import builtin, demo_school
from app.seeds.demo_school import facts
from tests.helpers import app_on_file

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 25, 2, 30)  # Wednesday, 10:30 at the school
# Random on purpose, by table.
SECRETS: dict[str, set[str]] = {
    "duty_card": {"secret_digest"}, "gate_pass": {"code"}, "label": {"code"}, "person": {"password_hash"},
    "photo": {"token"}, "stocktake_count": {"code"}, "ticket_step": {"secret"},
}  # fmt: skip


@contextmanager
def school_on(folder: Path, now: datetime = NOW) -> Iterator[None]:
    """A demo school made at a moment, which goes on."""
    clock.set_hands(None)
    was = clock.datetime
    clock.datetime = SimpleNamespace(now=lambda zone: now.replace(tzinfo=UTC), combine=was.combine)
    try:
        with app_on_file(folder) as app, app.test_request_context():
            builtin.install()
            demo_school.make_once(folder)
            yield
    finally:
        clock.datetime = was


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with school_on(tmp_path_factory.mktemp("demo")):
        yield


@pytest.fixture
def made(school: None) -> None:
    """One school for all who only look; its clock stands where it was made."""
    clock.set_hands(None)


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables as they were stored."""
    found = {}
    for model in db.rows():
        table = model._meta.table_name
        cursor = db.database.execute_sql(f'SELECT * FROM "{table}" ORDER BY rowid')
        names = [column[0] for column in cursor.description]
        found[table] = [dict(zip(names, row, strict=True)) for row in cursor]
    return found


def test_two_schools_of_one_moment_are_equal_but_for_their_secrets(tmp_path):
    schools = []
    for name in ("one", "other"):
        with school_on(tmp_path / name):
            schools.append(everything())
    one, other = schools
    assert {table: len(rows) for table, rows in one.items()} == {table: len(rows) for table, rows in other.items()}
    differing = {table: _differing(rows, other[table]) for table, rows in one.items()}
    assert {table: columns for table, columns in differing.items() if columns} == SECRETS


def _differing(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> set[str]:
    return {name for mine, theirs in zip(rows, others, strict=True) for name in mine if mine[name] != theirs[name]}


def test_what_breaks_off_leaves_no_school_and_the_next_start_makes_one(tmp_path, monkeypatch):
    """The last builder of all fails; nothing of the school stands, and another start makes it whole."""
    with app_on_file(tmp_path) as app, app.test_request_context():
        builtin.install()
        monkeypatch.setattr(demo_school, "_sign_ins", lambda school: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            demo_school.make_once(tmp_path)
        assert Person.select().count() == Place.select().count() == Check.select().count() == 0
        assert clock._hands is None, "the clock runs again"
        assert not (tmp_path / demo_school.SIGN_INS).exists()

        monkeypatch.undo()
        table = demo_school.make_once(tmp_path)
        assert Person.select().count() == len(facts.STAFF)
        assert all(name in table for name, *_more in facts.STAFF)
        assert stat.S_IMODE((tmp_path / demo_school.SIGN_INS).stat().st_mode) == 0o600
        assert demo_school.make_once(tmp_path) == table, "made once"


# What a visitor finds ------------------------------------------------------------------------------------------


def test_the_cleaners_have_posts_a_substitute_and_a_day_half_done(made):
    posts = list(Post.in_use())
    assert len(posts) == len(facts.POSTS)
    assert all(post.hours and post.person_id and post.area_ids for post in posts)
    assert [post.name for post in posts if post.stands_in_on(clock.today())] == [facts.STANDS_IN[0]]
    areas = [area for post in posts for area in day_at(post.places())]
    assert 0 < sum(area.finished for area in areas) < len(areas), "today some areas are left"
    months = month_of(date(2026, 11, 1))
    assert all(row.days > 10 for row in months)
    assert sum(row.mean is not None for row in months) >= 3
    yesterday = [area for post in posts for area in day_at(post.places(), date(2026, 11, 24))]
    assert 0 < sum(not area.finished for area in yesterday) < 8, "now and then something is missed"


def test_several_monitors_score_the_same_classes_strictly_and_mildly(made):
    givers = weeks.givers_of(clock.today())
    cards = [giver for giver in givers if giver.key[0] == "card"]
    assert len(cards) >= 12
    assert all(giver.offset is not None for giver in cards)
    assert {giver.lean for giver in cards} >= {"strict", "mild"}


def test_rounds_are_in_every_state(made):
    states = {}
    for round in Round.whole():
        states.setdefault(round.state, set()).add(round.plan.slug)
    assert states["done"] >= {
        "class-property",
        "term-opening",
        "drinking-water",
        "toilet",
        "campus-patrol",
        "public-area",
    }
    assert states["missed"] >= {"class-property", "term-opening", "holiday-closing"}
    assert "class-property" in states["open"]
    assert "excused" in states
    assert any(round.was_late for round in Round.whole())
    assert any(round.spared for round in Round.whole()), "one room was excused"
    closing = next(round for round in Round.whole() if round.plan.slug == "holiday-closing")
    assert 0 < closing.places - closing.checked < 8, "a few rooms were not scanned"
    assert closing.due_on == date(2026, 9, 30), "the last day before the National Day"


def test_findings_led_somewhere_and_stand_in_every_state(made):
    roads = {name for finding in Finding.with_names() for name in ("ticket", "hazard", "follow_up")
             if getattr(finding, f"{name}_id")}  # fmt: skip
    assert roads == {"ticket", "hazard", "follow_up"}
    assert {row.outcome for row in FollowUp.select()} == {"", "done", "found_good", "withdrawn"}
    assert any(row.overdue for row in FollowUp.select())
    assert {row.outcome for row in Appeal.select()} == {"", "upheld", "corrected"}
    assert {row.state for row in Hazard.select()} == set(HAZARD_STATES)
    assert any(row.overdue for row in Hazard.select())
    fixed = Ticket.select().where(Ticket.source.startswith("checks/"), Ticket.state == "confirmed")
    assert fixed.count() >= 5, "what a check reported was mended"
    weeks_of_flags = list(weeks.Week.published())
    assert len(weeks_of_flags) >= 6
    assert sum(any(row.flag for row in week.rows) for week in weeks_of_flags) >= 6


def test_the_books_agree(made):
    assert not list(differences())
    assert not list(check_states())
    assert ClassGroup.present().count() == 24
    assert all(row.day <= clock.today() and row.at <= clock.now() for row in Check.select(Check.day, Check.at))


@pytest.mark.parametrize("day", [datetime(2026, 3, 1, 4), datetime(2026, 5, 4, 1), datetime(2026, 8, 30, 10)])
def test_it_is_made_on_any_day_of_the_year(tmp_path, day):
    """A Sunday in spring, amid the May holidays, before the summer ends."""
    with school_on(tmp_path, day):
        assert Check.select().count() > 500
        assert {row.outcome for row in Appeal.select()} == {"", "upheld", "corrected"}
        assert {row.state for row in Hazard.select()} == set(HAZARD_STATES)
        assert max(row.at for row in Check.select(Check.at)) <= day + timedelta(seconds=1)
