"""Acceptance on two phones: /receiving/<id>/acceptance, /confirmation, /objection."""

import pytest

from app.once import new_key
from app.photos.models import Photo
from app.receiving.models import Acceptance, Confirmation, Delivery, Refusal


@pytest.fixture
def results(picture):
    """What the first person sends: one photo, every line good, or what `but` says."""

    def form(delivery, **but):
        fields = {"photos": picture(), "trial": "works", "looks": "完好", "extras": "说明书"}
        for line in delivery.lines:
            fields[f"line-{line.id}-accepted"] = str(line.quantity)
            fields[f"line-{line.id}-reason"] = ""
        return {**fields, **but}

    return form


def url(delivery, verb="acceptance"):
    return f"/receiving/{delivery.id}/{verb}"


def test_two_people_accept_with_photo_and_result_for_each_line(school, phone, arrive, results, picture):
    delivery = arrive()
    _projector, chairs = delivery.lines
    first, second = phone(school.director), phone(school.teacher)
    assert "投影仪 爱普生 CB-X51" in first.get(url(delivery)).text
    form = results(delivery, **{
        f"line-{chairs.id}-accepted": "38", f"line-{chairs.id}-reason": "两把开裂",
        f"line-{chairs.id}-photos": picture(green=9),
    })  # fmt: skip
    assert first.send(url(delivery), form).status_code == 303
    check = Acceptance.get()
    assert (check.by, check.trial, check.looks, check.extras) == (school.director, "works", "完好", "说明书")
    assert [photo.part for photo in Photo.of(check)] == ["goods", f"line-{chairs.id}"]
    refusal = Refusal.get()
    assert (refusal.line, refusal.quantity, refusal.reason) == (chairs, 2, "两把开裂")
    assert "a second person has to confirm" in first.get(url(delivery)).text
    page = second.get(url(delivery)).text
    assert "两把开裂" in page
    assert "I found the same" in page
    assert second.send(url(delivery, "confirmation")).status_code == 303
    assert (Confirmation.get().first, Confirmation.get().by) == (school.director, school.teacher)
    assert "to be stocked in" in second.get(f"/receiving/{delivery.id}").text


def test_the_photos_are_seen_by_who_sees_the_delivery(school, phone, arrive, results):
    delivery = arrive()
    phone(school.director).send(url(delivery), results(delivery))
    token = Photo.get().token
    assert phone(school.teacher).get(f"/photos/{token}").status_code == 200
    assert phone(school.stranger).get(f"/photos/{token}").status_code == 404
    assert phone().get(f"/photos/{token}").status_code == 404


@pytest.mark.parametrize(
    ("but", "words"),
    [
        ({"photos": ""}, "Please add a photo."),
        ({"accepted": "4"}, "Only 3 came."),
        ({"accepted": "-1"}, "from 0 to"),
        ({"accepted": ""}, "Please fill this in."),
        ({"accepted": "2"}, "why they go back"),
        ({"accepted": "2", "reason": "长" * 201}, "At most 200"),
        ({"trial": "perhaps"}, "Please choose one."),
        ({"looks": "x" * 400_000}, "At most 200"),
    ],
)
def test_bad_input_is_told_at_the_field(school, phone, arrive, results, but, words):
    delivery = arrive()
    line = delivery.lines[0]
    fields = {
        f"line-{line.id}-{name}" if name in ("accepted", "reason") else name: value for name, value in but.items()
    }
    answer = phone(school.director).send(url(delivery), results(delivery, **fields))
    assert (answer.status_code, words in answer.text) == (422, True)
    assert 'value="说明书"' in answer.text
    assert Acceptance.select().count() == 0


def test_a_photo_stays_when_the_form_is_corrected(school, phone, arrive, results):
    delivery, browser = arrive(), phone(school.director)
    line = delivery.lines[0]
    answer = browser.send(url(delivery), results(delivery, **{f"line-{line.id}-accepted": "2"}))
    assert 'name="photos_kept"' in answer.text


def test_the_second_who_disagrees_says_why_and_it_is_checked_anew(school, phone, arrive, results):
    delivery = arrive()
    first, second = phone(school.director), phone(school.custodian)
    first.send(url(delivery), results(delivery))
    assert second.send(url(delivery, "objection"), {"reason": ""}).status_code == 422
    assert second.send(url(delivery, "objection"), {"reason": "少两把"}).status_code == 303
    page = first.get(url(delivery)).text
    assert "钱秀英 did not agree: 少两把" in page
    assert "I have checked these goods" in page


def test_only_the_office_and_who_is_named_may(school, finance, phone, arrive, results):
    delivery = arrive()
    for who in (school.stranger, school.cleaner):
        assert phone(who).get(url(delivery)).status_code == 404
        assert phone(who).send(url(delivery), results(delivery)).status_code == 404
    for who in (finance, school.principal):
        assert phone(who).get(url(delivery)).status_code == 403
        assert phone(who).send(url(delivery), results(delivery)).status_code == 403
    assert phone(school.card).get(url(delivery)).status_code == 403
    assert phone().get(url(delivery)).status_code == 303
    assert Acceptance.select().count() == 0


def test_the_same_person_can_not_confirm(school, phone, arrive, results):
    delivery, browser = arrive(), phone(school.director)
    browser.send(url(delivery), results(delivery))
    answer = browser.send(url(delivery, "confirmation"))
    assert (answer.status_code, "a second person has to confirm" in answer.text) == (409, True)
    assert Confirmation.select().count() == 0


def test_the_same_form_twice_is_one_acceptance(school, phone, arrive, results, picture):
    delivery, browser, key = arrive(), phone(school.director), new_key()
    for _each in range(2):
        assert browser.send(url(delivery), results(delivery), key=key).status_code == 303
    assert Acceptance.select().count() == 1
    assert Photo.select().count() == 1
    assert Delivery.shown().get().state == "accept"
