"""What is printed on one label, and why a label may be refused."""

import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

KINDS = ("asset", "room", "blank")
GROUP = 4  # letters of the code that stay together: "7K3M 9QX2" is easier to type than "7K3M9QX2"


class LabelError(ValueError):
    """A label that must not be printed.

    The sentence for the person at the screen is the caller's; here are a reason and the values behind it:

    missing-characters (characters) · module-too-small (module_mm, minimum_mm, version) · no-room (needed_mm,
    room_mm) · url-too-long (length) · bad-url (url) · no-code (url) · bad-kind (kind) ·
    bad-sheet (problems) · bad-cell (cell or None, cells) · bad-copies (copies) · bad-shift (shift, most) ·
    bad-font (path, detail)
    """

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(f"{reason}: {values}" if values else reason)
        self.reason = reason
        self.values = values


@dataclass(frozen=True)
class Label:
    """The data of one label. `kind` is "asset", "room" or "blank" (printed now, given to a thing later)."""

    code: str
    url: str
    school: str
    name: str
    number: str = ""
    place: str = ""
    kind: str = "asset"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise LabelError("bad-kind", kind=self.kind)
        for field in ("code", "school", "name", "number", "place"):
            object.__setattr__(self, field, tidy(getattr(self, field)))
        if not self.code:
            raise LabelError("no-code", url=self.url)

    @property
    def host(self) -> str:
        """Host and port of the address, printed so that a foreign sticker over ours is noticed."""
        return host_of(self.url)

    @property
    def groups(self) -> tuple[str, ...]:
        """The code in groups of four: ("7K3M", "9QX2")."""
        return tuple(self.code[i : i + GROUP] for i in range(0, len(self.code), GROUP))

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that ends up on paper."""
        return (self.school, self.name, self.number, self.place, self.code, self.host)


def host_of(url: str) -> str:
    """The host, with the port if there is one; refuses what is not a web address."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError as error:
        raise LabelError("bad-url", url=url) from error
    if parts.scheme.lower() not in ("http", "https") or not host or any(c.isspace() for c in url):
        raise LabelError("bad-url", url=url)
    return host


def tidy(text: str) -> str:
    """One line, without the invisible characters (joiners, marks, breaks) that spreadsheets bring along."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    seen = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(c for c in seen if unicodedata.category(c) not in ("Cc", "Cf"))
