"""What is open at the doors of a round: in the list, in the sheet that opens there, and on the page of a door."""

import re

import pytest

from app import clock
from app.inspections.checklists import Checklist
from app.inspections.follow_ups import FollowUp
from app.inspections.hazards import Hazard
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round
from app.repairs.models import Ticket
from tests.inspections.test_walk import LIST


@pytest.fixture
def round(school):
    Checklist.publish(LIST)
    plan = Plan.add(school.director, "门窗", "doors", person=school.custodian, often="school_days", closes="18:00")
    return Round.build(plan, clock.today())


def lines(page):
    """The lines under a door, tags taken away: shown ones, and those that only travel along."""
    found = re.findall(r'<span class="found"([^>]*)>(.*?)</small></span>', page, re.S)
    said = [(" hidden" in attributes, re.sub(r"<[^>]+>", " ", words)) for attributes, words in found]
    return [" ".join(words.split()) for hidden, words in said if not hidden], sum(hidden for hidden, _words in said)


def test_a_door_says_what_is_open_and_since_when(phone, school, round):
    room = school.places.classroom
    Ticket.report(school.teacher, place=room, kind="power", words="灯闪")
    Hazard.register(school.director, room, "插座松动", "major")
    FollowUp.open(school.director, room, "窗台有灰")
    shown, hidden = lines(phone(school.custodian).get(f"/inspections/walk/{round.id}").text)
    assert shown == [
        "hazard · 插座松动 since 24/11", "clean again · 窗台有灰 since today 10:00",
        "repair · electricity 灯闪 since today 10:00",
    ]  # fmt: skip
    assert hidden == 0


def test_of_many_three_are_shown_and_ten_travel_along(phone, school, round):
    for number in range(13):
        Ticket.report(school.teacher, place=school.places.classroom, kind="power", words=f"第{number}盏灯" + "坏" * 100)
    page = phone(school.custodian).get(f"/inspections/walk/{round.id}").text
    shown, hidden = lines(page)
    assert (len(shown), hidden) == (3, 7)
    assert "第12盏灯" in shown[0]
    assert "13 open" in page
    assert "10 more are open" in page
    assert 'data-in-sheet="3 more are open"' in page
    assert "坏" * 30 not in page


def test_hostile_words_stay_words(phone, school, round):
    Ticket.report(school.teacher, place=school.places.classroom, kind="power", words='<b onload="x">&')
    page = phone(school.custodian).get(f"/inspections/walk/{round.id}").text
    assert "<b onload" not in page
    assert "&lt;b onload" in page


def test_a_duty_card_is_not_shown_hazards(phone, school, hygiene):
    plan = Plan.add(school.director, "监督岗", "class-hygiene", card=school.card, often="school_days", closes="18:00")
    round = Round.build(plan, clock.today())
    Hazard.register(school.director, school.places.classroom, "插座松动", "major")
    FollowUp.open(school.director, school.places.classroom, "窗台有灰")
    shown, _hidden = lines(phone(school.card).get(f"/inspections/walk/{round.id}").text)
    assert shown == ["clean again · 窗台有灰 since today 10:00"]


def test_the_sheet_has_room_for_them_and_the_page_of_a_door_shows_them_first(phone, school, round):
    Ticket.report(school.teacher, place=school.places.classroom, kind="power", words="灯闪")
    client = phone(school.custodian)
    page = client.get(f"/inspections/walk/{round.id}").text
    assert page.index("data-sheet-found") < page.index("Everything fine here")
    door = client.get(f"/inspections/walk/{round.id}/{school.places.classroom.id}").text
    assert door.index("灯闪") < door.index("Everything fine here")


def test_it_costs_three_queries_however_many_doors_and_things(phone, school, round, counted):
    client = phone(school.custodian)
    client.get(f"/inspections/walk/{round.id}")
    with counted() as before:
        client.get(f"/inspections/walk/{round.id}")
    for place in (school.places.classroom, school.places.other_classroom, school.places.store):
        for number in range(5):
            Ticket.report(school.teacher, place=place, kind="power", words=f"灯{number}")
            Hazard.register(school.director, place, f"插座{number}", "general")
    client.get(f"/inspections/walk/{round.id}")  # the calendar stays in memory
    with counted() as after:
        assert client.get(f"/inspections/walk/{round.id}").text.count('class="found"') == 30
    assert after.count <= before.count
