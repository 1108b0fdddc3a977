"""Week scores, places and flags held against a slow reference that does it as one would on paper."""

from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.inspections.ranking import Given, givers, rounded, standings, week_score

RULES = {"bonus_cap": 100, "ties": "spot", "min_checks": 2, "few": "unranked", "flag_rule": "best", "flags": 1,
         "threshold": 900}  # fmt: skip


def rules(**changed):
    return SimpleNamespace(**{**RULES, **changed})


@st.composite
def a_check(draw):
    base = draw(st.integers(0, 20)) * 50
    bonus = draw(st.sampled_from([0, 0, 0, 50, 100]))
    spot = draw(st.booleans())
    return Given(
        draw(st.integers(1, 7)),
        draw(st.sampled_from("abcd")),
        base,
        min(bonus, 1000 - base),
        1000 - base if spot else 0,
    )


checks = st.lists(a_check(), max_size=40)
some_rules = st.builds(
    rules,
    bonus_cap=st.sampled_from([0, 50, 100, 500]),
    ties=st.sampled_from(["spot", "shared"]),
    min_checks=st.integers(1, 4),
    few=st.sampled_from(["unranked", "no_flag", "ranked"]),
    flag_rule=st.sampled_from(["best", "threshold"]),
    flags=st.integers(0, 3),
    threshold=st.sampled_from([0, 700, 900]),
)
CLASSES = {1: "三", 2: "三", 3: "三", 4: "四", 5: "四", 6: "四", 7: "五"}


def slow_score(mine, cap):
    """Point by point: first all bases, then the bonus a hundredth at a time until the cap is reached."""
    if not mine:
        return None
    sum_of_points, bonus_left = 0, cap
    for check in mine:
        sum_of_points += check.base
        for _hundredth in range(check.bonus):
            if bonus_left:
                sum_of_points, bonus_left = sum_of_points + 1, bonus_left - 1
    exact = Fraction(sum_of_points, len(mine))
    whole = exact.numerator // exact.denominator
    return whole + 1 if exact - whole >= Fraction(1, 2) else whole


def slow_place(row, others, by):
    """One more than the number of classes that are better, asked of each other class one by one."""
    better = 0
    for other in others:
        if other["score"] > row["score"] or (
            other["score"] == row["score"] and by.ties == "spot" and other["spot"] < row["spot"]
        ):
            better += 1
    return better + 1


def slow_standings(found_checks, by):
    rows = {}
    for id, group in CLASSES.items():
        mine = [check for check in found_checks if check.class_id == id]
        rows[id] = {
            "group": group, "score": slow_score(mine, by.bonus_cap), "spot": sum(each.spot for each in mine),
            "few": len(mine) < by.min_checks,
        }  # fmt: skip
    for row in rows.values():
        in_it = [
            other for other in rows.values()
            if other["group"] == row["group"] and other["score"] is not None
            and not (by.few == "unranked" and other["few"])
        ]  # fmt: skip
        row["place"] = slow_place(row, in_it, by) if any(other is row for other in in_it) else None
        deserved = row["place"] is not None and (
            row["score"] >= by.threshold if by.flag_rule == "threshold" else row["place"] <= by.flags
        )
        row["flag"] = deserved and (by.few == "ranked" or not row["few"])
    return {id: (row["score"], row["place"], row["flag"]) for id, row in rows.items()}


@settings(max_examples=300, deadline=None)
@given(checks, some_rules)
def test_scores_places_and_flags_are_those_of_the_slow_reference(found, by):
    fast = standings(CLASSES, found, by)
    assert {row.class_id: (row.score, row.place, row.flag) for row in fast} == slow_standings(found, by)
    assert [row.group for row in fast] == ["三"] * 3 + ["四"] * 3 + ["五"], "group by group"
    for group in "三四五":
        places = [row.place for row in fast if row.group == group]
        ranked = [place for place in places if place]
        assert ranked == sorted(ranked), "the best first"
        assert places[len(ranked) :] == [None] * (len(places) - len(ranked)), "who has no place comes last"


@settings(max_examples=200, deadline=None)
@given(checks)
def test_offsets_are_those_of_the_slow_reference(found):
    for giver in givers(found):
        apart = []
        for mine in found:
            others = [each.total for each in found if each.class_id == mine.class_id and each.giver != giver.key]
            if mine.giver == giver.key and others:
                apart.append(mine.total - Fraction(sum(others), len(others)))
        assert giver.shared == len(apart)
        assert giver.offset == (rounded(sum(apart) / len(apart)) if apart else None)
        assert -50 <= giver.correction <= 50
        totals = [each.total for each in found if each.giver == giver.key]
        mean = sum(totals) / len(totals)
        assert giver.spread == pytest.approx(
            (sum((each - mean) ** 2 for each in totals) / len(totals)) ** 0.5, abs=1.01
        )


@settings(max_examples=200, deadline=None)
@given(checks, st.dictionaries(st.sampled_from("abcd"), st.integers(-50, 50)))
def test_a_balance_never_leaves_the_scale(found, moved):
    score = week_score(found, 1000, moved)
    assert score is None or 0 <= score <= 1000
    plain = week_score(found, 1000)
    assert plain is None or abs(score - plain) <= 50


def test_a_class_that_is_checked_more_often_does_not_gain_by_it():
    often = [Given(1, "a", 900)] * 6
    seldom = [Given(2, "a", 900)] * 3
    assert week_score(often, 0) == week_score(seldom, 0) == 900


def test_a_bonus_counts_up_to_the_cap_only():
    assert week_score([Given(1, "a", 900, 100), Given(1, "a", 900, 100)], 100) == 950
    assert week_score([Given(1, "a", 900, 100), Given(1, "a", 900, 100)], 500) == 1000


def test_with_equal_scores_the_spot_checks_decide_or_the_place_is_shared():
    found = [Given(1, "a", 900, 0, 100), Given(1, "a", 1000), Given(2, "a", 900), Given(2, "a", 1000)]
    classes = {1: 3, 2: 3}
    assert [(row.class_id, row.place) for row in standings(classes, found, rules())] == [(2, 1), (1, 2)]
    assert [row.place for row in standings(classes, found, rules(ties="shared"))] == [1, 1]
    assert [row.flag for row in standings(classes, found, rules(ties="shared"))] == [True, True]


def test_after_a_shared_place_the_next_is_skipped():
    found = [Given(id, "a", base) for id, base in ((1, 900), (1, 900), (2, 900), (2, 900), (3, 800), (3, 800))]
    assert [row.place for row in standings({1: 3, 2: 3, 3: 3}, found, rules())] == [1, 1, 3]


@pytest.mark.parametrize(
    ("few", "place", "flag"), [("unranked", None, False), ("no_flag", 1, False), ("ranked", 1, True)]
)
def test_too_few_checks(few, place, flag):
    row = standings({1: 3}, [Given(1, "a", 1000)], rules(few=few))[0]
    assert (row.place, row.flag, row.few) == (place, flag, True)


def test_a_strict_and_a_mild_monitor_are_told_apart_and_balanced():
    found = [Given(id, "strict", 800) for id in range(8)] + [Given(id, "mild", 900) for id in range(8)]
    seen = {giver.key: giver for giver in givers(found)}
    assert (seen["strict"].offset, seen["mild"].offset) == (-100, 100)
    assert (seen["strict"].lean, seen["mild"].lean) == ("strict", "mild")
    assert (seen["strict"].correction, seen["mild"].correction) == (50, -50), "at most half a point"


def test_too_few_shared_checks_tell_nothing():
    found = [Given(1, "a", 800), Given(1, "b", 1000)]
    assert [(giver.lean, giver.correction) for giver in givers(found)] == [("", 0), ("", 0)]


def test_whoever_scores_alone_is_compared_with_nobody():
    assert [giver.offset for giver in givers([Given(1, "a", 800), Given(2, "b", 900)])] == [None, None]
