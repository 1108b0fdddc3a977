"""What is typed when goods arrive, are checked, stocked in and paid, and when something shall be bought."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, ValidationError
from wtforms.fields.choices import SelectChoice

from app import clock
from app.assets.forms import MOST_OF_A_BATCH, categories
from app.assets.models import MOST_AT_ONCE, UNITS, Category
from app.fields import Count, LongWords, Money, OnDay, OneOf, PersonField, Words, clean, options
from app.photos.forms import PhotosField
from app.places.models import Place
from app.receiving.models import MOST_LINES, TRIALS, Delivery, DeliveryLine, Found, Item
from app.receiving.purchases import URGENCIES, Purchase, lying_idle

BLANK_LINES = 2
UNIT_CHOICES = options((unit, unit) for unit in UNITS)


class LineForm(Form):
    """One line of a delivery. A line without a name, a price and a category is not there."""

    name = Words(_l("Name of the goods"), longest=80)
    category = OneOf(_l("Category"), coerce=int, default=0)
    quantity = Count(_l("How many"), low=1, high=MOST_OF_A_BATCH, default=1)
    unit = OneOf(_l("Unit"), default="台", choices=UNIT_CHOICES)
    unit_price = Money(_l("Unit price (yuan)"), needed=True)
    kind = OneOf(_l("How is it kept?"), default="single")
    brand = Words(_l("Brand"), longest=60, needed=False)
    model = Words(_l("Model"), longest=80, needed=False)

    def __init__(self, *args: Any, choices: list[SelectChoice], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.category.choices = choices
        self.kind.choices = options({"single": _("one by one"), "batch": _("as a batch")})

    @property
    def is_blank(self) -> bool:
        return not (clean(self.name.data) or self.category.data or self.unit_price.typed)

    def validate_category(self, field: OneOf) -> None:
        if not field.data:
            raise ValidationError(_("Please choose one."))

    def validate_quantity(self, field: Count) -> None:
        if self.kind.data == "single" and field.data and field.data > MOST_AT_ONCE:
            raise ValidationError(_("At most %(most)s at once, please.", most=MOST_AT_ONCE))

    def item(self) -> Item:
        return Item(
            self.name.data, Category.get_by_id(self.category.data), self.quantity.data, self.unit.data,
            self.unit_price.data, self.kind.data == "batch", self.brand.data, self.model.data,
        )  # fmt: skip


class DeliveryForm(Form):
    """A delivery: its papers and its lines. `lines` are forms of their own, named line-0-… and so on."""

    supplier = Words(_l("Supplier"), longest=80)
    arrived_on = OnDay(_l("Arrived on"), needed=True, default=clock.today)
    invoice = Words(_l("Invoice number"), longest=60, needed=False)
    contract = Words(_l("Contract number"), longest=60, needed=False)
    fund = Words(_l("Source of funds"), longest=60, needed=False)
    handler = PersonField(_l("Handled by"))
    witness = PersonField(_l("Second person for the acceptance"), needed=False)
    request = OneOf(_l("Asked for by"), coerce=int, default=0, needed=False)
    note = LongWords(_l("Note"), longest=400)

    def __init__(self, formdata: Mapping[str, str] | None = None, *, requests: list[Purchase], **kwargs: Any):
        super().__init__(formdata, **kwargs)
        self.requests = {row.id: row for row in requests}
        words = ((row.id, f"{row.number} {row.name} ×{row.quantity} {row.applicant.name}") for row in requests)
        self.request.choices = options([(0, "—"), *words])
        self.lines = self._lines(formdata)
        self.problem = ""

    def _lines(self, formdata: Mapping[str, str] | None) -> list[LineForm]:
        kinds = categories()
        if formdata:
            rows = clean(formdata.get("rows"))
            count = int(rows) if rows.isascii() and rows.isdigit() and len(rows) < 4 else 1
            more = 1 if "more" in formdata else 0
            return [
                LineForm(formdata if number < count else None, prefix=f"line-{number}-", choices=kinds)
                for number in range(min(max(count, 1) + more, MOST_LINES))
            ]
        wanted = self.requests.get(self.request.data)
        lines = [LineForm(None, prefix="line-0-", choices=kinds, data=_as_line(wanted))] if wanted else []
        return lines + [
            LineForm(None, prefix=f"line-{number}-", choices=kinds) for number in range(len(lines), BLANK_LINES)
        ]

    def validate_arrived_on(self, field: OnDay) -> None:
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day is still to come."))

    def validate_witness(self, field: PersonField) -> None:
        if field.data is not None and field.data == self.handler.data:
            raise ValidationError(_("This must be someone else than who handled it."))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        filled = [line for line in self.lines if not line.is_blank]
        for line in filled:
            right &= line.validate()
        if not filled:
            self.problem = _("Please fill in at least one line.")
        elif right and sum(line.quantity.data for line in filled if line.kind.data == "single") > MOST_AT_ONCE:
            self.problem = _("At most %(most)s cards of one delivery; keep like things as a batch.", most=MOST_AT_ONCE)
        return right and not self.problem

    @property
    def items(self) -> list[Item]:
        return [line.item() for line in self.lines if not line.is_blank]

    @property
    def facts(self) -> dict[str, Any]:
        names = ("supplier", "arrived_on", "invoice", "contract", "fund", "handler", "witness", "note")
        return {name: self[name].data for name in names} | {"request": self.requests.get(self.request.data)}


def _as_line(wanted: Purchase) -> dict[str, Any]:
    """The first line of the delivery of a request."""
    return {
        "name": wanted.name, "category": wanted.category_id or 0, "quantity": wanted.quantity, "unit": wanted.unit,
        "unit_price": wanted.unit_price,
    }  # fmt: skip


class ResultForm(Form):
    """What was found of one line."""

    accepted = Count(_l("How many are good"), low=0, high=MOST_OF_A_BATCH)
    reason = Words(_l("Why the rest goes back"), longest=200, needed=False)
    photos = PhotosField(_l("Photos of this line"), most=2)

    def __init__(self, formdata: Any, line: DeliveryLine):
        super().__init__(formdata, prefix=f"line-{line.id}-", data={"accepted": line.quantity})
        self.line = line

    def validate_accepted(self, field: Count) -> None:
        if field.data is not None and field.data > self.line.quantity:
            raise ValidationError(_("Only %(quantity)s came.", quantity=self.line.quantity))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        if right and self.accepted.data < self.line.quantity and not self.reason.data:
            self.reason.errors = [*self.reason.errors, _("Please say why they go back.")]
            return False
        return right

    @property
    def found(self) -> Found:
        return Found(self.accepted.data, self.reason.data, self.photos.data)


class AcceptanceForm(Form):
    """The first check: the goods as a whole with a photo, and each line."""

    photos = PhotosField(_l("Photos of the goods"), needed=True)
    looks = Words(_l("Outside"), longest=200, needed=False)
    trial = OneOf(_l("Trial under power"), default="works", choices=options(TRIALS))
    extras = Words(_l("What came with it"), longest=200, needed=False)

    def __init__(self, formdata: Any = None, *, delivery: Delivery):
        super().__init__(formdata)
        self.lines = [ResultForm(formdata, line) for line in delivery.lines]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        return all([super().validate(*args, **kwargs), *(line.validate() for line in self.lines)])

    @property
    def found(self) -> dict[DeliveryLine, Found]:
        return {form.line: form.found for form in self.lines}


class WhyForm(Form):
    """A reason that is asked for."""

    reason = LongWords(_l("Reason"), longest=200, needed=True, render_kw={"rows": 3, "maxlength": 200})


class StockInForm(Form):
    """Into which store room."""

    place = OneOf(_l("Store room"), coerce=int, default=0)
    note = Words(_l("Shelf or note"), longest=200, needed=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        stores = list(Place.rooms().where(Place.kind == "store").order_by(Place.position, Place.id))
        self.rooms = {room.id: room for room in stores}
        self.place.choices = options((room.id, room.full_name) for room in stores)
        if not args and stores:
            self.place.data = stores[0].id


class ReimburseForm(Form):
    """The number in the accounts, if there is one already."""

    voucher = Words(_l("Number in the accounts"), longest=40, needed=False)


class PurchaseForm(Form):
    """What shall be bought and why. What lies idle of the kind is shown first; then `why_new` is needed."""

    name = Words(_l("What is needed"), longest=80)
    category = OneOf(_l("Category"), coerce=int, default=0, needed=False)
    quantity = Count(_l("How many"), low=1, high=MOST_OF_A_BATCH, default=1)
    unit = OneOf(_l("Unit"), default="台", choices=UNIT_CHOICES)
    unit_price = Money(_l("What one may cost (yuan)"), needed=True)
    purpose = LongWords(_l("What for"), longest=400, needed=True)
    fund = Words(_l("Source of funds"), longest=60, needed=False)
    urgency = OneOf(_l("How soon"), default="normal", choices=options(URGENCIES))
    seen = BooleanField(_l("I have looked at what lies idle"))
    why_new = Words(_l("Why that does not do"), longest=200, needed=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.category.choices = categories()
        kind = self.category.data
        self.kind = Category.get_or_none(Category.id == kind) if kind else None
        name = clean(self.name.data)[:80]
        self.idle = lying_idle(name, self.kind) if name or self.kind else []

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        if self.idle and not self.seen.data:
            self.seen.errors = [*self.seen.errors, _("Please look at these first.")]
            right = False
        if self.idle and not self.why_new.data:
            self.why_new.errors = [*self.why_new.errors, _("Please say why.")]
            right = False
        return right

    @property
    def facts(self) -> dict[str, Any]:
        names = ("name", "quantity", "unit", "unit_price", "purpose", "fund", "urgency")
        why = self.why_new.data if self.idle else ""
        return {name: self[name].data for name in names} | {"category": self.kind, "why_new": why}
