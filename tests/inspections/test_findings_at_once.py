"""Two people do the same at the same moment, on a real file: one does it, the other is told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.errors import Refused
from app.inspections.checklists import Checklist, install_builtin
from app.inspections.findings import Finding
from app.inspections.follow_ups import FollowUp
from app.inspections.hazards import Hazard, HazardStep
from app.inspections.models import Check, Correction
from app.inspections.scoring import Verdict
from app.people.models import Person
from tests.helpers import app_on_file, at_once, make_school

pytestmark = pytest.mark.slow
HANDS = 6


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Any]:
    """A school on a file, with as many people in the office as there are hands."""
    with app_on_file(tmp_path) as app, app.app_context():
        install_builtin()
        school = make_school()
        school.app = app
        school.hands = [Person.add(f"总务{n}", roles=("director", "custodian"))[0] for n in range(HANDS)]
        yield school


def outcome(answers: list[Any], told: str) -> None:
    """One did it; each of the others was refused with these words."""
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == len(answers) - 1, answers
    assert all(told in str(answer.sentence) for answer in refused), refused


def put_right(school: Any) -> Hazard:
    """A hazard that waits for its recheck."""
    hazard = Hazard.register(school.director, school.places.office, "吊扇松动")
    hazard.plan(school.director, school.electrician, clock.today() + timedelta(days=3), "换吊钩")
    hazard.fixed(school.electrician, "换好了")
    return hazard


def test_one_closes_it(place: Any) -> None:
    hazard = put_right(place)
    answers = at_once(place.app, *(lambda who=who: Hazard.get_by_id(hazard.id).close(who) for who in place.hands))
    outcome(answers, "Please look again")
    closed = HazardStep.select().where(HazardStep.hazard == hazard, HazardStep.kind == "closed")
    assert [step.person_id for step in closed] == [Hazard.get_by_id(hazard.id).rechecker_id]
    assert Hazard.get_by_id(hazard.id).state == "closed"


def test_one_recheck_counts_whatever_it_found(place: Any) -> None:
    hazard, again = put_right(place), clock.today() + timedelta(days=5)

    def recheck(who: Person, good: bool) -> Any:
        row = Hazard.get_by_id(hazard.id)
        return row.close(who) if good else row.fail(who, "还松", again)

    answers = at_once(
        place.app, *(lambda who=who, good=number % 2 == 0: recheck(who, good) for number, who in enumerate(place.hands))
    )
    outcome(answers, "Please look again")
    steps = list(HazardStep.select().where(HazardStep.hazard == hazard).order_by(HazardStep.serial))
    assert [step.kind for step in steps[:3]] == ["registered", "planned", "fixed"]
    assert len(steps) == 4
    assert Hazard.get_by_id(hazard.id).state == {"closed": "closed", "failed": "fixing"}[steps[3].kind]


def dirty(school: Any) -> Check:
    return Check.record(Checklist.now("toilet"), school.places.toilet, school.custodian, {"floor": Verdict(50, (0,))})


def test_one_hazard_comes_of_a_mark(place: Any) -> None:
    dirty(place)
    finding = Finding.get()
    answers = at_once(
        place.app,
        *(lambda who=who: Finding.get_by_id(finding.id).turn(who, "hazard", "会滑倒") for who in place.hands),
    )
    outcome(answers, "That is open for it already")
    assert Hazard.select().count() == 1
    assert Finding.get_by_id(finding.id).hazard_id == Hazard.get().id


def test_the_same_fault_found_by_many_at_once_is_one_thing(place: Any) -> None:
    """Several people check the same toilet knowingly, one after another within the same moment."""
    toilet = Checklist.now("toilet")
    toilet.items  # noqa: B018 - read once, so that the threads only write

    def check(who: Person) -> Any:
        return Check.record(toilet, place.places.toilet, who, {"floor": Verdict(50, (0,))}, again="复查")

    answers = at_once(place.app, *(lambda who=who: check(who) for who in place.hands))
    assert all(isinstance(answer, Check) for answer in answers), answers
    assert FollowUp.select().count() == 1
    assert Finding.select().count() == HANDS


def test_it_is_cleaned_once(place: Any) -> None:
    dirty(place)
    row = FollowUp.get()
    answers = at_once(place.app, *(lambda who=who: FollowUp.get_by_id(row.id).done(who) for who in place.hands))
    outcome(answers, "settled meanwhile")


def test_cleaned_and_corrected_at_once(place: Any) -> None:
    """Whoever comes first settles it; a correction is made in any case."""
    check = dirty(place)
    mark, row = next(each for each in check.marks if each.lost), FollowUp.get()
    answers = at_once(
        place.app,
        lambda: FollowUp.get_by_id(row.id).done(place.cleaner),
        lambda: mark.correct(0, place.director, "看错了"),
    )
    assert isinstance(answers[1], Correction), answers
    assert FollowUp.get_by_id(row.id).outcome in ("done", "withdrawn")
    assert (FollowUp.get_by_id(row.id).outcome == "done") == (answers[0] is None)


def test_one_new_version_comes_of_two_who_agree(place: Any) -> None:
    toilet = Checklist.now("toilet")
    answers = at_once(
        place.app, *(lambda who=who: Checklist.publish(toilet.as_data(), who, upon=toilet) for who in place.hands)
    )
    outcome(answers, "Somebody else saved this checklist meanwhile")
    assert Checklist.now("toilet").version == 2


def test_it_is_retired_once(place: Any) -> None:
    toilet = Checklist.now("toilet")
    answers = at_once(
        place.app, *(lambda who=who: Checklist.get_by_id(toilet.id).retire(who, "旧") for who in place.hands)
    )
    outcome(answers, "Somebody else changed this checklist meanwhile")
