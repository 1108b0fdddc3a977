"""Bars that a server draws: zero-based, each with its words and its number above it, black on white if need be."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.charts.draw import cut, wide

WIDTH, STEP, BAR = 340, 42, 14  # of the drawing, from bar to bar, of a bar
MOST = 12


@dataclass(frozen=True)
class Bar:
    name: str
    whole: str
    words: str
    length: float
    y: int


@dataclass(frozen=True)
class Chart:
    """`track`: a pale bar behind each shows the whole, where 100 % is one."""

    bars: list[Bar]
    others: int
    track: bool
    width: int = WIDTH

    @property
    def height(self) -> int:
        return len(self.bars) * STEP


def chart(
    rows: Sequence[tuple[str, float, str]], *, full: float | None = None, sort: bool = True, least: bool = False
) -> Chart:
    """Of (name, number, number in words). full: what a whole bar stands for, else the largest number.

    The largest stand first, or the least, unless they have an order of their own; at most twelve are drawn.
    """
    rows = [row for row in rows if row[1] is not None]
    drawn = sorted(rows, key=lambda row: row[1] if least else -row[1])[:MOST]
    if not sort:
        drawn = [row for row in rows if row in drawn][:MOST]
    top = full or max((number for _name, number, _words in drawn), default=0) or 1
    bars = [
        Bar(cut(name, WIDTH - wide(words) - 14), name, words, round(WIDTH * max(number, 0) / top, 1), place * STEP)
        for place, (name, number, words) in enumerate(drawn)
    ]
    return Chart(bars, len(rows) - len(drawn), full is not None)
