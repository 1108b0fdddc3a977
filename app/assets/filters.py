"""Which assets: one filter for the list, its links, and whatever else wants just these."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import peewee

from app.assets.models import STATES, Asset, Shelf
from app.fields import clean
from app.places.models import Place

KINDS = ("single", "batch")


@dataclass(frozen=True)
class AssetFilter:
    """What was asked for; what makes no sense is left out. `place` is a room, or a floor or building with all
    its rooms; `batch` is what was added together."""

    words: str = ""
    category: int | None = None
    office: int | None = None
    place: int | None = None
    state: str = ""
    kind: str = ""
    batch: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "AssetFilter":
        """From a query string or a form."""
        state, kind = args.get("state", ""), args.get("kind", "")
        return cls(
            clean(args.get("words"))[:60],
            *(_id(args.get(name, "")) for name in ("category", "office", "place")),
            state if state in STATES else "",
            kind if kind in KINDS else "",
            clean(args.get("batch"))[:60],
        )

    @property
    def args(self) -> dict[str, Any]:
        """The same as a query string."""
        return {name: value for name, value in vars(self).items() if value}

    def assets(self, who: Any) -> peewee.ModelSelect:
        """These assets among those that someone may see, newest first."""
        visible = Asset.visible_to(who)
        for condition in self._conditions(who):
            visible = visible.where(condition)
        return visible.order_by(Asset.id.desc())

    def _conditions(self, who: Any) -> list[peewee.Expression]:
        found = []
        if self.words:
            found.append(Asset.matching(self.words, who))
        if self.category:
            found.append(Asset.category == self.category)
        if self.office:
            found.append(Asset.office == self.office)
        if self.place:
            inside = Place(id=self.place).within()
            found.append(Asset.id.in_(Shelf.select(Shelf.asset).where(Shelf.place.in_(inside), Shelf.quantity > 0)))
        if self.state:
            found.append(Asset.state == self.state)
        if self.kind:
            found.append(Asset.is_batch == (self.kind == "batch"))
        if self.batch:
            found.append(Asset.batch == self.batch)
        return found


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
