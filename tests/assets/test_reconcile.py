"""`zongwu reconcile` on a real file: silent while all agrees, and no longer zero once somebody changed a row with SQL,
past the triggers that guard it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.assets.models import Asset, Category
from tests.helpers import app_on_file, carried, make_school
from tests.test_commands import zongwu

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A school whose projector was moved and whose forty desks stand in the store; the ids of things and rooms."""
    folder = tmp_path_factory.mktemp("school")
    assert zongwu("upgrade", data=folder).returncode == 0
    with app_on_file(folder) as app, app.app_context():
        school = make_school()
        category, by = Category.get(Category.code == "A05010203"), school.custodian
        projector = Asset.add("投影仪", category, by, place=school.places.classroom, keeper=school.teacher)
        desks = Asset.add("课桌", category, by, place=school.places.store, is_batch=True, quantity=40)
        carried(projector, school.places.classroom, school.places.office, by)
    ids = {"projector": projector.id, "desks": desks.id, "store": school.places.store.id,
           "office": school.places.office.id, "classroom": school.places.classroom.id}  # fmt: skip
    return SimpleNamespace(folder=folder, ids=ids)


@pytest.fixture
def file(made: SimpleNamespace, tmp_path: Path) -> SimpleNamespace:
    """A copy of it to spoil."""
    folder = tmp_path / "copy"
    shutil.copytree(made.folder, folder)
    return SimpleNamespace(folder=folder, ids=made.ids)


def tampered(file: SimpleNamespace, sql: str) -> None:
    with closing(sqlite3.connect(file.folder / "zongwu.db")) as school:
        for (name,) in school.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            school.execute(f"drop trigger {name}")
        changed = school.execute(sql, {key: value for key, value in file.ids.items() if f":{key}" in sql}).rowcount
        assert changed == 1
        school.commit()


def test_the_triggers_stand_in_the_way_first(file):
    with closing(sqlite3.connect(file.folder / "zongwu.db")) as school:
        for sql in ("update movement set quantity = 39", "delete from movement", "delete from keeping"):
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                school.execute(sql)
    answer = zongwu("reconcile", data=file.folder)
    assert (answer.returncode, answer.stdout) == (0, "Everything agrees.\n")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("update movement set quantity = 41 where asset_id = :desks", "in place {store}: ledger 41, shelf 40"),
        ("delete from movement where kind = 'move'", "asset {projector} in place {office}: ledger 0, shelf 1"),
        ("update shelf set place_id = :office where asset_id = :desks", "in place {store}: ledger 40, shelf 0"),
        ("update asset set place_id = :classroom where id = :projector", "its card names place {classroom}"),
        ("update keeping set person_id = null where slip is not null", "another keeper or office than the ledger"),
    ],
)
def test_a_row_changed_behind_its_back_is_found(file, sql, words):
    tampered(file, sql)
    answer = zongwu("reconcile", data=file.folder)
    assert answer.returncode == 1, answer.stdout
    assert words.format(**file.ids) in answer.stdout
    assert "differences." in answer.stdout
