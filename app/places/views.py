"""Pages of buildings, rooms and classes."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from wtforms import Form

from app import clock, journal
from app.errors import Refused
from app.excel.listing import listing_pages
from app.excel.views import import_pages
from app.fields import SHOWN, PlaceField, clean
from app.places.codes import Label
from app.places.forms import ClassForm, GradeForm, PlaceForm, ReasonForm
from app.places.importing import ClassImporter, PlaceImporter
from app.places.listing import above, classes_listing, listed, rooms_listing
from app.places.models import GRADES, ClassGroup, Grade, Place, grade_name
from app.web import Page, Waiting, allow, done, get_or_404, render, say

bp = Blueprint("places", __name__, url_prefix="/places")
import_pages(bp, PlaceImporter, "places.edit")
import_pages(bp, ClassImporter, "places.edit", "/classes/import", "class_", "places.classes")
listing_pages(bp, "places.list", "/list", rooms_listing)
listing_pages(bp, "places.list", "/classes/list", classes_listing, "classes")

# What other nouns show on the page of a place: `panel(who, place)` answers with a rendered section, or "".
panels: list[Callable[[Any, Place], Markup | str]] = []


def waiting(who: Any) -> list[Waiting]:
    """Rooms wait for nobody."""
    return []


# The school as a tree ---------------------------------------------------------------------------------------


@bp.get("/", endpoint="list")
@allow("places.list")
def everything() -> ResponseReturnValue:
    """All rooms by building and floor, or those that a search finds."""
    words = clean(request.args.get("words"))[:60]
    rooms = listed(Place.matching(words) if words else Place.rooms())
    return render("places/list.html", "places/_tree.html", words=words, tree=_tree(rooms), found=len(rooms))


def _tree(rooms: list[Place]) -> list[tuple[Place | None, list[tuple[Place | None, list[Place]]]]]:
    """`[(building, [(floor, rooms)])]`; None for what stands in no building or on no floor."""
    return [
        (building, [(floor, list(group)) for floor, group in groupby(inside, lambda room: above(room)[1])])
        for building, inside in groupby(rooms, lambda room: above(room)[0])
    ]


@bp.get("/find")
@allow("places.list")
def find() -> ResponseReturnValue:
    """Chips for a PlaceField while someone types: `?field=place&place=sys`."""
    name = request.args.get("field", "")
    if not (name.isidentifier() and name.isascii() and len(name) <= 40):
        abort(404)
    words = clean(request.args.get(name))[:60]
    field = PlaceField().bind(Form(), name)
    field.process(None)
    return render("fields/_found.html", field=field, rows=Place.matching(words).limit(SHOWN) if words else [])


# One place --------------------------------------------------------------------------------------------------


@bp.get("/<int:id>")
@allow("places.list")
def show(id: int) -> ResponseReturnValue:
    """One place: what it is, who answers for it, its code, what is in it, what happened to it."""
    return place_page(get_or_404(Place.shown(), id))


def place_page(place: Place, closing: ReasonForm | None = None, status: int = 200) -> ResponseReturnValue:
    group = ClassGroup.in_room(place)
    events = Page(journal.about(place=place.id), size=20) if _may_read_history(place, group) else None
    return render(
        "places/show.html",
        None,
        status,
        place=place,
        group=group,
        label=Label.of(place=place.id) if place.is_room else None,
        inside=list(place.inside()) if not place.is_room else [],
        panels=[section for panel in panels if (section := panel(current_user, place))],
        events=events,
        closing=closing or ReasonForm(),
    )


def _may_read_history(place: Place, group: ClassGroup | None) -> bool:
    """The office reads every room's story; everybody else that of the rooms they answer for."""
    mine = (place.keeper_id, place.cleaner_id, group.teacher_id if group else None)
    return current_user.may("places.history") or current_user.id in mine


@bp.get("/add")
@allow("places.edit")
def add() -> ResponseReturnValue:
    form = PlaceForm(request.args)  # `?parent=3` from the page of a floor
    return form_page(form)


def form_page(form: PlaceForm, status: int = 200) -> ResponseReturnValue:
    return render("places/form.html", None, status, form=form, place=form.place)


@bp.post("/add")
@allow("places.edit")
def added() -> ResponseReturnValue:
    form = PlaceForm(request.form)
    if not form.validate():
        return form_page(form, 422)
    try:
        place = Place.add(by=current_user, **form.facts)
    except Refused as refused:
        return refused_page(form, refused)
    say(_("%(place)s is added; its label waits in the print basket.", place=place.name) if place.is_room
        else _("%(place)s is added.", place=place.name))  # fmt: skip
    return done(url_for(".show", id=place.id))


def refused_page(form: PlaceForm, refused: Refused) -> ResponseReturnValue:
    """A rule that concerns what was typed stands at the name, and nothing typed is lost."""
    if refused.status != 422:
        raise refused
    form.name.errors = [*form.name.errors, refused.sentence]
    return form_page(form, 422)


@bp.get("/<int:id>/edit")
@allow("places.edit")
def edit(id: int) -> ResponseReturnValue:
    place = get_or_404(Place.shown(), id)
    return form_page(PlaceForm(obj=place, data={"parent": place.parent_id or 0}, place=place))


@bp.post("/<int:id>/edit")
@allow("places.edit")
def edited(id: int) -> ResponseReturnValue:
    place = get_or_404(Place.shown(), id)
    form = PlaceForm(request.form, place=place)
    if not form.validate():
        return form_page(form, 422)
    try:
        place.change(current_user, **form.facts)
    except Refused as refused:
        return refused_page(form, refused)
    say(_("%(place)s is changed.", place=place.name))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/closure")
@allow("places.edit")
def close(id: int) -> ResponseReturnValue:
    place = get_or_404(Place.shown(), id)
    form = ReasonForm(request.form)
    if not form.validate():
        return place_page(place, form, 422)
    place.close(current_user, form.reason.data)
    say(_("%(place)s is closed.", place=place.name))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/reopening")
@allow("places.edit")
def reopen(id: int) -> ResponseReturnValue:
    place = get_or_404(Place.shown(), id)
    place.reopen(current_user)
    say(_("%(place)s is open again, with a new label.", place=place.name) if place.is_room
        else _("%(place)s is open again.", place=place.name))  # fmt: skip
    return done(url_for(".show", id=id))


# Classes ----------------------------------------------------------------------------------------------------


@bp.get("/classes")
@allow("places.list")
def classes() -> ResponseReturnValue:
    """The classes of this school year by grade, with class teacher, room and the grade's administrator."""
    groups = list(ClassGroup.listed())
    heads = {grade.number: grade.administrator for grade in Grade.listed()}
    grades = [(grade, heads.get(grade), [group for group in groups if group.grade == grade]) for grade in GRADES]
    return render("places/classes.html", grades=grades, year=clock.school_year(), grade_name=grade_name)


@bp.get("/classes/add")
@allow("places.edit")
def class_add() -> ResponseReturnValue:
    return class_page(ClassForm(request.args))


def class_page(form: ClassForm, group: ClassGroup | None = None, status: int = 200) -> ResponseReturnValue:
    return render("places/class_form.html", None, status, form=form, group=group)


@bp.post("/classes/add")
@allow("places.edit")
def class_added() -> ResponseReturnValue:
    form = ClassForm(request.form)
    if not form.validate():
        return class_page(form, None, 422)
    return _keep_class(form, None)


@bp.get("/classes/<int:id>")
@allow("places.edit")
def class_edit(id: int) -> ResponseReturnValue:
    group = get_or_404(ClassGroup.present(), id)
    return class_page(ClassForm.of(group), group)


@bp.post("/classes/<int:id>")
@allow("places.edit")
def class_edited(id: int) -> ResponseReturnValue:
    group = get_or_404(ClassGroup.present(), id)
    form = ClassForm(request.form)
    if not form.validate():
        return class_page(form, group, 422)
    return _keep_class(form, group)


def _keep_class(form: ClassForm, group: ClassGroup | None) -> ResponseReturnValue:
    try:
        if group is None:
            group = ClassGroup.add(by=current_user, **form.facts)
        else:
            group.change(current_user, **form.facts)
    except Refused as refused:
        form.number.errors = [*form.number.errors, refused.sentence]
        return class_page(form, group, refused.status)
    say(_("%(name)s is stored.", name=group.name))
    return done(url_for(".classes"))


@bp.get("/grades/<int:grade>")
@allow("places.edit")
def grade(grade: int) -> ResponseReturnValue:
    return grade_page(grade, GradeForm(data={"administrator": _grade(grade).administrator}))


def _grade(number: int) -> Grade:
    """The row of a grade of this school year, unsaved while nobody was ever appointed."""
    if number not in GRADES:
        abort(404)
    year = clock.school_year() - number + 1
    return Grade.get_or_none(Grade.entry_year == year) or Grade(entry_year=year)


def grade_page(number: int, form: GradeForm, status: int = 200) -> ResponseReturnValue:
    return render("places/grade.html", None, status, number=number, form=form, grade_name=grade_name)


@bp.post("/grades/<int:grade>")
@allow("places.edit")
def grade_appointed(grade: int) -> ResponseReturnValue:
    row, form = _grade(grade), GradeForm(request.form)
    if not form.validate():
        return grade_page(grade, form, 422)
    Grade.appoint(row.entry_year, form.administrator.data, current_user)
    say(_("The administrator of %(grade)s is stored.", grade=grade_name(grade)))
    return done(url_for(".classes"))
