"""Scores, spot checks and ticks of the demo school's days."""

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from app import clock
from app.inspections.checklists import CLASS_HYGIENE, DAILY_CLEANING, Checklist
from app.inspections.models import Check
from app.inspections.scoring import Verdict
from app.seeds.demo_school.days import at

if TYPE_CHECKING:
    from app.seeds.demo_school import School

TICKED_DAYS = 14  # how far back the cleaners' ticks go


def build_day(school: "School", day: date) -> None:
    """The monitors' morning round, the office's toilet check on Wednesdays, the cleaners' ticks."""
    if day.isoweekday() <= 5:  # the cards' own weekdays; not on a Saturday that is taught
        _morning_round(school, day)
    if day.isoweekday() == 3:
        _toilets(school, day)
    if day >= clock.today_really() - timedelta(days=TICKED_DAYS):
        _cleaning(school, day)


def _morning_round(school: "School", day: date) -> None:
    checklist = Checklist.now(CLASS_HYGIENE)
    for order, group in enumerate(school.classes):
        moment = at(day, 7, 30 + order)
        if moment >= clock.now_really():
            return
        clock.set_hands(moment)
        card = school.cards[group.grade - 1][0]
        by = school.person("counsellor") if card.own_class_id == group.id else card
        Check.record(checklist, group.room, by, _verdicts(checklist, school.chance, _tidiness(group.id)))


def _tidiness(class_id: int) -> float:
    """Every class has its own habits: between 0.82 and 0.97 of the items are in order."""
    return 0.82 + (class_id * 7 % 16) / 100


def _verdicts(checklist: Checklist, chance: Random, tidiness: float) -> dict[str, Verdict]:
    found = {}
    for item in checklist.items:
        if chance.random() > tidiness and item.reasons and not item.photo_on_fail:
            found[item.key] = Verdict(reasons=(chance.randrange(len(item.reasons)),))
    return found


def _toilets(school: "School", day: date) -> None:
    checklist = Checklist.now("toilet")
    for order, place in enumerate(p for p in school.places.values() if p.kind == "toilet"):
        moment = at(day, 10, order)
        if moment >= clock.now_really():
            return
        clock.set_hands(moment)
        Check.record(checklist, place, school.person("director"), _verdicts(checklist, school.chance, 0.86))


def _cleaning(school: "School", day: date) -> None:
    """Today some areas are still to do, so that the cleaner's page shows both."""
    checklist = Checklist.now(DAILY_CLEANING)
    for order, place in enumerate(p for p in school.places.values() if p.cleaner_id):
        moment = at(day, 6 + order % 3, 40 - order % 7)
        items = checklist.items_at(place)
        if not items or moment >= clock.now_really() or (day == clock.today_really() and order % 3 == 2):
            continue
        clock.set_hands(moment)
        Check.tick(checklist, place, place.cleaner, items)
