"""What is chosen on the sheet page before printing: which labels, on which paper, with which cells gone."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

import labels
from app.errors import Refused
from app.places.codes import Label, is_well_formed, tidy
from app.printing import paper
from app.printing.drawing import Cell, Drawing, Drawn, draw, placed
from app.printing.filters import KINDS
from app.printing.models import MOST, Basket, PrintRun
from app.printing.sheets import Printer, SheetOfPaper, all_sheets

USUAL = "a4-24"
DOOR = "a6-door"
NEW = "new"


@dataclass
class Setting:
    """Read from a query string or a form; what makes no sense falls back to the usual, copies say so.

    `tapped`: cells of the first sheet that someone says are gone. `drawn`, `shown`: which sheet and how many
    labels the page showed, so that nothing else is printed than what was seen.
    """

    kind: str = ""
    code: str = ""
    sheet: labels.Sheet = labels.SHEETS[USUAL]
    printer: Printer | None = None
    sheet_of_paper: SheetOfPaper | None = None
    tapped: frozenset[int] = frozenset()
    copies: int = 1
    copies_typed: str = "1"
    with_place: bool = True
    drawn: str = ""
    shown: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, args: MultiDict[str, str]) -> "Setting":
        kind, code = args.get("kind", ""), tidy(args.get("code", "")[:40])
        setting = cls(kind if kind in KINDS else "", code if is_well_formed(code) else "")
        setting._read_sheet(args.get("sheet") or usual_sheet(setting.kind))
        setting.printer = setting._printer(args.get("printer"))
        setting._read_paper(args.get("paper", "").strip())
        setting.tapped = setting._cells(args)
        setting._read_copies(args.get("copies", "1"))
        setting.with_place = args.get("place", "yes") != "no"
        setting.drawn, setting.shown = args.get("drawn", ""), args.get("shown", "")
        return setting

    def _read_sheet(self, name: str) -> None:
        if name in self.sheets:
            self.sheet = self.sheets[name]
        else:
            self.errors["sheet"] = _("There is no such sheet size; please choose one.")

    def _printer(self, text: str | None) -> Printer | None:
        """The chosen printer; before anything was chosen, the one that printed last."""
        wanted = PrintRun.last_printer_id() if text is None else text
        return next((printer for printer in self.printers if str(printer.id) == str(wanted)), None)

    def _read_paper(self, text: str) -> None:
        """By its printed number, `0042` or `42`; nothing means a new sheet."""
        self.sheet_of_paper = next((sheet for sheet in self.papers if str(sheet.id) == text.lstrip("0")), None)
        if text and self.sheet_of_paper is None and text != NEW:
            self.errors["paper"] = _("Sheet %(number)s has no labels left, or is of another size.", number=text[:12])

    def _cells(self, args: MultiDict[str, str]) -> frozenset[int]:
        """Cells tapped on the sheet that was drawn; another size or another sheet begins afresh."""
        if args.get("drawn", self.drawn_key) != self.drawn_key:
            return frozenset()
        numbers = (int(text) for text in args.getlist("gone") if text.isascii() and text.isdigit() and len(text) < 6)
        return frozenset(number for number in numbers if 1 <= number <= self.sheet.cells)

    def _read_copies(self, text: str) -> None:
        self.copies_typed = text.strip()[:12]
        number = int(text) if text.strip().isascii() and text.strip().isdigit() and len(text) < 5 else 0
        if 1 <= number <= 100:
            self.copies = number
        else:
            self.errors["copies"] = _("From 1 to 100 copies, please.")

    # What there is to choose from

    @cached_property
    def sheets(self) -> dict[str, labels.Sheet]:
        return all_sheets()

    @cached_property
    def printers(self) -> list[Printer]:
        return list(Printer.open())

    @cached_property
    def papers(self) -> list[SheetOfPaper]:
        return list(SheetOfPaper.partly_used(self.sheet.name).limit(200))

    @property
    def drawn_key(self) -> str:
        """Names the sheet that is drawn, so that taps are not carried over to another one."""
        return f"{self.sheet.name}:{self.sheet_of_paper.number if self.sheet_of_paper else ''}"

    # What will be printed

    @cached_property
    def waiting(self) -> int:
        """How many labels are meant, before copies."""
        return 1 if self.code else Basket.counts().get(self.kind, 0)

    @cached_property
    def chosen(self) -> list[Label]:
        """The labels of this run: one code, or the first of the basket as far as one run goes."""
        query = Label.in_use().where(Label.code == self.code) if self.code else Basket.of_kind(self.kind)
        return list(paper.with_things(query).limit(max(MOST // self.copies, 1)))

    @cached_property
    def texts(self) -> list[labels.Label]:
        return [paper.on_paper(label, self.with_place) for label in self.chosen]

    @cached_property
    def advice(self) -> paper.Advice:
        return paper.advise(self.texts, self.sheet)

    @property
    def count(self) -> int:
        return len(self.chosen) * self.copies

    @property
    def known_gone(self) -> frozenset[int]:
        """Cells of a partly used sheet that are known to be gone."""
        return frozenset(self.sheet_of_paper.gone) if self.sheet_of_paper else frozenset()

    @property
    def gone(self) -> frozenset[int]:
        return self.known_gone | self.tapped

    @cached_property
    def placement(self) -> labels.Placement | None:
        """Which cells of which pages; None when no cell is left on the first sheet."""
        try:
            return labels.plan(self.count, self.sheet, self.gone)
        except labels.LabelError:
            return None

    @property
    def left_over(self) -> int:
        """Labels left on the last sheet after this run."""
        if not self.placement or not self.placement.pages:
            return 0
        free = self.sheet.cells - (len(self.gone) if self.placement.pages == 1 else 0)
        return free - len(self.placement.cells[-1])

    @cached_property
    def drawing(self) -> Drawing:
        drawn = [text for text in self.texts[: self.sheet.cells] for _copy in range(self.copies)]
        return draw(self.sheet, drawn[: self.sheet.cells], paper.font())

    @property
    def placed(self) -> list[tuple[Cell | None, Drawn]]:
        return placed(self.drawing, self.gone)

    @property
    def args(self) -> dict[str, Any]:
        """The choice as a query string, without the taps."""
        given = {"kind": self.kind, "code": self.code, "sheet": self.sheet.name}
        return {name: value for name, value in given.items() if value}

    # Verbs

    def require_as_shown(self) -> None:
        """Refused when the basket has changed since the page was drawn: nobody wants surprises on paper."""
        if not self.chosen:
            raise Refused(_("There is nothing to print."))
        if self.shown != str(self.count) or self.drawn != self.drawn_key:
            raise Refused(_("The basket has changed since this page was opened. Please open it again and look."))

    def print(self, by: Any) -> PrintRun:
        return PrintRun.make(
            self.chosen, self.sheet, by, printer=self.printer, sheet_of_paper=self.sheet_of_paper, gone=self.tapped,
            copies=self.copies, with_place=self.with_place,
        )  # fmt: skip


def usual_sheet(kind: str) -> str:
    """Door plates for rooms, the usual label sheet for everything else."""
    return DOOR if kind == "room" else USUAL
