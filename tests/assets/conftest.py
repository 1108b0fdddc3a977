"""A projector in the classroom of 李敏, and forty desks in the store."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.assets.models import Asset, Category, install_builtin


@pytest.fixture
def things(school: SimpleNamespace) -> SimpleNamespace:
    install_builtin()
    projectors = Category.get(Category.code == "A02020200")
    desks = Category.get(Category.code == "A05010203")
    return SimpleNamespace(
        projectors=projectors,
        desks=desks,
        projector=Asset.add(
            "投影仪", projectors, school.custodian, place=school.places.classroom, brand="爱普生", model="CB-X06",
            unit_price=356000, supplier="晨光教育装备", fund="财政拨款", keeper=school.custodian,
        ),
        desk=Asset.add(
            "课桌", desks, school.custodian, place=school.places.store, is_batch=True, quantity=40, size=5, unit="张",
            unit_price=18000, office=school.office,
        ),
    )  # fmt: skip


@pytest.fixture
def card_form(things: SimpleNamespace, school: SimpleNamespace) -> dict[str, Any]:
    """What someone types to enter one projector into the store."""
    return {
        "name": "投影仪", "category": things.projectors.id, "kind": "single", "quantity": "1", "unit": "台",
        "source": "bought", "size": "", "office": "0", "place": "总务仓库", "place_id": school.places.store.id,
        "unit_price": "3560.00",
    }  # fmt: skip
