"""Text in the fonts of the labels, set by the same rules: Latin words whole, marks with what they belong to."""

from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from labels.faces import Face, Faces
from labels.text import wrap

MISSING = "〓"  # printers' own mark for a character that no font has


@dataclass(frozen=True)
class Ink:
    """Breaks and writes text. A character that the fonts lack is printed as 〓, never as an empty box."""

    fonts: Faces

    def face(self, words: str, bold: bool = False) -> tuple[Face, str]:
        """The font for a text, and the text as that font can print it."""
        several = self.fonts.bold if bold else self.fonts.regular
        for face in several:
            if face.characters.issuperset(words):
                return face, words
        face = min(several, key=lambda face: sum(c not in face.characters for c in words))
        return face, "".join(c if c in face.characters else MISSING for c in words)

    def lines(self, words: str, size: float, room: float, bold: bool = False) -> list[str]:
        """The text broken into lines of at most `room` points; a line end stays one."""
        lines: list[str] = []
        for part in words.split("\n"):
            face, part = self.face(part, bold)
            lines += [line.rstrip() for line in wrap(part, face, room / size, split=True) or [""]]
        return lines

    def fit(self, words: str, size: float, room: float, bold: bool = False) -> tuple[list[str], float]:
        """Lines and their type size: up to a quarter smaller where that keeps a number or a date in one piece."""
        face, printable = self.face(words, bold)
        for smaller in (1, 0.92, 0.84, 0.76):
            lines = [wrap(part, face, room / (size * smaller)) for part in printable.split("\n")]
            if all(each is not None for each in lines):
                return [line.rstrip() for each in lines for line in each or [""]], size * smaller
        return self.lines(words, size, room, bold), size

    def fitted(self, words: str, size: float, room: float, bold: bool = False) -> str:
        """One line of at most `room` points, cut with … where it is too long."""
        lines = self.lines(words.replace("\n", " "), size, room, bold)
        return lines[0] if len(lines) == 1 else f"{self.lines(words, size, room - size, bold)[0]}…"

    def width(self, words: str, size: float, bold: bool = False) -> float:
        face, words = self.face(words, bold)
        return face.width(words) * size

    def write(
        self,
        canvas: Canvas,
        words: str,
        x: float,
        y: float,
        size: float,
        room: float = 0,
        align: str = "left",
        bold: bool = False,
    ) -> None:
        """One line with its baseline at y; right or centred within `room` points from x on."""
        if not words:
            return
        face, words = self.face(words, bold)
        if align != "left":
            x += (room - face.width(words) * size) * (1 if align == "right" else 0.5)
        pen = canvas.beginText(x, y)
        pen.setFont(face.name, size)
        pen.textOut(words)
        canvas.drawText(pen)
