"""Report a repair fixed, without typing."""

from io import BytesIO

import pytest

from app.journal import Event
from app.photos.models import Photo
from app.repairs.models import METHODS, Step, Ticket

from .conftest import HOSTILE
from .test_report import picture


@pytest.mark.parametrize("method", METHODS)
def test_one_tap_on_a_method_is_enough(school, phone, report, method):
    ticket = report()
    ticket.take(school.electrician)
    answer = phone(school.electrician).send(f"/repairs/{ticket.id}/fix", {"method": method})
    step = Step.select().order_by(Step.id.desc()).get()
    assert answer.status_code == 303
    assert (Ticket.get().state, step.method, step.minutes, step.note) == ("fixed", method, None, "")
    assert Ticket.get().fixed_at == step.at


def test_with_words_minutes_and_photo(school, phone, report):
    ticket = report()
    form = {"method": "replaced", "minutes": "30", "note": "换了阀芯", "photos": (picture(), "a.jpg")}
    assert phone(school.electrician).send(f"/repairs/{ticket.id}/fix", form).status_code == 303
    step = Step.select().order_by(Step.id.desc()).get()
    assert (step.minutes, step.note, step.person) == (30, "换了阀芯", school.electrician)
    assert len(Photo.of(step)) == 1
    page = phone(school.teacher).get(f"/repairs/{ticket.id}").text
    assert "30 minutes" in page
    assert Photo.of(step)[0].token in page


def test_on_the_spot_without_taking_first(school, phone, report):
    ticket = report(by=None)
    assert phone(school.electrician).send(f"/repairs/{ticket.id}/fix", {"method": "adjusted"}).status_code == 303
    assert (Ticket.get().state, Ticket.get().worker) == ("fixed", school.electrician)
    assert Ticket.get().clock_from is not None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Please tap how it was fixed."),
        ({"method": "magic"}, "Please tap one of these."),
        ({"method": "replaced", "minutes": "17"}, "Please tap one of these."),
        ({"method": "replaced", "minutes": "-5"}, "Please tap one of these."),
        ({"method": "replaced", "minutes": "😀"}, "Please tap one of these."),
        ({"method": "replaced", "minutes": "9" * 400}, "Please tap one of these."),
        ({"method": "replaced", "note": "长" * 501}, "At most 500 characters"),
        ({"method": "replaced", "note": "x" * 1_000_000}, "At most 500 characters"),
        ({"method": "replaced", "photos": (BytesIO(b"nope"), "a.jpg")}, "not a photo"),
    ],
)
def test_bad_input(school, phone, report, form, sentence):
    ticket = report()
    answer = phone(school.electrician).send(f"/repairs/{ticket.id}/fix", {"note": "<b>阀芯</b>", **form})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert form.get("note", "&lt;b&gt;阀芯&lt;/b&gt;") in answer.text
    if form.get("method") == "replaced":
        assert 'value="replaced" checked' in answer.text
    assert (Ticket.get().state, Step.select().count()) == ("reported", 1)


@pytest.mark.parametrize("note", HOSTILE)
def test_hostile_words(school, phone, report, note):
    ticket = report()
    phone(school.electrician).send(f"/repairs/{ticket.id}/fix", {"method": "other", "note": note})
    page = phone(school.teacher).get(f"/repairs/{ticket.id}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_once_only_and_in_the_journal(school, phone, report, aircon):
    ticket, browser = report(asset=aircon), phone(school.electrician)
    for _each in range(2):
        assert browser.send(f"/repairs/{ticket.id}/fix", {"method": "replaced"}, key="x" * 20).status_code == 303
    (event,) = Event.select().where(Event.action == "repairs.fixed")
    assert (event.place, event.asset, event.person) == (school.places.classroom, aircon, school.electrician)


def test_what_is_fixed_is_not_fixed_twice(school, phone, report):
    ticket = report()
    ticket.fix(school.electrician, "replaced")
    assert phone(school.electrician).get(f"/repairs/{ticket.id}/fix").status_code == 303
    answer = phone(school.electrician).send(f"/repairs/{ticket.id}/fix", {"method": "replaced"})
    assert answer.status_code == 409
    assert "fixed, to be confirmed" in answer.text
