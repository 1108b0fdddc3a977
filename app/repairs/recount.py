"""What a ticket carries, worked out again from its steps: to prove it, and after the calendar was changed."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import peewee

from app import calendar
from app.db import writing
from app.repairs.outside import Outside
from app.repairs.parts import Part
from app.repairs.standing import Given, Standing
from app.repairs.stepping import COLUMNS
from app.repairs.steps import Step
from app.repairs.ticket import Ticket

AT_A_TIME = 200  # rows under one write lock
Told = tuple[int, Standing, Standing]  # id of a ticket, its standing by the steps, its standing by the row


def check_states() -> Iterator[str]:
    """Where a ticket is not what its steps amount to, or a sum is not that of its parts and bills: a sentence each.
    None, one hopes."""
    for id, by_steps, in_row in _differences(Ticket.select()):
        wrong = [name for name in COLUMNS if getattr(by_steps, name) != getattr(in_row, name)]
        said = ", ".join(f"{name} {getattr(by_steps, name)} (row: {getattr(in_row, name)})" for name in wrong)
        yield f"ticket {id}: by its steps {said}"
    yield from _wrong_costs(Part.step, peewee.fn.SUM(Part.amount * Part.price), "parts")
    yield from _wrong_costs(Outside.done, peewee.fn.SUM(Outside.cost), "the bill")


def recount() -> int:
    """Carry what the steps amount to now: days that were entered in the calendar later change school hours and
    promises. Reads without holding up anyone; a ticket that moved on meanwhile is left to its own step. Returns how
    many changed."""
    wrong = [(id, _changes(by_steps, in_row), in_row.last) for id, by_steps, in_row in _differences(Ticket.select())]
    changed = 0
    for some in range(0, len(wrong), AT_A_TIME):
        with writing():
            for id, changes, last in wrong[some : some + AT_A_TIME]:
                changed += Ticket.update(**changes).where(Ticket.id == id, Ticket.last == last).execute()
    return changed


calendar.models.after_change.append(recount)


def _changes(by_steps: Standing, in_row: Standing) -> dict[str, Any]:
    return {name: value for name, value in vars(by_steps).items() if value != getattr(in_row, name)}


def _differences(tickets: peewee.ModelSelect) -> Iterator[Told]:
    told = ((id, standing) for id, standing in _by_steps(tickets))
    columns = [getattr(Ticket, name) for name in COLUMNS]
    kept = {id: Standing(*values) for id, *values in tickets.select(Ticket.id, *columns).tuples().iterator()}
    for id, by_steps in told:
        in_row = kept.pop(id)
        if by_steps != in_row:
            yield id, by_steps, in_row
    for id, in_row in kept.items():  # without a single step
        yield id, Standing(), in_row


def _by_steps(tickets: peewee.ModelSelect) -> Iterator[tuple[int, Standing]]:
    """Every ticket's standing from its steps, one pass through both tables."""
    given = {
        id: Given(urgent, day, group is not None)
        for id, urgent, day, group in tickets.select(
            Ticket.id, Ticket.urgent, Ticket.planned_for, Ticket.class_group
        ).tuples().iterator()
    }  # fmt: skip
    steps = (
        Step.select(
            Step.ticket.alias("ticket_id"), Step.serial, Step.kind, Step.at, Step.reason, Step.minutes, Step.rating,
            Step.cause, Step.talked, Step.until, Step.cost, Step.person.alias("person_id"),
            Step.card.alias("card_id"), Step.worker.alias("worker_id"), Step.into.alias("into_id"),
            Step.disposal.alias("disposal_id"),
        )
        .order_by(Step.ticket, Step.serial)
        .namedtuples()
        .iterator()
    )  # fmt: skip
    for id, own in groupby(steps, key=lambda step: step.ticket_id):
        if id in given:
            yield id, _read(own, given[id])


def _read(steps: Iterator[Any], given: Given) -> Standing:
    standing = Standing()
    for step in steps:
        standing = standing.after(step, given)
    return standing


def _wrong_costs(column: peewee.Field, total: Any, words: str) -> Iterator[str]:
    """Where the cost that a step carries is not the sum of what was noted with it."""
    kind = "fixed" if words == "parts" else "out_done"
    model = column.model
    noted = model.select(column.alias("step"), total.alias("total")).group_by(column)
    wrong = (
        Step.select(Step.ticket, Step.serial, Step.cost, noted.c.total)
        .join(noted, peewee.JOIN.LEFT_OUTER, on=(noted.c.step == Step.id))
        .where(Step.kind == kind, peewee.fn.COALESCE(Step.cost, 0) != peewee.fn.COALESCE(noted.c.total, 0))
        .tuples()
    )
    for ticket, serial, cost, sum_of_rows in wrong:
        yield f"ticket {ticket}, step {serial}: it says {cost or 0} fen, {words} {sum_of_rows or 0}"
