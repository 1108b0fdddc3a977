"""One label → PNG in a thermal printer's own dots: black and white, each module a whole number of dots."""

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from labels.check import require
from labels.faces import faces
from labels.frame import MM_PER_INCH, frame
from labels.label import Label, LabelError
from labels.layout import layout
from labels.qr import fit, matrix
from labels.rows import Line
from labels.sheets import Sheet

INK = 150  # grey below this becomes black: keeps the thin strokes of small Chinese characters


def render_png(label: Label, sheet: Sheet, dpi: int = 203, font_path: str | Path | None = None) -> bytes:
    """One label of a sheet as a black and white PNG, `dpi` dots an inch (203 and 300 are usual).

    The picture is the label's width × height in dots: print it at 100 %, or as it is.
    """
    fonts = faces(font_path)
    if missing := fonts.missing(label.texts):
        raise LabelError("missing-characters", characters=missing)
    require(label, sheet, dpi)
    chosen = frame(sheet, fit(label.url).modules, dpi)
    dots, spot = dpi / MM_PER_INCH, chosen.spot(1)
    picture = Image.new("L", (round(sheet.width * dots), round(sheet.height * dots)), 255)
    for line in layout(label, chosen, fonts):
        _write(ImageDraw.Draw(picture), line, spot.text_x, spot.text_y, dots)
    _code(picture, label.url, round(chosen.module * dots), round(spot.qr_x * dots), round(spot.qr_y * dots))
    return _packed(picture, dpi)


def _code(picture: Image.Image, url: str, module: int, x: int, y: int) -> None:
    rows = matrix(url)
    small = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows)).point(lambda dark: 0 if dark else 255)
    picture.paste(small.resize((len(rows) * module,) * 2, Image.Resampling.NEAREST), (x, y))


def _write(draw: ImageDraw.ImageDraw, line: Line, x: float, y: float, dots: float) -> None:
    """Character by character at the layout's widths: rounding can't push a line out of its box."""
    pixels = max(1, int(line.size * dots + 0.2))
    scale = min(1.0, pixels / (line.size * dots)) * dots
    font, at, baseline = _font(str(line.face.path), pixels), (x + line.x) * dots, round((y + line.y) * dots)
    for character in line.text:
        draw.text((at, baseline), character, fill=0, font=font, anchor="ls")
        at += (line.face.width(character) * line.size + line.tracking) * scale


@lru_cache(maxsize=64)
def _font(path: str, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, pixels, layout_engine=ImageFont.Layout.BASIC)


def _packed(picture: Image.Image, dpi: int) -> bytes:
    file = io.BytesIO()
    two_tone = picture.point(lambda grey: 255 if grey >= INK else 0).convert("1", dither=Image.Dither.NONE)
    two_tone.save(file, "PNG", optimize=True, dpi=(dpi, dpi))
    return file.getvalue()
