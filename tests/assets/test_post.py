"""Entering more, taking off and reversing from the page of an asset; nothing is moved there."""

import pytest

from app.assets import ledger
from app.assets.ledger import Movement
from app.assets.models import Asset
from app.once import new_key


def rows():
    return Movement.select().count()


def test_there_is_no_page_that_moves_a_thing(school, things, phone):
    browser = phone(school.director)
    assert browser.get(f"/assets/{things.projector.id}/move").status_code == 404
    form = {"source": school.places.classroom.id, "place": "美术办公室", "reason": "换房间"}
    assert browser.send(f"/assets/{things.projector.id}/move", form).status_code in (404, 405)
    assert Asset.get_by_id(things.projector.id).place == school.places.classroom


def test_more_is_entered_and_some_is_taken_off_with_a_reason(school, things, phone):
    browser, url = phone(school.custodian), f"/assets/{things.desk.id}"
    browser.send(f"{url}/entry", {"place": "总务仓库", "quantity": "5", "reason": "补购"})
    assert ledger.balance(things.desk) == 45
    browser.send(f"{url}/removal", {"source": school.places.store.id, "quantity": "2", "reason": "损坏"})
    assert ledger.balance(things.desk) == 43
    assert "损坏" in browser.get(url).text


def test_a_single_asset_taken_off_can_be_entered_again(school, things, phone):
    browser, url = phone(school.custodian), f"/assets/{things.projector.id}"
    browser.send(f"{url}/removal", {"source": school.places.classroom.id, "reason": "找不到"})
    assert "It stands in no room" in browser.get(url).text
    elsewhere = browser.send(f"{url}/entry", {"place": "总务仓库", "reason": "找到了"})
    assert elsewhere.status_code == 409
    assert "was taken off in 201教室" in elsewhere.text
    browser.send(f"{url}/entry", {"place": "201教室", "reason": "找到了"})
    assert Asset.get_by_id(things.projector.id).place == school.places.classroom


def test_an_entry_is_reversed_with_a_reason_and_only_once(school, things, phone):
    entry = Movement.get(Movement.asset == things.desk)
    url, browser = f"/assets/{things.desk.id}/movements/{entry.id}/reversal", phone(school.custodian)
    assert browser.send(url, {"reason": ""}).status_code == 422
    assert browser.send(url, {"reason": "数量记错"}).status_code == 303
    assert ledger.balance(things.desk) == 0
    again = browser.send(url, {"reason": "数量记错"})
    assert again.status_code == 409
    assert "already reversed" in again.text


def test_a_movement_of_another_asset_is_not_found(school, things, phone):
    entry = Movement.get(Movement.asset == things.desk)
    url = f"/assets/{things.projector.id}/movements/{entry.id}/reversal"
    assert phone(school.custodian).send(url, {"reason": "错"}).status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quantity": "0"}, "Please give a number"),
        ({"quantity": "x"}, "whole number"),
        ({"quantity": ""}, "Please fill this in."),
        ({"source": "4444"}, "Please choose one."),
        ({"reason": ""}, "Please fill this in."),
        ({"reason": "r" * 201}, "At most 200 characters"),
        ({"reason": "r" * 1_000_000}, "At most 200 characters"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(school, things, phone, change, words):
    before = rows()
    form = {"source": school.places.store.id, "quantity": "5", "reason": "留着", **change}
    answer = phone(school.custodian).send(f"/assets/{things.desk.id}/removal", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert rows() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"place": "", "place_id": ""}, "Please fill this in."),
        ({"place": "没有", "place_id": ""}, "Nothing fits"),
        ({"place": "", "place_id": "4444"}, "Please fill this in."),
        ({"place": "教室"}, "Which one? Please tap it."),
        ({"quantity": "100001"}, "Please give a number"),
    ],
)
def test_a_room_that_makes_no_sense_is_told_too(school, things, phone, change, words):
    before = rows()
    form = {"place": "201教室", "quantity": "5", "reason": "留着", **change}
    answer = phone(school.custodian).send(f"/assets/{things.desk.id}/entry", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert "留着" in answer.text
    assert rows() == before


def test_more_than_there_is_is_refused_in_words(school, things, phone):
    before = rows()
    form = {"source": school.places.store.id, "quantity": "41", "reason": "多了"}
    answer = phone(school.custodian).send(f"/assets/{things.desk.id}/removal", form)
    assert answer.status_code == 409
    assert "总务仓库 does not hold 41 of 课桌" in answer.text
    assert rows() == before


@pytest.mark.parametrize("who", ["teacher", "principal", "electrician", "card"])
@pytest.mark.parametrize("verb", ["entry", "removal", "split", "merger", "movements/1/reversal"])
def test_others_may_not(school, things, phone, who, verb):
    before = rows()
    answer = phone(getattr(school, who)).send(f"/assets/{things.projector.id}/{verb}", {"reason": "试试"})
    assert answer.status_code == 403
    assert rows() == before


def test_the_same_form_twice_enters_once(school, things, phone):
    key, browser = new_key(), phone(school.custodian)
    form = {"place": "201教室", "quantity": "5", "reason": "开学"}
    for _time in range(2):
        assert browser.send(f"/assets/{things.desk.id}/entry", form, key=key).status_code == 303
    assert ledger.balance(things.desk, school.places.classroom) == 5
