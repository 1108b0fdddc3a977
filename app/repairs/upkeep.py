"""Preventive work (预防性维护): rules that open planned tickets ahead of time, once for each occurrence.

A rule speaks of one asset, one room, or a category with all below it. It is asked by every tick; what it opened is
never touched again: a change or a pause counts for the days to come, and what was missed stays to be seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import calendar, clock, journal
from app.assets.models import Asset, Category, Shelf
from app.db import Day, Moment, Row, database, writing
from app.errors import Refused
from app.people.models import Person
from app.places.models import Place
from app.repairs.models import KINDS, OPEN, Ticket
from app.repairs.upkeep_dates import UNITS, Cadence

LONGEST = 300
MOST_DAYS, MOST_MONTHS, MOST_AHEAD = 1825, 60, 60
PER = {
    "building": _l("one ticket for each building"),
    "room": _l("one ticket for each room"),
    "asset": _l("one ticket for each thing"),
}
MOST_TICKETS = 200  # of one rule at a time; a rule that wants more is made for rooms or buildings instead

journal.says({
    "upkeep.added": _l("made the rule of preventive work %(name)s: %(cadence)s"),
    "upkeep.changed": _l("changed the rule %(name)s from now on: %(cadence)s"),
    "upkeep.paused": _l("paused the rule %(name)s"),
    "upkeep.resumed": _l("the rule %(name)s counts again"),
    "upkeep.opened": _l("%(name)s, due %(due)s: %(count)s planned tickets opened"),
    "upkeep.empty": _l("%(name)s was due %(due)s, but nothing is left to do it to"),
    "upkeep.passed": _l("%(name)s was due %(due)s while nothing ran that opens tickets: it passed"),
})  # fmt: skip


class Rule(Row):
    """What is to be done again and again, to which things, how often, and how many days ahead its ticket opens.

    Exactly one of asset, place and category is set. `since` is the first day this wording counts for: what was due
    earlier belongs to the past. `words` are written on the ticket. Names of built-in kinds are those of the school.
    """

    name = peewee.CharField(60)
    words = peewee.CharField(LONGEST, default="")
    kind = peewee.CharField(12)
    asset = peewee.ForeignKeyField(Asset, null=True, backref="upkeep_rules")
    place = peewee.ForeignKeyField(Place, null=True, backref="upkeep_rules")
    category = peewee.ForeignKeyField(Category, null=True, index=False)
    per = peewee.CharField(10, default="")
    unit = peewee.CharField(8)
    every = peewee.IntegerField(default=1)
    first_on = Day()
    before = peewee.IntegerField(default=0)
    ahead = peewee.IntegerField(default=3)
    worker = peewee.ForeignKeyField(Person, null=True, index=False)
    since = Day()
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "upkeep_rule"
        constraints = [
            peewee.Check("(asset_id is not null) + (place_id is not null) + (category_id is not null) = 1"),
            peewee.Check("unit in ('days', 'months', 'term')"),
            peewee.Check("every > 0 and before >= 0 and ahead >= 0"),
            peewee.Check("(category_id is not null) = (per <> '')"),
        ]

    def __str__(self) -> str:
        return self.name

    # How it reads

    @property
    def icon(self) -> str:
        return KINDS[self.kind][1]

    @property
    def cadence(self) -> Cadence:
        return Cadence(self.unit, self.every, self.first_on, self.before)

    @property
    def cadence_words(self) -> str:
        """`every 6 months`, `7 days before term begins`."""
        if self.unit == "days":
            return ngettext("every day", "every %(num)s days", self.every)
        if self.unit == "months":
            return ngettext("every month", "every %(num)s months", self.every)
        if not self.before:
            return _("on the first day of term")
        return ngettext("%(num)s day before term begins", "%(num)s days before term begins", self.before)

    @property
    def about(self) -> str:
        """Which things it speaks of."""
        if self.asset_id:
            return f"{self.asset.name} {self.asset.number}"
        if self.place_id:
            return self.place.full_name if self.place.is_room else self.place.name
        return f"{self.category.word} · {PER[self.per]}"

    @property
    def rest(self) -> "Rest | None":
        """The pause that is on now."""
        return self.__dict__["rest"] if "rest" in self.__dict__ else Rest.now_on(self)

    @rest.setter
    def rest(self, value: "Rest | None") -> None:
        self.__dict__["rest"] = value

    @property
    def is_paused(self) -> bool:
        return self.rest is not None

    def next_days(self, count: int = 3, last: date | None = None) -> list[date]:
        """The next days it is due and not opened yet; none while it is paused. `last` is the day of its newest
        occurrence, for lists that know it."""
        found: list[date] = []
        if self.is_paused:
            return found
        last = self._last_opened() if last is None else last
        terms, day = term_starts(), max(self.since, clock.today(), last + timedelta(days=1))
        while len(found) < count and (due := self.cadence.next_from(day, terms)) is not None:
            found.append(due)
            day = due + timedelta(days=1)
        return found

    def _last_opened(self) -> date:
        newest = Occurrence.select(peewee.fn.MAX(Occurrence.due_on)).where(Occurrence.rule == self).scalar()
        return date.fromisoformat(newest) if isinstance(newest, str) else newest or date.min

    # Which there are

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """With what it speaks of, who does it, and the pause that is on, in one query."""
        left, floor, building = peewee.JOIN.LEFT_OUTER, Place.alias(), Place.alias()
        return (
            cls.select(cls, Asset, Place, floor, building, Category, Person, Rest)
            .join(Asset, left)
            .join_from(cls, Place, left, on=(cls.place == Place.id), attr="place")
            .join(floor, left, on=(Place.parent == floor.id), attr="parent")
            .join(building, left, on=(floor.parent == building.id), attr="parent")
            .join_from(cls, Category, left, on=(cls.category == Category.id), attr="category")
            .join_from(cls, Person, left, on=(cls.worker == Person.id), attr="worker")
            .join_from(cls, Rest, left, on=((Rest.rule == cls.id) & Rest.ended_at.is_null()), attr="_rest")
            .order_by(cls.name, cls.id)
        )

    @classmethod
    def listed(cls) -> list["Rule"]:
        """All of them; whether each is paused costs no further query."""
        rules = list(cls.shown())
        for rule in rules:
            rule.rest = getattr(rule, "_rest", None)
        return rules

    # Verbs

    @classmethod
    def add(cls, by: Any, name: str, kind: str, **fields: Any) -> "Rule":
        """A new rule. Needs one of asset, place or category (with `per`), unit, every, first_on (for terms: before),
        ahead, and may name words and a worker. Nothing of the past is opened."""
        facts = {"first_on": clock.today(), **fields}
        with writing():
            rule = cls(name=name, kind=kind, by=by, since=clock.today(), **facts)
            rule._check()
            rule.save(force_insert=True)
            rule._tell("upkeep.added", by)
        return rule

    def change(self, by: Any, **fields: Any) -> None:
        """From now on. What was due until today is opened first, as it was said until now."""
        with writing():
            changed = {name: value for name, value in fields.items() if getattr(self, name) != value}
            if not changed:
                return
            if not self.is_paused:
                self.open_due()
            for name, value in changed.items():
                setattr(self, name, value)
            self.since = clock.today()
            self._check()
            self.save()
            self._tell("upkeep.changed", by)

    def pause(self, by: Any) -> None:
        """No more tickets until it is resumed; those that are open stay open."""
        with writing():
            if Rest.now_on(self) is not None:
                raise Refused(_("%(name)s is paused already.", name=self.name))
            self.open_due()
            self.rest = Rest.create(rule=self, by=by)
            self._tell("upkeep.paused", by)

    def resume(self, by: Any) -> None:
        """From today on; what was due during the pause is not made up for."""
        with writing():
            ended = Rest.update(ended_at=clock.now(), ended_by=by).where(Rest.rule == self, Rest.ended_at.is_null())
            if not ended.execute():
                raise Refused(_("%(name)s is not paused.", name=self.name))
            self.since, self.rest = clock.today(), None
            self.save(only=[Rule.since])
            self._tell("upkeep.resumed", by)

    def _check(self) -> None:
        if self.kind not in KINDS or self.unit not in UNITS or (self.category_id and self.per not in PER):
            raise Refused(_("Please choose one."), 422)
        if sum(id is not None for id in (self.asset_id, self.place_id, self.category_id)) != 1:
            raise Refused(_("Please say which thing, which room or which category."), 422)
        most = {"days": MOST_DAYS, "months": MOST_MONTHS}.get(self.unit, 1)
        if not 1 <= self.every <= most or not 0 <= self.before <= MOST_AHEAD or not 0 <= self.ahead <= MOST_AHEAD:
            raise Refused(_("Please give a number from %(low)s to %(high)s.", low=1, high=most), 422)
        if self.ahead >= shortest(self.unit, self.every):
            raise Refused(_("The ticket must open after the one before it was due: fewer days ahead, please."), 422)

    def _tell(self, action: str, by: Any, **facts: Any) -> None:
        journal.record(
            action, self, by, place=self.place_id, asset=self.asset_id, name=self.name, cadence=self.cadence_words,
            **facts,
        )  # fmt: skip

    # Opening

    def open_due(self, terms: Iterable[date] | None = None) -> list[Ticket]:
        """Open what is due within `ahead` days and was not opened yet; the tickets that were opened.

        After a long standstill only the newest of what went by gets tickets; the others are written down as passed.
        """
        today = clock.today()
        terms = term_starts() if terms is None else terms
        days = self.cadence.between(self.since, today + timedelta(days=self.ahead), terms)
        if not days:
            return []
        with writing():
            known = Occurrence.select(Occurrence.due_on).where(Occurrence.rule == self, Occurrence.due_on >= days[0])
            opened = {due for (due,) in known.tuples()}
            pending = [day for day in days if day not in opened]
            gone = [day for day in pending if day < today]
            for day in gone[:-1]:
                Occurrence.create(rule=self, due_on=day, passed=True)
                self._tell("upkeep.passed", None, due=day.isoformat())
            return [ticket for day in pending if day not in gone[:-1] for ticket in self._open(day)]

    def _open(self, due: date) -> list[Ticket]:
        occurrence = Occurrence.create(rule=self, due_on=due)
        tickets = [self._ticket(target, due) for target in self.targets()]
        for ticket in tickets:
            Planned.create(occurrence=occurrence, ticket=ticket)
        self._tell("upkeep.opened" if tickets else "upkeep.empty", None, due=due.isoformat(), count=len(tickets))
        return tickets

    def _ticket(self, target: "Target", due: date) -> Ticket:
        words = " · ".join(filter(None, (self.name, self.words, target.words)))
        ticket = Ticket.report(
            None, place=target.place, kind=self.kind, words=words[:500], asset=target.asset,
            source=f"upkeep/{self.id}", planned_for=due,
        )  # fmt: skip
        if ticket.state == "reported" and self.worker_id and self.worker.is_active:
            ticket.assign(None, self.worker)
        elif ticket.state == "reported":
            ticket.accept(None)
        return ticket

    def targets(self) -> list["Target"]:
        """What gets a ticket now. Closed rooms and things that are gone get none."""
        if self.place_id:
            return [Target(self.place)] if self.place.closed_at is None else []
        if self.asset_id:
            where = self.asset.place or _where_most(self.asset)
            return [Target(where, self.asset)] if where is not None and self.asset.state != "disposed" else []
        return _by_category(self.category, self.per)


class Rest(Row):
    """A pause of a rule, from whom and when to whom and when; the database lets only one be on."""

    rule = peewee.ForeignKeyField(Rule, backref="rests", index=False)
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)
    ended_at = Moment(null=True)
    ended_by = peewee.ForeignKeyField(Person, null=True, index=False)

    class Meta:
        table_name = "upkeep_rest"
        indexes = ((("rule", "at"), False),)

    @classmethod
    def now_on(cls, rule: Rule) -> "Rest | None":
        return cls.get_or_none(cls.rule == rule, cls.ended_at.is_null())


Rest.add_index(Rest.index(Rest.rule, unique=True, name="upkeep_rest_now", where=peewee.SQL("ended_at is null")))


class Occurrence(Row):
    """A rule was due on a day: its tickets are in Planned. `passed` when nothing opened them in time (`zongwu tick`
    did not run). One for each rule and day, says the database."""

    append_only = True

    rule = peewee.ForeignKeyField(Rule, backref="occurrences", index=False)
    due_on = Day()
    passed = peewee.BooleanField(default=False)
    at = Moment(default=clock.now)

    class Meta:
        table_name = "upkeep_occurrence"
        indexes = ((("rule", "due_on"), True), (("due_on",), False))


class Planned(Row):
    """The tickets of an occurrence."""

    append_only = True

    occurrence = peewee.ForeignKeyField(Occurrence, backref="planned")
    ticket = peewee.ForeignKeyField(Ticket, unique=True, backref="planned")

    class Meta:
        table_name = "upkeep_ticket"


@dataclass(frozen=True)
class Target:
    """What one planned ticket is about: a place, perhaps one thing, and what stands there in words."""

    place: Place
    asset: Asset | None = None
    words: str = ""


# A category's things ----------------------------------------------------------------------------------------


def of_category(category: Category) -> peewee.Expression:
    """Categories with this one's code or below it: A02061800 has A02061804 below it."""
    return Category.code.startswith(_stem(category.code))


def _stem(code: str) -> str:
    """The code without the pairs of noughts at its end: `A020618` of `A02061800`."""
    while len(code) > 3 and code.endswith("00"):
        code = code[:-2]
    return code


def _by_category(category: Category, per: str) -> list[Target]:
    """One query: every room in which things of the category stand, with how many."""
    floor, building = Place.alias(), Place.alias()
    rows = list(
        Shelf.select(Shelf, Asset, Place, floor, building)
        .join(Asset)
        .join(Category)
        .join_from(Shelf, Place, on=(Shelf.place == Place.id))
        .join(floor, peewee.JOIN.LEFT_OUTER, on=(Place.parent == floor.id), attr="parent")
        .join(building, peewee.JOIN.LEFT_OUTER, on=(floor.parent == building.id), attr="parent")
        .where(
            of_category(category), Shelf.quantity > 0, Place.closed_at.is_null(),
            Asset.state.not_in(("disposed", "to_dispose", "sought")), Place.kind != "store",
        )
        .order_by(building.position, floor.position, Place.position, Place.id, Asset.id)
    )  # fmt: skip
    if per == "asset":
        return [Target(row.place, row.asset) for row in rows][:MOST_TICKETS]
    grouped: dict[Place, list[Shelf]] = defaultdict(list)
    for row in rows:
        grouped[row.place if per == "room" else _building_of(row.place)].append(row)
    return [Target(place, None, _contents(shelves, per)) for place, shelves in grouped.items()][:MOST_TICKETS]


def _building_of(place: Place) -> Place:
    node = place
    while node.parent_id and node.kind != "building" and node.parent is not None:
        node = node.parent
    return node if node.kind == "building" else place


def _contents(shelves: list[Shelf], per: str) -> str:
    """`空调 2 台`, and for a building which rooms: `101教室 2, 102教室 2`."""
    counts: dict[str, int] = defaultdict(int)
    for row in shelves:
        counts[row.place.name if per == "building" else row.asset.name] += row.quantity
    return _(", ").join(f"{name} {count}" for name, count in counts.items())


def _where_most(asset: Asset) -> Place | None:
    """Where most of a batch stands."""
    shelf = (
        Shelf.select(Shelf, Place).join(Place).where(Shelf.asset == asset, Shelf.quantity > 0)
        .order_by(Shelf.quantity.desc()).first()
    )  # fmt: skip
    return shelf and shelf.place


# All rules --------------------------------------------------------------------------------------------------


def term_starts() -> list[date]:
    return [term.starts_on for term in calendar.terms()]


def shortest(unit: str, every: int) -> int:
    """The least days between two occurrences."""
    return {"days": every, "months": 28 * every}.get(unit, MOST_AHEAD + 1)


def open_planned() -> list[Ticket]:
    """Every rule that is not paused opens what is due; one that can't does not hold up the others."""
    terms, opened, wrong = term_starts(), [], None
    for rule in Rule.listed():
        if rule.is_paused:
            continue
        try:
            with writing(), database.atomic():
                opened += rule.open_due(terms)
        except Refused as refusal:
            wrong = refusal
    if wrong is not None and not opened:
        raise wrong  # the tick says so in its log
    return opened


@dataclass
class Due:
    """An occurrence and how it went: how many tickets, how many are done, how many of those after the due day."""

    rule: Rule
    due_on: date
    passed: bool = False
    tickets: int = 0
    done: int = 0
    late: int = 0
    open: list[int] = field(default_factory=list)

    @property
    def state(self) -> str:
        """passed: never opened; missed: the day is over and some is undone; coming; late: done too late; done;
        empty: nothing to do it to, or its tickets were called off."""
        if not self.tickets:
            return "passed" if self.passed else "empty"
        if self.open:
            return "missed" if self.due_on < clock.today() else "coming"
        return "late" if self.late else "done"

    @property
    def state_word(self) -> str:
        return str(DUE_STATES[self.state][0])

    @property
    def tone(self) -> str:
        return DUE_STATES[self.state][1]


DUE_STATES: Mapping[str, tuple[Any, str]] = {
    "passed": (_l("never opened"), "late"),
    "missed": (_l("missed, not done yet"), "late"),
    "coming": (_l("to do"), "soon"),
    "late": (_l("done after its day"), "soon"),
    "done": (_l("done in time"), "fine"),
    "empty": (_l("nothing to do"), ""),
}
REMEMBERED = 400  # days that a list of what was missed looks back


def occurrences(rules: Iterable[Rule], since: date | None = None) -> Iterator[Due]:
    """How the occurrences of some rules went, newest first. One query, whatever their number."""
    by_id = {rule.id: rule for rule in rules}
    since = since or clock.today() - timedelta(days=REMEMBERED)
    rows = (
        Occurrence.select(Occurrence.id, Occurrence.rule_id, Occurrence.due_on, Occurrence.passed, Ticket.id,
                          Ticket.state, Ticket.fixed_at)
        .join(Planned, peewee.JOIN.LEFT_OUTER)
        .join(Ticket, peewee.JOIN.LEFT_OUTER)
        .where(Occurrence.rule.in_(list(by_id)), Occurrence.due_on >= since)
        .order_by(Occurrence.due_on.desc(), Occurrence.id, Ticket.id)
        .tuples()
    )  # fmt: skip
    found: dict[int, Due] = {}
    for id, rule, due_on, passed, ticket, state, fixed_at in rows:
        due = found.setdefault(id, Due(by_id[rule], due_on, passed))
        if ticket is None or state in ("voided", "refused", "merged"):
            continue
        due.tickets += 1
        if state in OPEN or fixed_at is None:
            due.open.append(ticket)
        else:
            due.done += 1
            due.late += clock.local(fixed_at).date() > due_on
    return iter(found.values())


def overdue_planned() -> peewee.Expression:
    """Planned tickets that are open after their day."""
    return Ticket.state.in_(OPEN) & (Ticket.planned_for < clock.today())


def missed(dues: Iterable[Due]) -> list[Due]:
    """Those that stay visible: never opened, or undone after their day."""
    return [due for due in dues if due.state in ("passed", "missed")]
