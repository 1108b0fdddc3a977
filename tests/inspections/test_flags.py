"""What a locked week publishes: flags, certificates, the page for everybody, the page for the class meeting."""

from datetime import date, datetime

import pytest

from app import clock
from app.inspections.scoring import Verdict
from app.inspections.weeks import ScoringRules, Week

MONDAY = date(2026, 11, 23)


@pytest.fixture
def scored(school, score):
    ScoringRules.publish(school.director, min_checks=1)
    score({"floor": Verdict(100, (1,), words="讲台旁")})
    score({"floor": Verdict(50, (0,))}, place=school.places.other_classroom)


@pytest.fixture
def week(scored):
    clock.set_hands(datetime(2026, 11, 27, 9, 0))
    return Week.lock(MONDAY)


def test_nothing_is_on_the_board_before_the_lock(phone, scored):
    page = phone().get("/inspections/board")
    assert page.status_code == 200
    assert "Nothing is published yet" in page.text
    assert "Grade 3 Class 2" not in page.text
    assert phone().get(f"/inspections/board/{MONDAY}").status_code == 404


def test_the_board_shows_totals_only_to_everybody(phone, school, week):
    for url in ("/inspections/board", f"/inspections/board/{MONDAY}"):
        text = phone().get(url).text
        assert "9.5" in text
        assert "red flag" in text
        for hidden in ("讲台旁", "吴晓燕", "/class/", "Spot", "Appeal"):
            assert hidden not in text


def test_the_board_can_be_switched_off(phone, school, week):
    ScoringRules.publish(school.director, public=False)
    assert phone().get("/inspections/board").status_code == 404
    assert phone().get(f"/inspections/board/{MONDAY}").status_code == 404


def test_a_certificate_is_for_a_flag_only(phone, school, week):
    first, second = week.rows
    client = phone(school.stranger)
    assert (first.flag, second.flag) == (True, False)
    for kind in ("", ".pdf"):
        assert client.get(f"/paper/flag-certificate/{first.id}{kind}").status_code == 200
        assert client.get(f"/paper/flag-certificate/{second.id}{kind}").status_code == 404
    assert "Grade 3 Class 3" in client.get(f"/paper/flag-certificate/{first.id}").text


def test_a_reopened_week_has_no_certificates(phone, school, week):
    id = week.rows[0].id
    week.reopen(school.director, "错了")
    client = phone(school.director)
    assert client.get(f"/paper/flag-certificate/{id}").status_code == 404
    assert client.get(f"/paper/week-ranking/{week.id}").status_code == 404
    assert client.get(f"/paper/class-meeting/{id}").status_code == 404


def test_the_page_for_the_class_meeting(phone, school, week):
    row = next(row for row in week.rows if row.class_group == school.classes.three_two)
    text = phone(school.teacher).get(f"/paper/class-meeting/{row.id}").text
    assert "讲台旁" in text
    assert "taken most often" in text
    assert "吴晓燕" not in text, "who scored is nobody's business in class"
    assert phone(school.stranger).get(f"/paper/class-meeting/{row.id}").status_code == 404
    assert phone(school.teacher).get(f"/paper/class-meeting/{row.id}.pdf").status_code == 200


def test_a_threshold_gives_a_flag_to_all_who_reach_it(school, scored):
    ScoringRules.publish(school.director, flag_rule="threshold", threshold=900)
    assert [row.flag for row in Week.lock(MONDAY).rows] == [True, True]


def test_bands_rank_two_grades_together(school, scored):
    ScoringRules.publish(school.director, group_by="band")
    week = Week.lock(MONDAY)
    assert {week.rules.group_name(row.group) for row in week.rows} == {"middle grades (3–4)"}


def test_the_list_of_weeks_names_the_flags(phone, school, week):
    page = phone(school.teacher).get("/inspections/weeks")
    assert "Grade 3 Class 3" in page.text
    assert "Grade 3 Class 2" not in page.text
    assert page.status_code == 200
    assert f"/inspections/weeks/{MONDAY}" in page.text
