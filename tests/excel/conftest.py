"""A small import of rooms on an app of its own, and sheets of every kind to feed it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Blueprint
from flask_babel import lazy_gettext as _l
from openpyxl import Workbook

from app import clock
from app.excel import parse
from app.excel.importer import Column, Importer, Line
from app.excel.views import import_pages
from app.places.models import Place
from app.web import allow
from tests.conftest import TUESDAY
from tests.helpers import app_on_file, make_school, sign_in

KINDS = {"教室": "classroom", "办公室": "office", "仓库": "store"}


class RoomImporter(Importer):
    """Rooms by the number on the door."""

    name, title = "rooms", _l("Rooms")
    key = ("number",)
    notes = ("房间号照门牌填写",)
    columns = (
        Column("number", "房间号", parse.text, needed=True, aliases=("门牌号",), example="=201"),
        Column("name", "名称", parse.text, needed=True),
        Column("kind", "种类", parse.one_of(KINDS), needed=True, options=KINDS),
        Column("position", "顺序", parse.count, kind="int"),
    )

    def begin(self) -> None:
        self.floor = Place.get(Place.kind == "floor")
        self.known = {place.number: place for place in Place.rooms() if place.number}

    def find(self, line: Line) -> Place | None:
        return self.known.get(line["number"])

    def check(self, line: Line) -> None:
        if line["name"].startswith("禁"):
            line.wrong("这个名称不能用。", "name")

    def add(self, line: Line) -> None:
        Place.add(by=self.by, parent=self.floor, **line.values)

    def change(self, thing: Place, line: Line) -> None:
        thing.change(self.by, **line.values)


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """An app with the pages of the import under /rooms/import; `.custodian` and `.teacher` are browsers."""
    clock.set_hands(TUESDAY)
    with app_on_file(tmp_path) as app:
        bp = Blueprint("rooms", __name__, url_prefix="/rooms")
        bp.get("/", endpoint="list")(allow("places.list")(lambda: "rooms"))
        import_pages(bp, RoomImporter, "places.edit")
        app.register_blueprint(bp)
        with app.app_context():
            school = make_school()
        yield SimpleNamespace(
            app=app, school=school, folder=tmp_path, custodian=sign_in(app, school.custodian),
            director=sign_in(app, school.director), teacher=sign_in(app, school.teacher),
        )  # fmt: skip


HEAD = ("房间号", "名称", "种类", "顺序")


def xlsx(rows: Iterable[Sequence[Any]], title: str = "房间", merge: Sequence[str] = ()) -> io.BytesIO:
    """A workbook with these rows, as Excel would send it."""
    book = Workbook()
    page = book.active
    page.title = title
    for number, row in enumerate(rows, 1):
        for at, value in enumerate(row, 1):
            page.cell(number, at, value)
    for area in merge:
        page.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def csv_file(rows: Iterable[Sequence[Any]], coding: str = "gbk", delimiter: str = ",") -> io.BytesIO:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return io.BytesIO(text.getvalue().encode(coding))
