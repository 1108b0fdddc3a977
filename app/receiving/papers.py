"""The slips of an arrival as A4 pages: 验收单, 入库单, 报销凭据; and the request to buy, 购置（添置）申请单."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.assets.models import Asset
from app.errors import Refused
from app.paper import Column, Paper, Table, register
from app.people.models import Person
from app.receiving.models import Delivery, DeliveryLine, LineAsset
from app.receiving.purchases import Purchase
from app.words import exact, money


def seen(who: Any, id: int) -> Delivery | None:
    return Delivery.visible_to(who).where(Delivery.id == id).first()


def acceptance(who: Any, id: int) -> Paper | None:
    """验收单, in three copies: finance, office, users."""
    delivery = seen(who, id)
    if delivery is None:
        return None
    _needs(delivery, "accept")
    first, second = delivery.acceptance, delivery.confirmation
    return Paper(
        title=_("Acceptance slip"),
        number=delivery.number,
        subtitle=delivery.arrived_on.isoformat(),
        copies=(_("for finance"), _("for the office"), _("for the users")),
        code_url=url_for("receiving.show", id=id),
        facts=[
            *_origin(delivery, delivery.shows_value_to(who)),
            (_("Outside"), first.looks or _("in good order")),
            (_("Trial under power"), first.trial_word),
            (_("What came with it"), first.extras or "—"),
            (_("Conclusion"), delivery.conclusion),
        ],
        tables=[
            Table(
                [
                    Column(_("Line"), 0.6, "center"), Column(_("Name of the goods"), 3),
                    Column(_("Brand and model"), 2.4), Column(_("Unit"), 0.7, "center"),
                    Column(_("To be received"), 0.9, "right"), Column(_("Received well"), 0.9, "right"),
                    Column(_("Sent back"), 0.9, "right"), Column(_("Reason"), 2.2),
                ],
                [
                    (line.position, line.name, _make(line), line.unit, line.quantity, line.accepted, line.refused or "",
                     line.reason)
                    for line in delivery.lines
                ],
                foot=("", _("Sum"), "", "", *(sum(each) for each in zip(
                    *((line.quantity, line.accepted, line.refused) for line in delivery.lines), strict=True)), ""),
            )
        ],
        signatures=[
            (_("Handled by"), delivery.handler.name, delivery.arrived_on.isoformat()),
            (_("Accepted by (1)"), first.by.name, exact(first.at)[:10]),
            (_("Accepted by (2)"), second.by.name, exact(second.at)[:10]),
            _signed(_("Custodian"), delivery.stock_in),
            (_("Supplier (signature)"),),
        ],
    )  # fmt: skip


def stock_in(who: Any, id: int) -> Paper | None:
    """入库单, in triplicate."""
    delivery = seen(who, id)
    if delivery is None or not delivery.shows_value_to(who):
        return None
    _needs(delivery, "stock")
    slip = delivery.stock_in
    return Paper(
        title=_("Stock-in slip"),
        number=slip.number,
        subtitle=exact(slip.at)[:10],
        copies=(_("stub"), _("for finance"), _("for the store")),
        code_url=url_for("receiving.show", id=id),
        facts=[
            (_("Store room"), slip.place.full_name),
            (_("Acceptance slip"), delivery.number),
            *_origin(delivery, True),
            *([(_("Shelf or note"), slip.note, True)] if slip.note else []),
        ],
        tables=[_priced(delivery)],
        signatures=[
            _signed(_("Custodian"), slip),
            (_("Handled by"), delivery.handler.name, delivery.arrived_on.isoformat()),
            (_("General Affairs director"),),
        ],
    )


def voucher(who: Any, id: int) -> Paper | None:
    """报销凭据: prints only when all three steps are done; its code shows finance how they stand now."""
    delivery = seen(who, id)
    if delivery is None or not delivery.shows_value_to(who):
        return None
    _needs(delivery, "enter")
    steps = [
        (str(number), stage.words, stage.number or delivery.number, _("、").join(person.name for person in stage.by),
         exact(stage.at))
        for number, stage in enumerate(delivery.stages[:3], 1)
    ]  # fmt: skip
    paid = delivery.reimbursement
    return Paper(
        title=_("Reimbursement voucher"),
        number=delivery.entry.number,
        subtitle=exact(delivery.entry.at)[:10],
        code_url=url_for("receiving.voucher", id=id),
        facts=[
            *_origin(delivery, True),
            (_("Amount (yuan)"), money(delivery.total)),
            (_("Reimbursed"), _("%(time)s, %(number)s", time=exact(paid.at), number=paid.voucher or "—") if paid
             else _("not reimbursed yet")),
        ],
        tables=[
            Table(
                [Column(_("Step"), 0.6, "center"), Column(_("Step taken"), 2), Column(_("Slip number"), 2),
                 Column(_("Step done by"), 2.4), Column(_("Time"), 2.2)],
                steps, title=_("The three steps"),
            ),
            _priced(delivery, cards=True),
        ],
        paragraphs=[_("Accepted, stocked in and entered in the ledger. Scan the code: it shows how the three steps "
                      "stand now and whether it was reimbursed already.")],
        signatures=[
            _signed(_("Entered by"), delivery.entry),
            (_("Handled by"), delivery.handler.name, delivery.arrived_on.isoformat()),
            (_("General Affairs director"),),
            _signed(_("Finance"), paid),
        ],
        across=4,
    )  # fmt: skip


def purchase(who: Any, id: int) -> Paper | None:
    """购置（添置）申请单, with the agreements that were given on phones."""
    slip = Purchase.visible_to(who).where(Purchase.id == id).first()
    if slip is None:
        return None
    idle = _("%(count)s lay idle: %(why)s", count=slip.idle, why=slip.why_new) if slip.idle else _("nothing lay idle")
    return Paper(
        title=_("Request to buy"),
        number=slip.number,
        subtitle=exact(slip.at)[:10],
        code_url=url_for("receiving.request", id=id),
        facts=[
            (_("Asked by"), slip.applicant.name),
            (_("Office"), slip.office.name if slip.office_id else ""),
            (_("Source of funds"), slip.fund),
            (_("How soon"), slip.urgency_word),
            (_("What for"), slip.purpose, True),
            (_("Compared with what lies idle"), idle, True),
        ],
        tables=[
            Table(
                [Column(_("What is needed"), 4), Column(_("Category"), 3), Column(_("Unit"), 0.8, "center"),
                 Column(_("How many"), 1, "right"), Column(_("Unit price (yuan)"), 1.6, "right"),
                 Column(_("Amount (yuan)"), 1.6, "right")],
                [(slip.name, slip.category.word if slip.category_id else "", slip.unit, slip.quantity,
                  money(slip.unit_price), money(slip.budget))],
            )
        ],
        opinions=[
            (ask.part, _opinion(ask), ask.by.name if ask.agreed is not None else "",
             exact(ask.at)[:10] if ask.agreed is not None else "")
            for ask in slip.asks
        ],
        signatures=[(_("Applicant"), slip.applicant.name, exact(slip.at)[:10])],
    )  # fmt: skip


def _opinion(ask: Any) -> str:
    if ask.agreed is None:
        return ""
    return ask.reason or (_("agreed") if ask.agreed else _("refused"))


def _needs(delivery: Delivery, step: str) -> None:
    """A slip prints once its step is done; before, it is refused with the name of the step that is missing."""
    stages = {stage.key: stage for stage in delivery.stages}
    if stages[step].state == "done":
        return
    if stages[step].state == "now":
        raise Refused(_("This slip prints after this step: %(step)s.", step=stages[step].words))
    raise Refused(delivery.not_now(step))


def _origin(delivery: Delivery, value: bool) -> list[tuple[str, str]]:
    found = [(_("Handled by"), delivery.handler.name), (_("Arrived on"), delivery.arrived_on.isoformat())]
    if not value:
        return found
    return [
        (_("Supplier"), delivery.supplier),
        (_("Invoice number"), delivery.invoice),
        (_("Contract number"), delivery.contract),
        (_("Source of funds"), delivery.fund),
        *found,
    ]


def _priced(delivery: Delivery, cards: bool = False) -> Table:
    """What was accepted, with prices and sums; with the numbers of its cards where it is entered."""
    lines = [line for line in delivery.lines if line.accepted]
    numbers = card_numbers(lines) if cards else {}
    last = [Column(_("Numbers in the ledger"), 3)] if cards else [Column(_("Brand and model"), 2.4)]
    return Table(
        [Column(_("Line"), 0.6, "center"), Column(_("Name of the goods"), 3), *last, Column(_("Unit"), 0.7, "center"),
         Column(_("How many"), 0.9, "right"), Column(_("Unit price (yuan)"), 1.5, "right"),
         Column(_("Amount (yuan)"), 1.6, "right")],
        [
            (line.position, line.name, numbers.get(line.id, "") if cards else _make(line), line.unit, line.accepted,
             money(line.unit_price), money(line.amount))
            for line in lines
        ],
        foot=("", _("Sum"), "", "", sum(line.accepted for line in lines), "", money(delivery.total)),
    )  # fmt: skip


def card_numbers(lines: list[DeliveryLine]) -> dict[int, str]:
    """`A0201-2026-0007 – 0036` for each line, in one query."""
    found: dict[int, list[str]] = {}
    rows = (
        LineAsset.select(LineAsset.line, Asset.number)
        .join(Asset)
        .where(LineAsset.line.in_([line.id for line in lines]))
    )
    for line, number in rows.order_by(LineAsset.asset).tuples():
        found.setdefault(line, []).append(number)
    return {
        line: numbers[0] if len(numbers) == 1 else f"{numbers[0]} – {numbers[-1].rsplit('-', 1)[-1]}"
        for line, numbers in found.items()
    }


def _make(line: DeliveryLine) -> str:
    return f"{line.brand} {line.model}".strip()


def _signed(label: str, row: Any) -> tuple[str, ...]:
    """A signature that a step has given; an empty line to sign on as long as there is none."""
    by: Person | None = getattr(row, "by", None)
    return (label, by.name, exact(row.at)[:10]) if by else (label,)


register("acceptance", acceptance)
register("stock-in", stock_in)
register("voucher", voucher)
register("purchase", purchase)
