"""Which deliveries and which requests: one filter for the page, its links and the sheet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import peewee
from flask import Response
from flask_babel import gettext as _

from app import clock
from app.excel.out import Col, sheet
from app.fields import clean
from app.receiving.models import STATES, STEPS, Delivery, DeliveryLine
from app.receiving.purchases import STATES as STAGES
from app.receiving.purchases import Purchase

MOST_ROWS = 20_000


@dataclass(frozen=True)
class DeliveryFilter:
    """What was asked for; what makes no sense is left out. Without a state: all that still waits for a step."""

    state: str = ""
    words: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "DeliveryFilter":
        state = args.get("state", "")
        return cls(state if state in (*STATES, "all") else "", clean(args.get("words"))[:60])

    @property
    def args(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value}

    def rows(self, who: Any) -> peewee.ModelSelect:
        """Those that someone may see, newest first."""
        query = self.found(who).order_by(Delivery.id.desc())
        if not self.state:
            return query.where(Delivery.in_state(*STEPS))
        return query if self.state == "all" else query.where(Delivery.in_state(self.state))

    def found(self, who: Any) -> peewee.ModelSelect:
        """The same in every state."""
        query = Delivery.visible_to(who)
        return query.where(Delivery.matching(self.words)) if self.words else query


def sums(deliveries: list[Delivery]) -> dict[int, tuple[int, str]]:
    """How many lines and the name of the first, by delivery, in one query."""
    ids = [row.id for row in deliveries]
    first = peewee.Case(None, ((DeliveryLine.position == 1, DeliveryLine.name),), None)
    rows = (
        DeliveryLine.select(DeliveryLine.delivery, peewee.fn.COUNT(DeliveryLine.id), peewee.fn.MAX(first))
        .where(DeliveryLine.delivery.in_(ids))
        .group_by(DeliveryLine.delivery)
    )
    return {id: (count, name) for id, count, name in rows.tuples()}


def delivery_sheet(filter: DeliveryFilter, who: Any) -> Response:
    """One row for each line of the deliveries that the filter shows. Prices for those who may see them."""
    columns = [
        Col(_("Slip number"), width=15), Col(_("Step"), width=12), Col(_("Arrived on"), "date"),
        Col(_("Supplier"), width=28),
        Col(_("Invoice number"), width=20), Col(_("Contract number"), width=18), Col(_("Source of funds"), width=16),
        Col(_("Handled by"), width=10), Col(_("Line"), "int", 6), Col(_("Name of the goods"), width=24),
        Col(_("Brand and model"), width=22), Col(_("Category"), width=18), Col(_("Unit"), width=6),
        Col(_("Came"), "int"), Col(_("Accepted"), "int"), Col(_("Sent back"), "int"), Col(_("Reason"), width=24),
        Col(_("Unit price (yuan)"), "money"), Col(_("Amount (yuan)"), "money"), Col(_("Stock-in slip"), width=15),
        Col(_("Store room"), width=16), Col(_("Ledger record"), width=15), Col(_("Reimbursed at"), "moment"),
    ]  # fmt: skip
    name = _("Deliveries %(day)s", day=clock.today().isoformat())
    return sheet(f"{name}.xlsx", columns, _delivery_rows(filter, who))


def _delivery_rows(filter: DeliveryFilter, who: Any) -> Iterator[list[Any]]:
    deliveries = {row.id: row for row in filter.rows(who).limit(MOST_ROWS)}
    for line in DeliveryLine.shown(deliveries.values()) if deliveries else ():
        row = deliveries[line.delivery_id]
        value = row.shows_value_to(who)
        yield [
            row.number, row.state_word, row.arrived_on, *((row.supplier, row.invoice, row.contract, row.fund)
            if value else ("",) * 4), row.handler.name, line.position, line.name, f"{line.brand} {line.model}".strip(),
            line.category.word, line.unit, line.quantity, line.accepted, line.refused, line.reason,
            line.unit_price if value else None, line.amount if value else None,
            row.stock_in.number if row.stock_in else "", row.stock_in.place.name if row.stock_in else "",
            row.entry.number if row.entry else "", row.reimbursement.at if row.reimbursement else None,
        ]  # fmt: skip


@dataclass(frozen=True)
class PurchaseFilter:
    """Requests by what became of them; without one, all."""

    stage: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "PurchaseFilter":
        return cls(args.get("stage", "") if args.get("stage") in STAGES else "")

    @property
    def args(self) -> dict[str, str]:
        return {"stage": self.stage} if self.stage else {}

    def rows(self, who: Any) -> peewee.ModelSelect:
        query = Purchase.visible_to(who).order_by(Purchase.id.desc())
        return query.where(Purchase.in_stage(self.stage)) if self.stage else query


def purchase_sheet(filter: PurchaseFilter, who: Any) -> Response:
    """The requests that the filter shows; those to be bought are the shopping list (采购清单)."""
    columns = [
        Col(_("Slip number"), width=15), Col(_("State"), width=10), Col(_("Asked at"), "moment"),
        Col(_("Asked by"), width=10),
        Col(_("Office"), width=14), Col(_("What is needed"), width=24), Col(_("Category"), width=18),
        Col(_("How many"), "int"), Col(_("Unit"), width=6), Col(_("What one may cost (yuan)"), "money"),
        Col(_("Amount (yuan)"), "money"), Col(_("What for"), width=32), Col(_("Source of funds"), width=16),
        Col(_("How soon"), width=10), Col(_("Lay idle then"), "int"), Col(_("Why that does not do"), width=24),
    ]  # fmt: skip
    rows = list(filter.rows(who).limit(MOST_ROWS))
    Purchase.load_asks(rows)
    cells = (
        [
            row.number, row.state_word, row.at, row.applicant.name, row.office.name if row.office_id else "", row.name,
            row.category.word if row.category_id else "", row.quantity, row.unit, row.unit_price, row.budget,
            row.purpose, row.fund, row.urgency_word, row.idle, row.why_new,
        ]
        for row in rows
    )  # fmt: skip
    return sheet(f"{_('Requests to buy %(day)s', day=clock.today().isoformat())}.xlsx", columns, cells)
