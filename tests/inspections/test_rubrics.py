"""The built-in checklists, item by item: points, what is looked at, key items, limits, photos."""

import json
from typing import Any

import pytest

from app.inspections.checklists import BUILT_IN

FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(BUILT_IN.glob("*.json"))}


def items(slug: str) -> dict[str, dict[str, Any]]:
    return {item["key"]: item for item in FILES[slug]["items"]}


RUBRICS = {
    "class-hygiene": {  # R1
        "floor": 150, "seats": 100, "drawers": 100, "lectern": 100, "board": 100, "windows": 100, "walls": 50,
        "corner": 100, "corridor": 100, "off": 100,
    },
    "class-area": {"ground": 300, "stairs": 150, "green": 200, "walls": 100, "bin": 100, "corners": 150},  # R2
    "toilet": {  # R3
        "floor": 200, "bowls": 200, "air": 150, "basin": 100, "walls": 100, "bins": 100, "fittings": 100, "tools": 50,
    },
    "public-area": {  # R4
        "floor": 200, "rails": 100, "glass": 150, "ceiling": 100, "switches": 50, "rubbish": 150, "rooms": 150,
        "tools": 100,
    },
}  # fmt: skip


@pytest.mark.parametrize("slug", RUBRICS)
def test_a_rubric_has_these_points(slug: str) -> None:
    assert {key: item["max"] for key, item in items(slug).items()} == RUBRICS[slug]
    assert FILES[slug]["full"] == sum(RUBRICS[slug].values()) == 1000
    assert {item["step"] for item in FILES[slug]["items"]} == {50}


@pytest.mark.parametrize("slug", RUBRICS)
def test_every_item_of_a_rubric_has_reasons_up_to_all_its_points(slug: str) -> None:
    for key, item in items(slug).items():
        taps = [reason["points"] for reason in item["reasons"]]
        assert sum(taps) >= item["max"], key
        assert item["guide"], key


def test_the_guide_of_class_hygiene() -> None:
    """What each reason takes, as the rubric says it."""
    found = {key: [reason["points"] for reason in item["reasons"]] for key, item in items("class-hygiene").items()}
    assert found == {
        "floor": [50, 100, 150], "seats": [50, 100], "drawers": [50, 100], "lectern": [50, 100], "board": [50, 100],
        "windows": [50, 100], "walls": [50, 50], "corner": [50, 100], "corridor": [50, 100], "off": [50, 100],
    }  # fmt: skip
    assert FILES["class-hygiene"]["bonus_max"] == 100


TASKS = {  # words that must stand in the items, between bars
    "cleaner-daily": "清扫|巡回|拖扫|扶手|冲洗|课间|洗手槽|垃圾桶|专用室门口|报修",
    "cleaner-weekly": "门窗玻璃|墙裙|宣传栏|垃圾桶清洗|会议室|除垢|消毒|下水口",
    "cleaner-monthly": "蛛网|灯具|风扇罩|空调外壳|落水口|仓库|绿化带|灭四害",
    "campus-patrol": (
        "墙面|裂缝|脱落|栏杆|扶手|门窗|玻璃|吊挂物|漏水|水压|井盖|水箱|裸露|老化|插座|配电箱|"
        "漏保|私拉乱接|充电|燃气管道|阀门|软管|报警器|气瓶间|通道|灭火器|压力|期限|消火栓|水带|"
        "应急灯|疏散标志|常闭|跑道|体育器材|松动|锈蚀|旗杆|宣传栏|枯枝|在线|围墙|大门|防撞柱|"
        "仪器|化学品|双锁|断电|食堂|厕所|车棚"
    ),
    "four-protections": (
        "保安|持证|24 小时|巡查次数|护学|值班表|演练|校门|围墙|防撞|防护器械|防盗门窗|"
        "消防器材|照明|监控覆盖|保存天数|一键报警|试按|周界报警|门禁|烟感|燃气报警|安全制度|"
        "值班制度|访客登记|隐患台账|应急预案|责任书|演练记录"
    ),
    "term-opening": (
        "通水|冲洗管道|查漏|逐路送电|漏保|通气|报警器|饮水机|清洗|食堂清洗消毒|灯、扇|大屏|螺丝|"
        "厕所冲水|体育器材|消防点检|监控时间校准|除草|灭蚊"
    ),
    "holiday-closing": (
        "窗户|门锁|灯、扇、空调|大屏、电脑|饮水机断电、放水|充电|贵重物品|食品|垃圾|水龙头|"
        "钥匙交回|花草|封条|计算机室|财务|档案|仓库"
    ),
    "drinking-water": "清洗、消毒|滤芯|批件|供水方|水质检测|消毒剂|下次|停用后|桶装水",
}


@pytest.mark.parametrize("slug", TASKS)
def test_a_checklist_asks_for_all_that_its_template_names(slug: str) -> None:
    words = json.dumps(FILES[slug]["items"], ensure_ascii=False)
    assert [each for each in TASKS[slug].split("|") if each not in words] == []


def test_what_the_patrol_finds_wrong_has_a_photo_and_a_level() -> None:
    """A problem is a photo and a level; whatever is not there is passed over."""
    asked = [item for item in FILES["campus-patrol"]["items"] if item["answer"] != "text"]
    assert all(item["photo_on_fail"] and item["skippable"] for item in asked)
    keys = {item["key"] for item in asked if item.get("key_item")}
    assert keys == {"rails", "hanging", "covers", "wires", "gas-pipes", "ways", "sports", "chemicals"}


def test_limits_have_their_units() -> None:
    found = {(slug, item["key"]): (item.get("low"), item.get("high"), item.get("unit"))
             for slug, data in FILES.items() for item in data["items"] if item.get("answer") == "number"}  # fmt: skip
    assert found == {
        ("class-property", "desks"): (0, 70, "张"), ("class-property", "chairs"): (0, 70, "把"),
        ("drinking-water", "hot"): (30, 100, "℃"), ("drinking-water", "tds"): (0, 300, "mg/L"),
        ("drinking-water", "filter"): (1, None, "天"), ("four-protections", "guards"): (1, None, "人"),
        ("four-protections", "patrols"): (5, None, "次"), ("four-protections", "kept-days"): (30, None, "天"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "keys"),
    [
        ("four-protections", {"guards", "gatehouse", "fire-gear", "kept-days", "alarm"}),
        ("term-opening", {"power", "gas", "fire"}),
        ("holiday-closing", {"windows", "door", "charging"}),
        ("class-property", {"tally"}),
        ("drinking-water", {"filter", "cleaned", "bottle"}),
        ("room-equipment", {"sockets", "chemicals"}),
    ],
)
def test_what_fails_the_whole(slug: str, keys: set[str]) -> None:
    assert {key for key, item in items(slug).items() if item.get("key_item")} == keys


def test_how_often_a_task_is_due() -> None:
    assert {key: item["times"] for key, item in items("cleaner-daily").items() if item.get("times", 1) > 1} == {
        "flush": 2
    }
    assert {key: item["times"] for key, item in items("cleaner-monthly").items() if "times" in item} == {"cobwebs": 2}
