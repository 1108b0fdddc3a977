"""The printouts of property: the ledger (资产台账), the card of an asset (资产卡片), the list behind a door."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.assets.ledger import Movement
from app.assets.models import Asset, Shelf
from app.errors import Refused
from app.paper import Column, Heading, Paper, Sums, Table, register
from app.photos.models import Photo
from app.places.codes import Label
from app.places.models import Place
from app.reports import asked
from app.reports.columns import Column as ReportColumn
from app.reports.kinds import Asked
from app.words import money, spaced

MOST_LINES = 10_000  # some four hundred pages, a few seconds
MOST_PICTURES = 3
MOST_MOVEMENTS = 60  # of a batch that moves every week; the newest, and a line says so


# The ledger and every other report ----------------------------------------------------------------------------


def of_report(report: Asked, who: Any) -> Paper:
    """What the page shows: sums, or single lines with the sums of each group; signed by three."""
    columns = report.columns(who)
    return Paper(
        title=report.title,
        subtitle=report.as_of,
        code_url=url_for("reports.show", slug=report.report.slug, **report.args),
        facts=report.filter.said,
        tables=[_lines(report, columns, who) if report.lines else _sums(report, columns, who)],
        paragraphs=[str(report.report.words)],
        signatures=[
            (_("Made out by"), who.name, clock.today().isoformat()), (_("Reviewed by"),), (_("Person in charge"),),
        ],
        landscape=report.lines,
        across=3,
    )  # fmt: skip


def _sums(report: Asked, columns: Sequence[ReportColumn], who: Any) -> Table:
    rows = report.sums(who)
    total = report.total(who, rows)
    return Table(
        [column.on_paper for column in columns],
        [[column.words(row) for column in columns] for row in rows],
        [column.words(total) for column in columns] if total is not None and rows else (),
        empty=_("Nothing fits."),
    )


def _lines(report: Asked, columns: Sequence[ReportColumn], who: Any) -> Table:
    total = report.total(who)
    if total.lines > MOST_LINES:
        raise Refused(_("These are %(lines)s lines; at most %(most)s are printed at once. Please narrow it down, "
                        "or take it as an Excel sheet.", lines=f"{total.lines:,}", most=f"{MOST_LINES:,}"))  # fmt: skip
    return Table(
        [column.on_paper for column in columns],
        _grouped(report, columns, who),
        _foot(columns, _("Total"), total) if total.cards else (),
        empty=_("Nothing fits."),
    )


def _grouped(report: Asked, columns: Sequence[ReportColumn], who: Any) -> Iterator[Any]:
    """The lines of each group under its name and above its sums. Made while pages are filled."""
    group, sums = report.group, iter(report.sums(who))
    last = None
    for keys, row in asked.in_groups(report.single(who).iterator(), group):
        if last is None or keys != last.keys:
            if last is not None:
                yield _foot(columns, _("Subtotal"), last)
            last = next(sums)
            yield Heading(" ".join(filter(None, (group.name(*keys), group.detail(*keys)))))
        yield [column.words(row) for column in columns]
    if last is not None:
        yield _foot(columns, _("Subtotal"), last)


def _foot(columns: Sequence[ReportColumn], words: str, sums: asked.Sums) -> Sums:
    """Sums under the columns they belong to; how many cards stands beside the word."""
    cards = ngettext("%(num)s card", "%(num)s cards", sums.cards)
    filled = {"number": words, "name": cards, "quantity": f"{sums.quantity:,}", "value": money(sums.value)}
    return Sums(filled.get(column.sums, "") for column in columns)


# The card of an asset -------------------------------------------------------------------------------------------


def card(who: Any, id: int) -> Paper | None:
    """Everything that the card says (DOMAIN: 资产卡片), where the thing stands and how it got there."""
    asset = Asset.shown(Asset.visible_to(who)).where(Asset.id == id).first()
    if asset is None or not who.may("assets.list"):
        return None
    shelves = list(Shelf.held().where(Shelf.asset == asset).order_by(Shelf.place))
    label = Label.of(asset=asset.id)
    return Paper(
        title=_("Asset card"),
        number=asset.number,
        subtitle=_("label %(code)s", code=spaced(label.code)) if label else "",
        code_url=url_for("home.look", code=label.code) if label else url_for("assets.show", id=id),
        facts=[*_facts(asset, shelves), *(_price_facts(asset, shelves) if who.may("assets.value") else ()),
               (_("Note"), asset.note, True)],
        pictures=[(photo,) for photo in Photo.of(asset)[:MOST_PICTURES]],
        tables=[*([_places(asset, shelves)] if asset.is_batch else ()), _movements(asset)],
        signatures=[(_("Keeper"),), (_("Property custodian"),), (_("General Affairs director"),)],
    )  # fmt: skip


def _facts(asset: Asset, shelves: Sequence[Shelf]) -> list[tuple[Any, ...]]:
    quantity = sum(row.quantity for row in shelves)
    rooms = ngettext("%(num)s room", "%(num)s rooms", len(shelves)) if asset.is_batch else asset.place
    years = _("%(years)s years", years=asset.category.life_years) if asset.category.life_years else ""
    return [
        (_("Asset name"), asset.name),
        (_("Category"), f"{asset.category.word} {asset.category.code}"),
        (_("Brand"), asset.brand),
        (_("Model"), asset.model),
        (_("Serial number"), asset.serial),
        *([(_("Size number"), asset.size_facts.words)] if asset.size_facts else []),
        (_("Finance number"), asset.finance_number),
        (_("Kind"), _("batch") if asset.is_batch else _("single thing")),
        (_("Quantity"), f"{quantity} {asset.unit}"),
        (_("State"), asset.state_word),
        (_("Way of acquiring"), asset.source_word),
        (_("Acquired on"), asset.acquired_on),
        (_("Entered on"), clock.local(asset.entered_at).date()),
        (_("Minimum life"), years),
        (_("Warranty until"), asset.warranty_until),
        (_("Managed by"), _("General Affairs Office")),
        (_("Office in charge"), asset.office.name if asset.office_id else None),
        (_("Keeper"), asset.keeper.name if asset.keeper_id else None),
        (_("Room"), getattr(rooms, "full_name", rooms)),
    ]


def _price_facts(asset: Asset, shelves: Sequence[Shelf]) -> list[tuple[Any, ...]]:
    price, quantity = asset.unit_price, sum(row.quantity for row in shelves)
    return [
        (_("Unit price (yuan)"), money(price)),
        (_("Original value (yuan)"), None if price is None else money(price * quantity)),
        (_("Supplier"), asset.supplier),
        (_("Invoice number"), asset.invoice),
        (_("Source of funds"), asset.fund),
    ]


def _places(asset: Asset, shelves: Sequence[Shelf]) -> Table:
    columns = [Column(_("Room or area"), 3), Column(_("Building and floor"), 4), Column(_("Quantity"), 1.4, "right")]
    rows = [(row.place.name, row.place.where, f"{row.quantity} {asset.unit}") for row in shelves]
    return Table(columns, rows, title=_("Where it stands"), empty=_("In no room."))


def _movements(asset: Asset) -> Table:
    columns = [
        Column(_("Day"), 2), Column(_("Kind of change"), 1.6), Column(_("From room"), 2.6), Column(_("To room"), 2.6),
        Column(_("Quantity"), 1.3, "right"), Column(_("Handled by"), 1.7), Column(_("Reason"), 2.6),
    ]  # fmt: skip
    found = list(Movement.of(asset).limit(MOST_MOVEMENTS + 1))
    title = _("Changes") if len(found) <= MOST_MOVEMENTS else _("The last %(count)s changes", count=MOST_MOVEMENTS)
    return Table(columns, [_movement(row) for row in reversed(found[:MOST_MOVEMENTS])], title=title)


def _movement(row: Movement) -> tuple[Any, ...]:
    by = row.person.name if row.person_id else row.card.name if row.card_id else ""
    change = f"{row.kind_word} ({_('reversed')})" if row.undone else row.kind_word
    return (
        clock.local(row.at).date(), change, row.source.name if row.source_id else "",
        row.target.name if row.target_id else "", row.quantity, by, row.reason_word,
    )  # fmt: skip


# The list behind the door -----------------------------------------------------------------------------------------


def room_list(who: Any, id: int) -> Paper | None:
    """What stands in a room (房间财产清单), without prices: everybody who comes in can read it."""
    place = Place.shown().where(Place.id == id).first()
    if place is None or not place.is_room or not who.may("assets.list"):
        return None
    rows = list(Shelf.in_place(place, who))
    if not rows and not (who.may("assets.all") or Place.kept_by(who).where(Place.id == id).exists()):
        return None
    label = Label.of(place=id)
    return Paper(
        title=_("Property of the room"),
        number=place.number,
        code_url=url_for("home.look", code=label.code) if label else url_for("assets.in_place", id=id),
        facts=[
            (_("Room or area"), place.full_name),
            (_("Keeper of the room"), place.keeper.name if place.keeper_id else None),
            (_("As of"), clock.today().isoformat()), (_("Things"), sum(row.quantity for row in rows)),
        ],
        tables=[_in_the_room(rows)],
        paragraphs=[_("Nothing is carried out of this room without a transfer by the General Affairs Office. "
                      "Damage is reported by scanning the code on the door.")],
        signatures=[(_("Keeper"), "", ""), (_("General Affairs Office"), "", "")],
        across=2,
    )  # fmt: skip


def _in_the_room(rows: Sequence[Shelf]) -> Table:
    columns = [
        Column(_("No."), 1, "center"), Column(_("Number"), 3), Column(_("Asset name"), 3),
        Column(_("Brand and model"), 2.8), Column(_("Unit"), 0.9, "center"), Column(_("Quantity"), 1.1, "right"),
        Column(_("State"), 1.3, "center"), Column(_("Remarks"), 1.8),
    ]  # fmt: skip
    return Table(
        columns,
        [_in_line(number, row) for number, row in enumerate(rows, 1)],
        empty=_("Nothing stands here by the ledger."),
    )


def _in_line(number: int, row: Shelf) -> tuple[Any, ...]:
    asset = row.asset
    size = asset.size_facts.words if asset.size_facts else ""
    return (
        number, asset.number, " ".join(filter(None, (asset.name, size))),
        " ".join(filter(None, (asset.brand, asset.model))), asset.unit, row.quantity, asset.state_word, "",
    )  # fmt: skip


register("asset-card", card)
register("room-list", room_list)
