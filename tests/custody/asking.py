"""Short ways to ask, agree and wait, for the tests of requests."""

from datetime import date, timedelta
from typing import Any

from app.custody.requests import Request

TODAY = date(2026, 11, 24)  # where the tests' clock stands


def in_days(number: int) -> date:
    return TODAY + timedelta(days=number)


def ask(who: Any, kind: str = "loan", **what: Any) -> Request:
    """A loan until the day after tomorrow, unless `what` says otherwise."""
    return Request.ask(who, kind, **{"reason": "公开课", "starts_on": TODAY, "due_on": in_days(2), **what})


def asked_and_agreed(school: Any, asset: Any, start: int, end: int, *, who: Any = None, quantity: int = 1) -> Request:
    row = ask(who or school.teacher, asset=asset, quantity=quantity, starts_on=in_days(start), due_on=in_days(end))
    row.agree(school.director)
    return row


def letter(photo: Any, unit: str = "镇中心中学") -> dict[str, Any]:
    """The note of another unit."""
    return {"borrower": unit, "carrier": "马老师", "letter": "今借投影仪一台，用于教研活动。", "photos": [photo()]}
