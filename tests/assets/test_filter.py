"""What a link to the list may ask beyond the boxes on the page: source, fund, year, keeper, what is due, left open."""

from datetime import date, timedelta

import pytest

from app import clock
from app.assets import ledger
from app.assets.filters import AssetFilter


@pytest.fixture
def seen(phone, school, things):
    def find(**args):
        page = phone(school.custodian).get("/assets/", query_string=args).text
        return [name for name in ("投影仪", "课桌") if f">{name}</a>" in page]

    return find


def test_by_source_fund_year_and_keeper(school, things, seen):
    things.projector.change(school.custodian, source="donated", acquired_on=date(2021, 12, 31))
    things.desk.change(school.custodian, acquired_on=date(2022, 1, 1))
    assert seen(source="donated") == ["投影仪"]
    assert seen(source="bought") == ["课桌"]
    assert seen(fund="财政拨款") == ["投影仪"]
    assert seen(year=2021) == ["投影仪"]
    assert seen(year=2022) == ["课桌"]
    assert seen(keeper=school.custodian.id) == ["投影仪"]


def test_what_is_left_open(things, seen):
    assert seen(without="office") == ["投影仪"]
    assert seen(without="keeper") == ["课桌"]
    assert seen(without="fund") == ["课桌"]
    assert seen(without="year") == ["投影仪", "课桌"]


def test_what_is_due(school, things, seen):
    today = clock.today()
    things.projector.change(school.custodian, acquired_on=today - timedelta(days=7 * 366))
    things.desk.change(school.custodian, acquired_on=today, warranty_until=today + timedelta(days=30))
    assert seen(due="life") == ["投影仪"]
    assert seen(due="warranty") == ["课桌"]


def test_what_still_stands_somewhere(school, things, seen):
    store = school.places.store
    ledger.post(things.desk, "removal", school.custodian, quantity=40, source=store, reason="报废")
    assert seen(standing=1) == ["投影仪"]
    assert seen() == ["投影仪", "课桌"]


def test_nonsense_is_left_out(seen):
    nonsense = ("source", "x"), ("year", "12"), ("year", "abc"), ("without", "name"), ("due", "1"), ("standing", "2")
    for name, value in nonsense:
        assert seen(**{name: value}) == ["投影仪", "课桌"], name
    assert seen(keeper="99999") == []


def test_the_page_says_what_it_is_narrowed_down_to_and_keeps_it(school, things, phone, ctx):
    query = {"fund": "财政<拨款>", "source": "bought", "keeper": school.custodian.id, "due": "life", "standing": 1}
    page = phone(school.custodian).get("/assets/", query_string=query).text
    for words in ("财政&lt;拨款&gt;", "bought", school.custodian.name, "past their minimum life", "on the ledger"):
        assert words in page
    for name, value in {**query, "fund": "财政&lt;拨款&gt;"}.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    assert AssetFilter.of({name: str(value) for name, value in query.items()}).args == query
