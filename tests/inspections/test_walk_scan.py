"""From the label at a door into the round: the first tile of the scan page, and the sheet of just this door."""

import gzip
import re
from datetime import timedelta

import pytest

from app import clock
from app.inspections.checklists import Checklist
from app.inspections.cleaning_posts import Post
from app.inspections.models import Check
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round
from app.inspections.walk import Door
from app.places.codes import Label
from app.places.models import Place
from tests.home.test_scan import tiles
from tests.inspections.test_walk import LIST

GO_ON = "Go on with the round: 放学后门窗检查"


@pytest.fixture
def round(school):
    Checklist.publish(LIST)
    plan = Plan.add(
        school.director, "放学后门窗检查", "doors", who="person", person=school.custodian, often="school_days",
        opens="08:00", closes="18:00",
    )  # fmt: skip
    return Round.build(plan, clock.today())


@pytest.fixture
def scan(phone, school):
    def look(who, place=None):
        return phone(who).get(f"/q/{Label.of(place=place or school.places.classroom).code}")

    return look


def test_the_round_comes_first(scan, school, round):
    page = scan(school.custodian)
    assert tiles(page)[0] == GO_ON
    assert len(tiles(page)) <= 4
    assert f"/inspections/walk/{round.id}?at={school.places.classroom.id}" in page.text


@pytest.mark.parametrize("who", ["director", "teacher", "stranger", "cleaner", "card", None])
def test_not_for_others(scan, school, round, who):
    assert GO_ON not in tiles(scan(who and getattr(school, who)))


def test_not_where_it_is_done_nor_on_another_place(scan, school, round):
    assert GO_ON not in tiles(scan(school.custodian, school.places.toilet))
    Check.record(Checklist.now("doors"), school.places.classroom, school.custodian)
    assert GO_ON not in tiles(scan(school.custodian))
    assert GO_ON in tiles(scan(school.custodian, school.places.other_classroom))


@pytest.mark.parametrize("state", ["coming", "over", "excused", "withdrawn"])
def test_only_while_it_is_open(scan, school, round, state):
    if state == "coming":
        clock.set_hands(round.opens_at - timedelta(minutes=1))
    elif state == "over":
        clock.set_hands(round.ends_at + timedelta(minutes=1))
    elif state == "excused":
        round.excuse(school.director, "秋游")
    else:
        Round.update(withdrawn_at=clock.now()).where(Round.id == round.id).execute()
    assert GO_ON not in tiles(scan(school.custodian))


def test_who_stands_in_goes_on(scan, school, round):
    round.hand_over(school.director, school.director)
    assert tiles(scan(school.director))[0] == GO_ON


def test_who_holds_a_post_goes_on(scan, school):
    Checklist.publish(LIST)
    post = Post.add(school.director, "库房", school.custodian, [school.places.store])
    plan = Plan.add(school.director, "库房检查", "doors", who="post", post=post, often="school_days", closes="18:00")
    Round.build(plan, clock.today())
    assert tiles(scan(school.custodian, school.places.store))[0] == "Go on with the round: 库房检查"
    assert "Go on" not in scan(school.director, school.places.store).text


def test_a_duty_card_goes_on_with_its_round(scan, school, hygiene):
    plan = Plan.add(school.director, "监督岗", "class-hygiene", card=school.card, often="school_days", closes="18:00")
    Round.build(plan, clock.today())
    assert tiles(scan(school.card))[0] == "Go on with the round: 监督岗"
    clock.set_hands(clock.now().replace(hour=6))  # 14:00: the card's hours are over
    assert "Go on" not in scan(school.card).text


def test_a_round_of_ticks_has_its_own_page(scan, school):
    plan = Plan.add(school.director, "保洁", "cleaner-daily", person=school.cleaner, often="school_days")
    Round.build(plan, clock.today())
    assert "Go on with the round" not in scan(school.cleaner, school.places.toilet).text


def test_the_sheet_of_just_this_door_opens(phone, school, round):
    client, place = phone(school.custodian), school.places.classroom
    page = client.get(f"/inspections/walk/{round.id}?at={place.id}").text
    assert f'data-open-at="{place.id}"' in page
    door = f"/inspections/walk/{round.id}/{place.id}?how=scan"
    assert f'content="0;url={door}"' in page, "without scripts the page of the door opens"
    form = client.get(door).text
    assert 'name="how" value="scan"' in form
    client.send(door.removesuffix("?how=scan"), {"how": "scan", "fine": "all", "version": "1"})
    assert Door.get().scanned
    assert "data-open-at" not in client.get(f"/inspections/walk/{round.id}?at={place.id}").text, "it is done"


@pytest.mark.parametrize("at", ["0", "x", "99999999999999999999", "-1"])
def test_a_place_that_is_not_there_opens_the_list(phone, school, round, at):
    answer = phone(school.custodian).get(f"/inspections/walk/{round.id}?at={at}")
    assert answer.status_code == 200
    assert "data-open-at" not in answer.text


def test_how_survives_a_wrong_answer(phone, school, round):
    url = f"/inspections/walk/{round.id}/{school.places.classroom.id}"
    answer = phone(school.custodian).send(url, {"how": "scan", "version": "1"})
    assert answer.status_code == 422
    assert 'name="how" value="scan"' in answer.text


def test_it_costs_one_query_and_stays_light(app, phone, school, round, counted):
    code = Label.of(place=school.places.classroom).code
    client, other = phone(school.custodian), phone(school.director)

    def cost(browser):
        browser.get(f"/q/{code}")
        with counted() as queries:
            page = browser.get(f"/q/{code}", headers={"Accept-Encoding": "gzip"})
        assert len(page.data) < 10_240
        assert b"<html" in gzip.decompress(page.data)
        return queries

    queries = cost(client)
    assert sum('INNER JOIN "check_round"' in sql for sql in queries.sql) == 1
    few = queries.count
    for number in range(10):
        Plan.add(school.director, f"检查{number}", "doors", person=school.director, often="school_days", closes="18:00")
    for plan in Plan.in_force():
        Round.build(plan, clock.today())
    assert cost(client).count == few
    assert cost(other).count <= few + 1


def test_everything_that_is_offered_can_be_done(phone, school, round):
    """Nobody sees what they cannot do: every button of every person at every place opens its page."""
    Place.update(keeper=school.teacher).where(Place.id == school.places.office).execute()
    rooms = school.places.classroom, school.places.office, school.places.toilet, school.places.store
    seen = 0
    for who in (*vars(school.people).values(), school.card):
        client = phone(who)
        for room in rooms:
            buttons = re.findall(r'class="tile[^"]*" href="(/inspections/[^"]+)"', client.get(door_of(room)).text)
            for button in buttons:
                page = client.get(button.replace("&amp;", "&"))
                assert page.status_code == 200, (who.name, room.name, button)
                lists = re.findall(r'class="cell" href="(/inspections/check/[^"]+/[^"]+)"', page.text)
                assert all(client.get(each).status_code == 200 for each in lists), (who.name, room.name, lists)
                seen += 1
    assert seen > 10


def door_of(place):
    return f"/q/{Label.of(place=place).code}"


def test_who_answers_for_a_place_sees_its_other_checks(phone, school, scan):
    """The class teacher, the keeper; not a colleague."""
    assert "Other checks" in tiles(scan(school.teacher))
    assert "Other checks" not in tiles(scan(school.teacher, school.places.other_classroom))
    assert "Other checks" not in tiles(scan(school.stranger))
    code = Label.of(place=school.places.classroom).code
    assert "/room-equipment" in phone(school.teacher).get(f"/inspections/check/{code}").text
    assert "/room-equipment" not in phone(school.stranger).get(f"/inspections/check/{code}").text
    office = school.places.office
    Place.update(keeper=school.stranger).where(Place.id == office).execute()
    assert "Other checks" in tiles(scan(school.stranger, office))
