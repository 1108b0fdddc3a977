"""Ready plans to begin with, and what a plan says of itself in a sentence."""

from datetime import date, time

import pytest
from werkzeug.datastructures import MultiDict

from app.inspections import suggestions
from app.inspections.checklists import Checklist
from app.inspections.plan_forms import PlanForm
from app.inspections.plan_words import sentences
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round
from app.people.permissions import ROLES
from app.places.models import Place


def test_a_school_without_plans_is_offered_ready_ones(phone, school):
    page = phone(school.director).get("/inspections/plans").text
    for each in suggestions.everything():
        assert f'href="/inspections/plans/add?like={each.key}"' in page, each.key
    assert "nothing is made before" in page
    assert not Plan.select().exists()
    assert "like=" not in phone(school.principal).get("/inspections/plans").text, "who only reads is offered nothing"


@pytest.mark.parametrize("key", [each.key for each in suggestions.everything()])
def test_each_opens_the_form_filled_in_and_makes_nothing(phone, school, key):
    each = suggestions.named(key)
    page = phone(school.director).get(f"/inspections/plans/add?like={key}")
    assert page.status_code == 200
    assert f'value="{each.name_en}"' in page.text
    assert f'value="{each.plan["opens"]}"' in page.text
    assert f'selected value="{each.slug}"' in page.text
    assert not Plan.select().exists()
    assert not Round.select().exists()


@pytest.mark.parametrize("each", suggestions.everything(), ids=lambda each: each.key)
def test_each_is_a_plan_that_the_form_and_the_rules_take(ctx, school, each):
    """With the people a school has: a card, a post or the role that is named."""
    checklist = Checklist.now(each.slug)
    assert each.plan["who"] in ("card", "post") or each.plan["role"] in checklist.who
    assert each.plan.get("role", "director") in ROLES
    assert each.name_en
    assert each.why_en
    assert each.name.isascii() is False
    if each.plan["who"] == "post":
        return  # the areas of a post that this school has not
    Place.add("yard", "操场", None)
    data = {name: f"{value:%H:%M}" if isinstance(value, time) else str(value) for name, value in each.form.items()}
    form = PlanForm(MultiDict(data | {"starts_on": "2026-11-24", "card": str(school.card.id)}))
    assert form.validate(), form.errors
    plan = Plan.add(school.director, **form.facts)
    assert plan.often == each.plan["often"]
    assert plan.spot == each.plan.get("spot", 0)


def test_what_a_school_has_is_not_offered_again(phone, school, app):
    with app.app_context():
        Plan.add(school.director, "月巡查", "campus-patrol", role="director", often="monthly", day=20)
    page = phone(school.director).get("/inspections/plans").text
    assert "like=campus-patrol" not in page
    assert "like=toilets" in page
    assert "like=toilets" in phone(school.director).get("/inspections/plans/add").text


def test_a_ready_plan_that_is_none_opens_the_plain_form(phone, school):
    page = phone(school.director).get("/inspections/plans/add?like=no-such")
    assert page.status_code == 200
    assert "Filled in from a ready plan" not in page.text


def test_nobody_else_opens_the_form(phone, school):
    assert phone(school.teacher).get("/inspections/plans/add?like=toilets").status_code == 403


# In a sentence


def said(plan):
    return sentences([plan], {plan.slug: plan.checklist})[plan.id]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"often": "school_days", "opens": "07:30", "closes": "08:00", "grades": [3], "card": "card"},
            "every school day 07:30–08:00, the classes of Grade 3, by the duty card 三年级卫生监督岗",
        ),
        (
            {"often": "weekly", "day": 5, "ahead": 4, "person": "counsellor"},
            "every week on Friday (open 4 days ahead, due by 17:00), all classes, by 吴晓燕",
        ),
        (
            {"often": "monthly", "day": 20, "slug": "toilet", "role": "director", "kinds": ["toilet"]},
            "every month on day 20 by 17:00, toilet, by whoever is General Affairs director",
        ),
        (
            {"often": "weekly", "day": 5, "spot": 2, "role": "counsellor"},
            "every week on Friday by 17:00, at a moment that nobody knows, 2 places by lot from all classes, "
            "by whoever is Young Pioneer counsellor",
        ),
        (
            {"often": "school_days", "slug": "toilet", "role": "director", "areas": "floor"},
            "every school day by 17:00, 二楼, by whoever is General Affairs director",
        ),
        (
            {"often": "school_days", "role": "director", "areas": "floor", "grades": [3]},
            "every school day by 17:00, the classes of Grade 3 in 二楼, by whoever is General Affairs director",
        ),
    ],
)
def test_a_plan_in_plain_words(ctx, school, fields, words):
    facts = dict(fields)
    for name in ("person", "card"):
        if name in facts:
            facts[name] = getattr(school, facts[name])
    if "areas" in facts:
        facts["areas"] = [getattr(school.places, facts["areas"]).id]
    plan = Plan.add(school.director, "计划", facts.pop("slug", "class-hygiene"), **facts)
    assert said(Plan.whole().where(Plan.id == plan.id).get()) == words


def test_list_and_page_say_it_and_whether_it_still_counts(phone, school, app):
    with app.app_context():
        plan = Plan.add(school.director, "周查", "class-hygiene", role="counsellor", often="weekly", day=5, ahead=4)
    office, words = phone(school.director), "all classes, by whoever is Young Pioneer counsellor"
    for address in ("/inspections/plans", f"/inspections/plans/{plan.id}"):
        assert words in office.get(address).text
        assert "paused" not in office.get(address).text
    office.send(f"/inspections/plans/{plan.id}/pause")
    for address in ("/inspections/plans", f"/inspections/plans/{plan.id}"):
        assert "paused" in office.get(address).text
    office.send(f"/inspections/plans/{plan.id}/resumption")
    office.send(f"/inspections/plans/{plan.id}/end", {"reason": "改为每天"})
    for address in ("/inspections/plans", f"/inspections/plans/{plan.id}"):
        assert ">ended<" in office.get(address).text


def test_a_plan_past_its_last_day_says_that_it_is_over(phone, school, app):
    with app.app_context():
        plan = Plan.add(
            school.director, "短", "class-hygiene", role="counsellor", often="school_days", ends_on=date(2026, 11, 24)
        )
        Plan.update(ends_on=date(2026, 11, 20)).where(Plan.id == plan.id).execute()
    assert ">ended<" in phone(school.director).get(f"/inspections/plans/{plan.id}").text
