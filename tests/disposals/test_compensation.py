"""Compensation: what it costs, typed by a person; no fine, no multiple, no pupil."""

import peewee
import pytest

from app import journal
from app.disposals.compensation import Compensation, find_ticket, wrong_words
from app.errors import Refused
from app.repairs.models import Ticket

pytestmark = pytest.mark.usefixtures("ctx")


@pytest.fixture
def record(school, things):
    def recorded(**given) -> Compensation:
        facts = {
            "thing": "玻璃窗", "cause": "accident", "words": "课间打球撞碎一块", "group": school.classes.three_two,
            "basis": "repair", "amount": 6000,
        }  # fmt: skip
        return Compensation.record(school.custodian, **{**facts, **given})

    return recorded


def test_it_is_recorded_and_waits_to_be_paid(school, record):
    row = record()
    assert (row.number, row.state, row.amount) == ("PC-2026-0001", "open", 6000)
    told = [event.sentence for event in journal.about(thing=row)]
    assert told == ["recorded damage of 玻璃窗, cause: damaged unintentionally, record PC-2026-0001"]


@pytest.mark.parametrize(
    "words",
    [
        "罚款50元",
        "照价罚金",
        "破坏加倍赔偿",
        "双倍",
        "按3倍赔",
        "三 倍",
        "a fine of 50",
        "he was fined",
        "penalty",
        "pay 3 times",
    ],
)
def test_words_of_fines_and_multiples_are_refused(record, words):
    with pytest.raises(Refused, match="can't fine"):
        record(words=words)
    with pytest.raises(Refused, match="can't fine"):
        record(thing=words)


@pytest.mark.parametrize("words", ["王小明同学打碎", "是李华同学踢的", "陈晓雨小朋友画的"])
def test_names_of_pupils_are_refused(words):
    assert "name no pupil" in wrong_words(words)


@pytest.mark.parametrize(
    "words",
    [
        "两名同学追逐时撞倒",
        "全班同学都看见了",
        "周一同学擦窗时",
        "有同学不小心",
        "高年级同学踢球",
        "the lamp is fine now",
    ],
)
def test_other_words_may_stand(words):
    assert wrong_words(words) == ""


@pytest.mark.parametrize("cause", ["wear", "quality"])
def test_wear_and_faults_are_paid_by_nobody(record, cause):
    with pytest.raises(Refused, match="nobody pays"):
        record(cause=cause)
    assert record(cause=cause, amount=None, basis="").state == "nothing"


def test_an_amount_says_what_it_is_and_is_no_more_than_the_thing_cost(record, things):
    with pytest.raises(Refused, match="what the amount is"):
        record(basis="")
    with pytest.raises(Refused, match="more than the thing cost"):
        record(asset=things.old, basis="net", amount=420001)
    assert record(asset=things.old, basis="net", amount=420000).amount == 420000


def test_paid_with_a_receipt_when_the_parents_know(school, record):
    row = record()
    with pytest.raises(Refused, match="receipt"):
        row.pay(school.custodian, " ")
    with pytest.raises(Refused, match="parents have to know"):
        row.pay(school.custodian, "№ 0012")
    row.pay(school.custodian, "№ 0012", parents_informed=True)
    assert (row.state, row.settlement.receipt, row.parents_informed) == ("paid", "№ 0012", True)
    with pytest.raises(Refused, match="paid"):
        row.waive(school.director, "家庭困难")


def test_waived_or_made_void_with_a_reason(school, record):
    first, second, third = record(), record(), record(amount=None, basis="")
    with pytest.raises(Refused, match="why"):
        first.waive(school.director, "")
    with pytest.raises(Refused, match="can't fine"):
        first.waive(school.director, "改为罚款")
    first.waive(school.director, "家庭困难")
    second.make_void(school.director, "重复登记")
    third.make_void(school.director, "登错班级")
    assert [row.state for row in (first, second, third)] == ["waived", "void", "void"]
    with pytest.raises(Refused, match="nobody pays"):
        record(amount=None, basis="").waive(school.director, "不用")


def test_the_database_refuses_an_amount_for_wear_and_paying_without_a_receipt(record):
    row = record()
    with pytest.raises(peewee.IntegrityError):
        Compensation.update(cause="wear").where(Compensation.id == row.id).execute()
    with pytest.raises(peewee.IntegrityError):
        Compensation.update(basis="").where(Compensation.id == row.id).execute()


def test_it_belongs_to_a_repair(school, things, record):
    ticket = Ticket.report(school.teacher, place=school.places.classroom, kind="doors", words="玻璃碎了")
    assert find_ticket(ticket.number, school.custodian) == ticket
    assert find_ticket(ticket.number, school.stranger) is None
    assert find_ticket("20261124-999", school.custodian) is None
    assert find_ticket("nonsense", school.custodian) is None
    row = record(ticket=ticket)
    assert Compensation.shown().where(Compensation.id == row.id).get().ticket_number == ticket.number


def test_the_class_teacher_sees_those_of_the_own_class(school, record):
    record()
    record(group=school.classes.three_three)
    counts = [Compensation.visible_to(who).count() for who in (school.director, school.teacher, school.stranger)]
    assert counts == [2, 1, 0]
