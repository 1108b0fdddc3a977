"""What stands on a paper, before anybody draws it."""

import pytest

from app.paper import Column, Fact, Paper, Table
from app.paper.document import build, text


def test_short_facts_stand_beside_each_other_and_long_ones_alone() -> None:
    paper = Paper("x", facts=[("a", 1), ("b", 2), ("c", "长" * 40), ("d", 4), ("e", 5, True), ("f", None)])
    assert [[fact.label for fact in row] for row in paper.fact_rows] == [["a", "b"], ["c"], ["d"], ["e"], ["f"]]
    assert Paper("x", facts=[Fact("a", 1), ("b", 2)]).fact_rows == [(Fact("a", 1), Fact("b", 2))]


def test_widths_are_parts_of_one() -> None:
    widths = Table([Column("a", 1), Column("b", 3)]).widths
    assert widths == (0.25, 0.75)


@pytest.mark.parametrize("wrong", [{"align": "middle"}, {"share": 0}])
def test_a_column_that_can_not_be(wrong: dict) -> None:
    with pytest.raises(ValueError, match="no such column"):
        Column("a", **wrong)


def test_there_is_always_one_run() -> None:
    assert Paper("x").runs == ("",)
    assert Paper("x", copies=("a", "b")).runs == ("a", "b")


def test_text_of_anything() -> None:
    assert text(None) == ""
    assert text(0) == "0"
    assert text("a\x00b\r\nc ") == "ab\nc"


def test_a_kind_that_nobody_knows() -> None:
    assert build("nothing", None, 1) is None
    assert build("sample", None, 2**70) is None
