"""A projector in the classroom of 李敏, a lectern that nobody keeps, forty desks in the store of the custodian."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.assets.models import Asset, Category, install_builtin
from app.transfers.models import Transfer, Wanted


@pytest.fixture
def things(school: SimpleNamespace) -> SimpleNamespace:
    install_builtin()
    projectors = Category.get(Category.code == "A02020200")
    desks = Category.get(Category.code == "A05010203")
    by = school.custodian
    return SimpleNamespace(
        projector=Asset.add("投影仪", projectors, by, place=school.places.classroom, keeper=school.teacher,
                            office=school.office, unit_price=356000),
        lectern=Asset.add("讲台", desks, by, place=school.places.toilet, unit="张"),
        desks=Asset.add("课桌", desks, by, place=school.places.store, is_batch=True, quantity=40, unit="张"),
    )  # fmt: skip


@pytest.fixture
def ask(school: SimpleNamespace) -> Any:
    """`ask(asset)`: 李敏 asks that something of hers goes to the art office of 冯伟."""

    def asking(asset: Asset, source: Any = None, quantity: int = 1, by: Any = None, **more: Any) -> Transfer:
        source = source or school.places.classroom
        return Transfer.ask(
            by or school.teacher, [Wanted(asset, source, quantity)],
            **{"reason": "换到美术室", "place": school.places.office, **more},
        )  # fmt: skip

    return asking
