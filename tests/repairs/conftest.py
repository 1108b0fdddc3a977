"""What the tests of repairs share: labels by place, and a way to file a report in one line."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.assets.models import Asset, Category
from app.places.codes import Label
from app.repairs.models import Ticket

HOSTILE = ("😀" * 30, "<script>alert(1)</script>", "' OR 1=1 --", "长" * 200, "{{ 7*7 }} %(x)s")


def label_of(**thing: Any) -> str:
    label = Label.of(**thing) or Label.make(**thing)
    return label.code


@pytest.fixture
def aircon(school: SimpleNamespace) -> Asset:
    category = Category.get_or_none(Category.code == "A02061804") or Category.create(code="A02061804", name="空调机")
    return Asset.add("立式空调", category, None, place=school.places.classroom)


@pytest.fixture
def code(school: SimpleNamespace) -> str:
    return label_of(place=school.places.classroom)


@pytest.fixture
def report(school: SimpleNamespace) -> Any:
    """`report()` files the teacher's dripping tap; anything can be said otherwise."""

    def file(by: Any = "teacher", **given: Any) -> Ticket:
        by = getattr(school, by) if isinstance(by, str) else by
        facts = {"place": school.places.classroom, "kind": "water", "words": "水龙头滴水", **given}
        return Ticket.report(by, **facts)

    return file
