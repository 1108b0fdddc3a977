"""A paper → PDF, with reportlab's platypus in the fonts of the labels.

Each copy is a run of pages of its own with its own 第x页 共y页. A table's rows are set while pages are filled, so
that a ledger of twenty thousand rows needs no more room than one page of it.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any, BinaryIO

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
)

from app import clock
from app.paper import parts
from app.paper.document import Paper, text
from app.paper.ink import Ink
from app.words import exact, numeral
from labels.faces import faces

BINDING = 25 * mm  # the line to punch and bind left of
LEFT, RIGHT, TOP, BOTTOM = 29 * mm, 14 * mm, 13 * mm, 17 * mm
LATER_HEAD = 9 * mm  # what the line at the top of later pages takes
EDGE = 9 * mm  # from the sheet's edge to the foot line and to the binding line's ends


def render(paper: Paper, out: BinaryIO, code: str = "", font_path: str | None = None) -> int:
    """Write the paper and return how many pages it has in all. Needs an application context for words.

    code: the whole address that the small code opens. font_path: a fuller font for rare characters.
    """
    size = landscape(A4) if paper.landscape else A4
    ink = Ink(faces(font_path))
    document = BaseDocTemplate(
        out, pagesize=size, title=text(paper.title), author=current_app.config["SCHOOL"], creator="zongwu",
        invariant=1, pageCompression=1, pageTemplates=list(_templates(paper, size, ink)),
    )  # fmt: skip
    story = [flowable for number in range(len(paper.runs)) for flowable in _run(paper, number, size, code, ink)]
    document.build(story, canvasmaker=partial(Numbered, ink=ink, foot=_foot(size)))
    return document.page


def _run(paper: Paper, number: int, size: tuple[float, float], code: str, ink: Ink) -> Iterator[Flowable]:
    """One copy, from its head to its signatures."""
    if number:
        yield NextPageTemplate(f"first-{number}")
        yield PageBreak()
    yield NextPageTemplate(f"later-{number}")
    yield parts.Head(paper, copy_words(paper, number), current_app.config["SCHOOL"], code, ink)
    yield from parts.body(paper, size[0] - LEFT - RIGHT, ink)


def set_words(paper: Paper) -> str:
    """`一式三份`, nothing where there is only one without a name."""
    count = len(paper.copies)
    return ngettext("%(count)s copy", "%(count)s copies", count, count=numeral(count, counting=True)) if count else ""


def copy_words(paper: Paper, number: int) -> str:
    """`一式三份 · 第一份：财务` for the head of a copy, nothing where there is only one without a name."""
    name = text(paper.runs[number])
    if not paper.copies:
        return ""
    count = numeral(len(paper.copies), counting=True)
    return _("Copy %(number)s of %(count)s: %(name)s", number=numeral(number + 1), count=count, name=name)


def _templates(paper: Paper, size: tuple[float, float], ink: Ink) -> Iterator[PageTemplate]:
    width, height = size[0] - LEFT - RIGHT, size[1] - TOP - BOTTOM
    bare = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
    for number in range(len(paper.runs)):
        begin = partial(_binding, size=size, ink=ink, number=number, again=())
        again = (text(paper.title), text(paper.number), copy_words(paper, number))
        later = partial(_binding, size=size, ink=ink, number=number, again=again)
        yield PageTemplate(f"first-{number}", [Frame(LEFT, BOTTOM, width, height, **bare)], onPage=begin)
        yield PageTemplate(f"later-{number}", [Frame(LEFT, BOTTOM, width, height - LATER_HEAD, **bare)], onPage=later)


def _binding(
    canvas: Canvas, document: Any, *, size: tuple[float, float], ink: Ink, number: int, again: Sequence[str]
) -> None:
    """The line to bind at, and on later pages once more what this is."""
    canvas.copy_number = number
    words = _("binding line")
    pieces = list(words) if len(words) <= 4 else [words]
    step = (size[1] - 2 * EDGE) / (len(pieces) + 1)
    canvas.saveState()
    canvas.setLineWidth(0.4)
    canvas.setDash(2, 2)
    canvas.line(BINDING, EDGE, BINDING, size[1] - EDGE)
    canvas.setDash()
    for place, piece in enumerate(pieces, 1):
        _on_the_line(canvas, ink, piece, size[1] - EDGE - place * step)
    canvas.restoreState()
    if again:
        _head_again(canvas, ink, size, again)


def _on_the_line(canvas: Canvas, ink: Ink, piece: str, y: float) -> None:
    face, piece = ink.face(piece)
    long = face.width(piece) * 8 if len(piece) > 1 else 8
    canvas.setFillGray(1)
    canvas.rect(BINDING - 5, y - long / 2 - 3, 10, long + 6, stroke=0, fill=1)
    canvas.setFillGray(0)
    canvas.setFont(face.name, 8)
    if len(piece) == 1:
        canvas.drawCentredString(BINDING, y - 3, piece)
        return
    canvas.saveState()
    canvas.translate(BINDING + 2.6, y - long / 2)
    canvas.rotate(90)
    canvas.drawString(0, 0, piece)
    canvas.restoreState()


def _head_again(canvas: Canvas, ink: Ink, size: tuple[float, float], words: Sequence[str]) -> None:
    y = size[1] - TOP - 4 * mm
    left, right = "  ".join(filter(None, words[:2])), words[2]
    room = size[0] - LEFT - RIGHT
    ink.write(canvas, ink.fitted(right, 8, room / 3), LEFT, y, 8, room, "right")
    ink.write(canvas, ink.fitted(left, 8, room * 0.62), LEFT, y, 8, room)
    canvas.setLineWidth(0.4)
    canvas.line(LEFT, y - 1.6 * mm, size[0] - RIGHT, y - 1.6 * mm)


# Page x of y --------------------------------------------------------------------------------------------------


def _foot(size: tuple[float, float]) -> Callable[[Canvas, Ink, int, int], None]:
    printed = _("printed %(moment)s", moment=exact(clock.now()))

    def foot(canvas: Canvas, ink: Ink, number: int, count: int) -> None:
        room = size[0] - LEFT - RIGHT
        words = _("page %(number)s of %(count)s", number=number, count=count)
        ink.write(canvas, words, LEFT, EDGE, 9, room, "center")
        ink.write(canvas, printed, LEFT, EDGE, 7, room, "right")

    return foot


class Numbered(Canvas):
    """Keeps its pages until the end: only then is it known how many there are of each copy."""

    copy_number = 0

    def __init__(self, *args: Any, ink: Ink, foot: Callable, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._ink, self._foot, self._kept = ink, foot, []

    def showPage(self) -> None:
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        kept = self._kept
        for _copy, group in groupby(kept, key=lambda page: page["copy_number"]):
            pages = list(group)
            for number, page in enumerate(pages, 1):
                self.__dict__.update(page)
                self._foot(self, self._ink, number, len(pages))
                super().showPage()
        super().save()
