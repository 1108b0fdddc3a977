"""Cleaning to be done again because a check found it wanting: by whom, until when, and how it ended."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import calendar, clock, journal
from app.db import Day, Moment, Row, writing
from app.errors import Refused
from app.people.models import Person
from app.photos.models import Photo, guard
from app.places.models import Place

SAME_DAY_UNTIL = time(15)  # what is found later in the day is for the next school day
LONGEST = 500
OUTCOMES = {
    "": _l("to be cleaned again"),
    "done": _l("cleaned again"),
    "found_good": _l("found clean by the next check"),
    "withdrawn": _l("withdrawn"),
}

journal.says({
    "follow_ups.opened": _l("to be cleaned again by %(until)s: %(what)s"),
    "follow_ups.done": _l("cleaned again: %(what)s"),
    "follow_ups.found_good": _l("found clean by the next check: %(what)s"),
    "follow_ups.withdrawn": _l("withdrew that it has to be cleaned again: %(what)s"),
    "follow_ups.handed_over": _l("%(person)s cleans it again now: %(what)s"),
})  # fmt: skip


class FollowUp(Row):
    """One place to be cleaned again. `outcome` is a key of OUTCOMES, empty while it waits; it comes with a moment
    and a person, or none when a later check found it clean."""

    place = peewee.ForeignKeyField(Place, backref="follow_ups", index=False)
    words = peewee.CharField(LONGEST)
    person = peewee.ForeignKeyField(Person, null=True, backref="follow_ups", index=False)
    at = Moment(default=clock.now)
    due_on = Day()
    outcome = peewee.CharField(12, default="")
    ended_at = Moment(null=True)
    ended_by = peewee.ForeignKeyField(Person, null=True, backref="ended_follow_ups", index=False)
    note = peewee.CharField(LONGEST, default="")

    class Meta:
        indexes = ((("place", "outcome"), False), (("outcome", "due_on"), False), (("person", "outcome"), False))
        constraints = [
            peewee.Check("outcome in ('', 'done', 'found_good', 'withdrawn')"),
            peewee.Check("(outcome = '') = (ended_at is null)"),
        ]

    @property
    def is_open(self) -> bool:
        return not self.outcome

    @property
    def overdue(self) -> bool:
        return self.is_open and self.due_on < clock.today()

    @property
    def state_word(self) -> str:
        return _("not cleaned in time") if self.overdue else str(OUTCOMES[self.outcome])

    @property
    def tone(self) -> str:
        if self.is_open:
            return "late" if self.overdue else "soon"
        return "fine" if self.outcome != "withdrawn" else ""

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office and leaders; for a cleaner the own ones and those of the own areas."""
        if who.may("inspections.findings"):
            return cls.select()
        if who.is_card or not who.may("inspections.follow_up"):
            return cls.select().where(cls.id < 0)
        areas = Place.select(Place.id).where(Place.cleaner == who)
        return cls.select().where((cls.person == who) | cls.place.in_(areas))

    @classmethod
    def with_names(cls, query: peewee.ModelSelect) -> peewee.ModelSelect:
        """The same with place, cleaner and who ended it joined."""
        floor, building, ender, left = Place.alias(), Place.alias(), Person.alias(), peewee.JOIN.LEFT_OUTER
        return (
            query.select(
                cls, Place.id, Place.name, Place.kind, Place.parent, floor.id, floor.name, floor.kind, floor.parent,
                building.id, building.name, building.kind, Person.id, Person.name, ender.id, ender.name,
            )
            .join(Place, on=(cls.place == Place.id))
            .join(floor, left, on=(Place.parent == floor.id), attr="parent")
            .join(building, left, on=(floor.parent == building.id), attr="parent")
            .join_from(cls, Person, left, on=(cls.person == Person.id))
            .join_from(cls, ender, left, on=(cls.ended_by == ender.id), attr="ended_by")
        )  # fmt: skip

    @classmethod
    def waiting_for(cls, who: Person) -> peewee.ModelSelect:
        """What someone has to clean again, the oldest day first."""
        return cls.select().where(cls.person == who, cls.outcome == "").order_by(cls.due_on, cls.id)

    # Verbs

    @classmethod
    def open(cls, by: Any, place: Place, words: str, person: Person | None = None) -> "FollowUp":
        """Have a place cleaned again by somebody; by whom is for the office to say, if nobody is named."""
        with writing():
            row = cls.create(place=place, words=words[:LONGEST], person=person, due_on=due_day(clock.now()))
            journal.record("follow_ups.opened", row, by, place=place, what=row.words, until=row.due_on)
            for tell in after_opening:
                tell(row, by)
        return row

    def may_end(self, who: Any) -> bool:
        return not who.is_card and (who.id == self.person_id or who.may("inspections.turn"))

    def done(self, by: Person, note: str = "", photos: Iterable[Any] = ()) -> None:
        """Cleaned again, by who has it; the office may say so too."""
        if not self.may_end(by):
            raise Refused(_("%(place)s is not yours to clean.", place=self.place.name), 403)
        with writing():
            self._end("done", by, note)
            Photo.attach(list(photos), self, by)

    def withdraw(self, by: Person, reason: str) -> None:
        """It need not be done, with the reason."""
        if not reason.strip():
            raise Refused(_("Please fill this in."), 422)
        with writing():
            self._end("withdrawn", by, reason)

    def found_good(self, by: Any) -> None:
        """A later check found nothing wrong."""
        with writing():
            self._end("found_good", by, "")

    def hand_over(self, by: Person, person: Person) -> None:
        """Somebody else cleans it: who has it is ill or on leave."""
        with writing():
            moved = FollowUp.update(person=person).where(FollowUp.id == self.id, FollowUp.outcome == "")
            if not moved.execute():
                raise Refused(_("This was settled meanwhile."))
            self.person = person
            journal.record("follow_ups.handed_over", self, by, place=self.place_id, person=person.name, what=self.words)
            for tell in after_opening:
                tell(self, by)

    def _end(self, outcome: str, by: Any, note: str) -> None:
        whom = None if by is None or by.is_card else by
        ended = FollowUp.update(outcome=outcome, ended_at=clock.now(), ended_by=whom, note=note[:LONGEST]).where(
            FollowUp.id == self.id, FollowUp.outcome == ""
        )
        if not ended.execute():
            raise Refused(_("This was settled meanwhile."))
        self.outcome, self.ended_at, self.ended_by, self.note = outcome, clock.now(), whom, note
        journal.record(f"follow_ups.{outcome}", self, by, place=self.place_id, what=note or self.words)


# Told of every follow-up that somebody gets, inside its own act.
after_opening: "list[Any]" = []


def due_day(now: datetime) -> date:
    """The same day, or the next school day when it is late or no school day."""
    here = clock.local(now)
    if here.time() < SAME_DAY_UNTIL and calendar.is_school_day(here.date()):
        return here.date()
    return calendar.school_days_after(here.date(), 1)


guard(
    "follow_up",
    lambda who, id: who.is_authenticated and FollowUp.visible_to(who).where(FollowUp.id == id).exists(),
)
