"""Lending half-way through: a request that waits, a reservation for next week, things to fetch, a gate pass that the
guard has not seen yet, an old mop swapped for a new one, and a leaver with two things left."""

import io
from datetime import timedelta
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from app import clock
from app.assets.models import Asset
from app.custody.clearance import Clearance, Handover
from app.custody.holdings import holdings
from app.custody.models import Custody
from app.custody.requests import Handing, Request
from app.custody.swaps import Old, Swap
from app.photos import models as photos
from app.seeds.demo_school.days import at

if TYPE_CHECKING:
    from app.seeds.demo_school import School


def build(school: "School") -> None:
    today = clock.today_really()
    clock.set_hands(at(today - timedelta(days=2), 9))
    _reserved_for_next_week(school)
    _old_for_new(school)
    _waiting_for_agreement(school)
    clock.set_hands(at(today - timedelta(days=1), 15))
    _to_be_fetched(school)
    _to_another_unit(school)
    _leaver(school)
    clock.set_hands(None)


def _reserved_for_next_week(school: "School") -> None:
    monday = clock.today() + timedelta(days=8 - clock.today().isoweekday())
    request = Request.ask(
        school.people["乐音畅"], "loan", asset=_free_one("拉杆音箱"), reason="合唱排练和周五的小音乐会",
        starts_on=monday + timedelta(days=1), due_on=monday + timedelta(days=4),
    )  # fmt: skip
    request.agree(school.person("director"))


def _old_for_new(school: "School") -> None:
    """The cleaner brings a worn mop and gets a new one."""
    custodian, cleaner = school.person("custodian"), school.people["白如洁"]
    mop = Asset.get(Asset.name == "拖把")
    old = Custody.hand_out(mop, cleaner, custodian, note="明德楼保洁")
    Swap.make(Custody.hand_out(mop, cleaner, custodian, note="明德楼保洁"), Old(old, "布条脱落"), custodian)


def _waiting_for_agreement(school: "School") -> None:
    """One waits for the head of the office, one for the director."""
    brooms = Asset.get(Asset.name == "扫帚")
    Request.ask(school.people["辛理康"], "issue", asset=brooms, quantity=4, reason="班级大扫除，旧扫帚已散", swap=True)
    Request.ask(
        school.people["舒数学"], "loan", category=school.categories["A02020200"], quantity=1,
        reason="数学节闯关活动", starts_on=clock.today() + timedelta(days=5), due_on=clock.today() + timedelta(days=6),
    )  # fmt: skip


def _to_be_fetched(school: "School") -> None:
    chairs = Asset.get(Asset.name == "折叠椅")
    request = Request.ask(
        school.people["田育健"], "loan", asset=chairs, quantity=40, reason="家长开放日加座",
        due_on=clock.today() + timedelta(days=4),
    )  # fmt: skip
    request.agree(school.person("director"))


def _to_another_unit(school: "School") -> None:
    request = Request.ask(
        school.people["语文萱"], "outside", asset=_free_one("便携式投影仪"), reason="联片教研，借给结对学校",
        due_on=clock.today() + timedelta(days=7), borrower="青禾镇中心幼儿园", carrier="园方王老师",
        letter="今借到青禾实验小学便携式投影仪一台，一周内归还，如有损坏照价赔偿。", photos=[_note()],
    )  # fmt: skip
    request.agree(school.person("director"))
    request.agree(school.person("vice_principal"))
    request.hand_over(school.person("custodian"), [Handing(request.asset)], condition="完好，带电源线和遥控器")


def _leaver(school: "School") -> None:
    """Two things are left: the drill, and the advances that finance has not ticked yet."""
    custodian, leaver, taker = school.person("custodian"), school.people["劳动勤"], school.people["道法明"]
    drill = _free_one("电钻")
    Custody.hand_out(drill, leaver, custodian, note="劳动课")
    row = Clearance.open(leaver, custodian, last_day=clock.today() + timedelta(days=9), destination="青禾镇第二小学")
    keys = [each.key for each in holdings(leaver) if each.kind != "custody"]
    if keys:
        Handover.ask(row, taker, custodian, keys).agree(taker)
    loans = list(Custody.held_by(leaver).where(Custody.asset != drill))
    for loan in loans:
        loan.take_back(custodian)
    for mark in row.marks:
        if mark.box.role != "finance":
            mark.tick(school.person(mark.box.role))


def _free_one(name: str) -> Asset:
    """The last of its kind that nobody has and nobody asked for."""
    held = Custody.select(Custody.asset).where(Custody.is_open())
    asked = Request.select(Request.asset).where(Request.asset.is_null(False))
    rows = Asset.select().where(Asset.name == name, Asset.id.not_in(held), Asset.id.not_in(asked))
    return rows.order_by(Asset.id.desc()).get()


def _note() -> photos.Received:
    """A drawing in place of a photo: a sheet of paper with lines of writing and a round seal."""
    picture = Image.new("RGB", (900, 640), (243, 240, 232))
    pen = ImageDraw.Draw(picture)
    for row in range(5):
        pen.line([(110, 150 + 70 * row), (790 - 130 * (row % 2), 150 + 70 * row)], fill=(60, 66, 78), width=5)
    pen.ellipse([(600, 400), (780, 580)], outline=(190, 40, 40), width=7)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    out.seek(0)
    return photos.receive(out)
