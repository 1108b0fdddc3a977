"""Slowing down what comes too often, counted in the database so that several processes agree."""

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


def forget(bucket: str) -> None:
    Attempt.delete().where(Attempt.bucket == bucket[:120]).execute()


def sweep() -> int:
    """Drop what is older than a day; returns how many."""
    return Attempt.delete().where(Attempt.at < clock.now() - timedelta(days=1)).execute()
