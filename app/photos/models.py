"""Evidence photos: where their bytes lie, which record they belong to, and who may see them.

The bytes are on disk, synced, before the row that names them is stored; so no row ever lacks its photo after a
power cut. A file that no row names after a day belonged to a form that was never sent, and is swept away.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import peewee
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, db, journal
from app.db import Moment, Row, link, writing
from app.disk import sync_folder
from app.errors import Refused
from app.photos import pictures

DAY = 24 * 3600  # seconds
SUFFIXES = {None: ".jpg", "small": ".small.jpg"}

journal.says({"photos.removed": _l("removed a photo: %(reason)s")})

_guards: dict[str, Callable[[Any, int], bool]] = {}
_stories: dict[str, Callable[[int], Row]] = {}


@dataclass(frozen=True)
class Received:
    """A photo that came with a form: checked, shrunk and on disk, but not yet part of a record."""

    token: str
    width: int
    height: int
    bytes: int


class Photo(Row):
    """A photo of a record. `noun`/`noun_id` name the row, `part` a place in it (`before`, an item's number)."""

    token = peewee.CharField(32, unique=True)
    noun = peewee.CharField(30)
    noun_id = peewee.IntegerField()
    part = peewee.CharField(30, default="")
    position = peewee.IntegerField()
    width = peewee.IntegerField()
    height = peewee.IntegerField()
    bytes = peewee.IntegerField()
    at = Moment(default=clock.now)
    person = link("Person", null=True, index=False)
    card = link("DutyCard", null=True, index=False)
    removed_at = Moment(null=True)
    removed_why = peewee.CharField(200, default="")

    class Meta:
        indexes = ((("noun", "noun_id", "part", "position"), True),)

    @classmethod
    def standing(cls) -> peewee.ModelSelect:
        """Photos that were not removed, in the order in which they were taken in."""
        return cls.select().where(cls.removed_at.is_null()).order_by(cls.noun_id, cls.part, cls.position)

    @classmethod
    def of(cls, thing: Row, part: str | None = None) -> list["Photo"]:
        """The photos of one record, or of one part of it."""
        return cls.of_many(thing._meta.table_name, [thing.id], part).get(thing.id, [])

    @classmethod
    def of_many(cls, table: str, ids: Iterable[int], part: str | None = None) -> dict[int, list["Photo"]]:
        """The photos of many records by record id, in one query; records without photos are left out."""
        query = cls.standing().where(cls.noun == table, cls.noun_id.in_(list(ids)))
        found: dict[int, list[Photo]] = {}
        for photo in query if part is None else query.where(cls.part == part):
            found.setdefault(photo.noun_id, []).append(photo)
        return found

    @classmethod
    def of_token(cls, token: str) -> "Photo | None":
        return cls.standing().where(cls.token == token).first()

    @classmethod
    def attach(cls, received: Iterable[Received], thing: Row, by: Any, part: str = "") -> list["Photo"]:
        """Make what a form brought part of a record. Call it inside the act that writes the record.

        Refused when one of them already belongs to a record: a photo is evidence of one thing only.
        """
        received = list(received)
        if not received:
            return []
        with writing():
            if cls.select().where(cls.token.in_([each.token for each in received])).exists():
                raise Refused(_("This photo was already sent with something else. Please choose it again."))
            return [cls._attach(each, thing, by, part) for each in received]

    @classmethod
    def _attach(cls, received: Received, thing: Row, by: Any, part: str) -> "Photo":
        mine = (cls.noun == thing._meta.table_name) & (cls.noun_id == thing.id) & (cls.part == part)
        last = cls.select(peewee.fn.MAX(cls.position)).where(mine).scalar()
        return cls.create(
            token=received.token, noun=thing._meta.table_name, noun_id=thing.id, part=part, position=(last or 0) + 1,
            width=received.width, height=received.height, bytes=received.bytes,
            person=by.id if by is not None and not by.is_card else None,
            card=by.id if by is not None and by.is_card else None,
        )  # fmt: skip

    @property
    def thing(self) -> Row | None:
        """The record this photo belongs to."""
        model = next(model for model in db.rows() if model._meta.table_name == self.noun)
        return model.get_or_none(model._meta.primary_key == self.noun_id)

    def may_be_seen_by(self, who: Any) -> bool:
        """Who may see the record may see its photos; without a guard for the record, nobody."""
        allowed = _guards.get(self.noun)
        return allowed is not None and bool(allowed(who, self.noun_id))

    def read(self, size: str | None = None) -> bytes | None:
        """The JPEG (`size="small"`: the thumbnail), or None when the file is gone."""
        return read(self.token, size)

    def remove(self, by: Any, reason: str) -> None:
        """Take a photo away for good, with the reason; the row stays and the journal says who did it."""
        with writing():
            gone = Photo.update(removed_at=clock.now(), removed_why=reason).where(
                Photo.id == self.id, Photo.removed_at.is_null()
            )
            if not gone.execute():
                raise Refused(_("This photo was already removed."))
            thing = _stories[self.noun](self.noun_id) if self.noun in _stories else self.thing
            journal.record(
                "photos.removed", thing or self, by, reason=reason,
                place=getattr(thing, "place_id", None), asset=getattr(thing, "asset_id", None),
            )  # fmt: skip
            db.when_stored(lambda: _delete(self.token))


def guard(table: str, allowed: Callable[[Any, int], bool], story: Callable[[int], Row] | None = None) -> None:
    """Say who may see the photos of a table's rows: `allowed(who, row id)`; each noun asks its own scope.

    `who` may be a person, a card or a visitor: ids of cards are not ids of people. `story(row id)` is the row
    whose timeline tells of a photo's removal, if it is another (the ticket of a step).
    """
    _guards[table] = allowed
    if story is not None:
        _stories[table] = story


# The files --------------------------------------------------------------------------------------------------


def receive(file: BinaryIO) -> Received:
    """Check, shrink and store one upload. Raises pictures.NotAPicture for what is not a photo.

    Slow (a fifth of a second) and synced to disk, so never inside `writing()`.
    """
    picture = pictures.develop(file)
    token = secrets.token_hex(16)
    try:
        _store(token, {None: picture.large, "small": picture.small})
    except OSError as error:
        current_app.logger.error("photo not stored: %s", error)
        raise Refused(_("There is no room for photos on the server. Nothing was stored."), 503) from error
    return Received(token, picture.width, picture.height, len(picture.large))


def found(token: str) -> Received | None:
    """An earlier upload that still waits for its form; None when it is gone or already part of a record."""
    data = read(token)
    if data is None or Photo.select().where(Photo.token == token).exists():
        return None
    return Received(token, *pictures.size_of(data), len(data))


def read(token: str, size: str | None = None) -> bytes | None:
    try:
        return _path(token, size).read_bytes()
    except FileNotFoundError:
        return None


def root() -> Path:
    """The folder of all photos: outside static/, beside the database."""
    return current_app.config["DATA"] / "photos"


def sweep(older_than: float = DAY) -> int:
    """Delete files older than so many seconds that no row names: forms never sent, photos removed. Returns how
    many files. Ages are the disk's own; the school's clock may be stopped in a test."""
    before, gone = time.time() - older_than, 0
    for folder in sorted(root().glob("[0-9a-f][0-9a-f]")):
        old = {path for path in folder.iterdir() if path.stat().st_mtime < before}
        names = {path.name.partition(".")[0] for path in old}
        rows = Photo.standing().where(Photo.token.startswith(folder.name))
        kept = {photo.token for photo in rows} if names else set()
        for path in old:
            if path.name.partition(".")[0] not in kept:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def sweep_daily() -> None:
    """Sweep once a day, whenever photos come; a marker in the folder says when it was last done."""
    marker = root() / ".swept"
    if marker.exists() and marker.stat().st_mtime > time.time() - DAY:
        return
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    sweep()


def _path(token: str, size: str | None = None) -> Path:
    return root() / token[:2] / f"{token}{SUFFIXES[size]}"


def _store(token: str, files: dict[str | None, bytes]) -> None:
    folder = _path(token).parent
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
    for size, data in files.items():
        path = _path(token, size)
        fresh = path.with_name(f"{path.name}.new")
        with fresh.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        fresh.rename(path)
    sync_folder(folder)


def _delete(token: str) -> None:
    """Delete what is stored as removed. A failure is for sweep(): the removal itself has already happened."""
    try:
        for size in SUFFIXES:
            _path(token, size).unlink(missing_ok=True)
        sync_folder(_path(token).parent)
    except OSError as error:
        current_app.logger.error("photo not deleted: %s", error)
