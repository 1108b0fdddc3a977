"""School property: categories, and assets that are single (one label each) or batches (a quantity by room)."""

import json
from collections.abc import Callable, Collection, Iterable
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import peewee
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal, seeds
from app.assets.sizes import SIZES, Size
from app.db import Day, Moment, Row, escape_like, writing
from app.errors import Refused
from app.people.models import Office, Person, initials
from app.photos.models import guard
from app.places.codes import Label, is_well_formed, tidy
from app.places.models import Place, before_close

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
    "sought": _l("missing, being looked for"),
    "to_dispose": _l("to be disposed of"),
    "disposed": _l("disposed of"),
}
UNITS = ("台", "套", "张", "把", "件", "个", "册", "组", "副", "盏", "块", "只")
MOST_AT_ONCE = 500  # single assets of one form: one short transaction
NUMBER_DIGITS = 4
WARRANTY_ENDS_WITHIN = timedelta(days=90)  # time enough to have a maker mend what is still his to mend

journal.says({
    "assets.added": _l("entered %(name)s in the ledger, number %(number)s"),
    "assets.changed": _l("changed the card: %(what)s"),
    "assets.photographed": _l("added a photo"),
    "assets.kept": _l("keeper is now %(keeper)s, office in charge %(office)s"),
    "assets.counted": _l("counted what is here: %(rows)s entries, %(gaps)s differences"),
    "assets.state_in_use": _l("now in use"),
    "assets.state_idle": _l("now idle"),
    "assets.state_repair": _l("now under repair"),
    "assets.state_sought": _l("now missing, being looked for"),
    "assets.state_to_dispose": _l("now to be disposed of"),
    "assets.state_disposed": _l("now disposed of"),
    "categories.added": _l("added the category %(name)s"),
    "categories.changed": _l("changed the category %(name)s: %(what)s"),
    "ledger.entry": _l("entered %(name)s at %(target)s: %(quantity)s %(unit)s"),
    "ledger.move": _l("moved %(name)s from %(source)s to %(target)s: %(quantity)s %(unit)s"),
    "ledger.left": _l("moved %(name)s from here to %(target)s: %(quantity)s %(unit)s"),
    "ledger.removal": _l("took %(name)s off the ledger at %(source)s: %(quantity)s %(unit)s, %(reason)s"),
    "ledger.surplus": _l("counted %(quantity)s %(unit)s more of %(name)s at %(target)s than the ledger: surplus"),
    "ledger.shortage": _l("counted %(quantity)s %(unit)s less of %(name)s at %(source)s than the ledger: shortage"),
    "ledger.split": _l("took %(quantity)s %(unit)s out of %(name)s at %(source)s, to keep them apart: %(reason)s"),
    "ledger.split_in": _l("came out of a batch at %(target)s: %(quantity)s %(unit)s"),
    "ledger.merge": _l("put %(quantity)s %(unit)s of %(name)s at %(source)s together with another batch: %(reason)s"),
    "ledger.merge_in": _l("came from another batch at %(target)s: %(quantity)s %(unit)s"),
    "ledger.reversal": _l("reversed an entry of %(name)s, %(quantity)s %(unit)s: %(reason)s"),
})  # fmt: skip
journal.calls({
    "asset.name": _l("asset name"),
    "asset.finance_number": _l("number in the finance system"),
    "asset.category": _l("category"),
    "asset.brand": _l("brand"),
    "asset.model": _l("model"),
    "asset.serial": _l("serial number"),
    "asset.size": _l("size number"),
    "asset.unit": _l("unit"),
    "asset.unit_price": _l("unit price"),
    "asset.acquired_on": _l("acquired on"),
    "asset.source": _l("way of acquiring"),
    "asset.supplier": _l("supplier"),
    "asset.invoice": _l("invoice number"),
    "asset.fund": _l("source of funds"),
    "asset.warranty_until": _l("warranty until"),
    "asset.keeper": _l("keeper"),
    "asset.office": _l("office in charge"),
    "asset.note": _l("note"),
    "category.name": _l("category name"),
    "category.code": _l("code"),
    "category.name_en": _l("English name"),
    "category.life_years": _l("minimum life"),
    "category.checked": _l("compared"),
    "category.used": _l("in use"),
})  # fmt: skip

# Higher nouns add: ids of assets that belong to a search in a way only they know (who has borrowed it), or None
# when this reader may not ask.
also_matching: list[Callable[[str, Any], peewee.ModelSelect | None]] = []


class Category(Row):
    """A class of property by GB/T 14885-2022, editable; `checked` once the school compared it with its
    finance system. `life_years` is the minimum life, 0 when none is set."""

    code = peewee.CharField(12, unique=True)
    name = peewee.CharField(60)
    name_en = peewee.CharField(80, default="")
    life_years = peewee.IntegerField(default=0)
    checked = peewee.BooleanField(default=False)
    used = peewee.BooleanField(default=True)

    class Meta:
        constraints = [peewee.Check("life_years >= 0")]

    def __str__(self) -> str:
        return self.word

    @property
    def word(self) -> str:
        """The name in the reader's language."""
        english = getattr(get_locale(), "language", "zh") == "en"
        return (self.name_en if english else "") or self.name

    @classmethod
    def in_use(cls) -> peewee.ModelSelect:
        return cls.select().where(cls.used).order_by(cls.code)

    @classmethod
    def matching(cls, words: str) -> peewee.ModelSelect:
        """Categories whose code or name, in either language, hold `words`."""
        pattern = f"%{escape_like(words)}%"
        hit = (cls.code**pattern) | (cls.name**pattern) | (cls.name_en**pattern)
        return cls.select().where(hit).order_by(cls.code)

    @classmethod
    def unchecked(cls) -> int:
        """How many the school has not yet compared with its finance system."""
        return cls.select().where(~cls.checked).count()

    @classmethod
    def add(cls, code: str, name: str, by: Any, **fields: Any) -> "Category":
        with writing():
            _check_code(code)
            category = cls.create(code=code, name=name, **fields)
            journal.record("categories.added", category, by, name=name)
        return category

    def change(self, by: Any, **fields: Any) -> None:
        """Change what is known of a category; a changed code reaches only the numbers given from now on."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return
        with writing():
            if "code" in changed:
                _check_code(fields["code"], but=self)
            for name in changed:
                setattr(self, name, fields[name])
            self.save()
            journal.record(
                "categories.changed", self, by, name=self.name, what=[f"category.{each}" for each in changed]
            )


def _check_code(code: str, but: Category | None = None) -> None:
    twin = Category.get_or_none(Category.code == code)
    if twin is not None and twin != but:
        raise Refused(_("The code %(code)s already stands for %(name)s.", code=code, name=twin.word), 422)


def install_builtin() -> int:
    """Add the built-in categories whose codes are missing; rows that the school edited stay. Returns how many."""
    builtin = json.loads(Path(seeds.__file__).with_name("categories.json").read_text(encoding="utf-8"))
    with writing():
        known = {code for (code,) in Category.select(Category.code).tuples()}
        missing = [row for row in builtin if row["code"] not in known]
        if missing:
            Category.insert_many(missing).execute()
    return len(missing)


class Asset(Row):
    """One thing, or a batch of the same kind spread over rooms. Money is in fen, so that sums are exact."""

    number = peewee.CharField(40, unique=True)
    finance_number = peewee.CharField(40, null=True, unique=True)
    name = peewee.CharField(80)
    initials = peewee.CharField(160, default="")
    words = peewee.CharField(600, default="", index=True)  # what a search looks through, see _words()
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
    batch = peewee.CharField(60, default="", index=True)  # what was added together, for filters and label baskets
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

    @property
    def state_word(self) -> str:
        return str(STATES[self.state])

    @property
    def source_word(self) -> str:
        return str(SOURCES.get(self.source, self.source))

    @property
    def life_used(self) -> float | None:
        """Years used as a part of the category's minimum life: 1.0 when it is reached; None when unknown."""
        years = self.age_years
        return years / self.category.life_years if years is not None and self.category.life_years else None

    @classmethod
    def past_life(cls, day: date) -> peewee.Expression:
        """Where the minimum life of the category was over by a day; one short query for the lives there are."""
        lives = Category.select(Category.life_years).where(Category.life_years > 0).distinct()
        old = peewee.SQL("0 = 1")
        for (life,) in lives.tuples():
            of_that_life = Category.select(Category.id).where(Category.life_years == life)
            old = (cls.category.in_(of_that_life) & (cls.acquired_on <= years_before(day, life))) | old
        return old

    @classmethod
    def warranty_ending(cls, day: date) -> peewee.Expression:
        """Where the warranty ends within the next three months."""
        return cls.warranty_until.between(day, day + WARRANTY_ENDS_WITHIN)

    @property
    def size_facts(self) -> Size | None:
        """Height and tag of a desk's or chair's size number."""
        return SIZES.get(self.size) if self.size is not None else None

    @property
    def label(self) -> Label | None:
        """The label in use; on a page that looked it up already, the one that was found."""
        return self.__dict__["_label"] if "_label" in self.__dict__ else Label.of(asset=self.id)

    def look_up_label(self) -> Label | None:
        """Ask for the label once, for this object and all parts of the page that show it."""
        self._label = Label.of(asset=self.id)
        return self._label

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
    def matching(cls, words: str, who: Any) -> peewee.Expression:
        """Where name, number, serial, brand, room, keeper, label code or pinyin initials hold `words`.

        One union of ids: each part reads one narrow index, so the wide rows are touched only for the page shown.
        """
        words = words.strip().lower()
        pattern = f"%{escape_like(words)}%"
        text = cls.alias()
        kept = cls.alias()
        keepers = Person.select(Person.id).where((Person.name**pattern) | (Person.initials**pattern))
        rooms = Place.select(Place.id).where(
            (Place.name**pattern) | (Place.number**pattern) | (Place.initials**pattern)
        )
        found = text.select(text.id).where(text.words**pattern)
        found += kept.select(kept.id).where(kept.keeper.in_(keepers))
        found += Shelf.select(Shelf.asset).where(Shelf.place.in_(rooms), Shelf.quantity > 0)
        if is_well_formed(tidy(words)):
            found += Label.select(Label.asset).where(Label.code == tidy(words), Label.asset.is_null(False))
        for more in also_matching:
            if (theirs := more(words, who)) is not None:
                found += theirs
        return cls.id.in_(found)

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
            asset = cls.enter(name, category, by, is_batch=is_batch, number=number, place=place, **fields)
            ledger.post(asset, "entry", by, quantity=quantity, target=place)
        return asset

    @classmethod
    def enter(
        cls, name: str, category: Category, by: Any, *, number: str | None = None, place: Place | None = None,
        **fields: Any,
    ) -> "Asset":  # fmt: skip
        """A card with its number, its keeper and its label code, before anything of it stands anywhere. Inside the
        act that posts its first ledger row. `place`: whose story tells of it."""
        from app.assets import keeping

        asset = cls(name=name, category=category, **fields)
        asset.number = number or next_number(category, asset.acquired_on)
        asset._prepare()
        asset.save(force_insert=True)
        keeping.begin(asset, by)
        Label.make(asset=asset, batch=asset.batch)
        journal.record("assets.added", asset, by, asset=asset, place=place, name=name, number=asset.number)
        return asset

    @classmethod
    def add_many(cls, count: int, name: str, category: Category, by: Any, **fields: Any) -> list["Asset"]:
        """`30 × projector`: 30 single assets with 30 codes under one batch name, waiting in the print basket."""
        if not 1 <= count <= MOST_AT_ONCE:
            raise Refused(_("At most %(most)s at once, please.", most=MOST_AT_ONCE), 422)
        batch = fields.pop("batch", "") or f"{clock.today()} {name[:40]} ×{count}"
        with writing():
            return [cls.add(name, category, by, batch=batch, **fields) for _each in range(count)]

    @classmethod
    def shown(cls, query: peewee.ModelSelect) -> peewee.ModelSelect:
        """The assets of a query with category, place, floor and building, keeper and office loaded."""
        floor, building = Place.alias(), Place.alias()
        return (
            query.select(cls, Category, Place, floor, building, Person, Office)
            .join(Category)
            .switch(cls)
            .join(Place, peewee.JOIN.LEFT_OUTER, on=(cls.place == Place.id), attr="place")
            .join(floor, peewee.JOIN.LEFT_OUTER, on=(Place.parent == floor.id), attr="parent")
            .join(building, peewee.JOIN.LEFT_OUTER, on=(floor.parent == building.id), attr="parent")
            .switch(cls)
            .join(Person, peewee.JOIN.LEFT_OUTER, on=(cls.keeper == Person.id), attr="keeper")
            .switch(cls)
            .join(Office, peewee.JOIN.LEFT_OUTER, on=(cls.office == Office.id), attr="office")
        )

    def change(self, by: Any, **fields: Any) -> None:
        """Change what the card says; quantity and place change only in the ledger, the keeper only by a slip."""
        if forbidden := {"place", "number", "is_batch", "keeper", "office"} & set(fields):
            raise ValueError(f"not for change(): {forbidden}")
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return
        with writing():
            was = [f"{name}={getattr(self, name)}"[:120] for name in changed]  # kept, not shown: prices are not for all
            for name in changed:
                setattr(self, name, fields[name])
            self._prepare()
            self.save()
            journal.record("assets.changed", self, by, asset=self, what=[f"asset.{name}" for name in changed], was=was)

    def set_state(self, state: str, by: Any) -> None:
        if state not in STATES:
            raise Refused(_("There is no state %(state)s.", state=state), 422)
        with writing():
            self.state = state
            self.save(only=[Asset.state])
            journal.record(f"assets.state_{state}", self, by, asset=self)

    def _prepare(self) -> None:
        if self.finance_number is not None:
            _check_finance_number(self)
        self.derive()

    def derive(self) -> None:
        """What follows from the card: initials and the text that a search looks through."""
        self.initials = initials(self.name)
        parts = (self.name, self.initials, self.number, self.finance_number, self.serial, self.brand, self.model)
        self.words = "\n".join(filter(None, parts)).lower()[:600]


def _check_finance_number(asset: Asset) -> None:
    twin = Asset.get_or_none(Asset.finance_number == asset.finance_number)
    if twin is not None and twin.id != asset.id:
        raise Refused(_("%(number)s is already the finance number of %(name)s.",
                        number=asset.finance_number, name=twin.name), 422)  # fmt: skip


class Shelf(Row):
    """How many of an asset are in a place now: the running sum of the ledger, kept by ledger.post() alone."""

    asset = peewee.ForeignKeyField(Asset, backref="shelves", index=False)  # the key and the index below serve
    place = peewee.ForeignKeyField(Place, backref="shelves", index=False)
    quantity = peewee.IntegerField(constraints=[peewee.Check("quantity >= 0")])

    class Meta:
        primary_key = peewee.CompositeKey("asset", "place")
        indexes = ((("place", "asset"), False),)

    @classmethod
    def held(cls) -> peewee.ModelSelect:
        """Where something is now, with asset, category, keeper, room, floor and building loaded."""
        floor, building = Place.alias(), Place.alias()
        return (
            cls.select(cls, Asset, Category, Person, Place, floor, building)
            .join(Asset)
            .join(Category)
            .switch(Asset)
            .join(Person, peewee.JOIN.LEFT_OUTER, on=(Asset.keeper == Person.id), attr="keeper")
            .switch(cls)
            .join(Place)
            .join(floor, peewee.JOIN.LEFT_OUTER, on=(Place.parent == floor.id), attr="parent")
            .join(building, peewee.JOIN.LEFT_OUTER, on=(floor.parent == building.id), attr="parent")
            .where(cls.quantity > 0)
        )

    @classmethod
    def in_place(cls, place: Place, who: Any) -> peewee.ModelSelect:
        """What someone may see of what stands in a room."""
        query = cls.held().where(cls.place == place).order_by(Asset.name, Asset.number)
        return query if who.may("assets.all") else query.where(cls.asset.in_(Asset.visible_to(who)))

    @classmethod
    def totals(cls, ids: Iterable[int]) -> dict[int, tuple[int, int]]:
        """How many there are of each asset and in how many rooms, in one query."""
        rows = (
            cls.select(cls.asset, peewee.fn.SUM(cls.quantity), peewee.fn.COUNT(cls.place))
            .where(cls.asset.in_(list(ids)), cls.quantity > 0)
            .group_by(cls.asset)
        )
        return {asset: (quantity, rooms) for asset, quantity, rooms in rows.tuples()}

    @classmethod
    def sums(cls, place: Place, who: Any) -> tuple[int, int, int]:
        """Of a room: how many cards, how many things, and what they cost in fen where a price is known."""
        query = cls.in_place(place, who).order_by()
        value = peewee.fn.SUM(cls.quantity * peewee.fn.COALESCE(Asset.unit_price, 0))
        row = query.select(peewee.fn.COUNT(cls.asset), peewee.fn.SUM(cls.quantity), value).tuples().get()
        return tuple(number or 0 for number in row)


Label.add_index(Label.index(Label.asset, unique=True, where=Label.retired_at.is_null(), name="label_asset_in_use"))


def years_before(day: date, years: int) -> date:
    """The same day some years ago; 28 February where there was no 29th."""
    year = max(day.year - years, 1)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def next_number(category: Category, acquired_on: date | None = None) -> str:
    """`A0201-2026-0007`: the category's first five characters, the year, a running number. The room is not
    part of it: rooms change.

    Call it inside the act that stores the number: the write lock makes sure that nobody else takes it.
    """
    year = (acquired_on or clock.today()).year
    head = f"{category.code[:5]}-{year}-"
    for digits in count(NUMBER_DIGITS):
        last = _last_number(head, digits)
        if last < 10**digits - 1:
            return f"{head}{last + 1:0{digits}}"


class Numbers:
    """The next numbers for many new assets of one act: the database is asked once for each head.

    taken: numbers that some of them bring along.
    """

    def __init__(self, taken: Collection[str] = ()):
        self.taken, self._last = taken, {}

    def next(self, category: Category, acquired_on: date | None = None) -> str:
        head = f"{category.code[:5]}-{(acquired_on or clock.today()).year}-"
        number = self._after(head) if head in self._last else next_number(category, acquired_on)
        while number in self.taken:
            self._last[head] = int(number.removeprefix(head))
            number = self._after(head)
        self._last[head] = int(number.removeprefix(head))
        return number

    def _after(self, head: str) -> str:
        """One more than the last one; beyond 9999 the number grows a digit, as next_number() has it."""
        return f"{head}{self._last[head] + 1:0{NUMBER_DIGITS}}"


def _last_number(head: str, digits: int) -> int:
    """The highest running number of so many digits under a head: a short walk down the unique index. Numbers of
    the school's own making that only look alike are passed over."""
    alike = (
        Asset.select(Asset.number)
        .where(
            Asset.number.between(head + "0" * digits, head + "9" * digits),
            peewee.fn.LENGTH(Asset.number) == len(head) + digits,
        )
        .order_by(Asset.number.desc())
    )
    tails = (number.removeprefix(head) for (number,) in alike.tuples().iterator())
    taken = next((int(tail) for tail in tails if tail.isascii() and tail.isdigit()), 0)
    return max(taken, 10 ** (digits - 1) - 1 if digits > NUMBER_DIGITS else 0)


def _empty_first(place: Place) -> None:
    if Shelf.select().where(Shelf.place == place, Shelf.quantity > 0).exists():
        raise Refused(_("%(place)s still holds assets; move them first.", place=place.name))


before_close.append(_empty_first)
guard("asset", lambda who, id: Asset.visible_to(who).where(Asset.id == id).exists())
