"""What is filled in for places, classes and grades."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form, ValidationError

from app import clock
from app.fields import Count, OneOf, PersonField, PlaceField, Words, options
from app.places.models import GRADES, KINDS, LEVELS, ClassGroup, Place, grade_name


def parents(kinds: tuple[str, ...] = tuple(LEVELS)) -> list[tuple[int, str]]:
    """What a place can be part of, as `教学楼 二楼`, in one query."""
    rows = {row.id: row for row in Place.levels()}

    def path(row: Place) -> str:
        above = rows.get(row.parent_id)
        return f"{path(above)} {row.name}" if above is not None and above.kind != "school" else row.name

    return [(row.id, path(row)) for row in rows.values() if row.kind in kinds]


class PlaceForm(Form):
    """A new place, or what is known of one. `place` is the row that is changed."""

    kind = OneOf(_l("Kind"), default="classroom")
    parent = OneOf(_l("Part of"), needed=False, coerce=int, default=0)
    name = Words(_l("Name of the place"), longest=60)
    number = Words(_l("Number on the door"), longest=20, needed=False)
    keeper = PersonField(_l("Keeper of the room"), needed=False)
    cleaner = PersonField(_l("Cleaner"), needed=False)
    position = Count(_l("Order in lists"), low=0, high=9999, needed=False)

    def __init__(self, *args: Any, place: Place | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.place = place
        rooms, levels = options((kind, words[0]) for kind, words in KINDS.items()), options(LEVELS)
        if place is None:
            self.kind.choices = [*rooms, *levels]
        else:
            self.kind.choices = rooms if place.is_room else options({place.kind: place.kind_word})
        self.parent.choices = options([(0, "—"), *parents()])

    def validate_parent(self, field: OneOf) -> None:
        if not field.data and self.kind.data != "school":
            raise ValidationError(_l("Please say what this place is part of."))

    @property
    def facts(self) -> dict[str, Any]:
        parent = Place.get_or_none(Place.id == self.parent.data) if self.parent.data else None
        return {
            "kind": self.kind.data, "parent": parent, "name": self.name.data, "number": self.number.data,
            "keeper": self.keeper.data, "cleaner": self.cleaner.data, "position": self.position.data or 0,
        }  # fmt: skip


class ReasonForm(Form):
    """Why something is closed, taken off or reversed."""

    reason = Words(_l("Reason"), longest=200)


class ClassForm(Form):
    """A class: the grade it is in now and its number; both stay with it when it moves up."""

    grade = OneOf(_l("Grade this school year"), coerce=int)
    number = Count(_l("Number of the class"), low=1, high=40)
    teacher = PersonField(_l("Class teacher"), needed=False)
    room = PlaceField(_l("Classroom"), needed=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.grade.choices = options((grade, grade_name(grade)) for grade in GRADES)

    @classmethod
    def of(cls, group: ClassGroup) -> "ClassForm":
        return cls(data={"grade": group.grade, "number": group.number, "teacher": group.teacher, "room": group.room})

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "entry_year": clock.school_year() - self.grade.data + 1,
            "number": self.number.data,
            "teacher": self.teacher.data,
            "room": self.room.data,
        }


class GradeForm(Form):
    """Who of the administrators answers for a grade; empty leaves it open."""

    administrator = PersonField(_l("Administrator of the grade"), needed=False)
