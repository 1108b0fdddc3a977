"""Counting what is in a room, or a batch in its rooms, by scanning a label."""

import pytest

from app import journal
from app.assets import ledger
from app.assets.ledger import Movement
from app.assets.models import Asset
from app.once import new_key
from app.places.codes import Label, new_code
from tests.helpers import carried


@pytest.fixture
def room(school, things):
    """The store with desks and a second thing."""
    Asset.add("音箱", things.projectors, school.custodian, place=school.places.store)
    return school.places.store


def form(*rows):
    """`(asset, place, typed, book)` as the form sends it."""
    sent = {}
    for asset, place, typed, book in rows:
        sent[f"n-{asset.id}-{place.id}"], sent[f"book-{asset.id}-{place.id}"] = typed, str(book)
    return sent


def test_a_scan_of_the_room_lists_what_the_ledger_holds(school, room, things, phone):
    page = phone(school.custodian).get(f"/assets/count/{room.label.code.lower()}").text
    assert "课桌" in page
    assert "ledger: 40 张" in page
    assert "音箱" in page


def test_a_difference_is_written_and_agreement_is_not(school, room, things, phone):
    before, speaker = Movement.select().count(), Asset.get(Asset.name == "音箱")
    sent = form((things.desk, room, "38", 40), (speaker, room, "1", 1))
    answer = phone(school.custodian).send(f"/assets/count/{room.label.code}", sent)
    assert answer.location.endswith(f"/assets/in/{room.id}")
    row = Movement.select().order_by(Movement.id.desc()).get()
    assert Movement.select().count() == before + 1
    assert (row.kind, row.quantity, row.reason, row.source) == ("removal", 2, ledger.COUNTED, room)
    assert ledger.balance(things.desk, room) == 38
    assert "counted what is here: 2 entries, 1 differences" in phone(school.custodian).get(f"/places/{room.id}").text
    assert "shortage" in phone(school.custodian).get(f"/assets/{things.desk.id}").text


def test_more_than_the_ledger_is_surplus(school, room, things, phone):
    phone(school.custodian).send(f"/assets/count/{room.label.code}", form((things.desk, room, "41", 40)))
    assert ledger.balance(things.desk, room) == 41
    assert "surplus" in phone(school.custodian).get(f"/assets/{things.desk.id}").text


def test_when_everything_agrees_the_ledger_stays_as_it_is(school, room, things, phone):
    before = Movement.select().count()
    answer = phone(school.custodian).send(f"/assets/count/{room.label.code}", form((things.desk, room, "40", 40)))
    assert Movement.select().count() == before
    assert "everything agrees" in phone(school.custodian).get("/assets/").text or answer.status_code == 303


def test_a_batch_is_counted_room_by_room(school, things, phone):
    carried(things.desk, school.places.store, school.places.classroom, school.custodian, 10)
    code, browser = things.desk.label.code, phone(school.custodian)
    assert "ledger: 10 张" in browser.get(f"/assets/count/{code}").text
    sent = form((things.desk, school.places.store, "30", 30), (things.desk, school.places.classroom, "9", 10))
    browser.send(f"/assets/count/{code}", sent)
    assert ledger.balance(things.desk, school.places.classroom) == 9
    assert ledger.balance(things.desk, school.places.store) == 30


def test_an_empty_line_is_not_a_zero(school, room, things, phone):
    speaker = Asset.get(Asset.name == "音箱")
    sent = form((things.desk, room, "40", 40), (speaker, room, "", 1))
    phone(school.custodian).send(f"/assets/count/{room.label.code}", sent)
    assert ledger.balance(speaker) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [("many", "whole number"), ("-1", "whole number"), ("1" * 1_000_000, "whole number"), ("", "at least one line"),
     ("😀", "whole number"), ("<b>", "whole number")],
)  # fmt: skip
def test_bad_input_is_told_and_nothing_is_written(school, room, things, phone, typed, words):
    before, speaker = Movement.select().count(), Asset.get(Asset.name == "音箱")
    sent = form((things.desk, room, typed, 40), (speaker, room, "" if not typed else "1", 1))
    answer = phone(school.custodian).send(f"/assets/count/{room.label.code}", sent)
    assert answer.status_code == 422
    assert words in answer.text
    assert Movement.select().count() == before


def test_one_thing_is_one_or_none(school, room, things, phone):
    speaker = Asset.get(Asset.name == "音箱")
    answer = phone(school.custodian).send(f"/assets/count/{room.label.code}", form((speaker, room, "2", 1)))
    assert answer.status_code == 422
    assert "This is one thing" in answer.text


def test_a_count_of_yesterdays_page_is_not_taken_for_todays(school, room, things, phone):
    carried(things.desk, room, school.places.classroom, school.custodian, 10)
    answer = phone(school.custodian).send(f"/assets/count/{room.label.code}", form((things.desk, room, "40", 40)))
    assert answer.status_code == 422
    assert "it holds 30 now" in answer.text
    assert ledger.balance(things.desk, room) == 30


def test_things_of_another_room_are_not_touched(school, room, things, phone):
    sent = form((things.projector, school.places.classroom, "0", 1), (things.desk, room, "40", 40))
    phone(school.custodian).send(f"/assets/count/{room.label.code}", sent)
    assert ledger.balance(things.projector) == 1


def test_codes_that_can_not_be_counted_lead_to_the_scan_page(school, things, phone):
    browser, blank = phone(school.custodian), Label.make()
    retired = things.projector.label
    for code in (blank.code, retired.code, new_code(), "NONSENSE"):
        assert "/q/" in browser.get(f"/assets/count/{code}").location
        assert "/q/" in browser.send(f"/assets/count/{code}", {}).location


@pytest.mark.parametrize("who", ["teacher", "principal", "card", "electrician"])
def test_others_may_not_count(school, room, things, phone, who):
    code = room.label.code
    assert phone(getattr(school, who)).get(f"/assets/count/{code}").status_code == 403
    answer = phone(getattr(school, who)).send(f"/assets/count/{code}", form((things.desk, room, "0", 40)))
    assert answer.status_code == 403
    assert ledger.balance(things.desk) == 40


def test_the_same_count_twice_is_written_once(school, room, things, phone):
    key, browser = new_key(), phone(school.custodian)
    for _time in range(2):
        sent = form((things.desk, room, "38", 40))
        assert browser.send(f"/assets/count/{room.label.code}", sent, key=key).status_code == 303
    assert ledger.balance(things.desk) == 38
    assert journal.Event.select().where(journal.Event.action == "assets.counted").count() == 1


def test_the_number_of_queries_to_show_is_constant(school, room, things, phone, counted):
    browser, url = phone(school.custodian), f"/assets/count/{room.label.code}"
    browser.get(url)
    with counted() as few:
        browser.get(url)
    for _more in range(12):
        Asset.add("音箱", things.projectors, school.custodian, place=room)
    with counted() as many:
        browser.get(url)
    assert many.count == few.count
