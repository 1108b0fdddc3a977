"""What stands on a paper, as frozen rows of data. How it looks is for the page's template and for pdf.py.

Everything is text in the reader's language, ready to print; None prints as nothing. Plain tuples will do wherever
Fact and Signature are asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

ALIGN = ("left", "right", "center")
LONG = 26  # characters of a value that no longer fits into half the page


class Fact(NamedTuple):
    """A label and its value. `wide`: over the whole page; a long value takes it by itself."""

    label: Any
    value: Any = ""
    wide: bool = False


class Signature(NamedTuple):
    """Who signs. `name` and `date` are filled in when it was agreed on a phone; else the line stays empty."""

    label: Any
    name: Any = ""
    date: Any = ""


class Opinion(NamedTuple):
    """A box of an approval form: whose opinion, the words if there are any, and who signed when."""

    label: Any
    words: Any = ""
    name: Any = ""
    date: Any = ""


class Picture(NamedTuple):
    """An evidence photo (photos.models.Photo) and what it shows."""

    photo: Any
    caption: Any = ""


class Heading(NamedTuple):
    """A row of a table that is words over its whole width: what the rows below it have in common."""

    words: Any
    is_heading = True


class Sums(tuple):
    """A row of a table that sums up the rows above it, set like the foot."""

    is_sum = True


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its share of the width against the others, left, right or center."""

    title: Any
    share: float = 1
    align: str = "left"

    def __post_init__(self) -> None:
        if self.align not in ALIGN or self.share <= 0:
            raise ValueError(f"no such column: {self!r}")


@dataclass(frozen=True)
class Table:
    """Rows under headings that repeat on each page.

    rows: sequences of values, one per column; Heading and Sums between them. foot: a row of sums, one value per
    column ("" for none). title: a line above. empty: the sentence of a table without rows. blank: so many empty rows
    to write in.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]] = ()
    foot: Sequence[Any] = ()
    title: Any = ""
    empty: Any = ""
    blank: int = 0

    @cached_property
    def widths(self) -> tuple[float, ...]:
        """Each column's part of the whole width; together 1."""
        whole = sum(column.share for column in self.columns)
        return tuple(column.share / whole for column in self.columns)


@dataclass(frozen=True)
class Paper:
    """One paper.

    title, number: as they stand in the head. subtitle: left of the number, such as the day or the office.
    copies: names of the copies (一式n份); each is printed as pages of its own that carry its name. One copy
    without a name if there are none.
    facts: labels and values, two beside each other. intro, paragraphs: prose before and after the tables.
    opinions: boxes of an approval form. signatures: lines to sign on, kept together on one page.
    code_url: address of the live record (`url_for(…)` or a whole address), printed as a small code.
    landscape: A4 lying down, for many columns.
    """

    title: Any
    number: Any = ""
    subtitle: Any = ""
    copies: Sequence[Any] = ()
    facts: Sequence[Sequence[Any]] = ()
    intro: Sequence[Any] = ()
    tables: Sequence[Table] = ()
    paragraphs: Sequence[Any] = ()
    pictures: Sequence[Picture] = ()
    opinions: Sequence[Sequence[Any]] = ()
    signatures: Sequence[Sequence[Any]] = ()
    code_url: str = ""
    landscape: bool = False
    across: int = field(default=0)  # signatures in a row; 0: three upright, four lying down

    @property
    def runs(self) -> tuple[Any, ...]:
        """The copies to print: at least one, which may be nameless."""
        return tuple(self.copies) or ("",)

    @property
    def signed(self) -> list[Signature]:
        return [Signature(*each) for each in self.signatures]

    @property
    def asked(self) -> list[Opinion]:
        return [Opinion(*each) for each in self.opinions]

    @property
    def shown(self) -> list[Picture]:
        return [Picture(*each) for each in self.pictures]

    @property
    def in_a_row(self) -> int:
        return self.across or (4 if self.landscape else 3)

    @property
    def fact_rows(self) -> list[tuple[Fact, ...]]:
        """The facts as the lines of the form: two short ones or one wide one."""
        return list(_lines(Fact(*each) for each in self.facts))


def _lines(facts: Iterator[Fact]) -> Iterator[tuple[Fact, ...]]:
    waiting: Fact | None = None
    for fact in facts:
        if fact.wide or len(text(fact.value)) > LONG:
            if waiting:
                yield (waiting,)
                waiting = None
            yield (fact,)
        elif waiting:
            yield (waiting, fact)
            waiting = None
        else:
            waiting = fact
    if waiting:
        yield (waiting,)


def text(value: Any) -> str:
    """What is printed of a value: None is nothing, control characters are gone, line ends stay."""
    if value is None:
        return ""
    return "".join(c for c in str(value).replace("\r\n", "\n") if c >= " " or c == "\n").strip()


# Who builds what ---------------------------------------------------------------------------------------------

Builder = Callable[[Any, int], Paper | None]
_builders: dict[str, Builder] = {}


def register(kind: str, build: Builder) -> None:
    """Say who builds the papers of a kind: `build(who, id)` asks the permission itself, None is 404."""
    _builders[kind] = build


def build(kind: str, who: Any, id: int) -> Paper | None:
    """The paper, or None when there is none or `who` may not see it."""
    builder = _builders.get(kind)
    return builder(who, id) if builder and 0 < id < 2**63 else None


def kinds() -> list[str]:
    """Every kind of paper that can be asked for."""
    return sorted(_builders)
