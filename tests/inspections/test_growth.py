"""Pages cost a constant number of queries: 5,000 checks with 50,000 marks, or ten."""

from datetime import datetime, time, timedelta

import pytest

from app import clock
from app.inspections.models import Check, Mark
from app.inspections.scoring import Verdict
from app.places.codes import Label
from app.places.models import ClassGroup, Place

CHECKS = 5000


@pytest.fixture
def years_of_checks(school, hygiene):
    """Many days of checks of two dozen classes."""
    rooms = [Place.add("classroom", f"{n}教室", None, parent=school.places.floor) for n in range(22)]
    for number, room in enumerate(rooms, start=10):
        ClassGroup.add(2024, number, None, room=room)
    groups = list(ClassGroup.select().where(ClassGroup.room.is_null(False)))
    rows = []
    for n in range(CHECKS):
        group, back = groups[n % len(groups)], n // len(groups)
        day, slot = clock.today() - timedelta(days=back // 2), ("morning", "noon")[back % 2]
        rows.append({
            "checklist": hygiene.id, "slug": hygiene.slug, "place": group.room_id, "class_group": group.id,
            "person": school.counsellor.id, "at": datetime.combine(day, time(1)), "day": day, "slot": slot,
            "full": 1000, "total": 950,
        })  # fmt: skip
    for start in range(0, CHECKS, 1000):
        Check.insert_many(rows[start : start + 1000]).execute()
    marks = [
        {"check": id, "item": item.id, "lost": 50 if position == 0 else 0, "reasons": [0] if position == 0 else []}
        for (id,) in Check.select(Check.id).tuples()
        for position, item in enumerate(hygiene.items)
    ]
    for start in range(0, len(marks), 4000):
        Mark.insert_many(marks[start : start + 4000]).execute()


PAGES = ("/inspections/", "/inspections/class/{group}", "/inspections/round", "/inspections/areas/day", "/")


def costs(client, counted, group):
    found = []
    for url in PAGES:
        with counted() as queries:
            assert client.get(url.format(group=group.id)).status_code == 200
        found.append(queries.count)
    return found


def test_pages_cost_the_same_with_fifty_thousand_marks(phone, school, counted, score, request):
    check = score({"floor": Verdict(50, (0,))})
    client = phone(school.director)
    few = costs(client, counted, school.classes.three_two)
    Mark.delete().where(Mark.check == check).execute()
    Check.delete().where(Check.id == check.id).execute()
    request.getfixturevalue("years_of_checks")
    assert Mark.select().count() == 10 * CHECKS
    assert costs(client, counted, school.classes.three_two) == few
    *own, desk = few
    assert max(own) <= 14
    # The first page asks each noun what waits: at most two questions, four for disposals, six for all of inspections.
    assert desk <= 24


def test_the_rows_that_lists_ask_for_are_found_by_index(school, hygiene, app):
    from app.db import database

    def plan(query):
        sql, params = query.sql()
        return " ".join(row[3] for row in database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall())

    last = Check.select().where(Check.place == 1, Check.total.is_null(False)).order_by(Check.id.desc()).limit(1)
    day = Check.select().where(Check.slug == hygiene.slug, Check.day == clock.today())
    own = Check.select().where(Check.class_group == 1).order_by(Check.day.desc())
    assert "checks_scored_at_place" in plan(last)
    for query in (last, day, own):
        assert "SCAN" not in plan(query)


def test_a_cleaner_with_many_areas_costs_no_more(phone, school, counted):
    client = phone(school.cleaner)

    def cost():
        with counted() as queries:
            assert client.get("/inspections/areas").status_code == 200
        return queries.count

    one = cost()
    for n in range(20):
        Place.add("corridor", f"走廊{n}", None, parent=school.places.floor, cleaner=school.cleaner)
    assert Label.select().count() >= 20
    assert cost() == one
