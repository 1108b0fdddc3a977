"""Telling people: what a noun calls inside its own act, and what is forgotten later."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import peewee

from app import clock, housekeeping
from app.db import Row, database, writing
from app.notify.channels import Parcel
from app.notify.events import event_of, ids_of, kept, known
from app.notify.models import Notice, Telling
from app.notify.outbox import put
from app.people.models import Person

READ_KEPT = timedelta(days=90)
AT_MOST = 5000  # a sweep holds the write lock for less than a second; what is left goes the next day


def tell(
    kind: str,
    thing: Row,
    to: Iterable[Any],
    path: str,
    *,
    once: str = "",
    urgent: bool = False,
    group: bool = False,
    **facts: Any,
) -> Telling | None:
    """Tell people what happened to `thing`, and have the channels of the school send it.

    kind: a sentence that `says` was given; its last part names the event in the table of the channels.
    to: people or their ids; those who left are not told. path: the page to open, such as `/repairs/12`.
    once: a key for which this kind is told only once ever. urgent: marked so, and sent within seconds.
    group: for the channels too, though the kind's last part is no event of the table.
    Returns what was told; None when `once` says that it was told before. KeyError for an unknown kind, ValueError
    for a path that is not one of ours.
    """
    if not known(kind):
        raise KeyError(kind)
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"not one of our own paths: {path!r}")
    with writing():
        telling = _first_told(
            kind=kind,
            noun=thing._meta.table_name,
            noun_id=thing.id,
            path=path,
            urgent=urgent,
            facts=kept(facts),
            once=f"{kind} {once}"[:200] if once else None,
        )
        if telling is None:
            return None
        _into_inboxes(telling, ids_of(to))
        if event := event_of(kind, group):
            put(telling, event)
    return telling


def _first_told(once: str | None, **row: Any) -> Telling | None:
    if once is None:
        return Telling.create(**row)
    if Telling.select(Telling.id).where(Telling.once == once).exists():
        return None
    try:
        with database.atomic():
            return Telling.create(once=once, **row)
    except peewee.IntegrityError:  # a database that lets two write at once: the twin was faster
        return None


def _into_inboxes(telling: Telling, ids: list[int]) -> None:
    if not ids:
        return
    here = {id for (id,) in Person.select(Person.id).where(Person.id.in_(ids), Person.closed_at.is_null()).tuples()}
    rows = [{"telling": telling.id, "person": id} for id in ids if id in here]
    for row in rows:  # mostly one or two, for which insert_many would write its SQL anew
        Notice.create(**row)


def sweep() -> int:
    """Forget notices that were read long ago, and what was told when nobody holds it any more; unread ones stay.
    Returns how many notices went."""
    old = clock.now() - READ_KEPT
    gone = Notice.select(Notice.id).where(Notice.read_at < old).limit(AT_MOST)
    count = Notice.delete().where(Notice.id.in_(gone)).execute()
    sent = Parcel.select(Parcel.id).join(Telling).where(Parcel.done_at < old).limit(AT_MOST)
    Parcel.delete().where(Parcel.id.in_(sent)).execute()
    held = (
        Notice.select(peewee.SQL("1")).where(Notice.telling == Telling.id),
        Parcel.select(peewee.SQL("1")).where(Parcel.telling == Telling.id),
    )
    empty = Telling.select(Telling.id).where(
        Telling.at < old, Telling.once.is_null(), *(~peewee.fn.EXISTS(query) for query in held)
    )
    Telling.delete().where(Telling.id.in_(empty.limit(AT_MOST))).execute()
    return count


housekeeping.also(sweep)
