"""A checklist is retired, and taken into use again."""

from datetime import date, timedelta
from typing import Any

import pytest

from app import clock
from app.calendar.models import Term
from app.errors import Refused
from app.inspections.checklists import Checklist
from app.inspections.duties import duties_here, lists_here
from app.inspections.models import Check
from app.inspections.plans import Plan
from app.inspections.rounds_clock import build_rounds
from app.inspections.rounds_due import Round
from app.journal import Event
from app.people.models import card_checklists
from tests.inspections.test_kinds import verdicts

URL = "/inspections/checklists/holiday-closing"


@pytest.fixture
def closing() -> Checklist:
    return Checklist.now("holiday-closing")


@pytest.fixture
def plan(school: Any, app: Any) -> Plan:
    """The director closes the office every school day."""
    with app.test_request_context():
        made = Plan.add(school.director, "关门", "holiday-closing", who="role", role="director", often="school_days",
                        areas=[school.places.floor.id], kinds=["office"])  # fmt: skip
        build_rounds()
    return made


def due(plan: Plan) -> list[date]:
    return [round.due_on for round in Round.select().where(Round.series == plan.series, Round.withdrawn_at.is_null())]


def test_it_is_offered_nowhere(ctx: Any, school: Any, closing: Checklist) -> None:
    office = school.places.office
    assert closing.slug in [each.slug for each in lists_here(school.director, office)]
    before = len(duties_here(school.director, office))
    closing.retire(school.director, "改用新表")
    assert closing.slug not in [each.slug for each in lists_here(school.director, office)]
    assert len(duties_here(school.director, office)) <= before
    assert closing.slug not in [each.slug for each in Checklist.offered()]


def test_whoever_has_the_page_open_is_told(phone: Any, school: Any, closing: Checklist, code_of: Any) -> None:
    door = f"/inspections/check/{code_of(school.places.office)}/holiday-closing"
    client = phone(school.stranger)
    assert client.get(door).status_code == 200
    closing.retire(school.director, "改用新表")
    answer = client.send(door, {"version": closing.version, "all_fine": "yes"})
    assert answer.status_code == 403
    assert "is retired" in answer.text
    assert client.get(door).status_code == 403
    assert Check.select().count() == 0


def test_an_older_version_of_it_is_retired_too(ctx: Any, school: Any, closing: Checklist) -> None:
    Checklist.publish(closing.as_data(), school.director).retire(school.director, "改用新表")
    place = school.places.office
    with pytest.raises(Refused, match="is retired"):
        Check.record(Checklist.get_by_id(closing.id), place, school.director, verdicts(closing, place))


def test_what_was_answered_before_it_was_retired_still_counts(ctx: Any, school: Any, closing: Checklist) -> None:
    """A phone in walk mode may have kept its answer for want of a signal."""
    place, then = school.places.office, clock.now() - timedelta(minutes=20)
    closing.retire(school.director, "改用新表")
    check = Check.record(closing, place, school.director, verdicts(closing, place), at=then)
    assert check.at == then


def test_old_checks_stay_to_be_read(phone: Any, school: Any, closing: Checklist, app: Any) -> None:
    place = school.places.office
    with app.test_request_context():
        check = Check.record(closing, place, school.director, verdicts(closing, place))
    closing.retire(school.director, "改用新表")
    client = phone(school.director)
    assert "Windows shut and locked" in client.get(f"/inspections/{check.id}").text
    assert client.get("/inspections/books/holiday-closing").status_code == 200
    page = client.get(URL).text
    assert "改用新表" in page
    assert "Take it into use" in page


def test_its_plans_are_named_before(phone: Any, school: Any, plan: Plan) -> None:
    page = phone(school.director).get(f"{URL}/retirement").text
    assert "These plans build no rounds meanwhile" in page
    assert "关门" in page
    assert "1 round that is open now is excused" in page


def test_its_plans_build_no_rounds_and_nobody_missed_any(ctx: Any, school: Any, closing: Any, plan: Plan) -> None:
    assert len(due(plan)) > 1
    closing.retire(school.director, "改用新表")
    assert due(plan) == [clock.today()]
    now = Round.get(Round.series == plan.series, Round.withdrawn_at.is_null())
    assert (now.state, now.excused_by) == ("excused", school.director)
    assert "改用新表" in now.excuse_words
    clock.set_hands(clock.now() + timedelta(days=3))
    assert build_rounds() == []
    assert plan.next_days() == []


def test_what_was_due_meanwhile_is_not_made_up_for(ctx: Any, school: Any, closing: Any, plan: Plan) -> None:
    closing.retire(school.director, "改用新表")
    clock.set_hands(clock.now() + timedelta(days=7))
    closing.take_up(school.director)
    build_rounds()
    days = due(plan)
    assert min(day for day in days if day > date(2026, 11, 24)) >= clock.today()
    assert clock.today() in days


def test_the_plan_says_so(phone: Any, school: Any, closing: Any, plan: Plan) -> None:
    closing.retire(school.director, "改用新表")
    client = phone(school.director)
    assert "Its checklist is retired since" in client.get(f"/inspections/plans/{plan.id}").text
    assert "checklist retired" in client.get("/inspections/plans").text


def test_no_new_plan_takes_it(ctx: Any, school: Any, closing: Any) -> None:
    closing.retire(school.director, "改用新表")
    with pytest.raises(Refused, match="is retired"):
        Plan.add(school.director, "关门", "holiday-closing", who="role", role="director", often="monthly", day=3)


def test_the_form_of_a_plan_does_not_offer_it(phone: Any, school: Any, closing: Any) -> None:
    assert "holiday-closing" in phone(school.director).get("/inspections/plans/add").text
    closing.retire(school.director, "改用新表")
    assert "holiday-closing" not in phone(school.director).get("/inspections/plans/add").text


def test_a_new_version_of_it_stays_retired(ctx: Any, school: Any, closing: Any) -> None:
    closing.retire(school.director, "改用新表")
    made = Checklist.publish(closing.as_data(), school.counsellor)
    assert (made.retired_why, made.retired_by) == ("改用新表", school.director)


def test_new_cards_are_not_given_it(ctx: Any, school: Any, hygiene: Checklist) -> None:
    assert set(card_checklists()) == {"class-hygiene"}
    hygiene.retire(school.counsellor, "改用百分制")
    Checklist.now("class-hygiene-100").take_up(school.counsellor)
    assert set(card_checklists()) == {"class-hygiene-100"}


def test_a_card_that_only_had_it_has_nothing_to_score(phone: Any, school: Any, hygiene: Checklist) -> None:
    client = phone(school.director)
    page = client.get("/inspections/checklists/class-hygiene/retirement").text
    assert "These duty cards no longer check with it: 三年级卫生监督岗." in page
    assert "class-hygiene" in phone(school.card).get("/inspections/round").text
    hygiene.retire(school.director, "改用百分制")
    page = phone(school.card).get("/inspections/round")
    assert page.status_code == 200
    assert "No class is yours to score." in page.text
    assert client.get("/inspections/").status_code == 200  # the day of the classes, with what was scored before


def test_rooms_are_not_closed_with_it(phone: Any, school: Any, closing: Checklist) -> None:
    client = phone(school.director)
    assert client.get("/inspections/holidays").status_code == 200
    closing.retire(school.director, "改用新表")
    assert "There is no checklist of the kind" in client.get("/inspections/holidays").text


def test_what_was_closed_with_it_stays_on_the_list(phone: Any, school: Any, closing: Any, app: Any, later: Any) -> None:
    Term.add(school.director, date(2026, 9, 1), date(2026, 11, 27))
    place = school.places.office
    with app.test_request_context():
        Check.record(closing, place, school.director, verdicts(closing, place))
    closing.retire(school.director, "改用新表")
    page = phone(school.director).get("/inspections/holidays").text
    assert "Closed rooms" in page
    assert place.name in page.partition('id="closed"')[2]


def test_cleaning_that_is_retired_leaves_no_tasks(phone: Any, school: Any, code_of: Any) -> None:
    Checklist.now("cleaner-daily").retire(school.director, "外包")
    assert phone(school.cleaner).get(f"/inspections/tick/{code_of(school.places.toilet)}").status_code == 403
    assert phone(school.cleaner).get("/inspections/areas").status_code == 200


def test_the_pages(phone: Any, school: Any) -> None:
    client = phone(school.director)
    assert client.send(f"{URL}/retirement", {"reason": " "}).status_code == 422
    page = client.send(f"{URL}/retirement", {"reason": "<b>" + "长" * 300})
    assert page.status_code == 422
    assert "&lt;b&gt;长" in page.text
    assert Checklist.now("holiday-closing").retired_at is None
    assert client.send(f"{URL}/retirement", {"reason": "改用新表"}).location == URL
    assert "Not in use" in client.get("/inspections/checklists").text
    assert client.send(f"{URL}/retirement", {"reason": "再一次"}).status_code == 409
    assert client.send(f"{URL}/return").location == URL
    assert Checklist.now("holiday-closing").retired_at is None
    assert client.send(f"{URL}/return").status_code == 409
    assert client.send("/inspections/checklists/none/return").status_code == 404


def test_it_is_in_the_journal(ctx: Any, school: Any, closing: Any) -> None:
    closing.retire(school.director, "改用新表")
    closing.take_up(school.counsellor)
    rows = Event.select().where(Event.action.startswith("inspections.checklist_")).order_by(Event.id)
    assert [(row.action, row.person_id) for row in rows] == [
        ("inspections.checklist_retired", school.director.id), ("inspections.checklist_back", school.counsellor.id),
    ]  # fmt: skip
    assert "改用新表" in rows[0].sentence


@pytest.mark.parametrize("who", ["teacher", "cleaner", "custodian", "electrician", "principal", "card", None])
def test_others_retire_nothing(phone: Any, school: Any, who: str | None) -> None:
    client = phone(getattr(school, who) if who else None)
    assert client.get(f"{URL}/retirement").status_code in (303, 403)
    assert client.send(f"{URL}/retirement", {"reason": "x"}).status_code in (401, 403)
    assert client.send(f"{URL}/return").status_code in (401, 403)
    assert Checklist.now("holiday-closing").retired_at is None
