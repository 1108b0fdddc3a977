"""Pages of requests: ask for something, see what stands in its way, hand over what was agreed to."""

from dataclasses import dataclass
from typing import Any

import peewee
from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import CombinedMultiDict
from wtforms import Form

from app import clock, journal
from app.assets.models import Asset
from app.custody import batch as several
from app.custody.blueprint import bp
from app.custody.gate import GatePass
from app.custody.request_forms import DropForm, HandOverForm, RequestForm, ThingField, find_things
from app.custody.requests import Handing, Request
from app.custody.reservations import calendar
from app.custody.stock import held_by_office, idle_of, issued_this_term
from app.custody.things import asset_at
from app.errors import Refused
from app.fields import clean
from app.photos.forms import form_data
from app.photos.models import Photo
from app.web import Page, allow, done, get_or_404, me, render, say

TABS = ("asked", "ready", "over")
SHOWN = 8  # rows of what lies idle and of what the office holds


@bp.get("/requests")
@allow("custody.request")
def requests() -> ResponseReturnValue:
    """The office sees all requests, everybody else the own ones and those they were asked about."""
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else "ready" if current_user.may("custody.lend") else "asked"
    rows = in_tab(Request.visible_to(current_user), tab)
    page = Page(rows)
    Request.load_asks(page.rows)
    return render("custody/requests.html", page=page, tab=tab)


def in_tab(query: peewee.ModelSelect, tab: str) -> peewee.ModelSelect:
    """asked: waiting for agreement; ready: agreed to and not yet handed over; over: all others, newest first."""
    if tab == "ready":
        return query.where(Request.is_standing()).order_by(Request.starts_on, Request.id)
    waiting = Request.agreed_at.is_null() & Request.in_state("open")
    if tab == "asked":
        return query.where(waiting).order_by(Request.id)
    return query.where(~waiting, ~Request.is_standing()).order_by(Request.id.desc())


# Asking -----------------------------------------------------------------------------------------------------


@bp.get("/requests/new")
@bp.get("/requests/new/<code>", endpoint="request_for")
@allow("custody.request")
def request_new(code: str = "") -> ResponseReturnValue:
    """Opened by a scan with a code: just that thing."""
    asset = thing_at(code)
    return request_page(RequestForm(asset=asset), asset, code)


@bp.post("/requests/new")
@bp.post("/requests/new/<code>", endpoint="request_for_now")
@allow("custody.request")
def request_new_now(code: str = "") -> ResponseReturnValue:
    asset = thing_at(code)
    form = RequestForm(form_data(), asset=asset)
    if not form.validate():
        return request_page(form, asset, code, 422)
    row = Request.ask(me(), form.kind.data, **form.facts)
    say(_("Asked. You are told on this page as soon as everybody has agreed."))
    return done(url_for(".request_show", id=row.id))


def thing_at(code: str) -> Asset | None:
    return asset_at(code) if code else None


def request_page(form: RequestForm, asset: Asset | None, code: str, status: int = 200) -> ResponseReturnValue:
    days = calendar(asset, clock.today()) if asset is not None else []
    return render("custody/request_new.html", status=status, form=form, asset=asset, code=code, days=days)


@bp.get("/things/find")
@allow("custody.request")
def find_thing() -> ResponseReturnValue:
    """Chips for a ThingField while someone types: `?field=thing&thing=tyy`."""
    name = request.args.get("field", "")
    if not (name.isidentifier() and name.isascii() and len(name) <= 40):
        abort(404)
    words = clean(request.args.get(name))[:60]
    field = ThingField().bind(Form(), name)
    field.process(None)
    return render("fields/_found.html", field=field, rows=find_things(words) if words else [])


# One request ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grounds:
    """What an approver looks at: what the office has of this kind already, and what lies idle."""

    held: list[Any]
    more_held: bool
    issued: int
    idle: list[Any]
    idle_count: int


@bp.get("/requests/<int:id>")
@allow("custody.request")
def request_show(id: int) -> ResponseReturnValue:
    return show_page(get_or_404(Request.visible_to(current_user), id), DropForm())


def show_page(row: Request, form: DropForm, status: int = 200) -> ResponseReturnValue:
    judges = current_user.may("custody.all") or row.waits_for(current_user) is not None
    return render(
        "custody/request.html",
        status=status,
        row=row,
        form=form,
        grounds=grounds_of(row) if judges else None,
        letter=Photo.of(row, part="letter"),
        reservations=list(row.reservations_standing),
        given=row.given,
        passes=list(GatePass.shown().where(GatePass.request == row).order_by(GatePass.id)),
        days=calendar(row.asset, clock.today()) if judges and row.asset_id and row.due_on else [],
        events=Page(journal.about(thing=row)),
    )


def grounds_of(row: Request) -> Grounds:
    kind = row.kind_of_thing
    held = list(held_by_office(row.applicant, kind).limit(SHOWN + 1))
    idle = idle_of(kind)
    return Grounds(
        held[:SHOWN], len(held) > SHOWN, issued_this_term(row.applicant, kind), idle[:SHOWN],
        sum(each.quantity for each in idle),
    )  # fmt: skip


@bp.post("/requests/<int:id>/ending")
@allow("custody.request")
def request_drop(id: int) -> ResponseReturnValue:
    """Not needed any more: the days are free for others."""
    row = get_or_404(Request.visible_to(current_user), id)
    form = DropForm(request.form)
    if not form.validate():
        return show_page(row, form, 422)
    row.drop(me(), form.reason.data)
    say(_("Ended. What was reserved is free again."))
    return done(url_for(".request_show", id=id))


# Handing over -----------------------------------------------------------------------------------------------


@bp.get("/requests/<int:id>/handing")
@allow("custody.lend")
def request_give(id: int) -> ResponseReturnValue:
    row = get_or_404(Request.visible_to(current_user), id)
    return give_page(row, give_form(row))


@bp.post("/requests/<int:id>/handing")
@allow("custody.lend")
def request_give_now(id: int) -> ResponseReturnValue:
    row = get_or_404(Request.visible_to(current_user), id)
    form = give_form(row, form_data())
    right = form.validate()
    things = handings(row, form)
    if not right or form.errors:
        return give_page(row, form, 422)
    row.hand_over(me(), things, condition=form.condition.data or "", photos=form.photos.data)
    if row.kind == "outside":
        say(_("Handed over. The gate pass stands below: print it, or show its code at the gate."))
    else:
        say(_("Handed over to %(person)s.", person=row.applicant.name))
    return done(url_for(".request_show", id=id))


def give_form(row: Request, sent: CombinedMultiDict | None = None) -> HandOverForm:
    offered = offered_for(row)
    return HandOverForm(*([sent] if sent is not None else []), slip=row, offered=offered, left=row.left)


def offered_for(row: Request) -> list[Asset]:
    """The thing itself; of a category what is reserved for it, then what lies idle."""
    if row.asset_id:
        return [row.asset]
    reserved = [each.asset for each in row.reservations_standing]
    known = {asset.id for asset in reserved}
    return [*reserved, *(each.asset for each in idle_of(row.category) if each.asset.id not in known)][:40]


def handings(row: Request, form: HandOverForm) -> list[Handing]:
    """The ticked things and those whose codes were given; of a batch so many as were typed. What does not fit is
    said at its field."""
    chosen = [row.asset] if row.asset_id else [asset for asset in form.offered if asset.id in (form.things.data or [])]
    if not row.asset_id and form.codes.data:
        chosen += _by_codes(form)
    if not chosen and not form.codes.errors:
        form.things.errors = [*form.things.errors, _("Please say what is handed over.")]
    singles = sum(not asset.is_batch for asset in chosen)
    rest = form.quantity.data if "quantity" in form and form.quantity.data else max(row.left - singles, 1)
    old = form.old_one if row.swap else None
    things = []
    for asset in chosen:
        quantity = rest if asset.is_batch else 1
        things.append(Handing(asset, quantity, old if not things else None))
    return things


def _by_codes(form: HandOverForm) -> list[Asset]:
    codes = [several.code_in(word) for word in form.codes.data.split()]
    found = several.lines([code for code in codes if code], "issue", {})
    problems = [f"{line.code}: {line.problem}" for line in found if line.problem]
    if problems:
        form.codes.errors = [*form.codes.errors, *problems]
    return [line.asset for line in found if not line.problem]


def give_page(row: Request, form: HandOverForm, status: int = 200) -> ResponseReturnValue:
    if row.agreed_at is None or row.ended_id is not None:
        raise Refused(_("This request is not waiting to be handed over."))
    return render("custody/request_give.html", status=status, row=row, form=form)
