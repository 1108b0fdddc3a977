"""The two books that an import hands out: the template to fill in, and the sheet that came with an error column."""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.excel import read
from app.excel.importer import PROBLEM, Column, Importer, own_titles
from app.excel.out import FORMATS, HEAD_EDGE, HEAD_FILL, RISKY, WIDTHS, head_cell, plain, tab_name, text_cell
from app.excel.read import MOST_ROWS

FILLED_ROWS = 2_000  # rows of the template that are dressed as text and have drop-downs
NEEDED_FILL, WRONG_FILL = PatternFill("solid", fgColor="FBF1DF"), PatternFill("solid", fgColor="FBEAE8")
WRONG_FONT = Font(color="B3261E")
THIN = Side(style="thin", color="C9CFC9")


# The template -------------------------------------------------------------------------------------------------


def template(importer: Importer) -> io.BytesIO:
    """A book with the headings and their drop-downs, a sheet of notes, and a hidden one with the lists."""
    book = Workbook()
    page = book.active
    page.title = tab_name(_("Rows"))
    lists = book.create_sheet(tab_name(_("Lists")))
    for number, column in enumerate(offered(importer), 1):
        _column(page, number, column)
        if column.choices:
            _drop_down(page, lists, number, column)
    page.freeze_panes = "A2"
    page.row_dimensions[1].height = 24
    _notes(book.create_sheet(tab_name(_("Notes")), 1), importer)
    lists.sheet_state = "hidden"
    return _saved(book)


def offered(importer: Importer) -> list[Column]:
    """The columns of the template."""
    return [column for column in importer.columns if column.offered]


def _column(page: Worksheet, number: int, column: Column) -> None:
    letter = get_column_letter(number)
    head = page.cell(1, number, f"{column.title}{'*' if column.needed else ''}")
    head.font, head.border = Font(bold=True), HEAD_EDGE
    head.fill = NEEDED_FILL if column.needed else HEAD_FILL
    head.alignment = Alignment(vertical="center")
    dimension = page.column_dimensions[letter]
    dimension.width = column.width or max(WIDTHS[column.kind], 2.2 * len(str(column.title)) + 3)
    # Days stay free: people write 2021.9 and 2021年9月, and all of these are understood.
    dimension.number_format = "General" if column.kind == "date" else FORMATS[column.kind]


def _drop_down(page: Worksheet, lists: Worksheet, number: int, column: Column) -> None:
    """The choices stand in a sheet of their own: a list written into the rule itself may have 255 characters."""
    letter, choices = get_column_letter(number), column.choices
    for row, words in enumerate(choices, 1):
        _put(lists, row, number, words)
    source = f"'{lists.title}'!${letter}$1:${letter}${len(choices)}"
    rule = DataValidation("list", formula1=source, allow_blank=True, showErrorMessage=True)
    rule.errorTitle, rule.error = str(column.title)[:32], _("Please choose one from the list.")
    rule.errorStyle = "warning"  # other words for the same are understood too
    page.add_data_validation(rule)
    rule.add(f"{letter}2:{letter}{FILLED_ROWS + 1}")


def _notes(page: Worksheet, importer: Importer) -> None:
    rows: list[Sequence[Any]] = [(str(importer.title),), *((each,) for each in general_notes(importer)), ()]
    rows.append((_("Column"), _("Needed"), _("What to write"), _("Example"), _("Choices")))
    start = len(rows)
    for column in offered(importer):
        needed = _("yes") if column.needed else ""
        rows.append((column.title, needed, column.note, column.example, _(", ").join(column.choices[:60])))
    for number, row in enumerate(rows, 1):
        for at, value in enumerate(row, 1):
            cell = _put(page, number, at, value)
            cell.alignment = Alignment(vertical="top", wrap_text=number >= start)
            if number >= start:
                cell.border = Border(THIN, THIN, THIN, THIN)
            if number in (1, start):
                cell.font = Font(bold=True, size=14 if number == 1 else 11)
    for letter, width in zip("ABCDE", (18, 8, 46, 24, 46), strict=True):
        page.column_dimensions[letter].width = width


def general_notes(importer: Importer) -> list[str]:
    """What holds for every import, then what holds for this one."""
    several = [
        _("Fill in the first sheet; the headings stay as they are. Columns marked * are needed in every row."),
        importer.found_again(),
        _("An empty cell leaves what is stored as it is."),
        _("At most %(most)s rows. Either all rows are stored or none.", most=MOST_ROWS),
        _("Days may be written 2021-9-1, 2021/9/1, 2021.9 or 2021年9月; amounts in yuan."),
    ]  # fmt: skip
    return [*several, *(str(each) for each in importer.notes)]


def _put(page: Worksheet, row: int, at: int, value: Any) -> Any:
    words = plain(value)
    cell = page.cell(row, at)
    cell.value = words
    cell.data_type, cell.number_format = "s", FORMATS["text"]
    cell.quotePrefix = words.startswith(RISKY)
    return cell


# The sheet with its error column ------------------------------------------------------------------------------


def marked(importer: Importer, path: Any) -> io.BytesIO:
    """The sheet as it came, one column more: what is wrong in each row. Cells that are wrong are tinted.

    `importer` has just read and compared it. Values only: formulas are not written back.
    """
    book = Workbook(write_only=True)
    with read.find(path, importer.headings()) as found:
        width = max([*found.titles, *found.columns.values()]) + 1
        at = next((n for n, words in found.titles.items() if read.plain_title(words) in own_titles()), width)
        page = book.create_sheet(tab_name(found.name or _("Rows")))
        page.freeze_panes = f"A{found.head_row + 1}"
        for number in range(1, max(width, at) + 1):
            page.column_dimensions[get_column_letter(number)].width = 15
        page.column_dimensions[get_column_letter(at + 1)].width = 60
        for row in found.above[:-1]:
            page.append([_as_it_was(page, value) for value in row])
        page.append(_head(page, found.above[-1], width, at))
        lines = {line.number: line for line in importer.lines}
        for number, row in found.rows:
            page.append(list(_marked_row(page, row, width, at, lines.get(number), found.columns)))
    return _saved(book)


def _head(page: Any, titles: Sequence[Any], width: int, at: int) -> list[Any]:
    cells = [head_cell(page, "" if title is None else title) for title in titles[:width]]
    cells += [None] * (max(width, at + 1) - len(cells))
    cells[at] = head_cell(page, PROBLEM)
    return cells


def _marked_row(
    page: Any, row: Sequence[Any], width: int, at: int, line: Any, columns: dict[str, int]
) -> Iterator[Any]:
    problems = line.problems if line else []
    wrong = {columns.get(key) for key, _words in problems}
    for number in range(max(width, at + 1)):
        if number == at:
            cell = text_cell(page, " ".join(words for _key, words in problems))
            cell.font, cell.alignment = WRONG_FONT, Alignment(wrap_text=True, vertical="top")
        else:
            cell = _as_it_was(page, row[number] if number < len(row) else None)
            if number in wrong:
                cell = cell or text_cell(page, "")
                cell.fill = WRONG_FILL
        yield cell


def _as_it_was(page: Any, value: Any) -> Any:
    """The value with its type; text is text, whatever it begins with."""
    if value is None or value == "":
        return None
    cell = text_cell(page, "" if isinstance(value, bool | int | float | datetime) else value)
    if cell.value:
        return cell
    cell.value = value
    cell.number_format = FORMATS["date"] if isinstance(value, datetime) else "General"
    return cell


def _saved(book: Workbook) -> io.BytesIO:
    out = io.BytesIO()
    book.save(out)
    return out
