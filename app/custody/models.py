"""Who holds what: loans and issues, renewals and returns. Late is a question asked of the day, never a mark."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import clock, journal
from app.assets import ledger
from app.assets.models import Asset, also_matching
from app.db import Day, Moment, Row, database, escape_like, writing
from app.errors import Refused
from app.people.models import Office, Person, before_close
from app.photos.models import Photo, guard
from app.places.codes import Label, is_well_formed, tidy
from app.places.models import Place
from app.receiving.purchases import elsewhere
from app.words import day

KINDS = {"loan": _l("loan"), "issue": _l("issue")}  # 借用 comes back on a day, 领用 is kept in use
CONDITIONS = {"good": _l("in good order"), "damaged": _l("damaged")}
SOON = timedelta(days=3)
LONGEST = timedelta(days=3 * 366)
valuable_from = 500_000  # fen; the app sets it from VALUABLE_YUAN, see blueprint.py

journal.says({
    "custody.lent": _l("lent %(quantity)s %(unit)s to %(holder)s, due %(due)s"),
    "custody.issued": _l("handed out %(quantity)s %(unit)s to %(holder)s, to be kept in use"),
    "custody.passed_on": _l("handed %(quantity)s %(unit)s over from %(holder)s to %(to)s, who confirmed"),
    "custody.renewed": _l("renewed the loan of %(holder)s: due %(due)s instead of %(was)s"),
    "custody.returned": _l("took back %(quantity)s %(unit)s from %(holder)s, in good order"),
    "custody.returned_damaged": _l("took back %(quantity)s %(unit)s from %(holder)s, damaged: %(note)s"),
    "custody.got_loan": _l("lent them %(thing)s (%(number)s), due %(due)s"),
    "custody.got_issue": _l("handed out %(thing)s (%(number)s) to them"),
    "custody.gave_back": _l("took back %(thing)s (%(number)s) from them"),
})  # fmt: skip
# The life story of a thing is read by whoever keeps the room; who had it, only by the office and by that person.
journal.veil(
    "holder",
    lambda who, facts: who.may("custody.all") or facts.get("holder_id") == who.id,
    _l("a colleague"),
)


@dataclass(frozen=True)
class Going:
    """Something is about to go out, or to stay out: how many of what, to whom, until when (None: for good).

    `custody` is the loan that is renewed, None for a new one. `agreed`: who has to agree to what is valuable did.
    """

    asset: Asset
    quantity: int
    person: Person
    until: date | None
    custody: "Custody | None" = None
    agreed: bool = False


# Asked inside the act before something goes out or stays longer; they refuse what was promised to somebody else.
before_going: list[Callable[[Going], None]] = []


class Return(Row):
    """Something came back (归还): who took it in, when and how it looked."""

    append_only = True

    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)
    quantity = peewee.IntegerField(default=1, constraints=[peewee.Check("quantity > 0")])
    condition = peewee.CharField(10, constraints=[peewee.Check("condition in ('good', 'damaged')")])
    note = peewee.CharField(400, default="")

    class Meta:
        table_name = "custody_return"

    @property
    def condition_word(self) -> str:
        return str(CONDITIONS[self.condition])


class Custody(Row):
    """A thing, or some of a batch, in a colleague's hands: a loan (借用) until a day, or an issue (领用).

    Open until `returned`. `exclusive` marks single assets, of which the database lets only one row be open.
    """

    asset = peewee.ForeignKeyField(Asset, backref="custodies", index=False)
    person = peewee.ForeignKeyField(Person, backref="custodies", index=False)
    kind = peewee.CharField(8)
    exclusive = peewee.BooleanField()
    quantity = peewee.IntegerField(default=1)
    due_on = Day(null=True)
    note = peewee.CharField(200, default="")  # what it is for (用途, 理由)
    condition = peewee.CharField(200, default="")  # how it looked when it left
    by = peewee.ForeignKeyField(Person, null=True, backref="custodies_given", index=False)
    at = Moment(default=clock.now)
    returned = peewee.ForeignKeyField(Return, null=True, unique=True, backref="custodies")
    rest_of = peewee.ForeignKeyField("self", null=True, backref="rests")  # what stayed out when a part came back

    class Meta:
        indexes = (
            (("person", "returned"), False),
            (("asset", "id"), False),
            (("returned", "due_on"), False),
        )
        constraints = [
            peewee.Check("kind in ('loan', 'issue')"),
            peewee.Check("(kind = 'loan') = (due_on is not null)"),
            peewee.Check("quantity > 0"),
        ]

    # Who holds what

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """Every row for those who may see who holds what; the own rows for the rest; nothing for strangers."""
        if who.may("custody.all"):
            return cls.shown()
        if who.may("custody.own"):
            return cls.shown().where(cls.person == who.id)
        return cls.shown().where(peewee.SQL("0 = 1"))

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Rows with what a list says of them, in one query: thing, its room, holder, office, return."""
        return (
            cls.select(cls, Asset, Place, Person, Office, Return)
            .join(Asset)
            .join(Place, peewee.JOIN.LEFT_OUTER, on=(Asset.place == Place.id))
            .switch(cls)
            .join(Person, on=(cls.person == Person.id))
            .join(Office, peewee.JOIN.LEFT_OUTER, on=(Person.office == Office.id))
            .switch(cls)
            .join(Return, peewee.JOIN.LEFT_OUTER, on=(cls.returned == Return.id))
        )

    @classmethod
    def is_open(cls) -> peewee.Expression:
        return cls.returned.is_null()

    @classmethod
    def is_late(cls, today: date | None = None) -> peewee.Expression:
        return cls.returned.is_null() & (cls.due_on < (today or clock.today()))

    @classmethod
    def is_soon(cls) -> peewee.Expression:
        """Due today or within days, not yet late."""
        today = clock.today()
        return cls.returned.is_null() & cls.due_on.between(today, today + SOON)

    @classmethod
    def overdue(cls, today: date | None = None) -> peewee.ModelSelect:
        """Open loans whose day has passed, the latest first."""
        return cls.shown().where(cls.is_late(today)).order_by(cls.due_on, cls.id)

    @classmethod
    def held_by(cls, person: Person) -> peewee.ModelSelect:
        """What someone holds now: what is due first comes first, what is kept in use last."""
        return cls.shown().where(cls.person == person, cls.is_open()).order_by(cls.due_on.is_null(), cls.due_on, cls.id)

    @classmethod
    def holders_of(cls, assets: Iterable[Asset | int]) -> peewee.ModelSelect:
        """The open rows of some assets with their holders, oldest first."""
        ids = [getattr(asset, "id", asset) for asset in assets]
        return cls.shown().where(cls.asset.in_(ids), cls.is_open()).order_by(cls.id)

    @classmethod
    def open_of(cls, asset: Asset) -> "Custody | None":
        """Who holds a single asset now; of a batch, the first of perhaps several."""
        return cls.holders_of([asset]).first()

    @classmethod
    def matching(cls, words: str) -> peewee.Expression:
        """Where the thing's name, number or label code, or the holder's name, hold `words`; initials too."""
        words = words.strip()
        pattern = f"%{escape_like(words)}%"
        hit = (
            (Asset.name ** pattern) | (Asset.number ** pattern) | (Asset.initials ** pattern)
            | (Person.name ** pattern) | (Person.initials ** pattern)
        )  # fmt: skip
        if is_well_formed(tidy(words)):
            hit |= cls.asset.in_(Label.select(Label.asset).where(Label.code == tidy(words)))
        return hit

    @classmethod
    def recent_holders(cls, but: Iterable[int] = (), count: int = 4) -> list[Person]:
        """The colleagues who last got something: likely to come again, so they stand ready as chips."""
        last = peewee.fn.MAX(cls.id)
        return list(
            Person.active()
            .join(cls, on=(cls.person == Person.id))
            .where(Person.id.not_in(list(but)), cls.at > clock.now() - timedelta(days=60))
            .group_by(Person.id)
            .order_by(last.desc())
            .limit(count)
        )

    # Verbs

    @classmethod
    def lend(
        cls,
        asset: Asset,
        person: Person,
        by: Any,
        *,
        due_on: date | None,
        quantity: int = 1,
        note: str = "",
        condition: str = "",
        photos: Sequence[Any] = (),
        agreed: bool = False,
    ) -> "Custody":
        """Lend a thing until a day (借用). Refused when it is out already, gone, promised to somebody else, or more
        than there are; a valuable thing needs a request that was `agreed` to."""
        _check_due(due_on)
        going = Going(asset, quantity, person, due_on, agreed=agreed)
        return cls._give("loan", going, by, photos, due_on=due_on, note=note, condition=condition)

    @classmethod
    def hand_out(
        cls,
        asset: Asset,
        person: Person,
        by: Any,
        *,
        quantity: int = 1,
        note: str = "",
        condition: str = "",
        photos: Sequence[Any] = (),
        agreed: bool = False,
    ) -> "Custody":
        """Hand a thing out to be kept in use (领用), without a day. Refused like `lend`."""
        going = Going(asset, quantity, person, None, agreed=agreed)
        return cls._give("issue", going, by, photos, note=note, condition=condition)

    @classmethod
    def _give(cls, kind: str, going: Going, by: Any, photos: Sequence[Any], **fields: Any) -> "Custody":
        with writing():
            _check_free(going.asset, going.quantity)
            if not Person.active().where(Person.id == going.person.id).exists():
                raise Refused(_("The account of %(person)s is switched off.", person=going.person.name))
            for ask in before_going:
                ask(going)
            row = cls._create(
                kind=kind, asset=going.asset, person=going.person, by=by, quantity=going.quantity, **fields
            )
            Photo.attach(photos, row, by, part="before")
            row._record_giving(by)
        return row

    @classmethod
    def _create(cls, *, asset: Asset, **fields: Any) -> "Custody":
        try:
            with database.atomic():
                return cls.create(asset=asset, exclusive=not asset.is_batch, **fields)
        except peewee.IntegrityError:  # a database without IMMEDIATE acts: someone else was faster
            if holder := cls.open_of(asset):
                raise Refused(holder.already_words) from None
            raise

    def _record_giving(self, by: Any) -> None:
        due = self.due_on.isoformat() if self.due_on else ""
        lent = self.kind == "loan"
        self._record("custody.lent" if lent else "custody.issued", by, due=due)
        journal.record(
            "custody.got_loan" if lent else "custody.got_issue", self.person, by,
            thing=self.asset.name, number=self.asset.number, due=due,
        )  # fmt: skip

    def _record(self, action: str, by: Any, **facts: Any) -> None:
        journal.record(
            action, self, by, asset=self.asset, place=self.asset.place_id, unit=self.asset.unit,
            holder=self.person.name, holder_id=self.person_id, **{"quantity": self.quantity, **facts},
        )  # fmt: skip

    def renew(self, by: Any, due_on: date, reason: str = "") -> None:
        """Another, later day for an open loan (续借); the old one stays in a Renewal."""
        _check_due(due_on)
        with writing():
            self.check_renewable()
            if due_on <= self.due_on:
                raise Refused(_("The new day must be later than %(day)s.", day=day(self.due_on)), 422)
            for ask in before_going:
                ask(Going(self.asset, self.quantity, self.person, due_on, self, agreed=True))
            Renewal.create(custody=self, was=self.due_on, due_on=due_on, by=by, reason=reason)
            was, self.due_on = self.due_on, due_on
            self.save(only=[Custody.due_on])
            self._record("custody.renewed", by, due=due_on.isoformat(), was=was.isoformat())

    def check_renewable(self) -> None:
        """Refused when it is back already, or was handed out and has no day."""
        self._still_open()
        if self.kind != "loan":
            raise Refused(_("Only a loan has a day to come back; this was handed out to be kept."))

    def take_back(
        self,
        by: Any,
        *,
        condition: str = "good",
        note: str = "",
        quantity: int | None = None,
        photos: Sequence[Any] = (),
    ) -> Return:
        """It came back (归还), or `quantity` of it; the rest stays out as a row of its own with the same day."""
        if condition not in CONDITIONS:
            raise Refused(_("Please say in which condition it came back."), 422)
        with writing():
            self._still_open()
            back = self.quantity if quantity is None else quantity
            if not 1 <= back <= self.quantity:
                raise Refused(_("Only %(quantity)s of them are out.", quantity=self.quantity), 422)
            self.returned = Return.create(by=by, quantity=back, condition=condition, note=note)
            self.save(only=[Custody.returned])
            self._leave_out(self.quantity - back)
            Photo.attach(photos, self, by, part="after")
            self._record_return(by, note)
        return self.returned

    def pass_on(self, to: Person, by: Any, note: str = "") -> "Custody":
        """It goes from hand to hand (移交): closed for the one, open for the other, with the same day; a loan that is
        late is due today. Whether the other one agreed is for the caller to know."""
        with writing():
            self._still_open()
            self.returned = Return.create(by=by, quantity=self.quantity, condition="good", note=note)
            self.save(only=[Custody.returned])
            due_on = max(self.due_on, clock.today()) if self.due_on else None
            row = Custody._create(
                asset=self.asset, person=to, kind=self.kind, quantity=self.quantity, due_on=due_on, note=self.note,
                condition=self.condition, by=by,
            )  # fmt: skip
            self._record("custody.passed_on", by, to=to.name)
            journal.record("custody.gave_back", self.person, by, thing=self.asset.name, number=self.asset.number)
            row._record_giving(by)
        return row

    def _still_open(self) -> None:
        fresh = Custody.get_by_id(self.id)
        if fresh.returned_id is not None:
            raise Refused(_("%(thing)s is already back.", thing=self.asset.name))
        self.due_on, self.quantity = fresh.due_on, fresh.quantity

    def _leave_out(self, rest: int) -> None:
        if rest:
            Custody.create(
                asset=self.asset, person=self.person, kind=self.kind, exclusive=self.exclusive, quantity=rest,
                due_on=self.due_on, note=self.note, condition=self.condition, by=self.by_id, at=self.at,
                rest_of=self.rest_of_id or self.id,
            )  # fmt: skip

    def _record_return(self, by: Any, note: str) -> None:
        action = "custody.returned" if self.returned.condition == "good" else "custody.returned_damaged"
        self._record(action, by, quantity=self.returned.quantity, note=note)
        journal.record("custody.gave_back", self.person, by, thing=self.asset.name, number=self.asset.number)

    # In words

    @property
    def kind_word(self) -> str:
        return str(KINDS[self.kind])

    @property
    def holder(self) -> str:
        return holder_words(self.person)

    @property
    def already_words(self) -> str:
        """Why it can't be given to someone else now."""
        if self.kind == "loan":
            return _("%(thing)s is already lent to %(holder)s.", thing=self.asset.name, holder=self.holder)
        return _("%(thing)s is already handed out to %(holder)s.", thing=self.asset.name, holder=self.holder)

    @property
    def days_late(self) -> int:
        """Days past the due day, 0 when it is not late or not a loan."""
        if self.due_on is None or self.returned_id is not None:
            return 0
        return max((clock.today() - self.due_on).days, 0)

    @property
    def tone(self) -> str:
        """late, soon or nothing: how the due words are coloured."""
        if self.days_late:
            return "late"
        near = self.due_on is not None and self.returned_id is None and self.due_on <= clock.today() + SOON
        return "soon" if near else ""

    @property
    def due_words(self) -> str:
        """`2 days late`, `due today`, `due in 5 days`, `due 24/12`, or `kept in use` for an issue."""
        if self.due_on is None:
            return _("kept in use")
        left = (self.due_on - clock.today()).days
        if left < 0:
            return ngettext("%(num)s day late", "%(num)s days late", -left)
        if left < 2:
            return _("due tomorrow") if left else _("due today")
        if left <= 7:
            return ngettext("due in %(num)s day", "due in %(num)s days", left)
        return _("due %(day)s", day=day(self.due_on))


class Renewal(Row):
    """A loan's day was moved (续借)."""

    append_only = True

    custody = peewee.ForeignKeyField(Custody, backref="renewals")
    was = Day()
    due_on = Day()
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)
    reason = peewee.CharField(200, default="")

    class Meta:
        table_name = "custody_renewal"
        constraints = [peewee.Check("due_on > was")]


Custody.add_index(
    Custody.index(
        Custody.asset, unique=True, name="custody_open", where=peewee.SQL('returned_id is null and "exclusive"')
    )
)


def holder_words(person: Person) -> str:
    """`李敏 (教务处)`: enough to tell two namesakes apart."""
    if person.office_id is None:
        return person.name
    return _("%(name)s (%(office)s)", name=person.name, office=person.office.name)


def free(asset: Asset) -> int:
    """How many are on the shelves and not in someone's hands."""
    out = Custody.select(peewee.fn.COALESCE(peewee.fn.SUM(Custody.quantity), 0)).where(
        Custody.asset == asset, Custody.is_open()
    )
    return ledger.balance(asset) - out.scalar()


def _check_free(asset: Asset, quantity: int) -> None:
    """Inside the act: what is read here is still true when the row is written."""
    if Asset.select(Asset.state).where(Asset.id == asset.id).scalar() == "disposed":
        raise Refused(_("%(thing)s is disposed of and can't be given out.", thing=asset.name))
    if quantity < 1 or (quantity > 1 and not asset.is_batch):
        raise Refused(_("%(thing)s is one thing; the quantity is 1.", thing=asset.name), 422)
    if not asset.is_batch and (holder := Custody.open_of(asset)):
        raise Refused(holder.already_words)
    if quantity > (left := free(asset)):
        raise Refused(none_left(asset, left))


def none_left(asset: Asset, left: int) -> str:
    """The sentence when fewer are left than someone wants."""
    if left < 1:
        return _("None of %(thing)s is left to give out.", thing=asset.name)
    return _("Only %(left)s %(unit)s of %(thing)s are left to give out.", left=left, unit=asset.unit, thing=asset.name)


def is_valuable(asset: Asset) -> bool:
    """Whether the principal must agree before it leaves the office (贵重): see VALUABLE_YUAN in the settings."""
    return (asset.unit_price or 0) >= valuable_from


def _valuable_needs_agreement(going: Going) -> None:
    if is_valuable(going.asset) and not going.agreed:
        raise Refused(_("%(thing)s is valuable: it goes out on a request that the principal agreed to.",
                        thing=going.asset.name))  # fmt: skip


def _check_due(due_on: date | None) -> None:
    if due_on is None:
        raise Refused(_("A loan needs a day to come back."), 422)
    if due_on < clock.today():
        raise Refused(_("That day has passed."), 422)
    if due_on > clock.today() + LONGEST:
        raise Refused(_("That day is too far away; hand it out instead."), 422)


def _nothing_held(person: Person) -> None:
    """An account is not switched off while school property is in its name (交还领用、借用的校具)."""
    held = Custody.select().where(Custody.person == person, Custody.is_open()).count()
    if held:
        words = ngettext("%(person)s still holds %(num)s thing.", "%(person)s still holds %(num)s things.", held,
                         person=person.name)  # fmt: skip
        raise Refused(words)


def _may_see_photos(who: Any, id: int) -> bool:
    return Custody.visible_to(who).where(Custody.id == id).exists()


def _nothing_out(asset: Asset, quantity: int) -> None:
    """What is in someone's hands can't be taken off the ledger; it comes back first."""
    if not asset.is_batch and (holder := Custody.open_of(asset)):
        raise Refused(holder.already_words)
    left = free(asset)
    if Custody.select().where(Custody.asset == asset, Custody.is_open()).exists() and quantity > left:
        raise Refused(none_left(asset, left))


def _held_by_name(words: str, who: Any) -> peewee.ModelSelect | None:
    """Ids of what is in the hands of someone so called, for those who may see who holds what."""
    if who is None or not who.may("custody.all"):
        return None
    pattern = f"%{escape_like(words)}%"
    holders = Person.select(Person.id).where((Person.name**pattern) | (Person.initials**pattern))
    return Custody.select(Custody.asset).where(Custody.person.in_(holders), Custody.is_open())


before_going.append(_valuable_needs_agreement)
also_matching.append(_held_by_name)
elsewhere.append(lambda: Custody.select(Custody.asset).where(Custody.is_open(), Custody.exclusive))
ledger.before_leaving.append(_nothing_out)
before_close.append(_nothing_held)
guard("custody", _may_see_photos)
