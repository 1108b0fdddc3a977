"""The basket: every new thing is in it; more goes in by filter, some comes out again."""

import pytest

from app.people.models import Person
from app.places.codes import Label
from app.printing.models import Basket


def codes_waiting() -> set[str]:
    return {label.code for label in Basket.waiting()}


def test_every_new_room_and_thing_waits(desk, stock):
    page = desk.get("/labels/").text
    assert Basket.counts() == {"": 9, "room": 5, "asset": 4}
    assert "投影仪" in page
    assert "201教室" in page
    assert "Choose the sheet and print 9 labels" in page


def test_one_kind_at_a_time(desk, stock):
    page = desk.get("/labels/?kind=asset").text
    assert "投影仪" in page
    assert "201教室" not in page
    assert "Choose the sheet and print 4 labels" in page


def test_an_unknown_kind_shows_all(desk, stock):
    assert "201教室" in desk.get("/labels/?kind=<script>").text


def test_an_empty_basket_says_what_to_do(desk, school):
    Basket.take_out()
    page = desk.get("/labels/").text
    assert "Nothing waits to be printed" in page
    assert "/labels/codes" in page


def test_ticked_ones_come_out(desk, stock):
    answer = desk.send("/labels/basket/removal", {"code": stock.codes[:2], "kind": "asset"})
    assert answer.status_code == 303
    assert Basket.counts()["asset"] == 2
    assert stock.codes[0] not in codes_waiting()


def test_all_of_a_kind_come_out(desk, stock):
    desk.send("/labels/basket/removal", {"all": "yes", "kind": "asset"})
    assert Basket.counts() == {"": 5, "room": 5}


def test_an_asset_goes_in_from_its_page_and_back_there(desk, stock):
    Basket.take_out()
    asset = stock.projectors[0]
    answer = desk.send("/labels/basket", {"asset": str(asset.id), "next": f"/assets/{asset.id}"})
    assert answer.headers["Location"] == f"/assets/{asset.id}"
    assert codes_waiting() == {stock.codes[0]}


def test_the_way_back_leads_nowhere_else(desk, stock):
    answer = desk.send("/labels/basket", {"asset": str(stock.chairs.id), "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/labels/"


def test_a_room_alone_and_a_room_with_its_things(desk, stock, school):
    Basket.take_out()
    desk.send("/labels/basket", {"place_only": str(school.places.store.id)})
    assert Basket.counts() == {"": 1, "room": 1}
    desk.send("/labels/basket", {"place": str(school.places.store.id)})
    assert Basket.counts() == {"": 4, "room": 1, "asset": 3}


def test_a_building_means_all_its_rooms(desk, stock, school):
    Basket.take_out()
    desk.send("/labels/basket", {"place": str(school.places.building.id), "kind": "room"})
    assert Basket.counts() == {"": 5, "room": 5}


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"batch": "2026秋"}, 3),
        ({"q": "投影"}, 3),
        ({"q": "ty"}, 3),
        ({"since": "2026-11-25"}, 0),
        ({"until": "2026-11-24", "kind": "asset"}, 4),
        ({"state": "new"}, 9),
        ({"state": "stuck"}, 0),
        ({}, 9),
    ],
)
def test_all_that_a_filter_finds(desk, stock, given, count):
    Basket.take_out()
    desk.send("/labels/basket", given)
    assert Basket.counts()[""] == count


def test_what_is_printed_is_no_longer_new(desk, printed):
    printed()
    desk.send("/labels/basket", {"state": "new", "kind": "asset"})
    assert "asset" not in Basket.counts()


def test_a_second_time_changes_nothing(desk, stock):
    before = codes_waiting()
    desk.send("/labels/basket", {"kind": "asset"})
    assert codes_waiting() == before
    assert "in it already" in desk.get("/labels/").text


def test_retired_labels_stay_out(desk, stock, school):
    label = Label.get_by_id(stock.codes[0])
    label.retire(school.custodian, "lost")
    assert label.code not in codes_waiting()
    desk.send("/labels/basket", {"code": [label.code]})
    assert label.code not in codes_waiting()
    assert desk.send("/labels/basket", {"state": "retired"}).status_code == 409


def test_putting_labels_in_by_the_api_of_other_nouns(stock, school):
    Basket.take_out()
    assert Basket.put([Label.get_by_id(code) for code in stock.codes], school.custodian) == 3
    assert Basket.put([Label.get_by_id(code) for code in stock.codes], school.custodian) == 0


@pytest.mark.parametrize("nonsense", ["0", "-1", "9" * 30, "x", "😀", "<b>", "1 or 1=1"])
def test_nonsense_puts_nothing_wrong_in(desk, stock, nonsense):
    Basket.take_out()
    desk.send("/labels/basket", {"code": nonsense})
    desk.send("/labels/basket", {"place_only": "9" * 9})
    assert codes_waiting() == set()


def test_only_the_office_has_a_basket(phone, school, stock):
    for who in (school.teacher, school.electrician, school.card, school.principal):
        assert phone(who).get("/labels/").status_code == 403
        assert phone(who).send("/labels/basket", {"kind": "room"}).status_code == 403
        assert phone(who).send("/labels/basket/removal", {"all": "yes"}).status_code == 403
    assert phone().get("/labels/").status_code == 303
    assert phone().send("/labels/basket/removal", {"all": "yes"}).status_code == 401
    assert Basket.counts()[""] == 9


def test_the_home_page_counts_what_waits(app, stock, school):
    from app.printing.views import waiting

    with app.test_request_context():
        (card,) = waiting(Person.get_by_id(school.custodian.id))
        assert (card.count, card.url) == (9, "/labels/")
        assert waiting(school.teacher) == []


def test_five_thousand_labels_cost_no_more_queries_than_nine(desk, stock, counted):
    desk.get("/labels/")
    with counted() as few:
        desk.get("/labels/")
    Label.make_blanks(3)
    rows = [{"code": f"{n:08d}", "basket_at": "2026-11-24 02:00:00", "batch": "many"} for n in range(5000)]
    for start in range(0, 5000, 500):
        Label.insert_many(rows[start : start + 500]).execute()
    with counted() as many:
        page = desk.get("/labels/")
    assert many.count == few.count <= 6
    assert page.text.count('name="code"') == 30
    with counted() as codes:
        assert desk.get("/labels/codes?state=new").status_code == 200
    assert codes.count <= 8
    with counted() as sheet:
        assert "5012 wait; the first 2000 are printed now" in desk.get("/labels/sheet").text
    assert sheet.count <= 8


def test_a_hostile_name_is_only_a_name(desk, stock, school):
    from app.assets.models import Asset

    Asset.add("<script>alert(1)</script>" + "长" * 40, stock.category, school.custodian, place=school.places.store)
    page = desk.get("/labels/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
