"""Months, terms and school years: the stretches of days that records, analysis and signatures speak of."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from app import calendar, clock
from app.calendar.models import standard_words
from app.disposals.class_property import is_term, term_of

MONTHS_BACK = 18  # offered to choose from


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included. `key` is how an address names it: `2026-11` a month, `2026-1` the
    first term of a school year, `2026` the school year, `2026-11-03..2026-11-20` any days."""

    key: str
    start: date
    end: date
    name: str = ""

    # Which there are

    @classmethod
    def month(cls, year: int, month: int) -> "Period":
        return cls(f"{year}-{month:02}", date(year, month, 1), date(year, month, monthrange(year, month)[1]))

    @classmethod
    def term(cls, key: str) -> "Period":
        """The term by the school's calendar; while that is empty the half year, so that no day is left out."""
        known = next((term for term in calendar.terms() if term.code == key), None)
        if known is not None:
            return cls(key, known.starts_on, known.ends_on, known.words)
        year = int(key[:4])
        first = date(year, 8, 1) if key.endswith("1") else date(year + 1, 2, 1)
        return cls(key, first, date(year + 1, 1, 31) if first.month == 8 else date(year + 1, 7, 31))

    @classmethod
    def school_year(cls, year: int) -> "Period":
        return cls(str(year), date(year, clock.SCHOOL_YEAR_STARTS, 1), date(year + 1, 7, 31))

    @classmethod
    def days(cls, start: date, end: date) -> "Period":
        return cls(f"{start}..{end}", start, end)

    @classmethod
    def of(cls, key: str) -> "Period | None":
        """The period that a key names, or None when it names none."""
        if re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", key):
            return cls.month(int(key[:4]), int(key[5:]))
        if is_term(key):
            return cls.term(key)
        if re.fullmatch(r"20\d\d", key):
            return cls.school_year(int(key))
        start, _dots, end = key.partition("..")
        first, last = _day(start), _day(end)
        return cls.days(first, last) if first and last and first <= last else None

    @classmethod
    def asked(cls, args: Any, default: "str | None" = None) -> "Period":
        """From a query string: days typed by hand win over what was chosen; the present month when nothing fits."""
        first, last = _day(args.get("from", "")), _day(args.get("to", ""))
        if first or last:
            first, last = first or min(last, clock.today()), last or max(first, clock.today())
            return cls.days(min(first, last), max(first, last))
        return cls.of(args.get("period", "")) or cls.of(default or "") or this_month()

    # How it reads

    @property
    def kind(self) -> str:
        """month, term, year or days."""
        if ".." in self.key:
            return "days"
        return {4: "year", 6: "term", 7: "month"}[len(self.key)]

    @property
    def words(self) -> str:
        """`2026年11月`, the term's name, `2026–2027学年`, `2026-11-03 至 2026-11-20`."""
        if self.name:
            return self.name
        if self.kind == "month":
            return _("%(year)s-%(month)s", year=self.start.year, month=f"{self.start.month:02}")
        if self.kind == "term":
            return standard_words(self.start)
        if self.kind == "year":
            return _("school year %(year)s–%(next)s", year=self.start.year, next=self.start.year + 1)
        return _("%(start)s to %(end)s", start=self.start.isoformat(), end=self.end.isoformat())

    @property
    def dates(self) -> str:
        return _("%(start)s to %(end)s", start=self.start.isoformat(), end=self.end.isoformat())

    @property
    def full(self) -> str:
        """The words and, where they don't say it, the days: for the head of a paper."""
        return self.words if self.kind == "days" else f"{self.words}  {self.dates}"

    @property
    def is_over(self) -> bool:
        return self.end < clock.today()

    @property
    def args(self) -> dict[str, str]:
        if self.kind == "days":
            return {"from": self.start.isoformat(), "to": self.end.isoformat()}
        return {"period": self.key}


def this_month() -> Period:
    return Period.month(clock.today().year, clock.today().month)


def last_month() -> Period:
    day = clock.today().replace(day=1) - timedelta(days=1)
    return Period.month(day.year, day.month)


def this_term() -> Period:
    """The term that today lies in; during holidays the one before."""
    known = calendar.term_near(clock.today())
    return Period.term(known.code if known else term_of())


def choices() -> list[tuple[str, list[Period]]]:
    """What can be chosen, under headings: terms, school years, the last months."""
    year = clock.school_year()
    terms = [f"{each}-{half}" for each in (year, year - 1) for half in (2, 1)]
    first, months = clock.today().replace(day=1), []
    for _month in range(MONTHS_BACK):
        months.append(Period.month(first.year, first.month))
        first = (first - timedelta(days=1)).replace(day=1)
    return [
        (_("Terms"), [Period.term(key) for key in terms if key <= term_of()]),
        (_("School years"), [Period.school_year(each) for each in (year, year - 1)]),
        (_("Months"), months),
    ]


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day is not None and 2000 <= day.year < 2100 else None
