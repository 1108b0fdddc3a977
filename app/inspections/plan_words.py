"""A plan in one sentence, as people would say it: when, where, and by whom."""

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from app.inspections.checklists import Checklist
from app.inspections.plans import Plan
from app.places.models import KINDS, Place, grade_name

MOST_NAMED = 4  # parts of the school in a sentence; of more it says how many


def sentences(plans: Iterable[Plan], lists: Mapping[str, Checklist]) -> dict[int, str]:
    """The sentence of each plan by its id; `lists` are the checklists in use by slug. One query for all."""
    plans = list(plans)
    ids = {id for plan in plans for id in plan.areas}
    names = (
        {place.id: place.name for place in Place.select(Place.id, Place.name).where(Place.id.in_(ids))} if ids else {}
    )
    return {plan.id: sentence(plan, lists.get(plan.slug), names) for plan in plans}


def sentence(plan: Plan, checklist: Checklist | None, names: Mapping[int, str]) -> str:
    """`每个上课日 07:30–08:00，三年级的班级，由执勤卡“三年级监督岗”检查`."""
    return _("%(when)s, %(where)s, %(who)s", when=when(plan), where=where(plan, checklist, names), who=who(plan))


def when(plan: Plan) -> str:
    """Days and hours; of a spot check that nobody knows its moment."""
    if plan.ahead:
        days = ngettext("open %(num)s day ahead, due by %(time)s", "open %(num)s days ahead, due by %(time)s",
                        plan.ahead, time=plan.closes)  # fmt: skip
        said = _("%(often)s (%(days)s)", often=plan.often_words, days=days)
    elif plan.opens == "00:00":
        said = _("%(often)s by %(time)s", often=plan.often_words, time=plan.closes)
    else:
        said = f"{plan.often_words} {plan.opens}–{plan.closes}"
    return _("%(when)s, at a moment that nobody knows", when=said) if plan.spot else said


def where(plan: Plan, checklist: Checklist | None, names: Mapping[int, str]) -> str:
    """Which places: parts of the school, kinds of place, grades; what is not narrowed is all."""
    of_classes = checklist is not None and checklist.target == "class"
    comma = _(", ")
    grades = comma.join(grade_name(grade) for grade in plan.grades)
    kinds = comma.join(str(KINDS[kind][0]) for kind in plan.kinds if kind in KINDS)
    areas = _areas(plan, names)
    if of_classes:
        what = _("the classes of %(grades)s", grades=grades) if grades else _("all classes")
    elif grades:
        what = _("the rooms of %(grades)s", grades=grades)
    elif areas and not kinds:
        what, areas = areas, ""
    else:
        what = kinds or (_("the areas of the post") if plan.who == "post" else _("all places of the checklist"))
    what = _("%(what)s (%(kinds)s)", what=what, kinds=kinds) if kinds and what != kinds else what
    what = _("%(what)s in %(areas)s", what=what, areas=areas) if areas else what
    return ngettext("%(num)s place by lot from %(what)s", "%(num)s places by lot from %(what)s", plan.spot,
                    what=what) if plan.spot else what  # fmt: skip


def _areas(plan: Plan, names: Mapping[int, str]) -> str:
    known = [names[id] for id in plan.areas if id in names]
    if len(known) > MOST_NAMED:
        return ngettext("%(num)s part of the school", "%(num)s parts of the school", len(known))
    return _(", ").join(known)


def who(plan: Plan) -> str:
    """By whom."""
    said = {
        "person": _("by %(name)s", name=plan.whose),
        "role": _("by whoever is %(name)s", name=plan.whose),
        "post": _("by the cleaning post %(name)s", name=plan.whose),
        "card": _("by the duty card %(name)s", name=plan.whose),
    }
    return said[plan.who]
