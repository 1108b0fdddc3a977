"""The codes themselves: the list, one code's life, reprint, retire, blanks made ahead and bound on the spot."""

import peewee
from flask import Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

import labels
from app.assets.models import Asset
from app.db import writing
from app.errors import Refused
from app.excel.listing import listing_pages
from app.fields import clean
from app.places.codes import Label, is_well_formed, tidy
from app.places.models import Place
from app.printing import paper
from app.printing.blueprint import bp
from app.printing.filters import KINDS, STATES, LabelFilter, batches
from app.printing.forms import BlanksForm, NewThingForm, RetireForm
from app.printing.listing import codes_listing
from app.printing.models import Basket, PrintedLabel
from app.printing.sheets import all_sheets, sheet_named
from app.web import Page, allow, done, get_or_404, render, say, whole

FOUND = 8  # places and assets offered when a blank is bound
PICTURE_SHEET = "roll-50x30"
listing_pages(bp, "labels.codes", "/codes/list", codes_listing, "codes")


def label_or_404(code: str) -> Label:
    """The label of a code, however it was typed, with its thing."""
    code = tidy(code[:40])
    if not is_well_formed(code):
        abort(404)
    return paper.with_things(Label.select().where(Label.code == code)).first() or abort(404)


@bp.get("/codes")
@allow("labels.codes")
def codes() -> ResponseReturnValue:
    """All codes, filtered; what is found can be put into the basket as a whole."""
    wanted = LabelFilter.of(request.args)
    found = wanted.labels()
    place = Place.get_or_none(Place.id == wanted.place) if wanted.place else None
    return render(
        "printing/codes.html", "printing/_codes.html",
        wanted=wanted, page=Page(paper.with_things(found)), count=found.order_by().count(), place=place,
        places=_buildings_and_rooms(), batches=batches(), kinds=KINDS, states=STATES,
    )  # fmt: skip


def _buildings_and_rooms() -> list[tuple[int, str]]:
    """What can be chosen as place: buildings, then rooms with their building."""
    buildings = Place.select().where(Place.kind == "building").order_by(Place.position, Place.id)
    rooms = Place.rooms().order_by(Place.position, Place.id)
    return [(row.id, row.name) for row in buildings] + [(row.id, row.full_name) for row in rooms]


@bp.get("/codes/<code>")
@allow("labels.codes")
def code(code: str) -> ResponseReturnValue:
    """One code: what it stands for, how far it is, where it was printed."""
    label = label_or_404(code)
    return render("printing/code.html", label=label, prints=PrintedLabel.of(label).limit(20), sheets=all_sheets(),
                  text=paper.on_paper(label))  # fmt: skip


@bp.post("/codes/<code>/reprint")
@allow("labels.codes")
def reprint(code: str) -> ResponseReturnValue:
    """The same code once more: into the basket."""
    label = label_or_404(code)
    if label.retired_at:
        raise Refused(_("The label %(code)s is retired and can't be used again.", code=label.code))
    Basket.put([label], current_user)
    say(_("%(code)s is in the basket; the reprint keeps its code.", code=label.code))
    return done(url_for(".code", code=label.code))


@bp.route("/codes/<code>/retire", methods=["GET", "POST"])
@allow("labels.codes")
def retire(code: str) -> ResponseReturnValue:
    """A label is lost or damaged: its code says so from now on; its thing gets a new one if wanted."""
    label = label_or_404(code)
    form = RetireForm(request.form or None)
    if request.method == "GET" or not form.validate():
        return render("printing/retire.html", None, 422 if request.method == "POST" else 200, label=label, form=form)
    fresh = replace(label, form.reason.data) if form.again.data and not label.is_blank else None
    if fresh is None:
        label.retire(current_user, form.reason.data)
    say(_("%(code)s is retired; a scan says so.", code=label.code))
    return done(url_for(".code", code=fresh.code if fresh else label.code))


def replace(label: Label, reason: str) -> Label:
    """Retire a label and make a new one for its thing, waiting in the basket."""
    with writing():
        label.retire(current_user, reason)
        return Label.make(place=label.place_id, asset=label.asset_id, batch=label.batch)


@bp.get("/codes/<code>/label.png")
@allow("labels.print")
def png(code: str) -> ResponseReturnValue:
    """One label as a picture for a label printer: `?sheet=roll-50x30&dpi=203`."""
    label = label_or_404(code)
    sheet, dpi = sheet_named(request.args.get("sheet", PICTURE_SHEET)), whole("dpi", 100, 600) or 203
    if sheet is None:
        abort(404)
    if label.retired_at:
        raise Refused(_("Retired labels are not printed again."))
    text = paper.on_paper(label)
    paper.require_printable_at(text, sheet, dpi)
    answer = Response(labels.render_png(text, sheet, dpi, paper.font()), mimetype="image/png")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{label.code}-{dpi}.png")
    return answer


# Blanks -------------------------------------------------------------------------------------------------------


@bp.route("/blanks", methods=["GET", "POST"])
@allow("labels.codes")
def blanks() -> ResponseReturnValue:
    """Codes printed ahead, to be bound on the spot."""
    form = BlanksForm(request.form or None)
    if request.method == "GET" or not form.validate():
        return render("printing/blanks.html", None, 422 if request.method == "POST" else 200, form=form)
    made = Label.make_blanks(form.count.data, form.batch.data or _("blank labels"))
    say(ngettext("%(num)s blank label is in the basket.", "%(num)s blank labels are in the basket.", len(made)))
    return done(url_for(".basket", kind="blank"))


@bp.get("/bind/<code>")
@allow("labels.codes")
def bind(code: str) -> ResponseReturnValue:
    """A blank was scanned: what is it on? Search a room or an asset, or enter a new thing."""
    label = label_or_404(code)
    if not label.is_blank:
        return redirect(url_for(".code", code=label.code), 303)
    _require_unused(label)
    return bind_page(label)


def bind_page(label: Label, form: NewThingForm | None = None, status: int = 200) -> Response:
    words = clean(request.args.get("q", ""))[:60]
    places = list(Place.matching(words).limit(FOUND)) if words else []
    assets = _assets(words) if words else []
    return render("printing/bind.html", "printing/_bind_found.html", status, label=label, words=words, places=places,
                  assets=assets, form=form or NewThingForm())  # fmt: skip


def _assets(words: str) -> list[Asset]:
    room = Place.alias()
    query = Asset.visible_to(current_user).where(Asset.matching(words, current_user))
    return (
        query.select(Asset, room)
        .join(room, peewee.JOIN.LEFT_OUTER, on=(Asset.place == room.id), attr="place")
        .limit(FOUND)
    )


@bp.post("/bind/<code>")
@allow("labels.codes")
def bind_to(code: str) -> ResponseReturnValue:
    """Bind a blank to a room or an asset that is known."""
    label = label_or_404(code)
    what, _sep, id = request.form.get("thing", "").partition(":")
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 10 else 0
    if what == "place":
        place = get_or_404(Place.rooms(), number)
        label.bind(current_user, place=place)
        return _bound(label, place.name, url_for("places.show", id=place.id))
    if what == "asset":
        asset = get_or_404(Asset.visible_to(current_user), number)
        label.bind(current_user, asset=asset)
        return _bound(label, asset.name, url_for("assets.show", id=asset.id))
    raise Refused(_("Please choose what the label is on."), 422)


@bp.post("/bind/<code>/new")
@allow("assets.edit")
def bind_new(code: str) -> ResponseReturnValue:
    """Enter a thing found on the spot and bind the blank to it, in one act."""
    label, form = label_or_404(code), NewThingForm(request.form)
    _require_unused(label)
    if not form.validate():
        return bind_page(label, form, 422)
    with writing():
        asset = Asset.add(form.name.data, form.chosen_category, current_user, place=form.place.data)
        label.bind(current_user, asset=asset)
    return _bound(label, asset.name, url_for("assets.show", id=asset.id))


def _require_unused(label: Label) -> None:
    if label.retired_at:
        raise Refused(_("The label %(code)s is retired and can't be used again.", code=label.code))
    if not label.is_blank:
        raise Refused(_("The label %(code)s already belongs to something.", code=label.code))


def _bound(label: Label, name: str, location: str) -> Response:
    say(_("%(code)s now stands for %(name)s.", code=label.code, name=name))
    return done(location)
