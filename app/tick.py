"""What is done each minute: by `zongwu tick` from a timer, or by `zongwu serve` itself.

A noun enters its work once, at import: `tick.work(fn, "repairs.late")`. Every tick calls `fn(now)` in a transaction
of its own; one that fails is noted and holds up no other. What must hold no transaction, such as sending, is entered
with `tick.afterwards` and comes last.
"""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import peewee
from flask import Flask, current_app

from app import clock
from app.db import Moment, Row, database, writing

QUIET = timedelta(minutes=15)  # a tick that is not heard of for so long has stopped

_works: dict[str, Callable[[datetime], Any]] = {}
_afterwards: dict[str, Callable[[datetime], Any]] = {}
stopping = threading.Event()  # set when the process ends: long works leave off between two steps


class Beat(Row):
    """When a work of the tick last ended well, and since when it fails."""

    name = peewee.CharField(60, primary_key=True)
    at = Moment(null=True)
    failing_since = Moment(null=True)
    error = peewee.CharField(200, default="")  # the kind of error only: messages may hold what is secret


def work(fn: Callable[[datetime], Any], name: str) -> None:
    """Have `fn(now)` called at every tick, in a transaction of its own. `now` is a stored moment (naive UTC)."""
    _works[name] = fn


def afterwards(fn: Callable[[datetime], Any], name: str) -> None:
    """Have `fn(now)` called at the end of every tick, in no transaction."""
    _afterwards[name] = fn


def run() -> list[str]:
    """One tick, here and now. Returns the names of the works that failed; needs an application context."""
    now = clock.now()
    done = [(name, _worked(fn, now, name)) for name, fn in _works.items() if not stopping.is_set()]
    done += [(name, _called(fn, now, name)) for name, fn in _afterwards.items() if not stopping.is_set()]
    _note(now, done)
    return [name for name, error in done if error]


def _worked(fn: Callable[[datetime], Any], now: datetime, name: str) -> str:
    def in_one_act(now: datetime) -> None:
        with writing():
            fn(now)

    return _called(in_one_act, now, name)


def _called(fn: Callable[[datetime], Any], now: datetime, name: str) -> str:
    """What kind of error it was; empty when there was none."""
    try:
        fn(now)
    except Exception as error:
        current_app.logger.exception("tick: %s", name)
        return type(error).__name__
    return ""


def _note(now: datetime, done: list[tuple[str, str]]) -> None:
    try:
        with writing():
            known = {beat.name: beat for beat in Beat.select()}
            for name, error in done:
                beat = known.get(name) or Beat.create(name=name)
                beat.error = error
                beat.failing_since = (beat.failing_since or now) if error else None
                beat.at = beat.at if error else now
                beat.save()
    except peewee.DatabaseError:
        current_app.logger.exception("tick: not noted")


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether this process is the only one that holds the lock; the system lets go of it when a process dies."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def run_alone(app: Flask) -> list[str] | None:
    """One tick, unless another process is at it: then None."""
    with alone(app.config["DATA"] / "tick.lock") as mine, app.app_context():
        if not mine:
            return None
        database.connect(reuse_if_open=True)
        return run()


def worries() -> list[str]:
    """Sentences for `zongwu doctor`: works that fail."""
    failing = Beat.select().where(Beat.failing_since.is_null(False)).order_by(Beat.name)
    return [
        f"The work {beat.name} of the tick fails since {_exact(beat.failing_since)}: {beat.error}." for beat in failing
    ]


def silent() -> datetime | None:
    """When the last tick was, if that is too long ago; None while all is well or there was never one."""
    last = Beat.select(peewee.fn.MAX(Beat.at)).scalar()
    last = datetime.fromisoformat(last) if isinstance(last, str) else last
    return last if last is not None and last < clock.now() - QUIET else None


def _exact(moment: datetime) -> str:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M")


class Loop:
    """The minute hand of `serve`: a thread in every worker, of which one ticks and the others stand by.

    It must begin after the fork: a lock that a thread holds while a process forks stays shut in the child for ever.
    """

    def __init__(self, app: Flask, every: float):
        self._app, self._every = app, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="zongwu-tick", daemon=True)

    def start(self) -> "Loop":
        stopping.clear()
        self._thread.start()
        return self

    def stop(self, within: float = 20) -> bool:
        """Let the step that is being done end; whether it did within so many seconds."""
        self._stop.set()
        stopping.set()
        if self._thread.ident is not None:  # a worker that died while it began has none
            self._thread.join(within)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = min(self._every, 1.0)
        while not self._stop.wait(pause):
            with alone(self._app.config["DATA"] / "tick-loop.lock") as mine:
                if mine:
                    self._tick_until_stopped()
            pause = self._every
        database.close()

    def _tick_until_stopped(self) -> None:
        while True:
            try:
                run_alone(self._app)
            except Exception:  # such as a full disk: the next minute may be better
                self._app.logger.exception("tick")
            if self._stop.wait(self._every):
                return
