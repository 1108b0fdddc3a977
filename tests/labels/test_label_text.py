"""Wrapping, shrinking and cutting of texts."""

import pytest

from labels.faces import faces
from labels.text import Setting, set_text, wrap

BOLD = faces().bold[0]
REGULAR = faces().regular[0]


def setting(text: str, width: float = 30, room: float = 12, lines: int = 3) -> Setting:
    return set_text(text, BOLD, width, room, 6, 2.5, lines)


def test_a_short_name_stays_in_one_line_at_full_size() -> None:
    assert setting("空调") == Setting(("空调",), 6)


def test_a_slightly_long_name_shrinks_rather_than_breaks() -> None:
    assert setting("课桌椅套装").lines == ("课桌椅套装",)


def test_lines_of_like_length() -> None:
    assert setting("食堂大冰箱保鲜柜").lines == ("食堂大冰", "箱保鲜柜")


def test_latin_breaks_at_spaces() -> None:
    assert setting("Interactive whiteboard").lines == ("Interactive", "whiteboard")


def test_marks_stay_with_what_they_open_or_close() -> None:
    for limit in range(3, 12):
        for line in wrap("三年级(2)班《语文》教室,二楼。", REGULAR, limit, split=True):
            assert line[0] not in ")》,。"
            assert line[-1] not in "(《"


def test_a_long_word_is_split_only_if_nothing_else_helps() -> None:
    assert setting("Rechtsschutzversicherung 打印机", width=40).lines == (
        "Rechtsschutzversicherung",
        "打印机",
    )
    split = setting("Donaudampfschifffahrtsgesellschaftskapitän")
    assert "".join(split.lines) == "Donaudampfschifffahrtsgesellschaftskapitän"
    assert len(split.lines) > 1


def test_too_much_text_ends_in_dots() -> None:
    cut = setting("消防栓" * 40)
    assert cut.cut
    assert cut.lines[-1].endswith("…")
    assert cut.size == 2.5


def test_a_cut_keeps_its_spaces() -> None:
    assert setting("one two three four five six seven eight", room=2.5).lines == ("one two three four fiv…",)


def test_nothing_is_nothing() -> None:
    assert setting("").lines == ()


@pytest.mark.parametrize("width", [3, 8, 10, 20, 60])
@pytest.mark.parametrize("room", [3, 6, 15])
def test_it_never_leaves_its_box(name: str, width: float, room: float) -> None:
    found = setting(name, width, room, lines=4)
    assert all(BOLD.width(line) * found.size <= width + 0.01 for line in found.lines)
    assert found.height <= room + 0.01
    if not found.cut:
        assert "".join(found.lines).replace(" ", "") == name.replace(" ", "")
