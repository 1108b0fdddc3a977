"""10,000 rows of property from a sheet: look, then store. Seconds and megabytes.

    .venv/bin/python -m tests.bench.imports [rows]

A school of 300 rooms and 80 people in a file of its own. The sheet is the finance system's, with titles above its
headings; it goes the whole way a browser goes: sent, checked, stored, and then checked once more, where everything is
as before; and the list goes out again as a sheet. The memory is that of the process, at its highest. Goals: under
60 seconds to check and store, under 300 MB.
"""

import io
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from openpyxl import Workbook

from app import create_app, db
from app.assets import ledger
from app.assets.models import Asset, Category
from app.people import passwords
from app.people.models import Office, Person
from app.places.models import Place
from app.seeds import builtin
from tests.helpers import lay_tables, sign_in

ROWS, ROOMS, PEOPLE = 10_000, 300, 80
SECONDS, MEGABYTES = 60, 300
HEAD = (
    "资产编号", "资产名称", "资产分类", "资产门类", "取得方式", "取得日期", "资产原值(元)", "累计折旧/摊销(元)",
    "净值(元)",
    "数量/面积", "折旧/摊销年限(月)", "已提折旧/摊销月数", "记账日期", "资产用途", "资产状态", "管理部门",
    "财政拨款(元)",
    "非财政拨款(元)", "项目代码", "规格型号", "品牌", "序列号", "存放地点", "保管人",
)  # fmt: skip


def school(folder: Path) -> tuple[Flask, Person]:
    """The app on a file, and its custodian."""
    app = create_app(DATA=folder, SCHOOL="青禾实验小学", SECRET_KEY="for the bench only, thirty-two", TESTING=True)
    db.database.connect(reuse_if_open=True)
    lay_tables()
    with app.app_context(), db.writing():
        builtin.install()
        Office.create(name="总务处")
        custodian, _first = Person.add("钱秀英", roles=("custodian",), must_change=False)
        for n in range(PEOPLE):
            Person.add(f"教师{n}", phone=f"138{n:08}", must_change=False)
        floor = Place.add("floor", "一楼", None, parent=Place.add("building", "明德楼", None, parent=Place.add(
            "school", "青禾实验小学", None)))  # fmt: skip
        for n in range(ROOMS):
            Place.add("special", f"{n + 101}室", None, parent=floor)
    return app, custodian


def sheet(rows: int) -> io.BytesIO:
    """So many rows as the finance system exports them."""
    chance, book = random.Random(7), Workbook(write_only=True)
    page = book.create_sheet("资产卡片")
    page.append(["青禾实验小学固定资产卡片"])
    page.append(["单位：元"])
    page.append(HEAD)
    categories = [(row.code, row.name) for row in Category.select() if row.code.startswith(("A02", "A05"))]
    for n in range(rows):
        code, name = chance.choice(categories)
        value, many = chance.randrange(20_000, 900_000) / 100, chance.choice((1, 1, 1, 1, 40))
        page.append([
            f"TY2026{n:07}", f"{name}{n % 97}", f"{code} {name}", "设备", "新购",
            date(2020, 1, 1) + timedelta(n % 2000),
            round(value * many, 2), 120.5, 900, f"{many}台" if n % 3 else many, 72, 12, "2021年9月", "教学", "在用",
            "总务处",
            round(value * many, 2), 0, f"XM{n % 40}", f"M-{n % 300}", "联想", f"SN{n:08}",
            f"明德楼 {n % ROOMS + 101}室",
            f"教师{n % PEOPLE}",
        ])  # fmt: skip
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def main(rows: int) -> bool:
    passwords.METHOD = "pbkdf2:sha256:1"
    with tempfile.TemporaryDirectory() as folder:
        app, custodian = school(Path(folder))
        data = sheet(rows).getvalue()
        before = megabytes()
        with app.app_context():
            browser = sign_in(app, custodian)
        checking, address = timed(lambda: look(browser, data, (rows, 0, 0, 0)))
        storing, answer = timed(lambda: browser.send(address))
        assert answer.status_code == 303, answer.text[:2000]
        again, _address = timed(lambda: look(browser, data, (0, 0, rows, 0)))
        writing, answer = timed(lambda: browser.get("/assets/list.xlsx"))
        assert answer.status_code == 200, answer.text[:2000]
        answer.close()
        assert Asset.select().count() == rows
        assert not list(ledger.differences())
        assert not list(ledger.misplaced())
        db.database.close()
    total, most = checking + storing, megabytes()
    print(f"{rows} rows, {len(data) / 1024**2:.1f} MB: checked in {checking:.1f} s, stored in {storing:.1f} s, "
          f"checked again in {again:.1f} s, exported in {writing:.1f} s; "
          f"at most {most:.0f} MB ({before:.0f} MB before)")  # fmt: skip
    return total < SECONDS and most < MEGABYTES


def look(browser: Any, data: bytes, expected: tuple[int, int, int, int]) -> str:
    """Send the sheet and wait for what was found: so many rows new, changed, as before, with problems."""
    sent = browser.send("/assets/import", {"file": (io.BytesIO(data), "资产卡片.xlsx"), "room": ""},
                        content_type="multipart/form-data")  # fmt: skip
    assert sent.status_code == 303, sent.text[:2000]
    browser.get(sent.location).get_data()
    found = tuple(map(int, re.findall(r"<b>(\d+)</b>", browser.get(sent.location).text)))
    assert found == expected, found
    return sent.location


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(not main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
