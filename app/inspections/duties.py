"""What someone may check at a place, now: the buttons of the scan page."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.db import kept_until_change
from app.inspections.checklists import CLASS_SCORES, DAILY_CLEANING, Checklist, class_at
from app.places.codes import Label
from app.places.models import ClassGroup, Place

_UNKNOWN: Any = object()


@kept_until_change
def _checklists() -> list[Checklist]:
    """Asked at every scan of someone who may check."""
    return list(Checklist.offered())


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
    today = clock.today()
    mine = [each for each in _checklists() if who.may(permission(each)) and not who.roles.isdisjoint(each.who)]
    mine = [each for each in mine if not _spares(who, each)]
    if not mine:
        return []
    group = class_at(place) if group is _UNKNOWN else group
    if not _sees_all(who, place, group):
        mine = [each for each in mine if _offered(each, today)]
    code = code or (mine and getattr(Label.of(place=place), "code", None))
    if not mine or not code:
        return []
    open_now = [each for each in mine if each.fits(place, group) and not _refused(each, who, place, group)]
    offered = [each for each in open_now if _offered(each, today)]
    others = len(offered) < len(open_now)
    return _told_apart([_duty(each, code) for each in offered], offered) + [_others(code)] * others


def _told_apart(duties: list["Duty"], lists: list[Checklist]) -> list["Duty"]:
    """Two checklists of one kind at one door: their buttons say which."""
    words = [duty.words for duty in duties]
    return [
        replace(duty, words=f"{duty.words} · {each.title}") if words.count(duty.words) > 1 else duty
        for duty, each in zip(duties, lists, strict=True)
    ]


def _sees_all(who: Any, place: Place, group: ClassGroup | None) -> bool:
    """Whether someone sees also what has no button of its own at this door: who checks places, and who answers for
    just this one as its keeper, its cleaner, or the teacher of the class that sits there."""
    if who.is_card:
        return False
    return who.may("inspections.check") or who.id in (place.keeper_id, place.cleaner_id, group and group.teacher_id)


def _offered(checklist: Checklist, day: date) -> bool:
    return checklist.kind == "ticks" or checklist.rules.offered(day)


def _refused(checklist: Checklist, who: Any, place: Place, group: ClassGroup | None) -> str | None:
    return checklist.refusal(who, place, group if checklist.target == "class" else None)


def lists_here(who: Any, place: Place, group: ClassGroup | None = _UNKNOWN) -> list[Checklist]:
    """Everything that someone may check at a place now, what is offered at its door and what is not."""
    group = class_at(place) if group is _UNKNOWN else group
    mine = [each for each in _checklists() if each.kind != "ticks" and who.may(permission(each))]
    if not _sees_all(who, place, group):
        mine = [each for each in mine if _offered(each, clock.today())]
    return [each for each in mine if each.fits(place, group) and not _refused(each, who, place, group)]


def class_list_of(who: Any = None) -> str:
    """The slug of the checklist that classes are scored with, by a card the one it has: out of 10, or out of 100
    where the school took that into use and retired the other. Empty when there is none."""
    known = {each.slug for each in _checklists()}
    mine = [slug for slug in CLASS_SCORES if slug in known]
    if who is not None and who.is_card:
        mine = [slug for slug in mine if slug in who.checklists]
    return mine[0] if mine else ""


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
