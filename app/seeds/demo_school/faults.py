"""What breaks at the demo school, how it is told and mended, what it costs, and what is looked after ahead of time."""

from typing import NamedTuple


class Fault(NamedTuple):
    """How often (`weight`), where (kinds of rooms, or the name of a thing), how it is mended, with what (name, how
    many, yuan), and why: causes with their weights. `ours`: it is the class's own property."""

    weight: int
    kind: str
    words: str
    where: str
    method: str
    minutes: int
    parts: tuple[tuple[str, int, float], ...] = ()
    causes: str = "wear"
    ours: bool = False


FAULTS = (
    Fault(9, "water", "洗手池水龙头关不紧，一直滴水", "toilet", "replaced", 25, (("快开水龙头", 1, 38),)),
    Fault(7, "water", "厕所下水慢，地面积水", "toilet", "unblocked", 40, (), "misuse wear"),
    Fault(4, "water", "第二个水龙头出不了水", "toilet", "cleaned", 20),
    Fault(3, "water", "小便斗感应冲水不停", "toilet", "replaced", 35, (("感应电磁阀", 1, 96),), "quality wear"),
    Fault(2, "water", "水池下面的管子漏水", "canteen", "replaced", 45, (("下水软管", 1, 22), ("生料带", 2, 2))),
    Fault(9, "power", "后排两根灯管不亮", "classroom", "replaced", 20, (("LED 灯管", 2, 18),)),
    Fault(4, "power", "门口插座没电", "classroom office special", "replaced", 30, (("五孔插座", 1, 16),)),
    Fault(5, "power", "吊扇有异响，转起来晃", "classroom", "tightened", 35),
    Fault(3, "power", "跳闸，一推就跳", "office special", "adjusted", 50, (("漏电保护器", 1, 68),), "wear misuse"),
    Fault(7, "doors", "后门锁打不开", "classroom", "replaced", 30, (("球形门锁", 1, 55),), "wear misuse", True),
    Fault(5, "doors", "窗户插销坏了，关不上", "classroom", "replaced", 25, (("窗插销", 1, 8),),
          "wear wear misuse", True),
    Fault(4, "doors", "窗玻璃裂了一道", "classroom", "replaced", 60, (("5 毫米玻璃", 1, 76), ("玻璃胶", 1, 14)),
          "accident accident intent unknown", True),
    Fault(3, "doors", "门把手松脱", "office special", "tightened", 15),
    Fault(9, "furniture", "一张课桌桌腿松动", "classroom", "tightened", 15, (), "wear misuse", True),
    Fault(6, "furniture", "三把椅子靠背螺丝掉了", "classroom", "tightened", 20, (("内六角螺丝", 6, 0.8),),
          "wear", True),
    Fault(4, "furniture", "桌面被刻划，翘边扎手", "classroom", "replaced", 40, (("课桌面板", 1, 62),),
          "intent misuse intent", True),
    Fault(3, "furniture", "讲台抽屉拉不开", "classroom", "adjusted", 20),
    Fault(2, "furniture", "书柜门掉下来了", "classroom", "replaced", 30, (("铰链", 2, 9),), "misuse accident", True),
    Fault(4, "building", "墙角渗水，墙皮起泡", "classroom special", "temporary", 90),
    Fault(3, "building", "走廊地砖松动，踩上去响", "corridor", "tightened", 50, (("瓷砖胶", 1, 26),)),
    Fault(6, "aircon", "空调不制冷", "空调", "cleaned", 60, (("制冷剂", 1, 120),), "wear quality"),
    Fault(4, "aircon", "空调滴水", "空调", "unblocked", 40),
    Fault(6, "media", "大屏开不了机", "触控一体机", "adjusted", 30, (), "quality wear"),
    Fault(4, "media", "大屏触摸不准", "触控一体机", "adjusted", 15),
    Fault(3, "media", "大屏下边框被撞，触摸一半失灵", "触控一体机", "replaced", 80, (("触控框", 1, 480),),
          "accident misuse"),
    Fault(4, "media", "音箱没有声音", "教学音箱", "adjusted", 20),
    Fault(2, "media", "打印机卡纸，出不来", "打印机", "cleaned", 25),
    Fault(3, "drinking", "饮水机不出热水", "饮水机", "replaced", 45, (("温控器", 1, 58),), "wear quality"),
    Fault(2, "canteen", "消毒柜不加热", "消毒柜", "replaced", 60, (("加热管", 1, 85),)),
    Fault(2, "sports", "篮球架螺丝松动，篮筐歪了", "操场", "tightened", 30, (("高强螺栓", 4, 6),)),
    Fault(2, "grounds", "花坛边石脱落", "后花园", "tightened", 45, (("水泥", 1, 28),)),
    Fault(1, "grounds", "校门口井盖响，有点下沉", "校门广场", "replaced", 90, (("复合井盖", 1, 260),)),
    Fault(2, "safety", "应急灯不亮", "corridor special", "replaced", 25, (("应急灯", 1, 65),)),
)  # fmt: skip
ANYTHING = Fault(0, "other", "", "", "tightened", 20)

# Why a repair takes longer: (key of the reasons, note, from and to how many school days).
DELAYS = (
    ("parts", "配件本地缺货，已订，到货即装", 1, 4), ("parts", "要同型号面板，厂家发货", 2, 5),
    ("purchase", "超过零星维修额度，走采购审批", 2, 4), ("outage", "要停水，放在周五放学后做", 1, 3),
    ("holiday", "上课时间不能施工，安排在双休日", 1, 3), ("weather", "连续下雨，等天晴做防水", 2, 5),
    ("warranty", "还在保修期，已报厂家", 2, 6),
)  # fmt: skip
# Firms from outside: (kinds of damage, firm, contact, phone, yuan from and to).
FIRMS = (
    (("aircon",), "凉风空调售后服务部", "方师傅", "13700000081", 180, 900),
    (("media",), "清禾电教设备维护公司", "程工", "13700000082", 260, 2400),
    (("building", "grounds"), "安居修缮工程队", "石师傅", "13700000083", 400, 3200),
    (("doors",), "明亮门窗玻璃店", "卢师傅", "13700000084", 90, 420),
    (("drinking", "canteen", "water"), "清泉净水设备公司", "汪师傅", "13700000085", 120, 680),
)  # fmt: skip
ADVICE = {
    "misuse": "班会上讲一讲怎么用，专人管理。", "accident": "课间加强巡视，教室内不追跑。",
    "intent": "班主任谈话，列入班级公物检查。", "quality": "同批次的都看一遍。",
}  # fmt: skip
PRAISE = ("修得很快，谢谢师傅", "第二节课前就好了", "还顺手把另一扇也紧了", "")
BLAME = ("拖了好几天，中间没人说一声", "修好了又有点响", "地上的碎屑没有清理")
AGAIN = ("第二天又坏了", "只好了一半，另一侧还是不行", "过了个周末又漏了")
ASKS = (("师傅大概什么时候来？下午第二节要用。", "两点左右到，先别动它。"),
        ("孩子们先搬到隔壁上课了，钥匙在门卫。", "好的，取钥匙上去。"),
        ("已经用胶带先贴住了，注意别碰。", "看到了，马上带玻璃来。"))  # fmt: skip

# Preventive work: (name, words, kind, category or room, one ticket per what, months, days ahead, who, first day ago).
RULES = (
    ("饮水机清洗消毒", "放空、清洗、消毒、冲净；记下消毒剂", "drinking", "A02061818", "building", 1, 5, "江水流", 80),
    ("饮水机换滤芯", "换滤芯，冲洗三分钟，记下型号和日期", "drinking", "A02061818", "room", 3, 10, "江水流", 40),
    ("空调滤网清洗", "拆洗滤网，看排水管，试制冷", "aircon", "A02061804", "building", 6, 14, "陆电通", 62),
    ("灭火器月检", "压力在绿区，铅封、软管完好，签检查卡", "safety", "食堂厨房", "", 1, 5, "陆电通", 75),
    ("漏电保护器按键试验", "逐个按试验键，不动作的换新", "power", "计算机教室", "", 1, 5, "陆电通", 71),
    ("球架、单双杠检查", "螺栓、焊缝、底座；摇晃的停用", "sports", "操场", "", 1, 5, "江水流", 69),
)  # fmt: skip
PAUSED = "空调滤网清洗"
TERM_RULE = ("开学前吊扇检查", "吊钩、吊杆、保险绳牢固，试转无异响", "power", "明德楼101")

HOLIDAY_WORK = (
    ("building", "明德楼四楼外墙渗水，放假后搭架做防水", "明德楼三楼走廊"),
    ("furniture", "阅览桌椅整修、重新油漆", "图书馆"),
    ("power", "计算机教室线路改造，加一路专线", "计算机教室"),
    ("grounds", "操场跑道局部修补", "操场"),
)

# What leaders and the office wrote about the months that are over.
READ = "已阅。门窗和课桌椅损坏较多，请继续查原因。"
PUBLISHED = "请各班主任结合班会做好爱护公物教育。"
MEASURE = "开了爱护公物主题班会，约定课间不在课桌上压、拉。"
