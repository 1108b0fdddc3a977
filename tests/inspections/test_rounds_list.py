"""The list of rounds, narrowed by plan, person and month: the same rows on the page, in the sheet and on paper."""

import io
from collections import Counter
from datetime import date, timedelta

import openpyxl
import pytest

from app import clock
from app.inspections.models import Check
from app.inspections.plans import Plan
from app.inspections.round_listing import RoundFilter
from app.inspections.rounds_clock import build_rounds, note_missed
from app.inspections.rounds_due import Round

MONDAY = date(2026, 11, 23)


def at(day, hour):
    clock.set_hands(clock.utc(day) + timedelta(hours=hour))


@pytest.fixture
def rounds(school, app):
    """A week of the counsellor's daily round (done on Monday, late on Tuesday, excused on Wednesday, missed on
    Thursday, open on Friday) and of the director's weekly one."""
    at(MONDAY, 6)
    with app.app_context():
        facts = {"often": "school_days", "opens": "07:30", "closes": "16:00", "grace": 1}
        daily = Plan.add(school.director, "每日查班", "class-hygiene", person=school.counsellor, **facts)
        weekly = Plan.add(school.director, "查厕所", "toilet", role="director", often="weekly", day=5, ahead=4)
        build_rounds()
        for day, hour in ((0, 10), (1, 17)):
            at(MONDAY + timedelta(days=day), hour)
            for place in (school.places.classroom, school.places.other_classroom):
                Check.record(daily.checklist, place, school.counsellor)
        Round.whole().where(Round.series == daily.series, Round.due_on == date(2026, 11, 25)).get().excuse(
            school.director, "运动会"
        )
        for day in (26, 27):
            at(date(2026, 11, day), 10)
            build_rounds()
        at(date(2026, 11, 28), 10)
        note_missed(clock.now())
        at(date(2026, 11, 27), 10)
    return daily, weekly


def page_of(browser, **args):
    return browser.get("/inspections/rounds", query_string=args).text


def sheet_of(browser, **args):
    answer = browser.get("/inspections/rounds/list.xlsx", query_string=args)
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))
    head = next(number for number, row in enumerate(rows) if "Name of the plan" in row)
    return [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :] if row[0]]


def test_page_sheet_and_print_show_the_same_rounds(phone, school, rounds):
    office = phone(school.director)
    at(date(2026, 11, 27), 17)
    args = {"month": "2026-11"}
    page, sheet = page_of(office, **args), sheet_of(office, **args)
    assert page.count('<a class="cell" href="/inspections/rounds/') == len(sheet) > 5
    states = {(row["Name of the plan"], f"{row['Day']:%d}"): row["State"] for row in sheet}
    assert states["每日查班", "23"] == "all checked"
    assert states["每日查班", "24"] == "checked late"
    assert states["每日查班", "25"] == "excused"
    assert states["查厕所", "27"] == "not done at all"
    excused = next(row for row in sheet if row["State"] == "excused")
    assert excused["Excused because"] == "运动会"
    done = next(row for row in sheet if row["State"] == "all checked")
    assert (done["Places"], done["Checked places"]) == (2, 2)
    printed = office.get("/inspections/rounds/list/print", query_string=args).text
    for row in sheet:
        assert row["State"] in printed
    assert printed.count("每日查班") == sum(row["Name of the plan"] == "每日查班" for row in sheet)


def test_the_sum_above_the_list_is_that_of_its_rows(phone, school, rounds):
    office = phone(school.director)
    at(date(2026, 11, 27), 17)
    page = page_of(office, plan=rounds[0].series, month="2026-11", tab="all")
    sheet = sheet_of(office, plan=rounds[0].series, month="2026-11", tab="all")
    assert f"{len(sheet)} rounds: " in page
    assert f"all checked {sum(row['State'] in ('all checked', 'checked late') for row in sheet)}" in page
    assert "excused 1" in page


def test_the_sum_is_what_each_round_says_of_itself(school, rounds, ctx):
    """The database counts as Round.state does, at every moment of the week."""
    for day in range(23, 30):
        for hour in (0, 7, 7.5, 10, 16, 16.5, 23):
            at(date(2026, 11, day), hour)
            one_by_one = Counter(round.state for round in Round.visible_to(school.director))
            assert RoundFilter(school.director, tab="all").sums() == one_by_one, (day, hour)


@pytest.mark.parametrize(
    ("args", "plans"),
    [
        ({"tab": "all"}, {"每日查班", "查厕所"}),
        ({"tab": "all", "doer": "counsellor"}, {"每日查班"}),
        ({"tab": "all", "doer": "director"}, {"查厕所"}),
        ({"tab": "all", "doer": "card"}, set()),
        ({"tab": "all", "plan": "weekly"}, {"查厕所"}),
        ({"tab": "excused"}, {"每日查班"}),
        ({"month": "2026-10"}, set()),
    ],
)
def test_it_is_narrowed_by_person_plan_and_month(phone, school, rounds, args, plans):
    asked = dict(args)
    if "doer" in asked:
        who = getattr(school, asked["doer"])
        asked["doer"] = f"{'c' if who.is_card else 'p'}{who.id}"
    if "plan" in asked:
        asked["plan"] = rounds[1].series
    assert {row["Name of the plan"] for row in sheet_of(phone(school.director), **asked)} == plans
    page = page_of(phone(school.director), **asked)
    for name in ("每日查班", "查厕所"):
        assert (f"{name}<small>" in page) == (name in plans)


@pytest.mark.parametrize(
    "nonsense", [{"plan": "x"}, {"doer": "p99999999"}, {"doer": "zz"}, {"month": "2026-13"}, {"tab": "<b>"}]
)
def test_nonsense_is_left_out(phone, school, rounds, nonsense):
    assert phone(school.director).get("/inspections/rounds", query_string=nonsense).status_code == 200
    assert phone(school.director).get("/inspections/rounds/list.xlsx", query_string=nonsense).status_code == 200


def test_each_takes_away_only_the_own_rounds(phone, school, rounds):
    assert {row["Name of the plan"] for row in sheet_of(phone(school.counsellor), tab="all")} == {
        "每日查班",
        "查厕所",
    }, "sees all"
    assert sheet_of(phone(school.teacher), tab="all") == []
    assert phone().get("/inspections/rounds/list.xlsx").status_code == 303


def test_a_name_that_looks_like_a_formula_is_only_words(phone, school, app):
    with app.app_context():
        Plan.add(school.director, "=1+1", "class-hygiene", role="director", often="school_days")
        build_rounds()
    assert sheet_of(phone(school.director), tab="all")[0]["Name of the plan"].endswith("=1+1")


def test_the_list_costs_the_same_for_a_long_year(phone, school, rounds, counted, app):
    office = phone(school.director)

    def cost():
        office.get("/inspections/rounds?tab=all")
        with counted() as queries:
            office.get("/inspections/rounds?tab=all")
        return queries.count

    few = cost()
    with app.app_context():
        for number in range(5):
            Plan.add(school.director, f"计划{number}", "class-hygiene", person=school.counsellor, often="school_days")
        build_rounds()
    assert cost() == few
