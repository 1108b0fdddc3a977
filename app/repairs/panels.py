"""What is broken now, on the page of a place or of an asset."""

from typing import Any

import peewee
from flask import render_template, url_for
from markupsafe import Markup

from app.assets.models import Asset
from app.assets.views import panels as asset_panels
from app.disposals.disposal import Repair, history
from app.places.models import Place
from app.places.views import panels as place_panels
from app.repairs.models import Ticket

SHOWN = 10
REMEMBERED = 100  # repairs of one thing that a write-off tells of


@asset_panels.append
def on_asset(who: Any, asset: Asset) -> str:
    return _open(Ticket.open_at(asset=asset), who, by_place=False)


@place_panels.append
def on_place(who: Any, place: Place) -> str:
    return _open(Ticket.open_at(place=place), who, by_place=True)


def _open(query: peewee.ModelSelect, who: Any, by_place: bool) -> str:
    """The newest of those that this person may see; nothing at all when there are none."""
    if not who.may("repairs.all"):
        query = query.where(Ticket.id.in_(Ticket.visible_to(who)))
    tickets = list(query.limit(SHOWN))
    return Markup(render_template("repairs/_open_here.html", tickets=tickets, by_place=by_place)) if tickets else ""


@history.append
def of_asset(asset: Asset) -> list[Repair]:
    """What was broken at a thing before, for whoever judges whether it is worth keeping."""
    tickets = Ticket.select().where(Ticket.asset == asset, Ticket.state.not_in(("refused", "voided")))
    return [
        Repair(ticket.at, f"{ticket.kind_word} {ticket.words}".strip(), ticket.state_word,
               url_for("repairs.show", id=ticket.id), ticket.cost or None)
        for ticket in tickets.order_by(Ticket.id.desc()).limit(REMEMBERED)
    ]  # fmt: skip
