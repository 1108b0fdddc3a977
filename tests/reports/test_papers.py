"""The card of an asset and the list behind a door: every field that there is, for who may see it."""

import io
import re
from datetime import date

import pytest

from app.assets import ledger
from app.assets.models import Asset, Category, Shelf, install_builtin
from app.db import writing
from app.photos.models import Photo, receive
from tests.pictures import jpeg
from tests.reports.conftest import words_of


@pytest.fixture
def projector(school):
    install_builtin()
    return Asset.add(
        "投影仪", Category.get(Category.code == "A02020200"), school.custodian, place=school.places.classroom,
        brand="爱普生", model="CB-X06", serial="SN-2021-77", finance_number="TY2021000123", unit_price=356000,
        acquired_on=date(2021, 9, 1), supplier="晨光教育装备", invoice="08812345", fund="财政拨款",
        warranty_until=date(2024, 8, 31), office=school.teaching, keeper=school.teacher, note="吊装，遥控器在讲台",
    )  # fmt: skip


@pytest.fixture
def desks(school):
    install_builtin()
    return Asset.add(
        "课桌", Category.get(Category.code == "A05010203"), school.custodian, place=school.places.store, is_batch=True,
        quantity=40, unit="张", size=5, unit_price=18000,
    )  # fmt: skip


def test_the_card_says_every_field(school, projector, phone):
    browser = phone(school.custodian)
    page, words = (browser.get(f"/paper/asset-card/{projector.id}{end}") for end in ("", ".pdf"))
    for field in (
        "投影仪", projector.number, "TY2021000123", "A02020200", "爱普生", "CB-X06", "SN-2021-77", "1 台", "3,560.00",
        "bought", "2021-09-01", "晨光教育装备", "08812345", "财政拨款", "2024-08-31", "in use", "教务处", "李敏",
        "201教室", "2026-11-24", "6 years", "吊装，遥控器在讲台", projector.label.code[:4],
    ):  # fmt: skip
        assert field in page.text, field
        assert re.sub(r"\s", "", field) in re.sub(r"\s", "", words_of(words.data)), field


def test_prices_suppliers_and_funds_stand_on_it_for_those_who_may_see_them(school, projector, phone):
    page = phone(school.teacher).get(f"/paper/asset-card/{projector.id}").text
    assert "CB-X06" in page
    for secret in ("3,560.00", "晨光", "08812345", "财政拨款", "Unit price"):
        assert secret not in page


@pytest.mark.parametrize("end", ["", ".pdf"])
def test_who_may_not_see_the_asset_gets_no_card(school, projector, phone, end):
    url = f"/paper/asset-card/{projector.id}{end}"
    assert phone(school.electrician).get(url).status_code == 404
    assert phone(school.cleaner).get(url).status_code == 404
    assert phone(school.card).get(url).status_code == 403
    assert phone().get(url).status_code == 303
    assert phone(school.custodian).get(f"/paper/asset-card/99999{end}").status_code == 404


def test_the_card_of_a_batch_tells_rooms_and_changes(school, desks, phone):
    row = ledger.post(desks, "removal", school.custodian, quantity=2, source=school.places.store, reason="桌面开裂")
    ledger.reverse(row, school.custodian, "数错了")
    page = phone(school.custodian).get(f"/paper/asset-card/{desks.id}").text
    for words in ("Where it stands", "总务仓库", "40 张", "7,200.00", "桌面开裂", "reversed", "数错了", "5 "):
        assert words in page


def test_a_photo_is_printed_in_both_dresses(school, projector, phone, app):
    with app.app_context():
        photo = receive(io.BytesIO(jpeg()))
        with writing():
            Photo.attach([photo], projector, school.custodian)
    browser = phone(school.custodian)
    assert "/photos/" in browser.get(f"/paper/asset-card/{projector.id}").text
    assert b"/Image" in browser.get(f"/paper/asset-card/{projector.id}.pdf").data


def test_of_very_many_changes_the_last_are_printed(school, desks, phone, monkeypatch):
    monkeypatch.setattr("app.reports.papers.MOST_MOVEMENTS", 5)
    for number in range(9):
        ledger.post(desks, "entry", school.custodian, target=school.places.store, reason=f"第{number}次")
    page = phone(school.custodian).get(f"/paper/asset-card/{desks.id}").text
    assert "The last 5 changes" in page
    assert "第8次" in page
    assert "第3次" not in page


# The list behind the door -----------------------------------------------------------------------------------------


def test_the_list_of_a_room_in_order_without_prices(school, projector, desks, phone):
    page = phone(school.custodian).get(f"/paper/room-list/{school.places.store.id}").text
    for words in (
        "Property of the room",
        "教学楼 二楼 总务仓库",
        "课桌",
        "40",
        school.custodian.name,
        "General Affairs Office",
    ):
        assert words in page
    assert "投影仪" not in page
    assert "7,200" not in page
    assert "180.00" not in page


@pytest.mark.parametrize("end", ["", ".pdf"])
def test_the_class_teacher_prints_the_list_of_her_room_and_no_other(school, projector, desks, phone, end):
    her = phone(school.teacher)
    assert her.get(f"/paper/room-list/{school.places.classroom.id}{end}").status_code == 200
    assert her.get(f"/paper/room-list/{school.places.store.id}{end}").status_code == 404
    assert her.get(f"/paper/room-list/{school.places.building.id}{end}").status_code == 404
    assert her.get(f"/paper/room-list/99999{end}").status_code == 404
    assert phone(school.card).get(f"/paper/room-list/{school.places.classroom.id}{end}").status_code == 403
    assert phone().get(f"/paper/room-list/{school.places.classroom.id}{end}").status_code == 303


def test_an_empty_room_says_so(school, phone):
    page = phone(school.stranger).get(f"/paper/room-list/{school.places.office.id}").text
    assert "Nothing stands here by the ledger." in page


def test_three_hundred_things_with_long_names(school, projector, phone, counted):
    store, browser = school.places.store, phone(school.custodian)
    url = f"/paper/room-list/{store.id}"

    def queries():
        with counted() as asked:
            browser.get(url)
        return asked.count

    Asset.add("多媒体" * 20, projector.category, school.custodian, place=store, model="很长的型号" * 10)
    few = queries()
    Asset.add_many(299, "讲台<b>" + "长" * 60, projector.category, school.custodian, place=store, brand="牌" * 50)
    assert Shelf.select().where(Shelf.place == store).count() == 300
    assert queries() == few <= 10
    assert "<b>" not in browser.get(url).text
    words = words_of(browser.get(f"{url}.pdf").data)
    assert words.count("Asset name") > 8  # the head on each page
    assert words.count("Keeper:") == 1


# The ways there -----------------------------------------------------------------------------------------------------


def test_the_pages_of_asset_and_room_lead_to_their_papers(school, projector, phone):
    assert f"/paper/asset-card/{projector.id}" in phone(school.custodian).get(f"/assets/{projector.id}").text
    room = school.places.classroom.id
    assert f"/paper/room-list/{room}" in phone(school.teacher).get(f"/assets/in/{room}").text
    assert f"/paper/room-list/{room}" in phone(school.teacher).get(f"/places/{room}").text
