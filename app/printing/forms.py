"""What is asked before printing, and about sheet sizes, printers and codes."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, Form, SelectField, ValidationError
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import TextInput

import labels
from app.assets.models import Category
from app.fields import Count, PlaceField, Words, clean
from app.printing.sheets import GEOMETRY, PROBLEMS, Printer, Profile


class Millimetres(Field):
    """A length as typed (`63.5`, `63,5`, full-width digits too, `mm` behind it); `.data` in mm or None."""

    widget = TextInput()

    def __init__(self, label: Any = None, *, low: float = 0, high: float = 1500, needed: bool = True, **kwargs: Any):
        self.low, self.high, self.typed = low, high, None
        kwargs.setdefault("render_kw", {"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(label, [InputRequired(_l("Please fill this in.")) if needed else Optional()], **kwargs)

    def process_formdata(self, values: Sequence[str]) -> None:
        self.typed = clean(values[0])[:40] if values else ""
        self.data = None
        text = self.typed.lower().removesuffix("mm").removesuffix("毫米").strip().replace(",", ".").replace("。", ".")
        if not text:
            return
        try:
            if not set(text) <= set("+-0123456789."):
                raise ValueError
            self.data = round(float(text), 2)
        except ValueError:
            raise ValueError(_("Please give millimetres like 63.5.")) from None
        if not self.low <= self.data <= self.high:
            self.data = None
            raise ValueError(_("Please give %(low)s to %(high)s mm.", low=f"{self.low:g}", high=f"{self.high:g}"))

    def _value(self) -> str:
        return self.typed if self.typed is not None else "" if self.data is None else f"{self.data:g}"


class ProfileForm(Form):
    """A sheet size of the school's own, measured with a ruler. All lengths in mm."""

    name = Words(_l("Name of this size"), longest=40)
    paper_w = Millimetres(_l("Paper width"), low=5, default=210.0)
    paper_h = Millimetres(_l("Paper height"), low=5, default=297.0)
    columns = Count(_l("Labels across"), high=40, default=3)
    rows = Count(_l("Labels down"), high=100, default=8)
    left = Millimetres(_l("Left margin"), default=0.0)
    top = Millimetres(_l("Top margin"), default=0.0)
    width = Millimetres(_l("Label width"), low=5, default=70.0)
    height = Millimetres(_l("Label height"), low=5, default=37.0)
    pitch_x = Millimetres(_l("Step to the next column"), default=70.0)
    pitch_y = Millimetres(_l("Step to the next row"), default=37.0)
    roll = BooleanField(_l("A roll: one label a page, to the edge"))

    def __init__(self, *args: Any, own: Profile | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.own = own

    @property
    def sheet(self) -> labels.Sheet | None:
        """The geometry as typed, when every part is a number; it may still be impossible (Sheet.problems)."""
        fields = self.fields
        if any(fields[part] is None for part in GEOMETRY):
            return None
        return labels.Sheet("typed", self.name.data or "", **{part: fields[part] for part in GEOMETRY})

    @property
    def fields(self) -> dict[str, Any]:
        return {part: getattr(self, part).data for part in ("name", *GEOMETRY)}

    def validate_name(self, field: Field) -> None:
        taken = Profile.open().where(Profile.name == field.data)
        if self.own is not None:
            taken = taken.where(Profile.id != self.own.id)
        if taken.exists():
            raise ValidationError(_("There is already a size with this name."))

    def validate_roll(self, field: Field) -> None:
        if field.data and (self.columns.data, self.rows.data) != (1, 1):
            raise ValidationError(_("A roll has one label across and one down."))

    def validate(self, extra_validators: Any = None) -> bool:
        """The parts by themselves, then together: does this fit on the paper?"""
        if not super().validate(extra_validators):
            return False
        for code in self.sheet.problems():
            field = getattr(self, FIELD_OF[code])
            field.errors = [*field.errors, str(PROBLEMS[code])]
        return not self.errors


FIELD_OF = {
    "not-a-number": "paper_w",
    "not-positive": "pitch_x",
    "negative-margin": "left",
    "too-large": "rows",
    "wider-than-paper": "width",
    "taller-than-paper": "height",
    "columns-overlap": "pitch_x",
    "rows-overlap": "pitch_y",
}


class PrinterForm(Form):
    name = Words(_l("Name of the printer"), longest=40)
    shift_x = Millimetres(_l("To the right, mm"), low=-20, high=20, default=0.0)
    shift_y = Millimetres(_l("Down, mm"), low=-20, high=20, default=0.0)

    def __init__(self, *args: Any, own: Printer | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.own = own

    def validate_name(self, field: Field) -> None:
        taken = Printer.open().where(Printer.name == field.data)
        if self.own is not None:
            taken = taken.where(Printer.id != self.own.id)
        if taken.exists():
            raise ValidationError(_("There is already a printer with this name."))


class RetireForm(Form):
    reason = Words(_l("Why"), longest=100)
    again = BooleanField(_l("Make a new label for it and put it into the basket"), default=True)


class BlanksForm(Form):
    count = Count(_l("How many"), high=500, default=24)
    batch = Words(_l("Name of the batch"), longest=60, needed=False)


class NewThingForm(Form):
    """A thing found on the spot: just enough to enter it; the card is completed at the desk."""

    name = Words(_l("What is it"), longest=80)
    category = SelectField(_l("Category"), coerce=str, validators=[InputRequired(_l("Please fill this in."))])
    place = PlaceField(_l("Where does it stand"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.categories = {str(row.id): row for row in Category.select().where(Category.used).order_by(Category.code)}
        self.category.choices = [("", _("Please choose")), *((key, row) for key, row in self.categories.items())]

    @property
    def chosen_category(self) -> Category:
        return self.categories[self.category.data]
