"""Pages of the class property lists: the term's lists, one list to count and sign, the results of a term."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

from app import journal
from app.disposals.blueprint import bp
from app.disposals.class_property import (
    SIDES,
    STAGES,
    ClassProperty,
    Line,
    Publication,
    is_term,
    term_of,
    term_words,
)
from app.disposals.forms import PropertySheet, WhyForm
from app.excel.listing import Listing, listing_pages
from app.excel.out import Col
from app.people.models import Person
from app.places.models import ClassGroup, Place
from app.places.views import panels as place_panels
from app.web import Page, Waiting, allow, done, get_or_404, me, render, say


def term_asked() -> str:
    term = request.args.get("term", "")
    return term if is_term(term) else term_of()


def terms() -> list[str]:
    """The terms that have lists, and this one, newest first."""
    made = {term for (term,) in ClassProperty.select(ClassProperty.term).distinct().tuples()}
    return sorted(made | {term_of()}, reverse=True)


def lists_of(term: str, who: Any) -> list[ClassProperty]:
    rows = list(ClassProperty.visible_to(who).where(ClassProperty.term == term))
    ClassProperty.load(rows)
    return rows


# The lists of a term ----------------------------------------------------------------------------------------


@bp.get("/classes")
@allow("class_property.list")
def classes() -> ResponseReturnValue:
    """All lists of a term for the office; a class teacher with one class goes straight to it."""
    term = term_asked()
    rows = lists_of(term, current_user)
    if len(rows) == 1 and not current_user.may("class_property.all") and "term" not in request.args:
        return redirect(url_for(".class_list", id=rows[0].id), 303)
    listed = {row.group_id for row in rows}
    missing = [group for group in ClassGroup.listed() if group.room_id and group.id not in listed]
    return render(
        "disposals/classes.html",
        term=term,
        term_words=term_words(term),
        terms=[(each, term_words(each)) for each in terms()],
        rows=rows,
        missing=len(missing) if term == term_of() else 0,
        published=Publication.of(term),
    )


@bp.post("/classes")
@allow("class_property.manage")
def classes_begun() -> ResponseReturnValue:
    """Lists for all classes that have none, from what the ledger says of their rooms."""
    made = ClassProperty.begin_all(me())
    say(ngettext("%(num)s list is made.", "%(num)s lists are made.", made) if made else _("Every class has a list."))
    return done(url_for(".classes"))


# One list ---------------------------------------------------------------------------------------------------


def found(id: int) -> ClassProperty:
    return get_or_404(ClassProperty.visible_to(current_user), id)


@bp.get("/classes/<int:id>")
@allow("class_property.list")
def class_list(id: int) -> ResponseReturnValue:
    row = found(id)
    return list_page(row, PropertySheet(row.lines, row.stage))


def list_page(
    row: ClassProperty, sheet: PropertySheet, status: int = 200, why: WhyForm | None = None
) -> ResponseReturnValue:
    return render(
        "disposals/class_list.html",
        status=status,
        row=row,
        sheet=sheet,
        may_count=row.may_count(current_user),
        side=row.side_of(current_user),
        stages=STAGES,
        sides=SIDES,
        published=Publication.of(row.term),
        why=why or WhyForm(),
        events=Page(journal.about(thing=row)),
    )


@bp.post("/classes/<int:id>/counts")
@allow("class_property.list")
def counted(id: int) -> ResponseReturnValue:
    row = found(id)
    sheet = PropertySheet(row.lines, row.stage, request.form)
    if row.may_count(current_user) and not sheet.validate():
        return list_page(row, sheet, 422)
    row.count(me(), sheet.counts if sheet.validate() else {}, sheet.added)
    say(_("The counts are stored. Now both sides sign."))
    return done(url_for(".class_list", id=id))


@bp.post("/classes/<int:id>/signatures")
@allow("class_property.list")
def signed(id: int) -> ResponseReturnValue:
    row = found(id)
    row.sign(me(), request.form.get("seen", ""))
    say(_("Signed."))
    return done(url_for(".class_list", id=id))


@bp.post("/classes/<int:id>/reopening")
@allow("class_property.manage")
def reopened(id: int) -> ResponseReturnValue:
    row = found(id)
    why = WhyForm(request.form)
    if not why.validate():
        return list_page(row, PropertySheet(row.lines, row.stage), 422, why)
    row.reopen(me(), why.reason.data)
    say(_("The list is open again; what was signed last is signed anew."))
    return done(url_for(".class_list", id=id))


# The results of a term --------------------------------------------------------------------------------------


@bp.get("/classes/results")
@allow("class_property.list")
def results() -> ResponseReturnValue:
    """How the classes keep their property (D82): for the office at any time, for all staff once it is published."""
    term = term_asked()
    published = Publication.of(term)
    rows = results_of(term, current_user)
    if rows is None:
        abort(404)
    return render(
        "disposals/results.html",
        term=term,
        term_words=term_words(term),
        terms=[(each, term_words(each)) for each in terms()],
        rows=rows,
        published=published,
        left=sum(row.stage != "closed" for row in rows),
        number=term_number(term),
    )


def results_of(term: str, who: Any) -> list[ClassProperty] | None:
    """The lists of a term with their sums, or None when they are not for `who` (yet)."""
    if not (who.may("class_property.all") or (who.may("class_property.list") and Publication.of(term))):
        return None
    rows = list(ClassProperty.shown().where(ClassProperty.term == term))
    ClassProperty.load(rows)
    return rows


def term_number(term: str) -> int:
    """A term as the number of a paper: 20261."""
    return int(term.replace("-", ""))


@bp.post("/classes/results")
@allow("class_property.publish")
def published() -> ResponseReturnValue:
    term = term_asked()
    Publication.publish(term, me())
    say(_("Published. All staff can read the results now, and the lists no longer change."))
    return done(url_for(".results", term=term))


def listing() -> Listing:
    """The results to take away, a row for each line of each list."""
    term = term_asked()
    if results_of(term, current_user) is None:
        abort(404)
    columns = [
        Col(_("Class"), width=12), Col(_("Room")), Col(_("Item"), width=22), Col(_("Unit"), width=6),
        Col(_("At the start"), "int"), Col(_("Good"), "int"), Col(_("At the end"), "int"),
        Col(_("Damaged ones"), "int"), Col(_("Lacking"), "int"), Col(_("Note"), width=24),
    ]  # fmt: skip
    return Listing(
        _("Class property"), columns, lines_of(term), _dress, [term_words(term)], url_for(".results", term=term)
    )


def lines_of(term: str) -> Any:
    lists = ClassProperty.shown().where(ClassProperty.term == term)
    by_id = {row.id: row for row in lists}
    lines = list(Line.select().where(Line.list.in_(list(by_id))).order_by(Line.position))
    order = {id: number for number, id in enumerate(by_id)}
    lines.sort(key=lambda line: (order[line.list_id], line.position))
    for line in lines:
        line.list = by_id[line.list_id]
    return lines


def _dress(lines: list[Line]) -> list[list[Any]]:
    return [
        [
            line.list.group.name, line.list.room.name if line.list.room_id else "", line.item, line.unit, line.opening,
            line.good, line.closing, line.damaged, line.missing, line.note,
        ]
        for line in lines
    ]  # fmt: skip


listing_pages(bp, "class_property.list", "/classes/lines", listing)


@place_panels.append
def on_place(who: Any, place: Place) -> str:
    """The property list of the class that sits in a room, on the room's own page."""
    if place.kind != "classroom" or not who.may("class_property.list"):
        return ""
    row = ClassProperty.visible_to(who).where(ClassProperty.room == place, ClassProperty.term == term_of()).first()
    return Markup(render_template("disposals/_on_place.html", row=row)) if row else ""


def waiting(who: Person) -> list[Waiting]:
    """Lists of this term that wait for the own signature."""
    if not who.may("class_property.list"):
        return []
    count = ClassProperty.waiting_for(who, term_of())
    card = Waiting(_("class property lists to sign"), count, "clipboard-check", url_for("disposals.classes"))
    return [card] if count else []
