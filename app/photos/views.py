"""Photos are shown to those who may see their record, and removed by the director with a reason."""

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField, StringField
from wtforms.validators import DataRequired, Length

from app.photos import models
from app.photos.forms import claimed
from app.photos.models import Photo
from app.web import allow, me, own_path, public, render, say

bp = Blueprint("photos", __name__, url_prefix="/photos")

A_WEEK = "private, max-age=604800, immutable"


class RemovalForm(Form):
    reason = StringField(
        _l("Reason"),
        [DataRequired(_l("Please fill this in.")), Length(max=200, message=_l("At most %(max)d characters, please."))],
        filters=[lambda text: " ".join((text or "").split())],
    )
    next = HiddenField()


@bp.get("/<token>")
@public
def show(token: str) -> Response:
    """The JPEG itself; `?size=small` for the thumbnail. Who may not see the record gets 404."""
    photo = _seen(token)
    size = "small" if request.args.get("size") == "small" else None
    return _jpeg(photo.read(size), f"{photo.token}-{size}", A_WEEK)


@bp.get("/waiting/<claim>")
@public
def waiting(claim: str) -> Response:
    """The thumbnail of a photo whose form is being corrected, for the phone that sent it."""
    photo = claimed(claim)
    return _jpeg(models.read(photo.token, "small"), photo.token, "no-store") if photo else abort(404)


@bp.get("/<token>/removal")
@allow("photos.remove")
def remove(token: str) -> Response:
    return _removal_page(_seen(token), RemovalForm(request.args))


@bp.post("/<token>/removal")
@allow("photos.remove")
def removed(token: str) -> ResponseReturnValue:
    photo, form = _seen(token), RemovalForm(request.form)
    if not form.validate():
        return _removal_page(photo, form, 422)
    photo.remove(me(), form.reason.data)
    say(_("The photo is removed; the record says by whom and why."))
    return redirect(own_path(form.next.data) or url_for("home.desk"), 303)


def _seen(token: str) -> Photo:
    photo = Photo.of_token(token)
    if photo is None or not photo.may_be_seen_by(me()):
        abort(404)
    return photo


def _removal_page(photo: Photo, form: RemovalForm, status: int = 200) -> Response:
    back = own_path(form.next.data) or url_for("home.desk")
    return render("photos/removal.html", photo=photo, form=form, back_to=back, status=status)


def _jpeg(data: bytes | None, tag: str, keeping: str) -> Response:
    if data is None:
        abort(404)
    answer = Response(data, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = keeping
    answer.headers["Content-Disposition"] = "inline"
    answer.set_etag(tag)
    return answer.make_conditional(request)
