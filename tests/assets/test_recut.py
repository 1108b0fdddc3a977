"""Splitting a batch, cards for its things, putting batches together: nothing comes and nothing goes."""

import pytest

from app import journal
from app.assets import keeping, ledger, recut
from app.assets.ledger import Movement
from app.assets.models import Asset
from app.custody.models import Custody
from app.errors import Refused
from app.once import new_key
from app.places.codes import Label
from tests.helpers import carried


def untouched():
    return Asset.select().count(), Movement.select().count(), Label.select().count()


def agrees():
    assert list(ledger.differences()) == []
    assert list(ledger.misplaced()) == []
    assert list(keeping.differences()) == []


# A batch becomes singles


def test_ten_of_forty_desks_get_cards_and_labels_of_their_own(school, things):
    singles = recut.to_singles(things.desk, school.places.store, 10, school.custodian, "逐件贴码")
    assert len({single.number for single in singles}) == len(singles) == 10
    assert len({single.label.code for single in singles}) == 10
    assert ledger.balance(things.desk) == 30
    for single in singles:
        fresh = Asset.get_by_id(single.id)
        assert (fresh.place, fresh.is_batch, fresh.name) == (school.places.store, False, "课桌")
        assert (fresh.unit_price, fresh.size, fresh.office, fresh.category) == (18000, 5, school.office, things.desks)
        assert fresh.label.basket_at is not None
    agrees()


def test_an_empty_batch_keeps_its_card_but_not_its_label(school, things):
    code = things.desk.label.code
    recut.to_singles(things.desk, school.places.store, 40, school.custodian, "逐件贴码")
    assert Label.get_by_id(code).retired_at is not None
    assert Asset.get_by_id(things.desk.id).label is None
    assert ledger.balance(things.desk) == 0
    agrees()


def test_a_split_is_reversed_as_a_whole_from_either_side(school, things):
    for side in ("out", "in"):
        singles = recut.to_singles(things.desk, school.places.store, 40, school.custodian, "贴码")
        rows = list(Movement.select().where(Movement.kind == "split").order_by(Movement.id.desc()).limit(41))
        ledger.reverse(rows[-1] if side == "out" else rows[7], school.custodian, "不拆了")
        assert ledger.balance(things.desk, school.places.store) == 40
        assert things.desk.label is not None
        assert all(single.label is None and ledger.balance(single) == 0 for single in singles)
        with pytest.raises(Refused, match="already reversed"):
            ledger.reverse(rows[3], school.custodian, "再来")
    agrees()


def test_a_split_is_not_reversed_once_a_thing_has_gone_elsewhere(school, things):
    singles = recut.to_singles(things.desk, school.places.store, 3, school.custodian, "贴码")
    carried(singles[1], school.places.store, school.places.office, school.custodian)
    row = Movement.get(Movement.asset == things.desk, Movement.kind == "split")
    with pytest.raises(Refused, match="does not hold 1 of 课桌"):
        ledger.reverse(row, school.custodian, "不拆了")
    assert ledger.balance(things.desk) == 37
    agrees()


def test_what_is_lent_is_not_split_away(school, things):
    Custody.hand_out(things.desk, school.teacher, school.custodian, quantity=35)
    with pytest.raises(Refused, match="left to give out"):
        recut.to_singles(things.desk, school.places.store, 6, school.custodian, "贴码")
    recut.to_singles(things.desk, school.places.store, 5, school.custodian, "贴码")


@pytest.mark.parametrize("quantity", [0, -1, 41, 501])
def test_too_many_or_none_are_refused_and_nothing_is_left_behind(school, things, quantity):
    before = untouched()
    with pytest.raises(Refused):
        recut.to_singles(things.desk, school.places.store, quantity, school.custodian, "贴码")
    assert untouched() == before


def test_one_thing_is_no_batch(school, things):
    with pytest.raises(Refused, match="is one thing, not a batch"):
        recut.to_singles(things.projector, school.places.classroom, 1, school.custodian, "贴码")


# A second batch


def test_some_get_a_batch_card_of_their_own(school, things):
    part = recut.split_off(things.desk, school.places.store, 10, school.custodian, "分开管理")
    assert part.is_batch
    assert part.number != things.desk.number
    assert (ledger.balance(things.desk), ledger.balance(part, school.places.store)) == (30, 10)
    agrees()


def test_all_of_it_would_leave_an_empty_card(school, things):
    before = untouched()
    with pytest.raises(Refused, match="That is all there is"):
        recut.split_off(things.desk, school.places.store, 40, school.custodian, "分开")
    assert untouched() == before


# Together again


def test_batches_that_are_alike_come_on_one_card(school, things):
    part = recut.split_off(things.desk, school.places.store, 10, school.custodian, "分开")
    carried(part, school.places.store, school.places.office, school.custodian, 4)
    assert [batch.id for batch in recut.alike(things.desk)] == [part.id]
    recut.merge(things.desk, part, school.custodian, "合回")
    assert (ledger.balance(things.desk, school.places.store), ledger.balance(things.desk, school.places.office)) == (
        36,
        4,
    )
    assert ledger.balance(part) == 0
    assert part.label is None
    assert list(recut.alike(things.desk)) == []
    agrees()


def test_a_merge_is_reversed_room_by_room(school, things):
    part = recut.split_off(things.desk, school.places.store, 10, school.custodian, "分开")
    (row,) = recut.merge(things.desk, part, school.custodian, "合回")
    ledger.reverse(row, school.custodian, "合错了")
    assert (ledger.balance(things.desk), ledger.balance(part)) == (30, 10)
    assert part.label is not None
    agrees()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"unit": "把"}, "unit"), ({"unit_price": 1}, "unit price"), ({"size": 3}, "size number")],
)
def test_what_is_not_alike_stays_apart(school, things, change, words):
    part = recut.split_off(things.desk, school.places.store, 10, school.custodian, "分开")
    part.change(school.custodian, **change)
    before = untouched()
    with pytest.raises(Refused, match=f"not alike: {words}"):
        recut.merge(things.desk, part, school.custodian, "合回")
    assert untouched() == before
    assert list(recut.alike(things.desk)) == []


def test_a_merge_changes_no_keeper(school, things):
    part = recut.split_off(things.desk, school.places.store, 10, school.custodian, "分开")
    carried(part, None, None, school.custodian, 10, taker=school.stranger)
    with pytest.raises(Refused, match="not alike: keeper"):
        recut.merge(things.desk, part, school.custodian, "合回")


def test_a_batch_is_not_merged_with_itself_or_with_a_thing(school, things):
    with pytest.raises(Refused, match="another batch"):
        recut.merge(things.desk, things.desk, school.custodian, "合")
    with pytest.raises(Refused, match="is one thing"):
        recut.merge(things.desk, things.projector, school.custodian, "合")


# The pages


def split_form(school, **change):
    return {"source": school.places.store.id, "quantity": "3", "into": "singles", "reason": "贴码", **change}


def test_the_custodian_splits_on_the_page(school, things, phone, ctx):
    browser = phone(school.custodian)
    assert "Split" in browser.get(f"/assets/{things.desk.id}").text
    assert "总务仓库 (40 张)" in browser.get(f"/assets/{things.desk.id}/split").text
    answer = browser.send(f"/assets/{things.desk.id}/split", split_form(school))
    assert answer.status_code == 303
    assert "3 things have cards of their own now" in browser.get(answer.location).text
    assert ledger.balance(things.desk) == 37
    story = [event.sentence for event in journal.about(asset=things.desk.id)]
    assert "took 3 张 out of 课桌 at 教学楼 二楼 总务仓库, to keep them apart: 贴码" in story or any(
        "贴码" in x for x in story
    )


def test_the_custodian_merges_on_the_page(school, things, phone):
    browser = phone(school.custodian)
    assert "No other batch is alike" in browser.get(f"/assets/{things.desk.id}/merger").text
    browser.send(f"/assets/{things.desk.id}/split", split_form(school, into="batch"))
    part = Asset.select().order_by(Asset.id.desc()).first()
    assert part.number in browser.get(f"/assets/{things.desk.id}/merger").text
    answer = browser.send(f"/assets/{things.desk.id}/merger", {"other": part.id, "reason": "合回"})
    assert answer.status_code == 303
    assert ledger.balance(things.desk) == 40


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quantity": "0"}, "Please give a number"),
        ({"quantity": "很多"}, "whole number"),
        ({"quantity": "501"}, "At most 500 at once"),
        ({"quantity": "40", "into": "batch"}, "That is all there is"),
        ({"source": "4444"}, "Please choose one."),
        ({"into": "nothing"}, "Please choose one."),
        ({"reason": ""}, "Please fill this in."),
        ({"reason": "r" * 1_000_000}, "At most 200 characters"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(school, things, phone, change, words):
    before = untouched()
    answer = phone(school.custodian).send(f"/assets/{things.desk.id}/split", split_form(school, **change))
    assert answer.status_code == 422
    assert words in answer.text
    assert untouched() == before


def test_a_batch_that_is_not_offered_is_not_merged(school, things, phone):
    answer = phone(school.custodian).send(
        f"/assets/{things.desk.id}/merger", {"other": things.projector.id, "reason": "合"}
    )
    assert answer.status_code == 422


def test_the_same_form_twice_splits_once(school, things, phone):
    key, browser = new_key(), phone(school.custodian)
    for _time in range(2):
        assert browser.send(f"/assets/{things.desk.id}/split", split_form(school), key=key).status_code == 303
    assert ledger.balance(things.desk) == 37
