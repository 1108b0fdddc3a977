"""Everybody agrees: the ledger, the keeper and whoever has it in use follow in the same act. Or somebody refuses."""

import pytest

from app import journal
from app.assets import keeping, ledger
from app.assets.keeping import Keeping
from app.assets.models import Asset
from app.custody.models import Custody
from app.errors import Refused
from app.transfers.models import Transfer, TransferLine, Wanted
from tests.helpers import agreed_by_all


def agrees():
    assert list(ledger.differences()) == []
    assert list(ledger.misplaced()) == []
    assert list(keeping.differences()) == []


def fresh(asset):
    return Asset.get_by_id(asset.id)


def test_three_people_agree_and_only_then_it_moves(school, things, ask):
    slip = ask(things.projector, by=school.counsellor)
    slip.agree(school.stranger)
    slip.agree(school.teacher)
    assert fresh(things.projector).place == school.places.classroom
    slip.agree(school.director)
    asset = fresh(things.projector)
    assert (asset.place, asset.keeper, asset.office) == (school.places.office, school.stranger, school.office)
    assert slip.state == "agreed"
    assert Transfer.get_by_id(slip.id).settled_at is not None
    row = ledger.Movement.select().order_by(ledger.Movement.id.desc()).first()
    assert (row.kind, row.slip, row.slip_id, row.person) == ("move", "transfer", slip.id, school.director)
    agrees()


def test_the_office_in_charge_changes_when_the_slip_says_so(school, things, ask):
    agreed_by_all(ask(things.projector, office=school.teaching))
    assert fresh(things.projector).office == school.teaching
    agrees()


def test_only_the_keeper_changes_when_no_room_is_named(school, things, ask):
    before = ledger.Movement.select().count()
    agreed_by_all(ask(things.projector, place=None, taker=school.stranger))
    asset = fresh(things.projector)
    assert (asset.place, asset.keeper) == (school.places.classroom, school.stranger)
    assert ledger.Movement.select().count() == before
    agrees()


def test_ten_of_forty_desks_move_and_the_card_stays(school, things, ask):
    agreed_by_all(ask(things.desks, school.places.store, 10))
    assert ledger.balance(things.desks, school.places.office) == 10
    assert ledger.balance(things.desks, school.places.store) == 30
    assert fresh(things.desks).keeper is None
    agrees()


def test_a_whole_batch_gets_a_keeper_where_it_stands(school, things, ask):
    slip = agreed_by_all(ask(things.desks, school.places.store, 40, place=None, taker=school.stranger))
    assert slip.lines[0].source is None
    assert fresh(things.desks).keeper == school.stranger
    assert ledger.balance(things.desks, school.places.store) == 40
    agrees()


@pytest.mark.parametrize("quantity", [0, 3, 41])
def test_of_a_whole_batch_the_slip_names_all_of_it(school, things, ask, quantity):
    slip = ask(things.desks, school.places.store, quantity, place=None, taker=school.stranger)
    assert slip.lines[0].quantity == 40


def test_many_things_go_in_one_slip(school, things):
    wanted = [Wanted(things.projector, school.places.classroom), Wanted(things.lectern, school.places.toilet),
              Wanted(things.desks, school.places.store, 7)]  # fmt: skip
    agreed_by_all(Transfer.ask(school.custodian, wanted, reason="布置", place=school.places.office))
    assert fresh(things.projector).place == fresh(things.lectern).place == school.places.office
    assert ledger.balance(things.desks, school.places.office) == 7
    agrees()


def test_what_someone_has_in_use_goes_on_in_the_takers_name(school, things, ask):
    Custody.hand_out(things.projector, school.teacher, school.custodian)
    agreed_by_all(ask(things.projector))
    assert Custody.open_of(things.projector).person == school.stranger
    assert Custody.held_by(school.teacher).count() == 0


def test_what_was_lent_meanwhile_is_not_moved(school, things, ask):
    from app import clock

    slip = ask(things.projector)
    Custody.lend(things.projector, school.electrician, school.custodian, due_on=clock.today())
    slip.agree(school.stranger)
    with pytest.raises(Refused, match="is lent"):
        slip.agree(school.director)
    assert slip.state == "open"
    assert fresh(things.projector).place == school.places.classroom
    assert fresh(things.projector).keeper == school.teacher
    agrees()


def test_refused_everything_stays_and_is_free_again(school, things, ask, ctx):
    slip = ask(things.projector)
    slip.refuse(school.stranger, "放不下")
    assert slip.state == "refused"
    assert fresh(things.projector).place == school.places.classroom
    assert list(TransferLine.open_for([things.projector])) == []
    told = [event.sentence for event in journal.about(asset=things.projector.id)]
    assert f"transfer {slip.number} came to nothing; everything stays as it was" in told
    with pytest.raises(Refused, match="has already refused"):
        slip.agree(school.director)


def test_withdrawn_by_who_asked_and_by_nobody_else(school, things, ask):
    slip = ask(things.projector)
    with pytest.raises(Refused):
        slip.withdraw(school.stranger)
    slip.withdraw(school.teacher, "不换了")
    assert slip.state == "withdrawn"
    assert list(TransferLine.open_for([things.projector])) == []


def test_what_is_gone_meanwhile_undoes_the_last_agreement(school, things, ask):
    slip = ask(things.projector)
    slip.agree(school.stranger)
    ledger.post(things.projector, "removal", school.custodian, source=school.places.classroom, reason="丢")
    with pytest.raises(Refused, match="does not hold 1 of 投影仪"):
        slip.agree(school.director)
    assert slip.state == "open"
    agrees()


def test_a_reversal_brings_place_and_keeper_back_and_both_rows_stay(school, things, ask):
    agreed_by_all(ask(things.projector, office=school.teaching))
    row = ledger.Movement.select().where(ledger.Movement.kind == "move").get()
    ledger.reverse(row, school.custodian, "搬错了")
    asset = fresh(things.projector)
    assert (asset.place, asset.keeper, asset.office) == (school.places.classroom, school.teacher, school.office)
    assert Keeping.select().where(Keeping.asset == things.projector).count() == 3
    assert ledger.Movement.select().where(ledger.Movement.asset == things.projector).count() == 3
    agrees()


def test_a_reversal_takes_nothing_from_whoever_keeps_it_since(school, things, ask):
    agreed_by_all(ask(things.projector))
    row = ledger.Movement.select().where(ledger.Movement.kind == "move").get()
    agreed_by_all(ask(things.projector, school.places.office, place=None, taker=school.counsellor, by=school.custodian))
    ledger.reverse(row, school.custodian, "搬错了")
    assert fresh(things.projector).keeper == school.counsellor
    agrees()


def test_who_answers_twice_or_is_not_asked_is_told(school, things, ask):
    slip = ask(things.projector)
    slip.agree(school.stranger)
    with pytest.raises(Refused, match="has already agreed"):
        slip.agree(school.stranger)
    with pytest.raises(Refused, match="waits for"):
        slip.agree(school.electrician)


def test_nobody_becomes_a_keeper_by_another_road(school, things, ask):
    for slip in (None, ask(things.projector)):
        with pytest.raises(Refused, match="only by a transfer"):
            keeping.keep(things.projector, school.custodian, slip=slip, person=school.stranger, office=None)
