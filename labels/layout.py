"""What is written where on a label: lines with positions in mm from the text box's top left corner."""

from collections.abc import Iterable

from labels.faces import Face, Faces
from labels.frame import NARROW, Frame
from labels.label import Label
from labels.plate import plate
from labels.rows import (
    DESCENT,
    FOOT,
    Line,
    Row,
    as_rows,
    code_rows,
    fit_rows,
    host_rows,
    put,
    require_room,
    tall,
)
from labels.text import SLACK, Setting, set_text

AIR = 1.3  # between the parts of a label, in mm on one of 37 mm height


def layout(label: Label, frame: Frame, faces: Faces, foot: str = "") -> tuple[Line, ...]:
    """The lines of a label. `foot`: one more tiny line, such as the sheet's number."""
    compose = _beside if frame.above is None else plate
    return tuple(compose(label, frame, faces, foot))


def _beside(label: Label, frame: Frame, faces: Faces, foot: str) -> Iterable[Line]:
    unit = min(1.7, max(0.72, min(frame.text_h / 27, frame.text_w / 14)))
    bottom = [*_code(label, frame, faces, unit), *_host(label, frame, faces, unit)]
    if foot:
        bottom.append(Row(foot, faces.pick(foot), FOOT, 0.5))
    start = frame.text_h + DESCENT * bottom[-1].size - tall(bottom)
    top = _school(label, frame, faces, unit)
    top += _middle(label, frame, faces, unit, start - tall(top))
    require_room(tall(top), start)
    yield from put(top, 0, frame.text_w, centred=False)
    yield from put(bottom, start, frame.text_w, centred=False)


def _school(label: Label, frame: Frame, faces: Faces, unit: float) -> list[Row]:
    size = max(1.8, 2.3 * unit)
    most = 2 if frame.text_w < NARROW and frame.text_h > 20 else 1
    return fit_rows(label.school, faces, frame.text_w, size, 0, most)


def _middle(label: Label, frame: Frame, faces: Faces, unit: float, space: float) -> list[Row]:
    """Name, number, place in `space` mm. Of a long name the place, then the number makes room for a line."""
    face, air = faces.pick(label.name, bold=True), AIR * unit
    for details in ((label.number, label.place), (label.number,), ()):
        rows = _details(details, frame, faces, unit)
        room = space - tall(rows) - 2 * air
        name = _name(label.name, face, frame.text_w, room, unit)
        if room >= name.height - SLACK and not (name.cut and len(name.lines) <= len(details)):
            break
    return as_rows(name, face, air) + rows


def _name(name: str, face: Face, width: float, room: float, unit: float) -> Setting:
    return set_text(name, face, width, max(0, room), 6.0 * unit, max(2.1, 2.5 * unit), 4)


def _details(texts: Iterable[str], frame: Frame, faces: Faces, unit: float) -> list[Row]:
    size, most = max(1.9, 2.4 * unit), 2 if frame.text_w < NARROW else 1
    rows: list[Row] = []
    for text in filter(None, texts):
        gap = (0.7 if rows else AIR) * unit
        rows += fit_rows(text, faces, frame.text_w, size, gap, most)
    return rows


def _code(label: Label, frame: Frame, faces: Faces, unit: float) -> list[Row]:
    """The code in letters to be typed: in one line, or a line for each group where that would be tiny."""
    largest = (4.1 if label.name else 6.0) * unit
    return code_rows(label, faces, frame.text_w, largest, max(2.8, 2.9 * unit))


def _host(label: Label, frame: Frame, faces: Faces, unit: float) -> list[Row]:
    return host_rows(label.host, faces, frame.text_w, max(1.5, 1.8 * unit), 0.35 * unit, 2)
