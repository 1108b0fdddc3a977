"""The 24-hour clock."""

from datetime import datetime, timedelta

import pytest

from app import clock
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
    running = Clock.of(START, None)
    assert (running.words, running.level, running.share_left) == (words, level, share)


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
