"""The codes: found by filter, printed again with the same code, retired with a reason, as a picture."""

import io

import pytest
from PIL import Image

from app.journal import Event
from app.places.codes import Label
from app.printing.models import Basket


def test_all_codes_with_how_they_stand(desk, stock, printed):
    printed()
    page = desk.get("/labels/codes").text
    assert "9 codes" in page
    assert "投影仪" in page
    assert ">printed<" in page
    assert "never printed" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("kind=room", 5),
        ("kind=asset", 4),
        ("state=printed", 4),
        ("state=new", 5),
        ("state=stuck", 0),
        ("q=折叠", 1),
        ("q=ty", 3),
        ("batch=2026", 3),
        ("since=2026-11-24&until=2026-11-24", 9),
        ("until=2026-11-23", 0),
        ("since=yesterday", 9),
        ("place=x", 9),
        ("kind=%3Cb%3E", 9),
        ("q=%F0%9F%98%80", 0),
        ("q=%25", 0),
    ],
)
def test_filters(desk, printed, query, count):
    printed()
    page = desk.get(f"/labels/codes?{query}").text
    found = "No code fits" if not count else f"{count} code"
    assert found in page


def test_a_code_is_found_by_its_beginning(desk, stock):
    page = desk.get(f"/labels/codes?q={stock.codes[0][:5].lower()}").text
    assert stock.codes[0] in page
    assert "1 code<" in page


def test_a_megabyte_in_the_search_box_is_only_a_search(desk, stock):
    assert desk.get("/labels/codes", query_string={"q": "长" * 3000}).status_code == 200


def test_htmx_gets_only_the_list(desk, stock):
    answer = desk.get("/labels/codes?kind=asset", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="codes"')


def test_one_code_says_where_it_was_printed(desk, printed, stock):
    run = printed()
    page = desk.get(f"/labels/codes/{stock.codes[2].lower()}").text
    assert f"sheet {run.numbers}" in page
    assert "label 3" in page
    assert "钱秀英" in page


@pytest.mark.parametrize("code", ["00000000", "nonsense", "😀", "x" * 300])
def test_unknown_and_mistyped_codes_are_not_found(desk, school, code):
    assert desk.get(f"/labels/codes/{code}").status_code == 404
    assert desk.send(f"/labels/codes/{code}/reprint").status_code == 404


def test_a_reprint_keeps_the_code(desk, printed, stock):
    printed()
    desk.send(f"/labels/codes/{stock.codes[0]}/reprint")
    assert [label.code for label in Basket.of_kind("asset")] == [stock.codes[0]]


def test_retire_with_a_reason_and_a_new_label(desk, stock, school):
    code = stock.codes[0]
    answer = desk.send(f"/labels/codes/{code}/retire", {"reason": "被撕掉", "again": "y"})
    fresh = Label.of(asset=stock.projectors[0])
    assert answer.headers["Location"] == f"/labels/codes/{fresh.code}"
    assert fresh.code != code
    assert fresh.code in {label.code for label in Basket.waiting()}
    old = Label.get_by_id(code)
    assert (old.state, old.retired_why) == ("retired", "被撕掉")
    assert Event.get(Event.action == "labels.retired").facts["reason"] == "被撕掉"


def test_retire_without_a_new_label(desk, stock):
    desk.send(f"/labels/codes/{stock.codes[0]}/retire", {"reason": "报废"})
    assert Label.of(asset=stock.projectors[0]) is None


def test_retire_twice_is_told(desk, stock):
    url = f"/labels/codes/{stock.codes[0]}/retire"
    desk.send(url, {"reason": "a"})
    answer = desk.send(url, {"reason": "b"})
    assert answer.status_code == 409
    assert Label.get_by_id(stock.codes[0]).retired_why == "a"


@pytest.mark.parametrize("reason", ["", "   ", "长" * 101, "x" * 1_000_000])
def test_a_reason_is_needed_and_short(desk, stock, reason):
    answer = desk.send(f"/labels/codes/{stock.codes[0]}/retire", {"reason": reason, "again": "y"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert Label.get_by_id(stock.codes[0]).retired_at is None


def test_a_reason_in_emoji_and_html_is_kept_as_typed(desk, stock):
    desk.send(f"/labels/codes/{stock.codes[0]}/retire", {"reason": "😀<b>坏</b>"})
    page = desk.get(f"/labels/codes/{stock.codes[0]}").text
    assert "😀&lt;b&gt;坏" in page
    assert "print" not in page.split("<h1")[1].split("</h1>")[0]


def test_retired_codes_are_neither_reprinted_nor_pictured(desk, stock):
    desk.send(f"/labels/codes/{stock.codes[0]}/retire", {"reason": "x"})
    assert desk.send(f"/labels/codes/{stock.codes[0]}/reprint").status_code == 409
    assert desk.get(f"/labels/codes/{stock.codes[0]}/label.png").status_code == 409
    assert stock.codes[0] in desk.get("/labels/codes?state=retired").text


def test_one_label_as_a_picture(desk, stock):
    answer = desk.get(f"/labels/codes/{stock.codes[0]}/label.png?sheet=roll-60x40&dpi=203")
    assert answer.mimetype == "image/png"
    assert Image.open(io.BytesIO(answer.data)).size == (480, 320)
    assert desk.get(f"/labels/codes/{stock.codes[0]}/label.png?sheet=a9").status_code == 404


def test_a_picture_with_a_character_no_font_has_is_refused(desk, stock, school):
    stock.projectors[0].change(school.custodian, name="投影仪😀")
    answer = desk.get(f"/labels/codes/{stock.codes[0]}/label.png")
    assert answer.status_code == 422
    assert "😀" in answer.text


def test_only_the_office_sees_codes(phone, school, stock):
    code = stock.codes[0]
    for who in (school.teacher, school.principal, school.card, school.electrician):
        for path in ("", f"/{code}", f"/{code}/retire", f"/{code}/label.png"):
            assert phone(who).get(f"/labels/codes{path}").status_code == 403
        assert phone(who).send(f"/labels/codes/{code}/retire", {"reason": "x"}).status_code == 403
        assert phone(who).send(f"/labels/codes/{code}/reprint").status_code == 403
    assert phone().send(f"/labels/codes/{code}/retire", {"reason": "x"}).status_code == 401
    assert Label.get_by_id(code).retired_at is None
