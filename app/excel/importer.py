"""An import: which columns, how a row is understood, what it is compared with, and what is done with it.

A noun writes a subclass and lends it its blueprint (`views.import_pages`):

>>> class RoomImporter(Importer):
...     name, title = "rooms", _l("Import rooms")
...     key = ("number",)
...     columns = (
...         Column("number", _l("Number"), parse.text, needed=True, aliases=("房间号", "门牌号"), example="201"),
...         Column("name", _l("Name"), parse.text, needed=True),
...         Column("kind", _l("Kind"), parse.one_of(KINDS), options=KINDS),
...         Column("area", _l("Area"), parse.count, kind="int"),
...     )
...     def begin(self):
...         self.known = {room.number: room for room in Place.rooms()}
...     def find(self, line):
...         return self.known.get(line["number"])
...     def check(self, line):
...         if line.get("area", 1) > 900:
...             line.wrong(_("No room is that large."), "area")
...     def add(self, line):
...         Place.add("special", by=self.by, **line.values)
...     def change(self, room, line):
...         room.change(self.by, **line.values)

What holds for every import: an empty cell says nothing (an update leaves what is stored as it is); rows are found
again by their key, so the same file twice changes nothing; two rows with one key are a problem; a single problem
and nothing at all is stored.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar

from flask import Response
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form

from app.config import LANGUAGES
from app.db import writing
from app.errors import Refused
from app.excel import parse, read
from app.words import money

STEP = 200  # rows between two words about how far it is
MOST_PROBLEMS = 3_000  # told on the page; the sheet with the error column holds them all
MOST_REMARKS = 200
SAMPLE = 5  # rows shown as they were understood
PROBLEM = _l("Problem")  # heading of the error column; passed over when the sheet comes back


@dataclass(frozen=True)
class Column:
    """A column of an import.

    key: its name in `line[…]`, and the field of the row it is compared with. title: the heading of our template; it
    is known in every language. read: cell → value, ValueError with a sentence otherwise (see parse.py).
    needed: every row must fill it. aliases: other headings, such as those of the finance system.
    offered: whether the template has it; headings that only other systems write are understood without.
    options: what the template offers to choose from: a sequence, a mapping of words to what is stored (the one given
    to parse.one_of), or a function that gives a sequence. note, example: for
    the template's sheet of notes. kind, width: as in out.Col, for the template's cells. words: how a value is shown as
    it was understood, when it is no text of its own.
    """

    key: str
    title: Any
    read: Callable[[Any], Any] = parse.text
    needed: bool = False
    aliases: Sequence[str] = ()
    options: Iterable[Any] | Callable[[], Iterable[Any]] = ()
    note: Any = ""
    example: Any = ""
    kind: str = "text"
    width: float | None = None
    offered: bool = True
    words: Callable[[Any], str] | None = None

    @property
    def choices(self) -> list[str]:
        return [str(each) for each in (self.options() if callable(self.options) else self.options)]

    def headings(self) -> list[str]:
        """Every way its heading may be written; first the one in the reader's language."""
        return list(dict.fromkeys([*in_every_language(self.title), *self.aliases]))

    def shown(self, value: Any) -> str:
        """A value as it was understood, for the page."""
        if value is None:
            return ""
        if self.words:
            return self.words(value)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if self.kind == "money" and isinstance(value, int):
            return money(value)
        if isinstance(self.options, Mapping):  # words → what is stored
            return next((str(words) for words, meant in self.options.items() if meant == value), str(value))
        return value.strftime("%Y-%m-%d") if isinstance(value, date | datetime) else str(value)


@dataclass
class Problem:
    """What is wrong in a row, in words. `row`: as Excel counts. `title`: of the column, if it is one cell."""

    row: int
    title: str
    sentence: str
    key: str = ""


@dataclass
class Line:
    """A row of the sheet as it was understood. `values` holds what was filled in and made sense.

    After the comparison: `thing` is the row it stands for, if there is one; `state` is add, change or same.
    """

    number: int
    values: dict[str, Any]
    problems: list[tuple[str, str]] = field(default_factory=list)  # (key or "", sentence)
    misread: int = 0  # so many of the problems are cells that made no sense
    remarks: list[tuple[str, str]] = field(default_factory=list)  # what should be known, and hinders nothing
    thing: Any = None
    state: str = ""

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def wrong(self, sentence: str, key: str = "") -> None:
        """Say what is wrong with this row; `key` names the cell."""
        self.problems.append((key, sentence))

    def remark(self, sentence: str, key: str = "") -> None:
        """Say what the import will not do with this row, or does besides; the row is stored all the same."""
        self.remarks.append((key, sentence))


@dataclass
class Report:
    """What a dry run found out; what the page shows. Survives as JSON beside the file."""

    filename: str = ""
    sheet: str = ""
    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    wrong: int = 0  # rows with problems
    problems: list[Problem] = field(default_factory=list)
    untold: int = 0  # problems beyond MOST_PROBLEMS
    remarks: list[Problem] = field(default_factory=list)  # no problems; what should be known
    unremarked: int = 0  # remarks beyond MOST_REMARKS
    columns: list[tuple[str, str]] = field(default_factory=list)  # (our title, heading in the file)
    ignored: list[str] = field(default_factory=list)  # headings that mean nothing to us
    sample: list[list[str]] = field(default_factory=list)
    sample_titles: list[str] = field(default_factory=list)
    unreadable: str = ""  # the sentence, when it was no sheet at all

    @property
    def fine(self) -> bool:
        """Whether it may be applied."""
        return not (self.wrong or self.unreadable) and bool(self.rows)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Report":
        told = {name: [Problem(**each) for each in kept[name]] for name in ("problems", "remarks")}
        return cls(**{**kept, **told})


class Importer:
    """Base of all imports. Subclasses say what stands in ClassVars and write the verbs below."""

    name: ClassVar[str]  # short, for files and claims: "assets"
    title: ClassVar[Any]  # heading of the page: "Import assets"
    columns: ClassVar[Sequence[Column]]
    key: ClassVar[Sequence[str]]  # columns that together name a row
    notes: ClassVar[Sequence[Any]] = ()  # further sentences for the page and for the template
    questions: ClassVar[type[Form] | None] = None  # asked beside the file; what was answered stands in `given`

    def __init__(self, by: Any, given: Mapping[str, str] | None = None):
        self.by = getattr(by, "_get_current_object", lambda: by)()  # asked ten thousand times
        self.given = dict(given or {})
        self.lines: list[Line] = []
        self.report = Report()
        self.tell: Callable[[int, int], None] = lambda done, of: None  # how far the import is, for `finish`

    # What a noun writes

    def begin(self) -> None:
        """Load what rows are compared with. Called once before the comparison, inside the act when it is applied."""

    def check(self, line: Line) -> None:
        """Look at a row as a whole, with the database at hand; `line.wrong(sentence, key)` for what does not fit.
        Needed columns are there; ask for the others with `line.get`. `line.thing` is what `find` gave."""

    def check_all(self, lines: Sequence[Line]) -> None:
        """Look at the rows together."""

    def key_of(self, line: Line) -> Any:
        """What a row is found again by; None when its key is not filled in."""
        parts = tuple(line.get(key) for key in self.key)
        return None if None in parts else parts

    def find(self, line: Line) -> Any:
        """The row in the database that this line stands for, or None: it will be added."""
        return None

    def differs(self, thing: Any, line: Line) -> bool:
        """Whether the line would change something. As it stands: compares the values with attributes of the row."""
        return any(getattr(thing, key) != value for key, value in line.values.items())

    def add(self, line: Line) -> Any:
        """Make the row of a line."""
        raise NotImplementedError

    def change(self, thing: Any, line: Line) -> None:
        """Bring a row up to what the line says."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Called between `reading` and the act: what is too slow for the write lock."""

    def found_again(self) -> str:
        """By what rows are found again, as a sentence for the page and for the template."""
        return _(
            "Rows are found again by: %(titles)s. The same sheet sent again changes nothing and doubles nothing.",
            titles=_(", ").join(self.titled(key) for key in self.key),
        )

    def finish(self, report: Report) -> None:
        """Called at the end of the act: what is stored for all lines together, one more event, counts."""

    def answer(self, report: Report) -> Response | None:
        """A page of its own after the import, instead of the list with a sentence."""
        return None

    # What comes with it

    def headings(self) -> dict[str, list[str]]:
        return {column.key: column.headings() for column in self.columns}

    def titled(self, key: str) -> str:
        return next((str(column.title) for column in self.columns if column.key == key), "")

    def steps(self, path: Path, filename: str) -> Iterator[tuple[int, int]]:
        """The dry run, step by step as (done, of). Afterwards `report` tells, and nothing was stored."""
        yield from self.reading(path, filename)
        if not self.report.unreadable:
            yield from self.comparing()

    def dry_run(self, path: Path, filename: str = "") -> Report:
        for _step in self.steps(path, filename):
            pass
        return self.report

    def reading(self, path: Path, filename: str = "") -> Iterator[tuple[int, int]]:
        """File → lines. Needs no database but what the parsers ask."""
        self.lines, self.report = [], Report(filename=filename)
        try:
            with read.find(path, self.headings(), [c.key for c in self.columns if c.needed]) as found:
                self._note(found)
                yield 0, 2 * found.about
                for number, row in found.rows:
                    self.lines.append(self._line(number, row, found.columns))
                    if len(self.lines) % STEP == 0:
                        yield len(self.lines), 2 * max(found.about, len(self.lines))
            if not self.lines:
                raise read.Unreadable(_("There is nothing below the headings."))
        except read.Unreadable as why:
            self.report.unreadable = str(why)
        self.report.rows = len(self.lines)

    def comparing(self) -> Iterator[tuple[int, int]]:
        """Lines → what each would do. Fills the report."""
        count = len(self.lines)
        self.begin()
        seen: dict[Any, int] = {}
        for done, line in enumerate(self.lines):
            self._compare(line, seen)
            if done % STEP == 0:
                yield count + done, 2 * count
        self.check_all(self.lines)
        self._sum_up()
        yield 2 * count, 2 * count

    def apply(self, progress: Callable[[int, int], None] | None = None) -> Report:
        """Store all lines in one act; call it after `reading` (or `steps`). Refused, and nothing stored, when the
        comparison inside the act finds a problem or a verb refuses."""
        tell = self.tell = progress or self.tell
        with writing():
            for _step in self.comparing():
                pass
            if not self.report.fine:
                raise Refused(_("Meanwhile something changed and the sheet no longer fits. Please send it again."))
            for done, line in enumerate(self.lines):
                self._store(line)
                if done % 50 == 0:
                    tell(done, len(self.lines))
            self.finish(self.report)
        tell(len(self.lines), len(self.lines))
        return self.report

    def _note(self, found: read.Found) -> None:
        """How the headings were understood."""
        self.report.sheet = found.name
        used = {position: key for key, position in found.columns.items()}
        self.report.columns = [(self.titled(key), found.titles.get(at, "")) for at, key in sorted(used.items())]
        own = own_titles()
        self.report.ignored = [
            words for at, words in found.titles.items() if at not in used and read.plain_title(words) not in own
        ][:50]

    def _line(self, number: int, row: Sequence[Any], columns: Mapping[str, int]) -> Line:
        line = Line(number, {})
        for column in self.columns:
            at = columns.get(column.key)
            cell = row[at] if at is not None and at < len(row) else None
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                if column.needed:
                    line.wrong(_("Please fill this in."), column.key)
                continue
            try:
                value = column.read(cell)
            except ValueError as why:
                line.wrong(str(why), column.key)
                continue
            if value is not None and value != "":
                line.values[column.key] = value
        line.misread = len(line.problems)
        return line

    def _compare(self, line: Line, seen: dict[Any, int]) -> None:
        del line.problems[line.misread :]  # those of an earlier comparison
        line.remarks.clear()
        line.thing, line.state = None, ""
        key = self.key_of(line)
        if key is None:
            if not line.problems:
                names = _(", ").join(self.titled(each) for each in self.key)
                line.wrong(_("Without %(titles)s this row could not be found again.", titles=names))
            return
        if key in seen:
            line.wrong(_("This is the same as row %(row)s.", row=seen[key]), self.key[0] if self.key else "")
        seen.setdefault(key, line.number)
        line.thing = self.find(line)
        if all(column.key in line for column in self.columns if column.needed):
            self.check(line)
        if line.thing is None:
            line.state = "add"
        else:
            line.state = "change" if not line.problems and self.differs(line.thing, line) else "same"

    def _sum_up(self) -> None:
        report = self.report
        report.wrong = sum(bool(line.problems) for line in self.lines)
        for state, name in (("add", "added"), ("change", "changed"), ("same", "same")):
            setattr(report, name, sum(line.state == state and not line.problems for line in self.lines))
        several = [(line.number, key, words) for line in self.lines for key, words in line.problems]
        told = several[:MOST_PROBLEMS]
        report.problems = [Problem(row, self.titled(key), words, key) for row, key, words in told]
        report.untold = len(several) - len(told)
        remarks = [(line.number, key, words) for line in self.lines if not line.problems for key, words in line.remarks]
        report.remarks = [Problem(row, self.titled(key), words, key) for row, key, words in remarks[:MOST_REMARKS]]
        report.unremarked = len(remarks) - len(report.remarks)
        first = self.lines[:SAMPLE]
        filled = [column for column in self.columns if any(column.key in line for line in first)]
        report.sample_titles = [str(column.title) for column in filled]
        report.sample = [[column.shown(line.get(column.key)) for column in filled] for line in first]

    def _store(self, line: Line) -> None:
        try:
            if line.state == "add":
                self.add(line)
            elif line.state == "change":
                self.change(line.thing, line)
        except Refused as why:
            words = _("Row %(row)s: %(why)s Nothing was stored.", row=line.number, why=why.sentence)
            raise Refused(words, why.status) from None


def in_every_language(words: Any) -> list[str]:
    """A lazy text in the reader's language and in all others."""
    several = [str(words)]
    for language in LANGUAGES:
        with force_locale(language):
            several.append(str(words))
    return several


def own_titles() -> set[str]:
    """The heading of the error column as read.py compares headings."""
    return {read.plain_title(words) for words in in_every_language(PROBLEM)}
