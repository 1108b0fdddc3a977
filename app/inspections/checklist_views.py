"""Checklists: what there is, how the phone shows it, the editor, and a checklist as one file."""

import json
from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import Refused
from app.inspections import shape
from app.inspections.checklist_forms import Editor, ImportForm
from app.inspections.checklists import Checklist
from app.inspections.forms import ScoreSheet
from app.inspections.views import bp, me
from app.people.permissions import ROLES
from app.places.models import KINDS as PLACES
from app.web import allow, done, render, say

MOST_BYTES = 300_000


@bp.get("/checklists")
@allow("inspections.edit")
def checklists() -> ResponseReturnValue:
    return render("inspections/checklists.html", checklists=list(Checklist.in_use()))


@bp.get("/checklists/<slug>")
@allow("inspections.edit")
def checklist(slug: str) -> ResponseReturnValue:
    """A checklist as the phone shows it, with its rules and versions."""
    found = _found(slug)
    sheet = ScoreSheet(found) if found.kind != "ticks" else None
    versions = list(Checklist.select().where(Checklist.slug == slug).order_by(Checklist.version.desc()).limit(20))
    return render(
        "inspections/checklist.html", checklist=found, sheet=sheet, versions=versions,
        role_words=role_words, place_words=place_words,
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
    if not editor.validate():
        return _editor_page(editor, found, 422)
    if request.form.get("version") != str(found.version):
        sentence = _(
            "Somebody else saved this checklist meanwhile. What you entered is still here; saving again puts it on top."
        )
        return _editor_page(editor, found, 409, sentence)
    return _publish(editor, slug, found)


def _publish(editor: Editor, slug: str, found: Checklist | None) -> ResponseReturnValue:
    try:
        made = Checklist.publish(editor.data(slug), me())
    except Refused as refused:
        return _editor_page(editor, found, refused.status, str(refused.sentence))
    say(_("Saved as version %(number)s.", number=made.version))
    return done(url_for(".checklist", slug=made.slug))


def _free_slug() -> str:
    """A name for the address: own-1, own-2 … whichever nobody has."""
    taken = {slug for (slug,) in Checklist.select(Checklist.slug).where(Checklist.slug.startswith("own-")).tuples()}
    return next(f"own-{number}" for number in range(1, len(taken) + 2) if f"own-{number}" not in taken)


def _editor_page(
    editor: Editor, found: Checklist | None, status: int = 200, problem: str = "", source: str = ""
) -> ResponseReturnValue:
    return render(
        "inspections/checklist_edit.html", status=status, editor=editor, checklist=found, problem=problem, source=source
    )


# As one file ---------------------------------------------------------------------------------------------------


@bp.get("/checklists/<slug>/file")
@allow("inspections.edit")
def checklist_file(slug: str) -> ResponseReturnValue:
    """The whole checklist as one JSON file, for another school or for safe keeping."""
    found = _found(slug)
    text = json.dumps(found.as_data(), ensure_ascii=False, indent=2) + "\n"
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
    """Read a file into the editor. Nothing is stored before it is saved there."""
    form = ImportForm(request.files)
    try:
        data = _read(form.file.data)
    except Refused as refused:
        form.file.errors = [str(refused.sentence)]
        return render("inspections/checklist_import.html", status=422, form=form)
    present = Checklist.now(data["slug"])
    items = ngettext("%(num)s item", "%(num)s items", len(data["items"]))
    said = _("Read from the file: %(items)s. Nothing is stored before you save.", items=items)
    return _editor_page(Editor(data if present else {**data, "slug": ""}), present, source=said)


def _read(upload: Any) -> dict[str, Any]:
    """A checklist from an uploaded file. Raises Refused (422) with what is wrong."""
    raw = upload.read(MOST_BYTES + 1) if upload else b""
    if not raw:
        raise Refused(_("Please choose a file."), 422)
    try:
        data = json.loads(raw.decode("utf-8-sig")) if len(raw) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        data = None
    if sentence := shape.problem(data):
        raise Refused(sentence, 422)
    return data
