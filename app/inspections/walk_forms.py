"""What is sent from a door in walk mode: an answer for each item, and when the phone says it was given."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, RadioField, SelectMultipleField

from app.fields import LongWords, Words
from app.inspections.checklists import Checklist, Item
from app.inspections.forms import MarkForm, OfItem, _position
from app.inspections.scoring import Verdict
from app.photos.forms import PhotosField, form_data
from app.places.models import Place


class AnswerForm(OfItem):
    """The answer to one item without points, whatever it asks for. A wrong entry is answered at its own field."""

    reasons = SelectMultipleField(_l("Reasons"), coerce=_position, validate_choice=False)
    answer = RadioField(validate_choice=False)
    value = Words(longest=100, needed=False)
    words = Words(_l("What is wrong"), longest=100, needed=False)
    grave = BooleanField(_l("Somebody can get hurt"))
    photos = PhotosField(_l("Photos"))

    def __init__(self, formdata: Any, item: Item):
        super().__init__(formdata, prefix=f"i{item.id}-")
        self.item = item
        self.reasons.choices = list(enumerate(item.chips))
        self.answer.choices = [("fine", _l("fine")), ("fail", _l("not fine"))]
        if item.skippable:
            self.answer.choices.append(("none", _l("does not apply")))

    def verdict(self) -> Verdict:
        return Verdict(
            reasons=tuple(self.reasons.data or ()),
            words=self.words.data or "",
            photos=self.photos.data,
            answer=(self.answer.data or "")[:4],
            value=self.value.data or "",
            grave=self.grave.data,
        )

    @property
    def is_open(self) -> bool:
        """Whether the row shows what is wrong: something was entered, or something is missing."""
        return bool(self.reasons.data or self.words.data or self.answer.data == "fail" or self.errors)


class WalkHead(Form):
    """The place as a whole."""

    note = LongWords(_l("Note"), longest=300)


class WalkSheet:
    """The items of a checklist at a place, each a form; all items when no place is given."""

    def __init__(self, checklist: Checklist, place: Place | None = None, formdata: Any = None):
        self.checklist, self.place = checklist, place
        items = checklist.items if place is None else checklist.items_at(place)
        self.answers = [(MarkForm if item.answer == "points" else AnswerForm)(formdata, item) for item in items]
        self.head = WalkHead(formdata)
        self.everything = formdata is not None and formdata.get("fine") == "all"  # the one tap that says all is fine
        self.otherwise = False  # and yet something else was entered

    @classmethod
    def sent(cls, checklist: Checklist, place: Place) -> "WalkSheet":
        return cls(checklist, place, form_data())

    def __iter__(self) -> Iterator[OfItem]:
        return iter(self.answers)

    def sections(self) -> list[tuple[str, list[OfItem]]]:
        """The items under their headings, in order."""
        found: list[tuple[str, list[OfItem]]] = []
        for each in self.answers:
            heading = each.item.part
            if not found or found[-1][0] != heading:
                found.append((heading, []))
            found[-1][1].append(each)
        return found

    def validate(self) -> bool:
        if self.everything:
            self.otherwise = any(each.is_open for each in self.answers)
            return self.head.validate() and not self.otherwise
        right = [each.validate() for each in self.answers]
        return self.head.validate() and all(right)

    @property
    def is_wrong(self) -> bool:
        return bool(self.otherwise or self.head.errors or any(each.errors for each in self.answers))

    def wrongs(self) -> Iterator[str]:
        """A sentence for each row that is wrong, and for the sheet as a whole."""
        if self.otherwise:
            yield _("Something else is entered below. Clear it, or press “Done here” at the end.")
        for title, form in [(each.item.title, each) for each in self.answers] + [
            (self.head.note.label.text, self.head)
        ]:
            if why := " ".join(str(why) for whys in form.errors.values() for why in whys):
                yield _("%(item)s: %(why)s", item=title, why=why)

    @property
    def full(self) -> int:
        """What the place can get, in hundredths; 0 where nothing has points."""
        return sum(each.item.max for each in self.answers)

    @property
    def total(self) -> int:
        """What it gets as the form stands."""
        return self.full - sum(each.lost for each in self.answers if each.item.answer == "points")

    def verdicts(self) -> dict[str, Verdict]:
        return {each.item.key: each.verdict() for each in self.answers}
