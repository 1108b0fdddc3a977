"""Scoring a class from the label at its door."""

from io import BytesIO

import pytest

from app.errors import Refused
from app.inspections.checklists import Checklist
from app.inspections.models import Check, Mark
from app.inspections.scoring import Verdict
from app.journal import Event
from app.photos.models import Photo
from tests.pictures import jpeg

URL = "/inspections/score/{}/class-hygiene"
HOSTILE = '<script>alert("x")</script>🙂' + "长" * 120


@pytest.fixture
def door(school, code_of):
    return URL.format(code_of(school.places.classroom))


def name_of(checklist, key, field):
    return f"i{next(item.id for item in checklist.items if item.key == key)}-{field}"


def test_the_page_starts_from_full_marks(phone, school, door):
    page = phone(school.card).get(door)
    assert page.status_code == 200
    assert "Grade 3 Class 2" in page.text
    assert "small litter" in page.text
    assert page.text.count("data-mark data-max") == 10


def test_two_deductions_make_nine(phone, school, door, hygiene, fill):
    taken = {"floor": {"points": "1", "reasons": "0"}, "board": {"points": "0.5", "reasons": "0"}}
    answer = phone(school.card).send(door, fill(hygiene, taken))
    check = Check.get()
    assert answer.location == f"/inspections/{check.id}/receipt"
    assert check.total == 900
    assert check.card == school.card
    assert check.person is None
    assert check.class_group == school.classes.three_two
    assert check.slot_id == "morning"
    marks = {mark.item.key: mark for mark in check.marks}
    assert len(marks) == 10
    assert (marks["floor"].lost, marks["floor"].reasons) == (50, [0])
    assert marks["lectern"].lost == 0


def test_the_receipt_says_what_was_taken_and_leads_to_the_next_class(phone, school, door, hygiene, fill):
    client = phone(school.counsellor)
    answer = client.send(door, fill(hygiene, {"floor": {"points": "1", "reasons": "0"}}))
    page = client.get(answer.location).text
    assert "9.5" in page
    assert "small litter" in page
    assert "Next: Grade 3 Class 3" in page


def test_chips_alone_take_their_points_without_javascript(phone, school, door, hygiene, fill):
    phone(school.card).send(door, fill(hygiene, {"floor": {"reasons": ["0", "1"]}}))
    assert Check.get().total == 850


def test_a_bonus_needs_words_and_never_goes_beyond_full(phone, school, door, hygiene, fill):
    client = phone(school.card)
    refused = client.send(door, fill(hygiene, bonus="0.5"))
    assert refused.status_code == 422
    assert "what the bonus is for" in refused.text
    client.send(door, fill(hygiene, bonus="1", note="帮忙打扫操场"))
    assert (Check.get().total, Check.get().bonus) == (1000, 100)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"points": ""}, "Please fill this in."),
        ({"points": "2"}, "points from 0 to 1.5"),
        ({"points": "-1"}, "points from 0 to 1.5"),
        ({"points": "many"}, "points from 0 to 1.5"),
        ({"points": "nan"}, "points from 0 to 1.5"),
        ({"points": "1e9999"}, "points from 0 to 1.5"),
        ({"points": "1.2"}, "steps of 0.5"),
        ({"points": "1"}, "tap a reason"),
        ({"points": "1", "reasons": "99"}, "not on the list"),
        ({"points": "1", "reasons": "floor"}, "not on the list"),
        ({"points": "1", "words": "x" * 101}, "At most 100 characters"),
        ({"points": "1" * 1_000_000, "words": "讲台旁"}, "points from 0 to 1.5"),
    ],
)
def test_bad_input_is_answered_at_the_field_and_nothing_is_stored(phone, school, door, hygiene, fill, entry, words):
    taken = {"floor": entry, "board": {"points": "0.5", "reasons": "0"}}
    answer = phone(school.card).send(door, fill(hygiene, taken, note="备注在此"))
    assert answer.status_code == 422
    assert words.lower() in answer.text.lower()
    assert Check.select().count() == 0
    assert "备注在此" in answer.text  # nothing typed is lost
    assert 'value="0.5"' in answer.text


def test_an_item_that_was_not_sent_is_not_taken_for_full_marks(phone, school, door, hygiene, fill):
    data = fill(hygiene)
    del data[name_of(hygiene, "floor", "points")]
    assert phone(school.card).send(door, data).status_code == 422
    assert Check.select().count() == 0


@pytest.mark.parametrize("note", ["x" * 301, "長" * 350_000])
def test_a_note_that_is_too_long_is_refused_with_words(phone, school, door, hygiene, fill, note):
    answer = phone(school.card).send(door, fill(hygiene, note=note))
    assert answer.status_code == 422
    assert "At most 300 characters" in answer.text
    assert Check.select().count() == 0


def test_hostile_words_are_stored_as_words(phone, school, door, hygiene, fill):
    client = phone(school.counsellor)
    taken = {"floor": {"points": "1", "words": HOSTILE[:100]}}
    answer = client.send(door, fill(hygiene, taken, note=HOSTILE))
    assert answer.status_code == 303
    for url in (answer.location, f"/inspections/{Check.get().id}", f"/inspections/class/{school.classes.three_two.id}"):
        page = client.get(url).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_a_deduction_with_a_forced_photo_needs_it(phone, school, code_of, fill):
    toilet = Checklist.now("toilet")
    url = f"/inspections/check/{code_of(school.places.toilet)}/toilet"
    client, taken = phone(school.director), {"fittings": {"points": "0", "reasons": "0"}}
    refused = client.send(url, fill(toilet, taken))
    assert refused.status_code == 422
    assert "needs a photo" in refused.text
    taken["fittings"]["photos"] = (BytesIO(jpeg()), "fault.jpg")
    answer = client.send(url, fill(toilet, taken), content_type="multipart/form-data")
    assert answer.status_code == 303
    mark = Mark.get(Mark.lost > 0)
    [photo] = Photo.of(mark)
    assert client.get(f"/photos/{photo.token}").status_code == 200
    assert phone(school.stranger).get(f"/photos/{photo.token}").status_code == 404
    assert phone().get(f"/photos/{photo.token}").status_code == 404


def test_the_same_sheet_sent_twice_is_one_check(phone, school, door, hygiene, fill):
    client, data = phone(school.card), fill(hygiene)
    first = client.send(door, data, key="k" * 22)
    second = client.send(door, data, key="k" * 22)
    assert first.location == second.location
    assert Check.select().count() == 1


def test_the_journal_says_who_scored_what(score, school, ctx):
    check = score({"floor": Verdict(50, (0,))})
    event = Event.get(Event.action == "inspections.scored")
    assert (event.noun, event.noun_id, event.person) == ("checks", check.id, school.counsellor)
    assert event.place == school.places.classroom
    assert event.sentence == "scored Grade 3 Class 2: 9.5 of 10"


def test_a_form_made_with_an_older_version_keeps_it(phone, school, door, hygiene, fill):
    data = fill(hygiene, {"floor": {"points": "1", "reasons": "0"}})
    hygiene.revise(school.director, [{"key": "all", "name": "全部", "max": 1000}])
    phone(school.card).send(door, data)
    assert Check.get().checklist == hygiene
    assert Check.get().total == 950


@pytest.mark.parametrize("who", ["teacher", "cleaner", "custodian", "electrician"])
def test_others_do_not_score_classes(phone, school, door, hygiene, fill, who):
    client = phone(getattr(school, who))
    assert client.get(door).status_code == 403
    assert client.send(door, fill(hygiene)).status_code == 403
    assert Check.select().count() == 0


def test_signed_out_is_asked_to_sign_in(phone, door, hygiene, fill):
    assert phone().get(door).location.startswith("/sign-in") or "next=" in phone().get(door).location
    assert phone().send(door, fill(hygiene)).status_code == 401
    assert Check.select().count() == 0


def test_a_class_teacher_who_is_counsellor_does_not_score_the_own_class(phone, school, door):
    school.classes.three_two.change(school.director, teacher=school.counsellor)
    answer = phone(school.counsellor).get(door)
    assert answer.status_code == 403
    assert "Nobody scores the own class." in answer.text


@pytest.mark.parametrize("address", ["/inspections/score/AAAAAAAA/class-hygiene", "/inspections/score/x/class-hygiene"])
def test_an_unknown_label_is_404(phone, school, address):
    assert phone(school.card).get(address).status_code == 404


def test_a_class_list_is_not_for_a_toilet_and_a_toilet_list_not_for_a_class(phone, school, code_of):
    client = phone(school.director)
    room, toilet = code_of(school.places.classroom), code_of(school.places.toilet)
    assert client.get(f"/inspections/score/{toilet}/class-hygiene").status_code == 403
    assert client.get(f"/inspections/check/{room}/toilet").status_code == 403
    assert client.get(f"/inspections/score/{toilet}/toilet").status_code == 404
    assert client.get(f"/inspections/check/{toilet}/cleaner-daily").status_code == 404


def test_the_custodian_checks_a_toilet(phone, school, code_of, fill):
    toilet = Checklist.now("toilet")
    client = phone(school.custodian)
    url = f"/inspections/check/{code_of(school.places.toilet)}/toilet"
    answer = client.send(url, fill(toilet, {"bowls": {"points": "1", "reasons": "0"}}, unannounced="y"))
    check = Check.get()
    assert (check.total, check.class_group, check.unannounced) == (900, None, True)
    assert "二楼男厕" in client.get(answer.location).text


def test_a_card_can_not_call_its_check_unannounced(phone, school, door, hygiene, fill):
    phone(school.card).send(door, fill(hygiene, unannounced="y"))
    assert Check.get().unannounced is False


def test_a_verdict_for_an_item_that_is_not_there_is_refused(ctx, score):
    with pytest.raises(Refused, match="no item roof"):
        score({"roof": Verdict(50, (0,))})
    with pytest.raises(Refused, match="at most 1"):
        score(bonus=101)
