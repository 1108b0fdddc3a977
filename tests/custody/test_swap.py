"""Old for new: the old one comes back in the same act, and is on the shelf again or off the ledger."""

import pytest

from app.assets import ledger
from app.assets.models import Asset
from app.custody.models import Custody
from app.custody.requests import Handing, Request
from app.custody.swaps import Old, Swap
from app.errors import Refused
from app.journal import Event


def give(school, asset, quantity: int = 1) -> Custody:
    return Custody.hand_out(asset, school.teacher, school.custodian, quantity=quantity)


def test_a_worn_one_of_a_batch_leaves_the_ledger(school, things):
    old = give(school, things.chairs, 3)
    new = give(school, things.chairs)
    Swap.make(new, Old(old), school.custodian)
    rest = Custody.get(Custody.rest_of == old)
    assert (Custody.get_by_id(old.id).returned.condition, rest.quantity) == ("damaged", 2)
    assert ledger.balance(things.chairs) == 9
    assert Swap.get().what == "折叠椅"


def test_a_good_one_goes_back_on_the_shelf(school, things):
    old = give(school, things.chairs)
    Swap.make(give(school, things.chairs), Old(old, fate="kept"), school.custodian)
    assert Custody.get_by_id(old.id).returned.condition == "good"
    assert ledger.balance(things.chairs) == 10


def test_a_worn_thing_with_a_card_waits_for_its_write_off(school, things):
    old = give(school, things.speaker)
    Swap.make(give(school, things.projector), Old(old, "按键失灵"), school.custodian)
    assert Asset.get_by_id(things.speaker.id).state == "to_dispose"
    assert ledger.balance(things.speaker) == 1
    assert Custody.get_by_id(old.id).returned.note == "按键失灵"


def test_what_is_not_on_record_is_said_in_words(school, things):
    new = give(school, things.chairs)
    with pytest.raises(Refused, match="which old one"):
        Swap.make(new, Old(), school.custodian)
    Swap.make(new, Old(words="旧折叠椅一把"), school.custodian)
    assert (Swap.get().what, Swap.get().old) == ("旧折叠椅一把", None)


def test_not_from_somebody_else_and_not_for_a_loan(school, things):
    others = Custody.hand_out(things.chairs, school.stranger, school.custodian)
    with pytest.raises(Refused, match="not in the name of 李敏"):
        Swap.make(give(school, things.chairs), Old(others), school.custodian)
    from tests.custody.asking import in_days

    loan = Custody.lend(things.speaker, school.teacher, school.custodian, due_on=in_days(2))
    with pytest.raises(Refused, match="handed out to be kept"):
        Swap.make(loan, Old(words="旧的"), school.custodian)


def test_at_the_counter_in_one_form(school, things, phone):
    old = give(school, things.chairs)
    custodian, url = phone(school.custodian), f"/custody/lend/{things.codes['chairs']}"
    sent = {"kind": "issue", "person_id": school.teacher.id, "quantity": "1", "swap": "y", "fate": "worn"}
    where = custodian.send(url, sent).headers["Location"]
    assert Swap.get().old == old
    page = custodian.get(where).text
    assert "swapped" in page
    assert "Old for new" in page


def test_at_the_counter_without_an_old_one_on_record(school, things, phone):
    custodian, url = phone(school.custodian), f"/custody/lend/{things.codes['chairs']}"
    sent = {"kind": "issue", "person_id": school.teacher.id, "quantity": "1", "swap": "y"}
    answer = custodian.send(url, sent)
    assert answer.status_code == 422
    assert "which old one came back" in answer.text
    assert not Custody.select().exists()
    custodian.send(url, {**sent, "old_words": "旧椅子"})
    assert Swap.get().words == "旧椅子"


def test_agreed_to_as_a_swap_it_is_handed_over_only_for_the_old_one(school, things, phone):
    row = Request.ask(school.teacher, "issue", asset=things.chairs, reason="坏了", swap=True)
    row.agree(school.director)
    with pytest.raises(Refused, match="take the old one back"):
        row.hand_over(school.custodian, [Handing(things.chairs)])
    custodian, url = phone(school.custodian), f"/custody/requests/{row.id}/handing"
    assert "Old for new" in custodian.get(url).text
    answer = custodian.send(url, {"quantity": "1", "old": "", "old_words": "", "fate": "worn"})
    assert answer.status_code == 422
    custodian.send(url, {"quantity": "1", "old": "", "old_words": "旧椅子一把", "fate": "worn"})
    assert (Swap.get().words, Swap.get().custody.person) == ("旧椅子一把", school.teacher)


def test_it_is_flagged_in_the_journal(school, things):
    old = give(school, things.chairs)
    new = give(school, things.chairs)
    Swap.make(new, Old(old), school.custodian)
    event = Event.select().where(Event.action == "custody.swapped").get()
    assert (event.noun_id, event.facts["old"]) == (new.id, "折叠椅")
