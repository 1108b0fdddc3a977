"""Taking back one thing, or some of a batch: POST /custody/return/<code>."""

import peewee
import pytest

from app import clock, journal
from app.custody.models import Custody, Return, free
from app.errors import Refused
from app.once import new_key
from app.photos.models import Photo


@pytest.fixture
def loan(school, things):
    return Custody.lend(things.projector, school.teacher, school.custodian, due_on=clock.today())


@pytest.fixture
def url(things):
    return f"/custody/return/{things.codes['projector']}"


def test_the_page_says_who_has_it_and_one_button_takes_it_back(school, loan, url, phone):
    browser = phone(school.custodian)
    page = browser.get(url).text
    assert "李敏 (教务处)" in page
    assert "due today" in page
    answer = browser.send(url, {"condition": "good"})
    assert answer.location.endswith(f"/custody/{loan.id}")
    back = Custody.get_by_id(loan.id).returned
    assert (back.by, back.condition, back.quantity, back.at) == (school.custodian, "good", 1, clock.now())
    assert "Taken back from 李敏: 投影仪." in browser.get(answer.location).text
    assert Custody.open_of(loan.asset) is None


def test_it_can_be_lent_again_at_once(school, loan, things, ctx):
    loan.take_back(school.custodian)
    again = Custody.lend(things.projector, school.stranger, school.custodian, due_on=clock.today())
    assert Custody.open_of(things.projector) == again


def test_damage_is_told_in_words_and_offers_a_report(school, loan, url, things, phone):
    browser = phone(school.custodian)
    answer = browser.send(url, {"condition": "damaged", "note": "灯泡不亮"})
    page = browser.get(answer.location).text
    assert Custody.get_by_id(loan.id).returned.condition == "damaged"
    assert "灯泡不亮" in page
    assert f"/repairs/report/{things.codes['projector']}" in page or "/missing/repairs.report" in page


def test_damage_without_a_word_or_a_photo_is_asked_for(school, loan, url, phone, picture):
    browser = phone(school.custodian)
    answer = browser.send(url, {"condition": "damaged", "note": ""})
    assert answer.status_code == 422
    assert "Please say what is damaged, or take a photo." in answer.text
    assert not Return.select().exists()
    assert browser.send(url, {"condition": "damaged", "photos": [picture()]}).status_code == 303


def test_photos_before_and_after_stand_side_by_side(school, things, phone, picture):
    browser, code = phone(school.custodian), things.codes["projector"]
    browser.send(
        f"/custody/lend/{code}",
        {"kind": "loan", "person_id": school.teacher.id, "until": "week", "photos": [picture()]},
    )
    row = Custody.get()
    (before,) = Photo.of(row, part="before")
    assert before.token in browser.get(f"/custody/return/{code}").text
    browser.send(f"/custody/return/{code}", {"condition": "good", "photos": [picture()]})
    (after,) = Photo.of(row, part="after")
    page = browser.get(f"/custody/{row.id}").text
    assert page.index(before.token) < page.index(after.token)


def test_a_part_of_a_batch_comes_back_and_the_rest_stays_out(school, things, phone):
    due = clock.today()
    row = Custody.lend(things.chairs, school.teacher, school.custodian, due_on=due, quantity=6, note="家长会")
    browser, url = phone(school.custodian), f"/custody/return/{things.codes['chairs']}"
    assert browser.send(url, {"condition": "good", "quantity": "4"}).status_code == 303
    rest = Custody.open_of(things.chairs)
    assert (rest.quantity, rest.due_on, rest.note, rest.rest_of) == (2, due, "家长会", row)
    assert free(things.chairs) == 8
    assert browser.send(url, {"condition": "good", "quantity": "2"}).status_code == 303
    assert free(things.chairs) == 10
    assert [back.quantity for back in Return.select().order_by(Return.id)] == [4, 2]


def test_more_than_are_out_can_not_come_back(school, things, phone):
    Custody.lend(things.chairs, school.teacher, school.custodian, due_on=clock.today(), quantity=3)
    answer = phone(school.custodian).send(
        f"/custody/return/{things.codes['chairs']}", {"condition": "good", "quantity": "4", "note": "四把"}
    )
    assert answer.status_code == 422
    assert "Only 3 of them are out." in answer.text
    assert "四把" in answer.text
    assert not Return.select().exists()


def test_of_a_batch_with_several_holders_one_is_chosen(school, things, phone):
    mine = Custody.hand_out(things.chairs, school.teacher, school.custodian, quantity=2)
    theirs = Custody.hand_out(things.chairs, school.stranger, school.custodian, quantity=3)
    browser, url = phone(school.custodian), f"/custody/return/{things.codes['chairs']}"
    page = browser.get(url).text
    assert f"of={mine.id}" in page
    assert f"of={theirs.id}" in page
    assert browser.send(f"{url}?of={theirs.id}", {"condition": "good", "quantity": "3"}).status_code == 303
    assert Custody.get_by_id(mine.id).returned is None
    assert Custody.get_by_id(theirs.id).returned is not None


def test_the_holder_of_another_thing_is_not_meant(school, loan, things, phone):
    other = Custody.hand_out(things.speaker, school.stranger, school.custodian)
    answer = phone(school.custodian).send(
        f"/custody/return/{things.codes['projector']}?of={other.id}", {"condition": "good"}
    )
    assert answer.status_code == 409
    assert not Return.select().exists()


def test_what_is_back_is_refused_a_second_time(school, loan, url, phone, ctx):
    stale = Custody.get_by_id(loan.id)
    loan.take_back(school.custodian)
    with pytest.raises(Refused, match="already back"):
        stale.take_back(school.director)
    answer = phone(school.custodian).send(url, {"condition": "good"})
    assert answer.status_code == 409
    assert "投影仪 is already back." in answer.text
    assert Return.select().count() == 1
    assert "This is not lent to anybody." in phone(school.custodian).get(url).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"condition": "gone"}, "Please choose one."),
        ({"condition": "good", "note": "x" * 401}, "At most 400 characters"),
        ({"condition": "good", "note": "坏" * 350_000}, "At most 400 characters"),
    ],
)
def test_bad_input_is_answered_at_the_field_and_nothing_is_stored(school, loan, url, phone, wrong, words):
    answer = phone(school.custodian).send(url, wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert wrong.get("note", "") in answer.text
    assert not Return.select().exists()


def test_a_file_that_is_no_photo_is_refused_and_the_words_stay(school, loan, url, phone):
    import io

    file = (io.BytesIO(b"\xff\xd8\xff\xe0 not really"), "x.jpg")
    answer = phone(school.custodian).send(url, {"condition": "damaged", "note": "裂了 <i>", "photos": [file]})
    assert answer.status_code == 422
    assert "裂了 &lt;i&gt;" in answer.text
    assert not Return.select().exists()


def test_only_the_office_takes_back(school, loan, url, phone):
    for who in (school.teacher, school.cleaner, school.principal, school.card):
        assert phone(who).get(url).status_code == 403
        assert phone(who).send(url, {"condition": "good"}).status_code == 403
    assert phone().send(url, {"condition": "good"}).status_code == 401
    assert not Return.select().exists()


def test_the_same_form_twice_takes_back_once(school, loan, url, phone):
    browser, key = phone(school.custodian), new_key()
    first = browser.send(url, {"condition": "good"}, key=key)
    again = browser.send(url, {"condition": "good"}, key=key)
    assert (again.status_code, again.location) == (first.status_code, first.location) == (303, f"/custody/{loan.id}")
    assert Return.select().count() == 1


def test_it_is_in_the_journal_of_thing_and_holder(school, loan, ctx):
    loan.take_back(school.director, condition="damaged", note="外壳开裂")
    event = journal.about(asset=loan.asset_id).first()
    assert event.person == school.director
    assert event.sentence == "took back 1 台 from 李敏, damaged: 外壳开裂"
    assert "took back 投影仪" in journal.about(thing=school.teacher).first().sentence


def test_a_return_is_never_changed_or_deleted(school, loan):
    back = loan.take_back(school.custodian)
    for attempt in (Return.update(note="else"), Return.delete()):
        with pytest.raises(peewee.DatabaseError, match="never changed"):
            attempt.where(Return.id == back.id).execute()
