"""Setting a text into a box: wrap, then shrink, then cut. Widths in multiples of the type size (em)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from labels.faces import Face

ELLIPSIS = "…"
STEP = 0.94  # from one type size to the next smaller one
LEADING = 1.18  # from baseline to baseline, in type sizes
WORTH = 0.75  # fewer lines are worth this much of the type size
SLACK = 1e-9  # mm, against rounding

# Chinese breaks anywhere, except that marks stay with what they open or close (GB/T 15834); Latin words and
# figures stay whole.
_OPEN = r"\(\[\{\uff08\uff3b\uff5b〔〈《「『【“‘"
_CLOSE = r"\)\]\}\uff09\uff3d\uff5d\uff0c\uff0e\uff1a\uff1b\uff1f\uff01\uff05〕〉》」』】”’,。、;:?!…"
_LATIN = rf"[^\s\u2e80-\U0010ffff{_OPEN}{_CLOSE}]+"
_TOKEN = re.compile(rf"[{_OPEN}]*(?:{_LATIN}|[^{_OPEN}])?[{_CLOSE}]*\s*")


@dataclass(frozen=True)
class Setting:
    """Lines of a text and their size in mm."""

    lines: tuple[str, ...]
    size: float
    cut: bool = False

    @property
    def height(self) -> float:
        """From the top of the first line to the foot of the last, in mm."""
        return height(len(self.lines), self.size)


def height(lines: int, size: float) -> float:
    """Height of so many lines of a size, in mm."""
    return size * (1 + (lines - 1) * LEADING) if lines else 0


@lru_cache(maxsize=8192)
def tokens(text: str, face: Face) -> tuple[tuple[str, float, float], ...]:
    """Pieces that a line may be broken between: the piece, its width without and with the space after it."""
    pieces = [piece for piece in _TOKEN.findall(text) if piece]
    return tuple((piece, face.width(piece.rstrip()), face.width(piece)) for piece in pieces)


def wrap(text: str, face: Face, limit: float, split: bool = False) -> list[str] | None:
    """Lines no wider than `limit` em; None if a piece is wider than that and must not be split.

    The space at which a line was broken stays at its end.
    """
    lines, line, used = [], "", 0.0
    for piece, bare, full in tokens(text, face):
        if used + bare <= limit:
            line, used = line + piece, used + full
            continue
        if line:
            lines.append(line)
        if bare > limit:
            if not split:
                return None
            *whole, piece = _chop(piece, face, limit)
            lines += whole
            full = face.width(piece)
        line, used = piece, full
    return [*lines, line] if line else lines


def _bare(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in lines)


def _chop(piece: str, face: Face, limit: float) -> list[str]:
    """Cut a long word into parts that fit; a single character that is too wide stays one part."""
    parts = [""]
    for character in piece:
        if parts[-1] and face.width(parts[-1] + character) > limit:
            parts.append("")
        parts[-1] += character
    return parts


@lru_cache(maxsize=8192)
def set_text(
    text: str, face: Face, width: float, room: float, largest: float, floor: float, most_lines: int
) -> Setting:
    """The text in a box of `width` × `room` mm, in sizes from `largest` down to `floor` mm.

    Fewest lines win as long as the type stays nearly as large; then words may be split; then the end is cut.
    """
    if not text:
        return Setting((), largest)
    for split in (False, True):
        if found := _search(text, face, (width, room), (largest, floor), most_lines, split):
            return found
    return _cut(text, face, width, room, floor, most_lines)


def _search(
    text: str,
    face: Face,
    box: tuple[float, float],
    sizes: tuple[float, float],
    most_lines: int,
    split: bool,
) -> Setting | None:
    (width, room), (largest, floor) = box, sizes
    fewest: Setting | None = None
    best = 0.0
    for size in _sizes(largest, floor):
        if size < best * WORTH:
            break
        lines = wrap(text, face, width / size, split)
        if not lines or len(lines) > most_lines or height(len(lines), size) > room + SLACK:
            continue
        best = best or size
        if fewest is None or len(lines) < len(fewest.lines):
            fewest = Setting(_bare(lines), size)
        if len(lines) == 1:
            break
    return _balance(text, face, width, fewest) if fewest else None


def _sizes(largest: float, floor: float) -> Iterator[float]:
    while largest > floor:
        yield largest
        largest *= STEP
    yield floor


def _balance(text: str, face: Face, width: float, setting: Setting) -> Setting:
    """The same number of lines, but of like length: 课桌椅/套装 rather than 课桌椅套/装."""
    count = len(setting.lines)
    if count == 1:
        return setting
    limit = width / setting.size
    for share in (1 / count + 0.02, 0.6, 0.7, 0.8, 0.9):
        lines = wrap(text, face, limit * share)
        if lines and len(lines) == count:
            return Setting(_bare(lines), setting.size)
    return setting


def _cut(text: str, face: Face, width: float, room: float, size: float, most_lines: int) -> Setting:
    """As many lines as there is room for at the smallest size, ending in …"""
    fitting = max(1, min(most_lines, int((room / size - 1) / LEADING + 1 + 1e-9)))
    lines = wrap(text, face, width / size, split=True) or [""]
    if len(lines) <= fitting:
        return Setting(_bare(lines), size)
    last = lines[fitting - 1] + lines[fitting]
    while last and face.width(last + ELLIPSIS) * size > width:
        last = last[:-1]
    return Setting((*_bare(lines[: fitting - 1]), last.rstrip() + ELLIPSIS), size, cut=True)
