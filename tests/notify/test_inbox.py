"""The inbox: what was told, read, and how many there are."""

import pytest

from app import clock, notify
from app.notify.models import Notice
from app.notify.telling import sweep
from tests.conftest import TUESDAY

NUMBER = "unread notice"


def tell(school, who, count=1, **more):
    for number in range(count):
        notify.tell(
            "test.late", school.places.classroom, [who], "/places/1", number=f"BX-{number}", place="201", **more
        )


def test_the_bar_tells_how_many(school, phone):
    tell(school, school.teacher, 3)
    assert "3 unread notices" in phone(school.teacher).get("/people/me").text
    assert NUMBER not in phone(school.stranger).get("/people/me").text


def test_more_than_99_are_many(school, phone):
    tell(school, school.teacher, 101)
    page = phone(school.teacher).get("/people/me").text
    assert "99+" in page
    assert "101 unread notices" in page


@pytest.mark.parametrize("unread", [0, 40])
def test_the_number_costs_no_query(school, phone, counted, unread):
    """It comes with the sign-in: as many queries as before, signed out none at all."""
    tell(school, school.teacher, unread)
    visitor = phone(school.teacher)
    visitor.get("/people/me/password")
    with counted() as queries:
        visitor.get("/people/me/password")
    assert queries.count == 1
    signed_out = phone()
    with counted() as queries:
        signed_out.get("/privacy")
    assert queries.count == 0


def test_a_list_costs_the_same_for_one_and_for_thirty(school, phone, counted):
    visitor = phone(school.teacher)
    counts = []
    for more in (1, 29):
        tell(school, school.teacher, more)
        with counted() as queries:
            assert visitor.get("/notices/").status_code == 200
        counts.append(queries.count)
    assert counts == [2, 2]


def test_the_list_is_paged(school, phone):
    tell(school, school.teacher, 31)
    page = phone(school.teacher).get("/notices/").text
    assert page.count("/reading") == 31  # thirty notices and the button for all
    assert "repair BX-30 is late" in page
    assert "repair BX-0 is late" not in page
    assert "repair BX-0 is late" in phone(school.teacher).get("/notices/?page=2").text


def test_reading_one_leads_to_what_it_tells_of(school, phone):
    tell(school, school.teacher)
    notice = Notice.get()
    visitor = phone(school.teacher)
    answer = visitor.send(f"/notices/{notice.id}/reading")
    assert (answer.status_code, answer.location) == (303, "/places/1")
    assert Notice.get().read_at == TUESDAY
    assert NUMBER not in visitor.get("/people/me").text
    assert "BX-0" in visitor.get("/notices/").text
    assert "BX-0" not in visitor.get("/notices/?which=unread").text


def test_nobody_reads_anothers(school, phone):
    tell(school, school.teacher)
    assert phone(school.director).send(f"/notices/{Notice.get().id}/reading").status_code == 404
    assert "BX-0" not in phone(school.director).get("/notices/").text
    assert Notice.get().read_at is None


def test_all_at_once_up_to_what_was_seen(school, phone):
    tell(school, school.teacher, 2)
    tell(school, school.stranger)
    seen = Notice.select().where(Notice.person == school.teacher).order_by(Notice.id.desc()).get().id
    tell(school, school.teacher)
    assert phone(school.teacher).send("/notices/reading", {"upto": str(seen)}).status_code == 303
    unread = Notice.select().where(Notice.read_at.is_null()).order_by(Notice.id)
    assert [notice.person_id for notice in unread] == [school.stranger.id, school.teacher.id]
    assert all(notice.id > seen for notice in unread)


@pytest.mark.parametrize("upto", ["", "x", "٣", "-1", "9" * 40, "<b>😀"])
def test_odd_marks_read_nothing(school, phone, upto):
    tell(school, school.teacher)
    assert phone(school.teacher).send("/notices/reading", {"upto": upto}).status_code == 303
    assert Notice.get().read_at is None


def test_hostile_words_stay_words(school, phone):
    notify.tell("test.late", school.places.classroom, [school.teacher], "/", number="<b>1</b>", place="😀" * 200)
    page = phone(school.teacher).get("/notices/").text
    assert "&lt;b&gt;1&lt;/b&gt;" in page
    assert "😀" * 200 in page


def test_signed_out_and_cards_have_no_inbox(school, phone):
    assert phone().get("/notices/").status_code == 303
    assert phone(school.card).get("/notices/").status_code == 403
    assert "icons.svg#bell" not in phone().get("/privacy").text


def test_read_ones_go_after_90_days_unread_ones_stay(school, ctx):
    tell(school, school.teacher, 2)
    tell(school, school.teacher, once="for ever")
    first = Notice.select().order_by(Notice.id).get()
    first.read()
    Notice.get(Notice.telling == notify.Telling.get(notify.Telling.once.is_null(False))).read()
    clock.set_hands(TUESDAY.replace(year=2027, month=2, day=22))
    assert sweep() == 0
    clock.set_hands(TUESDAY.replace(year=2027, month=2, day=23))
    assert sweep() == 2
    assert [notice.read_at for notice in Notice.select()] == [None]
    assert notify.Telling.select().count() == 2  # the unread one's, and the one that may never be told again
    tell(school, school.teacher, once="for ever")
    assert Notice.select().count() == 1
