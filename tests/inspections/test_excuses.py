"""A class on a trip is excused once: in the week, in its rounds, whichever of the two was said first."""

from datetime import date, datetime, timedelta

import pytest

from app import clock
from app.errors import Refused
from app.inspections import excuses
from app.inspections.exemptions import Exemption
from app.inspections.models import Check
from app.inspections.plans import Plan
from app.inspections.rounds_clock import build_rounds, note_missed
from app.inspections.rounds_due import Round, RoundPlace
from app.inspections.scoring import Verdict
from app.inspections.weeks import Report, ScoringRules, Week
from app.journal import about

TUESDAY, MONDAY = date(2026, 11, 24), date(2026, 11, 23)  # the clock stands on Tuesday, 10:00
WEEK = [MONDAY + timedelta(days=number) for number in range(7)]
URL = f"/inspections/weeks/{MONDAY}"


def at(day, hour):
    clock.set_hands(clock.utc(day) + timedelta(hours=hour))


@pytest.fixture
def rules(school):
    return ScoringRules.publish(school.director, min_checks=3)


@pytest.fixture
def morning(school, app):
    """Every school day from 07:30 to 08:30 the counsellor scores all classes."""
    at(MONDAY, 6)
    with app.app_context():
        plan = Plan.add(
            school.director, "每日评分", "class-hygiene", person=school.counsellor, often="school_days", opens="07:30",
            closes="08:30",
        )  # fmt: skip
        build_rounds()
    return plan


def round_on(plan, day):
    return Round.whole().where(Round.series == plan.series, Round.due_on == day).get()


def stop_of(round, place):
    return next(stop for stop in round.stops() if stop.place_id == place.id)


def lines():
    return {row.group.number: row.standing for row in Report.of(MONDAY).rows}


# From the round to the week


def test_a_class_excused_in_a_round_is_exempt_in_that_part_of_the_day(school, morning, ctx):
    round = round_on(morning, TUESDAY)
    round.excuse(school.director, "三(2)班去科技馆", stop_of(round, school.places.classroom))
    row = Exemption.get()
    assert (row.class_group, row.day, row.part) == (school.classes.three_two, TUESDAY, "morning")
    stop = stop_of(round_on(morning, TUESDAY), school.places.classroom)
    assert (stop.exemption, stop.excuse_words) == (row, "三(2)班去科技馆")
    assert "excused 201教室 in 每日评分" in next(event.sentence for event in about(thing=round))


def test_its_checks_of_that_time_are_neither_missing_nor_zero(school, morning, score, rules, ctx):
    at(TUESDAY, 9)
    score({"floor": Verdict(150, (2,))})
    at(TUESDAY, 14)
    score({"floor": Verdict(50, (0,))})
    round = round_on(morning, TUESDAY)
    round.excuse(school.director, "考试", stop_of(round, school.places.classroom))
    two = lines()[2]
    assert (two.score, two.checks) == (950, 1), "the afternoon counts, the morning does not"


def test_a_round_over_the_whole_day_exempts_the_whole_day(school, ctx):
    plan = Plan.add(school.director, "每天", "class-hygiene", person=school.counsellor, often="school_days",
                    opens="07:00", closes="17:00")  # fmt: skip
    build_rounds()
    round = round_on(plan, TUESDAY)
    round.excuse(school.director, "研学", stop_of(round, school.places.classroom))
    assert [row.part for row in Exemption.select()] == [""]


def test_a_round_of_a_whole_week_exempts_no_day_but_spares_one_check(school, score, rules, ctx):
    weekly = Plan.add(school.director, "每周", "class-hygiene", person=school.principal, often="weekly", day=5, ahead=4)
    build_rounds()
    score()
    at(TUESDAY, 14)
    score()
    assert lines()[2].few
    round = round_on(weekly, date(2026, 11, 27))
    round.excuse(school.director, "研学", stop_of(round, school.places.classroom))
    assert not Exemption.select().exists()
    two = lines()[2]
    assert (two.checks, two.few, two.excused) == (2, False, True)


def test_a_whole_round_that_was_excused_spares_each_of_its_classes_a_check(school, morning, score, rules, ctx):
    at(TUESDAY, 10)
    score()
    at(TUESDAY, 14)
    score()
    assert lines()[2].few
    round_on(morning, TUESDAY).excuse(school.director, "检查员外出")
    assert not lines()[2].few
    assert lines()[2].checks == 2, "what was checked counts: the class was there"


# From the week to the rounds


def test_a_class_exempt_for_a_week_is_excused_in_its_rounds(phone, school, morning):
    form = {"whom": str(school.classes.three_two.id), "day": "2026-11-23", "until": "2026-11-29", "reason": "研学"}
    assert phone(school.director).send(f"{URL}/exempt", form).location == URL
    build_rounds()
    for day in WEEK[:5]:
        round = round_on(morning, day)
        assert (round.spared, round.places) == (1, 2), day
        assert stop_of(round, school.places.classroom).excuse_words == "研学"
    assert round_on(morning, MONDAY + timedelta(days=7)).spared == 0
    assert [row.day for row in Exemption.select().order_by(Exemption.day)] == WEEK[:5], "weekends are not judged"


def test_a_round_that_is_built_later_knows_the_exemption(school, morning, ctx):
    day = date(2026, 12, 8)
    Exemption.give([school.classes.three_two], day, "研学", school.director)
    at(date(2026, 12, 4), 10)
    build_rounds()
    assert round_on(morning, day).spared == 1
    assert [stop.place.name for stop in round_on(morning, day).left()] == ["202教室"]


def test_who_is_exempt_in_the_afternoon_is_scored_in_the_morning(school, morning, ctx):
    Exemption.give([school.classes.three_two], TUESDAY, "彩排", school.director, part="afternoon")
    assert round_on(morning, TUESDAY).spared == 0
    Exemption.give([school.classes.three_two], TUESDAY, "彩排", school.director, part="morning")
    assert round_on(morning, TUESDAY).spared == 1


def test_what_was_missed_by_the_exempt_class_is_excused_and_the_rest_stays_missed(school, morning, ctx):
    at(TUESDAY, 12)
    note_missed(clock.now())
    Exemption.give([school.classes.three_two], TUESDAY, "考试", school.director)
    round = round_on(morning, TUESDAY)
    assert (round.state, round.spared) == ("missed", 1)
    Exemption.give([school.classes.three_three], TUESDAY, "考试", school.director)
    assert round_on(morning, TUESDAY).state == "excused"


def test_an_exempt_class_is_not_drawn(school, ctx):
    Exemption.give([school.classes.three_two], TUESDAY, "秋游", school.director)
    for number in range(6):
        round = Round.draw_now(school.director, f"抽{number}", "class-hygiene", 1, role="counsellor")
        assert [stop.place.name for stop in round.stops()] == ["202教室"]


def test_a_mistake_is_taken_back_and_the_round_is_due_again(phone, school, morning):
    at(TUESDAY, 7.75)
    office = phone(school.director)
    office.send(f"{URL}/exempt", {"whom": "g3", "day": "2026-11-24", "reason": "考试"})
    assert round_on(morning, TUESDAY).state == "excused"
    office.send(f"/inspections/exemptions/{Exemption.select().first().id}/end", {"all": "1"})
    round = round_on(morning, TUESDAY)
    assert (round.state, round.spared, len(round.left())) == ("open", 0, 2)
    assert not Exemption.in_force(TUESDAY, TUESDAY).exists()
    assert not RoundPlace.select().where(RoundPlace.exemption.is_null(False)).exists()
    with office.application.app_context():
        assert any("is to be checked after all" in event.sentence for event in about(thing=round))


def test_taken_back_for_one_class_the_other_stays_excused(school, morning, ctx):
    rows = Exemption.give([school.classes.three_two, school.classes.three_three], TUESDAY, "考试", school.director)
    rows[0].end(school.director)
    assert [stop.place.name for stop in round_on(morning, TUESDAY).left()] == ["201教室"]


def test_a_class_exempt_twice_stays_excused_when_one_is_taken_back(school, morning, ctx):
    [part] = Exemption.give([school.classes.three_two], TUESDAY, "彩排", school.director, part="morning")
    Exemption.give([school.classes.three_two], TUESDAY, "演出", school.director)
    part.end(school.director)
    stop = stop_of(round_on(morning, TUESDAY), school.places.classroom)
    assert stop.excuse_words == "演出"


# Enough checks


@pytest.mark.parametrize(
    ("days", "part", "needed"),
    [(0, "", 3), (1, "", 3), (2, "", 2), (3, "", 2), (4, "", 1), (5, "", 0), (5, "morning", 2), (1, "noon", 3)],
)
def test_who_was_there_for_less_needs_fewer_checks(school, rules, score, days, part, needed, ctx):
    """Three of five days, in three parts each: what was excused is taken off, and halves count for the class."""
    from app.inspections.exemptions import Excused
    from app.inspections.weeks import checks_needed

    if days:
        Exemption.give([school.classes.three_two], WEEK[:days], "研学", school.director, part)
    found = checks_needed(MONDAY, ScoringRules.now(), Excused.between(MONDAY, WEEK[6]))
    assert found.get(school.classes.three_two.id, 3) == needed


def test_a_class_that_was_away_all_week_is_excused_not_unscored(phone, school, rules, score):
    score(place=school.places.other_classroom)
    page = phone(school.director).get(URL).text
    assert page.count("not scored") == 1
    Exemption.give([school.classes.three_two], WEEK, "研学", school.director)
    page = phone(school.director).get(URL).text
    assert "not scored" not in page
    assert '<small class="block">excused</small>' in page


# Locked weeks


def test_the_numbers_of_a_locked_week_stay_whatever_is_excused_later(school, morning, score, ctx):
    ScoringRules.publish(school.director, min_checks=1)
    at(TUESDAY, 10)
    score({"floor": Verdict(100, (1,))})
    score(place=school.places.other_classroom)
    clock.set_hands(datetime(2026, 11, 27, 9, 0))
    week = Week.lock(MONDAY)
    before = [(row.name, row.score, row.place, row.flag, row.checks) for row in week.rows]
    note_missed(clock.now())
    round = round_on(morning, TUESDAY)
    round.excuse(school.director, "考试", stop_of(round, school.places.classroom))
    assert stop_of(round_on(morning, TUESDAY), school.places.classroom).excuse_words == "考试"
    with pytest.raises(Refused, match="locked"):
        Exemption.give([school.classes.three_two], TUESDAY, "考试", school.director)
    assert not Exemption.select().exists()
    assert [(row.name, row.score, row.place, row.flag, row.checks) for row in Week.of(MONDAY).rows] == before


def test_a_locked_week_says_who_was_excused(phone, school, score):
    ScoringRules.publish(school.director, min_checks=2)
    score()
    score(place=school.places.other_classroom)
    Exemption.give([school.classes.three_two], [day for day in WEEK if day != TUESDAY], "研学", school.director)
    clock.set_hands(datetime(2026, 11, 27, 9, 0))
    Week.lock(MONDAY)
    found = {row.class_group.number: (row.few, row.excused, row.place) for row in Week.of(MONDAY).rows}
    assert found == {2: (False, True, 1), 3: (True, False, None)}
    assert "partly excused" in phone(school.director).get(URL).text
    page = phone(school.teacher).get(f"{URL}/class/{school.classes.three_two.id}").text
    assert "研学" in page


# The pages


def test_one_page_shows_classes_rounds_and_places(phone, school, morning, app):
    office = phone(school.director)
    with app.app_context():
        toilets = Plan.add(school.director, "查厕所", "toilet", role="director", often="school_days")
        build_rounds()
        round_on(toilets, TUESDAY).excuse(school.director, "停水")
        round = round_on(morning, TUESDAY)
        round.excuse(school.director, "去科技馆", stop_of(round, school.places.classroom))
    page = office.get("/inspections/excused?week=2026-11-24").text
    for words in ("Grade 3 Class 2", "去科技馆", "Morning", "excused in 1 round", "查厕所", "Let it count"):
        assert words in page, words
    assert "Nothing was excused in this week." in office.get("/inspections/excused?week=2026-12-24").text
    assert office.get("/inspections/excused?week=never").status_code == 200
    assert phone(school.teacher).get("/inspections/excused").status_code == 403


def test_the_whole_school_is_away(phone, school, morning):
    at(MONDAY, 9)
    office = phone(school.director)
    form = {"whom": "all", "day": "2026-11-24", "until": "2026-11-25", "reason": "秋季运动会"}
    answer = office.send("/inspections/rounds/excuse", form)
    assert answer.location == "/inspections/excused?week=2026-11-23"
    assert {round_on(morning, day).state for day in (TUESDAY, TUESDAY + timedelta(days=1))} == {"excused"}
    assert Exemption.select().count() == 4
    assert "2 classes do not count then. Excused in 2 rounds." in office.get(answer.location).text
    assert office.send("/inspections/rounds/excuse", form).status_code == 409


def test_a_part_of_a_day_spares_only_the_rounds_within_it(phone, school, morning, app):
    with app.app_context():
        noon = Plan.add(school.director, "中午", "class-hygiene", role="director", often="school_days",
                        opens="12:00", closes="13:00")  # fmt: skip
        build_rounds()
    form = {"whom": "all", "part": "noon", "day": "2026-11-24", "reason": "午间演练"}
    phone(school.director).send("/inspections/rounds/excuse", form)
    assert round_on(noon, TUESDAY).state == "excused"
    assert round_on(morning, TUESDAY).state != "excused"
    assert {row.part for row in Exemption.select()} == {"noon"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"whom": "g9"}, "Please choose one."),
        ({"part": "night"}, "Please choose one."),
        ({"until": "2026-11-20"}, "The last day comes before the first."),
        ({"until": "2026-12-24"}, "At most 14 days at once"),
        ({"day": "2036-11-24"}, "within a year"),
        ({"reason": "长" * 201}, "At most 200 characters"),
    ],
)
def test_what_makes_no_sense_is_said_at_the_field(phone, school, morning, wrong, words):
    form = {"whom": "all", "day": "2026-11-24", "reason": "秋游", **wrong}
    answer = phone(school.director).send("/inspections/rounds/excuse", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Exemption.select().exists()


def test_the_page_costs_the_same_for_a_whole_school(phone, school, morning, counted, app):
    office = phone(school.director)

    def cost():
        office.get("/inspections/excused?week=2026-11-24")
        with counted() as queries:
            assert office.get("/inspections/excused?week=2026-11-24").status_code == 200
        return queries.count

    with app.app_context():
        excuses.excuse(school.director, [TUESDAY], "一", groups=[school.classes.three_two])
        few = cost()
        excuses.excuse(school.director, WEEK[2:5], "二")
        excuses.excuse(school.director, [MONDAY], "三", part="noon")
        excuses.excuse(school.director, [MONDAY], "四", part="afternoon")
        assert cost() == few


def test_a_check_while_exempt_stays_visible(school, morning, score, ctx):
    Exemption.give([school.classes.three_two], TUESDAY, "考试", school.director)
    at(TUESDAY, 8)
    check = score()
    assert Check.get_by_id(check.id).total == 1000
    assert lines()[2].checks == 0
