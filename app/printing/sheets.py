"""The paper: built-in and own sheet sizes, each printer's correction, and single sheets that are partly used."""

from collections.abc import Collection
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import labels
from app import clock, journal
from app.db import JSON, Moment, Row, writing
from app.errors import Refused
from app.people.models import Person

OWN = "own-"  # the names of own sizes begin so; those of the library never do
LENGTHS = ("paper_w", "paper_h", "left", "top", "width", "height", "pitch_x", "pitch_y")
GEOMETRY = ("columns", "rows", *LENGTHS, "roll")

PROBLEMS = {
    "not-a-number": _l("Every size must be a number."),
    "not-positive": _l("Sizes and counts must be more than 0."),
    "negative-margin": _l("A margin can't be less than 0."),
    "too-large": _l("Too large: at most 1,000 labels on a sheet and 1,500 mm of paper."),
    "wider-than-paper": _l("The columns are wider than the paper."),
    "taller-than-paper": _l("The rows are taller than the paper."),
    "columns-overlap": _l("The columns overlap: the step to the next column is less than the label's width."),
    "rows-overlap": _l("The rows overlap: the step to the next row is less than the label's height."),
}

journal.says({
    "sheets.size_added": _l("added the sheet size %(name)s"),
    "sheets.size_changed": _l("changed the sheet size %(name)s"),
    "sheets.size_closed": _l("put the sheet size %(name)s away"),
    "sheets.printer_added": _l("added the printer %(name)s"),
    "sheets.printer_changed": _l("set the printer %(name)s to %(x)s mm right, %(y)s mm down"),
    "sheets.printer_closed": _l("put the printer %(name)s away"),
    "sheets.marked": _l("marked what is left of sheet %(number)s: %(free)s"),
    "sheets.closed": _l("threw away the rest of sheet %(number)s"),
})  # fmt: skip


class Profile(Row):
    """A sheet size of the school's own, in millimetres; see labels.Sheet for what each length means."""

    name = peewee.CharField(40)
    paper_w = peewee.FloatField()
    paper_h = peewee.FloatField()
    columns = peewee.IntegerField()
    rows = peewee.IntegerField()
    left = peewee.FloatField()
    top = peewee.FloatField()
    width = peewee.FloatField()
    height = peewee.FloatField()
    pitch_x = peewee.FloatField()
    pitch_y = peewee.FloatField()
    roll = peewee.BooleanField(default=False)
    closed_at = Moment(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        return f"{OWN}{self.id}"

    @property
    def sheet(self) -> labels.Sheet:
        return labels.Sheet(self.key, self.name, **{part: getattr(self, part) for part in GEOMETRY})

    @classmethod
    def open(cls) -> peewee.ModelSelect:
        return cls.select().where(cls.closed_at.is_null()).order_by(cls.id)

    @classmethod
    def add(cls, by: Any, **fields: Any) -> "Profile":
        """Save a size of the school's own. Refused (422) when it can't be printed or the name is taken."""
        require_possible(labels.Sheet("", **{"title": "", **_geometry(fields)}))
        try:
            with writing():
                profile = cls.create(**fields)
                journal.record("sheets.size_added", profile, by, name=profile.name)
        except peewee.IntegrityError:
            raise Refused(_("There is already a size with this name."), 422) from None
        return profile

    def change(self, by: Any, **fields: Any) -> None:
        """Change a size. The cells of its partly used sheets keep their places, so their grid must stay."""
        require_possible(labels.Sheet("", **{"title": "", **_geometry(fields)}))
        grid = (fields["columns"], fields["rows"])
        if grid != (self.columns, self.rows) and SheetOfPaper.partly_used(self.key).exists():
            raise Refused(_("Sheets of this size are partly used; their columns and rows must stay. Add a new size."))
        try:
            with writing():
                Profile.update(**fields).where(Profile.id == self.id).execute()
                journal.record("sheets.size_changed", self, by, name=fields["name"])
        except peewee.IntegrityError:
            raise Refused(_("There is already a size with this name."), 422) from None
        self.__data__.update(fields)

    def close(self, by: Any) -> None:
        """Put a size away. What was printed on it stays printable: a run keeps its own measures."""
        with writing():
            Profile.update(closed_at=clock.now()).where(Profile.id == self.id).execute()
            journal.record("sheets.size_closed", self, by, name=self.name)


Profile.add_index(Profile.index(Profile.name, unique=True, where=Profile.closed_at.is_null(), name="profile_name_open"))


class Printer(Row):
    """How far a printer prints beside the mark: `shift_x` mm to the right and `shift_y` mm down put it right."""

    name = peewee.CharField(40)
    shift_x = peewee.FloatField(default=0)
    shift_y = peewee.FloatField(default=0)
    closed_at = Moment(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def shift(self) -> tuple[float, float]:
        return self.shift_x, self.shift_y

    @classmethod
    def open(cls) -> peewee.ModelSelect:
        return cls.select().where(cls.closed_at.is_null()).order_by(cls.id)

    @classmethod
    def add(cls, name: str, by: Any, shift_x: float = 0, shift_y: float = 0) -> "Printer":
        try:
            with writing():
                printer = cls.create(name=name, shift_x=shift_x, shift_y=shift_y)
                journal.record("sheets.printer_added", printer, by, name=name)
        except peewee.IntegrityError:
            raise Refused(_("There is already a printer with this name."), 422) from None
        return printer

    def change(self, by: Any, name: str, shift_x: float, shift_y: float) -> None:
        try:
            with writing():
                self.name, self.shift_x, self.shift_y = name, shift_x, shift_y
                self.save()
                journal.record("sheets.printer_changed", self, by, name=name, x=f"{shift_x:g}", y=f"{shift_y:g}")
        except peewee.IntegrityError:
            raise Refused(_("There is already a printer with this name."), 422) from None

    def close(self, by: Any) -> None:
        with writing():
            Printer.update(closed_at=clock.now()).where(Printer.id == self.id).execute()
            journal.record("sheets.printer_closed", self, by, name=self.name)


Printer.add_index(Printer.index(Printer.name, unique=True, where=Printer.closed_at.is_null(), name="printer_name_open"))


class SheetOfPaper(Row):
    """One physical sheet of labels, known by the number printed on it. `gone`: cells that are used or torn.

    `sheet` is the name of its size, `cells` how many labels it had when new, `free` how many are left.
    """

    sheet = peewee.CharField(20)
    cells = peewee.IntegerField()
    gone = JSON(default=list)
    free = peewee.IntegerField(constraints=[peewee.Check("free >= 0")])
    at = Moment(default=clock.now)
    person = peewee.ForeignKeyField(Person, null=True)
    closed_at = Moment(null=True)

    class Meta:
        indexes = ((("sheet", "free"), False),)

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """`0042`, as printed."""
        return f"{self.id:04}"

    @classmethod
    def open(cls) -> peewee.ModelSelect:
        """Sheets with labels left, the latest first."""
        return cls.select().where(cls.closed_at.is_null(), cls.free > 0, cls.free < cls.cells).order_by(cls.id.desc())

    @classmethod
    def partly_used(cls, sheet: str) -> peewee.ModelSelect:
        return cls.open().where(cls.sheet == sheet)

    @classmethod
    def begin(cls, sheet: labels.Sheet, gone: Collection[int], by: Any) -> "SheetOfPaper":
        """A sheet fresh from the pack, perhaps with cells that are gone all the same."""
        return cls.create(
            sheet=sheet.name, cells=sheet.cells, gone=sorted(gone), free=sheet.cells - len(gone), person=by
        )

    def set_gone(self, gone: Collection[int]) -> None:
        """Remember the cells that are gone. Call inside an act."""
        self.gone, self.free = sorted(set(gone)), self.cells - len(set(gone))
        self.save(only=[SheetOfPaper.gone, SheetOfPaper.free])

    def mark(self, gone: Collection[int], by: Any) -> None:
        """Someone looked at the sheet and says which cells are gone."""
        if not set(gone) <= set(range(1, self.cells + 1)):
            raise Refused(_("This sheet has only %(cells)s labels.", cells=self.cells), 422)
        with writing():
            self.set_gone(gone)
            journal.record("sheets.marked", self, by, number=self.number, free=self.free)

    def close(self, by: Any) -> None:
        """The rest of the sheet was thrown away."""
        with writing():
            SheetOfPaper.update(closed_at=clock.now()).where(SheetOfPaper.id == self.id).execute()
            journal.record("sheets.closed", self, by, number=self.number)


# Sizes by name -----------------------------------------------------------------------------------------------


def all_sheets() -> dict[str, labels.Sheet]:
    """Built-in sizes, then the school's own, by name."""
    return {**labels.SHEETS, **{profile.key: profile.sheet for profile in Profile.open()}}


def sheet_named(name: str) -> labels.Sheet | None:
    """The size of this name, also one that was put away; None when there is none."""
    if name in labels.SHEETS:
        return labels.SHEETS[name]
    tail = name.removeprefix(OWN)
    if tail == name or not (tail.isascii() and tail.isdigit() and len(tail) < 10):
        return None
    profile = Profile.get_or_none(Profile.id == int(tail))
    return profile.sheet if profile else None


def problems_in_words(sheet: labels.Sheet) -> list[str]:
    return [str(PROBLEMS[code]) for code in sheet.problems()]


def require_possible(sheet: labels.Sheet) -> None:
    if found := problems_in_words(sheet):
        raise Refused(" ".join(found), 422)


def _geometry(fields: dict[str, Any]) -> dict[str, Any]:
    return {part: fields[part] for part in GEOMETRY if part in fields}
