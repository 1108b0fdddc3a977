"""Preventive work that most schools do, to start from. Intervals are usual ones, not rules of law, but for fire
extinguishers: looked at every month (GB 50444), serviced from the fifth year on at the latest by who may do it.

The school reads its own language; a rule made from one of these is the school's own and can say anything.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import get_locale

from app.assets.models import Category, Shelf
from app.repairs.models import KINDS
from app.repairs.upkeep import of_category


@dataclass(frozen=True)
class Suggestion:
    """Name and words in both languages, the kind of repair, how often, and the category of the things if it has one."""

    key: str
    name: str
    name_en: str
    words: str
    words_en: str
    kind: str
    unit: str
    every: int = 1
    before: int = 0
    ahead: int = 7
    category: str = ""
    per: str = "building"

    @property
    def said(self) -> str:
        return self.name_en if _english() else self.name

    @property
    def told(self) -> str:
        return self.words_en if _english() else self.words

    @property
    def icon(self) -> str:
        return KINDS[self.kind][1]

    def fields(self) -> dict[str, Any]:
        """What the form of a new rule is filled with. A category is offered only when the school has such things."""
        found = Category.get_or_none(Category.code == self.category) if self.category else None
        here = found is not None and _there_are(found)
        return {
            "name": self.said, "words": self.told, "kind": self.kind, "unit": self.unit, "every": self.every,
            "before": self.before, "ahead": self.ahead, "target": "category" if here else "place",
            "category": found.id if here else 0, "per": self.per,
        }  # fmt: skip


SUGGESTIONS = {
    each.key: each
    for each in (
        Suggestion("dispenser-filter", "饮水机换滤芯", "Water dispensers: change the filter",
                   "换滤芯，冲洗三分钟，记下型号和日期",
                   "change the filter, flush for three minutes, note model and date",
                   "drinking", "months", 6, ahead=14, category="A02061818", per="room"),
        Suggestion("dispenser-clean", "饮水机清洗消毒", "Water dispensers: clean and disinfect",
                   "放空、清洗、消毒、冲净；记下消毒剂和日期",
                   "drain, clean, disinfect, rinse; note what was used and when",
                   "drinking", "months", 1, ahead=5, category="A02061818", per="building"),
        Suggestion("dispenser-term", "开学前饮水机冲洗", "Water dispensers: flush before term",
                   "放水冲洗管道，消毒，水质正常后再开",
                   "flush the pipes, disinfect, open only when the water is good",
                   "drinking", "term", before=5, ahead=10, category="A02061818", per="building"),
        Suggestion("extinguisher-month", "灭火器月检", "Fire extinguishers: monthly look",
                   "压力在绿区，铅封、软管、瓶体完好，未被遮挡，在检查卡上签字",
                   "pressure in the green, seal, hose and body sound, nothing in front, sign the card",
                   "safety", "months", 1, ahead=5),
        Suggestion("extinguisher-service", "灭火器年度维保", "Fire extinguishers: yearly service",
                   "按出厂日期送检、换新，更新台账",
                   "have those serviced or replaced that are due, bring the list up to date",
                   "safety", "months", 12, ahead=30),
        Suggestion("lights-exit", "应急灯和疏散指示检查", "Emergency lights and exit signs",
                   "按试验键，断电后亮足三十分钟",
                   "press the test button: they must burn for half an hour without power",
                   "safety", "months", 3, ahead=7),
        Suggestion("fans-term", "开学前吊扇检查", "Ceiling fans before term",
                   "吊钩、吊杆、保险绳牢固，试转无异响",
                   "hook, rod and safety rope firm, no noise when they turn",
                   "power", "term", before=7, ahead=14, category="A02061802", per="building"),
        Suggestion("aircon-filter", "空调滤网清洗", "Air conditioners: wash the filters",
                   "拆洗滤网，看排水管，试制冷",
                   "wash the filters, look at the drain, try the cooling",
                   "aircon", "months", 6, ahead=14, category="A02061804", per="building"),
        Suggestion("rcd", "漏电保护器按键试验", "Residual-current breakers: press the test button",
                   "逐个按试验键，不动作的换新",
                   "press each test button; replace what does not trip",
                   "power", "months", 1, ahead=5),
        Suggestion("roof-drains", "雨季前清理屋面落水口", "Roof drains before the rains",
                   "清落叶淤泥，看防水层和避雷带",
                   "clear leaves and mud, look at the roofing and the lightning rod",
                   "building", "months", 12, ahead=14),
        Suggestion("goals", "球架、单双杠检查", "Goals, hoops and bars",
                   "螺栓、焊缝、底座、配重；摇晃的停用",
                   "bolts, welds, feet, ballast; close what sways",
                   "sports", "months", 1, ahead=5),
    )
}  # fmt: skip


def _there_are(category: Category) -> bool:
    return (
        Shelf.select(Shelf.asset).join(Shelf.asset.rel_model).join(Category)
        .where(of_category(category), Shelf.quantity > 0).exists()
    )  # fmt: skip


def _english() -> bool:
    return getattr(get_locale(), "language", "zh") == "en"
