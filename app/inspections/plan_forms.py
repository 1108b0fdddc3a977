"""What is filled in for a plan, a stand-in, and a spot check at once."""

from collections.abc import Sequence
from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, ValidationError

from app import clock
from app.fields import Count, OnDay, OneOf, PersonField, PlaceField, Words, options
from app.inspections.checklists import Checklist
from app.inspections.cleaning_posts import Post
from app.inspections.plans import (
    MOST_BEFORE,
    MOST_DRAWN,
    MOST_EVERY,
    MOST_GRACE,
    OFTEN_WORDS,
    WEEKDAY_NAMES,
    WHO,
    Plan,
)
from app.people.forms import offered, whole
from app.people.models import WEEKDAYS, DutyCard
from app.people.permissions import ROLES
from app.places.card_forms import NEEDED, Choices, Clock
from app.places.models import GRADES, KINDS, Place, grade_name

SPOT_DEFAULT = 3


class Perhaps(OneOf):
    """A choice that only counts with another one: what was not sent has its first value."""

    def __init__(self, label: Any = None, **kwargs: Any):
        super().__init__(label, needed=False, **kwargs)

    def process_formdata(self, values: Sequence[str]) -> None:
        super().process_formdata(values)
        if not values:
            self.data = self.default


class WhereForm(Form):
    """Which checklist, who, and where: what a plan and a spot check at once have in common."""

    slug = OneOf(_l("Checklist"))
    who = OneOf(_l("Who checks"), choices=options(WHO), default="role")
    person = PersonField(_l("Person"), needed=False)
    role = Perhaps(_l("Role"), default="director")
    card = Perhaps(_l("Duty card"), coerce=whole, default=0)
    post = Perhaps(_l("Cleaning post"), coerce=whole, default=0)
    areas = Choices(_l("Only in these parts of the school"), coerce=whole)
    room = PlaceField(_l("Only one room or area"), needed=False)
    kinds = Choices(_l("Only places of these kinds"))
    grades = Choices(_l("Only rooms of these grades"), coerce=whole)

    def __init__(self, *args: Any, plan: Plan | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kept = plan.slug if plan is not None else ""
        lists = [each for each in Checklist.in_use() if each.retired_at is None or each.slug == kept]
        self.slug.choices = options([(each.slug, each.title) for each in lists])
        may_check = {role for each in lists for role in each.who}
        self.role.choices = options([(role, words) for role, words in ROLES.items() if role in may_check])
        chosen = plan.card_id if plan is not None and plan.card_id else 0
        standing = DutyCard.standing().select(DutyCard.id)
        cards = DutyCard.select().where((DutyCard.id == chosen) | DutyCard.id.in_(standing))
        self.card.choices = options([(0, "—"), *((card.id, card.name) for card in cards.order_by(DutyCard.name))])
        self.post.choices = options([(0, "—"), *((post.id, post.name) for post in Post.in_use())])
        self.areas.choices = offered((place.id, _said(place)) for place in _levels())
        self.kinds.choices = offered((kind, words[0]) for kind, words in KINDS.items())
        self.grades.choices = offered((grade, grade_name(grade)) for grade in GRADES)

    def validate_who(self, field: OneOf) -> None:
        if field.data in ("card", "post") and not self[field.data].data:
            raise ValidationError(_("Please say who does it."))

    def validate_person(self, field: PersonField) -> None:
        if self.who.data == "person" and field.data is None and not field.errors:
            raise ValidationError(_("Please fill this in."))

    @property
    def facts(self) -> dict[str, Any]:
        """Who and where, as Plan.add and Plan.change want to know."""
        who = self.who.data
        room = [self.room.data.id] if self.room.data is not None else []
        return {
            "slug": self.slug.data,
            "who": who,
            "person": self.person.data if who == "person" else None,
            "role": self.role.data if who == "role" else "",
            "card": DutyCard.get_by_id(self.card.data) if who == "card" else None,
            "post": Post.get_by_id(self.post.data) if who == "post" else None,
            "areas": room or sorted(self.areas.data or ()),
            "kinds": sorted(self.kinds.data or ()),
            "grades": sorted(self.grades.data or ()),
        }


class PlanForm(WhereForm):
    """Who checks what, where, how often, and in which hours."""

    name = Words(_l("Name of the plan"), longest=60)
    often = OneOf(_l("How often is it due"), choices=options(OFTEN_WORDS), default="weekly")
    weekdays = Choices(_l("Days"), coerce=whole, choices=offered(WEEKDAYS.items()), default=[1, 2, 3, 4, 5])
    weekday = Perhaps(_l("Due on"), choices=options(WEEKDAY_NAMES), coerce=whole, default=5)
    day = Count(_l("Due on day of the month"), high=31, needed=False, default=25)
    every = Count(_l("Days from one to the next"), high=MOST_EVERY, needed=False, default=30)
    before = Count(_l("So many days before"), low=0, high=MOST_BEFORE, needed=False, default=0)
    in_holidays = BooleanField(_l("Also on days without lessons"))
    ahead = Count(_l("Opens so many days ahead"), low=0, high=60, needed=False, default=0)
    opens = Clock(_l("Opens at"), [NEEDED], default=time(7, 0))
    closes = Clock(_l("Due by"), [NEEDED], default=time(17, 0))
    grace = Count(_l("Days in which it can be made up for"), low=0, high=MOST_GRACE, needed=False, default=0)
    spot = Count(_l("Places drawn by lot each time"), low=0, high=MOST_DRAWN, needed=False, default=0)
    starts_on = OnDay(_l("First day"), needed=True)
    ends_on = OnDay(_l("Last day"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in (self.weekday, self.day, self.every, self.before, self.ahead, self.grace, self.spot):
            field.flags.required = True  # where the page shows it; what is left empty has a plain meaning

    def validate_weekdays(self, field: Choices) -> None:
        if self.often.data == "weekdays" and not field.data:
            raise ValidationError(_("Please choose at least one weekday."))

    def validate_ends_on(self, field: OnDay) -> None:
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("The last day comes before the first."))

    @property
    def facts(self) -> dict[str, Any]:
        """What Plan.add and Plan.change want to know."""
        often = self.often.data
        day = self.weekday.data if often == "weekly" else self.day.data or 1
        return super().facts | {
            "name": self.name.data,
            "often": often,
            "weekdays": sorted(self.weekdays.data) if often == "weekdays" else [],
            "day": day if often in ("weekly", "monthly") else 1,
            "every": (self.every.data or 1) if often == "every_n_days" else 1,
            "before": (self.before.data or 0) if often.startswith("term") else 0,
            "in_holidays": self.in_holidays.data,
            "ahead": 0 if often in ("school_days", "weekdays") else self.ahead.data or 0,
            "opens": f"{self.opens.data:%H:%M}",
            "closes": f"{self.closes.data:%H:%M}",
            "grace": self.grace.data or 0,
            "spot": self.spot.data or 0,
            "starts_on": self.starts_on.data,
            "ends_on": self.ends_on.data,
        }


def form_of(plan: Plan) -> dict[str, Any]:
    """What the form of a plan shows."""
    same = ("name", "slug", "who", "person", "often", "weekdays", "every", "before", "in_holidays", "ahead", "grace",
            "spot", "starts_on", "ends_on", "kinds", "grades")  # fmt: skip
    rooms = list(Place.rooms().where(Place.id.in_(plan.areas))) if len(plan.areas) == 1 else []
    return {name: getattr(plan, name) for name in same} | {
        "role": plan.role or "director",
        "card": plan.card_id or 0,
        "post": plan.post_id or 0,
        "areas": [] if rooms else plan.areas,
        "room": rooms[0] if rooms else None,
        "weekdays": plan.weekdays or [1, 2, 3, 4, 5],
        "weekday": plan.day if plan.often == "weekly" else 5,
        "day": plan.day if plan.often == "monthly" else 25,
        "opens": time.fromisoformat(plan.opens),
        "closes": time.fromisoformat(plan.closes),
    }


class DrawForm(WhereForm):
    """A spot check at once: how many places are drawn, and from which."""

    spot = Count(_l("How many places"), high=MOST_DRAWN, default=SPOT_DEFAULT)

    @property
    def name(self) -> str:
        """What its round is called."""
        checklist = Checklist.now(self.slug.data)
        return f"{checklist.name} {clock.today():%m-%d}"[:60]


class StandInForm(Form):
    person = PersonField(_l("Who does it this time"))


def _levels() -> list[Place]:
    """Buildings and floors, each floor after its building."""
    places = list(Place.levels().where(Place.kind != "school"))
    by_parent: dict[int, list[Place]] = {}
    for place in places:
        by_parent.setdefault(place.parent_id, []).append(place)
    buildings = [place for place in places if place.kind == "building"]
    found = [place for building in buildings for place in (building, *by_parent.get(building.id, ()))]
    return found + [place for place in places if place not in found]


def _said(place: Place) -> str:
    return f"{place.parent.name} {place.name}" if place.kind == "floor" else place.name
