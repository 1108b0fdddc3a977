"""From numbers to shapes: bars lying and standing, several parts in one, and lines of shares over time."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

WIDTH = 340
STEP, BAR = 42, 12  # from bar to bar, and how thick one is
MOST = 12  # bars in one drawing; what is left over stands in the table
TALL, HEAD, FOOT = 150, 22, 24  # of standing bars and lines: the field, the room above it and below
WIDE, NARROW = 15, 8.2  # of a character at the size of the words


class Mark(NamedTuple):
    """One shape: `tag` is rect, text or path, `attributes` what SVG asks of it, `words` what a text says."""

    tag: str
    look: str
    attributes: dict[str, Any]
    words: str = ""


class Group(NamedTuple):
    """Shapes that belong together; a pointer that rests on them reads `title`."""

    title: str
    marks: list[Mark]


@dataclass(frozen=True)
class Chart:
    """A finished drawing. `says` is what a screen reader reads instead of it; `series` the words of its parts in
    their order, empty where there is one; `others` how many rows were left to the table."""

    title: str
    says: str
    height: float
    groups: Sequence[Group]
    series: Sequence[str] = ()
    others: int = 0
    width: int = WIDTH

    def __bool__(self) -> bool:
        return bool(self.groups)


Row = tuple[str, Any, str]


def bars(
    title: str,
    rows: Iterable[Row],
    *,
    series: Sequence[str] = (),
    full: float | None = None,
    sort: bool = True,
    least: bool = False,
    most: int = MOST,
) -> Chart:
    """Bars that lie: (name, number or numbers, number in words) each, the name and the words above its bar.

    Several numbers are parts in one bar, named by `series`. full: what a whole bar stands for (a pale one behind
    shows it), else the largest sum. sort: the largest first, or the least; rows with an order of their own keep it.
    Rows without a number (None) are not drawn.
    """
    known = [(name, parts, words) for name, number, words in rows if (parts := _parts(number)) is not None]
    drawn = sorted(known, key=lambda row: sum(row[1]) if least else -sum(row[1])) if sort else list(known)
    drawn = drawn[:most]
    top = full or max((sum(parts) for _name, parts, _words in drawn), default=0) or 1
    groups = [_lying(row, number * STEP, top, full is not None) for number, row in enumerate(drawn)]
    return Chart(title, _said(drawn, series), len(drawn) * STEP - 4, groups, series, len(known) - len(drawn))


def _lying(row: tuple[str, tuple[float, ...], str], y: float, top: float, track: bool) -> Group:
    name, parts, words = row
    marks = [
        Mark("text", "chart-name", {"x": 0, "y": y + 15}, cut(name, WIDTH - wide(words) - 14)),
        Mark("text", "chart-number", {"x": WIDTH, "y": y + 15, "text-anchor": "end"}, words),
    ]
    if track:
        marks.append(Mark("rect", "chart-track", {"x": 0, "y": y + 21, "width": WIDTH, "height": BAR}))
    for number, (start, length) in enumerate(_stacked(parts, WIDTH / top), 1):
        marks.append(Mark("rect", f"part-{number}", {"x": start, "y": y + 21, "width": length, "height": BAR}))
    return Group(f"{name} {words}", marks)


def columns(title: str, rows: Sequence[Row], *, series: Sequence[str] = ()) -> Chart:
    """Bars that stand, in the order they are given (months): the words above each, the name below it."""
    known = [(name, _parts(number) or (0,), words) for name, number, words in rows]
    top = max((sum(parts) for _name, parts, _words in known), default=0) or 1
    each = WIDTH / max(len(known), 1)
    groups = [_standing(row, number * each, each, top) for number, row in enumerate(known)]
    base = Mark("path", "chart-base", {"d": f"M0 {HEAD + TALL}H{WIDTH}"})
    if groups:
        groups.append(Group("", [base]))
    return Chart(title, _said(known, series), HEAD + TALL + FOOT, groups, series)


def _standing(row: tuple[str, tuple[float, ...], str], x: float, each: float, top: float) -> Group:
    name, parts, words = row
    width, floor, marks = min(each * 0.68, 56), HEAD + TALL, []
    left = x + (each - width) / 2
    for number, (start, length) in enumerate(_stacked(parts, TALL / top), 1):
        box = {"x": round(left, 1), "y": round(floor - start - length, 1), "width": round(width, 1), "height": length}
        marks.append(Mark("rect", f"part-{number}", box))
    middle, high = round(x + each / 2, 1), TALL * sum(parts) / top
    over = {"x": middle, "y": round(floor - high - 6, 1), "text-anchor": "middle"}
    under = {"x": middle, "y": floor + 18, "text-anchor": "middle"}
    small = "chart-small " if each < 40 else ""
    marks.append(Mark("text", f"{small}chart-number", over, words))
    marks.append(Mark("text", f"{small}chart-name", under, name))
    return Group(f"{name} {words}", marks)


def lines(
    title: str,
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    words: Callable[[float], str],
    full: float = 1,
) -> Chart:
    """Shares over time: for each of `series` its words and one number per name, None where there is none (the line
    breaks there). Lines differ in their points, too, so that they can be told apart in black and white."""
    if not any(value is not None for _word, values in series for value in values):
        return Chart(title, "", 0, ())
    each = WIDTH / len(names)
    across = [round(each * (number + 0.5), 1) for number in range(len(names))]
    groups = [_grid(full, words)]
    for number, (word, values) in enumerate(series, 1):
        spots = [
            (x, None if value is None else round(HEAD + TALL * (1 - value / full), 1))
            for x, value in zip(across, values, strict=True)
        ]
        groups.append(_line(word, number, spots, [None if value is None else words(value) for value in values]))
    look = "chart-small chart-name" if each < 40 else "chart-name"
    below = [
        Mark("text", look, {"x": x, "y": HEAD + TALL + 18, "text-anchor": "middle"}, name)
        for x, name in zip(across, names, strict=True)
    ]
    groups.append(Group("", below))
    rows = [
        (f"{name} {word}", (value,), words(value))
        for word, values in series
        for name, value in zip(names, values, strict=True)
        if value is not None
    ]
    return Chart(title, _said(rows, ()), HEAD + TALL + FOOT, groups, [word for word, _values in series])


def _grid(full: float, words: Callable[[float], str]) -> Group:
    marks = []
    for share in (0, 0.5, 1):
        y = HEAD + TALL * (1 - share)
        marks.append(Mark("path", "chart-base" if share == 0 else "chart-grid", {"d": f"M0 {y:g}H{WIDTH}"}))
        marks.append(Mark("text", "chart-small chart-quiet", {"x": 0, "y": f"{y - 4:g}"}, words(full * share)))
    return Group("", marks)


def _line(word: str, number: int, spots: Sequence[tuple[float, float | None]], said: Sequence[str | None]) -> Group:
    path, pen = [], "M"
    for x, y in spots:
        if y is not None:
            path.append(f"{pen}{x:g} {y:g}")
        pen = "M" if y is None else "L"
    marks = [Mark("path", f"line-{number}", {"d": "".join(path)})] if path else []
    for x, y in spots:
        if y is not None:
            marks.append(Mark("path", f"point-{number}", {"d": _point(number, x, y)}))
    last = next(((x, y, value) for (x, y), value in reversed(list(zip(spots, said, strict=True))) if y is not None), 0)
    if last:
        x, y, value = last
        # The first line is told below its point and the second above: they never lie on each other.
        spot = {"x": min(x, WIDTH - 4), "y": round(y + 20 if number == 1 else y - 9, 1), "text-anchor": "middle"}
        if x + wide(value) / 2 > WIDTH:
            spot |= {"x": WIDTH, "text-anchor": "end"}
        marks.append(Mark("text", "chart-small chart-number", spot, value))
    return Group(word, marks)


def _point(number: int, x: float, y: float) -> str:
    """A round point for the first line, a square one for the second, a triangle for the third."""
    if number == 1:
        return f"M{x - 4:g} {y:g}a4 4 0 1 0 8 0a4 4 0 1 0-8 0"
    return f"M{x - 4:g} {y - 4:g}h8v8h-8z" if number == 2 else f"M{x:g} {y - 5:g}l5 9h-10z"


def _parts(number: Any) -> tuple[float, ...] | None:
    if number is None:
        return None
    parts = number if isinstance(number, tuple | list) else (number,)
    return tuple(max(part or 0, 0) for part in parts)


def _stacked(parts: Sequence[float], scale: float) -> Iterable[tuple[float, float]]:
    """Where each part begins and how long it is; parts of nothing too, so that their number stays their colour."""
    ends = list(accumulate(parts))
    return [(round((end - part) * scale, 1), round(part * scale, 1)) for part, end in zip(parts, ends, strict=True)]


def _said(rows: Sequence[tuple[str, tuple[float, ...], str]], series: Sequence[str]) -> str:
    """The drawing in words: each row's name and number, and its parts where there are several."""
    said = []
    for name, parts, words in rows:
        inside = ", ".join(f"{word} {part:g}" for word, part in zip(series, parts, strict=False)) if series else ""
        said.append(f"{name} {words} ({inside})" if inside else f"{name} {words}")
    return "; ".join(said)


def wide(words: str) -> float:
    """How many units some words take at the size of the names."""
    return sum(WIDE if unicodedata.east_asian_width(c) in "WF" else NARROW for c in words)


def cut(words: str, room: float) -> str:
    """As much of some words as fits, with … where there was more."""
    if wide(words) <= room:
        return words
    while words and wide(words) > room - WIDE:
        words = words[:-1]
    return f"{words}…"
