"""Every character is there, or named before anything is printed."""

import io
from itertools import product

import pytest
from reportlab.pdfbase import pdfmetrics

from labels import SHEETS, Label, LabelError, missing_characters, render_pdf, render_png, render_test_page
from labels.faces import FONTS, faces


def gb2312() -> str:
    pairs = product(range(0xA1, 0xF8), range(0xA1, 0xFF))
    return "".join(bytes(pair).decode("gb2312", "ignore") for pair in pairs)


def test_both_weights_have_the_same_characters() -> None:
    assert faces().regular[0].characters == faces().bold[0].characters


def test_all_of_gb2312_and_some_rarer_names() -> None:
    assert len(gb2312()) == 7445
    assert missing_characters(gb2312()) == ""
    assert missing_characters("喆堃镕昇淏翀骉赟㛃䶮𬭎𫖯") == ""


def test_what_offices_write() -> None:
    assert missing_characters("℃ ㎡ ㎜ ㎏ № ① Ⅷ → ± × ÷ ≤ ≥ · … — “” 「」 ¥ ¥ ½ √ ✓ □ ■ é ü µ Ω") == ""


def test_fonts_are_small_and_their_licence_lies_beside_them() -> None:
    for path in FONTS.glob("*.ttf"):
        assert path.stat().st_size < 3_000_000
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text()


def test_missing_characters_are_named_once_in_order(make) -> None:
    assert missing_characters("投影😀仪🎉😀") == "😀🎉"
    assert missing_characters([make(name="甲"), make(place="三楼 🚪"), "😀"]) == "🚪😀"
    assert missing_characters(make()) == ""


def test_a_label_with_a_missing_character_is_refused_and_nothing_written(make) -> None:
    label, file = make(name="音箱🔊"), io.BytesIO()
    for render in (
        lambda: render_pdf([make(), label], SHEETS["a4-24"], file),
        lambda: render_png(label, SHEETS["roll-50x30"]),
        lambda: render_pdf([make()], SHEETS["a4-24"], file, sheet_numbers=["🔊"]),
    ):
        with pytest.raises(LabelError) as refused:
            render()
        assert refused.value.reason == "missing-characters"
        assert refused.value.values == {"characters": "🔊"}
    assert file.getvalue() == b""


def test_a_fuller_font_stands_behind_ours() -> None:
    fuller = FONTS / "NotoSansSC-Bold.ttf"
    both = faces(fuller)
    assert both.pick("投影仪", bold=True).path == fuller
    assert both.pick("投影仪").path != fuller
    assert missing_characters("🔊", fuller) == "🔊"
    file = io.BytesIO()
    label = Label("7K3M9QX2", "https://a.cn/q/7K3M9QX2", "青禾小学", "甲")
    render_pdf([label], SHEETS["a4-24"], file, font_path=fuller)
    assert file.getvalue().startswith(b"%PDF")


def test_a_fuller_font_of_the_same_inner_name_is_a_font_of_its_own(tmp_path) -> None:
    copy = tmp_path / "fuller.ttf"
    copy.write_bytes((FONTS / "NotoSansSC-Regular.ttf").read_bytes())
    ours, fuller = (pdfmetrics.getFont(face.name) for face in faces(copy).regular)
    assert (ours.face.filename, fuller.face.filename) == (str(FONTS / "NotoSansSC-Regular.ttf"), str(copy))
    assert ours.face.name != fuller.face.name


def test_a_font_that_is_none_is_refused(tmp_path) -> None:
    broken = tmp_path / "font.ttf"
    broken.write_bytes(b"no font at all")
    for path in (broken, tmp_path / "absent.ttf"):
        with pytest.raises(LabelError) as refused:
            faces(path)
        assert refused.value.reason == "bad-font"


def test_the_test_page_has_all_its_characters() -> None:
    for sheet in SHEETS.values():
        render_test_page(sheet, io.BytesIO())


def test_invisible_characters_of_spreadsheets_are_dropped() -> None:
    label = Label("7K3M9QX2", "https://a.cn/q/7K3M9QX2", " 青禾\u200b小学\n", "投影\ufeff仪\t 2", "\u202aZC-1")
    assert (label.school, label.name, label.number) == ("青禾小学", "投影仪 2", "ZC-1")
    assert missing_characters(label) == ""
