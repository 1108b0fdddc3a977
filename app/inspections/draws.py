"""Spot checks (抽查): places drawn by lot, those least looked at more likely than others, so that anybody can check it.

A draw keeps its seed and its candidates with their weights. Each candidate gets the number

    -ln(u) / weight,  where u = SHA-256("seed:id of the place") as a fraction between 0 and 1

and the smallest numbers are drawn. Whoever does the sum again must find the same places.
"""

import hashlib
import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from app import clock
from app.db import JSON, Moment, Row
from app.inspections.models import Check
from app.people.models import Person
from app.places.models import Place

MOST_DAYS = 60  # a place that was not looked at for longer weighs no more
SCALE = 2**256


class Draw(Row):
    """One draw. `candidates` are [id of the place, weight, days since a check, days since a spot check] (None: never
    or longer than MOST_DAYS), `chosen` the ids of the places in the order drawn. `by` is None when the clock drew."""

    append_only = True

    slug = peewee.CharField(40)
    seed = peewee.CharField(64)
    wanted = peewee.IntegerField()
    candidates = JSON()
    chosen = JSON()
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "check_draw"
        indexes = ((("at",), False),)

    @property
    def recomputed(self) -> list[int]:
        """Whom the seed and the candidates give, worked out again."""
        return choose(self.seed, [(place, weight) for place, weight, *_days in self.candidates], self.wanted)

    @property
    def holds(self) -> bool:
        return self.recomputed == self.chosen

    @property
    def lots(self) -> list["Lot"]:
        """Every candidate with its name and number, in the order of the numbers."""
        names = {place.id: place for place in Place.rooms().where(Place.id.in_([row[0] for row in self.candidates]))}
        whole = sum(row[1] for row in self.candidates)
        lots = [
            Lot(names.get(id), id, weight, weight / whole, number(self.seed, id, weight), *days, id in self.chosen)
            for id, weight, *days in self.candidates
        ]
        return sorted(lots, key=lambda lot: lot.number)

    @classmethod
    def make(cls, slug: str, places: Iterable[Place], wanted: int, by: Person | None = None, seed: str = "") -> "Draw":
        """Draw some of these places for a checklist, with a seed nobody could know unless one is given (the demo
        school is the same each time). Belongs inside writing()."""
        ids = sorted(place.id for place in places)
        looked = last_looks(slug, ids, clock.today())
        candidates = [[id, _weight(*looked[id]), *looked[id]] for id in ids]
        seed = seed or secrets.token_hex(16)
        chosen = choose(seed, [(id, weight) for id, weight, *_days in candidates], wanted)
        return cls.create(slug=slug, seed=seed, wanted=wanted, candidates=candidates, chosen=chosen, by=by)


@dataclass(frozen=True)
class Lot:
    """A candidate of a draw: `share` is its part of all weights; `days` since any check, `spot_days` since a spot
    check (None: longer than MOST_DAYS, or never)."""

    place: Place | None
    id: int
    weight: int
    share: float
    number: float
    days: int | None
    spot_days: int | None
    drawn: bool


def choose(seed: str, candidates: Sequence[tuple[int, int]], wanted: int) -> list[int]:
    """The ids that a seed draws among (id, weight), in the order drawn."""
    return sorted((id for id, _weight in candidates), key=_numbers(seed, candidates).__getitem__)[:wanted]


def _numbers(seed: str, candidates: Sequence[tuple[int, int]]) -> dict[int, float]:
    return {id: number(seed, id, weight) for id, weight in candidates}


def number(seed: str, id: int, weight: int) -> float:
    """What a candidate draws; small numbers win (Efraimidis and Spirakis: a weighted draw without putting back)."""
    hash = int.from_bytes(hashlib.sha256(f"{seed}:{id}".encode()).digest())
    return -math.log((hash + 1) / (SCALE + 1)) / weight


def last_looks(slug: str, place_ids: Sequence[int], today: date) -> dict[int, tuple[int | None, int | None]]:
    """Days since the last check and since the last spot check of each place with a checklist. One query."""
    spot = peewee.Case(None, ((Check.unannounced, Check.day),))
    rows = (
        Check.select(Check.place, peewee.fn.MAX(Check.day), peewee.fn.MAX(spot))
        .where(Check.slug == slug, Check.place.in_(place_ids))
        .group_by(Check.place)
        .tuples()
    )
    found = {place: (_days_since(any_day, today), _days_since(spot_day, today)) for place, any_day, spot_day in rows}
    return {id: found.get(id, (None, None)) for id in place_ids}


def _days_since(day: Any, today: date) -> int | None:
    if day is None:
        return None
    days = (today - (date.fromisoformat(day) if isinstance(day, str) else day)).days
    return days if 0 <= days <= MOST_DAYS else None


def _weight(days: int | None, spot_days: int | None) -> int:
    """One, and one more for each day that nobody looked, and for each day without a spot check."""
    return 1 + sum(MOST_DAYS if each is None else each for each in (days, spot_days))


def chance_now(passed: float, left: float) -> float:
    """How likely a draw must be at a tick that comes after `passed` of the `left` time: so every moment of the window
    is as likely as any other, none is stored ahead, and the last one is certain."""
    return min(passed / left, 1.0) if left > 0 else 0.0
