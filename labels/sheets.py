"""Label sheets and rolls: rows of data, all lengths in millimetres."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from labels.label import LabelError

TOLERANCE = 0.01  # mm; sizes typed in a form are rounded
MOST_CELLS = 1000
LONGEST_PAPER = 1500  # mm


@dataclass(frozen=True)
class Sheet:
    """A sheet of equal labels, or one label of a roll (`roll=True`: one cell a page, to the paper's edge).

    `left`, `top`: from the paper's corner to the first label's corner. `width`, `height`: one label.
    `pitch_x`, `pitch_y`: from one label's corner to the next one's. Millimetres. Cells count from 1, by row.
    """

    name: str
    title: str
    paper_w: float
    paper_h: float
    columns: int
    rows: int
    left: float
    top: float
    width: float
    height: float
    pitch_x: float
    pitch_y: float
    roll: bool = False

    @property
    def cells(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows

    def cell(self, number: int) -> tuple[float, float]:
        """Top left corner of a cell in mm from the paper's top left corner."""
        column, row = self.column_row(number)
        return self.left + column * self.pitch_x, self.top + row * self.pitch_y

    def column_row(self, number: int) -> tuple[int, int]:
        """Column and row of a cell, both from 0."""
        if not 1 <= number <= self.cells:
            raise LabelError("bad-cell", cell=number, cells=self.cells)
        row, column = divmod(number - 1, self.columns)
        return column, row

    @property
    def right(self) -> float:
        """From the last column to the paper's right edge, in mm."""
        return self.paper_w - self.left - (self.columns - 1) * self.pitch_x - self.width

    @property
    def bottom(self) -> float:
        """From the last row to the paper's bottom edge, in mm."""
        return self.paper_h - self.top - (self.rows - 1) * self.pitch_y - self.height

    def problems(self) -> list[str]:
        """What makes this geometry impossible, as codes; empty when it can be printed.

        "not-a-number", "not-positive", "negative-margin", "too-large", "wider-than-paper",
        "taller-than-paper", "columns-overlap", "rows-overlap".
        """
        basic = _basic_problems(self)
        if basic:
            return basic
        checks = {
            "negative-margin": self.left < 0 or self.top < 0,
            "too-large": self.cells > MOST_CELLS or max(self.paper_w, self.paper_h) > LONGEST_PAPER,
            "wider-than-paper": self.right < -TOLERANCE,
            "taller-than-paper": self.bottom < -TOLERANCE,
            "columns-overlap": self.columns > 1 and self.pitch_x < self.width - TOLERANCE,
            "rows-overlap": self.rows > 1 and self.pitch_y < self.height - TOLERANCE,
        }
        return [code for code, wrong in checks.items() if wrong]

    def checked(self) -> "Sheet":
        """This sheet, or LabelError("bad-sheet", problems=[…])."""
        if found := self.problems():
            raise LabelError("bad-sheet", problems=found)
        return self


def _basic_problems(sheet: Sheet) -> list[str]:
    """Problems that make further arithmetic pointless."""
    counts = (sheet.columns, sheet.rows)
    sizes = (sheet.paper_w, sheet.paper_h, sheet.width, sheet.height, sheet.pitch_x, sheet.pitch_y)
    numbers = (*counts, *sizes, sheet.left, sheet.top)
    if not all(_is_number(n) for n in numbers) or not all(n == int(n) for n in counts):
        return ["not-a-number"]
    return ["not-positive"] if min(*counts, *sizes) <= 0 else []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _a4(
    name: str,
    grid: tuple[int, int],
    size: tuple[float, float],
    corner: tuple[float, float],
    gap: float = 0,
) -> Sheet:
    (columns, rows), (width, height), (left, top) = grid, size, corner
    title = f"A4 · {width:g} × {height:g} mm · {columns * rows}"
    return Sheet(name, title, 210, 297, columns, rows, left, top, width, height, width + gap, height)


def _single(name: str, title: str, width: float, height: float, roll: bool) -> Sheet:
    return Sheet(name, title, width, height, 1, 1, 0, 0, width, height, width, height, roll)


def _by_name(sheets: Iterable[Sheet]) -> dict[str, Sheet]:
    return {sheet.name: sheet for sheet in sheets}


# The usual grids of die-cut A4 sheets; margins differ by maker by a millimetre, which `shift` corrects.
SHEETS: dict[str, Sheet] = _by_name(
    [
        _a4("a4-24", (3, 8), (70, 37.125), (0, 0)),
        _a4("a4-21", (3, 7), (63.5, 38.1), (7.2, 15.2), gap=2.5),
        _a4("a4-24m", (3, 8), (63.5, 33.9), (7.2, 12.9), gap=2.5),
        _a4("a4-14", (2, 7), (99.1, 38.1), (4.7, 15.2), gap=2.5),
        _a4("a4-40", (4, 10), (52.5, 29.7), (0, 0)),
        _a4("a4-8", (2, 4), (105, 74), (0, 0.5)),
        _a4("a4-44", (4, 11), (48.5, 25.4), (8, 8.8)),
        _single("a6-door", "A6 · 105 × 148 mm", 105, 148, roll=False),
        _single("roll-40x30", "40 × 30 mm", 40, 30, roll=True),
        _single("roll-50x30", "50 × 30 mm", 50, 30, roll=True),
        _single("roll-60x40", "60 × 40 mm", 60, 40, roll=True),
    ]
)
