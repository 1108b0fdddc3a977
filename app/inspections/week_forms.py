"""Forms of the week: its rules, an appeal and its answer, why a week is reopened."""

from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, ValidationError

from app.calendar.models import WEEKDAYS
from app.fields import Count, LongWords, OneOf, Words, options
from app.inspections.forms import PointsField
from app.inspections.models import Mark
from app.inspections.weeks import FEW, FLAGS, GROUPS, RULES, TIES
from app.photos.forms import PhotosField


class RulesForm(Form):
    """How a week is scored."""

    group_by = OneOf(_l("Ranked are"), choices=options(GROUPS))
    ties = OneOf(_l("When two classes have the same score"), choices=options(TIES))
    min_checks = Count(_l("Fewest checks of a class in a week"), low=1, high=50)
    few = OneOf(_l("A class with fewer checks gets"), choices=options(FEW))
    flag_rule = OneOf(_l("The red flag goes to"), choices=options(FLAGS))
    flags = Count(_l("Places of each group that get a flag"), low=0, high=20)
    threshold = PointsField(_l("Score that gets a flag"), highest=1000, step=10)
    bonus_cap = PointsField(_l("Most bonus of a class in a week"), highest=1000, step=10)
    balance = BooleanField(_l("Balance strict and mild scorers"))
    public = BooleanField(_l("Anybody may see the totals without signing in"))
    lock_weekday = OneOf(_l("The week is locked on"), choices=options(WEEKDAYS), coerce=int)
    lock_time = Words(_l("at (hour and minute)"), longest=5)
    appeal_hours = Count(_l("School hours in which a class teacher may appeal"), low=1, high=200)

    def validate_lock_time(self, field: Any) -> None:
        text = (field.data or "").replace("：", ":")
        try:
            field.data = time.fromisoformat(text.zfill(5)).strftime("%H:%M")
        except ValueError:
            raise ValidationError(_("Please give a time like 17:00.")) from None

    @property
    def values(self) -> dict[str, Any]:
        return {name: self[name].data for name in RULES}


class AppealForm(Form):
    """What is not right, in words or with a photo."""

    words = LongWords(_l("What is not right?"), longest=500, render_kw={"rows": 4})
    photos = PhotosField(_l("Photos"))

    def validate(self, extra_validators: Any = None) -> bool:
        right = super().validate(extra_validators)
        if right and not self.words.data and not self.photos.data:
            self.words.errors = [_("Please say in words what is not right, or add a photo.")]
            return False
        return right


OUTCOMES = {"upheld": _l("The deduction stands"), "corrected": _l("The class is right: correct it")}


class AnswerForm(Form):
    """The answer to an appeal: it stands, or the points the item shall have, and why."""

    outcome = OneOf(_l("Your answer"), choices=options(OUTCOMES))
    points = PointsField(_l("Points the item shall have, if corrected"), needed=False)
    reason = LongWords(_l("Why"), longest=300, needed=True)

    def __init__(self, formdata: Any, mark: Mark):
        super().__init__(formdata, data={"points": mark.item.max})
        self.points.highest, self.points.step = mark.item.max, mark.item.step
        self.mark = mark

    @property
    def lost(self) -> int:
        return self.mark.item.max - self.points.data

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self.outcome.data == "upheld":
            return True
        if self.points.data is None:
            self.points.errors = [_("Please fill this in.")]
        elif self.lost >= self.mark.lost:
            self.points.errors = [_("An appeal can only make a deduction smaller.")]
        return not self.points.errors


class ReopenForm(Form):
    """Why a published week is reopened."""

    reason = LongWords(_l("Why is the week reopened?"), longest=300, needed=True)
