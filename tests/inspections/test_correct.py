"""Putting a mark right: the old value stays, with who and why."""

import peewee
import pytest

from app.errors import Refused
from app.inspections.models import Check, Correction
from app.inspections.scoring import Verdict
from app.journal import Event


@pytest.fixture
def check(score):
    return score({"floor": Verdict(100, (1,)), "windows": Verdict(50, (0,))})


@pytest.fixture
def mark(check):
    return next(mark for mark in check.marks if mark.item.key == "floor")


def url(mark):
    return f"/inspections/marks/{mark.id}/correction"


def total(check):
    return Check.get_by_id(check.id).total


def test_the_director_corrects_and_the_total_follows(phone, school, check, mark):
    assert total(check) == 850
    client = phone(school.director)
    answer = client.send(url(mark), {"points": "1", "reason": "只是一小块纸屑"})
    assert answer.location == f"/inspections/{check.id}"
    assert total(check) == 900
    row = Correction.get()
    assert (row.old, row.new, row.person, row.reason) == (100, 50, school.director, "只是一小块纸屑")
    page = client.get(answer.location).text
    assert "Corrected from −1 to −0.5 by 赵建国" in page
    assert "只是一小块纸屑" in page


def test_each_correction_stays(check, mark, school):
    mark.correct(50, school.director, "一次")
    mark.correct(0, school.counsellor, "两次")
    assert [(row.old, row.new) for row in Correction.select().order_by(Correction.id)] == [(100, 50), (50, 0)]
    assert total(check) == 950


def test_a_correction_is_never_changed(mark, school):
    mark.correct(50, school.director, "一次")
    with pytest.raises(peewee.IntegrityError):
        Correction.update(reason="别的").execute()


def test_a_bonus_still_counts_and_full_is_the_ceiling(score, school, later):
    later(2)
    check = score({"floor": Verdict(50, (0,))}, bonus=50, note="帮忙")
    assert total(check) == 1000
    other = next(mark for mark in check.marks if mark.item.key == "walls")
    other.correct(50, school.director, "有乱画")
    assert total(check) == 950
    other.correct(0, school.director, "看错了")
    assert total(check) == 1000


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"points": "", "reason": "x"}, "fill this in"),
        ({"points": "9", "reason": "x"}, "from 0 to 1.5"),
        ({"points": "1", "reason": ""}, "fill this in"),
        ({"points": "1", "reason": "x" * 301}, "At most 300"),
        ({"points": "one", "reason": "<b>why</b>"}, "from 0 to 1.5"),
        ({"points": "1.3", "reason": "x"}, "steps of 0.5"),
    ],
)
def test_bad_input_changes_nothing(phone, school, check, mark, form, words):
    answer = phone(school.director).send(url(mark), form)
    assert answer.status_code == 422
    assert words in answer.text
    assert total(check) == 850
    assert Correction.select().count() == 0
    assert "<b>why</b>" not in answer.text


def test_the_value_it_has_is_no_correction(phone, school, mark):
    answer = phone(school.director).send(url(mark), {"points": "0.5", "reason": "x"})
    assert answer.status_code == 409
    assert Correction.select().count() == 0


@pytest.mark.parametrize("who", ["teacher", "principal", "custodian", "stranger", "card"])
def test_others_do_not_correct(phone, school, mark, who):
    client = phone(getattr(school, who))
    assert client.get(url(mark)).status_code == 403
    assert client.send(url(mark), {"points": "1", "reason": "x"}).status_code == 403
    assert phone().send(url(mark), {"points": "1", "reason": "x"}).status_code == 401
    assert Correction.select().count() == 0


def test_nobody_corrects_the_own_class(ctx, school, mark):
    school.classes.three_two.change(school.director, teacher=school.counsellor)
    with pytest.raises(Refused, match="own class"):
        mark.correct(0, school.counsellor, "我们班")


def test_once_only(phone, school, mark):
    client, form = phone(school.director), {"points": "1", "reason": "x"}
    client.send(url(mark), form, key="c" * 22)
    assert client.send(url(mark), form, key="c" * 22).status_code == 303
    assert Correction.select().count() == 1


def test_it_is_in_the_journal(ctx, school, mark, check):
    mark.correct(50, school.director, "一小块")
    event = Event.get(Event.action == "inspections.corrected")
    assert (event.noun_id, event.person, event.place) == (check.id, school.director, school.places.classroom)
    assert event.sentence == "corrected the points taken for 地面 from 1 to 0.5: 一小块"


def test_a_mark_that_is_not_there_is_404(phone, school):
    assert phone(school.director).get("/inspections/marks/999/correction").status_code == 404
    assert phone(school.director).get(f"/inspections/marks/{2**70}/correction").status_code == 404
