"""Preventive work: a rule opens planned tickets ahead of time, once, and never touches what was."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import peewee
import pytest

from app import clock
from app.assets.models import Asset, Category
from app.calendar.models import Term
from app.errors import Refused
from app.journal import Event
from app.people.models import Person
from app.repairs import upkeep
from app.repairs.models import Ticket
from app.repairs.upkeep import Occurrence, Rule
from tests.conftest import TUESDAY
from tests.helpers import carried

TODAY = TUESDAY.date()
DAY = timedelta(days=1)


@pytest.fixture
def rule(school: SimpleNamespace) -> Any:
    """`rule()` has the playground's goals looked at every week, from today on; anything can be said otherwise."""

    def add(**given: Any) -> Rule:
        facts = {"place": school.places.store, "unit": "days", "every": 7, "first_on": TODAY, "ahead": 2, **given}
        if facts.get("category") or facts.get("asset"):
            facts.pop("place")
        return Rule.add(school.director, "球架检查", "sports", **facts)

    return add


@pytest.fixture
def fountains(school: SimpleNamespace) -> Category:
    """Three drinking fountains in two rooms of one building, and one in store."""
    category = Category.create(code="A02061818", name="饮水器")
    for place in (school.places.classroom, school.places.classroom, school.places.office, school.places.store):
        Asset.add("饮水机", category, None, place=place)
    return category


def later(days: int) -> None:
    clock.set_hands(TUESDAY + timedelta(days=days))


def days_of(tickets: list[Ticket]) -> list[date]:
    return [ticket.planned_for for ticket in tickets]


def test_a_ticket_opens_ahead_of_its_day_with_no_hours_and_its_own_day(rule: Any, school: SimpleNamespace) -> None:
    rule(first_on=TODAY + 5 * DAY)
    assert upkeep.open_planned() == []
    later(3)
    (ticket,) = upkeep.open_planned()
    assert (ticket.planned_for, ticket.state, ticket.clock_from) == (TODAY + 5 * DAY, "accepted", None)
    assert ticket.place == school.places.store
    assert ticket.kind == "sports"
    assert "球架检查" in ticket.words
    assert not ticket.overdue
    later(6)
    assert Ticket.get_by_id(ticket.id).overdue


def test_an_occurrence_opens_once(rule: Any) -> None:
    rule()
    assert len(upkeep.open_planned()) == 1
    assert upkeep.open_planned() == []
    later(6)
    assert days_of(upkeep.open_planned()) == [TODAY + 7 * DAY]


def test_the_database_refuses_a_second_occurrence(rule: Any) -> None:
    weekly = rule()
    upkeep.open_planned()
    with pytest.raises(peewee.IntegrityError):
        Occurrence.create(rule=weekly, due_on=TODAY)


def test_who_does_it_is_told_by_an_assigned_ticket(rule: Any, school: SimpleNamespace) -> None:
    rule(worker=school.electrician)
    (ticket,) = upkeep.open_planned()
    assert (ticket.state, ticket.worker_id) == ("assigned", school.electrician.id)


def test_a_missed_one_stays_visible_and_the_next_opens_beside_it(rule: Any) -> None:
    weekly = rule()
    upkeep.open_planned()
    later(7)
    upkeep.open_planned()
    coming, gone = upkeep.occurrences([weekly])
    assert (gone.due_on, gone.state) == (TODAY, "missed")
    assert coming.state == "coming"
    assert upkeep.missed([coming, gone]) == [gone]


def test_done_in_time_and_done_late_are_told_apart(rule: Any, school: SimpleNamespace) -> None:
    weekly = rule()
    (first,) = upkeep.open_planned()
    first.fix(school.electrician, "tightened")
    later(5)
    (second,) = upkeep.open_planned()
    later(9)
    second.fix(school.electrician, "tightened")
    assert [due.state for due in upkeep.occurrences([weekly])] == ["late", "done"]


def test_after_a_long_standstill_only_the_newest_gets_a_ticket_and_the_others_are_on_record(rule: Any) -> None:
    weekly = rule()
    later(24)
    assert days_of(upkeep.open_planned()) == [TODAY + 21 * DAY]
    states = {due.due_on: due.state for due in upkeep.occurrences([weekly])}
    assert states == {TODAY + 21 * DAY: "missed", **{TODAY + n * DAY: "passed" for n in (0, 7, 14)}}


def test_nothing_of_the_time_before_the_rule_is_opened(rule: Any) -> None:
    weekly = rule(first_on=TODAY - 30 * DAY)
    upkeep.open_planned()
    assert all(due.due_on >= TODAY for due in upkeep.occurrences([weekly]))


def test_a_paused_rule_opens_nothing_and_makes_up_for_nothing(rule: Any, school: SimpleNamespace) -> None:
    weekly = rule()
    upkeep.open_planned()
    weekly.pause(school.director)
    later(20)
    assert upkeep.open_planned() == []
    weekly.resume(school.director)
    assert days_of(upkeep.open_planned()) == [TODAY + 21 * DAY]
    assert [due.due_on for due in upkeep.occurrences([weekly])] == [TODAY + 21 * DAY, TODAY]


def test_what_is_open_stays_open_through_a_pause(rule: Any, school: SimpleNamespace) -> None:
    weekly = rule()
    (ticket,) = upkeep.open_planned()
    weekly.pause(school.director)
    later(3)
    assert Ticket.get_by_id(ticket.id).is_open
    assert next(upkeep.occurrences([weekly])).state == "missed"


def test_paused_twice_or_resumed_twice_is_told(rule: Any, school: SimpleNamespace) -> None:
    weekly = rule()
    weekly.pause(school.director)
    with pytest.raises(Refused):
        weekly.pause(school.director)
    weekly.resume(school.director)
    with pytest.raises(Refused):
        weekly.resume(school.director)


def test_a_change_counts_from_now_on_and_rewrites_nothing(rule: Any, school: SimpleNamespace) -> None:
    weekly = rule()
    (ticket,) = upkeep.open_planned()
    later(10)
    weekly.change(school.director, name="球架月检", unit="months", every=1, first_on=TODAY + 30 * DAY)
    assert Ticket.get_by_id(ticket.id).planned_for == TODAY
    assert "球架检查" in Ticket.get_by_id(ticket.id).words
    assert [due.due_on for due in upkeep.occurrences([weekly])] == [TODAY + 7 * DAY, TODAY]
    assert weekly.next_days(2) == [TODAY + 30 * DAY, date(2027, 1, 24)]
    later(28)
    assert days_of(upkeep.open_planned()) == [TODAY + 30 * DAY]


def test_before_a_term_begins(rule: Any, school: SimpleNamespace) -> None:
    before = rule(unit="term", every=1, before=7, ahead=14)
    assert before.next_days() == []
    Term.create(name="下学期", starts_on=date(2027, 2, 22), ends_on=date(2027, 7, 2))
    assert before.next_days() == [date(2027, 2, 15)]
    clock.set_hands(clock.utc(date(2027, 2, 1)))
    assert days_of(upkeep.open_planned()) == [date(2027, 2, 15)]


@pytest.mark.parametrize(("per", "count"), [("asset", 3), ("room", 2), ("building", 1)])
def test_a_category_by_thing_room_or_building(rule: Any, fountains: Category, per: str, count: int) -> None:
    weekly = rule(category=fountains, per=per)
    tickets = upkeep.open_planned()
    assert len(tickets) == count == len(weekly.targets())
    assert len({ticket.planned_for for ticket in tickets}) == 1
    if per == "building":
        assert "201教室 2" in tickets[0].words
        assert tickets[0].place.name == "教学楼"


def test_a_category_reaches_what_lies_below_it(rule: Any, fountains: Category) -> None:
    above = Category.create(code="A02061800", name="生活用电器")
    other = Category.create(code="A02061900", name="别的")
    Asset.add("别的机器", other, None, place=Asset.get(Asset.name == "饮水机").place)
    assert len(rule(category=above, per="asset").targets()) == 3


def test_a_rule_for_one_thing_follows_it(rule: Any, school: SimpleNamespace, fountains: Category) -> None:
    thing = Asset.select().where(Asset.place == school.places.office).get()
    rule(asset=thing)
    carried(thing, school.places.office, school.places.classroom, school.custodian)
    (ticket,) = upkeep.open_planned()
    assert (ticket.place, ticket.asset) == (school.places.classroom, thing)


def test_things_that_are_gone_and_closed_rooms_get_no_ticket(rule: Any, school: SimpleNamespace) -> None:
    weekly = rule()
    school.places.store.close(school.director, "拆了")
    assert upkeep.open_planned() == []
    assert next(upkeep.occurrences([weekly])).state == "empty"
    assert upkeep.missed(upkeep.occurrences([weekly])) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit": "weeks"}, {"every": 0}, {"every": 4000}, {"ahead": 7}, {"ahead": -1}, {"before": 99},
        {"unit": "months", "every": 1, "ahead": 28},
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(rule: Any, wrong: dict) -> None:
    with pytest.raises(Refused):
        rule(**wrong)
    assert not Rule.select().exists()


def test_a_rule_speaks_of_just_one_thing_room_or_category(school: SimpleNamespace) -> None:
    with pytest.raises(Refused):
        Rule.add(school.director, "不知道什么", "other", unit="days", every=7)


def test_each_act_is_in_the_journal(rule: Any, school: SimpleNamespace, ctx: None) -> None:
    weekly = rule()
    upkeep.open_planned()
    weekly.pause(school.director)
    weekly.resume(school.director)
    weekly.change(school.director, every=14)
    events = list(Event.select().where(Event.noun == "upkeep_rule").order_by(Event.id))
    assert [event.action.removeprefix("upkeep.") for event in events] == [
        "added", "opened", "paused", "resumed", "changed",
    ]  # fmt: skip
    assert all(event.sentence and "…" not in event.sentence for event in events)


def test_opening_costs_no_more_queries_with_more_rules_that_have_nothing_due(rule: Any, counted: Any) -> None:
    rule(first_on=TODAY + 60 * DAY)
    with counted() as one:
        upkeep.open_planned()
    for _each in range(5):
        rule(first_on=TODAY + 60 * DAY)
    with counted() as six:
        upkeep.open_planned()
    assert one.count == six.count


def test_a_worker_who_left_does_not_stop_a_rule(rule: Any, school: SimpleNamespace) -> None:
    rule(worker=school.electrician)
    Person.update(closed_at=clock.now()).where(Person.id == school.electrician.id).execute()
    (ticket,) = upkeep.open_planned()
    assert ticket.state == "accepted"
