"""A sheet as it will print, for the screen: positions for an inline SVG in tenths of a millimetre.

Tenths, because some browsers refuse type smaller than some pixels, whatever the drawing's scale.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import labels
from labels.faces import faces
from labels.frame import frame
from labels.layout import layout
from labels.qr import fit, matrix

TENTHS = 10
_RUN = re.compile(b"\x01+")


@dataclass(frozen=True)
class Drawn:
    """One label: the code's path in modules, and its lines as (text, x, y, size, length, bold)."""

    code: str
    path: str
    lines: tuple[tuple[str, float, float, float, float, bool], ...]


@dataclass(frozen=True)
class Cell:
    """A cell's number, box, and where code and text begin, all from the paper's corner."""

    number: int
    x: float
    y: float
    qr_x: float
    qr_y: float
    text_x: float
    text_y: float


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    cell_width: float
    cell_height: float
    module: float
    columns: int
    cells: tuple[Cell, ...]
    drawn: tuple[Drawn, ...]


def draw(sheet: labels.Sheet, texts: Sequence[labels.Label] = (), font_path: str | None = None) -> Drawing:
    """The first sheet with as many labels as it can hold; which cell each one takes is for `placed`.

    A label that can't be set is left out: the page says why in words (paper.advise).
    """
    chosen = frame(sheet, fit(texts[0].url).modules) if texts else None
    spots = [chosen.spot(n) if chosen else None for n in range(1, sheet.cells + 1)]
    cells = tuple(_cell(sheet, number, spot) for number, spot in enumerate(spots, 1))
    drawn = tuple(one for text in texts[: sheet.cells] if (one := _drawn(text, chosen, font_path)))
    sizes = (sheet.paper_w, sheet.paper_h, sheet.width, sheet.height, chosen.module if chosen else 0)
    return Drawing(*map(_tenths, sizes), sheet.columns, cells, drawn)


def placed(drawing: Drawing, gone: Collection[int]) -> list[tuple[Cell | None, Drawn]]:
    """Each label with its cell among those that are left, in order; None when it has to go on the next sheet."""
    free = (cell for cell in drawing.cells if cell.number not in gone)
    return [(next(free, None), label) for label in drawing.drawn]


def _cell(sheet: labels.Sheet, number: int, spot: Any) -> Cell:
    x, y = sheet.cell(number)
    offsets = (spot.qr_x, spot.qr_y, spot.text_x, spot.text_y) if spot else (0, 0, 0, 0)
    qr_x, qr_y, text_x, text_y = offsets
    return Cell(number, *map(_tenths, (x, y, x + qr_x, y + qr_y, x + text_x, y + text_y)))


def _drawn(text: labels.Label, chosen: Any, font_path: str | None) -> Drawn | None:
    try:
        lines = layout(text, chosen, faces(font_path))
    except labels.LabelError:
        return None
    return Drawn(
        text.code,
        _path(text.url),
        tuple(
            (
                line.text, _tenths(line.x), _tenths(line.y), _tenths(line.size), _tenths(line.width),
                "Bold" in line.face.name,
            )
            for line in lines
        ),
    )  # fmt: skip


def _path(url: str) -> str:
    """The dark modules, one bar for each run in a row, top left corner at 0 0."""
    return "".join(
        f"M{run.start()} {y}h{run.end() - run.start()}v1h-{run.end() - run.start()}z"
        for y, row in enumerate(matrix(url))
        for run in _RUN.finditer(row)
    )


def _tenths(millimetres: float) -> float:
    return round(millimetres * TENTHS, 2)
