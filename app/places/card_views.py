"""Duty cards (执勤卡): made, printed once, cancelled; and the address in the code that signs a phone in."""

from typing import Any

import peewee
from flask import Blueprint, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import clock, journal, throttle
from app.errors import Refused
from app.excel.listing import Listing, listing_pages
from app.excel.out import Col
from app.people import qr
from app.people.guessing import network
from app.people.models import QUARTER, WEEKDAYS, DutyCard, weekday_of
from app.people.session import begin
from app.places.card_forms import CardForm, grade_name
from app.places.forms import ReasonForm
from app.places.models import ClassGroup, Place
from app.web import Page, allow, done, get_or_404, me, public, render, say, shown_once

bp = Blueprint("cards", __name__)

WRONG_SECRETS = 60  # from one address in a quarter of an hour; 144 bits can't be guessed, this keeps the noise down
EVENTS_SHOWN = 20


@bp.get("/cards/", endpoint="list")
@allow("cards.manage")
def cards() -> ResponseReturnValue:
    """The cards that hold, or with `?over=1` those that are cancelled or past their last day."""
    over, query = which()
    page = Page(query)
    return render("cards/list.html", page=page, over=over, duties=duties_of(page.rows))


def which() -> tuple[bool, peewee.ModelSelect]:
    """Whether the cards that are over are asked for, and the cards."""
    over = bool(request.args.get("over"))
    return over, (DutyCard.over() if over else DutyCard.standing()).order_by(DutyCard.id.desc())


def cards_listing() -> Listing:
    """The cards as a sheet; what signs a phone in is on none."""
    over, query = which()
    columns = [
        Col(_("Name of the card"), width=24), Col(_("Duty"), width=40), Col(_("When"), width=30), Col(_("First day"),
        "date"),
        Col(_("Last day"), "date"), Col(_("State"), width=10),
    ]  # fmt: skip

    def dress(several: list[DutyCard]) -> list[tuple[Any, ...]]:
        duties = duties_of(several)
        return [
            (card.name, duties[card.id], card.when_in_words, card.starts_on, card.ends_on,
             _("cancelled") if card.cancelled_at else _("Over") if over else _("In use"))
            for card in several
        ]  # fmt: skip

    return Listing(_("Duty cards"), columns, query, dress, (_("Over") if over else "",),
                   url_for("cards.list", over=1 if over else None))  # fmt: skip


listing_pages(bp, "cards.manage", "/cards/list", cards_listing, "list")


def duties_of(cards: list[DutyCard]) -> dict[int, str]:
    """What each card may check, in words, with one query for the names of all areas."""
    ids = {area for card in cards for area in card.areas}
    names = {place.id: place.name for place in Place.select().where(Place.id.in_(ids))} if ids else {}
    return {card.id: duty(card, names) for card in cards}


def duty(card: DutyCard, names: dict[int, str]) -> str:
    """`class hygiene: Grade 3, Grade 4, yard`."""
    where = [grade_name(grade) for grade in card.grades] + [names[area] for area in card.areas if area in names]
    return _("%(checklists)s: %(where)s", checklists=card.checklists_in_words, where=_(", ").join(where))


@bp.get("/cards/add")
@allow("cards.manage")
def add() -> ResponseReturnValue:
    return render("cards/form.html", form=CardForm())


@bp.post("/cards/add")
@allow("cards.manage")
def make() -> ResponseReturnValue:
    form = CardForm(request.form)
    if not form.validate():
        return render("cards/form.html", status=422, form=form)
    card, secret = DutyCard.make(form.name.data, me(), **form.fields)
    return print_page(card, secret)


def print_page(card: DutyCard, secret: str) -> Response:
    """The card to print, this once: the database keeps only a fingerprint of its secret."""
    address = card_address(secret)
    page = render("cards/print.html", card=card, address=address, code=qr.drawing(address), **about(card))
    sentence = _("The card was shown for printing once. If it was not printed, make it anew here.")
    return shown_once(page, url_for(".show", id=card.id), sentence)


def card_address(secret: str) -> str:
    """From the settings, never from the request."""
    return f"{current_app.config['BASE_URL']}/d/{secret}"


def about(card: DutyCard) -> dict[str, object]:
    """What every page of one card shows: its duty and its class, in words."""
    return {"duty": duties_of([card])[card.id], "own_class": ClassGroup.get_or_none(id=card.own_class_id)}


@bp.get("/cards/<int:id>")
@allow("cards.manage")
def show(id: int) -> ResponseReturnValue:
    return card_page(get_or_404(DutyCard.select(), id), ReasonForm())


def card_page(card: DutyCard, form: ReasonForm, status: int = 200) -> Response:
    events = journal.about(thing=card).limit(EVENTS_SHOWN)
    duty = card.next_duty()
    swapped = duty is not None and weekday_of(duty) != duty.isoweekday()
    taught_as = str(WEEKDAYS[weekday_of(duty)]) if swapped else ""
    return render("cards/show.html", status=status, card=card, form=form, events=events, next_duty=duty,
                  taught_as=taught_as, **about(card))  # fmt: skip


@bp.post("/cards/<int:id>/print", endpoint="print")
@allow("cards.manage")
def remake(id: int) -> ResponseReturnValue:
    """A lost or forgotten print: a new secret, a new page to print; the old print stops working."""
    card = get_or_404(DutyCard.select(), id)
    return print_page(card, card.remake(me()))


@bp.post("/cards/<int:id>/cancellation")
@allow("cards.manage")
def cancel(id: int) -> ResponseReturnValue:
    card, form = get_or_404(DutyCard.select(), id), ReasonForm(request.form)
    if not form.validate():
        return card_page(card, form, 422)
    card.cancel(me(), form.reason.data)
    say(_("The duty card is cancelled; phones on duty with it are signed out."))
    return done(url_for(".show", id=id))


# Scanning a card --------------------------------------------------------------------------------------------


# The address on the card is as short as can be: a coarser code is read from farther away.
@bp.get("/d/<secret>")
@public
def by_card(secret: str) -> ResponseReturnValue:
    """What a scan of the card opens. It only shows: a chat app that looks at links must not go on duty."""
    return start_page(card_or_refused(secret), secret)


def card_or_refused(secret: str) -> DutyCard:
    """The card with this secret. Wrong ones are all answered the same, and slowed down by address."""
    card = DutyCard.of_secret(secret[:100])
    if card is not None:
        return card
    if not throttle.take(f"card:{network(request.remote_addr or '')}", WRONG_SECRETS, QUARTER):
        raise Refused(_("Too many wrong cards from here. Please wait a quarter of an hour."), 429)
    raise Refused(_("This is not a duty card that holds. It may have been made anew; ask the counsellor."), 404)


def start_page(card: DutyCard, secret: str, status: int = 200) -> Response:
    page = render(
        "cards/start.html", status=status, card=card, secret=secret, why_not=card.why_not_now(), **about(card)
    )
    page.headers["Referrer-Policy"] = "strict-origin"  # no other page learns the secret from where we came
    page.headers["Cache-Control"] = "no-store"
    return page


@bp.post("/d/<secret>")
@public(once_only=False)
def go_on_duty(secret: str) -> ResponseReturnValue:
    """Sign this phone in as the card, until the end of the present hours of duty. Sent twice, it is on duty once."""
    card = card_or_refused(secret)
    window = card.window()
    if window is None or (someone_else() and "leave" not in request.form):
        return start_page(card, secret, 409)  # says why not now, or asks an adult first
    if not (current_user.is_card and current_user.id == card.id):
        begin(card, window[1] - clock.now())
    return done(url_for("inspections.round"))


def someone_else() -> bool:
    """Whether an adult is signed in on this phone."""
    return current_user.is_authenticated and not current_user.is_card
