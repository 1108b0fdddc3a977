"""Terms, holidays, swap days (调休) and school hours. What no longer holds was removed by someone, never deleted."""

from collections.abc import Callable, Iterable
from datetime import date, time, timedelta
from functools import partial
from itertools import count, groupby, pairwise
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.calendar.days import Spans, Week
from app.db import JSON, Day, Moment, Row, database, when_stored, writing
from app.errors import Refused
from app.people.models import Person

WEEKDAYS = {1: _l("Monday"), 2: _l("Tuesday"), 3: _l("Wednesday"), 4: _l("Thursday"), 5: _l("Friday"),
            6: _l("Saturday"), 7: _l("Sunday")}  # fmt: skip
KINDS = {"holiday": _l("holiday"), "swap": _l("swap day, taught")}
LONGEST_TERM, LONGEST_HOLIDAY = timedelta(days=300), timedelta(days=100)
ONE_DAY = timedelta(days=1)

journal.says({
    "calendar.term_added": _l("entered the term %(name)s: %(start)s to %(end)s"),
    "calendar.term_changed": _l("changed the term %(name)s: now %(start)s to %(end)s"),
    "calendar.term_removed": _l("removed the term %(name)s from the calendar"),
    "calendar.holiday": _l("entered a holiday: %(name)s, %(start)s to %(end)s"),
    "calendar.swap": _l("entered a swap day: %(start)s is taught, %(name)s"),
    "calendar.ordinary": _l("made %(start)s to %(end)s ordinary days again (%(name)s)"),
    "calendar.hours": _l("set the school hours from %(start)s on"),
    "calendar.hours_removed": _l("removed the school hours from %(start)s on"),
})  # fmt: skip

# Called once an act has changed the calendar and is stored: higher nouns work out again what depends on its days.
after_change: list[Callable[[], object]] = []
_next = count(1).__next__
_mark = [0]


def mark_of_changes() -> int:
    """Differs once any row of the calendar was stored in this process."""
    return _mark[0]


class _Noticed:
    """Storing a row makes `app.calendar` look again."""

    def save(self, *args: Any, **kwargs: Any) -> int:
        with writing():
            stored = super().save(*args, **kwargs)
            _mark[0] = _next()
            when_stored(partial(_tell_once, _mark[0]))
        return stored


def _tell_once(mark: int) -> None:
    """After an act that stored many rows, only its last one tells the others."""
    if mark == _mark[0]:
        for tell in after_change:
            tell()


# Terms ------------------------------------------------------------------------------------------------------


class Term(_Noticed, Row):
    """A term, first and last day included. Terms never overlap."""

    name = peewee.CharField(60)
    starts_on = Day()
    ends_on = Day()
    at = Moment(default=clock.now)
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    removed_at = Moment(null=True)

    class Meta:
        constraints = [peewee.Check("starts_on < ends_on")]

    @property
    def code(self) -> str:
        """`2026-1` for a first term, `2026-2` for a second; sorts as time does."""
        return f"{clock.school_year(self.starts_on)}-{half_of(self.starts_on)}"

    @property
    def words(self) -> str:
        """Its name as the reader says it: the usual names are said in both languages, a school's own as it stands."""
        return standard_words(self.starts_on) if self.name == standard_name(self.starts_on) else self.name

    @property
    def weeks(self) -> int:
        return self.week_of(self.ends_on)

    def week_of(self, day: date) -> int:
        """Weeks begin on Monday; the first is the one that the first day lies in."""
        return (day - monday(self.starts_on)).days // 7 + 1

    def days(self) -> Iterable[date]:
        return days(self.starts_on, self.ends_on)

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """All that hold, oldest first."""
        return cls.select().where(cls.removed_at.is_null()).order_by(cls.starts_on)

    @classmethod
    def add(cls, by: Person | None, starts_on: date, ends_on: date, name: str = "") -> "Term":
        """Enter a term; without a name it is called as usual. Refused when it overlaps another."""
        with writing():
            cls._check(starts_on, ends_on)
            term = cls.create(name=name or standard_name(starts_on), starts_on=starts_on, ends_on=ends_on, by=by)
            term._tell("calendar.term_added", by)
        return term

    def change(self, by: Person | None, starts_on: date, ends_on: date, name: str = "") -> None:
        with writing():
            self._check(starts_on, ends_on, self.id)
            self.name, self.starts_on, self.ends_on = name or standard_name(starts_on), starts_on, ends_on
            self.save()
            self._tell("calendar.term_changed", by)

    def remove(self, by: Person | None) -> None:
        """Take a term out that was entered by mistake; its row stays."""
        with writing():
            if self.removed_at is not None:
                raise Refused(_("This is already removed."))
            self.removed_at = clock.now()
            self.save()
            self._tell("calendar.term_removed", by)

    def _tell(self, action: str, by: Person | None) -> None:
        journal.record(action, self, by, name=self.name, start=self.starts_on.isoformat(), end=self.ends_on.isoformat())

    @classmethod
    def _check(cls, starts_on: date, ends_on: date, own: int = 0) -> None:
        if problem := cls.problem(starts_on, ends_on, own):
            raise Refused(problem, 422)

    @classmethod
    def problem(cls, starts_on: date, ends_on: date, own: int = 0) -> str:
        """Why a term could not have these days, as a sentence; empty when it could. `own`: the term that changes."""
        if ends_on <= starts_on:
            return _("The last day comes before the first.")
        if ends_on - starts_on > LONGEST_TERM:
            return _("A term is not that long; please look at the years.")
        other = cls.shown().where(cls.id != own, cls.starts_on <= ends_on, cls.ends_on >= starts_on).first()
        if other is None:
            return ""
        start, end = other.starts_on.isoformat(), other.ends_on.isoformat()
        return _("This overlaps %(name)s (%(start)s to %(end)s).", name=other.words, start=start, end=end)


Term.add_index(Term.index(Term.starts_on, unique=True, name="term_starts_once", where=peewee.SQL("removed_at is null")))


def half_of(day: date) -> int:
    """1 in the first half of a school year, August to January; 2 in the second."""
    return 2 if 2 <= day.month < clock.SCHOOL_YEAR_STARTS else 1


def standard_name(starts_on: date) -> str:
    year = clock.school_year(starts_on)
    return f"{year}–{year + 1}学年第{'一二'[half_of(starts_on) - 1]}学期"


def standard_words(starts_on: date) -> str:
    year = clock.school_year(starts_on)
    words = _("first term of %(year)s–%(next)s") if half_of(starts_on) == 1 else _("second term of %(year)s–%(next)s")
    return words % {"year": year, "next": year + 1}


def monday(day: date) -> date:
    """The Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def days(first: date, last: date) -> Iterable[date]:
    """Every day from the first to the last, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


# Holidays and swap days -------------------------------------------------------------------------------------


class SpecialDay(_Noticed, Row):
    """A day that is not what its weekday says: a holiday, or a swap day that is taught with the timetable of the
    weekday `taught_as`. A holiday of seven days is seven rows with one name."""

    day = Day()
    kind = peewee.CharField(10)
    name = peewee.CharField(60)
    taught_as = peewee.SmallIntegerField(null=True)
    at = Moment(default=clock.now)
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    removed_at = Moment(null=True)

    class Meta:
        constraints = [
            peewee.Check("(kind = 'holiday' and taught_as is null) or (kind = 'swap' and taught_as between 1 and 7)")
        ]

    @property
    def means(self) -> tuple[str, str, int | None]:
        return self.kind, self.name, self.taught_as

    @classmethod
    def shown(cls, first: date | None = None, last: date | None = None) -> peewee.ModelSelect:
        """All that hold, in order; only those from `first` to `last` if given."""
        rows = cls.select().where(cls.removed_at.is_null()).order_by(cls.day)
        rows = rows.where(cls.day >= first) if first is not None else rows
        return rows.where(cls.day <= last) if last is not None else rows

    @classmethod
    def mark_holiday(cls, by: Person | None, name: str, first: date, last: date | None = None) -> int:
        """No lessons from the first to the last day; what was said of these days before is replaced. Returns how
        many days changed."""
        last = last or first
        if problem := holiday_problem(first, last):
            raise Refused(problem, 422)
        return cls._mark(by, list(days(first, last)), "holiday", name)

    @classmethod
    def mark_swap(cls, by: Person | None, name: str, day: date, taught_as: int) -> int:
        """A day, mostly of a weekend, that is taught as the weekday `taught_as` (1 is Monday)."""
        if taught_as not in WEEKDAYS:
            raise Refused(_("Please choose whose timetable holds."), 422)
        return cls._mark(by, [day], "swap", name, taught_as)

    @classmethod
    def clear(cls, by: Person | None, first: date, last: date | None = None) -> int:
        """Ordinary days again. Returns how many days changed."""
        with writing():
            gone = cls._remove(first, last or first)
            for row in gone[:1]:
                row._tell("calendar.ordinary", by, first, last or first)
        return len(gone)

    @classmethod
    def _mark(
        cls, by: Person | None, wanted: list[date], kind: str, name: str, taught_as: int | None = None
    ) -> int:  # fmt: skip
        with writing():
            first, last = wanted[0], wanted[-1]
            there = {row.day: row.means for row in cls.shown(first, last)}
            changed = [day for day in wanted if there.get(day) != (kind, name, taught_as)]
            for day in changed:
                cls._remove(day, day)
                row = cls.create(day=day, kind=kind, name=name, taught_as=taught_as, by=by)
            if changed:
                row._tell(f"calendar.{kind}", by, first, last)
        return len(changed)

    @classmethod
    def _remove(cls, first: date, last: date) -> list["SpecialDay"]:
        rows = list(cls.shown(first, last))
        for row in rows:
            row.removed_at = clock.now()
            row.save()
        return rows

    def _tell(self, action: str, by: Person | None, first: date, last: date) -> None:
        journal.record(action, self, by, name=self.name or "—", start=first.isoformat(), end=last.isoformat())


SpecialDay.add_index(
    SpecialDay.index(SpecialDay.day, unique=True, name="special_day_once", where=peewee.SQL("removed_at is null"))
)


def holiday_problem(first: date, last: date) -> str:
    """Why a holiday could not have these days, as a sentence; empty when it could."""
    if last < first:
        return _("The last day comes before the first.")
    if last - first > LONGEST_HOLIDAY:
        return _("A holiday is not that long; a vacation lies between two terms.")
    return ""


class Stretch:
    """Days one after another that are one holiday, or one swap day, as the page lists them."""

    def __init__(self, rows: list[SpecialDay]):
        self.first, self.last, self.count = rows[0].day, rows[-1].day, len(rows)
        self.kind, self.name, self.taught_as = rows[0].means

    @property
    def words(self) -> str:
        return self.name or str(KINDS[self.kind])

    @property
    def weekday(self) -> str:
        return str(WEEKDAYS[self.taught_as]) if self.taught_as else ""


def stretches(rows: Iterable[SpecialDay]) -> list[Stretch]:
    """Days in order → holidays and swap days. Swap days stay single: each has its own timetable."""

    def run(numbered: tuple[int, SpecialDay]) -> tuple[Any, ...]:
        number, row = numbered
        return row.means, row.day if row.kind == "swap" else row.day.toordinal() - number

    return [Stretch([row for _number, row in each]) for _key, each in groupby(enumerate(rows), run)]


# School hours -----------------------------------------------------------------------------------------------


class SchoolHours(_Noticed, Row):
    """When school is, by weekday, from a day on until the next set begins. `week` is {"1": [["08:00", "11:30"], …]}."""

    valid_from = Day()
    week = JSON()
    at = Moment(default=clock.now)
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    removed_at = Moment(null=True)

    @property
    def hours(self) -> Week:
        return week_from(self.week)

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """All that hold, oldest first."""
        return cls.select().where(cls.removed_at.is_null()).order_by(cls.valid_from)

    @classmethod
    def begin(cls, by: Person | None, valid_from: date, week: Week) -> "SchoolHours":
        """School is at these hours from a day on. A set that was to begin on the same day is replaced."""
        week = {weekday: spans for weekday, spans in week.items() if spans}
        _check_week(week)
        with writing():
            for old in cls.shown().where(cls.valid_from == valid_from):
                if old.hours == week:
                    return old
                old.removed_at = clock.now()
                old.save()
            row = cls.create(valid_from=valid_from, week=week_as_text(week), by=by)
            journal.record("calendar.hours", row, by, start=valid_from.isoformat())
        return row

    def remove(self, by: Person | None) -> None:
        """This set was a mistake; the one before holds on."""
        with writing():
            if self.removed_at is not None:
                raise Refused(_("This is already removed."))
            self.removed_at = clock.now()
            self.save()
            journal.record("calendar.hours_removed", self, by, start=self.valid_from.isoformat())


SchoolHours.add_index(
    SchoolHours.index(
        SchoolHours.valid_from, unique=True, name="school_hours_once", where=peewee.SQL("removed_at is null")
    )
)


def _check_week(week: Week) -> None:
    if not any(weekday <= 5 for weekday in week):  # otherwise the school's clock could stand still for ever
        raise Refused(_("Please give the hours of at least one day from Monday to Friday."), 422)
    for spans in week.values():
        ends = [moment for span in spans for moment in span]
        if any(a >= b for a, b in pairwise(ends)):
            raise Refused(_("Please give the hours in their order, such as 08:00-11:30, 13:00-16:30."), 422)


def spans_in_words(spans: Spans) -> str:
    """`08:00–11:30, 13:00–16:30`."""
    return ", ".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in spans)


def week_as_text(week: Week) -> dict[str, list[list[str]]]:
    return {str(weekday): [[f"{time:%H:%M}" for time in span] for span in spans] for weekday, spans in week.items()}


def week_from(text: dict[str, list[list[str]]]) -> Week:
    return {
        int(weekday): tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in spans)
        for weekday, spans in text.items()
    }


# All of it at once ------------------------------------------------------------------------------------------

_ALL = """
SELECT 'term', id, name, CAST(starts_on AS TEXT), CAST(ends_on AS TEXT), 0 FROM term WHERE removed_at IS NULL
UNION ALL
SELECT kind, id, name, CAST(day AS TEXT), '', COALESCE(taught_as, 0) FROM special_day WHERE removed_at IS NULL
UNION ALL
SELECT 'hours', id, week, CAST(valid_from AS TEXT), '', 0 FROM school_hours WHERE removed_at IS NULL
ORDER BY 4"""


def everything() -> tuple[tuple[Any, ...], ...]:
    """All that holds, in one query: (kind, id, name or hours, first day, last day, weekday), in the order of days."""
    return tuple(map(tuple, database.execute_sql(_ALL).fetchall()))
