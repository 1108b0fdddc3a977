"""The first page, the scan page, the language switch, and what we keep and why."""

from importlib import import_module

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app import db
from app.config import LANGUAGES
from app.home import scan
from app.home.navigation import navigation
from app.people.models import Person
from app.web import Waiting, me, own_path, public, render

bp = Blueprint("home", __name__)
bp.app_template_global()(navigation)

# Whose cards stand on the first page, in this order; each noun's views say what waits for someone.
DESKS = (
    "approvals", "repairs", "inspections", "receiving", "custody", "transfers", "disposals", "stocktakes", "printing",
    "calendar",
)  # fmt: skip


@bp.get("/")
@public
def desk() -> ResponseReturnValue:
    """What waits for whoever is signed in; a box for a label's code for everybody else."""
    if not current_user.is_authenticated:
        return render("home/welcome.html")
    if current_user.is_card:
        return redirect(url_for("inspections.round"), 303)
    return render("home/desk.html", waiting=waiting_for(current_user))


def waiting_for(who: Person) -> list[Waiting]:
    return [card for noun in DESKS for card in import_module(f"app.{noun}.views").waiting(who)]


@bp.get("/go")
@public
def go() -> ResponseReturnValue:
    """The box for a typed code: `/go?code=7K3M 9QX2`."""
    code = scan.tidy(request.args.get("code", ""))[:40]
    return redirect(url_for(".look", code=code), 303) if code else redirect(url_for(".desk"), 303)


@bp.get("/q/<code>")
@bp.get("/Q/<code>", endpoint="look_capital")
@public
def look(code: str) -> ResponseReturnValue:
    """The page behind a label. Signed out: name, number, state and the report button, nothing more."""
    sight = scan.look(code[:40])
    if sight.problem:
        status = {"mistyped": 404, "unknown": 404, "retired": 410, "blank": 200}[sight.problem]
        return render("home/no_thing.html", status=status, sight=sight)
    who, told = me(), scan.told(sight)
    if who.is_authenticated:
        sight.label.note_scan(who)
    return render(
        "home/scan.html",
        sight=sight,
        title=told.title,
        reported=told.reported,
        actions=scan.actions(sight, who),
        holder=scan.holder_for(sight, who),
        record=scan.may_open_record(sight, who),
        elsewhere=scan.may_stand_elsewhere(sight, who),
        may_fix=scan.may_fix,
    )


@bp.get("/language/<code>")
@public
def choose_language(code: str) -> ResponseReturnValue:
    """Remember the visitor's language on this phone and go back to where they were."""
    back = own_path(request.args.get("next") or request.referrer) or url_for(".desk")
    answer: Response = make_response(redirect(back, 303))
    if code in LANGUAGES:
        answer.set_cookie("language", code, max_age=400 * 24 * 3600, samesite="Lax", httponly=True)
    return answer


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    return render("home/privacy.html")


@bp.get("/healthz")
@public
def health() -> ResponseReturnValue:
    """For monitoring: versions when the database answers, 503 otherwise."""
    from app import __version__

    try:
        return {"app": __version__, "schema": db.schema_version(), "engine": db.engine_version()}
    except Exception as error:
        return {"error": type(error).__name__}, 503
