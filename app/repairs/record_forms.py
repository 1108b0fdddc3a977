"""Forms of the repair record: a signature, a publication, a measure, a cause, a day in the holidays."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, ValidationError

from app import clock
from app.fields import LongWords, OnDay, OneOf, Words, options
from app.people.models import Person
from app.repairs.kinds import CAUSES
from app.repairs.summaries import LONGEST, MEASURES


class SignForm(Form):
    words = LongWords(_l("Words"), longest=LONGEST)


class PublishForm(Form):
    words = LongWords(_l("Words to the class teachers"), longest=LONGEST)


class WithdrawForm(Form):
    reason = Words(_l("Reason"), longest=LONGEST)


class MeasureForm(Form):
    kind = OneOf(_l("What was done about it"), choices=options(MEASURES))
    day = OnDay(_l("Day"))
    words = LongWords(_l("In a few words (no pupil's name, please)"), longest=LONGEST)

    def validate_day(self, field: OnDay) -> None:
        if field.data and field.data > clock.today():
            raise ValidationError(_l("Please write down what was done, not what is planned."))


class CauseForm(Form):
    cause = OneOf(_l("Cause"), choices=options(CAUSES))


class HolidayForm(Form):
    """Who repairs it: an electrician by id, or a firm by name."""

    day = OnDay(_l("Day"), needed=True)
    worker = OneOf(_l("Repaired by"), coerce=int, needed=False)
    firm = Words(_l("or a firm"), longest=60, needed=False)

    def __init__(self, formdata: Any = None, workers: list[Person] | None = None, **kwargs: Any):
        super().__init__(formdata, **kwargs)
        self.workers = {person.id: person for person in workers or repairers()}
        self.worker.choices = options({0: _l("nobody of ours"), **{id: each.name for id, each in self.workers.items()}})
        if self.worker.data is None:
            self.worker.data = 0

    def validate_day(self, field: OnDay) -> None:
        if field.data and field.data < clock.today():
            raise ValidationError(_l("That day is over."))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        if not self.firm.data and not self.worker.data and not self.firm.errors:
            self.firm.errors = [_("Please say who repairs it.")]
            return False
        return fine

    @property
    def person(self) -> Person | None:
        return self.workers.get(self.worker.data)


def repairers() -> list[Person]:
    """Who can be sent: the electricians."""
    return list(Person.with_role("electrician"))
