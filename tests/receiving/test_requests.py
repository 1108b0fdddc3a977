"""Requests to buy: what lies idle is shown first; the director agrees, above the limits the principal too."""

import pytest

from app.approvals.models import waiting_asks
from app.assets.models import Asset
from app.errors import Refused
from app.once import new_key
from app.receiving.models import Delivery
from app.receiving.purchases import Purchase, lying_idle


@pytest.fixture
def wanted(categories):
    def form(**but):
        fields = {"name": "投影仪", "category": categories.projector.id, "quantity": "1", "unit": "台",
                  "unit_price": "4600", "purpose": "美术教室没有投影", "urgency": "normal"}  # fmt: skip
        return {**fields, **but}

    return form


@pytest.fixture
def idle_one(school, categories) -> Asset:
    return Asset.add("投影仪", categories.projector, school.custodian, place=school.places.store, state="idle")


def agree(slip: Purchase, *people) -> None:
    for person in people:
        slip.agree(person)


def test_a_teacher_asks_and_the_director_agrees(school, phone, wanted):
    browser = phone(school.teacher)
    answer = browser.send("/receiving/requests/add", wanted())
    slip = Purchase.get()
    assert (answer.status_code, slip.number, slip.budget, slip.office) == (303, "GZ-2026-0001", 460000, school.teaching)
    assert [(ask.words, ask.step) for ask in slip.asks] == [("director", 2)]
    assert [ask.slip_id for ask in waiting_asks(school.director)] == [slip.id]
    assert "投影仪 1 台" in phone(school.director).get("/approvals/").text
    phone(school.director).send(f"/approvals/{slip.asks[0].id}/agreement")
    assert Purchase.get().state == "agreed"
    assert "agreed" in browser.get(answer.location).text


def test_the_head_of_the_office_is_asked_first(school, wanted, phone):
    school.teaching.head = school.counsellor
    school.teaching.save()
    phone(school.teacher).send("/receiving/requests/add", wanted())
    slip = Purchase.get()
    assert [(ask.words, ask.state) for ask in slip.asks] == [("head", "waiting"), ("director", "later")]
    assert phone(school.counsellor).get(f"/receiving/requests/{slip.id}").status_code == 200
    agree(slip, school.counsellor, school.director)
    assert slip.state == "agreed"


@pytest.mark.parametrize(
    ("price", "asked"),
    [
        ("19999.99", ["director"]),
        ("20000", ["director", "vice_principal"]),
        ("50000", ["director", "vice_principal", "principal"]),
    ],
)
def test_above_the_limits_the_leaders_agree_too(school, vice, wanted, phone, price, asked):
    phone(school.teacher).send("/receiving/requests/add", wanted(unit_price=price))
    assert [ask.role for ask in Purchase.get().asks] == asked


def test_what_lies_idle_is_shown_before_it_is_asked_for(school, phone, wanted, idle_one):
    browser = phone(school.teacher)
    piece = browser.get("/receiving/requests/idle?name=投影", headers={"HX-Request": "true"}).text
    assert "总务仓库" in piece
    assert "<html" not in piece
    answer = browser.send("/receiving/requests/add", wanted())
    assert answer.status_code == 422
    for words in (
        "Some of these lie idle at school",
        "总务仓库",
        "Please look at these first.",
        "Please say why.",
        "美术教室没有投影",
    ):
        assert words in answer.text, words
    assert Purchase.select().count() == 0
    browser.send("/receiving/requests/add", wanted(seen="y", why_new="闲置的那台灯泡已坏"))
    assert (Purchase.get().idle, Purchase.get().why_new) == (1, "闲置的那台灯泡已坏")


def test_the_rule_holds_without_the_page_too(school, categories, ctx, idle_one):
    with pytest.raises(Refused, match="lie idle"):
        Purchase.ask(school.teacher, name="投影仪", category=None, quantity=1, unit="台", unit_price=1, purpose="x")


def test_idle_means_idle_by_name_or_category(school, categories, idle_one):
    used = Asset.add("投影仪", categories.projector, school.custodian, place=school.places.store)
    found = [asset for asset, _place, _count in lying_idle("投影")]
    assert found == [idle_one]
    assert used not in found
    assert lying_idle("", categories.projector) != []
    assert lying_idle("钢琴") == []
    assert lying_idle("%") == []


@pytest.mark.parametrize(
    ("but", "words"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "长" * 81}, "At most 80"),
        ({"quantity": "0"}, "from 1 to"),
        ({"unit_price": ""}, "Please fill this in."),
        ({"unit_price": "viel"}, "amount like"),
        ({"purpose": " "}, "Please fill this in."),
        ({"purpose": "x" * 1_000_000}, "At most 400"),
        ({"category": "99999"}, "Please choose one."),
        ({"urgency": "yesterday"}, "Please choose one."),
    ],
)
def test_bad_input_is_told_at_the_field(school, phone, wanted, but, words):
    answer = phone(school.teacher).send("/receiving/requests/add", wanted(fund="自筹", **but))
    assert (answer.status_code, words in answer.text, "自筹" in answer.text) == (422, True, True)
    assert Purchase.select().count() == 0


def test_a_stranger_sees_nothing_of_it(school, finance, phone, wanted):
    phone(school.teacher).send("/receiving/requests/add", wanted())
    here = f"/receiving/requests/{Purchase.get().id}"
    for who in (school.stranger, school.cleaner):
        assert phone(who).get(here).status_code == 404
        assert phone(who).get(f"/paper/purchase/{Purchase.get().id}").status_code == 404
        assert "GZ-2026" not in phone(who).get("/receiving/requests/").text
    for who in (school.custodian, finance, school.principal):
        assert phone(who).get(here).status_code == 200
    assert phone(school.card).get(here).status_code == 403
    assert phone().get(here).status_code == 303


def test_the_same_form_twice_is_one_request(school, phone, wanted):
    browser, key = phone(school.teacher), new_key()
    for _each in range(2):
        browser.send("/receiving/requests/add", wanted(), key=key)
    assert Purchase.select().count() == 1


def test_an_agreed_request_becomes_a_delivery(school, phone, wanted):
    phone(school.teacher).send("/receiving/requests/add", wanted())
    slip = Purchase.get()
    browser = phone(school.custodian)
    assert "It has arrived" not in browser.get(f"/receiving/requests/{slip.id}").text
    slip.agree(school.director)
    assert "It has arrived" in browser.get(f"/receiving/requests/{slip.id}").text
    page = browser.get(f"/receiving/add?request={slip.id}").text
    assert 'value="投影仪"' in page
    assert 'value="4600.00"' in page
    form = {"supplier": "某公司", "arrived_on": "2026-11-24", "handler_id": school.director.id, "request": slip.id,
            "rows": "1", "line-0-name": "投影仪", "line-0-category": slip.category_id, "line-0-quantity": "1",
            "line-0-unit": "台", "line-0-unit_price": "4600", "line-0-kind": "single"}  # fmt: skip
    assert browser.send("/receiving/add", form).status_code == 303
    delivery = Delivery.get()
    assert delivery.request == slip
    assert "DH-2026-0001" in phone(school.teacher).get(f"/receiving/requests/{slip.id}").text  # who asked follows it
    assert list(Purchase.visible_to(school.director).where(Purchase.in_stage("agreed"))) == []
    assert list(Purchase.visible_to(school.director).where(Purchase.in_stage("arrived"))) == [slip]
    delivery.void(school.custodian, "错")
    assert list(Purchase.visible_to(school.director).where(Purchase.in_stage("agreed"))) == [slip]


def test_a_refused_request_is_over(school, phone, wanted):
    phone(school.teacher).send("/receiving/requests/add", wanted())
    Purchase.get().refuse(school.director, "先用闲置的")
    assert list(Purchase.visible_to(school.teacher).where(Purchase.in_stage("over"))) == [Purchase.get()]
    assert "先用闲置的" in phone(school.teacher).get(f"/receiving/requests/{Purchase.get().id}").text


def test_the_slip_prints_with_the_agreements(school, phone, wanted):
    phone(school.teacher).send("/receiving/requests/add", wanted())
    slip = Purchase.get()
    slip.agree(school.director, note="同意，走校内集采")
    page = phone(school.teacher).get(f"/paper/purchase/{slip.id}").text
    for words in ("GZ-2026-0001", "4,600.00", "同意，走校内集采", "赵建国", "nothing lay idle"):
        assert words in page, words


def test_what_is_idle_by_its_card_yet_lent_is_not_idle(school, idle_one, ctx):
    from app.custody.models import Custody

    loan = Custody.hand_out(idle_one, school.stranger, school.custodian)
    assert lying_idle("投影仪") == []
    loan.take_back(school.custodian)
    assert [asset for asset, _place, _count in lying_idle("投影仪")] == [idle_one]
