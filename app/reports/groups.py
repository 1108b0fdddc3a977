"""By what a report can be summed: the columns of a group, its order, its words, and the filter that is just it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.assets.models import SOURCES, STATES, Asset, Category
from app.people.models import Office, Person
from app.places.models import Place
from app.words import either

FLOOR, BUILDING = Place.alias(), Place.alias()
YEAR = peewee.fn.SUBSTR(Asset.acquired_on.cast("text"), 1, 4).python_value(lambda year: year)
STATE_ORDER = peewee.Case(Asset.state, [(state, number) for number, state in enumerate(STATES)], len(STATES))
HOUSE = (BUILDING.position, BUILDING.id, FLOOR.position, FLOOR.id, Place.position, Place.id)


@dataclass(frozen=True)
class Group:
    """keys: the columns that make a group; name, detail, args: of the values of those columns.

    order: of the groups; also the order of single lines, so that each group's stand together.
    """

    title: Any
    keys: Sequence[Any]
    order: Sequence[Any]
    name: Callable[..., str]
    args: Callable[..., dict[str, Any]]
    parts: bool = True  # each card is in one group alone
    more: Any = None  # the title of `detail`, what tells two groups of one name apart
    detail: Callable[..., str] = lambda *_keys: ""


def where(floor: str | None, floor_kind: str | None, building: str | None, building_kind: str | None) -> str:
    """`教学楼 二楼` above a room, as Place.where says it."""
    above = [(building, building_kind)] if floor_kind == "floor" else []
    return " ".join(name for name, kind in [*above, (floor, floor_kind)] if name and kind != "school")


def _or_without(name: str, value: Any) -> dict[str, Any]:
    return {name: value} if value else {"without": name}


GROUPS = {
    "category": Group(
        _l("Category"), (Category.id, Category.code, Category.name, Category.name_en), (Category.code,),
        name=lambda _id, _code, name, english: either(name, english),
        more=_l("Code"),
        detail=lambda _id, code, *_names: code,
        args=lambda id, *_names: {"category": id},
    ),
    "office": Group(
        _l("Office in charge"), (Office.id, Office.name), (Office.id.is_null(), Office.id),
        name=lambda _id, name: name or _("without an office"),
        args=lambda id, _name: _or_without("office", id),
    ),
    "room": Group(
        _l("Room or area"), (Place.id, Place.name, FLOOR.name, FLOOR.kind, BUILDING.name, BUILDING.kind), HOUSE,
        name=lambda _id, name, *_above: name,
        more=_l("Building and floor"),
        detail=lambda _id, _name, *above: where(*above),
        args=lambda id, *_names: {"place": id},
        parts=False,
    ),
    "keeper": Group(
        _l("Keeper"), (Person.id, Person.name), (Person.id.is_null(), Person.id),
        name=lambda _id, name: name or _("without a keeper"),
        args=lambda id, _name: _or_without("keeper", id),
    ),
    "source": Group(
        _l("Way of acquiring"), (Asset.source,), (Asset.source,),
        name=lambda source: str(SOURCES.get(source, source)),
        args=lambda source: {"source": source},
    ),
    "fund": Group(
        _l("Source of funds"), (Asset.fund,), (Asset.fund == "", Asset.fund),
        name=lambda fund: fund or _("without a source of funds"),
        args=lambda fund: _or_without("fund", fund),
    ),
    "year": Group(
        _l("Year of acquiring"), (YEAR,), (YEAR.is_null(), YEAR),
        name=lambda year: str(year) if year else _("without a day of acquiring"),
        args=lambda year: _or_without("year", year and int(year)),
    ),
    "state": Group(
        _l("State"), (Asset.state,), (STATE_ORDER,),
        name=lambda state: str(STATES[state]),
        args=lambda state: {"state": state},
    ),
}  # fmt: skip
