"""Reporting from a label, the receipt, the lists, and one ticket with what may be done to it."""

from datetime import timedelta
from typing import Any

import peewee
from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import Form

from app import throttle
from app.assets.models import Asset, Category, Shelf
from app.errors import Refused
from app.people.models import Person
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.codes import Label, tidy
from app.places.models import Place
from app.repairs.forms import ConfirmForm, FixForm, HoldForm, ReasonForm, ReportForForm, ReportForm, ReworkForm
from app.repairs.lists import ONLY, TicketFilter, late, nearly_late, tabs_for
from app.repairs.models import IN_WORK, KINDS, OPEN, TO_TAKE, Step, Ticket, likely_kind
from app.web import (
    Page,
    Waiting,
    allow,
    ask_to_sign_in,
    device_id,
    done,
    get_or_404,
    public,
    render,
    say,
)

bp = Blueprint("repairs", __name__, url_prefix="/repairs")

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ALREADY_SHOWN = 5


# Report from a label ----------------------------------------------------------------------------------------


class Spot:
    """What a label's code stands for: an asset and its place, or a place. `places` are the rooms of a batch."""

    def __init__(self, code: str):
        self.code = tidy(code)
        self.label = Label.in_use().where(Label.code == self.code).first()
        self.place = self.asset = None
        self.places: dict[str, str] = {}
        if self.label is not None and self.label.asset_id:
            self._of_asset(self.label.asset_id)
        elif self.label is not None and self.label.place_id:
            self.place = _place(self.label.place_id)

    def _of_asset(self, id: int) -> None:
        self.asset = Asset.select(Asset, Category).join(Category).where(Asset.id == id).get()
        if not self.asset.is_batch:
            self.place = _place(self.asset.place_id)
            return
        shelves = Shelf.select(Shelf.place).where(Shelf.asset == id, Shelf.quantity > 0)
        rooms = list(Place.rooms().where(Place.id.in_(shelves)).order_by(Place.position, Place.id))
        self.place = rooms[0] if len(rooms) == 1 else None
        self.places = {str(room.id): room.full_name for room in rooms} if len(rooms) > 1 else {}

    @property
    def known(self) -> bool:
        return self.place is not None or bool(self.places)

    def open_tickets(self) -> peewee.ModelSelect:
        """What is already reported here; of a batch in many rooms nobody knows which one is meant."""
        if self.place is None:
            return Ticket.open_at(place=0)
        return Ticket.open_at(asset=self.asset) if self.asset is not None else Ticket.open_at(place=self.place)


def _place(id: int | None) -> Place | None:
    """A room with its building, or a floor or building that carries a label; None when it is closed."""
    if id is None:
        return None
    return Place.rooms().where(Place.id == id).first() or Place.get_or_none(Place.id == id, Place.closed_at.is_null())


def spot_or_refusal(code: str) -> Spot:
    spot = Spot(code)
    if spot.label is None:
        raise Refused(_("This label is not in use any more. Please scan the label that is on the spot now."), 404)
    if not spot.known:
        raise Refused(_("Nothing can be reported for this label. Please scan the label of the room."), 409)
    return spot


def _may_report() -> bool:
    """Signed in as a person or a card, or not at all where the school allows it (ZONGWU_ANONYMOUS_REPORTS)."""
    return current_user.is_authenticated or current_app.config["ANONYMOUS_REPORTS"]


@bp.get("/report/<code>")
@allow("repairs.report")
def report(code: str) -> ResponseReturnValue:
    if not _may_report():
        return ask_to_sign_in()
    spot = Spot(code)
    if spot.label is None or spot.label.is_blank:
        return redirect(url_for("home.look", code=spot.code), 303)  # that page says which and what to do
    device_id()
    form = ReportForm(places=spot.places, data={"kind": likely_kind(spot.asset)})
    return report_page(spot_or_refusal(code), form)


@bp.post("/report/<code>")
@allow("repairs.report")
def reported(code: str) -> ResponseReturnValue:
    if not _may_report():
        return ask_to_sign_in()
    spot = spot_or_refusal(code)
    form = ReportForm(form_data(), places=spot.places)
    if not form.validate():
        return report_page(spot, form, 422)
    slow_down(spot.code)
    ticket = Ticket.report(
        actor(),
        spot.place or get_or_404(Place.rooms(), int(form.place.data)),
        form.kind.data,
        form.words.data,
        asset=spot.asset,
        urgent=form.urgent.data,
        photos=form.photos.data,
        source="label",
        device=device_id(),
    )
    return redirect(url_for(".receipt", secret=ticket.receipt_secret), 303)


def report_page(spot: Spot, form: ReportForm, status: int = 200) -> ResponseReturnValue:
    already = list(spot.open_tickets().limit(ALREADY_SHOWN))
    return render("repairs/report.html", status=status, spot=spot, form=form, already=already, **report_parts())


def report_parts() -> dict[str, Any]:
    """What both report pages need: the kinds with their icons, and whom to call when it is urgent."""
    staff = current_user.may("repairs.list")
    helpers = list(Person.with_role("electrician").where(Person.phone.is_null(False)).limit(2)) if staff else []
    return {"kinds": KINDS, "helpers": helpers}


@bp.post("/report/<code>/joining")
@allow("repairs.report")
def join(code: str) -> ResponseReturnValue:
    """Me too: joins a ticket that is open at this label, and no other."""
    if not _may_report():
        return ask_to_sign_in()
    spot = spot_or_refusal(code)
    chosen = request.form.get("ticket", "")
    ticket = get_or_404(spot.open_tickets(), int(chosen) if chosen.isascii() and chosen.isdigit() else 0)
    slow_down(spot.code)
    step = ticket.join(actor(), device_id())
    return redirect(url_for(".receipt", secret=step.secret), 303)


def slow_down(code: str) -> None:
    """Reports without sign-in are limited by phone, by label, and by address, where a whole school may be one."""
    if current_user.is_authenticated:
        return
    settings = current_app.config
    wait = _("The General Affairs Office has been told often enough for now. Please wait an hour, or phone it.")
    limits = (
        (f"report:phone:{device_id()}", settings["REPORTS_PER_PHONE"], HOUR,
         _("This phone has sent many reports within an hour. Please wait an hour, or sign in.")),
        (f"report:label:{code}", settings["REPORTS_PER_CODE"], HOUR, wait),
        (f"report:address:{request.remote_addr}", settings["REPORTS_PER_ADDRESS"], MINUTE,
         _("Very many reports come from here just now. Please wait a minute and send it again.")),
    )  # fmt: skip
    for bucket, limit, within, sentence in limits:
        if not throttle.take(bucket, limit, within):
            raise Refused(sentence, 429)


def actor() -> Any:
    """The person or card at this phone; None when nobody is signed in."""
    return current_user._get_current_object() if current_user.is_authenticated else None


# Report for a caller ----------------------------------------------------------------------------------------


@bp.get("/report-for")
@allow("repairs.report_for")
def report_for() -> ResponseReturnValue:
    return report_for_page(ReportForForm())


@bp.post("/report-for")
@allow("repairs.report_for")
def reported_for() -> ResponseReturnValue:
    form = ReportForForm(form_data())
    if not form.validate():
        return report_for_page(form, 422)
    ticket = Ticket.report(
        actor(),
        form.place.data,
        form.kind.data,
        form.words.data,
        urgent=form.urgent.data,
        photos=form.photos.data,
        caller=form.caller.data or form.caller.free or None,
        source="call",
    )
    say(_("Ticket %(number)s is filed.", number=ticket.number))
    return redirect(url_for(".show", id=ticket.id), 303)


def report_for_page(form: ReportForForm, status: int = 200) -> ResponseReturnValue:
    return render("repairs/report_for.html", status=status, form=form, **report_parts())


# The receipt ------------------------------------------------------------------------------------------------


@bp.get("/receipt/<secret>")
@public
def receipt(secret: str) -> ResponseReturnValue:
    return receipt_page(secret)


def receipt_page(secret: str, form: ReworkForm | None = None, status: int = 200) -> ResponseReturnValue:
    """How a report stands, for whoever holds the secret: no names, no phones, no photos."""
    step, ticket = held(secret)
    person = current_user.is_authenticated and not current_user.is_card
    known = person and Ticket.visible_to(current_user).where(Ticket.id == ticket.id).exists()
    answer = render(
        "repairs/receipt.html",
        status=status,
        secret=secret,
        ticket=ticket,
        step=step,
        steps=ticket.steps(),
        known=known,
        may_join=person and not known and ticket.is_open,
        form=form or ReworkForm(),
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def held(secret: str) -> tuple[Step, Ticket]:
    step = Step.of_secret(secret)
    if step is None:
        abort(404)
    return step, Ticket.with_names(Ticket.select().where(Ticket.id == step.ticket_id)).get()


@bp.post("/receipt/<secret>/joining")
@allow("repairs.list")
def join_receipt(secret: str) -> ResponseReturnValue:
    """Someone signed in puts the ticket among the own ones."""
    _step, ticket = held(secret)
    ticket.join(actor())
    say(_("The ticket is among yours now."))
    return redirect(url_for(".show", id=ticket.id), 303)


@bp.post("/receipt/<secret>/confirmation")
@public
def confirm_receipt(secret: str) -> ResponseReturnValue:
    """The word of a reporter without sign-in: the receipt is the right."""
    step, ticket = held(secret)
    form = ConfirmForm(request.form)
    if step.kind != "reported":
        abort(403)
    if not form.validate():
        return receipt_page(secret, status=422)
    ticket.confirm(actor(), form.rating.data or "", form.note.data)
    say(_("Thank you. The repair is confirmed."))
    return redirect(url_for(".receipt", secret=secret), 303)


@bp.post("/receipt/<secret>/rework")
@public
def rework_receipt(secret: str) -> ResponseReturnValue:
    step, ticket = held(secret)
    form = ReworkForm(request.form)
    if step.kind != "reported":
        abort(403)
    if not form.validate():
        return receipt_page(secret, form, 422)
    ticket.rework(actor(), form.note.data)
    say(_("It will be repaired again."))
    return redirect(url_for(".receipt", secret=secret), 303)


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
        place=_place(filter.place),
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
    link = lambda **args: url_for("repairs.list", **args)  # noqa: E731
    found = []
    if electrician:
        found.append(Waiting(_("Repairs to take"), to_take, "wrench", link(tab="waiting")))
        found.append(Waiting(_("Repairs in work"), in_work, "hammer", link(tab="work")))
    elif director:
        found.append(Waiting(_("Reports to accept"), new, "wrench", link(only="new")))
    found.append(Waiting(_("Repairs late or nearly late"), soon, "clock", link(only="late"), late=gone > 0))
    return found


def _word_waiting(who: Person) -> list[Waiting]:
    count = Ticket.to_confirm_by(who).count()
    return [Waiting(_("Fixed, waiting for your word"), count, "circle-check", url_for("repairs.list", only="confirm"))]


# One ticket -------------------------------------------------------------------------------------------------


def seen(id: int) -> Ticket:
    return get_or_404(Ticket.with_names(Ticket.visible_to(current_user)), id)


@bp.get("/<int:id>")
@allow("repairs.list")
def show(id: int) -> ResponseReturnValue:
    return ticket_page(seen(id))


def ticket_page(ticket: Ticket, status: int = 200, unfolded: str = "", **forms: Form) -> ResponseReturnValue:
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
    ticket = seen(id)
    ticket.accept(actor())
    say(_("Ticket %(number)s is accepted.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/refusal")
@allow("repairs.accept")
def send_back(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ReasonForm(request.form)
    if not form.validate():
        return ticket_page(ticket, 422, "refuse", refuse=form)
    ticket.send_back(actor(), form.note.data)
    say(_("Ticket %(number)s went back to who reported it.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/voiding")
@allow("repairs.void")
def void(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ReasonForm(request.form)
    if not form.validate():
        return ticket_page(ticket, 422, "void", void=form)
    ticket.void(actor(), form.note.data)
    say(_("Ticket %(number)s is void.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/taking")
@allow("repairs.fix")
def take(id: int) -> ResponseReturnValue:
    ticket = seen(id)
    ticket.take(actor())
    say(_("You took ticket %(number)s.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/hold")
@allow("repairs.fix")
def hold(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), HoldForm(request.form)
    if not form.validate():
        return ticket_page(ticket, 422, "hold", hold=form)
    ticket.wait(actor(), form.reason.data, form.note.data)
    say(_("Ticket %(number)s is on hold. Its time runs on.", number=ticket.number))
    return done(url_for(".show", id=id))


@bp.get("/<int:id>/fix")
@allow("repairs.fix")
def fix(id: int) -> ResponseReturnValue:
    ticket = seen(id)
    if not ticket.is_open:
        return redirect(url_for(".show", id=id), 303)
    return render("repairs/fix.html", ticket=ticket, form=FixForm())


@bp.post("/<int:id>/fix")
@allow("repairs.fix")
def fixed(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), FixForm(form_data())
    if not form.validate():
        return render("repairs/fix.html", status=422, ticket=ticket, form=form)
    ticket.fix(actor(), form.method.data, form.note.data, form.minutes.data, form.photos.data)
    say(_("Ticket %(number)s is fixed. The reporter is asked to confirm it.", number=ticket.number))
    return done(url_for(".list") if "electrician" in current_user.roles else url_for(".show", id=id))


@bp.post("/<int:id>/confirmation")
@allow("repairs.confirm")
def confirm(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ConfirmForm(request.form)
    if not ticket.may_confirm(current_user):
        abort(403)
    if not form.validate():
        return ticket_page(ticket, 422, confirm=form)
    ticket.confirm(actor(), form.rating.data or "", form.note.data)
    say(_("Thank you. The repair is confirmed."))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/rework")
@allow("repairs.confirm")
def rework(id: int) -> ResponseReturnValue:
    ticket, form = seen(id), ReworkForm(request.form)
    if not ticket.may_confirm(current_user):
        abort(403)
    if not form.validate():
        return ticket_page(ticket, 422, "rework", rework=form)
    ticket.rework(actor(), form.note.data)
    say(_("Ticket %(number)s will be repaired again.", number=ticket.number))
    return done(url_for(".show", id=id))
