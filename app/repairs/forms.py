"""What people fill in: a report, a report for a caller, and the words that go with a step."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from app.fields import LongWords, PersonField, PlaceField, Words
from app.photos.forms import PhotosField
from app.repairs.models import KINDS, LONGEST, METHODS, RATINGS, REASONS

MINUTES = {
    10: _l("10 minutes"), 20: _l("20 minutes"), 30: _l("half an hour"), 60: _l("1 hour"), 120: _l("2 hours"),
    240: _l("half a day"),
}  # fmt: skip


class One(RadioField):
    """One of the keys of a table, as big buttons. A value that was never offered is told in words."""

    def __init__(self, label: Any, table: dict[Any, Any], *, ask: Any = None, **kwargs: Any):
        rules = [InputRequired(ask)] if ask else [Optional()]
        super().__init__(label, rules, choices=[SelectChoice(*row) for row in table.items()], **kwargs)

    def pre_validate(self, form: Form) -> None:
        if self.data is not None and self.data not in [choice.value for choice in self.choices]:
            raise ValidationError(_("Please tap one of these."))


class Minutes(One):
    """How long the work took, in minutes, or None."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, coerce=int, **kwargs)

    def process_formdata(self, values: list[str]) -> None:
        if not values or not values[0]:
            return
        self.data = int(values[0]) if values[0].isascii() and values[0].isdigit() and len(values[0]) < 6 else -1


class ReportForm(Form):
    """Kind, and words or a photo. `place` is asked only where the label does not tell it (a batch in many rooms)."""

    place = One(_l("Which room?"), {}, ask=_l("Please tap the room."))
    kind = One(
        _l("What is broken?"), {key: kind[0] for key, kind in KINDS.items()}, ask=_l("Please tap what is broken.")
    )
    words = LongWords(_l("In a few words"), longest=LONGEST, render_kw={"rows": 1, "maxlength": LONGEST})
    photos = PhotosField(_l("Photos"))
    urgent = BooleanField(_l("Urgent"))

    def __init__(self, *args: Any, places: dict[str, str] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if places:
            self.place.choices = [SelectChoice(*row) for row in places.items()]
        elif isinstance(self.place, One):
            del self.place

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        if self.words.data or self.photos.data or self.words.errors or self.photos.errors:
            return fine
        self.words.errors = [_("Say in some words what is broken, or take a photo.")]
        return False


class CallerField(PersonField):
    """A colleague by name; a name that fits nobody is kept as it was typed, and `.free` holds it."""

    @property
    def free(self) -> str:
        return "" if self.data else self.typed

    def pre_validate(self, form: Form) -> None:
        if self.data is None and self.found:
            raise ValidationError(_("Which one? Please tap it."))


class ReportForForm(ReportForm):
    """A report for someone who called (代报)."""

    place = PlaceField(_l("Where"))
    caller = CallerField(_l("Who called"), needed=False)


class ReasonForm(Form):
    """A few words that must be there: why a report goes back, or is void."""

    note = Words(_l("Reason"), longest=200)


class HoldForm(Form):
    reason = One(_l("What does it wait for?"), REASONS, ask=_l("Please tap the reason."))
    note = Words(_l("In a few words"), longest=200, needed=False)


class FixForm(Form):
    """Nothing needs typing."""

    method = One(_l("How was it fixed?"), METHODS, ask=_l("Please tap how it was fixed."))
    minutes = Minutes(_l("How long did it take?"), MINUTES)
    note = LongWords(_l("In a few words"), longest=LONGEST, render_kw={"rows": 1, "maxlength": LONGEST})
    photos = PhotosField(_l("Photos"))


class ConfirmForm(Form):
    rating = One(_l("Satisfied?"), RATINGS)
    note = Words(_l("In a few words"), longest=200, needed=False)


class ReworkForm(Form):
    note = Words(_l("What is still wrong?"), longest=200)
