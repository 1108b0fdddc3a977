"""What does not agree: missing, surplus, elsewhere. Each gets a reason and what to do, then they are approved
together, and only then the ledger is written."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import peewee
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.approvals.models import Need, Slip
from app.assets import ledger
from app.assets.models import Asset, Category
from app.custody.models import Custody
from app.custody.reservations import Reservation
from app.db import Moment, Row, link, writing
from app.errors import Refused
from app.people.models import Person
from app.places.models import Place
from app.stocktakes.counting import Count
from app.stocktakes.models import BookLine, Room, Stocktake

ledger.SLIPS["stocktake_difference"] = "stocktakes.difference"
KINDS = {"missing": _l("missing"), "elsewhere": _l("elsewhere"), "surplus": _l("surplus")}  # 盘亏, 地点不符, 盘盈
# What may follow from each; the first is the usual one.
OUTCOMES = {
    "missing": {"seek": _l("look for it further"), "remove": _l("take it off the ledger")},
    "elsewhere": {"move": _l("the ledger follows"), "bring": _l("bring it back")},
    "surplus": {"enter": _l("enter it in the ledger"), "leave": _l("leave the ledger as it is")},
}
WRITES = ("remove", "move", "enter")  # outcomes that write ledger rows
CHUNK = 500


class Difference(Row):
    """One thing, or some of a batch, that is not where the book has it. home: the book's room; place: where it was
    seen. Who gave the reason and when stands in the row; it can be given anew until it is approved."""

    stocktake = peewee.ForeignKeyField(Stocktake, backref="differences", index=False)
    kind = peewee.CharField(10)
    asset = peewee.ForeignKeyField(Asset, null=True, index=False)
    count = peewee.ForeignKeyField(Count, null=True, index=False)  # of a thing without a label
    home = peewee.ForeignKeyField(Place, null=True, index=False)
    place = peewee.ForeignKeyField(Place, null=True, index=False)
    quantity = peewee.IntegerField(default=1, constraints=[peewee.Check("quantity > 0")])
    outcome = peewee.CharField(8, default="")
    category = peewee.ForeignKeyField(Category, null=True, index=False)  # of a thing without a card
    reason = peewee.CharField(200, default="")
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(null=True)
    settlement = link("Settlement", null=True, index=False)  # with which it was last put forward

    class Meta:
        table_name = "stocktake_difference"
        indexes = ((("stocktake", "kind", "id"), False),)
        constraints = [
            peewee.Check("kind in ('missing', 'elsewhere', 'surplus')"),
            peewee.Check("asset_id is not null or count_id is not null"),
            peewee.Check("(reason = '') = (at is null)"),
        ]

    @property
    def kind_word(self) -> str:
        return str(KINDS[self.kind])

    @property
    def state(self) -> str:
        """As slip of the ledger rows that follow from it: where its approval stands."""
        return self.settlement.state if self.settlement_id else "open"

    @property
    def outcomes(self) -> dict[str, Any]:
        return OUTCOMES[self.kind]

    @property
    def outcome_word(self) -> str:
        return str(self.outcomes[self.outcome]) if self.outcome else ""

    @property
    def thing(self) -> str:
        return self.asset.name if self.asset_id else self.count.code

    @property
    def unit(self) -> str:
        return self.asset.unit if self.asset_id else ""

    @property
    def value(self) -> int | None:
        """What it cost, in fen; None when no price is known."""
        price = self.asset.unit_price if self.asset_id else None
        return None if price is None else price * self.quantity

    @property
    def needs_category(self) -> bool:
        """A thing without a card gets one when it is entered."""
        return self.asset_id is None

    @classmethod
    def shown(cls, stocktake: Stocktake) -> peewee.ModelSelect:
        """With asset, both rooms, what was typed of a thing without a label, and who gave the reason."""
        home, outer = Place.alias(), peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Asset, home, Place, Count, Category, Person)
            .join(Asset, outer)
            .switch(cls)
            .join(home, outer, on=(cls.home == home.id), attr="home")
            .switch(cls)
            .join(Place, outer, on=(cls.place == Place.id), attr="place")
            .switch(cls)
            .join(Count, outer, on=(cls.count == Count.id), attr="count")
            .switch(cls)
            .join(Category, outer, on=(cls.category == Category.id), attr="category")
            .switch(cls)
            .join(Person, outer, on=(cls.by == Person.id), attr="by")
            .where(cls.stocktake == stocktake)
            .order_by(cls.kind, cls.id)
        )

    @classmethod
    def open_count(cls, stocktake: Stocktake) -> int:
        """How many still want a reason."""
        return cls.select().where(cls.stocktake == stocktake, cls.at.is_null()).count()

    # How they come about

    @classmethod
    def find_all(cls, stocktake: Stocktake) -> int:
        """Write down every difference, when both have signed. Rooms that nobody opened yield none."""
        found = [*_single_gaps(stocktake), *_batch_gaps(stocktake), *_unlabelled(stocktake)]
        blank = {"asset": None, "count": None, "home": None, "place": None, "quantity": 1}
        rows = [{"stocktake": stocktake.id, **blank, **gap} for gap in found]
        for start in range(0, len(rows), CHUNK):
            cls.insert_many(rows[start : start + CHUNK]).execute()
        return len(rows)

    def explain(self, by: Any, reason: str, outcome: str, category: Category | None = None) -> None:
        """Why it differs and what shall follow; inside the act that stores a whole page of them."""
        if outcome not in self.outcomes:
            raise Refused(_("Please choose what shall follow."), 422)
        self.reason, self.outcome, self.category = reason, outcome, category
        self.by, self.at = by, clock.now()
        self.save(only=[Difference.reason, Difference.outcome, Difference.category, Difference.by, Difference.at])

    # What follows from it

    def settle(self, by: Any, reason: str) -> int:
        """Do what was approved; returns how many ledger rows it wrote. Where the ledger itself has moved on since
        the book was frozen, only what is still true is written."""
        if self.outcome == "move":
            return self._move(by, reason)
        if self.outcome == "remove":
            return self._remove(by, reason)
        if self.outcome == "enter":
            return self._enter(by, reason)
        if self.outcome == "seek" and not self.asset.is_batch:
            self.asset.set_state("sought", by)
            journal.record(
                "stocktakes.sought", self.asset, by, place=self.home, asset=self.asset,
                name=self.settlement.stocktake.name, reason=self.reason,
            )  # fmt: skip
        return 0

    def _move(self, by: Any, reason: str) -> int:
        left = min(ledger.balance(self.asset, self.home), self.quantity)
        if left:
            ledger.post(self.asset, "move", by, quantity=left, source=self.home, target=self.place, reason=reason,
                        slip=self)  # fmt: skip
        return int(left > 0)

    def _remove(self, by: Any, reason: str) -> int:
        left = min(ledger.balance(self.asset, self.home), self.quantity)
        if left:
            ledger.post(self.asset, "removal", by, quantity=left, source=self.home, reason=reason, slip=self)
        if not ledger.balance(self.asset):
            self.asset.set_state("disposed", by)
        return int(left > 0)

    def _enter(self, by: Any, reason: str) -> int:
        if self.asset_id is None:
            batch = {"is_batch": True, "quantity": self.quantity} if self.quantity > 1 else {}
            Asset.add(self.count.code, self.category, by, place=self.place, source="surplus", note=reason, **batch)
        elif not self.asset.is_batch and ledger.balance(self.asset):
            return 0
        else:
            ledger.post(self.asset, "entry", by, quantity=self.quantity, target=self.place, reason=reason, slip=self)
        return 1


def _single_gaps(stocktake: Stocktake) -> Iterator[dict[str, Any]]:
    """Single things: seen in another room, seen though the ledger has them nowhere, or not seen at all. What the
    ledger itself moved meanwhile agrees with it and is no difference."""
    seen = Count.standing(stocktake)
    moved = seen.select(Count.asset, Count.home, Count.place).join(Asset, on=(Count.asset == Asset.id))
    moved = moved.where(Count.verdict == "elsewhere", Asset.place.is_null() | (Asset.place != Count.place))
    for asset, home, place in moved.order_by(Count.id).tuples():
        yield {"kind": "elsewhere", "asset": asset, "home": home, "place": place}
    extra = seen.select(Count.asset, Count.place).where(Count.verdict == "surplus")
    for asset, place in extra.order_by(Count.id).tuples():
        yield {"kind": "surplus", "asset": asset, "place": place}
    unseen = (
        BookLine.select(BookLine.asset, BookLine.place)
        .join(Room, on=(Room.stocktake == BookLine.stocktake) & (Room.place == BookLine.place))
        .switch(BookLine)
        .join(Asset)
        .where(BookLine.stocktake == stocktake, Room.opened_at.is_null(False), ~Asset.is_batch)
        .where(Asset.place == BookLine.place)
        .where(~peewee.fn.EXISTS(seen.select(peewee.SQL("1")).where(Count.asset == BookLine.asset)))
    )
    for asset, place in unseen.order_by(BookLine.place, BookLine.id).tuples():
        yield {"kind": "missing", "asset": asset, "home": place}


def _batch_gaps(stocktake: Stocktake) -> Iterator[dict[str, Any]]:
    """Batches: too few here and too many there of the same kind have moved; the rest is missing or surplus."""
    for asset, gaps in groupby(_gaps_by_room(stocktake), key=lambda gap: gap[0]):
        short, over = [], []
        for _asset, place, gap in gaps:
            (short if gap < 0 else over).append([place, abs(gap)])
        yield from _pair(asset, short, over)


def _pair(asset: int, short: list[list[int]], over: list[list[int]]) -> Iterator[dict[str, Any]]:
    while short and over:
        both = min(short[0][1], over[0][1])
        yield {"kind": "elsewhere", "asset": asset, "home": short[0][0], "place": over[0][0], "quantity": both}
        for side in (short, over):
            side[0][1] -= both
            if not side[0][1]:
                side.pop(0)
    for place, left in short:
        yield {"kind": "missing", "asset": asset, "home": place, "quantity": left}
    for place, left in over:
        yield {"kind": "surplus", "asset": asset, "place": place, "quantity": left}


def _gaps_by_room(stocktake: Stocktake) -> list[tuple[int, int, int]]:
    """(asset, room, counted less book) of batches in opened rooms, where it is not nothing."""
    counted = Count.standing(stocktake).select(Count.asset, Count.place, (Count.quantity - Count.book).alias("gap"))
    counted = counted.join(Asset, on=(Count.asset == Asset.id)).where(Asset.is_batch, Count.quantity != Count.book)
    seen = Count.standing(stocktake).select(peewee.SQL("1"))
    seen = seen.where(Count.asset == BookLine.asset, Count.place == BookLine.place)
    unseen = (
        BookLine.select(BookLine.asset, BookLine.place, (BookLine.quantity * -1).alias("gap"))
        .join(Room, on=(Room.stocktake == BookLine.stocktake) & (Room.place == BookLine.place))
        .switch(BookLine)
        .join(Asset)
        .where(BookLine.stocktake == stocktake, Room.opened_at.is_null(False), Asset.is_batch)
        .where(~peewee.fn.EXISTS(seen))
    )
    return sorted([*counted.tuples(), *unseen.tuples()])


def _unlabelled(stocktake: Stocktake) -> Iterator[dict[str, Any]]:
    rows = Count.standing(stocktake).select(Count.id, Count.place, Count.quantity).where(Count.verdict == "unlabelled")
    for count, place, quantity in rows.order_by(Count.id).tuples():
        yield {"kind": "surplus", "count": count, "place": place, "quantity": quantity}


class Settlement(Slip, Row):
    """The differences of a stock-take with their reasons, put before the director, by value before those above.
    Refused, it falls; the reasons can be changed and put forward anew."""

    stocktake = peewee.ForeignKeyField(Stocktake, backref="settlements", index=False)
    turn = peewee.IntegerField()  # 1 for the first, 2 after a refusal
    applicant = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    value = peewee.IntegerField(default=0)  # fen that leave the ledger or enter it

    class Meta:
        table_name = "stocktake_settlement"
        indexes = ((("stocktake", "turn"), True),)

    @classmethod
    def propose(cls, stocktake: Stocktake, by: Person) -> "Settlement":
        """Put all differences forward for approval; refused while one wants its reason."""
        with writing():
            _check_ready(stocktake)
            turn = cls.select().where(cls.stocktake == stocktake).count() + 1
            differences = list(Difference.shown(stocktake))
            _check_given(differences)
            slip = cls.create(stocktake=stocktake, turn=turn, applicant=by, value=_value_of(differences))
            stocktake.asked_at = clock.now()
            stocktake.save(only=[Stocktake.asked_at])
            journal.record("stocktakes.proposed", stocktake, by, count=len(differences))
            Difference.update(settlement=slip).where(Difference.stocktake == stocktake).execute()
            slip.ask_all(by)
        return slip

    @classmethod
    def last_of(cls, stocktake: Stocktake) -> "Settlement | None":
        return cls.select().where(cls.stocktake == stocktake).order_by(cls.turn.desc()).first()

    def needs(self) -> list[Need]:
        """The director; above the settings' amounts also the vice-principal, then the principal."""
        asked = [Need("director", "director", role="director")]
        if self.value > current_app.config["APPROVE_VICE_YUAN"] * 100:
            asked.append(Need("vice_principal", "vice_principal", role="vice_principal", step=2))
        if self.value > current_app.config["APPROVE_PRINCIPAL_YUAN"] * 100:
            asked.append(Need("principal", "principal", role="principal", step=3))
        return asked

    def settle(self, by: Person) -> None:
        """Everybody agreed: the ledger follows, in the act of the last agreement."""
        stocktake = self.stocktake
        reason = _("stock-take %(number)s", number=stocktake.number)
        rows = 0
        for each in Difference.shown(stocktake):
            each.settlement = self
            rows += each.settle(by, f"{reason}: {each.reason}"[:200])
        self._found_again(by)
        stocktake.settled_at = clock.now()
        stocktake.save(only=[Stocktake.settled_at])
        journal.record("stocktakes.settled", stocktake, by, rows=rows)

    def _found_again(self, by: Person) -> None:
        """What was missing since an earlier stock-take and was seen at this one is in use again."""
        seen = Count.standing(self.stocktake).select(Count.asset).where(Count.asset.is_null(False))
        for asset in Asset.select().where(Asset.state == "sought", ~Asset.is_batch, Asset.id.in_(seen)):
            asset.set_state("in_use", by)

    def fall(self, by: Person, reason: str) -> None:
        stocktake = self.stocktake
        stocktake.asked_at = None
        stocktake.save(only=[Stocktake.asked_at])
        journal.record("stocktakes.refused", stocktake, by, reason=reason or "—")


def _check_ready(stocktake: Stocktake) -> None:
    fresh = Stocktake.get_by_id(stocktake.id)
    if fresh.state != "signed":
        raise Refused({
            "counting": _("Counter and witness sign first."),
            "asked": _("The differences are waiting for approval already."),
            "settled": _("This stock-take is settled already."),
        }.get(fresh.state, _("This stock-take was called off.")))  # fmt: skip
    if left := Difference.open_count(stocktake):
        raise Refused(_("%(count)s differences still want a reason.", count=left))


def _check_given(differences: list[Difference]) -> None:
    """A thing that somebody holds isn't lost: it comes back first. What is promised to somebody is looked for."""
    off = [each.asset_id for each in differences if each.outcome == "remove"]
    if off and (row := Custody.holders_of(off).first()):
        raise Refused(_("%(thing)s is with %(person)s; it comes back before it is taken off the ledger.",
                        thing=row.asset.name, person=row.person.name))  # fmt: skip
    if off and (promise := Reservation.standing().where(Reservation.asset.in_(off), ~Asset.is_batch).first()):
        raise Refused(_("%(thing)s is reserved for %(person)s: %(days)s.",
                        thing=promise.asset.name, person=promise.person.name, days=promise.when))  # fmt: skip


def _value_of(differences: list[Difference]) -> int:
    return sum(each.value or 0 for each in differences if each.outcome in ("remove", "enter"))
