"""A small school whose ledger was written at random over three years, and the same once more as plain Python."""

import io
import random
from collections import Counter
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pypdf
import pytest

from app import clock
from app.assets import ledger
from app.assets.models import Asset, Category, install_builtin
from app.people.models import Person

START = date(2024, 9, 2)
FUNDS = ("", "财政拨款", "公用经费")


@pytest.fixture
def finance(school: SimpleNamespace) -> Person:
    person, _first = Person.add(
        "金有余", roles=("finance",), phone="13800000019", office=school.office, must_change=False
    )
    return person


@pytest.fixture
def grown(school: SimpleNamespace) -> SimpleNamespace:
    """Sixty assets, single and in batches, entered, added to and taken off on many days. `rows` are all movements
    as (day, asset, source, target, quantity)."""
    install_builtin()
    chance, now = random.Random(7), clock.now()
    categories = [Category.get(Category.code == code) for code in ("A02010105", "A02020200", "A05010203", "A05010303")]
    places = [school.places.classroom, school.places.other_classroom, school.places.store, school.places.office]
    assets, rows = [], []
    for number in range(60):
        day = START + timedelta(days=chance.randrange(700))
        clock.set_hands(datetime.combine(day, datetime.min.time()) + timedelta(hours=2))
        batch, place = number % 3 == 0, chance.choice(places)
        asset = Asset.add(
            f"校产{number:02}", chance.choice(categories), school.custodian, place=place, is_batch=batch,
            quantity=chance.randint(5, 40) if batch else 1, unit_price=chance.choice((None, 8500, 356000, 1280050)),
            acquired_on=chance.choice((None, day, date(2016, 2, 29), date(2020, 6, 1))), fund=chance.choice(FUNDS),
            source=chance.choice(("bought", "donated", "other")), keeper=chance.choice((None, school.teacher)),
            office=chance.choice((None, school.office, school.teaching)),
            state=chance.choice(("in_use", "idle", "repair")),
            warranty_until=chance.choice((None, date(2026, 12, 31), date(2028, 1, 1))),
        )  # fmt: skip
        assets.append(asset)
        for _each in range(4 if batch else 0):
            day += timedelta(days=chance.randrange(1, 25))
            clock.set_hands(datetime.combine(day, datetime.min.time()) + timedelta(hours=3))
            ledger.post(asset, "entry", school.custodian, quantity=chance.randint(1, 9), target=chance.choice(places))
        if number % 4 == 1:
            clock.set_hands(datetime.combine(day + timedelta(days=30), datetime.min.time()))
            ledger.post(asset, "removal", school.custodian, quantity=1, source=place, reason="坏了")
    clock.set_hands(now)
    rows = [
        (clock.local(row.at).date(), row.asset_id, row.source_id, row.target_id, row.quantity)
        for row in ledger.Movement.select()
    ]
    return SimpleNamespace(assets={asset.id: asset for asset in assets}, rows=rows, places=places)


@pytest.fixture
def by_hand(grown: SimpleNamespace) -> Any:
    """`by_hand(key, day, keep)`: {key(asset, place id): (cards, things, value)} by walking through every movement."""

    def reckon(key: Any, day: date | None = None, keep: Any = lambda _asset: True) -> dict[Any, tuple[int, int, int]]:
        held: Counter = Counter()
        for moved_on, asset, source, target, quantity in grown.rows:
            if day is None or moved_on <= day:
                held[asset, target] += quantity
                held[asset, source] -= quantity
        found: dict[Any, list[Any]] = {}
        for (asset_id, place), quantity in held.items():
            asset = grown.assets[asset_id]
            if place is None or quantity <= 0 or not keep(asset):
                continue
            cards, things, value = found.setdefault(key(asset, place), [set(), 0, 0])
            cards.add(asset_id)
            price = (asset.unit_price or 0) * quantity
            found[key(asset, place)] = [cards, things + quantity, value + price]
        return {name: (len(cards), things, value) for name, (cards, things, value) in found.items()}

    return reckon


def words_of(pdf: bytes) -> str:
    """All words of a PDF, without the line ends of its cells."""
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")
