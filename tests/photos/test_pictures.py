"""What is kept of a picture: its pixels, upright and small, and nothing else."""

import struct
import zlib
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image

from app.photos import pictures
from tests.pictures import jpeg, picture, with_place

pytestmark = pytest.mark.usefixtures("ctx")


def developed(data: bytes) -> Image.Image:
    return Image.open(BytesIO(pictures.develop(BytesIO(data)).large))


def refusal(data: bytes) -> str:
    with pytest.raises(pictures.NotAPicture) as why:
        pictures.develop(BytesIO(data))
    return str(why.value)


def test_a_photo_is_made_small_and_keeps_its_shape() -> None:
    made = pictures.develop(BytesIO(jpeg((4000, 3000))))
    assert (made.width, made.height) == (1600, 1200)
    assert Image.open(BytesIO(made.large)).size == (1600, 1200)
    assert Image.open(BytesIO(made.small)).size == (240, 240)


def test_a_small_photo_is_not_blown_up() -> None:
    assert developed(jpeg((320, 200))).size == (320, 200)


def test_where_it_was_taken_is_gone_with_all_other_notes() -> None:
    made = pictures.develop(BytesIO(jpeg(exif=with_place(), comment=b"Li Xiaoming, class 3-2")))
    for kept in (made.large, made.small):
        opened = Image.open(BytesIO(kept))
        assert not opened.getexif()
        assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        for secret in (b"Li Xiaoming", b"Huawei", b"Exif", b"ICC_PROFILE", b"http://ns.adobe.com"):
            assert secret not in kept


def test_notes_of_png_and_webp_are_gone_too() -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Comment", "Li Xiaoming")
    assert b"Li Xiaoming" in picture("PNG", pnginfo=notes)
    assert b"Li Xiaoming" not in pictures.develop(BytesIO(picture("PNG", pnginfo=notes))).large
    assert b"Huawei" not in pictures.develop(BytesIO(picture("WEBP", exif=with_place()))).large


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright(orientation: int) -> None:
    """A red stripe at the top of the scene is at the top of the photo, however the phone was held."""
    scene = Image.new("RGB", (400, 200), "white")
    scene.paste("red", (0, 0, 400, 40))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposes that undo what exif_transpose does
    stored = scene if orientation == 1 else scene.transpose(Image.Transpose(back[orientation]))
    out = BytesIO()
    stored.save(out, "JPEG", exif=with_place(orientation), quality=95)
    upright = developed(out.getvalue())
    assert upright.size == (400, 200)
    red, green, _blue = upright.getpixel((200, 15))
    assert red > 200
    assert green < 60


def test_heic_of_an_iphone_is_read() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    heic = picture("HEIF", (640, 480), "green", exif=with_place())
    made = pictures.develop(BytesIO(heic))
    assert (made.width, made.height) == (640, 480)
    assert made.large.startswith(b"\xff\xd8\xff")
    assert b"Huawei" not in made.large


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16", "CMYK"])
def test_every_kind_of_pixels_becomes_plain_colour(mode: str) -> None:
    out = BytesIO()
    Image.new(mode, (50, 40)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert developed(out.getvalue()).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (50, 40), (0, 0, 0, 0)).save(out, "PNG")
    assert min(developed(out.getvalue()).getpixel((20, 20))) > 250


def test_an_animation_gives_its_first_picture() -> None:
    out = BytesIO()
    frames = [Image.new("RGB", (60, 60), colour) for colour in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    assert developed(out.getvalue()).getpixel((30, 30))[0] > 200


def test_a_small_file_with_a_huge_picture_is_refused_before_it_is_read() -> None:
    assert "too many pixels" in refusal(huge_png(20_000, 20_000))
    assert "too many pixels" in refusal(huge_png(6_000, 6_000))
    assert "too many pixels" in refusal(huge_png(2**31 - 1, 2**31 - 1))


def huge_png(width: int, height: int) -> bytes:
    """A head that promises more pixels than a server has memory; no data follows that could be decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def test_48_megapixels_of_a_good_phone_are_taken() -> None:
    assert developed(jpeg((8000, 6000))).size == (1600, 1200)


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_half_a_photo_is_refused(format: str, keep: float) -> None:
    noise = Image.effect_noise((300, 300), 80).convert("RGB")
    out = BytesIO()
    noise.save(out, format)
    assert "damaged" in refusal(out.getvalue()[: int(len(out.getvalue()) * keep)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        "我是文字,不是照片".encode(),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00",
        b"%PDF-1.7 ...",
        b"PK\x03\x04 a zip",
        b"BM a bitmap of Windows",
    ],
)
def test_what_is_no_photo_is_refused_whatever_its_name(data: bytes) -> None:
    assert "is not a photo" in refusal(data)


@pytest.mark.parametrize(
    "head", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic"]
)
def test_the_right_first_bytes_alone_are_not_enough(head: bytes) -> None:
    assert "damaged" in refusal(head + b"\x13\x37" * 400)


def test_a_video_of_the_same_family_as_heic_is_refused() -> None:
    assert "damaged" in refusal(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0" * 2000)


def test_13_megabytes_are_refused() -> None:
    assert "larger than 12 MB" in refusal(jpeg() + b"\0" * (13 * 1024 * 1024))


def test_other_formats_of_pillow_are_never_tried(app: Flask) -> None:
    for format in ("TIFF", "BMP", "GIF", "PPM", "ICO", "TGA"):
        assert "is not a photo" in refusal(picture(format)), format
