"""What stands on a slip while it is filled in: each label or thing, where it is taken from, and whether it fits.

A line's key is the code of a label, `7K3M9QX2`, or the id of an asset, `a12`, for those who may see the asset; with
`-7` behind it the room it is taken from is settled. Nothing is stored here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import peewee
from flask_babel import gettext as _

from app.assets.models import Asset, Shelf
from app.people.models import Office, Person
from app.places.codes import Label, is_well_formed, tidy
from app.places.models import Place
from app.transfers.models import MOST, Known, Wanted, look

KEY = re.compile(r"(a\d{1,9}|[0-9A-Z]{1,12})(?:-(\d{1,9}))?")


@dataclass
class Line:
    """One line. `problem` is the sentence why it does not fit, empty when it does."""

    key: str
    asset: Asset | None = None
    shelves: list[Shelf] = field(default_factory=list)
    source: Place | None = None
    quantity: int = 1
    problem: str = ""

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.asset, self.source, self.quantity)

    @property
    def held(self) -> int:
        """How many there are to take from."""
        return next((shelf.quantity for shelf in self.shelves if self.source and shelf.place_id == self.source.id), 0)


def keys_of(sent: Any) -> list[str]:
    """The keys that a form or an address holds: what was there, less what was dropped, plus what was scanned, typed
    or named by `asset=12`."""
    keys = [*sent.getlist("line"), *(f"a{id}" for id in sent.getlist("asset")), *sent.getlist("code")]
    keys += [tidy(word)[:12] for word in sent.get("typed", "")[:2000].split()]
    dropped = sent.get("drop")
    return list(dict.fromkeys(key for key in keys if KEY.fullmatch(key) and key != dropped))[:MOST]


def lines(
    sent: Any, who: Any, *, place: Place | None = None, taker: Person | None = None, office: Office | None = None
) -> list[Line]:
    """All lines of a form, looked up in a constant number of queries, in the order in which they came."""
    found = [Line(key) for key in keys_of(sent)]
    labels = _labels(line.key for line in found)
    visible = _visible((line.key for line in found), who)
    for line in found:
        base = line.key.split("-")[0]
        line.asset = visible.get(base) or (labels[base].asset if base in labels else None)
        line.problem = "" if line.asset else _unknown(base, labels.get(base))
    known = look([line.asset for line in found if line.asset])
    for line in found:
        if line.asset:
            _read(line, known[line.asset.id], sent)
            line.problem = known[line.asset.id].problem(line.source, line.quantity, place, taker, office)
    return found


def _labels(keys: Iterable[str]) -> dict[str, Label]:
    codes = [base for key in keys if is_well_formed(base := key.split("-")[0])]
    if not codes:
        return {}
    rows = Label.select(Label, Asset, Place).join(Asset, peewee.JOIN.LEFT_OUTER, attr="asset")
    rows = rows.switch(Label).join(Place, peewee.JOIN.LEFT_OUTER, on=(Label.place == Place.id), attr="place")
    return {label.code: label for label in rows.where(Label.code.in_(codes), Label.retired_at.is_null())}


def _visible(keys: Iterable[str], who: Any) -> dict[str, Asset]:
    ids = [int(key.split("-")[0][1:]) for key in keys if key.startswith("a")]
    rows = Asset.visible_to(who).where(Asset.id.in_(ids)) if ids else ()
    return {f"a{asset.id}": asset for asset in rows}


def _unknown(base: str, label: Label | None) -> str:
    if base.startswith("a"):
        return _("There is no such thing, or you may not see it.")
    if not is_well_formed(base):
        return _("This code is mistyped. Please compare it with the label.")
    if label is None:
        return _("No label in use has this code.")
    if label.place_id:
        return _("This is the label of a room: %(place)s.", place=label.place.name)
    return _("This label is still blank.")


def _read(line: Line, known: Known, sent: Mapping[str, str]) -> None:
    """Where it is taken from and how many: as chosen, else from where most are, all of them."""
    line.asset, line.shelves = known.asset, known.shelves
    settled = line.key.partition("-")[2] or sent.get(f"from-{line.key}", "")
    places = {str(shelf.place_id): shelf.place for shelf in known.shelves}
    line.source = places.get(settled) or next(iter(places.values()), None)
    typed = sent.get(f"n-{line.key}", "").strip()
    if not known.asset.is_batch:
        line.quantity = 1
    elif typed.isascii() and typed.isdigit() and len(typed) < 7:
        line.quantity = int(typed)
    else:
        line.quantity = 0 if typed else line.held


def room_keys(place: Place, who: Any, but: Iterable[Line]) -> list[tuple[str, Shelf]]:
    """What stands in a room, as keys to tick: everything that someone may see and that is not on the slip yet."""
    taken = {(line.asset.id, line.source and line.source.id) for line in but if line.asset}
    shelves = Shelf.in_place(place, who).limit(MOST * 2)
    return [(f"a{row.asset_id}-{row.place_id}", row) for row in shelves if (row.asset_id, row.place_id) not in taken]
