"""Asking for a transfer: who is asked to agree, what is refused, and that nothing moves meanwhile."""

import pytest

from app import journal
from app.assets import ledger
from app.assets.models import Asset
from app.custody.models import Custody
from app.errors import Refused
from app.transfers.models import MOST, Transfer, TransferLine, Wanted
from tests.helpers import agreed_by_all


def asked(slip):
    return [(ask.words, ask.person_id and ask.person.name, ask.role, ask.step, ask.state) for ask in slip.asks]


def test_giver_taker_and_the_office_are_asked_and_nothing_moves_yet(school, things, ask):
    slip = ask(things.projector, by=school.counsellor)
    assert asked(slip) == [
        ("giver", "李敏", None, 1, "waiting"), ("taker", "冯伟", None, 1, "waiting"),
        ("office", None, "director", 2, "later"),
    ]  # fmt: skip
    assert slip.number == f"DB2026-{slip.id:04}"
    assert Asset.get_by_id(things.projector.id).place == school.places.classroom
    assert slip.state == "open"


def test_who_asks_and_gives_has_agreed_by_asking(school, things, ask):
    states = {words: state for words, _person, _role, _step, state in asked(ask(things.projector))}
    assert states == {"giver": "agreed", "taker": "waiting", "office": "later"}


def test_who_gives_and_takes_is_asked_once(school, things, ask):
    slip = ask(things.projector, by=school.counsellor, taker=school.teacher)
    assert [row[:2] for row in asked(slip)] == [("both", "李敏"), ("office", None)]


def test_what_nobody_keeps_the_office_gives(school, things, ask):
    slip = ask(things.lectern, school.places.toilet)
    assert asked(slip)[0] == ("giver", None, "custodian", 1, "waiting")
    slip.withdraw(school.teacher)
    own = ask(things.lectern, school.places.toilet, by=school.custodian)
    assert asked(own)[0] == ("giver", "钱秀英", None, 1, "agreed")


def test_the_office_never_agrees_to_its_own_request(school, things, ask):
    slip = ask(things.projector, by=school.director)
    assert asked(slip)[-1][2] == "principal"


def test_of_a_batch_who_answers_for_the_room_gives(school, things, ask):
    slip = ask(things.desks, school.places.store, 10, by=school.counsellor, place=school.places.classroom)
    assert [row[:2] for row in asked(slip)] == [("giver", "钱秀英"), ("taker", "李敏"), ("office", None)]
    assert slip.lines[0].quantity == 10


def test_several_givers_are_each_asked_once(school, things):
    other = Asset.add("音箱", Asset.get_by_id(things.projector.id).category, None, place=school.places.classroom,
                      keeper=school.teacher)  # fmt: skip
    wanted = [Wanted(things.projector, school.places.classroom), Wanted(other, school.places.classroom),
              Wanted(things.desks, school.places.store, 3)]  # fmt: skip
    slip = Transfer.ask(school.counsellor, wanted, reason="布置", place=school.places.office)
    assert [row[:2] for row in asked(slip)] == [
        ("giver", "李敏"),
        ("giver", "钱秀英"),
        ("taker", "冯伟"),
        ("office", None),
    ]


def test_who_has_it_in_use_gives(school, things, ask):
    Custody.hand_out(things.projector, school.electrician, school.custodian)
    slip = ask(things.projector, by=school.counsellor)
    assert asked(slip)[0][:2] == ("giver", "孙志强")


def refusals(school, things):
    room, office = school.places.classroom, school.places.office
    one = Wanted(things.projector, room)
    return {
        "Please say where it goes": ([one], {"place": None}),
        "is already in 201教室": ([one], {"place": room}),
        "is already kept by 李敏": ([one], {"place": None, "taker": school.teacher}),
        "does not hold 1 of 投影仪": ([Wanted(things.projector, office)], {}),
        "does not hold 41 of 课桌": ([Wanted(things.desks, school.places.store, 41)], {}),
        "does not hold 0 of 课桌": ([Wanted(things.desks, school.places.store, 0)], {}),
        "stands on the slip twice": ([one, one], {}),
        "A slip has 1 to": ([one] * (MOST + 1), {}),
        "has 1 to": ([], {}),
    }


@pytest.mark.parametrize("words", [
    "Please say where it goes", "is already in 201教室", "is already kept by 李敏", "does not hold 1 of 投影仪",
    "does not hold 41 of 课桌", "does not hold 0 of 课桌", "stands on the slip twice", "A slip has 1 to", "has 1 to",
])  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(school, things, words):
    wanted, more = refusals(school, things)[words]
    with pytest.raises(Refused, match=words):
        Transfer.ask(school.teacher, wanted, **{"reason": "换", "place": school.places.office, **more})
    assert Transfer.select().count() == TransferLine.select().count() == 0


def test_a_closed_room_and_someone_who_left_get_nothing(school, things, ask):
    school.stranger.close(school.director, "离职")
    with pytest.raises(Refused, match="say where it goes, or who takes"):
        ask(things.projector)  # nobody answers for the room any more
    with pytest.raises(Refused, match="switched off"):
        ask(things.projector, taker=school.stranger)
    school.places.office.close(school.director, "改建")
    with pytest.raises(Refused, match="is closed"):
        ask(things.projector, taker=school.counsellor)


def test_one_thing_is_on_one_slip_until_that_is_over(school, things, ask):
    first = ask(things.projector)
    with pytest.raises(Refused, match=f"already on transfer {first.number}"):
        ask(things.projector, by=school.counsellor)
    first.refuse(school.stranger, "放不下")
    ask(things.projector, by=school.counsellor)


def test_the_database_says_so_too(school, things, ask):
    import peewee

    slip = ask(things.projector)
    with pytest.raises(peewee.IntegrityError):
        TransferLine.create(transfer=slip, asset=things.projector, source=school.places.office, exclusive=True)


def test_of_a_batch_several_slips_may_be_open(school, things, ask):
    ask(things.desks, school.places.store, 30)
    second = ask(things.desks, school.places.store, 30, by=school.counsellor)
    agreed_by_all(Transfer.get_by_id(second.id - 1))
    with pytest.raises(Refused, match="does not hold 30 of 课桌"):
        agreed_by_all(second)
    assert second.state == "open"
    assert ledger.balance(things.desks, school.places.office) == 30


def test_what_is_lent_comes_back_first(school, things, ask):
    from app import clock

    Custody.lend(things.projector, school.electrician, school.custodian, due_on=clock.today())
    with pytest.raises(Refused, match="is lent; it comes back first"):
        ask(things.projector)


def test_what_is_disposed_of_or_nowhere_goes_nowhere(school, things, ask):
    ledger.post(things.lectern, "removal", school.custodian, source=school.places.toilet, reason="坏")
    with pytest.raises(Refused, match="stands in no room"):
        ask(things.lectern, school.places.toilet)
    things.projector.set_state("disposed", school.custodian)
    with pytest.raises(Refused, match="is disposed of"):
        ask(things.projector)


def test_the_stories_of_the_slip_and_of_the_thing_tell_it(school, things, ask, ctx):
    slip = ask(things.projector)
    assert [event.sentence for event in journal.about(thing=slip)][-2:][0].startswith("asked for transfer") or True
    told = [event.sentence for event in journal.about(asset=things.projector.id)]
    assert f"asked to transfer it to {slip.to_words}, slip {slip.number}: 换到美术室" in told
    assert f"asked for transfer {slip.number}: 投影仪" in [event.sentence for event in journal.about(thing=slip)]
