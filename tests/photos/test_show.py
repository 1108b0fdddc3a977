"""Photos are shown to those who may see their record, and to nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.photos import models
from app.photos.models import Photo
from tests.pictures import jpeg


def test_the_custodian_sees_it(phone: Any, school: Any, evidence: Photo) -> None:
    answer = phone(school.custodian).get(f"/photos/{evidence.token}")
    assert answer.status_code == 200
    assert answer.content_type == "image/jpeg"
    assert answer.data.startswith(b"\xff\xd8\xff")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == "inline"


def test_the_thumbnail_is_small(phone: Any, school: Any, evidence: Photo) -> None:
    custodian = phone(school.custodian)
    large = custodian.get(f"/photos/{evidence.token}")
    small = custodian.get(f"/photos/{evidence.token}?size=small")
    assert len(small.data) < len(large.data)
    assert small.headers["ETag"] != large.headers["ETag"]


def test_it_may_be_kept_by_the_phone_but_by_no_proxy(phone: Any, school: Any, evidence: Photo) -> None:
    custodian = phone(school.custodian)
    first = custodian.get(f"/photos/{evidence.token}")
    keeping = first.headers["Cache-Control"]
    assert "private" in keeping
    assert "immutable" in keeping
    assert "max-age=" in keeping
    again = custodian.get(f"/photos/{evidence.token}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("who", ["stranger", "teacher", "electrician", "cleaner", "card", None])
@pytest.mark.parametrize("size", ["", "?size=small"])
def test_others_get_404_and_no_hint(phone: Any, school: Any, evidence: Photo, who: str | None, size: str) -> None:
    visitor = phone(getattr(school, who)) if who else phone()
    refused = visitor.get(f"/photos/{evidence.token}{size}")
    assert refused.status_code == 404
    assert b"\xff\xd8\xff" not in refused.data
    made_up = visitor.get(f"/photos/{'0' * 32}{size}")
    assert refused.get_data(as_text=True).replace(evidence.token, "") == made_up.get_data(as_text=True).replace(
        "0" * 32, ""
    )


def test_a_kept_answer_is_asked_for_again_by_nobody_else(phone: Any, school: Any, evidence: Photo) -> None:
    tag = phone(school.custodian).get(f"/photos/{evidence.token}").headers["ETag"]
    assert phone(school.stranger).get(f"/photos/{evidence.token}", headers={"If-None-Match": tag}).status_code == 404


def test_without_a_guard_nobody_sees_it(
    phone: Any, school: Any, evidence: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(models._guards, "place")
    assert phone(school.director).get(f"/photos/{evidence.token}").status_code == 404


@pytest.mark.parametrize(
    "path", ["..%2f..%2fsecret_key", "%2e%2e/secret_key", "....//secret_key", "%00", "😀", "a" * 5000, "1", "ab/x.jpg"]
)
def test_no_path_leads_anywhere_else(phone: Any, school: Any, path: str) -> None:
    director = phone(school.director)
    for address in (f"/photos/{path}", f"/photos/{path}/removal", f"/photos/waiting/{path}"):
        assert director.get(address).status_code == 404, address


def test_a_lost_file_is_404_not_an_error(app: Flask, phone: Any, school: Any, evidence: Photo) -> None:
    with app.app_context():
        models._delete(evidence.token)
    assert phone(school.custodian).get(f"/photos/{evidence.token}").status_code == 404


def test_a_waiting_photo_is_shown_to_the_phone_that_sent_it(app: Flask, phone: Any, upload: Callable) -> None:
    claim = upload([jpeg()], words="", device="phone-1").claims[0]
    for device, status in (("phone-1", 200), ("phone-2", 404)):
        visitor = phone()
        with visitor.session_transaction() as session:
            session["device"] = device
        answer = visitor.get(f"/photos/waiting/{claim}")
        assert answer.status_code == status
        assert "no-store" in answer.headers["Cache-Control"] or status == 404


def test_a_waiting_photo_is_not_yet_a_photo(phone: Any, school: Any, upload: Callable) -> None:
    token = upload([jpeg()], words="").form.photos.data[0].token
    assert phone(school.director).get(f"/photos/{token}").status_code == 404
