"""Pages of rounds: what is due, late, missed and done; one round with its places, excuses and stand-ins."""

from datetime import timedelta
from typing import Any

import peewee
from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import clock, journal
from app.inspections.plan_forms import ExcuseDayForm, ExcuseForm, StandInForm
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round, RoundPlace, excuse_day
from app.inspections.views import bp, me
from app.web import Page, Waiting, allow, done, get_or_404, render, say

TABS = {"due": _l("To do"), "missed": _l("Missed rounds"), "done": _l("Finished"), "coming": _l("Coming")}
MISSED_FOR = timedelta(days=7)  # how long the home page speaks of a missed round


@bp.get("/rounds")
@allow("inspections.results")
def rounds_due() -> ResponseReturnValue:
    """What is due now, was missed, is finished or comes; all for the office, the own for everybody else."""
    tab = request.args.get("tab", "due")
    tab = tab if tab in TABS else "due"
    now = clock.now()
    query = Round.visible_to(me()).where(_tab(tab, now))
    order = (Round.closes_at, Round.id) if tab in ("due", "coming") else (Round.closes_at.desc(), Round.id.desc())
    return render("inspections/rounds_due.html", tab=tab, tabs=TABS, page=Page(query.order_by(*order)))


def _tab(tab: str, now: Any) -> peewee.Expression:
    finished = Round.done_at.is_null(False) | Round.excused_at.is_null(False)
    return {
        "due": Round.going_on(now),
        "missed": Round.was_missed(now),
        "done": finished,
        "coming": ~finished & (Round.opens_at > now),
    }[tab]


@bp.get("/rounds/excuse")
@allow("inspections.plan")
def rounds_excuse() -> ResponseReturnValue:
    return render("inspections/excuse_day.html", form=ExcuseDayForm(data={"day": clock.today()}))


@bp.post("/rounds/excuse")
@allow("inspections.plan")
def rounds_excused() -> ResponseReturnValue:
    """Everything due on a day, or one place of it: a trip, an exam, a sports day."""
    form = ExcuseDayForm(request.form)
    if not form.validate():
        return render("inspections/excuse_day.html", status=422, form=form)
    count = excuse_day(me(), form.day.data, form.reason.data, form.place.data)
    say(ngettext("Excused in %(num)s round.", "Excused in %(num)s rounds.", count))
    return done(url_for(".rounds_due", tab="done"))


@bp.get("/rounds/<int:id>")
@allow("inspections.results")
def round_due(id: int) -> ResponseReturnValue:
    """One round: each place in walking order, checked, left or excused."""
    round = get_or_404(Round.visible_to(me()), id)
    return _page(round)


def _page(round: Round, status: int = 200, **forms: Any) -> ResponseReturnValue:
    reads = me().may("inspections.all") or round.does(me())
    return render(
        "inspections/round_due.html",
        status=status,
        round=round,
        stops=round.stops(),
        checklist=round.plan.checklist,
        reads=reads,
        walks=round.is_going_on and round.does(me()) and "inspections.walk" in current_app.view_functions,
        events=list(journal.about(thing=round)),
        **{"excuse": ExcuseForm(), "stand_in": StandInForm(), "stop": None, **forms},
    )


@bp.post("/rounds/<int:id>/excuse")
@allow("inspections.plan")
def round_excused(id: int) -> ResponseReturnValue:
    """Excuse the round, or with `place` (the id of a stop) one place of it."""
    round = get_or_404(Round.visible_to(me()), id)
    stop = _stop(round)
    form = ExcuseForm(request.form)
    if not form.validate():
        return _page(round, 422, excuse=form, stop=stop)
    round.excuse(me(), form.reason.data, stop)
    say(_("Excused. The reason stays with it."))
    return done(url_for(".round_due", id=id))


def _stop(round: Round) -> RoundPlace | None:
    """The place of the round that the form names; 404 for one of another round."""
    asked = request.form.get("stop", "")
    if not asked:
        return None
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 12 else 0
    return get_or_404(RoundPlace.whole().where(RoundPlace.round == round), number)


@bp.post("/rounds/<int:id>/stand-in")
@allow("inspections.plan")
def round_handed_over(id: int) -> ResponseReturnValue:
    round = get_or_404(Round.visible_to(me()), id)
    form = StandInForm(request.form)
    if not form.validate():
        return _page(round, 422, stand_in=form)
    round.hand_over(form.person.data, me())
    say(_("%(name)s does it this time and has been told.", name=form.person.data.name))
    return done(url_for(".round_due", id=id))


def waiting(who: Any) -> list[Waiting]:
    """Rounds that someone has to do now, and for who plans them, what was missed in the last days. One query."""
    now = clock.now()
    mine, count = Round.of(who) & Round.going_on(now), peewee.fn.COUNT
    numbers = (
        Round.select(
            count(peewee.Case(None, ((mine, 1),))),
            count(peewee.Case(None, ((mine & (Round.closes_at < now), 1),))),
            count(peewee.Case(None, ((Round.was_missed(now), 1),))),
        )
        .join(Plan)
        .where(Round.ends_at > now - MISSED_FOR, Round.opens_at <= now, Round.done_at.is_null())
    )
    to_do, late, missed = numbers.tuples().get()
    cards = [Waiting(_("Rounds to do"), to_do, "list-checks", url_for("inspections.rounds_due"), late=late > 0)]
    if not who.is_card and who.may("inspections.plan"):
        address = url_for("inspections.rounds_due", tab="missed")
        cards.append(Waiting(_("Rounds missed in the last days"), missed, "clock", address, late=True))
    return [card for card in cards if card.count]
