"""Counts for the cards of the home page, put together so that one query answers them all."""

from collections.abc import Callable
from typing import Any

import peewee

from app.web import Waiting

Counted = tuple[peewee.ModelSelect, Callable[[int], Waiting]]


def count_of(model: Any, condition: Any, words: str, icon: str, url: str, late: bool = False) -> Counted:
    """How many rows of a table fit, as a query for the one that counts everything, and the card it becomes."""
    query = model.select(peewee.fn.COUNT(model._meta.primary_key)).where(condition)
    return query, lambda number: Waiting(words, number, icon, url, late)
