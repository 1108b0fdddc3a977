"""The lists: by step with counts, constant queries, sheets from the same filter, cards of the home page."""

import io

import pytest
from openpyxl import load_workbook

from app.receiving.purchases import Purchase
from app.receiving.views import waiting


def rows_of(answer) -> list[tuple]:
    rows = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))
    answer.close()
    return rows


def test_the_list_counts_by_step(school, finance, phone, brought):
    for step in ("accept", "stock", "enter", "reimburse"):
        brought(step)
    brought("reimburse").reimburse(finance)
    browser = phone(school.custodian)
    page = browser.get("/receiving/").text
    for number in ("DH-2026-0001", "DH-2026-0002", "DH-2026-0003", "DH-2026-0004"):
        assert number in page
    assert "DH-2026-0005" not in page
    assert page.count('<span class="count">1</span>') == 4
    page = browser.get("/receiving/?state=enter").text
    assert "DH-2026-0003" in page
    assert "DH-2026-0002" not in page
    assert "DH-2026-0005" in browser.get("/receiving/?state=done").text
    assert "Nothing here." in browser.get("/receiving/?state=void").text
    assert browser.get("/receiving/?state=nonsense&page=x").status_code == 200


@pytest.mark.parametrize("words", ["文教", "No.2026118", "HT-26", "学生椅", "赵建国", "dh-2026-0001"])
def test_it_is_found_by_words(school, phone, arrive, words):
    arrive()
    assert "DH-2026-0001" in phone(school.custodian).get("/receiving/", query_string={"words": words}).text
    assert "DH-2026-0001" not in phone(school.custodian).get("/receiving/?words=100%25_").text


def test_the_list_asks_the_same_number_of_queries(school, phone, brought, counted):
    browser = phone(school.custodian)
    brought("reimburse")
    with counted() as few:
        browser.get("/receiving/?state=all")
    for _each in range(8):
        brought("reimburse")
    with counted() as many:
        browser.get("/receiving/?state=all")
    assert many.count == few.count <= 10


def test_a_delivery_with_many_lines_asks_no_more(school, phone, arrive, categories, all_good, counted):
    from app.receiving.models import Item

    browser, counts = phone(school.custodian), []
    for lines in (1, 20):
        items = [Item(f"物品{n}", categories.chair, 5, "把", 100, True) for n in range(lines)]
        delivery = arrive(items=items)
        delivery.check(school.director, all_good(delivery))
        delivery.confirm(school.teacher)
        with counted() as queries:
            assert browser.get(f"/receiving/{delivery.id}").status_code == 200
        counts.append(queries.count)
    assert counts[0] == counts[1]


def test_requests_ask_the_same_number_of_queries(school, ctx, phone, categories, counted):
    browser, counts = phone(school.custodian), []
    browser.get("/receiving/requests/")
    for count in (1, 9):
        for n in range(count):
            Purchase.ask(school.teacher, name=f"物品{n}", quantity=1, unit="台", unit_price=100, purpose="用")
        with counted() as queries:
            assert browser.get("/receiving/requests/").status_code == 200
        counts.append(queries.count)
    assert counts[0] == counts[1] <= 10


def test_the_sheet_holds_each_line_with_typed_cells(school, phone, brought):
    brought("reimburse", 学生椅=(38, "开裂"))
    answer = phone(school.custodian).get("/receiving/deliveries.xlsx?state=reimburse")
    assert "Deliveries 2026-11-24.xlsx" in answer.headers["Content-Disposition"]
    head, projector, chairs = rows_of(answer)
    line = dict(zip(head, chairs, strict=True))
    assert (line["Slip number"], line["Came"], line["Accepted"], line["Sent back"]) == ("DH-2026-0001", 40, 38, 2)
    assert (line["Reason"], float(line["Unit price (yuan)"]), float(line["Amount (yuan)"])) == ("开裂", 85.5, 3249.0)
    assert dict(zip(head, projector, strict=True))["Stock-in slip"] == "RK-2026-0001"
    assert len(rows_of(phone(school.custodian).get("/receiving/deliveries.xlsx?state=accept"))) == 1


def test_the_sheet_hides_prices_and_rows_that_are_not_ones_own(school, phone, brought):
    brought("reimburse")
    head, line, _chairs = rows_of(phone(school.teacher).get("/receiving/deliveries.xlsx?state=all"))
    line = dict(zip(head, line, strict=True))
    assert (line["Supplier"], line["Unit price (yuan)"], line["Amount (yuan)"]) == (None, None, None)
    assert len(rows_of(phone(school.stranger).get("/receiving/deliveries.xlsx?state=all"))) == 1


def test_the_shopping_list_is_a_sheet(school, phone, ctx):
    slip = Purchase.ask(school.teacher, name="=1+1", quantity=2, unit="台", unit_price=10050, purpose="用")
    slip.agree(school.director)
    head, line = rows_of(phone(school.custodian).get("/receiving/requests.xlsx?stage=agreed"))
    line = dict(zip(head, line, strict=True))
    assert (line["What is needed"], line["How many"], float(line["Amount (yuan)"])) == ("=1+1", 2, 201.0)


def test_each_sees_the_cards_of_the_own_steps(app, school, finance, brought):
    for step in ("accept", "stock", "enter", "reimburse"):
        brought(step)
    with app.test_request_context():
        words = {
            who.name: [(card.words, card.count) for card in waiting(who)]
            for who in (school.custodian, finance, school.teacher, school.principal, school.stranger)
        }
        assert waiting(school.card) == []
    assert words["钱秀英"] == [
        ("deliveries to accept", 1), ("deliveries to stock in", 1), ("deliveries to enter in the ledger", 1),
    ]  # fmt: skip
    assert words["金有余"] == [("deliveries to reimburse", 1)]
    assert words["李敏"] == [("deliveries to accept", 1)]
    assert words["郑文博"] == words["冯伟"] == []


def test_a_request_to_accept_is_not_shown_to_who_checked_already(school, phone, arrive, all_good):
    delivery = arrive()
    delivery.check(school.teacher, all_good(delivery))
    assert "waits for the second person" in phone(school.custodian).get("/receiving/").text
