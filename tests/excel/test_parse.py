"""What people type into cells, in every form that schools' sheets hold."""

from datetime import date, datetime

import pytest

from app.excel import parse

pytestmark = pytest.mark.usefixtures("ctx")
SEPTEMBER = date(2021, 9, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "2021-9-1",
        "2021-09-01",
        "2021/9/1",
        "2021.9.1",
        "2021年9月1日",
        "2021年09月01号",
        "2021 年 9 月 1 日",
        "２０２１－９－１".replace("－", "-"),
        "２０２１年９月１日",
        "20210901",
        20210901,
        20210901.0,
        "2021-9",
        "2021/9",
        "2021.9",
        2021.9,
        2021.09,
        "2021年9月",
        44440,
        44440.0,
        44440.5,
        "44440",
        "2021-09-01 00:00:00",
        "2021-09-01T08:30",
        "  2021-9-1 ",
        datetime(2021, 9, 1, 8, 30),
        SEPTEMBER,
    ],
)
def test_the_first_of_september(typed: object) -> None:
    assert parse.date(typed) == SEPTEMBER


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "无",
        "2021",
        2021,
        "2021年",
        "9月1日",
        "2021-13-1",
        "2021-2-30",
        "1021-1-1",
        "99999999",
        "x" * 900,
        True,
        -1,
        5,
        1e300,
        "2021-9-1-1",
        "٢٠٢١-٩-١",
        "<b>",
        datetime(1, 1, 1),
        float("nan"),
        float("inf"),
    ],
)
def test_no_day(typed: object) -> None:
    with pytest.raises(ValueError, match="is not a day"):
        parse.date(typed)


def test_a_number_that_may_be_january_or_october_is_asked_back() -> None:
    with pytest.raises(ValueError, match="2021-01 or 2021-10"):
        parse.date(2021.1)
    assert parse.date("2021.1") == date(2021, 1, 1)
    assert parse.date("2021.10") == date(2021, 10, 1)
    assert parse.date(2021.12) == date(2021, 12, 1)


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        (1200, 120_000),
        (1200.5, 120_050),
        (0.1 + 0.2, 30),
        (0, 0),
        ("1200", 120_000),
        ("1,200.50", 120_050),
        ("１，２００．５０", 120_050),
        ("￥1200", 120_000),
        ("¥ 1,200 元", 120_000),
        ("1200元整", 120_000),
        ("1.2万元", 1_200_000),
        ("1 200.00", 120_000),
        (19.999, 2000),
    ],
)
def test_money(typed: object, fen: int) -> None:
    assert parse.money(typed) == fen


@pytest.mark.parametrize(
    "typed", ["", "一百", "-5", -5, "1.2.3", "1e999999", "NaN", "Infinity", float("nan"), "12台", True, "=1+1", "1,,2,"]
)
def test_no_money(typed: object) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        parse.money(typed)


def test_too_much_money() -> None:
    with pytest.raises(ValueError, match="too large"):
        parse.money("99999999999")


@pytest.mark.parametrize(
    ("typed", "count", "unit"),
    [
        (40, 40, ""),
        (40.0, 40, ""),
        ("40", 40, ""),
        ("40台", 40, "台"),
        ("４０ 张", 40, "张"),
        ("1,200", 1200, ""),
        ("007", 7, ""),
    ],
)
def test_counts(typed: object, count: int, unit: str) -> None:
    assert parse.count_and_unit(typed) == (count, unit)
    assert parse.count(typed) == count


@pytest.mark.parametrize(
    "typed", ["", "台", "四十", 40.5, "40.5", "4 0 x 1", "--4", float("nan"), "1e5", True, "4" * 40]
)
def test_no_count(typed: object) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        parse.count(typed)


def test_a_count_beyond_its_limits() -> None:
    with pytest.raises(ValueError, match="from 1 to 10"):
        parse.count(11, 1, 10)
    with pytest.raises(ValueError, match="from 0 to"):
        parse.count("-3")


@pytest.mark.parametrize(
    "typed",
    [
        "一(1)班",
        "一（1）班",
        "一(1)",
        "一1",
        "一1班",
        "一年级1班",
        "一年级(1)班",
        "一年级一班",
        "一年1班",
        "一（一）班",
        "1(1)班",
        "1-1",
        "1.1",
        "101",
        101,
        101.0,
        "101班",
        "１０１",
        "2026级1班",
        "2026级(1)班",
        "2026级（1）班",
        "2026年1班",
        " 一 (1) 班 ",
    ],
)
def test_the_first_class_of_grade_one_in_2026(typed: object) -> None:
    assert parse.class_of(typed, 2026) == (2026, 1)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("三(2)班", (2024, 2)),
        ("六十二班", (2021, 12)),
        ("2021级1班", (2021, 1)),
        ("612", (2021, 12)),
        ("六（十）班", (2021, 10)),
        ("三二十班", (2024, 20)),
    ],
)
def test_other_classes(typed: str, found: tuple[int, int]) -> None:
    assert parse.class_of(typed, 2026) == found


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "七(1)班",
        "701",
        "一班",
        "1",
        "11",
        "一(0)班",
        "100",
        "2021级",
        "2021届1班",
        "20261",
        "199",
        "初一1班",
        "x" * 99,
    ],
)
def test_no_class(typed: str) -> None:
    with pytest.raises(ValueError, match="is not a class"):
        parse.class_of(typed, 2026)


@pytest.mark.parametrize(
    "typed", ["13800000001", 13800000001, 13800000001.0, "138 0000 0001", "+86 138-0000-0001", "１３８０００００００１"]
)
def test_phone(typed: object) -> None:
    assert parse.phone(typed) == "13800000001"


@pytest.mark.parametrize("typed", ["1380000000", "0532-8888888", "", "12345678901x", 1.5])
def test_no_phone(typed: object) -> None:
    with pytest.raises(ValueError, match="11 digits"):
        parse.phone(typed)


def test_text_keeps_zeros_and_loses_what_can_not_be_seen() -> None:
    assert parse.text("007") == "007"
    assert parse.text(7.0) == "7"
    assert parse.text(13800000001.0) == "13800000001"
    assert parse.text(" 希沃\u3000一体机\u200b\n ８６寸 \x07") == "希沃 一体机 86寸"
    assert parse.text(datetime(2021, 9, 1)) == "2021-09-01"
    assert parse.text("（升降）") == "（升降）"
    with pytest.raises(ValueError, match="this has 61"):
        parse.text("长" * 61)


def test_one_of_a_list_in_any_of_its_words() -> None:
    read = parse.one_of({"教室": "classroom", "Office": "office"})
    assert read(" 教 室") == "classroom"
    assert read("OFFICE") == "office"
    with pytest.raises(ValueError, match="not in the list: 教室 / Office"):
        read("食堂")
