"""Entering a delivery: POST /receiving/add."""

import pytest

from app import journal
from app.once import new_key
from app.receiving.models import Delivery, DeliveryLine


@pytest.fixture
def typed(school, categories):
    """What the custodian types: two lines, the second a batch."""

    def form(**but):
        lines = {
            "line-0-name": "投影仪", "line-0-category": categories.projector.id, "line-0-quantity": "3",
            "line-0-unit": "台", "line-0-unit_price": "4,599", "line-0-kind": "single", "line-0-brand": "爱普生",
            "line-1-name": "学生椅", "line-1-category": categories.chair.id, "line-1-quantity": "４０",
            "line-1-unit": "把", "line-1-unit_price": "85.5", "line-1-kind": "batch",
        }  # fmt: skip
        paper = {"supplier": "清溪文教用品公司", "arrived_on": "2026-11-23", "invoice": "No.1", "fund": "财政拨款"}
        people = {"handler_id": school.director.id, "witness_id": school.teacher.id, "request": "0", "rows": "2"}
        return {**lines, **paper, **people, **but}

    return form


def test_the_custodian_enters_a_delivery_with_its_lines(school, phone, typed):
    browser = phone(school.custodian)
    assert "Supplier" in browser.get("/receiving/add").text
    answer = browser.send("/receiving/add", typed())
    delivery = Delivery.get()
    assert answer.status_code == 303
    assert answer.location.endswith(f"/receiving/{delivery.id}")
    assert (delivery.supplier, delivery.invoice, delivery.arrived_on.isoformat()) == (
        "清溪文教用品公司",
        "No.1",
        "2026-11-23",
    )
    assert (delivery.handler, delivery.witness, delivery.by) == (school.director, school.teacher, school.custodian)
    lines = [(row.name, row.quantity, row.unit, row.unit_price, row.is_batch) for row in DeliveryLine.select()]
    assert lines == [("投影仪", 3, "台", 459900, False), ("学生椅", 40, "把", 8550, True)]
    assert "DH-2026-0001" in browser.get(answer.location).text
    assert journal.about(thing=delivery).get().action == "receiving.arrived"


def test_an_empty_line_is_not_there(school, phone, typed):
    form = typed(**{"line-1-name": " ", "line-1-category": "0", "line-1-unit_price": ""})
    assert phone(school.custodian).send("/receiving/add", form).status_code == 303
    assert DeliveryLine.select().count() == 1


def test_one_more_line_keeps_what_was_typed_and_stores_nothing(school, phone, typed):
    answer = phone(school.custodian).send("/receiving/add", typed(more="1"))
    assert answer.status_code == 422
    assert 'name="line-2-name"' in answer.text
    assert 'value="学生椅"' in answer.text
    assert 'value="4,599"' in answer.text
    assert "Please" not in answer.text.replace("Please choose", "")
    assert Delivery.select().count() == 0


@pytest.mark.parametrize(
    ("but", "words"),
    [
        ({"supplier": ""}, "Please fill this in."),
        ({"supplier": "长" * 81}, "At most 80 characters"),
        ({"arrived_on": "2026-12-24"}, "still to come"),
        ({"arrived_on": "gestern"}, "Please give a day"),
        ({"handler_id": "99999", "handler": ""}, "Please fill this in."),
        ({"line-0-name": ""}, "Please fill this in."),
        ({"line-0-category": "99999"}, "Please choose one."),
        ({"line-0-category": "0"}, "Please choose one."),
        ({"line-0-quantity": "0"}, "from 1 to"),
        ({"line-0-quantity": "drei"}, "whole number"),
        ({"line-0-quantity": "501"}, "At most 500 at once"),
        ({"line-0-unit_price": ""}, "Please fill this in."),
        ({"line-0-unit_price": "-1"}, "amount like"),
        ({"line-0-unit_price": "teuer"}, "amount like"),
        ({"line-0-kind": "both"}, "Please choose one."),
        ({"line-0-name": "x" * 1_000_000}, "At most 80 characters"),
        ({"request": "99999"}, "Please choose one."),
    ],
)
def test_bad_input_is_told_at_the_field(school, phone, typed, but, words):
    answer = phone(school.custodian).send("/receiving/add", typed(**but))
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="学生椅"' in answer.text
    assert Delivery.select().count() == 0


def test_it_needs_at_least_one_line(school, phone, typed):
    empty = {f"line-{n}-{name}": "" for n in (0, 1) for name in ("name", "unit_price")}
    empty |= {f"line-{n}-category": "0" for n in (0, 1)}
    answer = phone(school.custodian).send("/receiving/add", typed(**empty))
    assert (answer.status_code, "at least one line" in answer.text) == (422, True)


def test_the_handler_is_not_the_second_person(school, phone, typed):
    answer = phone(school.custodian).send("/receiving/add", typed(witness_id=school.director.id))
    assert (answer.status_code, "someone else" in answer.text) == (422, True)


def test_hostile_names_are_shown_as_typed(school, phone, typed):
    name = "<script>alert(1)</script>😀"
    answer = phone(school.custodian).send("/receiving/add", typed(**{"line-0-name": name, "supplier": name}))
    for path in (answer.location, "/receiving/"):
        page = phone(school.custodian).get(path).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;😀" in page
        assert "<script>alert" not in page


@pytest.mark.parametrize("who", ["teacher", "cleaner", "principal", "card"])
def test_others_may_not(school, phone, typed, who):
    browser = phone(getattr(school, who))
    assert browser.get("/receiving/add").status_code == 403
    assert browser.send("/receiving/add", typed()).status_code == 403
    assert Delivery.select().count() == 0


def test_signed_out_is_asked_to_sign_in(phone, typed):
    assert phone().get("/receiving/add").status_code == 303
    assert phone().send("/receiving/add", typed()).status_code == 401


def test_the_same_form_twice_is_one_delivery(school, phone, typed):
    browser, key = phone(school.custodian), new_key()
    answers = [browser.send("/receiving/add", typed(), key=key) for _each in range(2)]
    assert [answer.location for answer in answers] == [answers[0].location] * 2
    assert Delivery.select().count() == 1


def test_a_mistake_is_made_void_with_a_reason(school, phone, arrive):
    delivery, browser = arrive(), phone(school.custodian)
    answer = browser.send(f"/receiving/{delivery.id}/voiding", {"reason": ""})
    assert (answer.status_code, "Please fill this in." in answer.text) == (422, True)
    assert browser.send(f"/receiving/{delivery.id}/voiding", {"reason": "供应商录错"}).status_code == 303
    assert "供应商录错" in browser.get(f"/receiving/{delivery.id}").text
    assert browser.send(f"/receiving/{delivery.id}/voiding", {"reason": "again"}).status_code == 409
    assert phone(school.teacher).send(f"/receiving/{delivery.id}/voiding", {"reason": "x"}).status_code == 403
