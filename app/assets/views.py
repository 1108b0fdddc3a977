"""Pages of property: the list, the life story of one asset, adding, changing, taking off and counting."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

from app import journal
from app.assets import excel_views, ledger, past_views, recut_views
from app.assets.blueprint import bp, found, shelves_of
from app.assets.filters import AssetFilter
from app.assets.forms import AssetForm, CategoryForm, CountSheet, EditForm, PostForm, card_of
from app.assets.keeping import Keeping
from app.assets.models import STATES, Asset, Category, Shelf
from app.errors import Refused
from app.people.models import Office
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.codes import Label, tidy
from app.places.forms import ReasonForm, parents
from app.places.models import Place
from app.places.views import panels as place_panels
from app.web import Page, Waiting, allow, done, get_or_404, render, say, whole

__all__ = ["bp", "excel_views", "panels", "past_views", "recut_views", "waiting"]

COUNT_PAGE = 200  # lines of a count or of a room's list: one sheet for a door, one form for a phone
SHOWN_ON_PLACE = 8

# What other nouns show on the page of an asset: `panel(who, asset)` answers with a rendered section, or "".
panels: list[Callable[[Any, Asset], Markup | str]] = [excel_views.on_asset]


def waiting(who: Any) -> list[Waiting]:
    """Assets wait for nobody; what is lent or broken waits with its own noun."""
    return []


# The list ---------------------------------------------------------------------------------------------------


@bp.get("/", endpoint="list")
@allow("assets.list")
def everything() -> ResponseReturnValue:
    """What this person may see, newest first, narrowed down by words and filters."""
    filter = AssetFilter.of(request.args)
    page = Page(Asset.shown(filter.assets(current_user)))
    place = Place.get_or_none(Place.id == filter.place) if filter.place else None
    return render(
        "assets/list.html",
        "assets/_list.html",
        filter=filter,
        page=page,
        totals=Shelf.totals(asset.id for asset in page),
        place=place,
        sums=Shelf.sums(place, current_user) if place is not None and place.is_room else None,
        choices=_choices(),
    )


def _choices() -> dict[str, list[tuple[Any, str]]]:
    """What the filters offer; rooms under their floor, in one query each."""
    rooms = Place.rooms().order_by(Place.parent, Place.position, Place.id)
    return {
        "category": [(row.id, row.word) for row in Category.in_use()],
        "office": list(Office.select(Office.id, Office.name).order_by(Office.id).tuples()),
        "place": [*parents(("building", "floor")), *((room.id, room.full_name) for room in rooms)],
        "state": list(STATES.items()),
        "kind": [("single", _("one by one")), ("batch", _("batches"))],
    }


# One asset --------------------------------------------------------------------------------------------------


@bp.get("/<int:id>")
@allow("assets.list")
def show(id: int) -> ResponseReturnValue:
    return asset_page(found(id))


def asset_page(asset: Asset, undoing: ReasonForm | None = None, status: int = 200) -> ResponseReturnValue:
    shelves = list(Shelf.held().where(Shelf.asset == asset).order_by(Shelf.quantity.desc(), Shelf.place))
    return render(
        "assets/show.html",
        None,
        status,
        asset=asset,
        shelves=shelves,
        quantity=sum(row.quantity for row in shelves),
        label=asset.look_up_label(),
        photos=Photo.of(asset),
        movements=Page(ledger.Movement.of(asset), size=20, name="rows"),
        keepings=Page(Keeping.of(asset), size=20, name="hands"),
        panels=[section for panel in panels if (section := panel(current_user, asset))],
        events=Page(journal.about(asset=asset.id), size=20),
        undoing=undoing or ReasonForm(),
        undone=whole("undo"),
    )


@bp.get("/add")
@allow("assets.edit")
def add() -> ResponseReturnValue:
    """An empty card, or one that copies another asset (`?copy=7`) or begins in a room (`?place=3`)."""
    if copied := whole("copy"):
        asset = found(copied)
        kind = "batch" if asset.is_batch else "single"
        return add_page(AssetForm(data={**card_of(asset, copy=True), "place": asset.place, "kind": kind}), asset)
    room = Place.rooms().where(Place.id == whole("place")).first()
    return add_page(AssetForm(data={"place": room}))


def add_page(form: AssetForm, copied: Asset | None = None, status: int = 200) -> ResponseReturnValue:
    return render("assets/add.html", None, status, form=form, copied=copied)


@bp.post("/add")
@allow("assets.edit")
def added() -> ResponseReturnValue:
    """One asset, `30 × projector`, or a batch; the labels wait in the print basket."""
    form = AssetForm(form_data())
    if not form.validate():
        return add_page(form, None, 422)
    try:
        assets = _enter(form)
    except Refused as refused:
        return _at_the_name(form, refused, lambda: add_page(form, None, 422))
    Photo.attach(form.photos.data, assets[0], current_user)
    if len(assets) == 1:
        say(_("%(name)s is entered as %(number)s; its label waits in the print basket.",
              name=assets[0].name, number=assets[0].number))  # fmt: skip
        return done(url_for(".show", id=assets[0].id))
    say(_("%(count)s assets are entered; their labels wait in the print basket.", count=len(assets)))
    return done(url_for("printing.basket") if current_user.may("labels.print") else url_for(".list"))


def _enter(form: AssetForm) -> list[Asset]:
    facts = {**form.facts(current_user.may("assets.value")), "by": current_user, "place": form.place.data}
    if form.is_batch:
        return [Asset.add(**facts, is_batch=True, quantity=form.quantity.data)]
    return [Asset.add(**facts)] if form.quantity.data == 1 else Asset.add_many(form.quantity.data, **facts)


def _at_the_name(form: Any, refused: Refused, page: Callable) -> ResponseReturnValue:
    """A rule that concerns what was typed stands in the form, and nothing typed is lost."""
    if refused.status != 422:
        raise refused
    form.name.errors = [*form.name.errors, refused.sentence]
    return page()


@bp.get("/<int:id>/edit")
@allow("assets.edit")
def edit(id: int) -> ResponseReturnValue:
    asset = found(id)
    return edit_page(EditForm(data={**card_of(asset), "state": asset.state}, asset=asset))


def edit_page(form: EditForm, status: int = 200) -> ResponseReturnValue:
    return render("assets/edit.html", None, status, form=form, asset=form.asset, photos=Photo.of(form.asset))


@bp.post("/<int:id>/edit")
@allow("assets.edit")
def edited(id: int) -> ResponseReturnValue:
    asset = found(id)
    form = EditForm(form_data(), asset=asset)
    if not form.validate():
        return edit_page(form, 422)
    try:
        asset.change(current_user, **form.facts(current_user.may("assets.value")))
    except Refused as refused:
        return _at_the_name(form, refused, lambda: edit_page(form, 422))
    if form.state.data != asset.state:
        asset.set_state(form.state.data, current_user)
    if Photo.attach(form.photos.data, asset, current_user):
        journal.record("assets.photographed", asset, current_user, asset=asset)
    say(_("The card of %(name)s is changed.", name=asset.name))
    return done(url_for(".show", id=id))


# The ledger -------------------------------------------------------------------------------------------------


@bp.get("/<int:id>/entry")
@allow("assets.move")
def enter(id: int) -> ResponseReturnValue:
    """More of a batch, or a single asset that is in no room and comes back to where it was taken off."""
    return post_page(found(id), "entry")


@bp.post("/<int:id>/entry")
@allow("assets.move")
def entered(id: int) -> ResponseReturnValue:
    return _post(found(id), "entry")


@bp.get("/<int:id>/removal")
@allow("assets.move")
def remove(id: int) -> ResponseReturnValue:
    return post_page(found(id), "removal")


@bp.post("/<int:id>/removal")
@allow("assets.move")
def removed(id: int) -> ResponseReturnValue:
    return _post(found(id), "removal")


def post_page(asset: Asset, verb: str, form: PostForm | None = None, status: int = 200) -> ResponseReturnValue:
    form = form or PostForm(verb=verb, asset=asset, shelves=shelves_of(asset))
    return render("assets/post.html", None, status, asset=asset, verb=verb, form=form)


def _post(asset: Asset, verb: str) -> ResponseReturnValue:
    form = PostForm(request.form, verb=verb, asset=asset, shelves=shelves_of(asset))
    if not form.validate():
        return post_page(asset, verb, form, 422)
    target = form.place.data if "place" in form else None
    ledger.post(
        asset, verb, current_user, quantity=form.how_many, source=form.from_place, target=target,
        reason=form.reason.data,
    )  # fmt: skip
    say(_("%(name)s: written into the ledger.", name=asset.name))
    return done(url_for(".show", id=asset.id))


@bp.post("/<int:id>/movements/<int:movement>/reversal")
@allow("assets.move")
def reverse(id: int, movement: int) -> ResponseReturnValue:
    asset = found(id)
    row = get_or_404(ledger.Movement.of(asset), movement)
    form = ReasonForm(request.form)
    if not form.validate():
        return asset_page(asset, form, 422)
    row.asset = asset
    ledger.reverse(row, current_user, form.reason.data)
    say(_("The entry is reversed; both rows stay in the ledger."))
    return done(url_for(".show", id=id))


# What is in a room ------------------------------------------------------------------------------------------


@bp.get("/in/<int:id>")
@allow("assets.list")
def in_place(id: int) -> ResponseReturnValue:
    """The list for behind the door (房间财产清单)."""
    place = get_or_404(Place.rooms(), id)
    page = Page(Shelf.in_place(place, current_user), size=COUNT_PAGE)
    if not page.rows and not (current_user.may("assets.all") or _answers_for(place)):
        get_or_404(Place.rooms().where(False), id)
    return render(
        "assets/in_place.html", place=place, page=page, sums=Shelf.sums(place, current_user),
        label=Label.of(place=place.id),
    )  # fmt: skip


def _answers_for(place: Place) -> bool:
    return Place.kept_by(current_user).where(Place.id == place.id).exists()


@place_panels.append
def on_place(who: Any, place: Place) -> str:
    """The first things in a room, on the room's own page."""
    if not place.is_room or not who.may("assets.list"):
        return ""
    rows = list(Shelf.in_place(place, who).limit(SHOWN_ON_PLACE + 1))
    if not rows and not who.may("assets.edit"):
        return ""
    return Markup(render_template("assets/_on_place.html", place=place, rows=rows[:SHOWN_ON_PLACE],
                                  more=len(rows) > SHOWN_ON_PLACE))  # fmt: skip


@bp.get("/count/<code>")
@allow("assets.move")
def count(code: str) -> ResponseReturnValue:
    """Count what is in the room of a label, or a batch in all its rooms."""
    label = _counted_label(code)
    return count_page(label, CountSheet(_to_count(label))) if label is not None else _elsewhere(code)


def _counted_label(code: str) -> Label | None:
    label = Label.in_use().where(Label.code == tidy(code)).first()
    if label is None or label.is_blank or (label.asset_id and not label.asset.is_batch):
        return None
    return label


def _elsewhere(code: str) -> ResponseReturnValue:
    """The scan page says what is wrong with a code, or shows the one thing that needs no counting."""
    return redirect(url_for("home.look", code=tidy(code)[:20] or "-"), 303)


def _to_count(label: Label) -> list[Shelf]:
    if label.place_id is not None:
        return Page(Shelf.in_place(label.place, current_user), size=COUNT_PAGE).rows
    return Page(Shelf.held().where(Shelf.asset == label.asset_id).order_by(Shelf.place), size=COUNT_PAGE).rows


def count_page(label: Label, sheet: CountSheet, status: int = 200) -> ResponseReturnValue:
    return render("assets/count.html", None, status, label=label, sheet=sheet, number=whole("page") or 1)


@bp.post("/count/<code>")
@allow("assets.move")
def counted(code: str) -> ResponseReturnValue:
    label = _counted_label(code)
    if label is None:
        return _elsewhere(code)
    sheet = CountSheet(_to_count(label), request.form)
    if not sheet.validate():
        return count_page(label, sheet, 422)
    gaps = [row for place, numbers in sheet.counted.items() for row in ledger.count(place, numbers, current_user)]
    say(ngettext("%(num)s difference is written into the ledger.", "%(num)s differences are written into the ledger.",
                 len(gaps)) if gaps else _("Counted: everything agrees with the ledger."))  # fmt: skip
    if label.place_id is not None:
        return done(url_for(".in_place", id=label.place_id))
    return done(url_for(".show", id=label.asset_id))


# Categories -------------------------------------------------------------------------------------------------


@bp.get("/categories")
@allow("assets.list")
def categories() -> ResponseReturnValue:
    words = AssetFilter.of(request.args).words
    rows = Category.matching(words) if words else Category.select().order_by(Category.code)
    return render("assets/categories.html", page=Page(rows, size=100), words=words, open=Category.unchecked())


@bp.get("/categories/add")
@allow("assets.edit")
def category_add() -> ResponseReturnValue:
    return category_page(CategoryForm())


def category_page(form: CategoryForm, category: Category | None = None, status: int = 200) -> ResponseReturnValue:
    return render("assets/category.html", None, status, form=form, category=category)


@bp.post("/categories/add")
@allow("assets.edit")
def category_added() -> ResponseReturnValue:
    return _keep_category(CategoryForm(request.form), None)


@bp.get("/categories/<int:id>")
@allow("assets.edit")
def category_edit(id: int) -> ResponseReturnValue:
    category = get_or_404(Category.select(), id)
    return category_page(CategoryForm(obj=category), category)


@bp.post("/categories/<int:id>")
@allow("assets.edit")
def category_edited(id: int) -> ResponseReturnValue:
    return _keep_category(CategoryForm(request.form), get_or_404(Category.select(), id))


def _keep_category(form: CategoryForm, category: Category | None) -> ResponseReturnValue:
    if not form.validate():
        return category_page(form, category, 422)
    try:
        if category is None:
            category = Category.add(by=current_user, **form.facts)
        else:
            category.change(current_user, **form.facts)
    except Refused as refused:
        form.code.errors = [*form.code.errors, refused.sentence]
        return category_page(form, category, refused.status)
    say(_("%(name)s is stored.", name=category.word))
    return done(url_for(".categories"))
