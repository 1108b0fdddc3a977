"""Pages of the hazard book: the list, the book of a year, a new hazard, one hazard and what is done about it."""

from collections.abc import Callable
from typing import Any

import peewee
from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form

from app.excel.listing import listing_pages
from app.inspections import findings, hazard_notices
from app.inspections.hazard_forms import (
    ChangeForm,
    CloseForm,
    FailForm,
    FixedForm,
    HazardForm,
    PlanForm,
    RateForm,
    RepairForm,
    WhyForm,
)
from app.inspections.hazard_listing import TABS, HazardFilter, book_of, hazards_listing, years
from app.inspections.hazards import HAZARD_LEVELS, MOVES, STANDING, Hazard
from app.inspections.views import bp
from app.paper import answers
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.codes import Label, tidy
from app.places.models import Place
from app.web import Page, allow, done, get_or_404, me, render, say

__all__ = ["hazard_notices"]


# The book ---------------------------------------------------------------------------------------------------


@bp.get("/hazards", endpoint="hazards")
@allow("hazards.list")
def everything() -> ResponseReturnValue:
    """The book for the office and leaders; for everybody else the own hazards."""
    filter = HazardFilter.asked(me(), request.args)
    return render(
        "inspections/hazards.html", filter=filter, page=Page(filter.rows()), counts=filter.counts(), tabs=TABS,
        years=years(), levels=HAZARD_LEVELS,
    )  # fmt: skip


listing_pages(bp, "hazards.list", "/hazards/list", lambda: hazards_listing(me(), request.args), "hazards")


@bp.get("/hazards/book/<int:year>")
@allow("hazards.all")
def hazard_book(year: int) -> ResponseReturnValue:
    """The book of a year to print."""
    return answers.page(_book(year), pdf=url_for(".hazard_book_pdf", year=year))


@bp.get("/hazards/book/<int:year>.pdf")
@allow("hazards.all")
def hazard_book_pdf(year: int) -> ResponseReturnValue:
    return answers.pdf(_book(year))


def _book(year: int) -> Any:
    return book_of(year) if year in years() else abort(404)


# A new hazard -----------------------------------------------------------------------------------------------


@bp.get("/hazards/add")
@allow("hazards.report")
def hazard_add() -> ResponseReturnValue:
    """An empty line; `?code=` is the label that was scanned."""
    return render("inspections/hazard_add.html", form=HazardForm(data={"place": _scanned()}))


def _scanned() -> Place | None:
    label = Label.in_use().select(Label.place).where(Label.code == tidy(request.args.get("code", "")[:40]))
    return Place.rooms().where(Place.id == label).first() if request.args.get("code") else None


@bp.post("/hazards/add")
@allow("hazards.report")
def hazard_added() -> ResponseReturnValue:
    form = HazardForm(form_data())
    if not form.validate():
        return render("inspections/hazard_add.html", status=422, form=form)
    hazard = Hazard.register(me(), form.place.data, form.words.data, form.level.data, form.photos.data)
    say(_("In the book as %(number)s. The office says who puts it right.", number=hazard.number))
    return done(url_for(".hazard", id=hazard.id))


# One hazard -------------------------------------------------------------------------------------------------


def _seen(id: int) -> Hazard:
    return get_or_404(Hazard.with_names(Hazard.visible_to(me())), id)


@bp.get("/hazards/<int:id>")
@allow("hazards.list")
def hazard(id: int) -> ResponseReturnValue:
    return _page(_seen(id))


def _page(hazard: Hazard, status: int = 200, unfolded: str = "", **sent: Form) -> ResponseReturnValue:
    """`unfolded` names the form that was sent with something missing."""
    steps, found, may = hazard.steps(), findings.of_thing(hazard), may_now(hazard, me())
    return render(
        "inspections/hazard.html", status=status, hazard=hazard, steps=steps, may_do=may, unfolded=unfolded,
        photos=Photo.of_many("hazard_step", [step.id for step in steps]), found=found, levels=HAZARD_LEVELS,
        readable=findings.readable_checks(me(), [row.check_id for row in found]),
        mark_photos=Photo.of_many("mark", [row.mark_id for row in found]),
        forms=_told_apart({**_blank(hazard, may), **sent}),
    )  # fmt: skip


def may_now(hazard: Hazard, who: Any) -> set[str]:
    """The verbs that this person may do at this moment: kinds of steps."""
    manages = who.may("hazards.manage")
    asked_for = {
        "planned": manages, "changed": manages, "rated": manages, "voided": manages,
        "ticketed": manages and not hazard.ticket_id and who.may("repairs.report"),
        "fixed": hazard.may_fix(who), "closed": hazard.may_recheck(who), "failed": hazard.may_recheck(who),
    }  # fmt: skip
    return {kind for kind, fine in asked_for.items() if fine and hazard.state in MOVES[kind].states}


def _blank(hazard: Hazard, may: set[str]) -> dict[str, Form]:
    major = hazard.level == "major"
    agreed = {name: getattr(hazard, name) for name in ("measure", "due_on", "interim")}
    agreed["person"] = hazard.person if hazard.person_id else None
    blank: dict[str, Callable[[], Form]] = {
        "planned": lambda: PlanForm(major=major), "changed": lambda: ChangeForm(data=agreed, major=major),
        "fixed": FixedForm, "closed": CloseForm, "failed": FailForm, "voided": WhyForm, "ticketed": RepairForm,
        "rated": lambda: RateForm(data={"level": "general" if major else "major"}),
    }  # fmt: skip
    return {kind: blank[kind]() for kind in may}


def _told_apart(forms: dict[str, Form]) -> dict[str, Form]:
    """Many forms stand on one page and several ask for a reason: each label has to find its own box."""
    for name, form in forms.items():
        for field in form:
            field.id = f"{name}-{field.name}"
    return forms


def _act(id: int, kind: str, form: Form, do: Callable[[Hazard], str]) -> ResponseReturnValue:
    """The road of every verb: who may, what is missing, the act, the page again with a sentence."""
    hazard = _seen(id)
    if hazard.state in MOVES[kind].states and kind not in may_now(hazard, me()):
        abort(403)
    if not form.validate():
        return _page(hazard, 422, kind, **{kind: form})
    say(do(hazard))
    return done(url_for(".hazard", id=id))


def _is_major(id: int) -> bool:
    return Hazard.select().where(Hazard.id == id, Hazard.level == "major").exists()


@bp.post("/hazards/<int:id>/plan")
@allow("hazards.manage")
def hazard_plan(id: int) -> ResponseReturnValue:
    form = PlanForm(request.form, major=_is_major(id))

    def do(hazard: Hazard) -> str:
        hazard.plan(me(), form.person.data, form.due_on.data, form.measure.data, form.interim.data or "")
        return _("%(name)s has it now.", name=form.person.data.name)

    return _act(id, "planned", form, do)


@bp.post("/hazards/<int:id>/change")
@allow("hazards.manage")
def hazard_change(id: int) -> ResponseReturnValue:
    form = ChangeForm(request.form, major=_is_major(id))
    hazard = _seen(id)
    if form.due_on.data == hazard.due_on:
        form.due_on.pre_validate = lambda _form: None  # a day that is over may stay as it was agreed

    def do(hazard: Hazard) -> str:
        hazard.change(me(), form.reason.data, person=form.person.data, due_on=form.due_on.data,
                      measure=form.measure.data, interim=form.interim.data or "")  # fmt: skip
        return _("Changed. What was agreed before stays in its story.")

    return _act(id, "changed", form, do)


@bp.post("/hazards/<int:id>/level")
@allow("hazards.manage")
def hazard_rate(id: int) -> ResponseReturnValue:
    form = RateForm(request.form)

    def do(hazard: Hazard) -> str:
        hazard.rate(me(), form.level.data, form.reason.data)
        return _("It is in the book as: %(level)s.", level=HAZARD_LEVELS[form.level.data])

    return _act(id, "rated", form, do)


@bp.post("/hazards/<int:id>/repair")
@allow("hazards.manage")
def hazard_repair(id: int) -> ResponseReturnValue:
    form = RepairForm(request.form)

    def do(hazard: Hazard) -> str:
        ticket = hazard.send_to_repair(me(), form.kind.data)
        return _("Reported for repair as ticket %(number)s.", number=ticket.number)

    return _act(id, "ticketed", form, do)


@bp.post("/hazards/<int:id>/fixed")
@allow("hazards.list")
def hazard_fixed(id: int) -> ResponseReturnValue:
    form = FixedForm(form_data())

    def do(hazard: Hazard) -> str:
        hazard.fixed(me(), form.words.data, form.photos.data)
        return _("Noted. Somebody else of the office rechecks it now.")

    return _act(id, "fixed", form, do)


@bp.post("/hazards/<int:id>/closure")
@allow("hazards.manage")
def hazard_close(id: int) -> ResponseReturnValue:
    form = CloseForm(form_data())

    def do(hazard: Hazard) -> str:
        hazard.close(me(), form.words.data or "", form.photos.data)
        return _("Hazard %(number)s is closed.", number=hazard.number)

    return _act(id, "closed", form, do)


@bp.post("/hazards/<int:id>/failure")
@allow("hazards.manage")
def hazard_fail(id: int) -> ResponseReturnValue:
    form = FailForm(form_data())

    def do(hazard: Hazard) -> str:
        hazard.fail(me(), form.words.data, form.due_on.data, form.photos.data)
        return _("It went back to %(name)s.", name=hazard.person.name)

    return _act(id, "failed", form, do)


@bp.post("/hazards/<int:id>/void")
@allow("hazards.manage")
def hazard_void(id: int) -> ResponseReturnValue:
    form = WhyForm(request.form)

    def do(hazard: Hazard) -> str:
        hazard.void(me(), form.reason.data)
        return _("Struck out. The number stays in the book.")

    return _act(id, "voided", form, do)


# What waits -------------------------------------------------------------------------------------------------


def standing_of(who: Any) -> dict[str, int]:
    """How many are registered, to be rechecked, past their day, and the own ones: one query."""
    count, case = peewee.fn.COUNT, peewee.Case
    mine = (Hazard.person == who.id) & (Hazard.state == "fixing")
    wanted = {
        "registered": Hazard.state == "registered", "recheck": Hazard.state == "recheck",
        "overdue": Hazard.is_overdue(), "mine": mine, "mine_late": mine & Hazard.is_overdue(),
    }  # fmt: skip
    sums = (count(case(None, ((each, 1),))) for each in wanted.values())
    row = Hazard.select(*sums).where(Hazard.state.in_(STANDING)).tuples().get()
    return dict(zip(wanted, row, strict=True))
