"""Which hazards a list shows, the list as a sheet and as a print, and the book of a year on A4 (隐患台账)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import peewee
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.db import escape_like
from app.excel.listing import Listing
from app.excel.out import Col
from app.inspections.hazards import HAZARD_LEVELS, STANDING, Hazard, photos_of
from app.paper import Column, Paper, Table
from app.places.models import Place
from app.words import dated

TABS = {
    "open": _l("Unfinished"),
    "overdue": _l("Past their day"),
    "recheck": _l("To recheck"),
    "done": _l("Closed"),
}


@dataclass(frozen=True)
class HazardFilter:
    """What a list was asked for; whatever makes no sense is left out. `mine`: only what someone has to put right."""

    who: Any
    tab: str = "open"
    year: int | None = None
    level: str = ""
    words: str = ""
    mine: bool = False

    @classmethod
    def asked(cls, who: Any, args: Any) -> "HazardFilter":
        year = args.get("year", "")
        return cls(
            who,
            tab=args.get("tab") if args.get("tab") in TABS else "open",
            year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
            level=args.get("level", "") if args.get("level") in HAZARD_LEVELS else "",
            words=args.get("words", "").strip()[:60],
            mine=args.get("mine") == "1",
        )

    @property
    def kept(self) -> dict[str, Any]:
        return {"year": self.year, "level": self.level or None, "words": self.words or None,
                "mine": "1" if self.mine else None}  # fmt: skip

    @property
    def narrowed(self) -> bool:
        return any(self.kept.values())

    def rows(self) -> peewee.ModelSelect:
        """With names; those that are most pressing first, closed ones newest first."""
        query = Hazard.with_names(self._narrow(Hazard.visible_to(self.who))).where(_in_tab(self.tab))
        if self.tab == "done":
            return query.order_by(Hazard.id.desc())
        first = (Hazard.level == "major").desc()
        return query.order_by(first, Hazard.due_on.is_null().desc(), Hazard.due_on, Hazard.id)

    def counts(self) -> dict[str, int]:
        """How many each tab holds, but for the closed ones: one query."""
        tabs = [tab for tab in TABS if tab != "done"]
        count = [peewee.fn.COUNT(peewee.Case(None, ((_in_tab(tab), 1),))) for tab in tabs]
        ids = self._narrow(Hazard.visible_to(self.who)).select(Hazard.id)
        query = Hazard.select(*count).where(Hazard.state.in_(STANDING), Hazard.id.in_(ids))
        return dict(zip(tabs, query.tuples().get(), strict=True))

    def _narrow(self, query: peewee.ModelSelect) -> peewee.ModelSelect:
        if self.year:
            query = query.where(Hazard.year == self.year)
        if self.level:
            query = query.where(Hazard.level == self.level)
        if self.mine:
            query = query.where(Hazard.person == self.who.id)
        if self.words:
            pattern = f"%{escape_like(self.words)}%"
            places = Place.select(Place.id).where((Place.name**pattern) | (Place.number**pattern))
            query = query.where((Hazard.words**pattern) | Hazard.place.in_(places) | _numbered(self.words))
        return query

    def in_words(self) -> list[str]:
        level = HAZARD_LEVELS[self.level] if self.level else ""
        return [str(each) for each in (TABS[self.tab], self.year, level, self.words) if each]


def _in_tab(tab: str) -> peewee.Expression:
    return {
        "open": Hazard.state.in_(STANDING),
        "overdue": Hazard.is_overdue(),
        "recheck": Hazard.state == "recheck",
        "done": Hazard.state.not_in(STANDING),
    }[tab]


def _numbered(words: str) -> peewee.Expression:
    """`YH2026-007` names one."""
    found = re.fullmatch(r"(?:YH)?([0-9]{4})-([0-9]{1,6})", words.upper())
    return (Hazard.year == int(found[1])) & (Hazard.serial == int(found[2])) if found else Hazard.id < 0


# To take away ------------------------------------------------------------------------------------------------


def hazards_listing(who: Any, args: Any) -> Listing:
    filter = HazardFilter.asked(who, args)
    columns = [
        Col(_("Book number"), width=12), Col(_("Found on"), "date"), Col(_("Place"), width=22),
        Col(_("What is dangerous"), width=36), Col(_("How bad"), width=10), Col(_("Photos"), "int", printed=False),
        Col(_("How it is put right"), width=30, printed=False), Col(_("Who puts it right"), width=10),
        Col(_("By which day"), "date"), Col(_("What protects people until then"), width=24, printed=False),
        Col(_("Put right on"), "date"), Col(_("Rechecked by"), width=10), Col(_("Closed on"), "date"),
        Col(_("State"), width=12),
    ]  # fmt: skip
    return Listing(_("Hazard book"), columns, filter.rows(), _cells, filter.in_words(),
                   url_for("inspections.hazards", **args.to_dict()))  # fmt: skip


def _cells(hazards: Iterable[Hazard]) -> Iterator[Sequence[Any]]:
    hazards = list(hazards)
    photos = photos_of(hazards)
    for each in hazards:
        yield [
            each.number, each.day, each.place.full_name, each.words, each.level_word,
            len(photos.get(each.id, ())) or None, each.measure,
            _named(each, "person"), each.due_on, each.interim, _day(each.fixed_at), _named(each, "rechecker"),
            _day(each.closed_at), each.state_word,
        ]  # fmt: skip


def _named(hazard: Hazard, role: str) -> str:
    return getattr(hazard, role).name if getattr(hazard, f"{role}_id") else ""


def _day(moment: Any) -> Any:
    return clock.local(moment).date() if moment else None


def years() -> list[int]:
    """The years that have a book, newest first; this year always."""
    known = {year for (year,) in Hazard.select(Hazard.year).distinct().tuples()}
    return sorted(known | {clock.today().year}, reverse=True)


def book_of(year: int) -> Paper:
    """The book of a year as it is handed in: every number, in order, with what is struck out."""
    query = Hazard.with_names(Hazard.select().where(Hazard.year == year)).order_by(Hazard.serial)
    rows = list(query)
    photos = photos_of(rows)
    columns = [
        Column(_("Book number"), 1.5), Column(_("Found on"), 1.3), Column(_("Place"), 2),
        Column(_("What is dangerous"), 3), Column(_("How bad"), 1.25), Column(_("Photos"), 0.7, "center"),
        Column(_("How it is put right"), 2.6),
        Column(_("Who puts it right"), 1), Column(_("By which day"), 1.3),
        Column(_("What protects people until then"), 2), Column(_("Put right on"), 1.3),
        Column(_("Rechecked by"), 1), Column(_("Closed on"), 1.3),
    ]  # fmt: skip
    facts = [
        (_("Year"), year), (_("Hazards in the book"), len(rows)),
        (_("Closed"), sum(each.state == "closed" for each in rows)),
        (_("Unfinished"), sum(each.is_open for each in rows)),
        (_("Past their day"), sum(each.overdue for each in rows)),
        (_("Major"), sum(each.level == "major" for each in rows)),
    ]  # fmt: skip
    lines = [_line(each, photos.get(each.id, ())) for each in rows]
    return Paper(
        title=_("Hazard book"), number=str(year), landscape=True, facts=facts,
        tables=[Table(columns, lines, empty=_("No hazard was registered in this year."))],
        signatures=[(_("Director"),), (_("Principal in charge"),)],
        code_url=url_for("inspections.hazards", year=year),
    )  # fmt: skip


def _line(each: Hazard, photos: Sequence[Any]) -> list[Any]:
    words = each.words if each.state != "void" else f"{each.words}（{each.state_word}）"
    return [
        each.number, dated(each.day), each.place.full_name, words, each.level_word, len(photos) or "", each.measure,
        _named(each, "person"), dated(each.due_on), each.interim, dated(_day(each.fixed_at)),
        _named(each, "rechecker"), dated(_day(each.closed_at)),
    ]  # fmt: skip
