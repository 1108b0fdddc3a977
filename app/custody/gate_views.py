"""The short address of a gate pass, `/g/<code>`: the guard's page, and a plain one for everybody else."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import clock
from app.custody.forms import PassageForm, ReasonForm
from app.custody.gate import GatePass, Passage, code_in, items_of
from app.custody.waits import Counted, count_of
from app.photos.models import Photo
from app.places.codes import is_well_formed
from app.web import Page, allow, done, get_or_404, public, render, say

bp = Blueprint("gate", __name__, url_prefix="/g")


@bp.get("/", endpoint="list")
@allow("custody.gate")
def every() -> ResponseReturnValue:
    """For the guard: a box for a code, what may still leave, and what left today."""
    today = clock.utc(clock.today())
    taken = GatePass.shown().where(Passage.at >= today).order_by(Passage.id.desc())
    page = Page(GatePass.standing())
    gone = [*taken.limit(30)]
    return render("gate/list.html", page=page, gone=gone, items=items_of([row.id for row in [*page.rows, *gone]]))


@bp.get("/find")
@allow("custody.gate")
def find() -> ResponseReturnValue:
    """The box for a typed code."""
    code = code_in(request.args.get("code", ""))
    return done(url_for(".show", code=code) if code else url_for(".list"))


@bp.get("/<code>")
@public
def show(code: str) -> ResponseReturnValue:
    """The pass behind a code. Signed out, or without a part in it: the number and whether it holds."""
    found = GatePass.of_code(code_in(code)) if is_well_formed(code_in(code)) else None
    if found is None:
        return render("gate/unknown.html", status=404)
    return pass_page(found, PassageForm())


def pass_page(
    found: GatePass, form: PassageForm, status: int = 200, reason: ReasonForm | None = None
) -> ResponseReturnValue:
    if not may_read(current_user, found):
        return render("gate/plain.html", status=status, row=found)
    items = found.items_shown
    return render(
        "gate/pass.html",
        status=status,
        row=found,
        items=items,
        faces=Photo.of_many("asset", [each.custody.asset_id for each in items]),
        form=form,
        reason=reason or ReasonForm(),
    )


def may_read(who: Any, found: GatePass) -> bool:
    if who.is_card or not who.is_authenticated:
        return False
    return who.may("custody.gate") or who.may("custody.all") or found.person_id == who.id


@bp.post("/<int:id>/passage")
@allow("custody.gate")
def take(id: int) -> ResponseReturnValue:
    """The things leave; the pass is taken, once."""
    found = get_or_404(GatePass.visible_to(current_user), id)
    form = PassageForm(request.form)
    if not form.validate():
        return pass_page(found, form, 422)
    found.take(current_user, form.note.data or "")
    say(_("Let out. The gate pass %(number)s is taken.", number=found.number))
    return done(url_for(".show", code=found.code))


@bp.post("/<int:id>/voiding")
@allow("custody.lend")
def void(id: int) -> ResponseReturnValue:
    found = get_or_404(GatePass.visible_to(current_user), id)
    form = ReasonForm(request.form)
    if not form.validate():
        return pass_page(found, PassageForm(), 422, form)
    found.void(current_user, form.reason.data)
    say(_("The gate pass %(number)s is void.", number=found.number))
    return done(url_for(".show", code=found.code))


@bp.post("/<int:id>/anew")
@allow("custody.lend")
def remake(id: int) -> ResponseReturnValue:
    """A new pass for the same things; the old one no longer counts."""
    new = get_or_404(GatePass.visible_to(current_user), id).remake(current_user)
    say(_("The gate pass %(number)s is made; the old one no longer counts.", number=new.number))
    return done(url_for(".show", code=new.code))


def waits(who: Any) -> list[Counted]:
    """For the guard: how many passes may still be used."""
    if not who.may("custody.gate") or who.may("custody.lend"):
        return []
    return [count_of(GatePass, GatePass.is_standing(), _("gate passes to check"), "door-open", url_for("gate.list"))]
