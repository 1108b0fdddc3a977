"""A delivery: which there are, what can be said of one, and who may do what with it. What is done is in verbs.py."""

from typing import TYPE_CHECKING, Any

import peewee
from flask_babel import gettext as _

from app import clock
from app.db import Day, Moment, Row, escape_like, link
from app.people.models import Person
from app.receiving.steps import RIGHTS, STATES, STEP_ROWS, STEPS, Stage, state_of, with_steps
from app.receiving.verbs import Verbs

if TYPE_CHECKING:
    from app.receiving.acceptance import Acceptance, Confirmation
    from app.receiving.lines import DeliveryLine
    from app.receiving.records import Entry, Reimbursement, StockIn, Voiding


class Delivery(Verbs, Row):
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
        query = cls.select(cls, Person, *STEP_ROWS.values()).join(Person, on=(cls.handler == Person.id))
        return with_steps(query, cls)

    @classmethod
    def in_state(cls, *states: str) -> peewee.Expression:
        """The condition of shown() that a delivery waits for one of these steps, or is over in one of these ways."""
        return state_of().in_(states)

    @classmethod
    def counts(cls, visible: peewee.ModelSelect) -> dict[str, int]:
        """How many of these are in each state, in one query."""
        rows = visible.select(state_of(), peewee.fn.COUNT(cls.id)).order_by().group_by(state_of())
        return dict(rows.tuples())

    @classmethod
    def matching(cls, words: str) -> peewee.Expression:
        """Where number, supplier, invoice, contract, handler or the name of a line hold `words`."""
        pattern = f"%{escape_like(words)}%"
        line = cls.delivery_lines.rel_model
        lines = line.select(line.delivery).where(line.name**pattern)
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
            self._lines = list(Delivery.delivery_lines.rel_model.shown([self]))
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
        return Delivery.delivery_lines.rel_model.undone(self)

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
        first = STEP_ROWS["acceptance"].by
        return cls.in_state("accept") & (first.is_null() | (first != who.id)) & mine
