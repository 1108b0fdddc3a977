"""A whole school: the pages ask the same number of questions, however large the book is."""

import pytest

from app.assets.models import Asset, Category, Shelf
from app.places.models import Place
from app.stocktakes.counting import Count
from app.stocktakes.models import BookLine, Stocktake
from tests.stocktakes.conftest import Counter, begin, opened

PAGES = ("", "/lines", "/lines?show=missing", "/lines?show=uncounted", "/signature")


def fill(school, things, rooms, each):
    """`rooms` rooms with `each` single things, by a few statements."""
    floor, start = school.places.classroom.parent_id, Asset.select().count()
    Place.insert_many([{"kind": "classroom", "name": f"大{n}", "parent": floor} for n in range(rooms)]).execute()
    places = [place.id for place in Place.select(Place.id).where(Place.name.startswith("大"))]
    rows = [
        {"number": f"Z{start}-{place}-{n}", "name": f"物 {n}", "category": things.kind.id, "place": place}
        for place in places for n in range(each)
    ]  # fmt: skip
    for at in range(0, len(rows), 500):
        Asset.insert_many(rows[at : at + 500]).execute()
    Shelf.insert_from(
        Asset.select(Asset.id, Asset.place, Category.life_years * 0 + 1)
        .join(Category)
        .where(Asset.number.startswith(f"Z{start}-")),
        [Shelf.asset, Shelf.place, Shelf.quantity],
    ).execute()
    return places


def queries(counted, person_phone, url):
    person_phone.get(url)
    with counted() as asked:
        assert person_phone.get(url).status_code == 200
    return asked.count


def test_pages_ask_the_same_of_a_small_and_a_large_book(school, things, phone, counted):
    custodian = phone(school.custodian)
    small = begin(school, places=[school.places.classroom])
    Counter(opened(small, school.places.classroom, school.custodian), school.custodian).sees(things.projectors[0])
    few = [queries(counted, custodian, f"/stocktakes/{small.id}{page}") for page in PAGES]
    few.append(queries(counted, custodian, f"/stocktakes/{small.id}/rooms/{school.places.classroom.id}"))
    places = fill(school, things, 40, 25)
    large = begin(school)
    room = opened(large, Place.get_by_id(places[0]), school.custodian)
    for asset in Asset.select().where(Asset.place == places[0]).limit(20):
        Counter(room, school.custodian).room.stocktake = large
        Count.create(
            stocktake=large, place=places[0], verdict="found", asset=asset, book=1, how="scan", by=school.custodian,
            client=f"client-{asset.id}", key=f"asset {asset.id}",
        )  # fmt: skip
    many = [queries(counted, custodian, f"/stocktakes/{large.id}{page}") for page in PAGES]
    many.append(queries(counted, custodian, f"/stocktakes/{large.id}/rooms/{places[0]}"))
    assert many == few
    assert max(few) <= 20


@pytest.mark.slow
def test_a_book_of_twenty_thousand_lines(real_app):
    import time

    from tests.helpers import make_school, sign_in
    from tests.stocktakes.conftest import make_property

    with real_app.app_context():
        school = make_school()
        things = make_property(school)
        fill(school, things, 200, 100)
        start = time.monotonic()
        stocktake = begin(school)
        assert time.monotonic() - start < 5
        assert BookLine.select().count() > 20_000
        db_rows = [
            {"stocktake": stocktake.id, "place": line.place_id, "verdict": "found", "asset": line.asset_id, "book": 1,
             "how": "scan", "by": school.custodian.id, "client": f"client-{line.id}", "key": f"asset {line.asset_id}"}
            for line in BookLine.select().limit(15_000)
        ]  # fmt: skip
        for at in range(0, len(db_rows), 500):
            Count.insert_many(db_rows[at : at + 500]).execute()
        stocktake.open_room(Place.get(Place.name == "大1"), school.custodian)
    browser = sign_in(real_app, school.custodian)
    for page in PAGES:
        start = time.monotonic()
        assert browser.get(f"/stocktakes/{Stocktake.get().id}{page}").status_code == 200
        assert time.monotonic() - start < 1.5, page
