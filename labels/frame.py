"""Where the code and the text stand in the cells of a sheet: arithmetic in millimetres."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from labels.qr import QUIET
from labels.sheets import Sheet

PAD = 2.0  # mm between a label's edge and its text or code
EDGE = 5.0  # mm from the paper's edge that many office printers can't reach
COMFORT = 0.75  # mm a module, taken before the text is given more room: 6 dots at 203 dpi
SHARE = 0.45  # of a label's width for the code
PLATE_SHARE = 0.62  # the same on an upright plate, where the text stands above and below
LEAST_COLUMN = 8.0  # mm for the text beside the code
NARROW = 16.0  # mm; a column below this needs the label's full height
MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Spot:
    """Top left corners of code and text in mm from the cell's top left corner."""

    qr_x: float
    qr_y: float
    text_x: float
    text_y: float


@dataclass(frozen=True)
class Frame:
    """The arrangement shared by all labels of a sheet whose codes have the same number of modules.

    `module`: mm. `text_w`, `text_h`: the text's box. `above`: on an upright plate, the height of that box
    over the code (quiet zone excluded); None where text stands beside the code.
    """

    sheet: Sheet
    modules: int
    module: float
    text_w: float
    text_h: float
    above: float | None = None

    @property
    def dark(self) -> float:
        """Side of the code without its quiet zone, in mm."""
        return self.modules * self.module

    @property
    def quiet(self) -> float:
        """Width of the quiet zone in mm."""
        return QUIET * self.module

    def spot(self, cell: int) -> Spot:
        """Where code and text stand in this cell: centred, but away from the paper's edge."""
        column, row = self.sheet.column_row(cell)
        return _spot(self, _across(self.sheet)[column], _down(self.sheet)[row])


def is_upright(sheet: Sheet) -> bool:
    """A label taller than wide is set as a plate: name, code, letters, one under the other."""
    return sheet.height > 1.1 * sheet.width


@lru_cache(maxsize=256)
def frame(sheet: Sheet, modules: int, dpi: int | None = None) -> Frame:
    """Arrange a sheet's labels; with `dpi`, a module is a whole number of printer dots.

    The module may come out too small to print, or not positive: see `labels.check`.
    """
    make = _plate if is_upright(sheet) else _beside
    return make(sheet, modules, dpi)


def _beside(sheet: Sheet, n: int, dpi: int | None) -> Frame:
    across, down = _across(sheet), _down(sheet)
    tallest = min(_largest_module(sheet.height, n, pads) for pads in down)
    least = LEAST_COLUMN
    widest = min(
        min((sheet.width - a - b - least) / (n + QUIET), (sheet.width - b - least) / (n + 2 * QUIET)) for a, b in across
    )
    module = _whole_dots(max(SHARE * sheet.width / n, COMFORT), min(tallest, widest), dpi)
    dark, quiet = n * module, QUIET * module
    column = sheet.width - dark - quiet - max(max(a, quiet) + b for a, b in across)
    text_h = dark if column >= NARROW else min(sheet.height - a - b for a, b in down)
    return Frame(sheet, n, module, column, text_h)


def _plate(sheet: Sheet, n: int, dpi: int | None) -> Frame:
    width = min(sheet.width - a - b for a, b in _across(sheet))
    tall = min(sheet.height - a - b for a, b in _down(sheet))
    below = plate_foot(width)
    widest = min(_largest_module(sheet.width, n, pads) for pads in _across(sheet))
    most = min(widest, (tall - below - max(6, tall / 4)) / (n + 2 * QUIET))
    module = _whole_dots(max(PLATE_SHARE * width / n, COMFORT), most, dpi)
    above = tall - below - (n + 2 * QUIET) * module
    return Frame(sheet, n, module, width, tall, above)


def plate_foot(width: float) -> float:
    """Height of the letters and the host under a plate's code, in mm, for a text box of this width."""
    return plate_code_size(width) + 2.1 * plate_host_size(width)


def plate_code_size(width: float) -> float:
    """Type size of a plate's code letters in mm."""
    return max(2.6, 0.085 * width)


def plate_host_size(width: float) -> float:
    """Type size of a plate's host in mm."""
    return max(1.5, 0.034 * width)


def _largest_module(space: float, n: int, pads: tuple[float, float]) -> float:
    """Largest module with which `n` modules, the pads and four quiet modules on each side fit, in mm."""
    a, b = pads
    return min((space - a - b) / n, (space - a) / (n + QUIET), (space - b) / (n + QUIET), space / (n + 2 * QUIET))


def _whole_dots(wish: float, most: float, dpi: int | None) -> float:
    """The wished module in mm, at most `most`; rounded to dots of a printer, up where there is room."""
    if dpi is None or most <= 0:
        return min(wish, most)
    dots = dpi / MM_PER_INCH
    return min(math.ceil(wish * dots - 0.02), math.floor(most * dots + 0.02)) / dots


def _spot(frame: Frame, across: tuple[float, float], down: tuple[float, float]) -> Spot:
    (a, b), (above, below), sheet = across, down, frame.sheet
    if frame.above is not None:
        x = _place(sheet.width, frame.text_w, a, b)
        y = _place(sheet.height, frame.text_h, above, below)
        qr_x = _place(sheet.width, frame.dark, max(a, frame.quiet), max(b, frame.quiet))
        return Spot(qr_x, y + frame.above + frame.quiet, x, y)
    width = frame.dark + frame.quiet + frame.text_w
    x = _place(sheet.width, width, max(a, frame.quiet), b)
    y = _place(sheet.height, frame.dark, max(above, frame.quiet), max(below, frame.quiet))
    text_y = y if frame.text_h == frame.dark else _place(sheet.height, frame.text_h, above, below)
    return Spot(x, y, x + frame.dark + frame.quiet, text_y)


def _place(space: float, size: float, before: float, after: float) -> float:
    """Centred in the space, moved only as far as the margins before and after ask for."""
    return max(before, min((space - size) / 2, space - after - size))


@lru_cache(maxsize=256)
def _across(sheet: Sheet) -> tuple[tuple[float, float], ...]:
    return tuple(_pads(sheet, sheet.columns, sheet.left, sheet.right))


@lru_cache(maxsize=256)
def _down(sheet: Sheet) -> tuple[tuple[float, float], ...]:
    return tuple(_pads(sheet, sheet.rows, sheet.top, sheet.bottom))


def _pads(sheet: Sheet, count: int, first: float, last: float) -> Iterable[tuple[float, float]]:
    """Margins before and after the content, for each column or row, in mm."""
    pad = max(PAD, 0.09 * sheet.width) if is_upright(sheet) else PAD
    edge = 0.0 if sheet.roll else EDGE
    for i in range(count):
        yield (
            max(pad, edge - first) if i == 0 else pad,
            max(pad, edge - last) if i == count - 1 else pad,
        )
