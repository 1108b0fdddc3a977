"""Adding: one asset, thirty projectors, a batch, a copy."""

from io import BytesIO

import pytest

from app import journal
from app.assets import ledger
from app.assets.models import Asset, Shelf
from app.once import new_key
from app.places.codes import Label, is_well_formed
from tests.pictures import jpeg


def count():
    return Asset.select().count(), Label.select().count(), ledger.Movement.select().count()


def test_one_asset_gets_a_card_a_code_and_a_ledger_row(school, things, card_form, phone):
    answer = phone(school.custodian).send("/assets/add", card_form)
    asset = Asset.select().order_by(Asset.id.desc()).get()
    assert answer.status_code == 303
    assert answer.location.endswith(f"/assets/{asset.id}")
    assert (asset.number, asset.unit_price, asset.place) == ("A0202-2026-0002", 356000, school.places.store)
    assert is_well_formed(asset.label.code)
    assert asset.label.basket_at is not None
    assert ledger.balance(asset, school.places.store) == 1


def test_thirty_projectors_are_thirty_cards_codes_and_labels_in_the_basket(school, things, card_form, phone):
    before = count()
    answer = phone(school.custodian).send("/assets/add", {**card_form, "quantity": "30"})
    assert answer.location.endswith("/labels/")
    assert [after - was for after, was in zip(count(), before, strict=True)] == [30, 30, 30]
    batch = Asset.select().order_by(Asset.id.desc()).get().batch
    fresh = list(Label.select().join(Asset, on=(Label.asset == Asset.id)).where(Asset.batch == batch))
    assert len({label.code for label in fresh}) == 30
    assert all(label.basket_at and label.batch == batch for label in fresh)
    listed = phone(school.custodian).get("/assets/", query_string={"batch": batch}).text
    assert listed.count("whole-link") == 30


def test_a_batch_is_one_card_with_a_quantity(school, things, card_form, phone):
    form = {**card_form, "name": "课椅", "kind": "batch", "quantity": "45", "unit": "把", "size": "5"}
    phone(school.custodian).send("/assets/add", form)
    asset = Asset.get(Asset.name == "课椅")
    assert (asset.is_batch, asset.size, ledger.balance(asset)) == (True, 5, 45)
    page = phone(school.custodian).get(f"/assets/{asset.id}").text
    assert "No. 5, desk 640 mm" in page
    assert "143–157 cm" in page
    assert "red tag" in page


def test_a_copy_begins_with_the_card_but_not_with_its_own_numbers(school, things, phone):
    things.projector.change(school.custodian, serial="SN-1", finance_number="CZ-1")
    page = phone(school.custodian).get(f"/assets/add?copy={things.projector.id}").text
    assert 'value="CB-X06"' in page
    assert 'value="3560.00"' in page
    assert "201教室" in page
    assert "SN-1" not in page
    assert "CZ-1" not in page


def test_a_photo_comes_with_the_card(school, things, card_form, phone):
    answer = phone(school.custodian).send(
        "/assets/add", {**card_form, "photos": (BytesIO(jpeg()), "a.jpg")}, content_type="multipart/form-data"
    )
    assert "photos/" in phone(school.custodian).get(answer.location).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Please fill this in."),
        ("name", "影" * 81, "At most 80 characters"),
        ("name", "a" * 1_000_000, "At most 80 characters"),
        ("category", "0", "Please choose one."),
        ("category", "999999", "Please choose one."),
        ("category", "'; drop table asset", "Please choose one."),
        ("kind", "both", "Please choose one."),
        ("quantity", "0", "Please give a number from 1"),
        ("quantity", "many", "Please give a whole number."),
        ("quantity", "501", "At most 500 at once"),
        ("unit", "箱子", "Please choose one."),
        ("size", "11", "Please choose one."),
        ("unit_price", "cheap", "Please give an amount"),
        ("unit_price", "-5", "Please give an amount"),
        ("acquired_on", "2026-02-30", "Please give a day"),
        ("acquired_on", "2027-01-01", "This day is still to come."),
        ("office", "999999", "Please choose one."),
        ("source", "stolen", "Please choose one."),
        ("note", "字" * 401, "At most 400 characters"),
    ],
)
def test_bad_input_is_told_at_the_field_and_nothing_is_stored(school, things, card_form, phone, field, value, words):
    before = count()
    answer = phone(school.custodian).send("/assets/add", {**card_form, "brand": "记得我", field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="记得我"' in answer.text
    assert count() == before


def test_a_room_that_does_not_exist_is_told(school, things, card_form, phone):
    for place in ({"place": "没有的房间", "place_id": ""}, {"place": "", "place_id": "999999"}):
        answer = phone(school.custodian).send("/assets/add", {**card_form, **place})
        assert answer.status_code == 422


def test_a_finance_number_belongs_to_one_asset(school, things, card_form, phone):
    things.projector.change(school.custodian, finance_number="CZ-1")
    answer = phone(school.custodian).send("/assets/add", {**card_form, "finance_number": "CZ-1"})
    assert answer.status_code == 422
    assert "投影仪 already has this number." in answer.text
    answer = phone(school.custodian).send("/assets/add", {**card_form, "quantity": "2", "serial": "SN"})
    assert answer.status_code == 422


def test_a_hostile_name_is_shown_as_text(school, things, card_form, phone):
    name = "<script>alert(1)</script>😀 & “教具”"
    answer = phone(school.custodian).send("/assets/add", {**card_form, "name": name})
    for url in (answer.location, "/assets/", f"/assets/in/{school.places.store.id}"):
        page = phone(school.custodian).get(url).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;😀" in page


@pytest.mark.parametrize("who", ["teacher", "electrician", "cleaner", "principal", "card"])
def test_others_may_not_add(school, things, card_form, phone, who):
    before = count()
    assert phone(getattr(school, who)).send("/assets/add", card_form).status_code == 403
    assert phone(getattr(school, who)).get("/assets/add").status_code == 403
    assert count() == before


def test_signed_out_is_asked_to_sign_in(things, card_form, phone):
    assert phone().send("/assets/add", card_form).status_code == 401
    assert "/people/sign-in" in phone().get("/assets/add").location


def test_the_same_form_twice_adds_once(school, things, card_form, phone):
    key, browser, before = new_key(), phone(school.custodian), count()
    first = browser.send("/assets/add", {**card_form, "quantity": "3"}, key=key)
    again = browser.send("/assets/add", {**card_form, "quantity": "3"}, key=key)
    assert first.location == again.location
    assert count()[0] == before[0] + 3


def test_adding_is_in_the_journal_of_asset_and_room(school, things, ctx):
    told = [event.sentence for event in journal.about(asset=things.projector.id)]
    assert told == ["entered 投影仪 at 201教室: 1 台", "entered 投影仪 in the ledger, number A0202-2026-0001"]
    assert journal.about(place=school.places.classroom.id).first().asset_id == things.projector.id


def test_only_shelves_of_rooms_are_made(school, things):
    assert {row.place_id for row in Shelf.select()} == {school.places.classroom.id, school.places.store.id}
