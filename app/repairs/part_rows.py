"""The parts of a repair as rows that need no typing: what is often used stands there, an amount is a tap."""

from collections import Counter
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field

from app.fields import clean
from app.repairs.models import Ticket
from app.repairs.parts import DEAREST, MOST, Part

OFFERED = 6
REMEMBERED = 200  # the newest parts of a kind, from which the usual ones are told
BLANK = 2  # empty rows for what is not offered
ROWS = OFFERED + BLANK + 4

# What a school's store holds for each kind of damage, until the school's own repairs tell better.
USUAL = {
    "water": (_l("tap"), _l("angle valve"), _l("flexible hose"), _l("sealing tape"), _l("drain pipe")),
    "power": (_l("LED tube"), _l("switch"), _l("socket"), _l("circuit breaker"), _l("fan capacitor")),
    "doors": (_l("lock cylinder"), _l("door handle"), _l("hinge"), _l("window catch"), _l("pane of glass")),
    "furniture": (_l("screws"), _l("desk top"), _l("chair seat"), _l("drawer"), _l("foot cap")),
    "building": (_l("tile"), _l("putty"), _l("wall paint"), _l("sealant")),
    "aircon": (_l("remote control"), _l("batteries"), _l("air filter"), _l("drain hose")),
    "media": (_l("HDMI cable"), _l("network cable"), _l("remote control"), _l("power strip")),
    "canteen": (_l("seal"), _l("switch"), _l("tap")),
    "drinking": (_l("filter cartridge"), _l("tap"), _l("float valve")),
    "sports": (_l("net"), _l("screws"), _l("rope")),
    "grounds": (_l("manhole cover"), _l("screws"), _l("wire")),
    "safety": (_l("fire extinguisher"), _l("emergency light"), _l("exit sign"), _l("batteries")),
}


class PartsField(Field):
    """Rows of name, amount and price (`parts_name`, `parts_amount`, `parts_price`). `.data` is a list of
    (name, amount, price in fen) of the rows that were filled in; `.rows` is what the page shows."""

    def __init__(self, label: Any = None, **kwargs: Any):
        super().__init__(label, **kwargs)
        self.data: list[tuple[str, int, int]] = []
        self.rows: list[tuple[str, str, str, bool]] = []

    def offer(self, kind: str) -> "PartsField":
        """Show the parts that repairs of this kind often use, after whatever was filled in."""
        filled = {name for name, *_rest in self.rows}
        offered = [(name, "", _yuan(price), True) for name, price in usual_parts(kind) if name not in filled]
        self.rows = [*self.rows, *offered, *[("", "", "", False)] * BLANK]
        return self

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors, self.data, self.rows = [], [], []
        if not formdata:
            return
        columns = [formdata.getlist(f"{self.name}_{column}")[:ROWS] for column in ("name", "amount", "price")]
        for texts in zip(*columns, strict=False):
            self._take_row(*(clean(text) for text in texts))

    def _take_row(self, name: str, amount: str, price: str) -> None:
        """A row counts when it has an amount. A row to be typed has one from the start, so it also needs a name."""
        counted, fen = _whole(amount), _fen(price)
        if not amount or counted == 0 or not (name or price):
            return
        self.rows.append((name[:200], amount[:12], price[:12], False))
        if not name or len(name) > 60:
            self.process_errors.append(_("Please name the part in a few words."))
        elif counted is None or counted > MOST:
            self.process_errors.append(_("Please check how many of %(part)s.", part=name))
        elif fen is None or fen >= DEAREST:
            self.process_errors.append(_("Please check the price of %(part)s.", part=name))
        else:
            self.data.append((name, counted, fen))

    @property
    def amounts(self) -> range:
        return range(1, 11)


def usual_parts(kind: str) -> list[tuple[str, int | None]]:
    """Names with the last price in fen: those used most often at this kind of damage, then the built-in ones."""
    query = (
        Part.select(Part.name, Part.price)
        .join(Ticket, on=(Part.ticket == Ticket.id))
        .where(Ticket.kind == kind)
        .order_by(Part.id.desc())
        .limit(REMEMBERED)
        .tuples()
    )
    return _often_used(query, [str(name) for name in USUAL.get(kind, ())])


def _often_used(query: peewee.ModelSelect, built_in: list[str]) -> list[tuple[str, int | None]]:
    counted: Counter[str] = Counter()
    last: dict[str, int | None] = {}
    for name, price in query:
        counted[name] += 1
        last.setdefault(name, price)
    names = [name for name, _count in counted.most_common(OFFERED)]
    names += [name for name in built_in if name not in names]
    return [(name, last.get(name)) for name in names[:OFFERED]]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _fen(text: str) -> int | None:
    """Fen of yuan as typed, 0 for nothing, None for what is no amount."""
    if not text:
        return 0
    try:
        fen = round(float(text.replace(",", "").removeprefix("¥")) * 100)
    except (ValueError, OverflowError):
        return None
    return fen if fen >= 0 else None


def _yuan(fen: int | None) -> str:
    return "" if not fen else f"{fen / 100:.2f}".removesuffix(".00")
