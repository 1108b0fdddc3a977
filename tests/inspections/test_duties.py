"""What the scan page and the first page offer."""

import pytest

from app.inspections.duties import duties_here
from app.inspections.models import Check
from app.inspections.scoring import Verdict
from app.inspections.views import waiting


@pytest.mark.parametrize(
    ("who", "place", "endpoints"),
    [
        ("card", "classroom", ["inspections.score"]),
        ("card", "other_classroom", []),
        ("card", "toilet", []),
        ("cleaner", "toilet", ["inspections.tick"]),
        ("cleaner", "classroom", []),
        ("director", "classroom", ["inspections.score", "inspections.checks_here"]),
        ("director", "toilet", ["inspections.check", "inspections.checks_here"]),
        ("custodian", "toilet", ["inspections.check", "inspections.checks_here"]),
        ("custodian", "classroom", ["inspections.checks_here"]),
        ("counsellor", "classroom", ["inspections.score"]),
        ("counsellor", "toilet", []),
        ("teacher", "classroom", ["inspections.checks_here"]),  # the own class's room
        ("teacher", "other_classroom", []),
        ("stranger", "office", ["inspections.checks_here"]),  # its keeper
        ("stranger", "classroom", []),
        ("electrician", "toilet", []),
    ],
)
def test_everybody_is_offered_the_own_duties(ctx, school, who, place, endpoints):
    found = duties_here(getattr(school, who), getattr(school.places, place))
    assert [duty.endpoint for duty in found] == endpoints


def test_the_button_leads_to_the_page(phone, school, code_of):
    code = code_of(school.places.classroom)
    page = phone(school.card).get(f"/q/{code}").text
    assert f"/inspections/score/{code}/class-hygiene" in page


def test_whoever_has_no_such_duty_costs_next_to_nothing(ctx, school, counted):
    assert school.stranger.roles
    with counted() as queries:
        duties_here(school.stranger, school.places.classroom, group=school.classes.three_two)
    assert queries.count <= 2  # which checklists there are (an app on a file keeps the answer), and the season


def test_what_is_known_is_not_asked_again(ctx, school, counted, code_of):
    code = code_of(school.places.classroom)
    assert school.card.on_duty()  # the calendar stays in memory
    with counted() as queries:
        duties_here(school.card, school.places.classroom, code, school.classes.three_two)
    assert queries.count == 1


def test_the_last_check_of_a_place(score, school):
    assert Check.last_at(school.places.classroom.id) is None
    check = score({"floor": Verdict(50, (0,))})
    last = Check.last_at(school.places.classroom.id)
    assert (last, last.total, last.full) == (check, 950, 1000)


def test_ticks_are_no_score(school):
    from app.inspections.checklists import Checklist

    daily = Checklist.now("cleaner-daily")
    Check.tick(daily, school.places.toilet, school.cleaner, daily.items_at(school.places.toilet))
    assert Check.last_at(school.places.toilet.id) is None


def test_what_waits_on_the_first_page(app, school, score):
    with app.test_request_context():
        assert [(card.count, card.url) for card in waiting(school.card)] == [(1, "/inspections/round")]
        assert [(card.count, card.url) for card in waiting(school.cleaner)] == [(1, "/inspections/areas")]
        scored, appeals = waiting(school.counsellor)
        assert (scored.count, appeals.count) == (0, 0)
        assert waiting(school.teacher) == []
        score()
        assert [card.count for card in waiting(school.card)] == [0]
        card = waiting(school.director)[0]
        assert (card.count, card.words) == (1, "of 2 classes scored today")
