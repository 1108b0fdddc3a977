"""What is typed when someone refuses, withdraws, or names a deputy."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, ValidationError

from app import clock
from app.fields import LongWords, OnDay, PersonField


class OpinionForm(Form):
    note = LongWords(_l("What did you find?"), longest=200, needed=True, render_kw={"rows": 4, "maxlength": 200})


class RefuseForm(Form):
    reason = LongWords(_l("Why not"), longest=200, needed=True, render_kw={"rows": 3, "maxlength": 200})


class WithdrawForm(Form):
    reason = LongWords(_l("Reason"), longest=200, render_kw={"rows": 2, "maxlength": 200})


class DeputyForm(Form):
    """Who answers meanwhile, and from when to when."""

    deputy = PersonField(_l("Deputy"))
    starts_on = OnDay(_l("From"), needed=True, default=clock.today)
    ends_on = OnDay(_l("Until"), needed=True)

    def __init__(self, *args: Any, person: Any, **kwargs: Any):
        self.who = person
        super().__init__(*args, **kwargs)

    def validate_deputy(self, field: PersonField) -> None:
        if field.data and field.data.id == self.who.id:
            raise ValidationError(_("Your deputy must be someone else."))

    def validate_ends_on(self, field: OnDay) -> None:
        if field.data is None:
            return
        if field.data < clock.today():
            raise ValidationError(_("That day has passed."))
        if self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("The last day comes before the first."))
