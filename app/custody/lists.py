"""Who holds what: one filter for the page, the .xlsx and the printed list."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import peewee
from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import clock
from app.custody.blueprint import bp
from app.custody.models import KINDS, Custody
from app.excel.out import Col, sheet
from app.paper import Column, Paper, Table, answers
from app.people.models import Office, Person
from app.web import Page, allow, render, whole
from app.words import day

MOST_PRINTED = 5000  # rows of a printed list: more are nobody's reading


@dataclass(frozen=True)
class Filter:
    """Which rows of the list: `state` is out, soon, late or back; the rest narrows it down."""

    state: str
    words: str
    kind: str
    office: int | None
    person: int | None

    @classmethod
    def asked(cls) -> "Filter":
        """As the query string says; what makes no sense is left out."""
        state, kind = request.args.get("state", "out"), request.args.get("kind", "")
        return cls(
            state if state in STATES else "out",
            request.args.get("words", "").strip()[:60],
            kind if kind in KINDS else "",
            whole("office"),
            whole("person"),
        )

    def rows(self, query: peewee.ModelSelect) -> peewee.ModelSelect:
        """What is late or due first comes first, what is kept in use last; what came back, newest first."""
        if self.state == "back":
            query = query.where(Custody.returned.is_null(False)).order_by(Custody.returned.desc())
        else:
            query = query.where(STATES[self.state]()).order_by(Custody.due_on.is_null(), Custody.due_on, Custody.id)
        if self.words:
            query = query.where(Custody.matching(self.words))
        if self.kind:
            query = query.where(Custody.kind == self.kind)
        if self.office:
            query = query.where(Person.office == self.office)
        return query.where(Custody.person == self.person) if self.person else query

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.kind or self.office or self.person)

    @property
    def args(self) -> dict[str, Any]:
        """The same filter as an address, for the other outputs."""
        found = {"state": self.state, "words": self.words, "kind": self.kind, "office": self.office,
                 "person": self.person}  # fmt: skip
        return {name: value for name, value in found.items() if value}


STATES = {
    "out": Custody.is_open,
    "soon": Custody.is_soon,
    "late": Custody.is_late,
    "back": lambda: Custody.returned.is_null(False),
}


@bp.get("/", endpoint="list")
@allow("custody.all")
def everything() -> ResponseReturnValue:
    """Who holds what, late first."""
    filter = Filter.asked()
    return render(
        "custody/list.html",
        filter=filter,
        page=Page(filter.rows(Custody.visible_to(current_user))),
        late=Custody.select().where(Custody.is_late()).count(),
        offices=list(Office.select().order_by(Office.name)),
        person=Person.get_or_none(Person.id == filter.person) if filter.person else None,
        kinds=KINDS,
    )


@bp.get("/list.xlsx")
@allow("custody.all")
def list_xlsx() -> ResponseReturnValue:
    """What the filter shows, as a sheet."""
    columns = [
        Col(_("Kind")), Col(_("Asset number"), width=18), Col(_("Asset name"), width=22), Col(_("Quantity"), "int"),
        Col(_("Unit"), width=6), Col(_("Holder")), Col(_("Office")), Col(_("What for"), width=24),
        Col(_("Since"), "moment"), Col(_("To be back"), "date"), Col(_("Came back"), "moment"),
        Col(_("State"), width=14),
    ]  # fmt: skip
    rows = Filter.asked().rows(Custody.visible_to(current_user))
    return sheet(_("Loans %(day)s.xlsx", day=clock.today().isoformat()), columns, _cells(rows))


def _cells(rows: peewee.ModelSelect) -> Iterator[list[Any]]:
    for row in rows.iterator():
        back = row.returned if row.returned_id else None
        yield [
            row.kind_word, row.asset.number, row.asset.name, row.quantity, row.asset.unit, row.person.name,
            row.person.office.name if row.person.office_id else "", row.note, row.at, row.due_on,
            back.at if back else None, back.condition_word if back else row.due_words,
        ]  # fmt: skip


@bp.get("/list/print")
@allow("custody.all")
def list_print() -> ResponseReturnValue:
    filter = Filter.asked()
    return answers.page(list_paper(filter), pdf=url_for(".list_pdf", **filter.args))


@bp.get("/list.pdf")
@allow("custody.all")
def list_pdf() -> ResponseReturnValue:
    return answers.pdf(list_paper(Filter.asked()))


def list_paper(filter: Filter) -> Paper:
    """The list as it is kept in a binder (领借登记表)."""
    columns = [
        Column(_("Asset number"), 3), Column(_("Asset name"), 4), Column(_("Quantity"), 1.6, "right"),
        Column(_("Holder"), 2), Column(_("Office"), 2), Column(_("Kind"), 1.3, "center"), Column(_("Since"), 2),
        Column(_("To be back"), 2), Column(_("Came back"), 2), Column(_("What for"), 3),
    ]  # fmt: skip
    rows = list(filter.rows(Custody.visible_to(current_user)).limit(MOST_PRINTED))
    return Paper(
        title=_("Register of loans and issues"),
        subtitle=_("as of %(day)s", day=day(clock.today())),
        tables=[Table(columns, [_printed(row) for row in rows], empty=_("Nothing fits."))],
        signatures=[(_("Custodian"),), (_("General Affairs director"),)],
        code_url=url_for(".list", **filter.args),
        landscape=True,
    )


def _printed(row: Custody) -> list[Any]:
    back = clock.local(row.returned.at).date() if row.returned_id else None
    return [
        row.asset.number, row.asset.name, f"{row.quantity} {row.asset.unit}", row.person.name,
        row.person.office.name if row.person.office_id else "", row.kind_word, day(clock.local(row.at).date()),
        day(row.due_on), day(back), row.note,
    ]  # fmt: skip
