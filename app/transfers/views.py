"""Pages of transfers: the list, a new slip filled by scanning, and the slip on which everybody agrees."""

from collections.abc import Iterator
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
from app.approvals.models import Ask, register
from app.assets.models import Asset
from app.assets.views import panels as asset_panels
from app.errors import Refused
from app.excel.listing import Listing, listing_pages
from app.excel.out import Col
from app.fields import clean
from app.places.models import Place
from app.transfers import papers
from app.transfers.blueprint import bp
from app.transfers.forms import TransferForm
from app.transfers.lines import Line, lines, room_keys
from app.transfers.models import Transfer, TransferLine
from app.web import Page, Waiting, allow, done, get_or_404, render, say, whole

__all__ = ["bp", "papers", "waiting"]

STATES = ("open", "agreed", "refused")


# The list ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """Which slips: one of STATES (refused: withdrawn ones too) or all, and words."""

    state: str
    words: str

    @classmethod
    def asked(cls) -> "Filter":
        """As the query string says; what makes no sense is left out."""
        state = request.args.get("state", "open")
        return cls(state if state in (*STATES, "all") else "open", clean(request.args.get("words"))[:60])

    @property
    def args(self) -> dict[str, str]:
        return {"state": self.state, **({"words": self.words} if self.words else {})}

    def slips(self, who: Any) -> peewee.ModelSelect:
        """The slips that someone may see, newest first."""
        query = Transfer.visible_to(who).order_by(Transfer.id.desc())
        if self.words:
            query = query.where(Transfer.matching(self.words))
        if self.state == "refused":
            return query.where(Transfer.in_state("refused") | Transfer.in_state("withdrawn"))
        return query.where(Transfer.in_state(self.state)) if self.state != "all" else query


@bp.get("/", endpoint="list")
@allow("transfers.ask")
def everything() -> ResponseReturnValue:
    """The slips that concern me; for the office, all."""
    filter = Filter.asked()
    page = Page(filter.slips(current_user))
    Transfer.load_lines(page.rows)
    Transfer.load_asks(page.rows)
    return render("transfers/list.html", filter=filter, page=page)


def _listing() -> Listing:
    columns = [
        Col(_("Slip"), width=14), Col(_("Asked for"), "moment"), Col(_("State")), Col(_("Number"), width=20),
        Col(_("Asset name"), width=24), Col(_("Quantity"), "int"), Col(_("Unit"), width=6), Col(_("From"), width=24),
        Col(_("Given by")), Col(_("To"), width=24), Col(_("Taken by")), Col(_("Reason"), width=32),
        Col(_("Done"), "moment"),
    ]  # fmt: skip
    return Listing(_("Transfers"), columns, Filter.asked().slips(current_user), _rows, back=url_for(".list"))


def _rows(slips: list[Transfer]) -> Iterator[tuple[Any, ...]]:
    """One row for each line of each slip."""
    Transfer.load_lines(slips)
    Transfer.load_asks(slips)
    return (_row(slip, line) for slip in slips for line in slip.lines)


def _row(slip: Transfer, line: TransferLine) -> tuple[Any, ...]:
    return (
        slip.number, slip.at, slip.state_word, line.asset.number, line.asset.name, line.quantity, line.asset.unit,
        line.source.full_name if line.source_id else "", line.giver.name if line.giver_id else "",
        slip.place.full_name if slip.place_id else "", slip.taker.name, slip.reason, slip.settled_at,
    )  # fmt: skip


listing_pages(bp, "transfers.ask", "/list", _listing)


# A new slip -------------------------------------------------------------------------------------------------


@bp.get("/add")
@allow("transfers.ask")
def add() -> ResponseReturnValue:
    """Fill a slip by scanning. The list lives in the address, so that it works without JavaScript, survives a
    reload, and nothing is stored before the one button that sends it. `?code=…&place=…` starts with a thing found in
    another room than the ledger says, `?from=…` offers what stands in a room."""
    sent = request.args
    if "reason" in sent:
        return add_page(_form(sent), sent)
    place = Place.rooms().where(Place.id == (whole("place") or 0)).first()
    reason = _("Found in another room") if sent.get("found") else ""
    return add_page(_form(None, place=place, reason=reason), sent)


def _form(sent: Any, **data: Any) -> TransferForm:
    return TransferForm(sent, data=data, with_office=current_user.may("transfers.all"))


@bp.post("/add")
@allow("transfers.ask")
def added() -> ResponseReturnValue:
    form = _form(request.form)
    right = form.validate()
    found = _lines(request.form, form)
    if not right or not found or any(line.problem for line in found):
        return add_page(form, request.form, 422, asked=True)
    try:
        slip = Transfer.ask(
            current_user, [line.wanted for line in found], reason=form.reason.data, place=form.place.data,
            taker=form.taker.data, office=form.in_charge,
        )  # fmt: skip
    except Refused as refused:
        if refused.status != 422:
            raise
        form.reason.errors = [*form.reason.errors, refused.sentence]
        return add_page(form, request.form, 422, asked=True)
    say(_("Transfer %(number)s is sent. It is done as soon as everybody agreed.", number=slip.number))
    return done(url_for(".show", id=slip.id))


def _lines(sent: Any, form: TransferForm) -> list[Line]:
    return lines(sent, current_user, place=form.place.data, taker=form.who_takes, office=form.in_charge)


def add_page(form: TransferForm, sent: Any, status: int = 200, asked: bool = False) -> ResponseReturnValue:
    found = _lines(sent, form)
    room = Place.rooms().where(Place.id == _id(sent.get("from"))).first()
    return render(
        "transfers/add.html",
        "transfers/_lines.html",
        status,
        form=form,
        lines=found,
        asked=asked,
        found_here=bool(sent.get("found")),
        room=room,
        offered=room_keys(room, current_user, found) if room else [],
        taker=form.who_takes,
        problems=sum(bool(line.problem) for line in found),
    )


def _id(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


# One slip ---------------------------------------------------------------------------------------------------


@bp.get("/<int:id>")
@allow("transfers.ask")
def show(id: int) -> ResponseReturnValue:
    slip = get_or_404(Transfer.visible_to(current_user), id)
    return render("transfers/show.html", slip=slip, events=Page(journal.about(thing=slip)))


def titles(ids: list[int]) -> dict[int, tuple[str, str]]:
    """What stands on the page of all that waits: the first things, how many, and where they go."""
    slips = list(Transfer.shown().where(Transfer.id.in_(ids)))
    Transfer.load_lines(slips)
    return {slip.id: (summary(slip), url_for("transfers.show", id=slip.id)) for slip in slips}


def summary(slip: Transfer) -> str:
    """`投影仪 and 2 more → 201教室`"""
    first, *rest = slip.lines
    what = first.asset.name if first.quantity == 1 else f"{first.asset.name} × {first.quantity}"
    if rest:
        what = _("%(what)s and %(count)s more", what=what, count=len(rest))
    return f"{what} → {slip.place.name if slip.place_id else slip.taker.name}"


def waiting(who: Any) -> list[Waiting]:
    """What waits for an answer stands on the card of approvals; this one counts what I asked for and is not done."""
    if who.is_card or not who.may("transfers.ask"):
        return []
    waits = Ask.select(Ask.slip_id).where(
        Ask.slip == Transfer._meta.table_name, Ask.applicant == who.id, Ask.at.is_null()
    )
    count = waits.distinct().count()
    if not count:
        return []
    return [Waiting(_("transfers under way"), count, "arrow-right-left", url_for("transfers.list", state="open"))]


@asset_panels.append
def on_asset(who: Any, asset: Asset) -> str:
    """On the thing's own page: the slip it is on, and the way to ask for one."""
    if not who.may("transfers.ask"):
        return ""
    open_lines = list(TransferLine.open_for([asset]))
    return Markup(render_template("transfers/_on_asset.html", asset=asset, lines=open_lines))


register(
    Transfer,
    name=_l("Transfers"),
    icon="arrow-right-left",
    title=titles,
    words={
        "giver": _l("hands over"),
        "taker": _l("takes over"),
        "both": _l("hands over and takes over"),
        "office": _l("General Affairs Office"),
    },
)
bp.add_app_template_filter(summary, "transfer_words")
