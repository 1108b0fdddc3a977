"""The small school of the tests, a browser, and an app on a real file for what happens at the same moment."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock, create_app, db, once
from app.assets.models import Asset
from app.people.models import DutyCard, Office, Person, SignIn
from app.places.models import ClassGroup, Grade, Place
from app.transfers.models import Transfer, Wanted

SETTINGS = {
    "SECRET_KEY": "for tests only, thirty-two letters",
    "SCHOOL": "青禾实验小学",
    "BASE_URL": "http://localhost",
    "LANGUAGE": "en",
}


def make_school() -> SimpleNamespace:
    """A very small school: its people, one building, a classroom with a class, a toilet, an office, a store."""
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


def carried(
    asset: Asset, source: Place | None, target: Place | None, by: Person, quantity: int = 1, taker: Person | None = None
) -> Transfer:
    """Move something as a school does: somebody asks for a transfer, and everybody agrees."""
    slip = Transfer.ask(by, [Wanted(asset, source, quantity)], reason="换房间", place=target, taker=taker)
    return agreed_by_all(slip)


def agreed_by_all(slip: Transfer) -> Transfer:
    """Whoever is still asked agrees, one after another, until the slip is settled."""
    while (ask := next((ask for ask in slip.asks if ask.state == "waiting"), None)) is not None:
        people = [ask.person] if ask.person_id else Person.with_role(ask.role).where(Person.id != slip.applicant_id)
        slip.agree(next(iter(people)), key=ask.key)
    return slip


class Phone(FlaskClient):
    """A browser: every form it sends carries a submission id and comes from our own page."""

    def send(self, url: str, data: dict[str, Any] | None = None, key: str | None = None, **kwargs: Any) -> TestResponse:
        """POST a form; the same `key` twice is the same form sent again."""
        form = {once.FIELD: key or once.new_key(), **(data or {})}
        headers = {"Sec-Fetch-Site": "same-origin", **kwargs.pop("headers", {})}
        return self.post(url, data=form, headers=headers, **kwargs)


def sign_in(app: Flask, who: Person | DutyCard | None = None) -> Phone:
    """A browser signed in as a person or a card, or one that is not signed in."""
    app.test_client_class = Phone
    client = app.test_client()
    if who is not None:
        row = SignIn.begin(who, timedelta(days=1))
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = row.token, True
    return client


def lay_tables() -> None:
    """The tables as the migrations say; as the models say while the migration of new nouns is not yet frozen."""
    if list(db.MIGRATIONS.glob("0002*.py")):
        db.upgrade()
    else:
        db.create_all()


@contextmanager
def app_on_file(folder: Path, **settings: Any) -> Iterator[Flask]:
    """An app whose database is a real file in `folder`, as it runs in a school. Every model points at it until
    the block ends; then the database of the other tests is back."""
    before, zone = db.database.obj, clock.zone
    app = create_app(TESTING=True, DATA=folder, **{**SETTINGS, **settings})
    db.database.connect()
    try:
        lay_tables()
        yield app
    finally:
        db.database.close()
        db.database.initialize(before)
        clock.init(zone)


def at_once(app: Flask, *works: Callable[[], Any]) -> list[Any]:
    """Run every work in a thread of its own with a connection of its own, all starting at the same moment.

    Returns what each gave, in order; an exception is given as itself, not raised.
    """
    results: list[Any] = [None] * len(works)
    line = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], Any]) -> None:
        db.database.connect(reuse_if_open=True)
        try:
            with app.app_context():
                line.wait(10)
                results[number] = work()
        except Exception as error:  # the test looks at it
            results[number] = error
        finally:
            db.database.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
