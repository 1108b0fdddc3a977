"""The log, and what to do when a print did not come out."""

import io
import zipfile

import pytest
from PIL import Image

from app.places.codes import Label
from app.printing.models import Basket, PrintedLabel, PrintRun
from app.printing.sheets import SheetOfPaper


def put_back(desk, run, **given):
    return desk.send(f"/labels/runs/{run.id}/return", {"page": ["1"], "paper": "clean", **given})


def test_the_log_says_who_when_and_on_which_sheets(desk, printed):
    run = printed()
    page = desk.get("/labels/runs").text
    assert "4 labels" in page
    assert "钱秀英" in page
    assert run.numbers in page
    assert "today 10:00" in page


def test_an_empty_log_leads_to_the_basket(desk, school):
    assert "Nothing was printed yet" in desk.get("/labels/runs").text


def test_a_run_says_where_each_label_stands(desk, printed, stock):
    page = desk.get(f"/labels/runs/{printed().id}").text
    assert "投影仪" in page
    assert "label 3" in page
    assert "Left on sheet" in page


def test_what_did_not_come_out_is_back_and_the_paper_is_free(desk, printed, stock):
    run = printed(gone=(1,))
    assert put_back(desk, run).status_code == 303
    assert Basket.counts()["asset"] == 4
    assert Label.get_by_id(stock.codes[0]).printed_at is None
    assert run.papers[0].gone == [1]
    assert "4 did not come out" in desk.get("/labels/runs").text
    assert put_back(desk, run).status_code == 409


def test_spoiled_paper_is_off_the_list(desk, printed):
    put_back(desk, printed(), paper="spoiled")
    assert list(SheetOfPaper.open()) == []


def test_an_earlier_print_that_came_out_still_counts(desk, printed, stock):
    first = printed()
    Basket.put_all(first.codes())
    put_back(desk, printed())
    assert Label.get_by_id(stock.codes[0]).state == "printed"


def test_only_the_pages_that_failed(desk, printed, school):
    Label.make_blanks(30)
    run = printed(kind="blank")
    put_back(desk, run, page=["2"])
    assert Basket.counts()["blank"] == 6
    assert [sheet.free for sheet in run.papers] == [0, 24]


@pytest.mark.parametrize(
    "given", [{"page": []}, {"paper": ""}, {"paper": "x"}, {"page": ["😀"]}, {"page": ["9" * 400]}]
)
def test_a_half_filled_form_puts_nothing_back(desk, printed, given):
    answer = put_back(desk, printed(), **given)
    assert answer.status_code == 422
    assert "Please say which sheets" in answer.text
    assert "asset" not in Basket.counts()


def test_a_page_that_is_not_there_puts_nothing_back(desk, printed):
    assert put_back(desk, printed(), page=["7"]).status_code == 409
    assert "asset" not in Basket.counts()


def test_the_same_again_keeps_the_codes(desk, printed, stock):
    run = printed()
    desk.send(f"/labels/runs/{run.id}/again")
    assert {label.code for label in Basket.of_kind("asset")} >= set(stock.codes)
    assert PrintedLabel.select().where(PrintedLabel.returned_at.is_null(False)).count() == 0


@pytest.mark.parametrize("dpi", [203, 300])
def test_pictures_for_a_label_printer(desk, printed, dpi):
    run = printed(sheet="roll-50x30")
    answer = desk.get(f"/labels/runs/{run.id}/labels-{dpi}.zip")
    bundle = zipfile.ZipFile(io.BytesIO(answer.data))
    assert len(bundle.namelist()) == 4
    assert bundle.testzip() is None
    picture = Image.open(io.BytesIO(bundle.read(bundle.namelist()[0])))
    assert picture.size == (round(50 * dpi / 25.4), round(30 * dpi / 25.4))


def test_odd_resolutions_and_runs_are_not_found(desk, printed):
    run = printed()
    assert desk.get(f"/labels/runs/{run.id}/labels-72.zip").status_code == 404
    assert desk.get("/labels/runs/999").status_code == 404
    assert desk.get("/labels/runs/99999999999999999999").status_code == 404
    assert desk.get("/labels/runs/999/labels.pdf").status_code == 404
    assert desk.send("/labels/runs/999/return").status_code == 404


def test_only_the_office_sees_runs(phone, school, printed):
    run = printed()
    for who in (school.teacher, school.card, school.electrician):
        for path in ("", "/labels.pdf", "/labels-203.zip"):
            assert phone(who).get(f"/labels/runs/{run.id}{path}").status_code == 403
        assert put_back(phone(who), run).status_code == 403
        assert phone(who).send(f"/labels/runs/{run.id}/again").status_code == 403
    assert phone().get(f"/labels/runs/{run.id}/labels.pdf").status_code == 303


def test_the_log_asks_the_same_for_one_run_and_many(desk, printed, counted):
    printed()
    desk.get("/labels/runs")
    with counted() as one:
        desk.get("/labels/runs")
    for _each in range(3):
        Basket.put_all(PrintRun.get().codes())
        printed()
    with counted() as many:
        desk.get("/labels/runs")
    assert one.count == many.count <= 4
