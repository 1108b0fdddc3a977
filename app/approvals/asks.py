"""Asks: each needed agreement, who may give it, what waits for someone, and what kinds of slips there are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock, journal
from app.approvals.deputies import Deputy
from app.db import Moment, Row
from app.errors import Refused
from app.people.models import Person, PersonRole, before_close
from app.people.permissions import ROLES


@dataclass(frozen=True)
class Kind:
    """How the asks of one kind of slip are shown; see register()."""

    model: Any  # the slip's class
    name: Any
    icon: str
    title: Callable[[list[int]], dict[int, tuple[str, str]]]
    words: dict[str, Any]
    opinions: frozenset[str] = frozenset()  # keys of words: who agrees in these capacities has to say why


KINDS: dict[str, Kind] = {}  # table name → kind


def register(
    model: Any,
    *,
    title: Callable[[list[int]], dict[int, tuple[str, str]]],
    icon: str,
    name: Any,
    words: dict[str, Any],
    opinions: Iterable[str] = (),
) -> None:
    """Make a kind of slip known. `title(ids)` gives {id: (words, url)} in one query; `name` heads its group in the
    list of what waits; `words` say in what capacity somebody agrees: {"taker": _l("takes over")}; those in
    `opinions` agree in writing, like an appraiser."""
    table = model._meta.table_name
    KINDS[table] = Kind(model, name, icon, title, words, frozenset(opinions))
    journal.calls({f"{table}.{key}": said for key, said in words.items()})


class Ask(Row):
    """One needed agreement on a slip. It waits while `opened_at` is set and `at` is not.

    `at` ends it: agreed or refused (`agreed`, with `by`), or fallen away (`agreed` null: another one refused, or,
    with `by`, the applicant withdrew). `applicant` repeats the slip's, so that one query finds what waits for someone
    in every noun and the database itself keeps applicant and approver apart.
    """

    slip = peewee.CharField(30)
    slip_id = peewee.IntegerField()
    step = peewee.IntegerField(default=1)
    key = peewee.CharField(30)
    words = peewee.CharField(30)
    role = peewee.CharField(20, null=True)
    person = peewee.ForeignKeyField(Person, null=True, backref="asks", index=False)
    party = peewee.BooleanField(default=False)
    applicant = peewee.ForeignKeyField(Person, null=True, backref="applications", index=False)
    opened_at = Moment(null=True)
    agreed = peewee.BooleanField(null=True)
    by = peewee.ForeignKeyField(Person, null=True, backref="answers", index=False)
    at = Moment(null=True)
    reason = peewee.CharField(200, default="")
    deputy_for = peewee.ForeignKeyField(Person, null=True, backref="answers_by_deputy", index=False)

    class Meta:
        indexes = (
            (("slip", "slip_id", "key"), True),
            (("applicant", "id"), False),
        )
        constraints = [
            peewee.Check("(role is null) <> (person_id is null)"),
            peewee.Check("agreed is null or (by_id is not null and at is not null and opened_at is not null)"),
            peewee.Check("agreed is null or agreed or reason <> ''"),
            peewee.Check("agreed is null or applicant_id is null or by_id <> applicant_id or (party and agreed)"),
            peewee.Check("applicant_id is null or deputy_for_id is null or deputy_for_id <> applicant_id"),
        ]

    # Which

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Asks with all people that a page names, in one query, in the order of the slip."""
        asked, by, absent, applicant = (Person.alias() for _each in range(4))
        left = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, asked, by, absent, applicant)
            .join_from(cls, asked, left, on=(cls.person == asked.id), attr="person")
            .join_from(cls, by, left, on=(cls.by == by.id), attr="by")
            .join_from(cls, absent, left, on=(cls.deputy_for == absent.id), attr="deputy_for")
            .join_from(cls, applicant, left, on=(cls.applicant == applicant.id), attr="applicant")
            .order_by(cls.slip, cls.slip_id, cls.step, cls.id)
        )

    @classmethod
    def of(cls, slip: Any) -> peewee.Expression:
        return (cls.slip == slip._meta.table_name) & (cls.slip_id == slip.id)

    @classmethod
    def is_waiting(cls) -> peewee.Expression:
        return cls.at.is_null() & cls.opened_at.is_null(False)

    @classmethod
    def asked_of(cls, who: Person) -> peewee.Expression:
        """Asks that are `who`'s to answer: by name, by a role, or today as somebody's deputy; waiting or over."""
        absent = Deputy.absent_for(who)
        absent_with_role = PersonRole.select(PersonRole.role).where(
            PersonRole.person.in_(absent),
            cls.applicant.is_null() | (PersonRole.person != cls.applicant),
        )
        own = (cls.person == who.id) | cls.role.in_(sorted(who.given_roles))
        return own | cls.person.in_(absent) | cls.role.in_(absent_with_role)

    # What can be said of it

    @property
    def part(self) -> str:
        """In what capacity someone agrees: `takes over`, `General Affairs director`."""
        kind = KINDS.get(self.slip)
        return str((kind.words if kind else {}).get(self.words) or ROLES.get(self.words, self.words))

    @property
    def asked(self) -> str:
        """Who is asked: a name, or a role in words."""
        return self.person.name if self.person_id else str(ROLES.get(self.role, self.role))

    @property
    def wants_opinion(self) -> bool:
        """Whether who agrees has to write what they found."""
        kind = KINDS.get(self.slip)
        return kind is not None and self.words in kind.opinions

    @property
    def state(self) -> str:
        """waiting, later, agreed, refused, withdrawn or dropped (no longer needed)."""
        if self.at is None:
            return "waiting" if self.opened_at else "later"
        if self.agreed is None:
            return "withdrawn" if self.by_id else "dropped"
        return "agreed" if self.agreed else "refused"

    @property
    def told(self) -> str:
        """Told to whoever comes second."""
        who = self.by.name if self.by_id else ""
        return {
            "agreed": _("%(person)s has already agreed to this.", person=who),
            "refused": _("%(person)s has already refused this.", person=who),
            "withdrawn": _("%(person)s has withdrawn this.", person=who),
            "later": _("This still waits for others to agree first."),
        }.get(self.state) or _("This is no longer needed.")

    @property
    def fact(self) -> str:
        """The part as the journal keeps it, put in words when it is read."""
        own = self.words in KINDS[self.slip].words
        return f"{self.slip if own else 'role'}.{self.words}"

    # Who may answer

    def names(self, who: Person) -> bool:
        """Whether `who` is asked, by name or by a role; the applicant never is."""
        return who.id != self.applicant_id and (self.person_id == who.id or self.role in who.given_roles)

    def in_place_of(self, who: Person, absent: list[Person] | None = None) -> Person | None:
        """The absent person for whom `who` answers; None when `who` is asked or nobody is absent. For many asks,
        look Deputy.absent_people(who) up once and pass it."""
        if self.names(who) or who.id == self.applicant_id:
            return None
        people = Deputy.absent_people(who) if absent is None else absent
        return next((person for person in people if self.names(person)), None)

    def is_for(self, who: Person, absent: list[Person]) -> bool:
        """Whether `who` may answer, in the own right or for one of `absent`."""
        return self.names(who) or self.in_place_of(who, absent) is not None

    def answer(self, by: Person, agreed: bool, reason: str = "") -> None:
        """Write the answer down, if `by` may give it and nobody was faster. Called by the slip, inside its act."""
        if self.state != "waiting":
            raise Refused(self.told)
        if by.id == self.applicant_id:
            raise Refused(_("You asked for this yourself; someone else has to agree."))
        absent = self.in_place_of(by)
        if not (absent or self.names(by)):
            raise Refused(_("This waits for %(who)s.", who=self.asked), 403)
        answer = {"agreed": agreed, "by": by, "at": clock.now(), "reason": reason, "deputy_for": absent}
        if not Ask.update(answer).where(Ask.id == self.id, Ask.is_waiting()).execute():
            raise Refused(Ask.shown().where(Ask.id == self.id).get().told)  # a database without IMMEDIATE acts
        self.deputy_for = absent


# Only what waits is in it, in the order of the list: the page costs the same after years of answers.
Ask.add_index(
    Ask.index(
        Ask.slip, Ask.slip_id, Ask.step, Ask.id, name="ask_waiting",
        where=peewee.SQL("at is null and opened_at is not null"),
    )
)  # fmt: skip


def waiting_asks(who: Person) -> peewee.ModelSelect:
    """What waits for `who` in all nouns: own, by role, as deputy; never what `who` asked for. One query."""
    return Ask.shown().where(Ask.is_waiting(), Ask.asked_of(who), Ask.applicant.is_null() | (Ask.applicant != who.id))


def _nothing_waits(person: Person) -> None:
    """An account is not switched off while somebody waits for just this person to agree."""
    waiting = Ask.select().where(Ask.person == person, Ask.at.is_null()).count()
    if waiting:
        words = ngettext(
            "%(num)s request still waits for %(person)s to agree.",
            "%(num)s requests still wait for %(person)s to agree.",
            waiting, person=person.name,
        )  # fmt: skip
        raise Refused(words)


before_close.append(_nothing_waits)
