"""Changing the card, its state and its photos."""

from io import BytesIO

import pytest

from app import journal
from app.assets.models import Asset
from app.once import new_key
from app.photos.models import Photo
from tests.pictures import jpeg


@pytest.fixture
def form(things, school):
    return {
        "name": "投影仪", "category": things.projectors.id, "unit": "台", "size": "", "brand": "爱普生",
        "model": "CB-X06", "unit_price": "3560", "supplier": "晨光教育装备", "fund": "财政拨款", "source": "bought",
        "office": "0", "keeper": "钱秀英", "keeper_id": school.custodian.id, "state": "in_use",
    }  # fmt: skip


def url(things):
    return f"/assets/{things.projector.id}/edit"


def test_the_card_is_changed_and_the_journal_names_the_fields(school, things, form, phone):
    answer = phone(school.custodian).send(url(things), {**form, "brand": "明基", "unit_price": "4000"})
    asset = Asset.get_by_id(things.projector.id)
    assert answer.status_code == 303
    assert (asset.brand, asset.unit_price) == ("明基", 400000)
    event = journal.about(asset=asset.id).first()
    page = phone(school.teacher).get(f"/assets/{asset.id}").text
    assert "changed the card: brand, unit price" in page
    assert "4,000" not in page
    assert "unit_price=356000" in event.facts["was"]


def test_nothing_changed_is_nothing_in_the_journal(school, things, form, phone):
    browser = phone(school.custodian)
    before = journal.Event.select().count()
    browser.send(url(things), form)
    assert journal.Event.select().count() == before


def test_the_state_is_an_event_in_words(school, things, form, phone):
    phone(school.custodian).send(url(things), {**form, "state": "repair"})
    assert Asset.get_by_id(things.projector.id).state == "repair"
    assert "now under repair" in phone(school.teacher).get(f"/assets/{things.projector.id}").text


def test_a_photo_is_added_and_told(school, things, form, phone):
    phone(school.custodian).send(
        url(things), {**form, "photos": (BytesIO(jpeg()), "a.jpg")}, content_type="multipart/form-data"
    )
    assert len(Photo.of(things.projector)) == 1
    page = phone(school.teacher).get(f"/assets/{things.projector.id}").text
    assert "added a photo" in page
    photo = Photo.of(things.projector)[0]
    assert phone(school.teacher).get(f"/photos/{photo.token}").status_code == 200
    assert phone(school.stranger).get(f"/photos/{photo.token}").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "Please fill this in."),
        ("name", "a" * 1_000_000, "At most 80 characters"),
        ("category", "abc", "Please choose one."),
        ("state", "lost", "Please choose one."),
        ("warranty_until", "soon", "Please give a day"),
        ("finance_number", "F" * 41, "At most 40 characters"),
    ],
)
def test_bad_input_is_told_and_nothing_is_stored(school, things, form, phone, field, value, words):
    answer = phone(school.custodian).send(url(things), {**form, "note": "不要丢", field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert "不要丢" in answer.text
    assert Asset.get_by_id(things.projector.id).note == ""


def test_keeper_office_and_room_do_not_change_here(school, things, form, phone):
    browser = phone(school.custodian)
    page = browser.get(url(things)).text
    assert 'name="keeper"' not in page
    assert 'name="office"' not in page
    sent = {**form, "keeper": "冯伟", "keeper_id": school.stranger.id, "office": school.teaching.id,
            "place": school.places.office.id}  # fmt: skip
    assert browser.send(url(things), sent).status_code == 303
    asset = Asset.get_by_id(things.projector.id)
    assert (asset.keeper, asset.office, asset.place) == (school.custodian, None, school.places.classroom)


@pytest.mark.parametrize("field", ["place", "keeper", "office", "number", "is_batch"])
def test_no_verb_of_the_card_changes_them_either(school, things, field):
    with pytest.raises(ValueError, match="not for change"):
        things.projector.change(school.custodian, **{field: None})


@pytest.mark.parametrize("who", ["teacher", "finance_less", "principal", "card"])
def test_others_may_not_change(school, things, form, phone, who):
    who = getattr(school, who, school.electrician)
    assert phone(who).send(url(things), {**form, "name": "改名"}).status_code == 403
    assert Asset.get_by_id(things.projector.id).name == "投影仪"


def test_the_same_form_twice_changes_once(school, things, form, phone):
    key, browser = new_key(), phone(school.custodian)
    for _time in range(2):
        assert browser.send(url(things), {**form, "brand": "明基"}, key=key).status_code == 303
    assert journal.Event.select().where(journal.Event.action == "assets.changed").count() == 1
