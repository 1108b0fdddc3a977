"""What arrives: accepted by two people, stocked in, entered in the ledger; only then may it be reimbursed.

Each step is a row of its own with a person and a time, and the database holds one of each for a delivery. A step
is refused until the one before it is there. Nothing here touches the ledger but `enter`, by way of Asset.add.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.assets.ledger import Movement
from app.assets.models import MOST_AT_ONCE, Asset, Category
from app.db import Day, Moment, Row, database, escape_like, link, writing
from app.errors import Refused
from app.people.models import Person
from app.photos.models import Photo, guard
from app.places.models import Place
from app.words import said

STEPS = {  # the four steps in order; a delivery waits for one of them or is over
    "accept": _l("acceptance"),
    "stock": _l("stock-in"),
    "enter": _l("entry in the ledger"),
    "reimburse": _l("reimbursement"),
}
STATES = {
    "accept": _l("waits for acceptance"),
    "stock": _l("to be stocked in"),
    "enter": _l("to be entered"),
    "reimburse": _l("to be reimbursed"),
    "done": _l("reimbursed"),
    "sent_back": _l("returned to the supplier"),
    "void": _l("void"),
}
RIGHTS = {"stock": "receiving.stock", "enter": "receiving.enter", "reimburse": "receiving.reimburse"}
TRIALS = {"works": _l("works"), "fails": _l("does not work"), "none": _l("needs no power")}  # 通电试用
MOST_LINES = 40
DIGITS = 4

journal.says({
    "receiving.arrived": _l("entered the delivery: %(count)s lines"),
    "receiving.checked": _l("checked the goods: %(accepted)s accepted, %(refused)s refused"),
    "receiving.confirmed": _l("confirmed the acceptance as second person"),
    "receiving.objected": _l("did not agree with the acceptance: %(reason)s"),
    "receiving.refused": _l("sends back %(quantity)s %(unit)s of %(name)s: %(reason)s"),
    "receiving.stocked": _l("stocked in at %(room)s, slip %(number)s"),
    "receiving.entered": _l("entered %(count)s cards in the ledger, record %(number)s"),
    "receiving.reimbursed": _l("marked it reimbursed"),
    "receiving.voided": _l("made the delivery void: %(reason)s"),
})  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One line of a delivery as it is entered. unit_price is in fen."""

    name: str
    category: Category
    quantity: int
    unit: str
    unit_price: int
    is_batch: bool = False
    brand: str = ""
    model: str = ""


@dataclass(frozen=True)
class Found:
    """What was found of one line: how many are good, why the rest goes back, and what shows it."""

    accepted: int
    reason: str = ""
    photos: Sequence[Any] = ()


@dataclass(frozen=True)
class Stage:
    """One of the four steps as the page shows it. state: done, now, later or off (it will never come)."""

    key: str
    words: str
    state: str
    by: tuple[Person, ...] = ()
    at: Any = None
    number: str = ""


class Delivery(Row):
    """Goods that came (到货): from whom, on which papers, paid from what. The rows of its steps hang on it."""

    number = peewee.CharField(20, unique=True)
    supplier = peewee.CharField(80)
    invoice = peewee.CharField(60, default="")
    contract = peewee.CharField(60, default="")
    fund = peewee.CharField(60, default="")
    arrived_on = Day(default=clock.today, index=True)
    handler = peewee.ForeignKeyField(Person, backref="deliveries")  # 经手人: who bought it and hands in the papers
    witness = peewee.ForeignKeyField(Person, null=True, backref="witnessed")  # a colleague who may accept it too
    request = link("Purchase", null=True, backref="deliveries")
    note = peewee.CharField(400, default="")
    by = peewee.ForeignKeyField(Person, backref="deliveries_entered", index=False)
    at = Moment(default=clock.now)

    # Filled in by shown(); None as long as there is no such row.
    acceptance: "Acceptance | None" = None
    confirmation: "Confirmation | None" = None
    stock_in: "StockIn | None" = None
    entry: "Entry | None" = None
    reimbursement: "Reimbursement | None" = None
    voiding: "Voiding | None" = None

    # Which

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office, the leaders and finance; else those that name someone as handler or second person,
        or that came of the own request. Nothing for strangers and cards."""
        if who.may("receiving.all"):
            return cls.shown()
        if not who.may("receiving.list"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        asked = cls.request.rel_model
        own = asked.select(asked.id).where(asked.applicant == who.id)
        return cls.shown().where((cls.handler == who.id) | (cls.witness == who.id) | cls.request.in_(own))

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Deliveries with handler and the rows of all steps, in one query."""
        query = cls.select(cls, Person, *_STEP_ROWS.values()).join(Person, on=(cls.handler == Person.id))
        return _with_steps(query)

    @classmethod
    def in_state(cls, *states: str) -> peewee.Expression:
        """The condition of shown() that a delivery waits for one of these steps, or is over in one of these ways."""
        return _state().in_(states)

    @classmethod
    def counts(cls, visible: peewee.ModelSelect) -> dict[str, int]:
        """How many of these are in each state, in one query."""
        rows = visible.select(_state(), peewee.fn.COUNT(cls.id)).order_by().group_by(_state())
        return dict(rows.tuples())

    @classmethod
    def matching(cls, words: str) -> peewee.Expression:
        """Where number, supplier, invoice, contract, handler or the name of a line hold `words`."""
        pattern = f"%{escape_like(words)}%"
        lines = DeliveryLine.select(DeliveryLine.delivery).where(DeliveryLine.name**pattern)
        return (
            (cls.number**pattern) | (cls.supplier**pattern) | (cls.invoice**pattern) | (cls.contract**pattern)
            | (Person.name**pattern) | (Person.initials**pattern) | cls.id.in_(lines)
        )  # fmt: skip

    # What can be said of it

    @property
    def state(self) -> str:
        """A key of STATES, from the rows that are there."""
        if self.voiding:
            return "void"
        if not self.confirmation:
            return "accept"
        if not self.confirmation.accepted:
            return "sent_back"
        done = (("stock", self.stock_in), ("enter", self.entry), ("reimburse", self.reimbursement))
        return next((step for step, row in done if row is None), "done")

    @property
    def state_word(self) -> str:
        return str(STATES[self.state])

    @property
    def lines(self) -> "list[DeliveryLine]":
        """The lines in order with category and what was found of each, kept until the next verb."""
        if "_lines" not in self.__dict__:
            self._lines = list(DeliveryLine.shown([self]))
        return self._lines

    @property
    def total(self) -> int:
        """What the accepted goods cost, in fen; before the acceptance, all of them."""
        return sum(line.amount for line in self.lines)

    @property
    def stages(self) -> list[Stage]:
        """The four steps with who did each and when."""
        rows = {"stock": self.stock_in, "enter": self.entry, "reimburse": self.reimbursement}
        first = self.acceptance
        people = {"accept": filter(None, (first and first.by, self.confirmation and self.confirmation.by))}
        found, state = [], self.state
        for key, words in STEPS.items():
            row = self.confirmation if key == "accept" else rows[key]
            by = tuple(people["accept"]) if key == "accept" else ((row.by,) if row else ())
            over = state in ("void", "sent_back")
            how = "done" if row else "off" if over else "now" if key == state else "later"
            found.append(Stage(key, str(words), how, by, row and row.at, getattr(row, "number", "")))
        return found

    @property
    def conclusion(self) -> str:
        """合格, 部分合格 or 不合格, once it was checked."""
        if not self.acceptance:
            return ""
        refused = any(line.refused for line in self.lines)
        accepted = any(line.accepted for line in self.lines)
        return _("good in part") if refused and accepted else _("not good") if refused else _("good")

    @property
    def missing(self) -> int:
        """How many cards of this delivery were reversed in the ledger after all: the voucher must not hide it."""
        mirror = Movement.alias()
        undone = mirror.select(mirror.reverses).where(mirror.reverses.is_null(False))
        cards = LineAsset.select(LineAsset.asset).where(LineAsset.line.in_(self._line_ids()))
        return Movement.select().where(
            Movement.asset.in_(cards), Movement.kind == "entry", Movement.reason == "", Movement.id.in_(undone)
        ).count()  # fmt: skip

    def _line_ids(self) -> peewee.ModelSelect:
        return DeliveryLine.select(DeliveryLine.id).where(DeliveryLine.delivery == self)

    # Who may

    def shows_value_to(self, who: Any) -> bool:
        """Prices, supplier and invoice: for who may see prices, and for who bought it."""
        return who.may("assets.value") or who.id == self.handler_id

    def may_accept(self, who: Any) -> bool:
        """The office, and the two colleagues who are named on the delivery."""
        return who.may("receiving.add") or (
            who.may("receiving.accept") and who.id in (self.handler_id, self.witness_id)
        )

    def waits_for(self, who: Any) -> str:
        """What `who` may do next: check, confirm, stock, enter, reimburse, or nothing."""
        if self.state == "accept" and self.may_accept(who):
            if not self.acceptance:
                return "check"
            return "confirm" if self.acceptance.by_id != who.id else ""
        return self.state if self.state in RIGHTS and who.may(RIGHTS[self.state]) else ""

    @classmethod
    def to_accept(cls, who: Any) -> peewee.Expression:
        """The condition of shown() that it waits for an acceptance which `who` may give: as a first person, or as a
        second one beside another."""
        named = (cls.handler == who.id) | (cls.witness == who.id)
        mine = peewee.SQL("1 = 1") if who.may("receiving.add") else named
        return cls.in_state("accept") & (Acceptance.by.is_null() | (Acceptance.by != who.id)) & mine

    # Verbs

    @classmethod
    def arrive(cls, by: Person, items: Iterable[Item], **fields: Any) -> "Delivery":
        """Goods came. `fields`: supplier, invoice, contract, fund, arrived_on, handler, witness, request, note."""
        items = list(items)
        _check_items(items)
        if fields.get("witness") == fields.get("handler", by):
            fields["witness"] = None
        with writing():
            delivery = cls.create(number=next_number(cls, "DH"), by=by, **{"handler": by, **fields})
            for position, item in enumerate(items, 1):
                DeliveryLine.create(delivery=delivery, position=position, **vars(item))
            delivery._record("receiving.arrived", by, count=len(items))
        return delivery

    def check(
        self,
        by: Person,
        found: "Mapping[DeliveryLine, Found]",
        *,
        looks: str = "",
        trial: str = "none",
        extras: str = "",
        photos: Sequence[Any] = (),
    ) -> "Acceptance":
        """The first of two people says what is good and what goes back (验收). It counts once the second agrees."""
        with self._step("accept"):
            self._may_accept(by)
            if self.acceptance:
                raise Refused(_("%(person)s has already checked these goods; a second person confirms it now.",
                                person=self.acceptance.by.name))  # fmt: skip
            if {line.id for line in self.lines} != {line.id for line in found}:
                raise Refused(_("Please say of each line what was found."), 422)
            row = self._only_one(lambda: Acceptance.create(
                delivery=self, by=by, looks=looks, trial=trial, extras=extras))  # fmt: skip
            sums = [row.keep(line, what, by) for line, what in found.items()]
            Photo.attach(photos, row, by, part="goods")
            accepted, refused = (sum(column) for column in zip(*sums, strict=True))
            self._record("receiving.checked", by, accepted=accepted, refused=refused)
        return row

    def confirm(self, by: Person) -> "Confirmation":
        """The second person agrees with what the first found; what was refused goes back."""
        with self._step("accept"):
            first = self._checked_by_another(by)
            accepted = sum(line.accepted for line in self.lines)
            row = self._only_one(lambda: Confirmation.create(
                acceptance=first, delivery=self, first=first.by, by=by, accepted=accepted))  # fmt: skip
            self._record("receiving.confirmed", by)
            for refusal in Refusal.of(first):
                line = refusal.line
                self._record("receiving.refused", by, name=line.name, unit=line.unit, quantity=refusal.quantity,
                             reason=refusal.reason)  # fmt: skip
        return row

    def object(self, by: Person, reason: str) -> None:
        """The second person found something else; the goods are checked anew. The first result stays on record."""
        with self._step("accept"):
            first = self._checked_by_another(by)
            objection = Objection.create(by=by, reason=reason)
            Acceptance.update(objection=objection).where(Acceptance.id == first.id).execute()
            self._record("receiving.objected", by, reason=reason)

    def put_in_stock(self, by: Person, place: Place, note: str = "") -> "StockIn":
        """The custodian takes what was accepted into a store room (入库)."""
        if place.kind != "store":
            raise Refused(_("%(place)s is not a store room.", place=place.name), 422)
        with self._step("stock"):
            if place.closed_at is not None or not Place.rooms().where(Place.id == place.id).exists():
                raise Refused(_("%(place)s is closed; please choose another room.", place=place.name))
            row = self._only_one(lambda: StockIn.create(
                delivery=self, number=next_number(StockIn, "RK"), place=place, by=by, note=note))  # fmt: skip
            self._record("receiving.stocked", by, place=place, room=place.name, number=row.number)
        return row

    def enter(self, by: Person) -> "Entry":
        """Enter what is in stock in the ledger (登帐): cards with numbers, codes in the print basket, and a link
        from each line to its cards."""
        with self._step("enter"):
            row = self._only_one(lambda: Entry.create(delivery=self, number=next_number(Entry, "DZ"), by=by))
            cards = [asset for line in self.lines if line.accepted for asset in line.make_cards(self, by)]
            self._record("receiving.entered", by, place=self.stock_in.place, count=len(cards), number=row.number)
        return row

    def reimburse(self, by: Person, voucher: str = "") -> "Reimbursement":
        """Finance paid it out (已报销), once. `voucher` is the number in the accounts, if there is one."""
        with self._step("reimburse"):
            if self.missing:
                raise Refused(_("Cards of this delivery were reversed in the ledger. Please ask the custodian."))
            row = self._only_one(lambda: Reimbursement.create(
                delivery=self, by=by, amount=self.total, voucher=voucher))  # fmt: skip
            self._record("receiving.reimbursed", by)
        return row

    def void(self, by: Person, reason: str) -> None:
        """It was entered by mistake; possible until something of it is in the store."""
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        with writing():
            self._refresh()
            if self.voiding:
                raise Refused(_("This delivery is void: %(reason)s", reason=self.voiding.reason))
            if self.confirmation:
                raise Refused(_("It is accepted already and can't be made void."))
            self._only_one(lambda: Voiding.create(delivery=self, by=by, reason=reason))
            self._record("receiving.voided", by, reason=reason)

    # Inside the verbs

    @contextmanager
    def _step(self, step: str) -> Any:
        """One act of a step: refused with the step's name when another comes first, or when it is done."""
        with writing(), database.atomic():
            self._refresh()
            if self.state != step:
                raise Refused(self.not_now(step))
            yield
        self._refresh()

    def not_now(self, step: str) -> str:
        """Why a step can't be done now, in a sentence that names the step which comes first or who did it."""
        if self.voiding:
            return _("This delivery is void: %(reason)s", reason=self.voiding.reason)
        if self.state == "sent_back":
            return _("Everything of this delivery was refused and goes back.")
        stages = {stage.key: stage for stage in self.stages}
        if stages[step].state == "done":
            return _("%(step)s is done already: %(person)s, %(time)s.", step=stages[step].words.capitalize(),
                     person=stages[step].by[-1].name, time=said(stages[step].at))  # fmt: skip
        first = next(stage for stage in stages.values() if stage.state == "now")
        return _("First comes: %(step)s. Then: %(then)s.", step=first.words, then=stages[step].words)

    def _refresh(self) -> None:
        fresh = Delivery.shown().where(Delivery.id == self.id).get()
        for name in _STEP_ROWS:
            setattr(self, name, getattr(fresh, name))
        self.__dict__.pop("_lines", None)

    def _may_accept(self, by: Person) -> None:
        if not self.may_accept(by):
            raise Refused(_("The office and the people named on the delivery accept it."), 403)

    def _checked_by_another(self, by: Person) -> "Acceptance":
        self._may_accept(by)
        if not self.acceptance:
            raise Refused(_("Nobody has checked the goods yet."))
        if self.acceptance.by_id == by.id:
            raise Refused(_("You checked these goods yourself; a second person has to confirm."))
        return self.acceptance

    def _only_one(self, create: Any) -> Any:
        """The row of a step. The database holds one of each, also where two may write at once."""
        try:
            with database.atomic():
                return create()
        except peewee.IntegrityError:
            self._refresh()
            raise Refused(_("Someone was faster: %(state)s.", state=self.state_word)) from None

    def _record(self, action: str, by: Any, place: Place | None = None, **facts: Any) -> None:
        journal.record(action, self, by, place=place, **facts)


class DeliveryLine(Row):
    """One kind of thing in a delivery. `accepted` and `refused` are what the standing acceptance says."""

    delivery = peewee.ForeignKeyField(Delivery, backref="delivery_lines", index=False)
    position = peewee.IntegerField()
    name = peewee.CharField(80)
    category = peewee.ForeignKeyField(Category)
    quantity = peewee.IntegerField()
    unit = peewee.CharField(8, default="台")
    unit_price = peewee.IntegerField()
    is_batch = peewee.BooleanField(default=False)
    brand = peewee.CharField(60, default="")
    model = peewee.CharField(80, default="")

    append_only = True
    accepted: int | None = None
    refused = 0
    reason = ""
    cards = 0

    class Meta:
        indexes = ((("delivery", "position"), True),)
        constraints = [peewee.Check("quantity > 0"), peewee.Check("unit_price >= 0")]

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.name, self.brand, self.model)))

    @property
    def amount(self) -> int:
        """In fen, of what was accepted."""
        return self.unit_price * (self.quantity if self.accepted is None else self.accepted)

    @classmethod
    def shown(cls, deliveries: Iterable[Delivery]) -> peewee.ModelSelect:
        """The lines of some deliveries with what was found of each and how many cards it has, in one query."""
        either = peewee.fn.COALESCE  # its results belong to the line, not to the joined row
        made = LineAsset.select(LineAsset.line, peewee.fn.COUNT(LineAsset.asset).alias("n")).group_by(LineAsset.line)
        return (
            cls.select(
                cls, Category, either(Result.accepted, None).alias("accepted"),
                either(Refusal.quantity, 0).alias("refused"), either(Refusal.reason, "").alias("reason"),
                either(made.c.n, 0).alias("cards"),
            )
            .join(Category)
            .join_from(cls, Acceptance, peewee.JOIN.LEFT_OUTER,
                       on=(Acceptance.delivery == cls.delivery) & Acceptance.stands())
            .join_from(cls, Result, peewee.JOIN.LEFT_OUTER,
                       on=(Result.acceptance == Acceptance.id) & (Result.line == cls.id))
            .join_from(cls, Refusal, peewee.JOIN.LEFT_OUTER,
                       on=(Refusal.acceptance == Acceptance.id) & (Refusal.line == cls.id))
            .join_from(cls, made, peewee.JOIN.LEFT_OUTER, on=(made.c.line_id == cls.id))
            .where(cls.delivery.in_([row.id for row in deliveries]))
            .order_by(cls.delivery.desc(), cls.position)
        )  # fmt: skip

    def make_cards(self, delivery: Delivery, by: Person) -> list[Asset]:
        """The cards of what was accepted, in the store room and idle, as the delivery's papers say."""
        card = {
            "place": delivery.stock_in.place, "unit": self.unit, "unit_price": self.unit_price, "brand": self.brand,
            "model": self.model, "acquired_on": delivery.arrived_on, "source": "bought", "supplier": delivery.supplier,
            "invoice": delivery.invoice, "fund": delivery.fund, "state": "idle",
            "batch": f"{delivery.number} {self.name}"[:60],
        }  # fmt: skip
        if self.is_batch:
            cards = [Asset.add(self.name, self.category, by, is_batch=True, quantity=self.accepted, **card)]
        else:
            cards = Asset.add_many(self.accepted, self.name, self.category, by, **card)
        LineAsset.insert_many([{"line": self.id, "asset": asset.id} for asset in cards]).execute()
        return cards


class Objection(Row):
    """A second person did not find what the first had found; the goods are checked anew."""

    append_only = True

    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    reason = peewee.CharField(200, constraints=[peewee.Check("reason <> ''")])


class Acceptance(Row):
    """What the first of two people found (验收). It stands unless a second person objected."""

    delivery = peewee.ForeignKeyField(Delivery, backref="acceptances", index=False)
    looks = peewee.CharField(200, default="")  # 外观
    trial = peewee.CharField(8, default="none")  # 通电试用
    extras = peewee.CharField(200, default="")  # 随机附件
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    objection = peewee.ForeignKeyField(Objection, null=True, unique=True)

    class Meta:
        constraints = [peewee.Check("trial in ('works', 'fails', 'none')")]

    @classmethod
    def stands(cls) -> peewee.Expression:
        return cls.objection.is_null()

    @classmethod
    def of(cls, delivery: Delivery) -> peewee.ModelSelect:
        """All of a delivery, those objected to as well, oldest first."""
        objector = Person.alias()
        return (
            cls.select(cls, Person, Objection, objector)
            .join(Person, on=(cls.by == Person.id))
            .join_from(cls, Objection, peewee.JOIN.LEFT_OUTER)
            .join_from(Objection, objector, peewee.JOIN.LEFT_OUTER, on=(Objection.by == objector.id))
            .where(cls.delivery == delivery)
            .order_by(cls.id)
        )

    @property
    def trial_word(self) -> str:
        return str(TRIALS[self.trial])

    def keep(self, line: DeliveryLine, found: Found, by: Person) -> tuple[int, int]:
        """Write down what was found of one line: (accepted, refused)."""
        refused = line.quantity - found.accepted
        if not 0 <= found.accepted <= line.quantity:
            raise Refused(_("%(name)s: only %(quantity)s came.", name=line.name, quantity=line.quantity), 422)
        if refused and not found.reason.strip():
            raise Refused(_("%(name)s: please say why they go back.", name=line.name), 422)
        Result.create(acceptance=self, line=line, accepted=found.accepted)
        if refused:
            Refusal.create(acceptance=self, line=line, quantity=refused, reason=found.reason)
        Photo.attach(found.photos, self, by, part=f"line-{line.id}")
        return found.accepted, refused


# One acceptance stands at a time.
Acceptance.add_index(
    Acceptance.index(
        Acceptance.delivery, unique=True, name="acceptance_stands", where=peewee.SQL("objection_id is null")
    )
)
Acceptance.add_index(Acceptance.index(Acceptance.delivery, Acceptance.id, name="acceptance_of_delivery"))


class Result(Row):
    """How many of a line are good (实收数)."""

    append_only = True

    acceptance = peewee.ForeignKeyField(Acceptance, backref="results", index=False)
    line = peewee.ForeignKeyField(DeliveryLine, backref="results", index=False)
    accepted = peewee.IntegerField(constraints=[peewee.Check("accepted >= 0")])

    class Meta:
        table_name = "acceptance_result"
        indexes = ((("acceptance", "line"), True),)


class Refusal(Row):
    """Goods that go back to the supplier (退货), with the reason."""

    append_only = True

    acceptance = peewee.ForeignKeyField(Acceptance, backref="refusals", index=False)
    line = peewee.ForeignKeyField(DeliveryLine, backref="refusals", index=False)
    quantity = peewee.IntegerField(constraints=[peewee.Check("quantity > 0")])
    reason = peewee.CharField(200, constraints=[peewee.Check("reason <> ''")])

    class Meta:
        table_name = "acceptance_refusal"
        indexes = ((("acceptance", "line"), True),)

    @classmethod
    def of(cls, acceptance: Acceptance) -> peewee.ModelSelect:
        return cls.select(cls, DeliveryLine).join(DeliveryLine).where(cls.acceptance == acceptance).order_by(cls.line)


class Confirmation(Row):
    """The second person agrees (验收人之二). `first` repeats who checked, so that the database keeps them apart."""

    append_only = True

    acceptance = peewee.ForeignKeyField(Acceptance, unique=True)
    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    first = peewee.ForeignKeyField(Person, index=False, backref="checks")
    by = peewee.ForeignKeyField(Person, index=False, backref="confirmations")
    at = Moment(default=clock.now)
    accepted = peewee.IntegerField()  # how many things of all lines; none: all of it goes back

    class Meta:
        constraints = [peewee.Check("by_id <> first_id"), peewee.Check("accepted >= 0")]


class StockIn(Row):
    """What was accepted is in a store room (入库)."""

    append_only = True

    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    number = peewee.CharField(20, unique=True)
    place = peewee.ForeignKeyField(Place, index=False)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    note = peewee.CharField(200, default="")


class Entry(Row):
    """What is in stock was entered in the ledger (登帐)."""

    append_only = True

    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    number = peewee.CharField(20, unique=True)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "ledger_entry"


class LineAsset(Row):
    """Which card came of which line of a delivery."""

    append_only = True

    line = peewee.ForeignKeyField(DeliveryLine)
    asset = peewee.ForeignKeyField(Asset, primary_key=True)

    @classmethod
    def delivery_of(cls, asset: Asset) -> peewee.ModelSelect:
        """The id of the delivery that a card came with."""
        return DeliveryLine.select(DeliveryLine.delivery).join(cls).where(cls.asset == asset)


class Reimbursement(Row):
    """Finance paid it out (已报销): how much, in fen, and the number in the accounts."""

    append_only = True

    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    amount = peewee.IntegerField(constraints=[peewee.Check("amount >= 0")])
    voucher = peewee.CharField(40, default="")


class Voiding(Row):
    """A delivery was entered by mistake (作废)."""

    append_only = True

    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    reason = peewee.CharField(200, constraints=[peewee.Check("reason <> ''")])

    class Meta:
        table_name = "delivery_voiding"


_STEP_ROWS: dict[str, type[Row]] = {
    "acceptance": Acceptance, "confirmation": Confirmation, "stock_in": StockIn, "entry": Entry,
    "reimbursement": Reimbursement, "voiding": Voiding,
}  # fmt: skip


def _with_steps(query: peewee.ModelSelect) -> peewee.ModelSelect:
    for name, model in _STEP_ROWS.items():
        on = model.delivery == Delivery.id
        if model is Acceptance:
            on &= Acceptance.stands()
        query = query.join_from(Delivery, model, peewee.JOIN.LEFT_OUTER, on=on, attr=name)
    return query


def _state() -> peewee.Case:
    """`Delivery.state` for queries."""
    return peewee.Case(
        None,
        (
            (Voiding.id.is_null(False), "void"),
            (Confirmation.id.is_null(), "accept"),
            (Confirmation.accepted == 0, "sent_back"),
            (StockIn.id.is_null(), "stock"),
            (Entry.id.is_null(), "enter"),
            (Reimbursement.id.is_null(), "reimburse"),
        ),
        "done",
    )


def next_number(model: type[Row], head: str) -> str:
    """`DH-2026-0007`: running numbers of a year. Call it inside the act that stores the number."""
    start = f"{head}-{clock.today().year}-"
    last = (
        model.select(model.number)
        .where(model.number.startswith(start))
        .order_by(peewee.fn.LENGTH(model.number).desc(), model.number.desc())
        .limit(1)
        .scalar()
    )
    return f"{start}{(int(last.removeprefix(start)) if last else 0) + 1:0{DIGITS}}"


def _check_items(items: Sequence[Item]) -> None:
    if not items:
        raise Refused(_("A delivery needs at least one line."), 422)
    if len(items) > MOST_LINES:
        raise Refused(_("At most %(most)s lines, please.", most=MOST_LINES), 422)
    if sum(item.quantity for item in items if not item.is_batch) > MOST_AT_ONCE:
        raise Refused(_("At most %(most)s cards of one delivery; keep like things as a batch.", most=MOST_AT_ONCE),
                      422)  # fmt: skip


def _may_see_photos(who: Any, id: int) -> bool:
    rows = Acceptance.select(Acceptance.delivery).where(Acceptance.id == id)
    return Delivery.visible_to(who).where(Delivery.id.in_(rows)).exists()


def _story(id: int) -> Row:
    return Acceptance.get_by_id(id).delivery


guard("acceptance", _may_see_photos, _story)
