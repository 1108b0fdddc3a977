"""Does the repair desk get slower as its tickets pile up? 50,000 against 5,000, in one run.

    .venv/bin/python -m tests.bench.repairs

Both schools stand in files of their own. The desk has as much to do in both, some sixty open tickets: what grows is
what lies behind it. Lower quartiles are compared (at most 1.5), which other work on the machine disturbs less than
medians, and so are the queries.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from app import clock, db
from app.calendar.models import Term
from app.people.models import Person, SignIn
from app.places.models import ClassGroup, Place
from app.repairs import ticks, upkeep
from app.repairs.models import Step, Ticket
from app.repairs.upkeep import Rule
from app.seeds import builtin
from tests.bench import growth

LARGE, SMALL, TURNS = 50_000, 5_000, 15
A_MONTH = 300  # tickets of the month that the records show, as many in both schools
OPEN = 60
GOAL = 1.5
STATES = ("reported", "accepted", "assigned", "taken", "waiting")  # of what is open
KINDS = ("water", "power", "doors", "furniture", "aircon", "media")
CAUSES = ("wear", "wear", "wear", "misuse", "accident", "quality")


class Desk(growth.Grown):
    """A school with so many tickets: sixty open, three hundred of this month, the others of the years before."""

    def fill(self) -> None:
        builtin.install()
        self.director, _password = Person.add("钟务实", roles=("director",), must_change=False)
        self.electrician, _password = Person.add("陆电通", roles=("electrician",), must_change=False)
        top = Place.add("school", "青禾实验小学", None)
        floor = Place.add("floor", "一楼", None, parent=Place.add("building", "明德楼", None, parent=top))
        rooms = [Place.add("classroom", f"{n}教室", None, parent=floor) for n in range(growth.ROOMS)]
        year = clock.school_year()
        self.classes = [ClassGroup.add(year - n % 6, n // 6 + 1, None, room=rooms[n]) for n in range(24)]
        first = clock.today() - timedelta(days=80)
        Term.add(self.director, first, first + timedelta(days=130))
        Rule.add(self.director, "灭火器月检", "safety", place=rooms[0], unit="months", every=1, ahead=3,
                 first_on=clock.today())  # fmt: skip
        rows = [self._ticket(n, rooms) for n in range(self.size)]
        growth._insert(Ticket, [row for row, _steps in rows])
        growth._insert(Step, [step for _row, steps in rows for step in steps])
        self.token = SignIn.begin(self.director, timedelta(days=1)).token
        self.worker_token = SignIn.begin(self.electrician, timedelta(days=1)).token

    def _ticket(self, n: int, rooms: list[Place]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The newest has the highest number; what is open is among the newest."""
        left = self.size - 1 - n
        back = timedelta(hours=left * 2) if left < A_MONTH else timedelta(days=100, minutes=left * 20)
        at = clock.now() - back
        is_open = left < OPEN
        fixed = at + timedelta(hours=3 + n % 30)
        ended = {} if is_open else {
            "fixed_at": fixed, "plain_minutes": 180 + n % 600, "school_minutes": 120, "on_time": n % 7 > 0,
            "on_time_extended": n % 11 > 0, "rating": "satisfied", "labour_minutes": 20, "cause": CAUSES[n % 6],
            "parts_cost": n % 5 * 900,
        }  # fmt: skip
        row = {
            "day": clock.local(at).date(), "serial": n + 1, "place": rooms[n % len(rooms)], "kind": KINDS[n % 6],
            "words": "灯不亮", "person": self.director, "at": at, "worker": self.electrician, "clock_from": at,
            "state": STATES[n % len(STATES)] if is_open else "confirmed", "last": 2 if is_open else 4,
            "running_from": at if is_open else None,
            "class_group": self.classes[n % 24] if n % 3 == 0 else None,
            **dict.fromkeys(("fixed_at", "plain_minutes", "school_minutes", "on_time", "on_time_extended")),
            "rating": "", "labour_minutes": 0, "cause": "", "parts_cost": 0, **ended,
        }  # fmt: skip
        kinds = [("reported", at), ("taken", at), ("fixed", fixed), ("confirmed", fixed)][: 2 if is_open else 4]
        steps = [
            {"ticket": n + 1, "serial": number, "kind": kind, "at": when, "person": self.electrician}
            for number, (kind, when) in enumerate(kinds, 1)
        ]
        return row, steps


PAGES = {
    "desk list": (False, "/repairs/"),
    "desk list, done": (False, "/repairs/?tab=done"),
    "desk list, late": (False, "/repairs/?only=late"),
    "decisions": (False, "/repairs/queue"),
    "electrician's day": (True, "/repairs/work"),
    "records of the month": (False, "/repairs/records"),
    "one ticket": (False, "/repairs/{newest}"),
    "preventive work": (False, "/repairs/upkeep"),
    "first page": (False, "/"),
    "first page, electrician": (True, "/"),
}
JOBS: dict[str, Callable[[Any], Any]] = {
    "tick: nearly late": ticks.soon, "tick: late": ticks.late, "tick: signed off": ticks.signed_off,
    "tick: planned": lambda now: upkeep.open_planned(),
}  # fmt: skip


def measure(school: Desk) -> dict[str, tuple[list[float], int]]:
    """Times and number of queries of each page and each job."""
    found = {}
    with school.inside():
        pass
    db.open_database(school.app.config["DATABASE_URL"])
    for name, (works, path) in PAGES.items():
        client = school.app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = school.worker_token if works else school.token
        ask = _asking(client, name, path.format(newest=school.size))
        found[name] = _timed(ask)
    with school.app.app_context(), db.database.connection_context():
        for name, job in JOBS.items():
            found[name] = _timed(lambda job=job: _in_one_act(job))
    db.database.close()
    return found


def _asking(client: Any, name: str, path: str) -> Callable[[], None]:
    def ask() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (name, path, answer.status_code)

    return ask


def _in_one_act(job: Callable[[Any], Any]) -> None:
    with db.writing():
        job(clock.now())


def _timed(do: Callable[[], None]) -> tuple[list[float], int]:
    do()  # the first time tells, opens and learns; it is not what a day is made of
    with _counting() as queries:
        do()
    times = []
    for _turn in range(TURNS):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return times, len(queries)


@contextmanager
def _counting() -> Iterator[list[str]]:
    queries, real = [], db.database.obj.execute_sql

    def execute(sql: str, *args: Any, **kwargs: Any) -> Any:
        queries.append(sql)
        return real(sql, *args, **kwargs)

    db.database.obj.execute_sql = execute
    try:
        yield queries
    finally:
        del db.database.obj.execute_sql


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        small, large = Desk(Path(folder) / "small", SMALL), Desk(Path(folder) / "large", LARGE)
        rounds = [(measure(small), measure(large)) for _round in range(3)]
    for name in rounds[0][0]:
        few, many = (_quartile([t for both in rounds for t in both[size][name][0]]) for size in (0, 1))
        asked = [rounds[-1][size][name][1] for size in (0, 1)]
        verdict = "ok" if many / few <= GOAL and asked[0] == asked[1] else "MISSED"
        print(
            f"{name:26} {few:6.1f} ms → {many:6.1f} ms   ÷ {many / few:.2f}   {asked[0]} → {asked[1]} queries {verdict}"
        )


def _quartile(times: list[float]) -> float:
    """In milliseconds."""
    return statistics.quantiles(times, n=4)[0] * 1000


if __name__ == "__main__":
    main()
