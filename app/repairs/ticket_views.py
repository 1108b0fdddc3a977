"""One ticket, with every verb that its reader may do now. The repair itself stands in work_views.py."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import abort, url_for
from flask import request as asked
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import Form

from app.errors import Refused
from app.people.models import Person
from app.photos.forms import form_data
from app.photos.models import Photo
from app.repairs import bp
from app.repairs.forms import (
    ApplicationForm,
    ApprovalForm,
    AssignForm,
    ConfirmForm,
    ContractorDoneForm,
    ContractorForm,
    ExtendForm,
    HoldForm,
    MergeForm,
    MessageForm,
    ReasonForm,
    ReworkForm,
)
from app.repairs.lists import numbered
from app.repairs.models import CAUSES, RATINGS, Extension, Outside, Part, Route, Ticket
from app.repairs.reporting import actor
from app.repairs.standing import allows
from app.web import allow, done, get_or_404, me, render, say
from app.words import span

TWINS = 6

# Sections that other nouns and files show on a ticket's page: fn(who, ticket) -> Markup, or "" for nothing.
panels: list[Callable[[Any, Ticket], str]] = []


def seen(id: int) -> Ticket:
    """The ticket, for those who may see it."""
    return get_or_404(Ticket.with_names(Ticket.visible_to(current_user)), id)


def to_work_on(id: int) -> Ticket:
    """The ticket, for those who may repair it."""
    ticket = seen(id)
    if not ticket.may_work(current_user):
        abort(403)
    return ticket


@bp.get("/<int:id>")
@allow("repairs.list")
def show(id: int) -> ResponseReturnValue:
    return ticket_page(seen(id))


def ticket_page(ticket: Ticket, status: int = 200, unfolded: str = "", **forms: Form) -> ResponseReturnValue:
    """The page of one ticket. `unfolded` names the form that was sent with something missing."""
    who, steps = me(), ticket.steps()
    may = may_now(ticket, who)
    return render(
        "repairs/show.html",
        status=status,
        ticket=ticket,
        steps=steps,
        photos=Photo.of_many("ticket_step", [step.id for step in steps]),
        work=ticket.may_work(who),
        may_do=may,
        unfolded=unfolded,
        extension=_waiting_extension(ticket, steps),
        jobs=Outside.of(ticket) if any(step.kind == "contracted" for step in steps) else [],
        parts=Part.of(ticket) if ticket.parts_cost or any(step.kind == "fixed" for step in steps) else [],
        causes=CAUSES,
        ratings=RATINGS,
        hours=lambda minutes: span(timedelta(minutes=minutes or 0)),
        panels=[html for panel in panels if (html := panel(who, ticket))],
        forms=_told_apart({**_blank_forms(ticket, may), **forms}),
    )


def _told_apart(forms: dict[str, Form]) -> dict[str, Form]:
    """Many forms stand on one page and several ask for a reason: each label has to find its own box."""
    for name, form in forms.items():
        for field in form:
            field.id = f"{name}-{field.name}"
    return forms


def may_now(ticket: Ticket, who: Person) -> set[str]:
    """The verbs that this person may do at this moment: kinds of steps (standing.MOVES)."""
    work = ticket.may_work(who)
    asked_for = {
        "applied": ticket.may_apply(who),
        "approved": who.may("repairs.approve"),
        "accepted": who.may("repairs.accept"),
        "refused": who.may("repairs.accept"),
        "merged": who.may("repairs.accept"),
        "voided": who.may("repairs.void"),
        "assigned": who.may("repairs.assign"),
        "taken": work and ticket.state != "taken" and _is_free_for(ticket, who),
        "arrived": work and ticket.arrived_at is None and _is_free_for(ticket, who),
        "waiting": work,
        "delay_asked": work and who.may("repairs.extend"),
        "contracted": who.may("repairs.send_out"),
        "fixed": work,
        "said": True,
    }
    found = {kind for kind, fine in asked_for.items() if fine and allows(kind, ticket.state, ticket.urgent)}
    return found | {"confirmed"} if ticket.state == "fixed" and ticket.may_confirm(who) else found


def _is_free_for(ticket: Ticket, who: Person) -> bool:
    return ticket.state not in ("assigned", "taken") or ticket.worker_id in (None, who.id)


def _waiting_extension(ticket: Ticket, steps: list[Any]) -> Extension | None:
    return Extension.waiting_of(ticket) if any(step.kind == "delay_asked" for step in steps) else None


def _blank_forms(ticket: Ticket, may: set[str]) -> dict[str, Form]:
    blank: dict[str, Form] = {
        "refuse": ReasonForm(), "void": ReasonForm(), "hold": HoldForm(),
        "deny": ReasonForm(), "confirm": ConfirmForm(), "rework": ReworkForm(),
        "message": MessageForm(), "application": ApplicationForm(cause=ticket.cause or None),
        "approval": ApprovalForm(), "contractor": ContractorForm(), "contractor_done": ContractorDoneForm(),
    }  # fmt: skip
    if "delay_asked" in may:
        blank["extend"] = ExtendForm()
    if "assigned" in may:
        blank["assign"] = AssignForm(people=workers_for(ticket))
    if "merged" in may:
        blank["merge"] = MergeForm(twins=twins_of(ticket))
    return blank


def workers_for(ticket: Ticket) -> list[Person]:
    """Who is offered this kind of damage by the school's table."""
    return list(Person.active().where(Person.id.in_(Route.people_of(ticket.kind))).order_by(Person.id))


def twins_of(ticket: Ticket) -> list[Ticket]:
    """Other open tickets of the same room: one of them may tell of the same damage."""
    return list(Ticket.open_at(place=ticket.place_id).where(Ticket.id != ticket.id).limit(TWINS))


def _show_again(ticket: Ticket) -> ResponseReturnValue:
    return done(url_for("repairs.show", id=ticket.id))


# Before the repair ------------------------------------------------------------------------------------------


@bp.post("/<int:id>/application")
@allow("repairs.list")
def apply(id: int) -> ResponseReturnValue:
    """The class teacher applies for the repair of class property."""
    ticket, form = seen(id), ApplicationForm(asked.form)
    if not ticket.may_apply(current_user) and ticket.state == "noticed":
        abort(403)
    if not form.validate():
        return ticket_page(ticket, 422, "application", application=form)
    ticket.apply(actor(), form.cause.data, form.talked.data)
    say(_("Applied. The General Affairs Office approves it, then it is repaired."))
    return _show_again(ticket)


@bp.post("/<int:id>/approval")
@allow("repairs.approve")
def approve(id: int) -> ResponseReturnValue:
    """One tap; only where the class teacher has not applied, the office says the cause."""
    ticket, form = seen(id), ApprovalForm(asked.form)
    if form.validate() and not form.cause.data and not ticket.cause:
        form.cause.errors = [_("Please tap the cause.")]
    if form.cause.errors:
        return ticket_page(ticket, 422, "approval", approval=form)
    ticket.approve(actor(), form.cause.data or "")
    say(_("Ticket %(number)s is approved.", number=ticket.number))
    return done(_back_to_queue() or url_for(".show", id=id))


@bp.post("/<int:id>/acceptance")
@allow("repairs.accept")
def accept(id: int) -> ResponseReturnValue:
    ticket = seen(id)
    ticket.accept(actor())
    say(_("Ticket %(number)s is accepted.", number=ticket.number))
    return done(_back_to_queue() or url_for(".show", id=id))


def _back_to_queue() -> str | None:
    return url_for(".queue") if asked.form.get("from") == "queue" else None


@bp.post("/<int:id>/refusal")
@allow("repairs.accept")
def send_back(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ReasonForm(asked.form)
    if not form.validate():
        return ticket_page(ticket, 422, "refuse", refuse=form)
    ticket.send_back(actor(), form.note.data)
    say(_("Ticket %(number)s went back to who reported it.", number=ticket.number))
    return _show_again(ticket)


@bp.post("/<int:id>/voiding")
@allow("repairs.void")
def void(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ReasonForm(asked.form)
    if not form.validate():
        return ticket_page(ticket, 422, "void", void=form)
    ticket.void(actor(), form.note.data)
    say(_("Ticket %(number)s is void.", number=ticket.number))
    return _show_again(ticket)


@bp.post("/<int:id>/merging")
@allow("repairs.accept")
def merge(id: int) -> ResponseReturnValue:
    """Reported twice: the other ticket goes on."""
    ticket = seen(id)
    form = MergeForm(asked.form, twins=twins_of(ticket))
    if not form.validate():
        return ticket_page(ticket, 422, "merge", merge=form)
    into = _chosen_twin(form)
    if into is None:
        form.number.errors = [_("There is no ticket %(number)s.", number=form.number.data)]
        return ticket_page(ticket, 422, "merge", merge=form)
    ticket.merge(actor(), into)
    say(_("Ticket %(number)s goes on as %(into)s.", number=ticket.number, into=into.number))
    return done(url_for(".show", id=into.id))


def _chosen_twin(form: MergeForm) -> Ticket | None:
    if form.into.data:
        return Ticket.get_by_id(int(form.into.data))
    condition = numbered(form.number.data, whole=True)
    return Ticket.visible_to(current_user).where(condition).first() if condition is not None else None


@bp.post("/<int:id>/assignment")
@allow("repairs.assign")
def assign(id: int) -> ResponseReturnValue:
    """The director sends someone, or someone else."""
    ticket = seen(id)
    form = AssignForm(asked.form, people=workers_for(ticket))
    if not form.validate():
        return ticket_page(ticket, 422, "assign", assign=form)
    ticket.reassign(actor(), form.person)
    say(_("%(name)s is told to repair it.", name=form.person.name))
    return _show_again(ticket)


# More time --------------------------------------------------------------------------------------------------


@bp.post("/<int:id>/extension")
@allow("repairs.extend")
def extend(id: int) -> ResponseReturnValue:
    """Ask for more time; the director's own is granted at once."""
    ticket, form = to_work_on(id), ExtendForm(asked.form)
    if not form.validate():
        return ticket_page(ticket, 422, "extend", extend=form)
    extension = ticket.extend(actor(), form.reason.data, form.moment, form.note.data)
    granted = extension.answer_id is not None
    say(_("The new time holds.") if granted else _("Asked. The director grants it or not; until then the time runs."))
    return _show_again(ticket)


@bp.post("/<int:id>/extension/grant")
@allow("repairs.grant")
def grant(id: int) -> ResponseReturnValue:
    ticket = seen(id)
    _asked_extension(ticket).grant(actor())
    say(_("Ticket %(number)s has more time.", number=ticket.number))
    return done(_back_to_queue() or url_for(".show", id=id))


@bp.post("/<int:id>/extension/denial")
@allow("repairs.grant")
def deny(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ReasonForm(asked.form)
    extension = _asked_extension(ticket)
    if not form.validate():
        return ticket_page(ticket, 422, "deny", deny=form)
    extension.deny(actor(), form.note.data)
    say(_("No more time for ticket %(number)s.", number=ticket.number))
    return _show_again(ticket)


def _asked_extension(ticket: Ticket) -> Extension:
    extension = Extension.waiting_of(ticket)
    if extension is None:
        raise Refused(_("No more time is asked for, or it is answered already."))
    return extension


# A firm from outside ----------------------------------------------------------------------------------------


@bp.post("/<int:id>/contractor")
@allow("repairs.send_out")
def send_out(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ContractorForm(asked.form)
    if not form.validate():
        return ticket_page(ticket, 422, "contractor", contractor=form)
    job = ticket.send_out(actor(), form.firm.data, form.contact.data, form.phone.data, form.quote.data, form.note.data)
    approved = job.agreed_id is not None
    say(_("%(firm)s repairs it.", firm=job.firm) if approved else _("The office is asked to approve the quote."))
    return _show_again(ticket)


@bp.post("/<int:id>/contractor/approval")
@allow("repairs.approve")
def approve_quote(id: int) -> ResponseReturnValue:
    ticket = seen(id)
    _running_job(ticket).approve(actor())
    say(_("The quote is approved."))
    return done(_back_to_queue() or url_for(".show", id=id))


@bp.post("/<int:id>/contractor/arrival")
@allow("repairs.send_out")
def contractor_arrived(id: int) -> ResponseReturnValue:
    ticket = seen(id)
    _running_job(ticket).arrived(actor())
    say(_("The arrival of the firm is noted."))
    return _show_again(ticket)


@bp.post("/<int:id>/contractor/completion")
@allow("repairs.send_out")
def contractor_done(id: int) -> ResponseReturnValue:
    """The firm's bill. The ticket is back in work until it is reported fixed."""
    ticket, form = seen(id), ContractorDoneForm(asked.form)
    job = _running_job(ticket)
    if not form.validate():
        return ticket_page(ticket, 422, "contractor_done", contractor_done=form)
    job.finish(actor(), form.cost.data, form.invoice.data, form.guarantee_until.data)
    say(_("The firm is done. Please look at it, then report it fixed."))
    return _show_again(ticket)


def _running_job(ticket: Ticket) -> Outside:
    job = next((job for job in Outside.of(ticket) if job.is_running), None)
    if job is None:
        raise Refused(_("No firm is at work on this ticket."))
    return job


# The talk, and the reporter's word --------------------------------------------------------------------------


@bp.post("/<int:id>/messages")
@allow("repairs.list")
def talk(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), MessageForm(form_data())
    if not form.validate():
        return ticket_page(ticket, 422, "message", message=form)
    ticket.say(actor(), form.words.data, form.message_photos.data)
    say(_("The message is sent."))
    return done(url_for(".show", id=id, _anchor="talk"))


@bp.post("/<int:id>/confirmation")
@allow("repairs.confirm")
def confirm(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ConfirmForm(asked.form)
    if not ticket.may_confirm(current_user):
        abort(403)
    if not form.validate():
        return ticket_page(ticket, 422, confirm=form)
    ticket.confirm(actor(), form.rating.data or "", form.note.data)
    say(_("Thank you. The repair is confirmed."))
    return _show_again(ticket)


@bp.post("/<int:id>/rework")
@allow("repairs.confirm")
def rework(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ReworkForm(form_data())
    if not ticket.may_confirm(current_user):
        abort(403)
    if not form.validate():
        return ticket_page(ticket, 422, "rework", rework=form)
    ticket.rework(actor(), form.note.data, form.photos.data)
    say(_("Ticket %(number)s will be repaired again.", number=ticket.number))
    return _show_again(ticket)
