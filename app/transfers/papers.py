"""The transfer slip on paper (调拨单): one copy for the giver, one for the taker, one for the office."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app import clock
from app.approvals.models import Ask
from app.paper import Column, Paper, Table, register
from app.transfers.models import Transfer
from app.words import dated


def transfer(who: Any, id: int) -> Paper | None:
    """The slip as it stands now, signatures filled in as far as they were given."""
    slip = Transfer.visible_to(who).where(Transfer.id == id).first()
    if slip is None:
        return None
    return Paper(
        title=_("Transfer slip"),
        number=slip.number,
        subtitle=_("Asked for on %(day)s", day=dated(clock.local(slip.at).date())),
        copies=(_("giver's copy"), _("taker's copy"), _("office's copy")),
        facts=_facts(slip),
        tables=[_table(slip)],
        signatures=[_signature(slip, ask) for ask in slip.asks],
        code_url=url_for("transfers.show", id=slip.id),
    )


def _facts(slip: Transfer) -> list[tuple[Any, ...]]:
    givers = _(", ").join(giver.name for giver in slip.givers) or _("General Affairs Office")
    offices = {giver.office.name for giver in slip.givers if giver.office_id}
    return [
        (_("Given by"), givers),
        (_("Office that gives"), _(", ").join(sorted(offices))),
        (_("Taken by"), slip.taker.name),
        (_("Office that takes"), slip.taker.office.name if slip.taker.office_id else ""),
        (_("To room"), slip.place.full_name if slip.place_id else _("stays where it is")),
        (_("Office in charge"), slip.office.name if slip.office_id else _("stays")),
        (_("Applicant"), slip.applicant.name),
        (_("State"), slip.state_word),
        (_("Reason"), slip.reason, True),
    ]


def _table(slip: Transfer) -> Table:
    columns = [
        Column(_("No."), 1, "center"), Column(_("Number"), 4), Column(_("Asset name"), 5), Column(_("Model"), 4),
        Column(_("Quantity"), 2, "right"), Column(_("From room"), 5),
    ]  # fmt: skip
    rows = [
        (count, line.asset.number, line.asset.name, f"{line.asset.brand} {line.asset.model}".strip(),
         f"{line.quantity} {line.asset.unit}", line.source.full_name if line.source_id else _("all rooms"))
        for count, line in enumerate(slip.lines, 1)
    ]  # fmt: skip
    return Table(columns, rows, foot=("", _("Total"), "", "", sum(line.quantity for line in slip.lines), ""))


def _signature(slip: Transfer, ask: Ask) -> tuple[Any, ...]:
    if ask.state != "agreed":
        return (ask.part,)
    name = f"{ask.by.name} ({_('for %(person)s', person=ask.deputy_for.name)})" if ask.deputy_for_id else ask.by.name
    return ask.part, name, dated(clock.local(ask.at).date())


register("transfer", transfer)
