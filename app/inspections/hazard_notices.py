"""Who has to know of hazards and of what is to be cleaned again, and what the clock tells by itself."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, notify, tick
from app.inspections import follow_ups, hazards
from app.inspections.follow_ups import FollowUp
from app.inspections.hazards import STANDING, Hazard, HazardStep
from app.notify.models import Notice, Telling
from app.people.models import Person

SOON = timedelta(days=2)  # before the day that was agreed
AT_MOST = 300

notify.says({
    "hazards.registered": _l("New hazard %(number)s at %(place)s: %(what)s"),
    "hazards.urgent": _l("Major hazard %(number)s at %(place)s: %(what)s"),
    "hazards.assigned": _l("Hazard for you: %(number)s, %(place)s, put right by %(until)s: %(what)s"),
    "hazards.extended": _l("Hazard %(number)s, %(place)s: now by %(until)s"),
    "hazards.recheck": _l("Hazard %(number)s, %(place)s, was put right and waits for the recheck"),
    "hazards.failed": _l("Hazard %(number)s, %(place)s, is not right yet: again by %(until)s"),
    "hazards.closed": _l("Hazard %(number)s, %(place)s, is closed"),
    "hazards.soon": _l("Hazard %(number)s, %(place)s, has to be put right by %(until)s"),
    "hazards.late": _l("Hazard %(number)s, %(place)s, should have been put right by %(until)s"),
    "follow_ups.nobody": _l("To be cleaned again by %(until)s, but nobody has it: %(place)s, %(what)s"),
    "follow_ups.mine": _l("To be cleaned again by %(until)s: %(place)s, %(what)s"),
    "follow_ups.late": _l("Not cleaned again by %(until)s: %(place)s, %(what)s"),
})  # fmt: skip


def of_step(hazard: Hazard, step: HazardStep, by: Any) -> None:
    """Whatever a step means for others, stored in its own act. Nobody is told the own act."""
    if step.kind == "registered":
        major = step.level == "major"
        _tell("hazards.urgent" if major else "hazards.registered", hazard, _office(), by, urgent=major, group=major)
    elif step.kind == "rated" and step.level == "major":
        _tell("hazards.urgent", hazard, [*_office(), hazard.person_id], by, urgent=True, group=True)
    elif step.kind == "planned":
        _tell("hazards.assigned", hazard, [hazard.person_id], by, group=True)
    elif step.kind == "changed":
        before = _given_before(hazard, step)
        kind = "hazards.extended" if hazard.person_id == before else "hazards.assigned"
        _tell(kind, hazard, [hazard.person_id], by, group=True)
    elif step.kind == "fixed":
        _tell("hazards.recheck", hazard, _office(), by)
    elif step.kind == "failed":
        _tell("hazards.failed", hazard, [hazard.person_id], by)
    elif step.kind == "closed":
        _tell("hazards.closed", hazard, [hazard.reporter_id, hazard.person_id], by)


def of_follow_up(row: FollowUp, by: Any) -> None:
    """Who has it; the office, when nobody cleans the place."""
    kind, to = ("follow_ups.mine", [row.person_id]) if row.person_id else ("follow_ups.nobody", _office())
    to = [id for id in dict.fromkeys(to) if id != _own(by)]
    if to:
        _tell_follow_up(kind, row, to, once=f"{row.id}:{row.person_id}:{clock.now()}")


def told_of(row: FollowUp) -> list[str]:
    """The names of those who were told of something to be cleaned again, each once. One query."""
    kinds = ("follow_ups.mine", "follow_ups.nobody", "follow_ups.late")
    mine = [Telling.once.between(f"{kind} {row.id}:", f"{kind} {row.id};") for kind in kinds]
    names = (
        Notice.select(Person.name).join(Telling).join_from(Notice, Person).where(reduce(or_, mine))
        .order_by(Notice.id).tuples()
    )  # fmt: skip
    return list(dict.fromkeys(name for (name,) in names))


def _given_before(hazard: Hazard, step: HazardStep) -> int | None:
    earlier = HazardStep.select(HazardStep.responsible).where(
        HazardStep.hazard == hazard, HazardStep.serial < step.serial, HazardStep.responsible.is_null(False)
    )
    return earlier.order_by(HazardStep.serial.desc()).limit(1).scalar()


def _tell(kind: str, hazard: Hazard, to: Iterable[int | None], by: Any, **more: Any) -> None:
    people = [id for id in dict.fromkeys(to) if id is not None and id != _own(by)]
    if people or more.get("group"):
        notify.tell(kind, hazard, people, f"/inspections/hazards/{hazard.id}", number=hazard.number,
                    place=hazard.place.name, what=hazard.words, until=hazard.due_on, **more)  # fmt: skip


def _tell_follow_up(kind: str, row: FollowUp, to: Iterable[int | None], **more: Any) -> None:
    notify.tell(kind, row, [id for id in to if id], f"/inspections/follow-ups/{row.id}", place=row.place.name,
                what=row.words, until=row.due_on, **more)  # fmt: skip


def _own(by: Any) -> int | None:
    return by.id if by is not None and not by.is_card else None


def _office() -> list[int]:
    """Those who plan and recheck."""
    return [who.id for role in ("director", "custodian") for who in Person.with_role(role).select(Person.id)]


# By the clock -----------------------------------------------------------------------------------------------


def soon(now: datetime) -> None:
    """Nearly past the day that was agreed: told once for each such day, to who has it."""
    today = clock.local(now).date()
    near = (Hazard.state == "fixing") & (Hazard.due_on >= today) & (Hazard.due_on <= today + SOON)
    for hazard, once in _untold("hazards.soon", Hazard.select().where(near)):
        _tell("hazards.soon", hazard, [hazard.person_id], None, once=once)


def late(now: datetime) -> None:
    """Past the day that was agreed: told once for each such day, to who has it and to the office."""
    over = Hazard.select().where(Hazard.is_overdue(clock.local(now).date()))
    for hazard, once in _untold("hazards.late", over):
        _tell("hazards.late", hazard, [hazard.person_id, *_office()], None, once=once, group=True)


def not_cleaned(now: datetime) -> None:
    """What was to be cleaned again and was not: told once, to who has it and to the office."""
    over = FollowUp.select().where(FollowUp.outcome == "", FollowUp.due_on < clock.local(now).date())
    for row, once in _untold("follow_ups.late", over):
        _tell_follow_up("follow_ups.late", row, [row.person_id, *_office()], once=once)


def _untold(kind: str, rows: peewee.ModelSelect) -> list[tuple[Any, str]]:
    """Those that nobody was told of yet for this day, with their keys: one query however many there are."""
    keyed = {f"{kind} {row.id}:{row.due_on}": row for row in rows.order_by(rows.model.id)}
    told = {once for (once,) in Telling.select(Telling.once).where(Telling.once.in_(list(keyed))).tuples()}
    left = [(row, once.partition(" ")[2]) for once, row in keyed.items() if once not in told]
    return left[:AT_MOST]


def digest(now: datetime) -> Iterator[str]:
    """The state of the book in a line, in the language of the moment; nothing when nothing stands."""
    today = clock.local(now).date()
    count, case = peewee.fn.COUNT, peewee.Case
    open_, over, waits = (
        Hazard.select(
            count(Hazard.id),
            count(case(None, ((Hazard.is_overdue(today), 1),))),
            count(case(None, ((Hazard.state == "recheck", 1),))),
        )
        .where(Hazard.state.in_(STANDING))
        .tuples()
        .get()
    )
    if open_:
        yield _("Hazards: %(open)s open, %(late)s past their day, %(recheck)s to be rechecked.",
                open=open_, late=over, recheck=waits)  # fmt: skip


hazards.after_step.append(of_step)
follow_ups.after_opening.append(of_follow_up)
tick.work(soon, "hazards.soon")
tick.work(late, "hazards.late")
tick.work(not_cleaned, "follow_ups.late")
notify.digest_adds(digest)
