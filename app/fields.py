"""Form fields that several screens share: pick a person or a place by typing, clean words, money.

A pick is a text box; what was typed is looked up when the form comes, and while typing if htmx runs. When
several rows fit, the answers appear as big radio chips under the box, with or without JavaScript.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Field, Form, IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import DateInput

from app.people.models import Person
from app.places.models import Place

SHOWN = 8


class Filled(InputRequired):
    """Something was typed, and more than spaces."""

    def __call__(self, form: Form, field: Field) -> None:
        if field.raw_data and not clean(field.raw_data[0]):
            field.raw_data = []
        super().__call__(form, field)


class Words(StringField):
    """One line of text, cleaned: no control characters, full-width ASCII made plain, at most `longest` characters."""

    def __init__(self, label: Any = None, *, longest: int = 60, needed: bool = True, **kwargs: Any):
        first = Filled(_l("Please fill this in.")) if needed else Optional()
        rules = [first, Length(max=longest, message=_l("At most %(max)d characters, please."))]
        kwargs["filters"] = [*kwargs.get("filters", ()), clean]
        super().__init__(label, rules + list(kwargs.pop("validators", ())), **kwargs)


class LongWords(TextAreaField):
    """Several lines of text, cleaned, at most `longest` characters."""

    def __init__(self, label: Any = None, *, longest: int = 500, needed: bool = False, **kwargs: Any):
        first = Filled(_l("Please fill this in.")) if needed else Optional()
        rules = [first, Length(max=longest, message=_l("At most %(max)d characters, please."))]
        kwargs["filters"] = [*kwargs.get("filters", ()), clean_lines]
        kwargs.setdefault("render_kw", {"rows": 2})
        super().__init__(label, rules + list(kwargs.pop("validators", ())), **kwargs)


class Money(Field):
    """Yuan as typed (`1,200.50`, full-width digits too); `.data` is whole fen or None."""

    def __init__(self, label: Any = None, *, needed: bool = False, **kwargs: Any):
        super().__init__(label, [Filled(_l("Please fill this in.")) if needed else Optional()], **kwargs)
        self.typed = ""

    def process_formdata(self, values: Sequence[str]) -> None:
        self.typed = clean(values[0]) if values else ""
        self.data = None
        if not self.typed:
            return
        try:
            fen = round(float(self.typed.replace(",", "").removeprefix("¥")) * 100)
        except (ValueError, OverflowError):
            raise ValueError(_("Please give an amount like 1200.50.")) from None
        if not 0 <= fen < 10**12:
            raise ValueError(_("Please give an amount like 1200.50."))
        self.data = fen

    def _value(self) -> str:
        return self.typed or ("" if self.data is None else f"{self.data / 100:.2f}")

    def widget(self, field: Field, **kwargs: Any) -> Markup:
        return Markup(render_template("fields/_money.html", field=self, value=self._value(), attributes=kwargs))


class Count(IntegerField):
    """A whole number within limits, full-width digits too."""

    def __init__(self, label: Any = None, *, low: int = 1, high: int = 10_000, needed: bool = True, **kwargs: Any):
        self.low, self.high = low, high
        kwargs.setdefault("render_kw", {"inputmode": "numeric", "min": low, "max": high})
        super().__init__(label, [Filled(_l("Please fill this in.")) if needed else Optional()], **kwargs)

    def process_formdata(self, values: Sequence[str]) -> None:
        text = clean(values[0]) if values else ""
        self.data = None
        if not text:
            return
        if not (text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 12):
            raise ValueError(_("Please give a whole number."))
        self.data = int(text)
        if not self.low <= self.data <= self.high:
            raise ValueError(_("Please give a number from %(low)s to %(high)s.", low=self.low, high=self.high))


def options(pairs: Mapping[Any, Any] | Iterable[tuple[Any, Any]], group: Any = None) -> list[SelectChoice]:
    """Choices of a OneOf from `{value: words}` or pairs, under the heading `group` if there is one."""
    pairs = pairs.items() if isinstance(pairs, Mapping) else pairs
    return [SelectChoice(value, words, optgroup=group) for value, words in pairs]


class OneOf(SelectField):
    """One of a list that a page can show as a drop-down or, with the macro `choices`, as big buttons."""

    def __init__(self, label: Any = None, *, needed: bool = True, **kwargs: Any):
        super().__init__(label, **kwargs)
        self.flags.required = needed

    def process_formdata(self, values: Sequence[str]) -> None:
        try:
            self.data = self.coerce(values[0]) if values else None
        except (ValueError, TypeError):
            self.data = None

    def pre_validate(self, form: Form) -> None:
        known = (value for value, _label, _selected, _attributes in self.iter_choices())
        if self.data not in known:
            raise ValidationError(_("Please choose one."))


class OnDay(Field):
    """A day as a calendar sends it (2026-12-01) or as people type it (2026/12/1); `.data` is a date or None."""

    widget = DateInput()

    def __init__(self, label: Any = None, *, needed: bool = False, **kwargs: Any):
        super().__init__(label, [Filled(_l("Please fill this in.")) if needed else Optional()], **kwargs)
        self.typed = ""

    def process_formdata(self, values: Sequence[str]) -> None:
        self.typed, self.data = clean(values[0]) if values else "", None
        if not self.typed:
            return
        try:
            self.data = date(*(int(part) for part in re.split(r"[-/.]", self.typed, maxsplit=2)))
        except (ValueError, TypeError, OverflowError):
            self.data = None
        if self.data is None or not 1900 <= self.data.year <= 2200:
            self.data = None
            raise ValueError(_("Please give a day like 2026-12-01."))

    def _value(self) -> str:
        return self.typed if self.data is None else self.data.isoformat()


class PickField(Field):
    """Pick one row by typing. Subclasses say how to find and how to name a row; `.data` is the row or None."""

    finder = ""  # endpoint that answers with chips while typing
    action = ""  # who may ask it; for others the chips come with the answer to the form

    def __init__(self, label: Any = None, *, needed: bool = True, **kwargs: Any):
        super().__init__(label, **kwargs)  # not Optional(): that would wipe out what pre_validate says
        self.needed = needed
        self.flags.required = needed
        self.typed, self.found = "", []

    def find(self, words: str) -> list[Any]:
        raise NotImplementedError

    def by_id(self, id: int) -> Any:
        raise NotImplementedError

    def named(self, row: Any) -> str:
        return row.name

    def explain(self, row: Any) -> str:
        return ""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        if not formdata or (self.name not in formdata and f"{self.name}_id" not in formdata):
            self.typed = self.named(self.data) if self.data else ""
            return
        self.typed = clean(formdata.get(self.name, ""))[:60]
        self.data = self._resolve(formdata.get(f"{self.name}_id", ""))

    def _resolve(self, chosen: str) -> Any:
        if chosen.isascii() and chosen.isdigit() and len(chosen) < 12:
            return self.by_id(int(chosen))
        if not self.typed:
            return None
        self.found = self.find(self.typed)
        exact = [row for row in self.found if self.named(row) == self.typed]
        only = exact if len(exact) == 1 else self.found if len(self.found) == 1 else []
        return only[0] if only else None

    def pre_validate(self, form: Form) -> None:
        if self.data is not None:
            return
        if self.found:
            raise ValidationError(_("Which one? Please tap it."))
        if self.typed:
            raise ValidationError(_("Nothing fits “%(words)s”.", words=self.typed))
        if self.needed:
            raise ValidationError(_("Please fill this in."))

    def widget(self, field: Field, **kwargs: Any) -> Markup:
        return Markup(render_template("fields/_pick.html", field=self, attributes=kwargs))


class PersonField(PickField):
    """A member of staff by name, phone or pinyin initials."""

    finder = "people.find"
    action = "people.find"

    def find(self, words: str) -> list[Person]:
        return list(Person.matching(words).limit(SHOWN))

    def by_id(self, id: int) -> Person | None:
        return Person.active().where(Person.id == id).first()

    def explain(self, row: Person) -> str:
        return row.post


class PlaceField(PickField):
    """A room or area by name, number, pinyin initials or label code."""

    finder = "places.find"
    action = "places.list"

    def find(self, words: str) -> list[Place]:
        return list(Place.matching(words).limit(SHOWN))

    def by_id(self, id: int) -> Place | None:
        return Place.rooms().where(Place.id == id).first()

    def explain(self, row: Place) -> str:
        return row.where


def clean(text: str | None) -> str:
    """Plain spaces, no control characters, full-width digits and Latin letters made plain; Chinese stays."""
    text = "".join(_plain(character) for character in text or "" if character >= " " or character in "\t\n")
    return " ".join(text.split())


def clean_lines(text: str | None) -> str:
    """Like `clean`, keeping line breaks."""
    return "\n".join(clean(line) for line in (text or "").splitlines()).strip()


def _plain(character: str) -> str:
    if character.isalnum() and "\uff01" <= character <= "\uff5e":
        return unicodedata.normalize("NFKC", character)
    return "" if unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n" else character
