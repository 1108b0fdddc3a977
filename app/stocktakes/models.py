"""Stock-takes (盘点): a range, a team, the book as it stood when the counting began, and how it ends.

What is counted stands in counting.py, what it comes to in numbers.py, and what follows from it in differences.py.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.assets.models import Asset, Category, Shelf
from app.db import Moment, Prepared, Row, escape_like, writing
from app.errors import Refused
from app.people.models import Office, Person
from app.places.models import Place

STATES = {
    "counting": _l("being counted"),
    "signed": _l("signed, reasons are wanted"),
    "asked": _l("waits for approval"),
    "settled": _l("settled"),
    "called_off": _l("called off"),
}
PARTS = {"counter": _l("counter"), "witness": _l("witness")}
MOST_PEOPLE = 60  # of a team

journal.says({
    "stocktakes.begun": _l("began the stock-take %(name)s: %(lines)s entries in the book, %(rooms)s rooms"),
    "stocktakes.opened": _l("scanned the door of %(room)s: counting began there"),
    "stocktakes.left": _l("left %(room)s uncounted after all"),
    "stocktakes.finished": _l("finished counting %(room)s"),
    "stocktakes.room_counted": _l("counted the room at the stock-take %(name)s"),
    "stocktakes.signed": _l("signed as %(part)s"),
    "stocktakes.unsigned": _l("took the signature as %(part)s back"),
    "stocktakes.frozen": _l("both have signed, the count is closed: %(gaps)s differences"),
    "stocktakes.called_off": _l("called the stock-take off: %(reason)s"),
    "stocktakes.explained": _l("gave the reasons of %(count)s differences"),
    "stocktakes.proposed": _l("asked for approval of %(count)s differences"),
    "stocktakes.settled": _l("settled the stock-take: %(rows)s rows written into the ledger"),
    "stocktakes.refused": _l("the differences were refused: %(reason)s"),
    "stocktakes.sought": _l("missing at the stock-take %(name)s, to be looked for: %(reason)s"),
})  # fmt: skip
journal.calls({f"stocktake.{part}": words for part, words in PARTS.items()})


class Stocktake(Row):
    """One stock-take. It is counted while `signed_at` and `called_off_at` are empty; nothing changes it later but
    the reasons of its differences and their approval."""

    name = peewee.CharField(80)
    where = peewee.CharField(300, default="")  # the chosen buildings and rooms by name; empty: wherever things stand
    category = peewee.ForeignKeyField(Category, null=True, index=False)
    office = peewee.ForeignKeyField(Office, null=True, index=False)
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    signed_at = Moment(null=True)
    asked_at = Moment(null=True)
    settled_at = Moment(null=True)
    called_off_at = Moment(null=True)
    called_off_why = peewee.CharField(200, default="")

    class Meta:
        constraints = [
            peewee.Check("settled_at is null or signed_at is not null"),
            peewee.Check("called_off_at is null or signed_at is null"),
        ]

    def __str__(self) -> str:
        return self.name

    # What it is

    @property
    def number(self) -> str:
        """`PD20261124-7`: the day it began and its own number."""
        return f"PD{clock.local(self.at):%Y%m%d}-{self.id}"

    @property
    def state(self) -> str:
        """A key of STATES."""
        for state in ("called_off", "settled", "asked", "signed"):
            if getattr(self, f"{state}_at"):
                return state
        return "counting"

    @property
    def state_word(self) -> str:
        return str(STATES[self.state])

    @property
    def is_counting(self) -> bool:
        return self.state == "counting"

    @property
    def range_words(self) -> str:
        """`教学楼 · 投影仪 · 教务处`, or `the whole school`."""
        parts = (self.where, self.category_id and self.category.word, self.office_id and self.office.name)
        return " · ".join(filter(None, parts)) or _("the whole school")

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """With category, office and who began it."""
        outer = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Category, Office, Person)
            .join(Category, outer)
            .switch(cls)
            .join(Office, outer)
            .switch(cls)
            .join(Person, on=(cls.by == Person.id), attr="by")
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office and leaders; those whose team they are in for the rest; nothing for strangers."""
        if who.may("stocktakes.all"):
            return cls.shown()
        if not who.may("stocktakes.count"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        return cls.shown().where(cls.id.in_(Member.select(Member.stocktake).where(Member.person == who.id)))

    @classmethod
    def counting(cls) -> peewee.Expression:
        """The condition that it is still being counted."""
        return cls.signed_at.is_null() & cls.called_off_at.is_null()

    @classmethod
    def in_state(cls, state: str) -> peewee.Expression:
        """The condition for a key of STATES."""
        return {
            "counting": cls.counting(),
            "signed": cls.signed_at.is_null(False) & cls.asked_at.is_null() & cls.settled_at.is_null(),
            "asked": cls.asked_at.is_null(False) & cls.settled_at.is_null(),
            "settled": cls.settled_at.is_null(False),
            "called_off": cls.called_off_at.is_null(False),
        }[state]

    @classmethod
    def matching(cls, words: str) -> peewee.Expression:
        """Where the name or the chosen places hold `words`."""
        pattern = f"%{escape_like(words)}%"
        return (cls.name**pattern) | (cls.where**pattern)

    # The team

    @property
    def team(self) -> "list[Member]":
        """Counters and witnesses with their names and signatures, counters first."""
        if "_team" not in self.__dict__:
            self._team = list(
                Member.select(Member, Person)
                .join(Person)
                .where(Member.stocktake == self)
                .order_by(Member.part, Member.id)
            )
        return self._team

    def part_of(self, who: Any) -> "Member | None":
        """Someone's place in the team."""
        if getattr(who, "is_card", True):
            return None
        return next((member for member in self.team if member.person_id == who.id), None)

    def counts(self, who: Any) -> bool:
        """Whether someone may count now."""
        member = self.part_of(who) if self.is_counting else None
        return member is not None and member.part == "counter" and not self.signatures

    @property
    def signatures(self) -> "list[Member]":
        return [member for member in self.team if member.signed_at]

    # Verbs

    @classmethod
    def begin(
        cls,
        name: str,
        by: Person,
        *,
        counters: Sequence[Person],
        witnesses: Sequence[Person],
        places: Sequence[Place] = (),
        category: Category | None = None,
        office: Office | None = None,
    ) -> "Stocktake":
        """Begin a stock-take: the book of the range is frozen as it stands at this moment, in one act.

        places: rooms, or buildings and floors with all their rooms; none: wherever something of the range stands.
        """
        _check_team(counters, witnesses)
        with writing():
            where = _("; ").join(place.name for place in places)
            where = where if len(where) <= 300 else f"{where[:299]}…"
            stocktake = cls.create(name=name, by=by, where=where, category=category, office=office)
            lines = stocktake._freeze_book(places)
            if not lines:
                raise Refused(_("By the ledger nothing stands in this range; there is nothing to count."), 422)
            rooms = stocktake._list_rooms(places)
            for part, people in (("counter", counters), ("witness", witnesses)):
                for person in people:
                    Member.create(stocktake=stocktake, person=person, part=part)
            journal.record("stocktakes.begun", stocktake, by, name=name, lines=lines, rooms=rooms)
        return stocktake

    def _freeze_book(self, places: Sequence[Place]) -> int:
        book = (
            Shelf.select(peewee.Value(self.id), Shelf.asset, Shelf.place, Shelf.quantity)
            .join(Asset)
            .where(Shelf.quantity > 0)
        )
        if places:
            book = book.where(Shelf.place.in_(_rooms_in(places)))
        if self.category_id:
            book = book.where(Asset.category == self.category_id)
        if self.office_id:
            book = book.where(Asset.office == self.office_id)
        columns = [BookLine.stocktake, BookLine.asset, BookLine.place, BookLine.quantity]
        BookLine.insert_from(book, columns).execute()
        return BookLine.select().where(BookLine.stocktake == self).count()

    def _list_rooms(self, places: Sequence[Place]) -> int:
        """The rooms to count: all of the chosen places, empty ones too; else those where something should be."""
        rooms = _rooms_in(places) if places else BookLine.select(BookLine.place).where(BookLine.stocktake == self)
        chosen = Place.select(peewee.Value(self.id), Place.id).where(Place.id.in_(rooms))
        Room.insert_from(chosen, [Room.stocktake, Room.place]).execute()
        return Room.select().where(Room.stocktake == self).count()

    def check_counter(self, by: Any) -> None:
        """Refused unless `by` may count now; asked inside each act of counting."""
        fresh = Stocktake.get_by_id(self.id)
        self.__dict__.pop("_team", None)
        if fresh.called_off_at:
            raise Refused(_("This stock-take was called off."))
        if fresh.signed_at:
            raise Refused(_("This stock-take is signed and closed; nothing can be counted any more."))
        member = self.part_of(by)
        if member is None or member.part != "counter":
            raise Refused(_("You are not among the counters of this stock-take."), 403)
        if self.signatures:
            raise Refused(_("%(person)s has already signed. The signature must be taken back before more is counted.",
                            person=self.signatures[0].person.name))  # fmt: skip

    def open_room(self, place: Place, by: Any) -> "Room":
        """The door was scanned: counting begins there. Whoever comes second counts along."""
        with writing():
            self.check_counter(by)
            room = self.room(place)
            if room is None:
                if self.where:
                    raise Refused(_("%(place)s is not in the range of this stock-take.", place=place.name))
                room = Room.create(stocktake=self, place=place)
            opened = Room.update(opened_at=clock.now(), opened_by=by).where(
                Room.id == room.id, Room.opened_at.is_null()
            )
            if opened.execute():
                journal.record("stocktakes.opened", self, by, place=place, room=place.name)
        return self.room(place)

    def room(self, place: Place | int) -> "Room | None":
        return Room.shown().where(Room.stocktake == self, Room.place == place).first()

    def sign(self, by: Any) -> None:
        """Sign what was counted, as counter or as witness. With both signatures the count is closed for good."""
        from app.stocktakes.differences import Difference  # its rows know Stocktake

        with writing():
            part = self._part_to_sign(by)
            member = self.part_of(by)
            Member.update(signed_at=clock.now()).where(Member.id == member.id).execute()
            self.__dict__.pop("_team", None)
            journal.record("stocktakes.signed", self, by, part=[f"stocktake.{part}"])
            if {each.part for each in self.signatures} == set(PARTS):
                self.signed_at = clock.now()
                gaps = Difference.find_all(self)
                self.settled_at = None if gaps else self.signed_at
                self.save(only=[Stocktake.signed_at, Stocktake.settled_at])
                journal.record("stocktakes.frozen", self, by, gaps=gaps)

    def _part_to_sign(self, by: Any) -> str:
        fresh = Stocktake.get_by_id(self.id)
        self.__dict__.pop("_team", None)
        member = self.part_of(by)
        if member is None:
            raise Refused(_("You are not in the team of this stock-take."), 403)
        if not fresh.is_counting:
            raise Refused(_("This stock-take is closed already."))
        for other in self.signatures:
            if other.part == member.part:
                raise Refused(_("%(person)s has already signed as %(part)s.",
                                person=other.person.name, part=PARTS[other.part]))  # fmt: skip
        open_room = Room.shown().where(Room.stocktake == self, Room.is_open()).first()
        if open_room is not None:
            raise Refused(_("%(place)s is still being counted. Finish it, or leave it uncounted, before you sign.",
                            place=open_room.place.name))  # fmt: skip
        if not Room.select().where(Room.stocktake == self, Room.opened_at.is_null(False)).exists():
            raise Refused(_("No room was counted yet; there is nothing to sign."))
        return member.part

    def take_signature_back(self, by: Any) -> None:
        """As long as the other one has not signed, a signature can be taken back and the counting goes on."""
        with writing():
            if not Stocktake.get_by_id(self.id).is_counting:
                raise Refused(_("This stock-take is closed already."))
            mine = Member.update(signed_at=None).where(
                Member.stocktake == self, Member.person == by.id, Member.signed_at.is_null(False)
            )
            if not mine.execute():
                raise Refused(_("You have not signed."))
            self.__dict__.pop("_team", None)
            journal.record("stocktakes.unsigned", self, by, part=[f"stocktake.{self.part_of(by).part}"])

    def call_off(self, by: Any, reason: str) -> None:
        """End it without any consequence (作废); what was counted stays readable."""
        with writing():
            off = Stocktake.update(called_off_at=clock.now(), called_off_why=reason).where(
                Stocktake.id == self.id, Stocktake.counting()
            )
            if not off.execute():
                raise Refused(_("This stock-take is closed already."))
            journal.record("stocktakes.called_off", self, by, reason=reason)


def _check_team(counters: Sequence[Person], witnesses: Sequence[Person]) -> None:
    if not counters or not witnesses:
        raise Refused(_("A stock-take needs at least one counter and one witness."), 422)
    if len(counters) + len(witnesses) > MOST_PEOPLE:
        raise Refused(_("At most %(most)s people, please.", most=MOST_PEOPLE), 422)
    both = {person.id for person in counters} & {person.id for person in witnesses}
    for person in counters:
        if person.id in both:
            raise Refused(_("%(person)s can't be counter and witness at once.", person=person.name), 422)


def _rooms_in(places: Iterable[Place]) -> peewee.ModelSelect:
    """Ids of the rooms among `places` and inside the buildings and floors among them."""
    places = list(places)
    found = Place.id.in_([place.id for place in places if place.is_room])
    for level in places:
        if not level.is_room:
            found |= Place.id.in_(level.within())
    return Place.rooms().select(Place.id).where(found)


class Member(Row):
    """Someone of the team, as counter (盘点人) or as witness (监盘人), never as both; and when they signed."""

    stocktake = peewee.ForeignKeyField(Stocktake, backref="members", index=False)
    person = peewee.ForeignKeyField(Person, backref="stocktakes")
    part = peewee.CharField(8, constraints=[peewee.Check("part in ('counter', 'witness')")])
    signed_at = Moment(null=True)

    class Meta:
        table_name = "stocktake_member"
        indexes = ((("stocktake", "person"), True),)

    @property
    def part_word(self) -> str:
        return str(PARTS[self.part])


# One counter and one witness sign; the database lets no second one of a kind in.
Member.add_index(
    Member.index(
        Member.stocktake, Member.part, unique=True, where=Member.signed_at.is_null(False),
        name="stocktake_member_signed",
    )
)  # fmt: skip


class BookLine(Row):
    """What the ledger said when the stock-take began: so many of an asset in a room (账面数)."""

    append_only = True

    stocktake = peewee.ForeignKeyField(Stocktake, backref="book", index=False)
    asset = peewee.ForeignKeyField(Asset, index=False)
    place = peewee.ForeignKeyField(Place, index=False)
    quantity = peewee.IntegerField(constraints=[peewee.Check("quantity > 0")])

    class Meta:
        table_name = "stocktake_line"
        indexes = (
            (("stocktake", "asset", "place"), True),
            (("stocktake", "place", "quantity"), False),
        )


class Room(Row):
    """A room to count. One that nobody opened is not counted; its things are never called missing."""

    stocktake = peewee.ForeignKeyField(Stocktake, backref="rooms", index=False)
    place = peewee.ForeignKeyField(Place, index=False)
    opened_by = peewee.ForeignKeyField(Person, null=True, index=False)
    opened_at = Moment(null=True)
    finished_by = peewee.ForeignKeyField(Person, null=True, index=False)
    finished_at = Moment(null=True)

    class Meta:
        table_name = "stocktake_room"
        indexes = ((("stocktake", "place"), True),)
        constraints = [
            peewee.Check("(opened_at is null) = (opened_by_id is null)"),
            peewee.Check("finished_at is null or opened_at is not null"),
        ]

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """With the room, its floor and building, and who opened and finished it."""
        floor, building, finisher = Place.alias(), Place.alias(), Person.alias()
        outer = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Place, floor, building, Person, finisher)
            .join(Place)
            .join(floor, outer, on=(Place.parent == floor.id), attr="parent")
            .join(building, outer, on=(floor.parent == building.id), attr="parent")
            .switch(cls)
            .join(Person, outer, on=(cls.opened_by == Person.id), attr="opened_by")
            .switch(cls)
            .join(finisher, outer, on=(cls.finished_by == finisher.id), attr="finished_by")
        )

    @classmethod
    def is_open(cls) -> peewee.Expression:
        return cls.opened_at.is_null(False) & cls.finished_at.is_null()

    @property
    def state(self) -> str:
        """waiting (nobody was there), open (being counted) or counted."""
        return "counted" if self.finished_at else "open" if self.opened_at else "waiting"

    @property
    def state_word(self) -> str:
        return {"waiting": _("not counted"), "open": _("being counted"), "counted": _("counted")}[self.state]

    def finish(self, by: Any) -> None:
        """Everything here was counted; what is not found from now on is missing."""
        with writing():
            self.stocktake.check_counter(by)
            done = Room.update(finished_at=clock.now(), finished_by=by).where(Room.id == self.id, Room.is_open())
            if not done.execute():
                raise Refused(_("%(place)s is not being counted now.", place=self.place.name))
            stocktake, place = self.stocktake, self.place
            journal.record("stocktakes.finished", stocktake, by, room=place.name)
            journal.record("stocktakes.room_counted", stocktake, by, place=place, name=stocktake.name)

    def go_on(self, by: Any) -> None:
        """Something was forgotten: a finished room is counted further."""
        with writing():
            self.stocktake.check_counter(by)
            Room.update(finished_at=None, finished_by=None).where(Room.id == self.id).execute()
            journal.record("stocktakes.opened", self.stocktake, by, place=self.place, room=self.place.name)

    def leave(self, by: Any) -> None:
        """The door was scanned by mistake: the room is not counted after all. Refused once something was counted."""
        from app.stocktakes.counting import Count  # its rows know Room

        with writing():
            self.stocktake.check_counter(by)
            if Count.standing(self.stocktake).where(Count.place == self.place).exists():
                raise Refused(_("Something was counted in %(place)s; undo that first.", place=self.place.name))
            Room.update(opened_at=None, opened_by=None, finished_at=None, finished_by=None).where(
                Room.id == self.id
            ).execute()
            journal.record("stocktakes.left", self.stocktake, by, room=self.place.name)


Room.add_index(
    Room.index(
        Room.place, Room.stocktake, where=peewee.SQL("opened_at is not null and finished_at is null"),
        name="stocktake_room_open",
    )
)  # fmt: skip

# For every scan of a label: the stock-takes that this person counts in now.
counted_by = Prepared(
    lambda person: (
        Stocktake.select(Stocktake.id, Stocktake.name, Stocktake.where)
        .join(Member)
        .where(Member.person == person, Member.part == "counter", Stocktake.counting())
        .order_by(Stocktake.id.desc())
    )
)
