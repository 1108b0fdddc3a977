"""What people fill in: a report, a report for a caller, and the words that go with a step."""

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from app import calendar, clock
from app.fields import LongWords, Money, OnDay, PersonField, PlaceField, Words
from app.photos.forms import PhotosField
from app.places.models import ClassGroup
from app.repairs import deadlines
from app.repairs.kinds import CAUSES, KINDS, LONGEST, METHODS, RATINGS, REASONS
from app.repairs.part_rows import PartsField
from app.words import day as in_words

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
    """Kind, and words or a photo. `place` is asked only where the label does not tell it (a batch in many rooms).

    group: the class that sits in the room; without one there is no class property. applies: its teacher reports,
    which is the application too, so the cause must be said.
    """

    place = One(_l("Which room?"), {}, ask=_l("Please tap the room."))
    kind = One(
        _l("What is broken?"), {key: kind[0] for key, kind in KINDS.items()}, ask=_l("Please tap what is broken.")
    )
    words = LongWords(_l("In a few words"), longest=LONGEST, render_kw={"rows": 1, "maxlength": LONGEST})
    photos = PhotosField(_l("Photos"))
    urgent = BooleanField(_l("Urgent"))
    class_property = BooleanField(_l("Class property"))
    cause = One(_l("What caused it?"), CAUSES)
    talked = BooleanField(_l("I talked with the class about it"))

    def __init__(
        self, *args: Any, places: dict[str, str] | None = None, group: Any = None, applies: bool = False, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.group, self.applies = group, applies
        if places:
            self.place.choices = [SelectChoice(*row) for row in places.items()]
        elif isinstance(self.place, One):
            del self.place

    @property
    def is_class_property(self) -> bool:
        return bool(self.group and self.class_property.data)

    @property
    def of_class(self) -> dict[str, Any]:
        """What Ticket.report() is told of class property."""
        if not self.is_class_property:
            return {}
        return {"class_property": True, "cause": self.cause.data or "", "talked": self.talked.data}

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        if self.is_class_property and self.applies and not self.cause.data and not self.cause.errors:
            self.cause.errors, fine = [_("Please tap the cause.")], False
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
    """A report for someone who called (代报). Class property waits for its teacher's word, whoever called."""

    place = PlaceField(_l("Where"))
    caller = CallerField(_l("Who called"), needed=False)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        if self.class_property.data and self.place.data is not None:
            self.group = ClassGroup.in_room(self.place.data)
            if self.group is None:
                self.class_property.errors, fine = [_("No class sits in this room: it is not class property.")], False
        return fine


class ApplicationForm(Form):
    """The class teacher applies for the repair of class property."""

    cause = One(_l("What caused it?"), CAUSES, ask=_l("Please tap the cause."))
    talked = BooleanField(_l("I talked with the class about it"))


class ApprovalForm(Form):
    """The office agrees; where nobody has applied yet it says what caused the damage."""

    cause = One(_l("What caused it?"), CAUSES)


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
    photos = PhotosField(_l("Photos"))
    parts = PartsField(_l("Parts"))
    cause = One(_l("What caused it?"), CAUSES)
    note = LongWords(_l("In a few words"), longest=LONGEST, render_kw={"rows": 1, "maxlength": LONGEST})
    advice = Words(_l("How it will not break again"), longest=200, needed=False)

    @property
    def has_more(self) -> bool:
        """Whether something stands in what is folded away."""
        return any(field.data or field.errors for field in (self.note, self.advice))


class ExtendForm(Form):
    """More time: a reason, and a school day by one tap or any day from the calendar."""

    reason = One(_l("Why does it need more time?"), REASONS, ask=_l("Please tap the reason."))
    until = One(_l("Until the end of"), {})
    other = OnDay(_l("or another day"))
    note = Words(_l("In a few words"), longest=200, needed=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.until.choices = [SelectChoice(day.isoformat(), in_words(day)) for day in _next_school_days()]

    @property
    def day(self) -> date | None:
        return self.other.data or (date.fromisoformat(self.until.data) if self.until.data else None)

    @property
    def moment(self) -> datetime:
        return deadlines.end_of(self.day)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        if not fine:
            return False
        if self.day is None:
            self.until.errors = [_("Please tap a day.")]
        elif self.day < clock.today():
            self.other.errors = [_("This day is over.")]
        return self.day is not None and self.day >= clock.today()


def _next_school_days() -> list[date]:
    """One, two, three, five and ten school days ahead."""
    return [calendar.school_days_after(clock.today(), days) for days in (1, 2, 3, 5, 10)]


class AssignForm(Form):
    """Who shall repair it: one of those who are offered this kind, or any colleague by name."""

    worker = One(_l("Who repairs it?"), {})
    other = PersonField(_l("or another colleague"), needed=False)

    def __init__(self, *args: Any, people: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.people = {str(person.id): person for person in people}
        self.worker.choices = [SelectChoice(id, person.name) for id, person in self.people.items()]

    @property
    def person(self) -> Any:
        return self.other.data or self.people.get(self.worker.data or "")

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        if fine and self.person is None:
            self.worker.errors, fine = [_("Please tap who repairs it.")], False
        return fine


class ContractorForm(Form):
    """Sent out to a firm."""

    firm = Words(_l("Firm"), longest=60)
    contact = Words(_l("Contact"), longest=40, needed=False)
    phone = Words(_l("Phone number"), longest=30, needed=False, render_kw={"type": "tel", "inputmode": "tel"})
    quote = Money(_l("Quote"))
    note = Words(_l("In a few words"), longest=200, needed=False)


class ContractorDoneForm(Form):
    """The firm is done: its bill and its guarantee."""

    cost = Money(_l("Cost"), needed=True)
    invoice = Words(_l("Invoice or contract number"), longest=60, needed=False)
    guarantee_until = OnDay(_l("Guarantee until"))


class MergeForm(Form):
    """The same damage is reported twice: which ticket goes on."""

    into = One(_l("Which ticket is the same?"), {})
    number = Words(_l("or its ticket number"), longest=20, needed=False, render_kw={"inputmode": "numeric"})

    def __init__(self, *args: Any, twins: Any = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [(str(twin.id), f"{twin.number} {twin.kind_word} {twin.words[:30]}") for twin in twins]
        self.into.choices = [SelectChoice(*row) for row in choices]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        if fine and not self.into.data and not self.number.data:
            self.into.errors, fine = [_("Please tap a ticket, or type its number.")], False
        return fine


class MessageForm(Form):
    """Words or photos to whoever is at the other end."""

    words = LongWords(_l("Message"), longest=LONGEST, render_kw={"rows": 2, "maxlength": LONGEST})
    message_photos = PhotosField(_l("Photos"))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        if fine and not self.words.data and not self.message_photos.data:
            self.words.errors, fine = [_("Please write something, or take a photo.")], False
        return fine


class ConfirmForm(Form):
    rating = One(_l("Satisfied?"), RATINGS)
    note = Words(_l("In a few words"), longest=200, needed=False)


class ReworkForm(Form):
    note = Words(_l("What is still wrong?"), longest=200)
    photos = PhotosField(_l("Photos"))
