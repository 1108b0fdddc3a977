"""The hazard book in every state: closed, struck out, to recheck, sent back, past its day, being put right, new."""

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from app import clock
from app.inspections.hazards import Hazard
from app.seeds.demo_school.days import at

if TYPE_CHECKING:
    from app.seeds.demo_school.repairs import Desk


class Line(NamedTuple):
    """Days ago, place, what is dangerous, level, measure, days to put it right, protection; how far it got."""

    ago: int
    place: str
    words: str
    level: str
    measure: str
    days: int
    interim: str
    state: str


BOOK = (
    Line(55, "食堂厨房", "燃气报警器探头积油，按测试键不响", "major",
         "清洗探头，送检后装回", 5, "停用该灶，开窗通风", "closed"),
    Line(40, "操场", "单杠地脚螺栓松动", "general",
         "更换螺栓并重新紧固", 7, "拉警戒线，暂停使用", "closed"),
    Line(33, "致远楼三楼走廊", "栏杆有一处晃动", "major",
         "加焊立柱，重新固定膨胀螺栓", 4, "封闭该段，值班老师看守", "sent back"),
    Line(26, "校门广场", "旗杆旁篮球架底座螺栓锈断一根", "major",
         "更换全部底座螺栓，做防锈", 5, "围起来，停用", "closed"),
    Line(19, "计算机教室", "机柜后有烧焦气味", "general",
         "", 0, "", "void"),
    Line(15, "教务处", "铁皮文件柜没有固定，拉开抽屉会前倾", "general",
         "用膨胀螺栓固定到墙", 7, "上层不放重物", "recheck"),
    Line(12, "体育器材室", "货架顶部堆放过高，有倾倒危险", "general",
         "重物移到底层，货架固定到墙", 20, "", "fixing"),
    Line(11, "科学实验室", "灭火器压力不足", "general",
         "送检充装", 6, "借用走廊备用灭火器", "fixing"),
    Line(9, "后花园", "大树有枯枝悬在步道上方", "major",
         "请专业队伍修剪枯枝", 5, "拉警戒线，步道改道", "fixing"),
    Line(4, "明德楼二楼走廊", "走廊吊顶一块扣板松脱", "general",
         "重新固定整排扣板", 10, "下方拉警戒线", "fixing"),
    Line(1, "明德楼301", "后门上方玻璃有一道裂纹", "general",
         "", 0, "", "registered"),
)  # fmt: skip


def begin(desk: "Desk") -> None:
    for line in BOOK:
        desk.at(at(desk.today - timedelta(days=line.ago), 10, 20), _register, desk, line)


def _register(desk: "Desk", line: Line) -> None:
    finder = desk.school.person("guard" if line.level == "major" else "teacher")
    hazard = Hazard.register(finder, desk.school.places[line.place], line.words, line.level)
    if line.state == "void":
        desk.at(clock.now() + timedelta(hours=3), hazard.void, desk.director, "查看后是隔壁实验课的气味，线路正常")
    elif line.state != "registered":
        desk.at(clock.now() + timedelta(hours=1), _plan, desk, hazard, line)


def _plan(desk: "Desk", hazard: Hazard, line: Line) -> None:
    worker = desk.school.person("electrician")
    hazard.plan(desk.director, worker, clock.today() + timedelta(days=line.days), line.measure, line.interim)
    if line.state == "fixing":
        return
    fixed = clock.now() + timedelta(days=line.days - 1)
    desk.at(fixed, hazard.fixed, worker, f"已完成：{line.measure}")
    if line.state == "sent back":
        again = clock.today() + timedelta(days=line.days + 3)
        desk.at(fixed + timedelta(hours=1), hazard.fail, desk.custodian, "用力推仍有晃动，再加一道斜撑", again)
        desk.at(fixed + timedelta(days=2), hazard.fixed, worker, "已加斜撑，三人推不动")
    if line.state in ("closed", "sent back"):
        desk.at(fixed + timedelta(days=2, hours=2), hazard.close, desk.custodian, "逐个试过，牢固")
