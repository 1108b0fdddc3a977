"""Pages for a batch's cards: give some of it cards of their own, or put another batch on its card."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.assets import recut
from app.assets.blueprint import bp, found, shelves_of
from app.assets.forms import MergeForm, SplitForm
from app.assets.models import Asset, Shelf
from app.errors import Refused
from app.web import allow, done, render, say


def batch_of(id: int) -> Asset:
    asset = found(id)
    if not asset.is_batch:
        raise Refused(_("%(name)s is one thing, not a batch.", name=asset.name))
    return asset


# Split ------------------------------------------------------------------------------------------------------


@bp.get("/<int:id>/split")
@allow("assets.move")
def split(id: int) -> ResponseReturnValue:
    asset = batch_of(id)
    return split_page(asset, SplitForm(asset=asset, shelves=shelves_of(asset)))


def split_page(asset: Asset, form: SplitForm, status: int = 200) -> ResponseReturnValue:
    return render("assets/split.html", None, status, asset=asset, form=form)


@bp.post("/<int:id>/split")
@allow("assets.move")
def split_now(id: int) -> ResponseReturnValue:
    asset = batch_of(id)
    form = SplitForm(request.form, asset=asset, shelves=shelves_of(asset))
    if not form.validate():
        return split_page(asset, form, 422)
    what = asset, form.place, form.quantity.data, current_user, form.reason.data
    try:
        if form.into.data == "batch":
            return _one_more_batch(recut.split_off(*what))
        return _singles(recut.to_singles(*what))
    except Refused as refused:
        if refused.status != 422:
            raise
        form.quantity.errors = [*form.quantity.errors, refused.sentence]
        return split_page(asset, form, 422)


def _one_more_batch(part: Asset) -> ResponseReturnValue:
    say(_("%(name)s has a card of its own now, %(number)s.", name=part.name, number=part.number))
    return done(url_for(".show", id=part.id))


def _singles(singles: list[Asset]) -> ResponseReturnValue:
    say(ngettext("%(num)s thing has a card of its own now; its label waits in the print basket.",
                 "%(num)s things have cards of their own now; their labels wait in the print basket.",
                 len(singles)))  # fmt: skip
    return done(url_for(".list", batch=singles[0].batch))


# Merge ------------------------------------------------------------------------------------------------------


@bp.get("/<int:id>/merger")
@allow("assets.move")
def merge(id: int) -> ResponseReturnValue:
    asset = batch_of(id)
    return merge_page(asset, MergeForm(**_offered(asset)))


def _offered(asset: Asset) -> dict:
    alike = list(recut.alike(asset).limit(50))
    return {"alike": alike, "totals": Shelf.totals(row.id for row in alike)}


def merge_page(asset: Asset, form: MergeForm, status: int = 200) -> ResponseReturnValue:
    return render("assets/merge.html", None, status, asset=asset, form=form, same=recut.SAME.values())


@bp.post("/<int:id>/merger")
@allow("assets.move")
def merge_now(id: int) -> ResponseReturnValue:
    asset = batch_of(id)
    form = MergeForm(request.form, **_offered(asset))
    if not form.validate():
        return merge_page(asset, form, 422)
    recut.merge(asset, form.chosen, current_user, form.reason.data)
    say(_("%(number)s is on this card now; its own card is empty.", number=form.chosen.number))
    return done(url_for(".show", id=id))
