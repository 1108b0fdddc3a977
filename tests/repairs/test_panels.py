"""What is broken stands on the pages of the place and of the thing, for those who may see the report."""

import pytest

from app.assets.models import Asset, Category
from app.repairs.models import Ticket


@pytest.fixture
def broken(school):
    category = Category.create(code="A02020299", name="投影仪")
    projector = Asset.add("投影仪", category, None, place=school.places.classroom, office=school.teaching)
    ticket = Ticket.report(school.teacher, place=school.places.classroom, kind="other", words="不亮", asset=projector)
    return projector, ticket


def test_open_repairs_are_on_both_pages_until_they_are_done(school, broken, phone):
    projector, ticket = broken
    for url in (f"/assets/{projector.id}", f"/places/{school.places.classroom.id}"):
        for who in (school.director, school.teacher):
            assert f"/repairs/{ticket.id}" in phone(who).get(url).text
    assert "Open repairs" not in phone(school.director).get(f"/places/{school.places.store.id}").text


def test_a_colleague_without_a_say_does_not_see_them(school, broken, phone):
    projector, ticket = broken
    for url in (f"/assets/{projector.id}", f"/places/{school.places.classroom.id}"):
        page = phone(school.stranger).get(url)
        assert page.status_code == 200
        assert f"/repairs/{ticket.id}" not in page.text
