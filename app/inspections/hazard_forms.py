"""What is filled in for hazards, findings and what is to be cleaned again."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, ValidationError

from app import clock
from app.fields import LongWords, OnDay, OneOf, PersonField, PlaceField, options
from app.inspections.hazards import HAZARD_LEVELS, LONGEST
from app.photos.forms import PhotosField
from app.repairs.models import KINDS


class ComingDay(OnDay):
    """A day that is not over yet."""

    def pre_validate(self, form: Form) -> None:
        if self.data is not None and self.data < clock.today():
            raise ValidationError(_("Please give a day that is not over yet."))


class HazardForm(Form):
    """A new line of the book. The place is asked for when no label said it."""

    place = PlaceField(_l("Room or area"))
    words = LongWords(_l("What is dangerous"), longest=LONGEST, needed=True)
    level = OneOf(_l("How bad"), choices=options(HAZARD_LEVELS), default="general")
    photos = PhotosField(_l("Photos"))


class PlanForm(Form):
    """Who puts it right, how, by when, and what protects people meanwhile."""

    measure = LongWords(_l("How it is put right"), longest=LONGEST, needed=True)
    person = PersonField(_l("Who puts it right"))
    due_on = ComingDay(_l("By which day"), needed=True)
    interim = LongWords(_l("What protects people until then"), longest=LONGEST)

    def __init__(self, *args: Any, major: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.major = major
        self.interim.flags.required = major

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A field that is left empty is not asked by WTForms; a major hazard must have its protection."""
        right = super().validate(*args, **kwargs)
        if self.major and not self.interim.data:
            self.interim.errors = [_("Please say what protects people until a major hazard is put right.")]
            return False
        return right


class ChangeForm(PlanForm):
    """The same, with the reason why it changes."""

    reason = LongWords(_l("Why it changes"), longest=LONGEST, needed=True)


class FixedForm(Form):
    """What was done."""

    words = LongWords(_l("What was put right"), longest=LONGEST, needed=True)
    photos = PhotosField(_l("Photos"))


class CloseForm(Form):
    """The recheck found it right."""

    words = LongWords(_l("What the recheck found"), longest=LONGEST)
    photos = PhotosField(_l("Photos"))


class FailForm(Form):
    """The recheck found it not right: why, and a new day."""

    words = LongWords(_l("What is not right yet"), longest=LONGEST, needed=True)
    due_on = ComingDay(_l("By which day"), needed=True)
    photos = PhotosField(_l("Photos"))


class RateForm(Form):
    """Ordinary or major."""

    level = OneOf(_l("How bad"), choices=options(HAZARD_LEVELS))
    reason = LongWords(_l("Why"), longest=300, needed=True)


class RepairForm(Form):
    """Which kind of damage the repair desk gets."""

    kind = OneOf(_l("Kind"), choices=options({key: kind[0] for key, kind in KINDS.items()}))


class WhyForm(Form):
    """A reason."""

    reason = LongWords(_l("Why"), longest=300, needed=True)


class HandOverForm(Form):
    """Who does it instead."""

    person = PersonField(_l("Who cleans it"))


class CleanedForm(Form):
    """Cleaned again: words and a photo, if there is something to say or show."""

    note = LongWords(_l("Anything to say"), longest=300)
    photos = PhotosField(_l("Photos"))


class TurnForm(Form):
    """A finding judged anew: what else it becomes."""

    road = OneOf(_l("It becomes"))
    level = OneOf(_l("How bad"), choices=options(HAZARD_LEVELS), default="general")
    kind = OneOf(_l("Kind of repair"), choices=options({key: kind[0] for key, kind in KINDS.items()}), default="other")
    reason = LongWords(_l("Why"), longest=300, needed=True)

    def __init__(self, formdata: Any = None, *, roads: Any = (), **kwargs: Any):
        super().__init__(formdata, **kwargs)
        self.road.choices = options(roads)
        if formdata is None and roads:
            self.road.data = roads[0][0]
