"""The receipt: how a report stands, who has it and until when, for whoever holds its secret; and the talk about it."""

from datetime import timedelta

from flask import Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import Form

from app import throttle
from app.errors import Refused
from app.photos.forms import form_data
from app.photos.models import Photo
from app.repairs import bp
from app.repairs.forms import ConfirmForm, MessageForm, ReworkForm
from app.repairs.models import METHODS, RATINGS, REASONS, Step, Ticket
from app.repairs.reporting import actor
from app.web import allow, device_id, public, render, say

MESSAGES_AN_HOUR = 20  # of one receipt without sign-in: nobody has that much to say about a tap
HOUR = timedelta(hours=1)


@bp.get("/receipt/<secret>")
@public
def receipt(secret: str) -> ResponseReturnValue:
    return _receipt_page(secret)


def _receipt_page(secret: str, status: int = 200, **forms: Form) -> ResponseReturnValue:
    """No phones, no photos of the report, and of names only how a colleague is called. Who reported also reads and
    writes messages; a receipt of joining shows progress alone."""
    step, ticket = _held(secret)
    person = current_user.is_authenticated and not current_user.is_card
    known = person and Ticket.visible_to(current_user).where(Ticket.id == ticket.id).exists()
    steps, mine = ticket.steps(), step.kind == "reported"
    said = [each.id for each in steps if each.kind == "said"] if mine else []
    answer = render(
        "repairs/receipt.html",
        status=status,
        secret=secret,
        ticket=ticket,
        step=step,
        steps=steps,
        mine=mine,
        words_of=_words_of,
        photos=Photo.of_many("ticket_step", said) if said else {},
        ratings=RATINGS,
        known=known,
        may_join=person and not known and ticket.is_open,
        **{"rework": ReworkForm(), "message": MessageForm(), **forms},
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _words_of(step: Step) -> str:
    """The preset words of a step that anybody may read: no names, no causes."""
    known = {"waiting": (REASONS, step.reason), "extended": (REASONS, step.reason), "fixed": (METHODS, step.method)}
    table, key = known.get(step.kind, ({}, ""))
    return str(table[key]) if key else ""


def _held(secret: str) -> tuple[Step, Ticket]:
    step = Step.of_secret(secret)
    if step is None:
        abort(404)
    return step, Ticket.with_names(Ticket.select().where(Ticket.id == step.ticket_id)).get()


def _of_reporter(secret: str) -> Ticket:
    """The ticket, for the receipt of whoever reported: it is the right to answer and to write."""
    step, ticket = _held(secret)
    return ticket if step.kind == "reported" else abort(403)


@bp.post("/receipt/<secret>/joining")
@allow("repairs.list")
def join_receipt(secret: str) -> ResponseReturnValue:
    """Someone signed in puts the ticket among the own ones."""
    _step, ticket = _held(secret)
    ticket.join(actor())
    say(_("The ticket is among yours now."))
    return redirect(url_for(".show", id=ticket.id), 303)


@bp.post("/receipt/<secret>/messages")
@public
def write(secret: str) -> ResponseReturnValue:
    """A message from whoever reported, signed in or not."""
    ticket, form = _of_reporter(secret), MessageForm(form_data())
    if not form.validate():
        return _receipt_page(secret, 422, message=form)
    if not throttle.take(f"message:{ticket.id}:{device_id()}", MESSAGES_AN_HOUR, HOUR):
        raise Refused(_("Many messages within an hour. Please wait a little, or phone the office."), 429)
    ticket.say(actor(), form.words.data, form.message_photos.data)
    say(_("The message is sent."))
    return redirect(url_for(".receipt", secret=secret, _anchor="talk"), 303)


@bp.get("/receipt/<secret>/photos/<token>")
@public
def receipt_photo(secret: str, token: str) -> Response:
    """A photo of the talk, for whoever holds the receipt; `?size=small` for the thumbnail."""
    ticket, photo = _of_reporter(secret), Photo.of_token(token)
    said = Step.select().where(Step.ticket == ticket, Step.kind == "said")
    if photo is None or photo.noun != "ticket_step" or not said.where(Step.id == photo.noun_id).exists():
        abort(404)
    data = photo.read("small" if request.args.get("size") == "small" else None)
    if data is None:
        abort(404)
    answer = Response(data, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


@bp.post("/receipt/<secret>/confirmation")
@public
def confirm_receipt(secret: str) -> ResponseReturnValue:
    """The word of a reporter without sign-in: the receipt is the right."""
    ticket, form = _of_reporter(secret), ConfirmForm(request.form)
    if not form.validate():
        return _receipt_page(secret, 422, confirm=form)
    ticket.confirm(actor(), form.rating.data or "", form.note.data)
    say(_("Thank you. The repair is confirmed."))
    return redirect(url_for(".receipt", secret=secret), 303)


@bp.post("/receipt/<secret>/rework")
@public
def rework_receipt(secret: str) -> ResponseReturnValue:
    ticket, form = _of_reporter(secret), ReworkForm(form_data())
    if not form.validate():
        return _receipt_page(secret, 422, rework=form)
    ticket.rework(actor(), form.note.data, form.photos.data)
    say(_("It will be repaired again."))
    return redirect(url_for(".receipt", secret=secret), 303)
