"""Sheets that come in: as Excel, WPS and the finance system write them, and as nobody honest would."""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from app.excel import read
from app.excel.read import Unreadable
from tests.excel.conftest import HEAD, csv_file, xlsx

pytestmark = pytest.mark.usefixtures("ctx")
HEADINGS = {"number": ["房间号", "门牌号"], "name": ["名称"], "kind": ["种类"], "value": ["原值"]}
ROW = ("201", "美术室", "教室", 1)


def rows_of(file: Any, needed: Sequence[str] = ()) -> list[tuple[int, list[Any]]]:
    with read.find(file, HEADINGS, needed) as found:
        return [(number, list(row)) for number, row in found.rows]


def columns_of(file: Any) -> dict[str, int]:
    with read.find(file, HEADINGS) as found:
        return found.columns


def test_a_plain_workbook() -> None:
    assert rows_of(xlsx([HEAD, ROW])) == [(2, ["201", "美术室", "教室", 1])]


@pytest.mark.parametrize("coding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_csv_in_every_coding(coding: str) -> None:
    assert rows_of(csv_file([HEAD, ROW, ("202", "“音乐”室, 二", "教室", "2")], coding)) == [
        (2, ["201", "美术室", "教室", "1"]),
        (3, ["202", "“音乐”室, 二", "教室", "2"]),
    ]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_with_other_marks(delimiter: str) -> None:
    assert columns_of(csv_file([HEAD, ROW], delimiter=delimiter)) == {"number": 0, "name": 1, "kind": 2}


def test_titles_above_the_headings_are_passed_over() -> None:
    file = xlsx(
        [("青禾实验小学房间一览表",), (), ("单位：总务处", None, "2026年11月"), HEAD, ROW], merge=["A1:D1", "A3:B3"]
    )
    assert rows_of(file) == [(5, ["201", "美术室", "教室", 1])]


@pytest.mark.parametrize("title", ["房间号*", " 房 间 号：", "房间号（必填）", "门牌号", "number", "NUMBER"])
def test_headings_as_people_write_them(title: str) -> None:
    assert columns_of(xlsx([(title, "名称", "种类")]))["number"] == 0


def test_units_in_headings() -> None:
    assert columns_of(xlsx([("名称", "原值(元)")]))["value"] == 1
    assert columns_of(xlsx([("名称", "原值（万元）")]))["value"] == 1


def test_the_first_of_two_like_headings_counts() -> None:
    assert columns_of(xlsx([("名称", "房间号", "名称")]))["name"] == 0


def test_a_cell_merged_downwards_counts_for_each_row() -> None:
    file = xlsx([HEAD, ("201", "美术室", "教室"), ("202", None, None), ("203", "库", None)], merge=["B2:B3", "C2:C4"])
    assert [row[:3] for _number, row in rows_of(file)] == [
        ["201", "美术室", "教室"],
        ["202", "美术室", "教室"],
        ["203", "库", "教室"],
    ]


def test_the_sheet_with_the_headings_is_found_and_hidden_ones_are_not_looked_at() -> None:
    book = Workbook()
    book.active.append(("填写说明",))
    hidden = book.create_sheet("隐藏")
    hidden.append(HEAD)
    hidden.sheet_state = "hidden"
    book.create_sheet("房间").append(HEAD)
    book["房间"].append(ROW)
    out = io.BytesIO()
    book.save(out)
    with read.find(out, HEADINGS) as found:
        assert found.name == "房间"
        assert len(list(found.rows)) == 1


def test_empty_rows_are_passed_over_and_numbers_stay() -> None:
    assert [n for n, _row in rows_of(xlsx([HEAD, ROW, (), ("", "  ", None), ROW]))] == [2, 5]


def test_typed_cells_stay_typed() -> None:
    ((_n, row),) = rows_of(xlsx([HEAD, (datetime(2021, 9, 1), 1.5, True, "007")]))
    assert row == [datetime(2021, 9, 1), 1.5, True, "007"]


def test_a_formula_is_never_run_and_never_seen() -> None:
    """Only what Excel kept of it counts; our own writer keeps nothing."""
    file = xlsx([HEAD, ("=cmd|' /C calc'!A0", "=1+1", "教室", 3)])
    assert rows_of(file) == [(2, [None, None, "教室", 3])]


def test_the_kept_value_of_a_formula_counts() -> None:
    file = repacked(
        xlsx([HEAD, ("=100+101", "美术室", "教室")]),
        lambda name, data: data.replace(b"<v></v>", b"<v>201</v>").replace(b"<v />", b"<v>201</v>"),
    )
    assert rows_of(file)[0][1][0] == 201


def test_missing_columns_are_named() -> None:
    with pytest.raises(Unreadable, match="种类"):
        rows_of(xlsx([("房间号", "名称"), ("201", "x")]), ["number", "kind"])


def test_no_headings_at_all() -> None:
    with pytest.raises(Unreadable, match="No row of headings"):
        rows_of(xlsx([("a", "b"), (1, 2)]))
    with pytest.raises(Unreadable, match="No row of headings"):
        rows_of(xlsx([*[("x",)] * 25, HEAD]))


# What is refused --------------------------------------------------------------------------------------------


def repacked(file: io.BytesIO, change: Any) -> io.BytesIO:
    """The workbook with the bytes of each part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    out.seek(0)
    return out


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 99, "old .xls"),
        (b"PK\x03\x04 and no more", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no sheet we can read"),
        (b"%PDF-1.7\0", "no sheet we can read"),
        (b"x" * (read.MOST_BYTES + 1), "too large"),
    ],
    ids=["nothing", "blank", "xls", "torn", "picture", "pdf", "large"],
)
def test_what_is_no_sheet(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read.check(io.BytesIO(data))


def test_a_zip_that_is_no_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a.txt", "x")
    with pytest.raises(Unreadable, match="no sheet we can read"):
        read.check(out)


@pytest.mark.parametrize(
    ("part", "size"),
    [("xl/worksheets/sheet9.xml", 201 * 1024**2), ("xl/sharedStrings.xml", 41 * 1024**2)],
    ids=["sheet", "texts"],
)
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, part: str, size: int) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(xlsx([HEAD]).getvalue())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed, packed.open(part, "w") as out:
        for _chunk in range(size // 1024**2):
            out.write(b" " * 1024**2)
    assert path.stat().st_size < 1024**2
    with path.open("rb") as file, pytest.raises(Unreadable, match="far more than a sheet"):
        read.check(file)


def test_entities_are_refused() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    file = repacked(xlsx([HEAD, ROW]), lambda name, data: laughs + data if name.endswith("sheet1.xml") else data)
    with pytest.raises(Unreadable, match="damaged"):
        read.check(file)


def test_an_endless_row_is_refused() -> None:
    cells = b"<c><v>1</v></c>" * 300_000
    body = b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData><row>%s</row></sheetData></worksheet>"
    file = repacked(xlsx([HEAD]), lambda name, data: body % cells if name.endswith("sheet1.xml") else data)
    with pytest.raises(Unreadable, match="damaged"):
        rows_of(file)


def test_too_many_columns() -> None:
    with pytest.raises(Unreadable, match="200 columns"):
        rows_of(xlsx([HEAD, [None] * 300 + ["x"]]))
    with pytest.raises(Unreadable, match="200 columns"):
        rows_of(csv_file([HEAD, ["x"] * 201]))


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MOST_ROWS", 3)
    assert len(rows_of(xlsx([HEAD, *[ROW] * 3]))) == 3
    with pytest.raises(Unreadable, match="More than 3 rows"):
        rows_of(xlsx([HEAD, *[ROW] * 4]))


def test_a_row_far_below_does_not_take_for_ever() -> None:
    book = Workbook()
    book.active.append(HEAD)
    book.active.append(ROW)
    book.active.cell(1_048_576, 1, "x")
    out = io.BytesIO()
    book.save(out)
    assert len(rows_of(out)) == 1


def test_damaged_parts_are_a_sentence() -> None:
    for torn in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"):
        file = repacked(
            xlsx([HEAD, ROW]), lambda name, data, torn=torn: data[: len(data) // 2] if name == torn else data
        )
        with pytest.raises(Unreadable, match="damaged"):
            rows_of(file)
