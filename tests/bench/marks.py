"""Do checks get slower as marks pile up? 1,000,000 marks against 100,000, in one run.

    .venv/bin/python -m tests.bench.marks

Both schools stand in files of their own and are checked as often on a day: what grows is how many school days lie
behind, half a term or more than six years. Medians of the pages are compared (at most 1.5), and so are the queries.
"""

import statistics
import tempfile
from datetime import date, datetime, time, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

from app import clock, db
from app.calendar.models import Term, monday
from app.inspections.checklists import CLASS_HYGIENE, Checklist, Slot
from app.inspections.models import Check, Mark
from app.inspections.weeks import Week
from app.people.models import Person, SignIn
from app.places.codes import Label
from app.places.models import ClassGroup, Place
from app.seeds import builtin
from tests.bench import growth
from tests.bench.repairs import _timed

LARGE, SMALL = 1_000_000, 100_000
CLASSES, ITEMS = 24, 10
GOAL = 1.5


class Marked(growth.Grown):
    """A school of 24 classes, each checked in every part of every school day, back from today."""

    def fill(self) -> None:
        builtin.install()
        self.director, _password = Person.add("钟务实", roles=("director",), must_change=False)
        self.teacher, _password = Person.add("柯学家", roles=("teacher",), must_change=False)
        top = Place.add("school", "青禾实验小学", None)
        floor = Place.add("floor", "一楼", None, parent=Place.add("building", "明德楼", None, parent=top))
        year = clock.school_year()
        self.groups = [
            ClassGroup.add(
                year - number % 6, number // 6 + 1, None, teacher=self.teacher,
                room=Place.add("classroom", f"{number}教室", None, parent=floor),
            )
            for number in range(CLASSES)
        ]  # fmt: skip
        self.code = Label.of(place=self.groups[0].room).code
        first = clock.today() - timedelta(days=80)
        Term.add(self.director, first, first + timedelta(days=130))
        self._checks()
        last = monday(clock.today()) - timedelta(days=7)
        Week.lock(last, self.director)
        self.last_week = last
        self.token = SignIn.begin(self.director, timedelta(days=1)).token

    def _checks(self) -> None:
        checklist = Checklist.now(CLASS_HYGIENE)
        items = [item.id for item in checklist.items]
        slots = [slot.slug for slot in Slot.in_order()]
        whose = {"checklist": checklist.id, "slug": checklist.slug, "person": self.director.id, "full": checklist.full}
        rows = (
            {**whose, "place": group.room_id, "class_group": group.id, "day": day, "slot": slot,
             "at": datetime.combine(day, time(1)), "total": checklist.full - lost, "unannounced": number % 17 == 0}
            for number, (day, slot, group, lost) in enumerate(self._turns(slots))
        )  # fmt: skip
        id = count(1)
        while piece := list(islice(rows, 1000)):
            piece = [{"id": next(id), **row} for row in piece]
            growth._insert(Check, piece)
            growth._insert(Mark, [mark for row in piece for mark in _marks(row, items)])

    def _turns(self, slots: list[str]) -> Any:
        """The newest day last, as they were made."""
        days = _school_days(-(-self.size // (CLASSES * ITEMS * len(slots))))
        turns = ((day, slot, group) for day in days for slot in slots for group in self.groups)
        for number, (day, slot, group) in enumerate(islice(turns, self.size // ITEMS)):
            yield day, slot, group, number * 7 % 4 * 50


def _school_days(wanted: int) -> list[date]:
    day, found = clock.today(), []
    while len(found) < wanted:
        if day.isoweekday() <= 5 or day == clock.today():
            found.append(day)
        day -= timedelta(days=1)
    return found[::-1]


def _marks(check: dict[str, Any], items: list[int]) -> list[dict[str, Any]]:
    """Each item of a check; what it lost, the first one lost."""
    lost = check["full"] - check["total"]
    return [
        {
            "check": check["id"],
            "item": item,
            "lost": lost if not place else 0,
            "reasons": [0] if lost and not place else [],
        }
        for place, item in enumerate(items)
    ]


PAGES = {
    "day": "/inspections/?all=1",
    "a day of long ago": "/inspections/day/{old}",
    "class": "/inspections/class/{group}",
    "class, last page": "/inspections/class/{group}?page=10",
    "one check": "/inspections/{newest}",
    "ranking of this week": "/inspections/weeks/{today}",
    "ranking of a locked week": "/inspections/weeks/{last_week}",
    "week of a class": "/inspections/weeks/{today}/class/{group}",
    "public board": "/inspections/board/{last_week}",
    "scan a classroom": "/q/{code}",
    "book of the month": f"/inspections/books/{CLASS_HYGIENE}",
    "trends": "/inspections/trends",
    "first page": "/",
}


def measure(school: Marked) -> dict[str, tuple[list[float], int]]:
    """Times and number of queries of each page."""
    with school.inside():
        pass
    db.open_database(school.app.config["DATABASE_URL"])
    known = {
        "group": school.groups[0].id, "newest": school.size // ITEMS, "today": clock.today(), "code": school.code,
        "last_week": school.last_week, "old": clock.today() - timedelta(days=40),
    }  # fmt: skip
    found = {name: _timed(_asking(school, name, path.format(**known))) for name, path in PAGES.items()}
    db.database.close()
    return found


def _asking(school: Marked, name: str, path: str) -> Any:
    client = school.browser(True)

    def ask() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (name, path, answer.status_code)

    return ask


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        small, large = Marked(Path(folder) / "small", SMALL), Marked(Path(folder) / "large", LARGE)
        rounds = [(measure(small), measure(large)) for _round in range(3)]
    for name in PAGES:
        few = statistics.median(t for few, _many in rounds for t in few[name][0]) * 1000
        many = statistics.median(t for _few, many in rounds for t in many[name][0]) * 1000
        queries = rounds[-1][0][name][1], rounds[-1][1][name][1]
        verdict = "ok" if many / few <= GOAL and queries[0] == queries[1] else "MISSED"
        times = f"{few:6.1f} ms → {many:6.1f} ms   ÷ {many / few:.2f}"
        print(f"{name:26} {times}   queries {queries[0]} → {queries[1]} {verdict}")


if __name__ == "__main__":
    main()
