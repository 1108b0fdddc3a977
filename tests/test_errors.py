"""What goes wrong is told in words, and nothing is acknowledged that was not stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee
import pytest
from flask import Flask, abort

from app import db, errors, web
from app.db import database
from app.errors import PAGES, Refused
from app.people.models import Office
from tests.helpers import Phone, app_on_file, make_school, sign_in


@pytest.mark.parametrize("status", sorted(PAGES))
def test_each_refusal_is_a_page_in_words(app: Flask, status: int) -> None:
    with app.test_request_context():
        answer = errors.refusal(status)
    assert answer.status_code == status
    page = answer.get_data(as_text=True)
    assert page.startswith("<!doctype html>")
    assert str(PAGES[status][0]) in page.replace("&#39;", "'")


def test_a_refusal_for_htmx_is_a_toast_and_leaves_the_form_alone(app: Flask) -> None:
    with app.test_request_context(headers={"HX-Request": "true"}):
        answer = errors.refusal(409, "Already lent to <b>Room 302</b>.")
    assert answer.headers["HX-Reswap"] == "none"
    body = answer.get_data(as_text=True)
    assert 'hx-swap-oob="true"' in body
    assert "&lt;b&gt;Room 302" in body
    assert "<html" not in body


def test_404_and_405_are_pages(phone: Any) -> None:
    for answer in (phone().get("/nowhere"), phone().post("/privacy", headers={"Sec-Fetch-Site": "same-origin"})):
        assert answer.status_code in (404, 405)
        assert "</html>" in answer.get_data(as_text=True)
    assert "GET" in phone().post("/privacy", headers={"Sec-Fetch-Site": "same-origin"}).headers["Allow"]


@pytest.mark.parametrize("path", ["/%ff", "/%00", "/" + "a" * 5000, "/q/%2e%2e", "/😀", "//x", "/.env", "/?page=%ff"])
def test_an_odd_address_is_no_error_of_ours(phone: Any, path: str) -> None:
    assert phone().get(path).status_code < 500


# With real trouble ------------------------------------------------------------------------------------------


@contextmanager
def trouble_app(folder: Path) -> Iterator[Flask]:
    """An app on a file with a form that writes, and pages that fail."""
    with app_on_file(folder) as app:
        app.add_url_rule("/offices", "add", web.public(lambda: Office.create(name="x").name), methods=["POST"])
        app.add_url_rule("/refused", "refused", web.public(lambda: (_ for _ in ()).throw(Refused("Not today.", 429))))
        app.add_url_rule("/teapot", "teapot", web.public(lambda: abort(418)))
        app.add_url_rule("/broken", "broken", web.public(lambda: 1 / 0))
        yield app


@pytest.mark.slow
def test_a_locked_database_is_a_page_and_nothing_is_stored(tmp_path: Path) -> None:
    with trouble_app(tmp_path) as app:
        visitor = sign_in(app)
        database.execute_sql("PRAGMA busy_timeout = 150")
        other = db.SqliteEngine(str(tmp_path / "zongwu.db"))  # the same engine: locks of two would not see each other
        other.connect()
        other.execute_sql("BEGIN IMMEDIATE")
        answer = visitor.send("/offices", key="a-key-of-sixteen-letters")
        assert answer.status_code == 503
        assert "Nothing was stored" in answer.get_data(as_text=True)
        assert visitor.get("/people/sign-in").status_code == 200  # reading goes on
        other.execute_sql("ROLLBACK")
        other.close()
        assert Office.select().count() == 0
        again = visitor.send("/offices", key="a-key-of-sixteen-letters")
        assert again.status_code == 200
        assert Office.select().count() == 1


@pytest.mark.slow
def test_a_read_only_database_still_shows_its_pages(tmp_path: Path) -> None:
    with trouble_app(tmp_path) as app:
        visitor = sign_in(app)
        database.execute_sql("PRAGMA query_only = ON")
        assert visitor.send("/offices").status_code == 503
        assert visitor.get("/people/sign-in").status_code == 200
        database.execute_sql("PRAGMA query_only = OFF")
        assert visitor.send("/offices").status_code == 200


@pytest.mark.slow
def test_a_database_that_answers_nothing_is_a_page_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even for someone signed in, whose name would have to be read for the page's head."""

    def gone(*_args: Any, **_kwargs: Any) -> None:
        raise peewee.OperationalError("disk I/O error")

    with trouble_app(tmp_path) as app:
        with app.app_context():
            visitor = sign_in(app, make_school().director)
        with monkeypatch.context() as patch:
            patch.setattr(database.obj, "execute_sql", gone)
            answer = visitor.get("/people/me")
            assert answer.status_code == 503
            assert "</html>" in answer.get_data(as_text=True)
        assert visitor.get("/privacy").status_code == 200


@pytest.mark.slow
def test_a_fault_of_ours_is_a_page_without_its_inside(tmp_path: Path) -> None:
    with trouble_app(tmp_path) as app:
        app.testing = False
        app.test_client_class = Phone
        answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    page = answer.get_data(as_text=True)
    assert "Nothing was stored" in page
    for inside in ("ZeroDivisionError", "Traceback", "lambda"):
        assert inside not in page
    assert answer.headers["Content-Security-Policy"]


@pytest.mark.slow
def test_a_rules_refusal_says_its_sentence_with_its_status(tmp_path: Path) -> None:
    with trouble_app(tmp_path) as app:
        answer = sign_in(app).get("/refused")
        assert answer.status_code == 429
        assert "Not today." in answer.get_data(as_text=True)
        assert sign_in(app).get("/teapot").status_code == 418


def test_a_mistake_of_ours_is_not_called_busy(app: Flask, phone: Any) -> None:
    """A missing table is no lock: the page says that something broke, and the log keeps why."""
    assert errors.OUR_MISTAKE.search("no such table: ask")
    assert errors.OUR_MISTAKE.search('near "form": syntax error')
    assert not errors.OUR_MISTAKE.search("database is locked")
    assert not errors.OUR_MISTAKE.search("attempt to write a readonly database")
    assert not errors.OUR_MISTAKE.search("database or disk is full")
