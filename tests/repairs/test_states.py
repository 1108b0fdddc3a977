"""A ticket stands where its steps say, whatever happens to it; and no step is ever changed."""

import random
from datetime import timedelta

import peewee
import pytest

from app import clock
from app.errors import Refused
from app.repairs.models import (
    ENDED,
    METHODS,
    MOVES,
    OPEN,
    RATINGS,
    REASONS,
    STATES,
    Outside,
    Part,
    Step,
    Ticket,
    check_states,
    recount,
)


def act(ticket, school, chance):
    """One random verb by a random person; a refusal is part of life."""
    workers = (school.electrician, school.director)
    verbs = (
        lambda: ticket.accept(school.director),
        lambda: ticket.take(chance.choice(workers)),
        lambda: ticket.wait(chance.choice(workers), chance.choice(list(REASONS))),
        lambda: ticket.fix(chance.choice(workers), chance.choice(list(METHODS))),
        lambda: ticket.confirm(school.teacher, chance.choice(["", *RATINGS])),
        lambda: ticket.rework(school.teacher, "没好"),
        lambda: ticket.join(chance.choice((school.stranger, school.cleaner, school.card)), None),
        lambda: ticket.send_back(school.director, "重复") if chance.random() < 0.1 else None,
        lambda: ticket.void(school.director, "试填") if chance.random() < 0.1 else None,
    )
    try:
        chance.choice(verbs)()
    except Refused:
        pass


@pytest.mark.parametrize("seed", range(12))
def test_random_histories_stand_where_their_steps_say(school, report, seed, ctx):
    chance, reached = random.Random(seed), set()
    for number in range(8):
        ticket = report(by=chance.choice(("teacher", "card", None)), urgent=number % 3 == 0)
        for _turn in range(25):
            clock.set_hands(clock.now() + timedelta(minutes=chance.randrange(0, 900)))
            act(ticket, school, chance)
            fresh = Ticket.get_by_id(ticket.id)
            assert (fresh.state, fresh.why, fresh.worker_id) == (ticket.state, ticket.why, ticket.worker_id)
            assert fresh.last == Step.select().where(Step.ticket == ticket).count()
            reached.add(fresh.state)
    assert not list(check_states())
    assert len(reached) >= 4


def test_a_row_that_lies_is_found(school, report):
    honest, liar = report(), report()
    honest.take(school.electrician)
    Ticket.update(state="confirmed").where(Ticket.id == liar.id).execute()
    (difference,) = check_states()
    assert difference.startswith(f"ticket {liar.id}:")


def test_a_part_or_a_bill_that_lies_is_found(school, report, ctx):
    ticket, other = report(), report()
    step = ticket.fix(school.electrician, "replaced", parts=[("阀芯", 1, 500)])
    Part.create(ticket=ticket, step=step, name="x", amount=1, price=7)
    job = other.send_out(school.director, "安达空调")
    job.finish(school.director, 100)
    Outside.update(cost=90).execute()
    assert list(check_states()) == [
        f"ticket {ticket.id}, step 2: it says 500 fen, parts 507",
        f"ticket {other.id}, step 4: it says 100 fen, the bill 90",
    ]


def test_what_no_longer_agrees_is_put_right(school, report, ctx):
    ticket = report()
    ticket.fix(school.electrician, "replaced", minutes=10)
    Ticket.update(on_time=False, plain_minutes=99999, labour_minutes=0).execute()
    assert recount() == 1
    assert (Ticket.get().on_time, Ticket.get().plain_minutes, Ticket.get().labour_minutes) == (True, 0, 10)


def test_the_database_refuses_to_change_or_lose_a_step(report):
    report()
    for query in (Step.update(note="x"), Step.delete()):
        with pytest.raises(peewee.IntegrityError, match="never changed"):
            query.execute()


def test_the_database_refuses_a_second_step_with_the_same_number(school, report):
    ticket = report()
    with pytest.raises(peewee.IntegrityError):
        Step.create(ticket=ticket, serial=1, kind="taken")


def test_each_state_and_step_has_its_word(ctx):
    assert set(OPEN) | set(ENDED) == set(STATES)
    for before, state, word in MOVES.values():
        assert {*before, *filter(None, [state])} <= set(STATES)
        assert str(word)
