"""The two addresses of every paper: a page to print, and the same as PDF."""

from flask import Blueprint, abort, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.paper import answers
from app.paper.document import Paper, build, text
from app.web import allow

bp = Blueprint("paper", __name__, url_prefix="/paper")
bp.app_template_filter("printed")(text)


@bp.get("/<kind>/<int:id>")
@allow("paper.print")
def show(kind: str, id: int) -> ResponseReturnValue:
    return answers.page(_built(kind, id), pdf=url_for(".pdf", kind=kind, id=id))


@bp.get("/<kind>/<int:id>.pdf")
@allow("paper.print")
def pdf(kind: str, id: int) -> ResponseReturnValue:
    return answers.pdf(_built(kind, id))


def _built(kind: str, id: int) -> Paper:
    return build(kind, current_user, id) or abort(404)
