"""Half-way through: a computer in appraisal, the class lists of a grade half signed, one compensation to be paid."""

import io
from datetime import date, timedelta
from typing import TYPE_CHECKING

import peewee
from PIL import Image, ImageDraw

from app import clock
from app.assets.models import Asset
from app.disposals.class_property import ClassProperty, Counted, Line, More
from app.disposals.compensation import Compensation
from app.disposals.disposal import Disposal
from app.photos import models as photos
from app.repairs.models import Ticket, likely_kind

if TYPE_CHECKING:
    from app.seeds.demo_school import School

GRADE = 3


def build(school: "School") -> None:
    start = clock.now_really()
    _appraisal(school, start)
    _class_lists(school, start)
    _broken_window(school, start)
    clock.set_hands(None)


def _appraisal(school: "School", end) -> None:
    """Asked two days ago; one of three has written an opinion."""
    old = date(clock.today().year - 8, 1, 1)
    asset = (
        Asset.select()
        .join(Ticket, peewee.JOIN.LEFT_OUTER)
        .where(~Asset.is_batch, Asset.place.is_null(False), Asset.unit_price.is_null(False), Asset.acquired_on < old,
               Asset.state == "in_use")
        .group_by(Asset.id)
        .order_by(peewee.fn.COUNT(Ticket.id).desc(), Asset.acquired_on, Asset.id)
        .first()
    )  # fmt: skip
    if asset is None:
        return
    clock.set_hands(end - timedelta(days=2, hours=3))
    people = [school.person("electrician"), *_teachers(school)[:2]]
    ticket = Ticket.report(asset.keeper, place=asset.place, asset=asset, kind=likely_kind(asset) or "other",
                           words="修过几次又坏了，主板烧了")  # fmt: skip
    clock.set_hands(end - timedelta(days=2, hours=2))
    slip = Disposal.ask(
        asset, school.person("custodian"), ticket=ticket, reason="worn_out", way="scrap", appraisers=people,
        words="主板烧坏，配件已停产，维修报价超过原值一半，校内其他处室也用不上。", photos=[_picture()],
    )  # fmt: skip
    clock.set_hands(end - timedelta(days=1, hours=5))
    slip.agree(people[0], note="通电无反应，主板电容鼓包，无配件可换，同意报废。")


def _class_lists(school: "School", end) -> None:
    """Made at the beginning of the month; of the third grade, half are signed by both and half by one."""
    clock.set_hands(end - timedelta(days=9))
    custodian = school.person("custodian")
    ClassProperty.begin_all(custodian)
    rows = [row for row in ClassProperty.shown() if row.group.grade == GRADE]
    for number, row in enumerate(rows):
        teacher = row.group.teacher
        clock.set_hands(end - timedelta(days=8 - number, hours=2))
        row.count(teacher, _counted(row.lines), [More("玻璃窗", "扇", 12, 12), More("黑板", "块", 1, 1)])
        row.sign(teacher, row.mark)
        if number % 2 == 0:
            clock.set_hands(end - timedelta(days=7 - number))
            row.sign(custodian, row.mark)


def _counted(lines: list[Line]) -> dict[int, Counted]:
    """Everything is there; of what there is much of, one is not quite good."""
    return {
        line.id: Counted(line.opening, line.opening - (line.opening > 20), "一件有划痕" if line.opening > 20 else "")
        for line in lines
    }


def _broken_window(school: "School", end) -> None:
    group = next(group for group in school.classes if group.grade == GRADE)
    clock.set_hands(end - timedelta(days=3))
    Compensation.record(
        school.person("custodian"), thing="玻璃窗", group=group, cause="accident", basis="repair", amount=8600,
        words="课间在教室内抛接球，撞裂一扇玻璃，已请人更换。", parents_informed=True,
    )  # fmt: skip


def _teachers(school: "School") -> list:
    return [person for person in school.people.values() if "teacher" in person.given_roles]


def _picture() -> photos.Received:
    """A drawing in place of a photo: a board with a burnt spot."""
    picture = Image.new("RGB", (960, 720), "#7d8a82")
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((140, 110, 820, 610), 24, fill="#1f5a45", outline="#123d2e", width=6)
    for x in range(190, 780, 90):
        pen.line((x, 140, x, 580), fill="#3d8a6c", width=4)
    pen.ellipse((430, 270, 610, 450), fill="#2a1d14")
    pen.ellipse((470, 310, 570, 410), fill="#0d0806")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    out.seek(0)
    return photos.receive(out)
