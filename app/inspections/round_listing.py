"""Which rounds a list shows, and the list as a sheet and as pages to print: the same rows, the same numbers."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import peewee
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.excel.listing import Listing
from app.excel.out import Col
from app.inspections.checklists import Checklist
from app.inspections.cleaning_posts import Post
from app.inspections.plans import Plan
from app.inspections.recurrence import ONE_DAY
from app.inspections.rounds_due import STATES, Round
from app.people.models import DutyCard, Person
from app.repairs.periods import Period

TABS = {
    "due": _l("To do"),
    "missed": _l("Missed rounds"),
    "done": _l("Finished"),
    "all": _l("All rounds"),
    "coming": _l("Coming"),
    "excused": _l("Excused ones"),
}
MOST_MONTHS = 24  # offered to choose from


@dataclass(frozen=True)
class RoundFilter:
    """What a list of rounds was asked for; what makes no sense is left out. `series` is a plan, whatever its version,
    `doer` who does it, `month` like 2026-11."""

    who: Any
    tab: str = "due"
    series: int = 0
    doer: str = ""
    month: str = ""

    @classmethod
    def asked(cls, who: Any, args: Any) -> "RoundFilter":
        month, series, doer = args.get("month", ""), args.get("plan", ""), args.get("doer", "")
        tab = args.get("tab", "")
        if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
            month = ""
        return cls(
            who,
            tab=tab if tab in TABS else "all" if month else "due",
            series=int(series) if re.fullmatch("[0-9]{1,9}", series) else 0,
            doer=doer if re.fullmatch("[pc][0-9]{1,9}", doer) else "",
            month=month,
        )

    @property
    def kept(self) -> dict[str, Any]:
        """What an address must say besides the tab."""
        return {"plan": self.series or None, "doer": self.doer or None, "month": self.month or None}

    @property
    def args(self) -> dict[str, Any]:
        return {"tab": self.tab, **self.kept}

    @property
    def narrowed(self) -> bool:
        return any(self.kept.values())

    @property
    def period(self) -> Period | None:
        return Period.month(int(self.month[:4]), int(self.month[5:])) if self.month else None

    def rows(self) -> peewee.ModelSelect:
        """What is due first comes first; what is over, newest first; a whole month from its first day on."""
        query = self._narrowed(Round.visible_to(self.who)).where(in_tab(self.tab, clock.now()))
        if self.tab in ("due", "coming") or self.month:
            return query.order_by(Round.closes_at, Round.id)
        return query.order_by(Round.closes_at.desc(), Round.id.desc())

    def _narrowed(self, query: peewee.ModelSelect) -> peewee.ModelSelect:
        if self.series:
            query = query.where(Round.series == self.series)
        if self.period is not None:
            query = query.where(Round.due_on.between(self.period.start, self.period.end))
        if self.doer:
            query = query.where(self._done_by())
        return query

    def _done_by(self) -> peewee.Expression:
        id = int(self.doer[1:])
        doer = (DutyCard if self.doer[0] == "c" else Person).get_or_none(id=id)
        return Round.of(doer) if doer is not None else Round.id < 0

    def sums(self) -> Counter:
        """How many rounds of the list are in each state. One query, however many rounds there are."""
        state = _state(clock.now()).alias("state")
        rows = self.rows().order_by().select(state, peewee.fn.COUNT(Round.id)).group_by(peewee.SQL("state"))
        return Counter(dict(rows.tuples()))

    def in_words(self) -> list[str]:
        """How the list was narrowed, for the head of the print."""
        plan = Plan.shown().where(Plan.series == self.series).first() if self.series else None
        doer = (DutyCard if self.doer[0] == "c" else Person).get_or_none(id=int(self.doer[1:])) if self.doer else None
        period = self.period.words if self.period is not None else ""
        return [str(each) for each in (TABS[self.tab], plan, doer, period, sums_in_words(self.sums())) if each]


def _state(now: datetime) -> peewee.Case:
    """What Round.state_at says, asked of the database."""
    return peewee.Case(
        None,
        (
            (Round.done_at.is_null(False), "done"),
            (Round.excused_at.is_null(False), "excused"),
            (Round.missed_at.is_null(False) | (Round.ends_at < now), "missed"),
            (Round.opens_at > now, "coming"),
            (Round.closes_at >= now, "open"),
        ),
        "late",
    )


def in_tab(tab: str, now: datetime) -> peewee.Expression:
    """The condition that a round stands in a tab."""
    finished = Round.done_at.is_null(False) | Round.excused_at.is_null(False)
    return {
        "due": Round.going_on(now),
        "missed": Round.was_missed(now),
        "done": finished,
        "excused": Round.excused_at.is_null(False) & Round.done_at.is_null(),
        "coming": ~finished & (Round.opens_at > now),
        "all": Round.id > 0,
    }[tab]


def sums_in_words(sums: Counter) -> str:
    """`12 巡查：全部查完 9、未做 2、已免查 1`."""
    if not sums:
        return ""
    said = (f"{STATES[state][0]} {sums[state]}" for state in STATES if sums[state])
    return _("%(count)s rounds: %(sums)s", count=sums.total(), sums=_(", ").join(said))


# What can be chosen -------------------------------------------------------------------------------------------------


def doers() -> list[tuple[str, str]]:
    """The people and cards that have a plan, a post with one, or a round to stand in, by name. Three queries."""
    plans = list(Plan.shown())
    posts = {plan.post_id for plan in plans if plan.who == "post"}
    roles = {plan.role for plan in plans if plan.who == "role"}
    mine = Person.id.in_([plan.person_id for plan in plans if plan.person_id])
    mine |= Person.id.in_(Round.select(Round.stand_in).where(Round.stand_in.is_null(False)))
    for column in (Post.person, Post.substitute):
        mine |= Person.id.in_(Post.select(column).where(Post.id.in_(posts), column.is_null(False)))
    for role in roles:
        mine |= Person.id.in_(Person.with_role(role).select(Person.id))
    people = [(f"p{person.id}", person.name) for person in Person.select().where(mine).order_by(Person.name)]
    return people + sorted({(f"c{plan.card_id}", plan.card.name) for plan in plans if plan.who == "card"})


def plans() -> list[tuple[int, str]]:
    """Every plan by its series, the newest version's name."""
    return [(plan.series, plan.name) for plan in Plan.shown().where(Plan.often != "once")]


def months() -> list[tuple[str, str]]:
    """The months in which rounds were due, newest first."""
    first = Round.select(peewee.fn.MIN(Round.due_on)).where(Round.withdrawn_at.is_null()).scalar()
    last = Round.select(peewee.fn.MAX(Round.due_on)).where(Round.withdrawn_at.is_null()).scalar()
    if not first:
        return []
    first, last = (day if isinstance(day, date) else date.fromisoformat(day) for day in (first, last))
    found, day = [], last.replace(day=1)
    while day >= first.replace(day=1) and len(found) < MOST_MONTHS:
        period = Period.month(day.year, day.month)
        found.append((period.key, period.words))
        day = (day - ONE_DAY).replace(day=1)
    return found


# To take away -------------------------------------------------------------------------------------------------------


def rounds_listing(who: Any, args: Any) -> Listing:
    """The rounds that the filter shows."""
    filter = RoundFilter.asked(who, args)
    titles = {each.slug: each.title for each in Checklist.in_use()}
    columns = [
        Col(_("Day"), "date"), Col(_("Name of the plan"), width=26), Col(_("Checklist"), width=18, printed=False),
        Col(_("Who checks"), width=16), Col(_("State"), width=16), Col(_("Places"), "int", 8),
        Col(_("Checked places"), "int", 8), Col(_("Excused places"), "int", 8), Col(_("Finished at"), "moment"),
        Col(_("Excused because"), width=22), Col(_("Spot check"), width=8, printed=False),
    ]  # fmt: skip

    def dress(rounds: Iterable[Round]) -> Iterator[Sequence[Any]]:
        return (_cells(round, titles) for round in rounds)

    return Listing(_("Rounds of checks"), columns, filter.rows(), dress, filter.in_words(),
                   url_for("inspections.rounds_due", **filter.args))  # fmt: skip


def _cells(round: Round, titles: dict[str, str]) -> list[Any]:
    return [
        round.due_on, round.plan.name, titles.get(round.plan.slug, round.plan.slug), round.whose, round.state_word,
        round.places, round.checked, round.spared, round.done_at, round.excuse_words,
        _("yes") if round.spot else "",
    ]  # fmt: skip
