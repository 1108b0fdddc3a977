"""The demo school's terms, holidays and hours: the present term began three months ago."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import TYPE_CHECKING

from app import clock
from app.calendar.models import SchoolHours, SpecialDay, Term, monday
from app.seeds.demo_school.days import at, term_start

if TYPE_CHECKING:
    from app.seeds.demo_school import School

TERM, VACATION = timedelta(weeks=20), timedelta(weeks=6)
NEAR = timedelta(days=4)  # around today lessons go on as ever, so that a visitor sees a school at work
HOURS = dict.fromkeys(range(1, 6), ((time(8), time(11, 30)), (time(13), time(16, 30))))
# month, day, how many days: those that fall on the same days each year, or nearly
HOLIDAYS = (("元旦", 1, 1, 1), ("清明节", 4, 5, 1), ("劳动节", 5, 1, 3), ("国庆节", 10, 1, 7))


def build(school: "School") -> None:
    """Three terms around today, public holidays, three free days and a swap day that has just been."""
    director = school.person("director")
    clock.set_hands(term_start())
    today = clock.today_really()
    first = monday(clock.today())
    for starts_on in (first - TERM - VACATION, first, first + TERM + VACATION):
        Term.add(director, starts_on, starts_on + TERM - timedelta(days=3))
    SchoolHours.begin(director, first - TERM - VACATION, HOURS)
    for name, start, end in _public(first, first + TERM, today):
        SpecialDay.mark_holiday(director, name, start, end)
    free = monday(today) - timedelta(weeks=5)
    SpecialDay.mark_holiday(
        director, "春假" if free.month < 8 else "秋假", free + timedelta(days=2), free + timedelta(days=4)
    )
    clock.set_hands(at(monday(today) - timedelta(weeks=4), 9))
    _feast(school, monday(today) - timedelta(weeks=3))


def _feast(school: "School", week: date) -> None:
    """The school's anniversary is a free Friday; its lessons are made up for on the Saturday of the week before."""
    director, friday = school.person("director"), week + timedelta(days=4)
    SpecialDay.mark_holiday(director, "校庆日", friday)
    SpecialDay.mark_swap(director, "补校庆日（星期五）的课", friday - timedelta(days=6), 5)


def _public(first: date, last: date, today: date) -> Iterator[tuple[str, date, date]]:
    for year in range(first.year, last.year + 1):
        for name, month, day, count in HOLIDAYS:
            start = date(year, month, day)
            end = start + timedelta(days=count - 1)
            if first <= start and end <= last and not start - NEAR <= today <= end + NEAR:
                yield name, start, end
