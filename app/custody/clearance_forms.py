"""What is filled in for a leaver: who and when, to whom things go, and the list of boxes."""

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, SelectMultipleField, ValidationError

from app import clock
from app.fields import OnDay, OneOf, PersonField, Words, options
from app.people.permissions import ROLES

FARTHEST = timedelta(days=400)


class OpenForm(Form):
    """Who leaves, for where, and the last day at school."""

    person = PersonField(_l("Who leaves"))
    destination = Words(_l("Where to"), longest=80, needed=False)
    last_day = OnDay(_l("Last day at school"), needed=True)

    def validate_last_day(self, field: OnDay) -> None:
        if field.data and abs(field.data - clock.today()) > FARTHEST:
            raise ValidationError(_("Please check the year."))


class HandingForm(Form):
    """Ticked things, and who takes them over; or why they go to nobody."""

    keys = SelectMultipleField(_l("What"), validate_choice=False)
    taker = PersonField(_l("Who takes it over"))
    reason = Words(_l("Note"), longest=200, needed=False)

    def validate_keys(self, field: SelectMultipleField) -> None:
        if not field.data:
            raise ValidationError(_("Please tick what it is about."))

    def validate_back(self) -> bool:
        """For the other button: no taker is needed, a reason is."""
        self.validate()
        self.taker.errors = []
        if not self.reason.data and not self.reason.errors:
            self.reason.errors = [_("Please say why.")]
        return not (self.keys.errors or self.reason.errors)


class BoxForm(Form):
    """A box of the list, and who ticks it: a role, or one colleague."""

    name = Words(_l("Name"), longest=60)
    name_en = Words(_l("English name"), longest=80, needed=False)
    role = OneOf(_l("Who ticks it"), needed=False, default="custodian")
    person = PersonField(_l("Or one colleague"), needed=False)
    used = BooleanField(_l("Asked of every leaver from now on"), default=True)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.role.choices = options({"": "—", **ROLES})

    def validate_person(self, field: PersonField) -> None:
        if field.data is None and not field.errors and not self.role.data:
            raise ValidationError(_("Please say who ticks it."))
