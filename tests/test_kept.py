"""Answers kept until the database changes: never a stale one, whoever changed it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from app import db
from app.db import kept_until_change, writing
from app.home import scan
from app.people.models import Office
from app.places.codes import Label
from app.repairs.models import Ticket
from tests.helpers import at_once, make_school, sign_in

pytestmark = pytest.mark.slow

asked: list[str] = []


@kept_until_change
def offices(beginning: str) -> list[str]:
    asked.append(beginning)
    return [office.name for office in Office.select().where(Office.name.startswith(beginning)).order_by(Office.id)]


@pytest.fixture(autouse=True)
def none_asked() -> None:
    asked.clear()


def test_the_same_question_is_asked_once_while_nothing_changes(real_app: Flask) -> None:
    Office.create(name="教务处")
    assert offices("教") == offices("教") == ["教务处"]
    assert offices("总") == []
    assert asked == ["教", "总"]


def test_a_change_of_this_connection_is_seen(real_app: Flask) -> None:
    assert offices("教") == []
    Office.create(name="教务处")
    assert offices("教") == ["教务处"]


def test_a_change_of_another_process_is_seen(real_app: Flask, tmp_path: Path) -> None:
    assert offices("教") == []
    with closing(sqlite3.connect(tmp_path / "zongwu.db")) as elsewhere:
        elsewhere.execute("insert into office (name) values ('教科室')")
        assert offices("教") == [], "not stored yet"
        elsewhere.commit()
    assert offices("教") == ["教科室"]


def test_a_change_of_another_thread_is_seen(real_app: Flask) -> None:
    assert offices("教") == []
    at_once(real_app, lambda: Office.create(name="教技室"))
    assert offices("教") == ["教技室"]


def test_nothing_is_kept_of_what_may_still_be_undone(real_app: Flask) -> None:
    def added_and_undone() -> None:
        with writing():
            Office.create(name="教务处")
            assert offices("教") == ["教务处"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        added_and_undone()
    assert offices("教") == []


def test_a_visitor_sees_a_new_report_at_once(real_app: Flask) -> None:
    with real_app.app_context():
        school = make_school()
        code = Label.of(place=school.places.toilet).code
    visitor = sign_in(real_app)
    assert "1 in repair" not in visitor.get(f"/q/{code}").text
    with real_app.app_context():
        Ticket.report(school.teacher, place=school.places.toilet, kind="water", words="滴水")
    assert "1 in repair" in visitor.get(f"/q/{code}").text


def test_what_is_kept_has_no_language_of_its_own(real_app: Flask) -> None:
    with real_app.app_context():
        code = Label.of(place=make_school().places.classroom).code
    chinese, english = sign_in(real_app), sign_in(real_app)
    chinese.get("/language/zh_Hans_CN")
    for _each in range(2):
        assert "三(2)班教室" in chinese.get(f"/q/{code}").text
        assert "Grade 3 Class 2 classroom" in english.get(f"/q/{code}").text


def test_it_does_not_grow_for_ever(real_app: Flask) -> None:
    for number in range(db.KEPT_AT_MOST * 2):
        offices(str(number))
    offices("0")
    assert len(asked) == db.KEPT_AT_MOST * 2 + 1
    assert scan.look("short").problem == "mistyped"
