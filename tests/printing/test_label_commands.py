"""`zongwu labels` and `zongwu codes`, without a browser."""

import csv
import io

import pytest
from pypdf import PdfReader

import labels
from app.errors import Refused
from app.places.codes import Label
from app.printing import commands
from app.printing.models import Basket, PrintRun

pytestmark = pytest.mark.usefixtures("ctx")


def test_the_list_names_every_sheet_with_its_size():
    text = commands.sheet_list()
    for name in labels.SHEETS:
        assert name in text
    assert "63.5 × 33.9 mm" in text


@pytest.mark.parametrize(("text", "expected"), [("", []), ("1,2,5", [1, 2, 5]), ("1-3 7", [1, 2, 3, 7])])
def test_cells_as_people_write_them(text, expected):
    assert commands.cells(text) == expected


@pytest.mark.parametrize("text", ["x", "1-", "-3", "1,,a", "1.5"])
def test_what_is_not_a_cell_is_refused(text):
    with pytest.raises(Refused, match="is not a cell number"):
        commands.cells(text)


def test_rooms_into_a_pdf_with_a_bar_and_a_log(stock, tmp_path):
    steps, out = [], tmp_path / "rooms.pdf"
    rows = commands.labels_for("rooms")
    assert commands.print_labels(rows, "a6-door", [], out, steps.append) == 5
    assert sum(steps) == 5
    assert len(PdfReader(out).pages) == 5
    run = PrintRun.get()
    assert (run.count, run.person) == (5, None)
    assert "room" not in Basket.counts()


def test_assets_leave_out_the_used_cells(stock, tmp_path):
    commands.print_labels(commands.labels_for("assets"), "a4-24", [1, 2, 5], tmp_path / "assets.pdf")
    assert [row.cell for row in PrintRun.get().printed] == [3, 4, 6, 7]


def test_codes_of_a_file_in_its_order(stock):
    text = f"code,kind\n{stock.codes[2]},asset\nhttp://localhost/q/{stock.codes[0].lower()}\n\n{stock.codes[2]}\n"
    assert [label.code for label in commands.labels_for(None, io.StringIO(text))] == [stock.codes[2], stock.codes[0]]


@pytest.mark.parametrize("text", ["00000000\n11111111\n", "not a code\n", "😀\n"])
def test_a_wrong_line_is_named(school, text):
    with pytest.raises(Refused, match=r"Line|No label"):
        commands.labels_for(None, io.StringIO(text))


def test_an_unknown_sheet_a_full_sheet_and_nothing_are_sentences(stock, tmp_path):
    rows, out = commands.labels_for("assets"), tmp_path / "x.pdf"
    with pytest.raises(Refused, match="--list prints them"):
        commands.print_labels(rows, "a9", [], out)
    with pytest.raises(Refused, match="only 24 labels"):
        commands.print_labels(rows, "a4-24", [25], out)
    with pytest.raises(Refused, match="nothing to print"):
        commands.print_labels([], "a4-24", [], out)
    assert not out.exists()
    assert PrintRun.select().count() == 0


def test_a_file_that_cannot_be_written_puts_the_labels_back(stock, tmp_path):
    with pytest.raises(Refused, match="can't be written"):
        commands.print_labels(commands.labels_for("assets"), "a4-24", [], tmp_path / "no folder" / "x.pdf")
    assert Basket.counts()["asset"] == 4
    assert Label.get_by_id(stock.codes[0]).printed_at is None


def test_codes_as_csv(stock):
    out = io.StringIO()
    commands.write_codes(out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert list(rows[0]) == ["code", "kind", "number", "name", "place", "url"]
    assert len(rows) == 9
    (projector,) = [row for row in rows if row["code"] == stock.codes[0]]
    assert projector["url"] == f"http://localhost/q/{stock.codes[0]}"
    assert (projector["kind"], projector["name"], projector["place"]) == ("asset", "投影仪", "总务仓库")


def test_codes_of_one_kind_and_without_formulas(stock, school):
    stock.projectors[0].change(school.custodian, name='=HYPERLINK("http://evil")')
    out = io.StringIO()
    commands.write_codes(out, "asset")
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert {row["kind"] for row in rows} == {"asset"}
    assert {row["name"][0] for row in rows} == {"'", "投", "折"}
