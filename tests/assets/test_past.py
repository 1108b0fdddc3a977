"""As it stood on a day (当时的账): sums and lines, to the last second; narrowed down; as a sheet; for whom."""

import io
from datetime import date, datetime

import pytest
from openpyxl import load_workbook

from app import clock
from app.assets import ledger
from app.assets.models import Asset
from tests.helpers import carried

DAY = date(2026, 11, 24)


@pytest.fixture
def moved(school, things):
    """The next day fifteen desks go to the classroom, and the projector to 冯伟 in the art office."""
    clock.set_hands(datetime(2026, 11, 25, 2))
    carried(things.desk, school.places.store, school.places.classroom, school.custodian, 15)
    carried(things.projector, school.places.classroom, school.places.office, school.custodian)
    return things


def sums(by: str, day: date, **narrow) -> dict[str, int]:
    return {row.name: row.quantity for row in ledger.at(day, **narrow).totals(by)}


def test_a_day_is_told_as_it_was_before_and_after_a_move(school, moved):
    after = date(2026, 11, 25)
    assert sums("place", DAY) == {"201教室": 1, "总务仓库": 40}
    assert sums("place", after) == {"201教室": 15, "总务仓库": 25, "美术办公室": 1}
    assert sums("holder", DAY) == {"": 40, "钱秀英": 1}
    assert sums("holder", after) == {"": 40, "冯伟": 1}
    assert sums("place", date(2026, 11, 23)) == {}
    assert (
        ledger.at(DAY, place=school.places.floor).balance()
        == ledger.at(after, place=school.places.floor).balance()
        == 41
    )
    assert ledger.at(DAY, holder=school.custodian).balance() == 1
    assert ledger.at(after, holder=school.custodian).balance() == 0
    assert ledger.at(after, category=moved.desks).balance() == 40
    assert ledger.at(DAY, office=school.office).balance() == 40


def test_the_last_second_counts_and_midnight_does_not(school, things):
    clock.set_hands(datetime(2026, 11, 24, 15, 59, 59))
    ledger.post(things.desk, "removal", school.custodian, quantity=1, source=school.places.store, reason="坏")
    clock.set_hands(datetime(2026, 11, 24, 16))
    ledger.post(things.desk, "removal", school.custodian, quantity=2, source=school.places.store, reason="坏")
    assert ledger.at(DAY, asset=things.desk).balance() == 39
    assert ledger.at(date(2026, 11, 25), asset=things.desk).balance() == 37


def test_what_was_reversed_later_is_still_told_of_the_day(school, things):
    row = ledger.post(things.desk, "removal", school.custodian, quantity=8, source=school.places.store, reason="错")
    clock.set_hands(datetime(2026, 11, 26, 2))
    ledger.reverse(row, school.custodian, "错记")
    assert ledger.at(DAY, asset=things.desk).balance() == 32
    assert ledger.at(date(2026, 11, 26), asset=things.desk).balance() == 40


def test_the_page_shows_sums_and_the_lines_behind_one(school, moved, phone):
    browser = phone(school.custodian)
    page = browser.get("/assets/past", query_string={"day": DAY.isoformat(), "by": "place"}).text
    assert "总务仓库" in page
    assert "美术办公室" not in page
    assert "A0501-2026-0001" not in page
    room = {"day": DAY.isoformat(), "place": school.places.classroom.id}
    page = browser.get("/assets/past", query_string=room).text
    assert "投影仪" in page
    assert "课桌" not in page
    page = browser.get("/assets/past", query_string={**room, "day": "2026-11-25"}).text
    assert "课桌" in page
    assert "投影仪" not in page


@pytest.mark.parametrize(
    "query", ["day=2026-02-30", "day=tomorrow", "day=9999-12-31", "day=0001-01-01", "by=nothing", "place=99999&asset=x",
              "holder=-1", "day=" + "9" * 4000, "category=" + "9" * 30],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(school, things, phone, query):
    assert phone(school.custodian).get(f"/assets/past?{query}").status_code == 200


def test_the_sheet_holds_the_lines_of_that_day(school, moved, phone):
    answer = phone(school.custodian).get(f"/assets/past.xlsx?day={DAY}")
    rows = [row for row in load_workbook(io.BytesIO(answer.data)).active.values if "课桌" in row or "投影仪" in row]
    assert [(row[1], row[4], row[6]) for row in rows] == [("投影仪", "钱秀英", 1), ("课桌", None, 40)]


def test_prices_are_for_those_who_see_values_and_the_page_for_those_who_see_all(school, things, phone):
    assert "3,560" in phone(school.custodian).get("/assets/past").text
    for who in (school.teacher, school.stranger, school.electrician, school.cleaner, school.card):
        assert phone(who).get("/assets/past").status_code == 403, who.name
        assert phone(who).get("/assets/past.xlsx").status_code == 403, who.name
    assert phone().get("/assets/past").status_code == 303


def test_the_number_of_queries_is_constant(school, things, phone, counted):
    browser = phone(school.custodian)

    def cost() -> int:
        with counted() as queries:
            assert browser.get("/assets/past", query_string={"category": things.projectors.id}).status_code == 200
        return queries.count

    few = cost()
    Asset.add_many(20, name="投影仪", category=things.projectors, by=school.custodian, place=school.places.office,
                   keeper=school.stranger)  # fmt: skip
    assert cost() == few <= 6
