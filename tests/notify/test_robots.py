"""The forms and limits of group robots: bytes of UTF-8, borders of characters, signatures, hostile words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notify.robots import (
    MARKDOWN_BYTES,
    TEXT_BYTES,
    Line,
    Message,
    cut,
    feishu_sign,
    markdown_of,
    read_answer,
    request_of,
    signed_address,
    text_of,
)

DINGTALK = "J1ROuI0lRhdAs5lXpASksT0u9NwWl4DNkvcHISJRBoY%3D"
FEISHU = "ZbaX0T1Qv42S/bHMSDNAt1mIkeOTaBbT6d3cdXTGjqQ="
URL = "https://zw.example.edu.cn/repairs/12"
words = st.text(
    alphabet=st.one_of(st.sampled_from("三(2)班教室漏水😀👩‍🏫a[]<>*`"), st.characters(codec="utf-8")), max_size=3000
)
lines = st.lists(st.builds(Line, words, st.sampled_from(["", URL]), st.booleans()), max_size=30).map(tuple)


@given(words, st.integers(0, 4000))
def test_cut_ends_at_a_character(text, most):
    short = cut(text, most)
    assert len(short.encode()) <= most
    assert text.startswith(short.removesuffix("…"))
    if len(text.encode()) <= most:
        assert short == text


def test_cut_by_example():
    assert cut("三(2)班教室", 100) == "三(2)班教室"
    assert cut("三(2)班教室", 12) == "三(2)班…"
    assert cut("三(2)班教室", 11) == "三(2)…"
    assert cut("👩‍🏫👩‍🏫", 14) == "👩‍🏫…"
    assert cut("👩‍🏫👩‍🏫", 13) == "👩…"  # half of a joined sign, without the joiner


@given(lines, st.text(max_size=60), st.text(max_size=30))
def test_every_form_keeps_within_its_limit(lines, title, keyword):
    message = Message(title, lines, keyword, "紧急", "打开", "…… 另有 %(count)s 条")
    assert len(text_of(message).encode("utf-8", "replace")) <= TEXT_BYTES
    for coloured in (True, False):
        assert len(markdown_of(message, coloured=coloured).encode("utf-8", "replace")) <= MARKDOWN_BYTES
    for kind in ("wecom", "dingtalk", "feishu"):
        for form in ("text", "markdown"):
            _address, body = request_of(kind, URL, "", form, message, 0)
            json.loads(body)
            content = json.loads(body).get("markdown", {})
            assert len((content.get("text") or content.get("content") or "").encode()) <= MARKDOWN_BYTES
            assert len(body) <= 20_000


def test_what_does_not_fit_is_counted_and_no_link_is_cut():
    message = Message(
        "通知", tuple(Line(f"{number} 号单" + "漏水" * 60, URL) for number in range(20)), more_words="另有 %(count)s 条"
    )
    text = text_of(message)
    shown = text.count(" 号单")
    assert text.endswith(f"另有 {20 - shown} 条")
    assert text.count(URL + "\n") == shown
    markdown = markdown_of(message, coloured=True)
    assert markdown.count("](https://zw.example.edu.cn/repairs/12)") == markdown.count(" 号单")


def test_one_endless_line_keeps_its_link():
    message = Message("通知", (Line("漏" * 5000, URL),))
    assert text_of(message).endswith("…\n" + URL)
    assert f"]({URL})" in markdown_of(message, coloured=True)


def test_hostile_words_are_no_link_no_mention_no_colour():
    message = Message(
        "通知", (Line('[领奖](http://evil.example) <@all> <font color="info">x</font> **粗** `c`\n# 大'),)
    )
    for text in (text_of(message), markdown_of(message, coloured=True), markdown_of(message, coloured=False)):
        body = text.partition("\n")[2]
        assert "](" not in body
        assert "<" not in body
        assert "**" not in body
        assert "\n#" not in body


def test_urgent_is_marked():
    message = Message("通知", (Line("漏电", URL, urgent=True),), urgent_words="紧急", open_words="打开")
    assert '<font color="warning">紧急</font>' in markdown_of(message, coloured=True)
    assert "**紧急**" in markdown_of(message, coloured=False)
    assert "【紧急】漏电" in text_of(message)


@pytest.mark.parametrize("form", ["text", "markdown"])
@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_the_keyword_is_always_in_it(kind, form):
    message = Message("通知" * 30, tuple(Line("漏" * 3000, URL) for _each in range(3)), keyword="总务报修")
    _address, body = request_of(kind, URL, "", form, message, 0)
    assert "总务报修" in body.decode()


def test_signatures_are_those_of_the_makers():
    """Worked out apart from this code, with openssl."""
    signed = signed_address("https://oapi.dingtalk.com/robot/send?access_token=x", "SECtest", 1600000000000)
    assert signed.startswith("https://oapi.dingtalk.com/robot/send?access_token=x&timestamp=1600000000000&sign=")
    assert signed.partition("&sign=")[2] == DINGTALK
    assert feishu_sign("test", 1600000000) == FEISHU


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b'{"errcode":0,"errmsg":"ok"}', (0, "ok")),
        (b'{"errcode":310000,"errmsg":"keywords not in content"}', (310000, "keywords not in content")),
        (b'{"code":19021,"msg":"sign match fail"}', (19021, "sign match fail")),
        (b'{"StatusCode":0,"StatusMessage":"success"}', (0, "success")),
        (b'{"errcode":1}', (1, "")),
    ],
)
def test_answers(answer, told):
    assert read_answer(answer) == told


@pytest.mark.parametrize(
    "answer", [b"", b"ok", b"{}", b"[]", b'{"errcode":true}', b'{"errcode":"0"}', b"\xff", b"null"]
)
def test_no_answers(answer):
    with pytest.raises(ValueError, match=r".*"):
        read_answer(answer)
