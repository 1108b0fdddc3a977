"""Every route says who may; the address map is walked as everybody."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app import once
from app.people.permissions import PERMISSIONS, ROLES, holds
from app.seeds import builtin

EVERYBODY = (
    "director",
    "custodian",
    "electrician",
    "teacher",
    "cleaner",
    "counsellor",
    "principal",
    "stranger",
    "card",
    None,
)
ODD = {
    "IntegerConverter": (987_654, 0),
    "UnicodeConverter": ("nothing-like-this", "..", "0" * 300, "<b>😀"),
    "PathConverter": ("a/b",),
}


@pytest.fixture(autouse=True)
def as_installed(app: Flask) -> None:
    """The built-in data that every school has from its first start."""
    with app.app_context():
        builtin.install()


def routes(app: Flask, method: str) -> Iterator[tuple[Rule, str]]:
    """Each route that takes `method`, with the action it asks for."""
    for rule in app.url_map.iter_rules():
        if method in rule.methods:
            yield rule, getattr(app.view_functions[rule.endpoint], "action", "")


def addresses(app: Flask, rule: Rule) -> Iterator[str]:
    """Addresses of a route with ids and words that name nothing."""
    with app.test_request_context():
        converters = rule._converters
        count = max((len(ODD.get(type(each).__name__, ("x",))) for each in converters.values()), default=1)
        for number in range(count):
            values = {}
            for name, converter in converters.items():
                odd = ODD.get(type(converter).__name__, ("x",))
                values[name] = odd[number % len(odd)]
            built = rule.build(values, append_unknown=False)
            if built is not None:
                yield built[1]


def roles_of(who: str | None, school: Any) -> frozenset[str]:
    return getattr(school, who).roles if who else frozenset({"anyone"})


def test_every_route_says_who_may(app: Flask) -> None:
    silent = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "action", None) not in {*PERMISSIONS, "public"}
    }
    assert silent == set()


def test_every_action_is_a_sentence_for_roles_that_exist(app: Flask) -> None:
    with app.app_context():
        for action, permission in PERMISSIONS.items():
            noun, _dot, verb = action.partition(".")
            assert noun, action
            assert verb, action
            assert str(permission.sentence), action
            assert permission.roles, action
            assert permission.roles <= {*ROLES, "staff", "card", "anyone"}, action


def test_nobody_holds_an_action_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        holds("school.close", frozenset({"director"}))


def test_without_sign_in_little_may_be_done() -> None:
    """Whoever adds to this list says so here."""
    assert {action for action in PERMISSIONS if holds(action, frozenset({"anyone"}))} == {"repairs.report"}


def test_a_card_may_only_do_its_small_duty() -> None:
    assert {action for action in PERMISSIONS if holds(action, frozenset({"card"}))} <= {
        "repairs.report",
        "inspections.score",
        "inspections.results",  # what it scored itself today
        "inspections.walk",  # the rounds that are planned for it
        "home.desk",
    }


@pytest.mark.parametrize("who", EVERYBODY, ids=str)
def test_reading_as_the_table_says(app: Flask, phone: Any, school: Any, who: str | None) -> None:
    """Who may not is told so, or asked to sign in; who may is never met with an error of ours."""
    visitor = phone(getattr(school, who) if who else None)
    roles = roles_of(who, school)
    for rule, action in routes(app, "GET"):
        for address in addresses(app, rule):
            status = visitor.get(address).status_code
            if action == "public" or holds(action, roles):
                assert status < 500, (address, status)
                assert status != 401, address
            else:
                assert status == (303 if who is None else 403), (address, status)


@pytest.mark.parametrize("who", EVERYBODY, ids=str)
def test_changing_as_the_table_says(app: Flask, phone: Any, school: Any, who: str | None) -> None:
    """The same for every form, sent with nothing in it but its key, to things that do not exist."""
    roles = roles_of(who, school)
    for rule, action in routes(app, "POST"):
        if rule.endpoint.startswith("people.sign_out"):
            continue  # it would end this very visit
        visitor = phone(getattr(school, who) if who else None)
        for address in addresses(app, rule):
            status = visitor.send(address).status_code
            if action == "public" or holds(action, roles):
                assert status < 500, (address, status)
            else:
                assert status == (401 if who is None else 403), (address, status)


def test_a_form_without_a_key_is_refused_everywhere(app: Flask, phone: Any, school: Any) -> None:
    """Or is harmless when repeated, and says so with once_only=False."""
    director = phone(school.director)
    for rule, action in routes(app, "POST"):
        if action == "public" or not holds(action, school.director.roles):
            continue
        for address in addresses(app, rule):
            answer = director.post(address, data={"x": "1"}, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code in (400, 403, 404, 422, 409, 303), (address, answer.status_code)


@pytest.mark.parametrize("name", ["GET", "POST"])
def test_no_odd_value_is_an_error_of_ours(app: Flask, phone: Any, school: Any, name: str) -> None:
    """Every field that the pages know, filled with what no page would send."""
    fields = (
        "id",
        "page",
        "q",
        "name",
        "number",
        "code",
        "place",
        "person",
        "asset",
        "quantity",
        "due_on",
        "kind",
        "state",
        "next",
        "date",
        "day",
        "month",
        "grade",
    )
    odd = ("", "0", "-1", "9" * 40, "x" * 300, "<b>😀", "' OR 1=1 --", "%00\0", "2026-99-99", "٣")
    director = phone(school.director)
    for rule, _action in routes(app, name):
        if rule.endpoint.startswith("people.sign_out") or rule.arguments:
            continue
        for value in odd:
            data = dict.fromkeys(fields, value)
            if name == "GET":
                answer = director.get(rule.rule, query_string=data)
            else:
                answer = director.send(rule.rule, {**data, once.FIELD: once.new_key()})
            assert answer.status_code < 500, (rule.rule, value, answer.status_code)
