"""Sheets that go out: every cell has its type, and nothing in them can act."""

import io
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from openpyxl import load_workbook

from app.excel import out
from app.excel.out import Col, Sheet, sheet

EVIL = "=cmd|' /C calc'!A0"
COLUMNS = [
    Col("编号"),
    Col("数量", "int"),
    Col("原值（元）", "money"),
    Col("得分", "points"),
    Col("完好率", "percent"),
    Col("取得日期", "date"),
    Col("登记时间", "moment"),
]
ROW = ("007", 40, 119_980, 950, 0.985, date(2021, 9, 1), datetime(2026, 11, 24, 2, 24))


@pytest.fixture
def page(app: Flask) -> object:
    with app.test_request_context():
        answer = sheet("资产 2026.xlsx", COLUMNS, (row for row in [ROW, (EVIL, None, None, None, None, None, None)]))
        answer.direct_passthrough = False
        data = answer.get_data()
        answer.close()
    return load_workbook(io.BytesIO(data)).active


def test_cells_have_their_types(page: object) -> None:
    assert [cell.value for cell in page[1]] == [column.title for column in COLUMNS]
    values = [cell.value for cell in page[2]]
    assert values[:5] == ["007", 40, 1199.8, 9.5, 0.985]
    assert values[5] == datetime(2021, 9, 1)
    assert values[6] == datetime(2026, 11, 24, 10, 24)  # the school's clock
    assert [cell.number_format for cell in page[2]] == [out.FORMATS[column.kind] for column in COLUMNS]


def test_the_head_stays_and_filters(page: object) -> None:
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:G3"
    assert page["A1"].font.bold


def test_a_formula_stays_text_even_when_it_is_edited(page: object) -> None:
    assert page["A3"].value == EVIL
    assert page["A3"].data_type == "s"
    assert page["A3"].quotePrefix
    assert not page["A2"].quotePrefix


@pytest.mark.parametrize("words", ["=1+1", "+86", "-5", "@SUM(A1)", "\tx", "\rx"])
def test_every_dangerous_beginning_is_quoted(words: str) -> None:
    file = io.BytesIO()
    out.write([Sheet("x", [Col("a"), Col("b", "int")], [(words, words)])], file)
    for cell in load_workbook(file).active[2]:
        assert cell.data_type != "f"
        assert cell.quotePrefix or cell.value == "x"  # a carriage return is taken out


def test_whatever_text_is_written_can_be_opened() -> None:
    file = io.BytesIO()
    odd = ["\0\x01\x0b", "\ud800", "😀 <b>&amp;</b>", "长" * 40_000, "\ufffe", "多\n行", ""]
    out.write([Sheet("[a]:*?/\\'" + "很" * 40, [Col(f"c{n}") for n in range(len(odd))], [odd])], file)
    book = load_workbook(file)
    cells = [cell.value for cell in book.active[2]]
    assert cells[0] is None
    assert cells[2:4] == ["😀 <b>&amp;</b>", "长" * 32_767]
    assert cells[5] == "多\n行"
    assert len(book.active.title) == 31


def test_the_name_is_chinese_everywhere(app: Flask) -> None:
    with app.test_request_context():
        answer = sheet("资产/清单.xlsx", [Col("a")], [])
        answer.close()
    assert f"filename*=UTF-8''{quote('资产-清单.xlsx')}" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.mimetype == out.XLSX


def test_several_sheets() -> None:
    file = io.BytesIO()
    count = out.write([Sheet("一", [Col("a")], [(1,)]), Sheet("二", [Col("b")], [(2,), (3,)])], file)
    assert count == 3
    assert load_workbook(file).sheetnames == ["一", "二"]


def test_an_unknown_kind_of_column_stops_the_start() -> None:
    with pytest.raises(KeyError):
        Col("a", "yuan")


def test_a_row_of_the_wrong_length_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        out.write([Sheet("x", [Col("a"), Col("b")], [(1,)])], io.BytesIO())
