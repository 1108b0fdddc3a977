"""A sheet that came from a person → rows, whatever it is: .xlsx, or CSV in GBK or UTF-8. Nothing in it is run.

Formulas are read as the values that Excel last kept. What is too large, or packed so that it would grow beyond
measure, is refused with a sentence (Unreadable) before it is unpacked.
"""

import csv
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from flask_babel import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 2_000
MOST_TEXTS = 24 * 1024 * 1024  # the parts that openpyxl holds in memory: shared texts, styles, the book itself
MOST_SHEETS = 8  # looked through for the headings
HEAD_WITHIN = 20  # rows above which the headings must stand
BLANK_ROWS = 2_000  # so many empty rows are the end of a sheet

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
CHUNK = 1024 * 1024
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_ROOT = re.compile(rb"<[A-Za-z_]")

Row = Sequence[Any]


class Unreadable(Exception):
    """The file can't be used as a sheet; the message is a sentence for who sent it."""


@dataclass
class Found:
    """The sheet that holds the headings. `columns`: key → position; `titles`: position → heading as written.

    `rows` gives (number as Excel counts, values) of every row below the headings that is not empty; `about` is how
    many there may be. `above` are the rows down to the headings, as they are.
    """

    name: str
    columns: dict[str, int]
    titles: dict[int, str]
    above: list[Row]
    about: int
    rows: Iterator[tuple[int, Row]] = field(repr=False, default=iter(()))

    @property
    def head_row(self) -> int:
        """The number of the row of headings, from 1."""
        return len(self.above)


def check(file: BinaryIO) -> str:
    """What a file is ("xlsx" or "csv"), or Unreadable. Quick: looks at sizes and the first bytes."""
    file.seek(0, io.SEEK_END)
    if file.tell() > MOST_BYTES:
        raise Unreadable(_("The file is too large: at most %(most)s MB.", most=MOST_BYTES // 1024**2))
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if not head.strip():
        raise Unreadable(_("The file is empty."))
    if head.startswith(OLE):
        raise Unreadable(_("This is an old .xls file, or one with a password. Please save it as .xlsx and send that."))
    if head.startswith(ZIP):
        with _zip(file) as packed:
            _check_zip(packed)
        return "xlsx"
    _decoded(file.read())
    return "csv"


@contextmanager
def find(path: Path | BinaryIO, headings: Mapping[str, Sequence[str]], needed: Iterable[str] = ()) -> Iterator[Found]:
    """Open the file and find the headings: key → the ways it may be written, the first being our own.

    The row with the most known headings among the first 20 is the head; titles above it are passed over. Raises
    Unreadable when there is none, or when a needed key has no column.
    """
    with open_file(path) as file, _sheets(file, check(file)) as sheets:
        yield _find(sheets, headings, list(needed))


@contextmanager
def open_file(path: Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(path, Path):
        yield path
        return
    with path.open("rb") as file:
        yield file


def _find(sheets: Iterable["_Sheet"], headings: Mapping[str, Sequence[str]], needed: list[str]) -> Found:
    known = {plain_title(words): key for key, several in headings.items() for words in reversed([key, *several])}
    best: tuple[Found, _Sheet] | None = None
    for each in sheets:
        found = _head(each, known)
        if found and (best is None or len(found.columns) > len(best[0].columns)):
            best = found, each
    least = min(2, len(headings))
    if best is None or len(best[0].columns) < least:
        first = _(", ").join(str(several[0]) for several in islice(headings.values(), 4))
        raise Unreadable(
            _("No row of headings was found. The first rows should hold titles such as %(titles)s.", titles=first)
        )
    found, each = best
    if missing := [str(headings[key][0]) for key in needed if key not in found.columns]:
        raise Unreadable(_("These columns are missing: %(titles)s.", titles=_(", ").join(missing)))
    found.rows = _counted(each.rows(), found.head_row)
    return found


def _head(each: "_Sheet", known: Mapping[str, str]) -> Found | None:
    """The row among the first ones that holds most known headings; each key counts once."""
    above: list[Row] = []
    best: tuple[int, dict[str, int], Row] | None = None
    for number, row in islice(each.rows(), HEAD_WITHIN):
        above += [()] * (min(number, HEAD_WITHIN + 1) - 1 - len(above))
        above.append(row)
        columns: dict[str, int] = {}
        for position, value in enumerate(row):
            if isinstance(value, str) and (key := known.get(plain_title(value))):
                columns.setdefault(key, position)
        if columns and (best is None or len(columns) > len(best[1])):
            best = len(above), columns, row
    if best is None:
        return None
    titles = {n: " ".join(str(value).split()) for n, value in enumerate(best[2]) if value not in (None, "")}
    return Found(each.name, best[1], titles, above[: best[0]], max(each.about - best[0], 0))


def plain_title(words: Any) -> str:
    """A heading as it is compared: no spaces, stars, colons, no unit in brackets; full-width letters made plain."""
    words = re.sub(r"\s", "", unicodedata.normalize("NFKC", str(words))).strip("*:").casefold()
    return re.sub(r"\((元|万元|月|年|必填|选填|yuan|months?|needed)\)$", "", words).strip("*:") or words


def _counted(rows: Iterator[tuple[int, Row]], head: int) -> Iterator[tuple[int, Row]]:
    """The rows below the headings that hold something. Many empty ones in a row are the end."""
    filled, last = 0, head
    for number, row in rows:
        if number <= head:
            continue
        if all(value is None or (isinstance(value, str) and not value.strip()) for value in row):
            if number - last > BLANK_ROWS:
                return
            continue
        filled, last = filled + 1, number
        if filled > MOST_ROWS:
            raise _too_many()
        yield number, row


def _too_many() -> Unreadable:
    return Unreadable(_("More than %(most)s rows. Please split the sheet.", most=MOST_ROWS))


# The two kinds of files ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sheet:
    """A sheet that can be read from its top as often as one likes."""

    name: str
    about: int
    rows: Callable[[], Iterator[tuple[int, Row]]]


@contextmanager
def _sheets(file: BinaryIO, kind: str) -> Iterator[Iterator[_Sheet]]:
    if kind == "csv":
        file.seek(0)
        text = _decoded(file.read())
        yield iter([_Sheet("", text.count("\n"), lambda: _csv_rows(text))])
        return
    with _zip(file) as packed, _book(file) as book:
        pages = [page for page in book.worksheets if page.sheet_state == "visible"][:MOST_SHEETS]
        yield (_page(page, packed) for page in pages)


def _page(page: Any, packed: zipfile.ZipFile) -> _Sheet:
    merged, about = _looked_over(packed, page._worksheet_path)
    return _Sheet(page.title, about, lambda: _page_rows(page, merged))


def _decoded(data: bytes) -> str:
    """Text of a CSV as Excel, WPS and the finance system write it: UTF-8 with or without mark, GBK, UTF-16."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for coding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(coding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable(_("This is no sheet we can read. Please send .xlsx or .csv."))


def _csv_rows(text: str) -> Iterator[tuple[int, Row]]:
    first = text[:4096].split("\n", 1)[0]
    mark = max(",\t;，", key=first.count) if first else ","
    if mark == "，":
        mark = ","  # typed by hand: full-width commas are text, the real ones separate
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark), 1):
            _check_width(len(row))
            yield number, row
    except csv.Error:
        raise Unreadable(_("This is no sheet we can read. Please send .xlsx or .csv.")) from None


def _check_width(columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise Unreadable(_("More than %(most)s columns. Please take out what is not needed.", most=MOST_COLUMNS))


@contextmanager
def _zip(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        packed = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError):
        raise _damaged() from None
    with packed:
        yield packed


def _check_zip(packed: zipfile.ZipFile) -> None:
    """Refuse what would grow beyond measure. The sizes are what the file says of itself; zipfile reads no further
    than that, so a false one ends as a damaged file."""
    parts = packed.infolist()
    sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
    texts = [part for part in parts if part.filename.endswith((".xml", ".rels")) and part not in sheets]
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Unreadable(_("This is no sheet we can read. Please send .xlsx or .csv."))
    if (
        len(parts) > MOST_PARTS
        or sum(part.file_size for part in parts) > MOST_UNPACKED
        or sum(part.file_size for part in texts) > MOST_TEXTS
    ):
        raise Unreadable(_("The file holds far more than a sheet should. Please copy the rows into a new one."))
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            _check_prolog(packed, part)


def _check_prolog(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """No document type, so no entities that grow or that read files."""
    try:
        with packed.open(part) as file:
            head = file.read(65_536)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError):
        raise _damaged() from None
    root = _ROOT.search(head)
    if head and (root is None or b"<!DOCTYPE" in head[: root.start()].upper()):
        raise _damaged()


@contextmanager
def _book(file: BinaryIO) -> Iterator[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's: styles and extensions that it leaves out
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except BROKEN:
        raise _damaged() from None
    try:
        yield book
    finally:
        book.close()


def _page_rows(page: Any, merged: dict[int, dict[int, int]]) -> Iterator[tuple[int, Row]]:
    """Rows of a worksheet. A cell merged over several rows counts for each of them."""
    page.reset_dimensions()  # as the file says of itself, and some systems write nonsense
    held: dict[int, tuple[int, Any]] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, row in enumerate(page.iter_rows(values_only=True), 1):
                _check_width(len(row))
                yield number, _filled(row, number, merged, held) if merged else row
                if number > MOST_ROWS + HEAD_WITHIN + BLANK_ROWS:
                    raise _too_many()
    except BROKEN:
        raise _damaged() from None


def _filled(row: Row, number: int, merged: dict[int, dict[int, int]], held: dict[int, tuple[int, Any]]) -> Row:
    """The row with what a cell above it, merged down to here, holds."""
    for column, last in merged.get(number, {}).items():
        held[column] = last, row[column] if column < len(row) else None
    if not held:
        return row
    values = list(row)
    for column, (last, value) in list(held.items()):
        if number > last:
            del held[column]
            continue
        values += [None] * (column + 1 - len(values))
        values[column] = value if values[column] is None else values[column]
    return values


def _looked_over(packed: zipfile.ZipFile, path: str) -> tuple[dict[int, dict[int, int]], int]:
    """A first look at a sheet: merges over several rows of one column (first row → column from 0 → last row), and
    how many rows there are. Refuses one row of endless length, which would be built in memory as a whole."""
    found: dict[int, dict[int, int]] = {}
    tail, body, about = b"", True, 0
    with packed.open(path) as file:
        while chunk := file.read(CHUNK):
            text = tail + chunk
            about += chunk.count(b"<row") + chunk.count(b":row ")
            if body and len(chunk) == CHUNK and not re.search(rb"<(?:\w+:)?row[\s>]|</(?:\w+:)?sheetData>", text):
                raise _damaged()
            body = body and b"sheetData>" not in text[1024:]
            for left, top, right, bottom in _MERGED.findall(text):
                if left == right and int(top) < int(bottom):
                    found.setdefault(int(top), {})[column_index_from_string(left.decode()) - 1] = int(bottom)
            tail = text[-64:]
    return found, about


BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    RuntimeError,
    OverflowError,
    NotImplementedError,
)  # fmt: skip - what openpyxl raises for a file that is not what it says


def _damaged() -> Unreadable:
    return Unreadable(_("The file is damaged, or not really a sheet. Please open it in Excel or WPS and save it anew."))
