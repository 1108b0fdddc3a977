"""The arithmetic of a score, in hundredths."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inspections import scoring
from app.inspections.scoring import Verdict

PLAIN = {"answer": "points", "floor": 0, "key_item": False}
FLOOR = SimpleNamespace(
    max=150, step=50, photo_on_fail=False, reasons=[{"points": 50}, {"points": 100}, {"points": 150}], **PLAIN
)
LOCKS = SimpleNamespace(max=100, step=50, photo_on_fail=True, reasons=[{"points": 100}], **PLAIN)


@pytest.mark.parametrize(
    ("verdict", "lost"),
    [
        (Verdict(), 0),
        (Verdict(50, (0,)), 50),
        (Verdict(100, (0,)), 100),  # two places of small litter: one chip, two steps
        (Verdict(0, (0, 1)), 150),  # chips alone take their own points
        (Verdict(0, (1, 2)), 150),  # never more than the item has
        (Verdict(100, (1,), facility=True), 0),
        (Verdict(-50), 0),
    ],
)
def test_an_item_loses_what_was_taken_and_never_more_than_it_has(verdict, lost):
    assert scoring.taken(FLOOR, verdict) == lost


@pytest.mark.parametrize(
    ("item", "verdict", "field"),
    [
        (FLOOR, Verdict(200, (0,)), "points"),
        (FLOOR, Verdict(30, (0,)), "points"),
        (FLOOR, Verdict(50), "reasons"),
        (FLOOR, Verdict(50, (3,)), "reasons"),
        (FLOOR, Verdict(0, (-1,)), "reasons"),
        (LOCKS, Verdict(100, (0,)), "photos"),
    ],
)
def test_a_verdict_that_can_not_be_is_refused_at_its_field(ctx, item, verdict, field):
    assert scoring.objection(item, verdict)[0] == field


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        (FLOOR, Verdict()),
        (FLOOR, Verdict(50, words="讲台旁")),
        (FLOOR, Verdict(facility=True)),
        (LOCKS, Verdict(100, (0,), photos=("a photo",))),
        (LOCKS, Verdict(facility=True)),  # a facility fault takes nothing, so it needs no photo
    ],
)
def test_a_sound_verdict_is_taken(ctx, item, verdict):
    assert scoring.objection(item, verdict) is None


@given(st.lists(st.integers(0, 200), max_size=12), st.integers(0, 100))
def test_a_total_is_never_below_nothing_nor_above_full(losses, bonus):
    assert 0 <= scoring.total(1000, losses, bonus) <= 1000
    assert scoring.total(1000, losses) == max(0, 1000 - sum(losses))


def test_a_bonus_only_makes_good_what_was_lost():
    assert scoring.total(1000, [150], 100) == 950
    assert scoring.total(1000, [50], 100) == 1000


@pytest.mark.parametrize(
    ("totals", "mean"), [([], None), ([950], 950), ([950, 900], 925), ([950, 900, 900], 917), ([1, 2], 2)]
)
def test_a_mean_is_rounded_half_up(totals, mean):
    assert scoring.mean(totals) == mean
