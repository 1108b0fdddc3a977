"""Requests to buy (添置申请): what for, what it may cost, and what of the kind lies idle, seen before asking."""

from collections.abc import Callable
from typing import Any

import peewee
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.approvals.models import Need, Slip
from app.assets.models import Asset, Category, Shelf
from app.db import Moment, Row, escape_like, writing
from app.errors import Refused
from app.numbers import next_number
from app.people.models import Office, Person
from app.places.models import Place
from app.receiving.models import Delivery, Voiding

URGENCIES = {"normal": _l("usual"), "soon": _l("needed soon")}
SHOWN_IDLE = 12
STATES = {
    "open": _l("to be agreed"),
    "agreed": _l("to be bought"),
    "arrived": _l("delivered"),
    "over": _l("refused or withdrawn"),
}

# Higher nouns add: a query of ids of assets that are idle by their card, yet in somebody's hands.
elsewhere: list[Callable[[], peewee.ModelSelect]] = []

journal.says({"purchases.asked": _l("asked to buy %(quantity)s %(unit)s of %(name)s")})


class Purchase(Slip, Row):
    """A request to buy one kind of thing. `unit_price` is the budget in fen; `idle` how many lay idle when it was
    asked, `why_new` why those do not do."""

    number = peewee.CharField(20, unique=True)
    applicant = peewee.ForeignKeyField(Person, backref="purchases")
    office = peewee.ForeignKeyField(Office, null=True, index=False)
    name = peewee.CharField(80)
    category = peewee.ForeignKeyField(Category, null=True, index=False)
    quantity = peewee.IntegerField()
    unit = peewee.CharField(8, default="台")
    unit_price = peewee.IntegerField()
    purpose = peewee.CharField(400)
    fund = peewee.CharField(60, default="")
    urgency = peewee.CharField(8, default="normal")
    idle = peewee.IntegerField(default=0)
    why_new = peewee.CharField(200, default="")
    at = Moment(default=clock.now)

    class Meta:
        constraints = [
            peewee.Check("quantity > 0"),
            peewee.Check("unit_price >= 0"),
            peewee.Check("urgency in ('normal', 'soon')"),
            peewee.Check("idle = 0 or why_new <> ''"),
        ]

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office, the leaders and finance; those of the office for its head; the own ones."""
        if who.may("receiving.all"):
            return cls.shown()
        if not who.may("receiving.request"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        headed = Office.select(Office.id).where(Office.head == who.id)
        return cls.shown().where((cls.applicant == who.id) | cls.office.in_(headed))

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Requests with applicant, office and category, in one query."""
        left = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Person, Office, Category)
            .join(Person, on=(cls.applicant == Person.id), attr="applicant")
            .join_from(cls, Office, left, on=(cls.office == Office.id), attr="office")
            .join_from(cls, Category, left, on=(cls.category == Category.id), attr="category")
        )

    @classmethod
    def in_stage(cls, stage: str) -> peewee.Expression:
        """open, agreed and not yet delivered, arrived, or over (refused or withdrawn)."""
        arrived = peewee.fn.EXISTS(arrivals(cls.id))
        if stage == "over":
            return cls.in_state("refused") | cls.in_state("withdrawn")
        if stage == "arrived":
            return arrived
        return cls.in_state(stage) & ~arrived

    @classmethod
    def ask(cls, by: Person, **fields: Any) -> "Purchase":
        """Ask for something: name, quantity, unit, unit_price, purpose; category, fund, urgency, why_new.

        Refused when things of the kind lie idle and nobody said why they do not do (D08)."""
        with writing():
            idle = sum(count for _asset, _place, count in lying_idle(fields["name"], fields.get("category")))
            if idle and not fields.get("why_new", "").strip():
                raise Refused(_("Some of these lie idle. Please look at them first and say why they do not do."), 422)
            if not idle:
                fields["why_new"] = ""
            slip = cls.create(number=next_number(cls, "GZ"), applicant=by, office=by.office_id, idle=idle, **fields)
            journal.record(
                "purchases.asked", slip, by, name=slip.name, quantity=slip.quantity, unit=slip.unit,
            )  # fmt: skip
            slip.ask_all(by)
        return slip

    @property
    def budget(self) -> int:
        """In fen."""
        return self.quantity * self.unit_price

    @property
    def urgency_word(self) -> str:
        return str(URGENCIES[self.urgency])

    # As a slip

    def needs(self) -> list[Need]:
        """The head of the office, the director, and by its cost the vice-principal and the principal."""
        found, head = [], self.office.head if self.office_id else None
        if head is not None and head.is_active and head.id != self.applicant_id and "director" not in head.given_roles:
            found.append(Need("head", "head", person=head))
        found.append(Need("director", "director", role="director", step=2))
        limits = (("vice_principal", "APPROVE_VICE_YUAN"), ("principal", "APPROVE_PRINCIPAL_YUAN"))
        for step, (role, setting) in enumerate(limits, 3):
            if self.budget >= current_app.config[setting] * 100:
                found.append(Need(role, role, role=role, step=step))
        return found

    def settle(self, by: Person) -> None:
        """It may be bought; the delivery names this request when it comes."""


def arrivals(purchase: Any) -> peewee.ModelSelect:
    """Ids of the deliveries of a request, those made void left out."""
    void = Voiding.select(Voiding.delivery)
    return Delivery.select(Delivery.id).where(Delivery.request == purchase, Delivery.id.not_in(void))


def lying_idle(name: str, category: Category | None = None) -> list[tuple[Asset, Place, int]]:
    """What lies idle of a kind of thing, where, and how many: by its name, or of the same category. No more than
    SHOWN_IDLE rows."""
    name = name.strip()
    alike = Asset.name ** f"%{escape_like(name)}%" if name else peewee.SQL("0 = 1")
    if category is not None:
        alike |= Asset.category == category
    rows = (
        Shelf.select(Shelf.quantity, Asset, Place)
        .join(Asset)
        .join_from(Shelf, Place)
        .where(Asset.state == "idle", Shelf.quantity > 0, alike)
        .order_by(Asset.name, Asset.id)
        .limit(SHOWN_IDLE)
    )
    for taken in elsewhere:
        rows = rows.where(Asset.id.not_in(taken()))
    return [(row.asset, row.place, row.quantity) for row in rows]
