"""Spot checks: anybody can work out a draw again, those least looked at come first, and nobody knows the moment."""

import hashlib
import math
from collections import Counter
from datetime import date, timedelta
from random import Random

import peewee
import pytest

from app import clock
from app.db import database
from app.inspections.draws import MOST_DAYS, Draw, chance_now, choose, last_looks
from app.inspections.models import Check
from app.inspections.plans import Plan
from app.inspections.rounds_clock import build_rounds, draw_spots, note_missed
from app.inspections.rounds_due import Round
from app.notify.models import Notice
from app.places.models import Place

pytestmark = pytest.mark.usefixtures("ctx")
TUESDAY = date(2026, 11, 24)


@pytest.fixture
def rooms(school):
    return [Place.add("toilet", f"厕所{n}", None, parent=school.places.floor) for n in range(8)]


@pytest.fixture
def spot(school, rooms):
    """Each week two of the toilets, at a moment nobody knows, by the director."""

    def make(**fields):
        facts = {"often": "weekly", "day": 5, "ahead": 4, "opens": "08:00", "closes": "16:00", "spot": 2, **fields}
        return Plan.add(school.director, "厕所抽查", "toilet", person=school.director, kinds=["toilet"], **facts)

    return make


def by_hand(seed, candidates, wanted):
    """The sum as the page of a draw tells it, written down a second time."""
    lots = []
    for place, weight, *_days in candidates:
        u = (int(hashlib.sha256(f"{seed}:{place}".encode()).hexdigest(), 16) + 1) / (2**256 + 1)
        lots.append((-math.log(u) / weight, place))
    return [place for _lot, place in sorted(lots)[:wanted]]


def test_a_draw_can_be_worked_out_again_from_its_seed_and_candidates(rooms, school):
    Check.record(_toilet(), rooms[0], school.director)
    for _each in range(20):
        draw = Draw.get_by_id(Draw.make("toilet", rooms, 3).id)
        assert by_hand(draw.seed, draw.candidates, draw.wanted) == draw.chosen
        assert draw.holds
        assert [lot.id for lot in draw.lots if lot.drawn] == draw.chosen
        assert len(draw.chosen) == len(set(draw.chosen)) == 3


def test_the_seed_and_the_candidates_of_the_past_are_never_changed(rooms):
    draw = Draw.make("toilet", rooms, 3)
    with pytest.raises(peewee.IntegrityError), database.atomic():
        Draw.update(chosen=[rooms[0].id]).where(Draw.id == draw.id).execute()
    with pytest.raises(peewee.IntegrityError), database.atomic():
        Draw.delete().where(Draw.id == draw.id).execute()


def test_a_draw_that_was_tampered_with_does_not_hold(rooms):
    draw = Draw.make("toilet", rooms, 3)
    draw.chosen = list(reversed(draw.chosen))
    assert not draw.holds


def test_no_two_seeds_are_alike(rooms):
    seeds = {Draw.make("toilet", rooms, 1).seed for _each in range(30)}
    assert len(seeds) == 30


def test_a_place_that_weighs_thrice_is_drawn_thrice_as_often():
    drawn = Counter(choose(f"seed {n}", [(1, 3), (2, 1)], 1)[0] for n in range(4000))
    assert 0.72 < drawn[1] / 4000 < 0.78


def test_every_place_of_the_same_weight_has_the_same_chance():
    drawn = Counter(id for n in range(4000) for id in choose(str(n), [(id, 7) for id in range(10)], 3))
    assert min(drawn.values()) > 1080
    assert max(drawn.values()) < 1320  # 1200 each


def test_who_wants_more_than_there_are_gets_all_of_them():
    assert sorted(choose("seed", [(1, 1), (2, 5)], 9)) == [1, 2]


def test_the_weight_is_the_days_since_anybody_looked_and_since_a_spot_check(rooms, school):
    clock.set_hands(clock.now() - timedelta(days=10))
    Check.record(_toilet(), rooms[0], school.director, unannounced=True)
    Check.record(_toilet(), rooms[1], school.director)
    clock.set_hands(clock.now() + timedelta(days=10))
    Check.record(_toilet(), rooms[0], school.director)
    draw = Draw.make("toilet", rooms[:3], 1)
    assert draw.candidates == [
        [rooms[0].id, 1 + 0 + 10, 0, 10],
        [rooms[1].id, 1 + 10 + MOST_DAYS, 10, None],
        [rooms[2].id, 1 + 2 * MOST_DAYS, None, None],
    ]


def test_the_looks_of_all_places_cost_one_query(rooms, counted):
    with counted() as queries:
        last_looks("toilet", [room.id for room in rooms], TUESDAY)
    assert queries.count == 1


# The moment -------------------------------------------------------------------------------------------------


def test_nothing_of_a_spot_check_is_stored_before_it_is_drawn(spot):
    plan = spot()
    build_rounds()
    assert not Round.select().where(Round.series == plan.series).exists()
    assert not Draw.select().exists()


def test_a_draw_makes_a_round_of_the_places_drawn_and_tells_who_checks(spot, school):
    plan = spot()
    [round] = draw_spots(clock.now(), lot=lambda: 0.0)
    round = Round.whole().where(Round.id == round.id).get()
    assert (round.spot, round.state, round.places, round.series) == (True, "open", 2, plan.series)
    assert sorted(stop.place_id for stop in round.stops()) == sorted(round.draw.chosen)
    assert clock.local(round.closes_at).hour == 12  # two hours of school
    assert Notice.select().where(Notice.person == school.director).count() == 1


def test_each_occurrence_is_drawn_once(spot):
    spot()
    assert len(draw_spots(clock.now(), lot=lambda: 0.0)) == 1
    assert draw_spots(clock.now(), lot=lambda: 0.0) == []
    assert Draw.select().count() == 1


def test_nothing_is_drawn_outside_school_hours(spot):
    spot()
    for hour in (6, 20):
        clock.set_hands(clock.utc(TUESDAY) + timedelta(hours=hour))
        assert draw_spots(clock.now(), lot=lambda: 0.0) == []
    clock.set_hands(clock.utc(date(2026, 11, 28)) + timedelta(hours=10))  # Saturday
    assert draw_spots(clock.now(), lot=lambda: 0.0) == []


def test_the_last_tick_of_the_window_draws_for_certain(spot):
    spot()
    friday = clock.utc(date(2026, 11, 27))
    assert draw_spots(friday + timedelta(hours=15, minutes=59), friday + timedelta(hours=15, minutes=58),
                      lot=lambda: 0.999_999) == []  # fmt: skip
    clock.set_hands(friday + timedelta(hours=16))
    assert len(draw_spots(clock.now(), friday + timedelta(hours=15, minutes=59), lot=lambda: 0.999_999)) == 1


def test_every_moment_of_the_window_is_as_likely_as_any_other():
    lots, moments = Random(5), []
    for _each in range(3000):
        for minute in range(100):
            if lots.random() < chance_now(1, 100 - minute):
                moments.append(minute)
                break
    assert len(moments) == 3000
    quarters = Counter(minute // 25 for minute in moments)
    assert all(690 < quarters[quarter] < 810 for quarter in range(4))


def test_a_tick_after_a_pause_makes_up_for_the_minutes_it_missed():
    assert chance_now(30, 60) == 0.5
    assert chance_now(90, 60) == 1.0
    assert chance_now(0, 0) == 0.0


def test_a_window_in_which_nothing_could_draw_is_a_missed_round(spot):
    plan = spot()
    clock.set_hands(clock.utc(date(2026, 11, 30)) + timedelta(hours=9))
    build_rounds()
    note_missed(clock.now())
    [round] = Round.whole().where(Round.series == plan.series)
    assert (round.state, round.spot, round.draw_id, round.places) == ("missed", True, None, 0)


# The result -------------------------------------------------------------------------------------------------


def test_a_check_of_a_drawn_place_is_marked_as_a_spot_check(spot, school):
    spot(spot=8)
    [round] = draw_spots(clock.now(), lot=lambda: 0.0)
    stop = round.stops()[0]
    check = Check.record(_toilet(), stop.place, school.director)
    assert check.unannounced
    assert Check.get_by_id(check.id).unannounced
    assert Round.whole().where(Round.id == round.id).get().checked == 1


def test_any_other_check_is_not_marked(spot, school):
    spot(spot=1)
    [round] = draw_spots(clock.now(), lot=lambda: 0.0)
    [drawn] = round.draw.chosen
    other = next(room for room in Place.select().where(Place.kind == "toilet", Place.id != drawn))
    assert not Check.record(_toilet(), other, school.director).unannounced


def test_a_draw_at_once_takes_the_places_and_leaves_no_plan_behind(school, rooms):
    round = Round.draw_now(school.director, "厕所 11-24", "toilet", 3, person=school.director, kinds=["toilet"])
    assert (round.spot, len(round.stops()), round.draw.by) == (True, 3, school.director)
    clock.set_hands(clock.now() + timedelta(days=1))
    assert build_rounds() == []
    assert Plan.get_by_id(round.plan_id).is_over


def test_drawing_again_is_seen(school, rooms):
    for _each in range(3):
        Round.draw_now(school.director, "再抽", "toilet", 1, person=school.director, kinds=["toilet"])
    assert Draw.select().count() == 3


def _toilet():
    from app.inspections.checklists import Checklist

    return Checklist.now("toilet")
