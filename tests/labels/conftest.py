"""Labels to try, and how to read back what was drawn."""

from collections.abc import Callable

import pytest

from labels import Label

SCHOOL = "江宁区青禾实验小学"
NAMES = (
    "空调",
    "三(2)班教室",
    "希沃交互式电子白板一体机 86 寸",
    "HP LaserJet Pro MFP M428fdw 打印机",
    "Interactive whiteboard",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "食堂后厨不锈钢双门商用大容量冷藏冷冻两用保鲜柜(带温度显示与自动除霜功能)左起第三台备用配电箱旁靠墙" * 2,
    "",
)


@pytest.fixture
def make() -> Callable[..., Label]:
    """A projector's label; anything may be said otherwise."""

    def _make(code: str = "7K3M9QX2", host: str = "https://zw.example.edu.cn", **other: str) -> Label:
        data = {"school": SCHOOL, "name": "投影仪", "number": "ZC-2021-0043", "place": "教学楼 302", **other}
        return Label(code, f"{host}/q/{code}", **data)

    return _make


@pytest.fixture(params=NAMES, ids=[str(i) for i in range(len(NAMES))])
def name(request: pytest.FixtureRequest) -> str:
    """Short, long, Latin, mixed and empty names."""
    return request.param
