"""The lists, the director's queue, and what waits for someone. Reporting stands in reporting.py, one ticket in
ticket_views.py, the electrician's day in work_views.py, the receipt in receipt_views.py."""

from typing import Any

import peewee
from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.excel.listing import listing_pages
from app.people.models import Person
from app.places.models import Place
from app.repairs import (
    bp,
    links,
    panels,
    receipt_views,
    record_views,
    route_views,
    summaries,
    summary_views,
    ticket_views,
    ticks,
    upkeep_views,
    work_views,
)
from app.repairs.listing import tickets_listing
from app.repairs.lists import ONLY, TicketFilter, late, nearly_late, tabs_for, to_apply_by, workers
from app.repairs.models import CAUSES, KINDS, OPEN, STATES, Extension, Outside, Ticket
from app.repairs.reporting import room_or_level
from app.repairs.work import counts_of
from app.web import Page, Waiting, allow, me, render

# They register pages, what other pages show, and what the clock does by itself.
__all__ = [
    "bp",
    "links",
    "panels",
    "receipt_views",
    "record_views",
    "route_views",
    "summary_views",
    "ticket_views",
    "ticks",
    "upkeep_views",
    "work_views",
]

QUEUE = 30  # of each kind on one page

listing_pages(bp, "repairs.list", "/list", tickets_listing)

# Lists ------------------------------------------------------------------------------------------------------


@bp.get("/", endpoint="list")
@allow("repairs.list")
def everything() -> ResponseReturnValue:
    """Cards for the electrician, a dense table for the office and leaders, the own reports for everybody else."""
    filter = TicketFilter.asked(me(), request.args)
    everything = current_user.may("repairs.all")
    dress = "cards" if "electrician" in current_user.roles else "table" if everything else "cells"
    buildings = Place.select().where(Place.kind == "building", Place.closed_at.is_null()).order_by(Place.id)
    return render(
        "repairs/list.html",
        filter=filter,
        page=Page(filter.rows()),
        counts=filter.counts(),
        tabs=tabs_for(current_user),
        only=ONLY,
        dress=dress,
        kinds=KINDS,
        states=STATES,
        buildings=list(buildings) if everything else [],
        workers=list(workers()) if everything else [],
        place=room_or_level(filter.place),
    )


@bp.get("/queue")
@allow("repairs.approve")
def queue() -> ResponseReturnValue:
    """What the director has to say yes or no to, each by one tap: class property, more time, quotes, new reports."""
    return render(
        "repairs/queue.html",
        applied=_tickets(Ticket.select().where(Ticket.state == "applied")),
        noticed=_tickets(Ticket.select().where(Ticket.state == "noticed")),
        new=_tickets(Ticket.select().where(Ticket.state == "reported")),
        extensions=_of_tickets(Extension.waiting()),
        quotes=_of_tickets(Outside.to_approve()),
        causes=CAUSES,
    )


def _tickets(query: peewee.ModelSelect) -> list[Ticket]:
    return list(Ticket.with_names(query).order_by(Ticket.urgent.desc(), Ticket.id).limit(QUEUE))


def _of_tickets(query: peewee.ModelSelect) -> list[tuple[Any, Ticket]]:
    """Rows that hang on a ticket, each with its ticket and all the names of it; two queries."""
    rows = list(query.limit(QUEUE))
    found = Ticket.with_names(Ticket.select().where(Ticket.id.in_([row.ticket_id for row in rows]))) if rows else []
    tickets = {ticket.id: ticket for ticket in found}
    return [(row, tickets[row.ticket_id]) for row in rows]


# What waits -------------------------------------------------------------------------------------------------


def waiting(who: Any) -> list[Waiting]:
    """What waits for someone: who repairs, the director, a class teacher, whoever reported."""
    if who.is_card or not who.may("repairs.list"):
        return []
    cards = (
        *_work_waiting(who), *_director_waiting(who), *_word_waiting(who), *_leader_waiting(who),
        *upkeep_views.waiting(who),
    )  # fmt: skip
    return [card for card in cards if card.count]


def _work_waiting(who: Person) -> list[Waiting]:
    """The own jobs, for electricians and for those to whom the school's table sends some kind of damage."""
    if "director" in who.roles and "electrician" not in who.roles:
        return []
    counts = counts_of(who)
    overdue = counts["late"] and _own_overdue(who)
    return [
        Waiting(_("My repairs, late or nearly late"), counts["late"], "clock", url_for("repairs.work", show="late"),
                late=bool(overdue)),
        Waiting(_("My repairs in work"), counts["work"], "hammer", url_for("repairs.work", show="work")),
        Waiting(_("Repairs to take"), counts["take"], "wrench", url_for("repairs.work", show="take")),
    ]  # fmt: skip


def _own_overdue(who: Person) -> bool:
    return work_views.jobs_of(who).where(late()).exists()


def _director_waiting(who: Person) -> list[Waiting]:
    if not who.may("repairs.approve"):
        return []
    count, case = peewee.fn.COUNT, peewee.Case
    applied, asked_for, quotes, new, soon, gone = (
        Ticket.select(
            count(case(None, ((Ticket.state == "applied", 1),))),
            Extension.waiting().select(count(Extension.id)).order_by(),
            Outside.to_approve().select(count(Outside.id)).order_by(),
            count(case(None, ((Ticket.state == "reported", 1),))),
            count(case(None, ((nearly_late(), 1),))),
            count(case(None, ((late(), 1),))),
        )
        .where(Ticket.state.in_(OPEN))
        .tuples()
        .get()
    )
    to_answer = applied + asked_for + quotes
    return [
        Waiting(_("Repairs that need your yes"), to_answer, "thumbs-up", url_for("repairs.queue")),
        Waiting(_("Reports to accept"), new, "wrench", url_for("repairs.list", only="new")),
        Waiting(_("Repairs late or nearly late"), soon, "clock", url_for("repairs.list", only="late"), late=gone > 0),
    ]


def _leader_waiting(who: Person) -> list[Waiting]:
    """The record of the month that is over wants to be read and signed."""
    month = summaries.unsigned() if who.may("repairs.sign") else None
    if month is None:
        return []
    return [Waiting(_("Repair record to sign"), 1, "file-text", url_for("repairs.records", period=month.key))]


def _word_waiting(who: Person) -> list[Waiting]:
    count = peewee.fn.COUNT(Ticket.id)
    published = summaries.unanswered(who).select(peewee.fn.COUNT(summaries.DamageOfClass.id))
    asked = (to_apply_by(who).select(count), Ticket.to_confirm_by(who).select(count), published)
    to_apply, to_confirm, to_measure = Ticket.select(*asked).limit(1).tuples().first() or (0, 0, 0)
    return [
        Waiting(_("Damage of the class: say what was done"), to_measure, "users", url_for("repairs.classes")),
        Waiting(_("Class property: please apply"), to_apply, "file-text", url_for("repairs.list", only="apply")),
        Waiting(_("Fixed, waiting for your word"), to_confirm, "circle-check", url_for("repairs.list", only="confirm")),
    ]
