"""Property from a sheet: our template, or the finance system's own.

Rows are found again by asset number, number in the finance system or serial number; rows that have none of these by
what they say of the thing. New things are entered by ledger.enter_many(); cards that are there already are brought up
to date, but nothing is moved, counted or handed over by a sheet: where it says otherwise than the ledger, the dry run
tells so and leaves it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cache, partial
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form

from app import clock
from app.assets import ledger
from app.assets.finance import WORDS, FinanceCard
from app.assets.ledger import Entering
from app.assets.models import SOURCES, STATES, UNITS, Asset, Category, Shelf
from app.assets.sizes import SIZES
from app.excel import parse
from app.excel.importer import Column, Importer, Line, Report, in_every_language
from app.fields import OneOf, options
from app.people.importing import Staff, office_names, staff_names
from app.people.models import Office
from app.places.importing import Rooms, room_names
from app.places.models import Place

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
CARD = (
    "name", "brand", "model", "serial", "size", "unit", "unit_price", "acquired_on", "source", "supplier", "invoice",
    "fund", "warranty_until", "note",
)  # fmt: skip
ALIKE = ("name", "category", "brand", "model", "acquired_on", "is_batch")  # by which rows without a number are found
FINANCE = tuple(name for name in WORDS if name not in ("original", "area"))
NUMBERS = ("number", "finance_number", "serial")
FUNDS = {"budget": "财政拨款", "other_budget": "非财政拨款"}  # as it is written on a card, whoever imports it
CHUNK = 500
BIGGEST = 100_000  # of a batch
CODE = re.compile(r"([A-Z][0-9]{2,11})[\s\-—_./]*(.*)|(.*?)[\s\-—_./(（]+([A-Z][0-9]{2,11})[)）]?")


# What cells mean ------------------------------------------------------------------------------------------------


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
    in_words = {name: {each: meant for meant, title in words.items() for each in (*in_every_language(title),
    *also[meant])}
                for name, words, also in (("source", SOURCES, ALSO_SOURCES), ("state", STATES,
                ALSO_STATES))}  # fmt: skip
    by_kind = {words: kind for kind, several in KINDS.items() for words in several}
    return {
        "source": parse.one_of(in_words["source"], sources),
        "state": parse.one_of(in_words["state"], states),
        "kind": parse.one_of(by_kind, kinds),
    }


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


class AssetQuestions(Form):
    """What a sheet of the finance system can't say: where the things are."""

    room = OneOf(
        _l("Things without a room go to"), needed=False, default="",
        description=_l("For sheets without a column for the room, such as those of the finance system."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rooms = Place.rooms().order_by(Place.kind != "store", Place.parent, Place.position, Place.id)
        self.room.choices = options([("", "—"), *((str(room.id), room.full_name) for room in rooms)])


# The import -----------------------------------------------------------------------------------------------------


@dataclass
class Card:
    """What a row of the sheet means: what stands on the card, where and how many, what the finance system adds."""

    facts: dict[str, Any] = field(default_factory=dict)
    finance: dict[str, Any] = field(default_factory=dict)
    place: Place | None = None
    quantity: int | None = None
    state: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    by_serial: bool = False  # found by the serial number alone
    problems: list[tuple[str, str]] = field(default_factory=list)  # (sentence, key)

    @property
    def alike(self) -> tuple[Any, ...]:
        category = self.facts.get("category")
        code = category.code if category is not None else None
        return tuple(code if name == "category" else self.facts.get(name) or "" for name in ALIKE)


short, long = partial(parse.text, longest=60), partial(parse.text, longest=80)


class AssetImporter(Importer):
    """Assets from our template or from the finance system's sheet."""

    name, title = "assets", _l("Import property")
    key = NUMBERS
    questions = AssetQuestions
    notes = (
        _l("A new thing gets its number and its label code at once; the label waits in the print basket."),
        _l("A quantity above 1 becomes a batch. For single things with a label each, write a row for each."),
        _l("A sheet moves nothing: room, keeper, office and quantity of what is there already stay as the ledger has "
           "them."),
    )  # fmt: skip
    columns = (
        Column("number", _l("Number"), code_or_number, False, ("资产编号", "资产编码", "资产卡片编号", "卡片编号",
               "编号"),
               note=_l("Leave it empty for new things; they get one."), width=18),
        Column("name", _l("Asset name"), long, True, ("资产名称", "名称", "物品名称", "设备名称"), example="投影仪",
               width=20),
        Column("category", _l("Category"), partial(parse.text, longest=80), True,
               ("资产分类", "资产分类(码)", "资产分类名称", "资产分类代码", "分类", "类别", "资产类别", "国标分类"),
               category_names,
               width=26, example="A02020200 投影仪"),
        Column("brand", _l("Brand"), short, False, ("品牌",), example="爱普生"),
        Column("model", _l("Model"), long, False, ("规格型号", "型号", "规格"), example="CB-X49"),
        Column("serial", _l("Serial number"), long, False, ("序列号", "序列号(SN)", "SN", "出厂编号", "机身号")),
        Column("quantity", _l("Quantity"), how_many, False, ("数量/面积", "数量"), example=1, kind="int",
               note=_l("empty: 1")),
        Column("unit", _l("Unit"), partial(parse.text, longest=8), False, ("计量单位", "单位"), UNITS, example="台"),
        Column("unit_price", _l("Unit price (yuan)"), parse.money, False, ("单价", "单价(元)", "购置单价"),
               kind="money",
               example="4299.00"),
        Column("original", WORDS["original"], parse.money, False, ("资产原值", "原值", "原值(元)", "价值", "账面原值",
               "金额"),
               kind="money", note=_l("of all pieces together; the unit price follows from it")),
        Column("source", _l("Way of acquiring"), source_of, False, ("取得方式", "来源"),
               sources, example=_l("bought")),
        Column("acquired_on", _l("Acquired on"), bygone, False, ("取得日期", "购置日期", "购买日期", "购入日期"),
               kind="date",
               example="2021-09-01"),
        Column("place", _l("Room"), partial(parse.text, longest=120), False,
               ("存放地点", "存放位置", "房间", "地点", "使用地点", "所在房间"), room_names, width=24,
               example="教学楼 二楼 201教室"),
        Column("keeper", _l("Keeper"), short, False, ("保管人", "使用人", "使用人/保管人", "责任人", "管理人"),
               staff_names),
        Column("office", _l("Office in charge"), short, False, ("使用部门", "管理部门", "部门", "科室"), office_names),
        Column("state", _l("State"), state_of, False, ("使用状态", "资产状态", "状态"),
               states),
        Column("kind", _l("How is it kept?"), kind_of, False, ("登记方式", "管理方式", "卡片类型"),
               kinds, note=_l("empty: one by one when there is one, else as a batch")),
        Column("size", _l("Size number (desks and chairs)"), size_of, False, ("课桌椅型号", "型号数"), kind="int"),
        Column("supplier", _l("Supplier"), long, False, ("供应商", "供货商", "销售商")),
        Column("invoice", _l("Invoice number"), short, False, ("发票号", "发票号码")),
        Column("fund", _l("Source of funds"), short, False, ("经费来源", "资金来源")),
        Column("warranty_until", _l("Warranty until"), parse.date, False, ("保修期至", "保修截止", "质保到期"),
               kind="date"),
        Column("finance_number", _l("Number in the finance system"), code_or_number, False,
               ("财政编号", "财政系统编号", "财政资产编号", "财务编号"), width=20),
        Column("note", _l("Note"), partial(parse.text, longest=400), False, ("备注", "说明"), width=24),
        Column("big_class", WORDS["big_class"], short, False, ("资产门类",), offered=False),
        Column("accumulated", WORDS["accumulated"], parse.money, False, ("累计折旧/摊销", "累计折旧"), kind="money",
               offered=False),
        Column("net", WORDS["net"], parse.money, False, ("净值", "账面净值"), kind="money", offered=False),
        Column("life_months", WORDS["life_months"], parse.count, False, ("折旧/摊销年限(月)", "折旧年限(月)",
               "折旧/摊销年限"),
               kind="int", offered=False),
        Column("months_done", WORDS["months_done"], parse.count, False, ("已提折旧/摊销月数", "已提折旧月数"),
               kind="int",
               offered=False),
        Column("booked_on", WORDS["booked_on"], parse.date, False, ("记账日期", "入账日期"), kind="date",
               offered=False),
        Column("purpose", WORDS["purpose"], short, False, ("资产用途", "使用方向"), offered=False),
        Column("budget", WORDS["budget"], parse.money, False, ("财政拨款(元)", "财政拨款"), kind="money",
               offered=False),
        Column("other_budget", WORDS["other_budget"], parse.money, False, ("非财政拨款(元)", "非财政拨款"),
               kind="money",
               offered=False),
        Column("project", WORDS["project"], short, False, ("项目代码",), offered=False),
    )  # fmt: skip

    def found_again(self) -> str:
        return _(
            "Rows are found again by asset number, number in the finance system or serial number; rows without any of "
            "them by name, category, brand, model and day of acquiring. The same sheet sent again doubles nothing."
        )

    # Before the comparison: what the rows mean, and which assets they stand for

    def begin(self) -> None:
        self.categories, self.staff, self.rooms = Categories(), Staff(), Rooms()
        self.offices = {office.name: office for office in Office.select()}
        self.default = Place.rooms().where(Place.id == self._given_room()).first() if self._given_room() else None
        # The finance system calls its own number 资产编号: a sheet with its columns and no other number means that one.
        self.from_finance = not any("finance_number" in line for line in self.lines) and any(
            name in line for line in self.lines[:50] for name in FINANCE
        )
        self.cards = {line.number: self._card(line) for line in self.lines}
        self.new: list[Line] = []
        self._match()

    def _given_room(self) -> int | None:
        given = self.given.get("room", "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 12 else None

    def _card(self, line: Line) -> Card:
        card = Card({name: line[name] for name in CARD if name in line})
        card.numbers = {name: line[name] for name in NUMBERS if name in line}
        if self.from_finance and "number" in card.numbers:
            card.numbers["finance_number"] = card.numbers.pop("number")
        if "finance_number" in card.numbers:
            card.facts["finance_number"] = card.numbers["finance_number"]
        card.finance = {name: line[name] for name in (*FINANCE, "original") if name in line}
        card.state = line.get("state", "")
        self._look_up(line, card)
        self._reckon(line, card)
        return card

    def _look_up(self, line: Line, card: Card) -> None:
        """Category, room, keeper and office by their words."""
        finds = {
            "category": lambda words: self.categories.find(words, line.get("life_months")),
            "keeper": self.staff.find,
            "office": self._office,
            "place": self.rooms.find,
        }
        for key, find in finds.items():
            if key not in line:
                continue
            try:
                found = find(line[key])
            except ValueError as why:
                card.problems.append((str(why), key))
                continue
            if key == "place":
                card.place = found
            else:
                card.facts[key] = found

    def _office(self, words: str) -> Office:
        if words in self.offices:
            return self.offices[words]
        close = get_close_matches(words, self.offices, 1)
        raise ValueError(
            _("There is no office “%(words)s”; perhaps %(other)s?", words=words[:40], other=close[0])
            if close
            else _("There is no office “%(words)s”; add it under Staff first.", words=words[:40])
        )

    def _reckon(self, line: Line, card: Card) -> None:
        """How many, how kept, at what price each."""
        many = line.get("quantity")
        category = card.facts.get("category")
        if many is not None and (many.hundredths % 100 or (self.from_finance and _is_building(category))):
            if category is None or _is_building(category):
                card.finance["area"], many = many.hundredths, HowMany(100, many.unit)
            else:
                card.problems.append((_("“%(words)s” is not a whole number.", words=many), "quantity"))
        card.quantity = many.hundredths // 100 if many is not None else None
        if card.quantity is not None and card.quantity > BIGGEST:
            card.problems.append((_("Please give a number from %(low)s to %(high)s.", low=1, high=BIGGEST), "quantity"))
        if many is not None and many.unit and "unit" not in line:
            card.facts["unit"] = many.unit
        kind = line.get("kind") or ("batch" if (card.quantity or 1) > 1 else "single")
        card.facts["is_batch"] = kind == "batch"
        if kind == "single" and (card.quantity or 1) > 1:
            card.problems.append((_("One by one means a row for each. Write a row for each, or “batch”."), "kind"))
        self._price(line, card)
        if "fund" not in line and (card.finance.get("budget") or card.finance.get("other_budget")):
            card.facts["fund"] = "、".join(words for name, words in FUNDS.items() if card.finance.get(name))

    @staticmethod
    def _price(line: Line, card: Card) -> None:
        """The whole value and the price of one must not speak against each other."""
        value, price, many = line.get("original"), line.get("unit_price"), card.quantity or 1
        if value is None:
            return
        if price is None:
            card.facts["unit_price"] = round(value / many)
        elif abs(price * many - value) > many:
            card.problems.append((_("Unit price times quantity is not the original value."), "original"))

    def _match(self) -> None:
        """Which assets the rows stand for: first by their numbers, then rows without one by what they say."""
        ids = self._by_numbers()
        assets = {asset.id: asset for asset in _in_pieces(Asset.select(), Asset.id, list(set(ids.values())))}
        self.things: dict[int, Asset] = {number: assets[id] for number, id in ids.items()}
        self._by_what_they_say(set(assets))
        taken = [asset.id for asset in self.things.values()]
        self.shelves: dict[int, dict[int, int]] = defaultdict(dict)
        for row in _in_pieces(Shelf.select().where(Shelf.quantity > 0), Shelf.asset, taken):
            self.shelves[row.asset_id][row.place_id] = row.quantity
        self.finance = {row.asset_id: row for row in _in_pieces(FinanceCard.select(), FinanceCard.asset, taken)}

    def _by_numbers(self) -> dict[int, int]:
        """Row number of the sheet → id of an asset. What speaks for two assets at once is a problem."""
        wanted = {name: list({card.numbers[name] for card in self.cards.values() if name in card.numbers})
                  for name in NUMBERS}  # fmt: skip
        known: dict[str, dict[str, list[int]]] = {name: defaultdict(list) for name in NUMBERS}
        for name in NUMBERS:
            column = getattr(Asset, name)
            for value, id in _in_pieces(Asset.select(column, Asset.id).tuples(), column, wanted[name]):
                known[name][value].append(id)
        # A number that is not ours may be the finance system's, and the other way round.
        swapped = (("number", Asset.finance_number), ("finance_number", Asset.number))
        for name, column in swapped:
            left = [value for value in wanted[name] if value not in known[name]]
            for value, id in _in_pieces(Asset.select(column, Asset.id).tuples(), column, left):
                known[name][value].append(id)
        found = {}
        for number, card in self.cards.items():
            several = [(name, known[name][value]) for name, value in card.numbers.items() if value in known[name]]
            if id := self._one_of(card, several):
                found[number] = id
        return found

    @staticmethod
    def _one_of(card: Card, several: list[tuple[str, list[int]]]) -> int | None:
        certain = [(name, ids[0]) for name, ids in several if name != "serial"]
        if certain:
            if any(id != certain[0][1] for _name, id in certain):
                card.problems.append((_("The two numbers belong to two different things."), certain[1][0]))
            return certain[0][1]
        ids = several[0][1] if several else []
        card.by_serial = bool(ids)
        if len(ids) > 1:
            card.problems.append(
                (_("Several things have this serial number; please write the asset number."), "serial")
            )
        return ids[0] if ids else None

    def _by_what_they_say(self, taken: set[int]) -> None:
        """Rows without a number take assets that are alike: one in the same room first, then any."""
        rows = [(number, card) for number, card in self.cards.items() if not card.numbers and "category" in card.facts]
        names = list({card.facts["name"] for number, card in self.cards.items()
                      if number not in self.things and "name" in card.facts})  # fmt: skip
        pool: dict[tuple[Any, ...], list[Asset]] = defaultdict(list)
        query = Asset.select(Asset, Category).join(Category).order_by(Asset.id)
        for asset in _in_pieces(query, Asset.name, names):
            if asset.id not in taken:
                pool[_alike(asset)].append(asset)
        for same_room in (True, False):
            for number, card in rows:
                if number not in self.things and (several := pool.get(card.alike)):
                    here = [a for a in several if a.place_id == (card.place or self.default or Place(id=0)).id]
                    chosen = (here or ([] if same_room else several) or [None])[0]
                    if chosen is not None:
                        several.remove(chosen)
                        self.things[number] = chosen
        unnumbered = {key: [a for a in several if not a.finance_number] for key, several in pool.items()}
        self.look_alikes = {key: several for key, several in unnumbered.items() if several}

    # The comparison

    def key_of(self, line: Line) -> Any:
        """A row without any number stands for itself."""
        numbers = self.cards[line.number].numbers
        name = next((name for name in NUMBERS if name in numbers), None)
        return (name, numbers[name]) if name else line.number

    def find(self, line: Line) -> Asset | None:
        return self.things.get(line.number)

    def check(self, line: Line) -> None:
        card = self.cards[line.number]
        for sentence, key in card.problems:
            line.wrong(sentence, key)
        if card.facts.get("category") is not None and card.facts["category"].id is None:
            self._say_category(line, card.facts["category"])
        if line.thing is None:
            self._check_new(line, card)
        else:
            self._check_serial(line, card, line.thing)
            self._say_differences(line, card, line.thing)

    def _say_category(self, line: Line, category: Category) -> None:
        if category.code not in self.categories.coming:
            self.categories.coming[category.code] = category.name, category.life_years
            line.remark(
                _("The category %(code)s %(name)s is added.", code=category.code, name=category.name), "category"
            )

    def _check_new(self, line: Line, card: Card) -> None:
        if card.place is None and "place" not in line:
            card.place = self.default
            if card.place is None:
                line.wrong(_("Please say in which room it is, or choose one for all things without a room."), "place")
        if "finance_number" in card.numbers and (several := self.look_alikes.get(card.alike)):
            line.remark(
                _("There is already %(name)s %(number)s, without a number of the finance system. If this is the same "
                  "thing, write its asset number into this row.", name=several[0].name, number=several[0].number),
                "finance_number",
            )  # fmt: skip
        if card.state == "disposed":
            line.wrong(_("Only what the school still has is entered; please take this row out."), "state")

    @staticmethod
    def _check_serial(line: Line, card: Card, asset: Asset) -> None:
        """A thing found by its serial number must not have other numbers than the row."""
        has = {asset.number, asset.finance_number}
        for name, ours in (("number", asset.number), ("finance_number", asset.finance_number)):
            if card.by_serial and name in card.numbers and ours and card.numbers[name] not in has:
                line.wrong(
                    _("The thing with this serial number is %(name)s, number %(number)s.",
                      name=asset.name, number=ours), "serial",
                )  # fmt: skip

    def _say_differences(self, line: Line, card: Card, asset: Asset) -> None:
        """What the sheet says otherwise than the ledger. It stays as it is, and the person is told."""
        shelves = self.shelves.get(asset.id, {})
        if card.place is not None and shelves and card.place.id not in shelves:
            here = self.rooms.by_id.get(next(iter(shelves)))
            line.remark(
                _("It stands in %(place)s by the ledger and stays there; a transfer moves it.",
                  place=here.full_name if here else "—"), "place",
            )  # fmt: skip
        held = sum(shelves.values())
        if card.quantity is not None and card.quantity != held and not (held == 0 and not asset.is_batch):
            line.remark(
                _("The ledger holds %(held)s; enter, take off or count the difference there.", held=held), "quantity"
            )
        for key, words in (("keeper", _("The keeper changes only by a transfer.")),
                           ("office", _("The office in charge changes only by a transfer."))):  # fmt: skip
            if key in card.facts and card.facts[key].id != getattr(asset, f"{key}_id"):
                line.remark(words, key)
        if card.state and card.state != asset.state and not {card.state, asset.state} <= set(FREE_STATES):
            line.remark(
                _("It is %(state)s and stays so; that changes by its own slip.", state=asset.state_word), "state"
            )
        if "kind" in line and card.facts["is_batch"] != asset.is_batch:
            line.remark(_("How it is kept stays as it is; split or merge it on its own page."), "kind")

    def check_all(self, lines: list[Line]) -> None:
        """Numbers of the finance system are given once; and one asset is not two rows."""
        finance: dict[str, int] = {}
        things: dict[int, int] = {}
        for line in lines:
            number = self.cards[line.number].facts.get("finance_number")
            if number and finance.setdefault(number, line.number) != line.number:
                line.wrong(_("Row %(row)s has the same number.", row=finance[number]), "finance_number")
            if line.thing and things.setdefault(line.thing.id, line.number) != line.number and not line.problems:
                line.wrong(_("This is the same as row %(row)s.", row=things[line.thing.id]), "name")

    def differs(self, thing: Asset, line: Line) -> bool:
        return bool(self._changes(thing, line) or self._new_state(thing, line) or self._finance_differs(thing, line))

    def _changes(self, asset: Asset, line: Line) -> dict[str, Any]:
        """What of the card changes. What only a slip may change is not among it."""
        facts = self.cards[line.number].facts
        found = {
            name: value for name, value in facts.items()
            if name not in ("category", "keeper", "office", "is_batch") and getattr(asset, name) != value
        }  # fmt: skip
        category = facts.get("category")
        return found | ({"category": category} if category is not None and category.id != asset.category_id else {})

    def _new_state(self, asset: Asset, line: Line) -> str:
        state = self.cards[line.number].state
        return state if state != asset.state and state in FREE_STATES and asset.state in FREE_STATES else ""

    def _finance_differs(self, asset: Asset, line: Line) -> bool:
        facts, card = self.cards[line.number].finance, self.finance.get(asset.id)
        if card is None:  # the original value alone follows from the price and makes no card of the finance system
            return bool(facts.keys() - {"original"})
        return not card.says(facts)

    # The act

    def add(self, line: Line) -> None:
        self.new.append(line)

    def change(self, thing: Asset, line: Line) -> None:
        self._store_category(line)
        if changes := self._changes(thing, line):
            thing.change(self.by, **changes)
        if state := self._new_state(thing, line):
            thing.set_state(state, self.by)
        self._keep_finance(thing, line)

    def _store_category(self, line: Line) -> None:
        """A category that the sheet brings is added with the first row that names it."""
        category = self.cards[line.number].facts.get("category")
        if category is not None and category.id is None:
            stored = Category.add(category.code, category.name, self.by, life_years=category.life_years)
            category.id = stored.id

    def _keep_finance(self, asset: Asset, line: Line) -> None:
        facts, card = self.cards[line.number].finance, self.finance.get(asset.id)
        if not facts.keys() - {"original"} and card is None:
            return
        card = card or FinanceCard(asset=asset)
        for name, value in facts.items():
            setattr(card, name, value)
        card.person, card.at = self.by.id, clock.now()
        card.save()

    def finish(self, report: Report) -> None:
        """Everything that is new, in one go."""
        batch = _("import of %(day)s", day=clock.today().isoformat())
        entries = []
        for line in self.new:
            self._store_category(line)
            entries.append(self._entering(line, batch))
        ledger.enter_many(entries, self.by, self.tell)
        for line, entering in zip(self.new, entries, strict=True):
            self._keep_finance(entering.asset, line)

    def _entering(self, line: Line, batch: str) -> Entering:
        card = self.cards[line.number]
        asset = Asset(batch=batch, state=card.state or "in_use", **card.facts)
        asset.number = card.numbers.get("number")
        if "unit" not in card.facts:
            asset.unit = "台" if asset.category.code.startswith("A02") else "件"
        return Entering(asset, card.place, card.quantity or 1)


def _is_building(category: Category | None) -> bool:
    return category is not None and category.code.startswith("A01")


def _alike(asset: Asset) -> tuple[Any, ...]:
    return tuple(asset.category.code if name == "category" else getattr(asset, name) or "" for name in ALIKE)


def _in_pieces(query: Any, column: Any, values: list[Any]) -> Iterable[Any]:
    """The rows of a query whose column holds one of many values, asked piece by piece."""
    for at in range(0, len(values), CHUNK):
        yield from query.clone().where(column.in_(values[at : at + CHUNK]))
