"""The one way in which a ticket changes: a step is written, and its standing is carried along in the same act."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import Prepared, change, digest, writing
from app.errors import Refused
from app.people.models import Person
from app.photos.models import Photo
from app.repairs import telling
from app.repairs.standing import STATES, Given, Standing, allows
from app.repairs.steps import Step, actor

COLUMNS = tuple(Standing.__dataclass_fields__)
WITH_NOTE = ("refused", "voided", "merged", "delay_denied")  # the journal gives their reason

journal.says({
    "repairs.reported": _l("reported damage, ticket %(number)s"),
    "repairs.joined": _l("joined ticket %(number)s: me too"),
    "repairs.said": _l("wrote a message on ticket %(number)s"),
    "repairs.applied": _l("applied for the repair of class property, ticket %(number)s"),
    "repairs.approved": _l("approved the repair of class property, ticket %(number)s"),
    "repairs.accepted": _l("accepted ticket %(number)s"),
    "repairs.refused": _l("sent ticket %(number)s back: %(note)s"),
    "repairs.merged": _l("merged ticket %(number)s into %(into)s"),
    "repairs.voided": _l("made ticket %(number)s void: %(note)s"),
    "repairs.assigned": _l("assigned ticket %(number)s to %(worker)s"),
    "repairs.taken": _l("took ticket %(number)s"),
    "repairs.arrived": _l("arrived for ticket %(number)s"),
    "repairs.waiting": _l("put ticket %(number)s on hold"),
    "repairs.delay_asked": _l("asked for more time for ticket %(number)s"),
    "repairs.extended": _l("gave more time for ticket %(number)s"),
    "repairs.delay_denied": _l("gave no more time for ticket %(number)s: %(note)s"),
    "repairs.contracted": _l("sent ticket %(number)s out to %(firm)s"),
    "repairs.out_agreed": _l("approved the quote for ticket %(number)s"),
    "repairs.out_arrived": _l("the contractor arrived for ticket %(number)s"),
    "repairs.out_done": _l("the contractor is done with ticket %(number)s"),
    "repairs.fixed": _l("fixed ticket %(number)s"),
    "repairs.confirmed": _l("confirmed the repair of ticket %(number)s"),
    "repairs.unanswered": _l("ticket %(number)s is signed off: nobody answered"),
    "repairs.reworked": _l("sent ticket %(number)s back to be repaired again"),
    "repairs.judged": _l("settled why it broke, ticket %(number)s: %(cause)s"),
    "repairs.written_off": _l("ticket %(number)s goes to be written off"),
    "repairs.reopened": _l("ticket %(number)s goes on, its thing is not written off"),
})  # fmt: skip


@cache
def _columns_of(ticket: Any) -> Prepared:
    """Asked at every step of every ticket."""
    columns = [getattr(ticket, name) for name in COLUMNS]
    return Prepared(lambda id: ticket.select(*columns).where(ticket.id == id).tuples())


class Stepping:
    """A ticket that keeps its standing true."""

    @property
    def given(self) -> Given:
        """What decides how its steps count."""
        return Given(self.urgent, self.planned_for, self.class_property)

    def _step(self, kind: str, by: Any, photos: Iterable[Any] = (), told: Any = None, **facts: Any) -> Step:
        """Write one step and carry the standing along. The only function that changes a ticket's standing.

        told: what the journal says beside the number, such as who it was assigned to.
        """
        with writing():
            now = self._standing()
            if not allows(kind, now.state, self.urgent):
                raise Refused(self._why_not(kind))
            step = Step(ticket=self, serial=now.last + 1, kind=kind, at=clock.now(), **actor(by), **facts)
            after = now.after(step, self.given)
            step.save(force_insert=True)
            self._store(now, after)
            self._file(step, by, photos, told or {})
        return step

    def _store(self, now: Standing, after: Standing) -> None:
        changed = {name: value for name, value in vars(after).items() if value != getattr(now, name)}
        if not change(self, changed, last=now.last):
            raise Refused(_("Someone was faster. Please look at the ticket again."))
        self._carry(after)

    def _standing(self) -> Standing:
        """How it stands in the database now, whatever this object remembers."""
        standing = Standing(*_columns_of(type(self)).first(self.id))
        self._carry(standing)
        return standing

    def _carry(self, standing: Standing) -> None:
        for name, value in vars(standing).items():
            if value is None or self.__data__.get(name) != value:  # a person who is loaded stays loaded
                setattr(self, name, value)

    def _mark(self, by: Any, device: str | None) -> str | None:
        """Who reports or joins. A phone's mark is made with the ticket's number: it can't be followed elsewhere."""
        if by is not None and by.id is not None:
            return f"card:{by.id}" if by.is_card else f"person:{by.id}"
        return digest(self.number, device) if device else None

    def _why_not(self, kind: str) -> str:
        if kind in ("taken", "arrived", "assigned") and self.state in ("taken", "assigned") and self.worker_id:
            name = Person.get_by_id(self.worker_id).name
            if self.state == "assigned":
                return _("This is assigned to %(name)s.", name=name)
            return _("%(name)s has already taken this.", name=name)
        if self.state in ("noticed", "applied") and kind not in ("applied", "approved"):
            return _("This is class property: “%(state)s” comes first.", state=STATES[self.state])
        if not self.is_open and kind not in ("confirmed", "unanswered"):
            return _("That can't be done any more: this ticket is “%(state)s”.", state=self.state_word)
        return _("That can't be done now: this ticket is “%(state)s”.", state=self.state_word)

    def _file(self, step: Step, by: Any, photos: Iterable[Any], told: dict[str, Any]) -> None:
        """Photos, journal, and whoever has to know."""
        Photo.attach(photos, step, by)
        facts = {**({"note": step.note} if step.kind in WITH_NOTE else {}), **told}
        journal.record(
            f"repairs.{step.kind}", self, by, place=self.place_id, asset=self.asset_id, number=self.number, **facts
        )
        telling.of_step(self, step, by)
