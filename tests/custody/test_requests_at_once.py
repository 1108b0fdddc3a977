"""Two people at the same moment, on a real file: one wins, the other is told."""

from datetime import timedelta

import pytest

from app import clock
from app.assets.models import Asset, Category
from app.custody.clearance import Certificate, Clearance, Handover
from app.custody.gate import GatePass, Passage
from app.custody.holdings import holdings
from app.custody.models import Custody
from app.custody.requests import Handing, Request
from app.custody.reservations import Reservation, ReservedDay
from app.errors import Refused
from app.people.models import Person
from app.photos.models import Received
from app.places.models import Place
from tests.helpers import at_once

pytestmark = pytest.mark.slow
MANY = 8


@pytest.fixture
def things(real_app):
    with real_app.app_context():
        store = Place.add("store", "仓库", None)
        category = Category.create(code="A02020400", name="多媒体设备")
        projector = Asset.add("投影仪", category, None, place=store)
        chairs = Asset.add("椅子", category, None, place=store, quantity=7, is_batch=True, unit="把")
    return projector, chairs


@pytest.fixture
def people(real_app) -> list[Person]:
    with real_app.app_context():
        directors = [Person.add(f"主任{n}", roles=("director", "guard"))[0] for n in range(MANY)]
        return [*directors, *(Person.add(f"老师{n}")[0] for n in range(MANY))]


def told(work):
    """`done`, or the sentence of the refusal."""

    def wrapped():
        try:
            work()
        except Refused as refused:
            return refused.sentence
        return "done"

    return wrapped


def run(app, *works):
    return at_once(app, *map(told, works))


def days(start: int, end: int):
    today = clock.today()
    return {"starts_on": today + timedelta(start), "due_on": today + timedelta(end), "reason": "公开课"}


def test_two_who_agree_at_once_settle_once(real_app, things, people):
    with real_app.app_context():
        row = Request.ask(people[-1], "loan", asset=things[0], **days(1, 3))
    answers = run(real_app, *(lambda who=who: Request.get_by_id(row.id).agree(who) for who in people[:MANY]))
    assert answers.count("done") == 1
    assert all("has already agreed to this" in answer for answer in answers if answer != "done")
    assert Reservation.select().count() == 1
    assert ReservedDay.select().count() == 3


def test_of_many_for_the_same_days_one_is_promised(real_app, things, people):
    """Eight teachers asked for overlapping days; eight directors agree at the same moment, each to another one."""
    with real_app.app_context():
        rows = [Request.ask(people[MANY + n], "loan", asset=things[0], **days(2, 3 + n)) for n in range(MANY)]
    works = [
        lambda row=row, who=who: Request.get_by_id(row.id).agree(who) for row, who in zip(rows, people, strict=False)
    ]
    answers = run(real_app, *works)
    (promise,) = Reservation.select()
    assert answers.count("done") == 1
    assert answers[[row.id for row in rows].index(promise.request_id)] == "done"
    assert all("is reserved for" in answer for answer in answers if answer != "done")
    assert [row.agreed_at is None for row in Request.select()].count(False) == 1


def test_never_more_of_a_batch_are_promised_than_there_are(real_app, things, people):
    with real_app.app_context():
        rows = [Request.ask(people[MANY + n], "loan", asset=things[1], quantity=2, **days(1, 2)) for n in range(MANY)]
    works = [
        lambda row=row, who=who: Request.get_by_id(row.id).agree(who) for row, who in zip(rows, people, strict=False)
    ]
    answers = run(real_app, *works)
    assert answers.count("done") == 3
    assert all("only 1 把" in answer for answer in answers if answer != "done")


def test_lent_at_the_counter_while_it_is_promised(real_app, things, people):
    with real_app.app_context():
        row = Request.ask(people[-1], "loan", asset=things[0], **days(0, 2))
    until = clock.today() + timedelta(5)
    answers = run(
        real_app,
        lambda: Request.get_by_id(row.id).agree(people[0]),
        lambda: Custody.lend(things[0], people[-2], people[1], due_on=until),
    )
    assert answers.count("done") == 1
    assert Custody.select().count() + Reservation.select().count() == 1


def test_handed_over_once(real_app, things, people):
    with real_app.app_context():
        row = Request.ask(people[-1], "loan", asset=things[0], **days(0, 2))
        row.agree(people[0])
    works = [lambda who=who: Request.get_by_id(row.id).hand_over(who, [Handing(things[0])]) for who in people[:MANY]]
    answers = run(real_app, *works)
    assert answers.count("done") == 1
    assert Custody.select().count() == 1
    assert not ReservedDay.select().exists()


def test_the_guard_takes_the_pass_once(real_app, things, people):
    with real_app.app_context():
        photo = Received("a" * 32, 64, 48, 1000)
        outside = {"borrower": "镇中学", "letter": "借投影仪一台", "photos": [photo]}
        vice = Person.add("副校长", roles=("vice_principal",))[0]
        row = Request.ask(people[-1], "outside", asset=things[0], **days(0, 2), **outside)
        row.agree(people[0])
        row.agree(vice)
        row.hand_over(people[0], [Handing(things[0])])
        gate_pass = GatePass.get()
    answers = run(real_app, *(lambda who=who: GatePass.get_by_id(gate_pass.id).take(who) for who in people[:MANY]))
    passage = Passage.get()
    assert answers.count("done") == 1
    assert answers[people.index(passage.by)] == "done"
    assert all(f"{passage.by.name} has already taken" in answer for answer in answers if answer != "done")


def test_taken_or_made_void_never_both(real_app, things, people):
    with real_app.app_context():
        photo = Received("b" * 32, 64, 48, 1000)
        outside = {"borrower": "镇中学", "letter": "借投影仪一台", "photos": [photo]}
        Person.add("副校长", roles=("vice_principal",))
        row = Request.ask(people[-1], "outside", asset=things[0], **days(0, 2), **outside)
        row.agree(people[0])
        row.agree(Person.get(Person.name == "副校长"))
        row.hand_over(people[0], [Handing(things[0])])
        id = GatePass.get().id
    answers = run(
        real_app,
        lambda: GatePass.get_by_id(id).take(people[0]),
        lambda: GatePass.get_by_id(id).void(people[1], "改期"),
    )
    assert answers.count("done") == 1


def test_one_certificate_and_nothing_slips_in_beside_it(real_app, things, people):
    """Certified by several and something lent to the leaver, all at once: a certificate never stands beside a loan."""
    with real_app.app_context():
        row = Clearance.open(people[-1], people[0], last_day=clock.today() + timedelta(30))
    works = [lambda who=who: Clearance.get_by_id(row.id).certify(who) for who in people[:3]]
    works.append(lambda: Custody.lend(things[0], people[-1], people[4], due_on=clock.today() + timedelta(2)))
    run(real_app, *works)
    assert Certificate.select().count() + Custody.select().count() == 1


def test_the_same_things_handed_to_two_colleagues(real_app, things, people):
    with real_app.app_context():
        Custody.hand_out(things[0], people[-1], people[0])
        row = Clearance.open(people[-1], people[0], last_day=clock.today() + timedelta(30))
        keys = [each.key for each in holdings(people[-1])]
    works = [lambda n=n: Handover.ask(Clearance.get_by_id(row.id), people[MANY + n], people[n], keys) for n in range(3)]
    answers = run(real_app, *works)
    assert answers.count("done") == 1
    assert all("already waits for" in answer for answer in answers if answer != "done")
