"""Which labels: one filter for the list of codes, for "put all of these into the basket", and for its link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee
from flask_babel import lazy_gettext as _l

from app import clock
from app.assets.models import Asset, Shelf
from app.db import escape_like
from app.fields import clean
from app.places.codes import Label, tidy
from app.places.models import Place
from app.printing.models import of_kind

KINDS = {"room": _l("rooms"), "asset": _l("property"), "blank": _l("blank")}
STATES = {
    "new": _l("never printed"),
    "printed": _l("printed"),
    "stuck": _l("stuck on"),
    "retired": _l("retired"),
}
NEXT_DAY = 1


@dataclass(frozen=True)
class LabelFilter:
    """What was asked for; what makes no sense is left out."""

    kind: str = ""
    state: str = ""
    place: int | None = None  # a room, or a floor or building with all its rooms
    batch: str = ""
    since: date | None = None
    until: date | None = None
    words: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "LabelFilter":
        """From a query string or a form."""
        kind, state, place = args.get("kind", ""), args.get("state", ""), args.get("place", "")
        return cls(
            kind if kind in KINDS else "",
            state if state in STATES else "",
            int(place) if place.isascii() and place.isdigit() and len(place) < 10 else None,
            clean(args.get("batch", ""))[:60],
            _day(args.get("since", "")),
            _day(args.get("until", "")),
            clean(args.get("q", ""))[:60],
        )

    @property
    def args(self) -> dict[str, Any]:
        """The same as a query string."""
        given = {
            "kind": self.kind, "state": self.state, "place": self.place, "batch": self.batch,
            "since": self.since and self.since.isoformat(), "until": self.until and self.until.isoformat(),
            "q": self.words,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}

    def labels(self) -> peewee.ModelSelect:
        """The labels, newest first. Retired ones only when asked for."""
        query = (
            Label.select()
            .where(of_kind(self.kind))
            .order_by(Label.made_at.desc(), Label.asset, Label.place, Label.code)
        )
        for condition in self._conditions():
            query = query.where(condition)
        return query

    def _conditions(self) -> list[peewee.Expression]:
        found = [_state(self.state)]
        if self.place is not None:
            found.append(_in_place(self.place))
        if self.batch:
            found.append(Label.batch ** f"%{escape_like(self.batch)}%")
        if self.since:
            found.append(Label.made_at >= clock.utc(self.since))
        if self.until:
            found.append(Label.made_at < clock.utc(date.fromordinal(self.until.toordinal() + NEXT_DAY)))
        if self.words:
            found.append(_holds(self.words))
        return found


def _state(state: str) -> peewee.Expression:
    if state == "retired":
        return Label.retired_at.is_null(False)
    in_use = Label.retired_at.is_null()
    if state == "new":
        return in_use & Label.printed_at.is_null() & Label.stuck_at.is_null()
    if state == "printed":
        return in_use & Label.printed_at.is_null(False) & Label.stuck_at.is_null()
    if state == "stuck":
        return in_use & Label.stuck_at.is_null(False)
    return in_use


def _in_place(place: int) -> peewee.Expression:
    """The room's own label and those of what stands in it; the same for every room of a floor or building."""
    inner = Place.select(Place.id).where(Place.parent == place)
    places = Place.select(Place.id).where((Place.id == place) | (Place.parent == place) | Place.parent.in_(inner))
    shelved = Shelf.select(Shelf.asset).where(Shelf.place.in_(places), Shelf.quantity > 0)
    return Label.place.in_(places) | Label.asset.in_(shelved)


def _holds(words: str) -> peewee.Expression:
    pattern = f"%{escape_like(words)}%"
    places = Place.select(Place.id).where(
        (Place.name**pattern) | (Place.number**pattern) | (Place.initials ** pattern.lower())
    )
    assets = Asset.select(Asset.id).where(
        (Asset.name**pattern) | (Asset.number**pattern) | (Asset.initials ** pattern.lower())
    )
    code = Label.code.startswith(tidy(words)) if tidy(words).isascii() else peewee.SQL("1 = 0")
    return code | (Label.batch**pattern) | Label.place.in_(places) | Label.asset.in_(assets)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def batches() -> list[str]:
    """Names of batches that have labels, the latest first, for the filter's list of suggestions."""
    query = (
        Label.select(Label.batch)
        .where(Label.batch != "")
        .group_by(Label.batch)
        .order_by(peewee.fn.MAX(Label.made_at).desc())
        .limit(50)
    )
    return [batch for (batch,) in query.tuples()]
