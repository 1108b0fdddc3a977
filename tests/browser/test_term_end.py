"""The end of a term in the browser: rooms are closed at their doors, and what was not scanned stands in a list."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.browser.conftest import DESK, Site, sending, turning
from tests.browser.test_roads import ask, no_sideways_scroll, seen

PAGE = "/inspections/holidays"


@pytest.fixture
def last_days(site: Site) -> Iterator[None]:
    """The term ends in three days; afterwards it is as long as before."""
    today = date.today().isoformat()
    sql = "select id, ends_on from term where starts_on <= ? and ends_on >= ?"
    ((term, ends_on),) = ask(site, sql, today, today)
    _end(site, term, (date.today() + timedelta(days=3)).isoformat())
    yield
    _end(site, term, ends_on)


def _end(site: Site, term: int, day: str) -> None:
    with closing(sqlite3.connect(site.data / "zongwu.db", timeout=20)) as connection:
        connection.execute("update term set ends_on = ? where id = ?", (day, term))
        connection.commit()


def door_of(site: Site, name: str) -> str:
    sql = "select code from label join place on place.id = label.place_id where place.name = ? and retired_at is null"
    return ask(site, sql, name)[0][0]


def test_a_room_is_closed_at_its_door_and_the_others_stay_on_the_list(open_phone, sign_in, site, last_days):
    began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    teacher = open_phone()
    sign_in(teacher, "柯学家", PAGE)
    assert no_sideways_scroll(teacher)
    assert "科学实验室" in teacher.inner_text("#not-scanned"), "the rooms one keeps wait to be closed"
    assert "计算机教室" not in seen(teacher), "those of others do not"

    teacher.goto(f"/q/{door_of(site, '科学实验室')}")
    with turning(teacher):
        teacher.get_by_role("link", name="放假前关门").first.click()
    teacher.wait_for_load_state("networkidle")
    assert no_sideways_scroll(teacher)
    with sending(teacher):
        teacher.click(".fixed [name=all_fine]")
    sql = """select count(*) from checks join place on place.id = place_id
             where slug = 'holiday-closing' and place.name = ? and checks.at > ?"""
    assert ask(site, sql, "科学实验室", began) == [(1,)], "besides those before earlier holidays"

    teacher.goto(PAGE)
    assert "科学实验室" in teacher.inner_text("#closed")
    assert "科学实验室" not in teacher.inner_text("#not-scanned")

    office = open_phone(viewport=DESK)
    sign_in(office, "钟务实", PAGE)
    assert "科学实验室" in office.inner_text("#closed")
    left = office.inner_text("#not-scanned")
    assert "计算机教室" in left
    assert "科学实验室" not in left
    with sending(office):
        office.get_by_role("button", name="提醒保管人").click()
    assert "已通知" in seen(office) or "已通知" in office.inner_text("body")
    assert ask(site, "select count(*) from notice join telling on telling.id = notice.telling_id "
                     "where kind = 'inspections.close_rooms'")[0][0] > 5  # fmt: skip

    office.goto(f"{PAGE}/print")
    paper = office.inner_text("body")
    assert "未扫码，即未检查" in paper
    assert paper.index("计算机教室") < paper.index("科学实验室"), "what was not scanned comes first"
