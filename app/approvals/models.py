"""Who still has to agree. One way for every slip of the school: a request, a transfer, a write-off, a count.

A noun makes its row a slip by saying who must agree, and what happens then:

    class Transfer(Slip, Row):
        applicant = peewee.ForeignKeyField(Person)          # every slip has one; the name is read here

        def needs(self) -> list[Need]:
            return [
                Need("giver", "giver", person=self.giver, party=True),   # step 1: both at the same time
                Need("taker", "taker", person=self.taker, party=True),
                Need("office", "office", role="director", step=2),       # step 2 opens when step 1 is through
            ]

        def settle(self, by): ...   # the last one agreed: post the ledger; in the same act, exactly once
        def fall(self, by, reason): ...   # refused or withdrawn: put back what was held; may be left out

        @classmethod
        def ask(cls, by, ...):
            with writing():
                slip = cls.create(applicant=by, ...)
                slip.ask_all(by)
            return slip

    register(Transfer, name=_l("Transfers"), icon="move-horizontal", title=titles,      # in views.py
             words={"giver": _l("hands over"), "taker": _l("takes over"), "office": _l("office agrees")})

`titles(ids) -> {id: (words, url)}` in one query. With that the slip stands on everybody's page /approvals/.

Verbs, each one act, each Refused with a sentence when it can't be:
    slip.ask_all(by)                        once, inside the act that creates the slip
    slip.agree(by, key=None, note="")       without a key: the first ask that waits for `by`
    slip.refuse(by, reason, key=None)       ends the slip; asks that still wait fall away
    slip.withdraw(by, reason="")            by the applicant, as long as it is open

To read:
    slip.state, slip.state_word             open | agreed | refused | withdrawn
    slip.asks                               the Ask rows in order, with people; kept until the next verb
    slip.waits_for(who)                     the Ask that `who` may answer now, or None
    Slip.load_asks(slips)                   the asks of a whole list in one query
    Slip.in_state("open")                   a condition for queries
    waiting_asks(who)                       query of all that waits for someone, across nouns

In templates: `{% from "approvals/_asks.html" import asks, answer with context %}`, then `{{ asks(slip) }}` (who agreed,
who is waited for) and `{{ answer(slip) }}` (the buttons for whoever looks; nothing for others).

Rules. The applicant never agrees to the own slip, not even as somebody's deputy, nor does the applicant's deputy for
the applicant. A `party` is no judge: who asks and is a party has agreed by asking. When nobody but the applicant
holds a role, or nobody at all, the next higher role is asked (custodian → director → vice-principal → principal).
A deputy (deputies.py) answers for someone who is away, and the row says for whom.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import clock, journal
from app.approvals.deputies import Deputy
from app.db import Moment, Row, database, writing
from app.errors import Refused
from app.people.models import Person, PersonRole, before_close
from app.people.permissions import ROLES

STATES = {"open": _l("waiting"), "agreed": _l("agreed"), "refused": _l("refused"), "withdrawn": _l("withdrawn")}
# Whom to ask when nobody but the applicant holds the role; for any other role, the director.
ABOVE = {"director": "vice_principal", "vice_principal": "principal", "principal": None}

journal.says({
    "approvals.asked": _l("asked for agreement: %(parts)s"),
    "approvals.agreed": _l("agreed (%(parts)s)"),
    "approvals.agreed_for": _l("agreed (%(parts)s) as deputy of %(absent)s"),
    "approvals.refused": _l("refused (%(parts)s): %(reason)s"),
    "approvals.refused_for": _l("refused (%(parts)s) as deputy of %(absent)s: %(reason)s"),
    "approvals.withdrawn": _l("withdrew the request: %(reason)s"),
})  # fmt: skip
journal.calls({f"role.{role}": words for role, words in ROLES.items()})


@dataclass(frozen=True)
class Need:
    """One agreement that a slip needs, of a role or of a person.

    key: its own name on this slip (`appraiser-2`); words: the key of its words (`appraiser`), see register(), or a
    role's name. Needs of the same step wait side by side. party: someone the slip is about rather than who judges it.
    """

    key: str
    words: str
    role: str | None = None
    person: Person | None = None
    step: int = 1
    party: bool = False


@dataclass(frozen=True)
class Kind:
    """How the asks of one kind of slip are shown; see register()."""

    model: "type[Slip]"
    name: Any
    icon: str
    title: Callable[[list[int]], dict[int, tuple[str, str]]]
    words: dict[str, Any]


KINDS: dict[str, Kind] = {}  # table name → kind


def register(
    model: "type[Slip]",
    *,
    title: Callable[[list[int]], dict[int, tuple[str, str]]],
    icon: str,
    name: Any,
    words: dict[str, Any],
) -> None:
    """Make a kind of slip known. `title(ids)` gives {id: (words, url)} in one query; `name` heads its group in the
    list of what waits; `words` say in what capacity somebody agrees: {"taker": _l("takes over")}."""
    table = model._meta.table_name
    KINDS[table] = Kind(model, name, icon, title, words)
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
    def of(cls, slip: "Slip") -> peewee.Expression:
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
    def state(self) -> str:
        """waiting, later, agreed, refused, withdrawn or dropped (no longer needed)."""
        if self.at is None:
            return "waiting" if self.opened_at else "later"
        if self.agreed is None:
            return "withdrawn" if self.by_id else "dropped"
        return "agreed" if self.agreed else "refused"

    @property
    def answer_words(self) -> str:
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

    def capacity_of(self, who: Person, absent: list[Person] | None = None) -> Person | None:
        """None when `who` answers in the own right, else the absent person whose deputy they are.

        Refused when `who` may not answer: the applicant, or someone who is not asked (403). A list page passes the
        people that `who` stands in for, Deputy.absent_people(who), so that they are looked up once.
        """
        if who.id == self.applicant_id:
            raise Refused(_("You asked for this yourself; someone else has to agree."))
        if self.person_id == who.id or self.role in who.given_roles:
            return None
        for other in Deputy.absent_people(who) if absent is None else absent:
            if other.id != self.applicant_id and (self.person_id == other.id or self.role in other.given_roles):
                return other
        raise Refused(_("This waits for %(who)s.", who=self.asked), 403)

    def answer(self, by: Person, agreed: bool, reason: str = "") -> None:
        """Write the answer down, if nobody was faster. Slip.agree and Slip.refuse call this inside their act."""
        absent = self.capacity_of(by)
        if self.state != "waiting":
            raise Refused(self.answer_words)
        written = (
            Ask.update(agreed=agreed, by=by, at=clock.now(), reason=reason, deputy_for=absent)
            .where(Ask.id == self.id, Ask.is_waiting())
            .execute()
        )
        if not written:  # a database without IMMEDIATE acts
            raise Refused(Ask.shown().where(Ask.id == self.id).get().answer_words)
        self.agreed, self.by, self.deputy_for = agreed, by, absent


for column in (Ask.person, Ask.role):
    Ask.add_index(
        Ask.index(column, name=f"ask_waiting_{column.name}", where=peewee.SQL("at is null and opened_at is not null"))
    )


class Slip:
    """What a noun's row becomes when somebody has to agree to it. See the head of this file."""

    # What the noun says

    def needs(self) -> list[Need]:
        """Who has to agree, in steps. Asked once, by ask_all()."""
        raise NotImplementedError

    def settle(self, by: Person) -> None:
        """Everybody agreed: do it. Runs once, in the act of the last agreement; Refused undoes that agreement."""
        raise NotImplementedError

    def fall(self, by: Person, reason: str) -> None:
        """It was refused or withdrawn (see `state`): put back what was held for it."""

    def filed(self) -> dict[str, Any]:
        """Where the journal files the answers besides the slip: {"asset": …, "place": …}."""
        return {}

    # What it answers

    @property
    def asks(self) -> list[Ask]:
        """Its asks in order, with all people, kept until the next verb."""
        if "_asks" not in self.__dict__:
            self._asks = list(Ask.shown().where(Ask.of(self)))
        return self._asks

    @classmethod
    def load_asks(cls, slips: "Iterable[Slip]") -> None:
        """Fetch the asks of a whole list in one query, so that `asks` and `state` ask nothing more."""
        found: dict[int, list[Ask]] = {slip.id: [] for slip in slips}
        for ask in Ask.shown().where(Ask.slip == cls._meta.table_name, Ask.slip_id.in_(list(found))):
            found[ask.slip_id].append(ask)
        for slip in slips:
            slip._asks = found[slip.id]

    @property
    def state(self) -> str:
        """open, agreed, refused or withdrawn."""
        ends = {ask.state for ask in self.asks}
        for end in ("refused", "withdrawn"):
            if end in ends:
                return end
        return "agreed" if ends <= {"agreed"} else "open"

    @property
    def state_word(self) -> str:
        return str(STATES[self.state])

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @classmethod
    def in_state(cls, state: str) -> peewee.Expression:
        """The condition that a slip is open, agreed, refused or withdrawn."""
        ends = {
            "open": Ask.at.is_null(),
            "refused": Ask.agreed == False,  # noqa: E712 - peewee's comparison
            "withdrawn": Ask.at.is_null(False) & Ask.agreed.is_null() & Ask.by.is_null(False),
            "agreed": Ask.at.is_null() | Ask.agreed.is_null() | (Ask.agreed == False),  # noqa: E712
        }
        found = Ask.select(peewee.SQL("1")).where(
            Ask.slip == cls._meta.table_name, Ask.slip_id == cls._meta.primary_key, ends[state]
        )
        return ~peewee.fn.EXISTS(found) if state == "agreed" else peewee.fn.EXISTS(found)

    def waits_for(self, who: Any) -> Ask | None:
        """The ask that `who` may answer now: the first of perhaps several."""
        if not who.may("approvals.answer"):
            return None
        for ask in self.asks:
            if ask.state == "waiting":
                try:
                    ask.capacity_of(who)
                except Refused:
                    continue
                return ask
        return None

    # Verbs

    def ask_all(self, by: Any) -> None:
        """Ask everybody who has to agree; inside the act that creates the slip. Without needs it settles at once."""
        with self._act():
            asks = [self._ask(need) for need in self.needs()]
            if asks:
                self._record("approvals.asked", by, parts=[ask.fact for ask in asks])
            self._go_on(by)

    def _ask(self, need: Need) -> Ask:
        if need.words not in ROLES:
            KINDS[self._meta.table_name].words[need.words]  # a typing error stops here
        person, role, now = need.person, need.role, clock.now()
        given = need.party and person is not None and person.id == self.applicant_id
        if role is not None:
            role = _someone_to_ask(role, self.applicant_id)
        elif person.id == self.applicant_id and not given:
            raise Refused(_("You can't be the one who agrees to your own request."), 422)
        answer = {"agreed": True, "by": person, "at": now, "opened_at": now} if given else {}
        return Ask.create(
            slip=self._meta.table_name, slip_id=self.id, step=need.step, key=need.key, words=need.words, role=role,
            person=person, party=need.party, applicant=self.applicant_id, **answer,
        )  # fmt: skip

    def agree(self, by: Person, key: str | None = None, note: str = "") -> Ask:
        """`by` agrees. The last agreement settles the slip in the same act."""
        with self._act():
            ask = self._pick(by, key)
            ask.answer(by, True, note)
            self._record_answer("approvals.agreed", ask, by)
            self._go_on(by)
        return ask

    def refuse(self, by: Person, reason: str, key: str | None = None) -> Ask:
        """`by` refuses, with a reason; the slip is over."""
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with self._act():
            ask = self._pick(by, key)
            ask.answer(by, False, reason)
            self._record_answer("approvals.refused", ask, by, reason=reason)
            self._end(at=clock.now())
            self.fall(by, reason)
        return ask

    def withdraw(self, by: Person, reason: str = "") -> None:
        """The applicant takes it back before everybody agreed."""
        if by.id != self.applicant_id:
            raise Refused(_("Only who asked for this can withdraw it."), 403)
        with self._act():
            if not self.is_open:
                raise Refused(self._over_words)
            self._end(at=clock.now(), by=by, reason=reason)
            self._record("approvals.withdrawn", by, reason=reason or "—")
            self.fall(by, reason)

    @contextmanager
    def _act(self) -> Iterator[None]:
        """One act on its asks as they are now. What is refused inside leaves no trace, whoever catches it."""
        with writing(), database.atomic():
            self._forget()
            try:
                yield
            finally:
                self._forget()

    def _pick(self, by: Person, key: str | None) -> Ask:
        """The ask that `by` answers, read inside the act; Refused when there is none."""
        asks = [ask for ask in self.asks if key in (None, ask.key)]
        if not asks:
            raise Refused(_("Nobody has to agree to this."))
        waiting = self.waits_for(by) if key is None else None
        if waiting is None and key is None and not self.is_open:
            raise Refused(self._over_words)
        return waiting or next((ask for ask in asks if ask.state == "waiting"), asks[0])

    @property
    def _over_words(self) -> str:
        """How it ended, told to whoever comes too late."""
        end = self.state
        last = max((ask for ask in self.asks if ask.state == end), key=lambda ask: (ask.at, ask.id))
        return last.answer_words

    def _go_on(self, by: Any) -> None:
        """Open the next step when the one before is through; settle when none is left."""
        self._forget()
        left = [ask for ask in self.asks if ask.at is None]
        if not left:
            self.settle(by)
        elif all(ask.opened_at is None for ask in left):
            step = min(ask.step for ask in left)
            Ask.update(opened_at=clock.now()).where(Ask.of(self), Ask.step == step, Ask.at.is_null()).execute()
        self._forget()

    def _end(self, **how: Any) -> None:
        Ask.update(how).where(Ask.of(self), Ask.at.is_null()).execute()
        self._forget()

    def _forget(self) -> None:
        self.__dict__.pop("_asks", None)

    def _record_answer(self, action: str, ask: Ask, by: Person, **facts: Any) -> None:
        if ask.deputy_for:
            action, facts = f"{action}_for", {"absent": ask.deputy_for.name, **facts}
        self._record(action, by, parts=[ask.fact], **facts)

    def _record(self, action: str, by: Any, **facts: Any) -> None:
        journal.record(action, self, by, **self.filed(), **facts)


def _someone_to_ask(role: str, applicant: int | None) -> str:
    """The role, or the next one above it that somebody other than the applicant holds."""
    asked: str | None = role
    while asked is not None:
        if Person.with_role(asked).where(Person.id != (applicant or 0)).exists():
            return asked
        asked = ABOVE.get(asked, "director")
    raise Refused(_("Nobody else could agree to this as %(role)s. The director has to give someone that role first.",
                    role=ROLES[role]))  # fmt: skip


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
