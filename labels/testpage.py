"""A page to measure a printer with: rulers, the cells' outlines, and a cross at a known place."""

from typing import BinaryIO

from reportlab.lib.units import mm

from labels.faces import Face, faces
from labels.frame import EDGE
from labels.pdf import Page, checked_shift, open_canvas
from labels.rows import Line
from labels.sheets import Sheet

WORDS = "实际大小 100 % · print at 100 %"
HAIR = 0.1  # mm
GREY = 0.6
TALL, MIDDLE, SHORT = 3.6, 2.6, 1.6  # mm, strokes of a ruler: each centimetre, half, millimetre


def render_test_page(sheet: Sheet, out: BinaryIO, shift: tuple[float, float] = (0, 0)) -> None:
    """Write a one-page PDF: print it on plain paper, measure the cross, enter the difference as `shift`.

    The cross stands `reach` mm (50, on small paper 10) from the paper's left and top edge. If it is measured
    at 51.5 and 49, the shift is (-1.5, 1): millimetres to the right and down.
    """
    page = Page(open_canvas(sheet.checked(), out, sheet.title), sheet, checked_shift(shift), faces())
    face = page.fonts.regular[0]
    _outlines(page, face)
    _rulers(page, face)
    _cross(page, reach(sheet))
    _words(page, face)
    page.canvas.showPage()
    page.canvas.save()


def is_large(sheet: Sheet) -> bool:
    """Paper with room for sentences."""
    return min(sheet.paper_w, sheet.paper_h) >= 100


def reach(sheet: Sheet) -> int:
    """Distance of the cross from the paper's left and top edge, in mm."""
    return 50 if is_large(sheet) else 15


def _outlines(page: Page, face: Face) -> None:
    """Where each label will be cut, and its number."""
    page.canvas.setLineWidth(HAIR * mm)
    page.canvas.setStrokeGray(GREY)
    sheet = page.sheet
    for cell in range(1, sheet.cells + 1):
        x, y = sheet.cell(cell)
        page.canvas.rect(*page.at(x, y + sheet.height), sheet.width * mm, sheet.height * mm)
        if sheet.cells > 1:
            _write(page, face, str(cell), x + sheet.width - 8, y + sheet.height - 6, 2.6)


def _rulers(page: Page, face: Face) -> None:
    """Millimetres along the top and the left edge, counted from the paper's corner."""
    page.canvas.setStrokeGray(0)
    start = EDGE if is_large(page.sheet) else 0.5
    for at in range(int(page.sheet.paper_w) + 1):
        _line(page, at, start, at, start + _stroke(at))
        if at % 10 == 0 and 0 < at < page.sheet.paper_w - 4:
            _write(page, face, str(at), at + 0.4, start + TALL + 0.4, 1.9)
    for at in range(int(page.sheet.paper_h) + 1):
        _line(page, start, at, start + _stroke(at), at)
        if at % 10 == 0 and 10 < at < page.sheet.paper_h - 2:
            _write(page, face, str(at), start + TALL - 1, at - 0.4, 1.9)


def _stroke(at: int) -> float:
    return TALL if at % 10 == 0 else MIDDLE if at % 5 == 0 else SHORT


def _cross(page: Page, at: int) -> None:
    arm = 0.2 * at
    page.canvas.setLineWidth(2 * HAIR * mm)
    _line(page, at - arm, at, at + arm, at)
    _line(page, at, at - arm, at, at + arm)
    page.canvas.circle(*page.at(at, at), arm / 2 * mm)


def _words(page: Page, face: Face) -> None:
    sheet, at = page.sheet, reach(page.sheet)
    if not is_large(sheet):
        _write(page, face, "100 %", at + 6, at + 0.8, 2.2)
        return
    bold = page.fonts.bold[0]
    across, down = page.shift
    x, y = (at - 10 if sheet.paper_w > 150 else 14), at + 22
    _white(page, x - 4, y - 9, min(118, sheet.paper_w - x + 2), 37)
    _write(page, bold, WORDS, x, y, min(6.0, (sheet.paper_w - x - 6) / bold.width(WORDS)))
    for text in (
        f"十字应离纸的左边、上边各 {at} mm;少几毫米,校正就填几毫米。",
        f"The cross should be {at} mm from both edges; enter what is missing.",
        sheet.title,
        f"→ {across:+g} mm   ↓ {down:+g} mm",
    ):
        y += 5.6
        _write(page, face, text, x, y, min(3.2, (sheet.paper_w - x - 6) / face.width(text)))


def _white(page: Page, x: float, y: float, width: float, height: float) -> None:
    page.canvas.setFillGray(1)
    page.canvas.rect(*page.at(x, y + height), width * mm, height * mm, stroke=0, fill=1)
    page.canvas.setFillGray(0)


def _line(page: Page, x: float, y: float, to_x: float, to_y: float) -> None:
    page.canvas.line(*page.at(x, y), *page.at(to_x, to_y))


def _write(page: Page, face: Face, text: str, x: float, y: float, size: float) -> None:
    words = page.canvas.beginText()
    page.write(words, [Line(text, 0, 0, size, face)], x, y)
    page.canvas.drawText(words)
