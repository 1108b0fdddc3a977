"""What someone may check at a place, now: the buttons of the scan page."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.db import kept_until_change
from app.inspections.checklists import DAILY_CLEANING, Checklist, class_at
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
    today, sees_all = clock.today(), who.may("inspections.check")
    mine = [each for each in _checklists() if who.may(permission(each)) and not who.roles.isdisjoint(each.who)]
    mine = [each for each in mine if not _spares(who, each) and (sees_all or _offered(each, today))]
    if not mine:
        return []
    code = code or getattr(Label.of(place=place), "code", None)
    if code is None:
        return []
    group = class_at(place) if group is _UNKNOWN else group
    open_now = [each for each in mine if each.fits(place, group) and not _refused(each, who, place, group)]
    offered = [each for each in open_now if _offered(each, today)]
    others = len(offered) < len(open_now)
    return [_duty(each, code) for each in offered] + [_others(code)] * others


def _offered(checklist: Checklist, day: date) -> bool:
    return checklist.kind == "ticks" or checklist.rules.offered(day)


def _refused(checklist: Checklist, who: Any, place: Place, group: ClassGroup | None) -> str | None:
    return checklist.refusal(who, place, group if checklist.target == "class" else None)


def lists_here(who: Any, place: Place, group: ClassGroup | None = _UNKNOWN) -> list[Checklist]:
    """Everything that someone may check at a place now, what is offered at its door and what is not."""
    group = class_at(place) if group is _UNKNOWN else group
    mine = [each for each in _checklists() if each.kind != "ticks" and who.may(permission(each))]
    return [each for each in mine if each.fits(place, group) and not _refused(each, who, place, group)]


def permission(checklist: Checklist) -> str:
    if checklist.kind == "ticks":
        return "inspections.tick"
    if checklist.kind == "list":
        return "inspections.answer"
    return "inspections.score" if checklist.target == "class" else "inspections.check"


def endpoint(checklist: Checklist) -> str:
    """The page where a checklist is done; it takes the code of a label and, but for ticks, the slug."""
    return permission(checklist).replace("answer", "check")


def _spares(who: Any, checklist: Checklist) -> bool:
    """The director may tick for a cleaner who is ill, but is not offered it at every door; the tasks of a week and a
    month are on the cleaner's page."""
    return checklist.kind == "ticks" and ("cleaner" not in who.roles or checklist.slug != DAILY_CLEANING)


def _duty(checklist: Checklist, code: str) -> Duty:
    rules = checklist.rules
    args = {"code": code} if checklist.kind == "ticks" else {"code": code, "slug": checklist.slug}
    return Duty(str(rules.button), rules.icon, endpoint(checklist), args)


def _others(code: str) -> Duty:
    return Duty(_("Other checks"), "list-checks", "inspections.checks_here", {"code": code})
