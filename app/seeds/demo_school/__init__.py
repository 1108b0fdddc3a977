"""The demo school: a term's worth of people, places, property, repairs, checks and loans.

Deterministic apart from secrets (passwords, codes) and relative to the day it is made, so that lists and charts
always look like last week. It is built with the nouns' own verbs while the clock's hands are set back.
"""

import os
import random
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from app import clock
from app.assets import ledger
from app.assets.models import Asset, Category
from app.db import writing
from app.people import passwords
from app.people.models import DutyCard, Office, Person
from app.places.codes import Label
from app.places.models import ClassGroup, Grade, Place
from app.seeds.demo_school import calendar, cleaning, facts, history, repairs
from app.seeds.demo_school.days import term_start

SCHOOL = facts.SCHOOL
SIGN_INS = "demo-sign-ins.txt"


# Nouns whose flows stand half-way through, so that a visitor can take the next step.
HALF_WAY = ("receiving", "transfers", "disposals", "stocktakes", "custody", "reports")


class School:
    """What has been made so far, by name."""

    def __init__(self, firsts: "Sequence[Future[tuple[str, str]]]") -> None:
        self.firsts = firsts
        self.chance = random.Random("青禾")
        self.offices: dict[str, Office] = {}
        self.people: dict[str, Person] = {}
        self.passwords: dict[str, str] = {}
        self.places: dict[str, Place] = {}
        self.classes: list[ClassGroup] = []
        self.grade_of: dict[int, int] = {}  # of each class today: in its first days some were a grade lower
        self.class_teachers: dict[int, Person] = {}
        self.cards: list[tuple[DutyCard, str]] = []
        self.cards_of: dict[int, list[tuple[DutyCard, float]]] = {}  # of each grade, with how severe they are
        self.categories = {category.code: category for category in Category.select()}

    def person(self, role: str) -> Person:
        return next(self.people[name] for name, _post, _office, roles in facts.STAFF if role in roles)


def first_passwords() -> "list[Future[tuple[str, str]]]":
    """Begin with the slow hashes on all processors, while the rest of the program starts."""
    cooks = ThreadPoolExecutor(os.cpu_count())
    return [cooks.submit(_first) for _each in facts.STAFF]


def _first() -> tuple[str, str]:
    password = passwords.first_password()
    return password, passwords.hashed(password)


def make_once(data: Path, firsts: "Sequence[Future[tuple[str, str]]]" = ()) -> str:
    """Build the school if the database is empty; either way return the table of sign-ins to print."""
    table = data / SIGN_INS
    if Person.select().exists():
        return table.read_text() if table.exists() else "This folder already holds a school."
    school = School(firsts or first_passwords())
    try:
        with writing():  # a whole school or none
            for build in (_people, calendar.build, _places, _classes, _singles, _batches, _cards, cleaning.build,
                          repairs.build, history.build, _stick_labels):  # fmt: skip
                build(school)
            for noun in HALF_WAY:
                import_module(f"app.seeds.demo_school.{noun}").build(school)
            _keep(table, _sign_ins(school))  # within the act: no school stands whose sign-ins nobody knows
    finally:
        clock.set_hands(None)
    return table.read_text()


def _keep(table: Path, words: str) -> None:
    """Passwords are for the owner of the folder alone."""
    descriptor = os.open(table, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(words)


def _people(school: School) -> None:
    clock.set_hands(term_start())
    for name in facts.OFFICES:
        school.offices[name] = Office.add(name, None)
    for order, (name, post, office, roles) in enumerate(facts.STAFF):
        person, password = Person.add(
            name, roles=roles, post=post, office=school.offices[office],
            phone=f"1390000{order + 1:04}", must_change=False, first=school.firsts[order].result(),
        )  # fmt: skip
        school.people[name], school.passwords[name] = person, password
    for office, name in facts.HEADS.items():
        school.offices[office].head = school.people[name]
        school.offices[office].save()


def _places(school: School) -> None:
    director = school.person("director")
    top = Place.add("school", SCHOOL, director)

    def room(kind: str, name: str, parent: Place, number: str = "", key: str = "") -> Place:
        keeper = school.people.get(facts.ROOM_KEEPERS.get(name, "")) or _head_of(school, name)
        place = Place.add(kind, name, director, parent=parent, number=number, keeper=keeper,
                          position=len(school.places))  # fmt: skip
        if Label.of(place=place) is None:
            Label.make(place=place, batch="建校")
        school.places[key or name] = place
        return place

    for order, (building_name, grades) in enumerate(facts.CLASS_BUILDINGS.items()):
        building = Place.add("building", building_name, director, parent=top, position=order)
        for level, grade in enumerate(grades):
            floor = Place.add("floor", facts.FLOORS[level], director, parent=building, position=level)
            for number in range(1, facts.CLASSES_PER_GRADE + 1):
                door = f"{level + 1}0{number}"
                room("classroom", f"{door}教室", floor, door, key=f"{building_name}{door}")
            for kind, word in facts.PER_FLOOR:
                name = f"{facts.FLOORS[level]}{word}"
                room(kind, name, floor, key=building_name + name)
            room("office", f"{facts.CLASS_WORDS[grade - 1]}年级办公室", floor, f"{level + 1}05")
    hall = Place.add("building", facts.HALL, director, parent=top, position=9)
    for level, rooms in enumerate(facts.HALL_ROOMS.items()):
        floor = Place.add("floor", rooms[0], director, parent=hall, position=level)
        for kind, name, number in rooms[1]:
            room(kind, name, floor, number)
    outside = Place.add("building", "校园", director, parent=top, position=10)
    ground = Place.add("floor", "户外与食堂", director, parent=outside)
    for kind, name in facts.OUTSIDE:
        room(kind, name, ground)


def _head_of(school: School, name: str) -> Person | None:
    return school.people.get(facts.HEADS.get(name, ""))


def _classes(school: School) -> None:
    """Six grades of four; each of the class teachers answers for two classes, as in a small school."""
    director = school.person("director")
    teachers = [person for person in school.people.values() if person.post.startswith("班主任")]
    administrators = [school.person(role) for role in ("principal", "vice_principal", "director")]
    year = clock.school_year(clock.today_really())
    for building, grades in facts.CLASS_BUILDINGS.items():
        for level, grade in enumerate(grades):
            entry_year = year - grade + 1
            Grade.create(entry_year=entry_year, administrator=administrators[(grade - 1) // 2])
            for number in range(1, facts.CLASSES_PER_GRADE + 1):
                teacher = teachers[len(school.classes) // 2 % len(teachers)]
                place = school.places[f"{building}{level + 1}0{number}"]
                group = ClassGroup.add(entry_year, number, director, teacher=teacher, room=place)
                school.classes.append(group)
                school.grade_of[group.id] = grade
                school.class_teachers[group.id] = teacher


def _singles(school: School) -> None:
    clock.set_hands(term_start() + timedelta(days=1))
    for group in school.classes:
        for line in facts.PER_CLASSROOM:
            _buy(school, group.room, *line, keeper=school.class_teachers[group.id])
    for room, lines in facts.BY_ROOM.items():
        for line in lines:
            _buy(school, school.places[room], *line, keeper=school.places[room].keeper)
    for name, place in school.places.items():
        if place.kind == "office":
            for line in facts.PER_OFFICE if name not in ("总务处",) else (*facts.PER_OFFICE, facts.SHREDDER):
                _buy(school, place, *line, keeper=place.keeper)


def _buy(
    school: School, place: Place, name: str, code: str, brand: str, model: str, yuan: int, count: int,
    keeper: Person | None,
) -> None:  # fmt: skip
    year = school.chance.choice(range(2016, clock.today().year + 1))
    bought = min(date(year, school.chance.randint(1, 12), school.chance.randint(1, 28)), clock.today())
    Asset.add_many(
        count, name, school.categories[code], school.person("custodian"),
        place=place, brand=brand, model=model, unit_price=yuan * 100, acquired_on=bought,
        supplier=school.chance.choice(facts.SUPPLIERS), fund=school.chance.choice(facts.FUNDS),
        warranty_until=bought + timedelta(days=3 * 365), keeper=keeper, office=school.offices["总务处"],
        unit="架" if name == "钢琴" else "台", batch=f"{bought.year}年采购",
    )  # fmt: skip


def _batches(school: School) -> None:
    clock.set_hands(term_start() + timedelta(days=2))
    for word, code, unit, yuan in facts.DESKS_AND_CHAIRS:
        wanted: dict[int, list[tuple[Place, int]]] = {}
        for group in school.classes:
            large, small = facts.SIZES[school.grade_of[group.id]]
            more = facts.PUPILS // 2 + 1
            wanted.setdefault(large, []).append((group.room, more))
            wanted.setdefault(small, []).append((group.room, facts.PUPILS - more))
        for size, rooms in sorted(wanted.items()):
            _batch(school, f"{word}({size}号)", code, unit, yuan, rooms, size=size)
    for name, code, unit, yuan, room, count in facts.BATCHES:
        _batch(school, name, code, unit, yuan, [(school.places[room], count)])


def _batch(
    school: School, name: str, code: str, unit: str, yuan: int, rooms: list[tuple[Place, int]], **more: Any
) -> None:
    custodian, (first, count) = school.person("custodian"), rooms[0]
    asset = Asset.add(
        name, school.categories[code], custodian, place=first, quantity=count, is_batch=True, unit=unit,
        unit_price=yuan * 100, acquired_on=date(clock.today().year - 3, 8, 20), fund=facts.FUNDS[0],
        supplier=facts.SUPPLIERS[1], office=school.offices["总务处"], batch="课桌椅" if more else "", **more,
    )  # fmt: skip
    for place, quantity in rooms[1:]:
        ledger.post(asset, "entry", custodian, quantity=quantity, target=place)


def _cards(school: School) -> None:
    """Two or three hygiene cards a grade, each carried by a class of it, which it may not score; and one that is on
    duty all day, so that a visitor can try it at any hour."""
    clock.set_hands(term_start() + timedelta(days=3))
    for grade in range(1, 7):
        for letter, number, severity in (*facts.CARDS, *[facts.THIRD_CARD] * (grade in facts.THIRD_CARD_GRADES)):
            own = next(g for g in school.classes if (school.grade_of[g.id], g.number) == (grade, number))
            name = f"{facts.CLASS_WORDS[grade - 1]}年级卫生监督岗{letter}"
            card = _card(school, name, grade, [1, 2, 3, 4, 5], facts.DUTY_HOURS, own)
            school.cards_of.setdefault(grade, []).append((card, severity[grade % 2]))
    _card(school, "全天示范卡(三年级)", 3, [1, 2, 3, 4, 5, 6, 7], [["00:00", "23:59"]])


def _card(
    school: School, name: str, grade: int, weekdays: list[int], hours: list[list[str]], own: ClassGroup | None = None
) -> DutyCard:
    made = DutyCard.make(
        name, school.person("counsellor"), checklists=["class-hygiene"], grades=[grade], own_class=own,
        weekdays=weekdays, hours=hours, starts_on=clock.today(), ends_on=clock.today() + timedelta(days=200),
    )  # fmt: skip
    school.cards.append(made)
    return made[0]


def _stick_labels(school: School) -> None:
    """Most labels were printed and stuck at the start of term; what came last still waits in the basket."""
    clock.set_hands(term_start() + timedelta(days=4))
    newest = Label.select(Label.code).order_by(Label.made_at.desc(), Label.asset.desc()).limit(24)
    Label.update(printed_at=clock.now(), stuck_at=clock.now() + timedelta(days=2), basket_at=None).where(
        Label.code.not_in(newest)
    ).execute()
    Label.make_blanks(6, batch="空白码")


def _sign_ins(school: School) -> str:
    lines = [f"{SCHOOL}:示范数据,姓名均为虚构 / demo data, all names invented", ""]
    lines += [f"{'姓名':<6}\t{'手机号':<12}\t{'密码':<10}\t岗位"]
    for name, person in school.people.items():
        lines.append(f"{name}\t{person.phone}\t{school.passwords[name]}\t{person.post}")
    lines += ["", "执勤卡 / duty cards (7:20–8:20, 11:30–13:00, 15:00–17:30; 全天 / all day)"]
    lines += [f"{card.name}\t/d/{secret}" for card, secret in school.cards]
    return "\n".join(lines) + "\n"
