"""Which tickets a list shows. One filter feeds the page, its tabs and the cards of the home page."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee
from flask_babel import lazy_gettext as _l

from app.db import escape_like
from app.people.models import Person
from app.places.models import Place
from app.repairs import deadlines
from app.repairs.models import ENDED, IN_WORK, KINDS, OPEN, TO_TAKE, Ticket

TABS = {
    "waiting": (_l("To take"), TO_TAKE),
    "work": (_l("In work"), IN_WORK),
    "done": (_l("Done"), ENDED),
}
# Someone with a handful of reports does not look for them on three tabs.
OWN_TABS = {
    "open": (_l("Unfinished"), (*OPEN, "fixed")),
    "done": (_l("Done"), ("confirmed", "refused", "voided")),
}
# What a card on the home page opens; instead of a tab.
ONLY = {
    "new": _l("To be accepted"),
    "late": _l("Nearly late or late"),
    "confirm": _l("Fixed, waiting for your word"),
}


@dataclass(frozen=True)
class TicketFilter:
    """What a list was asked for; whatever makes no sense is left out."""

    who: Person
    tab: str = ""
    only: str = ""
    building: int | None = None
    place: int | None = None
    kind: str = ""
    urgent: bool = False
    mine: bool = False
    words: str = ""

    @classmethod
    def asked(cls, who: Person, args: Any) -> "TicketFilter":
        """From a query string."""
        tabs = tabs_for(who)
        return cls(
            who,
            tab=args.get("tab") if args.get("tab") in tabs else next(iter(tabs)),
            only=args.get("only", "") if args.get("only") in ONLY else "",
            building=_id(args.get("building")),
            place=_id(args.get("place")),
            kind=args.get("kind", "") if args.get("kind") in KINDS else "",
            urgent=args.get("urgent") == "1",
            mine=args.get("mine") == "1",
            words=args.get("words", "").strip()[:60],
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.building or self.place or self.kind or self.urgent or self.mine or self.words)

    def rows(self) -> peewee.ModelSelect:
        """The tickets with their names. Open ones: urgent first, then by the time left; ended ones: newest first."""
        query = Ticket.with_names(self.narrow(self._standing(Ticket.visible_to(self.who))))
        if self.tab == "done" and not self.only:
            return query.order_by(Ticket.id.desc())
        return query.order_by(Ticket.urgent.desc(), peewee.fn.COALESCE(Ticket.clock_from, Ticket.at), Ticket.id)

    def _standing(self, query: peewee.ModelSelect) -> peewee.ModelSelect:
        if self.only == "new":
            return query.where(Ticket.state == "reported")
        if self.only == "late":
            return query.where(nearly_late())
        if self.only == "confirm":
            return Ticket.to_confirm_by(self.who)
        tabs = tabs_for(self.who)
        if self.tab == "done":  # said as what it is not: an index on the state would gather and sort nearly all rows
            return query.where(Ticket.state.not_in([state for tab in tabs if tab != "done" for state in tabs[tab][1]]))
        return query.where(Ticket.state.in_(tabs[self.tab][1]))

    def narrow(self, query: peewee.ModelSelect) -> peewee.ModelSelect:
        """The same tickets, fewer: whatever of the filter is not the tab."""
        if self.building:
            query = query.where(Ticket.place.in_(_inside(self.building)))
        if self.place:
            query = query.where(Ticket.place == self.place)
        if self.kind:
            query = query.where(Ticket.kind == self.kind)
        if self.urgent:
            query = query.where(Ticket.urgent)
        if self.mine:
            query = query.where(Ticket.worker == self.who)
        return query.where(_holds(self.words)) if self.words else query

    def counts(self) -> dict[str, int]:
        """How many open tickets stand on each tab, one query; ended ones are not counted, they only grow."""
        visible = self.narrow(Ticket.visible_to(self.who)).where(Ticket.state.in_((*OPEN, "fixed")))
        by_state = dict(visible.select(Ticket.state, peewee.fn.COUNT(Ticket.id)).group_by(Ticket.state).tuples())
        tabs = tabs_for(self.who).items()
        return {tab: sum(by_state.get(state, 0) for state in states) for tab, (_word, states) in tabs if tab != "done"}


def tabs_for(who: Person) -> dict[str, tuple[Any, tuple[str, ...]]]:
    return TABS if who.may("repairs.all") else OWN_TABS


def nearly_late() -> peewee.Expression:
    return Ticket.state.in_(OPEN) & (Ticket.clock_from <= deadlines.soon_before())


def late() -> peewee.Expression:
    return Ticket.state.in_(OPEN) & (Ticket.clock_from < deadlines.late_before())


def _inside(building: int) -> peewee.ModelSelect:
    floors = Place.select(Place.id).where(Place.parent == building)
    return Place.select(Place.id).where((Place.id == building) | (Place.parent == building) | Place.parent.in_(floors))


def _holds(words: str) -> peewee.Expression:
    """Ticket number, or words of the report, or the room's name or number."""
    head, _dash, tail = words.partition("-")
    if len(head) == 8 and head.isascii() and head.isdigit() and tail.isascii() and (tail.isdigit() or not tail):
        return _numbered(head, tail)
    pattern = f"%{escape_like(words)}%"
    rooms = Place.select(Place.id).where((Place.name**pattern) | (Place.number**pattern))
    return (Ticket.words**pattern) | Ticket.place.in_(rooms)


def _numbered(head: str, tail: str) -> peewee.Expression:
    try:
        day = date(int(head[:4]), int(head[4:6]), int(head[6:]))
    except ValueError:
        return Ticket.id == 0
    return (Ticket.day == day) & (Ticket.serial == int(tail[:9])) if tail else Ticket.day == day


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
