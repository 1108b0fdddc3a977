"""Reporting from a label or for a caller, and joining what is reported. The receipt stands in receipt_views.py."""

from datetime import timedelta
from typing import Any

import peewee
from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import throttle
from app.assets.models import Asset, Category, Shelf
from app.db import Prepared
from app.errors import Refused
from app.people.models import Person
from app.photos.forms import form_data
from app.places.codes import Label, tidy
from app.places.models import ClassGroup, Place
from app.repairs import bp
from app.repairs.forms import ReportForForm, ReportForm
from app.repairs.models import CAUSES, KINDS, Ticket, likely_kind
from app.web import allow, ask_to_sign_in, device_id, get_or_404, me, render, say

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ALREADY_SHOWN = 5


class Spot:
    """What a label's code stands for: an asset and its place, or a place. `places` are the rooms of a batch."""

    def __init__(self, code: str):
        self.code = tidy(code)
        self.label = _label_in_use(self.code)
        self.place = self.asset = None
        self.places: dict[str, str] = {}
        if self.label is not None and self.label.asset_id:
            self._of_asset(self.label.asset_id)
        elif self.label is not None and self.label.place_id:
            self.place = room_or_level(self.label.place_id)

    def _of_asset(self, id: int) -> None:
        self.asset = Asset.select(Asset, Category).join(Category).where(Asset.id == id).get()
        if not self.asset.is_batch:
            self.place = room_or_level(self.asset.place_id)
            return
        shelves = Shelf.select(Shelf.place).where(Shelf.asset == id, Shelf.quantity > 0)
        rooms = list(Place.rooms().where(Place.id.in_(shelves)).order_by(Place.position, Place.id))
        self.place = rooms[0] if len(rooms) == 1 else None
        self.places = {str(room.id): room.full_name for room in rooms} if len(rooms) > 1 else {}

    def must_take_reports(self) -> "Spot":
        """Refused, with what to do instead, for a label that is gone or stands for nothing."""
        if self.label is None:
            sentence = _("This label is not in use any more. Please scan the label that is on the spot now.")
            raise Refused(sentence, 404)
        if self.place is None and not self.places:
            raise Refused(_("Nothing can be reported for this label. Please scan the label of the room."))
        return self

    def open_tickets(self) -> peewee.ModelSelect:
        """What is already reported here; of a batch in many rooms nobody knows which one is meant."""
        if self.place is None:
            return Ticket.open_at(place=0)
        return Ticket.open_at(asset=self.asset) if self.asset is not None else Ticket.open_at(place=self.place)


def room_or_level(id: int | None) -> Place | None:
    """A room with its building, or a floor or building that carries a label; None when it is closed."""
    if id is None:
        return None
    return _room(id) or Place.get_or_none(Place.id == id, Place.closed_at.is_null())


_label_in_use = Prepared(lambda code: Label.in_use().where(Label.code == code)).first
_room = Prepared(lambda id: Place.rooms().where(Place.id == id)).first


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
    spot.must_take_reports()
    device_id()
    return _report_page(spot, ReportForm(data={"kind": likely_kind(spot.asset)}, **_form_facts(spot)))


def _form_facts(spot: Spot) -> dict[str, Any]:
    """What the form has to know of the spot: which rooms, which class, and whether its teacher reports."""
    staff = current_user.is_authenticated and not current_user.is_card
    group = ClassGroup.in_room(spot.place) if staff and spot.place is not None else None
    applies = group is not None and group.teacher_id == current_user.id
    return {"places": spot.places, "group": group, "applies": applies}


@bp.post("/report/<code>")
@allow("repairs.report")
def reported(code: str) -> ResponseReturnValue:
    if not _may_report():
        return ask_to_sign_in()
    spot = Spot(code).must_take_reports()
    form = ReportForm(form_data(), **_form_facts(spot))
    if not form.validate():
        return _report_page(spot, form, 422)
    _slow_down(spot.code)
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
        **form.of_class,
    )
    return redirect(url_for(".receipt", secret=ticket.receipt_secret), 303)


def _report_page(spot: Spot, form: ReportForm, status: int = 200) -> ResponseReturnValue:
    """What is already reported here stands before the form, once: a form to be corrected stands alone."""
    already = [] if form.errors else list(spot.open_tickets().limit(ALREADY_SHOWN))
    return render("repairs/report.html", status=status, spot=spot, form=form, already=already, **_report_parts())


def _report_parts() -> dict[str, Any]:
    """What both report pages need: the kinds with their icons, and whom to call when it is urgent."""
    staff = current_user.may("repairs.list")
    helpers = list(Person.with_role("electrician").where(Person.phone.is_null(False)).limit(2)) if staff else []
    return {"kinds": KINDS, "causes": CAUSES, "helpers": helpers}


@bp.post("/report/<code>/joining")
@allow("repairs.report")
def join(code: str) -> ResponseReturnValue:
    """Me too: joins a ticket that is open at this label, and no other."""
    if not _may_report():
        return ask_to_sign_in()
    spot = Spot(code).must_take_reports()
    chosen = request.form.get("ticket", "")
    ticket = get_or_404(spot.open_tickets(), int(chosen) if chosen.isascii() and chosen.isdigit() else 0)
    _slow_down(spot.code)
    step = ticket.join(actor(), device_id())
    return redirect(url_for(".receipt", secret=step.secret), 303)


def _slow_down(code: str) -> None:
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
    return me() if current_user.is_authenticated else None


# Report for a caller ----------------------------------------------------------------------------------------


@bp.get("/report-for")
@allow("repairs.report_for")
def report_for() -> ResponseReturnValue:
    return _report_for_page(ReportForForm())


@bp.post("/report-for")
@allow("repairs.report_for")
def reported_for() -> ResponseReturnValue:
    form = ReportForForm(form_data())
    if not form.validate():
        return _report_for_page(form, 422)
    ticket = Ticket.report(
        actor(),
        form.place.data,
        form.kind.data,
        form.words.data,
        urgent=form.urgent.data,
        photos=form.photos.data,
        caller=form.caller.data or form.caller.free or None,
        source="call",
        **form.of_class,
    )
    say(_("Ticket %(number)s is filed.", number=ticket.number))
    return redirect(url_for(".show", id=ticket.id), 303)


def _report_for_page(form: ReportForForm, status: int = 200) -> ResponseReturnValue:
    return render("repairs/report_for.html", status=status, form=form, **_report_parts())
