"""Which damage goes to whom (派单规则): a table that the school edits. What it does not name is the electricians'."""

from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import journal
from app.db import Prepared, Row, writing
from app.errors import Refused
from app.people.models import Office, Person, PersonRole
from app.people.permissions import ROLES
from app.repairs.kinds import KINDS

USUAL_ROLE = "electrician"

journal.says({
    "repairs.routed": _l("repairs of “%(parts)s” go to %(target)s now"),
})  # fmt: skip
journal.calls({f"repairs.kind.{kind}": words[0] for kind, words in KINDS.items()})


class Route(Row):
    """Who is offered damage of a kind: a role, an office or a person. `straight`: it is assigned to the person at
    once, without the director's queue."""

    kind = peewee.CharField(12, unique=True)
    role = peewee.CharField(20, null=True)
    office = peewee.ForeignKeyField(Office, null=True, backref="routes")
    person = peewee.ForeignKeyField(Person, null=True, backref="routes")
    straight = peewee.BooleanField(default=False)

    class Meta:
        table_name = "repair_route"
        constraints = [
            peewee.Check("(role is not null) + (office_id is not null) + (person_id is not null) = 1"),
            peewee.Check("straight = 0 or person_id is not null"),
        ]

    @property
    def target_word(self) -> str:
        if self.person_id:
            return self.person.name
        return self.office.name if self.office_id else str(ROLES[self.role])

    @classmethod
    def table(cls) -> dict[str, "Route"]:
        """Every kind with its route, one query; a kind that the school left alone has the usual one, not stored."""
        query = cls.select(cls, Office, Person).join(Office, peewee.JOIN.LEFT_OUTER).join_from(
            cls, Person, peewee.JOIN.LEFT_OUTER
        )  # fmt: skip
        stored = {route.kind: route for route in query}
        return {kind: stored.get(kind) or cls(kind=kind, role=USUAL_ROLE) for kind in KINDS}

    @classmethod
    def lead(
        cls, by: Any, kind: str, *, role: str | None = None, office: Office | None = None,
        person: Person | None = None, straight: bool = False,
    ) -> "Route":  # fmt: skip
        """Send damage of a kind to a role, an office or a person from now on."""
        if kind not in KINDS:
            raise Refused(_("There is no kind of damage %(kind)s.", kind=kind), 422)
        if [role, office, person].count(None) != 2 or (role is not None and role not in ROLES):
            raise Refused(_("Please choose a role, an office or a person."), 422)
        if person is not None and not person.is_active:
            raise Refused(_("The account of %(name)s is switched off.", name=person.name), 422)
        with writing():
            route = cls.get_or_none(cls.kind == kind) or cls(kind=kind)
            before = (route.role, route.office_id, route.person_id, route.straight)
            route.role, route.office, route.person = role, office, person
            route.straight = straight and person is not None
            if before != (role, office and office.id, person and person.id, route.straight):
                route.save()
                target = route.target_word
                journal.record("repairs.routed", route, by, parts=[f"repairs.kind.{kind}"], target=target)
        return route

    # What the desk asks

    @classmethod
    def straight_to(cls, kind: str) -> Person | None:
        """Who gets this kind at once, if somebody does and is still there."""
        return _straight.first(kind)

    @classmethod
    def people_of(cls, kind: str) -> list[int]:
        """Ids of who is offered this kind. Where that is nobody any more, the electricians'."""
        return [id for (id,) in _people(kind) or _usual(USUAL_ROLE)]

    @classmethod
    def kinds_of(cls, who: Person) -> peewee.ModelSelect:
        """The kinds that someone is offered by name or office, or by a role that was given."""
        mine = (cls.person == who) | cls.role.in_(list(who.given_roles))
        if who.office_id:
            mine |= cls.office == who.office_id
        return cls.select(cls.kind).where(mine)

    @classmethod
    def offers(cls, kind: str, who: Person) -> bool:
        return cls.kinds_of(who).where(cls.kind == kind).exists()


def _target(kind: Any) -> peewee.ModelSelect:
    """Active people whom the route of a kind names."""
    by_role = PersonRole.select(PersonRole.person).join(Route, on=(Route.role == PersonRole.role))
    by_name = Route.select(Route.person).where(Route.kind == kind)
    by_office = Route.select(Route.office).where(Route.kind == kind)
    named = Person.id.in_(by_name) | Person.office.in_(by_office) | Person.id.in_(by_role.where(Route.kind == kind))
    return Person.select(Person.id).where(named, Person.closed_at.is_null()).tuples()


_people = Prepared(_target)
_usual = Prepared(
    lambda role: (
        Person.select(Person.id).join(PersonRole).where(PersonRole.role == role, Person.closed_at.is_null()).tuples()
    )
)
_straight = Prepared(
    lambda kind: (
        Person.select()
        .join(Route, on=(Route.person == Person.id))
        .where(Route.kind == kind, Route.straight, Person.closed_at.is_null())
    )
)
