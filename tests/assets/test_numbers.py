"""Numbers run on without a gap or a double, whoever enters at the same moment, and quickly among 20,000."""

import peewee
import pytest

from app.assets.models import Asset, Category, next_number
from app.places.models import Place
from tests.helpers import app_on_file, at_once


def insert(category, numbers):
    rows = [{"number": number, "name": "投影仪", "category": category.id} for number in numbers]
    for batch in peewee.chunked(rows, 500):
        Asset.insert_many(batch).execute()


def test_the_number_is_category_year_and_a_running_number(things):
    assert things.projector.number == "A0202-2026-0001"
    assert things.desk.number == "A0501-2026-0001"
    assert next_number(things.projectors) == "A0202-2026-0002"


def test_the_year_is_that_of_acquiring(things):
    from datetime import date

    assert next_number(things.projectors, date(2019, 5, 1)) == "A0202-2019-0001"


def test_numbers_of_the_schools_own_making_are_passed_over(things):
    insert(things.projectors, ["A0202-2026-000X", "A0202-2026-9", "A0202-2026-0007-旧", "A0202-2026-99999x"])
    assert next_number(things.projectors) == "A0202-2026-0002"


def test_after_9999_comes_10000(things):
    insert(things.projectors, ["A0202-2026-9999"])
    assert next_number(things.projectors) == "A0202-2026-10000"
    insert(things.projectors, ["A0202-2026-10000", "A0202-2026-10001"])
    assert next_number(things.projectors) == "A0202-2026-10002"


def test_among_twenty_thousand_it_is_a_walk_down_an_index(things, counted):
    insert(things.projectors, [f"A0202-2026-{number:04}" for number in range(2, 20_001)])
    with counted() as queries:
        assert next_number(things.projectors) == "A0202-2026-20001"
    assert queries.count == 2
    from app.db import database

    plan = database.execute_sql("explain query plan " + queries.sql[0], ("A0202-2026-0000", "A0202-2026-9999", 15))
    assert any("USING COVERING INDEX asset_number" in row[3] for row in plan.fetchall())


def test_the_database_refuses_a_double(things):
    with pytest.raises(peewee.IntegrityError):
        insert(things.projectors, [things.projector.number])


@pytest.mark.slow
def test_ten_clerks_at_once_get_ten_runs_of_numbers(app, tmp_path):
    with app_on_file(tmp_path) as filed:
        with filed.app_context():
            category = Category.create(code="A02020200", name="投影仪")
            room = Place.add("store", "仓库", None, parent=Place.add("school", "学校", None))
        runs = at_once(filed, *[lambda: Asset.add_many(5, "投影仪", category, None, place=room)] * 10)
        numbers = sorted(asset.number for run in runs for asset in run)
        assert numbers == [f"A0202-{numbers[0][6:10]}-{number:04}" for number in range(1, 51)]
