"""The ledger: one writer, no eraser. Every quantity and every place of an asset is the sum of its movements."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.assets.models import Asset, Shelf
from app.db import Moment, Row, writing
from app.errors import Refused
from app.people.models import DutyCard, Person
from app.places.models import Place

KINDS = {
    "entry": _l("entered"),
    "move": _l("moved"),
    "removal": _l("taken off"),
    "reversal": _l("reversed"),
}
COUNTED = "count"  # the reason of rows that a count wrote

# Asked before something is taken off the ledger; higher nouns add theirs and refuse with a sentence.
before_leaving: list[Callable[[Asset, int], None]] = []


class Movement(Row):
    """One row of the ledger: `quantity` of an asset from a place (null: from outside) to a place (null: gone)."""

    append_only = True

    asset = peewee.ForeignKeyField(Asset, backref="movements", index=False)
    kind = peewee.CharField(10)
    quantity = peewee.IntegerField(constraints=[peewee.Check("quantity > 0")])
    source = peewee.ForeignKeyField(Place, null=True, backref="departures")
    target = peewee.ForeignKeyField(Place, null=True, backref="arrivals")
    at = Moment(default=clock.now)
    person = peewee.ForeignKeyField(Person, null=True)
    card = peewee.ForeignKeyField(DutyCard, null=True)
    reason = peewee.CharField(200, default="")
    reverses = peewee.ForeignKeyField("self", null=True, unique=True)

    class Meta:
        indexes = ((("asset", "id"), False),)
        constraints = [peewee.Check("source_id is not null or target_id is not null")]

    @property
    def kind_word(self) -> str:
        return str(KINDS[self.kind])

    @property
    def reason_word(self) -> str:
        """The reason as it is shown; a count's own mark in the reader's language."""
        return _("count") if self.reason == COUNTED else self.reason

    @property
    def tells(self) -> str:
        """The action in the journal: a count speaks of surplus and shortage (盘盈, 盘亏)."""
        if self.reason == COUNTED:
            return "ledger.surplus" if self.kind == "entry" else "ledger.shortage"
        return f"ledger.{self.kind}"

    @classmethod
    def of(cls, asset: Asset) -> peewee.ModelSelect:
        """The ledger rows of an asset, newest first, with places, person and whether they were reversed."""
        source, target, mirror = Place.alias(), Place.alias(), cls.alias()
        undone = peewee.fn.EXISTS(mirror.select(mirror.id).where(mirror.reverses == cls.id))
        return (
            cls.select(cls, undone.alias("undone"), source, target, Person, DutyCard)
            .join(source, peewee.JOIN.LEFT_OUTER, on=(cls.source == source.id), attr="source")
            .switch(cls)
            .join(target, peewee.JOIN.LEFT_OUTER, on=(cls.target == target.id), attr="target")
            .switch(cls)
            .join(Person, peewee.JOIN.LEFT_OUTER, on=(cls.person == Person.id))
            .switch(cls)
            .join(DutyCard, peewee.JOIN.LEFT_OUTER, on=(cls.card == DutyCard.id))
            .where(cls.asset == asset)
            .order_by(cls.id.desc())
        )


def post(
    asset: Asset,
    kind: str,
    by: Any,
    *,
    quantity: int = 1,
    source: Place | None = None,
    target: Place | None = None,
    reason: str = "",
    reverses: Movement | None = None,
) -> Movement:
    """Write one movement and carry it to the shelves, or refuse when the source does not hold so many.

    The only function that touches Movement, Shelf and Asset.place.
    """
    if kind not in KINDS:
        raise ValueError(kind)
    if quantity < 1:
        raise Refused(_("The quantity must be at least 1."), 422)
    if source is not None and target is not None and source.id == target.id:
        raise Refused(_("It is already in %(place)s.", place=source.name))
    with writing():
        _check_target(target)
        for ask in before_leaving if target is None else ():
            ask(asset, quantity)
        movement = Movement.create(
            asset=asset, kind=kind, quantity=quantity, source=source, target=target, reason=reason, reverses=reverses,
            person=by if by is not None and not by.is_card else None,
            card=by if by is not None and by.is_card else None,
        )  # fmt: skip
        _take_from(asset, source, quantity)
        _add_to(asset, target, quantity)
        if not asset.is_batch:
            _settle_single(asset, target)
        _tell(movement, by)
    return movement


def _check_target(target: Place | None) -> None:
    """Asked inside the act: a room that is closed at this moment must not get anything."""
    if target is None:
        return
    if not target.is_room:
        raise Refused(_("%(place)s is not a room; please choose a room in it.", place=target.name), 422)
    if not Place.select().where(Place.id == target.id, Place.closed_at.is_null()).exists():
        raise Refused(_("%(place)s is closed; please choose another room.", place=target.name))


def _tell(movement: Movement, by: Any) -> None:
    asset, source, target = movement.asset, movement.source, movement.target
    facts = {
        "name": asset.name, "quantity": movement.quantity, "unit": asset.unit, "reason": movement.reason,
        "source": source.name if source else "", "target": target.name if target else "",
    }  # fmt: skip
    journal.record(movement.tells, asset, by, asset=asset, place=target or source, **facts)
    if source is not None and target is not None:  # the room that was left tells it too
        journal.record("ledger.left", asset, by, place=source, **facts)


def _take_from(asset: Asset, source: Place | None, quantity: int) -> None:
    if source is None:
        return
    taken = Shelf.update(quantity=Shelf.quantity - quantity).where(
        Shelf.asset == asset, Shelf.place == source, Shelf.quantity >= quantity
    )
    if not taken.execute():
        raise Refused(_("%(place)s does not hold %(quantity)s of %(name)s.",
                        place=source.name, quantity=quantity, name=asset.name))  # fmt: skip


def _add_to(asset: Asset, target: Place | None, quantity: int) -> None:
    if target is None:
        return
    (
        Shelf.insert(asset=asset, place=target, quantity=quantity)
        .on_conflict(conflict_target=[Shelf.asset, Shelf.place], update={Shelf.quantity: Shelf.quantity + quantity})
        .execute()
    )


def _settle_single(asset: Asset, target: Place | None) -> None:
    if balance(asset) > 1:
        raise Refused(_("%(name)s is one thing and can't be in two places.", name=asset.name))
    Asset.update(place=target).where(Asset.id == asset.id).execute()
    asset.place = target


def balance(asset: Asset, place: Place | None = None) -> int:
    """How many there are now, in a place or altogether."""
    shelves = Shelf.select(peewee.fn.COALESCE(peewee.fn.SUM(Shelf.quantity), 0)).where(Shelf.asset == asset)
    return (shelves.where(Shelf.place == place) if place is not None else shelves).scalar()


def reverse(movement: Movement, by: Any, reason: str) -> Movement:
    """Undo a wrong entry with its mirror image; both stay. Refused when it was undone before, or is itself one."""
    if movement.kind == "reversal":
        raise Refused(_("A reversal can't be reversed; enter the right one anew."))
    with writing():
        if Movement.select().where(Movement.reverses == movement).exists():
            raise Refused(_("This entry was already reversed."))
        return post(
            movement.asset, "reversal", by, quantity=movement.quantity,
            source=movement.target, target=movement.source, reason=reason, reverses=movement,
        )  # fmt: skip


def count(place: Place, counted: Mapping[Asset, int], by: Any) -> list[Movement]:
    """Set what the ledger says of a place to what was counted there: the difference is entered or taken off
    with the reason "count", and nothing is written where the numbers agree. Returns the rows written."""
    written = []
    with writing():
        for asset, number in counted.items():
            gap = number - balance(asset, place)
            if gap > 0:
                written.append(post(asset, "entry", by, quantity=gap, target=place, reason=COUNTED))
            elif gap < 0:
                written.append(post(asset, "removal", by, quantity=-gap, source=place, reason=COUNTED))
        if counted:
            journal.record("assets.counted", place, by, place=place, rows=len(counted), gaps=len(written))
    return written


def differences() -> Iterator[tuple[int, int, int, int]]:
    """Where the shelf is not the sum of the ledger: (asset id, place id, by ledger, on shelf). None, one hopes."""
    arrivals = Movement.select(Movement.asset, Movement.target.alias("place"), Movement.quantity.alias("n")).where(
        Movement.target.is_null(False)
    )
    departures = Movement.select(
        Movement.asset, Movement.source.alias("place"), (Movement.quantity * -1).alias("n")
    ).where(Movement.source.is_null(False))
    shelves = Shelf.select(Shelf.asset, Shelf.place, (Shelf.quantity * -1).alias("n"))
    both = arrivals.union_all(departures).union_all(shelves).alias("both")
    off = (
        Row.select(both.c.asset_id, both.c.place, peewee.fn.SUM(both.c.n).alias("off"))
        .from_(both)
        .group_by(both.c.asset_id, both.c.place)
        .having(peewee.fn.SUM(both.c.n) != 0)
    )
    for asset_id, place_id, difference in off.tuples():
        held = Shelf.select(Shelf.quantity).where(Shelf.asset == asset_id, Shelf.place == place_id).scalar() or 0
        yield asset_id, place_id, held + difference, held


def misplaced() -> peewee.ModelSelect:
    """Single assets whose card names another place than the shelf that holds them. None, one hopes."""
    here = Shelf.select(Shelf.place).where(Shelf.asset == Asset.id, Shelf.quantity > 0)
    somewhere = Shelf.select().where(Shelf.asset == Asset.id, Shelf.quantity > 0)
    wrong = (Asset.place.is_null(False) & Asset.place.not_in(here)) | (
        Asset.place.is_null() & peewee.fn.EXISTS(somewhere)
    )
    return Asset.select().where(Asset.is_batch == False, wrong)  # noqa: E712
