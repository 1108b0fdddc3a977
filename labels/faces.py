"""The fonts labels are set in: two vendored subsets of Noto Sans SC, and a fuller one if a school has it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zlib import crc32

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from labels.label import Label, LabelError

FONTS = Path(__file__).parent / "fonts"


@dataclass(frozen=True, eq=False)
class Face:
    """One weight of one font. `widths`: advance of each character in thousandths of the type size."""

    name: str
    path: Path
    widths: dict[int, float]
    characters: frozenset[str]

    def width(self, text: str) -> float:
        """Width of a text in multiples of the type size."""
        return sum(map(self.widths.__getitem__, map(ord, text))) / 1000


@dataclass(frozen=True, eq=False)
class Faces:
    """Fonts by weight in the order they are tried: ours, then the fuller one."""

    regular: tuple[Face, ...]
    bold: tuple[Face, ...]

    def pick(self, text: str, bold: bool = False) -> Face:
        """The first font with all characters of the text: one text is never set in two fonts."""
        for face in self.bold if bold else self.regular:
            if face.characters.issuperset(text):
                return face
        raise LabelError("missing-characters", characters=self.missing([text]))

    def missing(self, texts: Iterable[str]) -> str:
        """Characters that can't be printed, each once, in order of appearance."""
        lacking: dict[str, None] = {}
        for text in texts:
            if not any(face.characters.issuperset(text) for face in self.regular):
                last = self.regular[-1].characters
                lacking.update(dict.fromkeys(c for c in text if c not in last))
        return "".join(lacking)


def faces(font_path: str | Path | None = None) -> Faces:
    """The built-in fonts, with the TrueType file at `font_path` behind them for rare characters."""
    return _faces(str(font_path) if font_path else None)


@lru_cache(maxsize=8)
def _faces(font_path: str | None) -> Faces:
    regular = _face("NotoSansSC-Regular", FONTS / "NotoSansSC-Regular.ttf")
    bold = _face("NotoSansSC-Bold", FONTS / "NotoSansSC-Bold.ttf")
    if font_path is None:
        return Faces((regular,), (bold,))
    fuller = _face(f"Fuller-{crc32(font_path.encode()):08x}", Path(font_path))
    return Faces((regular, fuller), (bold, fuller))


@lru_cache(maxsize=8)
def _face(name: str, path: Path) -> Face:
    """Read and register a font under a name of its own, or LabelError("bad-font")."""
    try:
        font = TTFont(name, str(path), asciiReadable=True, shapable=False)
    except (OSError, TTFError) as error:
        raise LabelError("bad-font", path=str(path), detail=str(error)) from error
    # reportlab takes files of one PostScript name for one font and would print the second one's characters
    # as boxes; the whole Noto Sans SC is called the same as our subset of it.
    font.face.name = name.encode("ascii")
    pdfmetrics.registerFont(font)
    known = font.face.charToGlyph
    widths = {code: font.face.charWidths.get(code, font.face.defaultWidth) for code in known}
    return Face(name, path, widths, frozenset(map(chr, known)))


def missing_characters(what: str | Label | Iterable[str | Label], font_path: str | Path | None = None) -> str:
    """Characters of a text, a label or several of them that no font has, each once; "" when all is well.

    To be named before printing: what a font lacks would come out as an empty box.
    """
    several = [what] if isinstance(what, str | Label) else what
    texts = (text for one in several for text in (one.texts if isinstance(one, Label) else (one,)))
    return faces(font_path).missing(texts)
