"""An upright label such as a door plate: school, name, code, letters and host under one another, centred."""

from collections.abc import Iterable

from labels.faces import Faces
from labels.frame import Frame, plate_code_size, plate_host_size
from labels.label import Label
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
from labels.text import set_text


def plate(label: Label, frame: Frame, faces: Faces, foot: str) -> Iterable[Line]:
    """The lines of a plate; the sheet's number, if any, stands at its top."""
    width = frame.text_w
    yield from _head(label, width, frame.above or 0.0, faces, foot)
    host_size = plate_host_size(width)
    bottom = code_rows(label, faces, width, plate_code_size(width), 0)
    bottom += host_rows(label.host, faces, width, host_size, 0.9 * host_size, 1)
    start = frame.text_h + DESCENT * bottom[-1].size - tall(bottom)
    yield from put(bottom, start, width, centred=True)


def _head(label: Label, width: float, above: float, faces: Faces, foot: str) -> Iterable[Line]:
    """School at the top; name, number and place in the middle of what is left above the code."""
    school = [Row(foot, faces.pick(foot), FOOT)] if foot else []
    school += fit_rows(label.school, faces, width, max(1.8, 0.054 * width), 0, 1)
    start, small, floor = tall(school), max(1.9, 0.05 * width), max(2.1, 0.06 * width)
    details = "  ".join(text for text in (label.number, label.place) if text)
    rows = fit_rows(details, faces, width, small, 0.8 * small, 1)
    air = min(0.05 * width, 0.12 * above)
    if above - start - tall(rows) < floor + 2 * air:
        rows = []
    face, room = faces.pick(label.name, bold=True), above - start - tall(rows) - 2 * air
    name = set_text(label.name, face, width, max(0, room), 0.24 * width, floor, 3)
    block = as_rows(name, face, 0) + rows
    require_room(start + tall(block), above)
    yield from put(school, 0, width, centred=True)
    yield from put(block, start + (above - start - tall(block)) / 2, width, centred=True)
