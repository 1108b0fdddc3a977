"""The page that prints and the PDF of the same paper, for who may see it."""

import io
import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from pypdf import PdfReader

from app.paper import Heading, Paper, Sums, Table, pdf
from app.paper.answers import code_address, file_name
from tests.paper.conftest import COLUMNS, SHAPES, slip

MM = 72 / 25.4


def pages(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/pdf"
    return list(PdfReader(io.BytesIO(answer.data)).pages)


def words(page: Any) -> str:
    return re.sub(r"\s", "", page.extract_text())


def test_the_page_shows_everything(phone: Any, school: SimpleNamespace) -> None:
    page = phone(school.custodian).get("/paper/sample/1").text
    for each in (
        "青禾实验小学",
        "固定资产调拨单",
        "No. DB-2026-0007",
        "综合楼 科学实验室",
        "学生课桌3",
        "合计",
        "调入人:",
        "李敏",
    ):
        assert each in page, each
    assert page.count("<article") == 1
    assert '<col width="' in page
    assert "/paper/sample/1.pdf" in page
    assert "data-print" in page


def test_each_copy_is_a_sheet_of_its_own(phone: Any, school: SimpleNamespace) -> None:
    page = phone(school.custodian).get("/paper/sample/3").text
    assert page.count("<article") == 3
    for number, name in enumerate(("财务", "总务", "使用"), 1):
        assert f"Copy {number} of 3: {name}" in page
        assert f'class="sheet e{number}"' in page


def test_hostile_names_are_words(phone: Any, school: SimpleNamespace) -> None:
    page = phone(school.custodian).get("/paper/sample/6").text
    assert "<b>平板" not in page
    assert "&lt;b&gt;平板" in page


def test_who_may_not_see_it_gets_nothing(phone: Any, school: SimpleNamespace) -> None:
    for address in ("/paper/sample/1", "/paper/sample/1.pdf"):
        assert phone(school.teacher).get(address).status_code == 404
        assert phone(school.card).get(address).status_code == 403
        assert phone().get(address).status_code == 303
    for address in ("/paper/sample/99", "/paper/nothing/1", "/paper/sample/0.pdf", f"/paper/sample/{2**70}"):
        assert phone(school.custodian).get(address).status_code == 404


@pytest.mark.parametrize("number", SHAPES)
def test_every_shape_is_drawn_in_both_dresses(phone: Any, school: SimpleNamespace, number: int) -> None:
    custodian = phone(school.custodian)
    assert custodian.get(f"/paper/sample/{number}").status_code == 200
    assert pages(custodian.get(f"/paper/sample/{number}.pdf"))


def test_the_text_of_the_pdf_can_be_taken_out(phone: Any, school: SimpleNamespace) -> None:
    (page,) = pages(phone(school.custodian).get("/paper/sample/1.pdf"))
    found = words(page)
    for each in (
        "青禾实验小学",
        "固定资产调拨单",
        "DB-2026-0007",
        "综合楼科学实验室",
        "学生课桌3",
        "1,280.00",
        "调入人:",
        "page1of1",
        "printed2026-11-2410:00",
    ):
        assert each in found, each
    assert (round(page.mediabox.width / MM), round(page.mediabox.height / MM)) == (210, 297)


def test_heads_repeat_and_pages_are_counted(phone: Any, school: SimpleNamespace) -> None:
    several = [words(page) for page in pages(phone(school.custodian).get("/paper/sample/2.pdf"))]
    assert len(several) == 3
    for number, found in enumerate(several, 1):
        assert f"page{number}of3" in found
        assert "原值（元）" in found
        assert "固定资产调拨单" in found
    numbers = [int(each) for found in several for each in re.findall(r"学生课桌(\d+)40", found)]
    assert numbers == list(range(1, 71))
    assert "调入人" in several[-1]
    assert "合计" in several[-1]


@pytest.mark.parametrize("count", range(25, 36))
def test_signatures_never_stand_alone(app: Flask, count: int) -> None:
    with app.test_request_context():
        out = io.BytesIO()
        pdf.render(slip(count), out)
    last = words(PdfReader(out).pages[-1])
    assert "调入人" in last
    assert f"学生课桌{count}" in last


@pytest.mark.parametrize("before", range(24, 34))
def test_a_heading_between_rows_goes_with_the_row_below_it(app: Flask, before: int) -> None:
    """However the page ends: never last on it. The sums of a group stand under its rows."""
    rows = [(n, f"课桌{n}", 1, "") for n in range(before)]
    several = [*rows, Sums(("", "小计", before, "")), Heading("二楼 仓库"), (99, "讲台", 1, ""), *rows[:9]]
    with app.test_request_context():
        out = io.BytesIO()
        pdf.render(slip(tables=[Table(COLUMNS, several)]), out)
    found = [words(page) for page in PdfReader(out).pages]
    here = next(text for text in found if "二楼仓库" in text)
    assert "讲台" in here[here.index("二楼仓库") :]
    assert "".join(found).index("小计") < "".join(found).index("二楼仓库")


def test_each_copy_counts_its_own_pages(app: Flask) -> None:
    with app.test_request_context():
        out = io.BytesIO()
        assert pdf.render(slip(40, copies=("财务", "总务")), out) == 4
    found = [words(page) for page in PdfReader(out).pages]
    for at, (name, number) in enumerate((("财务", 1), ("财务", 2), ("总务", 1), ("总务", 2))):
        assert f"page{number}of2" in found[at]
        assert name in found[at]


def test_lying_paper_with_seventeen_columns(phone: Any, school: SimpleNamespace) -> None:
    several = pages(phone(school.custodian).get("/paper/sample/5.pdf"))
    assert {(round(page.mediabox.width / MM), round(page.mediabox.height / MM)) for page in several} == {(297, 210)}
    found = "".join(words(page) for page in several)
    assert all(f"QH-2024-{n:05d}" in found for n in range(40))  # a number is set smaller before it is broken
    assert "paper-lying" in phone(school.custodian).get("/paper/sample/5").text


def test_an_empty_table_says_so(phone: Any, school: SimpleNamespace) -> None:
    assert "None." in phone(school.custodian).get("/paper/sample/4").text
    assert "None." in words(pages(phone(school.custodian).get("/paper/sample/4.pdf"))[0])


def test_nothing_of_a_long_cell_is_lost(phone: Any, school: SimpleNamespace) -> None:
    several = pages(phone(school.custodian).get("/paper/sample/6.pdf"))
    found = "".join(words(page) for page in several)
    assert found.count("长") >= 2000
    assert found.count("x") >= 200
    assert "〓" in found  # an emoji that no font of ours has
    assert found.count("很") == 300
    assert found.count("同") >= 600


def test_nothing_is_drawn_left_of_the_binding_line(app: Flask) -> None:
    """The 25 mm are for the punch: there is only the line itself and its words."""
    with app.test_request_context():
        out = io.BytesIO()
        pdf.render(slip(70), out)
    for page in PdfReader(out).pages:
        far_left: list[str] = []

        def look(text: str, cm: Any, tm: Any, _font: Any, _size: Any, far_left: list[str] = far_left) -> None:
            if text.strip() and tm[4] * cm[0] + cm[4] < 25 * MM - 6:
                far_left.append(text)

        page.extract_text(visitor_text=look)
        assert far_left == []


def test_the_same_paper_gives_the_same_bytes(phone: Any, school: SimpleNamespace) -> None:
    custodian = phone(school.custodian)
    assert custodian.get("/paper/sample/2.pdf").data == custodian.get("/paper/sample/2.pdf").data


def test_the_pdf_opens_in_the_browser_under_a_chinese_name(phone: Any, school: SimpleNamespace) -> None:
    answer = phone(school.custodian).get("/paper/sample/1.pdf")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("inline")
    assert f"filename*=UTF-8''{quote('固定资产调拨单 DB-2026-0007.pdf')}" in disposition
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.getlist("Content-Security-Policy") == ["frame-ancestors 'none'"]


def test_the_code_opens_the_live_record(app: Flask) -> None:
    with app.test_request_context():
        assert code_address(slip()) == "http://localhost/assets/7"
        assert code_address(slip(code_url="https://zw.example.edu.cn/x")) == "https://zw.example.edu.cn/x"
        assert code_address(Paper("x")) == ""
        assert code_address(slip(code_url="/" + "x" * 4000)) == ""
        assert file_name(Paper("a/b\n:c", number=None)) == "a-b--c"


def test_chinese_words_around_it(app: Flask) -> None:
    from flask_babel import force_locale

    with app.test_request_context(), force_locale("zh_Hans_CN"):
        out = io.BytesIO()
        pdf.render(slip(copies=("财务", "总务")), out)
    found = words(PdfReader(out).pages[0])
    for each in (
        "编号：DB-2026-0007",
        "一式两份",
        "第一份：财务",
        "第1页",
        "共1页",
        "装",
        "订",
        "线",
        "调入人：",
        "年月日",
    ):
        assert each in found, each


@pytest.mark.slow
def test_the_code_can_be_read_from_the_print(app: Flask, tmp_path: Any) -> None:
    import subprocess

    import zxingcpp
    from PIL import Image

    with app.test_request_context():
        out = io.BytesIO()
        paper = slip()
        pdf.render(paper, out, code_address(paper))
    (tmp_path / "x.pdf").write_bytes(out.getvalue())
    subprocess.run(["pdftoppm", "-png", "-r", "150", tmp_path / "x.pdf", tmp_path / "x"], check=True)
    with Image.open(tmp_path / "x-1.png") as picture:
        assert [each.text for each in zxingcpp.read_barcodes(picture)] == ["http://localhost/assets/7"]


@pytest.mark.slow
def test_a_ledger_of_five_thousand_rows(app: Flask) -> None:
    import time

    with app.test_request_context():
        start = time.process_time()
        count = pdf.render(slip(5000), io.BytesIO())
    assert count > 140
    assert time.process_time() - start < 30
