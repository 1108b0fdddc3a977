"""Charts: numbers become shapes of the right length, in the right order, with everything said in words."""

import re

import pytest
from flask import Flask, render_template_string

from app.charts import bars, columns, lines
from app.charts.draw import BAR, HEAD, TALL, WIDTH

PAGE = '{% from "charts/_charts.html" import drawing with context %}{{ drawing(chart) }}'


def percent(share: float) -> str:
    return f"{share:.0%}"


def rects(chart: object, look: str) -> list[dict]:
    return [mark.attributes for group in chart.groups for mark in group.marks if mark.look == look]


def test_bars_begin_at_zero_and_are_as_long_as_their_numbers() -> None:
    chart = bars("x", [("water", 5, "5"), ("power", 10, "10"), ("doors", 0, "0")])
    assert [rect["width"] for rect in rects(chart, "part-1")] == [WIDTH, WIDTH / 2, 0]
    assert {rect["x"] for rect in rects(chart, "part-1")} == {0}
    assert [group.title for group in chart.groups] == ["power 10", "water 5", "doors 0"]


def test_parts_of_a_bar_stand_behind_each_other_and_make_up_the_whole() -> None:
    chart = bars("x", [("water", (1, 3), "4")], series=("human", "wear"))
    first, second = rects(chart, "part-1")[0], rects(chart, "part-2")[0]
    assert (first["x"], first["width"]) == (0, WIDTH / 4)
    assert (second["x"], second["width"]) == (WIDTH / 4, WIDTH * 3 / 4)
    assert chart.says == "water 4 (human 1, wear 3)"


def test_a_share_of_a_whole_has_a_pale_bar_behind_it() -> None:
    chart = bars("x", [("孙志强", 0.5, "50%")], full=1)
    assert rects(chart, "part-1")[0]["width"] == WIDTH / 2
    assert rects(chart, "chart-track")[0]["width"] == WIDTH


def test_the_worst_stand_first_when_asked_and_an_own_order_stays() -> None:
    rows = [("a", 0.9, "90%"), ("b", 0.2, "20%"), ("c", None, ""), ("d", 0.5, "50%")]
    assert [g.title[0] for g in bars("x", rows, full=1, least=True).groups] == ["b", "d", "a"]
    assert [g.title[0] for g in bars("x", rows, full=1, sort=False).groups] == ["a", "b", "d"]


def test_what_does_not_fit_is_counted_for_the_table() -> None:
    chart = bars("x", [(str(n), n, str(n)) for n in range(30)], most=12)
    assert (len(chart.groups), chart.others) == (12, 18)
    assert chart.groups[0].title.startswith("29")


@pytest.mark.parametrize("rows", [[], [("a", 0, "0")], [("a", None, "")], [("a", (0, 0), "0")], [("a", -5, "-5")]])
def test_nothing_to_draw_is_no_division_by_zero(rows: list) -> None:
    for chart in (bars("x", rows), bars("x", rows, full=1)):
        assert all(mark.attributes["width"] == 0 for group in chart.groups for mark in group.marks
                   if mark.look == "part-1")  # fmt: skip
    assert columns("x", rows).height > 0
    assert not bars("x", [])
    assert not columns("x", [])
    assert not lines("x", [], [("a", [])], words=percent)


def test_columns_stand_on_one_floor() -> None:
    chart = columns("x", [("9", (2, 2), "4"), ("10", (8, 0), "8")], series=("human", "wear"))
    for first, second in zip(rects(chart, "part-1"), rects(chart, "part-2"), strict=True):
        assert first["y"] + first["height"] == pytest.approx(HEAD + TALL)
        assert second["y"] + second["height"] == pytest.approx(first["y"])
    assert rects(chart, "part-1")[1]["height"] == TALL


def test_a_line_breaks_where_there_is_no_number() -> None:
    chart = lines("x", ["9", "10", "11"], [("kept", [1, None, 0.5])], words=percent)
    line = next(m for g in chart.groups for m in g.marks if m.look == "line-1")
    assert line.attributes["d"].count("M") == 2
    assert len([m for g in chart.groups for m in g.marks if m.look == "point-1"]) == 2
    assert chart.says == "9 kept 100%; 11 kept 50%"


def test_hostile_and_long_names_are_escaped_and_cut(app: Flask) -> None:
    name = "<script>alert(1)</script>" + "长" * 200 + "😀"
    with app.test_request_context():
        page = render_template_string(PAGE, chart=bars(name, [(name, 3, "3"), ('" onload="x', 1, "1")], series=(name,)))
    assert "<script>" not in page
    assert '" onload="x' not in page
    assert "style=" not in page
    words = re.search(r'<text class="chart-name"[^>]*>([^<]*)</text>', page).group(1)
    assert words.endswith("…")
    assert len(words) < 60


def test_a_drawing_says_itself_to_who_cannot_see_it(app: Flask) -> None:
    chart = bars("By kind", [("water", (1, 2), "3")], series=("human", "wear"))
    with app.test_request_context():
        page = render_template_string(PAGE, chart=chart)
    assert 'role="img" aria-label="By kind: water 3 (human 1, wear 2)"' in page
    assert page.count("chart-swatch") == 2
    assert f'height="{BAR}"' in page


def test_an_empty_chart_is_not_shown(app: Flask) -> None:
    with app.test_request_context():
        assert render_template_string(PAGE, chart=bars("x", [])).strip() == ""
