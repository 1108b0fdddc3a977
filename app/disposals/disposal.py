"""Write-off and scrap (报损、报废): asked, appraised by three, agreed by amount, and at last gone from the ledger.

A thing at or past its minimum life is scrapped (报废); before that, or when it was lost or destroyed, it is written
off (报损). Which of the two it is follows from reason, day of acquiring and minimum life, and nobody chooses it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import peewee
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.approvals.models import Ask, Need, Slip
from app.assets import ledger
from app.assets.models import Asset, Category, Shelf
from app.custody.models import Custody, Going, before_going
from app.db import Day, Moment, Row, database, escape_like, writing
from app.errors import Refused
from app.numbers import next_number
from app.people.models import Office, Person
from app.photos.models import Photo, guard
from app.places.models import Place

KINDS = {"scrap": _l("scrapping"), "loss": _l("write-off")}  # 报废, 报损
REASONS = {
    "worn_out": _l("life over, beyond repair"),
    "too_dear": _l("repair would cost too much"),
    "outdated": _l("technically outdated"),
    "unsafe": _l("a danger to people or the environment"),
    "forbidden": _l("ruled out by regulations"),
    "shortage": _l("missing at a stock-take"),
    "stolen": _l("stolen"),
    "accident": _l("destroyed by accident"),
}
LOSSES = ("shortage", "stolen", "accident")  # written off at any age
GONE = ("shortage", "stolen")  # nothing is left to photograph, to use or to sell
WAYS = {
    "scrap": _l("scrapped"),
    "loss": _l("written off"),
    "transfer": _l("given to another school or office"),
    "donation": _l("given away as a gift"),
    "sale": _l("sold"),
    "other": _l("another way"),
}
STAGES = {
    "open": _l("to be agreed"),
    "approved": _l("to be carried out"),
    "done": _l("carried out"),
    "refused": _l("refused"),
    "withdrawn": _l("withdrawn"),
    "called_off": _l("not carried out"),
}
APPRAISERS = 3  # at least so many
LONGEST = 500

journal.says({
    "disposals.asked_scrap": _l("asked to scrap %(quantity)s %(unit)s of %(name)s (%(number)s)"),
    "disposals.asked_loss": _l("asked to write off %(quantity)s %(unit)s of %(name)s (%(number)s)"),
    "disposals.approved": _l("everybody agreed to %(number)s; it is to be carried out"),
    "disposals.done": _l("carried out %(number)s: %(quantity)s %(unit)s of %(name)s are off the ledger"),
    "disposals.called_off": _l("called %(number)s off: %(reason)s"),
    "disposals.undone": _l("the removal by %(number)s was reversed: %(reason)s"),
})  # fmt: skip


@dataclass(frozen=True)
class Repair:
    """A repair that a thing went through: when, what in words, how it ended, its page, its cost in fen if known."""

    at: datetime
    words: str
    state: str
    url: str
    cost: int | None = None


# What a thing went through before. The noun of repairs adds its answer: `history(asset)`, newest first.
history: list[Callable[[Asset], Iterable[Repair]]] = []


# Told in the same act when a thing is asked away because a repair does not pay: `told(slip, by, ticket)`, and when it
# stays after all: `told(slip, by, reason)`. The noun of repairs ends its ticket then, or goes on with it, and answers
# from which repair a slip came.
after_asking: list[Callable[["Disposal", Person, Any], None]] = []
after_putting_back: list[Callable[["Disposal", Person, str], None]] = []
came_from: list[Callable[["Disposal"], "Repair | None"]] = []


def repairs_of(asset: Asset) -> list[Repair]:
    """Every repair that some noun knows of, newest first."""
    found = [repair for ask in history for repair in ask(asset)]
    return sorted(found, key=lambda repair: repair.at, reverse=True)


@dataclass(frozen=True)
class Age:
    """How long a thing was used against the least its category asks for (已用年限/最低年限)."""

    months: int | None  # None: nobody knows since when
    life: int  # years; 0: none is set

    @classmethod
    def of(cls, since: date | None, life: int, today: date | None = None) -> "Age":
        if since is None:
            return cls(None, life)
        today = today or clock.today()
        months = (today.year - since.year) * 12 + today.month - since.month - (today.day < since.day)
        return cls(max(months, 0), life)

    @property
    def is_over(self) -> bool:
        """Whether the minimum life is reached; without a minimum it always is, without a day it is not known to be."""
        return not self.life or (self.months is not None and self.months >= self.life * 12)

    @property
    def used(self) -> str:
        """`3 years 4 months`."""
        if self.months is None:
            return _("not known")
        years, months = divmod(self.months, 12)
        if not years:
            return _("%(months)s months", months=months)
        if not months:
            return _("%(years)s years", years=years)
        return _("%(years)s years %(months)s months", years=years, months=months)

    @property
    def words(self) -> str:
        """`3 years 4 months / 6 years`."""
        least = _("%(years)s years", years=self.life) if self.life else _("none set")
        return f"{self.used} / {least}"

    def kind(self, reason: str) -> str:
        """scrap or loss."""
        return "loss" if reason in LOSSES or not self.is_over else "scrap"


class Ending(Row):
    """A disposal is over: carried out, refused, withdrawn or called off; by whom, when, and how.

    Of one that was carried out: the way, the residual value in fen, the bureau's approval number, and who got it.
    The ledger rows that took it off name the disposal as their slip.
    """

    append_only = True

    kind = peewee.CharField(10)
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)
    way = peewee.CharField(10, default="")
    residual = peewee.IntegerField(null=True)
    bureau_number = peewee.CharField(60, default="")
    receiver = peewee.CharField(80, default="")
    reason = peewee.CharField(200, default="")

    class Meta:
        table_name = "disposal_ending"
        constraints = [
            peewee.Check("kind in ('done', 'refused', 'withdrawn', 'called_off')"),
            peewee.Check("(kind = 'done') = (way <> '')"),
            peewee.Check("residual is null or residual >= 0"),
        ]

    @property
    def way_word(self) -> str:
        return str(WAYS[self.way])


class Disposal(Slip, Row):
    """A request to take a thing, or some of a batch, off the ledger for good.

    kind, used_months, life_years and value (fen) are as they were on the day it was asked. `was_state` is where a
    refusal puts the thing back. Open until `ending`; `approved_at` once everybody agreed. `exclusive` marks single
    assets, of which the database lets only one be under way.
    """

    number = peewee.CharField(20, unique=True)
    applicant = peewee.ForeignKeyField(Person, backref="disposals", index=False)
    at = Moment(default=clock.now)
    asset = peewee.ForeignKeyField(Asset, backref="disposals")
    exclusive = peewee.BooleanField()
    quantity = peewee.IntegerField(default=1)
    place = peewee.ForeignKeyField(Place, backref="disposals", index=False)  # where it stood when it was asked
    kind = peewee.CharField(8)
    reason = peewee.CharField(12)
    words = peewee.CharField(LONGEST)
    acquired_on = Day(null=True)
    used_months = peewee.IntegerField(null=True)
    life_years = peewee.IntegerField(default=0)
    value = peewee.IntegerField()
    net_value = peewee.IntegerField(null=True)
    way = peewee.CharField(10)
    was_state = peewee.CharField(12)
    approved_at = Moment(null=True)
    ending = peewee.ForeignKeyField(Ending, null=True, unique=True, backref="disposals")

    class Meta:
        indexes = ((("ending", "id"), False),)
        constraints = [
            peewee.Check("kind in ('scrap', 'loss')"),
            peewee.Check("quantity > 0 and value >= 0"),
            peewee.Check("kind = 'loss' or life_years = 0 or coalesce(used_months, 0) >= life_years * 12"),
            peewee.Check("kind = 'loss' or reason not in ('shortage', 'stolen', 'accident')"),
        ]

    appraisers: Sequence[Person] = ()  # named when it is asked; afterwards they stand in its asks

    def __str__(self) -> str:
        return self.number

    # How it reads

    @property
    def kind_word(self) -> str:
        return str(KINDS[self.kind])

    @property
    def reason_word(self) -> str:
        return str(REASONS[self.reason])

    @property
    def way_word(self) -> str:
        return str(WAYS[self.way])

    @property
    def age(self) -> Age:
        return Age(self.used_months, self.life_years)

    @property
    def stage(self) -> str:
        """open, approved, or how it ended."""
        if self.ending_id is not None:
            return self.ending.kind
        return "approved" if self.approved_at else "open"

    @property
    def stage_word(self) -> str:
        return str(STAGES[self.stage])

    @property
    def tone(self) -> str:
        """Colour of the stage's chip."""
        return {"open": "soon", "approved": "info", "done": "fine"}.get(self.stage, "")

    @property
    def how_many(self) -> str:
        """`3 把` for some of a batch; nothing for one thing."""
        return "" if self.exclusive else f"{self.quantity} {self.asset.unit}"

    @property
    def name(self) -> str:
        return f"{self.asset.name} {self.how_many}".strip()

    @property
    def needs_bureau(self) -> bool:
        """Whether the bureau must approve before it is carried out (批复文号)."""
        return self.value >= current_app.config["APPROVE_BUREAU_YUAN"] * 100

    # Which there are

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """With what a list says of them, in one query: thing, category, place, applicant, ending."""
        return (
            cls.select(cls, Asset, Category, Office, Place, Person, Ending)
            .join(Asset)
            .join(Category)
            .switch(Asset)
            .join(Office, peewee.JOIN.LEFT_OUTER, on=(Asset.office == Office.id))
            .switch(cls)
            .join(Place, on=(cls.place == Place.id))
            .switch(cls)
            .join(Person, on=(cls.applicant == Person.id))
            .switch(cls)
            .join(Ending, peewee.JOIN.LEFT_OUTER, on=(cls.ending == Ending.id))
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for those who see all property; those that someone is asked about, or asked for."""
        if who.may("assets.all"):
            return cls.shown()
        if not who.may("disposals.list"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        asked = Ask.select(Ask.slip_id).where(Ask.slip == cls._meta.table_name, Ask.asked_of(who))
        return cls.shown().where((cls.applicant == who.id) | cls.id.in_(asked))

    @classmethod
    def in_stage(cls, stage: str) -> peewee.Expression:
        if stage == "open":
            return cls.ending.is_null() & cls.approved_at.is_null()
        if stage == "approved":
            return cls.ending.is_null() & cls.approved_at.is_null(False)
        return Ending.kind == stage

    @classmethod
    def matching(cls, words: str) -> peewee.Expression:
        """Where the number, or the thing's name, number or initials hold `words`."""
        pattern = f"%{escape_like(words.strip())}%"
        return (cls.number**pattern) | (Asset.name**pattern) | (Asset.number**pattern) | (Asset.initials**pattern)

    @classmethod
    def under_way(cls, asset: Asset) -> peewee.ModelSelect:
        """What is asked for a thing and not over yet."""
        return cls.shown().where(cls.asset == asset, cls.ending.is_null()).order_by(cls.id)

    # Verbs

    @classmethod
    def ask(
        cls,
        asset: Asset,
        by: Person,
        *,
        reason: str,
        words: str,
        way: str,
        appraisers: Sequence[Person],
        quantity: int = 1,
        place: Place | None = None,
        acquired_on: date | None = None,
        value: int | None = None,
        net_value: int | None = None,
        photos: Sequence[Any] = (),
        ticket: Any = None,
    ) -> "Disposal":
        """Ask for a thing, or for `quantity` of a batch in a place, to be taken off the ledger.

        acquired_on, value (of all of it, in fen): only where the card does not know them. ticket: the repair that
        ends because of it.
        """
        with writing():
            fresh = Asset.select(Asset, Category).join(Category).where(Asset.id == asset.id).get()
            acquired_on = fresh.acquired_on or acquired_on
            age = Age.of(acquired_on, fresh.category.life_years)
            place = _where_it_stands(fresh, place, quantity)
            value = fresh.unit_price * quantity if fresh.unit_price is not None else value
            check_way(age.kind(reason), reason, way)
            check_reason(reason, age)
            _check_evidence(reason, words, value, photos)
            _check_appraisers(appraisers, by)
            slip = cls._create(
                number=next_number(cls, "BF"), applicant=by, asset=fresh, exclusive=not fresh.is_batch,
                quantity=quantity, place=place, kind=age.kind(reason), reason=reason, words=words,
                acquired_on=acquired_on, used_months=age.months, life_years=age.life, value=value,
                net_value=net_value, way=way,
                was_state=fresh.state,
            )  # fmt: skip
            slip.appraisers = appraisers
            Photo.attach(photos, slip, by)
            slip._begin(by)
            for told in after_asking if ticket is not None else ():
                told(slip, by, ticket)
        return slip

    @classmethod
    def _create(cls, *, asset: Asset, **fields: Any) -> "Disposal":
        try:
            with database.atomic():
                return cls.create(asset=asset, **fields)
        except peewee.IntegrityError:  # a database without IMMEDIATE acts: someone else was faster
            _check_not_under_way(asset)
            raise

    def _begin(self, by: Person) -> None:
        self._tell(f"disposals.asked_{self.kind}", by, number=self.asset.number)
        if self.exclusive:
            self.asset.set_state("to_dispose", by)
        self.ask_all(by)

    def needs(self) -> list[Need]:
        """The appraisers side by side; then the custodian and the head of the office; then director, finance, and by
        amount the vice-principal and the principal. A step that only the applicant could take is the next one's."""
        found = [Need(f"appraiser-{n}", "appraiser", person=each) for n, each in enumerate(self.appraisers, 1)]
        head = self.asset.office.head if self.asset.office_id else None
        if head is not None and self._speaks_for_the_office(head):
            found.append(Need("head", "head", person=head, step=2))
        if self._held_by_another("custodian") and "custodian" not in self.applicant.given_roles:
            found.append(Need("custodian", "custodian", role="custodian", step=2))
        for step, role in enumerate(self._deciding, 3):
            found.append(Need(role, role, role=role, step=step))
        return found

    def _speaks_for_the_office(self, head: Person) -> bool:
        """The head of the office in charge is asked, unless asked anyway: as applicant, or as director."""
        return head.is_active and head.id != self.applicant_id and "director" not in head.given_roles

    @property
    def _deciding(self) -> list[str]:
        limits = {"vice_principal": "APPROVE_VICE_YUAN", "principal": "APPROVE_PRINCIPAL_YUAN"}
        over = [role for role, name in limits.items() if self.value >= current_app.config[name] * 100]
        finance = ["finance"] if self._held_by_another("finance") else []
        director = ["director"] if self._held_by_another("director") or not over else []
        return [*director, *finance, *over]

    def _held_by_another(self, role: str) -> bool:
        return Person.with_role(role).where(Person.id != self.applicant_id).exists()

    def filed(self) -> dict[str, Any]:
        return {"asset": self.asset_id, "place": self.place_id}

    def settle(self, by: Person) -> None:
        """Everybody agreed. It leaves the ledger when it is carried out: the bureau's answer may take weeks."""
        Disposal.update(approved_at=clock.now()).where(Disposal.id == self.id).execute()
        self.approved_at = clock.now()
        self._tell("disposals.approved", by)

    def fall(self, by: Person, reason: str) -> None:
        """Refused or withdrawn: back as it was."""
        self._close(self.state, by, reason=reason)
        self._put_back(by, reason)

    def call_off(self, by: Person, reason: str) -> None:
        """It was agreed to, but will not be carried out (the bureau refused, it works again): back as it was."""
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with writing():
            self._check_approved()
            self._close("called_off", by, reason=reason)
            self._put_back(by, reason)
            self._tell("disposals.called_off", by, reason=reason)

    def carry_out(
        self, by: Person, *, way: str, residual: int | None = None, bureau_number: str = "", receiver: str = ""
    ) -> None:
        """It is gone: off the ledger, and the label answers that it was written off. residual: what it brought, in
        fen. Refused while it is in someone's hands, or without the bureau's number where one is needed."""
        with writing():
            self._check_approved()
            check_way(self.kind, self.reason, way)
            if self.needs_bureau and not bureau_number.strip():
                raise Refused(_("A write-off of this value needs the bureau's approval number."), 422)
            self._close("done", by, way=way, residual=residual, bureau_number=bureau_number, receiver=receiver)
            self._take_off(by)
            self._tell("disposals.done", by)

    def _check_approved(self) -> None:
        """As the database says now: someone else may have been faster."""
        fresh = Disposal.shown().where(Disposal.id == self.id).get()
        self.approved_at, self.ending = fresh.approved_at, fresh.ending if fresh.ending_id else None
        self.asset, self.place = fresh.asset, fresh.place
        if self.stage != "approved":
            raise Refused(_("That can't be done now: %(number)s is “%(stage)s”.",
                            number=self.number, stage=self.stage_word))  # fmt: skip

    def _close(self, kind: str, by: Person, **how: Any) -> None:
        self.ending = Ending.create(kind=kind, by=by, **how)
        self.save(only=[Disposal.ending])

    def _take_off(self, by: Person) -> None:
        """From where it stands today: a single thing may have been moved meanwhile."""
        source = self.asset.place if self.exclusive else self.place
        if source is None:
            raise Refused(_("%(thing)s stands in no room: it is off the ledger already.", thing=self.asset.name))
        ledger.post(
            self.asset, "removal", by, quantity=self.quantity, source=source, reason=self.number, slip=self
        )  # fmt: skip
        if ledger.balance(self.asset) == 0:
            self.asset.set_state("disposed", by)

    def _put_back(self, by: Any, reason: str) -> None:
        if self.exclusive:
            self.asset.set_state(self.was_state, by)
        for told in after_putting_back:
            told(self, by, reason)

    def _tell(self, action: str, by: Any, **facts: Any) -> None:
        journal.record(
            action, self, by, asset=self.asset_id, place=self.place_id, unit=self.asset.unit, name=self.asset.name,
            quantity=self.quantity, **{"number": self.number, **facts},
        )  # fmt: skip


Disposal.add_index(
    Disposal.index(
        Disposal.asset, unique=True, name="disposal_under_way", where=peewee.SQL('ending_id is null and "exclusive"')
    )
)


def check_way(kind: str, reason: str, way: str) -> None:
    """Refused when the way does not fit: what is below its minimum life is never scrapped, what is gone can be
    neither sold nor given."""
    if way not in WAYS or reason not in REASONS:
        raise Refused(_("Please choose one."), 422)
    if way == "scrap" and kind == "loss":
        raise Refused(_("Below its minimum life, or lost or destroyed, a thing is written off, not scrapped."), 422)
    if way == "loss" and kind == "scrap":
        raise Refused(_("At or past its minimum life a thing is scrapped, not written off."), 422)
    if reason in GONE and way != "loss":
        raise Refused(_("What is gone can only be written off."), 422)


def check_reason(reason: str, age: Age) -> None:
    """Refused when “life over” is said of a thing whose life is not over, or of which nobody knows since when."""
    if reason != "worn_out" or age.is_over:
        return
    if age.months is None:
        raise Refused(_("Nobody knows since when it is used, so its life can't be called over. Please give the day."),
                      422)  # fmt: skip
    raise Refused(
        _("Its minimum life is not over (%(age)s): please choose another reason. It is written off, not scrapped.",
          age=age.words), 422
    )  # fmt: skip


def _check_evidence(reason: str, words: str, value: int | None, photos: Sequence[Any]) -> None:
    if not words.strip():
        raise Refused(_("Please say in words what is wrong with it."), 422)
    if value is None:
        raise Refused(_("Please give the original value."), 422)
    if not photos and reason not in GONE:
        raise Refused(_("Please add a photo of its condition."), 422)


def _check_appraisers(people: Sequence[Person], applicant: Person) -> None:
    ids = {person.id for person in people}
    if applicant.id in ids:
        raise Refused(_("Who asks can't appraise."), 422)
    if len(ids) < len(people) or len(ids) < APPRAISERS:
        raise Refused(_("At least %(least)s different people appraise.", least=APPRAISERS), 422)


def _where_it_stands(asset: Asset, place: Place | None, quantity: int) -> Place:
    """The room it leaves from; Refused when it is gone, under way already, or not that many."""
    if asset.state == "disposed":
        raise Refused(_("%(thing)s is already disposed of.", thing=asset.name))
    if asset.is_batch:
        return _check_enough(asset, place, quantity)
    if quantity != 1:
        raise Refused(_("%(thing)s is one thing; the quantity is 1.", thing=asset.name), 422)
    _check_not_under_way(asset)
    if asset.place is None:
        raise Refused(_("%(thing)s stands in no room: it is off the ledger already.", thing=asset.name))
    return asset.place


def _check_not_under_way(asset: Asset) -> None:
    if slip := Disposal.under_way(asset).first():
        raise Refused(_("%(person)s has already asked for this: %(number)s.",
                        person=slip.applicant.name, number=slip.number))  # fmt: skip


def _check_enough(asset: Asset, place: Place | None, quantity: int) -> Place:
    held = Shelf.select(Shelf.quantity).where(Shelf.asset == asset, Shelf.place == place).scalar() or 0
    left = held - asked_for(asset, place)
    if place is None or quantity < 1 or quantity > left:
        raise Refused(_("Only %(left)s %(unit)s of %(thing)s stand there and are not asked for already.",
                        left=max(left, 0), unit=asset.unit, thing=asset.name), 422)  # fmt: skip
    return place


def asked_for(asset: Asset, place: Place | None = None) -> int:
    """How many of an asset (in a place) are under way to be disposed of."""
    query = Disposal.select(peewee.fn.COALESCE(peewee.fn.SUM(Disposal.quantity), 0)).where(
        Disposal.asset == asset, Disposal.ending.is_null()
    )
    return (query if place is None else query.where(Disposal.place == place)).scalar()


# What other nouns ask ---------------------------------------------------------------------------------------


def _not_asked_away(asset: Asset, quantity: int) -> None:
    """What is under way to be disposed of leaves the ledger by its slip and by nothing else."""
    asked = asked_for(asset)
    if asked and ledger.balance(asset) - quantity < asked:
        slip = Disposal.under_way(asset).first()
        raise Refused(_("%(thing)s is asked for by %(number)s and leaves the ledger by that slip.",
                        thing=asset.name, number=slip.number))  # fmt: skip


def _not_lent_away(going: Going) -> None:
    """What is to be written off is not lent or handed out again."""
    if going.custody is None and not going.asset.is_batch and (slip := Disposal.under_way(going.asset).first()):
        raise Refused(_("%(thing)s is to be written off (%(number)s) and can't be given out.",
                        thing=going.asset.name, number=slip.number))  # fmt: skip


def _came_back(rows: list[ledger.Movement], by: Any, reason: str) -> None:
    """A removal was reversed: the thing is there again, as it was before it was asked away."""
    table = Disposal._meta.table_name
    ids = {row.slip_id for row in rows if row.slip == table}
    for slip in Disposal.shown().where(Disposal.id.in_(ids)) if ids else ():
        slip.asset.set_state(slip.was_state, by)
        slip._tell("disposals.undone", by, reason=reason)


def holders_of(asset: Asset) -> list[Custody]:
    """Who has it in hand: it comes back before it leaves the ledger."""
    return list(Custody.holders_of([asset]))


ledger.before_leaving.append(_not_asked_away)
ledger.after_reversal.append(_came_back)
before_going.append(_not_lent_away)
guard("disposal", lambda who, id: Disposal.visible_to(who).where(Disposal.id == id).exists())
