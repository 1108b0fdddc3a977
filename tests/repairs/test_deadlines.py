"""The 24-hour clock."""

from datetime import datetime, timedelta

import pytest

from app import clock
from app.repairs import deadlines
from app.repairs.deadlines import Clock, late_before, soon_before

START = datetime(2026, 11, 24, 2, 0)


@pytest.mark.parametrize(
    ("hours", "words", "level", "share"),
    [
        (0, "24 hours left", "", 100),
        (12, "12 hours left", "", 50),
        (19.98, "4 hours left", "", 17),
        (20, "4 hours left", "soon", 17),
        (23.5, "30 minutes left", "soon", 2),
        (24, "0 minutes left", "soon", 0),
        (24.5, "30 minutes late", "late", 0),
        (29, "5 hours late", "late", 0),
        (24 + 72, "3 days late", "late", 0),
    ],
)
def test_what_is_left_in_words(ctx, hours, words, level, share):
    clock.set_hands(START + timedelta(hours=hours))
    running = Clock.of(START, None, urgent=True)
    assert (running.words, running.level, running.share_left) == (words, level, share)


FRIDAY = datetime(2026, 11, 27, 8, 0)  # 16:00 at the school


def test_a_weekend_does_not_count_unless_it_is_urgent(ctx):
    """From Friday 16:00 there are 8 hours until the weekend and 16 more on Monday."""
    clock.set_hands(FRIDAY + timedelta(hours=8 + 48 + 10))
    running = Clock.of(FRIDAY, None)
    assert (running.used, running.words) == (timedelta(hours=18), "6 hours left")
    assert running.due == datetime(2026, 11, 30, 8, 0)  # Monday 16:00
    assert Clock.of(FRIDAY, None, urgent=True).late


def test_a_report_on_sunday_begins_to_count_on_monday(ctx):
    sunday = FRIDAY + timedelta(days=2)
    clock.set_hands(sunday + timedelta(hours=7))
    assert Clock.of(sunday, None).used == timedelta()
    assert Clock.of(sunday, None).due == datetime(2026, 11, 30, 16, 0)  # when Monday ends


def test_whether_it_pauses_is_a_setting(ctx, app, monkeypatch):
    monkeypatch.setitem(app.config, "REPAIR_PAUSES", False)
    clock.set_hands(FRIDAY + timedelta(hours=25))
    assert Clock.of(FRIDAY, None).late
    assert deadlines.late_before() == FRIDAY + timedelta(hours=1)


def test_before_is_the_turn_of_after(ctx):
    for hours in range(0, 200, 3):
        start = FRIDAY + timedelta(hours=hours)
        for allowed in (timedelta(hours=1), timedelta(hours=24), timedelta(hours=61)):
            end = deadlines.after(start, allowed)
            assert deadlines.promised(start, end) == allowed
            assert deadlines.promised(deadlines.before(end, allowed), end) == allowed


def test_an_extension_moves_the_end_and_takes_the_red_away(ctx):
    until = START + timedelta(hours=40)
    clock.set_hands(START + timedelta(hours=30))
    running = Clock.of(START, None, until=until)
    assert (running.late, running.level, running.due) == (False, "", until)
    assert running.words == "extended, 10 hours left"
    clock.set_hands(until + timedelta(hours=1))
    assert Clock.of(START, None, until=until).words == "17 hours late"


def test_it_stops_at_fixed(ctx):
    clock.set_hands(START + timedelta(days=9))
    assert Clock.of(START, START + timedelta(hours=4)).words == "took 4 hours"
    assert Clock.of(START, START + timedelta(hours=30)).words == "6 hours late"


def test_it_has_not_started(ctx):
    waiting = Clock.of(None, None)
    assert (waiting.words, waiting.late, waiting.due) == ("the time starts when it is accepted", False, None)


def test_the_limit_is_a_setting(ctx, app, monkeypatch):
    monkeypatch.setitem(app.config, "REPAIR_HOURS", 48)
    clock.set_hands(START + timedelta(hours=30))
    assert Clock.of(START, None).words == "18 hours left"
    assert Clock.of(START, None).due == START + timedelta(hours=48)


def test_the_query_and_the_clock_agree(ctx):
    for minutes in range(0, 26 * 60, 7):
        clock.set_hands(START + timedelta(minutes=minutes))
        running = Clock.of(START, None)
        assert running.late == (late_before() > START)
        assert (running.level != "") == (soon_before() >= START)


def test_a_clock_set_back_does_not_count_below_nothing(ctx):
    clock.set_hands(START - timedelta(days=1))
    assert Clock.of(START, None).words == "24 hours left"
