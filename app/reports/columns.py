"""What stands in a line of a report. The same columns make the table of the page, the sheet and the print."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.assets.models import SOURCES, STATES
from app.excel.out import Col
from app.paper import Column as PaperColumn
from app.reports.groups import Group, where
from app.words import either, money


def rate_words(rate: float) -> str:
    """`99.9%`, cut off and not rounded: 100 % is said only where nothing is missing."""
    return f"{math.floor(rate * 1000 + 1e-9) / 10:.1f}%"


SHEET_KINDS = {"few": "int", "rate": "percent", "years": "points", "day": "date"}


@dataclass(frozen=True)
class Column:
    """A heading, a value of the row, and what kind it is: text, int, few (a count that is mostly 0), money (fen),
    rate (0–1), years, day.

    share: of a paper's width. width: in characters, on a sheet. price: only for who may see prices. sums: what
    stands below it in a line of sums: number (the word), name (how many cards), quantity, value. group: left out
    where lines stand under headings that say the same.
    """

    title: Any
    of: Callable[[Any], Any]
    kind: str = "text"
    share: float = 2
    width: float | None = None
    price: bool = False
    sums: str = ""
    group: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind in ("int", "few", "money", "rate", "years")

    def words(self, row: Any) -> str:
        """The value as it is shown and printed; "" where there is none."""
        value = self.of(row)
        return "" if value is None else str(SHOWN[self.kind](value))

    @property
    def on_paper(self) -> PaperColumn:
        return PaperColumn(self.title, self.share, "right" if self.is_number else "left")

    def in_cell(self, row: Any) -> Any:
        """The value as a sheet takes it: years, too, are a number there."""
        value = self.of(row)
        return round(value * 10) * 10 if self.kind == "years" and value is not None else value

    @property
    def on_sheet(self) -> Col:
        return Col(self.title, SHEET_KINDS.get(self.kind, self.kind), self.width)


SHOWN = {
    "text": str,
    "int": "{:,}".format,
    "few": lambda count: f"{count:,}" if count else "",  # mostly none: what there is stands out
    "money": money,
    "rate": rate_words,
    "years": "{:.1f}".format,
    "day": "{:%Y-%m-%d}".format,
}

CARDS = Column(_l("Cards"), lambda row: row.cards, "int", 1.4)
THINGS = Column(_l("Things"), lambda row: row.quantity, "int", 1.4)
VALUE = Column(_l("Value (yuan)"), lambda row: row.value, "money", 2.2, price=True)
GOOD = Column(_l("In good order"), lambda row: row.good, "int", 1.5)
FAULTY = Column(_l("Broken or under repair"), lambda row: row.faulty, "few", 1.9)
REST = Column(_l("To be disposed of"), lambda row: row.rest, "few", 1.7)
RATE = Column(_l("Good-condition rate"), lambda row: row.rate, "rate", 1.6)

BY_GROUP = (CARDS, THINGS, VALUE)
BY_CONDITION = (THINGS, GOOD, FAULTY, REST, RATE)
BY_HOLDER = (
    Column(_l("Name"), lambda row: row.name, share=2),
    Column(_l("Office"), lambda row: row.office, share=2.4),
    Column(_l("Kept by the card"), lambda row: row.kept, "few", 1.5),
    Column(_l("Value (yuan)"), lambda row: row.value or None, "money", 2, price=True),
    Column(_l("Issued"), lambda row: row.issued, "few", 1.2),
    Column(_l("On loan"), lambda row: row.lent, "few", 1.2),
    Column(_l("Of these late"), lambda row: row.late, "few", 1.2),
)


def of_group(group: Group) -> tuple[Column, ...]:
    """Name and detail of a group."""
    name = Column(group.title, lambda row: group.name(*row.keys) if row.keys else _("Total"), share=4, width=28)
    if group.more is None:
        return (name,)
    return (name, Column(group.more, lambda row: group.detail(*row.keys) if row.keys else "", share=2.4))


def _line_value(row: Any) -> int | None:
    return None if row.unit_price is None else row.unit_price * row.quantity


NUMBER = Column(_l("Number"), lambda row: row.number, share=2.8, width=20, sums="number")
NAME = Column(_l("Asset name"), lambda row: row.name, share=2.9, width=24, sums="name")
LINES = (
    NUMBER,
    NAME,
    Column(_l("Category"), lambda row: either(row.category, row.category_en), share=2.3, group="category"),
    Column(_l("Brand and model"), lambda row: " ".join(filter(None, (row.brand, row.model))), share=2.4, width=20),
    Column(_l("Unit"), lambda row: row.unit, share=0.9, width=6),
    Column(_l("Quantity"), lambda row: row.quantity, "int", 1.1, sums="quantity"),
    Column(_l("Unit price"), lambda row: row.unit_price, "money", 1.9, price=True),
    Column(_l("Value (yuan)"), _line_value, "money", 2.1, price=True, sums="value"),
    Column(_l("Acquired on"), lambda row: row.acquired_on, "day", 1.9),
    Column(_l("Way of acquiring"), lambda row: str(SOURCES.get(row.source, row.source)), share=1.6, group="source"),
    Column(_l("Source of funds"), lambda row: row.fund, share=2, price=True, group="fund"),
    Column(
        _l("Room"),
        lambda row: f"{where(row.floor, row.floor_kind, row.building, row.building_kind)} {row.place}".strip(),
        share=3.3, width=24,
        group="room",
    ),
    Column(_l("Office in charge"), lambda row: row.office, share=1.8, group="office"),
    Column(_l("Keeper"), lambda row: row.keeper, share=1.4, group="keeper"),
    Column(_l("State"), lambda row: str(STATES[row.state]), share=1.3, width=10, group="state"),
)  # fmt: skip
