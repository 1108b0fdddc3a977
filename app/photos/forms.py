"""The form field for photos: it checks them, keeps them across a refused form, and hands them over.

A photo takes a fifth of a second to shrink, and a POST runs inside one write transaction. So `receive_all` does
that work before the transaction begins (once.prepare), and the field only picks up what is ready.
"""

from dataclasses import dataclass
from typing import Any

from flask import current_app, g, has_request_context, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.datastructures import CombinedMultiDict, FileStorage
from wtforms import Field, Form, ValidationError

from app import once
from app.errors import Refused
from app.photos import models
from app.photos.models import DAY, Received
from app.photos.pictures import NotAPicture, looks_like_one
from app.web import device_id

MOST = 4  # photos of one field
MOST_IN_ALL = 24  # photos of one form: every photo takes time, whoever sends them


@dataclass(frozen=True)
class Kept:
    """A photo that waits on the server while its form is corrected; `claim` names it, for this phone only."""

    received: Received

    @property
    def claim(self) -> str:
        return _signer().dumps([self.received.token, device_id()])

    @property
    def url(self) -> str:
        return url_for("photos.waiting", claim=self.claim)


class PhotosField(Field):
    """At most `most` photos. `.data` is a list of Received: what came now, after what was kept from a form sent
    before. A form that is shown again keeps them all (`.kept`)."""

    def __init__(self, label: Any = None, *, needed: bool = False, most: int = MOST, **kwargs: Any):
        super().__init__(label if label is not None else _l("Photos"), **kwargs)
        self.needed, self.most = needed, most
        self.flags.required = needed
        self.data: list[Received] = []

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors, self.object_data, self.data = [], None, []
        if not (has_request_context() and request.method == "POST"):
            return
        kept = [claimed(claim) for claim in request.form.getlist(f"{self.name}_kept")[: self.most + 1]]
        if None in kept:
            self.process_errors.append(_("A photo is no longer here. Please choose it again."))
        fresh = received(self.name, self.most)
        self.process_errors += [each for each in fresh if isinstance(each, str)]
        came = [each for each in (*kept, *fresh) if isinstance(each, Received)]
        self.data = list({each.token: each for each in came}.values())
        if len(self.data) > self.most or len(sent(self.name)) > self.most:
            self.data = self.data[: self.most]
            self.process_errors.append(_("At most %(most)s photos, please. These are the first.", most=self.most))

    def pre_validate(self, form: Form) -> None:
        if self.needed and not self.data and not self.process_errors:
            raise ValidationError(_("Please add a photo."))

    @property
    def kept(self) -> list[Kept]:
        return [Kept(each) for each in self.data]

    def widget(self, field: Field, **kwargs: Any) -> Markup:
        return Markup(render_template("photos/_field.html", field=self))


def form_data() -> CombinedMultiDict:
    """What a form with files was filled with: `ReportForm(form_data())`."""
    return CombinedMultiDict([request.files, request.form])


def sent(name: str) -> list[FileStorage]:
    """The files of one field; a field left empty sends a nameless one."""
    return [file for file in request.files.getlist(name) if file.filename]


def received(name: str, most: int = MOST) -> list[Received | str]:
    """The field's photos, each taken in once per request: a Received, or the sentence that says why not."""
    ready = g.setdefault("photos_received", {})
    if name not in ready:
        ready[name] = [_receive(file) for file in sent(name)[:most]]
    return ready[name]


def receive_all() -> None:
    """Take in every picture of this request, whatever its field is called."""
    fields = {name: sent(name) for name in request.files}
    fields = {name: files for name, files in fields.items() if any(_is_picture(file) for file in files)}
    if not fields:
        return
    if sum(len(files) for files in fields.values()) > MOST_IN_ALL:
        raise Refused(_("At most %(most)s photos at once, please.", most=MOST_IN_ALL), 413)
    models.sweep_daily()
    for name in fields:
        received(name)


once.prepare(receive_all)


def claimed(claim: str) -> Received | None:
    """The waiting photo that a claim names, if this phone sent it within a day."""
    try:
        token, device = _signer().loads(claim, max_age=DAY)
    except (BadSignature, ValueError, TypeError):
        return None
    return models.found(token) if device == device_id() else None


def _receive(file: FileStorage) -> Received | str:
    try:
        return models.receive(file.stream)
    except NotAPicture as why:
        return _("“%(name)s” %(why)s", name=_short(file.filename), why=str(why))


def _is_picture(file: FileStorage) -> bool:
    head = file.stream.read(12)
    file.stream.seek(0)
    return looks_like_one(head)


def _short(name: str | None) -> str:
    name = " ".join((name or "").split())
    return name if len(name) <= 40 else f"{name[:24]}…{name[-12:]}"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="photos waiting for their form")
