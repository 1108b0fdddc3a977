"""Pages of preventive work: the list with what was missed, a new rule, its change and its pause."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app import clock, once
from app.assets.models import Asset, Category
from app.repairs import upkeep
from app.repairs.models import Ticket
from app.repairs.upkeep import Rule
from tests.conftest import TUESDAY
from tests.repairs.conftest import HOSTILE, label_of

GOALS = {
    "name": "球架检查", "words": "螺栓、焊缝", "kind": "sports", "target": "place", "place": "总务仓库", "unit": "days",
    "every": "7", "first_on": "2026-11-24", "before": "7", "ahead": "2", "per": "building", "category": "0",
}  # fmt: skip


@pytest.fixture
def rule(school: SimpleNamespace) -> Rule:
    return Rule.add(school.director, "球架检查", "sports", place=school.places.store, unit="days", every=7, ahead=2,
                    first_on=TUESDAY.date(), worker=school.electrician)  # fmt: skip


def test_the_director_makes_a_rule(school: SimpleNamespace, phone: Any) -> None:
    answer = phone(school.director).send("/repairs/upkeep/add", GOALS)
    rule = Rule.get()
    assert answer.status_code == 303
    assert answer.location.endswith(f"/repairs/upkeep/{rule.id}")
    assert (rule.place, rule.unit, rule.every, rule.ahead) == (school.places.store, "days", 7, 2)
    assert [ticket.place for ticket in upkeep.open_planned()] == [school.places.store]


def test_by_category_by_thing_and_before_term(school: SimpleNamespace, phone: Any) -> None:
    category = Category.create(code="A02061818", name="饮水器")
    asset = Asset.add("饮水机", category, None, place=school.places.office)
    director = phone(school.director)
    forms = (
        {"target": "category", "category": category.id, "per": "room", "unit": "term", "before": "5"},
        {"target": "asset", "asset": asset.number, "unit": "months", "every": "3"},
        {"target": "asset", "asset": label_of(asset=asset), "unit": "months", "every": "3"},
    )
    for form in forms:
        answer = director.send("/repairs/upkeep/add", {**GOALS, "place": "", "ahead": "3", **form})
        assert answer.status_code == 303, answer.text
    first, *others = Rule.select().order_by(Rule.id)
    assert (first.category, first.per, first.unit, first.before) == (category, "room", "term", 5)
    assert [rule.asset for rule in others] == [asset, asset]


def test_a_suggestion_fills_the_form(school: SimpleNamespace, phone: Any) -> None:
    director = phone(school.director)
    assert "dispenser-filter" in director.get("/repairs/upkeep").text
    page = director.get("/repairs/upkeep/add?like=dispenser-filter").text
    assert "change the filter" in page
    assert 'value="6"' in page
    assert 'value="14"' in page
    assert director.get("/repairs/upkeep/add?like=nonsense").status_code == 200


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", ""), ("name", "长" * 61), ("kind", "rockets"), ("target", "planet"), ("place", ""),
        ("place", "不存在的房间"),
        ("unit", "weeks"), ("every", ""), ("every", "0"), ("every", "多"), ("every", "99999999"), ("first_on", ""),
        ("first_on", "31.2."), ("ahead", "7"), ("ahead", "-1"), ("ahead", ""), ("worker", "李敏"), ("worker", "无此人"),
        ("words", "长" * 1_000_000),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_at_its_field_and_nothing_is_lost(
    school: SimpleNamespace, phone: Any, field: str, wrong: str
) -> None:
    answer = phone(school.director).send("/repairs/upkeep/add", {**GOALS, field: wrong})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert not Rule.select().exists()
    if field != "words":
        assert "螺栓、焊缝" in answer.text


def test_a_category_is_asked_for(school: SimpleNamespace, phone: Any) -> None:
    answer = phone(school.director).send("/repairs/upkeep/add", {**GOALS, "target": "category", "category": "987654"})
    assert answer.status_code == 422
    assert not Rule.select().exists()


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_as_words(school: SimpleNamespace, phone: Any, words: str) -> None:
    director = phone(school.director)
    assert director.send("/repairs/upkeep/add", {**GOALS, "words": words}).status_code == 303
    page = director.get(f"/repairs/upkeep/{Rule.get().id}").text
    assert "<script>alert" not in page
    assert "{{ 7*7 }}" not in words or "{{ 7*7 }}" in page


def test_only_the_director_makes_rules_and_those_who_see_repairs_read_them(
    rule: Rule, school: SimpleNamespace, phone: Any
) -> None:
    for who in (school.electrician, school.custodian, school.principal):
        assert phone(who).get("/repairs/upkeep").status_code == 200
        assert phone(who).get(f"/repairs/upkeep/{rule.id}").status_code == 200
        assert phone(who).get("/repairs/upkeep/add").status_code == 403
        assert phone(who).send(f"/repairs/upkeep/{rule.id}/pause").status_code == 403
    assert phone(school.teacher).get("/repairs/upkeep").status_code == 403
    assert phone(school.card).get("/repairs/upkeep").status_code == 403
    assert phone().get("/repairs/upkeep").status_code in (302, 303)
    assert phone(school.director).get("/repairs/upkeep/987").status_code == 404


def test_sent_twice_it_is_one_rule(school: SimpleNamespace, phone: Any) -> None:
    director, key = phone(school.director), once.new_key()
    for _each in range(2):
        assert director.send("/repairs/upkeep/add", GOALS, key=key).status_code == 303
    assert Rule.select().count() == 1


def test_changed_from_now_on(rule: Rule, school: SimpleNamespace, phone: Any) -> None:
    (ticket,) = upkeep.open_planned()
    director = phone(school.director)
    page = director.get(f"/repairs/upkeep/{rule.id}/edit").text
    assert 'value="球架检查"' in page
    assert "总务仓库" in page
    assert "孙志强" in page
    answer = director.send(
        f"/repairs/upkeep/{rule.id}/edit", {**GOALS, "name": "球架月检", "unit": "months", "every": "1"}
    )
    assert answer.status_code == 303
    assert Rule.get_by_id(rule.id).name == "球架月检"
    assert "球架检查" in Ticket.get_by_id(ticket.id).words
    assert director.send(f"/repairs/upkeep/{rule.id}/edit", {**GOALS, "name": ""}).status_code == 422


def test_paused_and_let_go_on(rule: Rule, school: SimpleNamespace, phone: Any) -> None:
    director = phone(school.director)
    assert director.send(f"/repairs/upkeep/{rule.id}/pause").status_code == 303
    assert "paused since" in director.get("/repairs/upkeep").text
    assert director.send(f"/repairs/upkeep/{rule.id}/pause").status_code == 409
    assert director.send(f"/repairs/upkeep/{rule.id}/resumption").status_code == 303
    assert "paused since" not in director.get("/repairs/upkeep").text


def test_what_was_missed_stays_on_the_page_until_it_is_done(rule: Rule, school: SimpleNamespace, phone: Any) -> None:
    (ticket,) = upkeep.open_planned()
    clock.set_hands(TUESDAY + timedelta(days=3))
    director = phone(school.director)
    assert "missed, not done yet" in director.get("/repairs/upkeep").text
    assert f"/repairs/{ticket.id}" in director.get(f"/repairs/upkeep/{rule.id}").text
    assert "/repairs/upkeep" in director.get("/").text
    ticket.fix(school.electrician, "tightened")
    page = director.get("/repairs/upkeep").text
    assert "missed, not done yet" not in page
    assert "done after its day" in page


def test_things_are_found_while_typing(school: SimpleNamespace, phone: Any, aircon: Asset) -> None:
    found = phone(school.director).get("/repairs/upkeep/things/find?field=asset&asset=空调").text
    assert aircon.number in found
    assert phone(school.director).get("/repairs/upkeep/things/find?field=9 9").status_code == 404


def test_the_list_costs_the_same_with_more_rules(rule: Rule, school: SimpleNamespace, phone: Any, counted: Any) -> None:
    director = phone(school.director)
    director.get("/repairs/upkeep")
    upkeep.open_planned()
    with counted() as one:
        director.get("/repairs/upkeep")
    for number in range(6):
        Rule.add(school.director, f"第 {number} 条", "power", place=school.places.office, unit="days", every=7, ahead=2,
                 first_on=TUESDAY.date())  # fmt: skip
    upkeep.open_planned()
    with counted() as seven:
        director.get("/repairs/upkeep")
    assert one.count == seven.count
