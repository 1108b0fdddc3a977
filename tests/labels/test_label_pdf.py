"""The PDF: pages, texts, refusals."""

import io
import math
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader

from labels import SHEETS, LabelError, render_pdf, render_test_page

A4 = SHEETS["a4-24"]


def printed(labels, sheet=A4, **options) -> PdfReader:
    file = io.BytesIO()
    render_pdf(labels, sheet, file, **options)
    return PdfReader(file)


def codes(count: int) -> list[str]:
    return [f"{n:04}ABCD" for n in range(count)]


def test_all_texts_can_be_copied_out(make) -> None:
    text = (
        printed([make(name="三(2)班教室"), make(code="QQ77ZZ88", name="Interactive whiteboard")])
        .pages[0]
        .extract_text()
    )
    for part in (
        "江宁区青禾实验小学",
        "三(2)班教室",
        "ZC-2021-0043",
        "教学楼 302",
        "7K3M 9QX2",
        "zw.example.edu.cn",
    ):
        assert part in text
    assert "QQ77 ZZ88" in text


def test_pages_have_the_size_of_the_paper(make) -> None:
    for sheet in SHEETS.values():
        box = printed([make()], sheet).pages[0].mediabox
        assert (float(box.width), float(box.height)) == pytest.approx(
            (sheet.paper_w * 72 / 25.4, sheet.paper_h * 72 / 25.4), abs=0.01
        )


def test_copies_stand_side_by_side(make) -> None:
    file = io.BytesIO()
    placed = render_pdf([make(code) for code in codes(3)], A4, file, used={2}, copies=2)
    assert placed.cells == ((1, 3, 4, 5, 6, 7),)
    text = PdfReader(file).pages[0].extract_text()
    assert [text.count(f"{code[:4]} ABCD") for code in codes(3)] == [2, 2, 2]


def test_labels_may_come_from_a_generator_and_progress_is_told(make) -> None:
    told: list[int] = []
    reader = printed((make(code) for code in codes(50)), used=range(1, 21), progress=told.append)
    assert len(reader.pages) == 3
    assert told == [4, 28, 50]


def test_sheet_numbers_in_the_margin_or_on_the_first_label(make) -> None:
    for sheet in (A4, SHEETS["a4-21"], SHEETS["a4-44"], SHEETS["a4-8"]):
        reader = printed([make()] * (sheet.cells + 1), sheet, sheet_numbers=["张号 A0007", "张号 A0008"])
        texts = [page.extract_text() for page in reader.pages]
        assert [text.count(f"张号 A000{n}") for n, text in zip((7, 8), texts, strict=True)] == [1, 1]


def test_a_label_alone_on_its_page_has_no_sheet_number(make) -> None:
    assert "张号" not in printed([make()], SHEETS["roll-60x40"], sheet_numbers=["张号 1"]).pages[0].extract_text()


def test_the_same_labels_give_the_same_bytes(make) -> None:
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        render_pdf([make(code) for code in codes(30)], A4, file)
    assert files[0].getvalue() == files[1].getvalue()


def test_viewers_are_told_not_to_scale(make) -> None:
    assert printed([make()]).root_object["/ViewerPreferences"]["/PrintScaling"] == "/None"


def corner(reader: PdfReader) -> tuple[float, float]:
    """Bottom left corner of the page's first code, in points."""
    drawn = reader.pages[0].get_contents().get_data().decode("latin-1")
    x, y = re.search(r"q ([\d.]+) 0 0 \1 (\S+) (\S+) cm", drawn).groups()[1:]
    return float(x), float(y)


def test_the_shift_moves_right_and_down(make) -> None:
    (x, y), (moved_x, moved_y) = (corner(printed([make()], shift=shift)) for shift in ((0, 0), (2, 1)))
    assert (moved_x - x, y - moved_y) == pytest.approx((2 * 72 / 25.4, 72 / 25.4), abs=0.01)


@pytest.mark.parametrize("shift", [(21, 0), (0, -30), (math.nan, 0)])
def test_a_senseless_shift_is_refused(make, shift) -> None:
    for render in (
        lambda: render_pdf([make()], A4, io.BytesIO(), shift=shift),
        lambda: render_test_page(A4, io.BytesIO(), shift),
    ):
        with pytest.raises(LabelError) as refused:
            render()
        assert refused.value.reason == "bad-shift"


def test_an_impossible_sheet_is_refused(make) -> None:
    with pytest.raises(LabelError) as refused:
        render_pdf([make()], replace(A4, pitch_x=10), io.BytesIO())
    assert refused.value.values == {"problems": ["columns-overlap"]}


def test_a_label_without_a_code_or_of_unknown_kind_is_refused(make) -> None:
    for reason, data in {"no-code": {"code": " "}, "bad-kind": {"kind": "car"}}.items():
        with pytest.raises(LabelError) as refused:
            make(**data)
        assert refused.value.reason == reason


def test_size_of_a_label_in_the_file(make) -> None:
    file = io.BytesIO()
    render_pdf([make(code, name="课桌椅") for code in codes(240)], A4, file)
    assert file.tell() / 240 <= 700


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_the_test_page_says_how_to_print_it(sheet) -> None:
    file = io.BytesIO()
    render_test_page(sheet, file, shift=(0.5, -1))
    reader = PdfReader(file)
    assert len(reader.pages) == 1
    text = reader.pages[0].extract_text()
    assert "100 %" in text
    if sheet.paper_w >= 100:
        assert "实际大小" in text
        assert "+0.5 mm" in text
