"""What the finance system says of an asset (资产卡片): value, depreciation, sources.

It comes with a sheet and is shown, never reckoned with: the finance system owns depreciation, this one owns where
things are.
"""

from typing import Any

import peewee
from flask_babel import lazy_gettext as _l

from app import clock
from app.assets.models import Asset
from app.db import Day, Moment, Row
from app.people.models import Person

WORDS = {  # in the order in which they are shown
    "original": _l("Original value (yuan)"),
    "accumulated": _l("Accumulated depreciation (yuan)"),
    "net": _l("Net value (yuan)"),
    "budget": _l("From the budget (yuan)"),
    "other_budget": _l("Not from the budget (yuan)"),
    "life_months": _l("Depreciation over (months)"),
    "months_done": _l("Depreciated so far (months)"),
    "booked_on": _l("Booked on"),
    "big_class": _l("Class of property"),
    "purpose": _l("Purpose"),
    "project": _l("Project code"),
    "area": _l("Area (m²)"),
}
MONEY = ("original", "accumulated", "net", "budget", "other_budget")


class FinanceCard(Row):
    """The finance system's facts about an asset as of its last sheet. Money in fen, area in hundredths of m²."""

    asset = peewee.ForeignKeyField(Asset, unique=True, backref="finance_cards")
    original = peewee.BigIntegerField(null=True)
    accumulated = peewee.BigIntegerField(null=True)
    net = peewee.BigIntegerField(null=True)
    budget = peewee.BigIntegerField(null=True)
    other_budget = peewee.BigIntegerField(null=True)
    life_months = peewee.IntegerField(null=True)
    months_done = peewee.IntegerField(null=True)
    booked_on = Day(null=True)
    big_class = peewee.CharField(60, default="")
    purpose = peewee.CharField(60, default="")
    project = peewee.CharField(60, default="")
    area = peewee.IntegerField(null=True)
    person = peewee.ForeignKeyField(Person, null=True)  # who brought the sheet
    at = Moment(default=clock.now)

    @classmethod
    def of(cls, asset: Asset) -> "FinanceCard | None":
        return cls.get_or_none(cls.asset == asset)

    def says(self, facts: dict[str, Any]) -> bool:
        """Whether all of these stand on the card already."""
        return all(getattr(self, name) == value for name, value in facts.items())

    @property
    def filled(self) -> list[tuple[str, Any]]:
        """`(name, value)` of what is known, in order."""
        return [(name, value) for name in WORDS if (value := getattr(self, name)) not in (None, "")]
