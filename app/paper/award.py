"""A certificate that hangs on a wall (奖状): one page lying down, in a red frame, as a print page and as PDF."""

from dataclasses import dataclass
from typing import Any, BinaryIO

from flask import current_app
from flask_babel import gettext as _
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app.paper.document import Signature, text
from app.paper.ink import Ink
from app.paper.parts import draw_code
from labels.faces import faces

RED = (0.76, 0.07, 0.11)
MARGIN, CODE = 46 * mm, 16 * mm  # of the words; the small code
FRAMES = ((9 * mm, 4.5), (12.5 * mm, 0.8))  # from the edge, line width in points


@dataclass(frozen=True)
class Award:
    """One certificate. All is text in the reader's language.

    title: in the largest type. subtitle: the time it is given for. to: who gets it. words: why. signatures: who
    signs, as on a paper. day: the date below the school's name. code_url: the live record, printed as a small code.
    """

    title: Any
    to: Any
    words: Any
    subtitle: Any = ""
    signatures: tuple[tuple[Any, ...], ...] = ()
    day: Any = ""
    code_url: str = ""
    number: str = ""

    @property
    def signed(self) -> list[Signature]:
        return [Signature(*each) for each in self.signatures]


def render(award: Award, out: BinaryIO, code: str = "", font_path: str | None = None) -> int:
    """Write the certificate as PDF; one page. Needs an application context for words."""
    size = landscape(A4)
    canvas = Canvas(out, pagesize=size, invariant=1, pageCompression=1)
    canvas.setTitle(text(award.title))
    canvas.setAuthor(current_app.config["SCHOOL"])
    ink = Ink(faces(font_path))
    _frame(canvas, size)
    _flag(canvas, size[0] / 2 - 13 * mm, size[1] - 50 * mm)
    _words(canvas, ink, award, size)
    _foot(canvas, ink, award, size)
    if code:
        draw_code(canvas, code, 21 * mm, 21 * mm, CODE)
    canvas.showPage()
    canvas.save()
    return 1


def _frame(canvas: Canvas, size: tuple[float, float]) -> None:
    canvas.setStrokeColorRGB(*RED)
    for edge, width in FRAMES:
        canvas.setLineWidth(width)
        canvas.rect(edge, edge, size[0] - 2 * edge, size[1] - 2 * edge)


def _flag(canvas: Canvas, x: float, y: float) -> None:
    """A flag in the wind, 26 mm wide; the print page draws the same."""
    canvas.setFillColorRGB(*RED)
    canvas.rect(x, y, 1.4 * mm, 28 * mm, stroke=0, fill=1)
    cloth = canvas.beginPath()
    cloth.moveTo(x + 1.4 * mm, y + 28 * mm)
    cloth.curveTo(x + 9 * mm, y + 31 * mm, x + 16 * mm, y + 24 * mm, x + 26 * mm, y + 27 * mm)
    cloth.lineTo(x + 26 * mm, y + 11 * mm)
    cloth.curveTo(x + 16 * mm, y + 8 * mm, x + 9 * mm, y + 15 * mm, x + 1.4 * mm, y + 12 * mm)
    cloth.close()
    canvas.drawPath(cloth, stroke=0, fill=1)


def _words(canvas: Canvas, ink: Ink, award: Award, size: tuple[float, float]) -> None:
    room = size[0] - 2 * MARGIN
    title = ink.fitted(text(award.title), 52, room, bold=True)
    ink.write(canvas, title, MARGIN, size[1] - 74 * mm, 52, room, "center", bold=True)
    canvas.setFillGray(0)
    ink.write(canvas, ink.fitted(text(award.subtitle), 14, room), MARGIN, size[1] - 85 * mm, 14, room, "center")
    to = ink.fitted(text(award.to), 28, room, bold=True)
    ink.write(canvas, to, MARGIN, size[1] - 107 * mm, 28, bold=True)
    for number, line in enumerate(ink.lines(text(award.words), 19, room)[:3]):
        ink.write(canvas, line, MARGIN, size[1] - (123 + number * 12) * mm, 19)


def _foot(canvas: Canvas, ink: Ink, award: Award, size: tuple[float, float]) -> None:
    """Who signs, beside each other; the school and the date at the right, where the seal goes."""
    room = size[0] - 2 * MARGIN
    ink.write(canvas, current_app.config["SCHOOL"], MARGIN, 42 * mm, 16, room, "right", bold=True)
    ink.write(canvas, text(award.day), MARGIN, 33 * mm, 13, room, "right")
    canvas.setStrokeGray(0)
    canvas.setLineWidth(0.5)
    for place, each in enumerate(award.signed):
        x, words = MARGIN + place * 62 * mm, _("%(label)s:", label=text(each.label))
        ink.write(canvas, ink.fitted(words, 11, 34 * mm), x, 33 * mm, 11)
        start = x + min(ink.width(words, 11), 34 * mm)
        canvas.line(start, 32 * mm, x + 56 * mm, 32 * mm)
        ink.write(canvas, ink.fitted(text(each.name), 11, 22 * mm), start, 33 * mm, 11)
