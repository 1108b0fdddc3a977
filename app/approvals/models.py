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
        def filed(self): ...        # {"asset": …, "place": …}: whose story tells of the answers; may be left out

        @classmethod
        def ask(cls, by, ...):
            with writing():
                slip = cls.create(applicant=by, ...)
                slip.ask_all(by)
            return slip

    register(Transfer, name=_l("Transfers"), icon="move-horizontal", title=titles,      # in views.py
             words={"giver": _l("hands over"), "taker": _l("takes over"), "office": _l("office agrees")})

`titles(ids) -> {id: (words, url)}` in one query. With that the slip stands on everybody's page /approvals/.
`opinions=("appraiser",)` says who agrees in writing.

Verbs, each one act, each Refused with a sentence when it can't be:
    slip.ask_all(by)                        once, inside the act that creates the slip
    slip.agree(by, key=None, note="")       without a key: the first ask that waits for `by`
    slip.refuse(by, reason, key=None)       ends the slip; asks that still wait fall away
    slip.withdraw(by, reason="")            by the applicant, as long as it is open

To read:
    slip.state, slip.state_word             open | agreed | refused | withdrawn
    slip.asks                               the Ask rows in order, with people; kept until the next verb
    ask.part, ask.asked, ask.state          `takes over`, who is asked, waiting | later | agreed | refused | …
    ask.by, ask.at, ask.reason, ask.deputy_for      the signature, as a printed slip needs it
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

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.approvals.asks import KINDS, Ask, Kind, register, waiting_asks
from app.approvals.deputies import Deputy
from app.db import database, writing
from app.errors import Refused
from app.people.models import Person
from app.people.permissions import ROLES

__all__ = ["KINDS", "Ask", "Deputy", "Kind", "Need", "Slip", "register", "waiting_asks"]

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
        if who.id is None or not who.may("approvals.answer"):
            return None
        absent = Deputy.absent_people(who) if self.is_open else []
        return next((ask for ask in self.asks if ask.state == "waiting" and ask.is_for(who, absent)), None)

    # Verbs

    def ask_all(self, by: Any) -> None:
        """Ask everybody who has to agree; inside the act that creates the slip. Without needs it settles at once."""
        with self._act():
            asks = [self._ask(need) for need in self.needs()]
            if asks:
                self._record("approvals.asked", by, parts=list(dict.fromkeys(ask.fact for ask in asks)))
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
            if ask.wants_opinion and not note.strip():
                raise Refused(_("Please write what you found."), 422)
            self._record_answer("agreed", ask, by)
            self._go_on(by)
        return ask

    def refuse(self, by: Person, reason: str, key: str | None = None) -> Ask:
        """`by` refuses, with a reason; the slip is over."""
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with self._act():
            ask = self._pick(by, key)
            ask.answer(by, False, reason)
            self._record_answer("refused", ask, by, reason=reason)
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
        if not self.is_open:
            raise Refused(self._over_words)
        absent = Deputy.absent_people(by)
        waiting = [ask for ask in asks if ask.state == "waiting"]
        mine = [ask for ask in asks if ask.is_for(by, absent)]
        return next((ask for ask in waiting if ask in mine), (mine or waiting or asks)[0])

    @property
    def _over_words(self) -> str:
        """How it ended, told to whoever comes too late."""
        ends = [ask for ask in self.asks if ask.state == self.state]
        return max(ends, key=lambda ask: (ask.at, ask.id)).told

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

    def _record_answer(self, verb: str, ask: Ask, by: Person, **facts: Any) -> None:
        action = f"approvals.{verb}"
        if ask.deputy_for:
            action, facts = f"approvals.{verb}_for", {"absent": ask.deputy_for.name, **facts}
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
