"""From what a phone sent to a clean JPEG: checked, turned upright, made small, with nothing but its pixels left.

A pure pipe that knows no request and no database: bytes in, a Picture out, or a NotAPicture with a sentence.
"""

import threading
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from flask_babel import gettext as _
from PIL import Image, ImageOps

LARGEST = 12 * 1024 * 1024  # bytes of one upload
LONG_SIDE, SMALL_SIDE = 1600, 240
QUALITY, SMALL_QUALITY = 82, 76
# Pixels that may be decoded, so that a worker stays near 200 MB: a JPEG is read at a fraction of its size, HEIC
# takes 6 bytes a pixel, PNG 8, WebP 14. A phone's own photos are JPEG, or HEIC of 12 or 24 megapixels.
MOST_PIXELS = {"JPEG": 50_000_000, "MPO": 50_000_000, "HEIF": 25_000_000, "PNG": 16_000_000, "WEBP": 9_000_000}
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")

_one_at_a_time = threading.Lock()  # four threads decoding at once would need four times the memory
_heif_ready = False


class NotAPicture(ValueError):
    """What came can't be taken; the message is a sentence that says why."""


@dataclass(frozen=True)
class Picture:
    """Two JPEGs, at most LONG_SIDE wide or high and SMALL_SIDE square, and the size of the larger in pixels."""

    large: bytes
    small: bytes
    width: int
    height: int


def looks_like_one(head: bytes) -> bool:
    """Whether a file's first dozen bytes are those of a kind we read; its name and declared type prove nothing."""
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")
        or head[4:8] == b"ftyp"
    )


def develop(file: BinaryIO) -> Picture:
    """Read an upload and make the picture that is kept. Raises NotAPicture for everything that is not a photo."""
    if file.seek(0, 2) > LARGEST:
        raise NotAPicture(_("is larger than 12 MB."))
    file.seek(0)
    if not looks_like_one(file.read(12)):
        raise NotAPicture(_("is not a photo (JPEG, PNG, WebP or HEIC)."))
    file.seek(0)
    with _one_at_a_time:
        return _develop(file)


def _develop(file: BinaryIO) -> Picture:
    try:
        with _open(file) as opened:
            large = _clean(opened)
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:  # the decoders answer a broken file with whatever went wrong inside them
        raise NotAPicture(_("is damaged and can't be read.")) from None
    small = ImageOps.fit(large, (SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    return Picture(_jpeg(large, QUALITY), _jpeg(small, SMALL_QUALITY), *large.size)


def _open(file: BinaryIO) -> Image.Image:
    """The picture with its size known and nothing decoded yet."""
    _learn_heif()
    opened = Image.open(file, formats=FORMATS)
    width, height = opened.size
    if width * height > MOST_PIXELS[opened.format]:
        raise _too_many_pixels()
    opened.draft("RGB", (LONG_SIDE, LONG_SIDE))  # a large JPEG is decoded at a half, a quarter, an eighth
    return opened


def _clean(opened: Image.Image) -> Image.Image:
    """Upright, small, and copied into a new picture: comments, places and profiles stay behind."""
    opened.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(opened)
    if upright.mode == "P" or "transparency" in upright.info:
        upright = upright.convert("RGBA")
    fresh = Image.new("RGB", upright.size, "white")
    mask = upright.getchannel("A") if upright.mode in ("RGBA", "LA") else None
    fresh.paste(upright.convert("RGB"), mask=mask)
    return fresh


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _too_many_pixels() -> NotAPicture:
    return NotAPicture(_("has too many pixels; please take it smaller."))


def _learn_heif() -> None:
    """iPhones send HEIC. The decoder is large, so it is loaded with the first photo and not at the start."""
    global _heif_ready
    if not _heif_ready:
        from pillow_heif import register_heif_opener

        register_heif_opener()
        _heif_ready = True


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height of one of our own JPEGs, from its head."""
    with Image.open(BytesIO(jpeg), formats=("JPEG",)) as picture:
        return picture.size
