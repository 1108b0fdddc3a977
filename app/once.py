"""Once is once: the same form sent twice acts once and is answered the same."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import timedelta

import peewee
from flask import Response, current_app, make_response, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app import clock
from app.db import Moment, Prepared, Row, writing
from app.errors import Refused

FIELD = "once"
KEPT_DAYS = 14


class Submission(Row):
    """A form that was acted upon, what it held (as a fingerprint) and how it was answered."""

    key = peewee.CharField(64, primary_key=True)
    at = Moment(default=clock.now, index=True)
    payload = peewee.CharField(64)
    status = peewee.IntegerField(null=True)
    location = peewee.TextField(null=True)
    body = peewee.TextField(null=True)
    said = peewee.TextField(null=True)


_earlier = Prepared(lambda key: Submission.select().where(Submission.key == key)).first
_preparations: list[Callable[[], None]] = []


def prepare(work: Callable[[], None]) -> None:
    """Have `work` done before the transaction of every once-only form: what is too slow for the write lock."""
    if work not in _preparations:
        _preparations.append(work)


class _Undone(Exception):
    """Carries a refusal out of the transaction, so that nothing is stored and the form can be sent again."""

    def __init__(self, response: Response):
        self.response = response


def new_key() -> str:
    return secrets.token_urlsafe(16)


def act_once(view: Callable, *args: object, **kwargs: object) -> ResponseReturnValue:
    """Run a view that changes something, in one transaction with the note that it was done.

    The same key with the same content: the first answer again. The same key with other content: 409.
    Any answer of 400 or more: nothing is stored, and the key stays free for a corrected try.
    """
    key = request.form.get(FIELD, "")
    if not 16 <= len(key) <= 64:
        raise Refused(_("This page is out of date. Please open it again and send it from there."), 400)
    payload = _fingerprint()
    if earlier := _earlier(key):
        return _again(earlier, payload)
    for work in _preparations:
        work()
    try:
        with writing():
            if earlier := _earlier(key):  # asked again under the write lock: a twin has stored it or not begun
                return _again(earlier, payload)
            return _first_time(key, payload, view, *args, **kwargs)
    except _Undone as undone:
        return undone.response
    except peewee.IntegrityError:
        if earlier := _earlier(key):  # a database that lets two write at once: the twin was faster
            return _again(earlier, payload)
        raise


def _first_time(key: str, payload: str, view: Callable, *args: object, **kwargs: object) -> Response:
    response = make_response(view(*args, **kwargs))
    if response.status_code >= 400:
        raise _Undone(response)
    if instead := getattr(response, "instead", None):  # it holds a secret (web.shown_once): not a word is kept
        status, location, body, said = 303, instead[0], None, [("info", instead[1])]
    else:
        status, location, said = response.status_code, response.headers.get("Location"), session.get("_flashes")
        body = response.get_data(as_text=True) if status == 200 and not response.is_streamed else None
    Submission.create(
        key=key,
        payload=payload,
        status=status,
        location=location,
        body=body,
        said=json.dumps(said, ensure_ascii=False) if said else None,
    )
    return response


def _again(earlier: Submission, payload: str) -> Response:
    if earlier.payload != payload:
        raise Refused(_("This form was already sent with other contents. Open it again to send something new."))
    if earlier.said and not session.get("_flashes"):
        session["_flashes"] = [tuple(pair) for pair in json.loads(earlier.said)]
    if earlier.location:
        return redirect(earlier.location, earlier.status)
    return make_response(earlier.body or "", earlier.status or 200)


def _fingerprint() -> str:
    """Keyed, so that who reads the database can't guess a password from the form that set it."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    sha = hmac.new(key, f"{request.method} {request.path}".encode(), "sha256")
    for name, value in sorted(request.form.items(multi=True)):
        sha.update(f"\0{name}\0{value}".encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
        sha.update(f"\0{name}\0{file.filename}".encode() + _file_digest(file))
    return sha.hexdigest()


def _file_digest(file: FileStorage) -> bytes:
    digest = hashlib.file_digest(file.stream, "sha256").digest()
    file.stream.seek(0)
    return digest


def sweep() -> int:
    """Forget answers that no phone will ask for again; returns how many."""
    return Submission.delete().where(Submission.at < clock.now() - timedelta(days=KEPT_DAYS)).execute()
