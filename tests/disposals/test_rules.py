"""Which of the two it is, who has to agree, and that the database says no too."""

from datetime import date

import peewee
import pytest

from app.assets import ledger
from app.assets.models import Asset
from app.custody.models import Custody
from app.disposals.disposal import Age, Disposal, Ending
from app.errors import Refused
from app.people.models import Person
from app.photos.models import Photo
from tests.disposals.conftest import agree_all, appraise

pytestmark = pytest.mark.usefixtures("ctx")


def state(asset) -> str:
    return Asset.get_by_id(asset.id).state


@pytest.mark.parametrize(
    ("since", "months", "over"),
    [
        (date(2020, 11, 24), 72, True),
        (date(2020, 11, 25), 71, False),
        (date(2026, 11, 24), 0, False),
        (date(2027, 1, 1), 0, False),
    ],
)
def test_months_count_to_the_day(since, months, over):
    age = Age.of(since, 6)
    assert (age.months, age.is_over) == (months, over)


def test_without_a_minimum_life_nothing_is_below_it_and_without_a_day_nothing_is_over():
    assert Age.of(None, 0).is_over
    assert not Age.of(None, 6).is_over
    assert Age.of(None, 6).words == "not known / 6 years"
    assert Age.of(date(2022, 7, 1), 6).words == "4 years 4 months / 6 years"


def test_past_its_minimum_life_it_is_scrapped(school, things, ask, monkeypatch):
    monkeypatch.setattr("app.disposals.disposal._check_evidence", lambda *any: None)
    slip = ask(reason="worn_out", way="scrap")
    assert (slip.kind, slip.used_months, slip.life_years, slip.value) == ("scrap", 122, 6, 420000)


def test_below_its_minimum_life_it_is_written_off_and_never_scrapped(school, things, ask, monkeypatch):
    monkeypatch.setattr("app.disposals.disposal._check_evidence", lambda *any: None)
    with pytest.raises(Refused, match="Below its minimum life"):
        ask(things.young, reason="too_dear", way="scrap")
    with pytest.raises(Refused, match="minimum life is not over"):
        ask(things.young, reason="worn_out", way="loss")
    assert ask(things.young, reason="too_dear", way="loss").kind == "loss"


def test_what_is_stolen_is_written_off_at_any_age_and_not_sold(things, ask):
    with pytest.raises(Refused, match="only be written off"):
        ask(way="sale")
    assert ask().kind == "loss"


def test_the_database_refuses_scrapping_below_the_life(things, ask):
    slip = ask(things.young)
    with pytest.raises(peewee.IntegrityError):
        Disposal.update(kind="scrap", reason="worn_out").where(Disposal.id == slip.id).execute()


def test_a_photo_and_words_are_needed(things, ask):
    with pytest.raises(Refused, match="photo"):
        ask(reason="worn_out", way="scrap")
    with pytest.raises(Refused, match="in words"):
        ask(words="  ")
    with pytest.raises(Refused, match="original value"):
        ask(things.undated)


def test_at_least_three_different_people_appraise_and_never_who_asks(school, things, ask, three):
    for people in (three[:2], [three[0], three[0], three[1]], [three[0], three[1], three[2], three[2]]):
        with pytest.raises(Refused, match="At least 3 different people"):
            ask(appraisers=people)
    with pytest.raises(Refused, match="Who asks"):
        ask(appraisers=[*three[:2], school.custodian])
    assert not Disposal.select().exists()
    assert state(things.old) == "in_use"


def test_while_it_is_open_the_thing_is_to_be_disposed_of(things, ask):
    slip = ask()
    assert state(things.old) == "to_dispose"
    assert slip.stage == "open"


def test_an_appraiser_has_to_write_an_opinion(ask, three):
    slip = ask()
    with pytest.raises(Refused, match="what you found"):
        slip.agree(three[0])
    assert slip.asks[0].state == "waiting"
    slip.agree(three[0], note="不能开机")
    assert slip.asks[0].reason == "不能开机"


def test_refused_it_is_back_as_it_was(school, things, ask, three):
    things.old.set_state("idle", school.custodian)
    slip = ask()
    slip.refuse(three[1], "换块硬盘还能用")
    slip = Disposal.shown().where(Disposal.id == slip.id).get()
    assert (slip.stage, slip.ending.reason) == ("refused", "换块硬盘还能用")
    assert state(things.old) == "idle"
    assert ask().stage == "open"  # it can be asked anew


def test_withdrawn_it_is_back_as_it_was(school, things, ask):
    slip = ask()
    slip.withdraw(school.custodian, "找到了")
    assert Ending.get().kind == "withdrawn"
    assert state(things.old) == "in_use"


def words_of(slip) -> list[tuple[int, str, str]]:
    return [(row.step, row.words, row.asked) for row in slip.asks]


def test_cheap_things_need_the_director(school, ask):
    slip = ask()
    assert words_of(slip)[3:] == [(3, "director", "General Affairs director")]


@pytest.mark.parametrize(
    ("yuan", "roles"),
    [
        (19_999, ["director"]),
        (20_000, ["director", "vice_principal"]),
        (49_999, ["director", "vice_principal"]),
        (50_000, ["director", "vice_principal", "principal"]),
    ],
)
def test_more_must_agree_the_dearer_it_is(school, things, ask, yuan, roles):
    Person.add("王副校长", roles=("vice_principal",))
    things.old.change(school.custodian, unit_price=yuan * 100)
    assert [row.role for row in ask().asks if row.role] == roles


def test_finance_the_head_and_another_custodian_agree_when_there_are_such(school, ask):
    Person.add("会计", roles=("finance",))
    school.office.change(school.director, school.office.name, school.counsellor)
    slip = ask(by=school.director)
    assert [(row.step, row.words) for row in slip.asks[3:]] == [
        (2, "head"), (2, "custodian"), (3, "director"), (4, "finance"),
    ]  # fmt: skip
    assert slip.asks[5].role == "principal"  # the director asked; the next one above decides


def test_agreed_it_waits_to_be_carried_out_and_then_leaves_the_ledger(school, things, ask, three):
    slip = agree_all(ask(), three, school.director)
    assert slip.stage == "approved"
    assert (state(things.old), ledger.balance(things.old)) == ("to_dispose", 1)
    slip.carry_out(school.custodian, way="loss", residual=0)
    assert (state(things.old), ledger.balance(things.old)) == ("disposed", 0)
    (movement,) = ledger.Movement.select().where(ledger.Movement.kind == "removal")
    assert (movement.slip, movement.slip_id, movement.reason) == ("disposal", slip.id, slip.number)
    assert list(ledger.differences()) == []


def test_it_is_carried_out_once_and_only_when_agreed(school, things, ask, three):
    slip = ask()
    with pytest.raises(Refused, match="to be agreed"):
        slip.carry_out(school.custodian, way="loss")
    slip = agree_all(slip, three, school.director)
    slip.carry_out(school.custodian, way="loss")
    for verb in (lambda: slip.carry_out(school.custodian, way="loss"), lambda: slip.call_off(school.director, "不")):
        with pytest.raises(Refused, match="carried out"):
            verb()


def test_a_dear_one_needs_the_bureaus_number(school, things, ask, three):
    vice, _password = Person.add("王副校长", roles=("vice_principal",))
    things.old.change(school.custodian, unit_price=20_000_000)
    slip = agree_all(ask(), three, school.director, vice, school.principal)
    with pytest.raises(Refused, match="approval number"):
        slip.carry_out(school.custodian, way="loss")
    slip.carry_out(school.custodian, way="loss", bureau_number="昆教资〔2026〕12号")
    assert slip.ending.bureau_number == "昆教资〔2026〕12号"


def test_called_off_it_is_back_as_it_was(school, things, ask, three):
    slip = agree_all(ask(), three, school.director)
    with pytest.raises(Refused, match="why"):
        slip.call_off(school.custodian, " ")
    slip.call_off(school.custodian, "主管部门未批准")
    assert (state(things.old), slip.stage) == ("in_use", "called_off")


def test_what_is_under_way_leaves_by_its_slip_alone(school, things, ask):
    slip = ask()
    with pytest.raises(Refused, match=slip.number):
        ledger.post(things.old, "removal", school.custodian, source=school.places.office, reason="坏了")
    with pytest.raises(Refused, match="can't be given out"):
        Custody.hand_out(things.old, school.teacher, school.custodian)


def test_what_is_in_someones_hands_comes_back_first(school, things, ask, three):
    held = Custody.hand_out(things.old, school.teacher, school.custodian)
    slip = agree_all(ask(), three, school.director)
    with pytest.raises(Refused, match="already handed out"):
        slip.carry_out(school.custodian, way="loss")
    assert Disposal.get_by_id(slip.id).ending is None
    held.take_back(school.custodian)
    slip.carry_out(school.custodian, way="loss")
    assert state(things.old) == "disposed"


def test_some_of_a_batch(school, things, ask, three):
    room = school.places.classroom
    slip = ask(things.chairs, quantity=3, place=room)
    assert (slip.value, state(things.chairs)) == (24000, "in_use")
    with pytest.raises(Refused, match="Only 37"):
        ask(things.chairs, quantity=38, place=room)
    ask(things.chairs, quantity=37, place=room)
    with pytest.raises(Refused, match="leaves the ledger by that slip"):
        ledger.post(things.chairs, "removal", school.custodian, quantity=1, source=room, reason="坏")
    agree_all(slip, three, school.director).carry_out(school.custodian, way="loss")
    assert (ledger.balance(things.chairs), state(things.chairs)) == (37, "in_use")


def test_the_last_of_a_batch_makes_it_disposed(school, things, ask, three):
    slip = ask(things.chairs, quantity=40, place=school.places.classroom)
    agree_all(slip, three, school.director).carry_out(school.custodian, way="loss")
    assert state(things.chairs) == "disposed"


def test_one_thing_is_asked_for_once(things, ask):
    slip = ask()
    with pytest.raises(Refused, match=f"钱秀英 has already asked for this: {slip.number}"):
        ask()


def test_the_database_lets_one_single_thing_be_under_way_once(things, ask):
    slip = ask()
    facts = {**slip.__data__, "id": None, "number": "BF-2026-9999"}
    with pytest.raises(peewee.IntegrityError):
        Disposal.create(**facts)


def test_a_reversed_removal_brings_the_thing_back_as_it_was(school, things, ask, three):
    slip = agree_all(ask(), three, school.director)
    slip.carry_out(school.custodian, way="loss")
    movement = ledger.Movement.get(ledger.Movement.kind == "removal")
    ledger.reverse(movement, school.custodian, "搞错了编号")
    assert (state(things.old), ledger.balance(things.old)) == ("in_use", 1)
    assert ask().stage == "open"


def test_disposed_things_cant_be_asked_for_again(school, things, ask, three):
    agree_all(ask(), three, school.director).carry_out(school.custodian, way="loss")
    with pytest.raises(Refused, match="already disposed of"):
        ask()


def test_its_photos_are_for_those_who_see_the_slip(school, ask, three):
    slip = ask()
    assert [Disposal.visible_to(who).count() for who in (school.principal, *three)] == [1, 1, 1, 1]
    assert Disposal.visible_to(school.cleaner).count() == 0
    assert Photo.of(slip) == []


def test_numbers_run_on_and_the_journal_tells(school, things, ask, three):
    from app import journal

    first, second = ask(), ask(things.young)
    assert [first.number, second.number] == ["BF-2026-0001", "BF-2026-0002"]
    appraise(first, three)
    told = [event.sentence for event in journal.about(asset=things.old.id)]
    assert f"asked to write off 1 台 of 旧台式机 ({things.old.number})" in told
    assert "agreed (appraises)" in told
