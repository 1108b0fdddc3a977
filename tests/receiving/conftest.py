"""Goods that came: three projectors and forty chairs, from one supplier, handled by the director."""

import io
from types import SimpleNamespace

import pytest
from PIL import Image

from app.assets.models import Category
from app.people.models import Person
from app.receiving.models import Delivery, Found, Item


@pytest.fixture
def finance(school) -> Person:
    who, _password = Person.add(
        "金有余", roles=("finance",), phone="13800000011", office=school.office, must_change=False
    )
    return who


@pytest.fixture
def vice(school) -> Person:
    who, _password = Person.add("安校平", roles=("vice_principal",), phone="13800000012", must_change=False)
    return who


@pytest.fixture
def categories() -> SimpleNamespace:
    def category(code: str, name: str) -> Category:
        return Category.get_or_create(code=code, defaults={"name": name})[0]

    return SimpleNamespace(projector=category("A02020200", "投影仪"), chair=category("A05010303", "教学、实验椅凳"))


@pytest.fixture
def arrive(school, categories):
    """Enter a delivery as the custodian; the teacher is named as second person."""

    def come(**fields) -> Delivery:
        items = fields.pop("items", None) or [
            Item("投影仪", categories.projector, 3, "台", 459900, brand="爱普生", model="CB-X51"),
            Item("学生椅", categories.chair, 40, "把", 8550, is_batch=True),
        ]
        facts = {"supplier": "清溪文教用品公司", "invoice": "No.2026118", "contract": "HT-26-11", "fund": "财政拨款"}
        facts |= {"handler": school.director, "witness": school.teacher}
        return Delivery.arrive(school.custodian, items, **facts | fields)

    return come


@pytest.fixture
def all_good():
    """What the first person writes when nothing is wrong, or `{name: (accepted, reason)}`."""

    def found(delivery: Delivery, **but) -> dict:
        results = {line: Found(line.quantity) for line in delivery.lines}
        for line in delivery.lines:
            if line.name in but:
                results[line] = Found(*but[line.name])
        return results

    return found


@pytest.fixture
def brought(school, arrive, all_good):
    """A delivery that waits for a step."""

    def to(step: str, **but) -> Delivery:
        delivery = arrive()
        if step == "accept":
            return delivery
        delivery.check(school.director, all_good(delivery, **but))
        delivery.confirm(school.custodian)
        if step == "stock":
            return delivery
        delivery.put_in_stock(school.custodian, school.places.store)
        if step == "enter":
            return delivery
        delivery.enter(school.custodian)
        return delivery

    return to


@pytest.fixture
def picture():
    """A small JPEG to send with a form."""

    def take(name: str = "photo.jpg", green: int = 140) -> tuple[io.BytesIO, str]:
        out = io.BytesIO()
        Image.new("RGB", (64, 48), (90, green, 120)).save(out, "JPEG")
        out.seek(0)
        return out, name

    return take
