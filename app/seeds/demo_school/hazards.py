"""The hazard book half-way: one closed, one to recheck, one past its day, one being put right, one that nobody has."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app import clock
from app.inspections.hazards import Hazard
from app.places.models import Place

if TYPE_CHECKING:
    from app.seeds.demo_school import School

# Days ago, kind of place, what is dangerous, level, measure, days to put it right, protection; how far it got.
BOOK = (
    (26, "yard", "旗杆旁篮球架底座螺栓锈断一根", "major", "更换全部底座螺栓，做防锈", 5, "围起来，停用", "closed"),
    (15, "office", "铁皮文件柜没有固定，拉开抽屉会前倾", "general", "用膨胀螺栓固定到墙", 7, "上层不放重物", "recheck"),
    (12, "special", "科学实验室灭火器压力不足", "general", "送检充装", 6, "借用走廊备用灭火器", "fixing"),
    (4, "corridor", "走廊吊顶一块扣板松脱", "general", "重新固定整排扣板", 10, "下方拉警戒线", "fixing"),
    (1, "classroom", "后门上方玻璃有一道裂纹", "general", "", 0, "", "registered"),
)


def build(school: "School") -> None:
    now = clock.now_really()
    for each in BOOK:
        _hazard(school, now, *each)
    clock.set_hands(None)


def _hazard(
    school: "School", now: datetime, ago: int, kind: str, words: str, level: str, measure: str, days: int,
    interim: str, state: str,
) -> None:  # fmt: skip
    place = Place.rooms().where(Place.kind == kind).order_by(Place.id).first()
    if place is None:
        return
    director, worker, custodian = (school.person(role) for role in ("director", "electrician", "custodian"))
    found = now - timedelta(days=ago, hours=2)
    clock.set_hands(found)
    hazard = Hazard.register(school.person("guard" if level == "major" else "teacher"), place, words, level)
    if state == "registered":
        return
    clock.set_hands(found + timedelta(hours=1))
    hazard.plan(director, worker, clock.today() + timedelta(days=days), measure, interim)
    if state == "fixing":
        return
    clock.set_hands(found + timedelta(days=days - 1))
    hazard.fixed(worker, f"已完成：{measure}")
    if state == "closed":
        clock.set_hands(found + timedelta(days=days - 1, hours=1))
        hazard.close(custodian, "逐个试过，牢固")
