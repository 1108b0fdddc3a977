"""What may be forgotten is forgotten: once a day, by whichever process serves the first form of the day."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Flask

from app import clock, once, throttle
from app.db import writing

_swept_on: date | None = None
_others: list[Callable[[], Any]] = []


def also(forget: Callable[[], Any]) -> None:
    """Have a noun forget its own with every sweep: `forget()` is called in the sweep's transaction."""
    if forget not in _others:
        _others.append(forget)


def sweep() -> None:
    """Drop answered forms after two weeks and counted tries (with their network addresses) after a day."""
    with writing():
        once.sweep()
        throttle.sweep()
        for forget in _others:
            forget()


def sweep_daily() -> None:
    global _swept_on
    if _swept_on != clock.today():
        _swept_on = clock.today()
        sweep()


def init_app(app: Flask) -> None:
    once.prepare(sweep_daily)
