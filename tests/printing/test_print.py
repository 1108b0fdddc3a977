"""The sheet page and the print: what is seen is what is printed, once, and the paper is remembered."""

import io
import re

import pytest
from pypdf import PdfReader

import labels
from app.errors import Refused
from app.journal import Event
from app.places.codes import Label
from app.printing.models import Basket, PrintedLabel, PrintRun
from app.printing.sheets import Printer, SheetOfPaper
from tests.printing.conftest import choice


def print_it(desk, **given):
    return desk.send("/labels/print", choice(**given))


def test_the_sheet_is_drawn_as_it_will_print(desk, stock):
    page = desk.get("/labels/sheet?kind=asset").text
    assert 'viewBox="0 0 2100 2970"' in page
    assert page.count('name="gone"') == 24
    assert page.count('<g class="paper-label"') == 4
    assert "投影仪" in page
    assert "4 labels · 1 sheet · 20 left on the last" in page
    assert "reads it from up to about" in page


def test_rooms_are_offered_door_plates(desk, stock):
    page = desk.get("/labels/sheet?kind=room").text
    assert '<option value="a6-door" selected>' in page
    assert 'name="gone"' not in page


def test_cells_that_are_gone_stay_gone_when_it_is_drawn_again(desk, stock):
    page = desk.get("/labels/sheet?kind=asset&sheet=a4-24&drawn=a4-24:&gone=1&gone=5&gone=99&gone=x").text
    assert re.search(r'value="5"[^>]*checked', page)
    assert page.count(" checked") == 2 + 1  # two cells, and "print the place"
    assert "18 left on the last" in page


def test_another_size_begins_without_holes(desk, stock):
    page = desk.get("/labels/sheet?kind=asset&sheet=a4-21&drawn=a4-24:&gone=1").text
    assert "17 left on the last" in page


def test_only_the_sum_is_asked_again_after_a_tap(desk, stock):
    answer = desk.get("/labels/sheet/sum?kind=asset&sheet=a4-24&drawn=a4-24:&gone=1", headers={"HX-Request": "true"})
    assert "19 left on the last" in answer.text
    assert "<svg" not in answer.text


def test_print_makes_a_run_and_empties_the_basket_of_these(desk, stock, school):
    answer = print_it(desk)
    run = PrintRun.get()
    assert answer.headers["Location"] == f"/labels/runs/{run.id}"
    assert (run.count, run.pages, run.person, run.sheet) == (4, 1, school.custodian, "a4-24")
    assert Basket.counts() == {"": 5, "room": 5}
    assert Label.get_by_id(stock.codes[0]).state == "printed"
    assert [row.cell for row in run.printed] == [1, 2, 3, 4]


def test_the_run_is_a_pdf_to_download(desk, stock):
    page = desk.get(print_it(desk).headers["Location"]).text
    assert "labels.pdf" in page
    answer = desk.get(f"/labels/runs/{PrintRun.get().id}/labels.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "0001" in answer.headers["Content-Disposition"] or "%20" in answer.headers["Content-Disposition"]
    (sheet,) = PdfReader(io.BytesIO(answer.data)).pages
    text = sheet.extract_text()
    assert "投影仪" in text
    assert PrintRun.get().numbers in text


def test_the_file_is_the_same_each_time_even_when_names_change(desk, stock, school):
    print_it(desk)
    url = f"/labels/runs/{PrintRun.get().id}/labels.pdf"
    first = desk.get(url).data
    stock.projectors[0].change(school.custodian, name="短焦投影仪")
    assert desk.get(url).data == first


def test_the_rest_of_the_sheet_is_remembered_by_its_number(desk, stock):
    print_it(desk, gone=["1", "2", "24"])
    (sheet,) = SheetOfPaper.open()
    assert sheet.gone == [1, 2, 3, 4, 5, 6, 24]
    assert sheet.free == 17
    page = desk.get(f"/labels/runs/{PrintRun.get().id}").text
    assert f"Left on sheet {sheet.number}: 17." in page
    assert sheet.number in desk.get("/labels/sheets").text


def test_going_on_with_a_begun_sheet_uses_only_its_free_cells(desk, stock):
    print_it(desk, gone=["1", "2"])
    (sheet,) = SheetOfPaper.open()
    Basket.put_all(Label.select(Label.code).where(Label.asset.is_null(False)))
    page = desk.get(f"/labels/sheet?kind=asset&sheet=a4-24&paper={sheet.number}").text
    assert page.count(" disabled") == 6
    assert print_it(desk, paper=sheet.number, gone=["8"]).status_code == 303
    run = PrintRun.select().order_by(PrintRun.id.desc()).get()
    assert [row.cell for row in run.printed] == [7, 9, 10, 11]
    assert {row.paper_id for row in run.printed} == {sheet.id}
    assert SheetOfPaper.get_by_id(sheet.id).free == 24 - 11


def test_no_cell_of_a_sheet_is_ever_printed_twice(desk, stock, school):
    for _round in range(4):
        Basket.put_all(Label.select(Label.code).where(Label.asset.is_null(False)))
        (sheet,) = list(SheetOfPaper.open()) or [None]
        print_it(desk, paper=sheet.number if sheet else "new")
    spots = [(row.paper_id, row.cell) for row in PrintedLabel.select()]
    assert len(spots) == len(set(spots)) == 16


def test_more_than_one_sheet(desk, stock):
    Label.make_blanks(30)
    print_it(desk, kind="blank", shown="30", gone=["1"])
    run = PrintRun.get()
    assert run.pages == 2
    first, last = run.papers
    assert (first.free, last.free) == (0, 17)
    assert run.numbers == f"{first.number}–{last.number}"


def test_copies_stand_side_by_side(desk, stock):
    print_it(desk, copies="2", shown="8")
    assert [row.label_id for row in PrintRun.get().printed][:4] == [stock.codes[0]] * 2 + [stock.codes[1]] * 2


def test_a_place_can_be_left_off(desk, stock):
    print_it(desk, place="no")
    assert {row.place for row in PrintedLabel.select()} == {""}


def test_the_printers_correction_is_kept_with_the_run(desk, stock, school):
    printer = Printer.add("总务处激光机", school.custodian, 1.5, -0.5)
    print_it(desk, printer=str(printer.id))
    assert PrintRun.get().shift == [1.5, -0.5]
    assert f'<option value="{printer.id}" selected>' in desk.get("/labels/sheet").text


def test_one_label_alone(desk, stock):
    code = stock.codes[1]
    assert f'value="{code}"' in desk.get(f"/labels/sheet?code={code.lower()}").text
    print_it(desk, kind="", code=code, shown="1")
    assert [row.label_id for row in PrintedLabel.select()] == [code]


def test_one_page_a_label_has_no_sheet_number(desk, stock):
    print_it(desk, kind="room", sheet="a6-door", shown="5")
    run = PrintRun.get()
    assert (run.pages, run.numbers, SheetOfPaper.select().count()) == (5, "", 0)
    assert len(PdfReader(io.BytesIO(desk.get(f"/labels/runs/{run.id}/labels.pdf").data)).pages) == 5


def test_sent_twice_prints_once(desk, stock):
    key = "the same form, sent twice"
    first = desk.send("/labels/print", choice(), key=key)
    again = desk.send("/labels/print", choice(), key=key)
    assert first.headers["Location"] == again.headers["Location"]
    assert PrintRun.select().count() == 1


def test_the_journal_knows(app, desk, stock, school):
    print_it(desk)
    event = Event.get(Event.action == "labels.printed")
    assert event.person_id == school.custodian.id
    with app.app_context():
        assert event.sentence == "printed 4 labels on A4 · 70 × 37.125 mm · 24"


def test_a_changed_basket_is_not_printed_unseen(desk, stock):
    answer = print_it(desk, shown="3")
    assert answer.status_code == 409
    assert "basket has changed" in answer.text
    assert PrintRun.select().count() == 0


def test_an_empty_basket_prints_nothing(desk, school):
    Basket.take_out()
    assert print_it(desk, kind="", shown="0").status_code == 409


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"copies": ""}, "From 1 to 100 copies"),
        ({"copies": "0"}, "From 1 to 100"),
        ({"copies": "x" * 1_000_000}, "From 1 to 100"),
        ({"copies": "😀"}, "From 1 to 100"),
        ({"copies": "-3"}, "From 1 to 100"),
        ({"sheet": "a9"}, "no such sheet size"),
        ({"sheet": "own-99"}, "no such sheet size"),
        ({"sheet": "<b>"}, "no such sheet size"),
        ({"paper": "4711"}, "Sheet 4711 has no labels left"),
        ({"paper": "<i>"}, "has no labels left"),
    ],
)
def test_bad_input_is_said_at_the_field_and_nothing_is_printed(desk, stock, given, words):
    answer = print_it(desk, **given)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert PrintRun.select().count() == 0
    assert Basket.counts()["asset"] == 4


def test_a_sheet_without_a_free_cell_is_refused(desk, stock):
    answer = print_it(desk, gone=[str(cell) for cell in range(1, 25)])
    assert answer.status_code == 409
    assert "No label is left on this sheet" in answer.text
    assert SheetOfPaper.select().count() == 0


def test_a_character_the_font_lacks_is_named_before_printing(desk, stock, school):
    stock.projectors[0].change(school.custodian, name="投影仪😀")
    page = desk.get("/labels/sheet?kind=asset").text
    assert "The font lacks 😀 in “投影仪😀”" in page
    assert re.search(r'formaction="/labels/print"[^>]*disabled', page)
    answer = print_it(desk)
    assert answer.status_code == 422
    assert "😀" in answer.text
    assert PrintRun.select().count() == 0


def test_the_others_are_printed_without_it(desk, stock, school):
    stock.projectors[0].change(school.custodian, name="投影仪😀")
    page = desk.get("/labels/sheet?kind=asset").text
    assert f'name="code" value="{stock.codes[0]}"' in page
    answer = desk.send("/labels/basket/removal", {"code": stock.codes[0], "next": "/labels/sheet?kind=asset"})
    assert answer.headers["Location"] == "/labels/sheet?kind=asset"
    assert print_it(desk, shown="3").status_code == 303


def test_small_modules_are_warned_of_and_too_small_ones_refused(app, desk, stock, monkeypatch):
    monkeypatch.setitem(
        app.config, "BASE_URL", "http://a-rather-long-name.general-affairs.school.example.edu.cn/zongwu"
    )
    warned = desk.get("/labels/sheet?kind=asset&sheet=roll-40x30").text
    assert "under 0.7 mm" in warned
    monkeypatch.setitem(app.config, "BASE_URL", "http://" + "long." * 36 + "cn")
    refused = desk.get("/labels/sheet?kind=asset&sheet=a4-44").text
    assert "too fine to read" in refused
    assert print_it(desk, sheet="a4-44").status_code == 422
    assert PrintRun.select().count() == 0


def test_two_who_print_on_the_same_sheet_never_share_a_cell(school, stock, printed):
    run = printed()
    stale = run.papers[0]
    Basket.put_all(run.codes())
    printed(sheet_of_paper=SheetOfPaper.get_by_id(stale.id))
    Basket.put_all(run.codes())
    third = printed(sheet_of_paper=stale)  # as it was read before the second print
    assert [row.cell for row in third.printed] == [9, 10, 11, 12]


def test_a_sheet_of_another_size_is_refused(stock, printed):
    paper = printed().papers[0]
    Basket.put_all(Label.select(Label.code))
    with pytest.raises(Refused, match="another size"):
        printed(sheet="a4-21", sheet_of_paper=paper)


def test_a_run_has_an_end(school, ctx):
    with pytest.raises(Refused, match="At most 2000"):
        PrintRun.make([Label()] * 2001, labels.SHEETS["a4-24"], school.custodian)


def test_only_the_office_prints(phone, school, stock):
    for who in (school.teacher, school.cleaner, school.card):
        for path in ("/labels/sheet", "/labels/sheet/sum", "/labels/runs"):
            assert phone(who).get(path).status_code == 403
        assert phone(who).send("/labels/print", choice()).status_code == 403
    assert phone().send("/labels/print", choice()).status_code == 401
    assert PrintRun.select().count() == 0


def test_the_sheet_page_asks_no_more_for_many_labels(desk, stock, counted):
    desk.get("/labels/sheet")
    with counted() as few:
        desk.get("/labels/sheet?kind=room&sheet=a4-24")
    with counted() as many:
        desk.get("/labels/sheet?sheet=a4-24")
    assert few.count == many.count <= 8
