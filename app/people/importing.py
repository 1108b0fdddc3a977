"""Staff from a sheet: accounts found again by phone number, offices that are missing opened along the way.

Who is new gets a first password, shown once on the page that answers the import and stored nowhere.
"""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from functools import cache, partial
from typing import Any

from flask import Response, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.excel import parse
from app.excel.importer import Column, Importer, Line, Report, in_every_language
from app.people import passwords
from app.people.models import Office, Person, PersonRole, tidy_phone
from app.people.permissions import ROLES
from app.web import render, shown_once

BETWEEN = re.compile(r"[、,，;；/|\s]+")
ALSO = {  # what schools call the roles besides our own words for them
    "principal": ("校长", "书记"),
    "vice_principal": ("副校长", "分管副校长"),
    "director": ("总务主任", "总务处主任", "主任"),
    "custodian": ("校产管理员", "资产管理员", "保管员"),
    "finance": ("财务", "会计", "出纳"),
    "electrician": ("水电工", "电工", "维修工"),
    "cleaner": ("保洁员", "保洁"),
    "canteen_manager": ("食堂管理员", "食堂负责人"),
    "cook": ("食堂工人", "厨师", "炊事员"),
    "counsellor": ("大队辅导员", "辅导员"),
    "guard": ("保安", "门卫"),
    "teacher": ("教师", "老师"),
}


class Staff:
    """Finds a person by what stands in a cell: a name, a phone number, or both."""

    def __init__(self) -> None:
        self.people = list(Person.select().order_by(Person.id))
        self.by_phone = {person.phone: person for person in self.people if person.phone}
        self.by_name: dict[str, list[Person]] = {}
        for person in self.people:
            if person.is_active:
                self.by_name.setdefault(person.name, []).append(person)

    def find(self, words: str) -> Person:
        """ValueError with a sentence when it is nobody, several, or somebody whose account is switched off."""
        name, phone = self._parts(words)
        person = self.by_phone.get(phone) if phone else None
        if person is None:
            person = self._named(name or words)
        if not person.is_active:
            raise ValueError(_("The account of %(name)s is switched off.", name=person.name))
        if name and phone and person.name != name:
            raise ValueError(_("%(phone)s is the number of %(name)s.", phone=phone, name=person.name))
        return person

    @staticmethod
    def _parts(words: str) -> tuple[str, str]:
        found = re.fullmatch(r"(.*?)[\s(（/]*([0-9][0-9 -]{9,})[)）]?", words)
        return (found[1].strip(), tidy_phone(found[2])) if found else (words, "")

    def _named(self, name: str) -> Person:
        several = self.by_name.get(name) or self.by_name.get(re.sub(r"\s", "", name), [])
        if len(several) == 1:
            return several[0]
        if several:
            raise ValueError(
                _("There are %(count)s people called %(name)s; please write the phone number.",
                  count=len(several), name=name)
            )  # fmt: skip
        close = get_close_matches(name, self.by_name, 1)
        raise ValueError(
            _("Nobody on the staff is called %(name)s; perhaps %(other)s?", name=name[:40], other=close[0])
            if close
            else _("Nobody on the staff is called %(name)s.", name=name[:40])
        )

    def names(self) -> list[str]:
        """Everybody as a drop-down offers them; namesakes with their phone numbers."""
        return [
            person.name if len(several) == 1 else f"{person.name} {person.phone or ''}".strip()
            for several in self.by_name.values()
            for person in several
        ]


def staff_names() -> list[str]:
    return Staff().names()


def office_names() -> list[str]:
    return [name for (name,) in Office.select(Office.name).order_by(Office.id).tuples()]


def roles_in(value: Any) -> tuple[str, ...]:
    """`总务主任、教师` → the roles; ValueError for a word that is none."""
    known = _role_words()
    written = parse.text(value, 200)
    if _key(written) in known:  # a role's own name may hold a stroke
        return (known[_key(written)],)
    found = set()
    for words in filter(None, BETWEEN.split(written)):
        if _key(words) not in known:
            raise ValueError(_("There is no role %(role)s; please choose from the list.", role=words[:20]))
        found.add(known[_key(words)])
    return tuple(sorted(found))


@cache  # for all languages at once: gathered with the first cell, not with each
def _role_words() -> dict[str, str]:
    return {_key(words): role for role, title in ROLES.items() for words in (*in_every_language(title), *ALSO[role])}


def _key(words: str) -> str:
    return re.sub(r"\s", "", str(words)).casefold()


class StaffImporter(Importer):
    """Accounts by phone number; who has none is found by a name that nobody else has."""

    name, title = "people", _l("Import staff")
    key = ("phone", "name")
    notes = (
        _l("Without a phone number someone is found again by the name, which nobody else may have then."),
        _l("Offices that are missing are opened."),
        _l("Several roles are written with a comma between them. Roles given here replace those given before."),
    )
    columns = (
        Column(
            "name",
            _l("Name"),
            partial(parse.text, longest=40),
            True,
            ("姓名", "教师姓名", "职工姓名", "人员姓名"),
            example="李敏",
        ),
        Column(
            "phone",
            _l("Phone number"),
            parse.phone,
            False,
            ("手机", "手机号", "手机号码", "联系电话", "电话", "联系方式", "电话号码"),
            example="13800138000",
            width=16,
            note=_l("11 digits; signs in with it"),
        ),
        Column(
            "office", _l("Office"), parse.text, False, ("科室", "部门", "处室", "所在部门", "所属部门"), office_names
        ),
        Column("post", _l("Post"), parse.text, False, ("岗位", "职务", "职位"), example=_l("class teacher")),
        Column(
            "roles",
            _l("Roles"),
            roles_in,
            False,
            ("角色", "系统角色"),
            tuple(ROLES.values()),
            width=24,
            words=lambda roles: _(", ").join(str(ROLES[role]) for role in roles),
            note=_l("what they do in this system; empty: what everybody with an account may"),
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.new: list[tuple[Person, str]] = []  # with their first passwords
        self._hashed: list[tuple[str, str]] = []

    def found_again(self) -> str:
        return _("People are found again by their phone number. The same sheet sent again doubles nobody.")

    def begin(self) -> None:
        self.staff = Staff()
        self.offices = {office.name: office for office in Office.select()}
        self.roles: dict[int, set[str]] = {}
        for row in PersonRole.select():
            self.roles.setdefault(row.person_id, set()).add(row.role)
        self.written: dict[str, int] = {}  # names → how often they stand in the sheet
        for line in self.lines:
            if "name" in line:
                self.written[line["name"]] = self.written.get(line["name"], 0) + 1
        self._opening: set[str] = set()

    def key_of(self, line: Line) -> Any:
        return line.get("phone") or line.get("name")

    def find(self, line: Line) -> Person | None:
        if "phone" in line:
            if person := self.staff.by_phone.get(line["phone"]):
                return person
            alone = self.staff.by_name.get(line.get("name"), [])
            return alone[0] if len(alone) == 1 and not alone[0].phone else None
        several = self.staff.by_name.get(line.get("name"), [])
        return several[0] if len(several) == 1 else None

    def check(self, line: Line) -> None:
        person, namesakes = line.thing, self.staff.by_name.get(line["name"], [])
        if person is not None and not person.is_active:
            line.wrong(_("The account of %(name)s is switched off; switch it on first.", name=person.name), "phone")
        if person is None and "phone" not in line and (namesakes or self.written[line["name"]] > 1):
            line.wrong(_("There is more than one %(name)s; namesakes need a phone number.", name=line["name"]), "phone")
        others = [each for each in namesakes if each != person]
        if others and "phone" in line:
            if any(not each.phone for each in others):
                line.wrong(_("First enter the phone number of the other %(name)s.", name=line["name"]), "name")
            elif person is None:
                line.remark(
                    _("There is already a %(name)s with another phone number; this opens a second account. If it is "
                      "the same person, change the number on the page of the account instead.",
                      name=line["name"]), "phone",
                )  # fmt: skip
        if (office := line.get("office")) and office not in self.offices and office not in self._opening:
            self._opening.add(office)
            line.remark(_("The office %(name)s is opened.", name=office), "office")

    def check_all(self, lines: Sequence[Line]) -> None:
        """A school is never left without a director."""
        directors = {id for id, roles in self.roles.items() if "director" in roles}
        active = {person.id for person in self.staff.people if person.is_active}
        losing = [line for line in lines if line.thing is not None and line.thing.id in directors and "roles" in line
                  and "director" not in line["roles"]]  # fmt: skip
        gaining = any("director" in line.get("roles", ()) for line in lines)
        if losing and not gaining and not (directors & active) - {line.thing.id for line in losing}:
            losing[-1].wrong(_("This is the only director; give someone else the role first."), "roles")

    def differs(self, thing: Person, line: Line) -> bool:
        office = self.offices.get(line["office"]) if "office" in line else None
        return (
            any(getattr(thing, key) != line[key] for key in ("name", "phone", "post") if key in line)
            or ("office" in line and (office is None or thing.office_id != office.id))
            or ("roles" in line and set(line["roles"]) != self.roles.get(thing.id, set()))
        )

    def prepare(self) -> None:
        """First passwords and their slow hashes, before the write lock is taken."""
        for _step in self.comparing():
            pass
        words = [passwords.first_password() for _each in range(self.report.added)]
        with ThreadPoolExecutor(4) as pool:
            self._hashed = list(zip(words, pool.map(passwords.hashed, words), strict=True))

    def add(self, line: Line) -> None:
        first = self._hashed.pop() if self._hashed else None
        person, password = Person.add(by=self.by, first=first, **self._fields(line))
        self.new.append((person, password))

    def change(self, thing: Person, line: Line) -> None:
        thing.change(self.by, **self._fields(line))

    def _fields(self, line: Line) -> dict[str, Any]:
        fields = dict(line.values)
        if name := fields.pop("office", None):
            if name not in self.offices:
                self.offices[name] = Office.add(name, self.by)
            fields["office"] = self.offices[name]
        return fields

    def answer(self, report: Report) -> Response | None:
        """The first passwords of who is new, this once."""
        if not self.new:
            return None
        page = render("people/imported.html", new=self.new, report=report)
        return shown_once(
            page, url_for("people.list"),
            _("The accounts are open. Their first passwords were shown once; "
              "give a new one on the page of an account."),
        )  # fmt: skip
