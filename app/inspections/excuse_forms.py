"""What is filled in to excuse classes, a room, or a day: who, when, and why."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, ValidationError

from app import clock
from app.fields import OnDay, OneOf, PlaceField, Words, options
from app.inspections.checklists import Slot
from app.inspections.plan_forms import Perhaps
from app.places.models import ClassGroup, grade_name

ALL = "all"
MOST_DAYS, WITHIN = 14, timedelta(days=366)


class ExcuseForm(Form):
    """Why a round, or one place of it, need not be checked."""

    reason = Words(_l("Reason, such as a trip or an exam"), longest=200)


class DaysForm(ExcuseForm):
    """The days, and the part of them."""

    day = OnDay(_l("Day"), needed=True)
    until = OnDay(_l("Until"))
    part = Perhaps(_l("Part of the day"), default="")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        slots = [(slot.slug, slot.title) for slot in Slot.in_order()]
        self.part.choices = options([("", _("the whole day")), *slots])
        self.part.flags.required = True  # what is not sent has a plain meaning

    def validate_day(self, field: OnDay) -> None:
        if field.data and abs(field.data - clock.today()) > WITHIN:
            raise ValidationError(_("Please choose a day within a year."))

    def validate_until(self, field: OnDay) -> None:
        if not (field.data and self.day.data):
            return
        if field.data < self.day.data:
            raise ValidationError(_("The last day comes before the first."))
        if field.data - self.day.data >= timedelta(days=MOST_DAYS):
            raise ValidationError(_("At most %(most)s days at once, please.", most=MOST_DAYS))

    @property
    def days(self) -> list[date]:
        last = self.until.data or self.day.data
        return [self.day.data + timedelta(days=number) for number in range((last - self.day.data).days + 1)]


def _whom(classes: Sequence[ClassGroup]) -> list[Any]:
    grades = {f"g{grade}": grade_name(grade) for grade in sorted({group.grade for group in classes})}
    return options(grades) + options((str(group.id), group.name) for group in classes)


def _chosen(chosen: str, classes: Sequence[ClassGroup]) -> list[ClassGroup]:
    return [group for group in classes if chosen in (str(group.id), f"g{group.grade}")]


class ExcuseDayForm(DaysForm):
    """The whole school, a grade, a class, or a room or area."""

    whom = Perhaps(_l("Who or what"), default=ALL)
    place = PlaceField(_l("Or only one room or area"), needed=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.classes = list(ClassGroup.present())
        self.whom.choices = options({ALL: _("the whole school")}) + _whom(self.classes)
        self.whom.flags.required = True

    @property
    def groups(self) -> list[ClassGroup] | None:
        """The classes that were chosen; None for the whole school or a room."""
        return None if self.place.data or self.whom.data == ALL else _chosen(self.whom.data, self.classes)


class ExemptForm(DaysForm):
    """Classes in one week."""

    whom = OneOf(_l("Who or what"))
    reason = Words(_l("Reason, such as trip or exam"), longest=60)

    def __init__(self, formdata: Any, classes: list[ClassGroup], first: date):
        super().__init__(formdata, data={"day": first})
        self.classes, self.first = classes, first
        self.whom.choices = _whom(classes)

    def validate_day(self, field: Any) -> None:
        self._in_week(field)

    def validate_until(self, field: Any) -> None:
        super().validate_until(field)
        self._in_week(field)

    def _in_week(self, field: Any) -> None:
        if field.data and not self.first <= field.data <= self.first + timedelta(days=6):
            raise ValidationError(_("Please choose a day of this week."))

    @property
    def groups(self) -> list[ClassGroup]:
        return _chosen(self.whom.data, self.classes)
