"""The parts of a printed paper as platypus flowables: head, grid of cells, prose, pictures, signatures.

Sizes in points. A grid takes its rows one by one while a page is filled.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable, FrameBreak, KeepTogether, Spacer

from app.paper.document import Heading, Opinion, Paper, Picture, Signature, Sums, Table, text
from app.paper.ink import Ink
from labels.pdf import path as code_path
from labels.qr import QUIET, matrix

HAIRLINE = 0.5
LEADING = 1.38
PAD_X, PAD_Y = 1.4 * mm, 1.1 * mm
CODE = 18 * mm  # the small code, quiet zone included
FACT, FACT_ROW = 10.5, 8.2 * mm
PROSE = 11
BETWEEN, ABOVE = 4 * mm, 5 * mm  # after a table, and above the signatures


def body(paper: Paper, width: float, ink: Ink) -> Iterator[Flowable]:
    """Everything below the head."""
    if paper.facts:
        yield Grid(_fact_rows(paper, width, ink), ink)
        yield Spacer(1, BETWEEN)
    elif not paper.tables or paper.intro:
        yield Spacer(1, 3 * mm)
    yield from (Prose(text(each), ink) for each in paper.intro)
    end = paper.signatures and not (paper.paragraphs or paper.opinions or paper.pictures)
    for number, table in enumerate(paper.tables, 1):
        last = end and number == len(paper.tables)
        yield table_grid(table, width, ink, _signatures_height(paper) + ABOVE + BETWEEN if last else 0)
        yield Spacer(1, BETWEEN)
    yield from (Prose(text(each), ink) for each in paper.paragraphs)
    if paper.pictures:
        yield from _pictures(paper.pictures, width, ink)
    if paper.opinions:
        yield Grid(_opinion_rows(paper.asked, width, ink), ink)
    if paper.signatures:
        signed, across = paper.signed, paper.in_a_row
        rows = [Signatures(signed[n : n + across], across, width, ink) for n in range(0, len(signed), across)]
        yield KeepTogether([Spacer(1, ABOVE), *rows])


# The head -----------------------------------------------------------------------------------------------------


class Head(Flowable):
    """The school, the title, the number; the code of the live record in the corner."""

    def __init__(self, paper: Paper, copy: str, school: str, code: str, ink: Ink):
        super().__init__()
        self.paper, self.copy, self.school, self.code, self.ink = paper, copy, school, code, ink

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width = width
        self.inner = width - 2 * (CODE + 3 * mm) if self.code else width
        self.size = 18 if self.ink.width(text(self.paper.title), 18, bold=True) <= self.inner else 15
        self.title = self.ink.lines(text(self.paper.title), self.size, self.inner, bold=True)
        self.school_lines = self.ink.lines(self.school, 12, self.inner) if self.school else []
        over = len(self.school_lines) * 17 + len(self.title) * self.size * 1.3
        self.over = max(over, CODE if self.code else 0) + 2 * mm
        self.under = 15 if self.paper.subtitle or self.paper.number or self.copy else 3
        return width, self.over + self.under

    def draw(self) -> None:
        canvas, x = self.canv, (self.width - self.inner) / 2
        y = self.over + self.under
        for line in self.school_lines:
            y -= 17
            self.ink.write(canvas, line, x, y + 4, 12, self.inner, "center")
        for line in self.title:
            y -= self.size * 1.3
            self.ink.write(canvas, line, x, y + self.size * 0.3, self.size, self.inner, "center", bold=True)
        if self.code:
            draw_code(canvas, self.code, self.width - CODE, self.under + self.over - CODE, CODE)
        self._draw_under()

    def _draw_under(self) -> None:
        number = text(self.paper.number)
        right = "   ".join(filter(None, (self.copy, _("No. %(number)s", number=number) if number else "")))
        right_room = min(self.ink.width(right, 10), self.width * 0.7)
        self.ink.write(self.canv, self.ink.fitted(right, 10, right_room + 1), 0, 5, 10, self.width, "right")
        left = self.ink.fitted(text(self.paper.subtitle), 10, self.width - right_room - 3 * mm)
        self.ink.write(self.canv, left, 0, 5, 10)


def draw_code(canvas: Any, code: str, x: float, y: float, side: float) -> None:
    """A small code with its quiet zone in a square of `side` points."""
    scale = side / (len(matrix(code)) + 2 * QUIET)
    canvas.saveState()
    canvas.translate(x + QUIET * scale, y + QUIET * scale)
    canvas.scale(scale, scale)
    canvas.addLiteral(code_path(code))
    canvas.restoreState()


# Grids: facts, tables, opinions ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """Lines of text in a box. `below` is written at the bottom right: a signature. `top`: the text begins there,
    else it stands in the middle."""

    width: float
    lines: Sequence[str]
    size: float
    align: str = "left"
    bold: bool = False
    below: str = ""
    top: bool = False
    pad: float = PAD_X

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * LEADING + 2 * PAD_Y


@dataclass(frozen=True)
class Line:
    """A row of cells of one height. `joined`: it goes on from the line above, without a rule between them.
    `leads`: it never stands last on a page."""

    cells: Sequence[Cell]
    height: float
    joined: bool = False
    framed: bool = True
    leads: bool = False


class Grid(Flowable):
    """Lines under each other; those that come are set only when there is room for them.

    title: lines that stand once above. head: lines repeated on each page. reserve: room that what follows needs;
    rather than leave it alone on a page, the grid's last two lines go with it.
    """

    def __init__(
        self,
        coming: Iterable[Line],
        ink: Ink,
        title: Sequence[Line] = (),
        head: Sequence[Line] = (),
        reserve: float = 0,
        ready: Sequence[Line] = (),
    ):
        super().__init__()
        self.coming, self.ready, self.whole = iter(coming), list(ready), False
        self.ink, self.head, self.reserve = ink, head, reserve
        self.above = [*title, *head]

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width = width
        tall = self._take(height)
        if self.whole and tall <= height and not self._would_part(tall, height):
            return width, tall
        return width, max(tall, height + 1)

    def _take(self, height: float) -> float:
        """Set lines until there are some more than fit, or no more (`whole`). How high they are."""
        tall = sum(line.height for line in (*self.above, *self.ready))
        while not self.whole and tall <= height + HIGH:
            line = next(self.coming, None)
            if line is None:
                self.whole = True
            else:
                self.ready.append(line)
                tall += line.height
        return tall

    def _would_part(self, tall: float, height: float) -> bool:
        return bool(self.reserve) and height - tall < self.reserve and len(self.ready) > 3

    def split(self, width: float, height: float) -> list[Flowable]:
        self._take(height)
        tall, fitting = sum(line.height for line in self.above), 0
        for line in self.ready:
            if tall + line.height > height:
                break
            tall, fitting = tall + line.height, fitting + 1
        if self.whole and len(self.ready) - fitting < 2:  # the sums, or the signatures, take two lines along
            fitting = len(self.ready) - 2
        while fitting > 0 and self.ready[fitting - 1].leads:
            fitting -= 1
        if fitting <= 0:
            return []
        now = Grid((), self.ink, self.above[: len(self.above) - len(self.head)], self.head, 0, self.ready[:fitting])
        later = Grid(self.coming, self.ink, (), self.head, self.reserve, self.ready[fitting:])
        return [now, FrameBreak, later]

    def draw(self) -> None:
        lines = [*self.above, *self.ready]
        y = sum(line.height for line in lines)
        self.canv.setLineWidth(HAIRLINE)
        for number, line in enumerate(lines):
            if line.framed:
                self._rules(line, y, number == len(self.above) or not line.joined, number == len(lines) - 1)
            x = 0.0
            for cell in line.cells:
                self._write(cell, x, y, line)
                x += cell.width
            y -= line.height

    def _rules(self, line: Line, top: float, above: bool, below: bool) -> None:
        x, bottom, rules = 0.0, top - line.height, []
        for cell in line.cells:
            rules.append((x, bottom, x, top))
            x += cell.width
        rules.append((x, bottom, x, top))
        if above:
            rules.append((0, top, x, top))
        if below:
            rules.append((0, bottom, x, bottom))
        self.canv.lines(rules)

    def _write(self, cell: Cell, x: float, top: float, line: Line) -> None:
        tall = len(cell.lines) * cell.size * LEADING
        spare = (line.height - tall) / 2
        if cell.top:
            spare = 0 if line.joined else PAD_Y
        y = top - spare - cell.size * (LEADING + 0.76) / 2
        room = cell.width - 2 * cell.pad
        for words in cell.lines:
            self.ink.write(self.canv, words, x + cell.pad, y, cell.size, room, cell.align, cell.bold)
            y -= cell.size * LEADING
        if cell.below:
            self.ink.write(self.canv, cell.below, x + cell.pad, top - line.height + 2 * mm, cell.size, room, "right")


def _line(cells: Sequence[Cell], least: float) -> Line:
    return Line(cells, max(least, *(cell.height for cell in cells)))


def _pieces(cells: Sequence[Cell], least: float) -> Iterator[Line]:
    """A row as one line; a very high one as several joined ones, so that a page's end may fall into it."""
    if max(cell.height for cell in cells) <= HIGH:
        yield _line(cells, least)
        return
    fitting = int(PIECE / (max(cell.size for cell in cells) * LEADING))
    count = max(len(cell.lines) for cell in cells)
    for start in range(0, count, fitting):
        parts = [replace(cell, lines=cell.lines[start : start + fitting], top=True) for cell in cells]
        height = max(len(cell.lines) * cell.size * LEADING for cell in parts)
        pads = (start == 0) + (start + fitting >= count)
        yield Line(parts, height + pads * PAD_Y, joined=start > 0)


HIGH, PIECE = 60 * mm, 24 * mm


def _fact_rows(paper: Paper, width: float, ink: Ink) -> Iterator[Line]:
    label = width * (0.11 if paper.landscape else 0.15)
    for facts in paper.fact_rows:
        value = width / 2 - label if len(facts) == 2 else width - label
        cells = []
        for fact in facts:
            cells += [
                Cell(label, ink.lines(text(fact.label), FACT, label - 2 * PAD_X), FACT, "center"),
                Cell(value, *ink.fit(text(fact.value), FACT, value - 2 * PAD_X)),
            ]
        yield from _pieces(cells, FACT_ROW)


def table_grid(table: Table, width: float, ink: Ink, reserve: float = 0) -> Grid:
    """A table; `reserve` as in Grid."""
    size = min(max(10.5 - 0.25 * max(len(table.columns) - 4, 0), 7), 10)  # 10 pt up to six columns, 7 from eighteen on
    setting = _Setting(table, width, ink, size, PAD_X if len(table.columns) <= 10 else 0.7 * mm)
    title = []
    if words := text(table.title):
        lines = ink.lines(words, FACT, width, bold=True)
        title = [Line([Cell(width, lines, FACT, bold=True, pad=0)], len(lines) * FACT * LEADING + PAD_Y, framed=False)]
    head = [_line(setting.cells([column.title for column in table.columns], True, head=True), setting.least)]
    return Grid(setting.lines(), ink, title, head, reserve)


@dataclass(frozen=True)
class _Setting:
    """How the rows of a table are set."""

    table: Table
    width: float
    ink: Ink
    size: float
    pad: float

    @property
    def least(self) -> float:
        return max(self.size * LEADING + 2 * PAD_Y, 6.4 * mm)

    def cells(self, values: Sequence[Any], bold: bool = False, head: bool = False) -> list[Cell]:
        several = []
        for value, part, column in zip(values, self.table.widths, self.table.columns, strict=True):
            room = part * self.width
            lines, size = self.ink.fit(text(value), self.size, room - 2 * self.pad, bold)
            several.append(Cell(room, lines, size, "center" if head else column.align, bold, pad=self.pad))
        return several

    def lines(self) -> Iterator[Line]:
        nothing = True
        for row in self.table.rows:
            nothing = False
            if isinstance(row, Heading):
                yield self._heading(text(row.words))
            else:
                yield from _pieces(self.cells(row, bold=isinstance(row, Sums)), self.least)
        for _row in range(self.table.blank):
            yield _line(self.cells([""] * len(self.table.columns)), max(self.least, 8 * mm))
        if nothing and not self.table.blank:
            lines = self.ink.lines(text(self.table.empty) or _("None."), self.size, self.width - 2 * PAD_X)
            yield _line([Cell(self.width, lines, self.size, "center")], self.least)
        if self.table.foot:
            yield from _pieces(self.cells(self.table.foot, bold=True), self.least)

    def _heading(self, words: str) -> Line:
        lines = self.ink.lines(words, self.size, self.width - 2 * PAD_X, bold=True)
        return replace(_line([Cell(self.width, lines, self.size, bold=True)], self.least), leads=True)


def _opinion_rows(opinions: Sequence[Opinion], width: float, ink: Ink) -> Iterator[Line]:
    label = width * 0.17
    room = width - label
    for opinion in opinions:
        words = ink.lines(text(opinion.words), FACT, room - 2 * PAD_X) if text(opinion.words) else []
        named = Cell(label, ink.lines(text(opinion.label), FACT, label - 2 * PAD_X), FACT, "center")
        said = Cell(room, words, FACT, below=signature_words(opinion.name, opinion.date), top=True)
        if said.height <= HIGH:
            yield Line([named, said], max(said.height + 12 * mm, named.height, 25 * mm))
        else:
            yield from _pieces([named, replace(said, below="")], FACT_ROW)
            yield Line([replace(named, lines=()), replace(said, lines=())], 14 * mm, joined=True)


def signature_words(name: Any, date: Any) -> str:
    """`签字：王伟  2026年11月24日`, with room to write where something is missing."""
    name = text(name) or " " * 24
    return _("Signed: %(name)s  %(date)s", name=name, date=text(date) or blank_date())


def blank_date() -> str:
    """Room for a day to be written by hand: `    年   月   日`."""
    return _("____-__-__")


# Prose, pictures, signatures ------------------------------------------------------------------------------------


class Prose(Flowable):
    """A paragraph; the first line stands back by two characters, as Chinese does."""

    def __init__(self, words: str, ink: Ink, lines: Sequence[str] | None = None):
        super().__init__()
        self.words, self.ink, self.lines = words, ink, lines

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        if self.lines is None:
            self.lines = self.ink.lines(_indented(self.words), PROSE, width)
        return width, len(self.lines) * PROSE * 1.6 + 2 * mm

    def split(self, width: float, height: float) -> list[Flowable]:
        fitting = int((height - 2 * mm) / (PROSE * 1.6))
        if fitting < 1 or fitting >= len(self.lines):
            return []
        return [Prose("", self.ink, self.lines[:fitting]), Prose("", self.ink, self.lines[fitting:])]

    def draw(self) -> None:
        y = len(self.lines) * PROSE * 1.6 + 2 * mm
        for line in self.lines:
            y -= PROSE * 1.6
            self.ink.write(self.canv, line, 0, y + PROSE * 0.45, PROSE)


def _indented(words: str) -> str:
    chinese = any("\u4e00" <= c <= "\u9fff" for c in words)
    return "\n".join(f"\u3000\u3000{part}" if chinese else part for part in words.split("\n"))


class Signatures(Flowable):
    """A row of lines to sign on, with room above them; several are kept together by who places them."""

    def __init__(self, signed: Sequence[Signature], across: int, width: float, ink: Ink):
        super().__init__()
        self.signed, self.across, self.room, self.ink = signed, across, width, ink

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return self.room, SIGNATURE

    def draw(self) -> None:
        gap = 5 * mm
        each = (self.room + gap) / self.across
        for number, signature in enumerate(self.signed):
            self._draw(signature, number * each, each - gap)

    def _draw(self, signature: Signature, x: float, room: float) -> None:
        label = self.ink.fitted(_("%(label)s:", label=text(signature.label)), FACT, room * 0.6)
        taken = self.ink.width(label, FACT) + 1.5 * mm
        line, canvas = 9 * mm, self.canv
        self.ink.write(canvas, label, x, line + 1 * mm, FACT)
        canvas.setLineWidth(HAIRLINE)
        canvas.line(x + taken, line, x + room, line)
        name = self.ink.fitted(text(signature.name), FACT, room - taken)
        self.ink.write(canvas, name, x + taken, line + 1 * mm, FACT, room - taken, "center")
        date = text(signature.date) or blank_date()
        self.ink.write(canvas, self.ink.fitted(date, 9, room), x, 3.4 * mm, 9, room, "right")


SIGNATURE = 20 * mm


def _signatures_height(paper: Paper) -> float:
    return -(-len(paper.signatures) // paper.in_a_row) * SIGNATURE


class Pictures(Flowable):
    """Photos beside each other, each as large as its box lets it be, with what it shows right below."""

    def __init__(self, pictures: Sequence[Picture], width: float, ink: Ink):
        super().__init__()
        self.pictures, self.room, self.ink = pictures, width, ink
        self.across = width / 3 - 3 * mm
        tall = (self.across * picture.photo.height / max(picture.photo.width, 1) for picture in pictures)
        self.tall = min(max(tall), PICTURE)

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return self.room, self.tall + 8 * mm

    def draw(self) -> None:
        each = self.room / 3
        for number, picture in enumerate(self.pictures):
            x, room = number * each, self.across
            if data := picture.photo.read():
                self.canv.drawImage(
                    ImageReader(io.BytesIO(data)), x, 8 * mm, room, self.tall, preserveAspectRatio=True, anchor="sw"
                )
            caption = self.ink.fitted(text(picture.caption), 9, room)
            self.ink.write(self.canv, caption, x, 4 * mm, 9)


PICTURE = 44 * mm


def _pictures(pictures: Sequence[Picture], width: float, ink: Ink) -> Iterator[Flowable]:
    several = [Picture(*each) for each in pictures]
    for start in range(0, len(several), 3):
        yield Pictures(several[start : start + 3], width, ink)
