"""What is written where on a label: lines with positions in mm from the text box's top left corner."""

from collections.abc import Iterable
from dataclasses import dataclass

from labels.faces import Face, Faces
from labels.frame import NARROW, Frame, plate_code_size, plate_host_size
from labels.label import Label
from labels.text import LEADING, Setting, height, set_text

ASCENT = 0.86  # Chinese characters reach this far above the baseline, in type sizes
DESCENT = 1 - ASCENT
TRACKING = 0.06  # space between the letters of the code, in type sizes
FOOT = 1.5  # mm, type size of the sheet's number where it has to stand on a label


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


def layout(label: Label, frame: Frame, faces: Faces, foot: str = "") -> tuple[Line, ...]:
    """The lines of a label. `foot`: one more tiny line at the bottom, such as the sheet's number."""
    compose = _beside if frame.above is None else _plate
    return tuple(compose(label, frame, faces, foot))


def _beside(label: Label, frame: Frame, faces: Faces, foot: str) -> Iterable[Line]:
    unit = min(1.7, max(0.72, frame.text_h / 27))
    bottom = [*_code(label, frame, faces, unit), *_host(label, frame, faces, unit)]
    if foot:
        bottom.append(Row(foot, faces.pick(foot), FOOT, 0.5))
    end = frame.text_h + DESCENT * bottom[-1].size
    start = end - _tall(bottom)
    top = [*_school(label, frame, faces, unit), *_middle(label, frame, faces, unit, start)]
    yield from _put(top, 0, frame.text_w, centred=False)
    yield from _put(bottom, start, frame.text_w, centred=False)


def _school(label: Label, frame: Frame, faces: Faces, unit: float) -> list[Row]:
    face, size = faces.pick(label.school), max(1.8, 2.3 * unit)
    most = 2 if frame.text_w < NARROW else 1
    set_ = set_text(label.school, face, frame.text_w, height(most, size), size, max(1.6, 0.7 * size), most)
    return _rows(set_, face, 0)


def _middle(label: Label, frame: Frame, faces: Faces, unit: float, end: float) -> list[Row]:
    """Name, number, place. The place, then the number gives way where the name would be left without room."""
    start = _tall(_school(label, frame, faces, unit)) + 0.9 * unit
    for details in ((label.number, label.place), (label.number,), ()):
        rows = [row for text in details if text for row in _detail(text, frame, faces, unit)]
        room = end - start - _tall(rows) - 1.0 * unit
        name = _name(label.name, frame, faces, unit, room)
        enough = height(min(2, len(name.lines)), name.size)
        if room >= enough and not (name.cut and len(name.lines) < 2) or not rows:
            break
    return _rows(name, faces.pick(label.name, bold=True), 0.9 * unit) + rows


def _name(name: str, frame: Frame, faces: Faces, unit: float, room: float) -> Setting:
    most = 4 if frame.text_w < NARROW else 3
    face = faces.pick(name, bold=True)
    return set_text(name, face, frame.text_w, max(0, room), 6.0 * unit, max(2.1, 2.5 * unit), most)


def _detail(text: str, frame: Frame, faces: Faces, unit: float) -> list[Row]:
    face, size = faces.pick(text), max(1.9, 2.4 * unit)
    most = 2 if frame.text_w < NARROW else 1
    set_ = set_text(text, face, frame.text_w, height(most, size), size, max(1.6, 0.72 * size), most)
    return _rows(set_, face, 0.7 * unit)


def _code(label: Label, frame: Frame, faces: Faces, unit: float) -> list[Row]:
    """The code in letters to be typed: in one line, or a line for each group where that would be tiny."""
    largest = (4.1 if label.name else 6.0) * unit
    return _code_rows(label, faces, frame.text_w, largest, max(2.8, 2.9 * unit))


def _code_rows(label: Label, faces: Faces, width: float, largest: float, least: float) -> list[Row]:
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


def _host(label: Label, frame: Frame, faces: Faces, unit: float) -> list[Row]:
    size = max(1.5, 1.8 * unit)
    return _host_rows(label.host, faces, frame.text_w, size, 0.35 * unit)


def _host_rows(host: str, faces: Faces, width: float, size: float, gap: float) -> list[Row]:
    """The host broken after its dots; what is too long loses its beginning, since its end tells whose it is."""
    face = faces.pick(host + "…")
    set_ = set_text(host.replace(".", ". "), face, width, height(2, size), size, min(size, 1.4), 2)
    if set_.cut:
        kept = host
        while face.width("…" + kept) * set_.size > width:
            kept = kept[1:]
        set_ = Setting(("…" + kept,), set_.size)
    return _rows(Setting(tuple(line.replace(" ", "") for line in set_.lines), set_.size), face, gap)


def _plate(label: Label, frame: Frame, faces: Faces, foot: str) -> Iterable[Line]:
    width, above = frame.text_w, frame.above or 0.0
    yield from _plate_head(label, width, above, faces)
    code_size, host_size = plate_code_size(width), plate_host_size(width)
    bottom = _code_rows(label, faces, width, code_size, 0)
    bottom += _host_rows(label.host, faces, width, host_size, 0.9 * host_size)[-1:]
    if foot:
        yield from _put([Row(foot, faces.pick(foot), FOOT)], 0, width, centred=False)
    start = frame.text_h + DESCENT * bottom[-1].size - _tall(bottom)
    yield from _put(bottom, start, width, centred=True)


def _plate_head(label: Label, width: float, above: float, faces: Faces) -> Iterable[Line]:
    """School at the top; name, number and place in the middle of what is left above the code."""
    school = _fit_rows(label.school, faces, width, max(1.8, 0.054 * width), 0, 1)
    yield from _put(school, 0, width, centred=True)
    small = max(1.9, 0.05 * width)
    details = "  ".join(text for text in (label.number, label.place) if text)
    rows = _fit_rows(details, faces, width, small, 0.8 * small, 1)
    start = _tall(school)
    room = above - start - _tall(rows) - 0.04 * width
    face = faces.pick(label.name, bold=True)
    name = set_text(label.name, face, width, max(0, room), 0.19 * width, max(2.1, 0.06 * width), 3)
    block = _rows(name, face, 0) + rows
    yield from _put(block, start + max(0, above - start - _tall(block)) / 2, width, centred=True)


def _fit_rows(text: str, faces: Faces, width: float, size: float, gap: float, most: int) -> list[Row]:
    face = faces.pick(text)
    return _rows(set_text(text, face, width, height(most, size), size, 0.6 * size, most), face, gap)


def _rows(setting: Setting, face: Face, gap: float) -> list[Row]:
    """Rows of a set text; the first one keeps `gap` mm from what stands above, the others their leading."""
    inner = (LEADING - 1) * setting.size
    return [Row(text, face, setting.size, inner if i else gap) for i, text in enumerate(setting.lines)]


def _tall(rows: Iterable[Row]) -> float:
    return sum(row.gap + row.size for row in rows)


def _put(rows: Iterable[Row], y: float, width: float, centred: bool) -> Iterable[Line]:
    for row in rows:
        y += row.gap
        x = (width - row.width) / 2 if centred else 0.0
        yield Line(row.text, x, y + ASCENT * row.size, row.size, row.face, row.tracking, row.width)
        y += row.size
