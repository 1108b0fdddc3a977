"""What someone may check at a place, now: the buttons of the scan page."""

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from app.db import kept_until_change
from app.inspections.checklists import Checklist, class_at
from app.places.codes import Label
from app.places.models import ClassGroup, Place

_UNKNOWN: Any = object()


@kept_until_change
def _checklists() -> list[Checklist]:
    """Asked at every scan of someone who may check."""
    return list(Checklist.in_use())


@dataclass(frozen=True)
class Duty:
    """One button: its words, icon and where it leads."""

    words: str
    icon: str
    endpoint: str
    args: dict[str, Any] = field(default_factory=dict)


def duties_here(who: Any, place: Place, code: str | None = None, group: ClassGroup | None = _UNKNOWN) -> list[Duty]:
    """What this person or card may score, tick or check at a place now. Nothing for whoever has no such right.

    `code` of the place's label and `group`, the class that sits there, save a query each when they are known.
    """
    if not any(who.may(f"inspections.{verb}") for verb in ("score", "check", "tick")):
        return []
    code = code or getattr(Label.of(place=place), "code", None)
    if code is None:
        return []
    group = class_at(place) if group is _UNKNOWN else group
    fitting = [checklist for checklist in _checklists() if checklist.fits(place, group)]
    open_now = [each for each in fitting if each.refusal(who, place, group if each.target == "class" else None) is None]
    return [_duty(each, code) for each in open_now if who.may(permission(each)) and not _spares(who, each)]


def permission(checklist: Checklist) -> str:
    if checklist.kind == "ticks":
        return "inspections.tick"
    return "inspections.score" if checklist.target == "class" else "inspections.check"


def _spares(who: Any, checklist: Checklist) -> bool:
    """The director may tick for a cleaner who is ill, but is not offered it at every door."""
    return checklist.kind == "ticks" and "cleaner" not in who.roles


def _duty(checklist: Checklist, code: str) -> Duty:
    if checklist.kind == "ticks":
        return Duty(_("Tick off cleaning"), "circle-check", "inspections.tick", {"code": code})
    endpoint = "inspections.score" if checklist.target == "class" else "inspections.check"
    words = _("Score") if checklist.target == "class" else _("Check hygiene")
    return Duty(words, "clipboard-check", endpoint, {"code": code, "slug": checklist.slug})
