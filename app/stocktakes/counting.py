"""Counting: one row for each thing seen, one more when it was a mistake; and what the counter is told at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.assets.models import Asset
from app.db import Moment, Prepared, Row, database, writing
from app.errors import Refused
from app.people.models import Person
from app.photos.models import Photo, guard
from app.places.codes import Label, is_well_formed, tidy
from app.places.models import Place
from app.stocktakes.models import BookLine, Room, Stocktake
from app.words import said

HOWS = {"scan": _l("scanned"), "typed": _l("typed"), "tick": _l("ticked by hand")}
# What was seen. The first three count for the ledger; the rest are things that nobody can place.
VERDICTS = ("found", "elsewhere", "surplus", "unlabelled", "later", "unknown", "retired", "blank", "gone")
UNKNOWN = ("unknown", "retired", "blank", "gone")
MOST = 100_000  # of a batch in one room


class Count(Row):
    """Something was seen in a room. Never changed: a mistake gets a Withdrawal.

    key: the thing (a single asset, a batch in this room, a code) of which the database lets only one count stand;
    turn: how often it was counted and withdrawn before. client: the phone's own name of this count, so that a
    resend acts once. book: how many the book has in this room. home: where a thing that is elsewhere belongs.
    """

    append_only = True

    stocktake = peewee.ForeignKeyField(Stocktake, index=False)
    place = peewee.ForeignKeyField(Place, index=False)
    verdict = peewee.CharField(12)
    asset = peewee.ForeignKeyField(Asset, null=True, index=False)
    home = peewee.ForeignKeyField(Place, null=True, index=False)
    quantity = peewee.IntegerField(default=1, constraints=[peewee.Check("quantity >= 0")])
    book = peewee.IntegerField(default=0)
    code = peewee.CharField(80, default="")  # as scanned; of a thing without a label, what it is
    how = peewee.CharField(6, constraints=[peewee.Check("how in ('scan', 'typed', 'tick')")])
    reason = peewee.CharField(200, default="")
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    client = peewee.CharField(64, unique=True)
    key = peewee.CharField(80)
    turn = peewee.IntegerField(default=0)

    class Meta:
        table_name = "stocktake_count"
        indexes = (
            (("stocktake", "key", "turn"), True),
            (("stocktake", "place", "id"), False),
            (("stocktake", "asset"), False),
        )
        constraints = [peewee.Check("(verdict = 'elsewhere') = (home_id is not null)")]

    @property
    def how_word(self) -> str:
        return str(HOWS[self.how])

    @property
    def thing(self) -> str:
        """What was seen, by name; a code where nothing is known of it."""
        return self.asset.name if self.asset_id else self.code

    @classmethod
    def standing(cls, stocktake: Stocktake) -> peewee.ModelSelect:
        """The counts of a stock-take that were not withdrawn."""
        return cls.select().where(cls.stocktake == stocktake, ~cls.is_withdrawn())

    @classmethod
    def is_withdrawn(cls) -> peewee.Expression:
        return peewee.fn.EXISTS(Withdrawal.select(peewee.SQL("1")).where(Withdrawal.count == cls.id))

    @classmethod
    def shown(cls, stocktake: Stocktake) -> peewee.ModelSelect:
        """Standing counts with thing, home and who counted, newest first."""
        home = Place.alias()
        outer = peewee.JOIN.LEFT_OUTER
        return (
            cls.standing(stocktake)
            .select(cls, Asset, home, Person, Place)
            .join(Asset, outer)
            .switch(cls)
            .join(home, outer, on=(cls.home == home.id), attr="home")
            .switch(cls)
            .join(Person, on=(cls.by == Person.id), attr="by")
            .switch(cls)
            .join(Place, on=(cls.place == Place.id), attr="place")
            .order_by(cls.id.desc())
        )

    def withdraw(self, by: Any) -> None:
        """Undo: the count was a mistake. The row stays, with who took it back and when."""
        with writing():
            self.stocktake.check_counter(by)
            if Withdrawal.select().where(Withdrawal.count == self).exists():
                raise Refused(_("This was undone already."))
            Withdrawal.create(count=self, by=by)


class Withdrawal(Row):
    """A count was taken back."""

    append_only = True

    count = peewee.ForeignKeyField(Count, unique=True)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "stocktake_withdrawal"


@dataclass(frozen=True)
class Answer:
    """What the counter is told, in large words. kind: a verdict that was stored, or already, outside, mistyped,
    door, how_many, none of which stores anything."""

    kind: str
    words: str
    more: str = ""
    count: Count | None = None
    asset: Asset | None = None
    place: Place | None = None
    book: int = 0
    code: str = ""

    @property
    def tone(self) -> str:
        """fine, soon, late or info: the colour that goes with the words."""
        tones = {"found": "fine", "later": "fine", "elsewhere": "soon", "surplus": "soon", "unlabelled": "soon",
                 "already": "info", "door": "info", "how_many": "info"}  # fmt: skip
        if self.kind == "found" and self.count is not None and self.count.quantity != self.count.book:
            return "soon"
        return tones.get(self.kind, "late")

    @property
    def icon(self) -> str:
        return {"fine": "circle-check", "soon": "arrow-right-left", "info": "circle-help"}.get(
            self.tone, "circle-alert"
        )

    @property
    def stored(self) -> bool:
        return self.count is not None and self.kind != "already"


@dataclass(frozen=True)
class Seen:
    """What the phone sends: a label's code or an asset, how many of a batch, how it was seen."""

    client: str
    code: str = ""
    asset: Asset | None = None
    quantity: int | None = None
    how: str = "scan"
    reason: str = ""
    photos: Sequence[Any] = ()


def count(room: Room, by: Any, seen: Seen) -> Answer:
    """Count one thing in an opened room and say what it is. The same `client` again: the same answer, once stored."""
    if not 8 <= len(seen.client) <= 64:
        raise Refused(_("This page is out of date. Please open it again and send it from there."), 400)
    with writing():
        if earlier := _sent_before(room, seen):
            return answer_of(earlier)
        room.stocktake.check_counter(by)
        if not Room.select().where(Room.id == room.id, Room.opened_at.is_null(False)).exists():
            raise Refused(_("Scan the door of %(place)s first.", place=room.place.name))
        return _weigh(room, by, seen)


def note_unlabelled(room: Room, by: Any, what: str, quantity: int, client: str, photos: Sequence[Any] = ()) -> Answer:
    """Something stands here that has no label: it is noted as surplus."""
    with writing():
        seen = Seen(client, code=what, quantity=quantity, how="typed", photos=photos)
        if earlier := _sent_before(room, seen):
            return answer_of(earlier)
        room.stocktake.check_counter(by)
        return _store(room, by, seen, "unlabelled", key=f"thing {client}"[:80], code=what, quantity=quantity)


def _sent_before(room: Room, seen: Seen) -> Count | None:
    earlier = Count.get_or_none(Count.client == seen.client)
    if earlier is not None and (earlier.stocktake_id, earlier.place_id) != (room.stocktake_id, room.place_id):
        raise Refused(_("This form was already sent with other contents. Open it again to send something new."))
    return earlier


def _weigh(room: Room, by: Any, seen: Seen) -> Answer:
    """From the code to the thing, and from the thing to what can be said of it."""
    if seen.asset is not None:
        return _weigh_asset(room, by, seen, seen.asset)
    code = tidy(seen.code)[:20]
    if not is_well_formed(code):
        return Answer("mistyped", _("Mistyped"), _("Please compare the code with the label."), code=code)
    label = _label(code)
    if label is not None and label.place_id and label.retired_at is None:
        if label.place_id == room.place_id:
            return Answer("door", _("This room"), _("You are counting here already."), place=room.place)
        return Answer("door", label.place.name, _("That is another door."), place=label.place, code=code)
    if label is not None and label.asset_id and label.retired_at is None:
        return _weigh_asset(room, by, seen, label.asset)
    verdict = "unknown" if label is None else "retired" if label.retired_at else "blank"
    return _store(room, by, seen, verdict, key=f"code {code}", code=code)


def _label(code: str) -> Label | None:
    outer = peewee.JOIN.LEFT_OUTER
    query = Label.select(Label, Asset, Place).join(Asset, outer, attr="asset").switch(Label).join(Place, outer)
    return query.where(Label.code == code).first()


def _weigh_asset(room: Room, by: Any, seen: Seen, asset: Asset) -> Answer:
    book = list(BookLine.select().where(BookLine.stocktake == room.stocktake_id, BookLine.asset == asset))
    if not book and not _in_range(room.stocktake, asset):
        words = _("%(thing)s is not part of this stock-take.", thing=asset.name)
        return Answer("outside", _("Not in the range"), words, asset=asset)
    here = next((line.quantity for line in book if line.place_id == room.place_id), 0)
    if asset.is_batch:
        return _weigh_batch(room, by, seen, asset, here)
    facts = {"key": f"asset {asset.id}", "asset": asset, "code": tidy(seen.code)[:20]}
    if here:
        return _store(room, by, seen, "found", book=1, **facts)
    home = book[0].place if book else asset.place
    if home is None:
        return _store(room, by, seen, "gone" if asset.state == "disposed" else "surplus", **facts)
    if home.id == room.place_id:  # entered, or moved here, after the book was frozen
        return _store(room, by, seen, "later", **facts)
    return _store(room, by, seen, "elsewhere", home=home, **facts)


def _weigh_batch(room: Room, by: Any, seen: Seen, asset: Asset, here: int) -> Answer:
    key = f"asset {asset.id} in {room.place_id}"
    if seen.quantity is None:
        if earlier := _standing(room, key):
            return _already(earlier)
        return Answer("how_many", _("How many?"), asset.name, asset=asset, book=here, code=tidy(seen.code)[:20])
    return _store(room, by, seen, "found", key=key, asset=asset, book=here, quantity=seen.quantity,
                  code=tidy(seen.code)[:20])  # fmt: skip


def _in_range(stocktake: Stocktake, asset: Asset) -> bool:
    """Whether the category and the office fit; a thing from a room outside the range is elsewhere, not outside."""
    right_kind = stocktake.category_id in (None, asset.category_id)
    return right_kind and stocktake.office_id in (None, asset.office_id)


def _store(room: Room, by: Any, seen: Seen, verdict: str, *, key: str, **facts: Any) -> Answer:
    if earlier := _standing(room, key):
        return _already(earlier)
    turn = Count.select().where(Count.stocktake == room.stocktake_id, Count.key == key).count()
    try:
        with database.atomic():
            row = Count.create(
                stocktake=room.stocktake_id, place=room.place_id, verdict=verdict, by=by, how=seen.how,
                reason=seen.reason, client=seen.client, key=key, turn=turn, **facts,
            )  # fmt: skip
    except peewee.IntegrityError:  # a database without IMMEDIATE acts: someone else was faster
        if (earlier := _sent_before(room, seen)) or (earlier := _standing(room, key)):
            return _already(earlier)
        raise
    Photo.attach(seen.photos, row, by)
    row.place = room.place
    return answer_of(row)


def _standing(room: Room, key: str) -> Count | None:
    return _counted.first(room.stocktake_id, key)


_counted = Prepared(lambda stocktake, key: Count.shown(stocktake).where(Count.key == key).limit(1))


def _already(earlier: Count) -> Answer:
    told = {"time": said(earlier.at), "person": earlier.by.name, "place": earlier.place.name}
    words = _("Counted already by %(person)s in %(place)s, %(time)s.", **told)
    return Answer(
        "already", _("Already counted"), words, count=earlier, asset=earlier.asset if earlier.asset_id else None
    )


def answer_of(row: Count) -> Answer:
    """What is said of a stored count, the first time and at each resend."""
    large, more = _words_of(row)
    return Answer(row.verdict, large, more, count=row, asset=row.asset if row.asset_id else None,
                  book=row.book, code=row.code)  # fmt: skip


def _words_of(row: Count) -> tuple[str, str]:
    if row.verdict == "found":
        if row.asset.is_batch:
            return _batch_words(row)
        return _("Found"), row.asset.name
    if row.verdict == "elsewhere":
        return _("Belongs to %(place)s", place=row.home.name), _(
            "%(thing)s, counted as elsewhere.", thing=row.asset.name
        )
    if row.verdict == "surplus":
        return _("Not in the ledger"), _("%(thing)s, counted as surplus.", thing=row.asset.name)
    if row.verdict == "later":
        return _("Found"), _("%(thing)s came here after the stock-take began.", thing=row.asset.name)
    if row.verdict == "gone":
        return _("Written off"), _("%(thing)s should not be here any more. Please return it.", thing=row.asset.name)
    return {
        "unlabelled": (_("Noted as surplus"), f"{row.code} × {row.quantity}"),
        "unknown": (_("Unknown code"), _("No label of ours has the code %(code)s. It is noted.", code=row.code)),
        "retired": (_("Retired label"), _("The label %(code)s is retired. It is noted.", code=row.code)),
        "blank": (_("Blank label"), _("The label %(code)s stands for nothing yet. It is noted.", code=row.code)),
    }[row.verdict]


def _batch_words(row: Count) -> tuple[str, str]:
    gap = row.quantity - row.book
    counted = f"{row.quantity} {row.asset.unit}"
    facts = {"thing": row.asset.name, "book": row.book}
    if gap == 0:
        return counted, _("%(thing)s, as in the book.", **facts)
    if gap > 0:
        return counted, _("%(thing)s, %(gap)s more than the book's %(book)s.", gap=gap, **facts)
    return counted, _("%(thing)s, %(gap)s fewer than the book's %(book)s.", gap=-gap, **facts)


def _may_see_photos(who: Any, id: int) -> bool:
    mine = Stocktake.visible_to(who).select(Stocktake.id)
    return Count.select().where(Count.id == id, Count.stocktake.in_(mine)).exists()


guard("stocktake_count", _may_see_photos)
