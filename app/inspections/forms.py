"""A score sheet is a form of forms: one for each item of the checklist, and one for the check as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, Field, Form, SelectMultipleField, ValidationError
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import NumberInput

from app.fields import LongWords, OneOf, Words, clean, options
from app.inspections import scoring
from app.inspections.checklists import Checklist, Item
from app.inspections.models import Check, Mark, everything_fine
from app.inspections.scoring import Verdict
from app.photos.forms import PhotosField, form_data
from app.words import points

OUT_OF_RANGE = -1


class PointsField(Field):
    """Points as typed (`1.5`); `.data` is whole hundredths between 0 and `highest`, or None."""

    def __init__(self, label: Any = None, *, highest: int = 0, step: int = 50, needed: bool = True, **kwargs: Any):
        super().__init__(label, [InputRequired(_l("Please fill this in.")) if needed else Optional()], **kwargs)
        self.lowest, self.highest, self.step, self.typed = 0, highest, step, None

    def process_formdata(self, values: Sequence[str]) -> None:
        self.typed = clean(values[0])[:20] if values else ""
        try:
            self.data = _hundredths(self.typed) if self.typed else None
        except (InvalidOperation, ValueError):
            self.data = OUT_OF_RANGE

    def pre_validate(self, form: Form) -> None:
        """Within the limits, which the form sets after the field was read."""
        if self.data is not None and not 0 <= self.data <= self.highest:
            self.data = None
            raise ValidationError(_("Please give points from 0 to %(max)s.", max=points(self.highest)))
        if self.data is not None and (self.highest - self.data) % self.step:
            raise ValidationError(_("Please go in steps of %(step)s.", step=points(self.step)))

    def _value(self) -> str:
        return self.typed if self.typed is not None else points(self.data)

    def widget(self, field: Field, **kwargs: Any) -> Markup:
        limits = {"min": points(self.lowest), "max": points(self.highest), "step": points(self.step)}
        return NumberInput()(field, **{"inputmode": "decimal", **limits, **kwargs})


def _hundredths(typed: str) -> int:
    """150 from `1.5`. Raises ValueError for what is not a number of whole hundredths."""
    number = Decimal(typed)
    if not number.is_finite() or abs(number) > 1000 or number * 100 % 1:
        raise ValueError(typed)
    return int(number * 100)


def _position(value: Any) -> int:
    """The position of a chip; -1 for what is none, which scoring.objection() answers."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else OUT_OF_RANGE


class OfItem(Form):
    """The answer to one item: `verdict()` of it is held against the checklist, and told at the field that is wrong."""

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if wrong := scoring.objection(self.item, self.verdict()):
            name, sentence = wrong
            self[name].errors = [*self[name].errors, sentence]
        return not self.errors


class MarkForm(OfItem):
    """What a checker says of one item. A wrong entry is answered at its own field."""

    points = PointsField()
    reasons = SelectMultipleField(_l("Reasons"), coerce=_position, validate_choice=False)
    words = Words(_l("In words"), longest=100, needed=False)
    facility = BooleanField(_l("Facility fault, not the class: no points lost, a repair is reported"))
    photos = PhotosField(_l("Photos"))

    def __init__(self, formdata: Any, item: Item):
        super().__init__(formdata, prefix=f"i{item.id}-", data={"points": item.max})
        self.item = item
        self.points.lowest, self.points.highest, self.points.step = item.floor, item.max, item.step
        self.points.label.text = item.title
        if item.checklist.target == "place":
            self.facility.label.text = _("Facility fault, not the cleaner: no points lost, a repair is reported")
        self.reasons.choices = list(enumerate(item.chips))

    def verdict(self) -> Verdict:
        lost = self.item.max - self.points.data if self.points.data is not None else 0
        return Verdict(
            lost=0 if self.facility.data else lost,
            reasons=tuple(self.reasons.data or ()),
            words=self.words.data or "",
            facility=self.facility.data,
            photos=self.photos.data,
        )

    @property
    def lost(self) -> int:
        """What the item would lose as the form stands, for the page that is shown again."""
        known = [reason for reason in self.reasons.data or () if 0 <= reason < len(self.item.reasons)]
        verdict = self.verdict()
        return scoring.taken(self.item, Verdict(verdict.lost, tuple(known), facility=verdict.facility))

    @property
    def is_open(self) -> bool:
        """Whether the row shows its reasons: something was entered, or something is wrong."""
        return bool(self.lost or self.reasons.data or self.words.data or self.facility.data or self.errors)


class AnswerForm(Form):
    """What a checker says of an item without points: fine or not, a number, one of several, words."""

    answer = OneOf(_l("Answer"), choices=[], needed=False)
    value = Words(_l("Answer"), longest=100, needed=False)
    words = Words(_l("In words"), longest=100, needed=False)
    grave = BooleanField(_l("Serious: it can hurt somebody"))
    photos = PhotosField(_l("Photos"))

    def __init__(self, formdata: Any, item: Item):
        super().__init__(formdata, prefix=f"i{item.id}-")
        self.item, self.rest_is_fine = item, False
        self.answer.choices = self._choices(item)
        self.answer.label.text = item.title
        self.value.label.text = item.title
        if item.opens != "hazard":
            del self.grave

    @staticmethod
    def _choices(item: Item) -> list[Any]:
        """The buttons of an item: fine and not fine, or what can be chosen; and that it does not apply."""
        said = {"fine": _("Fine"), "fail": _("Not fine")} if item.answer == "fine" else {}
        if item.answer == "choice":
            said = {str(at): words for at, words in enumerate(item.options)}
        return options(said | ({scoring.NONE: _("Does not apply")} if item.skippable else {}))

    def verdict(self) -> Verdict:
        chosen, value = self.answer.data or "", self.value.data or ""
        if self.item.answer == "choice":
            value = "" if chosen == scoring.NONE else chosen
        if self.rest_is_fine and not (chosen or value):
            return everything_fine(self.item) or Verdict()
        empty = self.item.answer in ("number", "text") and not value and self.item.skippable
        return Verdict(
            answer=scoring.NONE if empty else chosen if chosen in (*scoring.JUDGED, scoring.NONE) else "",
            value="" if chosen == scoring.NONE else value,
            words=self.words.data or "",
            grave="grave" in self and self.grave.data,
            photos=self.photos.data,
        )

    @property
    def failed(self) -> bool:
        """Whether the item fails as the form stands."""
        return not scoring.objection(self.item, replace(self.verdict(), words="-", photos=(1,))) and (
            scoring.judged(self.item, self.verdict()) == "fail"
        )

    @property
    def lost(self) -> int:
        return self.item.max - self.item.floor if self.failed else 0

    @property
    def is_open(self) -> bool:
        """Whether the row shows the box for words and photos."""
        return bool(self.failed or self.words.data or self.words.errors or self.photos.errors)

    def validate(self, extra_validators: Any = None) -> bool:
        for name in ("value", "words", "photos"):
            if not self[name].validate(self):
                return False
        if wrong := scoring.objection(self.item, self.verdict()):
            name, sentence = wrong
            self[name].errors = [*self[name].errors, sentence]
        return not self.errors


def form_for(item: Item, formdata: Any = None) -> MarkForm | AnswerForm:
    """The form of one item of a sheet."""
    return MarkForm(formdata, item) if item.answer == "points" else AnswerForm(formdata, item)


class HeadForm(Form):
    """The check as a whole."""

    bonus = PointsField(_l("Bonus"), needed=False)
    note = LongWords(_l("Note"), longest=300)
    unannounced = BooleanField(_l("Spot check: nobody knew beforehand"))
    again = LongWords(_l("Why is it scored again?"), longest=200, needed=True)


class ScoreSheet:
    """All of a check's page: `.marks`, one form an item that fits the place, and `.head`. `recheck` asks for a
    reason. Without a place it is a preview with every item."""

    def __init__(
        self,
        checklist: Checklist,
        formdata: Any = None,
        *,
        place: Any = None,
        recheck: bool = False,
        spot: bool = False,
    ):
        self.checklist, self.recheck = checklist, recheck
        items = checklist.items_at(place) if place is not None else checklist.items
        self.marks = [form_for(item, formdata) for item in items]
        self.full = sum(item.max for item in items)
        self.head = HeadForm(formdata, data={"bonus": 0, "unannounced": spot})
        self.head.bonus.highest = checklist.bonus_max
        if not checklist.bonus_max:
            del self.head.bonus
        if not recheck:
            del self.head.again

    @classmethod
    def sent(cls, checklist: Checklist, place: Any, *, recheck: bool) -> "ScoreSheet":
        sheet = cls(checklist, form_data(), place=place, recheck=recheck)
        for mark in sheet.answers:
            mark.rest_is_fine = checklist.all_fine and "all_fine" in request.form
        return sheet

    def __iter__(self) -> Iterator[MarkForm | AnswerForm]:
        return iter(self.marks)

    @property
    def answers(self) -> list[AnswerForm]:
        return [mark for mark in self.marks if isinstance(mark, AnswerForm)]

    @property
    def is_list(self) -> bool:
        """Whether it says what is fine and what is not, instead of points."""
        return self.checklist.kind == "list"

    @property
    def bonus(self) -> int:
        return (self.head.bonus.data or 0) if "bonus" in self.head else 0

    @property
    def total(self) -> int:
        return scoring.total(self.full, [mark.lost for mark in self.marks], self.bonus)

    def validate(self) -> bool:
        right = [mark.validate() for mark in self.marks]
        right.append(self.head.validate())
        if self.bonus and not self.head.note.data:
            self.head.note.errors = [*self.head.note.errors, _("Please write what the bonus is for.")]
        return all(right) and not self.head.errors

    @property
    def is_wrong(self) -> bool:
        return bool(self.head.errors or any(mark.errors for mark in self.marks))

    def record(self, place: Any, by: Any) -> Check:
        """Store what the sheet says; see Check.record for what it refuses."""
        return Check.record(
            self.checklist,
            place,
            by,
            {mark.item.key: mark.verdict() for mark in self.marks},
            again=self.head.again.data if self.recheck else "",
            bonus=self.bonus,
            note=self.head.note.data or "",
            unannounced=self.head.unannounced.data and not by.is_card,
        )


class TickForm(Form):
    """Which task was tapped (an item's id, or `all`), with a photo if there is one."""

    photos = PhotosField(_l("Photos"))


class CorrectionForm(Form):
    """The points an item shall have, and why."""

    points = PointsField(_l("Points"))
    reason = LongWords(_l("Why"), longest=300, needed=True)

    def __init__(self, formdata: Any, mark: Mark):
        super().__init__(formdata, data={"points": mark.points})
        self.points.highest, self.points.step = mark.item.max, mark.item.step
