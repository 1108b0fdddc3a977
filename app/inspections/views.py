"""Scoring and ticking by label, the round of classes, the cleaner's areas, results and corrections."""

from datetime import date, timedelta
from typing import Any

import peewee
from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock, journal
from app.errors import Refused
from app.excel.listing import listing_pages
from app.inspections import posts, results, rounds
from app.inspections.checklists import CLASS_HYGIENE, DAILY_CLEANING, Checklist, Item, Slot, class_at
from app.inspections.duties import class_list_of, endpoint, lists_here, permission
from app.inspections.forms import CorrectionForm, ScoreSheet, TickForm
from app.inspections.hazard_forms import WhyForm
from app.inspections.listing import class_listing, day_listing
from app.inspections.models import AlreadyScored, Check, Correction, Mark
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.codes import Label, tidy
from app.places.models import ClassGroup, Place, grade_word
from app.repairs.models import Ticket
from app.web import Page, Waiting, allow, done, get_or_404, me, render, say, wants_fragment
from app.words import points

bp = Blueprint("inspections", __name__, url_prefix="/inspections")


def place_of(code: str) -> Place:
    """The room or area of a label in use, with floor and building, or 404."""
    label = Label.in_use().select(Label.place).where(Label.code == tidy(code[:40]))
    return Place.rooms().where(Place.id == label).first() or abort(404)


# Scoring ----------------------------------------------------------------------------------------------------


@bp.get("/score/<code>/<slug>")
@allow("inspections.score")
def score(code: str, slug: str) -> ResponseReturnValue:
    """The score page of a class. `?again=1` scores a class a second time in a slot, with a reason."""
    return _open_sheet("class", code, slug)


@bp.post("/score/<code>/<slug>")
@allow("inspections.score")
def scored(code: str, slug: str) -> ResponseReturnValue:
    return _take_sheet("class", code, slug)


@bp.get("/check/<code>")
@allow("inspections.answer")
def checks_here(code: str) -> ResponseReturnValue:
    """Everything that this person may check at a place."""
    place = place_of(code)
    lists = lists_here(me(), place)
    return render("inspections/checks_here.html", place=place, code=code, lists=lists, endpoint=endpoint)


@bp.get("/check/<code>/<slug>")
@allow("inspections.answer")
def check(code: str, slug: str) -> ResponseReturnValue:
    """The page of any checklist but a class's score: a toilet, a patrol, a water machine."""
    return _open_sheet("place", code, slug)


@bp.post("/check/<code>/<slug>")
@allow("inspections.answer")
def checked(code: str, slug: str) -> ResponseReturnValue:
    return _take_sheet("place", code, slug)


def _open_sheet(target: str, code: str, slug: str) -> ResponseReturnValue:
    place, checklist = place_of(code), _checklist(target, slug)
    group = _must_be_open(checklist, place)
    spot = Check.is_spot(me(), place, slug, "spot" in request.args)
    earlier, again = Check.in_slot(slug, place, spot=spot), "again" in request.args
    if earlier is not None and not again:
        return _already(earlier, code)
    sheet = ScoreSheet(checklist, place=place, recheck=earlier is not None, spot=spot)
    return _sheet_page(sheet, place, group, code)


def _take_sheet(target: str, code: str, slug: str) -> ResponseReturnValue:
    place, checklist = place_of(code), _checklist(target, slug, request.form.get("version", ""))
    group = _must_be_open(checklist, place)
    spot = Check.is_spot(me(), place, slug, bool(request.form.get("unannounced")))
    again = "again" in request.form and Check.in_slot(slug, place, spot=spot) is not None
    sheet = ScoreSheet.sent(checklist, place, recheck=again)
    if not sheet.validate():
        return _sheet_page(sheet, place, group, code, 422)
    try:
        check = sheet.record(place, me())
    except AlreadyScored as second:  # two monitors at one door: the second is told, and keeps what was entered
        sheet = ScoreSheet.sent(checklist, place, recheck=True)
        return _sheet_page(sheet, place, group, code, 409, second.check)
    return done(url_for(".receipt", id=check.id))


def _checklist(target: str, slug: str, version: str = "") -> Checklist:
    """The checklist in use, or the version a form was made with: it may have changed while the form was open."""
    if version.isascii() and version.isdigit() and len(version) < 9:
        mine = Checklist.select().where(Checklist.slug == slug, Checklist.version == int(version))
    else:
        mine = Checklist.in_use().where(Checklist.slug == slug)
    fits = (Checklist.target == target) & (Checklist.kind == "score")
    if target == "place":
        fits |= Checklist.kind == "list"
    return mine.where(fits).first() or abort(404)


def _must_be_open(checklist: Checklist, place: Place) -> ClassGroup | None:
    group = class_at(place) if checklist.target == "class" else None
    if not me().may(permission(checklist)):
        abort(403)
    if sentence := checklist.refusal(me(), place, group):
        raise Refused(sentence, 403)
    return group


def _sheet_page(
    sheet: ScoreSheet, place: Place, group: ClassGroup | None, code: str, status: int = 200, earlier: Any = None
) -> ResponseReturnValue:
    page = "inspections/list.html" if sheet.is_list else "inspections/score.html"
    return render(page, status=status, sheet=sheet, place=place, group=group, code=code, earlier=earlier)


def _already(earlier: Check, code: str) -> ResponseReturnValue:
    may_look = Check.visible_to(me()).where(Check.id == earlier.id).exists()
    may_spot = not me().is_card and not earlier.unannounced
    return render("inspections/already.html", check=earlier, code=code, may_look=may_look, may_spot=may_spot)


@bp.get("/<int:id>/receipt")
@allow("inspections.results")
def receipt(id: int) -> ResponseReturnValue:
    """What was just given, and the next class."""
    check = get_or_404(Check.visible_to(me()), id)
    behind = results.behind([check])
    ahead = None
    if check.class_group_id and me().may("inspections.score"):
        ahead = rounds.round_for(me(), check.slug)
    return render("inspections/receipt.html", check=check, marks=behind.marks.get(id, []), round=ahead)


@bp.get("/round")
@allow("inspections.score")
def round() -> ResponseReturnValue:
    """The classes to score in this part of the day; the first page of a duty card."""
    return render("inspections/round.html", round=rounds.round_for(me()), grade_word=grade_word)


# Ticking ----------------------------------------------------------------------------------------------------


@bp.get("/tick/<code>")
@allow("inspections.tick")
def tick(code: str) -> ResponseReturnValue:
    """The cleaner's page of one area: what is to be done today, and what is done."""
    place = place_of(code)
    _must_be_open(_ticks(), place)
    return _tick_page(place, code, TickForm())


@bp.post("/tick/<code>")
@allow("inspections.tick")
def ticked(code: str) -> ResponseReturnValue:
    """One task (its id), all that are left today, or all of them once more (`again`)."""
    place, checklist = place_of(code), _ticks()
    _must_be_open(checklist, place)
    form = TickForm(form_data())
    if not form.validate():
        return _tick_page(place, code, form, 422)
    of, items = _tapped(request.form.get("task", ""), place, checklist)
    if items:
        Check.tick(of, place, me(), items, form.photos.data)
    else:
        say(_("That was already ticked off today."), "info")
    if wants_fragment():
        return _tick_page(place, code, TickForm())
    return redirect(url_for(".tick", code=code), 303)


def _ticks() -> Checklist:
    return Checklist.now(DAILY_CLEANING) or abort(404)


def _tapped(task: str, place: Place, daily: Checklist) -> tuple[Checklist, list[Item]]:
    """The items that a tap stands for, and their list. What a colleague ticked off meanwhile is not ticked twice."""
    if task == "again":
        return daily, daily.items_at(place)
    area = posts.day_at([place], cycles=tuple(posts.CYCLES))[0]
    if task == "all":
        return daily, area.left
    here = {str(each.item.id): each for each in (*area.tasks, *area.week, *area.month)}
    if task not in here:
        raise Refused(_("This page is out of date. Please open it again and send it from there."), 422)
    return here[task].item.checklist, [] if here[task].done else [here[task].item]


def _tick_page(place: Place, code: str, form: TickForm, status: int = 200) -> ResponseReturnValue:
    area = posts.day_at([place], cycles=tuple(posts.CYCLES))[0]
    return render(
        "inspections/tick.html", "inspections/_tick.html", status=status, area=area, place=place, code=code, form=form
    )


@bp.get("/areas")
@allow("inspections.tick")
def my_areas() -> ResponseReturnValue:
    """The cleaner's day: the own areas, with what is done."""
    areas = _areas(me())
    return render(
        "inspections/my_areas.html",
        areas=areas,
        finished=sum(area.finished for area in areas),
        later=sum(len(area.later) for area in areas),
    )


def _areas(cleaner: Any) -> list[posts.Area]:
    areas = posts.day_at(posts.areas_of(cleaner), cycles=tuple(posts.CYCLES))
    ids = [area.place.id for area in areas]
    codes = dict(Label.in_use().select(Label.place, Label.code).where(Label.place.in_(ids)).tuples())
    for area in areas:
        area.code = codes.get(area.place.id)
    return areas


# Results ----------------------------------------------------------------------------------------------------


@bp.get("/", endpoint="results")
@allow("inspections.results")
def results_page() -> ResponseReturnValue:
    """Where results begin for someone: a card's round, a class teacher's own class, the day for the others."""
    who = me()
    if who.is_card:
        return redirect(url_for(".round"), 303)
    if not who.may("inspections.all") and not request.args.keys() & {"all", "day"}:
        own = ClassGroup.present().where(ClassGroup.teacher == who).first()
        if own is not None:
            return redirect(url_for(".of_class", id=own.id), 303)
    return _day_page(_asked_day())


@bp.get("/day/<day>")
@allow("inspections.results")
def day(day: str) -> ResponseReturnValue:
    """The scores of all classes on a day."""
    if me().is_card:
        abort(404)
    return _day_page(_as_day(day) or abort(404))


def _day_page(day: date) -> ResponseReturnValue:
    checklist = Checklist.now(class_list_of() or CLASS_HYGIENE) or abort(404)
    return render(
        "inspections/day.html",
        day=day,
        checklist=checklist,
        one_day=timedelta(days=1),
        slots=list(Slot.in_order()),
        classes=results.day_of(day),
        grade_word=grade_word,
    )


def _asked_day() -> date:
    return _as_day(request.args.get("day", "")) or clock.today()


def _as_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= clock.today() + timedelta(days=1) else None


listing_pages(bp, "inspections.results", "/day/<day>/list", lambda day: day_listing(_as_day(day) or abort(404)), "day")
listing_pages(bp, "inspections.results", "/class/<int:id>/list", class_listing, "of_class")


@bp.get("/areas/day")
@allow("inspections.check")
def areas() -> ResponseReturnValue:
    """Toilets and public areas on a day: scores, and what the cleaners ticked off."""
    day = _asked_day()
    scored = [check for check in results.checks_of_places(day) if _reads_all(check)]
    cleaners = Place.rooms().where(Place.cleaner.is_null(False)).order_by(Place.parent, Place.position)
    cleaned = posts.day_at(cleaners, day)
    return render("inspections/areas.html", day=day, one_day=timedelta(days=1), checks=scored, areas=cleaned)


def _reads_all(check: Check) -> bool:
    return me().may("inspections.all") or check.person_id == me().id


@bp.get("/class/<int:id>")
@allow("inspections.results")
def of_class(id: int) -> ResponseReturnValue:
    """A class: its days and scores; for those who may, the marks behind each number."""
    if me().is_card:
        abort(404)
    group = get_or_404(ClassGroup.select(), id)
    page = Page(results.checks_of_class(group))
    reads = results.may_read_class(me(), group)
    return render(
        "inspections/class.html",
        group=group,
        page=page,
        days=results.by_day(page),
        reads=reads,
        behind=results.behind(page) if reads else None,
    )


@bp.get("/<int:id>")
@allow("inspections.results")
def show(id: int) -> ResponseReturnValue:
    """One check: every item, reasons, photos, tickets and corrections."""
    check = get_or_404(Check.visible_to(me()), id)
    behind = results.behind([check], every_item=True)
    return render(
        "inspections/show.html",
        check=check,
        marks=behind.marks.get(id, []),
        photos=behind.photos,
        own_photos=Photo.of(check),
        corrections=Correction.of_check(check),
        tickets=_readable_tickets(behind.marks.get(id, [])),
        events=list(journal.about(thing=check)),
        names_giver=me().may("inspections.all") or check.who == me(),
    )


def _readable_tickets(marks: list[Mark]) -> set[int]:
    """Which of the linked tickets this person may open."""
    ids = [mark.ticket_id for mark in marks if mark.ticket_id]
    return {ticket.id for ticket in Ticket.visible_to(me()).where(Ticket.id.in_(ids))} if ids else set()


# Corrections ------------------------------------------------------------------------------------------------


@bp.get("/marks/<int:id>/correction")
@allow("inspections.correct")
def correct(id: int) -> ResponseReturnValue:
    mark = mark_seen(id)
    return render("inspections/correct.html", mark=mark, check=mark.check, form=_correction(mark))


def _correction(mark: Mark, formdata: Any = None) -> Any:
    """Points are put right as points; of a list, what was not fine is found fine."""
    return WhyForm(formdata) if mark.check.total is None else CorrectionForm(formdata, mark)


@bp.post("/marks/<int:id>/correction")
@allow("inspections.correct")
def corrected(id: int) -> ResponseReturnValue:
    mark = mark_seen(id)
    form = _correction(mark, request.form)
    if not form.validate():
        return render("inspections/correct.html", status=422, mark=mark, check=mark.check, form=form)
    if mark.check.total is None:
        mark.find_fine(me(), form.reason.data)
        say(_("Corrected: %(item)s was fine.", item=mark.item.title))
        return done(url_for(".show", id=mark.check_id))
    mark.correct(mark.item.max - form.points.data, me(), form.reason.data)
    total = Check.select(Check.total).where(Check.id == mark.check_id).scalar()
    say(_("Corrected. The score is now %(total)s.", total=points(total)))
    return done(url_for(".show", id=mark.check_id))


def mark_seen(id: int) -> Mark:
    """A mark of a check that this person sees, with item, class and place: one of a score, or a failed one."""
    readable = Check.select(Check.id).where(Check.may_be_read_by(me()))
    scored = readable.where(Check.total.is_null(False))
    marks = (
        Mark.select(Mark, Item, Check, ClassGroup, Place)
        .join(Item)
        .join_from(Mark, Check)
        .join_from(Check, Place)
        .join_from(Check, ClassGroup, peewee.JOIN.LEFT_OUTER)
        .where(Mark.check.in_(scored) | (Mark.check.in_(readable) & (Mark.verdict == "fail")))
    )
    return get_or_404(marks, id)


# The home page ----------------------------------------------------------------------------------------------


def waiting(who: Any) -> list[Waiting]:
    """What waits for someone: classes to score, areas to clean, or how far today's scoring is."""
    cards = []
    if who.is_card:
        left = len(rounds.round_for(who).left)
        cards.append(Waiting(_("classes to score now"), left, "clipboard-check", url_for("inspections.round")))
    if "cleaner" in who.roles:
        left = sum(not area.finished for area in posts.day_at(posts.areas_of(who)))
        cards.append(Waiting(_("areas to clean today"), left, "brush", url_for("inspections.my_areas")))
    if who.may("inspections.all"):
        classes = ClassGroup.present().count()
        words = ngettext("of %(num)s class scored today", "of %(num)s classes scored today", classes)
        scored = results.scored_classes(clock.today())
        cards.append(Waiting(words, scored, "clipboard-check", url_for("inspections.results")))
    return (
        cards
        + finding_views.waiting(who)
        + book_views.closing_waits(who)
        + round_views.waiting(who)
        + week_views.waiting(who)
    )


from app.inspections import (  # noqa: E402, F401 - they register their pages
    book_views,
    checklist_views,
    excuse_views,
    finding_views,
    hazard_views,
    plan_views,
    post_views,
    round_views,
    walk_views,
    week_views,
)
