"""At the same moment, on a real file: appraisers, approvers, askers, signers; one wins, the others are told."""

import pytest

from app.assets import ledger
from app.assets.models import Asset
from app.disposals.class_property import ClassProperty, Signature
from app.disposals.compensation import Compensation, CompensationSettlement
from app.disposals.disposal import Disposal, Ending
from app.errors import Refused
from app.people.models import Person
from tests.disposals.conftest import make_things
from tests.helpers import at_once, make_school

pytestmark = pytest.mark.slow
MANY = 12


@pytest.fixture
def here(real_app):
    """The small school on a file, with a dozen custodians and a dozen directors."""
    with real_app.app_context():
        school = make_school()
        school.things = make_things(school)
        school.many = [Person.add(f"同事{number}", roles=("custodian", "director"))[0] for number in range(MANY)]
    school.app = real_app
    school.three = [school.electrician, school.teacher, school.stranger]
    return school


def run(here, *works) -> list[str]:
    """Each answer: `done`, or the sentence of the refusal."""

    def told(work):
        def wrapped():
            try:
                work()
            except Refused as refused:
                return refused.sentence
            return "done"

        return wrapped

    return at_once(here.app, *map(told, works))


def asked(here, by=None, asset=None, **given) -> Disposal:
    facts = {"reason": "stolen", "words": "找不到", "way": "loss", "appraisers": here.three, **given}
    return Disposal.ask(asset or here.things.old, by or here.custodian, **facts)


def fresh(slip) -> Disposal:
    return Disposal.shown().where(Disposal.id == slip.id).get()


def approved(here) -> Disposal:
    with here.app.app_context():
        slip = asked(here)
        for person in here.three:
            fresh(slip).agree(person, note="找不到")
        fresh(slip).agree(here.director)
        return fresh(slip)


def test_one_of_many_asks(here):
    answers = run(here, *(lambda who=who: asked(here, who) for who in here.many))
    assert answers.count("done") == 1
    slip = Disposal.get()
    told = f"{slip.applicant.name} has already asked for this: {slip.number}."
    assert answers.count(told) == MANY - 1


def test_never_more_of_a_batch_are_asked_for_than_stand_there(here):
    chairs, room = here.things.chairs, here.places.classroom
    answers = run(
        here, *(lambda who=who: asked(here, who, chairs, quantity=8, place=room) for who in here.many)
    )  # fmt: skip
    assert answers.count("done") == 5
    assert len({row.number for row in Disposal.select()}) == 5


def test_three_appraisers_at_once_open_the_next_step_once(here):
    with here.app.app_context():
        slip = asked(here)
    works = [lambda who=who: fresh(slip).agree(who, note="找不到") for who in here.three]
    assert run(here, *works) == ["done"] * 3
    with here.app.app_context():
        assert [(ask.words, ask.state) for ask in fresh(slip).asks[3:]] == [("director", "waiting")]


def test_an_appraiser_refuses_while_the_others_agree(here):
    """Whichever comes first, it ends refused and the thing is back as it was, once."""
    with here.app.app_context():
        slip = asked(here)
    one, *others = here.three
    works = [lambda who=who: fresh(slip).agree(who, note="找不到") for who in others]
    answers = run(here, lambda: fresh(slip).refuse(one, "在仓库里找到了"), *works)
    assert answers[0] == "done"
    assert Ending.select().count() == 1
    assert Asset.get_by_id(here.things.old.id).state == "in_use"


def test_one_of_many_directors_agrees_and_it_is_approved_once(here):
    with here.app.app_context():
        slip = asked(here)
        for person in here.three:
            fresh(slip).agree(person, note="找不到")
    answers = run(here, *(lambda who=who: fresh(slip).agree(who) for who in here.many))
    assert answers.count("done") == 1
    assert fresh(slip).stage == "approved"


def test_carried_out_once_while_others_call_it_off(here):
    slip = approved(here)

    def work(number, who):
        mine = fresh(slip)
        if number % 2:
            mine.call_off(who, "不办了")
        else:
            mine.carry_out(who, way="loss")

    answers = run(here, *(lambda n=n, who=who: work(n, who) for n, who in enumerate(here.many)))
    assert answers.count("done") == 1
    end, state = Ending.get().kind, Asset.get_by_id(here.things.old.id).state
    assert Ending.select().count() == 1
    assert (end, state) in (("done", "disposed"), ("called_off", "in_use"))
    assert ledger.balance(here.things.old) == (end == "called_off")
    assert list(ledger.differences()) == []


def test_one_signature_for_each_side(here):
    with here.app.app_context():
        row = ClassProperty.begin(here.classes.three_two, here.custodian)
        mark = row.mark
    listed = ClassProperty.shown().where(ClassProperty.id == row.id)
    works = [lambda who=who: listed.get().sign(who, mark) for who in (here.teacher, *here.many)]
    answers = run(here, *works)
    assert answers.count("done") == 2
    assert {(each.stage, each.side) for each in Signature.select()} == {("opening", "teacher"), ("opening", "office")}


def test_counting_and_signing_at_once_never_signs_what_was_not_seen(here):
    from app.disposals.class_property import Counted

    with here.app.app_context():
        row = ClassProperty.begin(here.classes.three_two, here.custodian)
        mark, line = row.mark, row.lines[0]
    listed = ClassProperty.shown().where(ClassProperty.id == row.id)
    answers = run(
        here,
        lambda: listed.get().count(here.custodian, {line.id: Counted(3, 3)}),
        lambda: listed.get().sign(here.teacher, mark),
    )
    assert answers.count("done") == 1


def test_paid_or_waived_once(here):
    with here.app.app_context():
        row = Compensation.record(
            here.custodian, thing="玻璃窗", cause="accident", words="撞碎", basis="repair", amount=6000,
            parents_informed=True,
        )  # fmt: skip
    mine = Compensation.shown().where(Compensation.id == row.id)

    def work(number, who):
        if number % 2:
            mine.get().waive(who, "家庭困难")
        else:
            mine.get().pay(who, f"00{number}")

    answers = run(here, *(lambda n=n, who=who: work(n, who) for n, who in enumerate(here.many)))
    assert answers.count("done") == 1
    assert CompensationSettlement.select().count() == 1
