"""Labels → PDF. Codes are one filled vector path each, drawn at any printer's own sharpness."""

import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from labels.check import require
from labels.faces import Faces, faces
from labels.frame import EDGE, Frame, frame
from labels.label import Label, LabelError
from labels.layout import layout
from labels.plan import Placement, plan, times
from labels.qr import fit, matrix
from labels.rows import Line
from labels.sheets import Sheet

MOST_SHIFT = 20.0  # mm; more than that is a typing error, not a printer
NUMBER_SIZE = 2.2  # mm, type size of the sheet's number in the page margin
NUMBER_MARGIN = EDGE + NUMBER_SIZE + 0.8  # mm of margin that the number needs
_DARK = re.compile(b"\x01+")


def render_pdf(
    labels: Iterable[Label],
    sheet: Sheet,
    out: BinaryIO,
    *,
    used: Collection[int] = (),
    copies: int = 1,
    shift: tuple[float, float] = (0, 0),
    sheet_numbers: Sequence[str] = (),
    font_path: str | Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Placement:
    """Write the labels as a PDF, and say which cells of which page they took.

    used: cells of the first sheet that are gone. copies: of each label, side by side. shift: mm to the right
    and down, the printer's correction. sheet_numbers: a text for each page, such as "张号 A0007", in the
    margin if that is wide enough, else on the page's first label; none where a page is one label.
    font_path: a fuller TrueType font for characters ours lacks. progress: called with the number of labels
    drawn so far, after each page.
    Nothing is written when a label is refused (LabelError).
    """
    wanted = list(labels)
    fonts, move = faces(font_path), checked_shift(shift)
    placement = plan(times(len(wanted), copies), sheet.checked(), used)
    numbers = [] if sheet.cells == 1 else list(sheet_numbers)[: placement.pages]
    _refuse(wanted, numbers, sheet, fonts)
    page = Page(open_canvas(sheet, out, wanted[0].school if wanted else ""), sheet, move, fonts)
    queue = (label for label in wanted for _ in range(copies))
    done = 0
    for index, cells in enumerate(placement.cells):
        page.fill(zip(cells, queue, strict=False), numbers[index] if index < len(numbers) else "")
        done += len(cells)
        if progress:
            progress(done)
    page.canvas.save()
    return placement


def _refuse(labels: Sequence[Label], numbers: Sequence[str], sheet: Sheet, fonts: Faces) -> None:
    """Find what can't be printed before anything is drawn: missing characters, codes too fine."""
    texts = (text for label in labels for text in label.texts)
    if missing := fonts.missing([*texts, *numbers]):
        raise LabelError("missing-characters", characters=missing)
    lengths: dict[int, Label] = {}
    for label in labels:
        lengths.setdefault(fit(label.url).modules, label)
    for label in lengths.values():
        require(label, sheet)


def checked_shift(shift: tuple[float, float]) -> tuple[float, float]:
    """A printer's correction in mm, or LabelError("bad-shift")."""
    across, down = shift
    if not all(math.isfinite(n) and abs(n) <= MOST_SHIFT for n in (across, down)):
        raise LabelError("bad-shift", shift=(across, down), most=MOST_SHIFT)
    return across, down


def open_canvas(sheet: Sheet, out: BinaryIO, title: str) -> Canvas:
    """An empty PDF of the sheet's paper. The same labels give the same bytes."""
    canvas = Canvas(out, pagesize=(sheet.paper_w * mm, sheet.paper_h * mm), pageCompression=1, invariant=1)
    canvas.setTitle(title or sheet.title)
    canvas.setCreator("zongwu")
    canvas.setViewerPreference("PrintScaling", "None")  # viewers must not shrink a die-cut sheet to fit
    return canvas


class Page:
    """Draws one page after another. Positions are in mm from the paper's top left corner."""

    def __init__(self, canvas: Canvas, sheet: Sheet, shift: tuple[float, float], fonts: Faces) -> None:
        self.canvas, self.sheet, self.shift, self.fonts = canvas, sheet, shift, fonts

    def fill(self, placed: Iterable[tuple[int, Label]], number: str) -> None:
        """Draw the labels in their cells and go on to the next page."""
        in_margin = max(self.sheet.top, self.sheet.bottom) >= NUMBER_MARGIN
        text = self.canvas.beginText()
        if number and in_margin:
            self.write(text, [self._number_line(number)], 0, 0)
        foot = "" if in_margin else number
        for cell, label in placed:
            self._label(text, cell, label, foot)
            foot = ""
        self.canvas.drawText(text)
        self.canvas.showPage()

    def _label(self, text: PDFTextObject, cell: int, label: Label, foot: str) -> None:
        chosen = frame(self.sheet, fit(label.url).modules)
        (x, y), spot = self.sheet.cell(cell), chosen.spot(cell)
        self._code(label.url, chosen, x + spot.qr_x, y + spot.qr_y)
        self.write(text, layout(label, chosen, self.fonts, foot), x + spot.text_x, y + spot.text_y)

    def _code(self, url: str, chosen: Frame, x: float, y: float) -> None:
        left, bottom = self.at(x, y + chosen.dark)
        scale = chosen.module * mm
        # escaped stays at its default: with 0 reportlab turns line ends into \012 and the code vanishes.
        self.canvas.addLiteral(f"q {scale:.5f} 0 0 {scale:.5f} {left:.3f} {bottom:.3f} cm")
        self.canvas.addLiteral(path(url))
        self.canvas.addLiteral("Q")

    def write(self, text: PDFTextObject, lines: Iterable[Line], x: float, y: float) -> None:
        for line in lines:
            text.setFont(line.face.name, line.size * mm)
            text.setCharSpace(line.tracking * mm)
            text.setTextOrigin(*self.at(x + line.x, y + line.y))
            text.textOut(line.text)

    def _number_line(self, number: str) -> Line:
        """The sheet's number above the first label, or under the last row if only that margin is wide."""
        face, sheet = self.fonts.pick(number), self.sheet
        at_top = sheet.top >= NUMBER_MARGIN
        y = EDGE + NUMBER_SIZE if at_top else sheet.paper_h - EDGE
        return Line(number, max(EDGE, sheet.left), y, NUMBER_SIZE, face)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """From mm off the top left corner to points off the bottom left one, the printer corrected."""
        return (x + self.shift[0]) * mm, (self.sheet.paper_h - y - self.shift[1]) * mm


def path(url: str) -> str:
    """The dark modules as one path in module units, bottom left corner at 0 0, filled at once.

    Rectangles filled together leave no hairlines between them.
    """
    rows = matrix(url)
    corners, widths = _pieces(len(rows))
    runs = _DARK.finditer(b"\x00".join(rows))
    return "".join([corners[run.start()] + widths[run.end() - run.start()] for run in runs]) + "f"


@lru_cache(maxsize=16)
def _pieces(n: int) -> tuple[list[str], list[str]]:
    """Ready-made operator parts: the corner for each position in the joined rows, and the ends by width."""
    corners = [f"{at % (n + 1)} {n - 1 - at // (n + 1)} " for at in range(n * (n + 1))]
    return corners, [f"{width} 1 re\n" for width in range(n + 1)]
