"""Duty cards work by the school's calendar: never on a holiday, on a swap Saturday as on the weekday it stands for."""

from datetime import date, datetime, time, timedelta

import pytest

from app import clock
from app.calendar.models import SpecialDay, Term
from app.people.models import DutyCard
from tests.people.conftest import text

SATURDAY, WEDNESDAY = date(2026, 11, 28), date(2026, 11, 25)


@pytest.fixture
def term(school):
    return Term.add(None, date(2026, 9, 1), date(2027, 1, 20))


def at(day, hour=10):
    clock.set_hands(clock.utc(day, time(hour)))


def begins(page, school):
    return page.send(f"/d/{school.card_secret}").status_code


def test_a_swap_saturday_is_a_duty_like_its_weekday(phone, school, term):
    at(SATURDAY)
    assert begins(phone(), school) == 409
    SpecialDay.mark_swap(None, "调休", SATURDAY, 5)
    assert begins(phone(), school) == 303
    assert school.card.window() == (clock.utc(SATURDAY, time(7, 20)), clock.utc(SATURDAY, time(12, 30)))


def test_a_holiday_is_none_and_says_why(phone, school, term):
    SpecialDay.mark_holiday(None, "校庆", WEDNESDAY)
    at(WEDNESDAY)
    assert begins(phone(), school) == 409
    assert "Today is no school day, so this card does not work." in text(phone().get(f"/d/{school.card_secret}"))


def test_whoever_is_on_duty_when_the_day_becomes_a_holiday_is_out(phone, school, term):
    page = phone(school.card)
    assert page.get("/people/me").status_code == 403, "a card is no person"
    SpecialDay.mark_holiday(None, "台风停课", clock.today())
    assert page.get("/people/me").status_code == 303


def test_a_swap_day_has_the_duties_of_the_weekday_whose_lessons_it_has(school, term):
    fridays = DutyCard.get_by_id(school.card.id)
    fridays.weekdays = [5]
    SpecialDay.mark_swap(None, "调休", SATURDAY, 1)
    assert not fridays.works_on(SATURDAY)
    assert fridays.works_on(SATURDAY - timedelta(days=1))
    mondays = DutyCard.get_by_id(school.card.id)
    mondays.weekdays = [1]
    assert mondays.works_on(SATURDAY)


def test_vacations_have_no_duty(school, term):
    card = DutyCard.get_by_id(school.card.id)
    assert card.works_on(date(2027, 1, 20))
    assert not card.works_on(date(2027, 1, 21))


def test_without_a_calendar_the_weekdays_hold(school):
    assert school.card.works_on(WEDNESDAY)
    assert not school.card.works_on(SATURDAY)


def test_an_ordinary_saturday_is_a_saturday(school, term):
    weekend = DutyCard.get_by_id(school.card.id)
    weekend.weekdays = [6, 7]
    assert weekend.works_on(SATURDAY)


def test_the_page_says_when_it_works(phone, school, term):
    html = text(phone(school.counsellor).get(f"/cards/{school.card.id}"))
    assert "Mon to Fri 07:20–12:30" in html
    assert "not on holidays" in html
    assert "Next duty" in html
    assert "today" in html
    SpecialDay.mark_holiday(None, "校运会", clock.today(), WEDNESDAY)
    html = text(phone(school.counsellor).get(f"/cards/{school.card.id}"))
    assert "26/11" in html


def test_the_next_duty_is_a_swap_day(school, term):
    SpecialDay.mark_holiday(None, "活动", date(2026, 11, 24), date(2026, 11, 27))
    SpecialDay.mark_swap(None, "调休", SATURDAY, 5)
    assert school.card.next_duty() == SATURDAY
    clock.set_hands(datetime(2026, 11, 28, 5, 0))  # 13:00, its hours are over
    assert school.card.next_duty() == date(2026, 11, 30)


def test_a_card_that_is_cancelled_or_over_has_no_next_duty(school, term):
    school.card.cancel(school.counsellor, "丢了")
    assert DutyCard.get_by_id(school.card.id).next_duty() is None
