"""What breaks where, why and at what cost: sums of the record by group, each one query of the database.

Two rates stand side by side, so that an extension can't hide lateness: repaired within the promise, and repaired
within it or within an extension that was granted. What is still open and past the promise counts as not kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.assets.models import Asset, Category
from app.people.models import Person
from app.places.models import ClassGroup, Place
from app.repairs.kinds import CAUSES, KINDS
from app.repairs.models import Ticket
from app.repairs.periods import Period
from app.repairs.records import RecordFilter, class_then, damage_is, grade_then, promised, running_late
from app.words import either

LEFT = peewee.JOIN.LEFT_OUTER
FLOOR, BUILDING = Place.alias(), Place.alias()


# Sums -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """What a group, or all of it, comes to.

    count: reports; human, wear, unclear: by cause. ended: fixed. judged: those of which it is known whether the
    promise was kept; on_time kept it, within kept it or an extension. Minutes until fixed, plain and of school time,
    summed over `timed`. Costs in fen, labour in minutes. Planned work has no promise: it is neither judged nor timed.
    """

    count: int = 0
    human: int = 0
    wear: int = 0
    unclear: int = 0
    ended: int = 0
    judged: int = 0
    on_time: int = 0
    within: int = 0
    timed: int = 0
    plain: int = 0
    school: int = 0
    parts: int = 0
    outside: int = 0
    labour: int = 0
    keys: tuple[Any, ...] = field(default=(), compare=False)

    @property
    def cost(self) -> int:
        return self.parts + self.outside

    @property
    def rate(self) -> float | None:
        """On-time rate without extensions, 0 to 1."""
        return self.on_time / self.judged if self.judged else None

    @property
    def rate_within(self) -> float | None:
        """On-time rate with extensions that were granted."""
        return self.within / self.judged if self.judged else None

    @property
    def plain_hours(self) -> float | None:
        """Hours until fixed, day and night, on the average."""
        return self.plain / self.timed / 60 if self.timed else None

    @property
    def school_hours(self) -> float | None:
        return self.school / self.timed / 60 if self.timed else None

    @property
    def human_share(self) -> float | None:
        return self.human / self.count if self.count else None


MEASURES = ("count", "human", "wear", "unclear", "ended", "judged", "on_time", "within", "timed", "plain", "school",
            "parts", "outside", "labour")  # fmt: skip


def _measures() -> list[Any]:
    def of(condition: peewee.Expression, value: Any = 1) -> Any:
        return peewee.fn.SUM(peewee.Case(None, [(condition, value)], 0))

    kept_so_far = running_late() & (Ticket.extended_until >= clock.now())
    timed = promised() & Ticket.fixed_at.is_null(False) & Ticket.plain_minutes.is_null(False)
    return [
        peewee.fn.COUNT(Ticket.id),
        *(of(damage_is(each)) for each in ("human", "wear", "unclear")),
        of(Ticket.fixed_at.is_null(False)),
        of((promised() & Ticket.on_time.is_null(False)) | running_late()),
        of(promised() & (Ticket.on_time == True)),  # noqa: E712
        of((promised() & (Ticket.on_time_extended == True)) | kept_so_far),  # noqa: E712
        *(of(timed, value) for value in (1, Ticket.plain_minutes, Ticket.school_minutes)),
        *(peewee.fn.SUM(column) for column in (Ticket.parts_cost, Ticket.outside_cost, Ticket.labour_minutes)),
    ]


def total(filter: RecordFilter) -> Tally:
    """What all of it comes to, one query."""
    return _tally(filter.narrow(Ticket.select(*_measures())).tuples().get(), 0)


def tallies(filter: RecordFilter, group: "Group") -> list[Tally]:
    """One row for each group, in the group's order, one query."""
    rows = filter.narrow(group.join(Ticket.select(*group.keys, *_measures())))
    rows = rows.group_by(*group.keys, *map(_plain, group.order)).order_by(*group.order)
    return [_tally(row, len(group.keys)) for row in rows.tuples()]


def _plain(order: Any) -> Any:
    return order.node if isinstance(order, peewee.Ordering) else order


def added(rows: Sequence[Tally]) -> Tally:
    """The sum of groups that have no ticket in common."""
    return Tally(*(sum(getattr(row, name) for row in rows) for name in MEASURES))


def _tally(row: tuple[Any, ...], keys: int) -> Tally:
    return Tally(*(int(number or 0) for number in row[keys:]), keys=tuple(row[:keys]))


# By what it can be summed -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """keys: the columns that make a group, in `order`; join: what they need. name, detail and args are told from the
    keys' values and the period: how it is called then, where it is, the filter that is just it."""

    title: Any
    icon: str
    keys: Sequence[Any]
    order: Sequence[Any]
    name: Callable[..., str]
    args: Callable[..., dict[str, Any]]
    join: Callable[[peewee.ModelSelect], peewee.ModelSelect] = lambda query: query
    detail: Callable[..., str] = lambda *_keys: ""
    own_order: bool = False  # drawn as it stands, not the largest first

    def name_of(self, row: Tally, period: Period) -> str:
        return self.name(*row.keys, period)

    def args_of(self, row: Tally, filter: RecordFilter) -> dict[str, Any]:
        """The query string of just the reports that a row counts."""
        own = self.args(*row.keys, filter.period)
        days = {} if "period" in own or "from" in own else filter.period.args
        rest = {name: value for name, value in filter.args.items() if name not in filter.period.args}
        return {**days, **rest, **own}

    def detail_of(self, row: Tally, period: Period) -> str:
        return self.detail(*row.keys, period)


def _with_places(query: peewee.ModelSelect) -> peewee.ModelSelect:
    return (
        query.join_from(Ticket, Place, on=(Ticket.place == Place.id))
        .join(FLOOR, LEFT, on=(Place.parent == FLOOR.id))
        .join(BUILDING, LEFT, on=(FLOOR.parent == BUILDING.id))
    )


def _with_classes(query: peewee.ModelSelect) -> peewee.ModelSelect:
    return query.join_from(Ticket, ClassGroup, LEFT, on=(Ticket.class_group == ClassGroup.id))


def _with_categories(query: peewee.ModelSelect) -> peewee.ModelSelect:
    return query.join_from(Ticket, Asset, LEFT, on=(Ticket.asset == Asset.id)).join(
        Category, LEFT, on=(Asset.category == Category.id)
    )


def _with_workers(query: peewee.ModelSelect) -> peewee.ModelSelect:
    return query.join_from(Ticket, Person, LEFT, on=(Ticket.worker == Person.id))


MONTH = peewee.fn.SUBSTR(Ticket.day.cast("text"), 1, 7).python_value(str)
CAUSE_ORDER = peewee.Case(Ticket.cause, [(cause, number) for number, cause in enumerate(CAUSES)], len(CAUSES))


def _where(floor: str | None, building: str | None) -> str:
    return " ".join(filter(None, (building, floor)))


def _month_args(month: str, period: Period) -> dict[str, Any]:
    """The month as far as the period goes."""
    whole = Period.of(month)
    part = Period.days(max(whole.start, period.start), min(whole.end, period.end))
    return whole.args if (part.start, part.end) == (whole.start, whole.end) else part.args


GROUPS = {
    "kind": Group(
        _l("Kind"), "wrench", (Ticket.kind,), (Ticket.kind,),
        name=lambda kind, _period: str(KINDS[kind][0]),
        args=lambda kind, _period: {"kind": kind},
    ),
    "place": Group(
        _l("Place"), "map-pin", (Place.id, Place.name, FLOOR.name, BUILDING.name),
        (BUILDING.id, FLOOR.id, Place.position, Place.id),
        name=lambda _id, name, _floor, _building, _period: name,
        detail=lambda _id, _name, floor, building, _period: _where(floor, building),
        args=lambda id, *_rest: {"place": id},
        join=_with_places,
    ),
    "class": Group(
        _l("Class"), "users", (ClassGroup.id, ClassGroup.entry_year, ClassGroup.number),
        (ClassGroup.entry_year.desc(), ClassGroup.number),
        name=lambda id, year, number, period: class_then(year, number, period) if id else _("not a class's property"),
        args=lambda id, *_rest: {"group": id or -1},
        join=_with_classes,
    ),
    "grade": Group(
        _l("Grade"), "layers", (ClassGroup.entry_year,), (ClassGroup.entry_year.desc(),),
        name=lambda year, period: grade_then(year, period) if year else _("not a class's property"),
        args=lambda year, _period: {"grade": year or -1},
        join=_with_classes,
        own_order=True,
    ),
    "cause": Group(
        _l("Cause"), "circle-help", (Ticket.cause,), (CAUSE_ORDER, Ticket.cause),
        name=lambda cause, _period: str(CAUSES[cause]) if cause else _("not said"),
        args=lambda cause, _period: {"cause": cause or "none"},
    ),
    "category": Group(
        _l("Asset category"), "boxes", (Category.id, Category.code, Category.name, Category.name_en), (Category.code,),
        name=lambda id, _code, name, english, _period: either(name, english) if id else _("no asset named"),
        detail=lambda _id, code, *_rest: code or "",
        args=lambda id, *_rest: {"category": id or -1},
        join=_with_categories,
    ),
    "month": Group(
        _l("Month"), "calendar", (MONTH,), (MONTH,),
        name=lambda month, _period: Period.of(month).words,
        args=lambda month, period: _month_args(month, period),
        own_order=True,
    ),
    "worker": Group(
        _l("Repairer"), "user", (Person.id, Person.name), (Person.id,),
        name=lambda id, name, _period: name if id else _("nobody yet"),
        args=lambda id, *_rest: {"worker": id or -1},
        join=_with_workers,
    ),
}  # fmt: skip
BY_SHARE = ("kind", "place", "class", "grade", "category", "month")  # drawn by cause: human, wear, not clear
