"""Labels for thermal printers: whole dots, black and white, readable."""

import io

import pytest
import zxingcpp
from PIL import Image

from labels import SHEETS, render_png
from labels.frame import frame
from labels.qr import matrix

ROLLS = ("roll-40x30", "roll-50x30", "roll-60x40")


def drawn(label, roll: str, dpi: int) -> Image.Image:
    return Image.open(io.BytesIO(render_png(label, SHEETS[roll], dpi)))


@pytest.mark.parametrize(
    ("roll", "dpi", "size"),
    [
        ("roll-40x30", 203, (320, 240)),
        ("roll-50x30", 203, (400, 240)),
        ("roll-60x40", 203, (480, 320)),
        ("roll-60x40", 300, (709, 472)),
    ],
)
def test_size_in_dots_and_two_tones(make, roll: str, dpi: int, size: tuple[int, int]) -> None:
    picture = drawn(make(), roll, dpi)
    assert (picture.size, picture.mode) == (size, "1")
    assert picture.info["dpi"] == pytest.approx((dpi, dpi), abs=0.1)


@pytest.mark.parametrize("roll", ROLLS)
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_every_module_is_the_same_square_of_dots(make, roll: str, dpi: int) -> None:
    label, chosen = make(), frame(SHEETS[roll], 29, dpi)
    module, spot = round(chosen.module * dpi / 25.4), chosen.spot(1)
    x, y = (round(at * dpi / 25.4) for at in (spot.qr_x, spot.qr_y))
    code = drawn(label, roll, dpi).crop((x, y, x + 29 * module, y + 29 * module)).convert("L")
    rows = matrix(label.url)
    expected = Image.frombytes("L", (29, 29), bytes(255 * (not dark) for row in rows for dark in row))
    assert code.tobytes() == expected.resize(code.size, Image.Resampling.NEAREST).tobytes()


@pytest.mark.parametrize("roll", ROLLS)
@pytest.mark.parametrize("dpi", [203, 300])
def test_it_is_read_back(make, name: str, roll: str, dpi: int) -> None:
    label = make(name=name)
    found = zxingcpp.read_barcodes(drawn(label, roll, dpi).convert("L"))
    assert [one.text for one in found] == [label.url]


def test_the_margin_stays_white(make, name: str) -> None:
    for roll in ROLLS:
        picture = drawn(make(name=name), roll, 203).convert("L").point(lambda grey: 255 - grey)
        left, top, right, bottom = picture.getbbox()
        dots = 203 / 25.4
        assert min(left, top) >= 1.8 * dots
        assert right <= picture.width - 1.8 * dots
        assert bottom <= picture.height - 1.4 * dots  # descenders
