"""What is typed and tapped when things go out and come back."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, Form, ValidationError
from wtforms.fields.choices import SelectChoice

from app import calendar, clock
from app.assets.models import Asset
from app.custody.models import LONGEST, free, none_left
from app.custody.swaps import FATES, Old, old_ones
from app.fields import Count, OnDay, OneOf, PersonField, Words, options
from app.photos.forms import PhotosField
from app.words import day as day_words


def _one_of(label: Any, *choices: tuple[str, Any]) -> OneOf:
    """A radio group; the first choice is the usual one."""
    return OneOf(label, choices=[SelectChoice(*choice) for choice in choices], default=choices[0][0])


def usual_days() -> dict[str, date]:
    """What the chips stand for, as of today."""
    today = clock.today()
    return {
        "today": today,
        "tomorrow": today + timedelta(1),
        "week": today + timedelta(7),
        "term": calendar.term_end(today),
    }


class Until(OneOf):
    """Chips of the usual days, one of them needed unless another day is typed or nothing is lent."""

    def pre_validate(self, form: "DueForm") -> None:
        if form.lends and not form.day.typed:
            super().pre_validate(form)


class DueForm(Form):
    """A day to come back: four chips for the usual ones, or any other day."""

    lends = True
    until = Until(_l("To be back"), default="week")
    day = OnDay(_l("another day"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.until.choices = [
            SelectChoice("today", _("today")),
            SelectChoice("tomorrow", _("tomorrow")),
            SelectChoice("week", _("in a week")),
            SelectChoice("term", _("end of term, %(day)s", day=day_words(calendar.term_end()))),
        ]

    @property
    def due_on(self) -> date:
        """A day that was typed counts before the chips."""
        return self.day.data or usual_days()[self.until.data]

    def validate_day(self, field: Field) -> None:
        if field.data is None or not self.lends:
            return
        if field.data < clock.today():
            raise ValidationError(_("That day has passed."))
        if field.data > clock.today() + LONGEST:
            raise ValidationError(_("That day is too far away; hand it out instead."))


class Maybe(OneOf):
    """One of a list that is not always asked: a form without it means the usual one."""

    def process_formdata(self, values: Sequence[str]) -> None:
        super().process_formdata(values or [self.default])


class LendForm(DueForm):
    """Lend or hand out one thing."""

    kind = _one_of(_l("Kind"), ("loan", _l("Loan, comes back")), ("issue", _l("Issue, kept")))
    person = PersonField(_l("To whom"))
    quantity = Count(_l("How many"), default=1)
    note = Words(_l("What for"), longest=200, needed=False)
    condition = Words(_l("How it looks now"), longest=200, needed=False)
    photos = PhotosField(_l("Photos before"))
    swap = BooleanField(_l("Old for new: the old one comes back now"))
    old_words = Words(_l("Which old one (if it is not on record)"), longest=200, needed=False)
    fate = Maybe(_l("The old one"), choices=options(FATES), default="worn")

    def __init__(self, *args: Any, asset: Asset, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.asset, self.left = asset, free(asset)
        if not asset.is_batch:
            del self.quantity

    @property
    def old_one(self) -> Old:
        """What comes back: the oldest of the kind that is in the person's name, else what was said in words."""
        olds = old_ones(self.person.data, self.asset)
        same = [row for row in olds if row.asset_id == self.asset.id] or olds
        return Old(next(iter(same), None), self.old_words.data or "", self.fate.data)

    def validate_old_words(self, field: Field) -> None:
        if not self.swap.data or self.lends or field.data or self.person.data is None:
            return
        if not old_ones(self.person.data, self.asset):
            raise ValidationError(_("Nothing of this kind is in the name; please say which old one came back."))

    @property
    def lends(self) -> bool:
        return self.kind.data == "loan"

    def validate_quantity(self, field: Field) -> None:
        if field.data and field.data > self.left:
            raise ValidationError(none_left(self.asset, self.left))


class RenewForm(DueForm):
    """Another, later day for a loan; only chips that are later than the day it has are offered."""

    reason = Words(_l("Why"), longest=200, needed=False)

    def __init__(self, *args: Any, was: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.was, days = was, usual_days()
        self.until.choices = [chip for chip in self.until.choices if days[chip.value] > was]
        if not args and self.until.choices and self.until.data not in {chip.value for chip in self.until.choices}:
            self.until.data = self.until.choices[0].value

    def validate_day(self, field: Field) -> None:
        super().validate_day(field)
        if field.data is not None and field.data <= self.was:
            raise ValidationError(_("The new day must be later than %(day)s.", day=day_words(self.was)))


class TakeBackForm(Form):
    """How it came back. Damage needs a word or a photo, so that it can be told from what was there before."""

    condition = _one_of(_l("How it came back"), ("good", _l("Good")), ("damaged", _l("Damaged")))
    quantity = Count(_l("How many come back"))
    note = Words(_l("Note"), longest=400, needed=False)
    photos = PhotosField(_l("Photos after"))

    def __init__(self, *args: Any, out: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.out = out
        if out == 1:
            del self.quantity

    def validate_quantity(self, field: Field) -> None:
        if field.data and field.data > self.out:
            raise ValidationError(_("Only %(quantity)s of them are out.", quantity=self.out))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        if self.condition.data == "damaged" and not self.note.data and not self.photos.data:
            self.note.errors = [*self.note.errors, _("Please say what is damaged, or take a photo.")]
            right = False
        return right


class BatchForm(DueForm):
    """Several things at once: whom and which verb are chosen once."""

    verb = _one_of(_l("What to do"), ("loan", _l("Lend")), ("issue", _l("Hand out")), ("back", _l("Take back")))
    person = PersonField(_l("To whom"))
    note = Words(_l("What for"), longest=200, needed=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.verb.data == "back":  # each thing knows who holds it
            self.person.needed = self.person.flags.required = False

    @property
    def lends(self) -> bool:
        return self.verb.data == "loan"


class PassageForm(Form):
    """The guard lets something out."""

    note = Words(_l("Note"), longest=200, needed=False)


class ReasonForm(Form):
    """Why something is undone."""

    reason = Words(_l("Why"), longest=200)
