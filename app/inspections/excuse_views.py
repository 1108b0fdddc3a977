"""Pages of what need not be checked: classes that are exempt, rounds and places that are excused, and the forms."""

from datetime import date, timedelta
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import Form

from app import clock
from app.calendar.models import monday
from app.inspections import excuses, weeks
from app.inspections.excuse_forms import ExcuseDayForm, ExemptForm
from app.inspections.exemptions import Exemption, parts_in_words
from app.inspections.views import bp
from app.inspections.week_listing import week_words
from app.inspections.weeks import Week, sunday
from app.places.models import ClassGroup
from app.web import allow, done, get_or_404, me, render, say

ONE_WEEK = timedelta(days=7)
FIRST, LAST = date(2000, 1, 3), date(2100, 1, 1)


def _monday_of(text: str) -> date:
    """The Monday of the week that a day lies in, today's for what is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = clock.today()
    return monday(day if FIRST <= day <= LAST else clock.today())


@bp.get("/excused")
@allow("inspections.all")
def excused() -> ResponseReturnValue:
    """Everything that was excused in a week, `?week=` or this one: classes, rounds and single places."""
    first = _monday_of(request.args.get("week", ""))
    last = sunday(first)
    return render(
        "inspections/excused.html",
        first=first,
        title=week_words(first),
        before=first - ONE_WEEK,
        after=first + ONE_WEEK,
        week=Week.of(first),
        classes=excuses.classes_in(first, last),
        rounds=excuses.rounds_in(first, last),
        places=excuses.places_in(first, last),
        part_words=parts_in_words(),
    )


@bp.get("/rounds/excuse")
@allow("inspections.plan")
def rounds_excuse() -> ResponseReturnValue:
    return _day_page(ExcuseDayForm(data={"day": clock.today()}))


@bp.post("/rounds/excuse")
@allow("inspections.plan")
def rounds_excused() -> ResponseReturnValue:
    """The whole school, a grade, a class or a room, on one day or several: a trip, an exam, a sports day."""
    form = ExcuseDayForm(request.form)
    if not form.validate():
        return _day_page(form, 422)
    _excuse(form, groups=form.groups, place=form.place.data)
    return done(url_for(".excused", week=monday(form.day.data).isoformat()))


def _day_page(form: ExcuseDayForm, status: int = 200) -> ResponseReturnValue:
    return render("inspections/excuse_day.html", status=status, form=form)


def _excuse(form: Any, **whom: Any) -> None:
    found = excuses.excuse(me(), form.days, form.reason.data, part=form.part.data, **whom)
    classes = ngettext("%(num)s class does not count then.", "%(num)s classes do not count then.", found.classes)
    rounds = ngettext("Excused in %(num)s round.", "Excused in %(num)s rounds.", found.rounds)
    say(" ".join(filter(None, [classes if found.classes else "", rounds if found.rounds else ""])))
    if any(Week.of(day) is not None for day in form.days):
        say(_("This week is locked and published; its numbers stand."), "info")


@bp.get("/weeks/<day>/exempt")
@allow("inspections.rules")
def exempt(day: str) -> ResponseReturnValue:
    first = _monday_or_404(day)
    return _exempt_page(ExemptForm(None, weeks.classes_of(first), first))


@bp.post("/weeks/<day>/exempt")
@allow("inspections.rules")
def exempted(day: str) -> ResponseReturnValue:
    """A class or a whole grade does not count on days of a week, and need not be scored then."""
    first = _monday_or_404(day)
    form = ExemptForm(request.form, weeks.classes_of(first), first)
    if not form.validate():
        return _exempt_page(form, 422)
    Exemption.give(form.groups, excuses.taught(form.days), form.reason.data, me(), form.part.data)
    say(_("That time does not count for them, and they need not be scored then."))
    return done(url_for(".week", day=first.isoformat()))


def _monday_or_404(day: str) -> date:
    try:
        found = date.fromisoformat(day)
    except ValueError:
        abort(404)
    return monday(found) if FIRST <= found <= clock.today() + ONE_WEEK else abort(404)


def _exempt_page(form: Form, status: int = 200) -> ResponseReturnValue:
    return render("inspections/exempt.html", status=status, form=form, title=week_words(form.first), first=form.first)


@bp.post("/exemptions/<int:id>/end")
@allow("inspections.rules")
def exempt_end(id: int) -> ResponseReturnValue:
    """It was a mistake: the class counts again; with `all` every class that was exempted together with it."""
    row = get_or_404(Exemption.select(Exemption, ClassGroup).join(ClassGroup), id)
    Exemption.end_all(excuses.together_with(row) if "all" in request.form else [row], me())
    say(_("That time counts again, and what was due then is due again."))
    return done(url_for(".excused", week=monday(row.day).isoformat()))
