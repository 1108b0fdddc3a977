"""Checklists: what there is, how the phone shows it, the editor, and a checklist as one file."""

from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app import journal
from app.errors import Refused
from app.inspections import retirement, shape
from app.inspections.checklist_forms import Editor, ImportForm
from app.inspections.checklists import CLASS_SCORES, Checklist
from app.inspections.comparing import Comparison
from app.inspections.forms import ScoreSheet
from app.inspections.hazard_forms import WhyForm
from app.inspections.plans import Plan
from app.inspections.views import bp
from app.people.permissions import ROLES
from app.places.models import KINDS as PLACES
from app.web import allow, done, me, render, say


@bp.get("/checklists")
@allow("inspections.edit")
def checklists() -> ResponseReturnValue:
    found = list(Checklist.in_use())
    return render(
        "inspections/checklists.html",
        checklists=[each for each in found if each.retired_at is None],
        retired=[each for each in found if each.retired_at is not None],
    )


@bp.get("/checklists/<slug>")
@allow("inspections.edit")
def checklist(slug: str) -> ResponseReturnValue:
    """A checklist as the phone shows it, with its rules and versions."""
    found = _found(slug)
    sheet = ScoreSheet(found) if found.kind != "ticks" else None
    versions = list(Checklist.select().where(Checklist.slug == slug).order_by(Checklist.version.desc()).limit(20))
    return render(
        "inspections/checklist.html", checklist=found, sheet=sheet, versions=versions,
        role_words=role_words, place_words=place_words, counts_in_week=CLASS_SCORES, plans=Plan.using(slug),
        events=list(journal.about_many(versions).where(journal.Event.person.is_null(False)).limit(20)),
    )  # fmt: skip


def _found(slug: str) -> Checklist:
    return Checklist.now(slug) or abort(404)


def role_words(roles: list[str]) -> str:
    """`总务主任、校产管理员`."""
    return _(", ").join(str(ROLES[role]) if role in ROLES else _("duty cards") for role in roles)


def place_words(checklist: Checklist) -> str:
    """Where a checklist is done, as words."""
    if checklist.target == "class":
        return _("every class")
    return _(", ").join(str(PLACES[kind][0]) for kind in checklist.kinds) or _("every place")


# Retired, and taken into use again ---------------------------------------------------------------------------


@bp.get("/checklists/<slug>/retirement")
@allow("inspections.edit")
def checklist_retirement(slug: str) -> ResponseReturnValue:
    """What retiring it means: the plans that would build no rounds, the rounds that would be excused."""
    return _retirement_page(_found(slug), WhyForm())


@bp.post("/checklists/<slug>/retirement")
@allow("inspections.edit")
def checklist_retired(slug: str) -> ResponseReturnValue:
    found, form = _found(slug), WhyForm(request.form)
    if not form.validate():
        return _retirement_page(found, form, 422)
    found.retire(me(), form.reason.data)
    say(_("Retired. What was checked with it stays to be read."))
    return done(url_for(".checklist", slug=slug))


@bp.post("/checklists/<slug>/return")
@allow("inspections.edit")
def checklist_taken_up(slug: str) -> ResponseReturnValue:
    _found(slug).take_up(me())
    say(_("In use from now on."))
    return done(url_for(".checklist", slug=slug))


def _retirement_page(found: Checklist, form: WhyForm, status: int = 200) -> ResponseReturnValue:
    slug = found.slug
    return render(
        "inspections/checklist_retire.html", status=status, checklist=found, form=form, plans=Plan.using(slug),
        rounds=retirement.open_rounds(slug), cards=retirement.cards_for(slug),
    )  # fmt: skip


# The editor ----------------------------------------------------------------------------------------------------


@bp.get("/checklists/new")
@allow("inspections.edit")
def checklist_new() -> ResponseReturnValue:
    """An empty checklist, or one that starts from another (`?like=<slug>`)."""
    like = Checklist.now(request.args.get("like", "")[:40])
    return _editor_page(Editor({**like.as_data(), "slug": ""} if like else None), None)


@bp.post("/checklists/new")
@allow("inspections.edit")
def checklist_made() -> ResponseReturnValue:
    editor = Editor(None, request.form)
    if wish := request.form.get("do"):
        return _arranged(editor, None, wish)
    if not editor.validate():
        return _editor_page(editor, None, 422)
    return _publish(editor, _free_slug(), None)


@bp.get("/checklists/<slug>/edit")
@allow("inspections.edit")
def checklist_edit(slug: str) -> ResponseReturnValue:
    """The editor; what is saved is a new version, and checks keep the version they were made with."""
    found = _found(slug)
    return _editor_page(Editor(found.as_data()), found)


@bp.post("/checklists/<slug>/edit")
@allow("inspections.edit")
def checklist_edited(slug: str) -> ResponseReturnValue:
    found = _found(slug)
    editor = Editor(found.as_data(), request.form)
    if wish := request.form.get("do"):
        return _arranged(editor, found, wish)
    if not editor.validate():
        return _editor_page(editor, found, 422)
    if request.form.get("version") != str(found.version):
        sentence = _(
            "Somebody else saved this checklist meanwhile. What you entered is still here; saving again puts it on top."
        )
        return _editor_page(editor, found, 409, sentence)
    return _publish(editor, slug, found)


def _arranged(editor: Editor, found: Checklist | None, wish: str) -> ResponseReturnValue:
    """A button of the editor that stores nothing: another order, more rows, or a look at it (`look`)."""
    if wish != "look":
        editor.arrange(wish)
        return _editor_page(editor, found)
    data = editor.data(found.slug if found else "new") if editor.validate() else None
    sentence = shape.problem(data) if data else ""
    if data is None or sentence:
        return _editor_page(editor, found, 422, sentence or "")
    return _editor_page(editor, found, sketch=Checklist.sketch(data))


def _publish(editor: Editor, slug: str, found: Checklist | None) -> ResponseReturnValue:
    try:
        made = Checklist.publish(editor.data(slug), me(), upon=found)
    except Refused as refused:
        return _editor_page(editor, found, refused.status, str(refused.sentence))
    say(_("Saved as version %(number)s.", number=made.version))
    return done(url_for(".checklist", slug=made.slug))


def _free_slug() -> str:
    """A name for the address: own-1, own-2 … whichever nobody has."""
    taken = {slug for (slug,) in Checklist.select(Checklist.slug).where(Checklist.slug.startswith("own-")).tuples()}
    return next(f"own-{number}" for number in range(1, len(taken) + 2) if f"own-{number}" not in taken)


def _editor_page(
    editor: Editor, found: Checklist | None, status: int = 200, problem: str = "", source: str = "",
    sketch: Checklist | None = None,
) -> ResponseReturnValue:  # fmt: skip
    return render(
        "inspections/checklist_edit.html", status=status, editor=editor, checklist=found, problem=problem,
        source=source, sketch=sketch, sheet=ScoreSheet(sketch) if sketch and sketch.kind != "ticks" else None,
    )  # fmt: skip


# As one file ---------------------------------------------------------------------------------------------------


@bp.get("/checklists/<slug>/file")
@allow("inspections.edit")
def checklist_file(slug: str) -> ResponseReturnValue:
    """The whole checklist as one JSON file, for another school or for safe keeping."""
    found = _found(slug)
    text = shape.as_file(found.as_data())
    name = f"checklist-{found.slug}-{found.version}.json"
    return Response(
        text, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@bp.get("/checklists/import")
@allow("inspections.edit")
def checklist_import() -> ResponseReturnValue:
    return render("inspections/checklist_import.html", form=ImportForm())


@bp.post("/checklists/import")
@allow("inspections.edit")
def checklist_read() -> ResponseReturnValue:
    """Read a file: a new checklist goes into the editor, one that is here is compared. Nothing is stored yet."""
    form = ImportForm(request.files)
    try:
        data = shape.read(_bytes_of(form.file.data))
    except Refused as refused:
        form.file.errors = [str(refused.sentence)]
        return render("inspections/checklist_import.html", status=422, form=form)
    present = Checklist.now(data["slug"])
    return _new_from_file(data) if present is None else _compare_page(data, present)


def _bytes_of(upload: Any) -> bytes:
    """As much of a file as a checklist may have, and one byte more; a large one lies on the disk until it is closed."""
    if not upload:
        return b""
    raw = upload.read(shape.MOST_BYTES + 1)
    upload.close()
    return raw


def _new_from_file(data: dict[str, Any]) -> ResponseReturnValue:
    items = ngettext("%(num)s item", "%(num)s items", len(data["items"]))
    said = _("Read from the file: %(items)s. Nothing is stored before you save.", items=items)
    return _editor_page(Editor({**data, "slug": ""}), None, source=said)


def _compare_page(data: dict[str, Any], present: Checklist, status: int = 200, said: str = "") -> ResponseReturnValue:
    """What the file would change, with the file's text to be sent back when somebody agrees."""
    return render(
        "inspections/checklist_compare.html", status=status, checklist=present, data=data, said=said,
        text=shape.as_file(data), changes=Comparison.of(present.as_data(), data),
    )  # fmt: skip


@bp.post("/checklists/<slug>/import")
@allow("inspections.edit")
def checklist_imported(slug: str) -> ResponseReturnValue:
    """The comparison was read: store the new version, or (`as_new`) put it into the editor as another checklist."""
    found = _found(slug)
    data = shape.read(request.form.get("text", "").encode("utf-8", "replace"))
    if "as_new" in request.form:
        return _new_from_file(data)
    if data["slug"] != slug:
        raise Refused(_("This page is out of date. Please open it again and send it from there."), 422)
    if request.form.get("version") != str(found.version):
        sentence = _("Somebody else saved this checklist meanwhile. This is what the file would change now.")
        return _compare_page(data, found, 409, sentence)
    if not Comparison.of(found.as_data(), data):
        raise Refused(_("The file says the same as the checklist; nothing was changed."))
    made = Checklist.publish(data, me(), upon=found)
    say(_("Saved as version %(number)s.", number=made.version))
    return done(url_for(".checklist", slug=slug))
