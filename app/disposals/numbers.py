"""Running numbers of slips: BF-2026-0007 (报废、报损), PC-2026-0003 (赔偿)."""

from typing import Any

import peewee

from app import clock


def next_number(model: Any, head: str) -> str:
    """The next number of the year under a head; call it inside the act that stores it."""
    start = f"{head}-{clock.today().year}-"
    longest_first = peewee.fn.LENGTH(model.number).desc(), model.number.desc()  # 9999 comes before 10000
    last = model.select(model.number).where(model.number.startswith(start)).order_by(*longest_first).limit(1).scalar()
    return f"{start}{(int(last.removeprefix(start)) if last else 0) + 1:04}"
