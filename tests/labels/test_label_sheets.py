"""The geometry of sheets, ours and those a school types in."""

from dataclasses import replace

import pytest

from labels import SHEETS, LabelError, Sheet


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_built_in_sheets_fit_their_paper(sheet: Sheet) -> None:
    assert sheet.problems() == []
    for cell in range(1, sheet.cells + 1):
        x, y = sheet.cell(cell)
        assert -0.01 <= x <= sheet.paper_w - sheet.width + 0.01
        assert -0.01 <= y <= sheet.paper_h - sheet.height + 0.01


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_built_in_sheets_are_centred_on_the_paper(sheet: Sheet) -> None:
    assert sheet.left == pytest.approx(sheet.right, abs=0.2)
    assert sheet.top == pytest.approx(sheet.bottom, abs=0.2)


def test_names_and_counts() -> None:
    counts = {name: sheet.cells for name, sheet in SHEETS.items()}
    assert counts == {
        "a4-24": 24,
        "a4-21": 21,
        "a4-24m": 24,
        "a4-14": 14,
        "a4-40": 40,
        "a4-8": 8,
        "a4-44": 44,
        "a6-door": 1,
        "roll-40x30": 1,
        "roll-50x30": 1,
        "roll-60x40": 1,
    }
    assert all(name == sheet.name for name, sheet in SHEETS.items())


def test_cells_count_from_one_row_by_row() -> None:
    sheet = SHEETS["a4-24"]
    assert sheet.cell(1) == (0, 0)
    assert sheet.cell(3) == (140, 0)
    assert sheet.cell(4) == (0, 37.125)
    assert sheet.cell(24) == (140, 7 * 37.125)


@pytest.mark.parametrize("number", [0, -1, 25])
def test_a_cell_that_is_not_there(number: int) -> None:
    with pytest.raises(LabelError) as refused:
        SHEETS["a4-24"].cell(number)
    assert refused.value.reason == "bad-cell"
    assert refused.value.values == {"cell": number, "cells": 24}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"left": 1}, "wider-than-paper"),
        ({"top": 1}, "taller-than-paper"),
        ({"rows": 9}, "taller-than-paper"),
        ({"pitch_x": 60}, "columns-overlap"),
        ({"pitch_y": 30}, "rows-overlap"),
        ({"left": -1}, "negative-margin"),
        ({"columns": 0}, "not-positive"),
        ({"height": -3}, "not-positive"),
        ({"width": float("nan")}, "not-a-number"),
        ({"paper_w": float("inf")}, "not-a-number"),
        ({"rows": 2.5}, "not-a-number"),
        ({"width": "70"}, "not-a-number"),
        ({"paper_h": 5000}, "too-large"),
        ({"columns": 400, "rows": 3, "paper_w": 1500, "width": 1, "pitch_x": 1}, "too-large"),
    ],
)
def test_impossible_geometry_is_named(change: dict, problem: str) -> None:
    sheet = replace(SHEETS["a4-24"], **change)
    assert problem in sheet.problems()
    with pytest.raises(LabelError) as refused:
        sheet.checked()
    assert refused.value.reason == "bad-sheet"


def test_one_column_needs_no_pitch_to_speak_of() -> None:
    single = replace(SHEETS["roll-40x30"], pitch_x=1, pitch_y=1)
    assert single.problems() == []
