"""A thing past its minimum life, one below it, and a batch of chairs; three who appraise."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

import pytest
from flask import Flask, has_app_context
from PIL import Image

from app.assets.models import Asset, Category
from app.disposals.disposal import Disposal
from app.people.models import Person

_the_app: list[Flask] = []


@pytest.fixture(autouse=True)
def known_app(app: Flask) -> Iterator[None]:
    _the_app[:] = [app]
    yield
    _the_app.clear()


@contextmanager
def at_school() -> Iterator[None]:
    """The settings at hand. Left at once: a context that stays open would be shared by all phones of the test."""
    if has_app_context():
        yield
        return
    with _the_app[0].app_context():
        yield


@pytest.fixture
def picture():
    """A small JPEG to send with a form."""

    def take(name: str = "photo.jpg") -> tuple[io.BytesIO, str]:
        out = io.BytesIO()
        Image.new("RGB", (64, 48), (90, 140, 120)).save(out, "JPEG")
        out.seek(0)
        return out, name

    return take


def make_things(school) -> SimpleNamespace:
    computers, _made = Category.get_or_create(
        code="A02010105", defaults={"name": "台式计算机", "name_en": "desktop computer", "life_years": 6}
    )
    Category.update(life_years=6).where(Category.id == computers.id).execute()
    chairs, _made = Category.get_or_create(code="A05010304", defaults={"name": "学生椅", "name_en": "pupil's chair"})
    Category.update(life_years=15).where(Category.id == chairs.id).execute()
    enter = {"by": school.custodian, "office": school.office}
    return SimpleNamespace(
        old=Asset.add("旧台式机", Category.get_by_id(computers.id), place=school.places.office, unit_price=420000,
                      acquired_on=date(2016, 9, 1), **enter),
        young=Asset.add("新台式机", Category.get_by_id(computers.id), place=school.places.classroom, unit_price=2500000,
                        acquired_on=date(2023, 9, 1), **enter),
        undated=Asset.add("功放", Category.get_by_id(computers.id), place=school.places.store, **enter),
        chairs=Asset.add("课椅", Category.get_by_id(chairs.id), place=school.places.classroom, unit_price=8000,
                         acquired_on=date(2020, 9, 1), is_batch=True, quantity=40, unit="把", **enter),
    )  # fmt: skip


@pytest.fixture
def things(school) -> SimpleNamespace:
    return make_things(school)


@pytest.fixture
def three(school) -> list[Person]:
    return [school.electrician, school.teacher, school.stranger]


@pytest.fixture
def ask(school, things, three):
    """The custodian asks; what is not given fits the old computer, and nobody need take a photo for it."""

    def asked(asset=None, by=None, **given) -> Disposal:
        asset = asset or things.old
        facts = {"reason": "stolen", "words": "找遍了也没有", "way": "loss", "appraisers": three}
        with at_school():
            return Disposal.ask(asset, by or school.custodian, **{**facts, **given})

    return asked


def appraise(slip: Disposal, people, words: str = "主板烧坏,无法修复") -> Disposal:
    """All three write their opinion."""
    for person in people:
        with at_school():
            Disposal.get_by_id(slip.id).agree(person, note=words)
    return Disposal.shown().where(Disposal.id == slip.id).get()


def agree_all(slip: Disposal, three, *others) -> Disposal:
    """The appraisers, then whoever is asked after them, in order."""
    appraise(slip, three)
    for person in others:
        with at_school():
            Disposal.shown().where(Disposal.id == slip.id).get().agree(person)
    return Disposal.shown().where(Disposal.id == slip.id).get()
