"""One month against another: means, items found wanting, classes and places; the same numbers as a sheet."""

import io
from datetime import date, datetime

import pytest
from openpyxl import load_workbook

from app import clock
from app.inspections import trends
from app.inspections.checklists import CLASS_HYGIENE, Checklist
from app.inspections.models import Check
from app.inspections.scoring import Verdict
from app.repairs.periods import Period

NOVEMBER, OCTOBER = Period.month(2026, 11), Period.month(2026, 10)
PAGE = "/inspections/trends?period=2026-11"


@pytest.fixture
def two_months(school, score):
    """三(2)班 has 10 and 9 in October, 9.5 in November; 三(3)班 8 in November."""
    clock.set_hands(datetime(2026, 10, 13, 2))
    score()
    clock.set_hands(datetime(2026, 10, 14, 2))
    score({"floor": Verdict(100, (1,))})
    clock.set_hands(datetime(2026, 11, 10, 2))
    score({"floor": Verdict(50, (0,))})
    score({"floor": Verdict(100, (1,)), "seats": Verdict(100, (0,))}, place=school.places.other_classroom)
    clock.set_hands(datetime(2026, 11, 24, 2))


def test_each_month_has_its_mean(two_months):
    october, november = trends.by_month(CLASS_HYGIENE, NOVEMBER)
    assert (october.period, october.whole.checks, october.whole.mean) == (OCTOBER, 2, 950)
    assert (november.whole.checks, november.whole.mean) == (2, 875)
    assert november.grades[3].mean == 875
    assert november.whole.rate == 0.875


def test_months_before_the_first_check_are_left_out(score):
    score()
    assert [month.period.key for month in trends.by_month(CLASS_HYGIENE, NOVEMBER)] == ["2026-11"]


def test_a_month_between_without_checks_stays(two_months):
    months = trends.by_month(CLASS_HYGIENE, Period.month(2026, 12))
    assert [month.whole.checks for month in months] == [2, 2, 0]
    assert months[-1].whole.rate is None


def test_a_class_was_in_another_grade_before_the_summer(score):
    clock.set_hands(datetime(2026, 6, 10, 2))  # 2024's children are in grade 2
    score()
    clock.set_hands(datetime(2026, 9, 10, 2))
    score()
    months = trends.by_month(CLASS_HYGIENE, Period.month(2026, 9))
    assert [list(month.grades) for month in months if month.whole.checks] == [[2], [3]]


def test_items_found_wanting_most_often_come_first(two_months, ctx):
    items = trends.by_item(CLASS_HYGIENE, NOVEMBER, OCTOBER)
    floor, seats = items[:2]
    assert (floor.key, floor.times, floor.lost, floor.checks, floor.before) == ("floor", 2, 150, 2, 1)
    assert (floor.rate, floor.rate_before) == (1, 0.5)
    assert (seats.key, seats.times, seats.before) == ("seats", 1, 0)


def test_a_facility_fault_is_counted_though_it_costs_nothing(score, hygiene, ctx):
    score({hygiene.items[-1].key: Verdict(facility=True, words="灯管不亮")})
    first = trends.by_item(CLASS_HYGIENE, NOVEMBER, OCTOBER)[0]
    assert (first.key, first.times, first.lost) == (hygiene.items[-1].key, 1, 0)


def test_an_item_keeps_its_row_when_its_words_change(two_months, hygiene, school, ctx):
    items = [{"key": i.key, "name": f"{i.name}新", "name_en": f"{i.name_en} anew", "max": i.max, "step": i.step,
              "reasons": i.reasons} for i in hygiene.items]  # fmt: skip
    hygiene.revise(school.director, items)
    floor = trends.by_item(CLASS_HYGIENE, NOVEMBER, OCTOBER)[0]
    assert floor.times == 2
    assert floor.title.endswith("anew")


def test_classes_come_best_first_with_the_month_before(two_months, ctx, school):
    now, before = (trends.sums_by_owner(CLASS_HYGIENE, period) for period in (NOVEMBER, OCTOBER))
    rows = [(name, sums.mean, then.mean if then else None) for name, sums, then in trends.pairs(now, before)]
    assert rows == [(school.classes.three_two.name, 950, 950), (school.classes.three_three.name, 800, None)]


def test_places_are_compared_where_no_class_is_checked(school, ctx):
    Check.record(Checklist.now("toilet"), school.places.toilet, school.director, {"floor": Verdict(50, (0,))})
    ((name, sums),) = trends.sums_by_owner("toilet", NOVEMBER)
    assert "二楼男厕" in name
    assert sums.mean == 950


def test_the_page_draws_and_says_the_same_numbers(phone, school, two_months):
    text = phone(school.director).get(PAGE).text
    assert text.count("<figure") == 3
    assert "8.75" in text
    assert "−0.75" in text
    assert 'role="img"' in text
    assert "style=" not in text


def test_the_sheet_has_the_numbers_of_the_page(phone, school, two_months):
    answer = phone(school.director).get("/inspections/trends.xlsx?period=2026-11")
    months, items, owners = load_workbook(io.BytesIO(answer.data)).worksheets
    assert [cell.value for cell in months[3]][1:3] == [2, 8.75]
    assert [cell.value for cell in items[2]][1:4] == [2, 1.5, 1]
    assert [cell.value for cell in owners[2]][1:] == [1, 9.5, 9.5]


def test_an_empty_school_is_told_so(phone, school):
    assert "Nothing was checked in 2026-11." in phone(school.director).get(PAGE).text


def test_a_term_or_nonsense_shows_a_month(phone, school, two_months):
    client = phone(school.director)
    assert client.get("/inspections/trends?period=2026-1").status_code == 200
    assert client.get("/inspections/trends?period=%00<b>").status_code == 200
    assert client.get("/inspections/trends?checklist=nothing").status_code == 404


@pytest.mark.parametrize("path", [PAGE, PAGE.replace("?", ".xlsx?")])
def test_trends_are_for_the_office_and_leaders(phone, school, two_months, path):
    for who in (school.director, school.counsellor, school.principal):
        assert phone(who).get(path).status_code == 200
    for who in (school.teacher, school.cleaner, school.card):
        assert phone(who).get(path).status_code == 403
    assert phone().get(path).status_code in (302, 303)


def test_more_checks_cost_no_more_queries(phone, school, counted, two_months, score):
    client = phone(school.director)

    def cost():
        with counted() as queries:
            assert client.get(PAGE).status_code == 200
        return queries.count

    few = cost()
    for day in range(1, 10):
        clock.set_hands(datetime(2026, 11, day, 3))
        score({"floor": Verdict(50, (0,))}, again="复查")
    clock.set_hands(datetime(2026, 11, 24, 2))
    assert cost() == few <= 14


def test_months_are_counted_back_over_the_new_year():
    keys = [month.key for month in trends.months_until(Period.month(2026, 2), 4)]
    assert keys == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert trends.months_until(NOVEMBER, 1)[0].end == date(2026, 11, 30)
