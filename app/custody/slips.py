"""What the page of approvals says of requests and handovers, and in what capacity somebody agrees to them."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.approvals.models import register
from app.custody.clearance import Handover, HandoverItem
from app.custody.holdings import in_words
from app.custody.requests import Request


def request_titles(ids: list[int]) -> dict[int, tuple[str, str]]:
    """`李敏 · 借用 投影仪 × 1，11月25日至11月27日` and the page of the request."""
    rows = Request.shown().where(Request.id.in_(ids))
    return {row.id: (request_title(row), url_for("custody.request_show", id=row.id)) for row in rows}


def request_title(row: Request) -> str:
    words = {"kind": row.kind_word, "what": row.what, "quantity": row.quantity, "when": row.when}
    if row.kind == "outside":
        return _("%(kind)s: %(what)s × %(quantity)s, %(when)s, for %(unit)s", unit=row.borrower, **words)
    return _("%(kind)s: %(what)s × %(quantity)s, %(when)s", **words)


def handover_titles(ids: list[int]) -> dict[int, tuple[str, str]]:
    rows = {row.id: row for row in Handover.shown().where(Handover.id.in_(ids))}
    items: dict[int, list[HandoverItem]] = {id: [] for id in rows}
    for item in HandoverItem.select().where(HandoverItem.handover.in_(ids)).order_by(HandoverItem.id):
        items[item.handover_id].append(item)
    return {
        id: (
            _("Take over from %(giver)s: %(things)s", giver=row.giver.name, things=in_words(items[id])),
            url_for("clearance.handover", id=id),
        )
        for id, row in rows.items()
    }


register(
    Request,
    title=request_titles,
    icon="hand-helping",
    name=_l("Requests to borrow or be issued"),
    words={"head": _l("office head")},
)
register(
    Handover,
    title=handover_titles,
    icon="arrow-right-left",
    name=_l("Handovers of leavers"),
    words={"taker": _l("takes over"), "office": _l("the office agrees")},
)
