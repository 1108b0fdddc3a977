"""What comes too often is slowed down, counted in the database."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock, throttle
from app.throttle import Attempt
from tests.helpers import at_once

HOUR = timedelta(hours=1)


def test_so_many_and_no_more(app: Flask) -> None:
    assert [throttle.take("report:phone-1", 3, HOUR) for _each in range(5)] == [True, True, True, False, False]
    assert throttle.count("report:phone-1", HOUR) == 3  # what was refused is not counted


def test_each_bucket_for_itself(app: Flask) -> None:
    throttle.take("report:phone-1", 1, HOUR)
    assert not throttle.take("report:phone-1", 1, HOUR)
    assert throttle.take("report:phone-2", 1, HOUR)


def test_time_heals(app: Flask) -> None:
    throttle.take("b", 1, HOUR)
    clock.set_hands(clock.now() + HOUR)
    assert throttle.take("b", 1, HOUR)


def test_a_clock_set_back_locks_nobody_out_for_ever(app: Flask) -> None:
    throttle.take("b", 2, HOUR)
    clock.set_hands(clock.now() - timedelta(days=400))
    assert throttle.take("b", 2, HOUR)


def test_forgotten(app: Flask) -> None:
    throttle.note("b")
    throttle.forget("b")
    assert throttle.count("b", HOUR) == 0


def test_a_very_long_name_is_one_bucket(app: Flask) -> None:
    long = "sign-in:" + "字" * 100_000
    assert throttle.take(long, 1, HOUR)
    assert not throttle.take(long, 1, HOUR)


def test_old_tries_are_swept(app: Flask) -> None:
    throttle.note("b")
    assert throttle.sweep() == 0
    clock.set_hands(clock.now() + timedelta(days=1, seconds=1))
    assert throttle.sweep() == 1
    assert Attempt.select().count() == 0


@pytest.mark.slow
def test_many_at_once_are_counted_exactly(real_app: Flask) -> None:
    taken = at_once(real_app, *[lambda: throttle.take("b", 5, HOUR)] * 12)
    assert sorted(taken) == [False] * 7 + [True] * 5
