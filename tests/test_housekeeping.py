"""What the privacy page promises to forget is forgotten."""

from datetime import timedelta

from app import clock, housekeeping, once, throttle
from tests.conftest import TUESDAY


def test_addresses_are_forgotten_after_a_day_and_answers_after_two_weeks(school, phone, monkeypatch):
    monkeypatch.setattr(housekeeping, "_swept_on", None)
    throttle.note("sign-in:192.0.2.7")
    phone(school.teacher).send("/people/me/language", {"language": "en"})
    assert throttle.Attempt.select().count() == 1
    assert once.Submission.select().count() == 1
    clock.set_hands(TUESDAY + timedelta(days=1, minutes=1))
    phone(school.teacher).send("/people/me/language", {"language": "en"})
    assert throttle.Attempt.select().count() == 0
    assert once.Submission.select().count() == 2
    clock.set_hands(TUESDAY + timedelta(days=16))
    phone(school.teacher).send("/people/me/language", {"language": "en"})
    assert once.Submission.select().count() == 1


def test_it_is_done_once_a_day(school, phone, monkeypatch):
    monkeypatch.setattr(housekeeping, "_swept_on", None)
    done = []
    monkeypatch.setattr(housekeeping, "sweep", lambda: done.append(1))
    for _each in range(3):
        phone(school.teacher).send("/people/me/language", {"language": "en"})
    assert done == [1]
