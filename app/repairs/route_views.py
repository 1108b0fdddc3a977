"""The table of which damage goes to whom (派单规则), and the form of one of its lines."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form

from app.fields import OneOf, PersonField, options
from app.people.models import Office
from app.people.permissions import ROLES
from app.repairs import bp
from app.repairs.kinds import KINDS
from app.repairs.routes import Route
from app.web import allow, me, render, say

OFFERED = ("electrician", "director", "custodian", "canteen_manager")  # roles that a school gives repairs to
PERSON = "person"


class RouteForm(Form):
    """To a role, an office, or a person by name."""

    to = OneOf(_l("Who repairs it"))
    person = PersonField(_l("Name"), needed=False)
    straight = BooleanField(_l("Give it to this person at once"))

    def __init__(self, *args: Any, offices: dict[int, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.offices = offices
        self.to.choices = [
            *options({f"role:{role}": ROLES[role] for role in OFFERED}, _("Everybody with this role")),
            *options({f"office:{id}": name for id, name in offices.items()}, _("An office")),
            *options({PERSON: _("the person named below")}, _("One person")),
        ]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        if self.to.data == PERSON and not self.person.data and not self.person.errors:
            self.person.errors = [_("Please name the person.")]
            return False
        return fine

    @property
    def target(self) -> dict[str, Any]:
        """What `Route.lead` is given."""
        what, _colon, id = self.to.data.partition(":")
        if what == "role":
            return {"role": id}
        if what == "office":
            return {"office": Office.get_by_id(int(id))}
        return {"person": self.person.data, "straight": self.straight.data}


@bp.get("/routes")
@allow("repairs.routes")
def routes() -> ResponseReturnValue:
    return render("repairs/routes.html", table=Route.table(), kinds=KINDS)


@bp.get("/routes/<kind>")
@allow("repairs.routes")
def route(kind: str) -> ResponseReturnValue:
    now = _line(kind)
    to = f"role:{now.role}" if now.role else f"office:{now.office_id}" if now.office_id else PERSON
    form = RouteForm(
        offices=_offices(), data={"to": to, "person": now.person if now.person_id else None, "straight": now.straight}
    )
    return _route_page(kind, form)


@bp.post("/routes/<kind>")
@allow("repairs.routes")
def routed(kind: str) -> ResponseReturnValue:
    _line(kind)
    form = RouteForm(request.form, offices=_offices())
    if not form.validate():
        return _route_page(kind, form, 422)
    line = Route.lead(me(), kind, **form.target)
    say(_("“%(kind)s” goes to %(target)s now.", kind=KINDS[kind][0], target=line.target_word))
    return redirect(url_for(".routes"), 303)


def _route_page(kind: str, form: RouteForm, status: int = 200) -> ResponseReturnValue:
    return render("repairs/route.html", status=status, kind=kind, words=KINDS[kind], form=form)


def _line(kind: str) -> Route:
    if kind not in KINDS:
        abort(404)
    return Route.table()[kind]


def _offices() -> dict[int, str]:
    return dict(Office.select(Office.id, Office.name).order_by(Office.id).tuples())
