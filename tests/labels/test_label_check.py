"""Version, level, module size; when to warn and when to refuse."""

import io
from dataclasses import replace

import pytest
import qrcode

from labels import SHEETS, LabelError, Sheet, check, render_pdf, render_png
from labels.check import distance
from labels.frame import frame
from labels.qr import LEVELS, fit, matrix

TYPICAL = "https://zw.example.edu.cn/q/7K3M9QX2"


@pytest.mark.parametrize(
    ("length", "version", "level"),
    [
        (20, 2, "Q"),
        (21, 2, "M"),
        (26, 2, "M"),
        (27, 3, "Q"),
        (32, 3, "Q"),
        (33, 3, "M"),
        (42, 3, "M"),
        (43, 4, "Q"),
        (46, 4, "Q"),
        (47, 4, "M"),
        (62, 4, "M"),
        (63, 5, "M"),
    ],
)
def test_level_q_where_it_costs_no_larger_version(length: int, version: int, level: str) -> None:
    found = fit("h" * length)
    assert (found.version, found.level, found.modules) == (version, level, 17 + 4 * version)


@pytest.mark.parametrize("kind", ["ABC:/", "abc:/", "012", "é"])
def test_our_arithmetic_agrees_with_the_library(kind: str) -> None:
    for length in (*range(1, 60), 200, 500, 900):
        text = (kind * length)[:length]
        code = qrcode.QRCode(error_correction=LEVELS["M"])
        code.add_data(text, optimize=0)
        assert fit(text).version == code.best_fit()


def test_an_address_too_long_for_any_code() -> None:
    with pytest.raises(LabelError) as refused:
        fit("h" * 3000)
    assert refused.value.reason == "url-too-long"


def test_the_matrix_is_square_and_has_its_three_corners() -> None:
    rows = matrix(TYPICAL)
    assert {len(row) for row in rows} == {len(rows)} == {29}
    corner = (b"\x01" * 7, b"\x01\0\0\0\0\0\x01")
    assert (rows[0][:7], rows[1][:7]) == (rows[0][-7:], rows[1][-7:]) == (rows[-7][:7], rows[-6][:7]) == corner


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_every_built_in_sheet_takes_a_typical_address(sheet: Sheet) -> None:
    found = check(TYPICAL, sheet)
    assert (found.version, found.level, found.modules) == (3, "M", 29)
    assert not found.refused
    assert found.module_mm >= 0.68
    assert (found.warning == "small-module") == (found.module_mm < 0.7) == (sheet.name == "a4-44")


def test_a_door_plate_has_a_code_of_forty_millimetres() -> None:
    found = check(TYPICAL, SHEETS["a6-door"])
    assert found.module_mm * found.modules >= 40


def test_lan_addresses_are_addresses_too() -> None:
    assert check("http://192.168.1.20:8000/q/7K3M9QX2", SHEETS["a4-40"]).warning is None


@pytest.mark.parametrize(
    ("height", "warning", "refused"),
    [
        (15.5, "module-too-small", True),
        (15.7, "small-module", False),
        (25.8, "small-module", False),
        (26, None, False),
    ],
)
def test_thresholds(height: float, warning: str | None, refused: bool) -> None:
    sheet = replace(SHEETS["roll-60x40"], height=height, paper_h=height, width=90, paper_w=90)
    found = check(TYPICAL, sheet)
    assert (found.warning, found.refused) == (warning, refused)


def test_a_code_too_fine_is_not_printed(make) -> None:
    tiny = replace(SHEETS["roll-40x30"], width=20, height=12, paper_w=20, paper_h=12)
    for render in (lambda: render_pdf([make()], tiny, io.BytesIO()), lambda: render_png(make(), tiny)):
        with pytest.raises(LabelError) as refused:
            render()
        assert refused.value.reason == "module-too-small"
        assert refused.value.values["minimum_mm"] == 0.4
        assert refused.value.values["module_mm"] < 0.4


def test_distance_follows_the_measured_rule() -> None:
    assert distance(1.0) == pytest.approx(0.502, abs=0.001)
    assert distance(0.75, frame_pixels=4000) == pytest.approx(0.942, abs=0.001)
    assert check(TYPICAL, SHEETS["roll-40x30"]).distance_m == pytest.approx(distance(0.75))


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("name", ["roll-40x30", "roll-50x30", "roll-60x40"])
def test_thermal_modules_are_whole_dots(name: str, dpi: int) -> None:
    found = check(TYPICAL, SHEETS[name], dpi)
    dots = found.module_mm * dpi / 25.4
    assert dots == pytest.approx(round(dots))
    assert found.warning is None


@pytest.mark.parametrize("url", ["", "7K3M9QX2", "ftp://a.cn/q/1", "https:///q/1", "https://a b.cn/q", "https://[/q"])
def test_what_is_not_a_web_address_is_refused(url: str) -> None:
    with pytest.raises(LabelError) as refused:
        check(url, SHEETS["a4-24"])
    assert refused.value.reason == "bad-url"


def test_the_longer_the_address_the_finer_the_code() -> None:
    sizes = [frame(SHEETS["a4-24"], 17 + 4 * version).module for version in range(1, 12)]
    assert sizes == sorted(sizes, reverse=True)
