"""What is filled in for assets, categories, movements and counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Regexp

from app import clock
from app.assets.models import MOST_AT_ONCE, SOURCES, STATES, UNITS, Asset, Category, Shelf
from app.assets.sizes import SIZES
from app.fields import Count, LongWords, Money, OnDay, OneOf, PersonField, PlaceField, Words, clean, options
from app.people.models import Office
from app.photos.forms import PhotosField
from app.places.models import Place

CLASSES = {  # the big classes of GB/T 14885-2022
    "A01": _l("A01 buildings"),
    "A02": _l("A02 equipment"),
    "A03": _l("A03 relics and exhibits"),
    "A04": _l("A04 books and archives"),
    "A05": _l("A05 furniture and utensils"),
    "A06": _l("A06 special animals and plants"),
    "A07": _l("A07 materials"),
    "A08": _l("A08 intangible assets"),
}
MOST_OF_A_BATCH = 100_000
CARD = (
    "name", "size", "unit", "brand", "model", "serial", "finance_number", "acquired_on", "source", "warranty_until",
    "keeper", "note",
)  # fmt: skip
VALUE = ("unit_price", "supplier", "invoice", "fund")


class CardForm(Form):
    """What the card of an asset says. `asset` is the row that is changed."""

    name = Words(_l("Asset name"), longest=80)
    category = OneOf(_l("Category"), coerce=int, default=0)
    size = OneOf(_l("Size number (desks and chairs)"), needed=False, default="")
    unit = OneOf(_l("Unit"), default="台")
    brand = Words(_l("Brand"), longest=60, needed=False)
    model = Words(_l("Model"), longest=80, needed=False)
    serial = Words(_l("Serial number"), longest=80, needed=False)
    unit_price = Money(_l("Unit price (yuan)"))
    acquired_on = OnDay(_l("Acquired on"))
    source = OneOf(_l("Way of acquiring"), default="bought", choices=options(SOURCES))
    supplier = Words(_l("Supplier"), longest=80, needed=False)
    invoice = Words(_l("Invoice number"), longest=60, needed=False)
    fund = Words(_l("Source of funds"), longest=60, needed=False)
    warranty_until = OnDay(_l("Warranty until"))
    office = OneOf(_l("Office in charge"), needed=False, coerce=int, default=0)
    keeper = PersonField(_l("Keeper"), needed=False)
    finance_number = Words(_l("Number in the finance system"), longest=40, needed=False)
    note = LongWords(_l("Note"), longest=400)
    photos = PhotosField(_l("Photo"))

    def __init__(self, *args: Any, asset: Asset | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.asset = asset
        self.category.choices = categories(asset)
        self.size.choices = options([("", "—"), *((str(number), size.words) for number, size in SIZES.items())])
        units = UNITS if asset is None or asset.unit in UNITS else (asset.unit, *UNITS)
        self.unit.choices = options((unit, unit) for unit in units)
        self.office.choices = options([(0, "—"), *Office.select(Office.id, Office.name).order_by(Office.id).tuples()])

    def validate_category(self, field: OneOf) -> None:
        if not field.data:
            raise ValidationError(_("Please choose one."))

    def validate_finance_number(self, field: Words) -> None:
        twin = Asset.get_or_none(Asset.finance_number == field.data) if field.data else None
        if twin is not None and twin != self.asset:
            raise ValidationError(_("%(name)s already has this number.", name=twin.name))

    def validate_acquired_on(self, field: OnDay) -> None:
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day is still to come."))

    def facts(self, with_value: bool) -> dict[str, Any]:
        """What the card shall say. Prices and the like only from those who may see them."""
        found = {name: self[name].data for name in CARD + (VALUE if with_value else ()) if name in self}
        if "office" in self:
            found["office"] = Office.get_or_none(Office.id == self.office.data) if self.office.data else None
        return found | {
            "category": Category.get_by_id(self.category.data),
            "size": int(self.size.data) if self.size.data else None,
            "finance_number": self.finance_number.data or None,
        }


def card_of(asset: Asset, *, copy: bool = False) -> dict[str, Any]:
    """The card as the data of a form; a copy leaves out what belongs to one thing only."""
    own = ("serial", "finance_number")
    found = {name: getattr(asset, name) for name in CARD + VALUE if not (copy and name in own)}
    return found | {
        "category": asset.category_id,
        "size": "" if asset.size is None else str(asset.size),
        "office": asset.office_id or 0,
    }


def categories(asset: Asset | None = None) -> list[SelectChoice]:
    """Categories in use by big class, with the one that an asset has even when it is out of use."""
    rows = Category.select().where(Category.used | (Category.id == (asset.category_id if asset else 0)))
    groups = groupby(rows.order_by(Category.code), lambda row: row.code[:3])
    found = options({0: _("Please choose")})
    for head, group in groups:
        found += options(((row.id, f"{row.word} {row.code}") for row in group), str(CLASSES.get(head, head)))
    return found


class AssetForm(CardForm):
    """One new asset, several alike, or a batch: the card, how many, and where."""

    kind = OneOf(_l("How is it kept?"), default="single")
    quantity = Count(_l("How many"), low=1, high=MOST_OF_A_BATCH, default=1)
    place = PlaceField(_l("Room"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.kind.choices = options(
            {"single": _("one by one, a label each"), "batch": _("as a batch, counted by room")}
        )

    @property
    def is_batch(self) -> bool:
        return self.kind.data == "batch"

    def validate_quantity(self, field: Count) -> None:
        if not self.is_batch and field.data and field.data > MOST_AT_ONCE:
            raise ValidationError(_("At most %(most)s at once, please.", most=MOST_AT_ONCE))

    def validate_serial(self, field: Words) -> None:
        self._only_of_one(field)

    def validate_finance_number(self, field: Words) -> None:
        self._only_of_one(field)
        super().validate_finance_number(field)

    def _only_of_one(self, field: Words) -> None:
        if field.data and not self.is_batch and (self.quantity.data or 1) > 1:
            raise ValidationError(_("Several things can't share this number; leave it empty and add it to each card."))


class EditForm(CardForm):
    """The card and the state of an asset. Keeper and office are not on it: they change by a transfer."""

    state = OneOf(_l("State"), choices=options(STATES))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        del self.keeper, self.office
        self.state.choices = options({state: STATES[state] for state in self._states})

    @property
    def _states(self) -> list[str]:
        """What may be chosen by hand; to be disposed of, and disposed of, follow from a write-off alone."""
        by_slip = ("to_dispose", "disposed")
        return [self.asset.state] if self.asset.state in by_slip else [each for each in STATES if each not in by_slip]


class CategoryForm(Form):
    """A category of property."""

    code = Words(
        _l("Code"), longest=12, validators=[Regexp(r"^[A-Z0-9]*$", message=_l("Capital letters and digits only."))]
    )
    name = Words(_l("Category name"), longest=60)
    name_en = Words(_l("English name"), longest=80, needed=False)
    life_years = Count(_l("Minimum life in years (0: none set)"), low=0, high=99)
    checked = BooleanField(_l("Compared with our finance system"))
    used = BooleanField(_l("Offered for new assets"), default=True)

    @property
    def facts(self) -> dict[str, Any]:
        return {name: field.data for name, field in self._fields.items()}


class PostForm(Form):
    """A row for the ledger. `verb` is entry or removal; `shelves` is where the asset is now."""

    source = OneOf(_l("From"), coerce=int)
    place = PlaceField(_l("To"))
    quantity = Count(_l("How many"), low=1, high=MOST_OF_A_BATCH, default=1)
    reason = Words(_l("Reason"), longest=200)

    def __init__(self, *args: Any, verb: str, asset: Asset, shelves: Iterable[Shelf], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.shelves = list(shelves)
        self.source.choices = options((row.place_id, self._shelf_words(row, asset)) for row in self.shelves)
        if verb == "entry":
            del self.source
        elif len(self.shelves) == 1 and not args:
            self.source.data = self.shelves[0].place_id
        if verb == "removal":
            del self.place
        if not asset.is_batch:
            del self.quantity

    @staticmethod
    def _shelf_words(row: Shelf, asset: Asset) -> str:
        return f"{row.place.full_name} ({row.quantity} {asset.unit})" if asset.is_batch else row.place.full_name

    @property
    def from_place(self) -> Place | None:
        return next((row.place for row in self.shelves if "source" in self and row.place_id == self.source.data), None)

    @property
    def how_many(self) -> int:
        return self.quantity.data if "quantity" in self else 1


class SplitForm(Form):
    """Some of a batch get cards of their own. `shelves` is where the batch is now."""

    source = OneOf(_l("Room"), coerce=int)
    quantity = Count(_l("How many"), low=1, high=MOST_OF_A_BATCH)
    into = OneOf(
        _l("As what?"), default="singles",
        choices=options({"singles": _l("one by one, a label each"), "batch": _l("as a second batch")}),
    )  # fmt: skip
    reason = Words(_l("Reason"), longest=200)

    def __init__(self, *args: Any, asset: Asset, shelves: Iterable[Shelf], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.shelves = list(shelves)
        self.source.choices = options((row.place_id, PostForm._shelf_words(row, asset)) for row in self.shelves)
        if len(self.shelves) == 1 and not args:
            self.source.data = self.shelves[0].place_id

    @property
    def place(self) -> Place:
        return next(row.place for row in self.shelves if row.place_id == self.source.data)


class MergeForm(Form):
    """A batch that is put on another batch's card; only those that are alike are offered."""

    other = OneOf(_l("Which batch comes in?"), coerce=int)
    reason = Words(_l("Reason"), longest=200)

    def __init__(self, *args: Any, alike: Iterable[Asset], totals: Mapping[int, tuple[int, int]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.alike = list(alike)
        self.other.choices = options(
            (row.id, f"{row.name} {row.number} ({totals.get(row.id, (0, 0))[0]} {row.unit})") for row in self.alike
        )

    @property
    def chosen(self) -> Asset:
        return next(row for row in self.alike if row.id == self.other.data)


@dataclass
class CountRow:
    """One line of a count: what the ledger holds and what someone counted; empty is not counted."""

    shelf: Shelf
    typed: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        return f"n-{self.shelf.asset_id}-{self.shelf.place_id}"

    @property
    def book(self) -> str:
        """The name of the hidden field that says what the ledger held when the page was shown."""
        return f"book-{self.shelf.asset_id}-{self.shelf.place_id}"

    def read(self, form: Mapping[str, str]) -> None:
        self.typed = clean(form.get(self.name))[:12]
        if not self.typed:
            return
        if not (self.typed.isascii() and self.typed.isdigit() and len(self.typed) < 7):
            self.error = _("Please give a whole number.")
        elif not self.shelf.asset.is_batch and int(self.typed) > 1:
            self.error = _("This is one thing: 1 or 0.")
        elif form.get(self.book) != str(self.shelf.quantity):
            self.error = _("The ledger changed meanwhile: it holds %(number)s now.", number=self.shelf.quantity)


class CountSheet:
    """What was counted in a room, or of a batch in its rooms."""

    def __init__(self, shelves: Iterable[Shelf], form: Mapping[str, str] | None = None):
        self.rows = [CountRow(shelf) for shelf in shelves]
        for row in self.rows if form is not None else ():
            row.read(form)
        self.empty = form is not None and not any(row.typed for row in self.rows)

    def validate(self) -> bool:
        return not self.empty and not any(row.error for row in self.rows)

    @property
    def counted(self) -> dict[Place, dict[Asset, int]]:
        """`{place: {asset: number}}` of the lines that were filled in."""
        found: dict[Place, dict[Asset, int]] = {}
        for row in self.rows:
            if row.typed:
                found.setdefault(row.shelf.place, {})[row.shelf.asset] = int(row.typed)
        return found
