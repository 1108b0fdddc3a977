"""Who keeps the calendar enters terms, holidays, swap days and hours; everybody on the staff reads it."""

from datetime import date, time

import peewee
import pytest

from app import calendar, clock, once
from app.calendar.built_in import load
from app.calendar.models import SchoolHours, SpecialDay, Term
from app.errors import Refused
from app.journal import Event

TERM = {"starts_on": "2026-09-01", "ends_on": "2027-01-20"}
HOLIDAY = {"kind": "holiday", "first": "2026-10-01", "last": "2026-10-07", "name": "国庆节", "taught_as": "1"}
HOURS = {"valid_from": "2026-09-01", **{f"day_{day}": "08:00-11:30, 13:00-16:30" for day in range(1, 6)}}
HOSTILE = "<b>节</b>🎉"


@pytest.fixture
def director(school, phone):
    return phone(school.director)


@pytest.fixture
def term(school):
    return Term.add(school.director, date(2026, 9, 1), date(2027, 1, 20))


def actions():
    return [event.action for event in Event.select().where(Event.action.startswith("calendar.")).order_by(Event.id)]


# An empty calendar


def test_an_empty_calendar_says_what_counts_meanwhile(school, phone, director):
    page = director.get("/calendar/").text
    assert "The calendar is empty" in page
    assert "/calendar/built-in" in page
    page = phone(school.teacher).get("/calendar/").text
    assert "The calendar is empty" in page
    assert "/calendar/built-in" not in page


def test_weekdays_are_taught_meanwhile(ctx):
    assert calendar.is_empty()
    assert calendar.is_school_day(date(2026, 11, 24))
    assert not calendar.is_school_day(date(2026, 11, 28))
    assert calendar.week_of(date(2026, 11, 24)) is None
    assert calendar.term_near(date(2026, 11, 24)) is None
    assert calendar.term_end() == date(2027, 1, 20)


def test_one_button_loads_the_first_term_of_2021(school, director, ctx):
    answer = director.send("/calendar/built-in")
    page = director.get(answer.location).text
    assert "first term of 2021–2022" in page
    assert "国庆节" in page
    assert "Imported" not in page
    assert [calendar.is_school_day(date(2021, 10, day)) for day in (7, 8, 9, 10)] == [False, True, True, False]
    assert calendar.school_hours(date(2021, 10, 9)) == ((time(8), time(11, 30)), (time(13), time(16, 30)))
    assert calendar.week_of(date(2021, 9, 1)) == 1
    assert calendar.week_of(date(2022, 1, 21)) == 21
    assert len([*calendar.school_days(date(2021, 9, 1), date(2022, 1, 21))]) == 103 - 8 + 3
    assert director.send("/calendar/built-in").status_code == 409
    assert Term.select().count() == 1


# Terms


def test_a_term_is_entered_and_named_as_usual(school, director):
    director.send("/calendar/terms/add", TERM)
    term = Term.get()
    assert (term.name, term.code, term.weeks, term.by) == ("2026–2027学年第一学期", "2026-1", 21, school.director)
    assert actions() == ["calendar.term_added"]
    page = director.get("/calendar/").text
    assert "first term of 2026–2027" in page
    assert "21 weeks" in page
    assert 'aria-current="date"' in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ends_on": "2026-08-01"}, "The last day comes before the first."),
        ({"ends_on": ""}, "Please fill this in."),
        ({"starts_on": "yesterday"}, "Please give a day like 2026-12-01."),
        ({"ends_on": "2028-01-20"}, "A term is not that long"),
        ({"name": "长" * 61}, "At most 60 characters"),
        ({"name": "x" * 1_000_000}, "At most 60 characters"),
    ],
)
def test_a_wrong_term_is_told_at_its_field(director, change, words):
    answer = director.send("/calendar/terms/add", {**TERM, **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert "2026-09-01" in answer.text or "yesterday" in answer.text
    assert not Term.select().exists()


def test_terms_do_not_overlap(director, term):
    answer = director.send("/calendar/terms/add", {"starts_on": "2027-01-20", "ends_on": "2027-06-30"})
    assert answer.status_code == 422
    assert "This overlaps first term of 2026–2027" in answer.text
    with pytest.raises(Refused):
        Term.add(None, date(2026, 8, 1), date(2026, 9, 1))
    with pytest.raises(peewee.IntegrityError):
        Term.create(name="twice", starts_on=term.starts_on, ends_on=term.ends_on)


def test_a_term_is_changed_and_removed(director, term):
    director.send(f"/calendar/terms/{term.id}", {**TERM, "ends_on": "2027-01-22", "name": HOSTILE})
    assert (Term.get().ends_on, Term.get().words) == (date(2027, 1, 22), HOSTILE)
    assert "&lt;b&gt;节" in director.get("/calendar/").text
    director.send(f"/calendar/terms/{term.id}/removal")
    assert Term.get().removed_at is not None
    assert not Term.shown().exists()
    assert director.send(f"/calendar/terms/{term.id}/removal").status_code == 404
    assert actions() == ["calendar.term_added", "calendar.term_changed", "calendar.term_removed"]


def test_the_same_form_twice_enters_one_term(director):
    key = once.new_key()
    for _each in range(2):
        assert director.send("/calendar/terms/add", TERM, key=key).status_code == 303
    assert Term.select().count() == 1


# Holidays and swap days


def test_a_holiday_and_the_saturday_that_makes_up_for_it(director, term, ctx):
    director.send("/calendar/days", HOLIDAY)
    director.send("/calendar/days", {"kind": "swap", "first": "2026-10-10", "name": "", "taught_as": "4"})
    assert not calendar.is_school_day(date(2026, 10, 7))
    assert calendar.is_school_day(date(2026, 10, 10))
    page = director.get("/calendar/").text
    assert "国庆节" in page
    assert "timetable of Thursday" in page
    assert "7 days" in page
    assert actions()[1:] == ["calendar.holiday", "calendar.swap"]


def test_a_holiday_is_made_shorter(director, term):
    director.send("/calendar/days", HOLIDAY)
    page = director.get("/calendar/days?day=2026-10-03").text
    assert 'value="2026-10-07"' in page
    assert 'value="国庆节"' in page
    director.send("/calendar/days?day=2026-10-03", {**HOLIDAY, "last": "2026-10-05"})
    assert [row.day.day for row in SpecialDay.shown()] == [1, 2, 3, 4, 5]
    director.send("/calendar/days?day=2026-10-03", {**HOLIDAY, "last": "2026-10-05", "kind": "ordinary"})
    assert not SpecialDay.shown().exists()


def test_a_day_is_only_one_thing(school, term):
    SpecialDay.mark_holiday(school.director, "国庆节", date(2026, 10, 1), date(2026, 10, 7))
    assert SpecialDay.mark_swap(school.director, "", date(2026, 10, 7), 3) == 1
    assert SpecialDay.mark_swap(school.director, "", date(2026, 10, 7), 3) == 0
    with pytest.raises(peewee.IntegrityError):
        SpecialDay.create(day=date(2026, 10, 7), kind="holiday", name="国庆节")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"last": "2026-09-30"}, "The last day comes before the first."),
        ({"name": "节" * 61}, "At most 60 characters"),
        ({"first": ""}, "Please fill this in."),
        ({"kind": "party"}, "Please choose one."),
        ({"last": "2027-10-07"}, "A holiday is not that long"),
        ({"kind": "swap", "taught_as": "8"}, "Please choose one."),
    ],
)
def test_wrong_days_are_told_at_their_field(director, change, words):
    answer = director.send("/calendar/days", {**HOLIDAY, **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert not SpecialDay.select().exists()


# School hours


def test_hours_hold_from_a_day_on(director, term, ctx):
    director.send("/calendar/hours", HOURS)
    director.send("/calendar/hours", {**HOURS, "valid_from": "2026-12-01", "day_5": "８：００—11：30"})
    assert calendar.school_hours(date(2026, 11, 27)) == ((time(8), time(11, 30)), (time(13), time(16, 30)))
    assert calendar.school_hours(date(2026, 12, 4)) == ((time(8), time(11, 30)),)
    assert "Mon to Fri" in director.get("/calendar/").text
    director.send(f"/calendar/hours/{SchoolHours.get(SchoolHours.valid_from == date(2026, 12, 1)).id}/removal")
    assert len(calendar.school_hours(date(2026, 12, 4))) == 2
    assert actions()[1:] == ["calendar.hours", "calendar.hours", "calendar.hours_removed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"day_1": "early"}, "are no hours"),
        ({"day_1": "08:00-25:00"}, "are no hours"),
        ({"day_1": "13:00-16:30, 08:00-11:30"}, "in their order"),
        ({"day_1": "11:00-10:00"}, "in their order"),
        ({f"day_{day}": "" for day in range(1, 6)}, "at least one day from Monday to Friday"),
        ({"valid_from": ""}, "Please fill this in."),
    ],
)
def test_wrong_hours_are_told_at_their_field(director, change, words):
    answer = director.send("/calendar/hours", {**HOURS, **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert not SchoolHours.select().exists()


# What others ask


def test_days_terms_and_weeks(ctx):
    term = load(None)
    assert calendar.school_days_after(date(2021, 9, 30), 1) == date(2021, 10, 8)
    assert calendar.school_days_after(date(2021, 9, 30), 3) == date(2021, 10, 11)
    assert calendar.school_days_after(date(2021, 10, 11), -3) == date(2021, 9, 30)
    assert calendar.school_days_after(date(2021, 10, 2), 0) == date(2021, 10, 2)
    assert calendar.term_of(date(2022, 1, 22)) is None
    assert calendar.term_near(date(2022, 1, 22)) == term
    assert calendar.term_near(date(2021, 8, 31)) is None
    assert calendar.term_end(date(2021, 9, 15)) == date(2022, 1, 21)
    assert calendar.term_end(date(2022, 3, 1)) == date(2022, 6, 30)


def test_the_night_and_the_holiday_do_not_count(ctx):
    load(None)
    evening = clock.utc(date(2021, 9, 30), time(16))
    assert calendar.school_time(evening, clock.utc(date(2021, 10, 8), time(9))).total_seconds() == 90 * 60
    due = calendar.after_school_time(evening, calendar.school_time(evening, clock.utc(date(2021, 10, 8), time(9))))
    assert due == clock.utc(date(2021, 10, 8), time(9))


def test_a_clock_does_not_stand_still_when_nobody_enters_the_next_term(ctx):
    load(None)
    assert not calendar.is_school_day(date(2022, 2, 14))
    assert calendar.is_school_day(date(2022, 2, 28))


def test_a_page_asks_the_database_once(ctx, counted):
    load(None)
    with counted() as queries:
        for day in calendar.school_days(date(2021, 9, 1), date(2022, 1, 21)):
            calendar.week_of(day)
    assert queries.count <= 1


def test_the_page_costs_the_same_for_many_years(director, counted, school):
    load(school.director)
    with counted() as few:
        director.get("/calendar/")
    for year in range(2022, 2032):
        Term.add(school.director, date(year, 9, 1), date(year + 1, 1, 20))
        SpecialDay.mark_holiday(school.director, "国庆节", date(year, 10, 1), date(year, 10, 7))
    with counted() as many:
        director.get("/calendar/")
    assert many.count <= few.count + 1


# Who may


def test_teachers_read_and_change_nothing(school, phone, term):
    teacher = phone(school.teacher)
    page = teacher.get("/calendar/").text
    assert "first term of 2026–2027" in page
    assert "/calendar/days" not in page
    assert "/calendar/terms/" not in page
    for address, form in (("terms/add", TERM), ("days", HOLIDAY), ("hours", HOURS), ("built-in", {}),
                          (f"terms/{term.id}", TERM), (f"terms/{term.id}/removal", {})):  # fmt: skip
        assert teacher.send(f"/calendar/{address}", form).status_code == 403
    assert Term.get().ends_on == date(2027, 1, 20)


def test_a_visitor_is_asked_to_sign_in(phone):
    assert phone().get("/calendar/").status_code == 303


def test_the_director_is_told_when_the_next_term_is_missing(school, phone, term):
    SchoolHours.begin(None, date(2026, 9, 1), {1: ((time(8), time(12)),)})
    assert "gap in the school calendar" not in phone(school.director).get("/").text
    clock.set_hands(clock.utc(date(2027, 1, 10)))
    assert "gap in the school calendar" in phone(school.director).get("/").text
    assert "gap in the school calendar" not in phone(school.teacher).get("/").text
    assert "No term is entered after 2027-01-20" in phone(school.director).get("/calendar/").text
