"""Backup and restore of one data folder. Only the command line restores; nothing is unpacked from a browser."""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app import clock, db
from app.disk import sync_folder

DATABASE = "zongwu.db"
MANIFEST = "manifest.json"


class BadBackup(Exception):
    """A backup that can't be made or used; the message is a sentence."""


@dataclass(frozen=True)
class Backup:
    path: Path
    tables: int
    rows: int
    photos: int


def backup(data: Path, out: Path | None = None) -> Backup:
    """Write one .zip: the database as one moment saw it, checked, then every photo that it can name.

    Photos come after the database: a photo is on disk before its row, so none that is named can be missing.
    The file gets its name last, when all of it is on the disk.
    """
    out = out or data / "backups" / f"zongwu-{clock.local(clock.now()):%Y%m%d-%H%M%S}.zip"
    if out.exists():
        raise BadBackup(f"{out} exists already.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".zongwu-") as folder:
        copy = Path(folder) / DATABASE
        db.database.execute_sql("VACUUM INTO ?", (str(copy),))
        tables, rows = check(copy)
        packed = Path(folder) / "packed.zip"
        photos = _pack(packed, copy, data / "photos", tables, rows)
        packed.replace(out)
    sync_folder(out.parent)
    return Backup(out, tables, rows, photos)


def check(database: Path) -> tuple[int, int]:
    """How many tables and rows a database file holds; BadBackup when it is damaged."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        try:
            if connection.execute("pragma integrity_check").fetchone()[0] != "ok":
                raise BadBackup("The database in it is damaged.")
            if connection.execute("pragma foreign_key_check").fetchone():
                raise BadBackup("The database in it refers to rows that are missing.")
            names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
            rows = sum(connection.execute(f'select count(*) from "{name}"').fetchone()[0] for name in names)
        except sqlite3.DatabaseError as error:
            raise BadBackup(f"The database in it can't be read: {error}.") from None
    connection.close()
    return len(names), rows


def _pack(out: Path, database: Path, photos: Path, tables: int, rows: int) -> int:
    names = sorted(p.relative_to(photos).as_posix() for p in photos.rglob("*.jpg")) if photos.is_dir() else []
    sums = {DATABASE: _digest(database)}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.write(database, DATABASE)
        for name in names:
            sums[f"photos/{name}"] = _digest(photos / name)
            archive.write(photos / name, f"photos/{name}", compress_type=zipfile.ZIP_STORED)
        manifest = {"schema": db.schema_version(), "tables": tables, "rows": rows, "files": sums}
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    with out.open("rb+") as file:
        os.fsync(file.fileno())
    return len(names)


def restore(file: Path, data: Path) -> Path | None:
    """Check a backup wholly, then put it in place; returns the folder that now holds the data before, if any.

    Call it only while nothing serves the folder. The old database, its -wal and -shm files and the photos move
    aside together: a stale -wal beside a restored database would be replayed into it.
    """
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data, prefix=".restore-") as folder:
        fresh = Path(folder)
        _unpack(file, fresh)
        check(fresh / DATABASE)
        aside = _set_aside(data)
        if (fresh / "photos").is_dir():
            (fresh / "photos").replace(data / "photos")
        (fresh / DATABASE).replace(data / DATABASE)
        sync_folder(data)
    return aside


def _unpack(file: Path, into: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            for name, digest in manifest["files"].items():
                _unpack_one(archive, name, digest, into)
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError) as error:
        raise BadBackup(f"{file} is not a backup of zongwu, or it is damaged: {error}.") from None


def _unpack_one(archive: zipfile.ZipFile, name: str, digest: str, into: Path) -> None:
    target = (into / name).resolve()
    if not target.is_relative_to(into.resolve()):
        raise BadBackup(f"{name} would be written outside the data folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out)
        out.flush()
        os.fsync(out.fileno())
    if _digest(target) != digest:
        raise BadBackup(f"{name} in it is damaged.")


def _set_aside(data: Path) -> Path | None:
    old = [path for path in _data_files(data) if path.exists()]
    if not old:
        return None
    aside = data / f"before-restore-{clock.local(clock.now()):%Y%m%d-%H%M%S}"
    aside.mkdir()
    for path in old:
        path.replace(aside / path.name)
    return aside


def _data_files(data: Path) -> Iterator[Path]:
    for suffix in ("", "-wal", "-shm"):
        yield data / f"{DATABASE}{suffix}"
    yield data / "photos"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def worries(data: Path) -> list[str]:
    """Sentences about the folder that need care: rights, space, age of the last backup."""
    found = []
    key = data / "secret_key"
    if key.exists() and key.stat().st_mode & 0o077:
        found.append(f"Others on this computer can read {key}; run chmod 600 on it.")
    if shutil.disk_usage(data).free < 500 * 1024**2:
        found.append("Less than 500 MB are free where the data lies.")
    backups = sorted((data / "backups").glob("*.zip"), key=lambda path: path.stat().st_mtime)
    if not backups:
        found.append("There is no backup in the data folder's `backups` yet: zongwu backup.")
    return found
