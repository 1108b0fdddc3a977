"""Transfers (调拨): giver, taker and the office agree, each on the own phone; only then does a thing change its room
or its keeper. Nothing else in this school moves one.

A single thing goes with its card: room, keeper, and whoever has it in use. Of a batch some go to another room, where
whoever answers for the room answers for them; its card gets another keeper by a transfer of the whole batch without
a room.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.approvals.models import Ask, Need, Slip
from app.assets import keeping, ledger
from app.assets.models import Asset, Shelf
from app.custody.models import Custody
from app.db import Moment, Row, escape_like, writing
from app.errors import Refused
from app.numbers import number_of
from app.people.models import Office, Person
from app.places.models import ClassGroup, Place

MOST = 50  # lines of one slip
LEFT = peewee.JOIN.LEFT_OUTER

journal.says({
    "transfers.asked": _l("asked for transfer %(number)s: %(what)s"),
    "transfers.asked_for": _l("asked to transfer it to %(to)s, slip %(number)s: %(reason)s"),
    "transfers.done": _l("transfer %(number)s is done"),
    "transfers.fell": _l("transfer %(number)s came to nothing; everything stays as it was"),
})  # fmt: skip


def answers_for(place: Place | None) -> Person | None:
    """Who answers for what stands in a room: its keeper, else the teacher of the class that sits there."""
    if place is None:
        return None
    teacher = ClassGroup.select(ClassGroup.teacher).where(ClassGroup.room == place)
    kept = Person.active().where(Person.id == place.keeper_id).first() if place.keeper_id else None
    return kept or Person.active().where(Person.id.in_(teacher)).first()


class Transfer(Slip, Row):
    """One slip. `place`: the room they go to, null when all stay where they are; `taker` takes them over and becomes
    the keeper; `office`: the office in charge from then on, null when it stays."""

    applicant = peewee.ForeignKeyField(Person, backref="transfers_asked")
    place = peewee.ForeignKeyField(Place, null=True, backref="transfers")
    taker = peewee.ForeignKeyField(Person, backref="transfers_taken")
    office = peewee.ForeignKeyField(Office, null=True, index=False)
    reason = peewee.CharField(200)
    at = Moment(default=clock.now)
    settled_at = Moment(null=True)

    @property
    def number(self) -> str:
        """`DB2026-0007`, DB as 调拨 is typed."""
        return number_of("DB", self)

    @property
    def to_words(self) -> str:
        """Where they go, and to whom."""
        return f"{self.place.name} · {self.taker.name}" if self.place_id else self.taker.name

    # Which

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Slips with applicant, taker, office, and the room with floor and building loaded."""
        floor, building, applicant, home = Place.alias(), Place.alias(), Person.alias(), Office.alias()
        return (
            cls.select(cls, applicant, Person, home, Office, Place, floor, building)
            .join(applicant, on=(cls.applicant == applicant.id), attr="applicant")
            .join_from(cls, Person, on=(cls.taker == Person.id), attr="taker")
            .join_from(Person, home, LEFT, on=(Person.office == home.id), attr="office")
            .join_from(cls, Office, LEFT, on=(cls.office == Office.id), attr="office")
            .join_from(cls, Place, LEFT, on=(cls.place == Place.id), attr="place")
            .join_from(Place, floor, LEFT, on=(Place.parent == floor.id), attr="parent")
            .join_from(floor, building, LEFT, on=(floor.parent == building.id), attr="parent")
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office and those who read everything; else what someone asked for or is asked to agree to."""
        if who.may("transfers.all"):
            return cls.shown()
        if not who.may("transfers.ask"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        asked = Ask.select(Ask.slip_id).where(Ask.slip == cls._meta.table_name, Ask.asked_of(who))
        return cls.shown().where((cls.applicant == who.id) | cls.id.in_(asked))

    @classmethod
    def matching(cls, words: str) -> peewee.Expression:
        """Where the slip's number, reason or taker, the room, or a thing's name or number hold `words`."""
        words = words.strip()
        pattern = f"%{escape_like(words)}%"
        things = (
            TransferLine.select(TransferLine.transfer)
            .join(Asset)
            .where((Asset.name**pattern) | (Asset.number**pattern) | (Asset.initials**pattern))
        )
        people = Person.select(Person.id).where((Person.name**pattern) | (Person.initials**pattern))
        rooms = Place.select(Place.id).where((Place.name**pattern) | (Place.number**pattern))
        hit = (cls.reason**pattern) | cls.taker.in_(people) | cls.place.in_(rooms) | cls.id.in_(things)
        serial = words.rsplit("-", 1)[-1]
        if words.upper().startswith("DB") and serial.isascii() and serial.isdigit() and len(serial) < 10:
            hit |= cls.id == int(serial)
        return hit

    @property
    def lines(self) -> "list[TransferLine]":
        if "_lines" not in self.__dict__:
            self.load_lines([self])
        return self._lines

    @classmethod
    def load_lines(cls, slips: "Iterable[Transfer]") -> None:
        """Fetch the lines of a whole list in one query, with thing, room and giver."""
        found: dict[int, list[TransferLine]] = {slip.id: [] for slip in slips}
        for line in TransferLine.shown().where(TransferLine.transfer.in_(list(found))):
            found[line.transfer_id].append(line)
        for slip in slips:
            slip._lines = found[slip.id]

    @property
    def givers(self) -> list[Person]:
        """Who hands something over, each once."""
        return list({line.giver_id: line.giver for line in self.lines if line.giver_id}.values())

    # Verbs

    @classmethod
    def ask(
        cls,
        by: Person,
        wanted: "Sequence[Wanted]",
        *,
        reason: str,
        place: Place | None = None,
        taker: Person | None = None,
        office: Office | None = None,
    ) -> "Transfer":
        """Ask giver, taker and the office for a transfer. Without a taker, whoever answers for the room is it.
        Refused when something does not fit: it is not there, lent, on another slip, or nothing would change."""
        taker = taker or answers_for(place)
        if taker is None:
            raise Refused(_("Please say where it goes, or who takes it over."), 422)
        if not wanted or len(wanted) > MOST:
            raise Refused(_("A slip has 1 to %(most)s lines.", most=MOST), 422)
        if len({(each.asset.id, each.source and place and each.source.id) for each in wanted}) < len(wanted):
            raise Refused(_("One thing stands on the slip twice."), 422)
        with writing():
            _check_open(place, taker)
            slip = cls.create(applicant=by, place=place, taker=taker, office=office, reason=reason)
            found = look([each.asset for each in wanted])
            for each in wanted:
                slip._add(each, found[each.asset.id], by)
            what = _(", ").join(each.asset.name for each in wanted)
            journal.record("transfers.asked", slip, by, place=place, number=slip.number, what=what[:400])
            slip.ask_all(by)
        return slip

    def _add(self, wanted: "Wanted", known: "Known", by: Person) -> None:
        if problem := known.problem(wanted.source, wanted.quantity, self.place, self.taker, self.office):
            raise Refused(problem)
        whole = known.asset.is_batch and not self.place_id  # its card changes hands: all of it, wherever it is
        source, quantity = (None, known.quantity) if whole else (wanted.source, wanted.quantity)
        TransferLine.create(
            transfer=self, asset=known.asset, source=source, quantity=quantity, giver=known.giver(source),
            exclusive=not known.asset.is_batch,
        )  # fmt: skip
        journal.record("transfers.asked_for", self, by, asset=known.asset, to=self.to_words, number=self.number,
                       reason=self.reason)  # fmt: skip

    def needs(self) -> list[Need]:
        """Givers and taker side by side, then the director for the office. What nobody keeps, the office gives."""
        givers = {line.giver_id: line.giver for line in self.lines}
        if None in givers and "custodian" in self.applicant.given_roles:
            del givers[None]
            givers.setdefault(self.applicant_id, self.applicant)
        both = givers.pop(self.taker_id, None)
        asked = [Need("taker", "both" if both else "taker", person=self.taker, party=True)]
        if None in givers:
            del givers[None]
            asked.append(Need("giver-office", "giver", role="custodian"))
        asked += [Need(f"giver-{id}", "giver", person=giver, party=True) for id, giver in givers.items()]
        asked.sort(key=lambda need: need.words != "giver")
        return [*asked, Need("office", "office", role="director", step=2)]

    def settle(self, by: Person) -> None:
        """Everybody agreed: the ledger follows, in the act of the last agreement."""
        self.__dict__.pop("_lines", None)
        for line in self.lines:
            line.carry_out(self, by)
        self.settled_at = clock.now()
        self.save(only=[Transfer.settled_at])
        self._end_lines()
        journal.record("transfers.done", self, by, place=self.place_id, number=self.number)

    def fall(self, by: Person, reason: str) -> None:
        """Refused or withdrawn: nothing was moved, and the things are free for another slip."""
        self._end_lines()
        for line in self.lines:
            journal.record("transfers.fell", self, by, asset=line.asset_id, number=self.number)

    def filed(self) -> dict[str, Any]:
        return {"asset": self.lines[0].asset_id} if len(self.lines) == 1 else {}

    def _end_lines(self) -> None:
        TransferLine.update(ended_at=clock.now()).where(TransferLine.transfer == self).execute()


class TransferLine(Row):
    """A thing, or some of a batch, on a slip. `source` is null for a whole batch that stays where it is; `giver` is
    null when nobody but the office answers for it. Until `ended_at` a single thing is on no other slip."""

    transfer = peewee.ForeignKeyField(Transfer, backref="line_rows")
    asset = peewee.ForeignKeyField(Asset, backref="transfer_lines")
    source = peewee.ForeignKeyField(Place, null=True, index=False)
    quantity = peewee.IntegerField(default=1, constraints=[peewee.Check("quantity > 0")])
    giver = peewee.ForeignKeyField(Person, null=True, index=False)
    exclusive = peewee.BooleanField()
    ended_at = Moment(null=True)

    class Meta:
        table_name = "transfer_line"
        indexes = ((("transfer", "asset", "source"), True),)

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Lines in their order, with thing, keeper's room and giver loaded."""
        floor, building = Place.alias(), Place.alias()
        return (
            cls.select(cls, Asset, Place, floor, building, Person, Office)
            .join(Asset)
            .join_from(cls, Place, LEFT, on=(cls.source == Place.id), attr="source")
            .join_from(Place, floor, LEFT, on=(Place.parent == floor.id), attr="parent")
            .join_from(floor, building, LEFT, on=(floor.parent == building.id), attr="parent")
            .join_from(cls, Person, LEFT, on=(cls.giver == Person.id), attr="giver")
            .join_from(Person, Office, LEFT, on=(Person.office == Office.id), attr="office")
            .order_by(cls.id)
        )

    @classmethod
    def open_for(cls, assets: Iterable[Any]) -> peewee.ModelSelect:
        """The lines of slips that are not over yet, with their slips."""
        ids = [getattr(asset, "id", asset) for asset in assets]
        return cls.select(cls, Transfer).join(Transfer).where(cls.asset.in_(ids), cls.ended_at.is_null())

    def carry_out(self, slip: Transfer, by: Person) -> None:
        """Move it and give it its keeper. Refused when it is no longer where the slip says."""
        asset = self.asset
        if slip.place_id and self.source_id != slip.place_id:
            reason = f"{slip.number} {slip.reason}"[:200]
            ledger.post(asset, "move", by, quantity=self.quantity, source=self.source, target=slip.place,
                        reason=reason, slip=slip)  # fmt: skip
        elif not asset.is_batch and asset.place_id != self.source_id:
            raise Refused(_("%(name)s stands elsewhere by now; please refuse this and ask anew.", name=asset.name))
        if self.exclusive or not slip.place_id:
            keeping.keep(asset, by, slip=slip, person=slip.taker, office=slip.office or asset.office)
        if self.exclusive:
            self._pass_on(slip, by)

    def _pass_on(self, slip: Transfer, by: Person) -> None:
        """What someone has in use goes on in the taker's name."""
        held = Custody.open_of(self.asset)
        if held is None or held.person_id == slip.taker_id:
            return
        if held.kind == "loan":
            raise Refused(_("%(name)s is lent; it comes back first.", name=self.asset.name))
        held.pass_on(slip.taker, by, note=slip.number)


# One thing is on one open slip. The same in words: see Known.problem().
TransferLine.add_index(
    TransferLine.index(
        TransferLine.asset, unique=True, name="transfer_line_open",
        where=peewee.SQL('ended_at is null and "exclusive"'),
    )
)  # fmt: skip


# What can be asked for -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What someone wants to transfer: so many of an asset from a room (None: a whole batch, wherever it is)."""

    asset: Asset
    source: Place | None
    quantity: int = 1


@dataclass
class Known:
    """An asset as it stands now: its shelves with their rooms, who has it in use, the slips it is on."""

    asset: Asset
    shelves: list[Shelf]
    custody: Custody | None = None
    slip: Transfer | None = None

    @property
    def quantity(self) -> int:
        return sum(shelf.quantity for shelf in self.shelves)

    def held(self, place: Place | None) -> int:
        """How many are in a room; altogether without one."""
        if place is None:
            return self.quantity
        return next((shelf.quantity for shelf in self.shelves if shelf.place_id == place.id), 0)

    def giver(self, source: Place | None) -> Person | None:
        """Who hands it over: whoever has it in use or keeps it; of a batch in a room, who answers for the room."""
        keeper = self.asset.keeper if self.asset.keeper_id and self.asset.keeper.is_active else None
        if self.asset.is_batch:
            return answers_for(source) or keeper
        return (self.custody.person if self.custody else None) or keeper or answers_for(source)

    def problem(
        self, source: Place | None, quantity: int, place: Place | None, taker: Person | None, office: Office | None
    ) -> str:
        """Why it can't be transferred so, in a sentence; empty when it can."""
        asset, name = self.asset, self.asset.name
        if asset.state == "disposed":
            return _("%(name)s is disposed of.", name=name)
        if not self.shelves:
            return _("%(name)s stands in no room by the ledger.", name=name)
        if self.slip is not None and not asset.is_batch:
            return _("%(name)s is already on transfer %(number)s.", name=name, number=self.slip.number)
        if self.custody is not None and not asset.is_batch and self.custody.kind == "loan":
            return _("%(name)s is lent; it comes back first.", name=name)
        if place is None and asset.is_batch:
            source, quantity = None, self.quantity
        if quantity < 1 or quantity > self.held(source):
            where = source.name if source else _("The school")
            return _("%(place)s does not hold %(quantity)s of %(name)s.", place=where, quantity=quantity, name=name)
        return self._nothing_new(source, place, taker, office)

    def _nothing_new(
        self, source: Place | None, place: Place | None, taker: Person | None, office: Office | None
    ) -> str:
        moves = place is not None and source is not None and source.id != place.id
        own = not (self.asset.is_batch and place is not None)  # its card changes, not only a part of a batch
        keeps = own and taker is not None and taker.id != self.asset.keeper_id
        charge = own and office is not None and office.id != self.asset.office_id
        if moves or keeps or charge or (place is None and taker is None):
            return ""
        if place is not None:
            return _("%(name)s is already in %(place)s.", name=self.asset.name, place=place.name)
        return _("%(name)s is already kept by %(person)s.", name=self.asset.name, person=taker.name)


def look(assets: Iterable[Asset]) -> dict[int, Known]:
    """What has to be known of some assets before they are put on a slip, in a constant number of queries."""
    ids = [asset.id for asset in assets]
    rows = Asset.select(Asset, Person).join(Person, LEFT, on=(Asset.keeper == Person.id), attr="keeper")
    found = {asset.id: Known(asset, []) for asset in rows.where(Asset.id.in_(ids))}
    for shelf in Shelf.held().where(Shelf.asset.in_(ids)).order_by(Shelf.quantity.desc(), Shelf.place):
        found[shelf.asset_id].shelves.append(shelf)
    for custody in Custody.holders_of(ids):
        found[custody.asset_id].custody = found[custody.asset_id].custody or custody
    for line in TransferLine.open_for(ids):
        found[line.asset_id].slip = line.transfer
    return found


def _check_open(place: Place | None, taker: Person) -> None:
    """Asked inside the act: a room that is closed or a person who has left gets nothing."""
    if place is not None and not Place.rooms().where(Place.id == place.id).exists():
        raise Refused(_("%(place)s is closed; please choose another room.", place=place.name))
    if not Person.active().where(Person.id == taker.id).exists():
        raise Refused(_("The account of %(person)s is switched off.", person=taker.name))


ledger.SLIPS[Transfer._meta.table_name] = "transfers.show"
