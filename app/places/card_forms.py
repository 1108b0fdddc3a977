"""What is typed to make a duty card."""

from datetime import time, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, Form, SelectMultipleField, TimeField, ValidationError
from wtforms.validators import InputRequired

from app import calendar, clock
from app.fields import OnDay, OneOf, Words, clean
from app.people.forms import offered, whole
from app.people.models import WEEKDAYS, card_checklists
from app.places.models import GRADES, ClassGroup, Place, grade_word

NEEDED = InputRequired(_l("Please fill this in."))
LONGEST = timedelta(days=366)  # a school year: longer, and nobody knows any more who has the card


class Choices(SelectMultipleField):
    """Several of many, as check boxes; what is not among the choices is refused with a sentence."""

    def pre_validate(self, form: Form) -> None:
        if self.data and not set(self.data) <= {choice.value for choice in self.choices}:
            raise ValidationError(_("One of these no longer exists. Please choose again."))


class Clock(TimeField):
    """A time of the day; `.data` is a time or None."""

    def process_formdata(self, values: list[str]) -> None:
        if not (values and values[0].strip()):
            return
        try:
            super().process_formdata([clean(values[0]).replace("：", ":")])
        except ValueError:
            raise ValueError(_("Please give a time like 07:20.")) from None


class CardForm(Form):
    """A duty: which checklists, of which grades or areas, on which days, at which hours, until when."""

    name = Words(_l("Name of the card"), longest=60)
    checklists = Choices(_l("What it checks"))
    grades = Choices(_l("Classes of these grades"), coerce=whole)
    areas = Choices(_l("Areas"), coerce=whole)
    own_class = OneOf(_l("Whose pupils carry it"), coerce=whole, default=0)
    weekdays = Choices(_l("Days"), coerce=whole, default=[1, 2, 3, 4, 5])
    first_start = Clock(_l("From"), [NEEDED], default=time(7, 20))
    first_end = Clock(_l("To"), [NEEDED], default=time(8, 10))
    second_start = Clock(_l("and from"))
    second_end = Clock(_l("to"))
    starts_on = OnDay(_l("First day"), needed=True)
    ends_on = OnDay(_l("Last day"), needed=True)

    def __init__(self, formdata: Any = None):
        lists = card_checklists()
        usual = {"starts_on": clock.today(), "ends_on": calendar.term_end(), "checklists": list(lists)[:1]}
        super().__init__(formdata, data=usual)
        self.checklists.choices = offered(lists.items())
        self.grades.choices = offered((grade, grade_name(grade)) for grade in GRADES)
        self.areas.choices = offered((place.id, place.full_name) for place in areas())
        self.weekdays.choices = offered(WEEKDAYS.items())
        classes = ((group.id, group.name) for group in ClassGroup.present())
        self.own_class.choices = offered([(0, _("no class of its own")), *classes])

    def validate_checklists(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("Please choose at least one."))

    def validate_areas(self, field: Field) -> None:
        if not field.data and not self.grades.data:
            raise ValidationError(_("Please choose grades or areas: without them there is nothing to check."))

    def validate_weekdays(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("Please choose at least one."))

    def validate_first_end(self, field: Field) -> None:
        if self.first_start.data and field.data and field.data <= self.first_start.data:
            raise ValidationError(_("Each time of duty must end after it begins."))

    def validate_second_start(self, field: Field) -> None:
        if field.data and self.first_end.data and field.data < self.first_end.data:
            raise ValidationError(_("The second time must come after the first."))

    def validate_second_end(self, field: Field) -> None:
        start = self.second_start.data
        if self.second_start.errors:
            return
        if bool(start) != bool(field.data):
            raise ValidationError(_("Please give both times, or neither."))
        if start and field.data <= start:
            raise ValidationError(_("Each time of duty must end after it begins."))

    def validate_ends_on(self, field: Field) -> None:
        start = self.starts_on.data
        if field.data < clock.today() or (start and field.data < start):
            raise ValidationError(_("The last day must come after the first and not be over."))
        if start and field.data - start > LONGEST:
            raise ValidationError(_("A card is valid for a school year at most."))

    @property
    def fields(self) -> dict[str, Any]:
        """What DutyCard.make takes besides the name."""
        times = [(self.first_start.data, self.first_end.data), (self.second_start.data, self.second_end.data)]
        return {
            "checklists": sorted(self.checklists.data),
            "grades": sorted(self.grades.data or ()),
            "areas": sorted(self.areas.data or ()),
            "own_class": self.own_class.data or None,
            "weekdays": sorted(self.weekdays.data),
            "hours": [[_clock(start), _clock(end)] for start, end in times if start],
            "starts_on": self.starts_on.data,
            "ends_on": self.ends_on.data,
        }


def grade_name(grade: int) -> str:
    return _("Grade %(grade)s", grade=grade_word(grade))


def _clock(at: time) -> str:
    return at.strftime("%H:%M")


def areas() -> list[Place]:
    """Rooms and areas that can be someone's duty: all but classrooms, which are checked by class."""
    return list(Place.rooms().where(Place.kind != "classroom").order_by(Place.parent, Place.position, Place.id))
