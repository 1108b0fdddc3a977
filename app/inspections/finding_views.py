"""Pages of what checks found: the list, judging anew, what is to be cleaned again; what other pages show of it."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup

from app import clock
from app.excel.listing import Listing, listing_pages
from app.excel.out import Col
from app.inspections import findings, hazard_notices
from app.inspections.findings import ROADS, Finding
from app.inspections.follow_ups import FollowUp
from app.inspections.hazard_forms import CleanedForm, HandOverForm, TurnForm, WhyForm
from app.inspections.hazard_views import standing_of
from app.inspections.hazards import STANDING, Hazard
from app.inspections.models import Check
from app.inspections.views import bp
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.models import Place
from app.places.views import panels as place_panels
from app.repairs.models import Ticket
from app.repairs.ticket_views import panels as ticket_panels
from app.web import Page, Waiting, allow, done, get_or_404, me, render, say

FINDING_TABS = {"open": _l("Unfinished"), "all": _l("All")}
SHOWN = 10


# What checks found ------------------------------------------------------------------------------------------


@bp.get("/findings", endpoint="findings")
@allow("inspections.findings")
def everything() -> ResponseReturnValue:
    """What the checks found and what came of it, newest first."""
    page = Page(_asked())
    return render(
        "inspections/findings.html", page=page, tab=_tab(), road=_road(), tabs=FINDING_TABS, roads=ROADS,
        photos=Photo.of_many("mark", [finding.mark_id for finding in page]),
    )  # fmt: skip


def _tab() -> str:
    return request.args["tab"] if request.args.get("tab") in FINDING_TABS else "open"


def _road() -> str:
    return request.args["road"] if request.args.get("road") in ROADS else ""


def _asked() -> Any:
    rows = Finding.visible_to(me()).order_by(Finding.id.desc())
    if _tab() == "open":
        rows = rows.where(Finding.open_expression())
    if road := _road():
        rows = rows.where(getattr(Finding, road).is_null(False))
    return rows


def findings_listing() -> Listing:
    columns = [
        Col(_("When it was found"), "moment"), Col(_("Place"), width=16), Col(_("Checked with"), width=16),
        Col(_("Checked item"), width=16),
        Col(_("What was found"), width=36), Col(_("What came of it"), width=28), Col(_("Good again on"), "date"),
    ]  # fmt: skip

    def dress(rows: list[Finding]) -> Iterator[Sequence[Any]]:
        good = dict(Check.select(Check.id, Check.day).where(Check.id.in_([row.good_id for row in rows])).tuples())
        for row in rows:
            yield [
                row.at, row.check.title, row.check.checklist.title, row.mark.item.title, row.mark.why,
                "；".join(map(_came, row.things)), good.get(row.good_id),
            ]  # fmt: skip

    about = [str(FINDING_TABS[_tab()]), *([str(ROADS[_road()][0])] if _road() else [])]
    return Listing(_("What checks found"), columns, _asked(), dress, about,
                   url_for("inspections.findings", **request.args.to_dict()))  # fmt: skip


def _came(thing: findings.Thing) -> str:
    return " ".join(filter(None, (thing.road_word, thing.number, thing.state)))


listing_pages(bp, "inspections.findings", "/findings/list", findings_listing, "findings")


@bp.get("/findings/<int:id>")
@allow("inspections.turn")
def finding(id: int) -> ResponseReturnValue:
    """One finding, to judge it anew."""
    row = _finding(id)
    return render("inspections/finding.html", finding=row, form=TurnForm(roads=_other_roads(row)))


@bp.post("/findings/<int:id>")
@allow("inspections.turn")
def finding_turned(id: int) -> ResponseReturnValue:
    """Make something else of it too: a hazard of what was only reported for repair."""
    row = _finding(id)
    form = TurnForm(request.form, roads=_other_roads(row))
    if not form.validate():
        return render("inspections/finding.html", status=422, finding=row, form=form)
    thing = row.turn(me(), form.road.data, form.reason.data, level=form.level.data, kind=form.kind.data)
    say(_("It is open as %(road)s too now.", road=ROADS[form.road.data][0]))
    return done(findings.Thing.of(thing).url)


def _finding(id: int) -> Finding:
    return get_or_404(Finding.visible_to(me()), id)


def _other_roads(row: Finding) -> list[tuple[str, Any]]:
    return [(road, words) for road, (words, _icon) in ROADS.items() if not getattr(row, f"{road}_id")]


# To be cleaned again ----------------------------------------------------------------------------------------


@bp.get("/follow-ups")
@allow("inspections.follow_up")
def follow_ups() -> ResponseReturnValue:
    """What waits to be cleaned again, the most pressing first; `?done=1` what was cleaned."""
    ended = request.args.get("done") == "1"
    rows = FollowUp.with_names(FollowUp.visible_to(me()))
    if ended:
        rows = rows.where(FollowUp.outcome != "").order_by(FollowUp.id.desc())
    else:
        rows = rows.where(FollowUp.outcome == "").order_by(FollowUp.due_on, FollowUp.id)
    return render("inspections/follow_ups.html", page=Page(rows), ended=ended)


@bp.get("/follow-ups/<int:id>")
@allow("inspections.follow_up")
def follow_up(id: int) -> ResponseReturnValue:
    return _follow_up_page(_follow_up(id))


def _follow_up(id: int) -> FollowUp:
    return get_or_404(FollowUp.with_names(FollowUp.visible_to(me())), id)


def _follow_up_page(row: FollowUp, status: int = 200, unfolded: str = "", **sent: Any) -> ResponseReturnValue:
    rows = findings.of_thing(row)
    forms = {"cleaned": CleanedForm(), "hand_over": HandOverForm(), "withdraw": WhyForm(), **sent}
    return render(
        "inspections/follow_up.html", status=status, row=row, found=rows, unfolded=unfolded, forms=forms,
        photos=Photo.of(row), mark_photos=Photo.of_many("mark", [each.mark_id for each in rows]),
        readable=findings.readable_checks(me(), [each.check_id for each in rows]), may_end=row.may_end(me()),
        told=hazard_notices.told_of(row),
    )  # fmt: skip


@bp.post("/follow-ups/<int:id>/done")
@allow("inspections.follow_up")
def follow_up_done(id: int) -> ResponseReturnValue:
    row, form = _follow_up(id), CleanedForm(form_data())
    if not row.may_end(me()):
        abort(403)
    if not form.validate():
        return _follow_up_page(row, 422, cleaned=form)
    row.done(me(), form.note.data or "", form.photos.data)
    say(_("%(place)s is clean again.", place=row.place.name))
    return done(url_for(".follow_ups"))


@bp.post("/follow-ups/<int:id>/hand-over")
@allow("inspections.turn")
def follow_up_hand_over(id: int) -> ResponseReturnValue:
    row, form = _follow_up(id), HandOverForm(request.form)
    if not form.validate():
        return _follow_up_page(row, 422, "hand_over", hand_over=form)
    row.hand_over(me(), form.person.data)
    say(_("%(name)s has it now.", name=form.person.data.name))
    return done(url_for(".follow_up", id=id))


@bp.post("/follow-ups/<int:id>/withdrawal")
@allow("inspections.turn")
def follow_up_withdraw(id: int) -> ResponseReturnValue:
    row, form = _follow_up(id), WhyForm(request.form)
    if not form.validate():
        return _follow_up_page(row, 422, "withdraw", withdraw=form)
    row.withdraw(me(), form.reason.data)
    say(_("Withdrawn."))
    return done(url_for(".follow_up", id=id))


# What other pages show --------------------------------------------------------------------------------------


@bp.app_template_global()
def open_findings(place: Place) -> list[findings.Thing]:
    """What is open at a place, for whoever checks it next. A duty card is not shown hazards."""
    things = findings.open_at(place)
    return [thing for thing in things if thing.road != "hazard"] if current_user.is_card else things


@bp.app_template_global()
def came_of(check: Check) -> dict[int, Finding]:
    """What came of a check, by mark id."""
    return findings.of_check(check)


@bp.app_template_global()
def opens(thing: findings.Thing) -> bool:
    """Whether this person may open the page of a thing. Asked once for each kind by `findings.may_open`."""
    return findings.may_open(me(), thing)


@ticket_panels.append
def on_ticket(who: Any, ticket: Ticket) -> str:
    """The checks that found it and the hazard it belongs to; nothing for most tickets."""
    found = findings.of_thing(ticket)
    hazards = list(Hazard.visible_to(who).where(Hazard.ticket == ticket.id)) if who.may("hazards.list") else []
    if not found and not hazards:
        return ""
    return Markup(render_template(
        "inspections/_of_ticket.html", found=found, hazards=hazards,
        readable=findings.readable_checks(who, [row.check_id for row in found]),
        photos=Photo.of_many("mark", [row.mark_id for row in found]),
    ))  # fmt: skip


@place_panels.append
def on_place(who: Any, place: Place) -> str:
    """The hazards that stand at a place, and what is to be cleaned again there; tickets have a section of their own."""
    things = []
    if who.may("hazards.list"):
        hazards = Hazard.visible_to(who).where(Hazard.place == place.id, Hazard.state.in_(STANDING))
        things += [findings.Thing.of(row) for row in hazards.order_by(Hazard.id.desc()).limit(SHOWN)]
    if who.may("inspections.follow_up"):
        rows = FollowUp.visible_to(who).where(FollowUp.place == place.id, FollowUp.outcome == "")
        things += [findings.Thing.of(row) for row in rows.order_by(FollowUp.id.desc()).limit(SHOWN)]
    return Markup(render_template("inspections/_on_place.html", things=things)) if things else ""


def waiting(who: Any) -> list[Waiting]:
    """Hazards to plan, to recheck, past their day; the own ones; what is to be cleaned again. Two queries."""
    if who.is_card or not who.may("hazards.list"):
        return []
    count, book = standing_of(who), url_for("inspections.hazards")
    cards = [
        Waiting(_("Hazards to put right by you"), count["mine"], "triangle-alert",
                url_for("inspections.hazards", mine=1), late=count["mine_late"] > 0),
    ]  # fmt: skip
    if who.may("hazards.manage"):
        cards += [
            Waiting(_("Hazards that nobody has yet"), count["registered"], "triangle-alert", book),
            Waiting(_("Hazards to recheck"), count["recheck"], "shield", url_for("inspections.hazards", tab="recheck")),
        ]
    if who.may("hazards.all"):
        over = url_for("inspections.hazards", tab="overdue")
        cards.append(Waiting(_("Hazards past their day"), count["overdue"], "clock", over, late=True))
    own = FollowUp.waiting_for(who).order_by()
    again = [due_on for (due_on,) in own.select(FollowUp.due_on).tuples()]
    late = any(day < clock.today() for day in again)
    cards.append(Waiting(_("To clean again"), len(again), "brush", url_for("inspections.follow_ups"), late=late))
    return [card for card in cards if card.count]
