"""Time: stored in UTC, shown as the school's clock shows it."""

from datetime import date, datetime, time

import pytest

from app import clock


def test_now_has_no_zone_and_whole_seconds() -> None:
    clock.set_hands(None)
    assert clock.now().tzinfo is None
    assert clock.now().microsecond == 0


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 24, 15, 59, 59), date(2026, 11, 24)),
        (datetime(2026, 11, 24, 16, 0), date(2026, 11, 25)),  # midnight in Shanghai
        (datetime(2025, 12, 31, 16, 0), date(2026, 1, 1)),
    ],
)
def test_the_day_changes_at_the_schools_midnight(moment: datetime, day: date) -> None:
    clock.set_hands(moment)
    assert clock.today() == day


def test_there_and_back() -> None:
    stored = clock.utc(date(2026, 11, 24), time(7, 20))
    assert stored == datetime(2026, 11, 23, 23, 20)
    assert clock.local(stored).strftime("%Y-%m-%d %H:%M") == "2026-11-24 07:20"


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 7, 31), 2025), (date(2026, 8, 1), 2026), (date(2026, 12, 31), 2026), (date(2027, 1, 1), 2026)],
)
def test_the_school_year_begins_in_august(day: date, year: int) -> None:
    assert clock.school_year(day) == year


def test_nothing_else_asks_the_computer_for_the_time() -> None:
    """Otherwise a test, a demo school or a wrong time zone would see two clocks."""
    import ast

    from app.config import HERE

    asked = []
    for path in HERE.rglob("*.py"):
        if path == HERE / "clock.py" or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("now", "today", "utcnow")
                and isinstance(node.value, ast.Name)
                and node.value.id in ("datetime", "date")
            ):
                asked.append(f"{path.name}:{node.lineno}")
    assert asked == []
