"""The arithmetic of a week: scores, places and flags from the checks of classes. No database, whole hundredths.

A class's week score is the mean of its checks, not their sum: classes are checked a different number of times. A
bonus counts, but no more than the cap for a class in a week. Facility faults never come here: they cost nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from math import floor, isqrt
from typing import Any

MOST_BALANCED = 50  # hundredths: nobody's checks are moved further than half a point
ENOUGH_SHARED = 8  # checks of classes that others scored too, before anybody is called strict or mild


@dataclass(frozen=True)
class Given:
    """One check of a class as it counts: `base` is what is left without the bonus, `bonus` what the bonus gave back
    (so that base + bonus is the check's total), `spot` the points lost if it was a spot check. `giver` is a key."""

    class_id: int
    giver: Any
    base: int
    bonus: int = 0
    spot: int = 0
    full: int = 1000

    @property
    def total(self) -> int:
        return self.base + self.bonus


@dataclass(frozen=True)
class Standing:
    """A class at the end of a week. `raw` is the score before the balance; `place` is None when it is not ranked;
    `excused` says that fewer checks than usual were enough."""

    class_id: int
    group: Any
    raw: int | None
    score: int | None
    checks: int
    spot: int = 0
    place: int | None = None
    flag: bool = False
    few: bool = False
    excused: bool = False


@dataclass(frozen=True)
class Giver:
    """How someone scores: the mean and the spread of their checks, and how far they lie from the others on the same
    classes (`offset`, over `shared` checks; None when nobody else scored these classes)."""

    key: Any
    checks: int
    mean: int
    spread: int
    shared: int = 0
    offset: int | None = None

    @property
    def correction(self) -> int:
        """The hundredths that the balance adds to each of their checks."""
        if self.offset is None or self.shared < ENOUGH_SHARED:
            return 0
        return -max(-MOST_BALANCED, min(MOST_BALANCED, self.offset))

    @property
    def lean(self) -> str:
        """`strict`, `mild`, or nothing when it can't be told or is within a fifth of a point."""
        if self.offset is None or self.shared < ENOUGH_SHARED or abs(self.offset) < 20:
            return ""
        return "strict" if self.offset < 0 else "mild"


def rounded(number: Fraction | int) -> int:
    """To whole hundredths, halves up."""
    return floor(number + Fraction(1, 2))


def week_score(checks: Sequence[Given], bonus_cap: int, corrections: Mapping[Any, int] | None = None) -> int | None:
    """The mean of a class's checks with at most `bonus_cap` of bonus in all; None without any.

    `corrections` are the hundredths that the balance adds to a giver's checks, never beyond full or below nothing.
    """
    if not checks:
        return None
    moved = corrections or {}
    bases = [min(max(check.base + moved.get(check.giver, 0), 0), check.full) for check in checks]
    room = [min(check.bonus, check.full - base) for check, base in zip(checks, bases, strict=True)]
    return rounded(Fraction(sum(bases) + min(sum(room), bonus_cap), len(checks)))


def standings(
    classes: Mapping[int, Any],
    checks: Iterable[Given],
    rules: Any,
    corrections: Mapping[Any, int] | None = None,
    needed: Mapping[int, int] | None = None,
) -> list[Standing]:
    """Every class with its score, place and flag, group by group in the order of `classes` (id → group), the best
    first; those without a place come last. `rules` has the fields of weeks.ScoringRules; `needed` is how many checks
    are enough for a class that was excused, by its id."""
    of_class: dict[int, list[Given]] = {id: [] for id in classes}
    for check in checks:
        if check.class_id in of_class:
            of_class[check.class_id].append(check)
    needed = needed or {}
    rows = [_standing(id, group, of_class[id], rules, corrections, needed.get(id)) for id, group in classes.items()]
    found = []
    for group in dict.fromkeys(classes.values()):
        found += _placed([row for row in rows if row.group == group], rules)
    return found


def _standing(
    id: int, group: Any, checks: Sequence[Given], rules: Any, moved: Mapping[Any, int] | None, needed: int | None
) -> Standing:
    raw = week_score(checks, rules.bonus_cap)
    return Standing(
        id, group, raw, week_score(checks, rules.bonus_cap, moved) if moved else raw, len(checks),
        sum(check.spot for check in checks), few=len(checks) < (rules.min_checks if needed is None else needed),
        excused=needed is not None,
    )  # fmt: skip


def _placed(rows: list[Standing], rules: Any) -> list[Standing]:
    """A group in its order, with places and flags. Whoever is equal shares a place, and the next one is skipped."""

    def order(row: Standing) -> tuple[int, int]:
        return -row.score, row.spot if rules.ties == "spot" else 0

    ranked = [row for row in rows if row.score is not None and not (row.few and rules.few == "unranked")]
    placed: list[Standing] = []
    for _key, equal in groupby(sorted(ranked, key=order), key=order):
        place = len(placed) + 1
        placed += [replace(row, place=place, flag=_has_flag(row, place, rules)) for row in equal]
    return placed + [row for row in rows if row not in ranked]


def _has_flag(row: Standing, place: int, rules: Any) -> bool:
    if row.few and rules.few != "ranked":
        return False
    if rules.flag_rule == "threshold":
        return row.score >= rules.threshold
    return place <= rules.flags


def givers(checks: Iterable[Given]) -> list[Giver]:
    """How everyone scores, compared with the others on the same classes; the strictest first.

    The offset of a giver is the mean, over those of their checks whose class somebody else scored too, of what they
    gave minus the mean of what the others gave that class.
    """
    checks = list(checks)
    of_class: dict[Any, tuple[int, int]] = {}
    of_both: dict[Any, tuple[int, int]] = {}
    of_giver: dict[Any, list[Given]] = {}
    for check in checks:
        for sums, key in ((of_class, check.class_id), (of_both, (check.class_id, check.giver))):
            total, count = sums.get(key, (0, 0))
            sums[key] = total + check.total, count + 1
        of_giver.setdefault(check.giver, []).append(check)

    def apart(check: Given) -> Fraction | None:
        total, count = of_class[check.class_id]
        own_total, own = of_both[check.class_id, check.giver]
        return check.total - Fraction(total - own_total, count - own) if count > own else None

    found = [_giver(key, mine, [each for each in map(apart, mine) if each is not None])
             for key, mine in of_giver.items()]  # fmt: skip
    return sorted(found, key=lambda giver: (giver.offset is None, giver.offset or 0, -giver.checks))


def _giver(key: Any, mine: Sequence[Given], apart: Sequence[Fraction]) -> Giver:
    totals, count = [check.total for check in mine], len(mine)
    variance = Fraction(count * sum(total * total for total in totals) - sum(totals) ** 2, count * count)
    offset = rounded(sum(apart) / len(apart)) if apart else None
    return Giver(key, count, rounded(Fraction(sum(totals), count)), isqrt(floor(variance)), len(apart), offset)
