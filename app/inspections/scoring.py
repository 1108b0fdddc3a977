"""The arithmetic of a score: whole hundredths of a point, so that sums and means are exact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.words import points


@dataclass(frozen=True)
class Verdict:
    """What a checker found at one item. `reasons` are positions in the item's chips, `photos` are Received.

    A facility fault is nobody's untidiness: it costs no point, whatever `lost` says.
    """

    lost: int = 0
    reasons: tuple[int, ...] = ()
    words: str = ""
    facility: bool = False
    photos: Sequence[Any] = ()


def taken(item: Any, verdict: Verdict) -> int:
    """The hundredths an item loses: never more than it has. Chips alone take their own points."""
    if verdict.facility:
        return 0
    lost = verdict.lost or sum(item.reasons[reason]["points"] for reason in verdict.reasons)
    return min(max(lost, 0), item.max)


def objection(item: Any, verdict: Verdict) -> tuple[str, str] | None:
    """Why a verdict can't be taken: the field at fault and a sentence for the checker; None when it can."""
    if not all(0 <= reason < len(item.reasons) for reason in verdict.reasons):
        return "reasons", _("This reason is not on the list.")
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


def mean(totals: Sequence[int]) -> int | None:
    """The mean of several checks in whole hundredths, halves up; None without any."""
    return (2 * sum(totals) + len(totals)) // (2 * len(totals)) if totals else None
