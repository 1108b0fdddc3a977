"""Nothing leaves its label, nothing touches the code's quiet zone, no two lines touch."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from labels import SHEETS, Label, LabelError, Sheet, check
from labels.faces import faces
from labels.frame import EDGE, PAD, frame
from labels.layout import layout
from labels.qr import fit
from labels.rows import ASCENT

HOSTS = (
    "https://zw.example.edu.cn",
    "http://192.168.1.20:8000",
    "https://zichan.qinghe.jiangning.example.edu.cn",
)
SLACK = 0.01


def assert_tidy(label: Label, sheet: Sheet, dpi: int | None = None, foot: str = "") -> None:
    chosen = frame(sheet, fit(label.url).modules, dpi)
    lines = layout(label, chosen, faces(), foot)
    for cell in range(1, sheet.cells + 1):
        assert_code_is_safe(sheet, chosen, cell)
        assert_text_is_inside(sheet, chosen, lines, cell)
    for upper, lower in pairwise(lines):
        assert lower.y - upper.y >= 0.8 * lower.size, (upper.text, lower.text)


def assert_code_is_safe(sheet, chosen, cell) -> None:
    spot, (x, y) = chosen.spot(cell), sheet.cell(cell)
    right, bottom = spot.qr_x + chosen.dark, spot.qr_y + chosen.dark
    white = min(spot.qr_x, spot.qr_y, sheet.width - right, sheet.height - bottom)
    assert white >= max(PAD, chosen.quiet) - SLACK
    if not sheet.roll:
        assert min(x + spot.qr_x, y + spot.qr_y) >= EDGE - SLACK
        assert x + right <= sheet.paper_w - EDGE + SLACK
        assert y + bottom <= sheet.paper_h - EDGE + SLACK


def assert_text_is_inside(sheet, chosen, lines, cell) -> None:
    spot, (x, y) = chosen.spot(cell), sheet.cell(cell)
    edge = 0 if sheet.roll else EDGE
    for line in lines:
        left, baseline = spot.text_x + line.x, spot.text_y + line.y
        top = baseline - ASCENT * line.size
        assert left >= PAD - SLACK
        assert top >= PAD - SLACK
        assert left + line.width <= sheet.width - PAD + SLACK, line.text
        assert baseline <= sheet.height - PAD + SLACK
        assert edge - SLACK <= x + left <= sheet.paper_w - edge - line.width + SLACK
        assert edge - SLACK <= y + top
        assert y + baseline <= sheet.paper_h - edge + SLACK
        assert_clear_of_code(chosen, spot, left, top, baseline)


def assert_clear_of_code(chosen, spot, left, top, baseline) -> None:
    beside = left >= spot.qr_x + chosen.dark + chosen.quiet - SLACK
    above = baseline <= spot.qr_y - chosen.quiet + 0.3 * chosen.module + SLACK
    below = top >= spot.qr_y + chosen.dark + chosen.quiet - SLACK
    assert beside or above or below


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize("host", HOSTS)
def test_every_name_on_every_sheet(make, name: str, sheet: Sheet, host: str) -> None:
    assert_tidy(make(name=name, host=host), sheet)
    assert_tidy(make(name=name, host=host, school="江苏省南京市江宁区青禾实验小学教育集团东山校区"), sheet)
    assert_tidy(make(name=name, host=host, number="总务-多媒体-2021-0043-0001", place="", kind="blank"), sheet)


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("size", ["roll-40x30", "roll-50x30", "roll-60x40"])
def test_every_name_on_thermal_rolls(make, name: str, size: str, dpi: int) -> None:
    assert_tidy(make(name=name), SHEETS[size], dpi)


@pytest.mark.parametrize("sheet", ["a4-24", "a4-40", "a4-8"])
def test_room_is_made_for_the_sheet_number(make, name: str, sheet: str) -> None:
    assert_tidy(make(name=name), SHEETS[sheet], foot="张号 A0007")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    width=st.floats(18, 150),
    height=st.floats(14, 150),
    margin=st.sampled_from([0.0, 3.0, 10.0]),
    roll=st.booleans(),
    name=st.text(st.sampled_from("课桌椅 (2)abcWM-/。"), max_size=70),
)
def test_sizes_a_school_makes_up(width: float, height: float, margin: float, roll: bool, name: str) -> None:
    paper = (2 * width + 2 * margin, 2 * height + 2 * margin)
    sheet = Sheet("own", "", *paper, 2, 2, margin, margin, width, height, width, height, roll)
    label = Label("7K3M9QX2", "https://zw.example.edu.cn/q/7K3M9QX2", "青禾实验小学", name, "ZC-1", "302")
    if check(label, sheet).refused:
        return
    try:
        assert_tidy(label, sheet)
    except LabelError as refused:
        assume(refused.reason != "no-room")
        raise


def test_a_long_host_keeps_its_end(make) -> None:
    label = make(host="https://" + "a" * 60 + "." + "b" * 40 + ".school.example.edu.cn")
    sheet = SHEETS["a4-8"]
    lines = [line.text for line in layout(label, frame(sheet, fit(label.url).modules), faces())]
    assert lines[-1].startswith("…")
    assert lines[-1].endswith("example.edu.cn")


def test_the_place_gives_way_to_a_long_name(make) -> None:
    label = make(name="食堂后厨不锈钢双门商用大容量冷藏冷冻两用保鲜柜")
    texts = {line.text for line in layout(label, frame(SHEETS["roll-40x30"], 29), faces())}
    assert "ZC-2021-0043" in texts
    assert "教学楼 302" not in texts


def test_a_blank_label_shows_its_code_large(make) -> None:
    chosen = frame(SHEETS["a4-14"], 29)
    blank, named = (
        next(line.size for line in layout(make(name=name), chosen, faces()) if line.text == "7K3M 9QX2")
        for name in ("", "投影仪")
    )
    assert blank > 1.2 * named
