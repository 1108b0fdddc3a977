"""The lists, and one ticket with what may be done to it. Reporting stands in reporting.py."""

from typing import Any

import peewee
from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import Form

from app.excel.listing import listing_pages
from app.people.models import Person
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.models import Place
from app.repairs import bp, panels
from app.repairs.forms import ConfirmForm, FixForm, HoldForm, ReasonForm, ReworkForm
from app.repairs.listing import tickets_listing
from app.repairs.lists import ONLY, TicketFilter, late, nearly_late, tabs_for
from app.repairs.models import IN_WORK, KINDS, OPEN, TO_TAKE, Ticket
from app.repairs.reporting import actor, room_or_level
from app.web import Page, Waiting, allow, done, get_or_404, render, say

__all__ = ["bp", "panels"]  # panels registers what other pages show

listing_pages(bp, "repairs.list", "/list", tickets_listing)

# Lists ------------------------------------------------------------------------------------------------------


@bp.get("/", endpoint="list")
@allow("repairs.list")
def everything() -> ResponseReturnValue:
    """Cards for the electrician, a dense table for the office and leaders, the own reports for everybody else."""
    filter = TicketFilter.asked(current_user._get_current_object(), request.args)
    dress = "cards" if "electrician" in current_user.roles else "table" if current_user.may("repairs.all") else "cells"
    return render(
        "repairs/list.html",
        filter=filter,
        page=Page(filter.rows()),
        counts=filter.counts(),
        tabs=tabs_for(current_user),
        only=ONLY,
        dress=dress,
        kinds=KINDS,
        buildings=list(Place.select().where(Place.kind == "building", Place.closed_at.is_null()).order_by(Place.id)),
        place=room_or_level(filter.place),
    )


def waiting(who: Any) -> list[Waiting]:
    """What waits for someone: for the electrician, the director, and whoever reported."""
    if who.is_card or not who.may("repairs.list"):
        return []
    return [card for card in (*_work_waiting(who), *_word_waiting(who)) if card.count]


def _work_waiting(who: Person) -> list[Waiting]:
    electrician, director = "electrician" in who.roles, "director" in who.roles
    if not (electrician or director):
        return []
    count = peewee.fn.COUNT
    new, to_take, in_work, soon, gone = (
        Ticket.select(
            count(peewee.Case(None, ((Ticket.state == "reported", 1),))),
            count(peewee.Case(None, ((Ticket.state.in_(TO_TAKE), 1),))),
            count(peewee.Case(None, ((Ticket.state.in_(IN_WORK), 1),))),
            count(peewee.Case(None, ((nearly_late(), 1),))),
            count(peewee.Case(None, ((late(), 1),))),
        )
        .where(Ticket.state.in_(OPEN))
        .tuples()
        .get()
    )
    found = []
    if electrician:
        found.append(Waiting(_("Repairs to take"), to_take, "wrench", url_for("repairs.list", tab="waiting")))
        found.append(Waiting(_("Repairs in work"), in_work, "hammer", url_for("repairs.list", tab="work")))
    elif director:
        found.append(Waiting(_("Reports to accept"), new, "wrench", url_for("repairs.list", only="new")))
    words = _("Repairs late or nearly late")
    return [*found, Waiting(words, soon, "clock", url_for("repairs.list", only="late"), late=gone > 0)]


def _word_waiting(who: Person) -> list[Waiting]:
    count = Ticket.to_confirm_by(who).count()
    return [Waiting(_("Fixed, waiting for your word"), count, "circle-check", url_for("repairs.list", only="confirm"))]


# One ticket -------------------------------------------------------------------------------------------------


def _seen(id: int) -> Ticket:
    return get_or_404(Ticket.with_names(Ticket.visible_to(current_user)), id)


@bp.get("/<int:id>")
@allow("repairs.list")
def show(id: int) -> ResponseReturnValue:
    return _ticket_page(_seen(id))


def _ticket_page(ticket: Ticket, status: int = 200, unfolded: str = "", **forms: Form) -> ResponseReturnValue:
    """The page of one ticket. `unfolded` names the form that was sent with something missing."""
    steps = ticket.steps()
    blank = {"refuse": ReasonForm(), "void": ReasonForm(), "hold": HoldForm(), "confirm": ConfirmForm()}
    return render(
        "repairs/show.html",
        status=status,
        ticket=ticket,
        steps=steps,
        photos=Photo.of_many("ticket_step", [step.id for step in steps]),
        may_confirm=ticket.state == "fixed" and ticket.may_confirm(current_user),
        unfolded=unfolded,
        **{**blank, "rework": ReworkForm(), **forms},
    )


@bp.post("/<int:id>/acceptance")
@allow("repairs.accept")
def accept(id: int) -> ResponseReturnValue:
    ticket = _seen(id)
    ticket.accept(actor())
    say(_("Ticket %(number)s is accepted.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/refusal")
@allow("repairs.accept")
def send_back(id: int) -> ResponseReturnValue:
    ticket, form = _seen(id), ReasonForm(request.form)
    if not form.validate():
        return _ticket_page(ticket, 422, "refuse", refuse=form)
    ticket.send_back(actor(), form.note.data)
    say(_("Ticket %(number)s went back to who reported it.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/voiding")
@allow("repairs.void")
def void(id: int) -> ResponseReturnValue:
    ticket, form = _seen(id), ReasonForm(request.form)
    if not form.validate():
        return _ticket_page(ticket, 422, "void", void=form)
    ticket.void(actor(), form.note.data)
    say(_("Ticket %(number)s is void.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/taking")
@allow("repairs.fix")
def take(id: int) -> ResponseReturnValue:
    ticket = _seen(id)
    ticket.take(actor())
    say(_("You took ticket %(number)s.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/hold")
@allow("repairs.fix")
def hold(id: int) -> ResponseReturnValue:
    ticket, form = _seen(id), HoldForm(request.form)
    if not form.validate():
        return _ticket_page(ticket, 422, "hold", hold=form)
    ticket.wait(actor(), form.reason.data, form.note.data)
    say(_("Ticket %(number)s is on hold. Its time runs on.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.get("/<int:id>/fix")
@allow("repairs.fix")
def fix(id: int) -> ResponseReturnValue:
    ticket = _seen(id)
    if not ticket.is_open:
        return redirect(url_for(".show", id=id), 303)
    return render("repairs/fix.html", ticket=ticket, form=FixForm())


@bp.post("/<int:id>/fix")
@allow("repairs.fix")
def fixed(id: int) -> ResponseReturnValue:
    ticket, form = _seen(id), FixForm(form_data())
    if not form.validate():
        return render("repairs/fix.html", status=422, ticket=ticket, form=form)
    ticket.fix(actor(), form.method.data, form.note.data, form.minutes.data, form.photos.data)
    say(_("Ticket %(number)s is fixed. The reporter is asked to confirm it.", number=ticket.number))
    return done(url_for(".list") if "electrician" in current_user.roles else url_for(".show", id=id))


@bp.post("/<int:id>/confirmation")
@allow("repairs.confirm")
def confirm(id: int) -> ResponseReturnValue:
    ticket, form = _seen(id), ConfirmForm(request.form)
    if not ticket.may_confirm(current_user):
        abort(403)
    if not form.validate():
        return _ticket_page(ticket, 422, confirm=form)
    ticket.confirm(actor(), form.rating.data or "", form.note.data)
    say(_("Thank you. The repair is confirmed."))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/rework")
@allow("repairs.confirm")
def rework(id: int) -> ResponseReturnValue:
    ticket, form = _seen(id), ReworkForm(request.form)
    if not ticket.may_confirm(current_user):
        abort(403)
    if not form.validate():
        return _ticket_page(ticket, 422, "rework", rework=form)
    ticket.rework(actor(), form.note.data)
    say(_("Ticket %(number)s will be repaired again.", number=ticket.number))
    return done(url_for(".show", id=id))
