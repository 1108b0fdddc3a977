"""Lending and handing out one thing: POST /custody/lend/<code>."""

from datetime import date, timedelta

import peewee
import pytest

from app import clock, journal
from app.custody.models import Custody, free
from app.errors import Refused
from app.once import new_key
from app.photos.models import Photo
from app.places.codes import Label


def form(holder, **more):
    return {"kind": "loan", "person_id": holder.id, "until": "week", **more}


def test_a_scan_shows_the_thing_and_lends_it_in_one_form(school, things, phone):
    browser, code = phone(school.custodian), things.codes["projector"]
    page = browser.get(f"/custody/lend/{code}").text
    assert "投影仪" in page
    assert things.projector.number in page
    answer = browser.send(f"/custody/lend/{code}", form(school.teacher, note="公开课", condition="镜头无划痕"))
    row = Custody.get()
    assert answer.status_code == 303
    assert answer.location.endswith(f"/custody/{row.id}")
    assert (row.asset, row.person, row.by) == (things.projector, school.teacher, school.custodian)
    assert (row.kind, row.quantity, row.exclusive) == ("loan", 1, True)
    assert row.due_on == clock.today() + timedelta(days=7)
    assert (row.note, row.condition) == ("公开课", "镜头无划痕")
    assert "Lent to 李敏 until" in browser.get(answer.location).text


def test_the_code_may_be_typed_in_lower_case(school, things, phone):
    code = things.codes["projector"].lower()
    assert phone(school.custodian).get(f"/custody/lend/{code}").status_code == 200


@pytest.mark.parametrize(("until", "days"), [("today", 0), ("tomorrow", 1), ("week", 7)])
def test_a_chip_gives_the_day(school, things, phone, until, days):
    phone(school.custodian).send(f"/custody/lend/{things.codes['projector']}", form(school.teacher, until=until))
    assert Custody.get().due_on == clock.today() + timedelta(days=days)


def test_the_end_of_term_is_a_chip(school, things, phone):
    phone(school.custodian).send(f"/custody/lend/{things.codes['projector']}", form(school.teacher, until="term"))
    assert Custody.get().due_on.isoformat() == "2027-01-20"


@pytest.mark.parametrize(
    ("day", "end"),
    [("2026-09-01", "2027-01-20"), ("2027-01-20", "2027-01-20"), ("2027-01-21", "2027-06-30"),
     ("2027-06-30", "2027-06-30"), ("2027-07-01", "2028-01-20")],
)  # fmt: skip
def test_a_term_ends_in_january_or_june(day, end):
    assert clock.term_end(date.fromisoformat(day)).isoformat() == end


@pytest.mark.parametrize("day", ["2026-12-24", "2026/12/24", "２０２６.１２.２４"])
def test_a_typed_day_counts_before_the_chip(school, things, phone, day):
    phone(school.custodian).send(f"/custody/lend/{things.codes['projector']}", form(school.teacher, day=day))
    assert Custody.get().due_on.isoformat() == "2026-12-24"


def test_the_holder_may_be_typed_by_pinyin_initials(school, things, phone):
    answer = phone(school.custodian).send(
        f"/custody/lend/{things.codes['projector']}", {"kind": "loan", "person": "lm", "until": "week"}
    )
    assert answer.status_code == 303
    assert Custody.get().person == school.teacher


def test_an_issue_is_kept_in_use_and_has_no_day(school, things, phone):
    answer = phone(school.custodian).send(
        f"/custody/lend/{things.codes['speaker']}", form(school.teacher, kind="issue", day="2026-12-24")
    )
    row = Custody.get()
    assert answer.status_code == 303
    assert (row.kind, row.due_on, row.due_words) == ("issue", None, "kept in use")


def test_photos_before_belong_to_the_record(school, things, phone, picture):
    browser = phone(school.custodian)
    browser.send(f"/custody/lend/{things.codes['projector']}", form(school.teacher, photos=[picture(), picture()]))
    row = Custody.get()
    assert len(Photo.of(row, part="before")) == 2
    token = Photo.of(row)[0].token
    assert browser.get(f"/photos/{token}").status_code == 200
    assert phone(school.teacher).get(f"/photos/{token}").status_code == 200
    assert phone(school.stranger).get(f"/photos/{token}").status_code == 404
    assert phone().get(f"/photos/{token}").status_code == 404


def test_what_is_lent_is_refused_with_the_name_of_the_holder(school, things, phone):
    Custody.lend(things.projector, school.teacher, school.custodian, due_on=clock.today())
    answer = phone(school.custodian).send(f"/custody/lend/{things.codes['projector']}", form(school.stranger))
    assert answer.status_code == 409
    assert "投影仪 is already lent to 李敏 (教务处)." in answer.text
    assert Custody.select().count() == 1
    page = phone(school.custodian).get(f"/custody/lend/{things.codes['projector']}").text
    assert "投影仪 is already lent to 李敏 (教务处)." in page
    assert "Take back" in page


def test_what_is_handed_out_is_refused_too(school, things, ctx):
    Custody.hand_out(things.projector, school.teacher, school.custodian)
    with pytest.raises(Refused, match="already handed out to 李敏"):
        Custody.lend(things.projector, school.stranger, school.director, due_on=clock.today())


def test_the_database_allows_one_open_row_for_a_single_thing(school, things):
    row = Custody.lend(things.projector, school.teacher, school.custodian, due_on=clock.today())
    again = {"asset": row.asset, "person": school.stranger, "kind": "issue", "exclusive": True}
    with pytest.raises(peewee.IntegrityError):
        Custody.create(**again)


@pytest.mark.parametrize("wrong", [{"kind": "loan"}, {"kind": "gift"}, {"kind": "issue", "quantity": 0}])
def test_the_database_refuses_rows_that_make_no_sense(school, things, wrong):
    with pytest.raises(peewee.IntegrityError):
        Custody.create(asset=things.chairs, person=school.teacher, exclusive=False, **wrong)


def test_an_issue_with_a_day_is_refused_by_the_database(school, things):
    with pytest.raises(peewee.IntegrityError):
        Custody.create(asset=things.chairs, person=school.teacher, exclusive=False, kind="issue", due_on=clock.today())


def test_a_batch_is_lent_to_several_people_until_none_is_left(school, things, phone):
    browser, url = phone(school.custodian), f"/custody/lend/{things.codes['chairs']}"
    assert browser.send(url, form(school.teacher, quantity="6")).status_code == 303
    assert browser.send(url, form(school.stranger, quantity="３")).status_code == 303
    assert free(things.chairs) == 1
    answer = browser.send(url, form(school.director, quantity="2", note="家长会"))
    assert answer.status_code == 422
    assert "家长会" in answer.text
    assert "Only 1 把 of 折叠椅 are left to give out." in answer.text
    assert browser.send(url, form(school.director, quantity="1")).status_code == 303
    assert "None of 折叠椅 is left" in browser.get(url).text


def test_more_than_are_left_are_refused_inside_the_act(school, things, ctx):
    with pytest.raises(Refused, match="Only 10 把 of 折叠椅 are left"):
        Custody.hand_out(things.chairs, school.teacher, school.custodian, quantity=11)
    with pytest.raises(Refused, match="one thing"):
        Custody.hand_out(things.projector, school.teacher, school.custodian, quantity=2)


def test_a_disposed_thing_is_not_lent(school, things, phone):
    things.projector.set_state("disposed", school.director)
    answer = phone(school.custodian).send(f"/custody/lend/{things.codes['projector']}", form(school.teacher))
    assert answer.status_code == 409
    assert "disposed of" in answer.text
    assert not Custody.select().exists()


def test_a_colleague_who_left_gets_nothing(school, things, ctx):
    school.stranger.close(school.director, "left")
    with pytest.raises(Refused, match="switched off"):
        Custody.lend(things.projector, school.stranger, school.custodian, due_on=clock.today())


MEGABYTE = "长" * 350_000


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"person_id": "", "person": ""}, "Please fill this in."),
        ({"person_id": "", "person": "没有这个人"}, "Nothing fits"),
        ({"person_id": "999999"}, "Please fill this in."),
        ({"person_id": "1 or 1=1"}, "Please fill this in."),
        ({"person_id": "", "person": "1380000000"}, "Which one?"),
        ({"kind": "gift"}, "Please choose one."),
        ({"until": "never"}, "Please choose one."),
        ({"day": "2026-11-23"}, "That day has passed."),
        ({"day": "2099-01-01"}, "too far away"),
        ({"day": "soon"}, "Please give a day like 2026-12-01."),
        ({"day": "2026-02-30"}, "Please give a day like 2026-12-01."),
        ({"note": "x" * 201}, "At most 200 characters"),
        ({"condition": MEGABYTE}, "At most 200 characters"),
    ],
)
def test_bad_input_is_answered_at_the_field_and_nothing_is_stored_or_lost(school, things, phone, wrong, words):
    typed = {"condition": "镜头 <b>完好</b> 📽", **wrong}
    answer = phone(school.custodian).send(f"/custody/lend/{things.codes['projector']}", form(school.teacher, **typed))
    assert answer.status_code == 422
    assert words in answer.text
    assert "<b>完好</b>" not in answer.text
    assert "&lt;b&gt;完好&lt;/b&gt; 📽" in answer.text or "condition" in wrong
    assert not Custody.select().exists()


@pytest.mark.parametrize("quantity", ["", "0", "-1", "abc", "99999999", "1.5"])
def test_a_wrong_quantity_is_answered_at_the_field(school, things, phone, quantity):
    answer = phone(school.custodian).send(
        f"/custody/lend/{things.codes['chairs']}", form(school.teacher, quantity=quantity)
    )
    assert answer.status_code == 422
    assert not Custody.select().exists()


def test_emoji_and_html_are_kept_as_they_were_typed(school, things, phone):
    browser = phone(school.custodian)
    answer = browser.send(
        f"/custody/lend/{things.codes['projector']}", form(school.teacher, note="<script>alert(1)</script> 🎬")
    )
    assert Custody.get().note == "<script>alert(1)</script> 🎬"
    assert "<script>alert(1)" not in browser.get(answer.location).text


def test_only_the_office_lends(school, things, phone):
    url = f"/custody/lend/{things.codes['projector']}"
    for who in (school.teacher, school.electrician, school.principal, school.card):
        assert phone(who).get(url).status_code == 403
        assert phone(who).send(url, form(school.teacher)).status_code == 403
    assert phone().get(url).status_code == 303
    assert phone().send(url, form(school.teacher)).status_code == 401
    assert not Custody.select().exists()


def test_a_code_that_is_not_of_a_thing_in_use_is_not_found(school, things, phone):
    browser = phone(school.custodian)
    label = Label.of(asset=things.speaker)
    label.retire(school.custodian, "lost")
    room, blank = Label.make(place=school.places.building), Label.make()
    for code in (label.code, room.code, blank.code, "ABCDEFGH", "…", "x" * 300):
        assert browser.get(f"/custody/lend/{code}").status_code == 404
        assert browser.send(f"/custody/lend/{code}", form(school.teacher)).status_code == 404


def test_the_same_form_twice_lends_once(school, things, phone):
    browser, key, url = phone(school.custodian), new_key(), f"/custody/lend/{things.codes['chairs']}"
    first = browser.send(url, form(school.teacher, quantity="2"), key=key)
    second = browser.send(url, form(school.teacher, quantity="2"), key=key)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert Custody.select().count() == 1


def test_the_thing_the_room_and_the_holder_remember_it(school, things, ctx):
    row = Custody.lend(things.projector, school.teacher, school.custodian, due_on=clock.today())
    on_thing = journal.about(asset=things.projector.id).first()
    assert on_thing.person == school.custodian
    assert on_thing.sentence == "lent 1 台 to 李敏, due 2026-11-24"
    assert journal.about(place=school.places.store.id).first() == on_thing
    assert journal.about(thing=row).first() == on_thing
    assert journal.about(thing=school.teacher).first().sentence == (
        f"lent them 投影仪 ({things.projector.number}), due 2026-11-24"
    )


def test_the_story_of_a_thing_names_the_holder_only_to_those_who_may_know(app, school, things):
    from flask_login import login_user

    Custody.lend(things.projector, school.teacher, school.custodian, due_on=clock.today())
    told = {}
    for who in (school.director, school.teacher, school.stranger):
        with app.test_request_context():
            login_user(who)
            told[who.name] = journal.about(asset=things.projector.id).first().sentence
    with app.test_request_context():
        told["nobody"] = journal.about(asset=things.projector.id).first().sentence
    assert "李敏" in told["赵建国"]
    assert "李敏" in told["李敏"]
    assert told["冯伟"] == told["nobody"] == "lent 1 台 to a colleague, due 2026-11-24"


def test_the_page_takes_a_constant_number_of_queries(school, things, phone, counted):
    browser, url = phone(school.custodian), f"/custody/lend/{things.codes['chairs']}"
    with counted() as before:
        browser.get(url)
    for _each in range(8):
        Custody.hand_out(things.chairs, school.teacher, school.custodian)
    with counted() as after:
        browser.get(url)
    assert after.count == before.count <= 8
