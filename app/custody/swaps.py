"""Old for new (以旧换新): a new one is handed out only for the old one, which comes back in the same act."""

from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.assets import ledger
from app.assets.models import Asset, Shelf
from app.custody.models import Custody
from app.db import Moment, Row, writing
from app.errors import Refused
from app.people.models import Person

FATES = {  # what becomes of the old one
    "kept": _l("goes back on the shelf"),
    "worn": _l("is worn out"),
}

journal.says({
    "custody.swapped": _l("old for new: took %(old)s back from %(holder)s for it"),
})  # fmt: skip


@dataclass(frozen=True)
class Old:
    """The old one that comes back: one that stands in the person's name, or, when nothing is on record, in words.

    fate: `kept` goes back on the shelf; `worn` is taken off the ledger, or, a thing with a card of its own, waits to
    be written off in the usual way.
    """

    custody: Custody | None = None
    words: str = ""
    fate: str = "worn"


class Swap(Row):
    """A new one went out and the old one came back for it."""

    append_only = True

    custody = peewee.ForeignKeyField(Custody, unique=True, backref="swaps")  # the new one
    old = peewee.ForeignKeyField(Custody, null=True, unique=True, backref="swapped_by")
    words = peewee.CharField(200, default="")
    fate = peewee.CharField(6, constraints=[peewee.Check("fate in ('kept', 'worn')")])
    quantity = peewee.IntegerField(default=1)
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "custody_swap"
        constraints = [peewee.Check("old_id is not null or words <> ''"), peewee.Check("old_id <> custody_id")]

    @property
    def fate_word(self) -> str:
        return str(FATES[self.fate])

    @property
    def what(self) -> str:
        """The old one as people call it."""
        return self.old.asset.name if self.old_id else self.words

    @classmethod
    def of(cls, custody: Custody) -> "Swap | None":
        """The swap by which something was handed out, with the old one loaded."""
        old = Custody.alias()
        return (
            cls.select(cls, old, Asset)
            .join(old, peewee.JOIN.LEFT_OUTER, on=(cls.old == old.id), attr="old")
            .join(Asset, peewee.JOIN.LEFT_OUTER, on=(old.asset == Asset.id), attr="asset")
            .where(cls.custody == custody)
            .first()
        )

    @classmethod
    def make(cls, custody: Custody, old: Old, by: Any) -> "Swap":
        """Take the old one back for a new one that was just handed out; call it inside the same act."""
        if custody.kind != "issue":
            raise Refused(_("Only what is handed out to be kept is swapped for an old one."), 422)
        if old.custody is None and not old.words.strip():
            raise Refused(_("Please say which old one came back."), 422)
        with writing():
            quantity = _take_back(custody, old, by) if old.custody is not None else custody.quantity
            row = cls.create(custody=custody, old=old.custody, words=old.words, fate=old.fate, quantity=quantity, by=by)
            journal.record(
                "custody.swapped", custody, by, asset=custody.asset, place=custody.asset.place_id, old=row.what,
                holder=custody.person.name, holder_id=custody.person_id,
            )  # fmt: skip
        return row


def _take_back(new: Custody, old: Old, by: Any) -> int:
    """The old one is back in the same act; returns how many. At most as many as new ones went out."""
    row = old.custody
    if row.person_id != new.person_id:
        raise Refused(_("%(thing)s is not in the name of %(person)s.", thing=row.asset.name, person=new.person.name))
    quantity = min(row.quantity, new.quantity)
    worn = old.fate == "worn"
    words = _("swapped for a new one")
    row.take_back(by, condition="damaged" if worn else "good", note=old.words or words, quantity=quantity)
    if worn:
        _take_off(row.asset, quantity, words, by)
    return quantity


def _take_off(asset: Asset, quantity: int, reason: str, by: Any) -> None:
    """Some of a batch leave the ledger; a single thing needs its write-off and waits for that."""
    if not asset.is_batch:
        asset.set_state("to_dispose", by)
        return
    for shelf in list(Shelf.held().where(Shelf.asset == asset).order_by(Shelf.quantity.desc())):
        number = min(quantity, shelf.quantity)
        if number:
            ledger.post(asset, "removal", by, quantity=number, source=shelf.place, reason=reason)
            quantity -= number


def old_ones(person: Person, asset: Asset) -> list[Custody]:
    """What someone holds of the same category, kept in use: what could come back for a new one."""
    rows = Custody.held_by(person).where(Custody.kind == "issue", Asset.category == asset.category_id)
    return list(rows.order_by(Custody.id))
