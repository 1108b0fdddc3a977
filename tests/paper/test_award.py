"""A certificate: one sheet with everything on it, on the page and as PDF."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from pypdf import PdfReader

from app.paper import Award, award, document


def flag(**other: Any) -> Award:
    fields = {
        "title": "流动红旗",
        "subtitle": "第 6 周",
        "to": "三(2)班",
        "words": "在本周班级卫生评比中表现优秀，特授予流动红旗。",
        "signatures": (("大队辅导员",), ("总务主任", "钟务实")),
        "day": "2026年10月8日",
        "code_url": "/assets/7",
    }
    return Award(**{**fields, **other})


def printed(each: Award, app: Flask) -> list[Any]:
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        out = io.BytesIO()
        award.render(each, out, "http://localhost/assets/7")
    return list(PdfReader(out).pages)


def test_all_of_it_is_on_one_page(app: Flask) -> None:
    (page,) = printed(flag(), app)
    assert page.mediabox.width > page.mediabox.height
    found = re.sub(r"\s", "", page.extract_text())
    for each in ("流动红旗", "第6周", "三(2)班", "特授予流动红旗。", "大队辅导员：", "钟务实", "2026年10月8日"):
        assert each in found, each


@pytest.mark.parametrize("name", ["三(2)班" * 30, "😀 <b>三(2)班</b>", "x" * 300])
def test_a_long_or_hostile_name_stays_inside_the_frame(app: Flask, name: str) -> None:
    (page,) = printed(flag(to=name, words=name), app)
    wide: list[float] = []

    def look(text: str, cm: Any, tm: Any, _font: Any, size: Any) -> None:
        if text.strip():
            wide.append(tm[4])

    page.extract_text(visitor_text=look)
    assert wide
    assert 0 < min(wide) <= max(wide) < page.mediabox.width - 36


def test_the_page_prints_it_and_escapes(phone: Any, school: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(document._builders, "flag", lambda who, id: flag(to="<b>三(2)班</b>"))
    answer = phone(school.director).get("/paper/flag/1")
    assert answer.status_code == 200
    assert "&lt;b&gt;三(2)班" in answer.text
    assert "流动红旗" in answer.text
    assert "/static/" in answer.text
    assert "award.css" in answer.text
    file = phone(school.director).get("/paper/flag/1.pdf")
    assert file.data.startswith(b"%PDF")
