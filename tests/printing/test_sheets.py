"""Begun sheets, the school's own sizes, printers and test pages."""

import io

import pytest
from pypdf import PdfReader

import labels
from app.journal import Event
from app.printing.forms import ProfileForm
from app.printing.sheets import GEOMETRY, Printer, Profile, SheetOfPaper, all_sheets, sheet_named
from tests.printing.conftest import choice

SIZE = {
    "name": "得力 6437", "paper_w": "210", "paper_h": "297", "columns": "3", "rows": "7", "left": "7.2", "top": "15.2",
    "width": "63.5", "height": "38.1", "pitch_x": "66", "pitch_y": "38.1",
}  # fmt: skip


# Begun sheets


def test_no_begun_sheets_says_so(desk, school):
    assert "No sheet is begun" in desk.get("/labels/sheets").text


def test_someone_looks_at_the_sheet_and_puts_it_right(desk, printed):
    sheet = printed().papers[0]
    page = desk.get(f"/labels/sheets/{sheet.id}").text
    assert page.count(" checked") == 4
    desk.send(f"/labels/sheets/{sheet.id}", {"gone": ["1", "2", "3", "4", "24"]})
    assert SheetOfPaper.get_by_id(sheet.id).free == 19
    assert Event.get(Event.action == "sheets.marked").facts["free"] == 19


@pytest.mark.parametrize("gone", [["25"], ["0"], ["1", "99999"]])
def test_cells_a_sheet_does_not_have(desk, printed, gone):
    sheet = printed().papers[0]
    assert desk.send(f"/labels/sheets/{sheet.id}", {"gone": gone}).status_code == 422
    assert SheetOfPaper.get_by_id(sheet.id).free == 20


def test_a_sheet_that_was_thrown_away_is_no_longer_offered(desk, printed):
    sheet = printed().papers[0]
    assert f"sheet {sheet.number}, 20 left" in desk.get("/labels/sheet?sheet=a4-24").text
    desk.send(f"/labels/sheets/{sheet.id}/closure")
    assert f"sheet {sheet.number}," not in desk.get("/labels/sheet?sheet=a4-24").text
    assert desk.send(f"/labels/sheets/{sheet.id}/closure").status_code == 404


# Own sizes


def test_all_sizes_are_listed(desk, school):
    page = desk.get("/labels/profiles").text
    for sheet in labels.SHEETS.values():
        assert sheet.title in page
    assert "None yet" in page


def test_an_own_size_is_saved_and_used(desk, school):
    assert desk.send("/labels/profiles/add", SIZE).headers["Location"] == "/labels/profiles"
    profile = Profile.get()
    assert profile.sheet.cells == 21
    assert "得力 6437" in desk.get("/labels/profiles").text
    assert f'<option value="{profile.key}" selected>' in desk.get(f"/labels/sheet?sheet={profile.key}").text


def test_a_size_begins_as_a_copy_of_a_usual_one(desk, school):
    page = desk.get("/labels/profiles/add?like=a4-21").text
    assert 'value="63.5"' in page
    assert 'value="66"' in page
    assert "right margin 7.3 mm" in page
    assert desk.get("/labels/profiles/add?like=<b>").status_code == 200


def test_lengths_are_read_as_people_type_them(school):
    from werkzeug.datastructures import MultiDict

    form = ProfileForm(MultiDict({**SIZE, "left": "7,2 mm", "width": "63.5", "pitch_x": "66毫米"}))
    assert form.validate()
    assert (form.left.data, form.width.data, form.pitch_x.data) == (7.2, 63.5, 66)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Please fill this in"),
        ({"name": "长" * 41}, "At most 40"),
        ({"name": "x" * 1_000_000}, "At most 40"),
        ({"paper_w": ""}, "Please fill this in"),
        ({"paper_w": "wide"}, "millimetres like 63.5"),
        ({"paper_w": "😀"}, "millimetres"),
        ({"paper_w": "1e999"}, "millimetres like"),
        ({"paper_w": "nan"}, "millimetres like"),
        ({"left": "-1"}, "0 to 1500"),
        ({"columns": "0"}, "from 1 to 40"),
        ({"rows": "x"}, "whole number"),
        ({"pitch_x": "0"}, "must be more than 0"),
        ({"width": "90", "pitch_x": "90"}, "wider than the paper"),
        ({"rows": "9"}, "taller than the paper"),
        ({"pitch_x": "50"}, "columns overlap"),
        ({"pitch_y": "20"}, "rows overlap"),
        ({"roll": "y"}, "one label across"),
        ({"height": "<b>"}, "millimetres like"),
    ],
)
def test_an_impossible_size_is_told_at_the_field(desk, school, wrong, words):
    answer = desk.send("/labels/profiles/add", {**SIZE, **wrong})
    assert answer.status_code == 422
    assert words in answer.text
    if "name" not in wrong:
        assert "得力 6437" in answer.text
    assert Profile.select().count() == 0


def test_a_name_is_taken_once(desk, school):
    desk.send("/labels/profiles/add", SIZE)
    answer = desk.send("/labels/profiles/add", SIZE)
    assert answer.status_code == 422
    assert "already a size with this name" in answer.text


def test_problems_are_told_while_typing(desk, school):
    fragment = {"HX-Request": "true"}
    good = desk.get("/labels/profiles/preview", query_string=SIZE, headers=fragment).text
    assert 'class="paper"' in good
    assert "21 labels a sheet" in good
    bad = desk.get("/labels/profiles/preview", query_string={**SIZE, "pitch_x": "50"}, headers=fragment).text
    assert "columns overlap" in bad
    assert 'class="paper"' not in bad
    assert desk.get("/labels/profiles/preview").status_code == 200


def test_a_size_is_changed_and_put_away(desk, school):
    desk.send("/labels/profiles/add", SIZE)
    profile = Profile.get()
    desk.send(f"/labels/profiles/{profile.id}", {**SIZE, "left": "7.5"})
    assert Profile.get().left == 7.5
    desk.send(f"/labels/profiles/{profile.id}/closure")
    assert profile.key not in all_sheets()
    assert sheet_named(profile.key) is not None
    assert desk.get(f"/labels/profiles/{profile.id}").status_code == 404
    assert desk.send("/labels/profiles/add", SIZE).status_code == 303  # the name is free again


def test_the_grid_of_begun_sheets_stays(app, desk, stock, school):
    desk.send("/labels/profiles/add", SIZE)
    profile = Profile.get()
    SheetOfPaper.begin(profile.sheet, {1}, school.custodian)
    answer = desk.send(f"/labels/profiles/{profile.id}", {**SIZE, "rows": "6"})
    assert answer.status_code == 409
    assert Profile.get().rows == 7
    assert desk.send(f"/labels/profiles/{profile.id}", {**SIZE, "left": "7.4"}).status_code == 303


def test_what_was_printed_on_a_size_prints_the_same_after_it_changed(app, desk, stock, school):
    desk.send("/labels/profiles/add", SIZE)
    profile = Profile.get()
    url = desk.send("/labels/print", choice(sheet=profile.key)).headers["Location"] + "/labels.pdf"
    first = desk.get(url).data
    desk.send(f"/labels/profiles/{profile.id}", {**SIZE, "left": "9"})
    assert desk.get(url).data == first


def test_the_test_page_has_rulers_in_the_paper_of_the_size(desk, school):
    for name in labels.SHEETS:
        answer = desk.get(f"/labels/test/{name}.pdf")
        (page,) = PdfReader(io.BytesIO(answer.data)).pages
        assert round(float(page.mediabox.width) / 72 * 25.4, 1) == labels.SHEETS[name].paper_w
    assert desk.get("/labels/test/a9.pdf").status_code == 404
    assert desk.get("/labels/test/own-9.pdf").status_code == 404


# Printers


def test_a_printer_and_its_correction(desk, school):
    assert "No printer has a correction yet" in desk.get("/labels/printers").text
    desk.send("/labels/printers", {"name": "总务处激光机", "shift_x": "-1.5", "shift_y": "+0.5"})
    printer = Printer.get()
    assert printer.shift == (-1.5, 0.5)
    assert "-1.5" in desk.get("/labels/printers").text
    desk.send(f"/labels/printers/{printer.id}", {"name": "总务处激光机", "shift_x": "0", "shift_y": "1"})
    assert Printer.get().shift == (0, 1)
    event = Event.get(Event.action == "sheets.printer_changed")
    assert event.facts["y"] == "1"
    assert desk.get(f"/labels/test/a4-24.pdf?printer={printer.id}").status_code == 200
    desk.send(f"/labels/printers/{printer.id}/closure")
    assert list(Printer.open()) == []


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 41}, {"shift_x": "21"}, {"shift_x": "a lot"}, {"shift_y": "😀"}, {"shift_y": ""}],
)
def test_a_wrong_correction_is_not_saved(desk, school, wrong):
    answer = desk.send("/labels/printers", {"name": "门卫喷墨机", "shift_x": "1", "shift_y": "1", **wrong})
    assert answer.status_code == 422
    if "name" not in wrong:
        assert "门卫喷墨机" in answer.text
    assert Printer.select().count() == 0


def test_only_the_office_keeps_sizes_and_printers(phone, school):
    for who in (school.teacher, school.card, school.principal):
        client = phone(who)
        for path in ("sheets", "profiles", "profiles/add", "printers", "test/a4-24.pdf", "profiles/preview"):
            assert client.get(f"/labels/{path}").status_code == 403
        assert client.send("/labels/profiles/add", SIZE).status_code == 403
        assert client.send("/labels/printers", {"name": "x", "shift_x": "0", "shift_y": "0"}).status_code == 403
    assert phone().send("/labels/profiles/add", SIZE).status_code == 401
    assert (Profile.select().count(), Printer.select().count()) == (0, 0)


def test_a_profile_keeps_every_part_of_a_sheet():
    assert {"name", "title"} | set(GEOMETRY) == set(labels.Sheet.__dataclass_fields__)
