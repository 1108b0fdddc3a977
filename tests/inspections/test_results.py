"""Who sees which results."""

from datetime import timedelta

import pytest

from app import clock
from app.inspections.models import Check
from app.inspections.scoring import Verdict

DAY = "/inspections/day/2026-11-24"


@pytest.fixture
def check(score):
    return score({"floor": Verdict(50, (0,), "讲台旁")})


def test_the_day_shows_every_class_by_grade(phone, school, check):
    page = phone(school.director).get("/inspections/").text
    assert "Grade 3 Class 2" in page
    assert "Grade 3 Class 3" in page
    assert "1 of 2 classes scored" in page
    assert "9.5" in page
    assert f"/inspections/{check.id}" in page


def test_a_day_is_the_mean_of_its_checks(phone, school, score, check, later):
    later(2)
    score()
    assert "9.75" in phone(school.director).get(DAY).text


def test_the_date_can_be_switched(phone, school, check):
    clock.set_hands(clock.now() + timedelta(days=1))
    client = phone(school.director)
    assert "0 of 2 classes scored" in client.get("/inspections/").text
    assert "1 of 2 classes scored" in client.get("/inspections/?day=2026-11-24").text


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31", "2026-11-24%00"])
def test_an_odd_day_is_404_or_today(phone, school, check, day):
    client = phone(school.director)
    assert client.get(f"/inspections/day/{day}").status_code == 404
    assert "1 of 2 classes scored" in client.get(f"/inspections/?day={day}").text


def test_a_class_teacher_begins_with_the_own_class_and_its_items(phone, school, check):
    client = phone(school.teacher)
    answer = client.get("/inspections/")
    assert answer.location == f"/inspections/class/{school.classes.three_two.id}"
    page = client.get(answer.location).text
    assert "small litter" in page
    assert "讲台旁" in page
    assert client.get(f"/inspections/{check.id}").status_code == 200


def test_a_class_teacher_does_not_see_who_gave_it(phone, school, check):
    assert "吴晓燕" not in phone(school.teacher).get(f"/inspections/{check.id}").text
    assert "吴晓燕" in phone(school.director).get(f"/inspections/{check.id}").text


def test_other_staff_see_totals_only(phone, school, check):
    client = phone(school.stranger)
    page = client.get(f"/inspections/class/{school.classes.three_two.id}").text
    assert "9.5" in page
    assert "讲台旁" not in page
    assert "small litter" not in page
    assert client.get(f"/inspections/{check.id}").status_code == 404
    assert client.get(f"/inspections/{check.id}/receipt").status_code == 404
    day = client.get(DAY).text
    assert "9.5" in day
    assert f"/inspections/{check.id}" not in day


def test_a_class_teacher_sees_other_classes_as_others_do(phone, school, score):
    other = score({"floor": Verdict(50, (0,), "后门")}, place=school.places.other_classroom)
    client = phone(school.teacher)
    assert "后门" not in client.get(f"/inspections/class/{school.classes.three_three.id}").text
    assert client.get(f"/inspections/{other.id}").status_code == 404


def test_the_administrator_of_a_grade_sees_its_items(phone, school, check):
    from app.places.models import Grade

    Grade.update(administrator=school.stranger).where(Grade.entry_year == 2024).execute()
    client = phone(school.stranger)
    assert "讲台旁" in client.get(f"/inspections/class/{school.classes.three_two.id}").text
    assert client.get(f"/inspections/{check.id}").status_code == 200


def test_a_cleaner_sees_what_was_found_in_the_own_area(phone, school, fill, code_of):
    from app.inspections.checklists import Checklist

    check = Check.record(Checklist.now("toilet"), school.places.toilet, school.director, {"air": Verdict(50, (0,))})
    assert "smell" in phone(school.cleaner).get(f"/inspections/{check.id}").text
    assert phone(school.stranger).get(f"/inspections/{check.id}").status_code == 404


def test_the_office_sees_toilets_and_areas(phone, school):
    from app.inspections.checklists import Checklist

    Check.record(Checklist.now("toilet"), school.places.toilet, school.director, {"air": Verdict(50, (0,))})
    page = phone(school.director).get("/inspections/areas/day").text
    assert "9.5" in page
    assert "二楼男厕" in page
    assert "周桂兰" in page
    assert phone(school.teacher).get("/inspections/areas/day").status_code == 403
    assert "9.5" not in phone(school.custodian).get("/inspections/areas/day").text  # only what it gave itself


def test_one_check_shows_every_item_device_and_giver(phone, school, hygiene, fill, code_of):
    url = f"/inspections/score/{code_of(school.places.classroom)}/class-hygiene"
    agent = "Mozilla/5.0 (Linux; Android 12) MicroMessenger/8.0"
    phone(school.card).send(url, fill(hygiene), headers={"User-Agent": agent})
    page = phone(school.director).get(f"/inspections/{Check.get().id}").text
    assert "三年级卫生监督岗" in page
    assert "Android · 微信" in page
    assert page.count("/correction") == 10


def test_the_leaders_read_but_are_not_offered_to_correct(phone, school, check):
    page = phone(school.principal).get(f"/inspections/{check.id}").text
    assert "small litter" in page
    assert "/correction" not in page


def test_an_empty_class_says_so(phone, school):
    page = phone(school.director).get(f"/inspections/class/{school.classes.three_three.id}").text
    assert "This class has no scores yet." in page
    assert phone(school.director).get("/inspections/class/999").status_code == 404


def test_signed_out_people_see_nothing(phone, school, check):
    for url in ("/inspections/", DAY, f"/inspections/{check.id}", f"/inspections/class/{school.classes.three_two.id}",
                "/inspections/areas", "/inspections/areas/day", "/inspections/round"):  # fmt: skip
        assert phone().get(url).status_code == 303
