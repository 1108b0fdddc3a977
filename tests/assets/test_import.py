"""The custodian sends sheets of property: our template's, the finance system's, and the school's old ones."""

import io
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook

from app import once
from app.assets import keeping, ledger
from app.assets.finance import FinanceCard
from app.assets.ledger import Entering, Movement
from app.assets.models import Asset, Category, Shelf
from app.errors import Refused
from app.journal import Event
from app.people.models import Person
from app.places.codes import Label
from app.seeds import builtin
from tests.sheets import check, rows_of, send

HEAD = (
    "资产编号",
    "资产名称",
    "资产分类",
    "数量",
    "单价(元)",
    "取得日期",
    "存放地点",
    "保管人",
    "使用部门",
    "使用状态",
)
PROJECTOR = (None, "投影仪", "A02020200 投影仪", 1, 4299, "2021-9-1", "201教室", "李敏", "总务处", "在用")
DESKS = (None, "课桌", "教学、实验用桌", "４０张", "￥215.5", "2021.9", "三(2)班", None, None, None)
FINANCE = (
    "资产编号", "资产名称", "资产分类", "资产门类", "取得方式", "取得日期", "资产原值(元)", "累计折旧/摊销(元)",
    "净值(元)",
    "数量/面积", "折旧/摊销年限(月)", "已提折旧/摊销月数", "记账日期", "资产用途", "资产状态", "管理部门",
    "财政拨款(元)",
    "非财政拨款(元)", "项目代码",
)  # fmt: skip
TITLE = ("青禾实验小学固定资产卡片", *[None] * 18)
FROM_FINANCE = (
    "TY2021000001", "打印机", "A02021000 打印机", "设备", "购置", "2021年9月1日", "12,000.00", 4000, 8000,
    "10台", 72, 24,
    44440, "教学", "在用", "总务处", 12000, 0, "XM01",
)  # fmt: skip


@pytest.fixture
def school(school: SimpleNamespace, phone: Any) -> SimpleNamespace:
    builtin.install()
    school.browser = phone(school.custodian)
    return school


def look(school: SimpleNamespace, *rows: Any, room: Any = "", head: Any = HEAD) -> Any:
    return check(school.browser, "/assets/import", [head, *rows], room=str(room))


def taken(school: SimpleNamespace, *rows: Any, **given: Any) -> None:
    checked = look(school, *rows, **given)
    assert checked.wrong == 0, checked.page
    assert checked.store().status_code == 303


def honest() -> bool:
    return not any((*ledger.differences(), *ledger.misplaced(), *keeping.differences()))


# What comes in ------------------------------------------------------------------------------------------------


def test_new_things_get_number_label_ledger_and_story(school: SimpleNamespace) -> None:
    checked = look(school, PROJECTOR, DESKS)
    assert checked.counts == (2, 0, 0, 0)
    assert not Asset.select().exists()
    assert checked.store().status_code == 303
    projector, desks = Asset.select().order_by(Asset.id)
    assert projector.number == "A0202-2021-0001"
    assert (projector.place, projector.keeper, projector.office) == (
        school.places.classroom, school.teacher, school.office)  # fmt: skip
    assert (projector.unit_price, projector.acquired_on, projector.unit) == (429_900, date(2021, 9, 1), "台")
    assert (desks.is_batch, desks.unit, desks.unit_price, desks.place_id) == (True, "张", 21_550, None)
    assert Shelf.get(Shelf.asset == desks).quantity == 40
    assert Label.select().where(Label.asset.in_([projector, desks]), Label.basket_at.is_null(False)).count() == 2
    assert Movement.select().where(Movement.kind == "entry", Movement.person == school.custodian).count() == 2
    assert {event.action for event in Event.select().where(Event.asset == projector)} == {
        "assets.added",
        "ledger.entry",
    }
    assert honest()


def test_the_same_sheet_twice_doubles_nothing(school: SimpleNamespace) -> None:
    """Rows without any number are found again too, several alike among them."""
    rows = (PROJECTOR, PROJECTOR, (*PROJECTOR[:6], "202教室", *PROJECTOR[7:]), DESKS)
    taken(school, *rows)
    events = Event.select().count()
    checked = look(school, *rows)
    assert checked.counts == (0, 0, 4, 0)
    assert "What the import does not change" not in checked.page
    assert (Asset.select().count(), Event.select().count()) == (4, events)


def test_one_more_alike_is_one_more(school: SimpleNamespace) -> None:
    taken(school, PROJECTOR)
    assert look(school, PROJECTOR, PROJECTOR).counts == (1, 0, 1, 0)


def test_a_row_with_its_number_changes_the_card(school: SimpleNamespace) -> None:
    taken(school, PROJECTOR)
    number = Asset.get().number
    taken(school, (number, "短焦投影仪", "A02020200", None, 4100, None, None, None, None, "闲置"))
    asset = Asset.get()
    assert (asset.name, asset.unit_price, asset.state) == ("短焦投影仪", 410_000, "idle")
    assert asset.acquired_on == date(2021, 9, 1)  # an empty cell says nothing
    assert Event.select().where(Event.action == "assets.changed", Event.asset == asset).count() == 1


@pytest.mark.parametrize("name", ["财政编号", "序列号"])
def test_a_row_is_found_by_its_other_numbers(school: SimpleNamespace, name: str) -> None:
    head = ("资产名称", "资产分类", name, "存放地点", "品牌")
    taken(school, ("投影仪", "投影仪", "X-1", "201教室", None), head=head)
    checked = look(school, ("投影仪", "投影仪", "X-1", "201教室", "爱普生"), head=head)
    assert checked.counts == (0, 1, 0, 0)
    checked.store()
    assert Asset.get().brand == "爱普生"


def test_a_sheet_moves_nothing_and_says_so(school: SimpleNamespace) -> None:
    taken(school, PROJECTOR, DESKS)
    projector, desks = Asset.select().order_by(Asset.id)
    moved = (projector.number, *PROJECTOR[1:6], "202教室", "冯伟", "教务处", "已处置")
    fewer = (desks.number, *DESKS[1:3], "38张", *DESKS[4:6], "202教室", None, None, None)
    checked = look(school, moved, fewer)
    assert checked.counts == (0, 0, 2, 0)
    for words in ("教学楼 二楼 201教室 by the ledger and stays there", "The ledger holds 40;",
    "The keeper changes only",
                  "The office in charge changes only", "It is in use and stays so"):  # fmt: skip
        assert words in checked.page, words
    projector = Asset.get_by_id(projector.id)
    assert (projector.place, projector.keeper, projector.state) == (school.places.classroom, school.teacher, "in_use")
    assert Movement.select().count() == 2


def test_old_rooms_after_a_transfer_do_not_double(school: SimpleNamespace) -> None:
    """A thing that has moved since is still the one that the old sheet means."""
    taken(school, PROJECTOR)
    Shelf.update(place=school.places.store).execute()
    Asset.update(place=school.places.store).execute()
    assert look(school, PROJECTOR).counts == (0, 0, 1, 0)


# The finance system's sheet -----------------------------------------------------------------------------------


def test_the_finance_systems_sheet_as_it_is(school: SimpleNamespace) -> None:
    taken(school, TITLE, FINANCE, FROM_FINANCE, head=("导出时间：2026-11-24",), room=school.places.store.id)
    asset = Asset.get()
    assert asset.finance_number == "TY2021000001"
    assert asset.number == "A0202-2021-0001"
    assert (asset.is_batch, asset.unit, asset.unit_price, asset.fund) == (True, "台", 120_000, "财政拨款")
    assert Shelf.get().place == school.places.store
    card = FinanceCard.of(asset)
    assert (card.original, card.net, card.accumulated, card.budget) == (1_200_000, 800_000, 400_000, 1_200_000)
    assert (card.life_months, card.months_done, card.booked_on) == (72, 24, date(2021, 9, 1))
    assert (card.big_class, card.purpose, card.project) == ("设备", "教学", "XM01")
    page = school.browser.get(f"/assets/{asset.id}").text
    assert "In the finance system" in page
    assert "XM01" in page


def test_finance_facts_of_next_month_change_the_finance_card_only(school: SimpleNamespace) -> None:
    taken(school, FINANCE, FROM_FINANCE, head=TITLE, room=school.places.store.id)
    later = (*FROM_FINANCE[:7], 4500, 7500, *FROM_FINANCE[9:])
    checked = look(school, FINANCE, later, head=TITLE)
    assert checked.counts == (0, 1, 0, 0)
    checked.store()
    assert FinanceCard.get().net == 750_000
    assert not Event.select().where(Event.action == "assets.changed").exists()


def test_values_of_the_finance_system_are_not_for_everybody(school: SimpleNamespace, phone: Any) -> None:
    taken(school, FINANCE, FROM_FINANCE, head=TITLE, room=school.places.classroom.id)
    page = phone(school.teacher).get(f"/assets/{Asset.get().id}")
    assert page.status_code == 200
    assert "In the finance system" not in page.text


def test_without_a_room_the_sheet_asks_for_one(school: SimpleNamespace) -> None:
    checked = look(school, FINANCE, FROM_FINANCE, head=TITLE)
    assert checked.wrong == 1
    assert "choose one for all things without a room" in checked.page


def test_a_building_is_one_thing_of_so_many_square_metres(school: SimpleNamespace) -> None:
    row = ("FW1", "教学楼", "A01010200 业务用房", "房屋和构筑物", "自建", "2001-9", "3000000", 0, 3000000,
    "3,280.5", 600, 300,
           "2001-9-1", "教学", "在用", None, 3000000, 0, None)  # fmt: skip
    taken(school, FINANCE, row, head=TITLE, room=school.places.store.id)
    assert (Asset.get().is_batch, FinanceCard.get().area, Shelf.get().quantity) == (False, 328_050, 1)


def test_an_unknown_category_with_code_and_name_is_added(school: SimpleNamespace) -> None:
    row = (*FROM_FINANCE[:2], "A02999999 校园直播设备", *FROM_FINANCE[3:])
    checked = look(school, FINANCE, row, head=TITLE, room=school.places.store.id)
    assert "The category A02999999 校园直播设备 is added." in checked.page
    checked.store()
    category = Category.get(Category.code == "A02999999")
    assert (category.life_years, category.checked, Asset.get().category) == (6, False, category)


def test_a_thing_of_ours_without_finance_number_is_pointed_out(school: SimpleNamespace) -> None:
    taken(school, (None, "打印机", "打印机", "10台", None, "2021-9-1", "总务仓库", None, None, None))
    checked = look(school, FINANCE, FROM_FINANCE, head=TITLE, room=school.places.store.id)
    assert checked.counts == (1, 0, 0, 0)
    assert "There is already 打印机 A0202-2021-0001" in checked.page


# What is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (1, None, "Please fill this in."),
        (1, "长" * 81, "At most 80 characters"),
        (2, "飞船", "There is no category “飞船”"),
        (2, "A99", "There is no category with the code A99"),
        (2, "投影仪器", "perhaps A02020200"),
        (3, 0, "Please give a number from 1"),
        (3, "两台", "is not a whole number"),
        (3, "2.5", "is not a whole number"),
        (4, "便宜", "is not an amount"),
        (4, "-5", "is not an amount"),
        (5, "去年", "is not a day"),
        (5, "2031-01-01", "This day is still to come."),
        (5, 2021.1, "January or October"),
        (6, "999室", "There is no room “999室”"),
        (6, "201", None),
        (6, None, "Please say in which room it is"),
        (7, "无名氏", "Nobody on the staff is called 无名氏"),
        (7, "李敏😀", "perhaps 李敏?"),
        (8, "总务", "There is no office “总务”"),
        (9, "飞走了", "is not in the list"),
        (9, "已处置", "Only what the school still has is entered"),
    ],
)  # fmt: skip
def test_each_problem_is_told_in_words(school: SimpleNamespace, at: int, value: Any, words: str | None) -> None:
    row = list(PROJECTOR)
    row[at] = value
    checked = look(school, row)
    assert checked.wrong == (1 if words else 0), checked.page
    assert words is None or words in checked.page
    if words:
        assert words in checked.marked()[1][-1]
        assert checked.store().status_code == 409
    assert not Asset.select().exists()


def test_all_or_nothing(school: SimpleNamespace) -> None:
    checked = look(school, PROJECTOR, DESKS, (*PROJECTOR[:6], "月球", *PROJECTOR[7:]))
    assert checked.counts == (2, 0, 0, 1)
    assert checked.store().status_code == 409
    assert not Asset.select().exists()
    assert not Label.select().where(Label.asset.is_null(False)).exists()


def test_numbers_that_contradict_each_other(school: SimpleNamespace) -> None:
    head = (*HEAD, "财政编号", "序列号")
    taken(school, ("A-1", *PROJECTOR[1:], "F-1", "S-1"), ("A-2", *PROJECTOR[1:], "F-2", "S-2"), head=head)
    checked = look(school, ("A-1", *PROJECTOR[1:], "F-2", "S-1"), ("A-9", *PROJECTOR[1:], "F-9", "S-2"), head=head)
    assert checked.wrong == 2
    assert "The two numbers belong to two different things." in checked.page
    assert "The thing with this serial number is 投影仪, number A-2." in checked.page


def test_the_same_number_in_two_rows(school: SimpleNamespace) -> None:
    head = (*HEAD, "财政编号")
    rows = (("A-1", *PROJECTOR[1:], "F-1"), ("A-1", *PROJECTOR[1:], "F-2"), ("A-3", *PROJECTOR[1:], "F-1"))
    checked = look(school, *rows, head=head)
    assert checked.wrong == 2
    assert "This is the same as row 2." in checked.page
    assert "Row 2 has the same number." in checked.page


def test_single_things_need_a_row_each(school: SimpleNamespace) -> None:
    checked = look(school, (*PROJECTOR[:3], 30, *PROJECTOR[4:], "单件"), head=(*HEAD, "登记方式"))
    assert "One by one means a row for each." in checked.page


def test_price_and_value_must_agree(school: SimpleNamespace) -> None:
    head = (*HEAD, "原值(元)")
    assert "is not the original value" in look(school, (*PROJECTOR, 9999), head=head).page
    assert look(school, (*DESKS, "8620"), head=head).counts == (1, 0, 0, 0)


def test_namesakes_need_their_phone(school: SimpleNamespace) -> None:
    Person.add("李敏", phone="13900000001")
    assert "2 people called 李敏" in look(school, PROJECTOR).page
    assert look(school, (*PROJECTOR[:7], "李敏 13900000001", *PROJECTOR[8:])).wrong == 0


def test_formulas_and_html_are_only_words(school: SimpleNamespace) -> None:
    evil = (None, "<script>alert(1)</script>😀", "投影仪", 1, None, None, "201教室", None, None, None, "+86", "=1+1")
    checked = look(school, evil, head=(*HEAD, "备注", "说明"))
    assert "<script>alert" not in checked.page
    taken(school, evil, head=(*HEAD, "备注", "说明"))
    data = school.browser.get("/assets/list.xlsx").data
    assert all(cell.data_type != "f" for row in load_workbook(io.BytesIO(data)).active for cell in row)


def test_who_may_not(school: SimpleNamespace, phone: Any) -> None:
    for who in (school.teacher, school.principal, school.card, None):
        browser = phone(who)
        assert browser.get("/assets/import").status_code in (303, 403)
        assert send(browser, "/assets/import", [HEAD, PROJECTOR], room="").status_code in (401, 403)
        assert browser.get("/assets/import/template.xlsx").status_code in (303, 403)
    assert 'href="/assets/import"' not in phone(school.teacher).get("/assets/").text
    assert 'href="/assets/import"' in school.browser.get("/assets/").text


def test_once(school: SimpleNamespace) -> None:
    checked, key = look(school, PROJECTOR), once.new_key()
    first, again = checked.store(key), checked.store(key)
    assert (first.status_code, again.status_code) == (303, 303)
    assert Asset.select().count() == 1


# The template, and what went out ------------------------------------------------------------------------------


def test_the_template_offers_what_there_is(school: SimpleNamespace) -> None:
    book = load_workbook(io.BytesIO(school.browser.get("/assets/import/template.xlsx").data))
    page, notes, lists = book.worksheets
    titles = [cell.value for cell in page[1]]
    assert {"Number", "Asset name*", "Category of property*", "Room", "Keeper"} <= set(titles)
    assert "Net value (yuan)" not in titles
    offered = {column[0].column: [cell.value for cell in column if cell.value] for column in lists.columns}
    at = {title.strip("*"): number for number, title in enumerate(titles, 1)}
    assert "A02020200 projectors" in offered[at["Category of property"]]
    assert "教学楼 二楼 201教室" in offered[at["Room"]]
    assert "李敏" in offered[at["Keeper"]]
    assert "bought" in offered[at["Way of acquiring"]]
    assert "总务处" in offered[at["Office in charge"]]
    assert len(page.data_validations.dataValidation) >= 7
    assert any("A sheet moves nothing" in str(cell.value) for cell in notes["A"])


def test_a_filled_template_comes_in(school: SimpleNamespace) -> None:
    book = load_workbook(io.BytesIO(school.browser.get("/assets/import/template.xlsx").data))
    page = book.worksheets[0]
    at = {cell.value.strip("*"): cell.column for cell in page[1]}
    for title, value in {"Asset name": "投影仪", "Category of property": "A02020200 projectors",
    "Room": "教学楼 二楼 201教室",
                         "Way of acquiring": "donated", "State": "idle", "Quantity": "2"}.items():  # fmt: skip
        page.cell(2, at[title], value)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    checked = check(school.browser, "/assets/import", out, room="")
    assert checked.counts == (1, 0, 0, 0), checked.page
    checked.store()
    asset = Asset.get()
    assert (asset.source, asset.state, asset.is_batch) == ("donated", "idle", True)


def test_what_went_out_comes_in_unchanged(school: SimpleNamespace) -> None:
    taken(school, PROJECTOR, DESKS, ("B-7", *PROJECTOR[1:]))
    data = school.browser.get("/assets/list.xlsx").data
    checked = check(school.browser, "/assets/import", io.BytesIO(data), room="")
    assert checked.counts == (0, 0, 3, 0), checked.page
    assert "What the import does not change" not in checked.page


def test_a_csv_of_the_finance_system(school: SimpleNamespace) -> None:
    text = "\n".join(
        ",".join(f'"{cell}"' if cell is not None else "" for cell in row) for row in (FINANCE, FROM_FINANCE)
    )
    answer = send(school.browser, "/assets/import", io.BytesIO(text.encode("gbk")), "资产.csv",
                  room=str(school.places.store.id))  # fmt: skip
    school.browser.get(answer.location).get_data()
    assert school.browser.send(answer.location).status_code == 303
    assert Asset.get().finance_number == "TY2021000001"


# The verb ------------------------------------------------------------------------------------------------------


def new(school: SimpleNamespace, **fields: Any) -> Asset:
    return Asset(name="钢琴", category=Category.get(Category.code == "A02450100"), **fields)


def test_enter_many_is_asset_add_many_times(school: SimpleNamespace) -> None:
    one = Asset.add("钢琴", Category.get(Category.code == "A02450100"), school.custodian, place=school.places.store,
                    keeper=school.teacher)  # fmt: skip
    (other,) = ledger.enter_many([Entering(new(school, keeper=school.teacher), school.places.store)], school.custodian)
    one, other = Asset.get_by_id(one.id), Asset.get_by_id(other.id)
    own = {"id", "number", "words", "entered_at"}
    assert {k: v for k, v in one.__data__.items() if k not in own} == {
        k: v for k, v in other.__data__.items() if k not in own
    }
    assert other.number == "A0245-2026-0002"
    assert [e.action for e in Event.select().where(Event.asset == one).order_by(Event.id)] == [
        e.action for e in Event.select().where(Event.asset == other).order_by(Event.id)
    ]
    assert honest()


def test_enter_many_refuses_what_one_entry_refuses(school: SimpleNamespace) -> None:
    school.places.toilet.close(school.custodian, "改建")
    wrong = (
        [Entering(new(school), school.places.floor)],
        [Entering(new(school), school.places.toilet)],
        [Entering(new(school), school.places.store, 2)],
        [Entering(new(school, is_batch=True), school.places.store, 0)],
        [
            Entering(new(school, number="N"), school.places.store),
            Entering(new(school, number="N"), school.places.store),
        ],
    )
    for entries in wrong:
        with pytest.raises(Refused):
            ledger.enter_many(entries, school.custodian)
    assert not Asset.select().exists()
    assert not Movement.select().exists()


def test_numbers_step_over_those_that_rows_bring_along(school: SimpleNamespace) -> None:
    entries = [Entering(new(school, number=number), school.places.store) for number in ("A0245-2026-0002", None, None)]
    assert [a.number for a in ledger.enter_many(entries, school.custodian)] == [
        "A0245-2026-0002", "A0245-2026-0003", "A0245-2026-0004",
    ]  # fmt: skip


def test_a_thousand_rows_ask_little_for_each(school: SimpleNamespace, counted: Any, tmp_path: Path, app: Any) -> None:
    """Looking at rows costs no query for each."""
    from app.assets.importing import AssetImporter
    from tests.sheets import xlsx

    def queries(rows: int) -> int:
        path = tmp_path / f"{rows}.xlsx"
        path.write_bytes(xlsx([(*HEAD, "序列号"), *((*PROJECTOR, f"S{rows}-{n}") for n in range(rows))]).read())
        importer = AssetImporter(school.custodian)
        with counted() as looked:
            importer.dry_run(path)
        assert importer.report.fine, importer.report
        return looked.count

    with app.test_request_context():
        assert queries(300) <= queries(30) + 4


def test_the_marked_sheet_comes_back_corrected(school: SimpleNamespace) -> None:
    checked = look(school, (*PROJECTOR[:6], "月球", *PROJECTOR[7:]))
    rows = checked.marked()
    assert rows[0][-1] == "Problem"
    rows[1][6] = "201教室"
    again = check(school.browser, "/assets/import", rows, room="")
    assert again.counts == (1, 0, 0, 0)
    again.store()
    assert rows_of(school.browser.get("/assets/list.xlsx").data)[1][1] == "投影仪"
