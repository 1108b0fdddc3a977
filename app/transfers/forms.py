"""What is filled in to ask for a transfer, besides its lines."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form

from app.fields import OneOf, PersonField, PlaceField, Words, options
from app.people.models import Office, Person
from app.transfers.models import answers_for


class TransferForm(Form):
    """Where it goes, to whom, and why. `taker` may stay empty where somebody answers for the room."""

    place = PlaceField(_l("To which room"), needed=False)
    taker = PersonField(_l("Who takes it over"), needed=False)
    office = OneOf(_l("Office in charge"), needed=False, coerce=int, default=0)
    reason = Words(_l("Reason"), longest=200)

    def __init__(self, *args: Any, with_office: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.office.choices = options(
            [(0, _("stays")), *Office.select(Office.id, Office.name).order_by(Office.id).tuples()]
        )
        if not with_office:
            del self.office

    @property
    def who_takes(self) -> Person | None:
        """Who was named, else whoever answers for the room."""
        return self.taker.data or answers_for(self.place.data)

    @property
    def in_charge(self) -> Office | None:
        return Office.get_or_none(Office.id == self.office.data) if "office" in self and self.office.data else None

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right = super().validate(*args, **kwargs)
        if self.place.errors or self.taker.errors or self.who_takes is not None:
            return right
        if self.place.data is None:
            self.place.errors = [*self.place.errors, _("Please say where it goes, or who takes it over.")]
        else:
            words = _("Nobody answers for %(place)s. Please say who takes it over.", place=self.place.data.name)
            self.taker.errors = [*self.taker.errors, words]
        return False
