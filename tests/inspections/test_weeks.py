"""A week is open while its scores move, then locked: only then is anybody ranked, and its numbers stand."""

import io
from datetime import date, datetime, timedelta

import openpyxl
import peewee
import pytest

from app import clock, tick
from app.calendar.models import SpecialDay, Term
from app.errors import Refused
from app.inspections import weeks
from app.inspections.exemptions import Exemption
from app.inspections.scoring import Verdict
from app.inspections.weeks import Report, ScoringRules, Week, WeekResult, lock_due
from app.journal import Event
from app.notify import Notice

MONDAY = date(2026, 11, 23)
FRIDAY_EVENING = datetime(2026, 11, 27, 9, 0)  # 17:00 at the school
URL = f"/inspections/weeks/{MONDAY}"


@pytest.fixture
def rules(school):
    return ScoringRules.publish(school.director, min_checks=1)


@pytest.fixture
def scored(school, score, rules):
    """三(2)班 loses a point, 三(3)班 half of one."""
    two = score({"floor": Verdict(100, (1,))})
    three = score({"floor": Verdict(50, (0,))}, place=school.places.other_classroom)
    return two, three


@pytest.fixture
def friday(scored):
    clock.set_hands(FRIDAY_EVENING)
    return scored


def places(week):
    return [(row.name, row.score, row.place, row.flag) for row in week.rows]


# Open weeks


def test_before_the_lock_there_are_scores_but_no_ranking(phone, school, scored):
    page = phone(school.stranger).get(URL).text
    assert "Not locked yet" in page
    assert "Grade 3 Class 2" in page
    assert ">9<" in page
    assert "red flag" not in page.replace("Weeks and red flags", "")
    assert ">Rank<" not in page


def test_the_week_follows_a_correction_while_it_is_open(school, scored):
    mark = next(mark for mark in scored[0].marks if mark.lost)
    mark.correct(0, school.director, "看错了")
    scores = {row.group.number: row.standing.score for row in Report.of(MONDAY).rows}
    assert scores == {2: 1000, 3: 950}


def test_the_score_is_the_mean_of_the_checks(school, scored, score, later):
    later(4)
    score({"floor": Verdict(50, (0,))})
    scores = {row.group.number: row.standing.score for row in Report.of(MONDAY).rows}
    assert scores[2] == 925


def test_a_facility_fault_costs_nothing(school, ctx, score):
    score({"windows": Verdict(facility=True, words="坏了")})
    assert [row.standing.score for row in Report.of(MONDAY).rows if row.checks] == [1000]


def test_the_bonus_is_capped_for_the_week(school, ctx, score, later, rules):
    ScoringRules.publish(school.director, bonus_cap=50)
    score({"floor": Verdict(100, (1,))}, bonus=50, note="帮忙")
    later(4)
    score({"floor": Verdict(100, (1,))}, bonus=50, note="帮忙")
    assert [row.standing.score for row in Report.of(MONDAY).rows if row.checks] == [925]


# Locking


def test_the_tick_locks_on_friday_at_five_and_not_a_minute_earlier(school, scored):
    lock_due(FRIDAY_EVENING - timedelta(minutes=1))
    assert Week.of(MONDAY) is None
    clock.set_hands(FRIDAY_EVENING)
    tick.run()
    week = Week.of(MONDAY)
    assert places(week) == [("Grade 3 Class 3", 950, 1, True), ("Grade 3 Class 2", 900, 2, False)]
    lock_due(FRIDAY_EVENING + timedelta(minutes=1))
    assert Week.select().count() == 1


def test_a_taught_saturday_belongs_to_its_week(school, scored):
    Term.add(None, date(2026, 9, 1), date(2027, 1, 20))
    SpecialDay.create(day=date(2026, 11, 28), kind="swap", name="调休", taught_as=5)
    rules = ScoringRules.now()
    calendar_mark = rules.locks_at(MONDAY)
    assert clock.local(calendar_mark).strftime("%a %H:%M") in ("Sat 17:00", "Fri 17:00")
    assert calendar_mark == clock.utc(date(2026, 11, 28), datetime.min.replace(hour=17).time())


def test_weeks_are_locked_in_their_order_even_after_a_pause(school, scored, later):
    clock.set_hands(FRIDAY_EVENING + timedelta(days=21))
    lock_due(clock.now())
    assert [week.starts_on for week in Week.published()] == [MONDAY], "weeks without a score are not published"


def test_a_week_of_long_ago_is_locked_too_but_told_to_nobody(school, scored, later):
    """The computer was off, or an appeal waited all summer: a week never stays open for ever."""
    clock.set_hands(FRIDAY_EVENING + timedelta(days=300))
    tick.run()
    week = Week.of(MONDAY)
    assert places(week) == [("Grade 3 Class 3", 950, 1, True), ("Grade 3 Class 2", 900, 2, False)]
    assert week.locked_by is None
    assert Event.select().where(Event.action == "inspections.week_locked").count() == 1
    assert not Notice.select().where(Notice.person == school.teacher).exists()


def test_weeks_that_wait_do_not_hold_up_those_after_them(school, score, rules, monkeypatch):
    for number in range(8):
        clock.set_hands(FRIDAY_EVENING - timedelta(days=7 * number + 1))
        score()
    oldest = [MONDAY - timedelta(days=7 * number) for number in range(2, 8)]
    monkeypatch.setattr(weeks, "open_appeals", lambda first: int(first in oldest))
    lock_due(FRIDAY_EVENING)
    assert [week.starts_on for week in Week.published()] == [MONDAY, MONDAY - timedelta(days=7)]


def test_what_is_published_stands(school, friday):
    week = Week.lock(MONDAY)
    mark = next(mark for mark in friday[0].marks if mark.lost)
    with pytest.raises(Refused, match="locked"):
        mark.correct(0, school.director, "太晚")
    ScoringRules.publish(school.director, few="ranked", flag_rule="threshold", threshold=500)
    assert [row.flag for row in Week.of(MONDAY).rows] == [True, False]
    with pytest.raises(peewee.IntegrityError):
        WeekResult.update(score=1000).where(WeekResult.week == week).execute()


def test_a_check_after_the_lock_does_not_count(phone, school, friday, score):
    Week.lock(MONDAY)
    clock.set_hands(FRIDAY_EVENING + timedelta(hours=1))
    score({"floor": Verdict(150, (1,))})
    assert places(Week.of(MONDAY))[1] == ("Grade 3 Class 2", 900, 2, False)
    page = phone(school.teacher).get(f"{URL}/class/{school.classes.three_two.id}").text
    assert "does not count" in page


def test_too_few_checks_are_not_ranked(school, friday):
    ScoringRules.publish(school.director, min_checks=2)
    assert {row.place for row in Week.lock(MONDAY).rows} == {None}


def test_too_few_checks_are_said_when_no_more_can_come(phone, school, scored):
    ScoringRules.publish(school.director, min_checks=2)
    assert "too few checks" not in phone(school.director).get(URL).text, "it is only Tuesday"
    clock.set_hands(FRIDAY_EVENING)
    assert phone(school.director).get(URL).text.count("too few checks") == 2


def test_locking_twice_or_nothing_is_refused(school, friday):
    Week.lock(MONDAY)
    with pytest.raises(Refused, match="is locked"):
        Week.lock(MONDAY)
    with pytest.raises(Refused, match="No class was scored"):
        Week.lock(MONDAY - timedelta(days=7))


def test_the_director_locks_by_hand_but_not_before_the_time(phone, school, scored):
    client = phone(school.director)
    assert client.send(f"{URL}/lock").status_code == 409
    clock.set_hands(FRIDAY_EVENING)
    client = phone(school.director)
    assert client.send(f"{URL}/lock").location == URL
    assert Week.of(MONDAY).locked_by == school.director
    page = client.get(URL).text
    assert "Certificate" in page
    assert page.index("Grade 3 Class 3") < page.index("Grade 3 Class 2"), "the best first"


def test_the_class_teachers_are_told(school, friday):
    Week.lock(MONDAY)
    told = Notice.select().where(Notice.person == school.teacher)
    assert [notice.telling.path for notice in told] == [URL]


def test_reopening_takes_it_back_and_the_tick_leaves_it_alone(phone, school, friday):
    Week.lock(MONDAY)
    client = phone(school.director)
    assert client.send(f"{URL}/reopen", {"reason": ""}).status_code == 422
    assert client.send(f"{URL}/reopen", {"reason": "漏了周五的申诉"}).location == URL
    lock_due(clock.now())
    assert Week.of(MONDAY) is None
    assert "Not locked yet" in client.get(URL).text
    next(mark for mark in friday[0].marks if mark.lost).correct(0, school.director, "看错了")
    client.send(f"{URL}/lock")
    assert places(Week.of(MONDAY))[0] == ("Grade 3 Class 2", 1000, 1, True)
    assert Week.select().count() == 2, "the numbers that were wrong stay"


# Exempt days


def test_a_trip_does_not_count(phone, school, scored, score):
    client = phone(school.counsellor)
    form = {"whom": str(school.classes.three_two.id), "day": "2026-11-24", "reason": "秋游 <b>"}
    assert client.send(f"{URL}/exempt", form).location == URL
    assert {row.group.number: row.checks for row in Report.of(MONDAY).rows} == {2: 0, 3: 1}
    page = client.get(URL).text
    assert "秋游 &lt;b&gt;" in page
    assert client.send(f"{URL}/exempt", form).status_code == 409
    client.send(f"/inspections/exemptions/{Exemption.get().id}/end")
    assert {row.group.number: row.checks for row in Report.of(MONDAY).rows} == {2: 1, 3: 1}


def test_a_whole_grade_is_exempt(phone, school, scored):
    phone(school.director).send(f"{URL}/exempt", {"whom": "g3", "day": "2026-11-24", "reason": "考试"})
    assert {row.checks for row in Report.of(MONDAY).rows} == {0}


@pytest.mark.parametrize(
    "wrong",
    [{"whom": "999"}, {"whom": "g9"}, {"day": "2026-12-24"}, {"day": "soon"}, {"reason": ""}, {"reason": "x" * 61}],
)
def test_bad_exemptions_are_answered_at_the_field(phone, school, scored, wrong):
    form = {"whom": "g3", "day": "2026-11-24", "reason": "考试", **wrong}
    answer = phone(school.director).send(f"{URL}/exempt", form)
    assert answer.status_code == 422
    assert "error" in answer.text
    assert Exemption.select().count() == 0


def test_a_locked_week_has_no_new_exemptions(phone, school, friday):
    Week.lock(MONDAY)
    form = {"whom": "g3", "day": "2026-11-24", "reason": "考试"}
    assert phone(school.director).send(f"{URL}/exempt", form).status_code == 409


# The rules

FORM = {"group_by": "band", "ties": "shared", "min_checks": "2", "few": "no_flag", "flag_rule": "threshold",
        "flags": "1", "threshold": "9.2", "bonus_cap": "0.5", "balance": "y", "lock_weekday": "4", "lock_time": "16:30",
        "appeal_hours": "8"}  # fmt: skip


def test_the_rules_are_a_new_version_each_time(phone, school):
    client = phone(school.counsellor)
    assert client.send("/inspections/weeks/rules", FORM).status_code == 303
    now = ScoringRules.now()
    assert (now.version, now.group_by, now.threshold, now.bonus_cap) == (1, "band", 920, 50)
    assert (now.balance, now.public, now.lock_time, now.person) == (True, False, "16:30", school.counsellor)
    client.send("/inspections/weeks/rules", {**FORM, "flags": "2"})
    assert ScoringRules.select().count() == 2
    assert Event.select().where(Event.action == "inspections.rules").count() == 2
    assert "Version 2" in client.get("/inspections/weeks/rules").text


@pytest.mark.parametrize(
    "wrong",
    [{"group_by": "school"}, {"min_checks": "0"}, {"min_checks": "many"}, {"threshold": "11"}, {"lock_time": "25:00"},
     {"lock_time": "<b>"}, {"lock_weekday": "8"}, {"appeal_hours": ""}, {"bonus_cap": "-1"}, {"ties": ""}],
)  # fmt: skip
def test_rules_that_make_no_sense_are_not_kept(phone, school, wrong):
    answer = phone(school.director).send("/inspections/weeks/rules", {**FORM, **wrong})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert ScoringRules.select().count() == 0


def test_strict_and_mild_are_shown_and_balanced_only_when_switched_on(phone, school, score, rules, later):
    for _slot in range(9):
        score({"floor": Verdict(150, (1,))}, again="再查", by=school.counsellor)
        score(None, again="再查", by=school.director)
    page = phone(school.principal).get("/inspections/scorers").text
    assert "strict" in page
    assert "mild" in page
    assert "The balance is off" in page
    plain = Report.of(MONDAY).rows[0].standing
    assert plain.raw == plain.score
    ScoringRules.publish(school.director, balance=True)
    balanced = Report.of(MONDAY).rows[0].standing
    assert balanced.raw == plain.score
    assert balanced.score == 925, "strict checks gain half a point up to full marks, mild ones lose half"


# Who may


@pytest.mark.parametrize("who", ["teacher", "principal", "custodian", "stranger", "cleaner", "card", None])
def test_others_neither_lock_nor_rule(phone, school, scored, who):
    client = phone(getattr(school, who)) if who else phone()
    refused = 403 if who else 401
    assert client.send(f"{URL}/lock").status_code == refused
    assert client.send(f"{URL}/reopen", {"reason": "x"}).status_code == refused
    assert client.send("/inspections/weeks/rules", FORM).status_code == refused
    assert client.send(f"{URL}/exempt", {"whom": "g3"}).status_code == refused
    assert Week.select().count() == 0


def test_a_class_week_is_for_those_who_may_read_it(phone, school, scored):
    url = f"{URL}/class/{school.classes.three_two.id}"
    for who in ("teacher", "director", "counsellor", "principal"):
        assert "−1" in phone(getattr(school, who)).get(url).text
    assert phone(school.stranger).get(url).status_code == 404
    assert phone(school.card).get(url).status_code == 403
    assert phone().get(url).status_code == 303


@pytest.mark.parametrize("day", ["never", "1999-01-01", "2031-01-01", "2026-11-99"])
def test_a_week_that_is_none_is_404(phone, school, day):
    assert phone(school.director).get(f"/inspections/weeks/{day}").status_code == 404


def test_a_reopened_week_says_that_a_hand_locks_it(phone, school, friday):
    Week.lock(MONDAY).reopen(school.counsellor, "漏了申诉")
    page = phone(school.director).get(URL).text
    assert "吴晓燕 reopened this week" in page
    assert "漏了申诉" in page
    assert "It is locked again by hand" in page


def test_locking_once_only(phone, school, friday):
    client = phone(school.director)
    client.send(f"{URL}/lock", key="l" * 22)
    assert client.send(f"{URL}/lock", key="l" * 22).status_code == 303
    assert Week.select().count() == 1


# The same numbers everywhere, at a constant cost


def test_page_sheet_print_and_paper_say_the_same(phone, school, friday):
    week = Week.lock(MONDAY)
    client = phone(school.director)
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{URL}/list.xlsx").data)).active
    rows = [row for row in sheet.iter_rows(values_only=True) if "Grade 3 Class 3" in row or "Grade 3 Class 2" in row]
    assert [(row[1], row[2], row[3]) for row in rows] == [(1, "Grade 3 Class 3", 9.5), (2, "Grade 3 Class 2", 9)]
    for url in (URL, f"{URL}/list/print", f"/paper/week-ranking/{week.id}", "/inspections/board"):
        text = client.get(url).text
        assert text.index("Grade 3 Class 3") < text.index("9.5") < text.index("Grade 3 Class 2"), url


def test_the_pages_ask_no_more_for_more_checks(phone, school, scored, score, later, counted):
    client, of_class = phone(school.director), f"{URL}/class/{school.classes.three_two.id}"
    urls = (URL, of_class, "/inspections/scorers", "/inspections/weeks")
    before = {}
    for url in urls:
        client.get(url)
        with counted() as few:
            client.get(url)
        before[url] = few.count
    for number in range(12):
        score({"floor": Verdict(50, (0,))}, again=f"再查{number}", bonus=50, note="帮忙")
    for url in urls:
        with counted() as many:
            client.get(url)
        assert many.count <= before[url], url
        assert many.count <= 25, url
