"""A list that people take away: what its filter shows, as a sheet and as pages to print.

A noun says once what a list is made of and lends its blueprint two addresses:

>>> def staff_listing() -> Listing:
...     filter = StaffFilter(request.args)
...     return Listing(_("Staff"), [Col(_("Name")), Col(_("Since"), "date")], filter.people(current_user), dress)
>>> listing_pages(bp, "people.list", "/list", staff_listing)  # → .list_xlsx at /list.xlsx, .list_print at /list/print

The same query as the page's own, the same permission as the page's own. Rows are read and written piece by piece, so
that a long list takes no more memory than a short one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

import peewee
from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import clock, words
from app.errors import Refused
from app.excel import out
from app.excel.out import Col, Sheet
from app.web import allow

MOST_ROWS = 50_000  # of a sheet: about fifteen seconds
MOST_PRINTED = 2_000  # of a print: about sixty pages
PIECE = 500  # rows dressed at once

Dress = Callable[[list[Any]], Iterable[Sequence[Any]]]


@dataclass(frozen=True)
class Listing:
    """What a list is made of.

    title: of the file and of the print. columns: as in out.py. rows: a query, or rows at hand. dress: some rows of the
    query → as many sequences of values, one per column; it may ask the database once for all of them.
    about: how the list was narrowed, in words, for the head of the print. back: address of the page.
    day: what day it speaks of, for the name of the file; today as it stands.
    """

    title: str
    columns: Sequence[Col]
    rows: peewee.ModelSelect | Sequence[Any]
    dress: Dress
    about: Sequence[str] = field(default_factory=tuple)
    back: str = ""
    day: date | None = None

    def count(self) -> int:
        return self.rows.order_by().count() if isinstance(self.rows, peewee.ModelSelect) else len(self.rows)

    def values(self) -> Iterator[Sequence[Any]]:
        """The values of all rows, in pieces; never all in memory."""
        rows = iter(self.rows.iterator() if isinstance(self.rows, peewee.ModelSelect) else self.rows)
        while piece := list(islice(rows, PIECE)):
            yield from self.dress(piece)

    def xlsx(self) -> Response:
        """The sheet. Refused when there are more rows than it may have: half a list would be taken for the whole."""
        self._must_fit(self.count(), MOST_ROWS)
        name = _("%(title)s %(day)s", title=self.title, day=(self.day or clock.today()).isoformat())
        return out.book(name, [Sheet(self.title, self.columns, self.values())])

    def printed(self) -> Response:
        """Pages to print, lying down when there are many columns."""
        count = self.count()
        self._must_fit(count, MOST_PRINTED)
        at = [number for number, column in enumerate(self.columns) if column.printed]
        columns = [self.columns[number] for number in at]
        rows = ([shown(row[number], self.columns[number].kind) for number in at] for row in self.values())
        return Response(render_template(
            "excel/print.html", listing=self, columns=columns, rows=rows, count=count, lying=len(columns) > UPRIGHT,
            widths=widths(columns), right=[column.kind in NUMBERS for column in columns], printed_at=clock.now(),
        ))  # fmt: skip

    def _must_fit(self, count: int, most: int) -> None:
        if count > most:
            raise Refused(
                _("This list has %(count)s rows; %(most)s are the most at once. Please narrow it down first.",
                  count=count, most=most)
            )  # fmt: skip


UPRIGHT = 7  # columns that fit on a page standing up
NUMBERS = ("int", "money", "points", "percent")


def widths(columns: Sequence[Col]) -> list[str]:
    """Each column's part of the page, as it is in the sheet."""
    several = [column.width or out.WIDTHS[column.kind] for column in columns]
    return [f"{100 * each / sum(several):.2f}%" for each in several]


def shown(value: Any, kind: str) -> str:
    """A value as it is printed."""
    if value is None or value == "":
        return ""
    if isinstance(value, str) or kind in ("text", "int"):
        return str(value)
    if kind == "percent":
        return f"{value:.1%}"
    if kind == "date":
        return out._day(value).isoformat()
    return {"money": words.money, "points": words.points, "moment": words.exact}[kind](value)


def listing_pages(bp: Blueprint, action: str, at: str, build: Callable[..., Listing], name: str = "") -> None:
    """Give a blueprint the two addresses of a list, `at`.xlsx and `at`/print, guarded by `action`.

    name: of the endpoints, `.<name>_xlsx` and `.<name>_print`; as it stands the last part of `at`.
    """
    name = name or at.rpartition("/")[2].replace("-", "_")

    def xlsx(**args: Any) -> ResponseReturnValue:
        """The list as a sheet."""
        return build(**args).xlsx()

    def printed(**args: Any) -> ResponseReturnValue:
        """The list on pages to print."""
        return build(**args).printed()

    for view, kind, address in ((xlsx, "xlsx", f"{at}.xlsx"), (printed, "print", f"{at}/print")):
        view.__name__ = f"{name}_{kind}"
        bp.add_url_rule(address, view.__name__, allow(action)(view))
