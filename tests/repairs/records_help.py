"""Many tickets at once for the tests of the record, and the slow way to count them."""

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

from app import clock
from app.assets.models import Asset, Category
from app.repairs.analysis import MEASURES
from app.repairs.kinds import CAUSES, HUMAN, KINDS
from app.repairs.models import Ticket
from app.repairs.records import NOT_COUNTED
from app.repairs.standing import OPEN, STATES


def scatter(school: Any, many: int, first: date, days: int, seed: int = 1) -> list[Ticket]:
    """Random tickets from `first` on, straight into the table: every state, cause, place and cost."""
    chance = Random(seed)
    places = [each for each in vars(school.places).values() if each.is_room]
    groups = [None, *vars(school.classes).values()]
    category = Category.get_or_none(Category.code == "A02061804") or Category.create(code="A02061804", name="空调机")
    assets = [None] + [
        Asset.add(f"空调{n}", category, None, place=places[0], unit_price=100_000 * n) for n in (1, 2, 3)
    ]
    rows, serials = [], {}
    for _each in range(many):
        day = first + timedelta(days=chance.randrange(days))
        serials[day] = serials.get(day, 0) + 1
        rows.append(_row(chance, school, day, serials[day], chance.choice(places), chance.choice(groups),
                         chance.choice(assets)))  # fmt: skip
    for start in range(0, many, 500):
        Ticket.insert_many(rows[start : start + 500]).execute()
    return list(Ticket.select())


def _row(chance: Random, school: Any, day: date, serial: int, place: Any, group: Any, asset: Any) -> dict[str, Any]:
    at = clock.utc(day) + timedelta(minutes=chance.randrange(480, 1080))
    state = chance.choice([*STATES, "confirmed", "confirmed", "confirmed", "fixed"])
    done = state in ("fixed", "confirmed")
    kept = chance.random() < 0.7 if done else None
    return {
        "day": day, "serial": serial, "place": place.id, "asset": asset.id if asset else None,
        "kind": chance.choice(list(KINDS)), "words": "坏了", "urgent": chance.random() < 0.2, "at": at,
        "person": school.teacher.id, "class_group": group.id if group else None, "state": state,
        "why": "parts" if state == "waiting" else "",
        "planned_for": day + timedelta(days=9) if chance.random() < 0.1 else None,
        "worker": school.electrician.id if done else None, "cause": chance.choice(["", *CAUSES]), "talked": False,
        "clock_from": at if chance.random() < 0.9 else None, "running_from": None, "arrived_at": None,
        "fixed_at": at + timedelta(hours=5) if done else None,
        "extended_until": at + timedelta(days=chance.randrange(60)) if chance.random() < 0.3 else None,
        "plain_minutes": chance.randrange(5000) if done else None,
        "school_minutes": chance.randrange(2000) if done else None,
        "on_time": kept, "on_time_extended": (kept or chance.random() < 0.5) if done else None,
        "parts_cost": chance.choice([0, 0, 1500, 30_000]), "outside_cost": chance.choice([0, 0, 0, 80_000]),
        "labour_minutes": chance.randrange(200), "rating": "", "auto_confirmed": False, "merged_into": None,
        "disposal": None, "joined": 0, "said": 0, "last": 1,
    }  # fmt: skip


def counted_slowly(tickets: Iterable[Ticket], start: date, end: date) -> dict[str, int]:
    """What app.repairs.analysis.Tally should say, one ticket after the other."""
    now = clock.now()
    found = dict.fromkeys(MEASURES, 0)
    for ticket in tickets:
        if not start <= ticket.day <= end or ticket.state in NOT_COUNTED:
            continue
        late = ticket.state in OPEN and ticket.clock_from is not None and ticket.clock.left < timedelta()
        found["count"] += 1
        cause = ticket.cause
        found["human" if cause in HUMAN else "wear" if cause in ("wear", "quality") else "unclear"] += 1
        found["ended"] += ticket.fixed_at is not None
        found["parts"] += ticket.parts_cost
        found["outside"] += ticket.outside_cost
        found["labour"] += ticket.labour_minutes
        if ticket.planned_for is not None:
            continue
        found["judged"] += ticket.on_time is not None or late
        found["on_time"] += ticket.on_time is True
        granted = ticket.extended_until is not None and ticket.extended_until >= now
        found["within"] += ticket.on_time_extended is True or (late and granted)
        if ticket.fixed_at is not None and ticket.plain_minutes is not None:
            found["timed"] += 1
            found["plain"] += ticket.plain_minutes
            found["school"] += ticket.school_minutes
    return found
