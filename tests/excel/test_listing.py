"""Lists that are taken away: each as a sheet and as a print, with the filter and the permission of its page."""

import io
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from openpyxl import load_workbook

from app import clock
from app.assets.models import Asset, Category
from app.excel import listing
from app.inspections.checklists import CLASS_HYGIENE, Checklist
from app.inspections.models import Check
from app.people.models import Person
from app.places.models import Place
from app.repairs.models import Ticket
from app.seeds import builtin
from tests.sheets import cells_of, rows_of

EVIL = "=cmd|'/C calc'!A0"
MARK = "<script>alert(1)</script>"


@pytest.fixture
def school(school: SimpleNamespace, phone: Any) -> SimpleNamespace:
    """A school with something in each list, hostile names among it."""
    builtin.install()
    who, places = school.custodian, school.places
    category = Category.get(Category.code == "A02020200")
    Asset.add("投影仪", category, who, place=places.classroom, unit_price=429_900, keeper=school.teacher,
    fund="财政拨款",
              acquired_on=clock.today(), serial="007")  # fmt: skip
    Asset.add(EVIL, category, who, place=places.store, note=MARK)
    Asset.add("课桌", category, who, place=places.store, quantity=40, is_batch=True, unit="张", unit_price=21_550)
    Person.add(EVIL, phone="13900000001", post=MARK)
    Place.add("special", EVIL, who, parent=places.floor)
    Category.add("A09", EVIL, who)
    Ticket.report(school.teacher, place=places.classroom, kind="power", words=EVIL)
    Ticket.report(school.teacher, place=places.store, kind="water", words=MARK, urgent=True)
    Check.record(Checklist.now(CLASS_HYGIENE), places.classroom, school.counsellor, {})
    school.phone = phone
    return school


def sheet(browser: Any, address: str) -> list[list[Any]]:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
    return rows_of(answer.data)


def column(rows: list[list[Any]], title: str) -> list[Any]:
    at = rows[0].index(title)
    return [row[at] for row in rows[1:]]


LISTS = (  # address, who sees it, who does not
    ("/assets/list", "custodian", "card"),
    ("/assets/in/{store}/list", "custodian", "teacher"),
    ("/assets/categories/list", "custodian", "card"),
    ("/places/list", "custodian", "card"),
    ("/places/classes/list", "custodian", "card"),
    ("/people/list", "director", "teacher"),
    ("/repairs/list", "director", "card"),
    ("/labels/codes/list", "custodian", "teacher"),
    ("/inspections/day/2026-11-24/list", "counsellor", "card"),
    ("/inspections/class/{group}/list", "counsellor", "card"),
    ("/cards/list", "counsellor", "teacher"),
)


def at(school: SimpleNamespace, address: str) -> str:
    return address.format(store=school.places.store.id, group=school.classes.three_two.id)


@pytest.mark.parametrize(("address", "sees", "refused"), LISTS)
def test_every_list_as_a_sheet(school: SimpleNamespace, address: str, sees: str, refused: str) -> None:
    address = at(school, address)
    answer = school.phone(getattr(school, sees)).get(f"{address}.xlsx")
    assert answer.status_code == 200, answer.text
    assert ".xlsx" in answer.headers["Content-Disposition"]
    page = load_workbook(io.BytesIO(answer.data)).active
    assert page.freeze_panes == "A2"
    assert page.max_row >= 2
    assert all(cell.data_type != "f" for cell in cells_of(answer.data))
    assert school.phone(getattr(school, refused)).get(f"{address}.xlsx").status_code in (403, 404)
    assert school.phone().get(f"{address}.xlsx").status_code == 303


@pytest.mark.parametrize(("address", "sees", "refused"), LISTS)
def test_every_list_as_a_print(school: SimpleNamespace, address: str, sees: str, refused: str) -> None:
    address = at(school, address)
    answer = school.phone(getattr(school, sees)).get(f"{address}/print")
    assert answer.status_code == 200, answer.text
    assert "<thead>" in answer.text
    assert "青禾实验小学" in answer.text
    assert MARK not in answer.text
    assert school.phone(getattr(school, refused)).get(f"{address}/print").status_code in (403, 404)
    assert school.phone().get(f"{address}/print").status_code == 303


@pytest.mark.parametrize(
    ("page", "sees"),
    [("/assets/", "custodian"), ("/places/", "custodian"), ("/places/classes", "custodian"), ("/people/", "director"),
     ("/repairs/", "director"), ("/labels/codes", "custodian"), ("/inspections/day/2026-11-24", "counsellor"),
     ("/inspections/class/{group}", "counsellor"), ("/cards/", "counsellor"), ("/assets/categories", "custodian"),
     ("/assets/in/{store}", "custodian")],
)  # fmt: skip
def test_each_page_offers_both(school: SimpleNamespace, page: str, sees: str) -> None:
    text = school.phone(getattr(school, sees)).get(at(school, page)).text
    assert "list.xlsx" in text
    assert "list/print" in text


def test_cells_have_their_types(school: SimpleNamespace) -> None:
    rows = sheet(school.phone(school.custodian), "/assets/list.xlsx?words=投影仪")
    (row,) = rows[1:]
    found = dict(zip(rows[0], row, strict=True))
    assert found["Serial number"] == "007"
    assert (found["Unit price (yuan)"], found["Quantity"]) == (4299, 1)
    assert found["Acquired on"] == datetime(2026, 11, 24)
    assert found["Room"] == "教学楼 二楼 201教室"


def test_the_file_has_a_chinese_name(school: SimpleNamespace) -> None:
    browser = school.phone(school.custodian)
    browser.set_cookie("language", "zh_Hans_CN")
    answer = browser.get("/assets/categories/list.xlsx")
    assert f"filename*=UTF-8''{quote('资产分类 2026-11-24')}.xlsx" in answer.headers["Content-Disposition"]
    assert rows_of(answer.data)[0][:2] == ["分类编码", "分类名称"]


def test_the_filter_feeds_page_sheet_and_print(school: SimpleNamespace) -> None:
    browser = school.phone(school.custodian)
    rows = sheet(browser, f"/assets/list.xlsx?place={school.places.store.id}&kind=batch")
    assert column(rows, "Asset name") == ["课桌"]
    assert column(rows, "Original value (yuan)") == [8620]
    text = browser.get(f"/assets/list/print?place={school.places.store.id}&kind=batch").text
    assert "课桌" in text
    assert "投影仪" not in text
    assert "总务仓库 · batches" in text
    assert f"place={school.places.store.id}" in browser.get(f"/assets/?place={school.places.store.id}").text


def test_prices_only_for_who_may_see_them(school: SimpleNamespace) -> None:
    rows = sheet(school.phone(school.teacher), "/assets/list.xlsx")
    assert column(rows, "Asset name") == ["投影仪"]  # the own room alone
    assert not {"Unit price (yuan)", "Original value (yuan)", "Supplier", "Source of funds"} & set(rows[0])
    assert "Unit price (yuan)" in sheet(school.phone(school.principal), "/assets/list.xlsx")[0]


def test_whole_phone_numbers_only_for_who_enters_them(school: SimpleNamespace) -> None:
    rows = sheet(school.phone(school.director), "/people/list.xlsx")
    assert "13800000004" in column(rows, "Phone number")
    for who in (school.custodian, school.principal):
        data = school.phone(who).get("/people/list.xlsx").data
        assert not any("1380000" in str(cell.value) for cell in cells_of(data))
    assert not any("pbkdf2" in str(cell.value) for cell in cells_of(school.phone(school.director).get(
        "/people/list.xlsx").data))  # fmt: skip


def test_the_list_of_staff_follows_its_filter(school: SimpleNamespace) -> None:
    rows = sheet(school.phone(school.director), f"/people/list.xlsx?role=teacher&office={school.teaching.id}")
    assert set(column(rows, "Name")) == {"李敏", "冯伟"}
    assert len(sheet(school.phone(school.director), "/people/list.xlsx?role=nobody")) == 1


def test_reports_by_tab_and_without_phones(school: SimpleNamespace) -> None:
    browser = school.phone(school.director)
    rows = sheet(browser, "/repairs/list.xlsx?tab=waiting&urgent=1")
    assert column(rows, "What is broken") == [MARK]
    assert column(rows, "Reported by") == ["李敏"]
    assert "1380000" not in str(sheet(browser, "/repairs/list.xlsx"))
    assert len(sheet(browser, "/repairs/list.xlsx?tab=done")) == 1
    own = sheet(school.phone(school.teacher), "/repairs/list.xlsx")
    assert "Reported by" not in own[0]
    assert len(sheet(school.phone(school.stranger), "/repairs/list.xlsx")) == 1


def test_codes_by_kind(school: SimpleNamespace) -> None:
    rows = sheet(school.phone(school.custodian), "/labels/codes/list.xlsx?kind=asset")
    assert set(column(rows, "Name of the thing")) == {"投影仪", EVIL, "课桌"}


def test_results_show_no_more_than_their_page(school: SimpleNamespace) -> None:
    group = school.classes.three_two.id
    assert "Taken for" in sheet(school.phone(school.teacher), f"/inspections/class/{group}/list.xlsx")[0]
    rows = sheet(school.phone(school.stranger), f"/inspections/class/{group}/list.xlsx")
    assert "Taken for" not in rows[0]
    assert column(rows, "Points") == [10]
    rows = sheet(school.phone(school.counsellor), "/inspections/day/2026-11-24/list.xlsx")
    assert column(rows, "That day") == [10, None]
    assert school.phone(school.counsellor).get("/inspections/day/yesterday/list.xlsx").status_code == 404


def test_the_secret_of_a_card_is_on_no_sheet(school: SimpleNamespace) -> None:
    rows = sheet(school.phone(school.counsellor), "/cards/list.xlsx")
    assert column(rows, "Name of the card") == ["三年级卫生监督岗"]
    assert school.card_secret not in str(rows)
    assert school.card.secret_digest not in str(rows)


def test_too_long_a_list_is_refused_in_words(school: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_ROWS", 2)
    monkeypatch.setattr(listing, "MOST_PRINTED", 1)
    browser = school.phone(school.custodian)
    answer = browser.get("/assets/list.xlsx")
    assert answer.status_code == 409
    assert "This list has 3 rows; 2 are the most at once." in answer.text
    assert browser.get("/assets/list.xlsx?kind=batch").status_code == 200
    assert browser.get(f"/assets/list/print?place={school.places.store.id}").status_code == 409


def test_a_sheet_asks_as_much_for_forty_rows_as_for_four(school: SimpleNamespace, counted: Any) -> None:
    browser = school.phone(school.director)

    def asked(address: str) -> int:
        with counted() as queries:
            assert browser.get(address).status_code == 200
        return queries.count

    addresses = [f"{at(school, address)}.xlsx" for address, _sees, _refused in LISTS[:8]]
    before = [asked(address) for address in addresses]
    category = Category.get(Category.code == "A02020200")
    for n in range(36):
        Asset.add(f"风扇{n}", category, None, place=school.places.store, keeper=school.teacher, office=school.office)
        Ticket.report(school.teacher, place=school.places.store, kind="power", words=f"坏{n}")
        Place.add("special", f"房{n}", None, parent=school.places.floor, keeper=school.teacher, cleaner=school.cleaner)
        Person.add(f"人{n}", phone=f"1370000{n:04}", roles=("teacher",), office=school.office)
    assert [asked(address) for address in addresses] == before
