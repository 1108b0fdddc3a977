"""The migrations and the models agree, and running them again changes nothing."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from app import create_app, db

pytestmark = pytest.mark.slow


def schema(path: Path, make) -> dict[str, str]:
    """What the database says of itself, white space aside, by name."""
    real = db.database.obj
    try:
        with closing(db.open_database(f"sqlite:///{path}")) as engine:
            engine.connect()
            make()
            rows = engine.execute_sql("select name, sql from sqlite_master where sql is not null").fetchall()
    finally:
        db.database.initialize(real)
    skip = ("sqlite_", "schema_migration")
    return {name: re.sub(r"\s+", "", sql).replace("IFNOTEXISTS", "") for name, sql in rows if not name.startswith(skip)}


def test_migrations_and_models_say_the_same(app, tmp_path):
    migrated = schema(tmp_path / "migrated.db", db.upgrade)
    declared = schema(tmp_path / "declared.db", db.create_all)
    assert migrated == declared
    assert len(migrated) > 50


def test_a_second_upgrade_does_nothing(app, tmp_path):
    def twice() -> None:
        assert db.upgrade()
        assert db.upgrade() == []

    assert schema(tmp_path / "twice.db", twice)


def test_every_migration_says_why(app):
    for path in sorted(db.MIGRATIONS.glob("[0-9]*.py")):
        assert path.read_text().startswith('"""'), path


def test_an_app_starts_on_an_empty_folder(tmp_path):
    real = db.database.obj
    try:
        fresh = create_app(DATA=tmp_path, TESTING=True)
        with fresh.app_context():
            db.database.connect()
            db.upgrade()
            assert db.schema_version().startswith("0")
            db.database.close()
    finally:
        db.database.initialize(real)
