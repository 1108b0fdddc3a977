"""Lines of text before and after they have a place on a label. Millimetres."""

from collections.abc import Iterable
from dataclasses import dataclass

from labels.faces import Face, Faces
from labels.label import Label, LabelError
from labels.text import ELLIPSIS, LEADING, SLACK, Setting, height, set_text

ASCENT = 0.86  # Chinese characters reach this far above the baseline, in type sizes
DESCENT = 1 - ASCENT
TRACKING = 0.06  # space between the letters of the code, in type sizes
FOOT = 1.5  # type size of the sheet's number where it has to stand on a label


@dataclass(frozen=True)
class Line:
    """One line of text: left end and baseline in mm, type size in mm, extra space between letters in mm."""

    text: str
    x: float
    y: float
    size: float
    face: Face
    tracking: float = 0.0
    width: float = 0.0


@dataclass(frozen=True)
class Row:
    """A line before it has a place; `gap` mm of white above it."""

    text: str
    face: Face
    size: float
    gap: float = 0.0
    tracking: float = 0.0

    @property
    def width(self) -> float:
        """Width in mm."""
        return self.face.width(self.text) * self.size + self.tracking * max(0, len(self.text) - 1)


def put(rows: Iterable[Row], y: float, width: float, centred: bool) -> Iterable[Line]:
    """Give the rows their places, the first one at `y`."""
    for row in rows:
        y += row.gap
        x = (width - row.width) / 2 if centred else 0.0
        yield Line(row.text, x, y + ASCENT * row.size, row.size, row.face, row.tracking, row.width)
        y += row.size


def tall(rows: Iterable[Row]) -> float:
    """Height of the rows with the white between them."""
    return sum(row.gap + row.size for row in rows)


def as_rows(setting: Setting, face: Face, gap: float) -> list[Row]:
    """Rows of a set text; the first one keeps `gap` mm from what stands above, the others their leading."""
    inner = (LEADING - 1) * setting.size
    return [Row(text, face, setting.size, inner if i else gap) for i, text in enumerate(setting.lines)]


def fit_rows(text: str, faces: Faces, width: float, size: float, gap: float, most: int) -> list[Row]:
    """A text in at most so many lines, smaller if it must, cut if it must."""
    face = faces.pick(text)
    return as_rows(set_text(text, face, width, height(most, size), size, max(1.5, 0.68 * size), most), face, gap)


def code_rows(label: Label, faces: Faces, width: float, largest: float, least: float) -> list[Row]:
    """The code's letters in one line, or a line for each group where they would be smaller than `least`."""
    one = _code_row(" ".join(label.groups), faces, width, largest)
    if one.size >= least:
        return [one]
    size = min(_code_row(group, faces, width, largest).size for group in label.groups)
    return [_code_row(group, faces, width, size) for group in label.groups]


def _code_row(text: str, faces: Faces, width: float, largest: float) -> Row:
    face = faces.pick(text, bold=True)
    ems = face.width(text) + TRACKING * (len(text) - 1)
    size = min(largest, width / ems)
    return Row(text, face, size, 0.0, TRACKING * size)


def host_rows(host: str, faces: Faces, width: float, size: float, gap: float, most: int) -> list[Row]:
    """In one line, or broken after a dot. Too long, it loses its beginning: the end tells whose it is."""
    face = faces.pick(host + ELLIPSIS)
    if face.width(host) * size <= width:
        return [Row(host, face, size, gap)]
    apart = set_text(host.replace(".", ". "), face, width, height(most, size), size, min(size, 1.4), most)
    lines = [line.replace(" ", "") for line in apart.lines]
    if apart.cut:
        lines = [_tail(host, face, width / apart.size)]
    return as_rows(Setting(tuple(lines), apart.size), face, gap)


def _tail(text: str, face: Face, limit: float) -> str:
    while text and face.width(ELLIPSIS + text) > limit:
        text = text[1:]
    return ELLIPSIS + text


def require_room(needed: float, room: float) -> None:
    """LabelError("no-room") when the texts of a label would run into each other."""
    if needed > room + SLACK:
        raise LabelError("no-room", needed_mm=needed, room_mm=room)
