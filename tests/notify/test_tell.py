"""Telling people: in the same act, once, only those who are there."""

from datetime import date, datetime

import pytest

from app import notify
from app.db import writing
from app.notify.models import Notice, Telling


def tell(school, *to, kind="test.late", **more):
    more = {"number": "BX-7", "place": "201教室", **more}
    return notify.tell(kind, school.places.classroom, to, "/places/1", **more)


def test_everybody_once(school, ctx):
    telling = tell(school, school.teacher, school.teacher.id, None, school.card, school.director)
    rows = list(Notice.select().where(Notice.telling == telling))
    assert sorted(row.person_id for row in rows) == [school.director.id, school.teacher.id]
    assert telling.sentence == "repair BX-7 is late: 201教室"


def test_who_left_is_not_told(school, ctx):
    school.stranger.close(school.director, "退休")
    tell(school, school.stranger)
    assert not Notice.select().exists()


def test_told_with_the_event_or_not_at_all(school, ctx):
    def broken_off():
        with writing():
            tell(school, school.teacher)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert not Telling.select().exists()
    assert not Notice.select().exists()


def test_once_is_once_for_ever(school, ctx):
    assert tell(school, school.teacher, once="BX-7") is not None
    assert tell(school, school.teacher, once="BX-7") is None
    assert tell(school, school.teacher, once="BX-7", kind="test.urgent") is not None
    assert Notice.select().count() == 2


def test_days_and_moments_are_told_in_words(school, ctx):
    facts = {"what": ["name"], "until": datetime(2026, 11, 25, 2, 24)}
    telling = notify.tell("test.note", school.places.classroom, [school.teacher], "/", **facts)
    assert Telling.get_by_id(telling.id).sentence == "a word about name until 25/11, 10:24"
    telling = notify.tell(
        "test.note", school.places.classroom, [school.teacher], "/", what="x", until=date(2026, 12, 1)
    )
    assert Telling.get_by_id(telling.id).sentence == "a word about x until 1/12"


@pytest.mark.parametrize("path", ["https://elsewhere.example", "//elsewhere.example", "repairs/1", ""])
def test_only_our_own_pages(school, ctx, path):
    with pytest.raises(ValueError, match="own paths"):
        notify.tell("test.late", school.places.classroom, [school.teacher], path)


def test_unknown_kinds_are_a_mistake(school, ctx):
    with pytest.raises(KeyError):
        notify.tell("test.nothing", school.places.classroom, [school.teacher], "/")
