"""The electrician's day at /repairs/work: one walk, big buttons, nothing to type."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app import clock
from app.db import database
from app.errors import Refused
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.codes import is_well_formed
from app.repairs import bp
from app.repairs.forms import MINUTES, FixForm, HoldForm
from app.repairs.kinds import CAUSES
from app.repairs.models import Ticket
from app.repairs.reporting import actor
from app.repairs.standing import allows
from app.repairs.ticket_views import ticket_page, to_work_on
from app.repairs.work import SHOWN, SHOWS, counts_of, first_steps, jobs_of, shown, walk
from app.web import allow, done, me, render, say

MOST_AT_ONCE = 30


@bp.get("/work")
@allow("repairs.list")
def work() -> ResponseReturnValue:
    """Waiting, in work, nearly late; by building so that a walk makes sense."""
    who, show = me(), _show()
    tickets = list(shown(who, show).limit(SHOWN + 1))
    return render(
        "repairs/work.html",
        stops=walk(tickets[:SHOWN]),
        more=len(tickets) > SHOWN,
        show=show,
        shows=SHOWS,
        counts=counts_of(who),
        pictures=_pictures(tickets[:SHOWN]),
    )


def _show() -> str:
    return request.args.get("show", "") if request.args.get("show") in SHOWS else ""


def _pictures(tickets: list[Ticket]) -> dict[int, list[Photo]]:
    """The photos of each report by ticket id, two queries."""
    steps = first_steps(tickets)
    found = Photo.of_many("ticket_step", steps.values()) if steps else {}
    return {ticket: found[step] for ticket, step in steps.items() if step in found}


@bp.post("/work/taking")
@allow("repairs.list")
def take_all() -> ResponseReturnValue:
    """Take what waits in a building with one tap. What somebody else was faster to take is told, the rest is taken."""
    who, taken, missed = me(), [], []
    for ticket in jobs_of(who).where(Ticket.id.in_(_asked())):
        try:
            with database.atomic():
                ticket.take(who)
            taken.append(ticket.number)
        except Refused as why:
            missed.append(f"{ticket.number}: {why.sentence}")
    if taken:
        say(ngettext("You took %(num)s ticket.", "You took %(num)s tickets.", len(taken)))
    for sentence in missed[:5]:
        say(sentence, "late")
    if not taken and not missed:
        say(_("Nothing was left to take."), "info")
    return done(url_for(".work"))


def _asked() -> list[int]:
    ids = request.form.getlist("ticket")[:MOST_AT_ONCE]
    return [int(id) for id in ids if id.isascii() and id.isdigit() and len(id) < 12]


# The steps of a repair --------------------------------------------------------------------------------------


@bp.post("/<int:id>/taking")
@allow("repairs.list")
def take(id: int) -> ResponseReturnValue:
    ticket = to_work_on(id)
    ticket.take(actor())
    say(_("You took ticket %(number)s.", number=ticket.number))
    return done(_card_of(ticket) or url_for(".show", id=id))


@bp.post("/<int:id>/arrival")
@allow("repairs.list")
def arrive(id: int) -> ResponseReturnValue:
    ticket = to_work_on(id)
    ticket.arrive(actor())
    say(_("Your arrival is noted."))
    return done(_card_of(ticket) or url_for(".show", id=id))


@bp.post("/<int:id>/hold")
@allow("repairs.list")
def hold(id: int) -> ResponseReturnValue:
    ticket, form = to_work_on(id), HoldForm(request.form)
    if not form.validate():
        return ticket_page(ticket, 422, "hold", hold=form)
    ticket.wait(actor(), form.reason.data, form.note.data)
    say(_("Ticket %(number)s is on hold. Its time runs on.", number=ticket.number))
    return done(url_for(".show", id=id))


def _card_of(ticket: Ticket) -> str | None:
    """Where a form of the electrician's page leads back to: that very card. None for forms of other pages."""
    if request.form.get("from") != "work":
        return None
    show = request.form.get("show", "")
    return url_for(".work", show=show if show in SHOWS and show else None, _anchor=f"t{ticket.id}")


@bp.get("/<int:id>/fix")
@allow("repairs.list")
def fix(id: int) -> ResponseReturnValue:
    ticket = to_work_on(id)
    if not allows("fixed", ticket.state, ticket.urgent):
        return redirect(url_for(".show", id=id), 303)
    return _fix_page(ticket, FixForm(minutes=_since_arrival(ticket), cause=ticket.cause or None))


def _since_arrival(ticket: Ticket) -> int | None:
    """The offered length that is nearest to the time on the spot: one tap less. None when nobody noted an arrival,
    or when it is so long ago that the work was not all of it."""
    if ticket.arrived_at is None:
        return None
    minutes = (clock.now() - ticket.arrived_at).total_seconds() / 60
    return min(MINUTES, key=lambda offered: abs(offered - minutes)) if minutes <= 2 * max(MINUTES) else None


@bp.post("/<int:id>/fix")
@allow("repairs.list")
def fixed(id: int) -> ResponseReturnValue:
    ticket, form = to_work_on(id), FixForm(form_data())
    if not form.validate():
        return _fix_page(ticket, form, 422)
    ticket.fix(
        actor(),
        form.method.data,
        form.note.data,
        form.minutes.data,
        form.photos.data,
        parts=form.parts.data,
        cause=form.cause.data or "",
        advice=form.advice.data,
    )
    say(_("Ticket %(number)s is fixed. The reporter is asked to confirm it.", number=ticket.number))
    return done(_after_fixing(ticket))


def _fix_page(ticket: Ticket, form: FixForm, status: int = 200) -> ResponseReturnValue:
    form.parts.offer(ticket.kind)
    came_from = request.values.get("from", "")
    return render("repairs/fix.html", status=status, ticket=ticket, form=form, causes=CAUSES, came_from=came_from[:20])


def _after_fixing(ticket: Ticket) -> str:
    """Back to the label that was scanned, to the day's walk, or to the ticket."""
    came_from = request.form.get("from", "")
    if is_well_formed(came_from):
        return url_for("home.look", code=came_from)
    if came_from == "work" or "electrician" in current_user.roles:
        return url_for(".work")
    return url_for(".show", id=ticket.id)
