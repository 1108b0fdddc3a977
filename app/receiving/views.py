"""Pages of deliveries: the list by step, one delivery as a line of four steps, and a page for each step."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

from app import journal
from app.assets.models import Asset
from app.assets.views import panels as asset_panels
from app.errors import Refused
from app.photos.forms import form_data
from app.photos.models import Photo
from app.receiving import papers, purchase_views  # noqa: F401 - they register themselves
from app.receiving.blueprint import bp
from app.receiving.forms import AcceptanceForm, DeliveryForm, ReimburseForm, StockInForm, WhyForm
from app.receiving.lists import DeliveryFilter, delivery_sheet, sums
from app.receiving.models import RIGHTS, STATES, STEPS, Acceptance, Delivery, LineAsset
from app.receiving.purchases import Purchase
from app.web import Page, Waiting, allow, done, get_or_404, me, render, say, whole

NEXT = {  # what may be done next: the words of the button, its icon, its page
    "check": ("package", "receiving.check"),
    "confirm": ("check", "receiving.check"),
    "stock": ("warehouse", "receiving.stock_in"),
    "enter": ("file-text", "receiving.enter"),
    "reimburse": ("check", "receiving.voucher"),
}


def next_words(what: str) -> str:
    return {
        "check": _("Check the goods"),
        "confirm": _("Confirm as second person"),
        "stock": _("Stock in"),
        "enter": _("Enter in the ledger"),
        "reimburse": _("Mark reimbursed"),
    }[what]


# Lists ------------------------------------------------------------------------------------------------------


@bp.get("/", endpoint="list")
@allow("receiving.list")
def everything() -> ResponseReturnValue:
    """Deliveries by the step they wait for, with counts."""
    filter = DeliveryFilter.of(request.args)
    page = Page(filter.rows(current_user))
    return render(
        "receiving/list.html",
        filter=filter,
        page=page,
        sums=sums(page.rows),
        counts=Delivery.counts(filter.found(current_user)),
        states=STATES,
        steps=STEPS,
    )


@bp.get("/deliveries.xlsx")
@allow("receiving.list")
def export() -> ResponseReturnValue:
    return delivery_sheet(DeliveryFilter.of(request.args), current_user)


# A new delivery ---------------------------------------------------------------------------------------------


@bp.get("/add")
@allow("receiving.add")
def add() -> ResponseReturnValue:
    """An empty form; with `?request=` the first line is what was asked for."""
    requests = to_be_bought()
    wanted = next((row for row in requests if row.id == whole("request")), None)
    data = {"handler": me()}
    if wanted:
        data |= {"request": wanted.id, "fund": wanted.fund, "witness": wanted.applicant}
    return add_page(DeliveryForm(requests=requests, data=data))


@bp.post("/add")
@allow("receiving.add")
def add_now() -> ResponseReturnValue:
    form = DeliveryForm(request.form, requests=to_be_bought())
    if "more" in request.form or not form.validate():
        return add_page(form, 422)
    delivery = Delivery.arrive(me(), form.items, **form.facts)
    say(_("Entered as %(number)s. Two people check the goods now.", number=delivery.number))
    return done(url_for(".show", id=delivery.id))


def add_page(form: DeliveryForm, status: int = 200) -> ResponseReturnValue:
    return render("receiving/add.html", status=status, form=form)


def to_be_bought() -> list[Purchase]:
    query = Purchase.visible_to(current_user).where(Purchase.in_stage("agreed"))
    return list(query.order_by(Purchase.id.desc()).limit(100))


# One delivery -----------------------------------------------------------------------------------------------


def found(id: int) -> Delivery:
    return get_or_404(Delivery.visible_to(current_user), id)


@bp.get("/<int:id>")
@allow("receiving.list")
def show(id: int) -> ResponseReturnValue:
    return delivery_page(found(id), WhyForm())


def delivery_page(delivery: Delivery, voiding: WhyForm, status: int = 200) -> ResponseReturnValue:
    checks = list(Acceptance.of(delivery))
    return render(
        "receiving/show.html",
        status=status,
        delivery=delivery,
        next=delivery.waits_for(current_user),
        checks=checks,
        photos=Photo.of_many("acceptance", [check.id for check in checks]),
        value=delivery.shows_value_to(current_user),
        voiding=voiding,
        events=Page(journal.about(thing=delivery), size=20),
    )


@bp.post("/<int:id>/voiding")
@allow("receiving.add")
def void(id: int) -> ResponseReturnValue:
    delivery = found(id)
    form = WhyForm(request.form)
    if not form.validate():
        return delivery_page(delivery, form, 422)
    delivery.void(me(), form.reason.data)
    say(_("%(number)s is void.", number=delivery.number))
    return done(url_for(".show", id=id))


# Acceptance -------------------------------------------------------------------------------------------------


@bp.get("/<int:id>/acceptance")
@allow("receiving.accept")
def check(id: int) -> ResponseReturnValue:
    """For the first person the form; for the second what the first found, to confirm or to object."""
    delivery = acceptable(id)
    if delivery.acceptance:
        return confirm_page(delivery, WhyForm())
    return check_page(delivery, AcceptanceForm(delivery=delivery))


@bp.post("/<int:id>/acceptance")
@allow("receiving.accept")
def check_now(id: int) -> ResponseReturnValue:
    delivery = acceptable(id)
    form = AcceptanceForm(form_data(), delivery=delivery)
    if not form.validate():
        return check_page(delivery, form, 422)
    delivery.check(
        me(), form.found, looks=form.looks.data, trial=form.trial.data, extras=form.extras.data,
        photos=form.photos.data,
    )  # fmt: skip
    say(_("Checked. A second person confirms it on the own phone."))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/confirmation")
@allow("receiving.accept")
def confirm(id: int) -> ResponseReturnValue:
    delivery = acceptable(id)
    delivery.confirm(me())
    if delivery.state == "sent_back":
        say(_("Accepted by two people: everything goes back."), "info")
    else:
        say(_("Accepted by two people. Next: stock-in."))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/objection")
@allow("receiving.accept")
def object(id: int) -> ResponseReturnValue:
    delivery = acceptable(id)
    form = WhyForm(request.form)
    if not form.validate():
        return confirm_page(delivery, form, 422)
    delivery.object(me(), form.reason.data)
    say(_("Noted. The goods are checked anew."))
    return done(url_for(".check", id=id))


def acceptable(id: int) -> Delivery:
    delivery = found(id)
    if not delivery.may_accept(current_user):
        raise Refused(_("The office and the people named on the delivery accept it."), 403)
    if delivery.state != "accept":
        raise Refused(delivery.not_now("accept"))
    return delivery


def check_page(delivery: Delivery, form: AcceptanceForm, status: int = 200) -> ResponseReturnValue:
    objections = [row for row in Acceptance.of(delivery) if row.objection_id]
    return render("receiving/check.html", status=status, delivery=delivery, form=form, objections=objections)


def confirm_page(delivery: Delivery, form: WhyForm, status: int = 200) -> ResponseReturnValue:
    return render(
        "receiving/confirm.html",
        status=status,
        delivery=delivery,
        form=form,
        first=delivery.acceptance,
        own=bool(delivery.acceptance and delivery.acceptance.by_id == current_user.id),
        photos=Photo.of(delivery.acceptance) if delivery.acceptance else [],
    )


# Stock-in, ledger, voucher ----------------------------------------------------------------------------------


@bp.get("/<int:id>/stock-in")
@allow("receiving.stock")
def stock_in(id: int) -> ResponseReturnValue:
    return stock_in_page(at_step(id, "stock"), StockInForm())


@bp.post("/<int:id>/stock-in")
@allow("receiving.stock")
def stock_in_now(id: int) -> ResponseReturnValue:
    delivery = at_step(id, "stock")
    form = StockInForm(request.form)
    if not form.validate():
        return stock_in_page(delivery, form, 422)
    slip = delivery.put_in_stock(me(), form.rooms[form.place.data], form.note.data)
    say(_("Stocked in with slip %(number)s. Next: entry in the ledger.", number=slip.number))
    return done(url_for(".show", id=id))


def stock_in_page(delivery: Delivery, form: StockInForm, status: int = 200) -> ResponseReturnValue:
    return render("receiving/stock_in.html", status=status, delivery=delivery, form=form)


@bp.get("/<int:id>/entry")
@allow("receiving.enter")
def enter(id: int) -> ResponseReturnValue:
    """What will be entered, before it is."""
    return render("receiving/enter.html", delivery=at_step(id, "enter"))


@bp.post("/<int:id>/entry")
@allow("receiving.enter")
def enter_now(id: int) -> ResponseReturnValue:
    delivery = at_step(id, "enter")
    delivery.enter(me())
    count = sum(line.cards for line in delivery.lines)
    say(ngettext("Entered: %(num)s card. Its label waits in the print basket.",
                 "Entered: %(num)s cards. Their labels wait in the print basket.", count))  # fmt: skip
    return done(url_for(".show", id=id))


@bp.get("/<int:id>/voucher")
@allow("receiving.list")
def voucher(id: int) -> ResponseReturnValue:
    """Where the code on the printed voucher leads: the three steps as they stand now."""
    return voucher_page(found(id), ReimburseForm())


@bp.post("/<int:id>/reimbursement")
@allow("receiving.reimburse")
def reimburse(id: int) -> ResponseReturnValue:
    delivery = at_step(id, "reimburse")
    form = ReimburseForm(request.form)
    if not form.validate():
        return voucher_page(delivery, form, 422)
    delivery.reimburse(me(), form.voucher.data)
    say(_("%(number)s is marked reimbursed.", number=delivery.number))
    return done(url_for(".voucher", id=id))


def voucher_page(delivery: Delivery, form: ReimburseForm, status: int = 200) -> ResponseReturnValue:
    return render(
        "receiving/voucher.html",
        status=status,
        delivery=delivery,
        form=form,
        missing=delivery.missing if delivery.entry else 0,
        value=delivery.shows_value_to(current_user),
    )


def at_step(id: int, step: str) -> Delivery:
    """A delivery that waits for this step; else refused with the step's name."""
    delivery = found(id)
    if delivery.state != step:
        raise Refused(delivery.not_now(step))
    return delivery


# What other pages show --------------------------------------------------------------------------------------


def waiting(who: Any) -> list[Waiting]:
    """Each step that waits for someone, with the list that holds just those."""
    if who.is_card or not who.may("receiving.list"):
        return []
    visible = Delivery.visible_to(who)
    cards = [(_("deliveries to accept"), visible.where(Delivery.to_accept(who)).count(), "package", "accept")]
    mine = {
        "stock": (_("deliveries to stock in"), "warehouse"),
        "enter": (_("deliveries to enter in the ledger"), "file-text"),
        "reimburse": (_("deliveries to reimburse"), "check"),
    }
    rights = {step: right for step, right in RIGHTS.items() if who.may(right)}
    counts = Delivery.counts(visible) if rights else {}
    cards += [(mine[step][0], counts.get(step, 0), mine[step][1], step) for step in rights]
    return [
        Waiting(words, count, icon, url_for("receiving.list", state=step))
        for words, count, icon, step in cards
        if count
    ]


@asset_panels.append
def on_asset(who: Any, asset: Asset) -> Markup | str:
    """Which delivery a card came with, for those who may see it."""
    query = Delivery.visible_to(who).where(Delivery.id.in_(LineAsset.delivery_of(asset)))
    delivery = query.first()
    return Markup(render_template("receiving/_on_asset.html", delivery=delivery)) if delivery else ""


bp.add_app_template_global(next_words, "receiving_next_words")
bp.add_app_template_global(NEXT, "receiving_next")
