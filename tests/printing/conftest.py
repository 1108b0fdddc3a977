"""Labels to print: the five rooms of the small school, three projectors and a batch of chairs."""

from types import SimpleNamespace

import pytest

import labels
from app.assets.models import Asset, Category
from app.places.codes import Label
from app.printing.models import Basket, PrintRun
from app.printing.paper import with_things


@pytest.fixture
def stock(school) -> SimpleNamespace:
    """Assets with labels in the basket; `.codes` of the projectors in the order they were entered."""
    category, _made = Category.get_or_create(code="A02020400", defaults={"name": "多媒体设备"})
    enter = {"category": category, "by": school.custodian}
    projectors = Asset.add_many(3, "投影仪", place=school.places.store, batch="2026秋", **enter)
    chairs = Asset.add("折叠椅", place=school.places.classroom, is_batch=True, quantity=45, unit="把", **enter)
    codes = [Label.of(asset=asset).code for asset in projectors]
    return SimpleNamespace(category=category, projectors=projectors, chairs=chairs, codes=codes)


@pytest.fixture
def desk(phone, school):
    """The custodian's browser."""
    return phone(school.custodian)


@pytest.fixture
def printed(app, school, stock):
    """A run of the four asset labels on a new sheet of 24, which has 20 left then."""

    def make(kind: str = "asset", sheet: str = "a4-24", **how) -> PrintRun:
        with app.app_context():
            chosen = list(with_things(Basket.of_kind(kind)))
            return PrintRun.make(chosen, labels.SHEETS[sheet], school.custodian, **how)

    return make


def choice(**given) -> dict[str, str]:
    """What the sheet page sends when the assets' four labels are printed on a new A4 sheet of 24."""
    given = {"kind": "asset", "sheet": "a4-24", "paper": "new", "copies": "1", "place": "yes", "shown": "4", **given}
    number = "" if given["paper"] == "new" else given["paper"]
    return {"drawn": f"{given['sheet']}:{number}", **given}
