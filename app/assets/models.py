"""School property: categories, and assets that are single (one label each) or batches (a quantity by room)."""

from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import Day, Moment, Row, escape_like, writing
from app.errors import Refused
from app.people.models import Office, Person, initials
from app.places.codes import Label, is_well_formed, tidy
from app.places.models import Place

SOURCES = {  # how it was acquired (取得方式)
    "bought": _l("bought"),
    "transferred": _l("transferred"),
    "donated": _l("donated"),
    "made": _l("made by ourselves"),
    "exchanged": _l("exchanged"),
    "surplus": _l("surplus at stock-take"),
    "other": _l("other source"),
}
STATES = {  # 使用状态; what follows from loans and tickets is asked there, not stored twice
    "in_use": _l("in use"),
    "idle": _l("idle"),
    "repair": _l("under repair"),
    "to_dispose": _l("to be disposed of"),
    "disposed": _l("disposed of"),
}
UNITS = ("台", "套", "张", "把", "件", "个", "册", "组", "副", "盏", "块", "只")

journal.says({
    "assets.added": _l("entered %(name)s in the ledger, number %(number)s"),
    "assets.changed": _l("changed the card: %(what)s"),
    "assets.state": _l("state: %(state)s"),
    "categories.added": _l("added the category %(name)s"),
    "categories.changed": _l("changed the category %(name)s"),
    "ledger.entry": _l("entered %(quantity)s %(unit)s at %(target)s"),
    "ledger.move": _l("moved %(quantity)s %(unit)s from %(source)s to %(target)s"),
    "ledger.removal": _l("took %(quantity)s %(unit)s off at %(source)s: %(reason)s"),
    "ledger.reversal": _l("reversed an entry: %(reason)s"),
})  # fmt: skip


class Category(Row):
    """A class of property by GB/T 14885-2022, editable; `checked` once the school compared it with its
    finance system. `life_years` is the minimum life, 0 when none is set."""

    code = peewee.CharField(12, unique=True)
    name = peewee.CharField(60)
    name_en = peewee.CharField(80, default="")
    life_years = peewee.IntegerField(default=0)
    checked = peewee.BooleanField(default=False)
    used = peewee.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Asset(Row):
    """One thing, or a batch of the same kind spread over rooms. Money is in fen, so that sums are exact."""

    number = peewee.CharField(40, unique=True)
    finance_number = peewee.CharField(40, null=True, unique=True)
    name = peewee.CharField(80)
    initials = peewee.CharField(160, default="")
    category = peewee.ForeignKeyField(Category, backref="assets")
    is_batch = peewee.BooleanField(default=False)
    brand = peewee.CharField(60, default="")
    model = peewee.CharField(80, default="")
    serial = peewee.CharField(80, default="")
    size = peewee.IntegerField(null=True)  # size number 0–10 of desks and chairs (GB/T 3976)
    unit = peewee.CharField(8, default="台")
    unit_price = peewee.IntegerField(null=True)
    acquired_on = Day(null=True)
    source = peewee.CharField(12, default="bought")
    supplier = peewee.CharField(80, default="")
    invoice = peewee.CharField(60, default="")
    fund = peewee.CharField(60, default="")
    warranty_until = Day(null=True)
    state = peewee.CharField(12, default="in_use", index=True)
    office = peewee.ForeignKeyField(Office, null=True, backref="assets")
    keeper = peewee.ForeignKeyField(Person, null=True, backref="kept_assets")
    place = peewee.ForeignKeyField(Place, null=True, backref="assets")  # of a single asset; set by the ledger only
    batch = peewee.CharField(60, default="")  # what was added together, for filters and label baskets
    note = peewee.CharField(400, default="")
    entered_at = Moment(default=clock.now)

    class Meta:
        constraints = [peewee.Check("is_batch = 0 or place_id is null")]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.name, self.brand, self.model)))

    @property
    def age_years(self) -> float | None:
        if self.acquired_on is None:
            return None
        return (clock.today() - self.acquired_on).days / 365.25

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All assets for the office and those who read everything; else those in the rooms someone answers
        for, of the own office, or kept by them. Nothing for cards and strangers: they have the scan page."""
        if who.may("assets.all"):
            return cls.select()
        if not who.may("assets.list"):
            return cls.select().where(peewee.SQL("0 = 1"))
        rooms = Place.kept_by(who)
        shelved = Shelf.select(Shelf.asset).where(Shelf.place.in_(rooms), Shelf.quantity > 0)
        mine = (cls.keeper == who) | cls.place.in_(rooms) | (cls.is_batch & cls.id.in_(shelved))
        if who.office_id is not None:
            mine |= cls.office == who.office_id
        return cls.select().where(mine)

    @classmethod
    def matching(cls, words: str) -> peewee.Expression:
        """Where name, number, serial, brand, room, keeper, label code or pinyin initials hold `words`."""
        words = words.strip()
        pattern = f"%{escape_like(words)}%"
        keepers = Person.select(Person.id).where((Person.name**pattern) | (Person.initials**pattern))
        rooms = Place.select(Place.id).where((Place.name**pattern) | (Place.number**pattern))
        hit = (
            (cls.name ** pattern) | (cls.number ** pattern) | (cls.initials ** pattern) | (cls.serial ** pattern)
            | (cls.brand ** pattern) | (cls.model ** pattern) | (cls.finance_number ** pattern)
            | cls.keeper.in_(keepers) | cls.place.in_(rooms)
        )  # fmt: skip
        if is_well_formed(tidy(words)):
            hit |= cls.id.in_(Label.select(Label.asset).where(Label.code == tidy(words)))
        return hit

    @classmethod
    def add(
        cls,
        name: str,
        category: Category,
        by: Any,
        *,
        place: Place,
        quantity: int = 1,
        is_batch: bool = False,
        number: str | None = None,
        **fields: Any,
    ) -> "Asset":
        """Enter one asset: its card, its label code and its first ledger row, in one act."""
        from app.assets import ledger  # the ledger's rows know Asset

        if not is_batch and quantity != 1:
            raise Refused(_("A single asset is one thing; add several, or make it a batch."), 422)
        with writing():
            asset = cls.create(
                name=name,
                initials=initials(name),
                category=category,
                is_batch=is_batch,
                number=number or next_number(category, fields.get("acquired_on")),
                **fields,
            )
            Label.make(asset=asset, batch=asset.batch)
            journal.record("assets.added", asset, by, asset=asset, place=place, name=name, number=asset.number)
            ledger.post(asset, "entry", by, quantity=quantity, target=place)
        return asset

    @classmethod
    def add_many(cls, count: int, name: str, category: Category, by: Any, **fields: Any) -> list["Asset"]:
        """`30 × projector`: 30 single assets with 30 codes under one batch name."""
        with writing():
            return [cls.add(name, category, by, **fields) for _each in range(count)]

    def change(self, by: Any, **fields: Any) -> None:
        """Change what the card says; quantity and place change only in the ledger."""
        if forbidden := {"place", "number", "is_batch"} & set(fields):
            raise ValueError(f"not for change(): {forbidden}")
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return
        with writing():
            for name in changed:
                setattr(self, name, fields[name])
            self.initials = initials(self.name)
            self.save()
            journal.record("assets.changed", self, by, asset=self, what=", ".join(changed))

    def set_state(self, state: str, by: Any) -> None:
        if state not in STATES:
            raise Refused(_("There is no state %(state)s.", state=state), 422)
        with writing():
            self.state = state
            self.save(only=[Asset.state])
            journal.record("assets.state", self, by, asset=self, state=state)


class Shelf(Row):
    """How many of an asset are in a place now: the running sum of the ledger, kept by ledger.post() alone."""

    asset = peewee.ForeignKeyField(Asset, backref="shelves")
    place = peewee.ForeignKeyField(Place, backref="shelves")
    quantity = peewee.IntegerField(constraints=[peewee.Check("quantity >= 0")])

    class Meta:
        primary_key = peewee.CompositeKey("asset", "place")
        indexes = ((("place", "asset"), False),)


Label.add_index(Label.index(Label.asset, unique=True, where=Label.retired_at.is_null(), name="label_asset_in_use"))


def next_number(category: Category, acquired_on: date | None = None) -> str:
    """`A0201-2026-0007`: the category's first five characters, the year, a running number. The room is not
    part of it: rooms change."""
    year = (acquired_on or clock.today()).year
    head = f"{category.code[:5]}-{year}-"
    last = Asset.select(peewee.fn.MAX(Asset.number)).where(Asset.number.startswith(head)).scalar()
    tail = last.removeprefix(head) if last else "0"
    return f"{head}{int(tail) + 1 if tail.isdigit() else Asset.select().count() + 1:04}"
