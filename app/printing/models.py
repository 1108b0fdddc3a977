"""The print basket, and the log of what was printed: which code, in which cell of which sheet, by whom."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import peewee
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import labels
from app import clock, journal
from app.db import JSON, Moment, Row, writing
from app.errors import Refused
from app.people.models import Person
from app.places.codes import Label
from app.printing import paper
from app.printing.sheets import GEOMETRY, Printer, Profile, SheetOfPaper, sheet_named

__all__ = ["Basket", "PrintRun", "PrintedLabel", "Printer", "Profile", "SheetOfPaper", "sheet_named"]

MOST = 2000  # labels of one run: a file that any computer opens, made while someone waits
CHUNK = 500  # rows of one statement

journal.says({
    "labels.printed": _l("printed %(count)s labels on %(sheet)s"),
    "labels.put_back": _l("put %(count)s labels back into the basket; they did not come out"),
})  # fmt: skip


class Basket:
    """The labels that wait to be printed. Every new thing puts its label in (Label.make)."""

    @staticmethod
    def waiting() -> peewee.ModelSelect:
        """What waits, things made together in the order they were entered."""
        return (
            Label.in_use()
            .where(Label.basket_at.is_null(False))
            .order_by(Label.basket_at, Label.asset, Label.place, Label.code)
        )

    @classmethod
    def of_kind(cls, kind: str = "") -> peewee.ModelSelect:
        """What waits of one kind: room, asset, blank; all for ""."""
        return cls.waiting().where(of_kind(kind))

    @classmethod
    def counts(cls) -> dict[str, int]:
        """How many wait, by kind, in one query; "" for all."""
        query = Label.select(KIND.alias("kind"), peewee.fn.COUNT(Label.code)).where(
            Label.retired_at.is_null(), Label.basket_at.is_null(False)
        )
        found = dict(query.group_by(peewee.SQL("1")).tuples())
        return {"": sum(found.values()), **found}

    @classmethod
    def put(cls, chosen: Iterable[Label], by: Any = None) -> int:
        """Put labels in; retired ones and those already there stay as they are. Returns how many came in."""
        return cls.put_all(Label.select(Label.code).where(Label.code.in_([label.code for label in chosen])))

    @classmethod
    def put_all(cls, query: peewee.ModelSelect) -> int:
        """The same for everything a query finds, without fetching it. `query` selects codes."""
        with writing():
            return (
                Label.update(basket_at=clock.now())
                .where(Label.code.in_(query), Label.retired_at.is_null(), Label.basket_at.is_null())
                .execute()
            )

    @classmethod
    def take_out(cls, codes: Collection[str] | None = None, kind: str = "") -> int:
        """Take these codes out, or all of a kind. Returns how many went."""
        with writing():
            query = Label.update(basket_at=None).where(Label.basket_at.is_null(False), of_kind(kind))
            if codes is not None:
                query = query.where(Label.code.in_(list(codes)))
            return query.execute()


KIND = peewee.Case(None, ((Label.place.is_null(False), "room"), (Label.asset.is_null(False), "asset")), "blank")


def of_kind(kind: str) -> peewee.Expression:
    """Labels on rooms, on assets, blank ones, or all."""
    return {
        "room": Label.place.is_null(False),
        "asset": Label.asset.is_null(False),
        "blank": Label.place.is_null() & Label.asset.is_null(),
    }.get(kind, peewee.SQL("1 = 1"))


class PrintRun(Row):
    """One printing. Keeps its own measures and words, so that its file can be made again just as it was.

    `used`: cells of the first page that were gone before. `shift`: the printer's correction in mm then.
    """

    at = Moment(default=clock.now)
    person = peewee.ForeignKeyField(Person, null=True)
    sheet = peewee.CharField(20)
    title = peewee.CharField(60)
    geometry = JSON()
    used = JSON(default=list)
    printer = peewee.ForeignKeyField(Printer, null=True)
    shift = JSON(default=lambda: [0, 0])
    copies = peewee.IntegerField(default=1)
    count = peewee.IntegerField()
    pages = peewee.IntegerField()
    first_paper = peewee.ForeignKeyField(SheetOfPaper, null=True, backref="first_of")
    last_paper = peewee.ForeignKeyField(SheetOfPaper, null=True, backref="last_of")
    continued = peewee.BooleanField(default=False)  # the first page carries its number already
    school = peewee.CharField(80)
    address = peewee.CharField(200)

    def __str__(self) -> str:
        return f"{self.id:04}"

    @property
    def paper_sheet(self) -> labels.Sheet:
        """The size as it was when this was printed."""
        return labels.Sheet(self.sheet, self.title, **self.geometry)

    @property
    def numbers(self) -> str:
        """`0042–0045`: first and last sheet; empty for rolls and door plates, which have one label a page."""
        first, last = self.first_paper_id, self.last_paper_id
        return "" if first is None else f"{first:04}" if first == last else f"{first:04}–{last:04}"

    @property
    def papers(self) -> list[SheetOfPaper]:
        """The numbered sheets in the order of the pages: one that was begun earlier has the lowest number."""
        mine = PrintedLabel.select(PrintedLabel.paper).where(PrintedLabel.run == self)
        return list(SheetOfPaper.select().where(SheetOfPaper.id.in_(mine)).order_by(SheetOfPaper.id))

    @classmethod
    def latest(cls) -> peewee.ModelSelect:
        """The log, newest first, with the person and `.returned`: how many labels did not come out."""
        returned = PrintedLabel.select(peewee.fn.COUNT(PrintedLabel.returned_at)).where(PrintedLabel.run == cls.id)
        return (
            cls.select(cls, Person, returned.alias("returned"))
            .join(Person, peewee.JOIN.LEFT_OUTER)
            .order_by(cls.id.desc())
        )

    @classmethod
    def last_printer_id(cls) -> int | None:
        """The printer of the latest run, to be offered first."""
        return cls.select(cls.printer).order_by(cls.id.desc()).scalar()

    @property
    def returned_count(self) -> int:
        return self.printed.where(PrintedLabel.returned_at.is_null(False)).count()

    def codes(self) -> peewee.ModelSelect:
        """A query of the codes that were printed."""
        return PrintedLabel.select(PrintedLabel.label).where(PrintedLabel.run == self)

    # Verbs

    @classmethod
    def make(
        cls,
        chosen: Sequence[Label],
        sheet: labels.Sheet,
        by: Any,
        *,
        printer: Printer | None = None,
        sheet_of_paper: SheetOfPaper | None = None,
        gone: Collection[int] = (),
        copies: int = 1,
        with_place: bool = True,
        most: int | None = MOST,
    ) -> "PrintRun":
        """Print labels (with their things loaded: paper.with_things) on a size of sheet.

        sheet_of_paper: the partly used sheet to go on with. gone: further cells of the first sheet that are
        gone. Marks the labels printed, takes them out of the basket, remembers what is left of the sheets.
        Refused when a label could not be read or its words not be printed.
        """
        if most is not None and len(chosen) * copies > most:
            raise Refused(_("At most %(most)s labels at once, please.", most=most), 422)
        texts = [paper.on_paper(label, with_place) for label in chosen]
        paper.require_printable(texts, sheet)
        with writing():
            used = _gone_now(sheet, sheet_of_paper, gone)
            placement = _placed(len(texts) * copies, sheet, used)
            papers = _papers(sheet, placement, sheet_of_paper, used, by)
            run = cls.create(
                person=by, sheet=sheet.name, title=sheet.title,
                geometry={part: getattr(sheet, part) for part in GEOMETRY},
                used=sorted(used), printer=printer, shift=list(printer.shift) if printer else [0, 0], copies=copies,
                count=len(texts) * copies, pages=placement.pages, first_paper=papers[0], last_paper=papers[-1],
                continued=sheet_of_paper is not None,
                school=current_app.config["SCHOOL"], address=current_app.config["BASE_URL"],
            )  # fmt: skip
            PrintedLabel.note(run, texts, copies, placement, papers)
            _note_printed([label.code for label in chosen], run.at)
            journal.record("labels.printed", run, by, count=run.count, sheet=sheet.title, number=run.numbers)
        return run

    def put_back(self, by: Any, pages: Collection[int] | None = None, clean: bool = True) -> int:
        """It did not come out: these pages (all when None) go back into the basket.

        clean: the paper is as it was before, its cells are free again; otherwise it was thrown away.
        Returns how many labels went back.
        """
        with writing():
            lost = list(self.printed.where(PrintedLabel.returned_at.is_null()))
            lost = [row for row in lost if pages is None or row.page in pages]
            if not lost:
                raise Refused(_("These labels are already back in the basket."))
            for some in peewee.chunked([row.id for row in lost], CHUNK):
                PrintedLabel.update(returned_at=clock.now()).where(PrintedLabel.id.in_(some)).execute()
            _give_back_paper(lost, by, clean)
            codes = sorted({row.label_id for row in lost})
            _note_not_printed(codes)
            journal.record("labels.put_back", self, by, count=len(codes))
        return len(codes)

    # The files

    @property
    def printed(self) -> peewee.ModelSelect:
        return PrintedLabel.select().where(PrintedLabel.run == self).order_by(PrintedLabel.position)

    def texts(self) -> Iterator[labels.Label]:
        """The labels as they were printed, in order, each copy by itself."""
        for row in self.printed.iterator():
            yield labels.Label(
                row.label_id, f"{self.address}/q/{row.label_id}", self.school, row.name, row.number, row.place, row.kind
            )

    def write_pdf(self, out: BinaryIO, progress: Callable[[int], None] | None = None) -> None:
        """The file, the same each time it is asked for. progress: labels drawn so far, after each page."""
        numbers = [paper.sheet_number_text(sheet.number) for sheet in self.papers]
        if self.continued:
            numbers[0] = ""  # it is on the sheet already
        try:
            labels.render_pdf(
                self.texts(), self.paper_sheet, out, used=self.used, shift=tuple(self.shift),
                sheet_numbers=numbers, font_path=paper.font(), progress=progress,
            )  # fmt: skip
        except labels.LabelError as wrong:
            raise Refused(paper.sentence(wrong), 422) from wrong


class PrintedLabel(Row):
    """One label on paper: the words it carried, and where it stands. `returned_at`: it did not come out."""

    run = peewee.ForeignKeyField(PrintRun, backref="rows")
    position = peewee.IntegerField()
    label = peewee.ForeignKeyField(Label, backref="prints")
    kind = peewee.CharField(8)
    name = peewee.CharField(80)
    number = peewee.CharField(40, default="")
    place = peewee.CharField(200, default="")
    page = peewee.IntegerField()
    cell = peewee.IntegerField()
    paper = peewee.ForeignKeyField(SheetOfPaper, null=True, backref="prints")
    returned_at = Moment(null=True)

    class Meta:
        indexes = ((("run", "position"), True),)

    @classmethod
    def note(
        cls, run: PrintRun, texts: Sequence[labels.Label], copies: int, placement: labels.Placement,
        papers: Sequence[SheetOfPaper | None],
    ) -> None:  # fmt: skip
        spots = [(page, cell) for page, cells in enumerate(placement.cells, 1) for cell in cells]
        drawn = (text for text in texts for _copy in range(copies))
        rows = (
            {
                "run": run.id, "position": position, "label": text.code, "kind": text.kind, "name": text.name,
                "number": text.number, "place": text.place, "page": page, "cell": cell, "paper": papers[page - 1],
            }
            for position, (text, (page, cell)) in enumerate(zip(drawn, spots, strict=True))
        )  # fmt: skip
        for some in peewee.chunked(rows, CHUNK):
            cls.insert_many(some).execute()

    @classmethod
    def of(cls, label: Label) -> peewee.ModelSelect:
        """Where a label was printed, the latest first, with run, person and sheet."""
        left = peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, PrintRun, Person, SheetOfPaper)
            .join(PrintRun)
            .join(Person, left, on=(PrintRun.person == Person.id))
            .join_from(cls, SheetOfPaper, left, on=(cls.paper == SheetOfPaper.id))
            .where(cls.label == label)
            .order_by(cls.id.desc())
        )


# What happens to sheets and labels when something is printed ---------------------------------------------------


def _gone_now(sheet: labels.Sheet, paper_in_use: SheetOfPaper | None, gone: Collection[int]) -> set[int]:
    """Cells of the first sheet that are gone, asked inside the act: someone else may have used some since."""
    if paper_in_use is None:
        return set(gone)
    fresh = SheetOfPaper.get_by_id(paper_in_use.id)
    if fresh.sheet != sheet.name or fresh.closed_at is not None:
        raise Refused(_("Sheet %(number)s is of another size or thrown away.", number=fresh.number))
    return set(gone) | set(fresh.gone)


def _placed(count: int, sheet: labels.Sheet, used: set[int]) -> labels.Placement:
    try:
        return labels.plan(count, sheet, used)
    except labels.LabelError as wrong:
        raise Refused(paper.sentence(wrong)) from wrong


def _papers(
    sheet: labels.Sheet, placement: labels.Placement, first: SheetOfPaper | None, used: set[int], by: Any
) -> list[SheetOfPaper | None]:
    """A numbered sheet for each page, its cells marked as gone; None for each where a page is one label."""
    if sheet.cells == 1:
        return [None] * placement.pages
    papers: list[SheetOfPaper | None] = []
    for index, cells in enumerate(placement.cells):
        gone = set(cells) | (used if index == 0 else set())
        if index == 0 and first is not None:
            first.set_gone(gone)
            papers.append(first)
        else:
            papers.append(SheetOfPaper.begin(sheet, gone, by))
    return papers


def _note_printed(codes: Sequence[str], at: Any) -> None:
    for some in peewee.chunked(codes, CHUNK):
        Label.update(printed_at=at, basket_at=None).where(Label.code.in_(some)).execute()


def _note_not_printed(codes: Sequence[str]) -> None:
    """Back into the basket; printed only if an earlier run came out."""
    came_out = (
        PrintedLabel.select(peewee.fn.MAX(PrintRun.at))
        .join(PrintRun)
        .where(PrintedLabel.label == Label.code, PrintedLabel.returned_at.is_null())
    )
    for some in peewee.chunked(codes, CHUNK):
        Label.update(printed_at=came_out).where(Label.code.in_(some)).execute()
        Label.update(basket_at=clock.now()).where(Label.code.in_(some), Label.retired_at.is_null()).execute()


def _give_back_paper(lost: Sequence[PrintedLabel], by: Any, clean: bool) -> None:
    cells: dict[int, set[int]] = {}
    for row in lost:
        if row.paper_id is not None:
            cells.setdefault(row.paper_id, set()).add(row.cell)
    for sheet in SheetOfPaper.select().where(SheetOfPaper.id.in_(list(cells))):
        if not clean:
            sheet.close(by)
        else:
            sheet.set_gone(set(sheet.gone) - cells[sheet.id])
