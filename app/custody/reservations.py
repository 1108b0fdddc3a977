"""Days for which things are promised (预约): the calendar of a thing, and the check that nobody promises it twice.

A day of a single thing is one row, unique in the database: of two promises for the same day only one can be
stored, whatever happens at the same moment. Of a batch, as many may be promised for a day as there are.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import peewee
from flask_babel import gettext as _

from app import clock
from app.assets import ledger
from app.assets.models import Asset
from app.custody.models import Custody, Going, before_going
from app.db import Day, Moment, Row, database, link, writing
from app.errors import Refused
from app.people.models import Person
from app.words import day as day_words

FARTHEST = timedelta(days=200)  # nobody knows a timetable beyond the next term
LONGEST = timedelta(days=120)  # of one reservation: a term; what is needed longer is handed out
RELEASES = ("given", "dropped", "changed")


class Reservation(Row):
    """Some of an asset is promised to a person from a day to a day, by a request that was agreed to.

    It stands until `released_at`: the thing was handed over, or nobody wants it any more.
    """

    request = link("Request", backref="reservations")
    asset = peewee.ForeignKeyField(Asset, backref="reservations")
    person = peewee.ForeignKeyField(Person, backref="reservations", index=False)
    quantity = peewee.IntegerField(constraints=[peewee.Check("quantity > 0")])
    starts_on = Day()
    due_on = Day()
    at = Moment(default=clock.now)
    released_at = Moment(null=True)
    released_why = peewee.CharField(10, default="")

    class Meta:
        table_name = "custody_reservation"
        constraints = [peewee.Check("starts_on <= due_on")]

    @classmethod
    def standing(cls) -> peewee.ModelSelect:
        """Promises that hold today or will, with thing and person loaded, in the order of their days."""
        return (
            cls.select(cls, Asset, Person)
            .join(Asset)
            .switch(cls)
            .join(Person)
            .where(cls.released_at.is_null(), cls.due_on >= clock.today())
            .order_by(cls.starts_on, cls.id)
        )

    @classmethod
    def make(
        cls, request: Any, asset: Asset, person: Person, starts_on: date, due_on: date, quantity: int
    ) -> "Reservation":
        """Promise it. Refused when it is promised, lent or handed out to somebody on one of the days."""
        with writing():
            if conflict := conflict_of(asset, starts_on, due_on, quantity):
                raise Refused(conflict)
            row = cls.create(
                request=request, asset=asset, person=person, quantity=quantity, starts_on=starts_on, due_on=due_on
            )
            row._take_days()
        return row

    def _take_days(self) -> None:
        days = [
            {"reservation": self.id, "asset": self.asset_id, "day": day, "quantity": self.quantity,
             "exclusive": not self.asset.is_batch}
            for day in days_between(self.starts_on, self.due_on)
        ]  # fmt: skip
        try:
            with database.atomic():
                ReservedDay.insert_many(days).execute()
        except peewee.IntegrityError:  # a database without IMMEDIATE acts: someone else was faster
            raise Refused(_("%(thing)s was just promised to somebody else.", thing=self.asset.name)) from None

    def release(self, why: str, quantity: int | None = None) -> None:
        """Give the days back, or those of `quantity` of it: handed over, dropped, or changed for another thing."""
        left = self.quantity - (self.quantity if quantity is None else quantity)
        with writing():
            if left > 0:
                self.quantity = left
                self.save(only=[Reservation.quantity])
                ReservedDay.update(quantity=left).where(ReservedDay.reservation == self).execute()
                return
            self.released_at, self.released_why = clock.now(), why
            self.save(only=[Reservation.released_at, Reservation.released_why])
            ReservedDay.delete().where(ReservedDay.reservation == self).execute()

    @property
    def when(self) -> str:
        return days_in_words(self.starts_on, self.due_on)


class ReservedDay(Row):
    """One day of a standing reservation: the running sum that conflicts are looked up in, as a shelf is the sum of
    the ledger. Kept by Reservation alone; the reservation itself stays."""

    reservation = peewee.ForeignKeyField(Reservation, backref="days", index=False)
    asset = peewee.ForeignKeyField(Asset, index=False)
    day = Day()
    quantity = peewee.IntegerField()
    exclusive = peewee.BooleanField()

    class Meta:
        table_name = "custody_reserved_day"
        primary_key = peewee.CompositeKey("reservation", "day")
        indexes = ((("asset", "day"), False),)


ReservedDay.add_index(
    ReservedDay.index(
        ReservedDay.asset, ReservedDay.day, unique=True, name="reserved_once", where=peewee.SQL('"exclusive"')
    )
)


# The check --------------------------------------------------------------------------------------------------


def conflict_of(
    asset: Asset,
    starts_on: date,
    due_on: date | None,
    quantity: int = 1,
    *,
    but: Custody | None = None,
    out_too: bool = True,
) -> str:
    """Why these days are not to be had, as a sentence; empty when they are. None for `due_on`: for good.

    but: a loan that does not count, because it is the one that is renewed. out_too: whether what is in someone's
    hands is in the way as well.
    """
    promised = _promised(asset, starts_on, due_on)
    if promised and not asset.is_batch:
        first = promised[0]
        return _("%(thing)s is reserved for %(person)s: %(days)s.",
                 thing=asset.name, person=first.person.name, days=first.when)  # fmt: skip
    if asset.is_batch:
        return _too_many(asset, starts_on, due_on, quantity, promised, but)
    holder = Custody.open_of(asset) if out_too else None
    if holder is None or (but is not None and holder.id == but.id):
        return ""
    if holder.due_on is None:
        return holder.already_words
    if holder.due_on >= starts_on:
        return _("%(thing)s is lent to %(holder)s until %(day)s.",
                 thing=asset.name, holder=holder.holder, day=day_words(holder.due_on))  # fmt: skip
    return ""


def _promised(asset: Asset, starts_on: date, due_on: date | None) -> list[Reservation]:
    """Standing reservations that touch the days."""
    rows = Reservation.standing().where(Reservation.asset == asset, Reservation.due_on >= starts_on)
    return list(rows if due_on is None else rows.where(Reservation.starts_on <= due_on))


def _too_many(
    asset: Asset, starts_on: date, due_on: date | None, quantity: int, promised: list[Reservation], but: Custody | None
) -> str:
    """Whether on one of the days fewer of a batch are left than wanted."""
    there = ledger.balance(asset)
    rows = Custody.select(Custody.id, Custody.quantity, Custody.due_on).where(Custody.asset == asset, Custody.is_open())
    out = [row for row in rows if but is None or row.id != but.id]
    for day in _days_that_matter(starts_on, due_on, promised):
        held = sum(row.quantity for row in out if row.due_on is None or row.due_on >= day)
        taken = sum(each.quantity for each in promised if each.starts_on <= day <= each.due_on)
        if (left := there - held - taken) < quantity:
            return _("On %(day)s only %(left)s %(unit)s of %(thing)s are left: the others are lent or reserved.",
                     day=day_words(day), left=max(left, 0), unit=asset.unit, thing=asset.name)  # fmt: skip
    return ""


def _days_that_matter(starts_on: date, due_on: date | None, promised: list[Reservation]) -> list[date]:
    """More is taken only on the first day and on days on which another promise begins."""
    begins = {each.starts_on for each in promised if each.starts_on > starts_on}
    return sorted({starts_on, *(day for day in begins if due_on is None or day <= due_on)})


def _promised_to_others(going: Going) -> None:
    """Before something goes out or stays longer: it is not given away from under a reservation."""
    conflict = conflict_of(
        going.asset, clock.today(), going.until, going.quantity, but=going.custody, out_too=going.asset.is_batch
    )
    if conflict:
        raise Refused(conflict)


def _nothing_promised(asset: Asset, quantity: int) -> None:
    """What is promised is not taken off the ledger from under the promise; the request is turned down first. Where
    nothing is promised, the ledger itself says that there are not so many."""
    today = clock.today()
    if _promised(asset, today, None) and (conflict := conflict_of(asset, today, None, quantity, out_too=False)):
        raise Refused(conflict)


before_going.append(_promised_to_others)
ledger.before_leaving.append(_nothing_promised)


# The calendar -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CalendarDay:
    """A day of a thing: free, reserved or out; for a batch how many are left. `person` is who has it."""

    day: date
    state: str
    left: int
    person: Person | None = None


def calendar(asset: Asset, first: date, weeks: int = 5) -> list[CalendarDay]:
    """What is promised and lent on the days of some weeks, from `first` on. Two queries and the balance."""
    last = first + timedelta(days=7 * weeks - 1)
    promised, there = _promised(asset, first, last), ledger.balance(asset)
    out = list(Custody.holders_of([asset]))
    return [_calendar_day(day, asset, promised, out, there) for day in days_between(first, last)]


def _calendar_day(day: date, asset: Asset, promised: list[Reservation], out: list[Custody], there: int) -> CalendarDay:
    today = clock.today()
    held = [row for row in out if _is_out_on(row, day, today)]
    taken = [row for row in promised if row.starts_on <= day <= row.due_on]
    left = there - sum(row.quantity for row in [*held, *taken])
    state = "past" if day < today else "free" if left > 0 else "out" if held and not taken else "reserved"
    first = next(iter([*taken, *held]), None)
    return CalendarDay(day, state, max(left, 0), first.person if first and not asset.is_batch else None)


def _is_out_on(row: Custody, day: date, today: date) -> bool:
    """Out until its day; what is late stays out today, nobody knows how long."""
    return clock.local(row.at).date() <= day and (row.due_on is None or day <= max(row.due_on, today))


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def days_in_words(first: date, last: date | None) -> str:
    """`11月25日至11月27日`, one day alone, or `from 25/11 on`."""
    if last is None:
        return _("from %(day)s on", day=day_words(first))
    if first == last:
        return day_words(first)
    return _("%(first)s to %(last)s", first=day_words(first), last=day_words(last))
