"""A slip that exists only here: someone wants a key; the keeper hands it over, then the director agrees."""

from types import SimpleNamespace

import peewee
import pytest
from flask import url_for

from app.approvals.models import KINDS, Need, Slip, register
from app.db import database, writing
from app.errors import Refused
from app.people.models import Person


class KeySlip(Slip, peewee.Model):
    """Not a Row, so that no migration is expected of it."""

    applicant = peewee.ForeignKeyField(Person, null=True)
    words = peewee.CharField(200, default="钥匙")
    keeper = peewee.ForeignKeyField(Person, null=True)
    wants = peewee.CharField(200, default="")  # roles asked, a space between those of one step, a comma between steps
    party = peewee.BooleanField(default=True)
    blocked = peewee.BooleanField(default=False)
    settled = peewee.IntegerField(default=0)
    fallen = peewee.CharField(200, default="")

    class Meta:
        database = database
        table_name = "key_slip"

    def needs(self) -> list[Need]:
        first = [Need("keeper", "keeper", person=self.keeper, party=self.party)] if self.keeper else []
        roles = [
            Need(f"{role}-{step}", "agrees" if role == "director" else role, role=role, step=step)
            for step, row in enumerate(filter(None, self.wants.split(",")), 2 if first else 1)
            for role in row.split()
        ]
        return first + roles

    def settle(self, by) -> None:
        if KeySlip.get_by_id(self.id).blocked:
            raise Refused("The key is not in the box.")
        KeySlip.update(settled=KeySlip.settled + 1).where(KeySlip.id == self.id).execute()

    def fall(self, by, reason: str) -> None:
        KeySlip.update(fallen=f"{self.state}: {reason}").where(KeySlip.id == self.id).execute()

    @classmethod
    def ask(cls, applicant, **fields) -> "KeySlip":
        with writing():
            slip = cls.create(applicant=applicant, **fields)
            slip.ask_all(applicant)
        return slip

    @property
    def now(self) -> SimpleNamespace:
        row = KeySlip.get_by_id(self.id)
        return SimpleNamespace(settled=row.settled, fallen=row.fallen, state=row.state)


def titles(ids: list[int]) -> dict[int, tuple[str, str]]:
    rows = KeySlip.select(KeySlip.id, KeySlip.words).where(KeySlip.id.in_(ids))
    return {row.id: (row.words, url_for("approvals.inbox", slip=row.id)) for row in rows}


def lay_key_slips() -> None:
    database.create_tables([KeySlip])
    register(KeySlip, title=titles, icon="key", name="Keys", words={"keeper": "hands the key over", "agrees": "agrees"})


@pytest.fixture
def slips(school, monkeypatch):
    """The kind of slip, known to the app for one test; its table goes with the rollback."""
    monkeypatch.setitem(KINDS, "key_slip", None)
    lay_key_slips()
    return KeySlip


@pytest.fixture
def slip(slips, school) -> KeySlip:
    """The teacher asks the director."""
    return slips.ask(school.teacher, wants="director")
