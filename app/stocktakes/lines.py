"""The sheet of a stock-take (盘点表) line by line: one filter for the page, the .xlsx and the paper."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.assets.models import Asset
from app.people.models import Person
from app.places.models import Place
from app.stocktakes.counting import UNKNOWN, Count, Withdrawal
from app.stocktakes.models import BookLine, Room, Stocktake

SHOWS = {
    "all": _l("the whole book"),
    "missing": _l("missing"),
    "elsewhere": _l("elsewhere"),
    "surplus": _l("surplus"),
    "unknown": _l("unknown"),
    "uncounted": _l("not counted"),
    "ticked": _l("ticked by hand"),
}
OF_COUNTS = ("elsewhere", "surplus", "unknown", "ticked")  # the rest are lines of the book


@dataclass(frozen=True)
class Entry:
    """One line: the thing, what the book says and where, what was counted and where. counted is None for a line
    that nobody has seen while its room is not finished, or was not even opened."""

    asset: Asset | None
    name: str
    book: int
    counted: int | None
    home: Place | None
    seen: Count | None = None
    opened: bool = True

    @property
    def gap(self) -> int:
        """Counted less book; 0 where nothing was counted, and for things that merely stand elsewhere."""
        if self.counted is None or (self.seen and self.seen.verdict == "elsewhere"):
            return 0
        return self.counted - self.book

    @property
    def value(self) -> int | None:
        """The gap in fen."""
        price = self.asset.unit_price if self.asset else None
        return None if price is None else self.gap * price

    @property
    def state(self) -> str:
        if self.counted is None:
            return "waiting" if self.opened else "uncounted"
        if self.seen is None:
            return "missing"
        if self.seen.verdict != "found":
            return self.seen.verdict
        return "missing" if self.gap < 0 else "surplus" if self.gap > 0 else "found"

    @property
    def state_word(self) -> str:
        if self.seen is not None and self.seen.verdict in UNKNOWN:
            return {"unknown": _("unknown code"), "retired": _("retired label"), "blank": _("blank label"),
                    "gone": _("written off")}[self.seen.verdict]  # fmt: skip
        words = {"uncounted": _("not counted"), "waiting": _("not found yet"), "missing": _("missing"),
                 "surplus": _("surplus"), "unlabelled": _("surplus, without a label"),
                 "later": _("entered later")}  # fmt: skip
        if self.state == "elsewhere":
            return _("is in %(place)s", place=self.seen.place.name)
        return words.get(self.state) or _("found")

    @property
    def tone(self) -> str:
        tones = {"found": "fine", "later": "fine", "missing": "late", "uncounted": "", "waiting": ""}
        return "late" if self.state in UNKNOWN else tones.get(self.state, "soon")


@dataclass(frozen=True)
class LineFilter:
    """Which lines: `show` is a key of SHOWS, `room` a place."""

    show: str = "all"
    room: int | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "LineFilter":
        show, room = args.get("show", "all"), args.get("room", "")
        return cls(
            show if show in SHOWS else "all",
            int(room) if room.isascii() and room.isdigit() and len(room) < 12 else None,
        )

    @property
    def args(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value}

    def query(self, stocktake: Stocktake) -> peewee.ModelSelect:
        """Rows of the book, or counts; entries() makes lines of them."""
        if self.show in OF_COUNTS:
            query = Count.shown(stocktake).where(self._verdicts())
            return query.where(Count.place == self.room) if self.room else query
        query = _book(stocktake)
        if self.room:
            query = query.where(BookLine.place == self.room)
        if self.show == "missing":
            short = Count.id.is_null() | ((Count.verdict == "found") & (Count.quantity < Count.book))
            query = query.where(Room.opened_at.is_null(False), short)
        elif self.show == "uncounted":
            query = query.where(Room.opened_at.is_null(), Count.id.is_null())
        return query

    def _verdicts(self) -> peewee.Expression:
        if self.show == "ticked":
            return Count.how == "tick"
        if self.show == "unknown":
            return Count.verdict.in_(list(UNKNOWN))
        if self.show == "elsewhere":
            return Count.verdict == "elsewhere"
        return Count.verdict.in_(["surplus", "unlabelled"]) | (
            (Count.verdict == "found") & (Count.quantity > Count.book)
        )


def _book(stocktake: Stocktake) -> peewee.ModelSelect:
    """Lines of the book in the order of the rooms, each with what was counted of it: a single thing wherever it was
    seen, a batch in this room."""
    spot, outer = Place.alias(), peewee.JOIN.LEFT_OUTER
    standing = ~peewee.fn.EXISTS(Withdrawal.select(peewee.SQL("1")).where(Withdrawal.count == Count.id))
    same = (Count.stocktake == BookLine.stocktake) & (Count.asset == BookLine.asset) & standing
    same &= (Count.place == BookLine.place) | ~Asset.is_batch
    return (
        BookLine.select(BookLine, Asset, Place, Room, Count, spot, Person)
        .join(Asset)
        .switch(BookLine)
        .join(Place)
        .switch(BookLine)
        .join(Room, outer, on=(Room.stocktake == BookLine.stocktake) & (Room.place == BookLine.place), attr="room")
        .switch(BookLine)
        .join(Count, outer, on=same, attr="seen")
        .join(spot, outer, on=(Count.place == spot.id), attr="place")
        .switch(Count)
        .join(Person, outer, on=(Count.by == Person.id), attr="by")
        .where(BookLine.stocktake == stocktake)
        .order_by(BookLine.place, Asset.is_batch, Asset.name, BookLine.id)
    )


def entries(rows: Iterable[BookLine | Count]) -> Iterator[Entry]:
    """Lines of what LineFilter.query() found."""
    for row in rows:
        yield _of_count(row) if isinstance(row, Count) else _of_line(row)


def _of_count(row: Count) -> Entry:
    asset = row.asset if row.asset_id else None
    return Entry(asset, row.thing, row.book, row.quantity, row.home if row.home_id else row.place, row)


def _of_line(line: BookLine) -> Entry:
    seen = getattr(line, "seen", None)
    seen = seen if seen is not None and seen.id is not None else None
    room = getattr(line, "room", None)
    opened = room is not None and room.opened_at is not None
    done = opened and room.finished_at is not None
    counted = seen.quantity if seen else 0 if done else None
    return Entry(line.asset, line.asset.name, line.quantity, counted, line.place, seen, opened)
