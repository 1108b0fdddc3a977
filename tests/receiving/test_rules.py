"""The road of a delivery as rows and rules: accepted by two, stocked in, entered, reimbursed; no step is skipped."""

import peewee
import pytest

from app import journal
from app.assets import ledger
from app.assets.models import Asset, Category
from app.db import database
from app.errors import Refused
from app.places.codes import Label
from app.printing.models import Basket
from app.receiving.models import (
    Acceptance,
    Confirmation,
    Delivery,
    DeliveryLine,
    Entry,
    Found,
    Item,
    LineAsset,
    Refusal,
    Reimbursement,
    StockIn,
)

pytestmark = pytest.mark.usefixtures("ctx")


def stored(delivery: Delivery) -> Delivery:
    return Delivery.shown().where(Delivery.id == delivery.id).get()


def actions(delivery: Delivery) -> list[str]:
    return [event.action.removeprefix("receiving.") for event in journal.about(thing=delivery)][::-1]


def test_the_whole_road(school, finance, arrive, all_good):
    delivery = arrive()
    assert delivery.number == "DH-2026-0001"
    assert stored(delivery).state == "accept"
    delivery.check(school.director, all_good(delivery), looks="包装完好", trial="works", extras="说明书 3 份")
    assert stored(delivery).state == "accept"
    delivery.confirm(school.teacher)
    assert stored(delivery).state == "stock"
    slip = delivery.put_in_stock(school.custodian, school.places.store)
    assert (slip.number, stored(delivery).state) == ("RK-2026-0001", "enter")
    record = delivery.enter(school.custodian)
    assert (record.number, stored(delivery).state) == ("DZ-2026-0001", "reimburse")
    delivery.reimburse(finance, "记-118")
    assert stored(delivery).state == "done"
    row = Reimbursement.get()
    assert (row.by, row.amount, row.voucher) == (finance, 3 * 459900 + 40 * 8550, "记-118")
    assert actions(delivery) == ["arrived", "checked", "confirmed", "stocked", "entered", "reimbursed"]


def test_the_entry_makes_cards_with_numbers_codes_and_ledger_rows(school, brought):
    delivery = brought("reimburse")
    cards = list(Asset.select().order_by(Asset.id))
    assert [card.name for card in cards] == ["投影仪"] * 3 + ["学生椅"]
    assert len({card.number for card in cards}) == 4
    assert {card.state for card in cards} == {"idle"}
    assert [card.place for card in cards[:3]] == [school.places.store] * 3
    projector, chairs = cards[0], cards[3]
    assert (projector.supplier, projector.invoice, projector.fund) == ("清溪文教用品公司", "No.2026118", "财政拨款")
    assert (projector.unit_price, projector.brand, projector.model) == (459900, "爱普生", "CB-X51")
    assert (projector.acquired_on, projector.source) == (delivery.arrived_on, "bought")
    assert (chairs.is_batch, ledger.balance(chairs, school.places.store)) == (True, 40)
    assert list(ledger.differences()) == []
    assert {label.asset_id for label in Basket.waiting()} >= {card.id for card in cards}
    assert Label.select().where(Label.asset.in_(cards)).count() == 4
    assert [line.cards for line in delivery.lines] == [3, 1]
    assert LineAsset.delivery_of(chairs).scalar() == delivery.id


def test_refused_goods_go_back_and_never_reach_the_ledger(brought):
    delivery = brought("reimburse", 投影仪=(2, "外壳破裂"), 学生椅=(0, "型号不符"))
    refusals = [(row.line.name, row.quantity, row.reason) for row in Refusal.select().order_by(Refusal.id)]
    assert refusals == [("投影仪", 1, "外壳破裂"), ("学生椅", 40, "型号不符")]
    assert [card.name for card in Asset.select()] == ["投影仪"] * 2
    assert delivery.total == 2 * 459900
    sentences = [event.sentence for event in journal.about(thing=delivery)]
    assert "sends back 1 台 of 投影仪: 外壳破裂" in sentences
    assert "sends back 40 把 of 学生椅: 型号不符" in sentences


def test_when_everything_is_refused_it_is_over(school, brought):
    delivery = brought("stock", 投影仪=(0, "坏"), 学生椅=(0, "坏"))
    assert stored(delivery).state == "sent_back"
    with pytest.raises(Refused, match="goes back"):
        delivery.put_in_stock(school.custodian, school.places.store)
    assert StockIn.select().count() == 0


# Nothing is skipped -----------------------------------------------------------------------------------------


def test_a_skipped_step_is_refused_with_its_name(school, finance, brought):
    delivery = brought("accept")
    for act in (
        lambda: delivery.put_in_stock(school.custodian, school.places.store),
        lambda: delivery.enter(school.custodian),
        lambda: delivery.reimburse(finance),
    ):
        with pytest.raises(Refused, match="First comes: acceptance"):
            act()
    delivery = brought("stock")
    with pytest.raises(Refused, match=r"First comes: stock-in\. Then: entry in the ledger"):
        delivery.enter(school.custodian)
    delivery = brought("enter")
    with pytest.raises(Refused, match="First comes: entry in the ledger"):
        delivery.reimburse(finance)
    assert Reimbursement.select().count() == 0
    assert Asset.select().count() == 0


def test_a_step_done_twice_is_refused_with_who_did_it(school, finance, brought):
    delivery = brought("reimburse")
    for act in (
        lambda: delivery.check(school.custodian, {}),
        lambda: delivery.put_in_stock(school.custodian, school.places.store),
        lambda: delivery.enter(school.custodian),
    ):
        with pytest.raises(Refused, match="is done already: 钱秀英, today"):
            act()
    delivery.reimburse(finance)
    with pytest.raises(Refused, match="Reimbursement is done already: 金有余"):
        delivery.reimburse(finance)
    assert Reimbursement.select().count() == 1


def test_the_database_itself_holds_one_of_each(school, finance, brought):
    delivery = brought("reimburse")
    delivery.reimburse(finance)
    first = Acceptance.get()
    doubles = (
        lambda: Acceptance.create(delivery=delivery, by=school.custodian),
        lambda: Confirmation.create(acceptance=first, delivery=delivery, first=first.by, by=school.teacher, accepted=1),
        lambda: StockIn.create(delivery=delivery, number="RK-2", place=school.places.store, by=school.custodian),
        lambda: Entry.create(delivery=delivery, number="DZ-2", by=school.custodian),
        lambda: Reimbursement.create(delivery=delivery, by=finance, amount=1),
    )
    for double in doubles:
        with pytest.raises(peewee.IntegrityError), database.atomic():
            double()


@pytest.mark.parametrize("model", [Confirmation, DeliveryLine, Entry, LineAsset, Refusal, Reimbursement, StockIn])
def test_what_was_done_is_never_changed(finance, brought, model):
    brought("reimburse", 投影仪=(2, "坏")).reimburse(finance)
    with pytest.raises(peewee.IntegrityError, match="never changed"), database.atomic():
        model.delete().execute()


# Two different people ---------------------------------------------------------------------------------------


def test_the_second_person_is_another(school, arrive, all_good):
    delivery = arrive()
    delivery.check(school.custodian, all_good(delivery))
    with pytest.raises(Refused, match="a second person has to confirm"):
        delivery.confirm(school.custodian)
    with pytest.raises(peewee.IntegrityError), database.atomic():
        Confirmation.create(
            acceptance=Acceptance.get(), delivery=delivery, first=school.custodian, by=school.custodian, accepted=1
        )


def test_a_stranger_accepts_nothing(school, arrive, all_good):
    delivery = arrive()
    with pytest.raises(Refused) as refused:
        delivery.check(school.stranger, all_good(delivery))
    assert refused.value.status == 403
    delivery.check(school.teacher, all_good(delivery))
    with pytest.raises(Refused):
        delivery.confirm(school.stranger)


def test_the_second_of_two_who_check_is_told_to_confirm(school, arrive, all_good):
    delivery = arrive()
    delivery.check(school.director, all_good(delivery))
    with pytest.raises(Refused, match="赵建国 has already checked these goods"):
        delivery.check(school.custodian, all_good(delivery))


def test_who_objects_has_it_checked_anew_and_both_stay(school, arrive, all_good):
    delivery = arrive()
    delivery.check(school.director, all_good(delivery))
    delivery.object(school.teacher, "只数到 38 把")
    assert stored(delivery).acceptance is None
    assert delivery.lines[1].accepted is None
    delivery.check(school.director, all_good(delivery, 学生椅=(38, "少 2 把")))
    delivery.confirm(school.teacher)
    assert Acceptance.select().count() == 2
    assert [line.accepted for line in delivery.lines] == [3, 38]
    assert actions(delivery)[1:] == ["checked", "objected", "checked", "confirmed", "refused"]


def test_nobody_confirms_what_nobody_checked(school, arrive):
    delivery = arrive()
    with pytest.raises(Refused, match="Nobody has checked"):
        delivery.confirm(school.teacher)
    with pytest.raises(Refused, match="Nobody has checked"):
        delivery.object(school.teacher, "没看到货")


# Bad facts --------------------------------------------------------------------------------------------------


def test_a_refusal_needs_a_reason_and_no_more_than_came_is_accepted(school, arrive, all_good):
    delivery = arrive()
    with pytest.raises(Refused, match="why they go back"):
        delivery.check(school.director, all_good(delivery, 投影仪=(2, " ")))
    with pytest.raises(Refused, match="only 3 came"):
        delivery.check(school.director, all_good(delivery, 投影仪=(4, "多了")))
    with pytest.raises(Refused, match="each line"):
        delivery.check(school.director, {delivery.lines[0]: Found(3)})
    assert Acceptance.select().count() == 0


def test_goods_go_into_a_store_room_that_is_open(school, brought):
    delivery = brought("stock")
    with pytest.raises(Refused, match="201教室 is not a store room"):
        delivery.put_in_stock(school.custodian, school.places.classroom)
    store = school.places.store
    store.close(school.director, "停用")
    with pytest.raises(Refused, match="总务仓库 is closed"):
        delivery.put_in_stock(school.custodian, store)


def test_a_delivery_has_lines_and_not_too_many_cards(school, categories):
    facts = {"supplier": "某公司"}
    with pytest.raises(Refused, match="at least one line"):
        Delivery.arrive(school.custodian, [], **facts)
    many = [Item("平板", categories.projector, 300, "台", 1)] * 2
    with pytest.raises(Refused, match="At most 500 cards"):
        Delivery.arrive(school.custodian, many, **facts)
    with pytest.raises(Refused, match="At most 40 lines"):
        Delivery.arrive(school.custodian, [Item("椅", categories.chair, 1, "把", 1, True)] * 41, **facts)
    assert Delivery.select().count() == 0


# Void, reversed ---------------------------------------------------------------------------------------------


def test_a_wrong_delivery_is_made_void_until_it_is_accepted(school, arrive, brought):
    delivery = arrive()
    delivery.void(school.custodian, "录错了供应商")
    assert stored(delivery).state == "void"
    with pytest.raises(Refused, match="void: 录错了供应商"):
        delivery.void(school.custodian, "again")
    with pytest.raises(Refused, match="void: 录错了供应商"):
        delivery.enter(school.custodian)
    with pytest.raises(Refused, match="accepted already"):
        brought("stock").void(school.custodian, "too late")


def test_a_voucher_of_a_reversed_entry_is_not_paid(school, finance, brought):
    delivery = brought("reimburse")
    card = Asset.get(Asset.name == "投影仪")
    ledger.reverse(ledger.Movement.get(ledger.Movement.asset == card), school.custodian, "录错")
    assert delivery.missing == 1
    with pytest.raises(Refused, match="reversed in the ledger"):
        delivery.reimburse(finance)


# Lists ------------------------------------------------------------------------------------------------------


def test_the_state_of_rows_and_of_queries_agree(school, finance, brought, arrive):
    for step in ("accept", "stock", "enter", "reimburse"):
        brought(step)
    brought("reimburse").reimburse(finance)
    arrive().void(school.custodian, "错")
    brought("stock", 投影仪=(0, "坏"), 学生椅=(0, "坏"))
    counts = Delivery.counts(Delivery.visible_to(school.custodian))
    assert counts == dict.fromkeys(("accept", "stock", "enter", "reimburse", "done", "void", "sent_back"), 1)
    for state in counts:
        rows = list(Delivery.shown().where(Delivery.in_state(state)))
        assert [row.state for row in rows] == [state]


def test_who_sees_which(school, finance, arrive):
    delivery = arrive()
    for who in (school.director, school.custodian, school.principal, school.teacher, finance):
        assert list(Delivery.visible_to(who)) == [delivery], who.name
    for who in (school.stranger, school.cleaner, school.card):
        assert list(Delivery.visible_to(who)) == []


def test_a_category_that_carries_cards_may_be_renamed(school, brought, categories):
    brought("reimburse")
    categories.chair.change(school.custodian, name="椅凳类")
    assert Category.get_by_id(categories.chair.id).name == "椅凳类"
