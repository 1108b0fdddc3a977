"""A form with photos as a phone sends it, and a record that a photo can belong to."""

from collections.abc import Callable, Iterator
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, request, session
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import Form

from app import once
from app.db import writing
from app.photos import models
from app.photos.forms import form_data
from app.photos.models import Photo
from tests.pictures import EvidenceForm, jpeg


@pytest.fixture
def upload(app: Flask) -> Callable:
    """`upload([bytes, …], kept=[claim, …])` sends EvidenceForm from a phone; `.form` is how it was read."""

    def send(
        files: list[bytes | tuple[str, bytes]],
        *,
        kept: list[str] = (),
        words: str = "灯坏了",
        device: str = "phone-1",
        form_class: type[Form] = EvidenceForm,
        act: Callable[[Form], Any] | None = None,
    ) -> SimpleNamespace:
        named = [each if isinstance(each, tuple) else (f"{n}.jpg", each) for n, each in enumerate(files)]
        data = MultiDict([("words", words), (once.FIELD, once.new_key())])
        data.setlist("photos_kept", kept)
        data.setlist("photos", [FileStorage(BytesIO(content), filename=name) for name, content in named])
        with app.test_request_context(method="POST", data=data):
            session["device"] = device
            seen = SimpleNamespace(form=None, valid=None)

            def view() -> Any:
                seen.form = form_class(form_data())
                seen.valid = seen.form.validate()
                seen.claims = [each.claim for each in seen.form.photos.kept]
                seen.words = " ".join(map(str, seen.form.photos.errors))
                if seen.valid and act is not None:
                    act(seen.form)
                return ("", 204) if seen.valid else ("", 422)

            try:
                seen.status = once.act_once(view).status_code
            finally:
                request.environ["wsgi.input"].close()
        return seen

    return send


@pytest.fixture
def evidence(school: Any, upload: Callable, monkeypatch: pytest.MonkeyPatch) -> Iterator[Photo]:
    """A photo of the store room's record, which only the custodian and the director may see."""
    allowed = {school.custodian.id, school.director.id}
    monkeypatch.setitem(models._guards, "place", lambda who, id: not who.is_card and who.id in allowed)

    def attach(form: Form) -> None:
        with writing():
            Photo.attach(form.photos.data, school.places.store, by=school.custodian)

    sent = upload([jpeg((800, 600))], act=attach)
    assert sent.valid
    return Photo.of(school.places.store)[0]
