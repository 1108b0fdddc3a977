"""The page that tells how the ledger stood on a day: sums by category, office, room or keeper, and the lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app import clock
from app.assets import ledger
from app.assets.blueprint import bp
from app.assets.models import Asset, Category
from app.assets.past import BY, Book
from app.excel.listing import Listing, listing_pages
from app.excel.out import Col
from app.people.models import Office, Person
from app.places.models import Place
from app.web import Page, allow, render, whole
from app.words import day as day_words

HEADS = {"category": _l("by category"), "office": _l("by office"), "place": _l("by room"), "holder": _l("by keeper")}
ROWS = {"asset": Asset, "place": Place, "holder": Person, "office": Office, "category": Category}


@dataclass(frozen=True)
class Past:
    """What was asked: the day, by what it is summed, and the rows that narrow it down."""

    day: date
    by: str
    chosen: dict[str, Any]

    @classmethod
    def asked(cls) -> "Past":
        """As the query string says; what makes no sense is left out, a day to come is today."""
        try:
            day = date.fromisoformat(request.args.get("day", ""))
        except ValueError:
            day = clock.today()
        by = request.args.get("by", "")
        found = {name: row for name, model in ROWS.items() if (row := _row(model, name)) is not None}
        return cls(min(max(day, date(1990, 1, 1)), clock.today()), by if by in BY else BY[0], found)

    @property
    def args(self) -> dict[str, Any]:
        return {"day": self.day.isoformat(), "by": self.by, **{name: row.id for name, row in self.chosen.items()}}

    def without(self, name: str) -> dict[str, Any]:
        """The same address with one choice dropped."""
        return {key: value for key, value in self.args.items() if key != name}

    @property
    def book(self) -> Book:
        return ledger.at(self.day, who=current_user, **self.chosen)


def _row(model: Any, name: str) -> Any:
    id = whole(name)
    return model.get_or_none(model.id == id) if id else None


@bp.get("/past")
@allow("assets.all")
def past() -> ResponseReturnValue:
    """As it stood on a day (当时的账): sums, and below them the single lines once it is narrowed down."""
    asked = Past.asked()
    book = asked.book
    return render(
        "assets/past.html",
        asked=asked,
        heads=HEADS,
        totals=book.totals(asked.by),
        page=Page(book.lines()) if asked.chosen else None,
    )


def _listing() -> Listing:
    asked = Past.asked()
    columns = [
        Col(_("Number"), width=20), Col(_("Asset name"), width=24), Col(_("Category")), Col(_("Room"), width=24),
        Col(_("Keeper")), Col(_("Office in charge")), Col(_("Quantity"), "int"), Col(_("Unit"), width=6),
    ]  # fmt: skip
    if current_user.may("assets.value"):
        columns += [Col(_("Unit price"), "money"), Col(_("Value"), "money")]
    title = _("Property as it stood on %(day)s", day=day_words(asked.day))
    return Listing(title, columns, list(asked.book.lines()), _dress, [str(row) for row in asked.chosen.values()])


def _dress(assets: list[Asset]) -> Iterable[Sequence[Any]]:
    for asset in assets:
        row = (
            asset.number, asset.name, asset.category.word, asset.there.full_name,
            asset.kept_by.name if asset.kept_by else "", asset.in_charge.name if asset.in_charge else "",
            asset.quantity, asset.unit,
        )  # fmt: skip
        price = asset.unit_price
        value = (price, None if price is None else price * asset.quantity)
        yield (*row, *value) if current_user.may("assets.value") else row


listing_pages(bp, "assets.all", "/past", _listing)
