"""The steps after the acceptance, one row each: stocked in, entered in the ledger, reimbursed; or void."""

import peewee

from app import clock
from app.db import Moment, Row
from app.people.models import Person
from app.places.models import Place
from app.receiving.deliveries import Delivery
from app.receiving.steps import step_row


@step_row("stock_in")
class StockIn(Row):
    """What was accepted is in a store room (入库)."""

    append_only = True

    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    number = peewee.CharField(20, unique=True)
    place = peewee.ForeignKeyField(Place, index=False)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    note = peewee.CharField(200, default="")


@step_row("entry")
class Entry(Row):
    """What is in stock was entered in the ledger (登帐)."""

    append_only = True

    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    number = peewee.CharField(20, unique=True)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "ledger_entry"


@step_row("reimbursement")
class Reimbursement(Row):
    """Finance paid it out (已报销): how much, in fen, and the number in the accounts."""

    append_only = True

    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    amount = peewee.IntegerField(constraints=[peewee.Check("amount >= 0")])
    voucher = peewee.CharField(40, default="")


@step_row("voiding")
class Voiding(Row):
    """A delivery was entered by mistake (作废)."""

    append_only = True

    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    reason = peewee.CharField(200, constraints=[peewee.Check("reason <> ''")])

    class Meta:
        table_name = "delivery_voiding"
