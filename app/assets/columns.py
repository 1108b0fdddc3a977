"""The columns of a sheet of property, and what their cells mean: ours, and those of the finance system,
as they stand in its export."""

import re
from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from functools import cache, partial
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock
from app.assets.finance import WORDS
from app.assets.models import SOURCES, STATES, UNITS, Category
from app.assets.sizes import SIZES
from app.excel import parse
from app.excel.importer import Column, in_every_language
from app.people.importing import office_names, staff_names
from app.places.importing import room_names

ALSO_SOURCES = {
    "bought": ("新购", "购置", "购入", "采购", "外购", "政府采购"),
    "transferred": ("调拨", "调入", "无偿调拨", "无偿调入", "划拨", "划入"),
    "donated": ("接受捐赠", "捐赠", "受赠"),
    "made": ("自制自建", "自制", "自建", "自行建造", "自行研制"),
    "exchanged": ("置换", "置换换入"),
    "surplus": ("盘盈",),
    "other": ("其他", "其它"),
}
ALSO_STATES = {
    "in_use": ("在用", "使用", "使用中", "正常", "正常使用", "自用", "出借", "借出", "出租"),
    "idle": ("闲置", "未使用", "库存"),
    "repair": ("维修中", "在修", "维修", "待修"),
    "sought": ("盘亏待查", "丢失待查", "待查"),
    "to_dispose": ("待处置", "待报废", "拟报废"),
    "disposed": ("已处置", "报废", "已报废", "毁损", "已核销"),
}
KINDS = {"single": ("单件", "一物一码", "一物一卡", "one by one"), "batch": ("批量", "成批", "批", "batch")}
FREE_STATES = ("in_use", "idle")  # a sheet may say these of what is there already; the others come by a slip
CODE = re.compile(r"([A-Z][0-9]{2,11})[\s\-—_./]*(.*)|(.*?)[\s\-—_./(（]+([A-Z][0-9]{2,11})[)）]?")


class HowMany(NamedTuple):
    """A quantity with its unit, or the area of a building in hundredths of m²."""

    hundredths: int
    unit: str

    def __str__(self) -> str:
        number = self.hundredths // 100 if self.hundredths % 100 == 0 else f"{self.hundredths / 100:.2f}"
        return f"{number}{self.unit}"


def how_many(value: Any) -> HowMany:
    """`40`, `40台`, `４０`, `1280.5平方米`."""
    words = parse.text(value, 40)
    found = re.fullmatch(r"([0-9][0-9,]*)(\.[0-9]{1,2})\s*(㎡|m2|m²|平方米|平米)?", words, re.IGNORECASE)
    if found and found[2].strip(".0"):
        return HowMany(round(float(found[1].replace(",", "") + found[2]) * 100), "")
    number, unit = parse.count_and_unit(value, 1, 10_000_000)
    return HowMany(number * 100, "" if unit in ("㎡", "m2", "m²", "平方米", "平米") else unit)


def sources() -> list[str]:
    return [str(words) for words in SOURCES.values()]


def states() -> list[str]:
    """What a sheet may say of the state of a thing; the other states come by their own slips."""
    return [str(STATES[state]) for state in FREE_STATES]


def kinds() -> list[str]:
    return [_("one by one"), _("batch")]


@cache  # for all languages at once: gathered with the first cell, not with each
def _readers() -> dict[str, Callable[[Any], str]]:
    """Parsers of the columns whose words are a list."""
    sources_in_words = _gathered(SOURCES, ALSO_SOURCES)
    states_in_words = _gathered(STATES, ALSO_STATES)
    by_kind = {words: kind for kind, several in KINDS.items() for words in several}
    return {
        "source": parse.one_of(sources_in_words, sources),
        "state": parse.one_of(states_in_words, states),
        "kind": parse.one_of(by_kind, kinds),
    }


def _gathered(words: dict[str, Any], also: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Every way to write it, in every language → what is meant."""
    return {each: meant for meant, title in words.items() for each in (*in_every_language(title), *also[meant])}


def source_of(value: Any) -> str:
    return _readers()["source"](value)


def state_of(value: Any) -> str:
    return _readers()["state"](value)


def kind_of(value: Any) -> str:
    return _readers()["kind"](value)


def size_of(value: Any) -> int:
    """A size number of desks and chairs: `5`, `5号`."""
    number, _unit = parse.count_and_unit(value, min(SIZES), max(SIZES))
    return number


def bygone(value: Any) -> date:
    day = parse.date(value)
    if day > clock.today():
        raise ValueError(_("This day is still to come."))
    return day


def code_or_number(value: Any) -> str:
    return parse.text(value, 40)


class Categories:
    """Finds a category by code, by name in either language, or by both together."""

    def __init__(self) -> None:
        rows = list(Category.select().order_by(Category.code))
        self.by_code = {row.code: row for row in rows}
        self.by_name = {_tight(name): row for row in reversed(rows) for name in (row.name, row.name_en) if name}
        self.coming: dict[str, tuple[str, int]] = {}  # code → name and minimum life, of those that the sheet brings
        self._asked: dict[str, Category | None] = {}

    def find(self, words: str, months: int | None = None) -> Category:
        """ValueError when there is none. A code with a name that we lack becomes a category (unsaved here)."""
        code, name = self._parts(words)
        row = self.by_code.get(code) or self.by_code.get(code.ljust(9, "0")) if code else self.by_name.get(_tight(name))
        if row is not None:
            return row
        if code and name and len(code) <= 12:
            self.by_code[code] = Category(code=code, name=name[:60], life_years=round((months or 0) / 12))
            return self.by_code[code]
        if code:
            raise ValueError(_("There is no category with the code %(code)s; write the name after it.", code=code))
        close = get_close_matches(_tight(name), self.by_name, 1, 0.5)
        if close:
            raise ValueError(
                _("There is no category “%(words)s”; perhaps %(other)s?", words=words[:40],
                  other=f"{self.by_name[close[0]].code} {self.by_name[close[0]].word}")
            )  # fmt: skip
        raise ValueError(_("There is no category “%(words)s”.", words=words[:40]))

    @staticmethod
    def _parts(words: str) -> tuple[str, str]:
        """`A02020200 投影仪`, `投影仪(A02020200)` → code and name."""
        found = CODE.fullmatch(words.strip())
        if not found:
            return "", words
        return (found[1], found[2].strip()) if found[1] else (found[4], found[3].strip())


def _tight(words: str) -> str:
    return re.sub(r"\s", "", words).casefold()


def category_names() -> list[str]:
    return [f"{row.code} {row.word}" for row in Category.in_use()]


# The columns ------------------------------------------------------------------------------------------------

short, long = partial(parse.text, longest=60), partial(parse.text, longest=80)

COLUMNS = (
    Column(
        "number",
        _l("Number"),
        code_or_number,
        False,
        ("资产编号", "资产编码", "资产卡片编号", "卡片编号", "编号"),
        note=_l("Leave it empty for new things; they get one."),
        width=18,
    ),
    Column(
        "name", _l("Asset name"), long, True, ("资产名称", "名称", "物品名称", "设备名称"), example="投影仪", width=20
    ),
    Column(
        "category",
        _l("Category of property"),
        partial(parse.text, longest=80),
        True,
        ("资产分类", "资产分类(码)", "资产分类名称", "资产分类代码", "分类", "类别", "资产类别", "国标分类"),
        category_names,
        width=26,
        example="A02020200 投影仪",
    ),
    Column("brand", _l("Brand"), short, False, ("品牌",), example="爱普生"),
    Column("model", _l("Model"), long, False, ("规格型号", "型号", "规格"), example="CB-X49"),
    Column("serial", _l("Serial number"), long, False, ("序列号", "序列号(SN)", "SN", "出厂编号", "机身号")),
    Column(
        "quantity", _l("Quantity"), how_many, False, ("数量/面积", "数量"), example=1, kind="int", note=_l("empty: 1")
    ),
    Column("unit", _l("Unit"), partial(parse.text, longest=8), False, ("计量单位", "单位"), UNITS, example="台"),
    Column(
        "unit_price",
        _l("Unit price (yuan)"),
        parse.money,
        False,
        ("单价", "单价(元)", "购置单价"),
        kind="money",
        example="4299.00",
    ),
    Column(
        "original",
        WORDS["original"],
        parse.money,
        False,
        ("资产原值", "原值", "原值(元)", "价值", "账面原值", "金额"),
        kind="money",
        note=_l("of all pieces together; the unit price follows from it"),
    ),
    Column(
        "source",
        _l("Way of acquiring"),
        source_of,
        False,
        ("取得方式", "来源"),
        sources,
        example=_l("bought"),
        words=lambda source: str(SOURCES[source]),
    ),
    Column(
        "acquired_on",
        _l("Acquired on"),
        bygone,
        False,
        ("取得日期", "购置日期", "购买日期", "购入日期"),
        kind="date",
        example="2021-09-01",
    ),
    Column(
        "place",
        _l("Room"),
        partial(parse.text, longest=120),
        False,
        ("存放地点", "存放位置", "房间", "地点", "使用地点", "所在房间"),
        room_names,
        width=24,
        example="教学楼 二楼 201教室",
    ),
    Column(
        "keeper", _l("Keeper"), short, False, ("保管人", "使用人", "使用人/保管人", "责任人", "管理人"), staff_names
    ),
    Column("office", _l("Office in charge"), short, False, ("使用部门", "管理部门", "部门", "科室"), office_names),
    Column(
        "state",
        _l("State"),
        state_of,
        False,
        ("使用状态", "资产状态", "状态"),
        states,
        words=lambda state: str(STATES[state]),
    ),
    Column(
        "kind",
        _l("How is it kept?"),
        kind_of,
        False,
        ("登记方式", "管理方式", "卡片类型"),
        kinds,
        words=lambda kind: _("batch") if kind == "batch" else _("one by one"),
        note=_l("empty: one by one when there is one, else as a batch"),
    ),
    Column("size", _l("Size number (desks and chairs)"), size_of, False, ("课桌椅型号", "型号数"), kind="int"),
    Column("supplier", _l("Supplier"), long, False, ("供应商", "供货商", "销售商")),
    Column("invoice", _l("Invoice number"), short, False, ("发票号", "发票号码")),
    Column("fund", _l("Source of funds"), short, False, ("经费来源", "资金来源")),
    Column(
        "warranty_until", _l("Warranty until"), parse.date, False, ("保修期至", "保修截止", "质保到期"), kind="date"
    ),
    Column(
        "finance_number",
        _l("Number in the finance system"),
        code_or_number,
        False,
        ("财政编号", "财政系统编号", "财政资产编号", "财务编号"),
        width=20,
    ),
    Column("note", _l("Note"), partial(parse.text, longest=400), False, ("备注", "说明"), width=24),
    Column("big_class", WORDS["big_class"], short, False, ("资产门类",), offered=False),
    Column(
        "accumulated",
        WORDS["accumulated"],
        parse.money,
        False,
        ("累计折旧/摊销", "累计折旧"),
        kind="money",
        offered=False,
    ),
    Column("net", WORDS["net"], parse.money, False, ("净值", "账面净值"), kind="money", offered=False),
    Column(
        "life_months",
        WORDS["life_months"],
        parse.count,
        False,
        ("折旧/摊销年限(月)", "折旧年限(月)", "折旧/摊销年限"),
        kind="int",
        offered=False,
    ),
    Column(
        "months_done",
        WORDS["months_done"],
        parse.count,
        False,
        ("已提折旧/摊销月数", "已提折旧月数"),
        kind="int",
        offered=False,
    ),
    Column("booked_on", WORDS["booked_on"], parse.date, False, ("记账日期", "入账日期"), kind="date", offered=False),
    Column("purpose", WORDS["purpose"], short, False, ("资产用途", "使用方向"), offered=False),
    Column("budget", WORDS["budget"], parse.money, False, ("财政拨款(元)", "财政拨款"), kind="money", offered=False),
    Column(
        "other_budget",
        WORDS["other_budget"],
        parse.money,
        False,
        ("非财政拨款(元)", "非财政拨款"),
        kind="money",
        offered=False,
    ),
    Column("project", WORDS["project"], short, False, ("项目代码",), offered=False),
)
