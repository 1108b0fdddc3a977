"""Rooms and classes from sheets. Rooms are found again by building, floor and name; classes by entry year and number.

Buildings and floors that are missing are added along the way, each time said in the dry run.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import cache, partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.excel import parse
from app.excel.importer import Column, Importer, Line, in_every_language
from app.people.importing import Staff, staff_names
from app.people.models import Person
from app.places.codes import Label, is_well_formed, tidy
from app.places.models import GRADES, KINDS, ClassGroup, Place, class_name

ALSO = {  # what schools call the kinds of rooms besides our own words for them
    "classroom": ("普通教室", "班级教室"),
    "special": ("专用教室", "功能室", "专用室", "功能教室", "实验室", "活动室"),
    "office": ("办公用房", "教师办公室"),
    "corridor": ("过道", "走道"),
    "stairs": ("楼梯间", "楼道"),
    "toilet": ("卫生间", "洗手间"),
    "canteen": ("餐厅", "厨房"),
    "store": ("库房", "储藏室", "保管室", "储物间"),
    "yard": ("操场", "场地", "室外", "校园", "包干区"),
    "other": ("其他",),
}
NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}


def kinds() -> list[str]:
    return [str(title) for title, _icon in KINDS.values()]


@cache  # for all languages at once: gathered with the first cell, not with each
def _kind_reader() -> Callable[[Any], str]:
    words = {each: kind for kind, (title, _icon) in KINDS.items() for each in (*in_every_language(title), *ALSO[kind])}
    return parse.one_of(words, kinds)


def kind_of(value: Any) -> str:
    """The kind that a cell names; in the words of either language."""
    return _kind_reader()(value)


def plain(words: str) -> str:
    """A name as names are compared: no spaces or strokes, full-width characters made plain."""
    return re.sub(r"[\s/\\>＞·\-—_]", "", unicodedata.normalize("NFKC", words)).casefold()


def storey(name: str) -> str:
    """A floor's name as floors are compared: 二楼, 2层, 2F and 第二层 are one."""
    words = plain(name)
    found = re.fullmatch(r"第?([一二三四五六七八九十]|[0-9]{1,2})(?:楼|层|f)", words)
    return f"#{NUMERALS.get(found[1]) or int(found[1])}" if found else words


class Rooms:
    """Finds a room by what people write: its name, its number on the door, with building and floor before it, the
    class that sits in it, or its label's code."""

    def __init__(self) -> None:
        self.rooms = list(Place.rooms().order_by(Place.id))
        self._known: dict[str, dict[int, Place]] = {}
        self.by_id = {room.id: room for room in self.rooms}
        for room in self.rooms:
            for words in self._names(room):
                self._known.setdefault(plain(words), {})[room.id] = room
        for group in ClassGroup.present().where(ClassGroup.room.is_null(False)):
            if group.room_id in self.by_id:
                name = class_name(group.grade, group.number)
                self._known.setdefault(plain(name), {})[group.room_id] = self.by_id[group.room_id]
        self._asked: dict[str, Place | str] = {}

    @staticmethod
    def _names(room: Place) -> set[str]:
        above = [""]
        if room.parent_id and room.parent.kind != "school":
            above += [room.parent.name, room.where]
            if room.parent.parent_id and room.parent.parent.kind == "building":
                above.append(room.parent.parent.name)
        return {f"{place}{name}" for place in above for name in filter(None, (room.name, room.number))}

    def find(self, words: str) -> Place:
        """ValueError with a sentence when there is none, or several. The same words are looked up once."""
        if words not in self._asked:
            try:
                self._asked[words] = self._found(words)
            except ValueError as why:
                self._asked[words] = str(why)
        found = self._asked[words]
        if isinstance(found, str):
            raise ValueError(found)
        return found

    def _found(self, words: str) -> Place:
        rooms = list(self._known.get(plain(words), {}).values()) or self._by_class(words) or self._by_code(words)
        if len(rooms) == 1:
            return rooms[0]
        if rooms:
            several = _(", ").join(room.full_name for room in rooms[:3])
            raise ValueError(
                _("“%(words)s” may be %(several)s; please write the building too.", words=words[:40], several=several)
            )
        close = get_close_matches(plain(words), self._known, 1)
        if close:
            other = next(iter(self._known[close[0]].values())).full_name
            raise ValueError(_("There is no room “%(words)s”; perhaps %(other)s?", words=words[:40], other=other))
        raise ValueError(_("There is no room “%(words)s”.", words=words[:40]))

    def _by_class(self, words: str) -> list[Place]:
        try:
            year, number = parse.class_of(re.sub(r"教室$", "", words), clock.school_year())
        except ValueError:
            return []
        group = ClassGroup.get_or_none(ClassGroup.entry_year == year, ClassGroup.number == number)
        return [self.by_id[group.room_id]] if group is not None and group.room_id in self.by_id else []

    def _by_code(self, words: str) -> list[Place]:
        if not is_well_formed(tidy(words)):
            return []
        label = Label.in_use().where(Label.code == tidy(words)).first()
        return [self.by_id[label.place_id]] if label is not None and label.place_id in self.by_id else []


def room_names() -> list[str]:
    """All rooms as a drop-down offers them."""
    return [room.full_name for room in Place.rooms().order_by(Place.parent, Place.position, Place.id)]


def whoever(staff: Staff, line: Line, key: str) -> Person | None:
    """The person that a cell names; the problem is told at the cell."""
    if key not in line:
        return None
    try:
        return staff.find(line[key])
    except ValueError as why:
        line.wrong(str(why), key)
        return None


class PlaceImporter(Importer):
    """Rooms and areas by building, floor and name."""

    name, title = "places", _l("Import rooms")
    key = ("building", "floor", "name")
    notes = (
        _l("Buildings and floors that are missing are added. A place outside has neither."),
        _l("Every new room gets its label code at once; the labels wait in the print basket."),
    )
    columns = (
        Column(
            "building",
            _l("Building"),
            parse.text,
            False,
            ("楼栋", "楼宇", "教学楼", "建筑", "楼名"),
            lambda: level_names("building"),
            example="教学楼",
        ),
        Column("floor", _l("Floor"), parse.text, False, ("楼层", "层"), lambda: level_names("floor"), example="二楼"),
        Column(
            "name",
            _l("Name of the place"),
            parse.text,
            True,
            ("名称", "房间名称", "房间", "场所名称", "教室名称"),
            example="201教室",
        ),
        Column(
            "number",
            _l("Number on the door"),
            partial(parse.text, longest=20),
            False,
            ("门牌号", "房间号", "门牌"),
            example="201",
        ),
        Column(
            "kind",
            _l("Kind"),
            kind_of,
            True,
            ("种类", "类型", "用途", "房间类型", "场所种类"),
            kinds,
            example=_l("classroom"),
            words=lambda kind: str(KINDS[kind][0]),
        ),
        Column(
            "keeper", _l("Keeper of the room"), parse.text, False, ("负责人", "管理人", "责任人", "保管人"), staff_names
        ),
        Column("cleaner", _l("Cleaner"), parse.text, False, ("保洁员", "保洁"), staff_names),
        Column(
            "position",
            _l("Order in lists"),
            partial(parse.count, high=9999),
            False,
            ("顺序", "排序", "序号"),
            kind="int",
        ),
    )

    def found_again(self) -> str:
        return _("Rooms are found again by building, floor and name. The same sheet sent again doubles nothing.")

    def begin(self) -> None:
        self.staff = Staff()
        self.top = Place.select().where(Place.kind == "school", Place.closed_at.is_null()).order_by(Place.id).first()
        levels = list(Place.select().where(Place.kind.in_(("building", "floor"))))
        self.buildings = {plain(level.name): level for level in levels if level.kind == "building"}
        self.floors = {(level.parent_id, storey(level.name)): level for level in levels if level.kind == "floor"}
        self.known = {(room.parent_id, plain(room.name)): room for room in Place.select().where(
            Place.kind.in_(list(KINDS)))}  # fmt: skip
        self.facts: dict[int, dict[str, Any]] = {}
        self._coming: set[Any] = set()

    def key_of(self, line: Line) -> Any:
        if "name" not in line:
            return None
        return plain(line.get("building", "")), storey(line.get("floor", "")), plain(line["name"])

    def find(self, line: Line) -> Place | None:
        parent = self._parent(line)
        return self.known.get((parent.id, plain(line["name"]))) if parent is not None else None

    def _parent(self, line: Line) -> Place | None:
        """What the room is part of, if it is there already."""
        if "building" not in line:
            return self.top if "floor" not in line else None
        building = self.buildings.get(plain(line["building"]))
        if building is None or "floor" not in line:
            return building
        return self.floors.get((building.id, storey(line["floor"])))

    def check(self, line: Line) -> None:
        self.facts[line.number] = {
            key: person for key in ("keeper", "cleaner") if (person := whoever(self.staff, line, key)) is not None
        }
        if "floor" in line and "building" not in line:
            line.wrong(_("Please say in which building this floor is."), "building")
            return
        if self.top is None:
            line.wrong(_("Add the school itself as the first place."))
        if line.thing is not None and line.thing.closed_at:
            line.wrong(_("%(place)s is closed; open it again first.", place=line.thing.name), "name")
        if "building" in line:
            self._say_what_comes(line)

    def _say_what_comes(self, line: Line) -> None:
        building = self.buildings.get(plain(line["building"]))
        if building is not None and building.closed_at:
            line.wrong(_("%(place)s is closed; open it again first.", place=building.name), "building")
        new = [(plain(line["building"]),)] if building is None else []
        if "floor" in line and self._parent(line) is None:
            new.append((plain(line["building"]), storey(line["floor"])))
        for level in new:
            if level not in self._coming:
                self._coming.add(level)
                name = line["building"] if len(level) == 1 else f"{line['building']} {line['floor']}"
                line.remark(_("%(name)s is added.", name=name), "building" if len(level) == 1 else "floor")

    def differs(self, thing: Place, line: Line) -> bool:
        people = self.facts[line.number]
        return any(getattr(thing, key) != line[key] for key in ("number", "kind", "position") if key in line) or any(
            getattr(thing, f"{key}_id") != person.id for key, person in people.items()
        )

    def add(self, line: Line) -> None:
        Place.add(by=self.by, parent=self._parent_or_new(line), name=line["name"], **self._fields(line))

    def change(self, thing: Place, line: Line) -> None:
        thing.change(self.by, **self._fields(line))

    def _fields(self, line: Line) -> dict[str, Any]:
        return {key: line[key] for key in ("number", "kind", "position") if key in line} | self.facts[line.number]

    def _parent_or_new(self, line: Line) -> Place:
        if "building" not in line:
            return self.top
        key = plain(line["building"])
        if key not in self.buildings:
            self.buildings[key] = Place.add("building", line["building"], self.by, parent=self.top)
        building = self.buildings[key]
        if "floor" not in line:
            return building
        floor = building.id, storey(line["floor"])
        if floor not in self.floors:
            self.floors[floor] = Place.add("floor", line["floor"], self.by, parent=building,
                                           position=_rank(line["floor"]))  # fmt: skip
        return self.floors[floor]


def level_names(kind: str) -> list[str]:
    """Names of the buildings or floors there are, each once."""
    return list(dict.fromkeys(level.name for level in Place.levels() if level.kind == kind))


def _rank(floor: str) -> int:
    number = storey(floor).removeprefix("#")
    return int(number) if number.isdigit() else 0


# Classes ------------------------------------------------------------------------------------------------------


def class_in(value: Any) -> tuple[int, int]:
    """The class that a cell names, in any of the ways schools write them; it must be at school now."""
    year, number = parse.class_of(value, clock.school_year())
    grade = clock.school_year() - year + 1
    if grade not in GRADES:
        raise ValueError(_("The class %(number)s of %(year)s is not at school now.", number=number, year=year))
    return Named(year, number)


class Named(tuple):
    """(entry year, number), shown as the class is called this year."""

    def __new__(cls, year: int, number: int) -> "Named":
        return super().__new__(cls, (year, number))

    def __str__(self) -> str:
        return class_name(clock.school_year() - self[0] + 1, self[1])


class ClassImporter(Importer):
    """Classes by entry year and number, however their name is written."""

    name, title = "classes", _l("Import classes")
    key = ("group",)
    notes = (_l("A class may be written 三(2)班, 三年级2班, 三2, 302 or 2024级2班. Next year it moves up by itself."),)
    columns = (
        Column("group", _l("Class"), class_in, True, ("班级", "班级名称", "班别", "班"), example="三(2)班"),
        Column(
            "teacher", _l("Class teacher"), parse.text, False, ("班主任", "班主任姓名"), staff_names, example="李敏"
        ),
        Column(
            "room",
            _l("Classroom"),
            partial(parse.text, longest=120),
            False,
            ("教室", "所在教室", "房间", "教室位置"),
            room_names,
            width=24,
            example="201教室",
        ),
    )

    def found_again(self) -> str:
        return _("Classes are found again by entry year and number. The same sheet sent again doubles nothing.")

    def begin(self) -> None:
        self.staff, self.rooms = Staff(), Rooms()
        self.groups = {(group.entry_year, group.number): group for group in ClassGroup.select()}
        self.facts: dict[int, dict[str, Any]] = {}

    def find(self, line: Line) -> ClassGroup | None:
        return self.groups.get(tuple(line["group"]))

    def check(self, line: Line) -> None:
        facts: dict[str, Any] = {}
        if teacher := whoever(self.staff, line, "teacher"):
            facts["teacher"] = teacher
        if "room" in line:
            try:
                facts["room"] = self.rooms.find(line["room"])
            except ValueError as why:
                line.wrong(str(why), "room")
        self.facts[line.number] = facts

    def check_all(self, lines: Sequence[Line]) -> None:
        """A room holds one class, when all that the sheet says has happened."""
        sits = {group.room_id: str(Named(*key)) for key, group in self.groups.items()
                if group.room_id and group.grade in GRADES}  # fmt: skip
        moving = [line for line in lines if "room" in self.facts.get(line.number, {})]
        for line in moving:
            if line.thing is not None and line.thing.room_id:
                sits.pop(line.thing.room_id, None)
        for line in moving:
            room = self.facts[line.number]["room"]
            if room.id in sits:
                line.wrong(
                    _("%(class_name)s already sits in %(room)s.", class_name=sits[room.id], room=room.name), "room"
                )
            sits[room.id] = str(line["group"])

    def differs(self, thing: ClassGroup, line: Line) -> bool:
        return any(getattr(thing, f"{key}_id") != row.id for key, row in self.facts[line.number].items())

    def add(self, line: Line) -> None:
        self._make_room(line)
        year, number = line["group"]
        ClassGroup.add(year, number, self.by, **self.facts[line.number])

    def change(self, thing: ClassGroup, line: Line) -> None:
        self._make_room(line)
        thing.change(self.by, **self.facts[line.number])

    def _make_room(self, line: Line) -> None:
        """Two classes may change rooms in one sheet: who still sits there, leaves first."""
        room = self.facts[line.number].get("room")
        for group in self.groups.values() if room is not None else ():
            if group.room_id == room.id and group != line.thing and group.grade in GRADES:
                group.change(self.by, room=None)
