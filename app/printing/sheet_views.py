"""Sheets: those partly used, the school's own sizes, each printer's correction, and the test page with rulers."""

import io

from flask import Response, abort, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

import labels
from app.printing.blueprint import bp
from app.printing.drawing import draw
from app.printing.forms import PrinterForm, ProfileForm
from app.printing.sheets import Printer, Profile, SheetOfPaper, all_sheets, problems_in_words, sheet_named
from app.web import Page, allow, done, get_or_404, render, say, whole

# Partly used sheets -------------------------------------------------------------------------------------------


@bp.get("/sheets")
@allow("labels.print")
def sheets() -> ResponseReturnValue:
    """The sheets with labels left, by their printed number."""
    return render("printing/sheets.html", page=Page(SheetOfPaper.open()), sizes=all_sheets())


@bp.route("/sheets/<int:id>", methods=["GET", "POST"])
@allow("labels.print")
def sheet_left(id: int) -> ResponseReturnValue:
    """One sheet: which cells are gone; someone who looks at it can put that right."""
    paper = get_or_404(SheetOfPaper.select(), id)
    size = sheet_named(paper.sheet) or abort(404)
    if request.method == "GET":
        return render("printing/sheet_left.html", paper=paper, size=size, drawing=draw(size))
    gone = {int(text) for text in request.form.getlist("gone") if text.isascii() and text.isdigit() and len(text) < 6}
    paper.mark(gone, current_user)
    say(_("Left on sheet %(number)s: %(free)s.", number=paper.number, free=paper.free))
    return done(url_for(".sheets"))


@bp.post("/sheets/<int:id>/closure")
@allow("labels.print")
def sheet_closure(id: int) -> ResponseReturnValue:
    """The rest was thrown away."""
    paper = get_or_404(SheetOfPaper.select().where(SheetOfPaper.closed_at.is_null()), id)
    paper.close(current_user)
    say(_("Sheet %(number)s is off the list.", number=paper.number))
    return done(url_for(".sheets"))


# Own sizes ----------------------------------------------------------------------------------------------------


@bp.get("/profiles")
@allow("labels.print")
def profiles() -> ResponseReturnValue:
    """Sheet sizes: the usual ones and the school's own."""
    return render("printing/profiles.html", own=list(Profile.open()), built_in=labels.SHEETS.values())


@bp.route("/profiles/add", methods=["GET", "POST"])
@allow("labels.print")
def profile_add() -> ResponseReturnValue:
    form = ProfileForm(request.form or None, data=_copied())
    if request.method == "GET" or not form.validate():
        return profile_page(form)
    profile = Profile.add(current_user, **form.fields)
    say(_("The size %(name)s is saved. Print its test page on plain paper first.", name=profile.name))
    return done(url_for(".profiles"))


def _copied() -> dict[str, object] | None:
    """A new size can begin as a copy: `?like=a4-21`."""
    like = sheet_named(request.args.get("like", ""))
    return None if like is None else {part: getattr(like, part) for part in ("name", *_PARTS)} | {"name": ""}


_PARTS = ("paper_w", "paper_h", "columns", "rows", "left", "top", "width", "height", "pitch_x", "pitch_y", "roll")


@bp.route("/profiles/<int:id>", methods=["GET", "POST"])
@allow("labels.print")
def profile(id: int) -> ResponseReturnValue:
    """Change a size of the school's own."""
    own = get_or_404(Profile.open(), id)
    form = ProfileForm(request.form or None, obj=own, own=own)
    if request.method == "GET" or not form.validate():
        return profile_page(form, own)
    own.change(current_user, **form.fields)
    say(_("The size %(name)s is saved. Print its test page on plain paper first.", name=own.name))
    return done(url_for(".profiles"))


def profile_page(form: ProfileForm, own: Profile | None = None) -> Response:
    status = 422 if request.method == "POST" else 200
    return render("printing/profile.html", None, status, form=form, own=own, **_preview(form.sheet))


def _preview(sheet: labels.Sheet | None) -> dict[str, object]:
    """What the numbers typed so far give: the drawing, or the problems in words."""
    problems = problems_in_words(sheet) if sheet else []
    return {"typed": sheet, "problems": problems, "drawing": draw(sheet) if sheet and not problems else None}


@bp.get("/profiles/preview")
@allow("labels.print")
def profile_preview() -> ResponseReturnValue:
    """The drawing of a size while its numbers are typed."""
    form = ProfileForm(request.args or None)
    form.validate()
    return render("printing/_preview.html", "printing/_preview.html", **_preview(form.sheet))


@bp.post("/profiles/<int:id>/closure")
@allow("labels.print")
def profile_closure(id: int) -> ResponseReturnValue:
    own = get_or_404(Profile.open(), id)
    own.close(current_user)
    say(_("The size %(name)s is put away.", name=own.name))
    return done(url_for(".profiles"))


@bp.get("/test/<name>.pdf")
@allow("labels.print")
def test_page(name: str) -> ResponseReturnValue:
    """A page with rulers and the cells' outlines, to measure a printer with: `?printer=3`."""
    sheet, printer = sheet_named(name), whole("printer")
    if sheet is None:
        abort(404)
    shift = get_or_404(Printer.select(), printer).shift if printer else (0, 0)
    out = io.BytesIO()
    labels.render_test_page(sheet, out, shift=shift)
    out.seek(0)
    return send_file(out, "application/pdf", as_attachment=True, download_name=f"test-{name}.pdf")


# Printers -----------------------------------------------------------------------------------------------------


@bp.route("/printers", methods=["GET", "POST"])
@allow("labels.print")
def printers() -> ResponseReturnValue:
    """Each printer with its correction, and a form for a new one."""
    form = PrinterForm(request.form or None)
    if request.method == "GET" or not form.validate():
        status = 422 if request.method == "POST" else 200
        return render("printing/printers.html", None, status, form=form, printers=list(Printer.open()))
    printer = Printer.add(form.name.data, current_user, form.shift_x.data, form.shift_y.data)
    say(_("The printer %(name)s is saved.", name=printer.name))
    return done(url_for(".printers"))


@bp.route("/printers/<int:id>", methods=["GET", "POST"])
@allow("labels.print")
def printer(id: int) -> ResponseReturnValue:
    own = get_or_404(Printer.open(), id)
    form = PrinterForm(request.form or None, obj=own, own=own)
    if request.method == "GET" or not form.validate():
        status = 422 if request.method == "POST" else 200
        return render("printing/printer.html", None, status, form=form, printer=own)
    own.change(current_user, form.name.data, form.shift_x.data, form.shift_y.data)
    say(_("The printer %(name)s is saved.", name=own.name))
    return done(url_for(".printers"))


@bp.post("/printers/<int:id>/closure")
@allow("labels.print")
def printer_closure(id: int) -> ResponseReturnValue:
    own = get_or_404(Printer.open(), id)
    own.close(current_user)
    say(_("The printer %(name)s is put away.", name=own.name))
    return done(url_for(".printers"))
