"""A class that has a score in this part of the day: the second monitor is told."""

import peewee
import pytest

from app import clock
from app.inspections.models import AlreadyScored, Check
from app.inspections.rounds_due import Round
from app.inspections.scoring import Verdict
from app.inspections.week_listing import Table
from app.inspections.week_papers import rules_in_words
from app.inspections.weeks import Report, ScoringRules


@pytest.fixture
def door(school, code_of):
    return f"/inspections/score/{code_of(school.places.classroom)}/class-hygiene"


def test_the_second_monitor_sees_the_first_score_before_anything_else(phone, school, door, score):
    score({"floor": Verdict(50, (0,))})
    page = phone(school.card).get(door)
    assert page.status_code == 200
    assert "already scored 9.5 today 10:00 by 吴晓燕" in page.text
    assert "Score again as a recheck" in page.text
    assert "data-mark" not in page.text


def test_who_may_not_read_the_items_is_not_offered_to_look(phone, school, door, score):
    check = score()
    assert f"/inspections/{check.id}" not in phone(school.card).get(door).text
    assert f"/inspections/{check.id}" in phone(school.director).get(door).text


def test_a_sheet_that_was_filled_meanwhile_is_told_and_keeps_its_entries(phone, school, door, score, hygiene, fill):
    score()
    data = fill(hygiene, {"floor": {"points": "1", "reasons": "0"}}, note="后排")
    answer = phone(school.card).send(door, data)
    assert answer.status_code == 409
    assert "already scored 10" in answer.text
    assert "后排" in answer.text
    assert 'name="again"' in answer.text
    assert Check.select().count() == 1


def test_a_recheck_needs_a_reason_and_says_so_afterwards(phone, school, door, score, hygiene, fill):
    first = score({"floor": Verdict(150, (2,))})
    client = phone(school.card)
    assert 'name="again"' in client.get(f"{door}?again=1").text
    refused = client.send(door, fill(hygiene, again=""))
    assert refused.status_code == 422
    assert "Please fill this in." in refused.text
    answer = client.send(door, fill(hygiene, again="重新打扫过"))
    assert answer.status_code == 303
    second = Check.select().order_by(Check.id.desc()).first()
    assert (second.ordinal, second.again, second.total) == (2, "重新打扫过", 1000)
    assert (first.ordinal, first.total) == (1, 850)
    page = phone(school.director).get(f"/inspections/{second.id}").text
    assert "重新打扫过" in page
    assert "recheck" in page


def test_the_next_part_of_the_day_starts_anew(phone, school, door, score, later):
    score()
    later(2)
    assert "data-mark" in phone(school.card).get(door).text
    score()
    assert [check.slot_id for check in Check.select().order_by(Check.id)] == ["morning", "noon"]


def test_another_class_is_not_touched(score, school):
    score()
    score(place=school.places.other_classroom)
    assert Check.select().count() == 2


def test_the_rule_and_the_database_both_say_no(ctx, score, school, hygiene):
    check = score()
    with pytest.raises(AlreadyScored):
        score()
    row = {
        name: getattr(check, name) for name in ("checklist", "slug", "place", "day", "slot", "person", "full", "total")
    }
    with pytest.raises(peewee.IntegrityError):
        Check.create(ordinal=1, **row)


def test_a_new_version_at_noon_does_not_open_the_slot_again(ctx, score, hygiene, school):
    score()
    revised = hygiene.revise(school.director, [{"key": "all", "name": "全部", "max": 1000}])
    with pytest.raises(AlreadyScored):
        Check.record(revised, school.places.classroom, school.director)


# Spot checks are facts of their own


def test_a_spot_check_of_a_scored_class_needs_no_reason(phone, school, door, score, hygiene, fill):
    score({"floor": Verdict(50, (0,))})
    office = phone(school.director)
    assert "A spot check: score it besides" in office.get(door).text
    assert "data-mark" in office.get(f"{door}?spot=1").text
    answer = office.send(door, fill(hygiene, {"floor": {"points": "0.5", "reasons": "1"}}, unannounced="y"))
    assert answer.status_code == 303
    spot = Check.select().order_by(Check.id.desc()).first()
    assert (spot.ordinal, spot.again, spot.unannounced) == (2, "", True)
    page = office.get(f"/inspections/{spot.id}").text
    assert "spot check" in page
    assert "recheck" not in page


def test_after_a_spot_check_the_class_is_still_to_be_scored(phone, school, door, score, hygiene, fill):
    score(unannounced=True, by=school.director)
    assert "data-mark" in phone(school.card).get(door).text
    assert phone(school.card).send(door, fill(hygiene)).status_code == 303
    assert [check.again for check in Check.select()] == ["", ""]


def test_a_second_spot_check_is_told_like_a_second_score(ctx, score, school):
    score()
    first = score(unannounced=True, by=school.director)
    with pytest.raises(AlreadyScored) as told:
        score(unannounced=True)
    assert told.value.check == first
    score(unannounced=True, again="又查一次")
    assert [check.ordinal for check in Check.select().order_by(Check.id)] == [1, 2, 3]


def test_a_card_declares_no_spot_check(phone, school, door, score, hygiene, fill):
    score()
    page = phone(school.card).get(door).text
    assert "A spot check" not in page
    answer = phone(school.card).send(door, fill(hygiene, unannounced="y"))
    assert answer.status_code == 409
    assert Check.select().count() == 1


def test_nobody_spot_checks_the_own_class(phone, school, score, code_of, hygiene, fill):
    school.teacher.change(None, roles=("counsellor",))
    door = f"/inspections/score/{code_of(school.places.classroom)}/class-hygiene"
    score(by=school.director)
    answer = phone(school.teacher).send(door, fill(hygiene, unannounced="y"))
    assert answer.status_code == 403
    assert Check.select().count() == 1


def test_a_drawn_class_is_spot_checked_without_a_reason_at_its_door(phone, school, door, score, hygiene, fill):
    score(by=school.director)
    score(by=school.director, place=school.places.other_classroom)
    with phone().application.app_context():
        Round.draw_now(school.director, "抽查", "class-hygiene", 2, role="counsellor")
    assert "data-mark" in phone(school.counsellor).get(door).text
    assert phone(school.counsellor).send(door, fill(hygiene)).status_code == 303
    check = Check.select().order_by(Check.id.desc()).first()
    assert (check.unannounced, check.again) == (True, "")
    assert phone(school.counsellor).send(door, fill(hygiene)).status_code == 409, "done: once more needs a reason"


def test_every_check_counts_alike_in_the_week(ctx, school, score):
    ScoringRules.publish(school.director, min_checks=1)
    score({"floor": Verdict(100, (1,))})
    score({"floor": Verdict(50, (0,))}, unannounced=True, by=school.director)
    standing = next(row.standing for row in Report.of(clock.today()).rows if row.checks)
    assert (standing.score, standing.checks, standing.spot) == (925, 2, 50)
    said = rules_in_words(Table.of(clock.today()))
    assert "Each check counts alike: the regular one, a spot check and a recheck." in said
