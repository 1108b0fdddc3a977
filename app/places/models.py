"""Places as a tree (school → building → floor → room or area) and classes, named by the school year."""

from collections.abc import Callable
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import Moment, Prepared, Row, escape_like, writing
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
RANKS = {"school": 0, "building": 1, "floor": 2}  # a room is 3; a parent always ranks above its children
GRADES = range(1, 7)
CHINESE_GRADES = "一二三四五六"

journal.says({
    "places.added": _l("added the place %(name)s"),
    "places.changed": _l("changed the place: %(what)s"),
    "places.closed": _l("closed the place: %(reason)s"),
    "places.reopened": _l("opened the place again"),
    "classes.added": _l("added the class %(name)s"),
    "classes.changed": _l("changed the class: %(what)s"),
    "classes.grade": _l("made %(person)s the administrator of grade %(grade)s"),
    "classes.grade_open": _l("left grade %(grade)s without an administrator"),
    "labels.bound": _l("bound the label %(code)s"),
    "labels.retired": _l("retired the label %(code)s: %(reason)s"),
    "labels.stuck": _l("first scan on the spot: the label %(code)s is stuck on"),
})  # fmt: skip
journal.calls({
    "place.kind": _l("kind"),
    "place.name": _l("name of the place"),
    "place.number": _l("number on the door"),
    "place.parent": _l("part of"),
    "place.keeper": _l("keeper of the room"),
    "place.cleaner": _l("cleaner"),
    "place.position": _l("order"),
    "class.entry_year": _l("entry year"),
    "class.number": _l("number of the class"),
    "class.teacher": _l("class teacher"),
    "class.room": _l("room"),
})  # fmt: skip

# Asked before a place is closed; higher nouns add theirs and refuse with a sentence.
before_close: list[Callable[["Place"], None]] = []


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
        return _kind_word(self.kind)

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
            node = node.parent if node.parent_id and node.kind != "building" else None  # no query for the school
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
    def levels(cls) -> peewee.ModelSelect:
        """The school, its buildings and floors, from the top down: what a place can be part of."""
        rank = peewee.Case(cls.kind, list(RANKS.items()))
        return (
            cls.select().where(cls.kind.in_(list(LEVELS)), cls.closed_at.is_null()).order_by(rank, cls.position, cls.id)
        )

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """Places of every kind, closed ones too, with what stands above them, keeper and cleaner loaded."""
        above, top, cleaner = cls.alias(), cls.alias(), Person.alias()
        return (
            cls.select(cls, above, top, Person, cleaner)
            .join(above, peewee.JOIN.LEFT_OUTER, on=(cls.parent == above.id), attr="parent")
            .join(top, peewee.JOIN.LEFT_OUTER, on=(above.parent == top.id), attr="parent")
            .switch(cls)
            .join(Person, peewee.JOIN.LEFT_OUTER, on=(cls.keeper == Person.id), attr="keeper")
            .switch(cls)
            .join(cleaner, peewee.JOIN.LEFT_OUTER, on=(cls.cleaner == cleaner.id), attr="cleaner")
        )

    def inside(self) -> peewee.ModelSelect:
        """What stands directly in this place."""
        return Place.select().where(Place.parent == self, Place.closed_at.is_null()).order_by(Place.position, Place.id)

    def within(self) -> peewee.ModelSelect:
        """Ids of this place and everything in it; the tree is four levels deep."""
        ids = Place.select(Place.id).where(Place.id == self.id)
        for _level in RANKS:
            ids = Place.select(Place.id).where((Place.id == self.id) | Place.parent.in_(ids))
        return ids

    @property
    def label(self) -> Any:
        """The label in use on this place, or None."""
        from app.places.codes import Label  # the label's room knows this one

        return Label.of(place=self.id)

    # Verbs

    @classmethod
    def add(cls, kind: str, name: str, by: Any, **fields: Any) -> "Place":
        """A new place; a room or area gets its label code at once."""
        from app.places.codes import Label

        _check_position(kind, fields.get("parent"))
        with writing():
            _check_name(name, fields.get("parent"))
            place = cls.create(kind=kind, name=name, initials=initials(name), **fields)
            if place.is_room:
                Label.make(place=place)
            journal.record("places.added", place, by, place=place, name=name)
        return place

    def change(self, by: Any, **fields: Any) -> None:
        """Change what is known of a place. A room stays a room: its label hangs on the door."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return
        kind, name, parent = (fields.get(part, getattr(self, part)) for part in ("kind", "name", "parent"))
        if kind != self.kind and not (self.is_room and kind in KINDS):
            raise Refused(_("A room stays a room, and a building or floor stays one."), 422)
        _check_position(kind, parent)
        with writing():
            _check_name(name, parent, but=self)
            for field in changed:
                setattr(self, field, fields[field])
            self.initials = initials(self.name)
            self.save()
            journal.record("places.changed", self, by, place=self, what=[f"place.{field}" for field in changed])

    def close(self, by: Any, reason: str) -> None:
        """Take a place out of use; its label is retired. Refused while something still stands or sits in it."""
        with writing():
            if Place.select().where(Place.parent == self, Place.closed_at.is_null()).exists():
                raise Refused(_("%(place)s still has rooms in it; close or move those first.", place=self.name))
            if ClassGroup.present().where(ClassGroup.room == self).exists():
                raise Refused(_("A class sits in %(place)s; give it another room first.", place=self.name))
            for ask in before_close:
                ask(self)
            closed = Place.update(closed_at=clock.now()).where(Place.id == self.id, Place.closed_at.is_null())
            if not closed.execute():
                raise Refused(_("%(place)s is already closed.", place=self.name))
            if label := self.label:
                label.retire(by, reason)
            self.closed_at = clock.now()
            journal.record("places.closed", self, by, place=self, reason=reason)

    def reopen(self, by: Any) -> None:
        """Back in use, under a new label code: the old one stays retired."""
        from app.places.codes import Label

        with writing():
            opened = Place.update(closed_at=None).where(Place.id == self.id, Place.closed_at.is_null(False))
            if not opened.execute():
                raise Refused(_("%(place)s is already open.", place=self.name))
            self.closed_at = None
            if self.is_room:
                Label.make(place=self)
            journal.record("places.reopened", self, by, place=self)


def _check_position(kind: str, parent: Place | None) -> None:
    if kind not in KINDS and kind not in LEVELS:
        raise Refused(_("There is no kind of place %(kind)s.", kind=kind), 422)
    rank = RANKS.get(kind, 3)
    if parent is not None and RANKS.get(parent.kind, 3) >= rank:
        raise Refused(_("A %(kind)s can't be part of %(parent)s.", kind=_kind_word(kind), parent=parent.name), 422)


def _check_name(name: str, parent: Place | None, but: Place | None = None) -> None:
    twins = Place.select().where(Place.name == name, (Place.parent == parent) if parent else Place.parent.is_null())
    if but is not None:
        twins = twins.where(Place.id != but.id)
    if twins.exists():
        raise Refused(_("There is already a place called %(name)s there.", name=name), 422)


def _kind_word(kind: str) -> str:
    return str(KINDS[kind][0] if kind in KINDS else LEVELS[kind])


class Grade(Row):
    """Who of the administrators answers for the pupils who entered in a year (行政分管年级)."""

    entry_year = peewee.IntegerField(primary_key=True)
    administrator = peewee.ForeignKeyField(Person, null=True, backref="grades")

    @property
    def id(self) -> int:
        return self.entry_year

    @property
    def number(self) -> int:
        """1 to 6 in the present school year."""
        return clock.school_year() - self.entry_year + 1

    @classmethod
    def listed(cls) -> peewee.ModelSelect:
        """Grades with their administrators loaded."""
        return cls.select(cls, Person).join(Person, peewee.JOIN.LEFT_OUTER, attr="administrator")

    @classmethod
    def appoint(cls, entry_year: int, person: Person | None, by: Any) -> "Grade":
        """Make someone the administrator of the pupils who entered in a year; None leaves it open."""
        with writing():
            grade = cls.get_or_none(cls.entry_year == entry_year) or cls.create(entry_year=entry_year)
            if grade.administrator_id == (person and person.id):
                return grade
            grade.administrator = person
            grade.save()
            if person is None:
                journal.record("classes.grade_open", grade, by, grade=grade.number)
            else:
                journal.record("classes.grade", grade, by, person=person.name, grade=grade.number)
        return grade

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
        return cls._entered(*_years_at_school())

    @classmethod
    def _entered(cls, first: Any, last: Any) -> peewee.ModelSelect:
        return cls.select().where(cls.entry_year.between(first, last)).order_by(cls.entry_year.desc(), cls.number)

    @classmethod
    def listed(cls) -> peewee.ModelSelect:
        """The classes at school now with class teacher and room loaded."""
        return cls._with_teacher_and_room(*_years_at_school())

    @classmethod
    def _with_teacher_and_room(cls, first: Any, last: Any) -> peewee.ModelSelect:
        return (
            cls._entered(first, last)
            .select(cls, Person, Place)
            .join(Person, peewee.JOIN.LEFT_OUTER, on=(cls.teacher == Person.id), attr="teacher")
            .switch(cls)
            .join(Place, peewee.JOIN.LEFT_OUTER, on=(cls.room == Place.id), attr="room")
        )

    @classmethod
    def in_room(cls, place: Place) -> "ClassGroup | None":
        """The class that sits in a room now, with its teacher."""
        return _class_in_room.first(place.id, *_years_at_school())

    @classmethod
    def add(cls, entry_year: int, number: int, by: Any, **fields: Any) -> "ClassGroup":
        with writing():
            _check_class(entry_year, number, fields.get("room"))
            group = cls.create(entry_year=entry_year, number=number, **fields)
            journal.record("classes.added", group, by, place=group.room, name=group.name)
        return group

    def change(self, by: Any, **fields: Any) -> None:
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return
        entry_year, number, room = (fields.get(part, getattr(self, part)) for part in ("entry_year", "number", "room"))
        with writing():
            _check_class(entry_year, number, room, but=self)
            for name in changed:
                setattr(self, name, fields[name])
            self.save()
            journal.record("classes.changed", self, by, place=self.room_id, what=[f"class.{name}" for name in changed])


def _years_at_school() -> tuple[int, int]:
    """The first and last year of entry of who is at school now."""
    return clock.school_year() - len(GRADES) + 1, clock.school_year()


_class_in_room = Prepared(
    lambda room, first, last: ClassGroup._with_teacher_and_room(first, last).where(ClassGroup.room == room)
)


def _check_class(entry_year: int, number: int, room: Place | None, but: ClassGroup | None = None) -> None:
    others = ClassGroup.select() if but is None else ClassGroup.select().where(ClassGroup.id != but.id)
    if others.where(ClassGroup.entry_year == entry_year, ClassGroup.number == number).exists():
        raise Refused(_("There is already a class %(number)s of %(year)s.", number=number, year=entry_year), 422)
    sitting = others.where(ClassGroup.room == room).first() if room is not None else None
    if sitting is None:
        return
    if sitting.grade > GRADES[-1]:  # they have left school; the room is free
        ClassGroup.update(room=None).where(ClassGroup.id == sitting.id).execute()
    else:
        raise Refused(_("%(class_name)s already sits in %(room)s.", class_name=sitting.name, room=room.name), 422)


def class_name(grade: int, number: int) -> str:
    """三(2)班, or `Grade 3 Class 2`."""
    return _("Grade %(grade)s Class %(number)s", grade=grade_word(grade), number=number)


def grade_name(grade: int) -> str:
    """三年级, or `Grade 3`."""
    return _("Grade %(grade)s", grade=grade_word(grade))


def grade_word(grade: int) -> str:
    """一 … 六 in Chinese, 1 … 6 in English (the translation of the marker decides)."""
    return CHINESE_GRADES[grade - 1] if _("grade numerals: latin") == "hanzi" else str(grade)
