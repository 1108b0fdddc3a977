"""Damage is reported from a label."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from app import clock
from app.assets import ledger
from app.assets.models import Asset, Category
from app.errors import Refused
from app.journal import Event
from app.photos.models import Photo
from app.places.codes import Label
from app.places.models import Place
from app.repairs.models import KINDS, Step, Ticket, likely_kind

from .conftest import HOSTILE, label_of


def picture() -> BytesIO:
    out = BytesIO()
    Image.new("RGB", (64, 48), "green").save(out, "JPEG")
    out.seek(0)
    return out


def test_a_teacher_reports_in_three_taps_and_gets_a_receipt(school, phone, code):
    answer = phone(school.teacher).send(f"/repairs/report/{code}", {"kind": "water", "words": "水龙头滴水"})
    ticket = Ticket.get()
    assert answer.status_code == 303
    assert answer.location.endswith(f"/repairs/receipt/{ticket.receipt_secret}")
    assert (ticket.place, ticket.person, ticket.state) == (school.places.classroom, school.teacher, "reported")
    assert ticket.number == "20261124-001"
    assert ticket.clock_from == ticket.at
    assert len(ticket.receipt_secret) >= 22  # 128 bits and more


def test_the_page_offers_every_kind_and_the_caution(school, phone, code):
    page = phone(school.teacher).get(f"/repairs/report/{code}").text
    assert all(f'value="{kind}"' in page for kind in KINDS)
    assert "Please write no pupil" in page
    assert f'href="tel:{school.electrician.phone}"' in page


def test_numbers_run_on_and_start_anew_each_day(report):
    assert [report().number for _each in range(3)] == [f"20261124-00{n}" for n in (1, 2, 3)]
    clock.set_hands(clock.now() + timedelta(days=1))
    assert report().number == "20261125-001"


def test_an_asset_reports_at_its_place_with_its_likely_kind(school, phone, aircon):
    code = label_of(asset=aircon)
    assert 'value="aircon" checked' in phone(school.teacher).get(f"/repairs/report/{code}").text
    phone(school.teacher).send(f"/repairs/report/{code}", {"kind": "aircon", "words": "不制热"})
    ticket = Ticket.get()
    assert (ticket.asset, ticket.place) == (aircon, school.places.classroom)
    assert likely_kind(None) is None


def test_a_batch_in_two_rooms_asks_which_room(school, phone):
    category = Category.get_or_none(Category.code == "A05010203") or Category.create(code="A05010203", name="课桌")
    desks = Asset.add("课桌", category, None, place=school.places.classroom, is_batch=True, quantity=40)
    ledger.post(desks, "entry", None, quantity=9, target=school.places.store)
    url, form = f"/repairs/report/{label_of(asset=desks)}", {"kind": "furniture", "words": "桌腿断了"}
    assert "Which room?" in phone(school.teacher).get(url).text
    assert phone(school.teacher).send(url, form).status_code == 422
    assert phone(school.teacher).send(url, {**form, "place": school.places.toilet.id}).status_code == 422
    assert phone(school.teacher).send(url, {**form, "place": school.places.store.id}).status_code == 303
    assert Ticket.get().place == school.places.store


def test_a_photo_is_enough(school, phone, code):
    answer = phone(school.teacher).send(f"/repairs/report/{code}", {"kind": "water", "photos": (picture(), "a.jpg")})
    assert answer.status_code == 303
    (photo,) = Photo.select()
    assert (photo.noun, photo.noun_id) == ("ticket_step", Step.get().id)


def test_the_photo_is_for_those_who_may_see_the_ticket(school, phone, code):
    phone(school.teacher).send(f"/repairs/report/{code}", {"kind": "water", "photos": (picture(), "a.jpg")})
    address = f"/photos/{Photo.get().token}"
    assert phone(school.teacher).get(address).status_code == 200
    assert phone(school.electrician).get(address).status_code == 200
    assert phone(school.stranger).get(address).status_code == 404
    assert phone().get(address).status_code == 404


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Please tap what is broken."),
        ({"kind": "water"}, "Say in some words what is broken"),
        ({"kind": "water", "words": "  \u0000 "}, "Say in some words what is broken"),
        ({"kind": "roof", "words": "x"}, "Please tap one of these."),
        ({"kind": "water", "words": "长" * 501}, "At most 500 characters"),
        ({"kind": "water", "words": "a" * 1_000_000}, "At most 500 characters"),
    ],
)
def test_bad_input_is_told_in_words_and_nothing_is_lost(school, phone, code, form, sentence):
    answer = phone(school.teacher).send(f"/repairs/report/{code}", {"urgent": "y", **form})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert form.get("words", "").strip("\u0000 ") in answer.text
    assert 'id="urgent" name="urgent" value="y" checked' in answer.text
    if form.get("kind") == "water":
        assert 'value="water" checked' in answer.text
    assert not Ticket.select().exists()
    assert not Step.select().exists()


def test_a_picture_that_is_none_is_refused_and_the_words_stay(school, phone, code):
    form = {"kind": "water", "words": "水龙头滴水", "photos": (BytesIO(b"MZ not a picture"), "a.jpg")}
    answer = phone(school.teacher).send(f"/repairs/report/{code}", form)
    assert answer.status_code == 422
    assert "水龙头滴水" in answer.text
    assert not Ticket.select().exists()


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_kept_and_shown_as_they_are(school, phone, code, words):
    phone(school.teacher).send(f"/repairs/report/{code}", {"kind": "other", "words": words})
    assert Ticket.get().words == words
    for url in (f"/repairs/{Ticket.get().id}", "/repairs/"):
        for who in (school.teacher, school.electrician, school.director):
            page = phone(who).get(url)
            assert page.status_code == 200
            assert "<script>alert" not in page.text


def test_the_model_refuses_what_no_form_sends(school, report):
    with pytest.raises(Refused, match="no kind"):
        report(kind="roof")
    with pytest.raises(Refused, match="some words"):
        report(words="")


def test_once_only(school, phone, code):
    form, browser = {"kind": "water", "words": "滴水"}, phone(school.teacher)
    first = browser.send(f"/repairs/report/{code}", form, key="k" * 20)
    second = browser.send(f"/repairs/report/{code}", form, key="k" * 20)
    assert Ticket.select().count() == 1
    assert first.location == second.location


def test_it_is_in_the_journal_with_place_and_asset(school, phone, aircon):
    phone(school.teacher).send(f"/repairs/report/{label_of(asset=aircon)}", {"kind": "aircon", "words": "不制热"})
    event = Event.get(Event.action == "repairs.reported")
    assert (event.place, event.asset, event.person) == (school.places.classroom, aircon, school.teacher)
    assert event.sentence == f"reported damage, ticket {Ticket.get().number}"


def test_a_duty_card_reports_and_its_clock_starts_at_once(school, phone, code):
    phone(school.card).send(f"/repairs/report/{code}", {"kind": "doors", "words": "门锁坏了"})
    ticket = Ticket.get()
    assert (ticket.card, ticket.person, ticket.reporter) == (school.card, None, school.card.name)
    assert ticket.clock_from == ticket.at


def test_a_duty_card_is_shown_no_phone_number_and_no_words_of_others(school, phone, code, report):
    report(words="请找王老师")
    page = phone(school.card).get(f"/repairs/report/{code}").text
    assert "tel:" not in page
    assert "请找王老师" not in page
    assert "Please also call the General Affairs Office." in page


def test_codes_that_stand_for_nothing(school, phone, code):
    blank = Label.make_blanks(1)[0].code
    Label.get_by_id(code).retire(school.custodian, "剥落")
    form = {"kind": "water", "words": "滴水"}
    for dead in (code, "NOTACODE", "AAAAAAAA", "x" * 300):
        assert phone(school.teacher).get(f"/repairs/report/{dead}").status_code == 303  # to the page that says why
        assert phone(school.teacher).send(f"/repairs/report/{dead}", form).status_code == 404
    assert "/q/" in phone(school.teacher).get(f"/repairs/report/{code}").location
    assert phone(school.teacher).send(f"/repairs/report/{blank}", form).status_code == 409
    assert not Ticket.select().exists()


def test_a_closed_place_takes_no_report(school, phone, code):
    Place.update(closed_at=clock.now()).where(Place.id == school.places.classroom.id).execute()
    assert phone(school.teacher).get(f"/repairs/report/{code}").status_code == 409
    answer = phone(school.teacher).send(f"/repairs/report/{code}", {"kind": "water", "words": "滴水"})
    assert answer.status_code == 409


def test_lower_case_and_spaces_in_a_code(school, phone, code):
    assert phone(school.teacher).get(f"/repairs/report/{code.lower()}").status_code == 200


def test_reported_by_inspection_or_seed_without_a_request(school, report):
    ticket = report(by="card", source="mark:12")
    assert (ticket.source, ticket.card) == ("mark:12", school.card)
