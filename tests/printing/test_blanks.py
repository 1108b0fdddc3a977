"""Blank labels: made ahead, printed, and bound on the spot by whoever scans them."""

import pytest

from app.assets import ledger
from app.assets.models import Asset
from app.journal import Event
from app.places.codes import Label
from app.printing.models import Basket


@pytest.fixture
def blank(school) -> Label:
    return Label.make_blanks(1, "盘点")[0]


def test_blanks_wait_in_the_basket(desk, school):
    answer = desk.send("/labels/blanks", {"count": "12", "batch": "盘点"})
    assert answer.headers["Location"] == "/labels/?kind=blank"
    assert Basket.counts()["blank"] == 12
    assert {label.batch for label in Basket.of_kind("blank")} == {"盘点"}


@pytest.mark.parametrize("count", ["", "0", "-1", "501", "x", "😀", "1" * 1_000_000, "1.5"])
def test_a_wrong_count_makes_none(desk, school, count):
    answer = desk.send("/labels/blanks", {"count": count, "batch": "keep what I typed"})
    assert answer.status_code == 422
    assert "keep what I typed" in answer.text
    assert "blank" not in Basket.counts()


def test_sent_twice_makes_them_once(desk, school):
    key = "one form, one dozen"
    for _each in range(2):
        desk.send("/labels/blanks", {"count": "12"}, key=key)
    assert Basket.counts()["blank"] == 12


def test_binding_offers_what_fits(desk, stock, blank):
    assert "What is it on?" in desk.get(f"/labels/bind/{blank.code.lower()}").text
    page = desk.get(f"/labels/bind/{blank.code}?q=投影").text
    assert page.count('value="asset:') == 3
    assert 'value="place:' in desk.get(f"/labels/bind/{blank.code}?q=201").text
    assert "Nothing fits" in desk.get(f"/labels/bind/{blank.code}?q=😀").text


def test_htmx_gets_only_what_fits(desk, stock, blank):
    answer = desk.get(f"/labels/bind/{blank.code}?q=投影", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="bind-found"')


def test_bound_to_a_room_whose_old_label_is_retired(desk, school, blank):
    room = school.places.toilet
    old = Label.of(place=room)
    answer = desk.send(f"/labels/bind/{blank.code}", {"thing": f"place:{room.id}"})
    assert answer.headers["Location"] == f"/places/{room.id}"
    assert Label.of(place=room).code == blank.code
    assert Label.get_by_id(old.code).state == "retired"
    assert Label.get_by_id(blank.code).state == "stuck"
    assert Event.get(Event.action == "labels.bound").place_id == room.id


def test_bound_to_an_asset(desk, stock, blank):
    asset = stock.projectors[0]
    desk.send(f"/labels/bind/{blank.code}", {"thing": f"asset:{asset.id}"})
    assert Label.of(asset=asset).code == blank.code


@pytest.mark.parametrize(
    ("thing", "status"),
    [
        ("", 422),
        ("place:", 404),
        ("asset:999999", 404),
        ("place:x", 404),
        ("person:1", 422),
        ("<b>", 422),
        ("😀" * 400, 422),
    ],
)
def test_bound_to_nothing_stays_blank(desk, stock, blank, thing, status):
    assert desk.send(f"/labels/bind/{blank.code}", {"thing": thing}).status_code == status
    assert Label.get_by_id(blank.code).is_blank


def test_a_building_is_not_a_thing_to_stick_labels_on(desk, school, blank):
    assert desk.send(f"/labels/bind/{blank.code}", {"thing": f"place:{school.places.building.id}"}).status_code == 404


def test_a_new_thing_on_the_spot(desk, stock, school, blank):
    store = school.places.store
    form = {"name": "实物展台", "category": str(stock.category.id), "place": store.name, "place_id": str(store.id)}
    answer = desk.send(f"/labels/bind/{blank.code}/new", form)
    asset = Asset.get(Asset.name == "实物展台")
    assert answer.headers["Location"] == f"/assets/{asset.id}"
    assert Label.of(asset=asset).code == blank.code
    assert ledger.balance(asset, store) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "长" * 81},
        {"name": "x" * 1_000_000},
        {"category": ""},
        {"category": "999999"},
        {"category": "😀"},
        {"place": "没有这间", "place_id": ""},
        {"place_id": "999999", "place": ""},
    ],
)
def test_a_new_thing_with_bad_input_is_not_entered(desk, stock, school, blank, wrong):
    store = school.places.store
    form = {"name": "实物展台", "category": str(stock.category.id), "place": store.name, "place_id": str(store.id)}
    before = Asset.select().count()
    answer = desk.send(f"/labels/bind/{blank.code}/new", {**form, **wrong})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    if "name" not in wrong:
        assert "实物展台" in answer.text
    assert Asset.select().count() == before
    assert Label.get_by_id(blank.code).is_blank


def test_a_code_in_use_or_retired_is_not_bound_again(desk, stock, school, blank):
    used = stock.codes[0]
    assert desk.get(f"/labels/bind/{used}").headers["Location"] == f"/labels/codes/{used}"
    answer = desk.send(f"/labels/bind/{used}", {"thing": f"asset:{stock.chairs.id}"})
    assert answer.status_code == 409
    assert "already belongs" in answer.text
    blank.retire(school.custodian, "torn")
    assert desk.get(f"/labels/bind/{blank.code}").status_code == 409
    assert desk.send(f"/labels/bind/{blank.code}", {"thing": f"asset:{stock.chairs.id}"}).status_code == 409
    assert desk.send(f"/labels/bind/{blank.code}/new", {}).status_code == 409


def test_bound_twice_with_one_form_is_bound_once(desk, stock, blank):
    form = {"thing": f"asset:{stock.projectors[0].id}"}
    first = desk.send(f"/labels/bind/{blank.code}", form, key="scanned and sent twice")
    again = desk.send(f"/labels/bind/{blank.code}", form, key="scanned and sent twice")
    assert first.headers["Location"] == again.headers["Location"]
    assert Event.select().where(Event.action == "labels.bound").count() == 1


def test_only_the_office_binds(phone, school, stock, blank):
    for who in (school.teacher, school.cleaner, school.card, school.principal):
        assert phone(who).get(f"/labels/bind/{blank.code}").status_code == 403
        assert phone(who).send(f"/labels/bind/{blank.code}", {"thing": "place:1"}).status_code == 403
        assert phone(who).send(f"/labels/bind/{blank.code}/new", {}).status_code == 403
        assert phone(who).send("/labels/blanks", {"count": "3"}).status_code == 403
    assert phone().send(f"/labels/bind/{blank.code}", {"thing": "place:1"}).status_code == 401
    assert Label.get_by_id(blank.code).is_blank
