"""What arrives: accepted by two people, stocked in, entered in the ledger; only then may it be reimbursed.

Each step is a row of its own with a person and a time, and the database holds one of each for a delivery. A step
is refused until the one before it is there.

steps.py has the words, deliveries.py what a delivery is, verbs.py what is done with it; lines.py, acceptance.py and
records.py have the rows that hang on it.
"""

from app.receiving.acceptance import Acceptance, Confirmation, Objection, Refusal, Result
from app.receiving.deliveries import Delivery
from app.receiving.lines import DeliveryLine, LineAsset
from app.receiving.records import Entry, Reimbursement, StockIn, Voiding
from app.receiving.steps import MOST_LINES, RIGHTS, STATES, STEPS, TRIALS, Found, Item, Stage

__all__ = [
    "MOST_LINES", "RIGHTS", "STATES", "STEPS", "TRIALS", "Acceptance", "Confirmation", "Delivery", "DeliveryLine",
    "Entry", "Found", "Item", "LineAsset", "Objection", "Refusal", "Reimbursement", "Result", "Stage", "StockIn",
    "Voiding",
]  # fmt: skip
