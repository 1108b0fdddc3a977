"""What is printed of a stock-take: the sheet (盘点表), of the whole or of one room, and what does not agree
(盘盈盘亏表)."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app import clock
from app.paper import Column, Paper, Signature, Table, register
from app.places.models import Place
from app.stocktakes.differences import Difference, Settlement
from app.stocktakes.lines import Entry, LineFilter, entries
from app.stocktakes.models import Stocktake
from app.words import dated, exact, money


def whole_sheet(who: Any, id: int) -> Paper | None:
    """盘点表 of the whole range."""
    stocktake = Stocktake.visible_to(who).where(Stocktake.id == id).first()
    return stocktake and sheet_of(stocktake, None, who.may("assets.value"))


def sheet_of(stocktake: Stocktake, place: Place | None, values: bool) -> Paper:
    """The sheet of one room, or of all. Prices stand on it for those who may see them."""
    room = place.id if place else None
    lines = entries(LineFilter("all", room).query(stocktake))
    more = entries(LineFilter("surplus", room).query(stocktake))
    extra = (each for each in more if not each.book)
    rows = [_sheet_row(number, each, values) for number, each in enumerate(chain(lines, extra), 1)]
    return Paper(
        title=_("Stock-take sheet"), number=stocktake.number, subtitle=place.full_name if place else stocktake.name,
        facts=_facts(stocktake),
        tables=[Table(_sheet_columns(values), rows, empty=_("Nothing stands here by the book."))],
        signatures=_signatures(stocktake), code_url=url_for("stocktakes.show", id=stocktake.id), landscape=True,
    )  # fmt: skip


def _facts(stocktake: Stocktake) -> list[tuple[Any, ...]]:
    return [
        (_("Stock-take"), stocktake.name), (_("Range"), stocktake.range_words),
        (_("Book as of"), exact(stocktake.at)), (_("State"), stocktake.state_word),
    ]  # fmt: skip


def _sheet_columns(values: bool) -> list[Column]:
    columns = [
        Column(_("No."), 2, "center"), Column(_("Asset number"), 6), Column(_("Asset name"), 6), Column(_("Model"), 5),
        Column(_("Unit"), 2, "center"), Column(_("Room"), 5), Column(_("Book"), 2, "right"),
        Column(_("Counted quantity"), 2, "right"), Column(_("Gap"), 2, "right"),
    ]  # fmt: skip
    more = [Column(_("Amount (yuan)"), 4, "right")] if values else []
    return [*columns, *more, Column(_("Condition"), 3), Column(_("Remarks"), 7)]


def _sheet_row(number: int, each: Entry, values: bool) -> list[Any]:
    asset = each.asset
    counted = each.state_word if each.counted is None else each.counted
    row = [
        number, asset.number if asset else "—", each.name, asset.model if asset else "", asset.unit if asset else "",
        each.home.name if each.home else "", each.book, counted, f"{each.gap:+d}" if each.gap else "",
    ]  # fmt: skip
    if values:
        row.append(money(each.value) if each.gap and each.value is not None else "")
    return [*row, asset.state_word if asset else "", _remarks(each)]


def _remarks(each: Entry) -> str:
    words = [each.state_word if each.state not in ("found", "uncounted", "waiting") else ""]
    if each.seen is not None and each.seen.how == "tick":
        words.append(_("ticked by hand: %(reason)s", reason=each.seen.reason or _("with a photo")))
    return _("; ").join(filter(None, words))


def _signatures(stocktake: Stocktake) -> list[Signature]:
    signed = {member.part: member for member in stocktake.signatures}
    lines = []
    for part, words in (("counter", _("Counter")), ("witness", _("Witness"))):
        member = signed.get(part)
        lines.append(Signature(words, member.person.name, _day(member.signed_at)) if member else Signature(words))
    return [*lines, Signature(_("Office")), Signature(_("General Affairs director"), *_approval(stocktake))]


def _approval(stocktake: Stocktake) -> tuple[str, str]:
    slip = Settlement.last_of(stocktake) if stocktake.settled_at else None
    asks = slip.asks if slip else []
    return next(
        ((ask.by.name, _day(ask.at)) for ask in asks if ask.key == "director" and ask.state == "agreed"), ("", "")
    )


def _day(moment: Any) -> str:
    return dated(clock.local(moment).date())


def differences_sheet(who: Any, id: int) -> Paper | None:
    """盘盈盘亏表: what does not agree, with reasons, what follows, and amounts for those who may see them."""
    stocktake = Stocktake.visible_to(who).where(Stocktake.id == id).first()
    if stocktake is None or stocktake.signed_at is None:
        return None
    rows = list(Difference.shown(stocktake))
    slip = Settlement.last_of(stocktake)
    return Paper(
        title=_("Surplus and shortage"), number=stocktake.number, subtitle=stocktake.name, facts=_facts(stocktake),
        tables=list(_difference_tables(rows, who.may("assets.value"))),
        paragraphs=[] if rows else [_("Book and count agree.")],
        signatures=[*_signatures(stocktake)[:2], *_asked(slip)],
        code_url=url_for("stocktakes.differences", id=stocktake.id), landscape=True,
    )  # fmt: skip


def _asked(slip: Settlement | None) -> list[Signature]:
    if slip is None:
        return [Signature(_("General Affairs director"))]
    return [
        Signature(ask.part, ask.by.name, _day(ask.at)) if ask.state == "agreed" else Signature(ask.part)
        for ask in slip.asks
    ]


def _difference_tables(rows: list[Difference], values: bool) -> Iterator[Table]:
    titles = {"missing": _("Missing"), "surplus": _("Surplus"), "elsewhere": _("Elsewhere")}
    amount = [Column(_("Amount (yuan)"), 4, "right")] if values else []
    columns = [
        Column(_("No."), 2, "center"), Column(_("Asset number"), 6), Column(_("Asset name"), 6),
        Column(_("Unit"), 2, "center"), Column(_("Room by the book"), 5), Column(_("Seen in"), 5),
        Column(_("Quantity"), 3, "right"), *amount,
        Column(_("Reason"), 7), Column(_("What follows"), 5),
    ]  # fmt: skip
    for kind, title in titles.items():
        if found := [row for row in rows if row.kind == kind]:
            lines = [_difference_row(number, row, values) for number, row in enumerate(found, 1)]
            yield Table(columns, lines, foot=_foot(found, values), title=title)


def _difference_row(number: int, row: Difference, values: bool) -> list[Any]:
    amount = [money(row.value) if row.value is not None else ""] if values else []
    return [
        number, row.asset.number if row.asset_id else "—", row.thing, row.unit, row.home.name if row.home_id else "",
        row.place.name if row.place_id else "", row.quantity, *amount, row.reason, row.outcome_word,
    ]  # fmt: skip


def _foot(rows: list[Difference], values: bool) -> list[Any]:
    amount = [money(sum(row.value or 0 for row in rows))] if values else []
    return [_("Sum"), "", "", "", "", "", sum(row.quantity for row in rows), *amount, "", ""]


register("stocktake", whole_sheet)
register("stocktake-differences", differences_sheet)
