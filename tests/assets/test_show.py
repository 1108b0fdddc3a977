"""The life story of one asset on one page."""

import pytest

from app.assets.ledger import Movement
from tests.helpers import carried


def test_the_whole_story_is_on_one_page(school, things, phone):
    slip = carried(things.desk, school.places.store, school.places.classroom, school.custodian, 15)
    page = phone(school.custodian).get(f"/assets/{things.desk.id}").text
    for words in ("A0501-2026-0001", "总务仓库", "201教室", "25 张", "15 张", f"{slip.number} 换房间",
                  f"/transfers/{slip.id}", "¥180.00 × 40 = ¥7,200.00",
                  "教学、实验用桌", things.desk.label.code[:4], "never printed", "in the basket"):  # fmt: skip
        assert words.replace("教学、实验用桌", "teaching and laboratory desks") in page, words


def test_a_teacher_sees_it_without_price_supplier_and_fund(school, things, phone):
    page = phone(school.teacher).get(f"/assets/{things.projector.id}").text
    assert "爱普生" in page
    for hidden in ("3,560", "晨光教育装备", "财政拨款", "Reverse this entry", "Take off", "/edit"):
        assert hidden not in page


@pytest.mark.parametrize("who", ["stranger", "counsellor"])
def test_of_others_it_is_not_there(school, things, phone, who):
    assert phone(getattr(school, who)).get(f"/assets/{things.projector.id}").status_code == 404


def test_a_card_and_someone_signed_out_have_the_scan_page_only(school, things, phone):
    assert phone(school.card).get(f"/assets/{things.projector.id}").status_code == 403
    assert phone().get(f"/assets/{things.projector.id}").status_code == 303
    assert phone(school.custodian).get("/assets/99999").status_code == 404


def test_how_long_it_was_used_of_the_minimum_life(school, things, phone):
    from datetime import date

    things.projector.change(school.custodian, acquired_on=date(2019, 11, 24))
    assert things.projector.life_used > 1
    page = phone(school.custodian).get(f"/assets/{things.projector.id}").text
    assert "7.0 years" in page
    assert "of at least 6" in page


def test_the_number_of_queries_is_constant(school, things, phone, counted):
    browser = phone(school.custodian)
    browser.get(f"/assets/{things.desk.id}")
    with counted() as few:
        browser.get(f"/assets/{things.desk.id}")
    for _time in range(12):
        for _half in range(2):
            carried(things.desk, school.places.store, school.places.classroom, school.custodian)
    with counted() as many:
        browser.get(f"/assets/{things.desk.id}")
    # Eight for what the page itself tells, and one for each thing a panel asks: finance card, delivery, hands (now, on
    # the days to come, how many there are), reservations, transfers, write-offs, repairs.
    assert many.count == few.count <= 17


def test_older_rows_of_the_ledger_stand_on_the_next_page_and_can_be_reversed(phone, school, things):
    for turn in range(24):
        there, back = school.places.store, school.places.classroom
        source, target = (back, there) if turn % 2 else (there, back)
        carried(things.desk, source, target, school.custodian, 1)
    client = phone(school.custodian)
    first, second = (client.get(f"/assets/{things.desk.id}?rows={number}").text for number in (1, 2))
    oldest = min(row.id for row in Movement.select().where(Movement.asset == things.desk))
    address = f"/assets/{things.desk.id}/movements/{oldest}/reversal"
    assert address not in first
    assert address in second
    assert f"/assets/{things.desk.id}?rows=2" in first
