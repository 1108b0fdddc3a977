"""Pages of lending, handing out and taking back; who holds what, and what I hold."""

from datetime import timedelta
from typing import Any

import peewee
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

from app import clock, journal
from app.assets.models import Asset
from app.assets.views import panels as asset_panels
from app.custody import batch as several
from app.custody import clearance_views, gate_views, lists, papers, request_views, slips
from app.custody.blueprint import bp
from app.custody.forms import BatchForm, LendForm, RenewForm, TakeBackForm
from app.custody.models import SOON, Custody, holder_words, is_valuable
from app.custody.requests import Request
from app.custody.reservations import calendar
from app.custody.swaps import Swap
from app.custody.things import asset_at
from app.custody.waits import Counted, count_of
from app.db import database, writing
from app.errors import Refused
from app.people.models import Office, Person
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.codes import Label
from app.web import Page, Waiting, allow, done, get_or_404, render, say, whole
from app.words import day

__all__ = ["bp", "lists", "papers", "request_views", "slips"]  # they register routes, papers and slips
NEAR = timedelta(days=1)

# What someone holds ---------------------------------------------------------------------------------------


@bp.get("/mine")
@allow("custody.own")
def mine() -> ResponseReturnValue:
    """What I hold; with `?past=1`, what I gave back."""
    past = request.args.get("past") == "1"
    query = Custody.held_by(current_user)
    if past:
        query = Custody.shown().where(Custody.person == current_user.id, Custody.returned.is_null(False))
        query = query.order_by(Custody.returned.desc())
    page = Page(query)
    return render("custody/mine.html", page=page, past=past, codes=_codes(page.rows), photos=_faces(page.rows))


@bp.get("/person/<int:id>")
@allow("custody.all")
def person(id: int) -> ResponseReturnValue:
    """What a colleague holds and gave back, for the office."""
    who = get_or_404(Person.select(Person, Office).join(Office, peewee.JOIN.LEFT_OUTER), id)
    past = Custody.shown().where(Custody.person == who, Custody.returned.is_null(False))
    return render(
        "custody/person.html",
        person=who,
        page=Page(Custody.held_by(who)),
        late=Custody.select().where(Custody.person == who, Custody.is_late()).count(),
        past=list(past.order_by(Custody.returned.desc()).limit(10)),
    )


@bp.get("/<int:id>")
@allow("custody.own")
def show(id: int) -> ResponseReturnValue:
    row = get_or_404(Custody.visible_to(current_user), id)
    return show_page(row, RenewForm(was=row.due_on) if row.due_on else None)


def show_page(row: Custody, form: RenewForm | None, status: int = 200) -> ResponseReturnValue:
    before, after = _evidence(row)
    return render(
        "custody/show.html",
        swap=Swap.of(row) if row.kind == "issue" else None,
        status=status,
        row=row,
        form=form,
        before=before,
        after=after,
        code=_codes([row]).get(row.asset_id),
        events=Page(journal.about(thing=row)),
    )


@bp.post("/<int:id>/renewal")
@allow("custody.lend")
def renew(id: int) -> ResponseReturnValue:
    row = get_or_404(Custody.visible_to(current_user), id)
    row.check_renewable()
    form = RenewForm(request.form, was=row.due_on)
    if not form.validate():
        return show_page(row, form, 422)
    row.renew(current_user, form.due_on, form.reason.data)
    say(_("Renewed: %(thing)s is due %(day)s.", thing=row.asset.name, day=day(row.due_on)))
    return done(url_for(".show", id=id))


# One thing --------------------------------------------------------------------------------------------------


@bp.get("/lend/<code>")
@allow("custody.lend")
def lend(code: str) -> ResponseReturnValue:
    """Opened by a scan: the thing large, whom to lend it to, until when."""
    asset = asset_at(code)
    return lend_page(asset, LendForm(asset=asset))


@bp.post("/lend/<code>")
@allow("custody.lend")
def lend_now(code: str) -> ResponseReturnValue:
    asset = asset_at(code)
    form = LendForm(form_data(), asset=asset)
    if not form.validate():
        return lend_page(asset, form, 422)
    row = _give(asset, form)
    say(_given_words(row.asset.name, row.person, row.due_on))
    return done(url_for(".show", id=row.id))


def _give(asset: Asset, form: LendForm) -> Custody:
    what = {
        "quantity": form.quantity.data if asset.is_batch else 1,
        "note": form.note.data,
        "condition": form.condition.data,
        "photos": form.photos.data,
    }
    if form.lends:
        return Custody.lend(asset, form.person.data, current_user, due_on=form.due_on, **what)
    old = form.old_one if form.swap.data else None  # looked up before the new one is in the name too
    with writing():
        row = Custody.hand_out(asset, form.person.data, current_user, **what)
        if old is not None:
            Swap.make(row, old, current_user)
    return row


def _given_words(thing: str, person: Person, due_on: Any) -> str:
    if due_on is None:
        return _("Handed out to %(person)s: %(thing)s.", person=person.name, thing=thing)
    return _("Lent to %(person)s until %(day)s: %(thing)s.", person=person.name, thing=thing, day=day(due_on))


def lend_page(asset: Asset, form: LendForm, status: int = 200) -> ResponseReturnValue:
    holders = list(Custody.holders_of([asset]))
    form.person.found = form.person.found or ([] if form.person.data else Custody.recent_holders())
    return render(
        "custody/lend.html",
        status=status,
        asset=asset,
        code=asset.code_now,
        form=form,
        holders=holders,
        holder=holders[0] if holders and not asset.is_batch else None,
        valuable=is_valuable(asset),
        face=_face(asset),
    )


@bp.get("/return/<code>")
@allow("custody.lend")
def take_back(code: str) -> ResponseReturnValue:
    """Opened by a scan: who has it since when, how it looked, how it looks now."""
    asset = asset_at(code)
    row = held_one(asset)
    if row is None:
        holders = list(Custody.holders_of([asset]))
        return render("custody/holders.html", asset=asset, code=asset.code_now, holders=holders, face=_face(asset))
    return take_back_page(asset, row, TakeBackForm(out=row.quantity, quantity=row.quantity))


@bp.post("/return/<code>")
@allow("custody.lend")
def take_back_now(code: str) -> ResponseReturnValue:
    asset = asset_at(code)
    row = held_one(asset)
    if row is None:
        raise Refused(_("%(thing)s is already back.", thing=asset.name))
    form = TakeBackForm(form_data(), out=row.quantity)
    if not form.validate():
        return take_back_page(asset, row, form, 422)
    quantity = form.quantity.data if row.quantity > 1 else 1
    row.take_back(
        current_user, condition=form.condition.data, note=form.note.data, quantity=quantity, photos=form.photos.data
    )
    say(_("Taken back from %(person)s: %(thing)s.", person=row.person.name, thing=asset.name))
    return done(url_for(".show", id=row.id))


def held_one(asset: Asset) -> Custody | None:
    """The open row that is meant: the one with the id `of`, or the only one there is."""
    rows, meant = list(Custody.holders_of([asset])), whole("of")
    if meant is not None:
        return next((row for row in rows if row.id == meant), None)
    return rows[0] if len(rows) == 1 else None


def take_back_page(asset: Asset, row: Custody, form: TakeBackForm, status: int = 200) -> ResponseReturnValue:
    before, _after = _evidence(row)
    return render(
        "custody/take_back.html", status=status, asset=asset, code=asset.code_now, row=row, form=form, before=before
    )


# Many things ------------------------------------------------------------------------------------------------


@bp.get("/batch")
@allow("custody.lend")
def batch() -> ResponseReturnValue:
    """Choose the verb and the person once, then scan or type label after label. The list lives in the address,
    so that it works without JavaScript, survives a reload, and nothing is stored before the one confirm."""
    form = BatchForm(request.args) if "verb" in request.args else BatchForm()
    return batch_page(form, scanned(request.args))


@bp.post("/batch")
@allow("custody.lend")
def batch_now() -> ResponseReturnValue:
    form, found = BatchForm(request.form), scanned(request.form)
    right = form.validate()
    if not right or not found or any(line.problem for line in found):
        return batch_page(form, found, 422, asked=True)
    if form.verb.data == "back":
        several.take_all_back(found, current_user)
        say(ngettext("Taken back: %(num)s thing.", "Taken back: %(num)s things.", len(found)))
        return done(url_for(".list"))
    due_on = form.due_on if form.lends else None
    several.give_all(found, form.person.data, current_user, due_on=due_on, note=form.note.data)
    things = ngettext("%(num)s thing", "%(num)s things", len(found))
    say(_given_words(things, form.person.data, due_on))
    return done(url_for(".person", id=form.person.data.id))


def scanned(sent: Any) -> list[several.Line]:
    """The lines of the list: what was there, less what was dropped, plus what was typed or scanned now."""
    dropped = sent.get("drop")
    codes = [code[:12] for code in sent.getlist("code") if code and code != dropped]
    codes += [several.code_in(word) for word in sent.get("typed", "")[:2000].split()]
    quantities = {code: _count(sent.get(f"quantity-{code}", "")) for code in codes}
    return several.lines([code for code in codes if code], sent.get("verb", "loan"), quantities)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else 1


def batch_page(
    form: BatchForm, found: list[several.Line], status: int = 200, asked: bool = False
) -> ResponseReturnValue:
    if not form.person.data and not form.person.found:
        form.person.found = Custody.recent_holders()
    return render(
        "custody/batch.html",
        "custody/_batch.html",
        status=status,
        form=form,
        lines=found,
        asked=asked,
        problems=sum(bool(line.problem) for line in found),
    )


# What several pages show ------------------------------------------------------------------------------------


def waiting(who: Any) -> list[Waiting]:
    """For the office what is late, due soon, or to be handed over; for everybody what I must bring back or can
    fetch; passes at the gate; leavers. All counted in one query."""
    if who.is_card:
        return []
    asked = [*_of_the_office(who), *_of_mine(who), *gate_views.waits(who), *clearance_views.waits(who)]
    numbers = peewee.Select(columns=[query for query, _card in asked]).bind(database).tuples().execute()[0]
    return [card(number) for number, (_query, card) in zip(numbers, asked, strict=True) if number]


def _of_the_office(who: Any) -> list[Counted]:
    if not who.may("custody.lend"):
        return []
    soon = Custody.is_soon() & (Custody.due_on <= clock.today() + NEAR)
    ready = url_for("custody.requests", tab="ready")
    return [
        count_of(Custody, Custody.is_late(), _("loans are late"), "hand-helping",
                 url_for("custody.list", state="late"), late=True),
        count_of(Request, Request.is_near(), _("to be handed over"), "package", ready),
        count_of(Custody, soon, _("due back by tomorrow"), "clock", url_for("custody.list", state="soon")),
    ]  # fmt: skip


def _of_mine(who: Any) -> list[Counted]:
    """What is late makes the whole card late."""
    mine, url = Custody.person == who.id, url_for("custody.mine")
    due = Custody.is_open() & (Custody.due_on <= clock.today() + SOON) & mine
    is_late = peewee.fn.EXISTS(Custody.select(peewee.SQL("1")).where(Custody.is_late(), mine))
    ready = Request.is_near() & (Request.applicant == who.id)
    return [
        count_of(Custody, due & is_late, _("to bring back"), "undo-2", url, late=True),
        count_of(Custody, due & ~is_late, _("to bring back"), "undo-2", url),
        count_of(Request, ready, _("ready to be fetched"), "package", url_for("custody.requests", tab="ready")),
    ]


def _evidence(row: Custody) -> tuple[list[Photo], list[Photo]]:
    """Photos before and after; what stayed out of a larger quantity looked as the whole did."""
    origin = row.rest_of_id or row.id
    before = Photo.of_many("custody", [origin], part="before").get(origin, [])
    return before, Photo.of(row, part="after") if row.returned_id else []


def _face(asset: Asset) -> Photo | None:
    return next(iter(Photo.of(asset)), None)


def _faces(rows: list[Custody]) -> dict[int, list[Photo]]:
    return Photo.of_many("asset", [row.asset_id for row in rows])


def _codes(rows: list[Custody]) -> dict[int, str]:
    """Asset id → code of the label in use, in one query."""
    labels = Label.in_use().where(Label.asset.in_([row.asset_id for row in rows]))
    return {label.asset_id: label.code for label in labels}


bp.add_app_template_filter(holder_words, "holder")


@asset_panels.append
def on_asset(who: Any, asset: Asset) -> str:
    """On the thing's own page: who holds it now, for those who may know; its days, and the way to ask for it."""
    rows = list(Custody.visible_to(who).where(Custody.asset == asset, Custody.is_open()).order_by(Custody.id))
    asks = who.may("custody.request") and asset.state in ("in_use", "idle")
    days = calendar(asset, clock.today()) if asks else []
    if not rows and not asks:
        return ""
    names = who.may("custody.all")
    return Markup(render_template("custody/_on_asset.html", rows=rows, days=days, asset=asset, asks=asks, names=names))
