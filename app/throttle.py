"""Slowing down what comes too often, counted in the database so that several processes agree."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import peewee

from app import clock
from app.db import Moment, Row, writing


class Attempt(Row):
    """One try in one bucket, such as `sign-in:account:王伟`. Kept for a day at the most."""

    bucket = peewee.CharField(120)
    at = Moment(default=clock.now)

    class Meta:
        indexes = ((("bucket", "at"), False),)


def count(bucket: str, within: timedelta) -> int:
    return Attempt.select().where(Attempt.bucket == bucket[:120], Attempt.at > clock.now() - within).count()


def note(bucket: str) -> None:
    Attempt.create(bucket=bucket[:120])


def take(bucket: str, limit: int, within: timedelta) -> bool:
    """Note one try and say whether it is still within the limit. Counting and noting are one act."""
    with writing():
        if count(bucket, within) >= limit:
            return False
        note(bucket)
        return True


def take_all(limits: Mapping[str, int], within: timedelta) -> list[Attempt] | None:
    """Note one try in each bucket if all are within their limits; None, and nothing noted, if one is not."""
    with writing():
        if any(count(bucket, within) >= limit for bucket, limit in limits.items()):
            return None
        return [Attempt.create(bucket=bucket[:120]) for bucket in limits]


def give_back(attempts: Iterable[Attempt]) -> None:
    """Forget tries that turned out well."""
    Attempt.delete().where(Attempt.id.in_([attempt.id for attempt in attempts])).execute()


def forget(bucket: str) -> None:
    Attempt.delete().where(Attempt.bucket == bucket[:120]).execute()


def sweep() -> int:
    """Drop what is older than a day; returns how many."""
    return Attempt.delete().where(Attempt.at < clock.now() - timedelta(days=1)).execute()
