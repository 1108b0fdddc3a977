"""What is typed on the calendar's pages."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, Form, ValidationError

from app import clock
from app.calendar.days import Week
from app.calendar.models import WEEKDAYS, holiday_problem, spans_in_words
from app.calendar.reading import spans_of
from app.fields import OnDay, OneOf, Words, options

MARKS = {"holiday": _l("holiday"), "swap": _l("swap day: taught"), "ordinary": _l("ordinary days")}


class TermForm(Form):
    """A term's days; it is called as usual when nothing is typed."""

    starts_on = OnDay(_l("First school day"), needed=True)
    ends_on = OnDay(_l("Last school day"), needed=True)
    name = Words(_l("What it is called"), needed=False)

    def validate_ends_on(self, field: Field) -> None:
        if field.data and self.starts_on.data and field.data <= self.starts_on.data:
            raise ValidationError(_("The last day comes before the first."))


class MarkForm(Form):
    """What some days are."""

    kind = OneOf(_l("These days are"), default="holiday")
    first = OnDay(_l("First day"), needed=True)
    last = OnDay(_l("Last day"))
    name = Words(_l("What it is called"), needed=False)
    taught_as = OneOf(_l("With the timetable of"), coerce=int, default=1, needed=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.kind.choices = options(MARKS)
        self.taught_as.choices = options(WEEKDAYS)

    @property
    def until(self) -> date:
        """The last day; a swap day is one day, as is what has no last day."""
        return self.first.data if self.kind.data == "swap" else self.last.data or self.first.data

    def validate_last(self, field: Field) -> None:
        if field.data and self.first.data and field.data < self.first.data and self.kind.data != "swap":
            raise ValidationError(_("The last day comes before the first."))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        if not super().validate(*args, **kwargs):
            return False
        if self.kind.data == "holiday" and (problem := holiday_problem(self.first.data, self.until)):
            self.last.errors = [problem]
        return not self.last.errors


class Hours(Words):
    """The hours of a day as text; `.spans` is what they mean."""

    spans = ()

    def post_validate(self, form: Form, stopped: bool) -> None:
        try:
            self.spans = spans_of(self.data or "")
        except ValueError as why:
            raise ValidationError(str(why)) from None


class HoursForm(Form):
    """School hours by weekday, from a day on. Empty means no school on that weekday."""

    valid_from = OnDay(_l("From this day on"), needed=True)
    day_1 = Hours(WEEKDAYS[1], longest=100, needed=False)
    day_2 = Hours(WEEKDAYS[2], longest=100, needed=False)
    day_3 = Hours(WEEKDAYS[3], longest=100, needed=False)
    day_4 = Hours(WEEKDAYS[4], longest=100, needed=False)
    day_5 = Hours(WEEKDAYS[5], longest=100, needed=False)
    day_6 = Hours(WEEKDAYS[6], longest=100, needed=False)
    day_7 = Hours(WEEKDAYS[7], longest=100, needed=False)

    @classmethod
    def of(cls, week: Week) -> "HoursForm":
        """As it stands now, to be changed from today on."""
        known = {f"day_{weekday}": spans_in_words(spans) for weekday, spans in week.items()}
        return cls(data={"valid_from": clock.today(), **known})

    @property
    def days(self) -> list[Hours]:
        return [self[f"day_{weekday}"] for weekday in WEEKDAYS]

    @property
    def week(self) -> Week:
        return {weekday: field.spans for weekday, field in zip(WEEKDAYS, self.days, strict=True) if field.spans}

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """With no hours from Monday to Friday the school's clock would stand still for ever."""
        if not super().validate(*args, **kwargs):
            return False
        if min(self.week, default=7) > 5:
            self.day_1.errors = [_("Please give the hours of at least one day from Monday to Friday.")]
            return False
        return True
