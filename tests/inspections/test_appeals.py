"""A class teacher appeals against a deduction; the counsellor or director upholds or corrects; both values stay."""

import io
from datetime import date, datetime, timedelta

import pytest

from app import clock
from app.errors import Refused
from app.inspections.appeals import Appeal, closes_at
from app.inspections.models import Check, Correction
from app.inspections.scoring import Verdict
from app.inspections.weeks import ScoringRules, Week, lock_due
from app.journal import Event
from app.notify import Notice
from tests.pictures import jpeg

MONDAY = date(2026, 11, 23)
FRIDAY_EVENING = datetime(2026, 11, 27, 9, 0)  # 17:00 at the school


@pytest.fixture
def check(score):
    return score({"floor": Verdict(100, (1,)), "windows": Verdict(50, (0,))})


@pytest.fixture
def mark(check):
    return next(mark for mark in check.marks if mark.item.key == "floor")


@pytest.fixture
def appeal(school, mark):
    return Appeal.file(mark, school.teacher, "地面是干净的")


def url(mark):
    return f"/inspections/marks/{mark.id}/appeal"


def test_the_class_teacher_appeals_and_is_answered(phone, school, check, mark):
    teacher = phone(school.teacher)
    week = f"/inspections/weeks/{MONDAY}/class/{school.classes.three_two.id}"
    assert url(mark) in teacher.get(week).text
    assert teacher.get(url(mark)).status_code == 200
    answer = teacher.send(url(mark), {"words": "是刚拖的水印"})
    appeal = Appeal.get()
    assert answer.location == f"/inspections/appeals/{appeal.id}"
    assert url(mark) not in teacher.get(week).text

    counsellor = phone(school.counsellor)
    assert "是刚拖的水印" in counsellor.get("/inspections/appeals").text
    form = {"outcome": "corrected", "points": "1.5", "reason": "确是水印"}
    assert counsellor.send(f"/inspections/appeals/{appeal.id}", form).status_code == 303
    assert Check.get_by_id(check.id).total == 950
    page = teacher.get(f"/inspections/appeals/{appeal.id}").text
    assert "−1 → −0" in page, "both values stay"
    assert "确是水印" in page
    assert "Corrected from −1 to −0" in teacher.get(week).text


def test_upheld_changes_nothing(phone, school, check, appeal):
    form = {"outcome": "upheld", "points": "", "reason": "照片很清楚"}
    phone(school.director).send(f"/inspections/appeals/{appeal.id}", form)
    assert Check.get_by_id(check.id).total == 850
    assert Correction.select().count() == 0
    found = Appeal.get_by_id(appeal.id)
    assert (found.outcome, found.answered_by, found.reason) == ("upheld", school.director, "照片很清楚")


def test_a_photo_alone_is_enough(phone, school, mark):
    data = {"words": "", "photos": (io.BytesIO(jpeg()), "floor.jpg")}
    answer = phone(school.teacher).send(url(mark), data, content_type="multipart/form-data")
    assert answer.status_code == 303
    token = next(part for part in phone(school.counsellor).get(answer.location).text.split('"') if "/photos/" in part)
    assert phone(school.counsellor).get(token).status_code == 200
    assert phone(school.stranger).get(token).status_code == 404


def test_neither_words_nor_photo(phone, school, mark):
    answer = phone(school.teacher).send(url(mark), {"words": "   "})
    assert answer.status_code == 422
    assert "say in words" in answer.text
    assert Appeal.select().count() == 0


def test_too_long_is_kept_on_the_page(phone, school, mark):
    answer = phone(school.teacher).send(url(mark), {"words": "<b>不对</b>" + "很" * 500})
    assert answer.status_code == 422
    assert "At most 500" in answer.text
    assert "&lt;b&gt;不对" in answer.text
    assert Appeal.select().count() == 0


def test_it_closes_after_the_school_hours_of_the_rules(school, mark, check):
    ScoringRules.publish(school.director, appeal_hours=4)
    assert closes_at(check) == check.at + timedelta(hours=4)  # 10:00 to 14:00 on a day taught from 8 to 17
    clock.set_hands(closes_at(check) + timedelta(minutes=1))
    with pytest.raises(Refused, match="over"):
        Appeal.file(mark, school.teacher, "太晚")


def test_school_hours_stand_still_at_night(school, check):
    ScoringRules.publish(school.director, appeal_hours=9)
    assert closes_at(check) == check.at + timedelta(days=1)


def test_the_lock_ends_every_appeal(school, mark, check):
    ScoringRules.publish(school.director, appeal_hours=100)
    assert closes_at(check) == FRIDAY_EVENING
    Week.lock(MONDAY)
    with pytest.raises(Refused, match="locked"):
        Appeal.file(mark, school.teacher, "太晚")


def test_a_week_waits_for_its_appeals(school, appeal):
    with pytest.raises(Refused, match="1 appeal"):
        Week.lock(MONDAY)
    clock.set_hands(FRIDAY_EVENING)
    lock_due(clock.now())
    lock_due(clock.now())
    assert Week.of(MONDAY) is None
    told = [notice.telling.kind for notice in Notice.select().where(Notice.person == school.director)]
    assert told.count("inspections.week_waits") == 1, "once a day, not once a minute"
    appeal.uphold(school.counsellor, "照片很清楚")
    lock_due(clock.now())
    assert Week.of(MONDAY) is not None


def test_once_for_a_mark(school, mark, appeal):
    with pytest.raises(Refused, match="already"):
        Appeal.file(mark, school.teacher, "再来一次")


def test_nothing_was_taken(school, check):
    fine = next(mark for mark in check.marks if not mark.lost)
    with pytest.raises(Refused, match="Nothing was taken"):
        Appeal.file(fine, school.teacher, "?")


def test_an_answered_appeal_is_answered_once(phone, school, appeal):
    appeal.uphold(school.counsellor, "照片很清楚")
    with pytest.raises(Refused, match="already answered"):
        appeal.correct(school.director, 0, "看错了")
    assert Correction.select().count() == 0


def test_an_appeal_never_takes_more(school, appeal):
    with pytest.raises(Refused, match="smaller"):
        appeal.correct(school.director, 150, "更脏")


def test_nobody_answers_for_the_own_class(phone, school, appeal):
    school.classes.three_two.change(school.director, teacher=school.counsellor)
    form = {"outcome": "upheld", "reason": "x"}
    assert phone(school.counsellor).send(f"/inspections/appeals/{appeal.id}", form).status_code == 403
    assert 'name="outcome"' not in phone(school.counsellor).get(f"/inspections/appeals/{appeal.id}").text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"outcome": "", "reason": "x"}, "choose one"),
        ({"outcome": "maybe", "reason": "x"}, "choose one"),
        ({"outcome": "upheld", "reason": ""}, "fill this in"),
        ({"outcome": "upheld", "reason": "x" * 301}, "At most 300"),
        ({"outcome": "corrected", "points": "", "reason": "x"}, "fill this in"),
        ({"outcome": "corrected", "points": "0.5", "reason": "x"}, "smaller"),
        ({"outcome": "corrected", "points": "9", "reason": "x"}, "from 0 to 1.5"),
    ],
)
def test_a_bad_answer_changes_nothing(phone, school, check, appeal, form, words):
    answer = phone(school.director).send(f"/inspections/appeals/{appeal.id}", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert Appeal.get_by_id(appeal.id).is_open
    assert Check.get_by_id(check.id).total == 850


@pytest.mark.parametrize("who", ["stranger", "cleaner", "electrician"])
def test_others_neither_see_nor_appeal(phone, school, mark, appeal, who):
    client = phone(getattr(school, who))
    assert client.get(f"/inspections/appeals/{appeal.id}").status_code == 404
    assert client.get(url(mark)).status_code == 404
    assert client.send(url(mark), {"words": "x"}).status_code == 404
    assert "Grade 3" not in client.get("/inspections/appeals").text
    assert client.send(f"/inspections/appeals/{appeal.id}", {"outcome": "upheld", "reason": "x"}).status_code == 403


def test_cards_and_visitors(phone, school, mark, appeal):
    assert phone(school.card).send(url(mark), {"words": "x"}).status_code == 403
    assert phone().send(url(mark), {"words": "x"}).status_code == 401
    assert phone(school.teacher).send(f"/inspections/appeals/{appeal.id}", {"outcome": "upheld"}).status_code == 403


def test_the_director_who_sees_a_mark_does_not_appeal(phone, school, mark):
    assert phone(school.director).send(url(mark), {"words": "x"}).status_code == 403


def test_once_only(phone, school, mark):
    client = phone(school.teacher)
    client.send(url(mark), {"words": "不对"}, key="a" * 22)
    assert client.send(url(mark), {"words": "不对"}, key="a" * 22).status_code == 303
    assert Appeal.select().count() == 1


def test_it_is_told_and_in_the_journal(school, check, appeal):
    assert Notice.select().where(Notice.person == school.counsellor).count() >= 1
    appeal.correct(school.director, 50, "少扣一点")
    actions = [event.action for event in Event.select().where(Event.noun_id == check.id, Event.noun == "checks")]
    assert {"inspections.appealed", "inspections.corrected", "inspections.appeal_won"} <= set(actions)
    assert Notice.select().where(Notice.person == school.teacher).count() >= 1


def test_the_list_asks_the_same_for_one_and_many(phone, school, check, appeal, counted):
    client = phone(school.counsellor)
    client.get("/inspections/appeals")
    with counted() as few:
        client.get("/inspections/appeals")
    Appeal.file(next(mark for mark in check.marks if mark.item.key == "windows"), school.teacher, "窗户也是")
    with counted() as many:
        client.get("/inspections/appeals")
    assert many.count == few.count


def test_what_waits_is_on_the_home_page(phone, school, appeal):
    assert "Appeals to answer" in phone(school.counsellor).get("/").text
    assert "Appeals to answer" not in phone(school.stranger).get("/").text
