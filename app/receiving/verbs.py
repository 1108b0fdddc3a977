"""What is done with a delivery, one step after the other. A step is refused until the one before it is there.

Nothing here touches the ledger but `enter`, by way of Asset.add.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import peewee
from flask_babel import gettext as _

from app import journal
from app.assets.models import MOST_AT_ONCE
from app.db import database, writing
from app.errors import Refused
from app.numbers import next_number
from app.people.models import Person
from app.photos.models import Photo
from app.places.models import Place
from app.receiving.steps import MOST_LINES, STEP_ROWS, Found, Item
from app.words import said

if TYPE_CHECKING:
    from app.receiving.acceptance import Acceptance, Confirmation
    from app.receiving.deliveries import Delivery
    from app.receiving.lines import DeliveryLine
    from app.receiving.records import Entry, Reimbursement, StockIn


class Verbs:
    """The verbs of a delivery. Each is one act: its row, its line in the journal, or nothing."""

    @classmethod
    def arrive(cls, by: Person, items: Iterable[Item], **fields: Any) -> "Delivery":
        """Goods came. `fields`: supplier, invoice, contract, fund, arrived_on, handler, witness, request, note."""
        items = list(items)
        _check_items(items)
        if fields.get("witness") == fields.get("handler", by):
            fields["witness"] = None
        with writing():
            delivery = cls.create(number=next_number(cls, "DH"), by=by, **{"handler": by, **fields})
            line = cls.delivery_lines.rel_model
            for position, item in enumerate(items, 1):
                line.create(delivery=delivery, position=position, **vars(item))
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
            row = self._step_row("acceptance", by, looks=looks, trial=trial, extras=extras)
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
            row = self._step_row("confirmation", by, acceptance=first, first=first.by, accepted=accepted)
            self._record("receiving.confirmed", by)
            for refusal in first.sent_back:
                line = refusal.line
                self._record("receiving.refused", by, name=line.name, unit=line.unit, quantity=refusal.quantity,
                             reason=refusal.reason)  # fmt: skip
        return row

    def object(self, by: Person, reason: str) -> None:
        """The second person found something else; the goods are checked anew. The first result stays on record."""
        with self._step("accept"):
            first = self._checked_by_another(by)
            first.fall(by, reason)
            self._record("receiving.objected", by, reason=reason)

    def put_in_stock(self, by: Person, place: Place, note: str = "") -> "StockIn":
        """The custodian takes what was accepted into a store room (入库)."""
        if place.kind != "store":
            raise Refused(_("%(place)s is not a store room.", place=place.name), 422)
        with self._step("stock"):
            if place.closed_at is not None or not Place.rooms().where(Place.id == place.id).exists():
                raise Refused(_("%(place)s is closed; please choose another room.", place=place.name))
            row = self._step_row("stock_in", by, head="RK", place=place, note=note)
            self._record("receiving.stocked", by, place=place, room=place.name, number=row.number)
        return row

    def enter(self, by: Person) -> "Entry":
        """Enter what is in stock in the ledger (登帐): cards with numbers, codes in the print basket, and a link
        from each line to its cards."""
        with self._step("enter"):
            row = self._step_row("entry", by, head="DZ")
            cards = [asset for line in self.lines if line.accepted for asset in line.make_cards(self, by)]
            self._record("receiving.entered", by, place=self.stock_in.place, count=len(cards), number=row.number)
        return row

    def reimburse(self, by: Person, voucher: str = "") -> "Reimbursement":
        """Finance paid it out (已报销), once. `voucher` is the number in the accounts, if there is one."""
        with self._step("reimburse"):
            if self.missing:
                raise Refused(_("Cards of this delivery were reversed in the ledger. Please ask the custodian."))
            row = self._step_row("reimbursement", by, amount=self.total, voucher=voucher)
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
            self._step_row("voiding", by, reason=reason)
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
        model = type(self)
        fresh = model.shown().where(model.id == self.id).get()
        for name in STEP_ROWS:
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

    def _step_row(self, name: str, by: Person, head: str = "", **fields: Any) -> Any:
        """Make the row of a step, numbered under a head if there is one. The database holds one of each, also where
        two may write at once."""
        model = STEP_ROWS[name]
        try:
            with database.atomic():
                if head:
                    fields["number"] = next_number(model, head)
                return model.create(delivery=self, by=by, **fields)
        except peewee.IntegrityError:
            self._refresh()
            raise Refused(_("Someone was faster: %(state)s.", state=self.state_word)) from None

    def _record(self, action: str, by: Any, place: Place | None = None, **facts: Any) -> None:
        journal.record(action, self, by, place=place, **facts)


def _check_items(items: Sequence[Item]) -> None:
    if not items:
        raise Refused(_("A delivery needs at least one line."), 422)
    if len(items) > MOST_LINES:
        raise Refused(_("At most %(most)s lines, please.", most=MOST_LINES), 422)
    if sum(item.quantity for item in items if not item.is_batch) > MOST_AT_ONCE:
        raise Refused(_("At most %(most)s cards of one delivery; keep like things as a batch.", most=MOST_AT_ONCE),
                      422)  # fmt: skip
