"""A QR code as one SVG path, for the sign-in page and for printed duty cards."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from labels.qr import QUIET, matrix


@dataclass(frozen=True)
class Drawing:
    """`path` in module units, the quiet zone included; `size` is the side of the square."""

    size: int
    path: str


def drawing(url: str) -> Drawing:
    """The dark modules, each run in a row as one rectangle."""
    rows = matrix(url)
    path = "".join(_row(row, y + QUIET) for y, row in enumerate(rows))
    return Drawing(len(rows) + 2 * QUIET, path)


def _row(row: bytes, y: int) -> str:
    parts, x = [], QUIET
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            parts.append(f"M{x} {y}h{length}v1h-{length}z")
        x += length
    return "".join(parts)


drawn = lru_cache(maxsize=4)(drawing)  # for addresses that stay the same; a secret is drawn afresh and not kept
