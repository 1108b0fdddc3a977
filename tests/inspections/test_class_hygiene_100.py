"""Class hygiene out of 100 (R1b): the same rubric ten times as fine, and weeks in which a class has both."""

import json
from typing import Any

import pytest

from app import clock
from app.errors import Refused
from app.inspections import results, weeks
from app.inspections.appeals import Appeal
from app.inspections.checklists import BUILT_IN, CLASS_SCORES, Checklist
from app.inspections.class_weeks import ClassWeek
from app.inspections.duties import class_list_of, duties_here
from app.inspections.models import AlreadyScored, Check
from app.inspections.scoring import Verdict, of_ten
from app.inspections.weeks import Report, ScoringRules, Week
from app.people.models import DutyCard

TEN, HUNDRED = (json.loads((BUILT_IN / f"{slug}.json").read_text(encoding="utf-8")) for slug in CLASS_SCORES)


@pytest.fixture
def both(school: Any, app: Any) -> Checklist:
    """The school has taken the list out of 100 into use, beside the other."""
    with app.test_request_context():
        Checklist.now("class-hygiene-100").take_up(school.counsellor)
    return Checklist.now("class-hygiene-100")


def test_it_is_the_same_rubric_times_ten() -> None:
    assert HUNDRED["full"] == 10 * TEN["full"] == 10_000
    assert HUNDRED["bonus_max"] == 10 * TEN["bonus_max"]
    for ten, hundred in zip(TEN["items"], HUNDRED["items"], strict=True):
        assert (hundred["max"], hundred["step"]) == (10 * ten["max"], 10 * ten["step"])
        assert [each["points"] for each in hundred["reasons"]] == [10 * each["points"] for each in ten["reasons"]]
        same = {"max", "step", "reasons"}
        assert {k: v for k, v in hundred.items() if k not in same} == {k: v for k, v in ten.items() if k not in same}


@pytest.mark.parametrize(
    ("points", "full", "out_of_ten"),
    [(9500, 10_000, 950), (950, 1000, 950), (0, 10_000, 0), (10_000, 10_000, 1000), (2000, 3000, 667), (5, 0, 5)],
)
def test_points_out_of_anything_are_points_out_of_ten(points: int, full: int, out_of_ten: int) -> None:
    assert of_ten(points, full) == out_of_ten


def test_a_week_of_both_is_fair(ctx: Any, school: Any, both: Checklist, hygiene: Checklist, later: Any) -> None:
    """Two classes lose the same share, one out of 10 each time, the other once out of 10 and once out of 100."""
    one, other = school.places.classroom, school.places.other_classroom
    for list_, room, lost in (
        (hygiene, one, 100), (hygiene, other, 100), (hygiene, one, 50), (both, other, 500),
    ):  # fmt: skip
        later(4 if (list_, room) == (hygiene, one) and lost == 50 else 0)
        Check.record(list_, room, school.director, {"floor": Verdict(lost, (0,))})
    report = Report.of(clock.today(), ScoringRules(version=1, min_checks=1))
    found = {row.group: row.standing for row in report.rows}
    assert found[school.classes.three_two].score == found[school.classes.three_three].score == 925
    assert found[school.classes.three_two].place == found[school.classes.three_three].place == 1


def test_a_bonus_out_of_100_is_worth_no_more(ctx: Any, school: Any, both: Checklist) -> None:
    room = school.places.classroom
    Check.record(both, room, school.director, {"floor": Verdict(1500, (2,))}, bonus=1000, note="帮忙")
    [given] = weeks.counting(clock.today(), clock.today())
    assert (given.base, given.bonus, given.total, given.full) == (850, 100, 950, 1000)


def test_points_lost_in_a_spot_check_weigh_the_same(ctx: Any, school: Any, both: Checklist) -> None:
    room = school.places.classroom
    Check.record(both, room, school.director, {"floor": Verdict(1500, (2,))}, unannounced=True)
    [given] = weeks.counting(clock.today(), clock.today())
    assert given.spot == 150


def test_a_list_that_the_school_made_out_of_20_is_fair_too(ctx: Any, school: Any, hygiene: Checklist) -> None:
    hygiene.revise(school.director, [{"key": "all", "name": "全部", "max": 1000}])
    Checklist.publish({**hygiene.as_data(), "full": 2000, "items": [{"key": "all", "name": "全部", "max": 2000}]})
    room = school.places.classroom
    Check.record(Checklist.now("class-hygiene"), room, school.director, {"all": Verdict(1000, words="脏")})
    [given] = weeks.counting(clock.today(), clock.today())
    assert (given.total, given.full) == (500, 1000)


def test_the_means_of_a_day_are_out_of_ten(
    ctx: Any, school: Any, both: Checklist, hygiene: Checklist, later: Any
) -> None:
    room = school.places.classroom
    Check.record(hygiene, room, school.director, {"floor": Verdict(100, (1,))})
    later(4)
    Check.record(both, room, school.director)
    day = next(row for row in results.day_of(clock.today()).rows if row.group == school.classes.three_two)
    assert day.mean == 950
    assert [check.score for check in day.checks] == ["9", "100 / 100"]
    week = ClassWeek.of(school.classes.three_two, clock.today())
    assert [mean for _day, mean, _checks in week.days] == [950]
    assert week.score == 950


def test_it_is_appealed_against_and_locked_like_the_other(ctx: Any, school: Any, both: Checklist) -> None:
    check = Check.record(both, school.places.classroom, school.director, {"floor": Verdict(500, (0,))})
    appeal = Appeal.file(next(each for each in check.marks if each.lost), school.teacher, "不是我们班的")
    with pytest.raises(Refused, match="waits for an answer"):
        Week.lock(clock.today(), school.director)
    appeal.correct(school.counsellor, 0, "有道理")
    week = Week.lock(clock.today(), school.director)
    [row] = [row for row in week.rows if row.score is not None]
    assert (row.class_group, row.score) == (school.classes.three_two, 1000)


def test_the_second_monitor_is_told_whatever_the_list(
    ctx: Any, school: Any, both: Checklist, hygiene: Checklist
) -> None:
    Check.record(hygiene, school.places.classroom, school.director)
    with pytest.raises(AlreadyScored, match="was already scored 10"):
        Check.record(both, school.places.classroom, school.counsellor)


def test_its_page_says_how_it_counts(phone: Any, school: Any) -> None:
    client = phone(school.counsellor)
    assert "counts out of ten: 95 of 100 are 9.5" in client.get("/inspections/checklists/class-hygiene-100").text
    assert "counts out of ten" not in client.get("/inspections/checklists/class-hygiene").text


def test_a_door_with_both_says_which(ctx: Any, school: Any, both: Checklist) -> None:
    words = [duty.words for duty in duties_here(school.director, school.places.classroom)]
    assert "Score · Class hygiene" in words
    assert "Score · Class hygiene out of 100" in words


def test_a_school_out_of_100_sees_only_that(phone: Any, school: Any, both: Checklist, hygiene: Checklist) -> None:
    hygiene.retire(school.counsellor, "改用百分制")
    card, _secret = DutyCard.make(
        "百分制监督岗", school.counsellor, checklists=["class-hygiene-100"], grades=[3], weekdays=[1, 2, 3, 4, 5, 6, 7],
        hours=[["00:00", "23:59"]], own_class=school.classes.three_three, starts_on=clock.today(),
        ends_on=clock.today(),
    )  # fmt: skip
    assert class_list_of(card) == "class-hygiene-100"
    client = phone(card)
    assert "/class-hygiene-100" in client.get("/inspections/round").text
    page = client.get(client.get("/inspections/round").text.partition('cell big" href="')[2].partition('"')[0]).text
    assert "/100" in page
    assert 'step="5"' in page
    director = phone(school.director)
    assert "Class hygiene out of 100" in director.get("/inspections/").text
    assert director.get("/").status_code == 200


def test_a_toilet_may_be_corrected_after_the_week_of_classes_is_locked(
    ctx: Any, school: Any, hygiene: Checklist
) -> None:
    Check.record(hygiene, school.places.classroom, school.director)
    dirty = {"floor": Verdict(50, (0,))}
    toilet = Check.record(Checklist.now("toilet"), school.places.toilet, school.custodian, dirty)
    Week.lock(clock.today(), school.director)
    next(each for each in toilet.marks if each.lost).correct(0, school.director, "看错了")
    assert Check.get_by_id(toilet.id).total == 1000
