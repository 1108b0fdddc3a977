"""Photos that come with a form: taken in, kept while the form is corrected, made part of a record once."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from wtforms import Form

from app import once
from app.db import database, writing
from app.errors import Refused
from app.photos import models
from app.photos.forms import PhotosField, form_data
from app.photos.models import Photo
from tests.pictures import EvidenceForm, jpeg

HEAD = b"\xff\xd8\xff"


def on_disk(app: Flask) -> set[Path]:
    return {path for path in (app.config["DATA"] / "photos").rglob("*") if path.is_file() and path.name[0] != "."}


def test_a_photo_comes_with_its_record(app: Flask, school: Any, evidence: Photo) -> None:
    assert Photo.of(school.places.store) == [evidence]
    assert (evidence.width, evidence.height, evidence.position) == (800, 600, 1)
    assert evidence.person_id == school.custodian.id
    with app.app_context():
        assert evidence.read().startswith(HEAD)
        assert len(evidence.read()) == evidence.bytes
        assert evidence.read("small").startswith(HEAD)


def test_a_card_is_named_as_the_one_who_took_it(school: Any, upload: Callable) -> None:
    upload([jpeg()], act=lambda form: Photo.attach(form.photos.data, school.places.toilet, school.card, part="seat"))
    [photo] = Photo.of(school.places.toilet, part="seat")
    assert (photo.card_id, photo.person_id) == (school.card.id, None)
    assert Photo.of(school.places.toilet, part="floor") == []


def test_nobody_signed_in_may_send_one(school: Any, upload: Callable) -> None:
    upload([jpeg()], act=lambda form: Photo.attach(form.photos.data, school.places.toilet, None))
    [photo] = Photo.of(school.places.toilet)
    assert (photo.card_id, photo.person_id) == (None, None)


def test_photos_of_a_list_are_one_query(school: Any, upload: Callable, counted: Any) -> None:
    places = [school.places.toilet, school.places.store]
    for place in places:
        upload([jpeg(), jpeg()], act=lambda form, place=place: Photo.attach(form.photos.data, place, None))
    with counted() as queries:
        found = Photo.of_many("place", [place.id for place in places] + [school.places.office.id])
    assert queries.count == 1
    assert {id: [photo.position for photo in list] for id, list in found.items()} == {
        places[0].id: [1, 2],
        places[1].id: [1, 2],
    }


def test_bytes_are_on_disk_before_the_transaction_begins(upload: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    depths = []
    real = models._store
    monkeypatch.setattr(models, "_store", lambda *args: (depths.append(database.transaction_depth()), real(*args)))
    outside = database.transaction_depth()
    assert upload([jpeg()]).valid
    assert depths == [outside]


def test_it_is_synced_before_it_has_its_name(app: Flask, upload: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    story = []
    fsync, rename = os.fsync, Path.rename
    monkeypatch.setattr(os, "fsync", lambda handle: (story.append("sync"), fsync(handle))[1])
    monkeypatch.setattr(Path, "rename", lambda self, to: (story.append("name"), rename(self, to))[1])
    assert upload([jpeg()]).valid
    assert story[-5:] == ["sync", "name", "sync", "name", "sync"]  # two files, then their folder
    assert not [path for path in on_disk(app) if path.suffix == ".new"]


def test_a_form_with_an_error_keeps_its_photos(app: Flask, school: Any, upload: Callable) -> None:
    first = upload([jpeg(colour="red"), jpeg(colour="blue")], words="")
    assert first.status == 422
    assert len(first.claims) == 2
    assert Photo.select().count() == 0
    second = upload(
        [jpeg(colour="green")],
        kept=first.claims,
        act=lambda form: Photo.attach(form.photos.data, school.places.store, school.custodian),
    )
    assert second.status == 204
    with app.app_context():
        assert len({photo.read() for photo in Photo.of(school.places.store)}) == 3


def test_unticking_one_leaves_it_out(school: Any, upload: Callable) -> None:
    first = upload([jpeg(colour="red"), jpeg(colour="blue")], words="")
    second = upload([], kept=first.claims[1:], words="")
    assert [each.token for each in second.form.photos.data] == [first.form.photos.data[1].token]


def test_one_bad_photo_among_good_ones_names_it_and_keeps_the_others(upload: Callable) -> None:
    sent = upload([jpeg(), ("作业<b>.jpg", b"just text"), jpeg()])
    assert sent.status == 422
    assert "“作业<b>.jpg” is not a photo" in sent.words
    assert len(sent.claims) == 2


def test_a_kept_photo_belongs_to_the_phone_that_sent_it(upload: Callable) -> None:
    first = upload([jpeg()], words="")
    stolen = upload([], kept=first.claims, device="phone-2")
    assert stolen.status == 422
    assert "no longer here" in stolen.words
    assert stolen.form.photos.data == []


@pytest.mark.parametrize("claim", ["", "x", "../../secret_key", "WyJhIiwiYiJd.aaaa.bbbb", "😀" * 50, "a" * 100_000])
def test_a_made_up_claim_is_refused(upload: Callable, claim: str) -> None:
    sent = upload([], kept=[claim])
    assert sent.status == 422
    assert sent.form.photos.data == []


def test_a_photo_is_evidence_of_one_thing_only(school: Any, upload: Callable) -> None:
    first = upload([jpeg()], words="")
    places = [school.places.store, school.places.toilet]
    assert upload([], kept=first.claims, act=lambda form: Photo.attach(form.photos.data, places[0], None)).valid
    again = upload([], kept=first.claims, act=lambda form: Photo.attach(form.photos.data, places[1], None))
    assert again.status == 422
    assert Photo.of(places[1]) == []
    with pytest.raises(Refused), writing():
        Photo.attach(first.form.photos.data, places[1], None)


def test_five_photos_are_refused_and_the_first_four_kept(upload: Callable) -> None:
    sent = upload([jpeg()] * 5)
    assert sent.status == 422
    assert "At most 4 photos" in sent.words
    assert len(sent.claims) == 4
    one_more = upload([jpeg()], kept=sent.claims)
    assert one_more.status == 422
    assert len(one_more.claims) == 4


def test_photos_beyond_the_limit_cost_no_work(upload: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = models.receive
    monkeypatch.setattr(models, "receive", lambda file: seen.append(1) or real(file))
    upload([jpeg()] * 20)
    assert len(seen) == 4
    with pytest.raises(Refused):
        upload([jpeg()] * 25)
    assert len(seen) == 4


def test_13_megabytes_are_a_sentence_at_the_field(upload: Callable) -> None:
    sent = upload([("big.jpg", jpeg() + b"\0" * (13 * 1024 * 1024))])
    assert sent.status == 422
    assert "“big.jpg” is larger than 12 MB." in sent.words


def test_a_photo_that_is_needed(upload: Callable) -> None:
    class NeededForm(EvidenceForm):
        photos = PhotosField(needed=True)

    assert upload([], form_class=NeededForm).words == "Please add a photo."
    assert upload([jpeg()], form_class=NeededForm).valid


def test_a_form_made_from_the_text_alone_still_has_its_photos(app: Flask) -> None:
    from io import BytesIO

    with app.test_request_context(
        method="POST", data={"words": "x", "photos": (BytesIO(jpeg()), "a.jpg"), once.FIELD: "k" * 20}
    ):
        from flask import request

        assert len(EvidenceForm(request.form).photos.data) == 1
        assert len(EvidenceForm(form_data()).photos.data) == 1  # taken in once, read twice


def test_no_files_and_no_request_are_no_photos(app: Flask) -> None:
    assert EvidenceForm().photos.data == []
    with app.test_request_context():
        assert EvidenceForm(None).photos.data == []


def test_what_was_never_sent_is_swept_after_a_day(app: Flask, evidence: Photo, upload: Callable) -> None:
    left = upload([jpeg()], words="").form.photos.data[0]
    with app.app_context():
        assert models.sweep() == 0
        yesterday = time.time() - models.DAY - 60
        for path in on_disk(app):
            os.utime(path, (yesterday, yesterday))
        models.sweep()
        assert models.read(left.token) is None
        assert models.read(left.token, "small") is None
        assert evidence.read() is not None
        assert evidence.read("small") is not None


def test_sweeping_happens_by_itself_once_a_day(app: Flask, upload: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    swept = []
    monkeypatch.setattr(models, "sweep", lambda: swept.append(1))
    marker = app.config["DATA"] / "photos" / ".swept"
    marker.unlink(missing_ok=True)
    upload([jpeg()])
    upload([jpeg()])
    assert len(swept) == 1
    os.utime(marker, (0, 0))
    upload([jpeg()])
    assert len(swept) == 2


def test_a_full_disk_is_a_sentence_and_nothing_is_stored(
    upload: Callable, school: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(models, "_store", full)
    attach: Callable[[Form], Any] = lambda form: Photo.attach(form.photos.data, school.places.store, None)  # noqa: E731
    with pytest.raises(Refused) as refused:
        upload([jpeg()], act=attach)
    assert refused.value.status == 503
    assert Photo.of(school.places.store) == []


def test_nothing_is_kept_of_an_act_that_was_undone(school: Any, upload: Callable) -> None:
    def attach_and_fail(form: Form) -> None:
        with writing():
            Photo.attach(form.photos.data, school.places.store, None)
            raise Refused("no")

    with pytest.raises(Refused):
        upload([jpeg()], act=attach_and_fail)
    assert Photo.select().count() == 0
