"""The ledger: one writer, no eraser. Every quantity and every place of an asset is the sum of its movements.

A thing changes its place by a slip alone that everybody concerned agreed to (see SLIPS). What the office may write
by itself is how many there are: entries, removals and counts; and reversals of what was written wrongly. Who keeps a
thing is written in keeping.py, splitting and merging of cards in recut.py, how it all stood on a day in past.py.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.assets.models import Asset, Numbers, Shelf
from app.db import Moment, Prepared, Row, writing
from app.errors import Refused
from app.people.models import DutyCard, Person
from app.places.codes import Label, new_code
from app.places.models import Place

KINDS = {
    "entry": _l("entered"),
    "move": _l("moved"),
    "removal": _l("taken off"),
    "reversal": _l("reversed"),
    "split": _l("split off"),
    "merge": _l("merged"),
}
PAIRED = ("split", "merge")  # things leave one card and come to another, at the same place
CHUNK = 500  # values in one question to the database
COUNTED = "count"  # the reason of rows that a count wrote

# The slips that may move things: table → endpoint of the page that shows one. Higher nouns enter theirs; each slip
# has a `state`, and moves things only in the act in which that becomes "agreed".
SLIPS: dict[str, str] = {}

# Asked before something is taken off the ledger; higher nouns add theirs and refuse with a sentence.
before_leaving: list[Callable[[Asset, int], None]] = []
# Told inside the act that reverses rows: what followed from them goes back as well.
after_reversal: list[Callable[[list["Movement"], Any, str], None]] = []


class Movement(Row):
    """One row of the ledger: `quantity` of an asset from a place (null: from outside) to a place (null: gone).

    slip, slip_id: the table and row of the slip that it follows. twin: on a card that got things from another one,
    the row by which they left that one.
    """

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
    twin = peewee.ForeignKeyField("self", null=True, backref="twins", index=False)
    slip = peewee.CharField(30, null=True)
    slip_id = peewee.IntegerField(null=True)

    class Meta:
        indexes = ((("asset", "id"), False), (("at",), False))
        constraints = [
            peewee.Check("source_id is not null or target_id is not null"),
            peewee.Check("kind <> 'move' or slip is not null"),
            peewee.Check("(slip is null) = (slip_id is null)"),
        ]

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
        return f"ledger.{self.kind}_in" if self.kind in PAIRED and self.target_id else f"ledger.{self.kind}"

    @property
    def slip_endpoint(self) -> str | None:
        """The page of the slip it follows; None when there is none to show."""
        return SLIPS.get(self.slip) if self.slip else None

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


# What a slip did, it did once; and what belongs to a slip or to a split is found at once.
Movement.add_index(
    Movement.index(
        Movement.slip, Movement.slip_id, Movement.asset, Movement.source, unique=True, name="movement_once_by_slip",
        where=peewee.SQL("kind = 'move'"),
    )
)  # fmt: skip
Movement.add_index(Movement.index(Movement.twin, name="movement_twin", where=Movement.twin.is_null(False)))


def post(
    asset: Asset,
    kind: str,
    by: Any,
    *,
    quantity: int = 1,
    source: Place | None = None,
    target: Place | None = None,
    reason: str = "",
    slip: Any = None,
    reverses: Movement | None = None,
    twin: Movement | None = None,
) -> Movement:
    """Write one movement and carry it to the shelves, or refuse when the source does not hold so many.

    The only function that touches Movement, Shelf and Asset.place. A `move` needs an agreed slip; other rows may
    name the slip they follow. Reversals are written by reverse(), splits and merges by recut.py.
    """
    _check_kind(kind, source, target, reverses, twin)
    if kind == "move":
        check_slip(slip)
    if quantity < 1:
        raise Refused(_("The quantity must be at least 1."), 422)
    if source is not None and target is not None and source.id == target.id:
        raise Refused(_("It is already in %(place)s.", place=source.name))
    with writing():
        _check_target(target)
        if kind == "entry" and slip is None:
            _check_comes_back(asset, target)
        for ask in before_leaving if target is None else ():
            ask(asset, quantity)
        movement = Movement.create(
            asset=asset, kind=kind, quantity=quantity, source=source, target=target, reason=reason, reverses=reverses,
            twin=twin, **slip_of(slip),
            person=by if by is not None and not by.is_card else None,
            card=by if by is not None and by.is_card else None,
        )  # fmt: skip
        _take_from(asset, source, quantity)
        _add_to(asset, target, quantity)
        if not asset.is_batch:
            _settle_single(asset, target)
        _tell(movement, by)
        if target is not None:
            _is_there_again(asset, by)
    return movement


def slip_of(slip: Any) -> dict[str, Any]:
    """How rows name the slip they follow."""
    return {} if slip is None else {"slip": slip._meta.table_name, "slip_id": slip.id}


def _check_kind(kind: str, source: Any, target: Any, reverses: Any, twin: Any) -> None:
    """Stops the programmer, not the person: each kind of row has its own shape."""
    shapes = {
        "entry": source is None,
        "removal": target is None,
        "move": source is not None and target is not None,
        "reversal": reverses is not None,
        "split": (source is None) == (twin is not None),
        "merge": (source is None) == (twin is not None),
    }
    if not shapes[kind]:
        raise ValueError(f"not the shape of a {kind}")


def check_slip(slip: Any) -> None:
    """The nine rules' second: nothing is moved that giver, taker and the office have not agreed to."""
    if slip is None or slip._meta.table_name not in SLIPS or slip.state != "agreed":
        raise Refused(_("Things change their place only by a transfer that giver, taker and the office agreed to."))


def _check_comes_back(asset: Asset, target: Place) -> None:
    """A thing that was taken off comes back to where it stood: off here and on there would be a move."""
    if asset.is_batch:
        return
    last = _last_of.first(asset.id)
    if last is not None and last.target_id is None and last.source_id != target.id:
        raise Refused(_("%(name)s was taken off in %(place)s and is entered there again; then a transfer moves it.",
                        name=asset.name, place=last.source.name))  # fmt: skip


def _check_target(target: Place | None) -> None:
    """Asked inside the act: a room that is closed at this moment must not get anything."""
    if target is None:
        return
    if not target.is_room:
        raise Refused(_("%(place)s is not a room; please choose a room in it.", place=target.name), 422)
    if not _open_place(target.id):
        raise Refused(_("%(place)s is closed; please choose another room.", place=target.name))


# Asked for every row of the ledger, also when ten thousand things come in at once.
_last_of = Prepared(
    lambda asset: Movement.select().where(Movement.asset == asset).order_by(Movement.id.desc()).limit(1)
)
_open_place = Prepared(lambda id: Place.select(Place.id).where(Place.id == id, Place.closed_at.is_null()).tuples())
_in_all = Prepared(lambda asset: (
    Shelf.select(peewee.fn.COALESCE(peewee.fn.SUM(Shelf.quantity), 0)).where(Shelf.asset == asset).tuples()
))  # fmt: skip


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
    if _in_all.first(asset.id)[0] > 1:
        raise Refused(_("%(name)s is one thing and can't be in two places.", name=asset.name))
    Asset.update(place=target).where(Asset.id == asset.id).execute()
    asset.place = target


def _is_there_again(asset: Asset, by: Any) -> None:
    """What stands in a room again is not disposed of any more, else nobody could lend or transfer it."""
    disposed = Asset.update(state="in_use").where(Asset.id == asset.id, Asset.state == "disposed")
    if disposed.execute():
        asset.state = "in_use"
        journal.record("assets.state_in_use", asset, by, asset=asset)


def balance(asset: Asset, place: Place | None = None) -> int:
    """How many there are now, in a place or altogether."""
    shelves = Shelf.select(peewee.fn.COALESCE(peewee.fn.SUM(Shelf.quantity), 0)).where(Shelf.asset == asset)
    return (shelves.where(Shelf.place == place) if place is not None else shelves).scalar()


# Many at once -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entering:
    """A new card that is not stored yet, and where how many of it stand."""

    asset: Asset
    place: Place
    quantity: int = 1


def enter_many(
    entries: Sequence[Entering], by: Any, tell: Callable[[int, int], None] = lambda done, of: None
) -> list[Asset]:
    """Enter new assets by the thousand, in one act: for each the card, its label, its row here, its shelf and its
    events, just as Asset.add does for one. What that asks for each, such as the next free number, is asked here once
    for all. `tell(done, of)` hears how far it is."""
    from app.assets import keeping  # keeping's rows know ledger's

    with writing():
        _check_entries(entries)
        numbers = Numbers({each.asset.number for each in entries if each.asset.number})
        codes = iter(_fresh_codes(len(entries)))
        for done, each in enumerate(entries):
            asset = each.asset
            asset.number = asset.number or numbers.next(asset.category, asset.acquired_on)
            asset.place = None if asset.is_batch else each.place
            asset.derive()
            asset.save(force_insert=True)
            Label.create(code=next(codes), asset=asset, batch=asset.batch, basket_at=clock.now())
            keeping.begin(asset, by)
            _first_row(each, by)
            if done % 100 == 0:
                tell(done, len(entries))
    return [each.asset for each in entries]


def _first_row(each: Entering, by: Any) -> None:
    asset, place = each.asset, each.place
    journal.record("assets.added", asset, by, asset=asset, place=place, name=asset.name, number=asset.number)
    movement = Movement.create(
        asset=asset, kind="entry", quantity=each.quantity, target=place,
        person=by if by is not None and not by.is_card else None,
        card=by if by is not None and by.is_card else None,
    )  # fmt: skip
    Shelf.create(asset=asset, place=place, quantity=each.quantity)
    _tell(movement, by)


def _check_entries(entries: Sequence[Entering]) -> None:
    """What post() and Asset.add ask for one: rooms that are open, quantities, numbers that nobody else has."""
    for place in {each.place.id: each.place for each in entries}.values():
        _check_target(place)
    if any(each.quantity < 1 for each in entries):
        raise Refused(_("The quantity must be at least 1."), 422)
    if any(each.quantity != 1 and not each.asset.is_batch for each in entries):
        raise Refused(_("A single asset is one thing; add several, or make it a batch."), 422)
    for field in (Asset.number, Asset.finance_number):
        given = [value for each in entries if (value := getattr(each.asset, field.name))]
        twin = next((value for value, many in Counter(given).items() if many > 1), None)
        taken = (
            Asset.select(field).where(field.in_(given[at : at + CHUNK])).limit(1).scalar()
            for at in range(0, len(given), CHUNK)
        )
        if twin := twin or next(filter(None, taken), None):
            raise Refused(_("The number %(number)s is already given.", number=twin), 422)


def _fresh_codes(many: int) -> list[str]:
    """So many label codes that no label has."""
    codes: set[str] = set()
    while len(codes) < many:
        fresh = {new_code() for _each in range(min(many - len(codes), CHUNK))}
        codes |= fresh - {code for (code,) in Label.select(Label.code).where(Label.code.in_(list(fresh))).tuples()}
    return list(codes)


# What was wrong, and what was counted ------------------------------------------------------------------------


def reverse(movement: Movement, by: Any, reason: str) -> Movement:
    """Undo a wrong entry with its mirror image; both stay. Refused when it was undone before, or is itself one.

    A split or a merge is undone as a whole. With a move the thing goes back to who kept it before.
    """
    if movement.kind == "reversal":
        raise Refused(_("A reversal can't be reversed; enter the right one anew."))
    with writing():
        rows = _whole_act(movement)
        if Movement.select().where(Movement.reverses.in_([row.id for row in rows])).exists():
            raise Refused(_("This entry was already reversed."))
        mirrors = {row.id: _mirror(row, by, reason) for row in rows}
        for undo in after_reversal:
            undo(rows, by, reason)
    return mirrors[movement.id]


def _whole_act(movement: Movement) -> list[Movement]:
    """What was written together with a row and stands or falls with it, the last row first."""
    if movement.kind not in PAIRED:
        return [movement]
    head = movement.twin_id or movement.id
    rows = Movement.select(Movement, Asset).join(Asset).where((Movement.id == head) | (Movement.twin == head))
    return list(rows.order_by(Movement.id.desc()))


def _mirror(movement: Movement, by: Any, reason: str) -> Movement:
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


def at(day: date, **narrow: Any) -> Any:
    """The ledger as it stood at the end of a day; see past.Book for what can be asked of it and narrowed down.

    >>> ledger.at(date(2026, 9, 1), place=store).totals("category")
    """
    from app.assets.past import Book  # the book reads these rows

    return Book(day, **narrow)


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
