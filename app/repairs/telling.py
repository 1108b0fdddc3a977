"""Who has to know what happened to a ticket: the sentences, and to whom each goes. Nobody is told the own act."""

from collections.abc import Callable, Iterable
from typing import Any

import peewee
from flask_babel import lazy_gettext as _l

from app import journal, notify
from app.db import Prepared
from app.people.models import Person
from app.places.models import ClassGroup, Place
from app.repairs.kinds import KINDS
from app.repairs.routes import Route

journal.calls({f"repairs.kind.{kind}": words[0] for kind, words in KINDS.items()})
notify.says({
    "repairs.urgent": _l("Urgent: %(damage)s at %(place)s, ticket %(number)s"),
    "repairs.in_your_room": _l("Damage reported at %(place)s: %(damage)s, ticket %(number)s"),
    "repairs.to_apply": _l("Class property is damaged at %(place)s: please apply for the repair, ticket %(number)s"),
    "repairs.to_approve": _l("Class property at %(place)s waits for your approval, ticket %(number)s"),
    "repairs.assigned": _l("Repair for you: %(damage)s at %(place)s, ticket %(number)s"),
    "repairs.said": _l("New message on ticket %(number)s, %(place)s"),
    "repairs.delay_asked": _l("More time is asked for ticket %(number)s, %(place)s"),
    "repairs.extended": _l("Ticket %(number)s, %(place)s, has time until %(until)s now"),
    "repairs.delay_denied": _l("No more time for ticket %(number)s, %(place)s"),
    "repairs.quote": _l("A contractor's quote for ticket %(number)s, %(place)s, waits for approval"),
    "repairs.fixed": _l("Fixed: %(damage)s at %(place)s, ticket %(number)s. Is it good again?"),
    "repairs.bad_rating": _l("Not satisfied with the repair at %(place)s, ticket %(number)s"),
    "repairs.reworked": _l("Not fixed yet: %(damage)s at %(place)s, ticket %(number)s"),
    "repairs.sent_back": _l("Ticket %(number)s, %(place)s, will not be repaired: look at the reason"),
    "repairs.reopened": _l("Not written off, to be repaired after all: %(damage)s at %(place)s, ticket %(number)s"),
    "repairs.soon": _l("Nearly late: %(damage)s at %(place)s, ticket %(number)s"),
    "repairs.late": _l("Late: %(damage)s at %(place)s, ticket %(number)s"),
})  # fmt: skip


def of_step(ticket: Any, step: Any, by: Any) -> None:
    """Whatever a step means for others, stored in its own act."""
    if tell := _TELLS.get(step.kind):
        tell(ticket, step, by)


def soon(ticket: Any) -> None:
    """It is nearly late: whoever repairs it, once for each time it runs. Belongs inside writing()."""
    _tell("repairs.soon", ticket, _at_it(ticket), None, once=of_run(ticket), group=True)


def late(ticket: Any) -> None:
    """It is late: whoever repairs it and the directors, once for each time it runs. Belongs inside writing()."""
    _tell("repairs.late", ticket, [*_at_it(ticket), *_directors()], None, once=of_run(ticket), group=True)


def of_run(ticket: Any) -> str:
    """The key by which a ticket's lateness is told once. With a new time, or sent back to be repaired again, it may be
    nearly late and late once more."""
    until = ticket.extended_until.isoformat() if ticket.extended_until else ""
    since = ticket.clock_from.isoformat() if ticket.clock_from else ""
    return f"{ticket.id}:{since}:{until}"


def _tell(kind: str, ticket: Any, to: Iterable[int | None], by: Any, **more: Any) -> None:
    """Tell those ids, without whoever acts; nobody at all is told when nobody is left and no group is."""
    own = by.id if by is not None and not by.is_card else None
    people = [id for id in dict.fromkeys(to) if id is not None and id != own]
    if people or more.get("group"):
        notify.tell(kind, ticket, people, f"/repairs/{ticket.id}", number=ticket.number, place=ticket.place.name,
                    damage=[f"repairs.kind.{ticket.kind}"], **more)  # fmt: skip


def _reported(ticket: Any, step: Any, by: Any) -> None:
    if ticket.urgent:
        people = [*Route.people_of(ticket.kind), *_directors()]
        _tell("repairs.urgent", ticket, people, by, urgent=True, group=True)
    if ticket.planned_for is not None:
        return
    keepers = _keepers(ticket.place_id)
    if ticket.state == "noticed":
        _tell("repairs.to_apply", ticket, [ticket.class_group.teacher_id], by)
        keepers = [id for id in keepers if id != ticket.class_group.teacher_id]
    _tell("repairs.in_your_room", ticket, keepers, by)


def _applied(ticket: Any, step: Any, by: Any) -> None:
    _tell("repairs.to_approve", ticket, _directors(), by)


def _assigned(ticket: Any, step: Any, by: Any) -> None:
    _tell("repairs.assigned", ticket, [step.worker_id], by, group=True)


def _said(ticket: Any, step: Any, by: Any) -> None:
    """A message of the desk goes to who reported; any other goes to the desk."""
    desk = [ticket.worker_id] if ticket.worker_id else [*Route.people_of(ticket.kind), *_directors()]
    from_desk = by is not None and not by.is_card and by.id != ticket.reporter_id and ticket.may_work(by)
    _tell("repairs.said", ticket, [ticket.reporter_id] if from_desk else desk, by)


def _delay_asked(ticket: Any, step: Any, by: Any) -> None:
    if by is None or not by.may("repairs.grant"):  # the director's own is granted in the same breath
        _tell("repairs.delay_asked", ticket, _directors(), by)


def _extended(ticket: Any, step: Any, by: Any) -> None:
    people = [ticket.reporter_id, ticket.worker_id]
    _tell("repairs.extended", ticket, people, by, group=True, until=step.until)


def _delay_denied(ticket: Any, step: Any, by: Any) -> None:
    _tell("repairs.delay_denied", ticket, _at_it(ticket), by)


def _contracted(ticket: Any, step: Any, by: Any) -> None:
    if not by.may("repairs.approve"):
        _tell("repairs.quote", ticket, _directors(), by)


def _fixed(ticket: Any, step: Any, by: Any) -> None:
    _tell("repairs.fixed", ticket, [ticket.reporter_id], by, group=True)


def _confirmed(ticket: Any, step: Any, by: Any) -> None:
    if step.rating == "unsatisfied":
        _tell("repairs.bad_rating", ticket, [*_directors(), ticket.worker_id], by, group=True)


def _reworked(ticket: Any, step: Any, by: Any) -> None:
    _tell("repairs.reworked", ticket, _at_it(ticket), by)


def _reopened(ticket: Any, step: Any, by: Any) -> None:
    _tell("repairs.reopened", ticket, [*Route.people_of(ticket.kind), ticket.reporter_id], by)


def _sent_back(ticket: Any, step: Any, by: Any) -> None:
    _tell("repairs.sent_back", ticket, [ticket.reporter_id], by)


_TELLS: dict[str, Callable[[Any, Any, Any], None]] = {
    "reported": _reported, "applied": _applied, "assigned": _assigned, "said": _said, "delay_asked": _delay_asked,
    "extended": _extended, "delay_denied": _delay_denied, "contracted": _contracted, "fixed": _fixed,
    "confirmed": _confirmed, "reworked": _reworked, "refused": _sent_back, "voided": _sent_back,
    "written_off": _sent_back, "reopened": _reopened,
}  # fmt: skip


def _at_it(ticket: Any) -> list[int]:
    return [ticket.worker_id] if ticket.worker_id else Route.people_of(ticket.kind)


def _directors() -> list[int]:
    return [director.id for director in Person.with_role("director").select(Person.id)]


def _keepers(place_id: int) -> list[int]:
    """The keeper of a room and the teacher of the class that sits there."""
    return [id for id in _answering_for.first(place_id) or () if id is not None]


_answering_for = Prepared(
    lambda place: (
        Place.select(Place.keeper, ClassGroup.teacher)
        .join(ClassGroup, peewee.JOIN.LEFT_OUTER, on=(ClassGroup.room == Place.id))
        .where(Place.id == place)
        .tuples()
    )
)
