"""What follows when a checklist is retired: its plans build no rounds, and nobody has missed what is open."""

from flask_babel import gettext as _

from app.inspections.checklists import Checklist, after_retiring, after_return
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round
from app.people.models import DutyCard, Person

LONGEST = 200  # of an excuse


def open_rounds(slug: str) -> list[Round]:
    """The rounds with a checklist that can be done now."""
    return list(Round.whole().where(Plan.slug == slug, Round.going_on()).order_by(Round.closes_at, Round.id))


def cards_for(slug: str) -> list[DutyCard]:
    """The duty cards that may check with it."""
    return [card for card in DutyCard.standing().order_by(DutyCard.name) if slug in card.checklists]


def stop(checklist: Checklist, by: Person, reason: str) -> None:
    """Take back the rounds that are not open yet and excuse those that are. The plans stay as they are."""
    for plan in Plan.using(checklist.slug):
        Round.take_back(plan.series)
    for round in open_rounds(checklist.slug):
        round.excuse(by, _("the checklist was retired: %(reason)s", reason=reason)[:LONGEST])


def go_on(checklist: Checklist) -> None:
    """From today on; what would have been due meanwhile is not made up for."""
    for plan in Plan.using(checklist.slug):
        plan.pick_up()


after_retiring.append(stop)
after_return.append(go_on)
