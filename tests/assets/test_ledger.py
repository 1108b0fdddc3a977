"""What the ledger refuses, and what is found when somebody wrote behind its back. See test_ledger_truth.py, too."""

import peewee
import pytest

from app import journal
from app.assets import ledger
from app.assets.models import Asset, Shelf
from app.db import database
from app.errors import Refused
from app.transfers.models import Transfer, Wanted
from tests.helpers import carried


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
        ledger.post(things.desk, "entry", None, target=school.places.office)
    with pytest.raises(Refused, match="is not a room"):
        ledger.post(things.desk, "entry", None, target=school.places.building)


def test_nothing_moves_without_an_agreed_slip(school, things):
    where = {"source": school.places.store, "target": school.places.office}
    asked = Transfer.ask(school.custodian, [Wanted(things.desk, school.places.store, 5)], reason="换",
                         place=school.places.office)  # fmt: skip
    for slip in (None, asked, things.desk):
        with pytest.raises(Refused, match="only by a transfer"):
            ledger.post(things.desk, "move", school.custodian, slip=slip, **where)
    assert ledger.balance(things.desk, school.places.store) == 40


def test_a_slip_moves_a_thing_once(school, things):
    slip = carried(things.desk, school.places.store, school.places.office, school.custodian, 5)
    with pytest.raises(peewee.IntegrityError):
        ledger.post(things.desk, "move", school.custodian, source=school.places.store, target=school.places.office,
                    slip=slip)  # fmt: skip


def test_the_database_itself_refuses_a_move_without_a_slip(school, things):
    with pytest.raises(peewee.IntegrityError), database.atomic():
        ledger.Movement.create(asset=things.desk, kind="move", quantity=1, source=school.places.store,
                               target=school.places.office)  # fmt: skip


def test_off_here_and_on_there_is_no_way_round(school, things):
    ledger.post(things.projector, "removal", school.custodian, source=school.places.classroom, reason="找不到")
    with pytest.raises(Refused, match="was taken off in 201教室"):
        ledger.post(things.projector, "entry", school.custodian, target=school.places.office, reason="找到了")
    ledger.post(things.projector, "entry", school.custodian, target=school.places.classroom, reason="找到了")
    assert Asset.get_by_id(things.projector.id).place == school.places.classroom


def test_a_row_of_the_wrong_shape_stops_the_programmer(school, things):
    for kind, where in (("entry", {"source": school.places.store}), ("removal", {"target": school.places.store}),
                        ("reversal", {"target": school.places.store}), ("split", {"target": school.places.store}),
                        ("merge", {"target": school.places.store})):  # fmt: skip
        with pytest.raises(ValueError, match=kind):
            ledger.post(things.desk, kind, school.custodian, **where)


def test_an_entry_is_reversed_once_and_a_reversal_never(school, things):
    entry = ledger.Movement.get(ledger.Movement.asset == things.desk)
    mirror = ledger.reverse(entry, school.custodian, "记错")
    assert ledger.balance(things.desk) == 0
    with pytest.raises(Refused, match="already reversed"):
        ledger.reverse(entry, school.custodian, "再来")
    with pytest.raises(Refused, match="can't be reversed"):
        ledger.reverse(mirror, school.custodian, "再来")


def test_both_rooms_tell_a_move(school, things, ctx):
    carried(things.desk, school.places.store, school.places.classroom, school.custodian, 5)
    left = [event.sentence for event in journal.about(place=school.places.store.id)]
    came = [event.sentence for event in journal.about(place=school.places.classroom.id)]
    assert "moved 课桌 from here to 201教室: 5 张" in left
    assert "moved 课桌 from 总务仓库 to 201教室: 5 张" in came


def test_a_higher_noun_may_object_to_taking_off(school, things, monkeypatch):
    def lent(asset: Asset, quantity: int) -> None:
        raise Refused("It is lent.")

    monkeypatch.setattr(ledger, "before_leaving", [lent])
    with pytest.raises(Refused, match="It is lent"):
        ledger.post(things.desk, "removal", None, source=school.places.store)
    carried(things.desk, school.places.store, school.places.office, school.custodian)


def test_what_was_disposed_of_and_is_entered_again_is_in_use(school, things):
    ledger.post(things.desk, "removal", school.custodian, quantity=40, source=school.places.store, reason="报废")
    things.desk.set_state("disposed", school.custodian)
    ledger.post(things.desk, "entry", school.custodian, quantity=2, target=school.places.store, reason="找到了")
    assert Asset.get_by_id(things.desk.id).state == "in_use"
    assert journal.about(asset=things.desk.id).where(journal.Event.action == "assets.state_in_use").count() == 1
