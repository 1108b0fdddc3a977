"""The first term of 2021–2022 as published: terms of Jiangsu's primary schools, holidays and swap days of the
State Council. A calendar to begin with, to try things out, or to correct."""

from datetime import date, time

from flask_babel import gettext as _

from app.calendar.models import SchoolHours, SpecialDay, Term
from app.db import writing
from app.errors import Refused
from app.people.models import Person

TERM = (date(2021, 9, 1), date(2022, 1, 21))
HOLIDAYS = (
    ("中秋节", date(2021, 9, 19), date(2021, 9, 21)),
    ("国庆节", date(2021, 10, 1), date(2021, 10, 7)),
    ("元旦", date(2022, 1, 1), date(2022, 1, 3)),
)
SWAPS = (  # name, day, whose timetable
    ("补9月20日（星期一）的课", date(2021, 9, 18), 1),
    ("补10月6日（星期三）的课", date(2021, 9, 26), 3),
    ("补10月7日（星期四）的课", date(2021, 10, 9), 4),
)
HOURS = dict.fromkeys(range(1, 6), ((time(8), time(11, 30)), (time(13), time(16, 30))))


def load(by: Person | None) -> Term:
    """Enter all of it. Refused while any term is entered."""
    with writing():
        if Term.shown().exists():
            raise Refused(_("The calendar is not empty any more."))
        term = Term.add(by, *TERM)
        for holiday in HOLIDAYS:
            SpecialDay.mark_holiday(by, *holiday)
        for swap in SWAPS:
            SpecialDay.mark_swap(by, *swap)
        if not SchoolHours.shown().exists():
            SchoolHours.begin(by, TERM[0], HOURS)
    return term
