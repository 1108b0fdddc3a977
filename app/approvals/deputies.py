"""Deputies: who answers for a colleague who is away. Everyone appoints the own deputy, on the account page."""

from datetime import date

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import Day, Moment, Row, writing
from app.errors import Refused
from app.people.models import Person, roles_of

journal.says({
    "approvals.deputy": _l("made %(deputy)s the deputy from %(start)s to %(end)s"),
    "approvals.deputy_ended": _l("ended the time of %(deputy)s as deputy"),
})  # fmt: skip


class Deputy(Row):
    """Someone answers for a colleague who is away, from a day to a day. At most one at a time stands."""

    person = peewee.ForeignKeyField(Person, backref="deputies", index=False)
    deputy = peewee.ForeignKeyField(Person, backref="deputy_of")
    starts_on = Day()
    ends_on = Day()
    at = Moment(default=clock.now)
    ended_at = Moment(null=True)

    class Meta:
        constraints = [peewee.Check("starts_on <= ends_on"), peewee.Check("person_id <> deputy_id")]

    @classmethod
    def absent_for(cls, who: Person) -> peewee.ModelSelect:
        """The ids of the people whose deputy `who` is today, for a condition."""
        today = clock.today()
        return cls.select(cls.person).where(
            cls.deputy == who.id, cls.ended_at.is_null(), cls.starts_on <= today, cls.ends_on >= today
        )

    @classmethod
    def absent_people(cls, who: Person) -> list[Person]:
        """The same people with their roles, in two queries at most."""
        people = list(Person.select().where(Person.id.in_(cls.absent_for(who))).order_by(Person.id))
        for person, roles in zip(people, roles_of(people).values() if people else (), strict=True):
            person.given_roles = frozenset(roles)
        return people

    @classmethod
    def of(cls, person: Person) -> "Deputy | None":
        """Who answers for this person now or soon."""
        return (
            cls.select(cls, Person)
            .join(Person, on=(cls.deputy == Person.id))
            .where(cls.person == person.id, cls.ended_at.is_null(), cls.ends_on >= clock.today())
            .first()
        )

    @classmethod
    def appoint(cls, person: Person, deputy: Person, starts_on: date, ends_on: date) -> "Deputy":
        """`person` will be away; `deputy` answers meanwhile. Refused while another deputy stands."""
        if deputy.id == person.id:
            raise Refused(_("Your deputy must be someone else."), 422)
        if not deputy.is_active:
            raise Refused(_("The account of %(person)s is switched off.", person=deputy.name), 422)
        if ends_on < starts_on:
            raise Refused(_("The last day comes before the first."), 422)
        if ends_on < clock.today():
            raise Refused(_("That day has passed."), 422)
        with writing():
            if standing := cls.of(person):
                raise Refused(_("%(deputy)s is already your deputy; end that first.", deputy=standing.deputy.name))
            cls._close_past(person)
            row = cls.create(person=person, deputy=deputy, starts_on=starts_on, ends_on=ends_on)
            journal.record("approvals.deputy", person, person, deputy=deputy.name, start=starts_on.isoformat(),
                           end=ends_on.isoformat())  # fmt: skip
        return row

    @classmethod
    def _close_past(cls, person: Person) -> None:
        cls.update(ended_at=clock.now()).where(cls.person == person.id, cls.ended_at.is_null()).execute()

    def end(self, by: Person) -> None:
        """Back earlier than thought."""
        with writing():
            if not Deputy.select().where(Deputy.id == self.id, Deputy.ended_at.is_null()).exists():
                raise Refused(_("This has already ended."))
            self.ended_at = clock.now()
            self.save(only=[Deputy.ended_at])
            journal.record("approvals.deputy_ended", self.person, by, deputy=self.deputy.name)


Deputy.add_index(Deputy.index(Deputy.person, unique=True, name="deputy_standing", where=peewee.SQL("ended_at is null")))
