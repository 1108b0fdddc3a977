"""A ticket stands where its steps say, whatever happens to it; and no step is ever changed."""

import random
from datetime import timedelta

import peewee
import pytest

from app import clock
from app.errors import Refused
from app.repairs.models import ENDED, METHODS, MOVES, OPEN, RATINGS, REASONS, STATES, Step, Ticket, check_states


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


def test_plain_hours_are_those_not_spent_as_fixed(school, report, ctx):
    """A reference that walks minute by minute agrees with the clock that is carried along."""
    for seed in range(10):
        chance, ticket = random.Random(seed), report(by=random.Random(seed).choice(("teacher", None)))
        for _turn in range(15):
            clock.set_hands(clock.now() + timedelta(minutes=chance.randrange(1, 400)))
            act(ticket, school, chance)
        end = clock.now() + timedelta(minutes=chance.randrange(1, 400))
        clock.set_hands(end)
        if ticket.state in ("refused", "voided"):
            continue
        steps, running, minutes = ticket.steps(), False, 0
        moment, following = steps[0].at, iter(steps)
        upcoming = next(following)
        while moment < end:
            while upcoming is not None and upcoming.at <= moment:
                starts = ("accepted", "taken", "waiting", "reworked")
                if upcoming.kind in starts or (upcoming.kind == "reported" and upcoming.person_id):
                    running = True
                elif upcoming.kind == "fixed":
                    running = False
                upcoming = next(following, None)
            minutes += running
            moment += timedelta(minutes=1)
        assert Ticket.get_by_id(ticket.id).clock.used == timedelta(minutes=minutes)


def test_a_row_that_lies_is_found(school, report):
    honest, liar = report(), report()
    honest.take(school.electrician)
    Ticket.update(state="confirmed").where(Ticket.id == liar.id).execute()
    (difference,) = check_states()
    assert difference.startswith(f"ticket {liar.id}:")


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
