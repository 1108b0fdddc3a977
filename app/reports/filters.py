"""What a report is about: the filter of the property list, and the day on which it all stood so."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.assets.filters import DUE, WITHOUT, AssetFilter
from app.assets.models import SOURCES, STATES, Asset, Category, Shelf
from app.assets.past import Book
from app.people.models import Office, Person
from app.places.forms import parents
from app.places.models import Place

TITLES = {
    "category": _l("Category"),
    "office": _l("Office in charge"),
    "place": _l("Place"),
    "source": _l("Way of acquiring"),
    "fund": _l("Source of funds"),
    "year": _l("Year of acquiring"),
    "state": _l("State"),
    "keeper": _l("Keeper"),
    "words": _l("Search"),
    "kind": _l("Kind"),
    "batch": _l("Entered with"),
    "due": _l("Which"),
    "without": _l("Left open"),
}
MOST_FUNDS = 100  # offered to choose from; a fund is free text


@dataclass(frozen=True)
class ReportFilter(AssetFilter):
    """The filter of the list, and `on`: the evening of a day that is over; None for the present moment.

    Quantities and rooms are those of that day. What the card says (category, price, state…) is what it says now.
    """

    on: date | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "ReportFilter":
        return cls(**{**asdict(AssetFilter.of(args)), "standing": False}, on=_past_day(args.get("on", "")))

    @property
    def day(self) -> date:
        return self.on or clock.today()

    @property
    def held(self) -> peewee.Select:
        """asset_id, place_id and quantity of everything that stood somewhere then, to join with."""
        if self.on is not None:
            return Book(self.on).shelves().alias("held")
        return Shelf.select(Shelf.asset, Shelf.place, Shelf.quantity).where(Shelf.quantity > 0).alias("held")

    @property
    def until(self) -> datetime:
        """The first moment that no longer counts."""
        return Book(self.day).moment

    @property
    def list_args(self) -> dict[str, Any]:
        """The list of assets that shows the same; it knows only the present."""
        return {**{name: value for name, value in self.args.items() if name != "on"}, "standing": 1}

    @property
    def said(self) -> list[tuple[str, str]]:
        """What it is narrowed down to, as titles and values for the head of a page or paper."""
        return [(str(title), words) for name, title in TITLES.items() if (words := self._word(name))]

    def _word(self, name: str) -> str:
        value = getattr(self, name)
        if not value:
            return ""
        if name in ROWS:
            row = ROWS[name]().where(ROWS[name]().model.id == value).first()
            return str(getattr(row, "full_name", row)) if row is not None else _("unknown")
        return str(WORDS[name][value] if name in WORDS else value)


ROWS = {"category": Category.select, "office": Office.select, "place": Place.shown, "keeper": Person.select}
WORDS = {
    "source": SOURCES,
    "state": STATES,
    "kind": {"single": _l("one by one"), "batch": _l("batches")},
    "due": DUE,
    "without": {name: words for name, (words, _condition) in WITHOUT.items()},
}


def _past_day(text: str) -> date | None:
    """A day before today, or None."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day is not None and date(1950, 1, 1) <= day < clock.today() else None


def choices() -> dict[str, list[tuple[Any, str]]]:
    """What can be chosen, one query for each."""
    rooms = Place.rooms().order_by(Place.parent, Place.position, Place.id)
    keepers = Person.select(Person.id, Person.name).where(Person.id.in_(Asset.select(Asset.keeper).distinct()))
    funds = Asset.select(Asset.fund).where(Asset.fund != "").distinct().order_by(Asset.fund).limit(MOST_FUNDS)
    days = Asset.select(Asset.acquired_on).where(Asset.acquired_on.is_null(False)).distinct()
    years = sorted({day.year for (day,) in days.tuples()}, reverse=True)
    return {
        "category": [(row.id, row.word) for row in Category.in_use()],
        "office": list(Office.select(Office.id, Office.name).order_by(Office.id).tuples()),
        "place": [*parents(("building", "floor")), *((room.id, room.full_name) for room in rooms)],
        "source": list(SOURCES.items()),
        "fund": [(fund, fund) for (fund,) in funds.tuples()],
        "year": [(year, str(year)) for year in years],
        "state": list(STATES.items()),
        "keeper": list(keepers.order_by(Person.id).tuples()),
    }
