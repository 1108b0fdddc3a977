"""The built-in checklists, and sheets as a phone sends them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app import clock
from app.inspections.checklists import CLASS_HYGIENE, Checklist, install_builtin
from app.inspections.models import Check
from app.places.codes import Label
from app.words import points

AFTERNOON = datetime(2026, 11, 24, 7, 30)  # 15:30 at the school
MORNING = datetime(2026, 11, 24, 0, 0)  # 8:00 at the school


@pytest.fixture(autouse=True)
def checklists(request: pytest.FixtureRequest, app: Any, rolled_back: None) -> None:
    if request.node.get_closest_marker("slow"):
        return  # brings a database of its own
    with app.app_context():
        install_builtin()


@pytest.fixture
def hygiene() -> Checklist:
    return Checklist.now(CLASS_HYGIENE)


@pytest.fixture
def code_of() -> Any:
    return lambda place: Label.of(place=place).code


def sheet(checklist: Checklist, taken: dict[str, Any] | None = None, **head: Any) -> dict[str, Any]:
    """A filled score page: full marks but for `taken`, `{key: points left}` or `{key: {field: value}}`."""
    data: dict[str, Any] = {"version": checklist.version, **head}
    for item in checklist.items:
        entry = (taken or {}).get(item.key, {})
        entry = entry if isinstance(entry, dict) else {"points": entry}
        for name, value in {"points": points(item.max), **entry}.items():
            data[f"i{item.id}-{name}"] = value
    return data


@pytest.fixture
def fill() -> Any:
    return sheet


@pytest.fixture
def score(school: Any, hygiene: Checklist) -> Any:
    """The counsellor scores the classroom of 三(2)班."""

    def give(marks: Any = None, **fields: Any) -> Check:
        return Check.record(
            hygiene, fields.pop("place", school.places.classroom), fields.pop("by", school.counsellor), marks, **fields
        )

    return give


@pytest.fixture
def later() -> Any:
    """Let the clock go on by so many hours."""
    return lambda hours: clock.set_hands(clock.now() + timedelta(hours=hours))
