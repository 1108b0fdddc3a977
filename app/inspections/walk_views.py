"""Walk mode: the doors of a round in walking order, the answers of each, and for the office how it was walked."""

from datetime import datetime

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import clock
from app.errors import Refused
from app.inspections import walk as walking
from app.inspections.checklists import Checklist
from app.inspections.rounds_due import Round
from app.inspections.views import bp
from app.inspections.walk_forms import WalkSheet
from app.web import allow, began, get_or_404, me, render, say, wants_fragment, whole


@bp.get("/walk/<int:id>")
@allow("inspections.walk")
def walk(id: int) -> ResponseReturnValue:
    """The doors of a round: what is left, and the sheet that opens at each. `?at=` a place: its label was scanned,
    its sheet opens at once; without JavaScript the page of the door does."""
    round = get_or_404(Round.visible_to(me()), id)
    checklist = _checklist(round)
    stops = walking.stops_of(round, me())
    at = whole("at")
    return render(
        "inspections/walk.html",
        round=round,
        checklist=checklist,
        stops=stops,
        ahead=walking.next_after(stops),
        here=next((stop for stop in stops if stop.place.id == at and stop.is_left), None),
        sheet=WalkSheet(checklist) if round.does(me()) and checklist.kind != "ticks" else None,
        may_walk=_may_walk(round),
    )


@bp.get("/walk/<int:id>/<int:place>")
@allow("inspections.walk")
def door(id: int, place: int) -> ResponseReturnValue:
    """One door on a page of its own, for phones without JavaScript and for whoever comes by the label."""
    round, stop = _at_door(id, place)
    return _door_page(round, stop, WalkSheet(_checklist(round), stop.place))


@bp.post("/walk/<int:id>/<int:place>")
@allow("inspections.walk")
def answered(id: int, place: int) -> ResponseReturnValue:
    """The answers of one door; with `fine=all` everything is as it should be."""
    at = walking.given_at(_moment(request.form.get("answered")), _moment(request.headers.get("X-Sent")), began())
    round, stop = _at_door(id, place, at)
    checklist = _checklist(round, request.form.get("version", ""))
    sheet = WalkSheet.sent(checklist, stop.row.place)
    if not sheet.validate():
        if wants_fragment():  # a phone that sends what it kept shows the sentence beside the door
            raise Refused("; ".join(sheet.wrongs()), 422)
        return _door_page(round, stop, sheet, 422)
    verdicts = walking.fine_everywhere(checklist, stop.place) if sheet.everything else sheet.verdicts()
    walking.answer(
        round, stop.row, me(), verdicts, checklist,
        at=at,
        scanned=request.form.get("how") == "scan",
        note=sheet.head.note.data or "",
    )  # fmt: skip
    return _acknowledged(round.id, place)


def _acknowledged(id: int, place: int) -> ResponseReturnValue:
    """To a phone that keeps the list: the door and how far the round is. To others the list anew."""
    round = get_or_404(Round.visible_to(me()), id)
    if not wants_fragment():
        say(_("Kept."))
        return redirect(url_for(".walk", id=id), 303)
    stop = walking.stops_of(round, me(), place)[0]
    return render("inspections/_walk_answer.html", round=round, stop=stop, may_walk=True)


@bp.get("/walk/<int:id>/doors")
@allow("inspections.doors")
def doors(id: int) -> ResponseReturnValue:
    """Order and times of the doors, as a fact."""
    round = get_or_404(Round.visible_to(me()), id)
    steps = walking.steps(round)
    return render("inspections/doors.html", round=round, steps=steps, too_fast=walking.too_fast(steps))


def _may_walk(round: Round) -> bool:
    return round.does(me()) and round.is_going_on


def _at_door(id: int, place: int, at: datetime | None = None) -> tuple[Round, walking.Stop]:
    """A door of a round that is this person's now, or was when the answer was given."""
    round = get_or_404(Round.visible_to(me()), id)
    if not round.does(me(), clock.local(at or clock.now()).date()):
        raise Refused(_("This round is %(name)s's.", name=round.whose), 403)
    stop = next(iter(walking.stops_of(round, me(), place)), None) if place < 2**63 else None
    return round, stop or abort(404)


def _checklist(round: Round, version: str = "") -> Checklist:
    """The checklist in use, or the version that a phone took along."""
    if version.isascii() and version.isdigit() and len(version) < 9:
        found = Checklist.get_or_none(Checklist.slug == round.plan.slug, Checklist.version == int(version))
    else:
        found = Checklist.now(round.plan.slug)
    return found or abort(404)


def _door_page(round: Round, stop: walking.Stop, sheet: WalkSheet, status: int = 200) -> ResponseReturnValue:
    if status == 200 and not stop.is_left:
        raise Refused(walking.why_closed(stop.row))
    if status == 200:
        walking.must_be_on(round, me(), clock.now())
    how = "scan" if "scan" in (request.args.get("how"), request.form.get("how")) else "tap"
    return render("inspections/door.html", status=status, round=round, stop=stop, sheet=sheet, how=how)


def _moment(text: str | None) -> int | None:
    """Milliseconds of a phone's clock."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else None
