"""What a duty card may score: its checklist, its classes, its hours; never the own class."""

from datetime import timedelta

import pytest

from app import clock
from app.errors import Refused
from app.inspections.models import Check
from app.people.models import DutyCard
from app.places.models import ClassGroup, Place


@pytest.fixture
def door(school, code_of):
    return f"/inspections/score/{code_of(school.places.classroom)}/class-hygiene"


def refused(phone, school, door, hygiene, fill, words):
    client = phone(school.card)
    page, answer = client.get(door), client.send(door, fill(hygiene))
    assert page.status_code == answer.status_code == 403
    assert words in page.text
    assert words in answer.text
    assert Check.select().count() == 0


def test_the_own_class_is_refused(phone, school, code_of, hygiene, fill):
    own = f"/inspections/score/{code_of(school.places.other_classroom)}/class-hygiene"
    refused(phone, school, own, hygiene, fill, "Nobody scores the own class.")


def test_another_grade_is_refused(phone, school, code_of, hygiene, fill):
    room = Place.add("classroom", "301教室", None, parent=school.places.floor)
    ClassGroup.add(2023, 1, None, room=room)
    url = f"/inspections/score/{code_of(room)}/class-hygiene"
    refused(phone, school, url, hygiene, fill, "for other classes and areas")


def test_another_checklist_is_refused(phone, school, door, hygiene, fill):
    school.card.checklists = ["public-area"]
    school.card.save()
    refused(phone, school, door, hygiene, fill, "not for Class hygiene")


def off_duty(ctx, phone, school, door, hygiene, fill):
    """The phone is signed out, and the rule holds without a phone too."""
    client = phone(school.card)
    assert client.get(door).status_code == 303
    assert client.send(door, fill(hygiene)).status_code == 401
    with pytest.raises(Refused, match="not this card's time"):
        Check.record(hygiene, school.places.classroom, school.card)
    assert Check.select().count() == 0


def test_outside_its_hours_it_is_refused(ctx, phone, school, door, hygiene, fill):
    clock.set_hands(clock.now() + timedelta(hours=4))
    off_duty(ctx, phone, school, door, hygiene, fill)


def test_on_another_weekday_it_is_refused(ctx, phone, school, door, hygiene, fill):
    school.card.weekdays = [5]
    school.card.save()
    off_duty(ctx, phone, school, door, hygiene, fill)


def test_a_cancelled_card_is_signed_out(phone, school, door, hygiene, fill):
    client = phone(school.card)
    school.card.cancel(school.counsellor, "丢失")
    assert client.send(door, fill(hygiene)).status_code == 401
    assert Check.select().count() == 0


@pytest.mark.parametrize("level", ["classroom", "floor", "building", "school"])
def test_areas_open_a_room_by_itself_its_floor_building_or_school(phone, school, door, hygiene, fill, level, counted):
    school.card.grades, school.card.areas = [], [getattr(school.places, level).id]
    school.card.save()
    client = phone(school.card)
    assert client.get(door).status_code == 200
    assert client.send(door, fill(hygiene)).status_code == 303
    assert "Grade 3 Class 2" in client.get("/inspections/round").text


def test_a_card_does_not_check_toilets_tick_or_correct(phone, school, code_of, score):
    client, toilet, check = phone(school.card), code_of(school.places.toilet), score()
    assert client.get(f"/inspections/check/{toilet}/toilet").status_code == 403
    assert client.get(f"/inspections/tick/{toilet}").status_code == 403
    assert client.get(f"/inspections/marks/{check.marks[0].id}/correction").status_code == 403


def test_a_card_sees_what_it_scored_today_and_nothing_else(phone, school, score):
    mine = score(by=school.card)
    other = score(place=school.places.other_classroom)
    client = phone(school.card)
    assert client.get(f"/inspections/{mine.id}").status_code == 200
    assert client.get(f"/inspections/{other.id}").status_code == 404
    assert client.get("/inspections/").location == "/inspections/round"
    assert client.get("/inspections/day/2026-11-24").status_code == 404
    assert client.get(f"/inspections/class/{school.classes.three_two.id}").status_code == 404
    clock.set_hands(clock.now() + timedelta(days=1))
    assert phone(school.card).get(f"/inspections/{mine.id}").status_code == 404


def test_the_round_lists_its_classes_with_what_is_done(phone, school, score, code_of):
    client = phone(school.card)
    page = client.get("/inspections/round").text
    assert "Grade 3 Class 2" in page
    assert "Grade 3 Class 3" not in page  # the own class is not on it
    assert f"/inspections/score/{code_of(school.places.classroom)}/class-hygiene" in page
    assert "0/1" in page
    score(by=school.card)
    assert "1/1" in client.get("/inspections/round").text


def test_a_card_without_classes_is_told_so(phone, school):
    card, _secret = DutyCard.make(
        "新卡", school.counsellor, checklists=["class-hygiene"], hours=[["07:20", "12:30"]],
        starts_on=clock.today(), ends_on=clock.today(),
    )  # fmt: skip
    assert "No class is yours to score" in phone(card).get("/inspections/round").text
