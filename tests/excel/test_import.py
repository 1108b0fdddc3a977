"""The custodian sends a sheet: it is looked at first, told row by row, and stored as a whole or not at all."""

import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook

from app import once
from app.errors import Refused
from app.excel import kept, read
from app.journal import Event
from app.places.models import Place
from tests.excel.conftest import HEAD, RoomImporter, csv_file, xlsx

pytestmark = pytest.mark.slow
GOOD = [HEAD, ("301", "音乐室", "教室", 1), ("302", "器材库", "仓库", 2), ("201", "201教室", "教室", 5)]
BAD = [HEAD, ("301", "", "教室", 1), ("302", "器材库", "食堂", "两"), ("301", "禁用", "教室", 1), (None, "x", "教室")]


def send(rooms: SimpleNamespace, file: io.BytesIO, name: str = "房间.xlsx", who: Any = None) -> Any:
    return (who or rooms.custodian).send("/rooms/import", {"file": (file, name)}, content_type="multipart/form-data")


def checked(rooms: SimpleNamespace, rows: Any) -> str:
    """Send a sheet, wait for the dry run; the address of what it found."""
    answer = send(rooms, rows if isinstance(rows, io.BytesIO) else xlsx(rows))
    assert answer.status_code == 303, answer.text
    assert "See what was found" in rooms.custodian.get(answer.location).text  # the dry run ends with the page
    return answer.location


def stored() -> int:
    return Place.rooms().count()


def test_the_form_tells_what_is_understood(rooms: SimpleNamespace) -> None:
    page = rooms.custodian.get("/rooms/import").text
    assert "门牌号" in page
    assert "房间号照门牌填写" in page
    assert "/rooms/import/template.xlsx" in page


def test_a_good_sheet_is_looked_at_then_stored(rooms: SimpleNamespace) -> None:
    before = stored()
    address = checked(rooms, GOOD)
    page = rooms.custodian.get(address).text
    assert "Import 3 rows" in page
    assert stored() == before
    answer = rooms.custodian.send(address)
    assert (answer.status_code, answer.location) == (303, "/rooms/")
    assert stored() == before + 2
    assert Place.get(Place.number == "201").position == 5
    assert Place.get(Place.number == "301").kind == "classroom"
    assert Event.select().where(Event.action == "places.added", Event.person == rooms.school.custodian).count() == 2


def test_the_dry_run_shows_how_far_it_is(rooms: SimpleNamespace) -> None:
    rows = [HEAD, *((str(1000 + n), f"房间{n}", "教室", n) for n in range(450))]
    answer = send(rooms, xlsx(rows))
    page = rooms.custodian.get(answer.location)
    assert page.headers["X-Accel-Buffering"] == "no"
    bars = [int(each) for each in re.findall(r'<progress max="\d+" value="(\d+)"', page.text)]
    assert len(bars) >= 5
    assert bars == sorted(bars)
    assert f'content="0;url={answer.location}"' in page.text


def test_the_same_sheet_twice_changes_nothing(rooms: SimpleNamespace) -> None:
    rooms.custodian.send(checked(rooms, GOOD))
    count, events = stored(), Event.select().count()
    page = rooms.custodian.get(checked(rooms, GOOD)).text
    assert "already stored" in page
    assert '<button class="button"><' not in page
    assert (stored(), Event.select().count()) == (count, events)


def test_every_problem_is_told_in_its_row(rooms: SimpleNamespace) -> None:
    before = stored()
    page = rooms.custodian.get(checked(rooms, BAD)).text
    for words in (
        "4 rows have problems",
        "Please fill this in.",
        "“食堂” is not in the list",
        "“两” is not a whole number.",
        "This is the same as row 2.",
        "这个名称不能用。",
    ):
        assert words in page, words
    assert "rows</button>" not in page
    assert stored() == before


def test_a_sheet_with_problems_is_not_stored_whatever_is_sent(rooms: SimpleNamespace) -> None:
    before, address = stored(), checked(rooms, BAD)
    assert rooms.custodian.send(address).status_code == 409
    assert stored() == before


def test_the_sheet_comes_back_with_an_error_column(rooms: SimpleNamespace) -> None:
    above = [("青禾实验小学房间表",), ()]
    rows = [*above, *BAD, ("=1+1", "+86", "教室", 3)]
    answer = rooms.custodian.get(checked(rooms, rows) + "/problems.xlsx")
    book = load_workbook(io.BytesIO(answer.data))
    page = book["房间"]
    assert page["A1"].value == "青禾实验小学房间表"
    assert [cell.value for cell in page[3]] == [*HEAD, "Problem"]
    assert page["E4"].value == "Please fill this in."
    assert "不能用" in page["E6"].value
    assert page["E6"].value.count(".") >= 1
    assert page["C5"].fill.fgColor.rgb.endswith("FBEAE8")
    assert page["B8"].value == "+86"
    assert {cell.data_type for row in page for cell in row} <= {"inlineStr", "s", "n"}
    assert "problems" in answer.headers["Content-Disposition"]


def test_the_corrected_sheet_is_taken_with_its_error_column(rooms: SimpleNamespace) -> None:
    back = rooms.custodian.get(checked(rooms, BAD) + "/problems.xlsx").data
    book = load_workbook(io.BytesIO(back))
    page = book.active
    page["B2"], page["C3"], page["D3"] = "音乐室", "仓库", 2
    page.delete_rows(4, 2)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    text = rooms.custodian.get(checked(rooms, out)).text
    assert "Import 2 rows" in text
    assert "Not used" not in text


@pytest.mark.parametrize("coding", ["gbk", "utf-8-sig"])
def test_csv(rooms: SimpleNamespace, coding: str) -> None:
    address = send(rooms, csv_file(GOOD, coding), "房间.csv").location
    assert rooms.custodian.get(address).text
    assert rooms.custodian.send(address).status_code == 303
    assert Place.get(Place.number == "302").name == "器材库"


def test_headings_of_other_systems_and_columns_of_no_use(rooms: SimpleNamespace) -> None:
    page = rooms.custodian.get(
        checked(rooms, [("门牌号", "名称*", "种类", "面积"), ("301", "音乐室", "教室", 80)])
    ).text
    assert "Import 1 row" in page
    assert "Not used: 面积." in page


def test_an_empty_cell_leaves_what_is_stored(rooms: SimpleNamespace) -> None:
    rooms.custodian.send(checked(rooms, GOOD))
    page = rooms.custodian.get(checked(rooms, [HEAD, ("201", "201教室", "教室", None)])).text
    assert "already stored" in page


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.xlsx", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n\0\0", "a.png", "no sheet we can read"),
        (b"PK\x03\x04torn", "a.xlsx", "damaged"),
        (b"x" * 100_001, "a.csv", "too large"),
    ],
)
def test_what_is_no_sheet_is_told_at_the_field(
    rooms: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, data: bytes, name: str, words: str
) -> None:
    monkeypatch.setattr(read, "MOST_BYTES", 100_000)
    answer = send(rooms, io.BytesIO(data), name)
    assert answer.status_code == 422
    assert words in answer.text
    assert not list((rooms.folder / "imports").glob("*"))


def test_no_file_at_all(rooms: SimpleNamespace) -> None:
    answer = rooms.custodian.send("/rooms/import", {})
    assert answer.status_code == 422
    assert "Please choose a file." in answer.text


def test_no_headings_are_told_after_the_look(rooms: SimpleNamespace) -> None:
    address = checked(rooms, [("a", "b"), (1, 2)])
    answer = rooms.custodian.get(address)
    assert answer.status_code == 422
    assert "No row of headings was found." in answer.text
    assert rooms.custodian.send(address).status_code == 409


def test_hostile_names_are_shown_as_they_are(rooms: SimpleNamespace) -> None:
    rows = [HEAD, ("301", "<script>alert(1)</script>", "<b>😀", 1)]
    answer = send(rooms, xlsx(rows), '<img src=x>"😀' + "长" * 300 + ".xlsx")
    page = rooms.custodian.get(answer.location).text + rooms.custodian.get(answer.location).text
    assert "<script>alert" not in page
    assert "<b>😀" not in page
    assert "<img src=x>" not in page


def test_who_may_not_is_refused_everywhere(rooms: SimpleNamespace) -> None:
    address = checked(rooms, GOOD)
    for page in (
        "/rooms/import",
        "/rooms/import/template.xlsx",
        address,
        f"{address}/problems.xlsx",
        f"{address}/progress",
    ):
        assert rooms.teacher.get(page).status_code == 403
    assert rooms.teacher.send(address).status_code == 403
    assert send(rooms, xlsx(GOOD), who=rooms.teacher).status_code == 403


def test_a_sheet_belongs_to_who_sent_it(rooms: SimpleNamespace) -> None:
    before, address = stored(), checked(rooms, GOOD)
    for answer in (
        rooms.director.get(address),
        rooms.director.send(address),
        rooms.director.get(f"{address}/problems.xlsx"),
    ):
        assert (answer.status_code, answer.location) == (303, "/rooms/import")
    assert stored() == before


def test_a_forged_claim_opens_nothing(rooms: SimpleNamespace) -> None:
    address = checked(rooms, GOOD)
    for claim in (address[:-2] + "xx", "/rooms/import/..", "/rooms/import/" + "x" * 3000):
        assert rooms.custodian.get(claim).status_code in (303, 404)
        assert rooms.custodian.send(claim).status_code in (303, 404, 405)


def test_after_an_hour_the_sheet_is_gone(rooms: SimpleNamespace) -> None:
    address = checked(rooms, GOOD)
    with rooms.app.app_context():
        assert kept.sweep(-1) == 2
    assert not list((rooms.folder / "imports").iterdir())
    assert rooms.custodian.get(address).location == "/rooms/import"


def test_the_same_form_twice_acts_once(rooms: SimpleNamespace) -> None:
    address, key = checked(rooms, GOOD), once.new_key()
    first, count = rooms.custodian.send(address, key=key), stored()
    again = rooms.custodian.send(address, key=key)
    assert (again.status_code, again.location) == (first.status_code, first.location)
    assert stored() == count
    assert not list((rooms.folder / "imports").iterdir())


def test_all_or_nothing(rooms: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb refuses the second row: the first is not stored either, and the row is named."""
    before, add = stored(), RoomImporter.add

    def refusing(self: RoomImporter, line: Any) -> None:
        if line["number"] == "302":
            raise Refused("No more rooms, please.")
        add(self, line)

    monkeypatch.setattr(RoomImporter, "add", refusing)
    answer = rooms.custodian.send(checked(rooms, GOOD))
    assert answer.status_code == 409
    assert "Row 3: No more rooms, please." in answer.text
    assert stored() == before


def test_what_changed_meanwhile_is_seen_inside_the_act(rooms: SimpleNamespace) -> None:
    address = checked(rooms, [HEAD, ("301", "音乐室", "教室", 1)])
    Place.add("special", "美术室", None, parent=rooms.school.places.floor, number="301")
    assert rooms.custodian.send(address).status_code == 303
    assert Place.select().where(Place.number == "301").count() == 1
    assert Place.get(Place.number == "301").name == "音乐室"


def test_progress_of_the_import(rooms: SimpleNamespace) -> None:
    address = checked(rooms, GOOD)
    assert rooms.custodian.get(f"{address}/progress").json == {"done": 0, "of": 0}
    with rooms.app.test_request_context():
        claim = kept.claimed(address.rpartition("/")[2], "rooms", rooms.school.custodian)
        claim.tell(50, 100)
    assert rooms.custodian.get(f"{address}/progress").json == {"done": 50, "of": 100}


def test_many_problems_are_paged(rooms: SimpleNamespace) -> None:
    address = checked(rooms, [HEAD, *((str(n), "", "教室", n) for n in range(150))])
    first, second = rooms.custodian.get(address).text, rooms.custodian.get(f"{address}?page=2").text
    assert first.count('<th scope="row">') == 100
    assert second.count('<th scope="row">') == 50
    assert rooms.custodian.get(f"{address}?page=99").status_code == 200


def test_the_template_has_notes_lists_and_headings_that_are_understood(rooms: SimpleNamespace) -> None:
    answer = rooms.custodian.get("/rooms/import/template.xlsx")
    book = load_workbook(io.BytesIO(answer.data))
    page, notes, lists = book.worksheets
    assert [cell.value for cell in page[1]] == ["房间号*", "名称*", "种类*", "顺序"]
    assert page.freeze_panes == "A2"
    assert lists.sheet_state == "hidden"
    (rule,) = page.data_validations.dataValidation
    assert str(rule.sqref) == "C2:C2001"
    assert rule.formula1 == f"'{lists.title}'!$C$1:$C$3"
    assert [cell.value for cell in lists["C"]] == ["教室", "办公室", "仓库"]
    assert page.column_dimensions["A"].number_format == "@"
    example = next(cell for row in notes for cell in row if cell.value == "=201")
    assert example.data_type == "s"
    assert any(cell.value == "房间号照门牌填写" for cell in notes["A"])
    page.append(["301", "音乐室", "教室", 1])
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    assert "Import 1 row" in rooms.custodian.get(checked(rooms, out)).text


def test_the_folder_is_for_the_server_only(rooms: SimpleNamespace) -> None:
    checked(rooms, GOOD)
    folder: Path = rooms.folder / "imports"
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("*.sheet"))
