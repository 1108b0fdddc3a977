"""The lines of a delivery, and the cards that were made of each."""

from collections.abc import Iterable

import peewee

from app.assets.ledger import Movement
from app.assets.models import Asset, Category
from app.db import Row
from app.people.models import Person
from app.receiving.deliveries import Delivery


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
        results, refusals = cls.results.rel_model, cls.refusals.rel_model
        acceptances = results.acceptance.rel_model
        either = peewee.fn.COALESCE  # its results belong to the line, not to the joined row
        made = LineAsset.select(LineAsset.line, peewee.fn.COUNT(LineAsset.asset).alias("n")).group_by(LineAsset.line)
        return (
            cls.select(
                cls, Category, either(results.accepted, None).alias("accepted"),
                either(refusals.quantity, 0).alias("refused"), either(refusals.reason, "").alias("reason"),
                either(made.c.n, 0).alias("cards"),
            )
            .join(Category)
            .join_from(cls, acceptances, peewee.JOIN.LEFT_OUTER,
                       on=(acceptances.delivery == cls.delivery) & acceptances.stands())
            .join_from(cls, results, peewee.JOIN.LEFT_OUTER,
                       on=(results.acceptance == acceptances.id) & (results.line == cls.id))
            .join_from(cls, refusals, peewee.JOIN.LEFT_OUTER,
                       on=(refusals.acceptance == acceptances.id) & (refusals.line == cls.id))
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

    @classmethod
    def undone(cls, delivery: Delivery) -> int:
        """How many cards of a delivery were reversed in the ledger after all."""
        mirror = Movement.alias()
        reversed_ones = mirror.select(mirror.reverses).where(mirror.reverses.is_null(False))
        own = cls.select(cls.id).where(cls.delivery == delivery)
        cards = LineAsset.select(LineAsset.asset).where(LineAsset.line.in_(own))
        return Movement.select().where(
            Movement.asset.in_(cards), Movement.kind == "entry", Movement.reason == "", Movement.id.in_(reversed_ones)
        ).count()  # fmt: skip


class LineAsset(Row):
    """Which card came of which line of a delivery."""

    append_only = True

    line = peewee.ForeignKeyField(DeliveryLine)
    asset = peewee.ForeignKeyField(Asset, primary_key=True)

    @classmethod
    def delivery_of(cls, asset: Asset) -> peewee.ModelSelect:
        """The id of the delivery that a card came with."""
        return DeliveryLine.select(DeliveryLine.delivery).join(cls).where(cls.asset == asset)
