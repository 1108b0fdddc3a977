"""Staff, offices, roles, sign-ins and duty cards. Pupils have no account: a card signs a phone in, for a duty."""

import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin

from app import clock, journal, throttle
from app.db import JSON, Day, Moment, Prepared, Row, digest, escape_like, together, writing
from app.errors import Refused
from app.people import passwords
from app.people.permissions import ROLES, holds
from app.words import day as in_words

QUARTER = timedelta(minutes=15)
LOOKS_AHEAD = 120  # days in which a card's next duty is looked for

# Asked before an account is switched off; higher nouns add theirs and refuse with a sentence.
before_close: "list[Callable[[Person], None]]" = []
# What higher nouns want to know of who is signed in: name → a select of one value for `Person.id`. It is asked
# together with the sign-in, so that it costs no query of its own, and stands on the person under its name.
comes_along: dict[str, Callable[[], peewee.ModelSelect]] = {}
# The checklists a duty card may open, slug → words; the inspections enter theirs.
CARD_CHECKLISTS: dict[str, Any] = {}
not_for_cards: list[Callable[[], set[str]]] = []  # each says which of them are out of use now
WEEKDAYS = {1: _l("Mon"), 2: _l("Tue"), 3: _l("Wed"), 4: _l("Thu"), 5: _l("Fri"), 6: _l("Sat"), 7: _l("Sun")}

# Asked which weekday's duties hold on a day (1 is Monday), None for none; the school's calendar answers.
weekday_on: "list[Callable[[date], int | None]]" = []

journal.says({
    "people.added": _l("opened the account of %(name)s"),
    "people.changed": _l("changed the account: %(what)s"),
    "people.password": _l("set a new password"),
    "people.password_reset": _l("gave a new first password"),
    "people.closed": _l("switched the account off: %(reason)s"),
    "people.opened": _l("switched the account on again"),
    "people.signed_in": _l("signed in"),
    "people.signed_out": _l("signed out everywhere"),
    "people.phone_out": _l("signed out another phone"),
    "office.added": _l("added the office %(name)s"),
    "office.changed": _l("changed the office %(name)s"),
    "cards.made": _l("made the duty card %(name)s"),
    "cards.remade": _l("made the duty card anew; the old print no longer works"),
    "cards.cancelled": _l("cancelled the duty card: %(reason)s"),
    "cards.signed_in": _l("signed a phone in with the duty card"),
})  # fmt: skip
journal.calls({
    "name": _l("name"),
    "phone": _l("phone number"),
    "post": _l("post"),
    "office": _l("office"),
    "roles": _l("roles"),
    "head": _l("head"),
    "language": _l("language"),
})  # fmt: skip


def card_checklists() -> dict[str, Any]:
    """Those that a new card can be given."""
    out_of_use = set().union(*(ask() for ask in not_for_cards))
    return {slug: words for slug, words in CARD_CHECKLISTS.items() if slug not in out_of_use}


class Office(Row):
    """A department of the school (科室). Its head answers for what its people hold."""

    name = peewee.CharField(60, unique=True)
    head = peewee.DeferredForeignKey("Person", null=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def add(cls, name: str, by: Any, head: Any = None) -> "Office":
        with writing():
            if cls.select().where(cls.name == name).exists():
                raise Refused(_("There is already an office %(name)s.", name=name), 422)
            office = cls.create(name=name, head=head)
            journal.record("office.added", office, by, name=name)
        return office

    @classmethod
    def with_counts(cls) -> peewee.ModelSelect:
        """All offices with their head and, as `size`, how many active people they have."""
        head = Person.alias()
        size = Person.select(peewee.fn.COUNT(Person.id)).where(Person.office == cls.id, Person.closed_at.is_null())
        return (
            cls.select(cls, head, size.alias("size"))
            .join(head, peewee.JOIN.LEFT_OUTER, on=(cls.head == head.id), attr="head")
            .order_by(cls.id)
        )

    def change(self, by: Any, name: str, head: "Person | None") -> None:
        if (name, head) == (self.name, self.head):
            return
        with writing():
            if Office.select().where(Office.name == name, Office.id != self.id).exists():
                raise Refused(_("There is already an office %(name)s.", name=name), 422)
            self.name, self.head = name, head
            self.save()
            journal.record("office.changed", self, by, name=name)


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
    unread = 0  # notices; the number comes with the sign-in

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
    def ids_with_role(cls, role: str) -> peewee.ModelSelect:
        return PersonRole.select(PersonRole.person).where(PersonRole.role == role)

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """Everybody, with their office, for those who may see the list of staff; for others, themselves."""
        people = cls.select(cls, Office).join(
            Office, peewee.JOIN.LEFT_OUTER, on=(cls.office == Office.id), attr="office"
        )
        own = who.id if who.may("people.self") else None  # a card's id is nobody's
        return people if who.may("people.list") else people.where(cls.id == own)

    @classmethod
    def fits(cls, words: str) -> peewee.Expression:
        """The condition that a name, a phone or pinyin initials hold `words`."""
        pattern = f"%{escape_like(words.strip())}%"
        return (cls.name**pattern) | (cls.initials ** pattern.lower()) | (cls.phone**pattern)

    @classmethod
    def matching(cls, words: str) -> peewee.ModelSelect:
        """Active staff whose name, phone or pinyin initials hold `words`; names that begin with them come first."""
        begins = peewee.Case(None, ((cls.name.startswith(words.strip()), 0),), 1)
        return cls.active().where(cls.fits(words)).order_by(begins, cls.initials, cls.id)

    @classmethod
    def by_sign_in_name(cls, typed: str) -> "Person | None":
        """Who signs in with this phone number or this name. A name that two people share is nobody's."""
        found = list(cls.active().where((cls.phone == tidy_phone(typed)) | (cls.name == typed)).limit(3))
        by_phone = [person for person in found if person.phone == tidy_phone(typed)]
        return by_phone[0] if by_phone else found[0] if len(found) == 1 else None

    # Verbs

    @classmethod
    def add(
        cls,
        name: str,
        by: Any = None,
        *,
        roles: tuple[str, ...] = (),
        first: tuple[str, str] | None = None,
        **fields: Any,
    ) -> tuple["Person", str]:
        """Open an account; returns it with the first password, which must be changed at the first sign-in.

        first: a first password and its hash, from who opens many accounts and made them before the write lock.
        """
        password, hash = first or _first_password()
        with writing():
            cls._tell_apart(name, fields.get("phone"))
            person = cls.create(name=name, initials=initials(name), password_hash=hash, **fields)
            person._give(roles)
            journal.record("people.added", person, by, name=name)
        return person, password

    def change(self, by: Any, *, roles: tuple[str, ...] | None = None, **fields: Any) -> None:
        """Change what is known of someone. Refused when it would leave the school without a director."""
        before = {name: getattr(self, name) for name in fields}
        with writing():
            for name, value in fields.items():
                setattr(self, name, value)
            self._tell_apart(self.name, self.phone, self)
            self.initials = initials(self.name)
            self.save()
            changed = [name for name, value in fields.items() if before[name] != value]
            if roles is not None and set(roles) != set(self.given_roles):
                self._keep_a_director(roles)
                self._give(roles)
                changed.append("roles")
            if changed:
                journal.record("people.changed", self, by, what=changed)

    @classmethod
    def _tell_apart(cls, name: str, phone: str | None, but: "Person | None" = None) -> None:
        """Everybody must be able to sign in: by a phone number of their own, or by a name nobody else has."""
        others = cls.select().where(cls.id != (but.id if but else 0))
        if phone and others.where(cls.phone == phone).exists():
            raise Refused(_("Another account has this phone number."), 422)
        namesake = others.where(cls.name == name, cls.closed_at.is_null()).first()
        if namesake and not phone:
            raise Refused(_("There is already a %(name)s; namesakes sign in by phone number.", name=name), 422)
        if namesake and not namesake.phone:
            raise Refused(_("First enter the phone number of the other %(name)s.", name=name), 422)

    def _give(self, roles: tuple[str, ...]) -> None:
        unknown = set(roles) - set(ROLES)
        if unknown:
            raise Refused(_("There is no role %(role)s.", role=unknown.pop()), 422)
        PersonRole.delete().where(PersonRole.person == self).execute()
        for role in sorted(roles):
            PersonRole.create(person=self, role=role)
        self.__dict__.pop("given_roles", None)

    def _keep_a_director(self, roles: tuple[str, ...] = ()) -> None:
        if "director" in self.given_roles and "director" not in roles:
            others = Person.with_role("director").where(Person.id != self.id)
            if not others.exists():
                raise Refused(_("This is the only director; give someone else the role first."))

    def close(self, by: Any, reason: str) -> None:
        """Switch the account off; every phone it is signed in on is signed out at once."""
        with writing():
            self._must_be(open_now=True)
            if self == by:
                raise Refused(_("You can't switch off your own account."))
            self._keep_a_director()
            for ask in before_close:
                ask(self)
            self.closed_at = clock.now()
            self.save()
            SignIn.end_all(person=self)
            journal.record("people.closed", self, by, reason=reason)

    def reopen(self, by: Any) -> None:
        with writing():
            self._must_be(open_now=False)
            self._tell_apart(self.name, self.phone, self)
            self.closed_at = None
            self.save()
            journal.record("people.opened", self, by)

    def _must_be(self, open_now: bool) -> None:
        """Refused when someone else was faster to switch the account off or on."""
        closed = Person.select(Person.closed_at).where(Person.id == self.id).scalar() is not None
        if closed and open_now:
            raise Refused(_("This account is already switched off."))
        if not closed and not open_now:
            raise Refused(_("This account is already switched on."))

    def has_password(self, password: str) -> bool:
        return passwords.matches(self.password_hash, password)

    def check_again(self, password: str, tries: int) -> bool:
        """Whether someone who is signed in knows the password; Refused (429) after too many wrong ones."""
        bucket = f"password:{self.id}"
        if not throttle.take(bucket, tries, QUARTER):
            raise Refused(_("Too many wrong tries. Please wait a quarter of an hour, or ask the office."), 429)
        if right := self.has_password(password):
            throttle.forget(bucket)
        return right

    def set_password(self, password: str, by: Any) -> None:
        """The person's own new password; every other phone is signed out."""
        if self.has_password(password):
            raise Refused(_("That is the old password; please choose another."), 422)
        if problem := passwords.problem(password, self):
            raise Refused(problem, 422)
        with writing():
            self.password_hash = passwords.hashed(password)
            self.must_change = False
            self.save()
            SignIn.end_all(person=self, but=self.sign_in_now)
            journal.record("people.password", self, by)

    def reset_password(self, by: Any) -> str:
        """A new first password, told to the person by whoever asked for it."""
        password = passwords.first_password()
        with writing():
            self._must_be(open_now=True)
            self.password_hash = passwords.hashed(password)
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


def roles_of(people: list[Person]) -> dict[int, list[str]]:
    """The given roles of several people in one query: id → roles in the order of the table."""
    found: dict[int, list[str]] = {person.id: [] for person in people}
    for row in PersonRole.select().where(PersonRole.person.in_(list(found))):
        found[row.person_id].append(row.role)
    return {id: sorted(roles, key=list(ROLES).index) for id, roles in found.items()}


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

    `hours` are windows on the school's clock, `[["07:20", "08:10"], …]`; `weekdays` are 1 (Monday) to 7, by the
    school's calendar: no holiday is any of them, and a swap day is the weekday whose lessons it has.
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
        fields["hours"] = in_order(fields.get("hours", []))
        if fields["ends_on"] < fields["starts_on"]:
            raise Refused(_("The last day comes before the first."), 422)
        with writing():
            card = cls.create(name=name, secret_digest=digest(secret), **fields)
            journal.record("cards.made", card, by, name=name)
        return card, secret

    def remake(self, by: Any) -> str:
        """A new secret for a lost print; the old one stops working, phones signed in with it too."""
        secret = card_secret()
        with writing():
            self._must_stand()
            self.secret_digest = digest(secret)
            self.save()
            SignIn.end_all(card=self)
            journal.record("cards.remade", self, by)
        return secret

    def _must_stand(self) -> None:
        if DutyCard.select(DutyCard.cancelled_at).where(DutyCard.id == self.id).scalar() is not None:
            raise Refused(_("This duty card was cancelled."))

    def cancel(self, by: Any, reason: str) -> None:
        """End the card for good; phones that are signed in with it lose it at once."""
        with writing():
            self._must_stand()
            self.cancelled_at = clock.now()
            self.save()
            SignIn.end_all(card=self)
            journal.record("cards.cancelled", self, by, reason=reason)

    @classmethod
    def standing(cls) -> peewee.ModelSelect:
        """Cards that hold today or will."""
        return cls.select().where(cls.cancelled_at.is_null(), cls.ends_on >= clock.today())

    @classmethod
    def over(cls) -> peewee.ModelSelect:
        """Cards that were cancelled or have seen their last day."""
        return cls.select().where(cls.cancelled_at.is_null(False) | (cls.ends_on < clock.today()))

    @classmethod
    def of_secret(cls, secret: str) -> "DutyCard | None":
        return cls.get_or_none(cls.secret_digest == digest(secret))

    def valid_on(self, day: date) -> bool:
        return self.cancelled_at is None and self.starts_on <= day <= self.ends_on

    def window(self, moment: datetime | None = None) -> tuple[datetime, datetime] | None:
        """Begin and end (stored moments) of the hours of duty that are now, or None."""
        moment = moment or clock.now()
        day = clock.local(moment).date()
        now = next((hours for hours in self._hours_on(day) if hours[0] <= moment < hours[1]), None)
        return now if now is not None and self.works_on(day) else None

    def _hours_on(self, day: date) -> list[tuple[datetime, datetime]]:
        return [tuple(clock.utc(day, time.fromisoformat(text)) for text in hours) for hours in self.hours]

    def works_on(self, day: date) -> bool:
        """Whether a day is one of its days, by the school's calendar."""
        return self.valid_on(day) and weekday_of(day) in self.weekdays

    def next_duty(self) -> date | None:
        """The next day, today if its hours are not over, on which the card works; None when none is known."""
        now, day = clock.now(), max(clock.today(), self.starts_on)
        for _each in range(LOOKS_AHEAD):
            if self.works_on(day) and any(end > now for _start, end in self._hours_on(day)):
                return day
            day += timedelta(days=1)
        return None

    def on_duty(self, moment: datetime | None = None) -> bool:
        """Whether the card's day and hours are now."""
        return self.window(moment) is not None

    def why_not_now(self) -> str | None:
        """The sentence for a card used outside its duty; None when it is on duty."""
        if self.on_duty():
            return None
        if self.cancelled_at:
            return _("This duty card was cancelled. Ask the Young Pioneer counsellor.")
        if not self.valid_on(clock.today()):
            days = {"start": in_words(self.starts_on), "end": in_words(self.ends_on)}
            return _("This duty card is valid from %(start)s to %(end)s.", **days)
        if clock.today().isoweekday() in self.weekdays and weekday_of(clock.today()) is None:
            return _("Today is no school day, so this card does not work. Its hours: %(hours)s.",
                     hours=self.when_in_words)  # fmt: skip
        return _("It is not this card's time now. Its hours: %(hours)s.", hours=self.when_in_words)

    @property
    def hours_in_words(self) -> str:
        return _(", ").join(f"{start}–{end}" for start, end in self.hours)

    @property
    def when_in_words(self) -> str:
        """`周一至周五 07:20–08:10`, the days in runs."""
        return f"{days_in_words(self.weekdays)} {self.hours_in_words}"

    @property
    def checklists_in_words(self) -> str:
        return _(", ").join(str(CARD_CHECKLISTS.get(slug, slug)) for slug in self.checklists)


def weekday_of(day: date) -> int | None:
    """The weekday whose duties hold on a day: its own, or another by the school's calendar; None for a holiday."""
    for ask in weekday_on:
        return ask(day)
    return day.isoweekday()


def days_in_words(days: list[int]) -> str:
    """Runs of three and more days are joined: [1, 2, 3, 4, 5, 7] → `Mon to Fri, Sun`."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = []
    for run in runs:
        if len(run) > 2:
            parts.append(_("%(first)s to %(last)s", first=WEEKDAYS[run[0]], last=WEEKDAYS[run[-1]]))
        else:
            parts += [str(WEEKDAYS[day]) for day in run]
    return _(", ").join(parts)


class SignIn(Row):
    """One phone or computer that is signed in. Ending the row ends the session, whatever the cookie says."""

    token = peewee.CharField(43, unique=True)
    person = peewee.ForeignKeyField(Person, null=True, backref="sign_ins")
    card = peewee.ForeignKeyField(DutyCard, null=True, backref="sign_ins")
    device = peewee.CharField(60, default="")  # in words
    device_key = peewee.CharField(64, default="")  # fingerprint of the phone's random name
    at = Moment(default=clock.now)
    seen_on = Day(default=clock.today)
    ends_at = Moment()
    ended_at = Moment(null=True)

    class Meta:
        constraints = [peewee.Check("(person_id is null) <> (card_id is null)")]

    @classmethod
    def begin(cls, who: "Person | DutyCard", lasts: timedelta, device: str = "") -> "SignIn":
        """Sign a phone in; `device` is its random name (web.device_id), kept as a fingerprint."""
        with writing():
            row = cls.create(
                token=secrets.token_urlsafe(32),
                device=journal.device_in_words(),
                device_key=digest(device) if device else "",
                ends_at=clock.now() + lasts,
                **{"card" if who.is_card else "person": who},
            )
            journal.record("cards.signed_in" if who.is_card else "people.signed_in", who, who)
        who.sign_in_now = row
        return row

    @classmethod
    def knows(cls, person: Person, device: str) -> bool:
        """Whether this person has signed in on this device before."""
        return bool(device) and cls.select().where(cls.person == person, cls.device_key == digest(device)).exists()

    @classmethod
    def open_of(cls, person: Person) -> peewee.ModelSelect:
        """The phones a person is signed in on, the last one first."""
        now = clock.now()
        return (
            cls.select()
            .where(cls.person == person, cls.ended_at.is_null(), cls.ends_at > now)
            .order_by(cls.seen_on.desc(), cls.id.desc())
        )

    def seen(self) -> None:
        """Note the day of the last visit, at most one write a day."""
        if self.seen_on != clock.today():
            self.seen_on = clock.today()
            SignIn.update(seen_on=self.seen_on).where(SignIn.id == self.id).execute()

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
            self.save(only=["ended_at"])

    def end_from_afar(self) -> None:
        """End it from another phone of the same person."""
        with writing():
            self.end()
            journal.record("people.phone_out", self.person, self.person)


def _person_signed_in(token: Any, now: Any) -> peewee.ModelSelect:
    roles = PersonRole.select(together(PersonRole.role)).where(PersonRole.person == Person.id)
    mine = (SignIn.token == token) & SignIn.ended_at.is_null() & (SignIn.ends_at > now)
    more = [ask().alias(name) for name, ask in comes_along.items()]
    return (
        SignIn.select(SignIn, Person, roles.alias("role_names"), *more).join(Person, peewee.JOIN.LEFT_OUTER).where(mine)
    )


_sign_in = Prepared(_person_signed_in).first
_card = Prepared(lambda id: DutyCard.select().where(DutyCard.id == id)).first


def whoever(token: str) -> Person | DutyCard | None:
    """The person or card behind a session's token, a person with the roles in one query; None when it has ended."""
    row = _sign_in(token, clock.now())
    if row is None:
        return None
    if row.card_id is not None:
        who = _card(row.card_id)
        usable = who.on_duty()
    else:
        who = row.person
        usable = who.is_active
        who.__dict__["given_roles"] = frozenset(filter(None, (_beside(row, "role_names") or "").split(",")))
        who.__dict__.update({name: _beside(row, name) for name in comes_along})
    who.sign_in_now = row
    return who if usable else None


def in_order(hours: list[list[str]]) -> list[list[str]]:
    """Hours of duty from morning to evening; Refused when one ends before it begins or two overlap."""
    hours = sorted([list(pair) for pair in hours])
    if any(start >= end for start, end in hours):
        raise Refused(_("Each time of duty must end after it begins."), 422)
    if any(earlier[1] > later[0] for earlier, later in pairwise(hours)):
        raise Refused(_("Two times of duty overlap."), 422)
    return hours


def _beside(row: SignIn, name: str) -> Any:
    """A selected value that is no column of either row: peewee hangs it on the one it finds."""
    return row.__dict__[name] if name in row.__dict__ else getattr(row.person, name, None)


def ensure_director() -> tuple[Person, str] | None:
    """When there is nobody at all: a director's account, with its first password. None otherwise."""
    with writing():
        if Person.select().exists():
            return None
        return Person.add("管理员", roles=("director",))


# Small helps ------------------------------------------------------------------------------------------------


def _first_password() -> tuple[str, str]:
    password = passwords.first_password()
    return password, passwords.hashed(password)


def card_secret() -> str:
    return secrets.token_urlsafe(18)  # 144 bits


def tidy_phone(text: str | None) -> str:
    """The digits of a phone number: `+86 138-0013-8000` → `13800138000`. Other text comes back as it is."""
    bare = (text or "").strip().translate(str.maketrans("", "", " -()")).removeprefix("+86")
    return bare if bare.isascii() and bare.isdigit() else (text or "").strip()


@lru_cache(4096)
def initials(name: str) -> str:
    """Pinyin initials for quick search: 王伟 → `ww`; every reading of a first character (单 → `d`, `s`, `c`)."""
    from pypinyin import Style, pinyin  # slow to load and only needed when a name is written

    if not name:
        return ""
    syllables = pinyin(name, style=Style.FIRST_LETTER, heteronym=False, errors=lambda other: [other.lower()])
    rest = "".join(letters[0] for letters in syllables[1:])
    firsts = pinyin(name[0], style=Style.FIRST_LETTER, heteronym=True, errors=lambda other: [other.lower()])[0]
    return " ".join(sorted({first + rest for first in firsts}))[:80]
