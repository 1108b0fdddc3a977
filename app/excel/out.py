"""Rows → .xlsx, with typed cells: numbers add up, days sort, codes and phone numbers keep their zeros.

Text is stored as text and marked so (as if typed behind an apostrophe where it begins with = + - @), so that no
name can ever be a formula, neither when opened nor when edited.
"""

import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from flask import Response, send_file
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from app import clock

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    "text": "@",
    "int": "0",
    "money": "#,##0.00",
    "points": "0.##",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
WIDTHS = {"text": 16, "int": 8, "money": 14, "points": 8, "percent": 9, "date": 12, "moment": 17}
RISKY = ("=", "+", "-", "@", "\t", "\r")
UNWRITABLE = frozenset(map(chr, [*range(0xD800, 0xE000), 0xFFFE, 0xFFFF]))
IN_MEMORY = 4 * 1024 * 1024  # bytes of a book; longer ones are sent from disk
LONGEST = 32_767  # characters in a cell, Excel's limit
_HAIR = Side(style="hair", color="999999")
HEAD_FONT, HEAD_FILL, HEAD_EDGE = Font(bold=True), PatternFill("solid", fgColor="E4F0EB"), Border(bottom=_HAIR)


@dataclass(frozen=True)
class Col:
    """A column: its heading, what its values are, its width in characters.

    kind: text (anything), int, money (fen), points (hundredths), percent (0.5 is 50 %), date (a day),
    moment (a stored moment, shown on the school's clock). None is an empty cell. printed: whether it also stands on
    the print of a list (listing.py), where there is less room.
    """

    title: Any
    kind: str = "text"
    width: float | None = None
    printed: bool = True

    def __post_init__(self) -> None:
        FORMATS[self.kind]  # a typing error stops the start


@dataclass(frozen=True)
class Sheet:
    """One sheet of a book: the name on its tab, columns, rows (sequences of values, one per column)."""

    name: Any
    columns: Sequence[Col]
    rows: Iterable[Sequence[Any]]


def sheet(filename: str, columns: Sequence[Col], rows: Iterable[Sequence[Any]]) -> Response:
    """The answer of a view: one sheet as a file named `filename`. Rows may come from a generator."""
    return book(filename, [Sheet(filename.removesuffix(".xlsx"), columns, rows)])


def book(filename: str, sheets: Sequence[Sheet]) -> Response:
    """The same with several sheets."""
    return answer(_written(sheets), filename)


def _written(sheets: Sequence[Sheet]) -> IO[bytes]:
    """The book in memory, or on disk when it is long; the server closes it once it is sent."""
    out = tempfile.TemporaryFile()  # noqa: SIM115
    write(sheets, out)
    if out.seek(0, io.SEEK_END) > IN_MEMORY:
        return out
    with out:
        out.seek(0)
        return io.BytesIO(out.read())


def answer(out: IO[bytes], filename: str) -> Response:
    """A written book as a file to keep; its Chinese name travels as filename*=UTF-8''…"""
    out.seek(0)
    name = "".join("-" if c in '\\/:*?"<>|\n' else c for c in filename.removesuffix(".xlsx"))
    return send_file(out, XLSX, as_attachment=True, download_name=f"{name}.xlsx")


def write(sheets: Sequence[Sheet], out: Any) -> int:
    """Write the book to a binary file and return how many rows there are below the heads."""
    workbook, count = Workbook(write_only=True), 0
    for each in sheets:
        count += _write(workbook, each)
    workbook.save(out)
    return count


def _write(workbook: Workbook, each: Sheet) -> int:
    page = workbook.create_sheet(tab_name(each.name))
    page.freeze_panes = "A2"
    for number, column in enumerate(each.columns, 1):
        page.column_dimensions[get_column_letter(number)].width = column.width or WIDTHS[column.kind]
    page.append([head_cell(page, column.title, column.kind) for column in each.columns])
    writers = [Writer(page, column.kind) for column in each.columns]
    count = 0
    for row in each.rows:
        page.append(_cells(writers, row))
        count += 1
    page.auto_filter.ref = f"A1:{get_column_letter(len(each.columns))}{count + 1}"
    return count


def _cells(writers: Sequence["Writer"], row: Sequence[Any]) -> Iterator[Cell | None]:
    for writer, value in zip(writers, row, strict=True):
        yield writer.cell(value)


def head_cell(page: Any, title: Any, kind: str = "text") -> Cell:
    """A heading: bold on a pale ground, above its numbers where they stand right."""
    cell = text_cell(page, str(title))
    cell.font, cell.fill, cell.border = HEAD_FONT, HEAD_FILL, HEAD_EDGE
    across = "right" if kind in ("int", "money", "points", "percent") else "left"
    cell.alignment = Alignment(vertical="center", horizontal=across, wrap_text=True)
    return cell


class Writer:
    """Makes the cells of a column. One cell is used again and again: each is written before the next is asked for."""

    def __init__(self, page: Any, kind: str):
        self.kind = kind
        self.plain, self.quoted = (WriteOnlyCell(page) for _ in range(2))
        self.plain.number_format = self.quoted.number_format = FORMATS[kind]
        self.quoted.number_format = FORMATS["text"]
        self.quoted.quotePrefix = True

    def cell(self, value: Any) -> Cell | None:
        if value is None or value == "":
            return None
        if self.kind == "text" or isinstance(value, str):
            return self._text(plain(value))
        self.plain.value = TYPED[self.kind](value)
        return self.plain

    def _text(self, words: str) -> Cell:
        cell = self.quoted if words.startswith(RISKY) or self.kind != "text" else self.plain
        cell.value = words
        cell.data_type = "s"  # never "f": openpyxl takes what begins with = for a formula
        return cell


def text_cell(page: Any, words: Any) -> Cell:
    """A cell of text for pages that are laid out by hand."""
    cell, words = WriteOnlyCell(page), plain(words)
    cell.value, cell.number_format = words, FORMATS["text"]
    cell.data_type = "s"
    cell.quotePrefix = words.startswith(RISKY)
    return cell


def plain(value: Any) -> str:
    """Text as a cell can hold it: no control characters but line ends and tabs, at most 32,767 characters."""
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M")
    words = str(value)
    if words.isprintable():
        return words[:LONGEST]
    return "".join(c for c in words if c in "\t\n" or (c >= " " and c not in UNWRITABLE))[:LONGEST]


def tab_name(name: Any) -> str:
    """A name that Excel accepts on a tab: at most 31 characters, none of []:*?/\\."""
    return "".join("-" if c in "[]:*?/\\'" else c for c in plain(name))[:31].strip() or "Sheet1"


def _day(value: date | datetime) -> date:
    return clock.local(value).date() if isinstance(value, datetime) else value


def _moment(value: datetime) -> datetime:
    return clock.local(value).replace(tzinfo=None)  # Excel knows no time zones


TYPED = {
    "int": int,
    "money": lambda fen: Decimal(fen) / 100,
    "points": lambda hundredths: Decimal(hundredths) / 100,
    "percent": float,
    "date": _day,
    "moment": _moment,
}
