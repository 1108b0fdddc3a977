"""Other cards for the same things: some of a batch get a card of their own, a label each, or come together again.

Nothing comes and nothing goes: each act takes things from one card and gives just as many to others, in the same
room and with the same keeper. Both rows name each other, and a reversal undoes them together.
"""

from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.assets import ledger
from app.assets.ledger import Movement
from app.assets.models import MOST_AT_ONCE, Asset, Shelf
from app.db import writing
from app.errors import Refused
from app.places.codes import Label
from app.places.models import Place

COPIED = (
    "brand", "model", "size", "unit", "unit_price", "acquired_on", "source", "supplier", "invoice", "fund",
    "warranty_until", "state", "office", "keeper", "note",
)  # fmt: skip
# What two batches must have in common to become one: what they are, what they cost, how old they are, whose they are.
SAME = {
    "category": _l("category"),
    "unit": _l("unit"),
    "size": _l("size number"),
    "unit_price": _l("unit price"),
    "acquired_on": _l("acquired on"),
    "keeper": _l("keeper"),
    "office": _l("office in charge"),
    "state": _l("state"),
}


def to_singles(batch: Asset, place: Place, quantity: int, by: Any, reason: str) -> list[Asset]:
    """Give each of `quantity` things of a batch in a room a card, a number and a label of its own."""
    _check_batch(batch)
    if quantity > MOST_AT_ONCE:
        raise Refused(_("At most %(most)s at once, please.", most=MOST_AT_ONCE), 422)
    with writing():
        out = _take_out(batch, place, quantity, by, reason)
        together = f"{clock.today()} {batch.name[:40]} ×{quantity}"
        singles = [_card_like(batch, by, is_batch=False, batch=together) for _each in range(quantity)]
        for single in singles:
            ledger.post(single, "split", by, target=place, reason=reason, twin=out)
        _let_labels_follow(by, reason, batch)
    return singles


def split_off(batch: Asset, place: Place, quantity: int, by: Any, reason: str) -> Asset:
    """Give `quantity` things of a batch in a room a batch card of their own."""
    _check_batch(batch)
    with writing():
        if quantity >= ledger.balance(batch):
            raise Refused(_("That is all there is of %(name)s; nothing would stay on its card.", name=batch.name), 422)
        out = _take_out(batch, place, quantity, by, reason)
        part = _card_like(batch, by, is_batch=True, batch=batch.batch)
        ledger.post(part, "split", by, quantity=quantity, target=place, reason=reason, twin=out)
    return part


def _take_out(batch: Asset, place: Place, quantity: int, by: Any, reason: str) -> Movement:
    return ledger.post(batch, "split", by, quantity=quantity, source=place, reason=reason)


def alike(batch: Asset) -> peewee.ModelSelect:
    """Other batches that could come on the card of this one, those added last first."""
    same = [getattr(Asset, name) == _raw(batch, name) for name in SAME]
    held = Shelf.select(Shelf.asset).where(Shelf.asset == Asset.id, Shelf.quantity > 0)
    return (
        Asset.select()
        .where(Asset.is_batch, Asset.id != batch.id, peewee.fn.EXISTS(held), *same)
        .order_by(Asset.id.desc())
    )


def merge(into: Asset, other: Asset, by: Any, reason: str) -> list[Movement]:
    """Put all things of the batch `other` on the card of `into`, each in the room where it stands. The card of
    `other` stays, empty and without a label. Returns the rows by which they left it."""
    _check_batch(into)
    _check_batch(other)
    if into.id == other.id:
        raise Refused(_("Please choose another batch."), 422)
    with writing():
        into, other = Asset.get_by_id(into.id), Asset.get_by_id(other.id)
        if unlike := [str(words) for name, words in SAME.items() if _raw(into, name) != _raw(other, name)]:
            raise Refused(_("These batches are not alike: %(what)s.", what=_(", ").join(unlike)), 422)
        shelves = list(Shelf.held().where(Shelf.asset == other).order_by(Shelf.place))
        if not shelves:
            raise Refused(_("None of %(name)s is in any room.", name=other.name))
        left = [_merge_shelf(into, other, shelf, by, reason) for shelf in shelves]
        _let_labels_follow(by, reason, other)
    return left


def _merge_shelf(into: Asset, other: Asset, shelf: Shelf, by: Any, reason: str) -> Movement:
    out = ledger.post(other, "merge", by, quantity=shelf.quantity, source=shelf.place, reason=reason)
    ledger.post(into, "merge", by, quantity=shelf.quantity, target=shelf.place, reason=reason, twin=out)
    return out


def _raw(asset: Asset, name: str) -> Any:
    return asset.__data__.get(name)  # a keeper as a number: no query for each


def _check_batch(asset: Asset) -> None:
    if not asset.is_batch:
        raise Refused(_("%(name)s is one thing, not a batch.", name=asset.name), 422)


def _card_like(batch: Asset, by: Any, /, **fields: Any) -> Asset:
    same = {name: getattr(batch, name) for name in COPIED}
    return Asset.enter(batch.name, batch.category, by, **same, **fields)


def _let_labels_follow(by: Any, reason: str, *assets: Asset) -> None:
    """A card that holds nothing any more needs no label; one that holds something again gets a new one."""
    for asset in assets:
        label, held = Label.of(asset=asset.id), ledger.balance(asset)
        if label is not None and not held:
            label.asset = asset
            label.retire(by, reason)
        elif label is None and held:
            Label.make(asset=asset, batch=asset.batch)


def _go_back(rows: list[Movement], by: Any, reason: str) -> None:
    if rows[0].kind in ledger.PAIRED:
        _let_labels_follow(by, reason, *{row.asset_id: row.asset for row in rows}.values())


ledger.after_reversal.append(_go_back)
