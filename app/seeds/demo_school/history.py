"""Two months of life at the demo school: who borrowed what. What broke and who checked stand in repairs.py."""

from datetime import timedelta
from typing import TYPE_CHECKING

from app import clock
from app.assets.models import Asset
from app.custody.models import Custody, is_valuable
from app.custody.requests import Handing, Request
from app.people.models import Person
from app.seeds.demo_school.days import at

if TYPE_CHECKING:
    from app.seeds.demo_school import School


def build(school: "School") -> None:
    _loans(school)
    clock.set_hands(None)


# Loans ------------------------------------------------------------------------------------------------------


def _loans(school: "School") -> None:
    """Some fifty loans and issues over two months: most are back, some are out, three are late."""
    chance, custodian = school.chance, school.person("custodian")
    things = list(
        Asset.select()
        .where(Asset.name.in_(["便携式投影仪", "拉杆音箱", "便携式计算机", "照相机", "电钻", "人字梯"]))
        .order_by(Asset.id)
    )
    teachers = [p for p in school.people.values() if "teacher" in p.given_roles]
    today = clock.today_really()
    for number, asset in enumerate(things):
        for back in (50 - number % 7, 27 - number % 5)[number % 3 == 1 :]:
            clock.set_hands(at(today - timedelta(days=back), 9, number))
            loan = _lend(school, asset, chance.choice(teachers), 7,
                         chance.choice(("公开课", "班级活动", "录课", "运动会")))  # fmt: skip
            clock.set_hands(at(today - timedelta(days=back - chance.randint(2, 8)), 15, number))
            loan.take_back(custodian)
        if number % 3 == 0:
            late = number % 9 == 0
            clock.set_hands(at(today - timedelta(days=9 if late else 2), 10, number))
            _lend(school, asset, chance.choice(teachers), 5, "备课", "完好，配件齐")
    laptops = [asset for asset in things if asset.name == "便携式计算机"]
    clock.set_hands(at(today - timedelta(days=40), 9))
    for number, asset in enumerate(laptops[1:3]):
        _lend(school, asset, school.people[("齐信技", "邵先锋")[number]], None, "日常办公")


def _lend(school: "School", asset: Asset, person: Person, days: int | None, note: str, condition: str = "") -> Custody:
    """For so many days, or to be kept. What is valuable goes out on a request that director and principal agreed to."""
    due_on = None if days is None else clock.today() + timedelta(days=days)
    custodian = school.person("custodian")
    if is_valuable(asset):
        request = Request.ask(person, "issue" if due_on is None else "loan", asset=asset, reason=note, due_on=due_on)
        request.agree(school.person("director"))
        request.agree(school.person("principal"))
        return request.hand_over(custodian, [Handing(asset)], condition=condition)[0]
    if due_on is None:
        return Custody.hand_out(asset, person, custodian, note=note, condition=condition)
    return Custody.lend(asset, person, custodian, due_on=due_on, note=note, condition=condition)
