"""Pages of plans and spot checks: who checks what and when, and the draws that anybody can check."""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form

from app import calendar, clock, journal
from app.errors import Refused
from app.inspections import plan_words, suggestions
from app.inspections.checklists import Checklist
from app.inspections.draws import MOST_DAYS, Draw
from app.inspections.excuse_forms import ExcuseForm
from app.inspections.plan_forms import DrawForm, PlanForm, form_of
from app.inspections.plans import Ground, Plan
from app.inspections.rounds_clock import build_rounds
from app.inspections.rounds_due import SPOT_TIME, Round
from app.inspections.views import bp
from app.places.models import Place
from app.web import Page, allow, done, get_or_404, me, render, say

ROUNDS_SHOWN, PLACES_SHOWN = 20, 60


@bp.get("/plans")
@allow("inspections.all")
def plans() -> ResponseReturnValue:
    """The plans that hold, then those that are over."""
    rows, lists = list(Plan.shown()), list(Checklist.in_use())
    return render(
        "inspections/plans.html",
        rows=[plan for plan in rows if not plan.is_over and not (plan.spot and plan.often == "once")],
        over=[plan for plan in rows if plan.is_over and plan.often != "once"],
        titles={each.slug: each.title for each in lists},
        sentences=plan_words.sentences(rows, {each.slug: each for each in lists}),
        ready=suggestions.offered(),
        retired={each.slug for each in lists if each.retired_at},
        no_terms=calendar.is_empty(),
    )


@bp.get("/plans/add")
@allow("inspections.plan")
def plan_add() -> ResponseReturnValue:
    """An empty form, or with `?like=` one that a ready plan filled in."""
    like = suggestions.named(request.args.get("like", ""))
    form = PlanForm(data={"starts_on": clock.today(), **(like.form if like is not None else {})})
    return _form_page(form, like=like, ready=[] if like is not None else suggestions.offered())


@bp.post("/plans/add")
@allow("inspections.plan")
def plan_added() -> ResponseReturnValue:
    form = PlanForm(request.form)
    if not form.validate():
        return _form_page(form, status=422)
    try:
        plan = Plan.add(me(), **form.facts)
    except Refused as refused:
        return _form_page(form, status=422, sentence=refused.sentence)
    build_rounds()
    say(_("Stored. Its rounds appear by themselves from now on."))
    return done(url_for(".plan", id=plan.id))


@bp.get("/plans/<int:id>")
@allow("inspections.all")
def plan(id: int) -> ResponseReturnValue:
    """A plan: when it is due next, which places, its rounds, and how it was before."""
    plan = get_or_404(Plan.whole(), id)
    rounds = Round.whole().where(Round.series == plan.series, Round.due_on <= clock.today())
    places, checklist = plan.targets(Ground.now()), plan.checklist
    return render(
        "inspections/plan.html",
        plan=plan,
        checklist=checklist,
        sentence=plan_words.sentences([plan], {plan.slug: checklist} if checklist else {})[plan.id],
        next_days=plan.next_days(),
        areas=list(Place.select().where(Place.id.in_(plan.areas))),
        places=places[:PLACES_SHOWN],
        more=max(len(places) - PLACES_SHOWN, 0),
        rounds=list(rounds.order_by(Round.due_on.desc(), Round.id.desc()).limit(ROUNDS_SHOWN)),
        versions=list(plan.versions()),
        events=list(journal.about(thing=plan)),
        form=ExcuseForm(),
    )


@bp.get("/plans/<int:id>/edit")
@allow("inspections.plan")
def plan_edit(id: int) -> ResponseReturnValue:
    plan = _held(id)
    return _form_page(PlanForm(data=form_of(plan), plan=plan), plan)


@bp.post("/plans/<int:id>/edit")
@allow("inspections.plan")
def plan_edited(id: int) -> ResponseReturnValue:
    plan = _held(id)
    form = PlanForm(request.form, plan=plan)
    if not form.validate():
        return _form_page(form, plan, status=422)
    try:
        new = plan.change(me(), **form.facts)
    except Refused as refused:
        if refused.status != 422:
            raise
        return _form_page(form, plan, status=422, sentence=refused.sentence)
    build_rounds()
    say(_("Stored. It counts from %(day)s on; what was due before stays as it is.", day=new.since.isoformat()))
    return done(url_for(".plan", id=new.id))


@bp.post("/plans/<int:id>/pause")
@allow("inspections.plan")
def plan_pause(id: int) -> ResponseReturnValue:
    plan = _held(id)
    plan.pause(me())
    say(_("The plan is paused: nothing new becomes due until you let it go on."))
    return done(url_for(".plan", id=id))


@bp.post("/plans/<int:id>/resumption")
@allow("inspections.plan")
def plan_resume(id: int) -> ResponseReturnValue:
    plan = _held(id)
    plan.resume(me())
    build_rounds()
    say(_("The plan counts again from today on."))
    return done(url_for(".plan", id=id))


@bp.post("/plans/<int:id>/end")
@allow("inspections.plan")
def plan_end(id: int) -> ResponseReturnValue:
    plan = _held(id)
    form = ExcuseForm(request.form)
    if not form.validate():
        say(_("Please give the reason."), "late")
        return done(url_for(".plan", id=id))
    plan.end(me(), form.reason.data)
    say(_("The plan is ended. Its rounds stay to be read."))
    return done(url_for(".plan", id=id))


def _held(id: int) -> Plan:
    return get_or_404(Plan.whole(), id)


def _form_page(
    form: Form, plan: Plan | None = None, status: int = 200, sentence: str = "", **more: Any
) -> ResponseReturnValue:
    return render("inspections/plan_form.html", status=status, form=form, plan=plan, sentence=sentence, **more)


# Spot checks ------------------------------------------------------------------------------------------------


@bp.get("/draws")
@allow("inspections.all")
def draws() -> ResponseReturnValue:
    """Every draw there was, the newest first: drawing again until it suits would be seen here."""
    page = Page(Round.whole().where(Round.spot).order_by(Round.opens_at.desc(), Round.id.desc()))
    return render("inspections/draws.html", page=page)


@bp.get("/draws/add")
@allow("inspections.plan")
def draw_add() -> ResponseReturnValue:
    return _draw_page(DrawForm())


@bp.post("/draws/add")
@allow("inspections.plan")
def drawn() -> ResponseReturnValue:
    """Draw now. The places are known when they are drawn, not before."""
    form = DrawForm(request.form)
    if not form.validate():
        return _draw_page(form, status=422)
    try:
        round = Round.draw_now(me(), form.name, spot=form.spot.data, **form.facts)
    except Refused as refused:
        return _draw_page(form, status=422, sentence=refused.sentence)
    say(_("Drawn. Whoever checks has been told."))
    return done(url_for(".draw", id=round.draw_id))


def _draw_page(form: Form, status: int = 200, sentence: str = "") -> ResponseReturnValue:
    hours = int(SPOT_TIME.total_seconds() // 3600)
    return render("inspections/draw_form.html", status=status, form=form, sentence=sentence, hours=hours)


@bp.get("/draws/<int:id>")
@allow("inspections.all")
def draw(id: int) -> ResponseReturnValue:
    """One draw with its seed and all candidates, worked out again before the reader's eyes."""
    draw = get_or_404(Draw.select(), id)
    round = Round.whole().where(Round.draw == draw.id).first()
    facts: dict[str, Any] = {"lots": draw.lots, "by": draw.by, "days": MOST_DAYS}
    return render("inspections/draw.html", draw=draw, round=round, **facts)
