"""Walk mode: a round door by door, answers that arrive late, and how it was walked."""

from datetime import timedelta
from io import BytesIO
from urllib.parse import urlencode

import pytest

from app import clock, once
from app.inspections import walk
from app.inspections.checklists import Checklist
from app.inspections.models import Check, Mark
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round, RoundPlace
from app.inspections.walk import Door
from app.inspections.weeks import Week
from app.journal import Event
from app.photos.models import Photo
from app.places.models import Place
from tests.inspections.conftest import sheet
from tests.pictures import jpeg

SENT = 1_790_000_000_000  # milliseconds, by a phone whose clock is wrong

LIST = {
    "slug": "doors", "name": "门窗检查", "name_en": "Doors and windows", "target": "place", "kind": "list",
    "who": ["director", "custodian"], "kinds": ["classroom", "office", "store"], "all_fine": True,
    "items": [
        {"key": "lock", "name": "门锁", "answer": "fine", "key_item": True},
        {"key": "window", "name": "窗", "answer": "fine", "photo_on_fail": True},
        {"key": "heat", "name": "暖气", "answer": "choice", "choices": [
            {"words": "正常", "words_en": "working", "fine": True},
            {"words": "不热", "words_en": "cold", "fine": False}]},
        {"key": "safe", "name": "保险柜", "answer": "fine", "kinds": ["store"]},
    ],
}  # fmt: skip


@pytest.fixture
def doors():
    return Checklist.publish(LIST)


@pytest.fixture
def round(school, doors):
    plan = Plan.add(
        school.director, "放学后门窗检查", "doors", who="person", person=school.custodian, often="school_days",
        opens="00:00", closes="18:00",
    )  # fmt: skip
    return Round.build(plan, clock.today())


@pytest.fixture
def at(round, school):
    return f"/inspections/walk/{round.id}/{school.places.classroom.id}"


@pytest.fixture
def answers(doors):
    """A filled sheet: `answers(lock="fail", **{"lock-words": "坏"})`."""

    def fill(checklist=doors, **given):
        data = {"version": checklist.version, "fine": ""}
        ids = {item.key: item.id for item in checklist.items}
        for key, value in {"lock": "fine", "window": "fine", "heat": "0", **given}.items():
            key, _dash, field = key.partition("-")
            data[f"i{ids[key]}-{field or ('value' if key == 'heat' else 'answer')}"] = value
        return data

    return fill


def of(school, round, place):
    return f"/inspections/walk/{round.id}/{place.id}"


def test_the_list_is_in_walking_order_and_says_what_is_left(phone, school, round):
    page = phone(school.custodian).get(f"/inspections/walk/{round.id}").text
    order = [page.index(f'data-door="{place.id}"') for place in (stop.place for stop in walk.stops_of(round))]
    assert order == sorted(order)
    assert "0/4" in page
    assert "Next door" in page


def test_one_door(phone, school, round, at, answers):
    answer = phone(school.custodian).send(at, answers())
    assert answer.location.endswith(f"/inspections/walk/{round.id}")
    check = Check.get()
    assert (check.place, check.failed, check.passed) == (school.places.classroom, 0, True)
    stop = RoundPlace.get(RoundPlace.place == school.places.classroom)
    assert stop.check == check
    assert "1/4" in phone(school.custodian).get(f"/inspections/walk/{round.id}").text


def test_the_last_door_finishes_the_round(phone, school, round):
    client = phone(school.custodian)
    for stop in walk.stops_of(round):
        version = Checklist.now("doors").version
        client.send(of(school, round, stop.place), {"fine": "all", "version": version})
    assert Round.get_by_id(round.id).state == "done"


def test_everything_fine_in_one_tap(phone, school, round, at, doors):
    phone(school.custodian).send(at, {"fine": "all", "version": doors.version})
    assert {mark.item.key for mark in Mark.select()} == {"lock", "window", "heat"}  # the safe is not of a classroom
    assert Check.get().failed == 0


def test_one_tap_throws_nothing_away(phone, school, round, at, doors, answers):
    """A fault that was entered above the one tap is not lost; a note goes along."""
    client = phone(school.custodian)
    answer = client.send(at, {**answers(lock="fail", **{"lock-words": "锁芯坏"}), "fine": "all"})
    assert answer.status_code == 422
    assert "Something else is entered below" in answer.text
    assert 'value="锁芯坏"' in answer.text
    phone_answer = client.send(at, {**answers(lock="fail"), "fine": "all"}, headers={"HX-Request": "true"})
    assert "Something else is entered below" in phone_answer.text
    assert client.send(at, {"fine": "all", "version": doors.version, "note": "长" * 301}).status_code == 422
    assert Check.select().count() == 0
    client.send(at, {"fine": "all", "version": doors.version, "note": "都锁好了"})
    assert (Check.get().note, Check.get().failed) == ("都锁好了", 0)


def test_where_the_checklist_wants_a_look_one_tap_is_refused(phone, school, round, at, doors):
    strict = doors.publish({**LIST, "all_fine": False})
    client = phone(school.custodian)
    assert "Everything fine here" not in client.get(at).text
    answer = client.send(at, {"fine": "all", "version": strict.version})
    assert answer.status_code == 422
    assert Check.select().count() == 0


def test_what_is_wrong_wants_words(phone, school, round, at, answers):
    answer = phone(school.custodian).send(at, answers(lock="fail"))
    assert answer.status_code == 422
    assert "What is wrong?" in answer.text
    assert Check.select().count() == 0


@pytest.mark.parametrize("given", [
    {"lock": ""}, {"lock": "<b>"}, {"lock": "x" * 1000}, {"heat": "7"}, {"heat": "-1"}, {"heat": "多"},
    {"lock": "fail", "lock-words": "长" * 101},
])  # fmt: skip
def test_wrong_input_is_refused_and_nothing_is_lost(phone, school, round, at, answers, given):
    data = answers(**given, **{"window-words": "留着 🪟 <i>"})
    answer = phone(school.custodian).send(at, data)
    assert answer.status_code == 422
    assert "留着 🪟 &lt;i&gt;" in answer.text
    assert Check.select().count() == 0


def test_a_failure_that_wants_a_photo(phone, school, round, at, answers):
    client = phone(school.custodian)
    data = answers(window="fail", **{"window-words": "玻璃裂"})
    assert client.send(at, data).status_code == 422
    item = next(item for item in Checklist.now("doors").items if item.key == "window")
    client.send(at, {**data, f"i{item.id}-photos": (BytesIO(jpeg()), "w.jpg")}, content_type="multipart/form-data")
    mark = Mark.get(Mark.item == item)
    assert mark.verdict == "fail"
    assert len(Photo.of(mark)) == 1


def test_a_phone_gets_the_door_and_how_far_it_is(phone, school, round, at, answers):
    answer = phone(school.custodian).send(at, answers(), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert f'id="door-{school.places.classroom.id}"' in answer.text
    assert 'id="walk-head"' in answer.text
    assert "1/4" in answer.text
    assert "<html" not in answer.text


def test_a_kept_answer_that_is_wrong_is_answered_in_one_line(phone, school, round, at, answers):
    answer = phone(school.custodian).send(at, answers(lock="fail"), headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "门锁: What is wrong?" in answer.text


def test_sent_twice_acts_once(phone, school, round, at, answers):
    client, data = phone(school.custodian), {**answers(), "answered": SENT}
    headers = {"HX-Request": "true", "X-Sent": str(SENT + 1000)}
    first = client.send(at, data, key="w" * 22, headers=headers)
    again = client.send(at, data, key="w" * 22, headers={**headers, "X-Sent": str(SENT + 90_000)})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.text == first.text
    assert Check.select().count() == 1


def test_a_second_walker_is_told(phone, school, round, at, answers):
    client = phone(school.custodian)
    client.send(at, answers())
    answer = client.send(at, answers())
    assert answer.status_code == 409
    assert "201教室 is already checked in this round, today 10:00 by 钱秀英." in answer.text
    assert Check.select().count() == 1


def test_an_excused_place_says_why(phone, school, round, at, answers):
    stop = RoundPlace.get(RoundPlace.round == round, RoundPlace.place == school.places.classroom)
    round.excuse(school.director, "秋游", stop)
    answer = phone(school.custodian).send(at, answers())
    assert answer.status_code == 409
    assert "excused in this round: 秋游" in answer.text


def test_a_check_by_somebody_else_does_not_stand_in_the_way(phone, school, round, at, doors, answers):
    first = Check.record(doors, school.places.classroom, school.director)
    assert RoundPlace.get(RoundPlace.place == school.places.classroom).done_at is None
    assert phone(school.custodian).send(at, answers()).status_code == 303
    second = Check.get(Check.id != first.id)
    assert (second.person, second.ordinal, second.again) == (school.custodian, 2, "放学后门窗检查")
    assert RoundPlace.get(RoundPlace.place == school.places.classroom).check == second


def test_the_version_that_the_phone_took_along(phone, school, round, at, doors, answers):
    old = answers()
    doors.publish({**LIST, "items": [{"key": "lock", "name": "门锁和插销", "answer": "fine"}]})
    assert phone(school.custodian).send(at, old).status_code == 303
    assert Check.get().checklist.version == doors.version


def test_a_kept_answer_has_the_moment_it_was_given(phone, school, round, at, answers):
    kept = timedelta(minutes=20)
    data = {**answers(), "answered": SENT, "how": "scan"}
    sent = str(SENT + kept // timedelta(milliseconds=1))
    phone(school.custodian).send(at, data, headers={"HX-Request": "true", "X-Sent": sent})
    door = Door.get()
    assert (door.at, door.arrived_at, door.scanned) == (clock.now() - kept, clock.now(), True)
    assert door.waited == kept


def test_what_arrives_past_midnight_belongs_to_the_day_it_was_answered(phone, school, round, at, answers):
    answered = round.ends_at - timedelta(hours=1)  # 17:00 at the school
    clock.set_hands(answered + timedelta(hours=9))
    sent = str(SENT + timedelta(hours=9) // timedelta(milliseconds=1))
    data = {**answers(), "answered": SENT}
    answer = phone(school.custodian).send(at, data, headers={"HX-Request": "true", "X-Sent": sent})
    assert answer.status_code == 200
    check, stop = Check.get(), RoundPlace.get(RoundPlace.place == school.places.classroom)
    assert (check.at, check.day, check.slot_id) == (answered, clock.today() - timedelta(days=1), "afternoon")
    assert stop.done_at == answered
    page = phone(school.director).get(f"/inspections/walk/{round.id}/doors").text
    assert "11-24 17:00:00" in page
    assert "arrived 11-25 02:00:00" in page
    assert "9 hours on the phone" in page


def test_a_score_that_arrives_when_its_week_is_locked_does_not_change_what_is_published(phone, school, hygiene):
    """It stays on the phone; when the week is reopened it can be sent again."""
    fields = {"person": school.counsellor, "often": "school_days", "opens": "00:00", "closes": "18:00"}
    round = Round.build(Plan.add(school.director, "班级卫生", "class-hygiene", **fields), clock.today())
    Check.record(hygiene, school.places.other_classroom, school.director)
    answered = clock.now()
    clock.set_hands(answered + timedelta(hours=1))
    week = Week.lock(clock.today(), school.director)
    data = {**sheet(hygiene), "answered": SENT}
    headers = {"HX-Request": "true", "X-Sent": str(SENT + 2 * 3600_000)}
    clock.set_hands(answered + timedelta(hours=2))
    client, url = phone(school.counsellor), of(school, round, school.places.classroom)
    answer = client.send(url, data, headers=headers)
    assert answer.status_code == 409
    assert "locked and published" in answer.text
    week.reopen(school.director, "漏了一班")
    assert client.send(url, data, headers=headers).status_code == 200
    assert Check.get(Check.place == school.places.classroom).at == answered


class SlowUpload(BytesIO):
    """A body that takes minutes to arrive."""

    def readinto(self, buffer):
        clock.set_hands(clock.now() + timedelta(minutes=2))
        return super().readinto(buffer)


def test_a_slow_upload_does_not_make_the_answer_later(app, phone, school, round, at, answers):
    """Order and times of doors stay true when one has photos and the next has none."""
    client, began = phone(school.custodian), clock.now()
    body = urlencode({once.FIELD: once.new_key(), **answers(), "answered": SENT}).encode()
    headers = {"HX-Request": "true", "X-Sent": str(SENT + 1000), "Sec-Fetch-Site": "same-origin"}
    answer = client.post(
        at, input_stream=SlowUpload(body), content_length=len(body), headers=headers,
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert answer.status_code == 200
    assert clock.now() > began
    assert Door.get().at == began - timedelta(seconds=1)


@pytest.mark.parametrize(("answered", "sent"), [
    (None, None), ("", "1"), ("x", "y"), (str(SENT + 5000), str(SENT)), ("9" * 40, "1"), ("-5", str(SENT)),
])  # fmt: skip
def test_a_phone_that_talks_nonsense_gave_it_now(phone, school, round, at, answers, answered, sent):
    data = {**answers(), **({"answered": answered} if answered is not None else {})}
    phone(school.custodian).send(at, data, headers={"HX-Request": "true", **({"X-Sent": sent} if sent else {})})
    assert Door.get().at == clock.now()


def test_given_in_time_and_sent_after_the_end_counts(phone, school, round, at, answers):
    clock.set_hands(round.ends_at + timedelta(minutes=5))
    sent = str(SENT + 10 * 60_000)
    data = {**answers(), "answered": SENT}
    answer = phone(school.custodian).send(at, data, headers={"HX-Request": "true", "X-Sent": sent})
    assert answer.status_code == 200
    assert RoundPlace.get(RoundPlace.place == school.places.classroom).done_at is not None


def test_a_round_is_done_at_its_newest_check_whatever_arrives_last(phone, school, round):
    client, begun, version = phone(school.custodian), clock.now(), Checklist.now("doors").version
    kept, *others = (stop.place for stop in walk.stops_of(round))
    clock.set_hands(begun + timedelta(minutes=10))
    for place in others:
        client.send(of(school, round, place), {"fine": "all", "version": version})
    clock.set_hands(begun + timedelta(minutes=20))
    headers = {"HX-Request": "true", "X-Sent": str(SENT + timedelta(minutes=20) // timedelta(milliseconds=1))}
    client.send(of(school, round, kept), {"fine": "all", "version": version, "answered": SENT}, headers=headers)
    assert RoundPlace.get(RoundPlace.place == kept).done_at == begun
    assert Round.get_by_id(round.id).done_at == begun + timedelta(minutes=10)


def test_after_the_end_nothing_is_taken(phone, school, round, at, answers):
    clock.set_hands(round.ends_at + timedelta(minutes=5))
    answer = phone(school.custodian).send(at, answers())
    assert answer.status_code == 409
    assert "over" in answer.text
    assert Check.select().count() == 0


def test_who_may(phone, school, round, at, answers):
    director = phone(school.director)
    assert director.get(f"/inspections/walk/{round.id}").status_code == 200  # the office sees it
    assert director.send(at, answers()).status_code == 403  # but it is not the director's
    for who in (school.teacher, school.cleaner, school.card):
        assert phone(who).get(f"/inspections/walk/{round.id}").status_code == 404
        assert phone(who).send(at, answers()).status_code == 404
    assert phone().get(at).status_code == 303
    assert phone().send(at, answers()).status_code == 401
    assert Check.select().count() == 0


@pytest.mark.parametrize("place", ["0", "999999", "99999999999999999999"])
def test_a_place_that_is_not_on_the_round(phone, school, round, answers, place):
    assert phone(school.custodian).send(f"/inspections/walk/{round.id}/{place}", answers()).status_code == 404


def test_it_is_in_the_journal(ctx, phone, school, round, at, answers):
    phone(school.custodian).send(at, answers(lock="fail", **{"lock-words": "锁坏"}))
    event = Event.get(Event.action == "inspections.answered")
    assert (event.person, event.place) == (school.custodian, school.places.classroom)


def walked(client, school, round, minutes):
    """Every door, each so many minutes after the one before."""
    version = Checklist.now("doors").version
    for stop in walk.stops_of(round):
        client.send(of(school, round, stop.place), {"fine": "all", "version": version})
        clock.set_hands(clock.now() + timedelta(minutes=minutes))


def test_a_walk_as_people_walk(phone, school, round):
    walked(phone(school.custodian), school, round, 1)
    assert walk.too_fast(walk.steps(round)) == 0
    page = phone(school.director).get(f"/inspections/walk/{round.id}/doors").text
    assert "name tapped" in page
    assert "faster than anybody walks" not in page


def test_an_impossible_walk_is_shown_as_a_fact(phone, school, round):
    walked(phone(school.custodian), school, round, 0)
    assert walk.too_fast(walk.steps(round)) == 3
    page = phone(school.director).get(f"/inspections/walk/{round.id}/doors").text
    assert "3 doors follow the one before faster than anybody walks" in page
    assert Round.get_by_id(round.id).state == "done"  # nothing follows from it


@pytest.mark.parametrize("who", ["teacher", "cleaner", "counsellor", "card"])
def test_order_and_times_are_for_the_office(phone, school, round, who):
    assert phone(getattr(school, who)).get(f"/inspections/walk/{round.id}/doors").status_code == 403


def test_the_way_between_doors(school):
    upstairs = Place.add("floor", "三楼", None, parent=school.places.building)
    yard = Place.add("yard", "操场", None, parent=school.places.school)
    room = Place.add("office", "会计室", None, parent=upstairs)
    here = {place.id: place for place in Place.rooms()}
    classroom = here[school.places.classroom.id]
    assert walk._least(classroom, here[school.places.store.id]) == walk.LEAST["floor"]
    assert walk._least(classroom, here[room.id]) == walk.LEAST["building"]
    assert walk._least(classroom, here[yard.id]) == walk.LEAST["school"]


def test_the_list_costs_the_same_for_many_doors(phone, school, doors, counted):
    plan = Plan.add(school.director, "检查", "doors", person=school.custodian, often="school_days")
    few = Round.build(plan, clock.today())
    client = phone(school.custodian)
    client.get(f"/inspections/walk/{few.id}")
    with counted() as one:
        client.get(f"/inspections/walk/{few.id}")
    for number in range(20):
        Place.add("office", f"{number}号办公室", None, parent=school.places.floor)
    more = Plan.add(school.director, "大检查", "doors", person=school.custodian, often="school_days")
    many = Round.build(more, clock.today())
    client.get(f"/inspections/walk/{many.id}")
    with counted() as other:
        client.get(f"/inspections/walk/{many.id}")
    assert other.count <= one.count


def test_a_door_by_itself_without_javascript(phone, school, round, at):
    page = phone(school.custodian).get(at).text
    assert "201" in page
    assert "Everything fine here" in page
    assert "保险柜" not in page


def test_points_are_given_by_less_and_more(phone, school, score_round):
    """As on the score page: a stepper, the reasons, a facility fault; a number box without scripts."""
    client, place = phone(school.director), school.places.toilet
    url = of(school, score_round, place)
    page = client.get(url).text
    assert page.count("data-less") == len(Checklist.now("toilet").items)
    assert "data-fault" in page
    assert 'type="number"' in page
    assert "js/score.js" in page
    assert "data-less" in client.get(f"/inspections/walk/{score_round.id}").text
    toilet = Checklist.now("toilet")
    data = sheet(toilet, {"floor": {"points": "1.5"}})
    answer = client.send(url, data)
    assert answer.status_code == 422
    assert "Why? Please tap a reason or write a word." in answer.text
    assert 'value="1.5"' in answer.text
    assert client.send(url, sheet(toilet, {"floor": {"points": "1.5", "words": "积水"}})).status_code == 303
    assert Check.get().total == 950


@pytest.fixture
def score_round(school):
    return Round.build(
        Plan.add(school.director, "厕所周查", "toilet", person=school.director, often="school_days", kinds=["toilet"]),
        clock.today(),
    )


def test_a_kept_door_is_never_changed(school, round, phone, at, answers):
    phone(school.custodian).send(at, answers())
    with pytest.raises(Exception, match="never changed"):
        Door.update(at=clock.now()).execute()
