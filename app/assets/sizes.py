"""Size numbers of pupils' desks and chairs, GB/T 3976-2014 (No. 1–10 as in 2002, No. 0 added in 2014)."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

# The tag that a desk of a size wears: its word, and the colour that a page paints beside the word.
TAGS = {
    "blue": (_l("blue tag"), "#1f5fa8"),
    "white": (_l("white tag"), "#ffffff"),
    "green": (_l("green tag"), "#2e7d32"),
    "red": (_l("red tag"), "#c8102e"),
    "yellow": (_l("yellow tag"), "#f2c200"),
    "purple": (_l("purple tag"), "#7b3fa0"),
}


@dataclass(frozen=True)
class Size:
    """One size number: height of the desk top in mm, stature of its pupils in cm (None: no limit), its tag."""

    number: int
    desk: int
    shortest: int | None = None
    tallest: int | None = None
    tag: str | None = None

    @property
    def pupils(self) -> str:
        """`143–157 cm`, `≥ 173 cm`, `≤ 119 cm`; empty where the standard's table is not at hand (No. 0)."""
        if self.shortest and self.tallest:
            return f"{self.shortest}–{self.tallest} cm"
        if self.shortest:
            return f"≥ {self.shortest} cm"
        return f"≤ {self.tallest} cm" if self.tallest else ""

    @property
    def tag_word(self) -> str:
        return str(TAGS[self.tag][0]) if self.tag else ""

    @property
    def colour(self) -> str:
        return TAGS[self.tag][1] if self.tag else ""

    @property
    def words(self) -> str:
        """`No. 5, desk 640 mm`."""
        return _("No. %(number)s, desk %(height)s mm", number=self.number, height=self.desk)

    def __str__(self) -> str:
        return self.words


SIZES = {
    size.number: size
    for size in (
        Size(0, 790),
        Size(1, 760, 173, None, "blue"),
        Size(2, 730, 165, 179, "white"),
        Size(3, 700, 158, 172, "green"),
        Size(4, 670, 150, 164, "white"),
        Size(5, 640, 143, 157, "red"),
        Size(6, 610, 135, 149, "white"),
        Size(7, 580, 128, 142, "yellow"),
        Size(8, 550, 120, 134, "white"),
        Size(9, 520, 113, 127, "purple"),
        Size(10, 490, None, 119, "white"),
    )
}
