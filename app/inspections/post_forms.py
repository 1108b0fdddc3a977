"""What is filled in for a cleaning post."""

from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, ValidationError

from app import clock
from app.fields import LongWords, OnDay, PersonField, Words
from app.inspections.cleaning_posts import MOST_AREAS, Post, PostArea
from app.inspections.posts import CYCLES
from app.people.forms import offered, whole
from app.places.card_forms import Choices, Clock
from app.places.models import Place


def areas_to_choose(post: Post | None = None) -> list[Place]:
    """The places that are cleaned and belong to no other post, in walking order."""
    taken = PostArea.select(PostArea.place).where(PostArea.until.is_null(), PostArea.post != (post.id if post else 0))
    return list(Place.rooms().where(Place.id.not_in(taken)).order_by(Place.parent, Place.position, Place.id))


class PostForm(Form):
    """A post: its name, who holds it, its areas and hours."""

    name = Words(_l("Name of the post"), longest=60)
    person = PersonField(_l("Who holds it"), needed=False)
    areas = Choices(_l("Areas"), coerce=whole)
    first_start = Clock(_l("From"), default=time(6, 30))
    first_end = Clock(_l("To"), default=time(11, 0))
    second_start = Clock(_l("and from"), default=time(13, 0))
    second_end = Clock(_l("to"), default=time(16, 30))
    note = Words(_l("What to know"), longest=200, needed=False)

    def __init__(self, formdata: Any = None, post: Post | None = None):
        super().__init__(formdata, data=_as_data(post) if post is not None else None)
        self.places = areas_to_choose(post)
        self.areas.choices = offered((place.id, place.full_name) for place in self.places)

    def validate_areas(self, field: Choices) -> None:
        if not 0 < len(field.data or ()) <= MOST_AREAS:
            raise ValidationError(_("Please choose from 1 to %(most)s areas.", most=MOST_AREAS))

    def validate_first_end(self, field: Clock) -> None:
        _must_follow(self.first_start, field)

    def validate_second_end(self, field: Clock) -> None:
        _must_follow(self.second_start, field)

    def validate_second_start(self, field: Clock) -> None:
        if field.data and self.first_end.data and field.data < self.first_end.data:
            raise ValidationError(_("The second time must come after the first."))

    @property
    def hours(self) -> list[list[str]]:
        times = [(self.first_start.data, self.first_end.data), (self.second_start.data, self.second_end.data)]
        return [[f"{start:%H:%M}", f"{end:%H:%M}"] for start, end in times if start and end]

    @property
    def chosen(self) -> list[Place]:
        return [place for place in self.places if place.id in set(self.areas.data or ())]

    @property
    def facts(self) -> dict[str, Any]:
        return {"name": self.name.data, "person": self.person.data, "hours": self.hours, "note": self.note.data or ""}


def _must_follow(start: Clock, end: Clock) -> None:
    if start.errors:
        return
    if bool(start.data) != bool(end.data):
        raise ValidationError(_("Please give both times, or neither."))
    if start.data and end.data <= start.data:
        raise ValidationError(_("Each time of duty must end after it begins."))


def _as_data(post: Post) -> dict[str, Any]:
    pairs = [[time.fromisoformat(text) for text in pair] for pair in post.hours] + [[None, None]] * 2
    (first_start, first_end), (second_start, second_end) = pairs[:2]
    return {
        "name": post.name, "person": post.person, "areas": post.area_ids, "note": post.note,
        "first_start": first_start, "first_end": first_end, "second_start": second_start, "second_end": second_end,
    }  # fmt: skip


class StandInForm(Form):
    """Who does the work meanwhile."""

    substitute = PersonField(_l("Who stands in"))
    first = OnDay(_l("First day"), needed=True)
    last = OnDay(_l("Last day"), needed=True)

    def __init__(self, formdata: Any = None):
        super().__init__(formdata, data={"first": clock.today(), "last": clock.today()})

    def validate_last(self, field: OnDay) -> None:
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(_("The last day comes before the first."))


class CloseForm(Form):
    """Why a post is given up."""

    reason = LongWords(_l("Reason"), longest=200, needed=True)


CYCLE_WORDS = {"day": _l("Today"), "week": _l("This week"), "month": _l("This month")}
assert CYCLE_WORDS.keys() == CYCLES.keys()
