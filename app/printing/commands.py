"""What `zongwu labels` and `zongwu codes` do, without a browser."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from app.errors import Refused
from app.places.codes import Label, is_well_formed, tidy
from app.printing import paper
from app.printing.models import CHUNK, PrintRun, of_kind
from app.printing.sheets import all_sheets
from app.web import label_address

CSV_HEADER = ("code", "kind", "number", "name", "place", "url")


def sheet_list() -> str:
    """The known sheets, one a line: name, label size, labels a sheet, paper."""
    rows = [
        (sheet.name, f"{sheet.width:g} × {sheet.height:g} mm", f"{sheet.columns} × {sheet.rows} = {sheet.cells}",
         f"{sheet.paper_w:g} × {sheet.paper_h:g} mm", sheet.title)
        for sheet in all_sheets().values()
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def cells(text: str) -> list[int]:
    """`1,2,5` or `1-3 7` as cell numbers."""
    found: list[int] = []
    for part in text.replace(",", " ").replace("，", " ").split():
        first, dash, last = part.partition("-")
        if not (first.isdigit() and (last.isdigit() if dash else True)):
            raise Refused(f"{part!r} is not a cell number; write them like 1,2,5 or 1-5.", 422)
        found += range(int(first), int(last or first) + 1)
    return found


def labels_for(what: str | None, file: IO[str] | None = None) -> list[Label]:
    """The labels of all `rooms` or `assets`, or of the codes in a file (one a line, or a CSV's first column)."""
    if file is not None:
        return _in_file(file)
    kind = {"rooms": "room", "assets": "asset"}[what or ""]
    query = Label.in_use().where(of_kind(kind)).order_by(Label.asset, Label.place)
    return list(paper.with_things(query))


def _in_file(file: IO[str]) -> list[Label]:
    wanted = list(dict.fromkeys(_codes(file)))
    found: dict[str, Label] = {}
    for start in range(0, len(wanted), CHUNK):
        some = Label.in_use().where(Label.code.in_(wanted[start : start + CHUNK]))
        found.update((label.code, label) for label in paper.with_things(some))
    if lost := [code for code in wanted if code not in found]:
        raise Refused(f"No label in use has the code {lost[0]}.", 422)
    return [found[code] for code in wanted]


def _codes(file: IO[str]) -> Iterator[str]:
    for number, row in enumerate(csv.reader(file), 1):
        text = row[0].strip() if row else ""
        if not text or (number == 1 and text.lower() == CSV_HEADER[0]):
            continue
        code = tidy(text.rsplit("/", 1)[-1])
        if not is_well_formed(code):
            raise Refused(f"Line {number}: {text[:40]!r} is not a label code.", 422)
        yield code


def print_labels(
    chosen: list[Label], sheet: str, used: list[int], out: Path, progress: Callable[[int], None] | None = None
) -> int:
    """Print the labels into a PDF and log the run like a print from the page; returns the number of pages.

    progress: called with how many more are drawn.
    """
    size = all_sheets().get(sheet)
    if size is None:
        raise Refused(f"There is no sheet {sheet!r}; zongwu labels --list prints them.", 422)
    run = PrintRun.make(chosen, size, None, gone=used, most=None)
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            run.write_pdf(file, _steps(progress))
        part.replace(out)
    except OSError as wrong:
        part.unlink(missing_ok=True)
        run.put_back(None)
        raise Refused(f"{out} can't be written: {wrong.strerror}.", 422) from wrong
    return run.pages


def _steps(progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
    """A bar wants what came since it was called last; the library counts from the first label."""
    if progress is None:
        return None
    done = 0

    def step(count: int) -> None:
        nonlocal done
        progress(count - done)
        done = count

    return step


def write_codes(out: IO[str], kind: str | None = None) -> None:
    """Every code in use as CSV. Cells that a spreadsheet would take for a formula begin with an apostrophe."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    query = Label.in_use().where(of_kind(kind or "")).order_by(Label.made_at, Label.asset, Label.place, Label.code)
    for label in paper.with_things(query).iterator():
        text = paper.on_paper(label)
        row = (label.code, label.kind, text.number, text.name, text.place, label_address(label.code))
        writer.writerow([_guarded(cell) for cell in row])


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
