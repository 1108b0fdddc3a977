"""Which tickets a list shows. One filter feeds the page, its tabs and the cards of the home page."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee
from flask_babel import lazy_gettext as _l

from app.db import escape_like
from app.people.models import Person
from app.places.models import ClassGroup, Place
from app.repairs.models import CLOSED, ENDED, IN_WORK, KINDS, OPEN, STATES, TO_AGREE, TO_TAKE, Ticket

TABS = {
    "waiting": (_l("To take"), (*TO_AGREE, *TO_TAKE)),
    "work": (_l("In work"), IN_WORK),
    "done": (_l("Done"), ENDED),
}
# Someone with a handful of reports does not look for them on three tabs.
OWN_TABS = {
    "open": (_l("Unfinished"), (*OPEN, "fixed")),
    "done": (_l("Done"), ("confirmed", *CLOSED)),
}
# What a card on the home page opens; instead of a tab.
ONLY = {
    "new": _l("To be accepted"),
    "late": _l("Nearly late or late"),
    "overdue": _l("Late"),
    "apply": _l("Class property: please apply"),
    "confirm": _l("Fixed, waiting for your word"),
    "unsatisfied": _l("Not satisfied"),
}


@dataclass(frozen=True)
class TicketFilter:
    """What a list was asked for; whatever makes no sense is left out."""

    who: Person
    tab: str = ""
    only: str = ""
    building: int | None = None
    place: int | None = None
    state: str = ""
    kind: str = ""
    worker: int | None = None
    late: bool = False
    class_property: bool = False
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
            state=args.get("state", "") if args.get("state") in STATES else "",
            kind=args.get("kind", "") if args.get("kind") in KINDS else "",
            worker=_id(args.get("worker")),
            late=args.get("late") == "1",
            class_property=args.get("class_property") == "1",
            urgent=args.get("urgent") == "1",
            mine=args.get("mine") == "1",
            words=args.get("words", "").strip()[:60],
        )

    @property
    def narrowed(self) -> bool:
        return any(self.kept.values())

    @property
    def kept(self) -> dict[str, Any]:
        """Whatever of the filter is not the tab, as a query string has it; None for what was not asked."""
        flags = {name: 1 if getattr(self, name) else None for name in ("late", "class_property", "urgent", "mine")}
        named = ("building", "place", "state", "kind", "worker", "words")
        return {name: getattr(self, name) or None for name in named} | flags

    def rows(self) -> peewee.ModelSelect:
        """The tickets with their names. Open ones: urgent first, then by the time left; ended ones: newest first."""
        query = Ticket.with_names(self.narrow(self._standing(Ticket.visible_to(self.who))))
        if (self.tab == "done" or self.state in ENDED) and not self.only:
            return query.order_by(Ticket.id.desc())
        return query.order_by(Ticket.urgent.desc(), peewee.fn.COALESCE(Ticket.clock_from, Ticket.at), Ticket.id)

    def _standing(self, query: peewee.ModelSelect) -> peewee.ModelSelect:
        if self.only == "new":
            return query.where(Ticket.state == "reported")
        if self.only == "late":
            return query.where(nearly_late())
        if self.only == "overdue":
            return query.where(late())
        if self.only == "apply":
            return to_apply_by(self.who)
        if self.only == "unsatisfied":
            return query.where(Ticket.rating == "unsatisfied")
        if self.only == "confirm":
            return Ticket.to_confirm_by(self.who)
        if self.state:  # a state stands on one tab only: asked for by name it needs none
            return query.where(Ticket.state == self.state)
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
        if self.worker:
            query = query.where(Ticket.worker == self.worker)
        if self.late:
            query = query.where(late() | (Ticket.on_time == False))  # noqa: E712 - an expression of the query
        if self.class_property:
            query = query.where(Ticket.class_group.is_null(False))
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
    return Ticket.is_soon()


def late() -> peewee.Expression:
    return Ticket.is_late()


def to_apply_by(who: Person) -> peewee.ModelSelect:
    """Class property that a colleague found broken: the teacher of the class has to apply for its repair."""
    own = ClassGroup.select(ClassGroup.id).where(ClassGroup.teacher == who)
    return Ticket.select().where(Ticket.state == "noticed", Ticket.class_group.in_(own))


def workers() -> peewee.ModelSelect:
    """Everybody who has repaired something or is about to, by name."""
    any_of = Ticket.select(peewee.Value(1)).where(Ticket.worker == Person.id)
    return Person.select(Person.id, Person.name).where(peewee.fn.EXISTS(any_of)).order_by(Person.initials, Person.id)


def _inside(building: int) -> peewee.ModelSelect:
    floors = Place.select(Place.id).where(Place.parent == building)
    return Place.select(Place.id).where((Place.id == building) | (Place.parent == building) | Place.parent.in_(floors))


def _holds(words: str) -> peewee.Expression:
    """Ticket number, or words of the report, or the room's name or number."""
    by_number = numbered(words)
    if by_number is not None:
        return by_number
    pattern = f"%{escape_like(words)}%"
    rooms = Place.select(Place.id).where((Place.name**pattern) | (Place.number**pattern))
    return (Ticket.words**pattern) | Ticket.place.in_(rooms)


def numbered(words: str, whole: bool = False) -> peewee.Expression | None:
    """The condition of a ticket number, or of its day alone unless it must be `whole`; None when it is none."""
    head, _dash, tail = words.partition("-")
    digits = head.isascii() and head.isdigit() and tail.isascii() and (tail.isdigit() or not tail)
    if len(head) != 8 or not digits or (whole and not tail):
        return None
    try:
        day = date(int(head[:4]), int(head[4:6]), int(head[6:]))
    except ValueError:
        return Ticket.id == 0
    return (Ticket.day == day) & (Ticket.serial == int(tail[:9])) if tail else Ticket.day == day


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
