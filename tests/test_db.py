"""The database: one act is stored wholly or not at all, and some rows are never changed."""

from pathlib import Path
from typing import Any

import peewee
import pytest
from flask import Flask

from app import db, journal
from app.assets.ledger import Movement
from app.db import database, when_stored, writing
from app.people.models import Office
from tests.helpers import app_on_file, at_once


def names() -> set[str]:
    return {office.name for office in Office.select()}


def fail_after(*acts: Any) -> None:
    with writing():
        for act in acts:
            act()
        raise ZeroDivisionError


def test_an_act_is_stored_together(app: Flask) -> None:
    with writing():
        Office.create(name="a")
        Office.create(name="b")
    assert names() == {"a", "b"}


def test_an_act_that_fails_leaves_nothing(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after(lambda: Office.create(name="a"))
    assert names() == set()


def test_an_act_inside_an_act_joins_it(app: Flask) -> None:
    """Otherwise a loan would be kept although the ticket that belongs to it was refused."""

    def inner() -> None:
        with writing():
            Office.create(name="inner")

    with pytest.raises(ZeroDivisionError):
        fail_after(inner)
    assert names() == set()
    inner()
    assert names() == {"inner"}


def test_what_cannot_be_undone_waits_until_it_is_stored(app: Flask) -> None:
    done: list[str] = []
    with writing():
        with writing():
            when_stored(lambda: done.append("deleted a file"))
        assert done == []
    assert done == ["deleted a file"]
    with pytest.raises(ZeroDivisionError):
        fail_after(lambda: when_stored(lambda: done.append("never")))
    with writing():
        pass
    assert done == ["deleted a file"]
    with pytest.raises(RuntimeError):
        when_stored(print)


@pytest.mark.parametrize("model", [row for row in db.rows() if row.append_only], ids=lambda row: row.__name__)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_itself_protects_what_is_never_changed(school: Any, model: type[db.Row], verb: str) -> None:
    """Any row will do: its references and checks are not what is tested here."""
    table = model._meta.table_name
    columns = database.execute_sql(f"PRAGMA table_info({table})").fetchall()
    given = [name for _id, name, _type, needed, _default, key in columns if needed and not key]
    with database.atomic() as undo:
        database.execute_sql("PRAGMA defer_foreign_keys=ON")
        database.execute_sql("PRAGMA ignore_check_constraints=ON")
        database.execute_sql(
            f"INSERT INTO {table} ({', '.join(map(quoted, given))}) VALUES ({', '.join('?' * len(given))})",
            ["9999"] * len(given),
        )
        any_column = columns[0][1]
        statement = f"UPDATE {table} SET {any_column} = {any_column}" if verb == "update" else f"DELETE FROM {table}"
        with pytest.raises(peewee.IntegrityError, match="never changed"):
            database.execute_sql(statement)
        undo.rollback()
    database.execute_sql("PRAGMA ignore_check_constraints=OFF")


def quoted(name: str) -> str:
    return f'"{name}"'


def test_each_row_has_a_name_of_its_own() -> None:
    """`link("Name")` finds a row of a higher noun by its class: two of one name would be taken for each other."""
    names = [model.__name__ for model in db.rows()]
    assert len(names) == len(set(names))


def make_asset(school: Any) -> Any:
    from app.assets.models import Asset, Category

    category = Category.create(code="A02020400", name="投影仪")
    return Asset.add("投影仪", category, school.custodian, place=school.places.store)


def test_the_journal_and_the_ledger_are_among_them() -> None:
    assert journal.Event.append_only
    assert Movement.append_only


def test_half_typed_patterns_mean_themselves() -> None:
    assert db.escape_like(r"100%_\x") == r"100\%\_\\x"


def test_times_and_days_come_back_as_they_went(school: Any) -> None:
    from app.people.models import DutyCard

    card = DutyCard.get_by_id(school.card.id)
    assert card.starts_on == school.card.starts_on
    assert card.hours == [["07:20", "12:30"]]
    assert journal.Event.select().first().at.isoformat() == "2026-11-24T02:00:00"


def test_a_link_finds_its_model_whichever_was_loaded_first() -> None:
    assert db.link("Person").rel_model.__name__ == "Person"
    assert isinstance(db.link("NotYetWritten"), peewee.DeferredForeignKey)


# On a real file ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_connection_is_set_up_for_a_school(real_app: Flask) -> None:
    def pragmas() -> list[Any]:
        wanted = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [database.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in wanted]

    safe = ["wal", 2, 1, 5000]
    assert at_once(real_app, pragmas, pragmas) == [safe, safe]


@pytest.mark.slow
def test_writers_take_turns_and_lose_nothing(real_app: Flask) -> None:
    """Read, then write: without the write lock from the start, half of the sums would be lost or fail."""
    Office.create(name="0")

    def count_up() -> None:
        for _each in range(20):
            with writing():
                office = Office.select().first()
                office.name = str(int(office.name) + 1)
                office.save()

    assert at_once(real_app, *[count_up] * 6) == [None] * 6
    assert Office.select().first().name == "120"


@pytest.mark.slow
def test_two_first_starts_at_once_make_one_database(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from app import create_app, db; app = create_app(DATA=sys.argv[1]); "
        "db.database.connect(); db.upgrade(); print(len(db.database.get_tables()))"
    )
    starts = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _each in range(3)
    ]
    answers = [start.communicate(timeout=60) for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], answers
    assert len({out for out, _err in answers}) == 1
    with app_on_file(tmp_path):
        assert database.execute_sql("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.slow
def test_the_other_tests_get_their_database_back(app: Flask, tmp_path: Path) -> None:
    before = database.obj
    with app_on_file(tmp_path):
        assert database.obj is not before
    assert database.obj is before
