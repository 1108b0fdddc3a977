"""Asking for something: who must agree, what is promised, what is handed over."""

from datetime import timedelta

import pytest

from app import clock
from app.assets import ledger
from app.assets.models import Asset
from app.custody.models import Custody
from app.custody.requests import Handing, Request
from app.custody.reservations import Reservation, ReservedDay, calendar
from app.custody.stock import idle_of
from app.errors import Refused
from app.journal import Event
from app.people.models import Person
from tests.custody.asking import TODAY, ask, asked_and_agreed, in_days, letter


def test_a_loan_waits_for_the_director_alone(school, things):
    row = ask(school.teacher, asset=things.projector)
    assert [(each.key, each.asked) for each in row.asks] == [("director", "General Affairs director")]
    assert row.state == "open"
    assert row.now == "open"
    row.agree(school.director)
    assert row.state == "agreed"
    assert Request.get_by_id(row.id).agreed_at == clock.now()


def test_what_is_kept_is_first_agreed_to_by_the_office_head(school, things):
    school.teaching.head = school.counsellor
    school.teaching.save()
    row = Request.ask(Person.get_by_id(school.teacher.id), "issue", asset=things.chairs, quantity=2, reason="班级")
    assert [(each.step, each.key, each.asked) for each in row.asks] == [
        (1, "head", "吴晓燕"),
        (2, "director", "General Affairs director"),
    ]


def test_a_valuable_thing_needs_the_principal(school, things):
    things.projector.change(school.custodian, unit_price=500_000)
    row = ask(school.teacher, asset=things.projector)
    assert [each.key for each in row.asks] == ["director", "principal"]
    row.agree(school.director)
    assert row.now == "open"
    row.agree(school.principal)
    assert row.now == "ready"
    (custody,) = row.hand_over(school.custodian, [Handing(things.projector)])
    assert custody.person == school.teacher


def test_a_valuable_thing_is_not_lent_at_the_counter(school, things):
    things.projector.change(school.custodian, unit_price=500_000)
    with pytest.raises(Refused, match="valuable"):
        Custody.lend(things.projector, school.teacher, school.custodian, due_on=in_days(2))
    with pytest.raises(Refused, match="valuable"):
        Custody.hand_out(things.projector, school.teacher, school.custodian)
    assert not Custody.select().exists()


def test_just_below_the_limit_is_not_valuable(school, things):
    things.projector.change(school.custodian, unit_price=499_999)
    assert [each.key for each in ask(school.teacher, asset=things.projector).asks] == ["director"]


def test_a_loan_to_another_unit_needs_the_vice_principal_and_the_units_note(school, things, photo):
    with pytest.raises(Refused, match="the words and a photo"):
        ask(school.teacher, "outside", asset=things.projector, borrower="镇中学", letter="借投影仪一台")
    with pytest.raises(Refused, match="name the unit"):
        ask(school.teacher, "outside", asset=things.projector, letter="借", photos=[photo()])
    row = ask(school.teacher, "outside", asset=things.projector, **letter(photo))
    # nobody is vice-principal here: the next higher one is asked
    assert [(each.key, each.role) for each in row.asks] == [("director", "director"), ("vice_principal", "principal")]


def test_nobody_agrees_to_the_own_request(school, things):
    row = ask(school.director, asset=things.projector)
    assert [each.role for each in row.asks] == ["principal"]
    with pytest.raises(Refused, match="yourself"):
        row.agree(school.director)


def test_agreed_days_are_reserved_and_stand_in_the_calendar(school, things):
    row = asked_and_agreed(school, things.projector, 3, 5)
    (promise,) = row.reservations_standing
    assert (promise.starts_on, promise.due_on, promise.person) == (in_days(3), in_days(5), school.teacher)
    assert ReservedDay.select().count() == 3
    days = {day.day: day.state for day in calendar(things.projector, TODAY)}
    assert [days[in_days(n)] for n in range(7)] == ["free", "free", "free", "reserved", "reserved", "reserved", "free"]
    assert row.now == "promised"


def test_what_is_promised_does_not_leave_the_ledger(school, things):
    asked_and_agreed(school, things.projector, 3, 5)
    with pytest.raises(Refused, match="reserved for 李敏"):
        ledger.post(things.projector, "removal", school.custodian, source=school.places.store, reason="坏了")
    assert ledger.balance(things.projector) == 1
    left = ledger.balance(things.chairs)
    row = ask(school.teacher, asset=things.chairs, quantity=left, starts_on=in_days(3), due_on=in_days(5))
    row.agree(school.director)
    with pytest.raises(Refused, match="are left"):
        ledger.post(things.chairs, "removal", school.custodian, source=things.chairs.place, reason="坏了")
    assert ledger.balance(things.chairs) == left


@pytest.mark.parametrize(("start", "end"), [(3, 5), (1, 3), (5, 9), (4, 4), (1, 9)])
def test_the_same_days_are_not_promised_twice(school, things, start, end):
    asked_and_agreed(school, things.projector, 3, 5)
    with pytest.raises(Refused, match="reserved for 李敏"):
        ask(school.stranger, asset=things.projector, starts_on=in_days(start), due_on=in_days(end))


@pytest.mark.parametrize(("start", "end"), [(0, 2), (6, 9)])
def test_the_days_beside_are_free(school, things, start, end):
    asked_and_agreed(school, things.projector, 3, 5)
    assert asked_and_agreed(school, things.projector, start, end, who=school.stranger).now in ("ready", "promised")


def test_of_two_open_requests_the_first_that_is_agreed_to_gets_the_days(school, things):
    first = ask(school.teacher, asset=things.projector, starts_on=in_days(3), due_on=in_days(5))
    second = ask(school.stranger, asset=things.projector, starts_on=in_days(5), due_on=in_days(6))
    second.agree(school.director)
    with pytest.raises(Refused, match="reserved for 冯伟"):
        first.agree(school.director)
    assert Request.get_by_id(first.id).agreed_at is None
    assert first.state == "open"  # the agreement left no trace
    first.refuse(school.director, "那几天已有预约")
    assert first.now == "refused"


def test_what_is_out_beyond_the_first_day_is_not_promised(school, things):
    Custody.lend(things.projector, school.stranger, school.custodian, due_on=in_days(4))
    with pytest.raises(Refused, match="is lent to 冯伟"):
        ask(school.teacher, asset=things.projector, starts_on=in_days(4), due_on=in_days(5))
    assert ask(school.teacher, asset=things.projector, starts_on=in_days(5), due_on=in_days(6)).now == "open"


def test_the_counter_gives_nothing_away_from_under_a_reservation(school, things):
    asked_and_agreed(school, things.projector, 3, 5)
    with pytest.raises(Refused, match="reserved for 李敏"):
        Custody.lend(things.projector, school.stranger, school.custodian, due_on=in_days(3))
    with pytest.raises(Refused, match="reserved for 李敏"):
        Custody.hand_out(things.projector, school.stranger, school.custodian)
    row = Custody.lend(things.projector, school.stranger, school.custodian, due_on=in_days(2))
    with pytest.raises(Refused, match="reserved for 李敏"):
        row.renew(school.custodian, in_days(4))
    assert Custody.get_by_id(row.id).due_on == in_days(2)


def test_of_a_batch_as_many_are_promised_as_there_are(school, things):
    asked_and_agreed(school, things.chairs, 3, 5, quantity=6)
    with pytest.raises(Refused, match="only 4 把"):
        ask(school.stranger, asset=things.chairs, quantity=5, starts_on=in_days(5), due_on=in_days(7))
    row = asked_and_agreed(school, things.chairs, 5, 7, quantity=4, who=school.stranger)
    assert row.now == "promised"
    with pytest.raises(Refused, match="only 0 把"):
        Custody.lend(things.chairs, school.cleaner, school.custodian, due_on=in_days(5), quantity=1)
    Custody.lend(things.chairs, school.cleaner, school.custodian, due_on=in_days(2), quantity=10)


def test_of_a_kind_free_things_are_picked(school, things):
    """Two projectors of the kind: the first one by number is out on these days."""
    second = Asset.add("投影仪二", things.projector.category, school.custodian, place=school.places.store)
    Custody.lend(things.projector, school.stranger, school.custodian, due_on=in_days(9))
    things.speaker.set_state("repair", school.custodian)
    row = ask(school.teacher, category=things.projector.category, quantity=1)
    row.agree(school.director)
    assert [each.asset for each in row.reservations_standing] in ([second], [things.chairs])


def test_more_of_a_kind_than_there_are_is_refused(school, things):
    with pytest.raises(Refused, match="Only 12 of"):  # a projector, a speaker, ten chairs
        ask(school.teacher, category=things.projector.category, quantity=13)


def test_handing_over_turns_the_promise_into_a_loan(school, things):
    row = asked_and_agreed(school, things.projector, 0, 2)
    (custody,) = row.hand_over(school.custodian, [Handing(things.projector)], condition="完好")
    assert (custody.kind, custody.person, custody.due_on, custody.note) == (
        "loan",
        school.teacher,
        in_days(2),
        "公开课",
    )
    assert not Reservation.select().where(Reservation.released_at.is_null()).exists()
    assert not ReservedDay.select().exists()
    fresh = Request.shown().where(Request.id == row.id).get()
    assert fresh.now == "given"
    with pytest.raises(Refused, match="already over"):
        row.hand_over(school.custodian, [Handing(things.projector)])


def test_handed_over_in_parts(school, things):
    row = asked_and_agreed(school, things.chairs, 0, 2, quantity=6)
    row.hand_over(school.custodian, [Handing(things.chairs, 4)])
    assert row.left == 2
    assert [each.quantity for each in row.reservations_standing] == [2]
    with pytest.raises(Refused, match="Only 2 are still"):
        row.hand_over(school.custodian, [Handing(things.chairs, 3)])
    row.hand_over(school.custodian, [Handing(things.chairs, 2)])
    assert Request.shown().where(Request.id == row.id).get().now == "given"


def test_something_else_than_was_agreed_to_is_not_handed_over(school, things):
    row = asked_and_agreed(school, things.projector, 0, 2)
    with pytest.raises(Refused, match="not what was asked for"):
        row.hand_over(school.custodian, [Handing(things.speaker)])


def test_another_one_of_the_kind_frees_the_promised_one(school, things):
    row = ask(school.teacher, category=things.projector.category, quantity=1, due_on=in_days(2))
    row.agree(school.director)
    (promise,) = row.reservations_standing
    other = things.speaker if promise.asset != things.speaker else things.projector
    row.hand_over(school.custodian, [Handing(other)])
    assert Reservation.get_by_id(promise.id).released_why == "changed"


def test_not_before_everybody_agreed(school, things):
    row = ask(school.teacher, asset=things.projector)
    with pytest.raises(Refused, match="Not everybody has agreed"):
        row.hand_over(school.custodian, [Handing(things.projector)])


def test_not_needed_any_more_gives_the_days_back(school, things):
    row = asked_and_agreed(school, things.projector, 3, 5)
    with pytest.raises(Refused, match="Only who asked"):
        row.drop(school.stranger, "不用了")
    row.drop(school.teacher, "活动取消")
    assert Request.shown().where(Request.id == row.id).get().now == "dropped"
    assert asked_and_agreed(school, things.projector, 3, 5, who=school.stranger).now == "promised"


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"starts_on": TODAY - timedelta(1)}, "has passed"),
        ({"starts_on": in_days(5), "due_on": in_days(4)}, "last day comes before"),
        ({"due_on": None}, "needs a day"),
        ({"due_on": in_days(200)}, "too long"),
        ({"starts_on": in_days(300), "due_on": in_days(301)}, "too far ahead"),
        ({"reason": " "}, "what it is for"),
        ({"quantity": 2}, "is one thing"),
        ({"quantity": 0}, "how many"),
    ],
)
def test_what_makes_no_sense_is_refused(school, things, what, sentence):
    with pytest.raises(Refused, match=sentence):
        ask(school.teacher, asset=things.projector, **what)
    assert not Request.select().exists()


def test_days_that_are_over_before_the_last_agreement(school, things):
    row = ask(school.teacher, asset=things.projector, due_on=in_days(1))
    clock.set_hands(clock.now() + timedelta(days=3))
    with pytest.raises(Refused, match="days of this request are over"):
        row.agree(school.director)


def test_it_is_in_the_journal_of_the_thing_and_of_the_request(school, things):
    row = asked_and_agreed(school, things.projector, 0, 2)
    row.hand_over(school.custodian, [Handing(things.projector)])
    told = [event.action for event in Event.select().where(Event.noun == "custody_request").order_by(Event.id)]
    assert told == [
        "custody.requested", "approvals.asked", "approvals.agreed", "custody.reserved", "custody.request_given",
    ]  # fmt: skip


def test_what_lies_idle_is_in_the_store_and_in_nobodys_hands(school, things):
    Custody.hand_out(things.chairs, school.cleaner, school.custodian, quantity=3)
    Custody.lend(things.projector, school.cleaner, school.custodian, due_on=in_days(1))
    idle = {each.asset.name: each.quantity for each in idle_of(things.projector.category)}
    assert idle == {"音箱": 1, "折叠椅": 7}
