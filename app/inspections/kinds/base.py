"""What a kind of check says of itself, and the seasons of a school year in which some kinds are due."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from app import calendar

BEFORE_TERM, INTO_TERM, BEFORE_HOLIDAYS = timedelta(days=14), timedelta(days=7), timedelta(days=7)
FIRST_WEEKS = timedelta(weeks=4)


@dataclass(frozen=True)
class Kind:
    """The rules of a kind of check; its checklists are the files in seeds/checklists that name it as `family`.

    `button` are the words at a door. A kind `at_door` is offered at every door that it fits, one with a `season` in
    those days only; the others wait under “Other checks”. `finding` is what a failed item opens unless the item says
    otherwise (a key of checklists.FINDINGS). `cards` are the checklists that pupils' duty cards may use, by slug.
    """

    slug: str
    words: Any
    icon: str = "clipboard-check"
    button: Any = ""
    at_door: bool = False
    season: Callable[[date], bool] | None = None
    finding: str = "ticket"
    cards: Mapping[str, Any] = field(default_factory=dict)

    def offered(self, day: date) -> bool:
        """Whether the label's page has a button of its own for it on a day."""
        return self.at_door or (self.season is not None and self.season(day))


def around_term_start(day: date) -> bool:
    """From two weeks before a term until a week into it; never while no term is entered."""
    return any(term.starts_on - BEFORE_TERM <= day < term.starts_on + INTO_TERM for term in calendar.terms())


def first_weeks(day: date) -> bool:
    """The first four weeks of a term."""
    return any(term.starts_on <= day < term.starts_on + FIRST_WEEKS for term in calendar.terms())


def around_holidays(day: date) -> bool:
    """The last week of a term, and the holidays after it until the next term is about to begin."""
    near = calendar.term_near(day)
    return near is not None and near.ends_on - BEFORE_HOLIDAYS <= day and not around_term_start(day)
