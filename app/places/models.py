"""Places as a tree (school → building → floor → room or area) and classes, named by the school year."""

from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import Moment, Row, escape_like, writing
from app.errors import Refused
from app.people.models import Person, initials

# Levels above a room, then the kinds of rooms and areas; each with its word and its icon.
LEVELS = {"school": _l("school"), "building": _l("building"), "floor": _l("floor")}
KINDS = {
    "classroom": (_l("classroom"), "school"),
    "special": (_l("special room"), "flask-conical"),
    "office": (_l("office"), "briefcase"),
    "corridor": (_l("corridor"), "move-horizontal"),
    "stairs": (_l("stairs"), "footprints"),
    "toilet": (_l("toilet"), "toilet"),
    "canteen": (_l("canteen"), "utensils"),
    "store": (_l("store room"), "warehouse"),
    "yard": (_l("yard"), "trees"),
    "other": (_l("other place"), "map-pin"),
}
GRADES = range(1, 7)
CHINESE_GRADES = "一二三四五六"

journal.says({
    "places.added": _l("added the place %(name)s"),
    "places.changed": _l("changed the place: %(what)s"),
    "places.closed": _l("closed the place: %(reason)s"),
    "classes.added": _l("added the class %(name)s"),
    "classes.changed": _l("changed the class: %(what)s"),
    "labels.bound": _l("bound the label %(code)s"),
    "labels.retired": _l("retired the label %(code)s: %(reason)s"),
    "labels.stuck": _l("first scan on the spot: the label %(code)s is stuck on"),
})  # fmt: skip


class Place(Row):
    """A school, building, floor, room or area. `kind` is a key of LEVELS or KINDS."""

    parent = peewee.ForeignKeyField("self", null=True, backref="children")
    kind = peewee.CharField(12, index=True)
    name = peewee.CharField(60)
    number = peewee.CharField(20, default="")
    initials = peewee.CharField(120, default="")
    keeper = peewee.ForeignKeyField(Person, null=True, backref="kept_places")
    cleaner = peewee.ForeignKeyField(Person, null=True, backref="cleaned_places")
    position = peewee.IntegerField(default=0)
    closed_at = Moment(null=True)

    class Meta:
        indexes = ((("parent", "name"), True),)

    def __str__(self) -> str:
        return self.name

    @property
    def is_room(self) -> bool:
        return self.kind in KINDS

    @property
    def kind_word(self) -> str:
        return str(KINDS[self.kind][0] if self.is_room else LEVELS[self.kind])

    @property
    def icon(self) -> str:
        return KINDS[self.kind][1] if self.is_room else "building-2"

    @property
    def where(self) -> str:
        """`教学楼 2层` for a room whose parents are loaded (see `rooms`)."""
        names = []
        node = self.parent
        while node is not None and node.kind != "school":
            names.append(node.name)
            node = node.parent if node.parent_id else None
        return " ".join(reversed(names))

    @property
    def full_name(self) -> str:
        return f"{self.where} {self.name}".strip()

    @classmethod
    def rooms(cls) -> peewee.ModelSelect:
        """Rooms and areas with floor and building loaded: `where` costs no further query."""
        floor, building = cls.alias(), cls.alias()
        return (
            cls.select(cls, floor, building)
            .join(floor, peewee.JOIN.LEFT_OUTER, on=(cls.parent == floor.id), attr="parent")
            .join(building, peewee.JOIN.LEFT_OUTER, on=(floor.parent == building.id), attr="parent")
            .where(cls.kind.in_(list(KINDS)), cls.closed_at.is_null())
        )

    @classmethod
    def matching(cls, words: str) -> peewee.ModelSelect:
        """Rooms whose name, number, pinyin initials or building hold `words`; a label code names its room."""
        words = words.strip()
        pattern = f"%{escape_like(words)}%"
        query = cls.rooms().order_by(cls.position, cls.id)
        hit = (cls.name**pattern) | (cls.number**pattern) | (cls.initials**pattern)
        if len(words) >= 8:
            from app.places.codes import Label, tidy  # the label's room knows this one

            hit |= cls.id.in_(Label.select(Label.place).where(Label.code == tidy(words)))
        return query.where(hit)

    @classmethod
    def kept_by(cls, person: Person) -> peewee.ModelSelect:
        """Ids of the places someone answers for: as keeper, as class teacher of the room's class, as the
        head of the grade whose classes sit there."""
        class_rooms = ClassGroup.select(ClassGroup.room).where(
            (ClassGroup.teacher == person) | ClassGroup.entry_year.in_(Grade.entry_years_of(person))
        )
        return cls.select(cls.id).where((cls.keeper == person) | cls.id.in_(class_rooms))

    @classmethod
    def add(cls, kind: str, name: str, by: Any, **fields: Any) -> "Place":
        if kind not in KINDS and kind not in LEVELS:
            raise Refused(_("There is no kind of place %(kind)s.", kind=kind), 422)
        with writing():
            place = cls.create(kind=kind, name=name, initials=initials(name), **fields)
            journal.record("places.added", place, by, place=place, name=name)
        return place

    def change(self, by: Any, **fields: Any) -> None:
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return
        with writing():
            for name in changed:
                setattr(self, name, fields[name])
            self.initials = initials(self.name)
            self.save()
            journal.record("places.changed", self, by, place=self, what=", ".join(changed))


class Grade(Row):
    """Who of the administrators answers for the pupils who entered in a year (行政分管年级)."""

    entry_year = peewee.IntegerField(primary_key=True)
    administrator = peewee.ForeignKeyField(Person, null=True, backref="grades")

    @classmethod
    def entry_years_of(cls, person: Person) -> peewee.ModelSelect:
        return cls.select(cls.entry_year).where(cls.administrator == person)


class ClassGroup(Row):
    """A class by entry year and number: 2024级2班 is shown as 三(2)班 in 2026–2027, and moves up by itself."""

    entry_year = peewee.IntegerField()
    number = peewee.IntegerField()
    teacher = peewee.ForeignKeyField(Person, null=True, backref="classes")
    room = peewee.ForeignKeyField(Place, null=True, unique=True, backref="class_rows")

    class Meta:
        indexes = ((("entry_year", "number"), True),)

    def __str__(self) -> str:
        return self.name

    @property
    def grade(self) -> int:
        """1 to 6 in the present school year; 7 and more have left, 0 and less have not come yet."""
        return clock.school_year() - self.entry_year + 1

    @property
    def name(self) -> str:
        if self.grade in GRADES:
            return class_name(self.grade, self.number)
        return _("class %(number)s of %(year)s", year=self.entry_year, number=self.number)

    @classmethod
    def present(cls) -> peewee.ModelSelect:
        """The classes at school now, from grade 1 class 1 on."""
        year = clock.school_year()
        return (
            cls.select()
            .where(cls.entry_year.between(year - len(GRADES) + 1, year))
            .order_by(cls.entry_year.desc(), cls.number)
        )

    @classmethod
    def add(cls, entry_year: int, number: int, by: Any, **fields: Any) -> "ClassGroup":
        with writing():
            group = cls.create(entry_year=entry_year, number=number, **fields)
            journal.record("classes.added", group, by, place=group.room, name=group.name)
        return group

    def change(self, by: Any, **fields: Any) -> None:
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return
        with writing():
            for name in changed:
                setattr(self, name, fields[name])
            self.save()
            journal.record("classes.changed", self, by, place=self.room_id, what=", ".join(changed))


def class_name(grade: int, number: int) -> str:
    """三(2)班, or `Grade 3 Class 2`."""
    return _("Grade %(grade)s Class %(number)s", grade=grade_word(grade), number=number)


def grade_word(grade: int) -> str:
    """一 … 六 in Chinese, 1 … 6 in English (the translation of the marker decides)."""
    return CHINESE_GRADES[grade - 1] if _("grade numerals: latin") == "hanzi" else str(grade)
