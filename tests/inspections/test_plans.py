"""What a plan makes due, who does it, and what becomes of it."""

from datetime import date, time, timedelta

import pytest

from app import clock
from app.calendar.models import SpecialDay, Term
from app.errors import Refused
from app.inspections.cleaning_posts import Post
from app.inspections.models import Check
from app.inspections.plans import Plan
from app.inspections.rounds_clock import build_rounds, note_missed
from app.inspections.rounds_due import Round
from app.journal import about
from app.notify.models import Notice
from app.people.models import DutyCard
from app.words import points

pytestmark = pytest.mark.usefixtures("ctx")

# The clock of the tests: Tuesday 24 November 2026, 10:00 at the school.
TUESDAY = date(2026, 11, 24)


def at(day, hour, minute=0):
    """Let it be this time at the school."""
    clock.set_hands(clock.utc(day) + timedelta(hours=hour, minutes=minute))


@pytest.fixture
def plan(school):
    """The counsellor scores all classes once a week, on Friday, from Monday on."""

    def make(**fields):
        facts = {"often": "weekly", "day": 5, "ahead": 4, "person": school.counsellor, **fields}
        return Plan.add(school.director, facts.pop("name", "每周班级卫生"), facts.pop("slug", "class-hygiene"), **facts)

    return make


def dues(plan):
    return [round.due_on.isoformat() for round in rounds_of(plan)]


def rounds_of(plan):
    return list(Round.whole().where(Round.series == plan.series).order_by(Round.due_on))


def test_rounds_are_built_a_week_ahead(plan):
    weekly = plan()
    build_rounds()
    assert dues(weekly) == ["2026-11-27", "2026-12-04"]


def test_a_tick_builds_nothing_twice(plan):
    weekly = plan()
    assert len(build_rounds()) == 2
    assert build_rounds() == []
    assert len(dues(weekly)) == 2


def test_the_next_week_comes_with_the_next_week(plan):
    weekly = plan()
    build_rounds()
    at(TUESDAY + timedelta(days=7), 10)
    build_rounds()
    assert dues(weekly) == ["2026-11-27", "2026-12-04", "2026-12-11"]


def test_a_round_has_its_places_in_walking_order(plan, school):
    weekly = plan()
    school.places.other_classroom.change(None, position=-1)
    build_rounds()
    assert [stop.place.name for stop in rounds_of(weekly)[0].stops()] == ["202教室", "201教室"]
    assert rounds_of(weekly)[0].places == 2


def test_the_places_are_chosen_by_grade_kind_and_part_of_the_tree(plan, school):
    assert [p.name for p in plan(grades=[3]).targets()] == ["201教室", "202教室"]
    areas = plan(slug="toilet", person=school.director, areas=[school.places.floor.id], kinds=["toilet"])
    assert [p.name for p in areas.targets()] == ["二楼男厕"]


def test_a_plan_that_fits_no_place_is_refused(plan):
    with pytest.raises(Refused, match="No place fits"):
        plan(grades=[5])
    assert not Plan.select().exists()


def test_the_class_teacher_does_not_get_the_own_class(plan, school):
    school.teacher.change(None, roles=("counsellor",))
    mine = plan(person=school.teacher)
    assert [place.name for place in mine.targets()] == ["202教室"]


def test_the_card_does_not_get_its_own_class(plan, school):
    daily = plan(person=None, card=school.card, often="school_days", ahead=0)
    assert [place.name for place in daily.targets()] == ["201教室"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"slug": "no-such"}, "no such checklist"),
        ({"person": None}, "Please choose one"),
        ({"often": "weekdays", "ahead": 0}, "at least one weekday"),
        ({"ahead": 7}, "at most 6 days ahead"),
        ({"often": "school_days"}, "at most 0 days ahead"),
        ({"day": 8}, "from 1 to"),
        ({"grace": 99}, "from 0 to"),
        ({"ends_on": date(2026, 1, 1)}, "last day comes before"),
        ({"ahead": 0, "opens": "18:00"}, "must end after"),
    ],
)
def test_a_plan_without_sense_is_refused(plan, fields, words):
    with pytest.raises(Refused, match=words):
        plan(**fields)
    assert not Plan.select().exists()


def test_someone_whom_the_checklist_is_not_for_is_refused(plan, school):
    with pytest.raises(Refused, match="not for"):
        plan(person=school.cleaner)
    with pytest.raises(Refused, match="not for"):
        plan(person=None, role="cleaner")


# States -----------------------------------------------------------------------------------------------------


def test_a_round_is_coming_open_late_and_missed(plan):
    weekly = plan(ahead=1, opens="08:00", closes="16:00", grace=1)
    build_rounds()
    first = rounds_of(weekly)[0]
    seen = []
    for day, hour in ((26, 7), (26, 9), (27, 15), (27, 17), (30, 12), (31, 0)):
        at(date(2026, 11, 1) + timedelta(days=day - 1), hour, 1)
        seen.append(first.state)
    assert seen == ["coming", "open", "open", "late", "late", "missed"]  # Monday is the next school day


def test_a_check_of_each_place_makes_a_round_done(plan, school):
    weekly = plan()
    build_rounds()
    hygiene = weekly.checklist
    Check.record(hygiene, school.places.classroom, school.counsellor)
    first = rounds_of(weekly)[0]
    assert (first.state, first.checked, first.places) == ("open", 1, 2)
    assert [stop.place.name for stop in first.left()] == ["202教室"]
    Check.record(hygiene, school.places.other_classroom, school.counsellor)
    first = rounds_of(weekly)[0]
    assert (first.state, first.checked, first.was_late) == ("done", 2, False)
    assert all(stop.check.place_id == stop.place_id for stop in first.stops())


def test_a_check_by_somebody_else_does_not_count(plan, school):
    weekly = plan()
    build_rounds()
    Check.record(weekly.checklist, school.places.classroom, school.director)
    assert rounds_of(weekly)[0].checked == 0


def test_whoever_has_the_role_counts(plan, school):
    weekly = plan(person=None, role="director")
    build_rounds()
    Check.record(weekly.checklist, school.places.classroom, school.director)
    assert rounds_of(weekly)[0].checked == 1


def test_the_card_on_duty_counts(plan, school):
    daily = plan(person=None, card=school.card, often="school_days", ahead=0)
    build_rounds()
    Check.record(daily.checklist, school.places.classroom, DutyCard.get_by_id(school.card.id))
    assert rounds_of(daily)[0].state == "done"


def test_a_check_counts_for_one_round_of_each_plan(plan, school):
    """What is late waits for a check of its own."""
    daily, other = plan(often="school_days", ahead=0, grace=2), plan(name="另一个")
    build_rounds()
    at(TUESDAY + timedelta(days=1), 10)
    Check.record(daily.checklist, school.places.classroom, school.counsellor)
    assert [round.checked for round in rounds_of(daily)][:2] == [0, 1]
    assert rounds_of(other)[0].checked == 1
    at(TUESDAY + timedelta(days=1), 14)
    Check.record(daily.checklist, school.places.classroom, school.counsellor)
    assert [round.checked for round in rounds_of(daily)][:2] == [1, 1]


def test_finished_after_its_time_is_done_late(plan, school):
    weekly = plan(grace=1)
    build_rounds()
    at(date(2026, 11, 30), 9)
    for place in (school.places.classroom, school.places.other_classroom):
        Check.record(weekly.checklist, place, school.counsellor)
    first = rounds_of(weekly)[0]
    assert first.checked == 0  # Monday's check is for the week that has begun
    at(date(2026, 11, 30), 14)
    for place in (school.places.classroom, school.places.other_classroom):
        Check.record(weekly.checklist, place, school.counsellor)
    first = rounds_of(weekly)[0]
    assert (first.state, first.was_late, first.state_word) == ("done", True, "checked late")


def test_a_missed_round_stays_missed_whatever_is_checked_later(plan, school):
    weekly = plan()
    build_rounds()
    at(date(2026, 11, 28), 9)
    note_missed(clock.now())
    for place in (school.places.classroom, school.places.other_classroom):
        Check.record(weekly.checklist, place, school.counsellor)
    first = rounds_of(weekly)[0]
    assert (first.state, first.checked) == ("missed", 0)
    assert first.missed_at is not None
    assert "2 of 2 places not checked" in next(event.sentence for event in about(thing=first))


def test_a_missed_round_is_told_once_to_who_missed_it_and_the_director(plan, school):
    plan()
    build_rounds()
    at(date(2026, 11, 28), 9)
    note_missed(clock.now())
    note_missed(clock.now())
    told = sorted(notice.person_id for notice in Notice.select())
    assert told == sorted([school.director.id, school.counsellor.id])


def test_a_cleaners_round_is_done_with_the_last_task(plan, school):
    daily = plan(name="每日保洁", slug="cleaner-daily", person=school.cleaner, often="school_days", ahead=0,
                 areas=[school.places.toilet.id])  # fmt: skip
    build_rounds()
    tasks = daily.checklist.items_at(school.places.toilet)
    wanted = [task for task in tasks for _time in range(task.times)]
    for task in wanted[:-1]:
        Check.tick(daily.checklist, school.places.toilet, school.cleaner, [task])
    assert rounds_of(daily)[0].state == "open"
    Check.tick(daily.checklist, school.places.toilet, school.cleaner, wanted[-1:])
    assert rounds_of(daily)[0].state == "done"


def test_a_cleaning_post_has_its_own_areas_and_whoever_stands_at_it_counts(plan, school, app):
    post = Post.add(school.director, "二楼厕所岗", school.cleaner, [school.places.toilet])
    daily = plan(name="每日保洁", slug="cleaner-daily", person=None, post=post, often="school_days", ahead=0)
    build_rounds()
    assert [stop.place.name for stop in rounds_of(daily)[0].stops()] == ["二楼男厕"]
    assert [round.whose for round in Round.mine(school.cleaner)] == ["二楼厕所岗"]
    for task in daily.checklist.items_at(school.places.toilet):
        for _time in range(task.times):
            Check.tick(daily.checklist, school.places.toilet, school.cleaner, [task])
    assert rounds_of(daily)[0].state == "done"


@pytest.fixture
def stood_in(plan, school):
    """The principal's post of the toilets: the custodian stands in on Wednesday and Thursday."""
    post = Post.add(school.director, "查厕所岗", school.principal, [school.places.toilet])
    post.stand_in(school.principal, school.custodian, date(2026, 11, 25), date(2026, 11, 26))
    daily = plan(name="查厕所", slug="toilet", person=None, post=post, often="school_days", ahead=0)
    build_rounds()
    return daily


@pytest.mark.parametrize(("day", "counts"), [(24, False), (25, True), (26, True), (27, False)])
def test_whoever_stands_in_counts_only_on_those_days(stood_in, school, day, counts):
    at(date(2026, 11, day), 10)
    Check.record(stood_in.checklist, school.places.toilet, school.custodian)
    round = next(each for each in rounds_of(stood_in) if each.due_on.day == day)
    assert (round.state == "done") == counts
    assert (round.id in {each.id for each in Round.mine(school.custodian)}) == (counts and round.state != "done")


def test_what_the_phone_of_a_stand_in_kept_overnight_is_taken(stood_in, school, phone):
    """Answered on the last day of standing in, without a signal; sent the next morning."""
    at(date(2026, 11, 26), 16)
    Plan.update(grace=1).execute()
    round = next(each for each in rounds_of(stood_in) if each.due_on.day == 26)
    Round.update(ends_at=clock.utc(date(2026, 11, 27), time(23, 59))).where(Round.id == round.id).execute()
    at(date(2026, 11, 27), 8)
    items = stood_in.checklist.items_at(school.places.toilet)
    form = {f"i{item.id}-points": points(item.max) for item in items} | {"answered": "1000"}
    sixteen_hours = str(1000 + 16 * 3600 * 1000)
    url = f"/inspections/walk/{round.id}/{school.places.toilet.id}"
    answer = phone(school.custodian).send(url, form, headers={"X-Sent": sixteen_hours})
    assert answer.status_code == 303, answer.text
    check = Check.get()
    assert (check.day, check.who) == (date(2026, 11, 26), school.custodian)
    assert next(each for each in rounds_of(stood_in) if each.due_on.day == 26).state == "done"
    refused = phone(school.custodian).send(url.replace(str(round.id), str(round.id + 1), 1), form)
    assert refused.status_code in (403, 404), "the next day's round is not theirs"


def test_who_does_it_on_a_day_is_told_of_what_was_missed_then(stood_in, school):
    at(date(2026, 11, 27), 10)
    note_missed(clock.now())
    told = {}
    for notice in Notice.select():
        told.setdefault(notice.person_id, []).append(notice.telling.facts["due"]["day"])
    assert told[school.principal.id] == ["2026-11-25", "2026-11-26"], "who holds it answers for it, too"
    assert stood_in.people(date(2026, 11, 26)) == sorted([school.principal.id, school.custodian.id])
    assert stood_in.people(date(2026, 11, 27)) == [school.principal.id]


# Excuses and stand-ins --------------------------------------------------------------------------------------


def test_a_trip_excuses_a_round(plan, school):
    weekly = plan()
    build_rounds()
    first = rounds_of(weekly)[0]
    first.excuse(school.director, "全校秋游")
    first = rounds_of(weekly)[0]
    assert (first.state, first.excuse_words, first.excused_by) == ("excused", "全校秋游", school.director)
    assert "excused 每周班级卫生" in next(event.sentence for event in about(thing=first))
    at(date(2026, 11, 28), 9)
    note_missed(clock.now())
    assert rounds_of(weekly)[0].missed_at is None


def test_an_excuse_of_what_was_missed_keeps_that_it_was_missed(plan, school):
    weekly = plan()
    build_rounds()
    at(date(2026, 11, 28), 9)
    note_missed(clock.now())
    rounds_of(weekly)[0].excuse(school.director, "期中考试")
    first = rounds_of(weekly)[0]
    assert first.state == "excused"
    assert first.missed_at is not None


def test_one_class_on_a_trip_is_excused_and_the_others_finish_the_round(plan, school):
    weekly = plan()
    build_rounds()
    first = rounds_of(weekly)[0]
    first.excuse(school.director, "三(2)班去科技馆", first.stops()[0])
    assert (rounds_of(weekly)[0].state, rounds_of(weekly)[0].spared) == ("open", 1)
    Check.record(weekly.checklist, school.places.other_classroom, school.counsellor)
    assert rounds_of(weekly)[0].state == "done"


def test_when_all_places_are_excused_the_round_is(plan, school):
    weekly = plan()
    build_rounds()
    first = rounds_of(weekly)[0]
    for stop in first.stops():
        first.excuse(school.director, "研学", stop)
    assert rounds_of(weekly)[0].state == "excused"


def test_what_is_finished_is_not_excused(plan, school):
    weekly = plan()
    build_rounds()
    first = rounds_of(weekly)[0]
    first.excuse(school.director, "全校秋游")
    with pytest.raises(Refused, match="already finished"):
        first.excuse(school.director, "全校秋游")


def test_somebody_else_does_it_this_time(plan, school):
    weekly = plan()
    build_rounds()
    first = rounds_of(weekly)[0]
    first.hand_over(school.principal, school.director)
    Check.record(weekly.checklist, school.places.classroom, school.principal)
    first = rounds_of(weekly)[0]
    assert (first.whose, first.checked) == ("郑文博", 1)
    assert Notice.select().where(Notice.person == school.principal).count() == 1


def test_somebody_who_may_not_check_is_not_asked_to(plan, school):
    weekly = plan()
    build_rounds()
    with pytest.raises(Refused, match="not for"):
        rounds_of(weekly)[0].hand_over(school.cleaner, school.director)


# A change never rewrites the past ---------------------------------------------------------------------------


def test_a_change_keeps_what_is_open_and_builds_the_rest_anew(plan, school):
    weekly = plan()
    build_rounds()
    new = weekly.change(school.director, day=4, ahead=3)
    build_rounds()
    assert [(round.due_on.isoformat(), round.plan.version) for round in rounds_of(new)] == [
        ("2026-11-27", 1), ("2026-12-03", 2)]  # fmt: skip
    assert Plan.get_by_id(weekly.id).replaced_at is not None
    assert [each.version for each in new.versions()] == [2, 1]


def test_a_change_leaves_every_round_of_the_past_as_it_was(plan, school):
    weekly = plan()
    for week in range(4):
        at(TUESDAY + timedelta(days=7 * week), 10)
        build_rounds()
        note_missed(clock.now())
    before = past(weekly)
    new = weekly.change(school.director, often="school_days", ahead=0, closes="12:00", name="每天")
    new.change(school.director, grades=[3], person=school.director)
    build_rounds()
    assert len(before) > 3
    assert past(weekly)[: len(before)] == before


def past(plan):
    fields = (Round.id, Round.plan, Round.due_on, Round.opens_at, Round.closes_at, Round.ends_at, Round.missed_at)
    return list(Round.select(*fields).where(Round.series == plan.series, Round.opens_at <= clock.now()).tuples())


def test_the_same_again_makes_no_version(plan, school):
    weekly = plan()
    assert weekly.change(school.director, day=5) is weekly
    assert Plan.select().count() == 1


def test_a_change_of_what_somebody_else_has_just_changed_is_refused(plan, school):
    weekly = plan()
    mine, yours = Plan.get_by_id(weekly.id), Plan.get_by_id(weekly.id)
    mine.change(school.director, day=4)
    with pytest.raises(Refused, match="just changed"):
        yours.change(school.counsellor, day=3)


def test_a_paused_plan_makes_nothing_due_and_nothing_is_made_up_for(plan, school):
    daily = plan(often="school_days", ahead=0)
    build_rounds()
    Plan.get_by_id(daily.id).pause(school.director)
    assert dues(daily) == ["2026-11-24"]
    at(date(2026, 12, 2), 10)
    assert build_rounds() == []
    Plan.get_by_id(daily.id).resume(school.director)
    build_rounds()
    assert dues(daily)[:2] == ["2026-11-24", "2026-12-02"]


def test_an_ended_plan_stays_to_be_read(plan, school):
    weekly = plan()
    build_rounds()
    weekly.end(school.director, "改为每天")
    at(TUESDAY + timedelta(days=14), 10)
    assert build_rounds() == []
    assert dues(weekly) == ["2026-11-27"]
    with pytest.raises(Refused, match="ended"):
        weekly.pause(school.director)


def test_what_nothing_built_in_time_is_built_as_missed(plan):
    """The computer was off for three weeks."""
    weekly = plan()
    at(TUESDAY + timedelta(days=21), 10)
    build_rounds()
    note_missed(clock.now())
    assert [(round.due_on.isoformat(), round.state) for round in rounds_of(weekly)][:3] == [
        ("2026-11-27", "missed"), ("2026-12-04", "missed"), ("2026-12-11", "missed")]  # fmt: skip


def test_a_plan_with_an_old_first_day_brings_nothing_of_the_past(plan):
    daily = plan(often="school_days", ahead=0, starts_on=date(2026, 9, 1))
    build_rounds()
    assert dues(daily)[0] == "2026-11-24"


def test_a_holiday_that_is_entered_later_takes_the_coming_round_back(plan, school):
    Term.add(None, date(2026, 9, 1), date(2027, 1, 20))
    daily = plan(often="school_days", ahead=0)
    build_rounds()
    assert "2026-11-26" in dues(daily)
    SpecialDay.mark_holiday(None, "校运会", date(2026, 11, 26))
    build_rounds()
    assert "2026-11-26" not in dues(daily)
    SpecialDay.clear(None, date(2026, 11, 26))
    build_rounds()
    assert "2026-11-26" in dues(daily)


def test_a_round_of_no_place_is_not_built(plan, school):
    plan(slug="toilet", person=school.director, areas=[school.places.toilet.id])
    school.places.toilet.close(None, "拆除")
    assert build_rounds() == []


def test_a_place_that_is_closed_need_not_be_checked(plan, school):
    plan(slug="toilet", person=school.director, areas=[school.places.toilet.id])
    [first, second] = build_rounds()
    school.places.toilet.close(None, "拆除")
    assert [Round.get_by_id(round.id).state for round in (first, second)] == ["excused", "excused"]


def test_who_has_a_plan_does_not_leave_before_it_is_somebody_elses(plan, school):
    weekly = plan()
    with pytest.raises(Refused, match="give it to somebody else"):
        school.counsellor.close(school.director, "调离")
    weekly.change(school.director, person=school.director)
    school.counsellor.close(school.director, "调离")


def test_the_list_of_rounds_costs_one_query(plan, school, counted):
    for name in ("一", "二", "三"):
        plan(name=name, often="school_days", ahead=0)
    build_rounds()
    with counted() as queries:
        rounds = [
            (round.state_word, round.whose, round.places, round.checked) for round in Round.visible_to(school.director)
        ]
    assert len(rounds) > 10
    assert queries.count <= 2


def test_each_sees_the_own_rounds(plan, school):
    plan()
    plan(name="校长", person=school.principal)
    plan(name="执勤", person=None, card=school.card, often="school_days", ahead=0)
    build_rounds()
    seen = lambda who: {round.plan.name for round in Round.visible_to(who)}  # noqa: E731
    assert seen(school.director) == {"每周班级卫生", "校长", "执勤"}
    assert seen(school.card) == {"执勤"}
    assert seen(school.stranger) == set()
