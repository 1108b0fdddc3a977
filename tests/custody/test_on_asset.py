"""Who holds a thing stands on the thing's own page, for those who may know."""

from datetime import timedelta

from app import clock
from app.assets.models import Asset
from app.custody.models import Custody


def test_the_office_and_the_holder_see_who_has_it(school, things, phone):
    Asset.update(office=school.teaching).where(Asset.id == things.projector.id).execute()
    due = clock.today() + timedelta(7)
    Custody.lend(things.projector, school.teacher, school.custodian, due_on=due)
    url = f"/assets/{things.projector.id}"
    assert "With whom it is" in phone(school.director).get(url).text
    assert "With whom it is" in phone(school.teacher).get(url).text
    page = phone(school.stranger).get(url)  # of the same office
    assert page.status_code == 200
    assert "With whom it is" not in page.text
    assert "李敏" not in page.text


def test_nothing_is_said_of_what_nobody_has(school, things, phone):
    assert "With whom it is" not in phone(school.director).get(f"/assets/{things.projector.id}").text
