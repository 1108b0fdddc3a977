"""Staff, offices, roles, sign-ins and duty cards. Pupils have no account: a card signs a phone in, for a duty."""

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin
from werkzeug.security import check_password_hash, generate_password_hash

from app import clock, journal, throttle
from app.db import JSON, Day, Moment, Row, digest, escape_like, writing
from app.errors import Refused
from app.people.permissions import ROLES, holds

PASSWORD_LENGTH = 8
QUARTER = timedelta(minutes=15)

# Asked before an account is switched off; higher nouns add theirs and refuse with a sentence.
before_close: "list[Callable[[Person], None]]" = []

journal.says({
    "people.added": _l("opened the account of %(name)s"),
    "people.changed": _l("changed the account: %(what)s"),
    "people.password": _l("set a new password"),
    "people.password_reset": _l("gave a new first password"),
    "people.closed": _l("switched the account off: %(reason)s"),
    "people.opened": _l("switched the account on again"),
    "people.signed_in": _l("signed in"),
    "people.signed_out": _l("signed out everywhere"),
    "office.added": _l("added the office %(name)s"),
    "office.changed": _l("changed the office %(name)s"),
    "cards.made": _l("made the duty card %(name)s"),
    "cards.remade": _l("made the duty card anew; the old print no longer works"),
    "cards.cancelled": _l("cancelled the duty card: %(reason)s"),
    "cards.signed_in": _l("signed a phone in with the duty card"),
})  # fmt: skip


class Office(Row):
    """A department of the school (科室)."""

    name = peewee.CharField(60, unique=True)
    head = peewee.DeferredForeignKey("Person", null=True)

    @classmethod
    def add(cls, name: str, by: Any, head: Any = None) -> "Office":
        with writing():
            office = cls.create(name=name, head=head)
            journal.record("office.added", office, by, name=name)
        return office


class Person(Row):
    """A member of staff. An account is switched off, never deleted: the journal needs its name."""

    is_authenticated = True
    is_anonymous = False
    is_card = False

    name = peewee.CharField(40, index=True)
    initials = peewee.CharField(80, default="", index=True)
    phone = peewee.CharField(20, null=True, unique=True)
    post = peewee.CharField(60, default="")
    office = peewee.ForeignKeyField(Office, null=True, backref="people")
    language = peewee.CharField(12, null=True)
    password_hash = peewee.CharField(200, default="")
    must_change = peewee.BooleanField(default=True)
    closed_at = Moment(null=True)

    sign_in_now: "SignIn | None" = None  # the sign-in by which this request came

    def __str__(self) -> str:
        return self.name

    # What someone may

    @cached_property
    def given_roles(self) -> frozenset[str]:
        return frozenset(row.role for row in PersonRole.select().where(PersonRole.person == self))

    @property
    def roles(self) -> frozenset[str]:
        return self.given_roles | {"staff"}

    def may(self, action: str) -> bool:
        return holds(action, self.roles)

    @property
    def is_active(self) -> bool:
        return self.closed_at is None

    def get_id(self) -> str:
        return self.sign_in_now.token if self.sign_in_now else ""

    # Who there is

    @classmethod
    def active(cls) -> peewee.ModelSelect:
        return cls.select().where(cls.closed_at.is_null())

    @classmethod
    def with_role(cls, role: str) -> peewee.ModelSelect:
        return cls.active().join(PersonRole).where(PersonRole.role == role).order_by(cls.id)

    @classmethod
    def matching(cls, words: str) -> peewee.ModelSelect:
        """Active staff whose name, phone or pinyin initials hold `words`; names that begin with them come first."""
        pattern = f"%{escape_like(words.strip())}%"
        hit = (cls.name**pattern) | (cls.initials ** pattern.lower()) | (cls.phone**pattern)
        begins = peewee.Case(None, ((cls.name.startswith(words.strip()), 0),), 1)
        return cls.active().where(hit).order_by(begins, cls.initials, cls.id)

    # Verbs

    @classmethod
    def add(cls, name: str, by: Any = None, *, roles: tuple[str, ...] = (), **fields: Any) -> tuple["Person", str]:
        """Open an account; returns it with the first password, which must be changed at the first sign-in."""
        password = first_password()
        with writing():
            person = cls.create(name=name, initials=initials(name), password_hash=hash_password(password), **fields)
            person._give(roles)
            journal.record("people.added", person, by, name=name)
        return person, password

    def change(self, by: Any, *, roles: tuple[str, ...] | None = None, **fields: Any) -> None:
        """Change what is known of someone. Refused when it would leave the school without a director."""
        before = {name: getattr(self, name) for name in fields}
        with writing():
            for name, value in fields.items():
                setattr(self, name, value)
            self.initials = initials(self.name)
            self.save()
            changed = [name for name, value in fields.items() if before[name] != value]
            if roles is not None and set(roles) != set(self.given_roles):
                self._keep_a_director(roles)
                self._give(roles)
                changed.append("roles")
            if changed:
                journal.record("people.changed", self, by, what=", ".join(changed))

    def _give(self, roles: tuple[str, ...]) -> None:
        unknown = set(roles) - set(ROLES)
        if unknown:
            raise Refused(_("There is no role %(role)s.", role=unknown.pop()), 422)
        PersonRole.delete().where(PersonRole.person == self).execute()
        PersonRole.insert_many([{"person": self.id, "role": role} for role in sorted(roles)]).execute()
        self.__dict__.pop("given_roles", None)

    def _keep_a_director(self, roles: tuple[str, ...] = ()) -> None:
        if "director" in self.given_roles and "director" not in roles:
            others = Person.with_role("director").where(Person.id != self.id)
            if not others.exists():
                raise Refused(_("This is the only director; give someone else the role first."))

    def close(self, by: Any, reason: str) -> None:
        """Switch the account off; every phone it is signed in on is signed out at once."""
        with writing():
            self._keep_a_director()
            for ask in before_close:
                ask(self)
            self.closed_at = clock.now()
            self.save()
            SignIn.end_all(person=self)
            journal.record("people.closed", self, by, reason=reason)

    def reopen(self, by: Any) -> None:
        with writing():
            self.closed_at = None
            self.save()
            journal.record("people.opened", self, by)

    def set_password(self, password: str, by: Any) -> None:
        """The person's own new password; every other phone is signed out."""
        if check_password_hash(self.password_hash, password):
            raise Refused(_("That is the old password; please choose another."), 422)
        with writing():
            self.password_hash = hash_password(password)
            self.must_change = False
            self.save()
            SignIn.end_all(person=self, but=self.sign_in_now)
            journal.record("people.password", self, by)

    def reset_password(self, by: Any) -> str:
        """A new first password, told to the person by whoever asked for it."""
        password = first_password()
        with writing():
            self.password_hash = hash_password(password)
            self.must_change = True
            self.save()
            SignIn.end_all(person=self)
            journal.record("people.password_reset", self, by)
        return password

    def sign_out_everywhere(self) -> None:
        with writing():
            SignIn.end_all(person=self)
            journal.record("people.signed_out", self, self)


class PersonRole(Row):
    person = peewee.ForeignKeyField(Person, backref="role_rows")
    role = peewee.CharField(20, index=True)

    class Meta:
        primary_key = peewee.CompositeKey("person", "role")


class Stranger(AnonymousUserMixin):
    """Someone who is not signed in."""

    id = None
    is_card = False
    language = None
    roles = frozenset({"anyone"})

    def may(self, action: str) -> bool:
        return holds(action, self.roles)


class DutyCard(Row):
    """A printed card (执勤卡) whose secret code signs a phone in for one duty. Names no pupil.

    `hours` are windows on the school's clock, `[["07:20", "08:10"], …]`; `weekdays` are 1 (Monday) to 7.
    `checklists` are slugs, `grades` 1–6, `areas` ids of places; empty lists of both mean: nothing to score.
    `own_class` is the class whose pupils carry the card; they may not score it.
    """

    is_authenticated = True
    is_anonymous = False
    is_card = True
    is_active = True
    language = None
    roles = frozenset({"card"})

    name = peewee.CharField(60)
    secret_digest = peewee.CharField(64, unique=True)
    checklists = JSON(default=list)
    grades = JSON(default=list)
    areas = JSON(default=list)
    weekdays = JSON(default=lambda: [1, 2, 3, 4, 5])
    hours = JSON(default=list)
    own_class = peewee.DeferredForeignKey("ClassGroup", null=True)
    starts_on = Day()
    ends_on = Day()
    cancelled_at = Moment(null=True)

    sign_in_now: "SignIn | None" = None

    def __str__(self) -> str:
        return self.name

    def may(self, action: str) -> bool:
        return holds(action, self.roles)

    def get_id(self) -> str:
        return self.sign_in_now.token if self.sign_in_now else ""

    @classmethod
    def make(cls, name: str, by: Any, **fields: Any) -> tuple["DutyCard", str]:
        """A new card and its secret, which is shown only now: the database keeps just a fingerprint."""
        secret = card_secret()
        with writing():
            card = cls.create(name=name, secret_digest=digest(secret), **fields)
            journal.record("cards.made", card, by, name=name)
        return card, secret

    def remake(self, by: Any) -> str:
        """A new secret for a lost print; the old one stops working, phones signed in with it too."""
        secret = card_secret()
        with writing():
            self.secret_digest = digest(secret)
            self.save()
            SignIn.end_all(card=self)
            journal.record("cards.remade", self, by)
        return secret

    def cancel(self, by: Any, reason: str) -> None:
        with writing():
            self.cancelled_at = clock.now()
            self.save()
            SignIn.end_all(card=self)
            journal.record("cards.cancelled", self, by, reason=reason)

    @classmethod
    def of_secret(cls, secret: str) -> "DutyCard | None":
        return cls.get_or_none(cls.secret_digest == digest(secret))

    def valid_on(self, day: date) -> bool:
        return self.cancelled_at is None and self.starts_on <= day <= self.ends_on

    def on_duty(self, moment: datetime | None = None) -> bool:
        """Whether the card's day and hours are now."""
        here = clock.local(moment or clock.now())
        if not self.valid_on(here.date()) or here.isoweekday() not in self.weekdays:
            return False
        now = here.strftime("%H:%M")
        return any(start <= now <= end for start, end in self.hours)

    def why_not_now(self) -> str | None:
        """The sentence for a card used outside its duty; None when it is on duty."""
        if self.on_duty():
            return None
        if self.cancelled_at:
            return _("This duty card was cancelled. Ask the Young Pioneer counsellor.")
        if not self.valid_on(clock.today()):
            return _("This duty card is valid from %(start)s to %(end)s.", start=self.starts_on, end=self.ends_on)
        return _("It is not this card's time now. Its hours: %(hours)s.", hours=self.hours_in_words)

    @property
    def hours_in_words(self) -> str:
        return ", ".join(f"{start}–{end}" for start, end in self.hours)


class SignIn(Row):
    """One phone or computer that is signed in. Ending the row ends the session, whatever the cookie says."""

    token = peewee.CharField(43, unique=True)
    person = peewee.ForeignKeyField(Person, null=True, backref="sign_ins")
    card = peewee.ForeignKeyField(DutyCard, null=True, backref="sign_ins")
    device = peewee.CharField(60, default="")
    at = Moment(default=clock.now)
    ends_at = Moment()
    ended_at = Moment(null=True)

    class Meta:
        constraints = [peewee.Check("(person_id is null) <> (card_id is null)")]

    @classmethod
    def begin(cls, who: "Person | DutyCard", lasts: timedelta) -> "SignIn":
        now = clock.now()
        key = "card" if who.is_card else "person"
        with writing():
            row = cls.create(
                token=secrets.token_urlsafe(32), device=journal.device_in_words(), ends_at=now + lasts, **{key: who}
            )
            journal.record("cards.signed_in" if who.is_card else "people.signed_in", who, who)
        who.sign_in_now = row
        return row

    @classmethod
    def end_all(cls, *, person: Person | None = None, card: DutyCard | None = None, but: Any = None) -> None:
        mine = (cls.person == person) if person else (cls.card == card)
        query = cls.update(ended_at=clock.now()).where(mine, cls.ended_at.is_null())
        if but is not None:
            query = query.where(cls.id != but.id)
        query.execute()

    def end(self) -> None:
        with writing():
            self.ended_at = clock.now()
            self.save()


def whoever(token: str) -> Person | DutyCard | None:
    """The person or card behind a session's token, with the roles, in one query; None when it has ended."""
    roles = PersonRole.select(peewee.fn.GROUP_CONCAT(PersonRole.role)).where(PersonRole.person == Person.id)
    row = (
        SignIn.select(SignIn, Person, DutyCard, roles.alias("role_names"))
        .join(Person, peewee.JOIN.LEFT_OUTER)
        .switch(SignIn)
        .join(DutyCard, peewee.JOIN.LEFT_OUTER)
        .where(SignIn.token == token, SignIn.ended_at.is_null(), SignIn.ends_at > clock.now())
        .first()
    )
    if row is None:
        return None
    if row.card_id is not None:
        who = row.card
        usable = who.valid_on(clock.today())
    else:
        who = row.person
        usable = who.is_active
        who.__dict__["given_roles"] = frozenset(filter(None, (_role_names(row) or "").split(",")))
    who.sign_in_now = row
    return who if usable else None


def _role_names(row: SignIn) -> str | None:
    return getattr(row, "role_names", None) or getattr(row.person, "role_names", None)


# Signing in -------------------------------------------------------------------------------------------------

_NOBODY = generate_password_hash("no account has this password")


def person_for(name_or_phone: str, password: str, address: str, tries: int, tries_address: int) -> Person:
    """The person who signs in, or Refused with the same words for a wrong name and a wrong password.

    Guessing is slowed down per account and per network address. The account's limit counts only wrong tries
    from this address's side, so that a guesser elsewhere can't lock the rightful person out.
    """
    account = f"sign-in:{address}:{name_or_phone}"
    house = f"sign-in:{address}"
    everywhere = f"sign-in:*:{name_or_phone}"
    too_many = (
        throttle.count(account, QUARTER) >= tries
        or throttle.count(house, QUARTER) >= tries_address
        or throttle.count(everywhere, QUARTER) >= tries * 5
    )
    if too_many:
        raise Refused(_("Too many wrong tries. Please wait a quarter of an hour, or ask the office."), 429)
    found = list(Person.active().where((Person.phone == name_or_phone) | (Person.name == name_or_phone)).limit(5))
    right = [person for person in found if check_password_hash(person.password_hash, password)]
    if not found:
        check_password_hash(_NOBODY, password)  # as slow as a real try
    if len(right) == 1:
        throttle.forget(account)
        return right[0]
    with writing():
        for bucket in (account, house, everywhere):
            throttle.note(bucket)
    raise Refused(_("Name or password is not right. With a namesake at school, use your phone number."), 422)


def hash_password(password: str) -> str:
    return generate_password_hash(password)


def first_password() -> str:
    """Ten characters without look-alikes: about 50 bits, easy to read out on the phone."""
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _each in range(10))


def card_secret() -> str:
    return secrets.token_urlsafe(18)  # 144 bits


def initials(name: str) -> str:
    """Pinyin initials for quick search: 王伟 → `ww`; every reading of a first character (单 → `d`, `s`, `c`)."""
    from pypinyin import Style, pinyin  # slow to load and only needed when a name is written

    if not name:
        return ""
    syllables = pinyin(name, style=Style.FIRST_LETTER, heteronym=False, errors=lambda other: [other.lower()])
    rest = "".join(letters[0] for letters in syllables[1:])
    firsts = pinyin(name[0], style=Style.FIRST_LETTER, heteronym=True, errors=lambda other: [other.lower()])[0]
    return " ".join(sorted({first + rest for first in firsts}))[:80]
