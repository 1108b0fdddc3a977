"""Pages of compensation: the records, a new one, its receipt, and the paper."""

from dataclasses import dataclass
from typing import Any

import peewee
from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import journal
from app.assets.models import Asset
from app.disposals.blueprint import bp
from app.disposals.compensation import CAUSES, STATES, Compensation, find_ticket, offers
from app.disposals.forms import CompensationForm, DropForm, PayForm
from app.excel.listing import Listing, listing_pages
from app.excel.out import Col
from app.people.models import Person
from app.places.models import ClassGroup
from app.web import Page, Waiting, allow, done, get_or_404, me, render, say, whole


@dataclass(frozen=True)
class Filter:
    """Which records: a state, a cause, a class, or words."""

    state: str
    cause: str
    group: int | None
    words: str

    @classmethod
    def asked(cls) -> "Filter":
        get = request.args.get
        state, cause = get("state", ""), get("cause", "")
        return cls(
            state if state in STATES else "",
            cause if cause in CAUSES else "",
            whole("group"),
            get("words", "").strip()[:60],
        )

    def rows(self, who: Any) -> peewee.ModelSelect:
        """Newest first."""
        query = Compensation.visible_to(who).order_by(Compensation.id.desc())
        if self.state:
            query = query.where(Compensation.in_state(self.state))
        if self.cause:
            query = query.where(Compensation.cause == self.cause)
        if self.group:
            query = query.where(Compensation.group == self.group)
        return query.where(Compensation.matching(self.words)) if self.words else query

    @property
    def args(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value}

    @property
    def about(self) -> list[str]:
        group = ClassGroup.get_or_none(ClassGroup.id == self.group) if self.group else None
        words = [STATES.get(self.state, ""), CAUSES.get(self.cause, ""), group.name if group else "", self.words]
        return [str(each) for each in words if each]


@bp.get("/compensations")
@allow("compensations.list")
def compensations() -> ResponseReturnValue:
    filter = Filter.asked()
    return render(
        "disposals/compensations.html",
        filter=filter,
        page=Page(filter.rows(current_user)),
        states=STATES,
        causes=CAUSES,
        groups=list(ClassGroup.present()) if current_user.may("compensations.all") else [],
    )


def listing() -> Listing:
    filter = Filter.asked()
    columns = [
        Col(_("Slip number"), width=14), Col(_("Day"), "date"), Col(_("Class"), width=12),
        Col(_("What was damaged"), width=20), Col(_("Asset number")), Col(_("Repair")), Col(_("Cause")),
        Col(_("What happened"), width=30), Col(_("The amount is")),
        Col(_("Amount"), "money"), Col(_("State"), width=10), Col(_("Receipt")),
        Col(_("Recorded by"), width=10),
    ]  # fmt: skip
    return Listing(
        _("Compensation"), columns, filter.rows(current_user), _dress, filter.about,
        url_for(".compensations", **filter.args),
    )  # fmt: skip


def _dress(rows: list[Compensation]) -> list[list[Any]]:
    return [
        [
            row.number, row.at, row.group.name if row.group_id else "", row.thing,
            row.asset.number if row.asset_id else "", row.ticket_number, row.cause_word, row.words, row.basis_word,
            row.amount, row.state_word, row.settlement.receipt if row.settlement_id else "", row.by.name,
        ]
        for row in rows
    ]  # fmt: skip


listing_pages(bp, "compensations.list", "/compensations/list", listing, name="compensations")


# A new record -----------------------------------------------------------------------------------------------


@bp.get("/compensations/add")
@allow("compensations.record")
def compensation_add() -> ResponseReturnValue:
    """An empty record, or one for an asset (`?asset=7`) or a repair (`?ticket=20261124-003`)."""
    asset = asset_asked()
    known = {"thing": asset.name if asset else "", "ticket": request.args.get("ticket", "")[:20],
             "group": _class_of(asset)}  # fmt: skip
    return add_page(CompensationForm(data={**known, **_offered()}, asset=asset, who=current_user))


def _offered() -> dict[str, Any]:
    """What the repair in the address knows: cause, cost, class. Everything can be changed before it is recorded."""
    ticket = find_ticket(request.args.get("ticket", ""), current_user)
    return {name: value for offer in offers if ticket is not None for name, value in offer(ticket).items()}


def asset_asked() -> Asset | None:
    """The asset of the address, or that of the repair in the address."""
    if id := whole("asset"):
        return get_or_404(Asset.shown(Asset.visible_to(current_user)), id)
    ticket = find_ticket(request.args.get("ticket", ""), current_user)
    return ticket.asset if ticket is not None and ticket.asset_id else None


def _class_of(asset: Asset | None) -> int:
    group = ClassGroup.in_room(asset.place) if asset is not None and asset.place_id else None
    return group.id if group else 0


def add_page(form: CompensationForm, status: int = 200) -> ResponseReturnValue:
    return render("disposals/compensation_add.html", status=status, form=form, asset=form.asset)


@bp.post("/compensations/add")
@allow("compensations.record")
def compensation_added() -> ResponseReturnValue:
    form = CompensationForm(request.form, asset=asset_asked(), who=current_user)
    if not form.validate():
        return add_page(form, 422)
    row = Compensation.record(me(), **form.facts)
    say(_("Recorded as %(number)s.", number=row.number))
    return done(url_for(".compensation", id=row.id))


# One record -------------------------------------------------------------------------------------------------


def found(id: int) -> Compensation:
    return get_or_404(Compensation.visible_to(current_user), id)


@bp.get("/compensations/<int:id>")
@allow("compensations.list")
def compensation(id: int) -> ResponseReturnValue:
    return show_page(found(id))


def show_page(
    row: Compensation, pay: PayForm | None = None, drop: DropForm | None = None, status: int = 200
) -> ResponseReturnValue:
    return render(
        "disposals/compensation.html",
        status=status,
        row=row,
        pay=pay or PayForm(known=row.parents_informed),
        drop=drop or DropForm(data={"kind": "waived" if row.state == "open" else "void"}),
        events=Page(journal.about(thing=row)),
    )


@bp.post("/compensations/<int:id>/payment")
@allow("compensations.settle")
def compensation_paid(id: int) -> ResponseReturnValue:
    row = found(id)
    form = PayForm(request.form, known=row.parents_informed)
    if not form.validate():
        return show_page(row, pay=form, status=422)
    row.pay(me(), form.receipt.data, form.informed)
    say(_("Paid: receipt %(receipt)s.", receipt=form.receipt.data))
    return done(url_for(".compensation", id=id))


@bp.post("/compensations/<int:id>/dropping")
@allow("compensations.record")
def compensation_dropped(id: int) -> ResponseReturnValue:
    """Waived, or made void."""
    row = found(id)
    form = DropForm(request.form)
    if not form.validate():
        return show_page(row, drop=form, status=422)
    drop = row.waive if form.kind.data == "waived" else row.make_void
    drop(me(), form.reason.data)
    say(_("%(number)s is “%(state)s” now.", number=row.number, state=row.state_word))
    return done(url_for(".compensation", id=id))


def waiting(who: Person) -> list[Waiting]:
    """What is to be paid, for those who enter receipts."""
    if not who.may("compensations.settle"):
        return []
    count = Compensation.select().where(Compensation.in_state("open")).count()
    card = Waiting(_("compensations to be paid"), count, "file-text", url_for("disposals.compensations", state="open"))
    return [card] if count else []
