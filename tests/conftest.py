"""Tests speak of people. The database is in memory and every test is rolled back."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app import clock, create_app, db
from app.people import passwords
from tests.helpers import SETTINGS, app_on_file, lay_tables, make_school, sign_in

TUESDAY = datetime(2026, 11, 24, 2, 0)  # 10:00 at the school, a school day
PASSWORD = "correct horse 2026"
passwords.METHOD = "pbkdf2:sha256:1"  # eight slow hashes a test would be most of the suite's time


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app(
        TESTING=True,
        DATA=tmp_path_factory.mktemp("data"),
        DATABASE_URL="sqlite:///:memory:",
        **SETTINGS,
    )
    db.database.connect()
    lay_tables()
    return app


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    clock.set_hands(TUESDAY)
    yield
    clock.set_hands(None)


@pytest.fixture(autouse=True)
def rolled_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """One transaction around each test; acts inside become savepoints."""
    if request.node.get_closest_marker("slow") or request.node.get_closest_marker("browser"):
        yield
        return
    if "labels" in request.node.path.parts and "printing" not in request.node.path.parts:
        yield  # the label library knows no database
        return
    request.getfixturevalue("app")
    with db.database.atomic() as transaction:
        yield
        transaction.rollback()


@pytest.fixture
def ctx(app: Flask) -> Iterator[None]:
    """An application context for words in the reader's language outside a request."""
    with app.app_context():
        yield


@pytest.fixture
def school(app: Flask) -> SimpleNamespace:
    """A very small school (see helpers.make_school)."""
    with app.app_context():
        return make_school()


@pytest.fixture
def phone(app: Flask) -> Any:
    """`phone(person)` is a browser signed in as that person or card; `phone()` is one that is not signed in."""
    return partial(sign_in, app)


@pytest.fixture
def real_app(tmp_path: Path) -> Iterator[Flask]:
    """An app on a real file, for tests marked `slow`; with helpers.sign_in, make_school and at_once."""
    with app_on_file(tmp_path) as app:
        yield app


class Queries:
    """Counts the statements that a block sends to the database, transaction control aside."""

    def __init__(self) -> None:
        self.sql: list[str] = []

    @property
    def count(self) -> int:
        return len(self.sql)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`with counted() as q: …; assert q.count <= 5`"""
    from contextlib import contextmanager

    @contextmanager
    def counting() -> Iterator[Queries]:
        queries, real = Queries(), db.database.obj.execute_sql

        def execute(sql: str, *args: Any, **kwargs: Any) -> Any:
            if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")):
                queries.sql.append(sql)
            return real(sql, *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(db.database.obj, "execute_sql", execute)
            yield queries

    return counting
