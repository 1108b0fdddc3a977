"""Pages of write-off and scrap: what is under way, one slip, asking for it, carrying it out."""

from dataclasses import dataclass
from typing import Any

import peewee
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup

from app import journal
from app.approvals.models import register
from app.assets.models import Asset, Shelf
from app.assets.views import panels as asset_panels
from app.disposals import class_views, compensation_views, papers  # noqa: F401 - they add their own pages
from app.disposals.blueprint import bp
from app.disposals.compensation import find_ticket
from app.disposals.disposal import KINDS, STAGES, Disposal, Repair, came_from, holders_of, repairs_of
from app.disposals.forms import CarryOutForm, DisposalForm, WhyForm
from app.errors import Refused
from app.excel.listing import Listing, listing_pages
from app.excel.out import Col
from app.photos.forms import form_data
from app.photos.models import Photo
from app.web import Page, Waiting, allow, done, get_or_404, me, render, say

SHOWN_REPAIRS = 8


# Lists ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """Which write-offs: `stage` is a key of STAGES or "" for what is not over, `kind` scrap, loss or ""."""

    stage: str
    kind: str
    words: str

    @classmethod
    def asked(cls) -> "Filter":
        get = request.args.get
        stage, kind = get("stage", ""), get("kind", "")
        return cls(
            stage if stage in STAGES or stage == "all" else "",
            kind if kind in KINDS else "",
            get("words", "").strip()[:60],
        )

    def rows(self, who: Any) -> peewee.ModelSelect:
        """Newest first."""
        query = Disposal.visible_to(who).order_by(Disposal.id.desc())
        if self.stage != "all":
            query = query.where(Disposal.in_stage(self.stage) if self.stage else Disposal.ending.is_null())
        if self.kind:
            query = query.where(Disposal.kind == self.kind)
        return query.where(Disposal.matching(self.words)) if self.words else query

    @property
    def args(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value}

    @property
    def about(self) -> list[str]:
        """How the list was narrowed, in words."""
        tables = {"stage": STAGES, "kind": KINDS}
        return [str(tables[name].get(value, "")) if name in tables else value for name, value in self.args.items()]


@bp.get("/", endpoint="list")
@allow("disposals.list")
def everything() -> ResponseReturnValue:
    """What is under way, or what is over."""
    filter = Filter.asked()
    page = Page(filter.rows(current_user))
    Disposal.load_asks(page.rows)
    return render("disposals/list.html", filter=filter, page=page, kinds=KINDS, stages=STAGES)


def listing() -> Listing:
    """The same list to take away."""
    filter = Filter.asked()
    columns = [
        Col(_("Slip number"), width=14), Col(_("Kind"), width=8), Col(_("Asset number")), Col(_("Thing"), width=22),
        Col(_("Quantity"), "int"), Col(_("Room")), Col(_("Acquired on"), "date"), Col(_("Used / minimum life")),
        Col(_("Original value"), "money"), Col(_("Net value"), "money"), Col(_("Reason for writing off"), width=20),
        Col(_("Way of disposal")), Col(_("Residual value"), "money"), Col(_("Approval number"), width=18),
        Col(_("Asked by"), width=10), Col(_("Asked"), "date"), Col(_("State"), width=10), Col(_("Ended on"), "date"),
    ]  # fmt: skip
    return Listing(
        _("Write-offs"), columns, filter.rows(current_user), _dress, filter.about, url_for(".list", **filter.args)
    )


def _dress(rows: list[Disposal]) -> list[list[Any]]:
    return [_cells(row, row.ending if row.ending_id else None) for row in rows]


def _cells(row: Disposal, end: Any) -> list[Any]:
    out = end is not None and end.kind == "done"
    return [
        row.number, row.kind_word, row.asset.number, row.asset.name, row.quantity, row.place.name, row.acquired_on,
        row.age.words, row.value, row.net_value, row.reason_word, end.way_word if out else row.way_word,
        end.residual if out else None, end.bureau_number if out else "", row.applicant.name, row.at, row.stage_word,
        end.at if end else None,
    ]  # fmt: skip


listing_pages(bp, "disposals.list", "/list", listing)


# One slip ---------------------------------------------------------------------------------------------------


def found(id: int) -> Disposal:
    return get_or_404(Disposal.visible_to(current_user), id)


@bp.get("/<int:id>")
@allow("disposals.list")
def show(id: int) -> ResponseReturnValue:
    return show_page(found(id))


def show_page(slip: Disposal, why: WhyForm | None = None, status: int = 200) -> ResponseReturnValue:
    past = repairs_of(slip.asset)
    return render(
        "disposals/show.html",
        status=status,
        slip=slip,
        photos=Photo.of(slip),
        repairs=past[:SHOWN_REPAIRS],
        repairs_count=len(past),
        repairs_cost=sum(repair.cost or 0 for repair in past),
        holders=holders_of(slip.asset) if slip.ending_id is None else [],
        origin=_origin(slip),
        why=why or WhyForm(),
        events=Page(journal.about(thing=slip)),
    )


def _origin(slip: Disposal) -> Repair | None:
    """The repair that did not pay and led to this slip."""
    return next((repair for ask in came_from if (repair := ask(slip)) is not None), None)


@bp.get("/ask/<int:id>")
@allow("disposals.ask")
def ask(id: int) -> ResponseReturnValue:
    """For one asset: why, what it is worth, who appraises; perhaps because a repair does not pay
    (`?ticket=20261124-003`)."""
    asset = asset_of(id)
    form = _form(asset, None)
    if (ticket := _ticket_asked(asset)) is not None:
        form.reason.data, form.words.data = "too_dear", f"{ticket.kind_word} {ticket.words}".strip()
    if not form.age.is_over:
        form.reason.data, form.way.data = "too_dear", "loss"
    return ask_page(asset, form)


@bp.post("/ask/<int:id>")
@allow("disposals.ask")
def asked(id: int) -> ResponseReturnValue:
    asset = asset_of(id)
    form = _form(asset, form_data())
    if not form.validate():
        return ask_page(asset, form, 422)
    slip = Disposal.ask(asset, me(), **form.facts, ticket=_ticket_asked(asset))
    say(_("%(number)s is on its way: three appraise it now.", number=slip.number))
    return done(url_for(".show", id=slip.id))


def _ticket_asked(asset: Asset) -> Any:
    """The repair in the address, if it is one of this thing."""
    ticket = find_ticket(request.args.get("ticket", ""), current_user)
    return ticket if ticket is not None and ticket.asset_id == asset.id else None


def _form(asset: Asset, sent: Any) -> DisposalForm:
    shelves = Shelf.held().where(Shelf.asset == asset).order_by(Shelf.place) if asset.is_batch else ()
    return DisposalForm(sent, asset=asset, applicant=current_user, shelves=shelves)


def ask_page(asset: Asset, form: DisposalForm, status: int = 200) -> ResponseReturnValue:
    past = repairs_of(asset)
    return render(
        "disposals/ask.html",
        status=status,
        asset=asset,
        form=form,
        ticket=_ticket_asked(asset),
        repairs=past[:SHOWN_REPAIRS],
        repairs_count=len(past),
        repairs_cost=sum(repair.cost or 0 for repair in past),
        under_way=list(Disposal.under_way(asset)),
    )


def asset_of(id: int) -> Asset:
    return get_or_404(Asset.shown(Asset.visible_to(current_user)), id)


@bp.get("/<int:id>/completion")
@allow("disposals.ask")
def carry_out(id: int) -> ResponseReturnValue:
    slip = approved(id)
    return carry_out_page(slip, CarryOutForm(data={"way": slip.way}, slip=slip))


@bp.post("/<int:id>/completion")
@allow("disposals.ask")
def carried_out(id: int) -> ResponseReturnValue:
    slip = approved(id)
    form = CarryOutForm(request.form, slip=slip)
    if not form.validate():
        return carry_out_page(slip, form, 422)
    slip.carry_out(me(), **form.data)
    say(_("%(thing)s is off the ledger. Its label now answers that it was written off.", thing=slip.name))
    return done(url_for(".show", id=id))


def approved(id: int) -> Disposal:
    slip = found(id)
    if slip.stage != "approved":
        raise Refused(_("That can't be done now: %(number)s is “%(stage)s”.",
                        number=slip.number, stage=slip.stage_word))  # fmt: skip
    return slip


def carry_out_page(slip: Disposal, form: CarryOutForm, status: int = 200) -> ResponseReturnValue:
    return render("disposals/carry_out.html", status=status, slip=slip, form=form, holders=holders_of(slip.asset))


@bp.post("/<int:id>/calling-off")
@allow("disposals.ask")
def call_off(id: int) -> ResponseReturnValue:
    slip = found(id)
    form = WhyForm(request.form)
    if not form.validate():
        return show_page(slip, form, 422)
    slip.call_off(me(), form.reason.data)
    say(_("Called off. %(thing)s is as it was before.", thing=slip.name))
    return done(url_for(".show", id=id))


# What others show -------------------------------------------------------------------------------------------


def titles(ids: list[int]) -> dict[int, tuple[str, str]]:
    """What stands on the page of approvals: the thing, and why."""
    rows = Disposal.select(Disposal, Asset).join(Asset).where(Disposal.id.in_(ids))
    return {
        row.id: (
            _("%(kind)s of %(thing)s: %(reason)s", kind=row.kind_word, thing=row.name, reason=row.reason_word),
            url_for("disposals.show", id=row.id),
        )
        for row in rows
    }


register(
    Disposal, name=_l("Write-offs"), icon="trash-2", title=titles,
    words={"appraiser": _l("appraises"), "head": _l("head of the office in charge")}, opinions=("appraiser",),
)  # fmt: skip


@asset_panels.append
def on_asset(who: Any, asset: Asset) -> str:
    """How it stands with its write-off, on the thing's own page, and the way to ask for it."""
    slips = list(Disposal.visible_to(who).where(Disposal.asset == asset).order_by(Disposal.id.desc()).limit(5))
    may_ask = who.may("disposals.ask") and asset.state != "disposed"
    may_ask = may_ask and (asset.is_batch or all(slip.ending_id for slip in slips))
    if not slips and not may_ask:
        return ""
    return Markup(render_template("disposals/_on_asset.html", asset=asset, slips=slips, may_ask=may_ask))


def waiting(who: Any) -> list[Waiting]:
    """What is to be carried out, signed or paid; what is to be agreed waits with the approvals."""
    if who.is_card:
        return []
    return [*_to_carry_out(who), *class_views.waiting(who), *compensation_views.waiting(who)]


def _to_carry_out(who: Any) -> list[Waiting]:
    if not who.may("disposals.ask"):
        return []
    count = Disposal.select().where(Disposal.in_stage("approved")).count()
    card = Waiting(_("write-offs to carry out"), count, "trash-2", url_for("disposals.list", stage="approved"))
    return [card] if count else []
