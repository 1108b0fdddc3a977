"""The electrician's day: what is to take, in work and nearly late, in the order of a walk through the buildings."""

from dataclasses import dataclass, field
from typing import Any

import peewee
from flask_babel import lazy_gettext as _l

from app.people.models import Person
from app.places.models import Place
from app.repairs.models import IN_WORK, TO_TAKE, Route, Step, Ticket
from app.repairs.routes import USUAL_ROLE

SHOWN = 60  # cards on one page: more than a day's work; the rest is on the list

# What the buttons at the top narrow the page down to.
SHOWS = {
    "": _l("All"),
    "late": _l("Nearly late"),
    "work": _l("In work"),
    "take": _l("To take"),
}


@dataclass
class Stop:
    """One building of the walk, its tickets from floor to floor. `building` is None for what lies outside."""

    building: Place | None
    tickets: list[Ticket] = field(default_factory=list)

    @property
    def to_take(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets if ticket.state in TO_TAKE]


def jobs_of(who: Person) -> peewee.ModelSelect:
    """What concerns someone who repairs: the own tickets, and those that nobody has in hand yet."""
    return Ticket.select().where(_in_hand(who) | _free(who))


def _in_hand(who: Person) -> peewee.Expression:
    return Ticket.state.in_(IN_WORK) & (Ticket.worker == who)


def _free(who: Person) -> peewee.Expression:
    """To take: given to this person, or nobody's and of a kind that the school's table offers to this person."""
    return Ticket.state.in_(TO_TAKE) & ((Ticket.worker == who) | (Ticket.worker.is_null() & _offered(who)))


def _offered(who: Person) -> peewee.Expression:
    """Kinds that the table sends elsewhere are no work for the electrician; the director sees all that lies about."""
    mine = Ticket.kind.in_(Route.kinds_of(who))
    if USUAL_ROLE in who.roles:
        return mine | Ticket.kind.not_in(Route.select(Route.kind))
    return Ticket.id > 0 if who.may("repairs.fix") else mine


def shown(who: Person, show: str) -> peewee.ModelSelect:
    """The tickets behind one of the buttons of SHOWS; urgent first, then by the time left."""
    jobs = jobs_of(who)
    if show == "late":
        jobs = jobs.where(Ticket.is_soon())
    elif show == "work":
        jobs = jobs.where(Ticket.state.in_(IN_WORK))
    elif show == "take":
        jobs = jobs.where(Ticket.state.in_(TO_TAKE))
    pressing = peewee.fn.COALESCE(Ticket.clock_from, Ticket.at)
    return Ticket.with_names(jobs).order_by(Ticket.urgent.desc(), pressing, Ticket.id)


def counts_of(who: Person) -> dict[str, int]:
    """How many tickets stand behind each button, one query."""

    def count(condition: peewee.Expression) -> peewee.Function:
        return peewee.fn.COUNT(peewee.Case(None, ((condition, 1),)))

    row = (
        jobs_of(who)
        .select(
            peewee.fn.COUNT(Ticket.id), count(Ticket.is_soon()), count(Ticket.state.in_(IN_WORK)),
            count(Ticket.state.in_(TO_TAKE)),
        )
        .tuples()
        .get()
    )  # fmt: skip
    return dict(zip(SHOWS, row, strict=True))


def walk(tickets: list[Ticket]) -> list[Stop]:
    """The tickets by building. The building of the most pressing ticket comes first; in a building what is urgent,
    then floor by floor and door by door. `tickets` come most pressing first, places loaded; one query."""
    stops: dict[int | None, Stop] = {}
    for ticket in tickets:
        building = building_of(ticket.place)
        stops.setdefault(building and building.id, Stop(building)).tickets.append(ticket)
    doors = _positions(tickets)
    for stop in stops.values():
        stop.tickets.sort(key=lambda ticket: (not ticket.urgent, *_door(ticket.place, doors)))
    return list(stops.values())


def building_of(place: Place) -> Place | None:
    """The building of a place whose parents are loaded (Ticket.with_names)."""
    node: Any = place
    while node is not None:
        if node.kind == "building":
            return node
        node = node.parent if node.parent_id and node.kind != "school" else None
    return None


def _positions(tickets: list[Ticket]) -> dict[int, int]:
    """The order that the school gave its floors and doors."""
    ids = {ticket.place_id for ticket in tickets} | {ticket.place.parent_id for ticket in tickets} - {None}
    return dict(Place.select(Place.id, Place.position).where(Place.id.in_(list(ids))).tuples()) if ids else {}


def _door(place: Place, doors: dict[int, int]) -> tuple[int, ...]:
    floor = place.parent_id or 0
    return doors.get(floor, 0), floor, doors.get(place.id, 0), place.id


def first_steps(tickets: list[Ticket]) -> dict[int, int]:
    """Ticket id → id of its first step, to which the photos of the report belong."""
    own = Step.select(Step.ticket, Step.id).where(
        Step.ticket.in_([ticket.id for ticket in tickets]), Step.kind == "reported"
    )
    return dict(own.tuples())
