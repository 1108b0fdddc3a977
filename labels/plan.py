"""Which label goes into which cell: arithmetic only, so that a web page can draw it before printing."""

from collections.abc import Collection
from dataclasses import dataclass

from labels.label import LabelError
from labels.sheets import Sheet


@dataclass(frozen=True)
class Placement:
    """`cells[i]` are the cell numbers filled on page i, in the order the labels take them."""

    pages: int
    cells: tuple[tuple[int, ...], ...]


def plan(count: int, sheet: Sheet, used: Collection[int] = ()) -> Placement:
    """Place `count` labels (copies counted) on sheets; `used` cells of the first sheet are already gone.

    A first sheet without a free cell is refused: the printer would feed it for nothing.
    """
    gone = set(used)
    for cell in gone:
        sheet.column_row(cell)
    everything = range(1, sheet.cells + 1)
    free = tuple(cell for cell in everything if cell not in gone)
    if not free:
        raise LabelError("bad-cell", cell=None, cells=sheet.cells)
    pages = [free[:count]] if count > 0 else []
    for left in range(count - len(free), 0, -sheet.cells):
        pages.append(tuple(everything[:left]))
    return Placement(len(pages), tuple(pages))


def times(count: int, copies: int) -> int:
    """How many labels `count` labels in `copies` copies are; at least one copy, at most 100."""
    if isinstance(copies, bool) or not isinstance(copies, int) or not 1 <= copies <= 100:
        raise LabelError("bad-copies", copies=copies)
    return count * copies
