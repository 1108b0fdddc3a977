"""What comes of a check: repairs, hazards, cleaning to be done again."""

from typing import Any

import pytest

from app import journal
from app.inspections import findings
from app.inspections.checklists import Checklist
from app.inspections.findings import Finding
from app.inspections.follow_ups import FollowUp
from app.inspections.models import Check
from app.inspections.scoring import Verdict
from app.repairs.models import Ticket


@pytest.fixture
def toilet() -> Checklist:
    return Checklist.now("toilet")


@pytest.fixture
def check(school: Any, toilet: Checklist, later: Any) -> Any:
    """The custodian scores the toilet, each time an hour later."""

    def give(marks: Any = None, by: Any = None) -> Check:
        later(1)
        return Check.record(toilet, school.places.toilet, by or school.custodian, marks, again="复查")

    return give


DIRTY = {"floor": Verdict(reasons=(0,))}


def test_what_a_toilet_lost_is_to_be_cleaned_again_by_its_cleaner(school: Any, check: Any) -> None:
    made = check(DIRTY)
    finding = findings.of_check(made)[made.marks.where(finding_lost()).get().id]
    assert finding.follow_up.person_id == school.cleaner.id
    assert "有积水" in finding.follow_up.words
    assert finding.is_open


def finding_lost() -> Any:
    from app.inspections.models import Mark

    return Mark.lost > 0


def test_several_items_of_one_toilet_are_one_cleaning(check: Any) -> None:
    made = check({"floor": Verdict(reasons=(0,)), "bowls": Verdict(reasons=(0,))})
    assert FollowUp.select().count() == 1
    assert len(findings.of_check(made)) == 2


def test_the_same_fault_found_again_opens_nothing_new(check: Any) -> None:
    check(DIRTY)
    check(DIRTY)
    assert FollowUp.select().count() == 1
    assert Finding.select().count() == 2


def test_the_next_check_that_finds_it_clean_ends_it(check: Any) -> None:
    check(DIRTY)
    good = check()
    row = FollowUp.get()
    assert (row.outcome, Finding.get().good_id) == ("found_good", good.id)


def test_it_is_not_clean_while_another_item_is_still_dirty(check: Any) -> None:
    check({"floor": Verdict(reasons=(0,)), "bowls": Verdict(reasons=(0,))})
    check(DIRTY)
    assert FollowUp.get().outcome == ""


def test_a_facility_fault_leads_to_its_ticket(school: Any, check: Any) -> None:
    made = check({"basin": Verdict(facility=True, words="龙头漏水")})
    (finding,) = findings.of_check(made).values()
    assert finding.ticket_id == Ticket.get().id
    assert [each.check_id for each in findings.of_thing(Ticket.get())] == [made.id]


def test_points_that_a_class_lost_open_nothing(score: Any) -> None:
    score({"floor": Verdict(reasons=(0,))})
    assert Finding.select().count() == 0


def test_a_facility_fault_of_a_class_leads_to_its_ticket(score: Any) -> None:
    made = score({"board": Verdict(facility=True, words="不亮")})
    assert [thing.road for finding in findings.of_check(made).values() for thing in finding.things] == ["ticket"]


def test_what_is_open_is_shown_hazards_first(school: Any, check: Any, ctx: None) -> None:
    check(DIRTY)
    finding = Finding.get()
    finding.turn(school.director, "hazard", "地面太滑，会摔倒", level="major")
    things = findings.open_at(school.places.toilet)
    assert [thing.road for thing in things] == ["hazard", "follow_up"]
    many = findings.open_at_many([school.places.toilet.id, school.places.office.id])
    assert {place: len(things) for place, things in many.items()} == {school.places.toilet.id: 2}


def test_it_is_in_the_story_of_the_check(check: Any, ctx: None) -> None:
    made = check(DIRTY)
    assert "findings.opened" in [event.action for event in journal.about(thing=made)]
