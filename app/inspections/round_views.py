"""Pages of rounds: what is due, late, missed and done; one round with its places, excuses and stand-ins."""

from datetime import timedelta
from typing import Any

import peewee
from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import clock, journal
from app.excel.listing import listing_pages
from app.inspections import round_listing
from app.inspections.excuse_forms import ExcuseForm
from app.inspections.plan_forms import StandInForm
from app.inspections.plans import Plan
from app.inspections.round_listing import TABS, RoundFilter, rounds_listing, sums_in_words
from app.inspections.rounds_due import Round, RoundPlace
from app.inspections.views import bp
from app.web import Page, Waiting, allow, done, get_or_404, me, render, say

MISSED_FOR = timedelta(days=7)  # how long the home page speaks of a missed round


@bp.get("/rounds")
@allow("inspections.results")
def rounds_due() -> ResponseReturnValue:
    """What is due now, was missed, is finished or comes; all for the office, the own for everybody else."""
    filter = RoundFilter.asked(me(), request.args)
    chooses = me().may("inspections.all")
    return render(
        "inspections/rounds_due.html",
        filter=filter,
        tabs=TABS,
        page=Page(filter.rows()),
        sums=sums_in_words(filter.sums()) if filter.tab == "all" or filter.narrowed else "",
        plans=round_listing.plans() if chooses else [],
        doers=round_listing.doers() if chooses else [],
        months=round_listing.months(),
    )


listing_pages(bp, "inspections.results", "/rounds/list", lambda: rounds_listing(me(), request.args), "rounds")


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
