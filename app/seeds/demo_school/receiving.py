"""Deliveries half-way: one waits for its acceptance, one is through to a voucher that finance has not yet paid,
and a request to buy waits for the director."""

from datetime import timedelta
from typing import TYPE_CHECKING

from app import clock
from app.places.models import Place
from app.receiving.models import Delivery, Found, Item
from app.receiving.purchases import Purchase
from app.seeds.demo_school.days import at, school_days

if TYPE_CHECKING:
    from app.seeds.demo_school import School


def build(school: "School") -> None:
    days = list(school_days())
    _through_to_the_voucher(school, days[-6], days[-5], days[-4])
    _to_be_accepted(school, days[-2])
    _asked_for(school, days[-2])
    clock.set_hands(None)


def _through_to_the_voucher(school: "School", *days) -> None:
    director, custodian = school.person("director"), school.person("custodian")
    user = school.people["齐信技"]
    asked, came, entered = days
    clock.set_hands(at(asked, 9, 5))
    request = Purchase.ask(
        user, name="触控一体机", category=_category(school, "A02020800"), quantity=2, unit="台", unit_price=1_260_000,
        purpose="科学实验室和音乐教室的投影已不清晰，备课组公开课要用", fund="财政拨款",
        why_new="闲置的是旧投影仪，亮度不够",
    )  # fmt: skip
    clock.set_hands(at(asked, 15, 20))
    while ask := next((ask for ask in request.asks if ask.state == "waiting"), None):
        request.agree(ask.person or school.person(ask.role), key=ask.key)
    clock.set_hands(at(came, 10, 15))
    delivery = Delivery.arrive(
        custodian,
        [
            Item("触控一体机", _category(school, "A02020800"), 2, "台", 1_258_000, brand="清禾", model="QH-75E"),
            Item("移动支架", _category(school, "A05010600"), 2, "个", 68_000, brand="清禾", model="ZJ-75"),
            Item("学生凳", _category(school, "A05010304"), 20, "把", 8_600, is_batch=True),
        ],
        supplier="晨禾教育装备有限公司", invoice="32052608841", contract="ZC-2026-031", fund="财政拨款",
        handler=director, witness=user, request=request,
    )  # fmt: skip
    results = {line: Found(line.quantity) for line in delivery.lines}
    stools = delivery.lines[2]
    results[stools] = Found(18, "两把凳面开裂")
    delivery.check(user, results, looks="外包装完好", trial="works", extras="遥控器、触控笔、保修卡各 2 份")
    clock.set_hands(at(came, 10, 40))
    delivery.confirm(custodian)
    clock.set_hands(at(came, 14, 5))
    delivery.put_in_stock(custodian, _store(), "东侧货架")
    clock.set_hands(at(entered, 9, 30))
    delivery.enter(custodian)


def _to_be_accepted(school: "School", day) -> None:
    clock.set_hands(at(day, 14, 30))
    Delivery.arrive(
        school.person("custodian"),
        [
            Item("单人课桌", _category(school, "A05010203"), 46, "张", 21_500, True, "育才", "4号"),
            Item("直饮水机", _category(school, "A02061818"), 1, "台", 468_000, brand="清泉", model="QQ-2"),
        ],
        supplier="百木家具厂", invoice="32052609117", contract="XJ-2026-018", fund="财政拨款",
        handler=school.person("director"), witness=school.people["语文萱"], note="课桌分两车送到，第二车下午到",
    )  # fmt: skip


def _asked_for(school: "School", day) -> None:
    clock.set_hands(at(day, 11, 10) + timedelta(minutes=4))
    Purchase.ask(
        school.people["田育健"], name="跳高垫", category=_category(school, "A02460000"), quantity=1, unit="块",
        unit_price=320_000, purpose="原垫子外皮破损，冬季运动会前要换", urgency="soon",
        why_new="器材室闲置的垫子尺寸不合比赛要求",
    )  # fmt: skip


def _category(school: "School", code: str):
    """The category with this code, or the nearest that the school's list has."""
    near = sorted(school.categories, key=lambda each: (each[:5] != code[:5], each != code, each))
    return school.categories.get(code) or school.categories[near[0]]


def _store() -> Place:
    return Place.rooms().where(Place.kind == "store").order_by(Place.position, Place.id).first()
