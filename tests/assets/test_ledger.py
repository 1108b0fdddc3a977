"""The ledger against a slow and simple reference, and what it refuses."""

import random
from collections import Counter

import peewee
import pytest

from app import journal
from app.assets import ledger
from app.assets.models import Asset, Shelf
from app.db import writing
from app.errors import Refused
from app.places.models import Place


class Rolled(Exception):
    """Someone pulls the plug in the middle of an act."""


def cut_off(act) -> None:
    try:
        with writing():
            act()
            raise Rolled
    except Rolled:
        pass


def shelves() -> Counter:
    return Counter({(row.asset_id, row.place_id): row.quantity for row in Shelf.select() if row.quantity})


class Book:
    """What the ledger should hold, kept in a plain dictionary of (asset, place) → quantity."""

    def __init__(self) -> None:
        self.held = shelves()

    def may(self, asset: Asset, quantity: int, source: Place | None, target: Place | None) -> bool:
        if source is not None and self.held[asset.id, source.id] < quantity:
            return False
        if source is not None and target is not None and source.id == target.id:
            return False
        total = sum(number for (held, _place), number in self.held.items() if held == asset.id)
        after = total + (quantity if source is None else 0) - (quantity if target is None else 0)
        return asset.is_batch or after <= 1

    def post(self, asset: Asset, quantity: int, source: Place | None, target: Place | None) -> None:
        if source is not None:
            self.held[asset.id, source.id] -= quantity
        if target is not None:
            self.held[asset.id, target.id] += quantity
        self.held = +self.held


def a_post(dice, things, rooms):
    asset = dice.choice([things.projector, things.desk, things.desk])
    quantity = dice.randint(1, 15) if asset.is_batch else dice.choice([1, 1, 1, 2])
    kind = dice.choice(["entry", "move", "removal"])
    source = None if kind == "entry" else dice.choice(rooms)
    target = None if kind == "removal" else dice.choice(rooms)
    return asset, kind, quantity, source, target


@pytest.mark.parametrize("seed", range(6))
def test_random_acts_agree_with_a_plain_dictionary(school, things, ctx, seed):
    dice, rooms = random.Random(seed), [school.places.store, school.places.classroom, school.places.office]
    book, undone = Book(), set()
    for _step in range(80):
        if dice.random() < 0.2:
            row = dice.choice(list(ledger.Movement.select().where(ledger.Movement.kind != "reversal")))
            asset = things.desk if row.asset_id == things.desk.id else things.projector
            row.asset = asset
            facts = (asset, row.quantity, row.target, row.source)
            allowed = row.id not in undone and book.may(*facts)
            act = lambda row=row: ledger.reverse(row, school.custodian, "错记")  # noqa: E731
        else:
            asset, kind, quantity, source, target = a_post(dice, things, rooms)
            facts, row = (asset, quantity, source, target), None
            allowed = book.may(*facts)
            act = lambda a=asset, k=kind, q=quantity, s=source, t=target: ledger.post(  # noqa: E731
                a, k, school.custodian, quantity=q, source=s, target=t, reason="随机"
            )
        if not allowed:
            with pytest.raises(Refused):
                act()
        elif dice.random() < 0.15:  # rolled back: as if nothing had been done
            cut_off(act)
        else:
            act()
            book.post(*facts)
            undone |= {row.id} if row else set()
        assert shelves() == book.held
    assert list(ledger.differences()) == []
    assert list(ledger.misplaced()) == []
    place = next((place for (asset, place) in book.held if asset == things.projector.id), None)
    assert Asset.get_by_id(things.projector.id).place_id == place


def test_a_shelf_changed_behind_the_ledgers_back_is_found(school, things):
    assert list(ledger.differences()) == []
    Shelf.update(quantity=37).where(Shelf.asset == things.desk).execute()
    assert list(ledger.differences()) == [(things.desk.id, school.places.store.id, 40, 37)]


def test_a_shelf_that_vanished_and_one_from_nowhere_are_found(school, things):
    Shelf.delete().where(Shelf.asset == things.desk).execute()
    Shelf.insert(asset=things.desk, place=school.places.office, quantity=2).execute()
    assert sorted(ledger.differences()) == sorted(
        [(things.desk.id, school.places.store.id, 40, 0), (things.desk.id, school.places.office.id, 0, 2)]
    )


def test_a_card_that_names_another_room_is_found(school, things):
    Asset.update(place=school.places.office).where(Asset.id == things.projector.id).execute()
    assert [asset.id for asset in ledger.misplaced()] == [things.projector.id]
    Asset.update(place=None).where(Asset.id == things.projector.id).execute()
    assert [asset.id for asset in ledger.misplaced()] == [things.projector.id]


@pytest.mark.parametrize("change", ["update movement set quantity = 9", "delete from movement"])
def test_the_database_refuses_to_change_the_ledger(things, change):
    from app.db import database

    with pytest.raises(peewee.IntegrityError), database.atomic():
        database.execute_sql(change)


def test_nothing_goes_below_zero(school, things):
    with pytest.raises(Refused, match="总务仓库 does not hold 41 of 课桌"):
        ledger.post(things.desk, "removal", None, quantity=41, source=school.places.store)
    with pytest.raises(Refused, match="at least 1"):
        ledger.post(things.desk, "entry", None, quantity=0, target=school.places.store)


def test_one_thing_is_in_one_place(school, things):
    with pytest.raises(Refused, match="is one thing"):
        ledger.post(things.projector, "entry", None, target=school.places.store)
    assert ledger.balance(things.projector) == 1


def test_a_closed_room_and_a_building_get_nothing(school, things):
    school.places.office.close(school.director, "改建")
    with pytest.raises(Refused, match="is closed"):
        ledger.post(things.desk, "move", None, source=school.places.store, target=school.places.office)
    with pytest.raises(Refused, match="is not a room"):
        ledger.post(things.desk, "move", None, source=school.places.store, target=school.places.building)


def test_an_entry_is_reversed_once_and_a_reversal_never(school, things):
    entry = ledger.Movement.get(ledger.Movement.asset == things.desk)
    mirror = ledger.reverse(entry, school.custodian, "记错")
    assert ledger.balance(things.desk) == 0
    with pytest.raises(Refused, match="already reversed"):
        ledger.reverse(entry, school.custodian, "再来")
    with pytest.raises(Refused, match="can't be reversed"):
        ledger.reverse(mirror, school.custodian, "再来")


def test_both_rooms_tell_a_move(school, things, ctx):
    ledger.post(things.desk, "move", school.custodian, quantity=5, source=school.places.store,
                target=school.places.classroom)  # fmt: skip
    left = journal.about(place=school.places.store.id).first()
    came = journal.about(place=school.places.classroom.id).first()
    assert left.sentence == "moved 课桌 from here to 201教室: 5 张"
    assert came.sentence == "moved 课桌 from 总务仓库 to 201教室: 5 张"


def test_a_higher_noun_may_object_to_taking_off(school, things, monkeypatch):
    def lent(asset: Asset, quantity: int) -> None:
        raise Refused("It is lent.")

    monkeypatch.setattr(ledger, "before_leaving", [lent])
    with pytest.raises(Refused, match="It is lent"):
        ledger.post(things.desk, "removal", None, source=school.places.store)
    ledger.post(things.desk, "move", None, source=school.places.store, target=school.places.office)
