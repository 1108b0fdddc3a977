"""Running numbers of slips, by year: `DH-2026-0007` is kept with its row, `DB2026-0007` follows from the row's id."""

from typing import Any

import peewee

from app import clock

DIGITS = 4  # at least; after 9999 comes 10000


def next_number(model: Any, head: str) -> str:
    """The next of `model`'s numbers this year under a head. Call it inside the act that stores the number: the write
    lock makes sure that nobody else takes it."""
    start = f"{head}-{clock.today().year}-"
    longest_first = peewee.fn.LENGTH(model.number).desc(), model.number.desc()  # 10000 comes after 9999
    last = model.select(model.number).where(model.number.startswith(start)).order_by(*longest_first).limit(1).scalar()
    return f"{start}{(int(last.removeprefix(start)) if last else 0) + 1:0{DIGITS}}"


def number_of(head: str, row: Any) -> str:
    """The number of a row that needs none of its own: the year it was made in and its id."""
    return f"{head}{clock.local(row.at).year}-{row.id:0{DIGITS}}"
