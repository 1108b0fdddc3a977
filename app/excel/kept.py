"""Sheets that wait on the server between dry run and import: DATA/imports, for an hour, for who sent them."""

import json
import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app import once
from app.errors import Refused
from app.excel.importer import Report
from app.excel.read import MOST_BYTES

HOUR = 3600  # seconds
NAME = 120  # characters kept of a file's name


@dataclass(frozen=True)
class Kept:
    """A sheet on disk. `claim` names it in addresses, for one person and one import only."""

    claim: str
    token: str
    filename: str
    given: dict[str, str] = field(default_factory=dict)  # what was answered beside the file

    @property
    def path(self) -> Path:
        return _folder() / f"{self.token}.sheet"

    @property
    def report(self) -> Report | None:
        """What the dry run found, once it is through."""
        try:
            return Report.from_dict(json.loads(self._beside("json").read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, report: Report) -> None:
        self._write("json", json.dumps(report.as_dict(), ensure_ascii=False))

    @property
    def progress(self) -> tuple[int, int]:
        """How far the import is, as (done, of); (0, 0) before it began."""
        try:
            done, _blank, of = self._beside("progress").read_text().partition(" ")
            return int(done), int(of)
        except (OSError, ValueError):
            return 0, 0

    def tell(self, done: int, of: int) -> None:
        self._write("progress", f"{done} {of}")

    def remove(self) -> None:
        for path in (self.path, self._beside("json"), self._beside("progress")):
            path.unlink(missing_ok=True)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_suffix(f".{suffix}")

    def _write(self, suffix: str, words: str) -> None:
        fresh = self._beside(f"{suffix}.{secrets.token_hex(4)}")
        fresh.write_text(words, "utf-8")
        fresh.replace(self._beside(suffix))


def take(file: BinaryIO, filename: str, name: str, by: Any, given: dict[str, str] | None = None) -> Kept:
    """Put a sheet aside for the import `name`. Refused when the disk is full."""
    sweep()
    token = secrets.token_hex(16)
    filename = " ".join((filename or "").split())[-NAME:]
    try:
        _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        path = _folder() / f"{token}.sheet"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            file.seek(0)
            out.write(file.read(MOST_BYTES + 1))
    except OSError as error:
        current_app.logger.error("sheet not kept: %s", error)
        raise Refused(_("There is no room for the sheet on the server. Nothing was stored."), 503) from error
    return Kept(_signer().dumps([token, name, by.id, filename, given or {}]), token, filename, given or {})


def claimed(claim: str, name: str, by: Any) -> Kept | None:
    """The sheet that a claim names, if this person sent it within the hour for this import."""
    try:
        token, kind, person, filename, given = _signer().loads(claim, max_age=HOUR)
    except (BadSignature, ValueError, TypeError):
        return None
    kept = Kept(claim, token, filename, given)
    return kept if (kind, person) == (name, by.id) and kept.path.is_file() else None


def sweep(older_than: float = HOUR) -> int:
    """Delete what waited too long; returns how many files. Ages are the disk's own."""
    before, gone = time.time() - older_than, 0
    for path in _folder().glob("*.*"):
        try:
            if path.stat().st_mtime < before:
                path.unlink()
                gone += 1
        except FileNotFoundError:  # another process was faster
            continue
    return gone


def sweep_hourly() -> None:
    """Sheets hold phone numbers: they go within two hours, whether or not another one comes."""
    global _swept
    if time.monotonic() - _swept > HOUR:
        _swept = time.monotonic()
        sweep()


_swept = -float(HOUR)
once.prepare(sweep_hourly)


def _folder() -> Path:
    return current_app.config["DATA"] / "imports"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="sheets waiting for their import")
