"""Tests speak of people. The database is in memory and every test is rolled back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock, create_app, db, once
from app.people import passwords
from app.people.models import DutyCard, Office, Person, SignIn
from app.places.models import ClassGroup, Grade, Place

TUESDAY = datetime(2026, 11, 24, 2, 0)  # 10:00 at the school, a school day
PASSWORD = "correct horse 2026"
passwords.METHOD = "pbkdf2:sha256:1"  # eight slow hashes a test would be most of the suite's time


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app(
        TESTING=True,
        DATA=tmp_path_factory.mktemp("data"),
        DATABASE_URL="sqlite:///:memory:",
        SECRET_KEY="for tests only, thirty-two letters",
        SCHOOL="青禾实验小学",
        BASE_URL="http://localhost",
        LANGUAGE="en",
    )
    db.database.connect()
    db.upgrade()
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
    """A very small school: its people, one building, a classroom with a class, a toilet, an office, a store."""
    with app.app_context():
        office = Office.create(name="总务处")
        teaching = Office.create(name="教务处")

        def person(name: str, phone: str, *roles: str, of: Office = office, **fields: Any) -> Person:
            who, _first = Person.add(name, roles=roles, phone=phone, office=of, must_change=False, **fields)
            return who

        people = SimpleNamespace(
            director=person("赵建国", "13800000001", "director", post="总务主任"),
            custodian=person("钱秀英", "13800000002", "custodian", post="校产管理员"),
            electrician=person("孙志强", "13800000003", "electrician", post="水电工"),
            teacher=person("李敏", "13800000004", "teacher", of=teaching, post="班主任"),
            cleaner=person("周桂兰", "13800000005", "cleaner", post="保洁员"),
            counsellor=person("吴晓燕", "13800000006", "counsellor", of=teaching, post="大队辅导员"),
            principal=person("郑文博", "13800000007", "principal", of=teaching, post="校长"),
            stranger=person("冯伟", "13800000008", "teacher", of=teaching, post="美术教师"),
        )
        top = Place.add("school", "青禾实验小学", None)
        building = Place.add("building", "教学楼", None, parent=top)
        floor = Place.add("floor", "二楼", None, parent=building)
        places = SimpleNamespace(
            school=top,
            building=building,
            floor=floor,
            classroom=Place.add("classroom", "201教室", None, parent=floor, number="201"),
            other_classroom=Place.add("classroom", "202教室", None, parent=floor, number="202"),
            toilet=Place.add("toilet", "二楼男厕", None, parent=floor, cleaner=people.cleaner),
            office=Place.add("office", "美术办公室", None, parent=floor, keeper=people.stranger),
            store=Place.add("store", "总务仓库", None, parent=floor, keeper=people.custodian),
        )
        classes = SimpleNamespace(
            three_two=ClassGroup.add(2024, 2, None, teacher=people.teacher, room=places.classroom),
            three_three=ClassGroup.add(2024, 3, None, room=places.other_classroom),
        )
        Grade.create(entry_year=2024, administrator=people.principal)
        card, secret = DutyCard.make(
            "三年级卫生监督岗",
            people.counsellor,
            checklists=["class-hygiene"],
            grades=[3],
            weekdays=[1, 2, 3, 4, 5],
            hours=[["07:20", "12:30"]],
            own_class=classes.three_three,
            starts_on=clock.today(),
            ends_on=clock.today() + timedelta(days=60),
        )
    return SimpleNamespace(
        **vars(people), people=people, places=places, classes=classes, card=card, card_secret=secret,
        office=office, teaching=teaching,
    )  # fmt: skip


class Phone(FlaskClient):
    """A browser: every form it sends carries a submission id and comes from our own page."""

    def send(self, url: str, data: dict[str, Any] | None = None, key: str | None = None, **kwargs: Any) -> TestResponse:
        """POST a form; the same `key` twice is the same form sent again."""
        form = {once.FIELD: key or once.new_key(), **(data or {})}
        headers = {"Sec-Fetch-Site": "same-origin", **kwargs.pop("headers", {})}
        return self.post(url, data=form, headers=headers, **kwargs)


@pytest.fixture
def phone(app: Flask) -> Any:
    """`phone(person)` is a browser signed in as that person or card; `phone()` is one that is not signed in."""
    app.test_client_class = Phone

    def take(who: Person | DutyCard | None = None) -> Phone:
        client = app.test_client()
        if who is not None:
            row = SignIn.begin(who, timedelta(days=1))
            with client.session_transaction() as session:
                session["_user_id"], session["_fresh"] = row.token, True
        return client

    return take


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
