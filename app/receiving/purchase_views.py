"""Pages of requests to buy: ask, follow, and the shopping list."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app import journal
from app.approvals.models import register
from app.receiving.blueprint import bp
from app.receiving.forms import PurchaseForm
from app.receiving.lists import PurchaseFilter, purchase_sheet
from app.receiving.models import Delivery
from app.receiving.purchases import STATES, Purchase, arrivals, lying_idle
from app.web import Page, allow, done, get_or_404, me, render, say


@bp.get("/requests/")
@allow("receiving.request")
def requests() -> ResponseReturnValue:
    """The requests that someone may see: the own ones, or all."""
    filter = PurchaseFilter.of(request.args)
    page = Page(filter.rows(current_user))
    Purchase.load_asks(page.rows)
    return render("receiving/requests.html", filter=filter, page=page, stages=STATES)


@bp.get("/requests.xlsx")
@allow("receiving.request")
def export_requests() -> ResponseReturnValue:
    return purchase_sheet(PurchaseFilter.of(request.args), current_user)


@bp.get("/requests/add")
@allow("receiving.request")
def ask() -> ResponseReturnValue:
    return ask_page(PurchaseForm())


@bp.get("/requests/idle")
@allow("receiving.request")
def idle() -> ResponseReturnValue:
    """What lies idle of a kind, while its name is typed."""
    form = PurchaseForm(request.args)
    return render("receiving/ask.html", "receiving/_idle.html", form=form)


@bp.post("/requests/add")
@allow("receiving.request")
def ask_now() -> ResponseReturnValue:
    form = PurchaseForm(request.form)
    if not form.validate():
        return ask_page(form, 422)
    slip = Purchase.ask(me(), **form.facts)
    say(_("Asked for: %(number)s. You see here who agreed.", number=slip.number))
    return done(url_for(".request", id=slip.id))


def ask_page(form: PurchaseForm, status: int = 200) -> ResponseReturnValue:
    return render("receiving/ask.html", status=status, form=form)


@bp.get("/requests/<int:id>", endpoint="request")
@allow("receiving.request")
def show_request(id: int) -> ResponseReturnValue:
    slip = get_or_404(Purchase.visible_to(current_user), id)
    deliveries = Delivery.visible_to(current_user).where(Delivery.id.in_(arrivals(slip.id)))
    return render(
        "receiving/request.html",
        slip=slip,
        deliveries=list(deliveries.order_by(Delivery.id)),
        idle=lying_idle(slip.name, slip.category) if slip.is_open else [],
        events=Page(journal.about(thing=slip), size=20),
    )


def titles(ids: list[int]) -> dict[int, tuple[str, str]]:
    rows = Purchase.select(Purchase.id, Purchase.number, Purchase.name, Purchase.quantity, Purchase.unit).where(
        Purchase.id.in_(ids)
    )
    return {
        row.id: (f"{row.number} {row.name} {row.quantity} {row.unit}", url_for("receiving.request", id=row.id))
        for row in rows
    }


register(
    Purchase, title=titles, icon="package", name=_l("Requests to buy"), words={"head": _l("head of the office agrees")}
)
