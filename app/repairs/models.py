"""The repair desk's rows and rules, by the name under which others import them.

kinds (words) · standing (states, moves) · steps · stepping (the one way to change a ticket) · filing, working,
answering (its verbs) · ticket · extensions, outside, parts (what hangs on it) · routes (who gets what) · recount.
"""

from app.repairs.extensions import Extension
from app.repairs.kinds import (
    CAUSES,
    HUMAN,
    KINDS,
    LIKELY,
    LONGEST,
    METHODS,
    RATINGS,
    REASONS,
    likely_kind,
)
from app.repairs.outside import Outside
from app.repairs.parts import Part
from app.repairs.recount import check_states, recount
from app.repairs.routes import Route
from app.repairs.standing import (
    CLOSED,
    ENDED,
    IN_WORK,
    MOVES,
    OPEN,
    STATES,
    TO_AGREE,
    TO_TAKE,
    Standing,
)
from app.repairs.steps import Step
from app.repairs.ticket import Ticket

__all__ = [
    "CAUSES", "CLOSED", "ENDED", "HUMAN", "IN_WORK", "KINDS", "LIKELY", "LONGEST", "METHODS", "MOVES", "OPEN",
    "RATINGS", "REASONS", "STATES", "TO_AGREE", "TO_TAKE", "Extension", "Outside", "Part", "Route", "Standing",
    "Step", "Ticket", "check_states", "likely_kind", "recount",
]  # fmt: skip
