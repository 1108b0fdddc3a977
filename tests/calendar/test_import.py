"""The calendar as a sheet: in, out, and in again without a change."""

from datetime import date, time

import pytest

from app.calendar.built_in import load
from app.calendar.models import SchoolHours, SpecialDay, Term
from app.calendar.reading import spans_of, weekdays_of
from tests.sheets import check, rows_of, send

HEAD = ("类别", "名称", "开始日期", "结束日期", "星期", "作息时间")
ROWS = (
    ("学期", None, "2026-09-01", "2027-01-20", None, None),
    ("放假", "国庆节", "2026-10-01", "2026-10-07", None, None),
    ("调休上课", None, "2026-10-10", None, "星期四", None),
    ("作息", None, "2026-09-01", None, "周一至周四", "8:00-11:30，13:00-16:30"),
    ("作息", None, "2026-09-01", None, "周五", "8:00～11:30"),
)


@pytest.fixture
def director(school, phone):
    return phone(school.director)


def calendar_of(director, *rows):
    return check(director, "/calendar/import", [HEAD, *rows])


def test_a_whole_calendar_in_one_sheet(director):
    checked = calendar_of(director, *ROWS)
    assert checked.counts == (5, 0, 0, 0)
    checked.store()
    assert Term.get().name == "2026–2027学年第一学期"
    assert SpecialDay.shown().count() == 8
    hours = SchoolHours.get().hours
    assert len(hours[4]) == 2
    assert hours[5] == ((time(8), time(11, 30)),)
    assert calendar_of(director, *ROWS).counts == (0, 0, 5, 0)


def test_known_rows_are_changed(director):
    calendar_of(director, *ROWS).store()
    again = calendar_of(director, ("学期", None, "2026-09-01", "2027-01-22", None, None),
                        ("放假", "国庆", "2026-10-01", "2026-10-08", None, None),
                        ("作息", None, "2026-09-01", None, "五", "8:00-12:00"))  # fmt: skip
    assert again.counts == (0, 3, 0, 0)
    again.store()
    assert (Term.get().ends_on, SpecialDay.shown().count()) == (date(2027, 1, 22), 9)
    assert SchoolHours.shown().get().hours[5] == ((time(8), time(12)),)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("舞会", "", "2026-10-01", None, None, None), "“舞会” is not in the list: term"),
        (("学期", None, "2026-09-01", None, None, None), "Please fill this in."),
        (("学期", None, "2026-09-01", "2026-08-01", None, None), "The last day comes before the first."),
        (("放假", "节", "2026-10-01", "2027-10-01", None, None), "A holiday is not that long"),
        (("放假", "节", "十月", None, None, None), "is not a day"),
        (("调休", None, "2026-10-10", None, None, None), "the timetable of which weekday holds"),
        (("调休", None, "2026-10-10", None, "某日", None), "is no weekday"),
        (("调休", None, "2026-10-10", "2026-10-11", "周四", None), "A swap day is one day"),
        (("作息", None, "2026-09-01", None, "周六", "8:00-9:00"), "at least one day from Monday to Friday"),
        (("作息", None, "2026-09-01", None, "周一", "早上"), "are no hours"),
    ],
)
def test_each_problem_is_told_in_words(director, row, words):
    checked = calendar_of(director, row)
    assert checked.counts[3] == 1
    assert words in checked.page
    assert not (Term.select().exists())
    assert not (SpecialDay.select().exists())
    assert not (SchoolHours.select().exists())


def test_rows_that_contradict_each_other(director):
    checked = calendar_of(director, *ROWS[:2], ("调休", None, "2026-10-07", None, "周四", None))
    assert "Row 3 already says what 2026-10-07 is." in checked.page
    checked = calendar_of(director, ROWS[0], ("学期", "又一个", "2027-01-01", "2027-03-01", None, None))
    assert "This overlaps the term of row 2." in checked.page


def test_what_went_out_comes_in_unchanged(school, director):
    load(school.director)
    rows = rows_of(director.get("/calendar/calendar.xlsx").data)
    checked = check(director, "/calendar/import", rows)
    assert checked.counts == (0, 0, len(rows) - 1, 0)


def test_who_may_not(school, phone):
    assert send(phone(school.teacher), "/calendar/import", [HEAD, *ROWS]).status_code == 403


@pytest.mark.parametrize(
    ("words", "numbers"),
    [("周一至周五", (1, 2, 3, 4, 5)), ("星期六、日", (6, 7)), ("Mon-Fri", (1, 2, 3, 4, 5)), ("Thursday", (4,)),
     ("1-5", (1, 2, 3, 4, 5)), (4, (4,)), (4.0, (4,)), ("一，三，五", (1, 3, 5)), ("礼拜天", (7,))],
)  # fmt: skip
def test_weekdays_as_people_write_them(ctx, words, numbers):
    assert weekdays_of(words) == numbers


@pytest.mark.parametrize("words", ["", "八", "周", "5-1", "Mon-", "1-5-7", "0", "周一至"])
def test_what_is_no_weekday(ctx, words):
    with pytest.raises(ValueError, match="weekday"):
        weekdays_of(words)


@pytest.mark.parametrize("words", ["8:00-11:30 13:00-16:30", "8：00—11：30；13：00至16：30", "08.00-11.30,13.00-16.30"])
def test_hours_as_people_write_them(ctx, words):
    assert spans_of(words) == ((time(8), time(11, 30)), (time(13), time(16, 30)))
