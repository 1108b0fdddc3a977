"""What is out is found by its holder, and can't leave the ledger."""

from datetime import timedelta

import pytest

from app import clock
from app.assets import ledger
from app.assets.models import Asset
from app.custody.models import Custody
from app.errors import Refused


@pytest.fixture
def lent(school, things):
    due = clock.today() + timedelta(7)
    return Custody.lend(things.projector, school.teacher, school.custodian, due_on=due)


def found(words, who):
    return [asset.name for asset in Asset.select().where(Asset.matching(words, who))]


def test_a_search_for_the_holder_finds_the_thing(school, things, lent):
    assert found("李敏", school.custodian) == ["投影仪"]
    assert found("lm", school.custodian) == ["投影仪"]
    lent.take_back(school.custodian, condition="good")
    assert found("李敏", school.custodian) == []


def test_those_who_may_not_see_holders_can_not_search_for_them(school, things, lent):
    assert found("李敏", school.electrician) == []
    assert found("李敏", None) == []


def test_a_lent_thing_is_not_taken_off(school, things, lent):
    with pytest.raises(Refused, match="already lent to"):
        ledger.post(things.projector, "removal", school.custodian, source=school.places.store, reason="坏")
    lent.take_back(school.custodian, condition="good")
    ledger.post(things.projector, "removal", school.custodian, source=school.places.store, reason="坏")
    assert ledger.balance(things.projector) == 0


def test_the_entry_of_a_lent_thing_is_not_reversed(school, things, lent):
    entry = ledger.Movement.get(ledger.Movement.asset == things.projector)
    with pytest.raises(Refused, match="already lent to"):
        ledger.reverse(entry, school.custodian, "记错")


def test_of_a_batch_only_what_is_free_is_taken_off(school, things):
    Custody.hand_out(things.chairs, school.teacher, school.custodian, quantity=4)
    with pytest.raises(Refused, match="Only 6"):
        ledger.post(things.chairs, "removal", school.custodian, quantity=7, source=school.places.store, reason="坏")
    ledger.post(things.chairs, "removal", school.custodian, quantity=6, source=school.places.store, reason="坏")
    assert ledger.balance(things.chairs) == 4
