"""Things to lend: a projector, a speaker, and a batch of ten chairs in the store."""

import io
from itertools import count
from types import SimpleNamespace

import pytest
from PIL import Image

from app.assets.models import Asset, Category
from app.photos.models import Received
from app.places.codes import Label


@pytest.fixture
def things(school) -> SimpleNamespace:
    category, _made = Category.get_or_create(code="A02020400", defaults={"name": "多媒体设备", "name_en": "multimedia"})
    enter = {"category": category, "by": school.custodian, "place": school.places.store}
    projector = Asset.add("投影仪", brand="爱普生", model="CB-X51", unit_price=459900, **enter)
    speaker = Asset.add("音箱", **enter)
    chairs = Asset.add("折叠椅", is_batch=True, quantity=10, unit="把", **enter)
    made = SimpleNamespace(projector=projector, speaker=speaker, chairs=chairs)
    made.codes = {name: Label.of(asset=asset).code for name, asset in vars(made).items()}
    return made


@pytest.fixture
def picture():
    """A small JPEG to send with a form."""

    def take(name: str = "photo.jpg") -> tuple[io.BytesIO, str]:
        out = io.BytesIO()
        Image.new("RGB", (64, 48), (90, 140, 120)).save(out, "JPEG")
        out.seek(0)
        return out, name

    return take


@pytest.fixture
def photo():
    """A photo that has been taken in, ready to be attached."""
    numbers = count(1)
    return lambda: Received(f"{next(numbers):032}", 64, 48, 1000)
