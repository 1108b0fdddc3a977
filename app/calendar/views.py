"""The calendar's pages: a term as weeks, and for the director what is entered in it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import calendar, clock, journal
from app.calendar import built_in, importing
from app.calendar.days import SchoolCalendar, Week
from app.calendar.forms import HoursForm, MarkForm, TermForm
from app.calendar.importing import CalendarImporter
from app.calendar.models import SchoolHours, SpecialDay, Stretch, Term, monday, spans_in_words, stretches
from app.db import writing
from app.excel import out
from app.excel.views import import_pages
from app.people.models import days_in_words
from app.web import Waiting, allow, done, get_or_404, me, render, say, whole

bp = Blueprint("calendar", __name__, url_prefix="/calendar")
import_pages(bp, CalendarImporter, "calendar.edit")

SOON = timedelta(days=14)  # before the last known day the director is reminded of the next term


# The term -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """A square of the page. kind: taught, off, holiday, swap, or outside the term."""

    day: date
    kind: str
    name: str


@dataclass(frozen=True)
class WeekRow:
    number: int
    days: list[Day]


@bp.get("/")
@allow("calendar.list")
def list() -> ResponseReturnValue:
    known, today = calendar.current(), clock.today()
    term = _chosen(known, today)
    marked = stretches(SpecialDay.shown(term.starts_on, term.ends_on)) if term else []
    return render(
        "calendar/list.html", term=term, terms=known.terms, weeks=_weeks(known, term) if term else [],
        this_week=calendar.week_of(today), marked=marked, taught=_taught(known, term),
        hours=in_runs(known.week_on(today)), sets=_sets(known), warning=warning(known, today), events=_events(),
    )  # fmt: skip


def _chosen(known: SchoolCalendar, today: date) -> Term | None:
    asked = whole("term")
    found = next((term for term in known.terms if term.id == asked), None)
    return found or known.term_of(today) or known.term_after(today) or known.term_near(today)


def _weeks(known: SchoolCalendar, term: Term) -> Any:
    first = monday(term.starts_on)
    return [
        WeekRow(number + 1, [_day(known, term, first + timedelta(days=7 * number + each)) for each in range(7)])
        for number in range(term.weeks)
    ]


def _day(known: SchoolCalendar, term: Term, day: date) -> Day:
    mark = known.marks.get(day)
    if not term.starts_on <= day <= term.ends_on:
        return Day(day, "outside", "")
    if mark is not None:
        return Day(day, mark.kind, mark.name)
    return Day(day, "taught" if known.is_school_day(day) else "off", "")


def _taught(known: SchoolCalendar, term: Term | None) -> int:
    return sum(known.is_school_day(day) for day in term.days()) if term else 0


def in_runs(week: Week) -> Any:
    """`[("Mon to Fri", "08:00–11:30, 13:00–16:30")]`: weekdays with the same hours in one line."""
    by_hours: dict[str, Any] = {}
    for weekday, spans in sorted(week.items()):
        by_hours.setdefault(spans_in_words(spans), []).append(weekday)
    return [(days_in_words(weekdays), hours) for hours, weekdays in by_hours.items()]


def _sets(known: SchoolCalendar) -> Any:
    """All school hours that were and will be, for who keeps them, when there are several."""
    if len(known.hours) < 2 or not current_user.may("calendar.edit"):
        return []
    return [(row, in_runs(row.hours)) for row in SchoolHours.shown()]


def _events() -> Any:
    if not current_user.may("calendar.edit"):
        return []
    tables = [model._meta.table_name for model in (Term, SpecialDay, SchoolHours)]
    return journal.about().where(journal.Event.noun.in_(tables)).limit(10)


def warning(known: SchoolCalendar, today: date) -> str:
    """What the calendar lacks, as a sentence: what is not entered is counted as plain weekdays sooner or later."""
    if not known.terms:
        return _("The calendar is empty: Monday to Friday from 08:00 to 17:00 count as school time.")
    if not known.hours:
        return _("No school hours are entered: Monday to Friday from 08:00 to 17:00 count as school time.")
    last = known.terms[-1].ends_on
    if last < today + SOON:
        return _("No term is entered after %(day)s. Please enter the next one.", day=last.isoformat())
    return ""


def waiting(who: Any) -> Any:
    """A card for who keeps the calendar when the next term is missing."""
    if not who.may("calendar.edit") or not warning(calendar.current(), clock.today()):
        return []
    return [Waiting(_("gap in the school calendar"), 1, "calendar", url_for("calendar.list"))]


@bp.get("/calendar.xlsx")
@allow("calendar.list")
def sheet() -> Response:
    """All that is entered, as the sheet that can be sent in again."""
    columns = [out.Col(column.title, column.kind, column.width) for column in CalendarImporter.columns]
    return out.sheet(f"{_('School calendar')}.xlsx", columns, importing.rows())


@bp.post("/built-in")
@allow("calendar.edit")
def load() -> ResponseReturnValue:
    """The first term of 2021–2022, while nothing is entered."""
    term = built_in.load(me())
    say(_("%(name)s is entered, with its holidays and swap days.", name=term.words))
    return done(url_for(".list", term=term.id))


# Terms --------------------------------------------------------------------------------------------------------


@bp.get("/terms/add")
@allow("calendar.edit")
def term_add() -> ResponseReturnValue:
    return _term_page(TermForm())


@bp.post("/terms/add")
@allow("calendar.edit")
def term_add_now() -> ResponseReturnValue:
    form = TermForm(request.form)
    if not _term_fits(form):
        return _term_page(form, status=422)
    term = Term.add(me(), form.starts_on.data, form.ends_on.data, form.name.data or "")
    say(_("%(name)s is entered.", name=term.words))
    return done(url_for(".list", term=term.id))


@bp.get("/terms/<int:id>")
@allow("calendar.edit")
def term_edit(id: int) -> ResponseReturnValue:
    term = get_or_404(Term.shown(), id)
    return _term_page(TermForm(obj=term), term)


@bp.post("/terms/<int:id>")
@allow("calendar.edit")
def term_edit_now(id: int) -> ResponseReturnValue:
    term = get_or_404(Term.shown(), id)
    form = TermForm(request.form)
    if not _term_fits(form, term.id):
        return _term_page(form, term, 422)
    term.change(me(), form.starts_on.data, form.ends_on.data, form.name.data or "")
    say(_("Stored."))
    return done(url_for(".list", term=term.id))


@bp.post("/terms/<int:id>/removal")
@allow("calendar.edit")
def term_remove(id: int) -> ResponseReturnValue:
    term = get_or_404(Term.shown(), id)
    term.remove(me())
    say(_("%(name)s is removed.", name=term.words))
    return done(url_for(".list"))


def _term_fits(form: TermForm, own: int = 0) -> bool:
    if not form.validate():
        return False
    if problem := Term.problem(form.starts_on.data, form.ends_on.data, own):
        form.ends_on.errors = [problem]
    return not form.ends_on.errors


def _term_page(form: TermForm, term: Term | None = None, status: int = 200) -> Response:
    return render("calendar/term.html", status=status, form=form, term=term)


# Holidays and swap days ---------------------------------------------------------------------------------------


@bp.get("/days")
@allow("calendar.edit")
def mark() -> ResponseReturnValue:
    """What a day is; a holiday or swap day that stands there comes with all its days."""
    old = _standing(_asked_day("day"))
    if old is None:
        return _mark_page(MarkForm(data={"first": _asked_day("day")}))
    known = {"kind": old.kind, "first": old.first, "last": old.last, "name": old.name, "taught_as": old.taught_as or 1}
    return _mark_page(MarkForm(data=known), old)


@bp.post("/days")
@allow("calendar.edit")
def mark_now() -> ResponseReturnValue:
    form, old = MarkForm(request.form), _standing(_asked_day("day"))
    if not form.validate():
        return _mark_page(form, old, 422)
    first, last = form.first.data, form.until
    with writing():
        if old is not None and not first <= old.first <= old.last <= last:  # moved, or made shorter
            SpecialDay.clear(me(), old.first, old.last)
        _mark(form, first, last)
    say(_("Stored."))
    term = calendar.term_of(first)
    return done(url_for(".list", term=term.id if term else None))


def _mark(form: MarkForm, first: date, last: date) -> None:
    if form.kind.data == "holiday":
        SpecialDay.mark_holiday(me(), form.name.data or "", first, last)
    elif form.kind.data == "swap":
        SpecialDay.mark_swap(me(), form.name.data or "", first, form.taught_as.data)
    else:
        SpecialDay.clear(me(), first, last)


def _asked_day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _standing(day: date | None) -> Stretch | None:
    """The holiday or swap day that a day belongs to."""
    if day is None:
        return None
    near = SpecialDay.shown(day - timedelta(days=110), day + timedelta(days=110))
    return next((each for each in stretches(near) if each.first <= day <= each.last), None)


def _mark_page(form: MarkForm, old: Stretch | None = None, status: int = 200) -> Response:
    return render("calendar/days.html", status=status, form=form, old=old)


# School hours -------------------------------------------------------------------------------------------------


@bp.get("/hours")
@allow("calendar.edit")
def hours() -> ResponseReturnValue:
    return _hours_page(HoursForm.of(calendar.current().week_on(clock.today())))


@bp.post("/hours")
@allow("calendar.edit")
def hours_now() -> ResponseReturnValue:
    form = HoursForm(request.form)
    if not form.validate():
        return _hours_page(form, 422)
    SchoolHours.begin(me(), form.valid_from.data, form.week)
    say(_("Stored."))
    return done(url_for(".list"))


@bp.post("/hours/<int:id>/removal")
@allow("calendar.edit")
def hours_remove(id: int) -> ResponseReturnValue:
    get_or_404(SchoolHours.shown(), id).remove(me())
    say(_("Removed."))
    return done(url_for(".list"))


def _hours_page(form: HoursForm, status: int = 200) -> Response:
    return render("calendar/hours.html", status=status, form=form)
