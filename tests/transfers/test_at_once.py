"""At the same moment, on a real file: two confirm the same ask, two slips want more than there is, a slip meets a
split or a removal. One wins, the others are told in a sentence, and nothing is lost or doubled."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.approvals.models import Ask
from app.assets import keeping, ledger, recut
from app.assets.ledger import Movement
from app.assets.models import Asset, Category
from app.errors import Refused
from app.people.models import Person
from app.transfers.models import Transfer, TransferLine, Wanted
from tests.helpers import agreed_by_all, at_once, make_school

pytestmark = pytest.mark.slow


@pytest.fixture
def here(real_app: Flask) -> SimpleNamespace:
    """The small school on a file with a second director, a projector of 李敏, and forty desks in the store."""
    with real_app.app_context():
        school = make_school()
        school.app = real_app
        school.directors = [school.director, Person.add("副主任", roles=("director",))[0]]
        category, by = Category.create(code="A05010203", name="桌"), school.custodian
        school.projector = Asset.add("投影仪", category, by, place=school.places.classroom, keeper=school.teacher)
        school.desks = Asset.add("课桌", category, by, place=school.places.store, is_batch=True, quantity=40)
    return school


def run(here: SimpleNamespace, *works: Any) -> list[str]:
    """What each is told: `done`, or the sentence of the refusal; anything else is an error of ours."""

    def told(work: Any) -> Any:
        def wrapped() -> str:
            try:
                work()
            except Refused as refused:
                return refused.sentence
            return "done"

        return wrapped

    answers = at_once(here.app, *map(told, works))
    assert all(isinstance(answer, str) for answer in answers), answers
    return answers


def waiting_for_the_office(here: SimpleNamespace, asset: Asset, quantity: int = 1) -> Transfer:
    """A slip to the art office on which giver and taker have agreed."""
    with here.app.app_context():
        source = here.places.store if asset.is_batch else here.places.classroom
        slip = Transfer.ask(here.counsellor, [Wanted(asset, source, quantity)], reason="换", place=here.places.office)
        slip.agree(here.custodian if asset.is_batch else here.teacher)
        slip.agree(here.stranger)
    return slip


def settle(slip: Transfer, by: Person) -> Any:
    return lambda: Transfer.get_by_id(slip.id).agree(by)


def agrees() -> bool:
    return list(ledger.differences()) == list(ledger.misplaced()) == list(keeping.differences()) == []


def moves() -> int:
    return Movement.select().where(Movement.kind == "move").count()


def test_two_confirm_the_same_ask(here):
    slip = waiting_for_the_office(here, here.projector)
    answers = run(here, *[settle(slip, here.directors[n % 2]) for n in range(8)])
    assert answers.count("done") == 1
    assert all("already agreed" in answer for answer in answers if answer != "done"), answers
    assert moves() == 1
    assert Asset.get_by_id(here.projector.id).place == here.places.office
    assert Ask.select().where(Ask.slip == "transfer", Ask.key == "office", Ask.agreed).count() == 1
    assert agrees()


def test_the_taker_confirms_and_refuses_from_two_phones(here):
    with here.app.app_context():
        wanted = [Wanted(here.projector, here.places.classroom)]
        slip = Transfer.ask(here.teacher, wanted, reason="换", place=here.places.office)
    works = [lambda: Transfer.get_by_id(slip.id).agree(here.stranger),
             lambda: Transfer.get_by_id(slip.id).refuse(here.stranger, "放不下")] * 4  # fmt: skip
    assert run(here, *works).count("done") == 1
    answered = Ask.get(Ask.slip == "transfer", Ask.slip_id == slip.id, Ask.key == "taker")
    fresh = Transfer.get_by_id(slip.id)
    assert fresh.state == ("open" if answered.agreed else "refused")
    assert bool(list(TransferLine.open_for([here.projector]))) == bool(answered.agreed)
    assert moves() == 0


def test_one_thing_is_asked_for_once(here):
    wanted = [Wanted(here.projector, here.places.classroom)]

    def ask() -> None:
        Transfer.ask(here.teacher, wanted, reason="换", place=here.places.office)

    answers = run(here, *[ask] * 8)
    assert answers.count("done") == 1
    assert all("is already on transfer" in answer for answer in answers if answer != "done"), answers
    assert Transfer.select().count() == TransferLine.select().count() == 1


def test_two_slips_of_more_than_there_is_together(here):
    slips = [waiting_for_the_office(here, here.desks, 30) for _each in range(2)]
    answers = run(here, *[settle(slip, here.directors[n]) for n, slip in enumerate(slips)])
    assert sorted(answers, key=len)[0] == "done"
    assert "does not hold 30 of 课桌" in sorted(answers, key=len)[1]
    assert ledger.balance(here.desks, here.places.office) == 30
    assert ledger.balance(here.desks, here.places.store) == 10
    assert sorted(Transfer.get_by_id(slip.id).state for slip in slips) == ["agreed", "open"]
    assert agrees()


def test_a_slip_meets_a_split_of_the_same_batch(here):
    slip = waiting_for_the_office(here, here.desks, 30)

    def split() -> None:
        recut.to_singles(here.desks, here.places.store, 20, here.custodian, "逐件贴码")

    answers = run(here, settle(slip, here.director), split)
    assert sorted(answers, key=len)[0] == "done"
    assert "does not hold" in sorted(answers, key=len)[1]
    singles = Asset.select().where(~Asset.is_batch, Asset.id != here.projector.id).count()
    assert (moves(), singles) in ((1, 0), (0, 20))
    assert ledger.balance(here.desks) + singles == 40
    assert agrees()


def test_a_slip_meets_the_removal_and_the_reversal_of_what_it_moves(here):
    slip = waiting_for_the_office(here, here.projector)

    def remove() -> None:
        ledger.post(here.projector, "removal", here.custodian, source=here.places.classroom, reason="坏")

    assert sorted(run(here, settle(slip, here.director), remove), key=len)[0] == "done"
    assert ledger.balance(here.projector) == moves()
    assert agrees()


def test_a_slip_is_reversed_once(here):
    with here.app.app_context():
        agreed_by_all(waiting_for_the_office(here, here.projector))
        row = Movement.get(Movement.kind == "move")
    answers = run(here, *[lambda: ledger.reverse(row, here.custodian, "搬错了")] * 6)
    assert answers.count("done") == 1
    assert all("already reversed" in answer for answer in answers if answer != "done"), answers
    asset = Asset.get_by_id(here.projector.id)
    assert (asset.place, asset.keeper) == (here.places.classroom, here.teacher)
    assert agrees()
