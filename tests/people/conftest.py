"""What the tests of people share: signing in by the page, and forms as they are sent."""

from typing import Any

import pytest

from app.people.models import CARD_CHECKLISTS, Person
from tests.conftest import PASSWORD


@pytest.fixture(autouse=True)
def checklist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards offer the class hygiene list, whether or not the inspections are loaded."""
    monkeypatch.setitem(CARD_CHECKLISTS, "class-hygiene", "class hygiene")


@pytest.fixture
def known(school: Any) -> Any:
    """The teacher 李敏 with a password that the tests know."""
    return with_password(school.teacher)


def with_password(person: Person, password: str = PASSWORD) -> Person:
    person.set_password(password, by=person)
    return person


@pytest.fixture
def sign_in() -> Any:
    def send(phone: Any, name: str, password: str = PASSWORD, url: str = "/people/sign-in", **more: Any) -> Any:
        return phone.send(url, {"name": name, "password": password, "stay": "y", **more.pop("data", {})}, **more)

    return send


def text(answer: Any) -> str:
    return answer.get_data(as_text=True)
