"""Acceptance by two people (验收): what the first found of each line, what goes back, and whether the second agrees."""

from typing import Any

import peewee
from flask_babel import gettext as _

from app import clock
from app.db import Moment, Row
from app.errors import Refused
from app.people.models import Person
from app.photos.models import Photo, guard
from app.receiving.deliveries import Delivery
from app.receiving.lines import DeliveryLine
from app.receiving.steps import TRIALS, Found, step_row


class Objection(Row):
    """A second person did not find what the first had found; the goods are checked anew."""

    append_only = True

    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    reason = peewee.CharField(200, constraints=[peewee.Check("reason <> ''")])


@step_row("acceptance")
class Acceptance(Row):
    """What the first of two people found (验收). It stands unless a second person objected."""

    delivery = peewee.ForeignKeyField(Delivery, backref="acceptances", index=False)
    looks = peewee.CharField(200, default="")  # 外观
    trial = peewee.CharField(8, default="none")  # 通电试用
    extras = peewee.CharField(200, default="")  # 随机附件
    by = peewee.ForeignKeyField(Person, index=False)
    at = Moment(default=clock.now)
    objection = peewee.ForeignKeyField(Objection, null=True, unique=True)

    class Meta:
        constraints = [peewee.Check("trial in ('works', 'fails', 'none')")]

    @classmethod
    def stands(cls) -> peewee.Expression:
        return cls.objection.is_null()

    @classmethod
    def of(cls, delivery: Delivery) -> peewee.ModelSelect:
        """All of a delivery, those objected to as well, oldest first."""
        objector = Person.alias()
        return (
            cls.select(cls, Person, Objection, objector)
            .join(Person, on=(cls.by == Person.id))
            .join_from(cls, Objection, peewee.JOIN.LEFT_OUTER)
            .join_from(Objection, objector, peewee.JOIN.LEFT_OUTER, on=(Objection.by == objector.id))
            .where(cls.delivery == delivery)
            .order_by(cls.id)
        )

    @property
    def trial_word(self) -> str:
        return str(TRIALS[self.trial])

    @property
    def sent_back(self) -> peewee.ModelSelect:
        """What goes back to the supplier, with the lines."""
        return Refusal.of(self)

    def fall(self, by: Person, reason: str) -> None:
        """A second person objects: it stands no longer, yet stays on record."""
        objection = Objection.create(by=by, reason=reason)
        Acceptance.update(objection=objection).where(Acceptance.id == self.id).execute()

    def keep(self, line: DeliveryLine, found: Found, by: Person) -> tuple[int, int]:
        """Write down what was found of one line: (accepted, refused)."""
        refused = line.quantity - found.accepted
        if not 0 <= found.accepted <= line.quantity:
            raise Refused(_("%(name)s: only %(quantity)s came.", name=line.name, quantity=line.quantity), 422)
        if refused and not found.reason.strip():
            raise Refused(_("%(name)s: please say why they go back.", name=line.name), 422)
        Result.create(acceptance=self, line=line, accepted=found.accepted)
        if refused:
            Refusal.create(acceptance=self, line=line, quantity=refused, reason=found.reason)
        Photo.attach(found.photos, self, by, part=f"line-{line.id}")
        return found.accepted, refused


# One acceptance stands at a time.
Acceptance.add_index(
    Acceptance.index(
        Acceptance.delivery, unique=True, name="acceptance_stands", where=peewee.SQL("objection_id is null")
    )
)
Acceptance.add_index(Acceptance.index(Acceptance.delivery, Acceptance.id, name="acceptance_of_delivery"))


class Result(Row):
    """How many of a line are good (实收数)."""

    append_only = True

    acceptance = peewee.ForeignKeyField(Acceptance, backref="results", index=False)
    line = peewee.ForeignKeyField(DeliveryLine, backref="results", index=False)
    accepted = peewee.IntegerField(constraints=[peewee.Check("accepted >= 0")])

    class Meta:
        table_name = "acceptance_result"
        indexes = ((("acceptance", "line"), True),)


class Refusal(Row):
    """Goods that go back to the supplier (退货), with the reason."""

    append_only = True

    acceptance = peewee.ForeignKeyField(Acceptance, backref="refusals", index=False)
    line = peewee.ForeignKeyField(DeliveryLine, backref="refusals", index=False)
    quantity = peewee.IntegerField(constraints=[peewee.Check("quantity > 0")])
    reason = peewee.CharField(200, constraints=[peewee.Check("reason <> ''")])

    class Meta:
        table_name = "acceptance_refusal"
        indexes = ((("acceptance", "line"), True),)

    @classmethod
    def of(cls, acceptance: Acceptance) -> peewee.ModelSelect:
        return cls.select(cls, DeliveryLine).join(DeliveryLine).where(cls.acceptance == acceptance).order_by(cls.line)


@step_row("confirmation")
class Confirmation(Row):
    """The second person agrees (验收人之二). `first` repeats who checked, so that the database keeps them apart."""

    append_only = True

    acceptance = peewee.ForeignKeyField(Acceptance, unique=True)
    delivery = peewee.ForeignKeyField(Delivery, unique=True)
    first = peewee.ForeignKeyField(Person, index=False, backref="checks")
    by = peewee.ForeignKeyField(Person, index=False, backref="confirmations")
    at = Moment(default=clock.now)
    accepted = peewee.IntegerField()  # how many things of all lines; none: all of it goes back

    class Meta:
        constraints = [peewee.Check("by_id <> first_id"), peewee.Check("accepted >= 0")]


def _may_see_photos(who: Any, id: int) -> bool:
    rows = Acceptance.select(Acceptance.delivery).where(Acceptance.id == id)
    return Delivery.visible_to(who).where(Delivery.id.in_(rows)).exists()


def _story(id: int) -> Row:
    return Acceptance.get_by_id(id).delivery


guard("acceptance", _may_see_photos, _story)
