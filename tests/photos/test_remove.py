"""The director removes a photo in which a child can be recognised: the picture goes, the trace stays."""

from typing import Any

import pytest
from flask import Flask

from app import journal, once
from app.db import writing
from app.photos import models
from app.photos.models import Photo


@pytest.fixture(autouse=True)
def evidence_lies_with_a_place(evidence: Photo) -> None:
    """Every test here is about that photo."""


def test_it_is_gone_and_the_row_says_why(app: Flask, phone: Any, school: Any, evidence: Photo) -> None:
    director = phone(school.director)
    answer = director.send(f"/photos/{evidence.token}/removal", {"reason": "一个孩子看得清", "next": "/places/1?x=2"})
    assert (answer.status_code, answer.location) == (303, "/places/1?x=2")
    assert director.get(f"/photos/{evidence.token}").status_code == 404
    assert director.get(f"/photos/{evidence.token}?size=small").status_code == 404
    with app.app_context():
        assert models.read(evidence.token) is None
        assert models.read(evidence.token, "small") is None
    row = Photo.get_by_id(evidence.id)
    assert row.removed_at is not None
    assert row.removed_why == "一个孩子看得清"
    assert Photo.of(school.places.store) == []


def test_the_journal_of_the_record_tells_it(ctx: None, phone: Any, school: Any, evidence: Photo) -> None:
    phone(school.director).send(f"/photos/{evidence.token}/removal", {"reason": "a child's face"})
    event = journal.about(thing=school.places.store).first()
    assert (event.action, event.person_id) == ("photos.removed", school.director.id)
    assert event.sentence == "removed a photo: a child's face"


def test_the_story_is_told_where_people_read_it(
    app: Flask, school: Any, evidence: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo of a step belongs to the ticket's story, as one of the store room may belong to its floor's."""
    monkeypatch.setitem(models._stories, "place", lambda id: school.places.floor)
    with app.app_context():
        evidence.remove(school.director, "face")
    assert journal.about(thing=school.places.floor).first().action == "photos.removed"


def test_the_page_shows_it_and_asks_for_a_reason(phone: Any, school: Any, evidence: Photo) -> None:
    page = phone(school.director).get(f"/photos/{evidence.token}/removal?next=/places/1").get_data(as_text=True)
    assert f"/photos/{evidence.token}" in page
    assert 'name="reason"' in page
    assert 'value="/places/1"' in page


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "字" * 1_000_000])
def test_without_a_good_reason_nothing_happens(
    app: Flask, phone: Any, school: Any, evidence: Photo, reason: str
) -> None:
    answer = phone(school.director).send(f"/photos/{evidence.token}/removal", {"reason": reason})
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.get_data(as_text=True)
    assert reason.strip()[:150] in answer.get_data(as_text=True)
    assert Photo.get_by_id(evidence.id).removed_at is None
    with app.app_context():
        assert evidence.read() is not None


def test_html_and_emoji_are_only_words(phone: Any, school: Any, evidence: Photo) -> None:
    answer = phone(school.director).send(f"/photos/{evidence.token}/removal", {"reason": "<script>x</script>😀" * 20})
    assert answer.status_code == 422
    assert "<script>x" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "target", ["https://evil.example/x", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_leads_back_to_our_own_pages_only(phone: Any, school: Any, evidence: Photo, target: str) -> None:
    answer = phone(school.director).send(f"/photos/{evidence.token}/removal", {"reason": "face", "next": target})
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize(("who", "status"), [("custodian", 403), ("stranger", 403), ("principal", 403), ("card", 403)])
def test_only_the_director_may(phone: Any, school: Any, evidence: Photo, who: str, status: int) -> None:
    visitor = phone(getattr(school, who))
    assert visitor.get(f"/photos/{evidence.token}/removal").status_code == status
    assert visitor.send(f"/photos/{evidence.token}/removal", {"reason": "because"}).status_code == status
    assert Photo.get_by_id(evidence.id).removed_at is None


def test_signed_out_nothing_is_removed(phone: Any, evidence: Photo) -> None:
    assert phone().send(f"/photos/{evidence.token}/removal", {"reason": "because"}).status_code == 401
    assert phone().get(f"/photos/{evidence.token}/removal").status_code == 303
    assert Photo.get_by_id(evidence.id).removed_at is None


def test_what_the_director_may_not_see_the_director_may_not_remove(
    phone: Any, school: Any, evidence: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(models._guards, "place", lambda who, id: False)
    assert phone(school.director).send(f"/photos/{evidence.token}/removal", {"reason": "x"}).status_code == 404
    assert Photo.get_by_id(evidence.id).removed_at is None


def test_twice_is_once(phone: Any, school: Any, evidence: Photo) -> None:
    director, key = phone(school.director), once.new_key()
    answers = [director.send(f"/photos/{evidence.token}/removal", {"reason": "face"}, key=key) for _tap in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert journal.Event.select().where(journal.Event.action == "photos.removed").count() == 1


def test_an_undone_removal_leaves_the_picture(app: Flask, school: Any, evidence: Photo) -> None:
    def remove_and_fail() -> None:
        with writing():
            evidence.remove(school.director, "face")
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            remove_and_fail()
        assert evidence.read() is not None
    assert Photo.get_by_id(evidence.id).removed_at is None


def test_a_removed_photo_frees_no_place_in_the_row(app: Flask, school: Any, evidence: Photo, upload: Any) -> None:
    from tests.pictures import jpeg

    with app.app_context():
        evidence.remove(school.director, "face")
    upload([jpeg()], act=lambda form: Photo.attach(form.photos.data, school.places.store, school.custodian))
    assert [photo.position for photo in Photo.of(school.places.store)] == [2]
