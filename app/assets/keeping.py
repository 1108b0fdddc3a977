"""Who keeps a thing and which office is in charge, since when: rows that stay, so that a past day can be asked."""

from collections.abc import Iterator
from typing import Any

import peewee

from app import clock, journal
from app.assets import ledger
from app.assets.models import Asset
from app.db import Moment, Row, writing
from app.people.models import Office, Person


class Keeping(Row):
    """From `at` on, `person` keeps an asset and `office` is in charge of it, until the asset's next row.

    Null is nobody. slip, slip_id: the slip by which it came about; the first row of a card has none.
    """

    append_only = True

    asset = peewee.ForeignKeyField(Asset, backref="keepings", index=False)
    person = peewee.ForeignKeyField(Person, null=True, backref="keepings")
    office = peewee.ForeignKeyField(Office, null=True, backref="keepings")
    at = Moment(default=clock.now)
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    slip = peewee.CharField(30, null=True)
    slip_id = peewee.IntegerField(null=True)

    class Meta:
        indexes = ((("asset", "id"), False),)
        constraints = [peewee.Check("(slip is null) = (slip_id is null)")]

    @classmethod
    def of(cls, asset: Asset) -> peewee.ModelSelect:
        """Everybody who kept an asset, the present keeper first."""
        return (
            cls.select(cls, Person, Office)
            .join(Person, peewee.JOIN.LEFT_OUTER, on=(cls.person == Person.id), attr="person")
            .switch(cls)
            .join(Office, peewee.JOIN.LEFT_OUTER, on=(cls.office == Office.id), attr="office")
            .where(cls.asset == asset)
            .order_by(cls.id.desc())
        )

    @classmethod
    def is_last(cls, moment: Any = None) -> peewee.Expression:
        """The condition that a row holds now, or held at a moment."""
        later = cls.alias()
        newer = later.select(peewee.SQL("1")).where(later.asset == cls.asset, later.id > cls.id)
        if moment is None:
            return ~peewee.fn.EXISTS(newer)
        return (cls.at <= moment) & ~peewee.fn.EXISTS(newer.where(later.at <= moment))


def begin(asset: Asset, by: Any) -> None:
    """The first row of a new card; none for a card that nobody keeps."""
    if asset.keeper_id or asset.office_id:
        _write(asset, by)


def keep(asset: Asset, by: Any, *, slip: Any, person: Person | None, office: Office | None) -> None:
    """From now on `person` keeps it and `office` is in charge, by a slip that was agreed to (see ledger.SLIPS)."""
    ledger.check_slip(slip)
    with writing():
        _set(asset, by, person, office, **ledger.slip_of(slip))


def _set(asset: Asset, by: Any, person: Person | None, office: Office | None, **slip: Any) -> None:
    fresh = Asset.select(Asset.keeper, Asset.office).where(Asset.id == asset.id).get()
    if (fresh.keeper_id, fresh.office_id) == (person and person.id, office and office.id):
        return
    Asset.update(keeper=person, office=office).where(Asset.id == asset.id).execute()
    asset.keeper, asset.office = person, office
    _write(asset, by, **slip)
    journal.record("assets.kept", asset, by, asset=asset, place=asset.place_id,
                   keeper=person.name if person else "—", office=office.name if office else "—")  # fmt: skip


def _write(asset: Asset, by: Any, **slip: Any) -> None:
    who = by if by is not None and not by.is_card else None
    Keeping.create(asset=asset, person=asset.keeper_id, office=asset.office_id, by=who, **slip)


def _go_back(rows: list[ledger.Movement], by: Any, reason: str) -> None:
    """A reversed move also gives the thing back to who kept it before, unless someone else got it since. The row
    that does so stands for the earlier slip again: that one can be reversed, too."""
    for row in rows:
        last = Keeping.of(row.asset).first() if row.kind == "move" else None
        if last is None or (last.slip, last.slip_id) != (row.slip, row.slip_id):
            continue
        by_slip = Keeping.of(row.asset).where(Keeping.slip == row.slip, Keeping.slip_id == row.slip_id)
        first = min(each.id for each in by_slip)
        was = Keeping.of(row.asset).where(Keeping.id < first).first() or Keeping()
        _set(row.asset, by, was.person, was.office, slip=was.slip, slip_id=was.slip_id)


def differences() -> Iterator[Asset]:
    """Cards that name another keeper or office than their last row. None, one hopes."""
    last = Keeping.alias()
    newest = Keeping.select(peewee.fn.MAX(Keeping.id)).where(Keeping.asset == Asset.id)
    same = (peewee.fn.COALESCE(last.person, 0) == peewee.fn.COALESCE(Asset.keeper, 0)) & (
        peewee.fn.COALESCE(last.office, 0) == peewee.fn.COALESCE(Asset.office, 0)
    )
    yield from Asset.select().join(last, peewee.JOIN.LEFT_OUTER, on=(last.id == newest)).where(~same)


ledger.after_reversal.append(_go_back)
