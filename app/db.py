"""The database: one connection per thread, short IMMEDIATE writes, migrations.

What is peculiar to SQLite stays in this file and in the migrations.
"""

import fcntl
import hashlib
import inspect
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, wraps
from pathlib import Path
from typing import Any

import peewee
from flask import Flask
from playhouse.db_url import connect as connect_url
from playhouse.migrations import Runner

try:
    from playhouse.cysqlite_ext import CySqliteDatabase as SqliteEngine
except ImportError:  # no wheel for this machine: the interpreter's own SQLite, and `zongwu doctor` says so
    from peewee import SqliteDatabase as SqliteEngine

MIGRATIONS = Path(__file__).parent / "migrations"
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: what was acknowledged survives a power cut
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "cache_size": -16000,
}
# https://sqlite.org/wal.html#walresetbug: two connections writing and checkpointing at once could corrupt the file.
WAL_RESET_BUG = ((3, 7, 0), (3, 51, 2))

KEPT_AT_MOST = 300

database = peewee.DatabaseProxy()
_acts = threading.local()
_queue = threading.Lock()


class Moment(peewee.DateTimeField):
    """A naive UTC datetime. ISO text sorts and compares as time does, and reads six times faster than strptime."""

    def db_value(self, value: Any) -> Any:
        return value.isoformat(" ") if isinstance(value, datetime) else value

    def python_value(self, value: Any) -> Any:
        return datetime.fromisoformat(value) if isinstance(value, str) else value


class Day(peewee.DateField):
    """A day at the school."""

    def db_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    def python_value(self, value: Any) -> Any:
        return date.fromisoformat(value) if isinstance(value, str) else value


class JSON(peewee.TextField):
    """A small value kept as JSON text: lists of choices, facts of an event."""

    def db_value(self, value: Any) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def python_value(self, value: Any) -> Any:
        return None if value is None else json.loads(value)


def days_between(earlier: Any, later: Any) -> Any:
    """An expression: how many days lie between two columns of days."""
    if isinstance(database.obj, peewee.SqliteDatabase):
        return peewee.fn.JULIANDAY(later) - peewee.fn.JULIANDAY(earlier)
    return later - earlier


class Row(peewee.Model):
    """What every table shares. `append_only` rows can be neither changed nor deleted, whoever asks."""

    append_only = False

    class Meta:
        database = database
        legacy_table_names = False

    def save(self, force_insert: bool = False, only: Any = None) -> int:
        """As peewee's, but a new row's INSERT is written once for its columns: writing it takes ten times longer
        than running it, and the write lock is held meanwhile."""
        if only is not None or not (force_insert or self._pk is None):
            return super().save(force_insert, only)
        return _insert(self)


_inserts: dict[tuple[type[Row], tuple[str, ...]], str] = {}


def _insert(row: Row) -> int:
    meta, values = row._meta, row.__data__
    fields = [field for field in meta.sorted_fields if field.name in values and not (field is meta.primary_key
              and values[field.name] is None)]  # fmt: skip
    key = type(row), tuple(field.name for field in fields)
    if key not in _inserts:
        columns = ", ".join(f'"{field.column_name}"' for field in fields)
        blanks = ", ".join([database.param] * len(fields))
        ending = "" if isinstance(database.obj, peewee.SqliteDatabase) or not meta.auto_increment else " RETURNING id"
        _inserts[key] = f'INSERT INTO "{meta.table_name}" ({columns}) VALUES ({blanks}){ending}'
    cursor = database.execute_sql(_inserts[key], [field.db_value(values[field.name]) for field in fields])
    if meta.auto_increment and row._pk is None:
        row._pk = cursor.lastrowid if "RETURNING" not in _inserts[key] else cursor.fetchone()[0]
    row._dirty.clear()
    return 1


def change(row: Row, fields: dict[str, Any], **still: Any) -> bool:
    """UPDATE one row whose `still` fields have these values; False when they don't any more. Its SQL is written once
    for each set of fields, for the verbs that are called most."""
    meta = row._meta
    key = type(row), (*fields, None, *still)
    if key not in _updates:
        new, old = ([f'"{meta.fields[name].column_name}" = {database.param}' for name in names]
                    for names in (fields, still))  # fmt: skip
        where = " AND ".join([f'"{meta.primary_key.column_name}" = {database.param}', *old])
        _updates[key] = f'UPDATE "{meta.table_name}" SET {", ".join(new)} WHERE {where}'
    given = [meta.fields[name].db_value(value) for name, value in (*fields.items(), *still.items())]
    given.insert(len(fields), row._pk)
    return database.execute_sql(_updates[key], given).rowcount > 0


_updates: dict[tuple[type[Row], tuple[str | None, ...]], str] = {}


def rows() -> list[type[Row]]:
    """Every model, parents before children."""
    return peewee.sort_models(_loaded())


def _loaded() -> list[type[Row]]:
    found, waiting = [], list(Row.__subclasses__())
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        found.append(model)
    return found


def link(model_name: str, **options: Any) -> peewee.Field:
    """A foreign key to a model of a higher noun, by name, whichever of the two files is loaded first."""
    known = next((model for model in _loaded() if model.__name__ == model_name), None)
    if known is None:
        return peewee.DeferredForeignKey(model_name, **options)
    return peewee.ForeignKeyField(known, **options)


@contextmanager
def writing() -> Iterator[None]:
    """One act: everything inside is stored together or not at all.

    Takes the write lock at once, so what is read inside is still true when it is written. An act inside an
    act joins it. Do not wrap a page that only reads.
    """
    if getattr(_acts, "open", False):
        yield
        return
    _acts.open, _acts.then = True, []
    try:
        with _turn(), database.atomic():
            yield
    finally:
        _acts.open = False
    for do in _acts.then:
        do()


@contextmanager
def _turn() -> Iterator[None]:
    """Queue for SQLite's one write lock instead of asking it again and again: its own waiting doubles its naps up to
    a tenth of a second, while the lock lies idle and a phone waits. Threads queue for their process, processes for
    a file beside the database, which the system lets go of when a process dies."""
    if not isinstance(database.obj, peewee.SqliteDatabase):
        yield
        return
    end = time.monotonic() + PRAGMAS["busy_timeout"] / 1000
    if not _queue.acquire(timeout=PRAGMAS["busy_timeout"] / 1000):
        raise peewee.OperationalError("database is locked: too many writers are waiting")
    try:
        with _process_turn(database.obj.database, end):
            yield
    finally:
        _queue.release()


@contextmanager
def _process_turn(path: str, end: float) -> Iterator[None]:
    if path == ":memory:":
        yield
        return
    lock = _turn_file(path, os.getpid())
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end:
                raise peewee.OperationalError("database is locked: another process writes") from None
            time.sleep(0.0005)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


@cache
def _turn_file(path: str, process: int) -> Any:
    """One for each process: a lock that came through a fork would be shared, not waited for."""
    return Path(f"{path}-turn").open("w")


def when_stored(do: Callable[[], None]) -> None:
    """Run `do` once the present act is stored, never if it is undone: for what no rollback can bring back."""
    if not getattr(_acts, "open", False):
        raise RuntimeError("when_stored() belongs inside writing()")
    _acts.then.append(do)


class Prepared:
    """A query whose SQL is written once and run many times, for the pages that are asked most.

    Building a query of five joins costs ten times what SQLite needs to answer it. `build` takes the same
    arguments as the call and returns a select; arguments stand only where a value may stand.

    >>> by_code = Prepared(lambda code: Label.select().where(Label.code == code))
    >>> by_code("7K3M9QX2")
    [<Label: 7K3M9QX2>]
    """

    def __init__(self, build: Callable[..., peewee.ModelSelect]):
        self._build = build
        self._names = list(inspect.signature(build).parameters)
        self._query: peewee.ModelSelect | None = None
        self._known: Any = None

    def __call__(self, *values: Any) -> list[Any]:
        """The rows, as the select would give them: models with their joins, tuples, named tuples."""
        if self._query is None:
            self._prepare()
        given = dict(zip(self._names, values, strict=True))
        params = [_plain(given[p.name]) if isinstance(p, _Blank) else p for p in self._params]
        rows = self._reader(database.execute_sql(self._sql, params))
        rows.fill_cache()
        return rows.row_cache

    def _reader(self, cursor: Any) -> Any:
        """What makes rows of a cursor. It learns the columns with the first row; a copy need not learn again."""
        if self._known is not None:
            reader = copy(self._known)
            reader.cursor, reader.row_cache, reader.count, reader.populated = cursor, [], 0, False
            return reader
        reader = self._query._get_cursor_wrapper(cursor)
        reader.fill_cache(1)
        if reader.initialized:
            self._known = copy(reader)
        return reader

    def first(self, *values: Any) -> Any:
        rows = self(*values)
        return rows[0] if rows else None

    def _prepare(self) -> None:
        query = self._build(*(peewee.SQL(database.param, (_Blank(name),)) for name in self._names))
        self._sql, self._params = query.sql()
        self._query = query


@dataclass(frozen=True)
class _Blank:
    """Stands in a prepared query's parameters for a value that comes with the call."""

    name: str


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value


def change_mark() -> tuple[int, ...] | None:
    """A mark of this thread's connection that differs once anything was stored, by whomever; None inside a
    transaction, which may still be undone, and for databases that have no such mark."""
    if database.in_transaction() or not isinstance(database.obj, peewee.SqliteDatabase):
        return None
    return database.execute_sql("SELECT total_changes(), data_version FROM pragma_data_version").fetchone()


def kept_until_change(ask: Callable) -> Callable:
    """Remember answers from the database, in each thread, until anything is stored by anyone. The answers are shared:
    nobody may change them, and they may depend on nothing but the arguments (not on who asks, nor on the language)."""
    mine = threading.local()

    @wraps(ask)
    def answer(*question: Any) -> Any:
        mark = change_mark()
        if mark is None:
            return ask(*question)
        if getattr(mine, "mark", None) != mark or len(mine.answers) > KEPT_AT_MOST:
            mine.mark, mine.answers = mark, {}
        if question not in mine.answers:
            mine.answers[question] = ask(*question)
        return mine.answers[question]

    return answer


def open_database(url: str) -> peewee.Database:
    """Point every model at `url` (sqlite:///path, sqlite:///:memory:, postgresql://…)."""
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        engine = SqliteEngine(path, pragmas=PRAGMAS, lock_type="IMMEDIATE", timeout=5)
    else:
        engine = connect_url(url, unquote_password=True)
    database.initialize(engine)
    return engine


def together(column: peewee.Field) -> peewee.Function:
    """The values of a column in one text with commas between them, of which each engine has a word of its own."""
    if isinstance(database.obj, peewee.SqliteDatabase):
        return peewee.fn.GROUP_CONCAT(column)
    return peewee.fn.STRING_AGG(column, ",")


def engine_version() -> str:
    if isinstance(database.obj, peewee.SqliteDatabase):
        return "SQLite " + database.execute_sql("select sqlite_version()").fetchone()[0]
    return str(database.execute_sql("select version()").fetchone()[0])


def engine_warning() -> str | None:
    """A sentence when the SQLite in use carries the WAL-reset bug."""
    if not engine_version().startswith("SQLite "):
        return None
    version = tuple(int(part) for part in engine_version().removeprefix("SQLite ").split("."))
    low, high = WAL_RESET_BUG
    if low <= version <= high:
        return (
            f"{engine_version()} can damage a database that several processes write to; "
            "install the cysqlite package, or set ZONGWU_WORKERS=1."
        )
    return None


def schema_version() -> str:
    applied = Runner(database.obj, str(MIGRATIONS)).applied()
    return max(applied, default="empty")


def upgrade() -> list[str]:
    """Run the migrations that are missing, under a lock so that two first starts can't meet. Returns their names."""
    with _upgrade_lock():
        return Runner(database.obj, str(MIGRATIONS)).up()


@contextmanager
def _upgrade_lock() -> Iterator[None]:
    path = getattr(database.obj, "database", None)
    if not isinstance(database.obj, peewee.SqliteDatabase) or path == ":memory:":
        yield
        return
    with Path(f"{path}.upgrade").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


APPEND_ONLY_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} rows are never changed'); END
"""


def protect(table: str) -> None:
    """Make the database itself refuse UPDATE and DELETE on a table (called by migrations)."""
    for verb in ("update", "delete"):
        database.execute_sql(APPEND_ONLY_TRIGGER.format(table=table, verb=verb))


def create_all() -> None:
    """The tables as the models say, for a test that compares them with the migrations."""
    database.create_tables(rows())
    for model in rows():
        if model.append_only:
            protect(model._meta.table_name)


def escape_like(text: str) -> str:
    """Text for a LIKE pattern with `\\` as escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def digest(*parts: str) -> str:
    """A one-way fingerprint of a long random secret; short secrets (passwords) need a slow hash instead."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def init_app(app: Flask) -> None:
    open_database(app.config["DATABASE_URL"])

    @app.before_request
    def connect() -> None:
        # Kept per thread: closing the last connection would checkpoint and delete the WAL after every request.
        database.connect(reuse_if_open=True)

    @app.teardown_request
    def tidy(error: BaseException | None) -> None:
        if not app.testing and not database.is_closed() and database.transaction_depth():
            database.rollback()
            database.close()
