"""The steps of a delivery: what they are called, in which order they come, and which rows they leave.

Each step is a row of its own. The rows say with `step_row` which of a delivery's attributes they are, so that one
query brings a delivery with all of them, and the delivery needs to know none of their classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import lazy_gettext as _l

from app import journal
from app.assets.models import Category
from app.db import Row
from app.people.models import Person

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

STEP_ROWS: dict[str, type[Row]] = {}  # attribute of a delivery → the rows it is filled from

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


def step_row(name: str) -> Callable[[type[Row]], type[Row]]:
    """Class decorator: these rows are a delivery's `name`, at most one that stands for each delivery."""

    def keep(model: type[Row]) -> type[Row]:
        STEP_ROWS[name] = model
        return model

    return keep


def with_steps(query: peewee.ModelSelect, delivery: type[Row]) -> peewee.ModelSelect:
    """The same deliveries with the rows of all their steps."""
    for name, model in STEP_ROWS.items():
        on = model.delivery == delivery.id
        if name == "acceptance":
            on &= model.stands()
        query = query.join_from(delivery, model, peewee.JOIN.LEFT_OUTER, on=on, attr=name)
    return query


def state_of() -> peewee.Case:
    """`Delivery.state` for queries that bring the steps."""
    rows = STEP_ROWS
    return peewee.Case(
        None,
        (
            (rows["voiding"].id.is_null(False), "void"),
            (rows["confirmation"].id.is_null(), "accept"),
            (rows["confirmation"].accepted == 0, "sent_back"),
            (rows["stock_in"].id.is_null(), "stock"),
            (rows["entry"].id.is_null(), "enter"),
            (rows["reimbursement"].id.is_null(), "reimburse"),
        ),
        "done",
    )
