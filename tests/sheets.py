"""Sheets for tests of imports: made as Excel makes them, sent as a browser sends them, read as a person reads them."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook
from werkzeug.test import TestResponse


def xlsx(rows: Iterable[Sequence[Any]], merge: Sequence[str] = ()) -> io.BytesIO:
    """A workbook with these rows."""
    book = Workbook()
    page = book.active
    for number, row in enumerate(rows, 1):
        for at, value in enumerate(row, 1):
            page.cell(number, at, value)
    for area in merge:
        page.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def send(browser: Any, address: str, rows: Any, name: str = "表.xlsx", **given: str) -> TestResponse:
    """Send a sheet to an import's form."""
    file = rows if isinstance(rows, io.BytesIO) else xlsx(rows)
    return browser.send(address, {"file": (file, name), **given}, content_type="multipart/form-data")


def check(browser: Any, address: str, rows: Any, **given: str) -> "Checked":
    """Send a sheet and wait for what was found."""
    answer = send(browser, address, rows, **given)
    assert answer.status_code == 303, answer.text
    browser.get(answer.location).get_data()
    return Checked(browser, answer.location)


class Checked:
    """A sheet that was looked at: what the page says, and the button below it."""

    def __init__(self, browser: Any, address: str):
        self.browser, self.address = browser, address
        self.page = browser.get(address).text
        numbers = list(map(int, re.findall(r"<b>(\d+)</b>", self.page)))
        self.added, self.changed, self.same, self.wrong = numbers if len(numbers) == 4 else (None,) * 4

    @property
    def counts(self) -> tuple[int | None, ...]:
        """New, changed, as before, with problems."""
        return self.added, self.changed, self.same, self.wrong

    def store(self, key: str | None = None) -> TestResponse:
        return self.browser.send(self.address, key=key)

    def marked(self) -> list[list[Any]]:
        """The sheet with its error column, as rows of values."""
        return rows_of(self.browser.get(f"{self.address}/problems.xlsx").data)


def rows_of(data: bytes) -> list[list[Any]]:
    """The first page of a workbook as rows of values."""
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(data)).worksheets[0]]


def cells_of(data: bytes) -> list[Any]:
    """All cells of the first page."""
    return [cell for row in load_workbook(io.BytesIO(data)).worksheets[0] for cell in row]
