"""Which label goes into which cell."""

import random

import pytest

from labels import SHEETS, LabelError, Placement, plan
from labels.plan import times

A4 = SHEETS["a4-24"]


def test_a_fresh_sheet_fills_from_the_first_cell() -> None:
    assert plan(3, A4) == Placement(1, ((1, 2, 3),))


def test_used_cells_are_left_out_on_the_first_sheet_only() -> None:
    used = {1, 2, 7, 20}
    placed = plan(24, A4, used)
    assert placed.pages == 2
    assert placed.cells[0] == tuple(cell for cell in range(1, 25) if cell not in used)
    assert placed.cells[1] == (1, 2, 3, 4)


def test_nothing_to_print() -> None:
    assert plan(0, A4, {3}) == Placement(0, ())


def test_whatever_is_gone_every_label_gets_one_free_cell() -> None:
    chance = random.Random(7)
    for _ in range(300):
        sheet = chance.choice(list(SHEETS.values()))
        used = set(chance.sample(range(1, sheet.cells + 1), chance.randrange(sheet.cells)))
        count = chance.randrange(200)
        placed = plan(count, sheet, used)
        assert sum(map(len, placed.cells)) == count
        assert placed.pages == len(placed.cells)
        assert all(placed.cells)
        assert not used & set(placed.cells[0] if count else ())
        assert all(tuple(sorted(set(page))) == page for page in placed.cells)
        assert all(page[0] == 1 for page in placed.cells[1:])
        assert all(len(page) == sheet.cells for page in placed.cells[1:-1])


def test_a_sheet_with_nothing_left_is_refused() -> None:
    with pytest.raises(LabelError) as refused:
        plan(1, A4, range(1, 25))
    assert refused.value.reason == "bad-cell"


def test_a_used_cell_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LabelError) as refused:
        plan(1, A4, [25])
    assert refused.value.values["cell"] == 25


@pytest.mark.parametrize("copies", [0, -1, 101, 1.5, True])
def test_senseless_copies_are_refused(copies: int) -> None:
    with pytest.raises(LabelError) as refused:
        times(3, copies)
    assert refused.value.reason == "bad-copies"


def test_copies_multiply() -> None:
    assert times(3, 4) == 12
