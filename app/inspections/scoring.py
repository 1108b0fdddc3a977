"""The arithmetic of a score: whole hundredths of a point, so that sums and means are exact."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.words import points

JUDGED, NONE = ("fine", "fail"), "none"
TEN = 1000  # hundredths: what checks of other full marks are brought to, before they are put beside each other
NUMBER = re.compile(r"[-+]?\d{1,9}(\.\d{1,4})?")


@dataclass(frozen=True)
class Verdict:
    """What a checker found at one item. `reasons` are positions in the item's chips, `photos` are Received.

    A facility fault is nobody's untidiness: it costs no point, whatever `lost` says. Items without points have an
    `answer`: fine, fail, or none (does not apply here); `value` is the number, the choice's position or the words.
    """

    lost: int = 0
    reasons: tuple[int, ...] = ()
    words: str = ""
    facility: bool = False
    photos: Sequence[Any] = ()
    answer: str = ""
    value: str = ""
    grave: bool = False


def taken(item: Any, verdict: Verdict) -> int:
    """The hundredths an item loses: never more than it has. Chips alone take their own points."""
    if verdict.facility:
        return 0
    if item.answer != "points":
        return item.max - item.floor if judged(item, verdict) == "fail" else 0
    lost = verdict.lost or sum(item.reasons[reason]["points"] for reason in verdict.reasons)
    return min(max(lost, 0), item.max - item.floor)


def judged(item: Any, verdict: Verdict) -> str:
    """`fine` or `fail`; empty for what is not judged: words, what does not apply, points that are only fewer."""
    if item.answer == "points":
        lost_all = item.key_item and item.max and taken(item, verdict) >= item.max - item.floor
        return "fail" if lost_all else ""
    if item.answer == "fine":
        return verdict.answer if verdict.answer in JUDGED else ""
    if verdict.answer == NONE or not verdict.value:
        return ""
    if item.answer == "choice":
        return "fine" if item.choices[int(verdict.value)].get("fine", True) else "fail"
    return _within(item, number(verdict.value)) if item.answer == "number" else ""


def _within(item: Any, value: float | None) -> str:
    if value is None or (item.low is None and item.high is None):
        return ""
    low, high = item.low is None or item.low <= value, item.high is None or value <= item.high
    return "fine" if low and high else "fail"


def number(text: str) -> float | None:
    """A number as typed (`37.3`, `1,200`, `-12`); None for what is none."""
    text = text.replace(",", "").strip()
    return float(text) if NUMBER.fullmatch(text) else None


def as_typed(value: float) -> str:
    """A number as people write it, without an exponent: `0.0001`, `1200000`."""
    return format(Decimal(str(value)).normalize(), "f")


def objection(item: Any, verdict: Verdict) -> tuple[str, str] | None:
    """Why a verdict can't be taken: the field at fault and a sentence for the checker; None when it can."""
    return _points_objection(item, verdict) if item.answer == "points" else _answer_objection(item, verdict)


def _answer_objection(item: Any, verdict: Verdict) -> tuple[str, str] | None:
    if (verdict.answer == NONE and item.skippable) or verdict.facility:
        return None
    box = "answer" if item.answer == "fine" else "value"
    if item.answer == "fine" and verdict.answer not in JUDGED:
        return box, _("Fine or not? Please tap one.")
    if item.answer == "choice" and not _is_choice(item, verdict.value):
        return box, _("Please choose one.")
    if item.answer == "number" and number(verdict.value) is None:
        return box, _("Please give a number like 37.3.")
    if item.answer == "text" and not verdict.value and not item.skippable:
        return box, _("Please fill this in.")
    if judged(item, verdict) != "fail":
        return None
    if not (verdict.reasons or verdict.words) and item.answer != "number":
        return "words", _("What is wrong? Please write it down.")
    if item.photo_on_fail and not verdict.photos:
        return "photos", _("A failure here needs a photo.")
    return None


def _is_choice(item: Any, value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 3 and int(value) < len(item.choices)


def _points_objection(item: Any, verdict: Verdict) -> tuple[str, str] | None:
    if not all(0 <= reason < len(item.reasons) for reason in verdict.reasons):
        return "reasons", _("This reason is not on the list.")
    if item.floor and verdict.lost > item.max - item.floor:
        return "points", _("At least %(floor)s points stay here.", floor=points(item.floor))
    if not 0 <= verdict.lost <= item.max:
        return "points", _("Please give points from 0 to %(max)s.", max=points(item.max))
    if verdict.lost % item.step:
        return "points", _("Please go in steps of %(step)s.", step=points(item.step))
    if not taken(item, verdict):
        return None
    if not verdict.reasons and not verdict.words:
        return "reasons", _("Why? Please tap a reason or write a word.")
    if item.photo_on_fail and not verdict.photos:
        return "photos", _("A deduction here needs a photo.")
    return None


def total(full: int, losses: Iterable[int], bonus: int = 0) -> int:
    """What remains of the full marks: bonus counts, but never beyond full; never under nothing."""
    return min(max(full - sum(losses) + bonus, 0), full)


def of_ten(points: int, full: int) -> int:
    """Points out of `full` as points out of ten, halves up: 95 of 100 are 9.5."""
    return points if full in (0, TEN) else (2 * points * TEN + full) // (2 * full)


def mean(totals: Sequence[int]) -> int | None:
    """The mean of several checks in whole hundredths, halves up; None without any."""
    return (2 * sum(totals) + len(totals)) // (2 * len(totals)) if totals else None


def share(judgements: Iterable[tuple[int, str]]) -> int | None:
    """The percent of the weight that is fine, of `(weight, fine or fail)`; None when nothing was judged. Only what
    is wholly fine is 100."""
    judgements = [(weight, verdict) for weight, verdict in judgements if verdict and weight]
    whole = sum(weight for weight, _verdict in judgements)
    return 100 * sum(weight for weight, verdict in judgements if verdict == "fine") // whole if whole else None
