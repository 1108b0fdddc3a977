"""Two months of life at the demo school: what broke, who checked, who borrowed."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from app import clock
from app.assets.models import Asset
from app.custody.models import Custody, is_valuable
from app.custody.requests import Handing, Request
from app.people.models import Person
from app.places.models import Place
from app.repairs.models import Ticket
from app.seeds.demo_school import facts
from app.seeds.demo_school.days import at, school_days

if TYPE_CHECKING:
    from app.seeds.demo_school import School

LATE_SHARE = 0.12  # of the repairs take longer than the promise
TICKETS_A_DAY = (1, 1, 2, 2, 3, 4)


def build(school: "School") -> None:
    from app.seeds.demo_school import checks

    days = list(school_days())
    for day in days:
        _repairs_of(school, day, left_open=day >= days[-3])
        checks.build_day(school, day)
    _loans(school)
    clock.set_hands(None)


# Repairs ----------------------------------------------------------------------------------------------------


def _repairs_of(school: "School", day: date, left_open: bool) -> None:
    for _each in range(school.chance.choice(TICKETS_A_DAY)):
        moment = at(day, school.chance.choice((7, 8, 9, 10, 12, 14, 15)), school.chance.randint(0, 59))
        if moment < clock.now_really():
            _one_repair(school, moment, left_open)


def _one_repair(school: "School", moment: datetime, left_open: bool) -> None:
    chance = school.chance
    kind, words, thing, method, minutes = chance.choice(facts.FAULTS)
    place, asset = _where(school, kind, thing)
    reporter = _reporter(school, place)
    clock.set_hands(moment)
    ticket = Ticket.report(
        reporter, place=place, asset=asset, kind=kind, words=words,
        urgent=kind in ("water", "power") and chance.random() < 0.15,
    )  # fmt: skip
    end = clock.now_really()
    worker = chance.choice([school.people["陆电通"], school.people["江水流"]])
    if left_open and chance.random() < 0.45:
        return
    taken = moment + timedelta(minutes=chance.randint(8, 150))
    if taken >= end:
        return
    clock.set_hands(taken)
    ticket.take(worker)
    if left_open and chance.random() < 0.4:
        if chance.random() < 0.5:
            ticket.wait(worker, "parts", "阀芯已订，明天到")
        return
    late = chance.random() < LATE_SHARE
    fixed = taken + timedelta(hours=chance.uniform(24, 60) if late else chance.uniform(0.4, 9), minutes=minutes)
    if fixed >= end:
        return
    clock.set_hands(fixed)
    ticket.fix(worker, method, minutes=minutes)
    _ending(school, ticket, fixed, reporter, worker, method)


def _ending(
    school: "School", ticket: Ticket, fixed: datetime, reporter: Person | None, worker: Person, method: str
) -> None:
    chance, end = school.chance, clock.now_really()
    answer = fixed + timedelta(hours=chance.uniform(0.3, 20))
    if reporter is None or answer >= end or chance.random() < 0.12:
        return
    clock.set_hands(answer)
    if chance.random() < 0.06:
        ticket.rework(reporter, "第二天又坏了")
        again = answer + timedelta(hours=chance.uniform(1, 6))
        if again < end:
            clock.set_hands(again)
            ticket.fix(worker, method, "换了新的")
        return
    ticket.confirm(reporter, chance.choice(("satisfied", "satisfied", "satisfied", "mostly")))


def _where(school: "School", kind: str, thing: str) -> tuple[Place, Asset | None]:
    chance, rooms = school.chance, list(school.places.values())
    if thing:
        found = list(Asset.select().where(Asset.name == thing, Asset.place.is_null(False)).order_by(Asset.id))
        asset = chance.choice(found)
        return asset.place, asset
    kinds = {
        "water": ("toilet", "canteen"),
        "sports": ("yard",),
        "grounds": ("yard",),
        "safety": ("corridor", "special"),
    }.get(kind, ("classroom", "special", "office"))
    return chance.choice([room for room in rooms if room.kind in kinds]), None


def _reporter(school: "School", place: Place) -> Person | None:
    """Mostly whoever answers for the room; sometimes any teacher, sometimes someone who is not signed in."""
    chance = school.chance
    if chance.random() < 0.12:
        return None
    group = next((g for g in school.classes if g.room_id == place.id), None)
    if group is not None and chance.random() < 0.8:
        return school.class_teachers[group.id]
    return place.keeper or chance.choice([p for p in school.people.values() if "teacher" in p.given_roles])


# Loans ------------------------------------------------------------------------------------------------------


def _loans(school: "School") -> None:
    """Thirty loans and issues over two months: most are back, some are out, three are late."""
    chance, custodian = school.chance, school.person("custodian")
    things = list(
        Asset.select()
        .where(Asset.name.in_(["便携式投影仪", "拉杆音箱", "便携式计算机", "照相机", "电钻", "人字梯"]))
        .order_by(Asset.id)
    )
    teachers = [p for p in school.people.values() if "teacher" in p.given_roles]
    today = clock.today_really()
    for number, asset in enumerate(things):
        for back in (50 - number % 7, 27 - number % 5):
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
