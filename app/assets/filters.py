"""Which assets: one filter for the list, its links, and whatever else wants just these."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.assets.models import SOURCES, STATES, Asset, Shelf
from app.fields import clean
from app.people.models import Person
from app.places.models import Place

KINDS = ("single", "batch")
DUE = {"life": _l("past their minimum life"), "warranty": _l("near the end of the warranty")}
WITHOUT = {  # what a card may leave open, and when it does
    "office": (_l("without an office"), Asset.office.is_null()),
    "keeper": (_l("without a keeper"), Asset.keeper.is_null()),
    "fund": (_l("without a source of funds"), Asset.fund == ""),
    "year": (_l("without a day of acquiring"), Asset.acquired_on.is_null()),
}


@dataclass(frozen=True)
class AssetFilter:
    """What was asked for; what makes no sense is left out. `place` is a room, or a floor or building with all
    its rooms; `batch` is what was added together; `year` is that of acquiring; `without` names what the card leaves
    open; `due` is a key of DUE; `standing` leaves out what is nowhere any more."""

    words: str = ""
    category: int | None = None
    office: int | None = None
    place: int | None = None
    state: str = ""
    kind: str = ""
    batch: str = ""
    source: str = ""
    fund: str = ""
    year: int | None = None
    keeper: int | None = None
    without: str = ""
    due: str = ""
    standing: bool = False

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "AssetFilter":
        """From a query string or a form."""
        return cls(**_read(args))

    @property
    def args(self) -> dict[str, Any]:
        """The same as a query string."""
        return {name: int(value) if value is True else value for name, value in vars(self).items() if value}

    @property
    def also(self) -> dict[str, tuple[Any, str]]:
        """What comes with a link and has no box on the list's page: name → value and words."""
        keeper = Person.get_or_none(Person.id == self.keeper) if self.keeper else None
        words = {
            "batch": self.batch,
            "source": SOURCES.get(self.source, ""),
            "fund": self.fund,
            "year": str(self.year or ""),
            "keeper": keeper.name if keeper else "",
            "without": WITHOUT[self.without][0] if self.without else "",
            "due": DUE.get(self.due, ""),
            "standing": _("on the ledger") if self.standing else "",
        }
        return {name: (value, str(words[name])) for name, value in self.args.items() if name in words}

    @property
    def day(self) -> date:
        """The day by which ages are told."""
        return clock.today()

    def assets(self, who: Any) -> peewee.ModelSelect:
        """These assets among those that someone may see, newest first."""
        visible = Asset.visible_to(who)
        for condition in self._conditions(who):
            visible = visible.where(condition)
        return visible.order_by(Asset.id.desc())

    def _conditions(self, who: Any) -> list[peewee.Expression]:
        found = self.of_the_card(who)
        if self.place or self.standing:
            shelves = Shelf.select(Shelf.asset).where(Shelf.quantity > 0)
            found.append(Asset.id.in_(shelves.where(Shelf.place.in_(self.inside)) if self.place else shelves))
        return found

    @property
    def inside(self) -> peewee.ModelSelect:
        """Ids of the chosen place and of everything in it."""
        return Place(id=self.place).within()

    def of_the_card(self, who: Any) -> list[peewee.Expression]:
        """What is asked of the card alone, wherever the thing stands."""
        found = [getattr(Asset, name) == value for name in EQUAL if (value := getattr(self, name))]
        if self.words:
            found.append(Asset.matching(self.words, who))
        if self.kind:
            found.append(Asset.is_batch == (self.kind == "batch"))
        if self.year:
            found.append(Asset.acquired_on.between(date(self.year, 1, 1), date(self.year, 12, 31)))
        if self.without:
            found.append(WITHOUT[self.without][1])
        if self.due:
            found.append(Asset.past_life(self.day) if self.due == "life" else Asset.warranty_ending(self.day))
        return found


EQUAL = ("category", "office", "state", "batch", "source", "fund", "keeper")  # asked of the card as they are


def _read(args: Mapping[str, str]) -> dict[str, Any]:
    """What makes sense of a query string, by the names of the filter."""
    get = args.get
    chosen = {"state": STATES, "kind": KINDS, "source": SOURCES, "without": WITHOUT, "due": DUE}
    year = _id(get("year", ""))
    return {
        **{name: clean(get(name))[:60] for name in ("words", "batch", "fund")},
        **{name: _id(get(name, "")) for name in ("category", "office", "place", "keeper")},
        **{name: get(name, "") if get(name) in known else "" for name, known in chosen.items()},
        "year": year if year and 1900 <= year <= 9998 else None,
        "standing": get("standing") == "1",
    }


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
