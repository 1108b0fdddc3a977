"""Printed sheets read back by a decoder: fresh, worn, blurred, tilted."""

import io
import random
import shutil
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from labels import SHEETS, Sheet, render_pdf, render_png
from labels.check import PIXELS_A_MODULE
from labels.frame import frame

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="needs pdftoppm (poppler-utils)"),
]
HOSTS = ("https://zw.example.edu.cn", "http://192.168.1.20:8000", "https://zichan.qinghe.example.edu.cn")
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def as_pictures(pdf: bytes, folder: Path, dpi: int) -> list[Image.Image]:
    (folder / "labels.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(dpi), "-gray", "labels.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    return [Image.open(path) for path in sorted(folder.glob("page*.pgm"))]


def read(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_every_code_on_every_sheet_is_read_at_200_dpi(make, sheet: Sheet, tmp_path: Path) -> None:
    chance = random.Random(sheet.name)
    labels = [
        make(
            "".join(chance.choices(LETTERS, k=8)),
            host=chance.choice(HOSTS),
            name=chance.choice(("空调", "课桌椅" * 9)),
        )
        for _ in range(min(sheet.cells + 5, 30))
    ]
    file, used = io.BytesIO(), range(1, sheet.cells // 5)
    placed = render_pdf(labels, sheet, file, used=used, sheet_numbers=["张号 A0001", "张号 A0002"])
    pictures = as_pictures(file.getvalue(), tmp_path, 200)
    assert len(pictures) == placed.pages
    assert sorted(text for picture in pictures for text in read(picture)) == sorted(label.url for label in labels)


def seen(label, sheet: Sheet, pixels_a_module: float) -> Image.Image:
    """A label as a camera sees it from as far as gives so many pixels a module."""
    sharp = Image.open(io.BytesIO(render_png(label, sheet, 600))).convert("L")
    module = frame(sheet, 29, 600).module * 600 / 25.4
    scale = pixels_a_module / module
    size = (round(sharp.width * scale), round(sharp.height * scale))
    ground = Image.new("L", (size[0] + 80, size[1] + 80), 130)
    ground.paste(sharp.resize(size, Image.Resampling.BOX), (40, 40))
    return ground


def tilted(picture: Image.Image, degrees: float, lean: float) -> Image.Image:
    width, height = picture.size
    corners = (0, 0, lean * width, height, width - lean * width, height, width, 0)
    leaning = picture.transform(picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=130)
    return leaning.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=130)


def worn(picture: Image.Image, chance: random.Random) -> Image.Image:
    """A faded print with a thin scratch across it and a dozen specks of dirt and rubbed-off ink."""
    faded = picture.point(lambda grey: 70 + round(grey * 0.6))
    pen = ImageDraw.Draw(faded)
    pen.line([chance.randrange(side) for side in (*faded.size, *faded.size)], fill=220, width=1)
    for _ in range(12):
        x, y = (chance.randrange(side) for side in faded.size)
        pen.ellipse((x, y, x + 4, y + 4), fill=chance.choice((80, 220)))
    return faded


@pytest.mark.parametrize("roll", ["roll-40x30", "roll-60x40"])
def test_blurred_tilted_and_worn_labels_are_still_read(make, roll: str) -> None:
    chance, good = random.Random(roll), 0
    for _ in range(40):
        label = make("".join(chance.choices(LETTERS, k=8)))
        picture = worn(seen(label, SHEETS[roll], chance.uniform(3.5, 7)), chance)
        picture = tilted(picture, chance.uniform(0, 360), chance.uniform(0, 0.1))
        good += read(picture.filter(ImageFilter.GaussianBlur(chance.uniform(0.4, 1.0)))) == [label.url]
    assert good >= 32  # of 40; a camera gets several tries a second


@pytest.mark.parametrize("roll", ["roll-40x30", "roll-60x40"])
def test_the_promised_distance_is_kept(make, roll: str) -> None:
    chance, good = random.Random(roll), 0
    for _ in range(30):
        label = make("".join(chance.choices(LETTERS, k=8)))
        picture = tilted(seen(label, SHEETS[roll], PIXELS_A_MODULE + 0.3), chance.uniform(0, 360), 0.02)
        good += read(picture.filter(ImageFilter.GaussianBlur(0.6))) == [label.url]
    assert good >= 24
