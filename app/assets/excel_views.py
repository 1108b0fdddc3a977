"""Property in and out by sheets: the import, the lists that are taken away, what the finance system says of a thing."""

from collections.abc import Iterator, Sequence
from typing import Any

import peewee
from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from app.assets.blueprint import bp
from app.assets.filters import AssetFilter
from app.assets.finance import MONEY, WORDS, FinanceCard
from app.assets.importing import AssetImporter
from app.assets.models import STATES, Asset, Category, Shelf
from app.excel.listing import Listing, listing_pages
from app.excel.out import Col
from app.excel.views import import_pages
from app.people.models import Office
from app.places.codes import Label
from app.places.models import Place
from app.web import get_or_404
from app.words import day, money

import_pages(bp, AssetImporter, "assets.edit")


# What a list says of an asset -------------------------------------------------------------------------------


def asset_columns(value: bool) -> list[Col]:
    """The headings are those of the import: what went out can come in again. Prices only for who may see them."""
    prices = (Col(_("Unit price (yuan)"), "money"), Col(WORDS["original"], "money")) if value else ()
    bought = [_("Supplier"), _("Invoice number"), _("Source of funds")] if value else []
    return [
        Col(_("Number"), width=18), Col(_("Asset name"), width=20), Col(_("Category of property"), width=26),
        Col(_("Brand"), width=12), Col(_("Model")), Col(_("Serial number"), printed=False),
        Col(_("Size number (desks and chairs)"), "int", printed=False), Col(_("Quantity"), "int"),
        Col(_("Unit"), width=8, printed=False), *prices, Col(_("Way of acquiring"), width=10, printed=False),
        Col(_("Acquired on"), "date"), Col(_("Room"), width=24), Col(_("Stands in several rooms"), width=30,
        printed=False),
        Col(_("Keeper"), width=10), Col(_("Office in charge"), width=12), Col(_("State"), width=8),
        Col(_("How is it kept?"), width=10, printed=False), *(Col(title, printed=False) for title in bought),
        Col(_("Warranty until"), "date", printed=False), Col(_("Number in the finance system"), width=18,
        printed=False),
        Col(_("Label code"), width=11, printed=False), Col(_("Note"), width=24, printed=False),
    ]  # fmt: skip


def asset_rows(value: bool) -> Any:
    """Some assets → their values, with two questions for all of them together."""

    def dress(assets: list[Asset]) -> Iterator[Sequence[Any]]:
        shelves, codes = _shelves(assets), _codes(assets)
        for asset in assets:
            held = shelves.get(asset.id, [])
            many = sum(row.quantity for row in held)
            several = "；".join(f"{row.place.full_name} {row.quantity}" for row in held) if len(held) > 1 else None
            yield [
                asset.number, asset.name, f"{asset.category.code} {asset.category.word}", asset.brand,
                asset.model, asset.serial, asset.size, many, asset.unit,
                *((asset.unit_price, _whole(asset, many)) if value else ()),
                asset.source_word, asset.acquired_on, held[0].place.full_name if len(held) == 1 else None,
                several, asset.keeper.name if asset.keeper_id else None, asset.office.name if asset.office_id else None,
                asset.state_word, _("batch") if asset.is_batch else _("one by one"),
                *((asset.supplier, asset.invoice, asset.fund) if value else ()),
                asset.warranty_until, asset.finance_number, codes.get(asset.id), asset.note,
            ]  # fmt: skip

    return dress


def _whole(asset: Asset, many: int) -> int | None:
    return None if asset.unit_price is None else asset.unit_price * many


def _shelves(assets: list[Asset]) -> dict[int, list[Shelf]]:
    floor, building = Place.alias(), Place.alias()
    rows = (
        Shelf.select(Shelf, Place, floor, building)
        .join(Place)
        .join(floor, peewee.JOIN.LEFT_OUTER, on=(Place.parent == floor.id), attr="parent")
        .join(building, peewee.JOIN.LEFT_OUTER, on=(floor.parent == building.id), attr="parent")
        .where(Shelf.asset.in_([asset.id for asset in assets]), Shelf.quantity > 0)
        .order_by(Shelf.place)
    )
    found: dict[int, list[Shelf]] = {}
    for row in rows:
        found.setdefault(row.asset_id, []).append(row)
    return found


def _codes(assets: list[Asset]) -> dict[int, str]:
    ids = [asset.id for asset in assets]
    return dict(Label.in_use().select(Label.asset, Label.code).where(Label.asset.in_(ids)).tuples())


# The lists --------------------------------------------------------------------------------------------------


def assets_listing() -> Listing:
    filter = AssetFilter.of(request.args)
    value = current_user.may("assets.value")
    return Listing(
        _("Property"), asset_columns(value), Asset.shown(filter.assets(current_user)), asset_rows(value),
        _in_words(filter), url_for("assets.list", **filter.args),
    )  # fmt: skip


def _in_words(filter: AssetFilter) -> list[str]:
    """How the list was narrowed, for the head of the print."""
    place = Place.get_or_none(Place.id == filter.place) if filter.place else None
    category = Category.get_or_none(Category.id == filter.category) if filter.category else None
    office = Office.get_or_none(Office.id == filter.office) if filter.office else None
    kinds = {"single": _("one by one"), "batch": _("batches")}
    state = str(STATES[filter.state]) if filter.state else ""
    return [str(each) for each in (filter.words, place, category, office, state, kinds.get(filter.kind), filter.batch)
            if each]  # fmt: skip


def in_place_listing(id: int) -> Listing:
    """What stands in a room, as the page of the room shows it to this person."""
    place, value = get_or_404(Place.rooms(), id), current_user.may("assets.value")
    rows = Shelf.in_place(place, current_user)
    if not (
        current_user.may("assets.all") or rows.exists() or Place.kept_by(current_user).where(Place.id == id).exists()
    ):
        get_or_404(Place.rooms().where(False), id)
    columns = [
        Col(_("Number"), width=18), Col(_("Asset name"), width=20), Col(_("Category"), width=22),
        Col(_("Brand and model"), width=20),
        Col(_("Serial number")), Col(_("Quantity"), "int"), Col(_("Unit"), width=8),
        *((Col(_("Unit price (yuan)"), "money"), Col(WORDS["original"], "money")) if value else ()),
        Col(_("Keeper"), width=10), Col(_("State"), width=8),
    ]  # fmt: skip

    def dress(several: list[Shelf]) -> Iterator[Sequence[Any]]:
        for row in several:
            asset = row.asset
            yield [
                asset.number, asset.name, asset.category.word, " ".join(filter(None, (asset.brand, asset.model))),
                asset.serial, row.quantity, asset.unit,
                *((asset.unit_price, _whole(asset, row.quantity)) if value else ()),
                asset.keeper.name if asset.keeper_id else None, asset.state_word,
            ]  # fmt: skip

    return Listing(
        _("Property in %(place)s", place=place.name), columns, rows, dress,
        (place.where, place.keeper.name if place.keeper_id else ""), url_for("assets.in_place", id=id),
    )  # fmt: skip


def categories_listing() -> Listing:
    words = AssetFilter.of(request.args).words
    columns = [
        Col(_("Code"), width=12), Col(_("Category name"), width=24), Col(_("English name"), width=30),
        Col(_("Minimum life"), "int", 10), Col(_("compared"), width=8), Col(_("in use"), width=8),
    ]  # fmt: skip

    def dress(rows: list[Category]) -> Iterator[Sequence[Any]]:
        for row in rows:
            yield (row.code, row.name, row.name_en, row.life_years or None, _yes(row.checked), _yes(row.used))

    query = Category.matching(words) if words else Category.select().order_by(Category.code)
    return Listing(_("Categories"), columns, query, dress, (words,), url_for("assets.categories", words=words or None))


def _yes(value: bool) -> str:
    return _("yes") if value else _("no")


listing_pages(bp, "assets.list", "/list", assets_listing)
listing_pages(bp, "assets.list", "/in/<int:id>/list", in_place_listing, "in_place")
listing_pages(bp, "assets.list", "/categories/list", categories_listing, "categories")


# What the finance system says -------------------------------------------------------------------------------


def on_asset(who: Any, asset: Asset) -> str:
    """The finance system's facts on the page of an asset, for those who may see values."""
    card = FinanceCard.of(asset) if who.may("assets.value") else None
    if card is None:
        return ""
    rows = [(WORDS[name], _shown(name, value)) for name, value in card.filled]
    return Markup(render_template("assets/_finance.html", rows=rows, at=card.at))


def _shown(name: str, value: Any) -> str:
    if name in MONEY:
        return money(value)
    if name == "booked_on":
        return day(value)
    return f"{value / 100:g}" if name == "area" else str(value)
