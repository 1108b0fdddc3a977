"""Papers of every shape, registered as one kind of slip."""

from typing import Any

import pytest

from app.paper import Column, Opinion, Paper, Signature, Table, document

COLUMNS = [
    Column("序号", 0.6, "center"),
    Column("名称", 4),
    Column("数量", 1, "right"),
    Column("原值（元）", 1.6, "right"),
]


def rows(count: int) -> list[tuple[Any, ...]]:
    return [(n, f"学生课桌{n}", 40, "1,280.00") for n in range(1, count + 1)]


def slip(count: int = 3, **other: Any) -> Paper:
    """A transfer slip with so many rows."""
    fields = {
        "title": "固定资产调拨单",
        "number": "DB-2026-0007",
        "subtitle": "2026年11月24日",
        "code_url": "/assets/7",
        "facts": [("调出地点", "教学楼 201教室"), ("调入地点", "综合楼 科学实验室"), ("原因", "新增班级", True)],
        "tables": [Table(COLUMNS, rows(count), foot=("", "合计", 40 * count, ""))],
        "signatures": [("调出人", "李敏", "2026年11月24日"), Signature("调入人"), ("总务处",)],
    }
    return Paper(**{**fields, **other})


SHAPES = {
    1: slip(),
    2: slip(70),
    3: slip(copies=("财务", "总务", "使用")),
    4: slip(0),
    5: slip(
        tables=[
            Table([Column(f"列{n}", 1 + n % 3) for n in range(17)], [[f"QH-2024-{n:05d}"] * 17 for n in range(40)])
        ],
        landscape=True,
    ),
    6: Paper(
        "报废审批表",
        facts=[("现状", "长" * 2000), ("名称", "希沃 😀 <b>平板</b>")],
        tables=[Table(COLUMNS, [(1, "很长的名称，" * 300, 1, "x" * 200)], title="附表")],
        paragraphs=["申请报废。"],
        opinions=[Opinion("部门意见", "同意" * 600, "李敏", "2026年11月24日"), ("校长意见",)],
    ),
    7: Paper("班级公物登记表", tables=[Table(COLUMNS, blank=12)], copies=("班级", "总务处")),
    8: Paper("结清证明", paragraphs=["兹证明李敏同志名下物品均已结清。" * 300]),
    9: Paper("签到表", signatures=[(f"教师{n}",) for n in range(60)]),
}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sample` for who works in the General Affairs Office; others get nothing."""
    monkeypatch.setattr(document, "_builders", dict(document._builders))
    document.register("sample", lambda who, id: SHAPES.get(id) if "custodian" in who.roles else None)
