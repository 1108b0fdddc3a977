"""What the clock does by itself: tells of what is nearly late and late, signs off what nobody answered, opens planned
work, and gives the daily digest its lines.

Every job asks the database what is due at `now` and may run twice, late, or in two processes at once: what was told
is told once by its key, a ticket is signed off by its own rule, an occurrence is opened once by the database's.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import peewee
from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock, notify, tick
from app.errors import Refused
from app.notify.models import Telling
from app.repairs import deadlines, telling, upkeep
from app.repairs.models import OPEN, Extension, Ticket

AT_MOST = 300  # tickets that one tick signs off or tells of: it holds the write lock, and the next goes on


def soon(now: datetime) -> None:
    """Nearly late: 20 of 24 hours are gone. Told once, to whoever repairs it or is offered it."""
    for ticket in _untold("repairs.soon", _running(now, deadlines.soon_before)):
        if ticket.clock.level == "soon":
            telling.soon(ticket)


def late(now: datetime) -> None:
    """Past the promise, past the time that was given, or past the day of planned work. Told once each, to whoever
    repairs it and to the director."""
    for ticket in _untold("repairs.late", _running(now, deadlines.late_before)):
        if ticket.clock.late:
            telling.late(ticket)


def signed_off(now: datetime) -> None:
    """Fixed, and no answer for three school days."""
    for ticket in Ticket.unanswered(now).order_by(Ticket.id).limit(AT_MOST):
        try:
            ticket.sign_off_unanswered()
        except Refused:  # answered a moment ago
            continue


def planned(now: datetime) -> None:
    """What the rules of preventive work want by now."""
    upkeep.open_planned()


def digest(now: datetime) -> Iterator[str]:
    """The state of the desk in a few lines, in the language of the moment; nothing when nothing is open."""
    today = clock.local(now).date()
    begin, end = clock.utc(today - timedelta(days=1)), clock.utc(today)
    open_, fixed, waits, unplanned = (
        Ticket.select(
            _count(Ticket.state.in_(OPEN) & Ticket.planned_for.is_null()),
            _count((Ticket.fixed_at >= begin) & (Ticket.fixed_at < end)),
            _count(Ticket.state == "waiting"),
            _count(upkeep.overdue_planned()),
        )
        .where(Ticket.state.in_(OPEN) | (Ticket.fixed_at >= begin))
        .tuples()
        .get()
    )
    levels = [ticket.clock.level for ticket in _running(now, deadlines.soon_before) if not ticket.planned_for]
    asked = Extension.waiting().count()
    if open_ or fixed:
        yield _("Repairs: %(open)s open, %(late)s late, %(soon)s nearly late, %(fixed)s fixed yesterday.",
                open=open_, late=levels.count("late"), soon=levels.count("soon"), fixed=fixed)  # fmt: skip
    if waits:
        yield ngettext("%(num)s repair waits for parts or for others.", "%(num)s repairs wait for parts or for others.",
                       waits)  # fmt: skip
    if asked:
        yield ngettext("More time is asked for %(num)s repair.", "More time is asked for %(num)s repairs.", asked)
    if unplanned:
        yield ngettext("%(num)s piece of preventive work was missed.", "%(num)s pieces of preventive work were missed.",
                       unplanned)  # fmt: skip


def _count(where: peewee.Expression) -> peewee.Function:
    return peewee.fn.COUNT(peewee.Case(None, ((where, 1),)))


# Which tickets ----------------------------------------------------------------------------------------------


def _running(now: datetime, since: Callable[[datetime, bool], datetime]) -> list[Ticket]:
    """Open tickets whose clock runs since before the moment that `since` gives, and planned ones past their day, with
    their names."""
    ordinary = ~Ticket.urgent & (Ticket.clock_from <= since(now, False))
    urgent = Ticket.urgent & (Ticket.clock_from <= since(now, True))
    missed = Ticket.planned_for < clock.local(now).date()
    query = Ticket.select().where(Ticket.state.in_(OPEN), (Ticket.planned_for.is_null() & (ordinary | urgent)) | missed)
    return list(Ticket.with_names(query.order_by(Ticket.id)))


def _untold(kind: str, tickets: Iterable[Ticket]) -> list[Ticket]:
    """Those that nobody was told of yet: one query however many they are."""
    keyed = {f"{kind} {telling.of_run(ticket)}": ticket for ticket in tickets}
    told = {once for (once,) in Telling.select(Telling.once).where(Telling.once.in_(list(keyed))).tuples()}
    return [ticket for once, ticket in keyed.items() if once not in told][:AT_MOST]


tick.work(planned, "repairs.planned")
tick.work(signed_off, "repairs.unanswered")
tick.work(soon, "repairs.soon")
tick.work(late, "repairs.late")
notify.digest_adds(digest)
