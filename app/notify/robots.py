"""What group robots understand: message forms, limits, signatures, answers. No database, no network.

WeCom and DingTalk take 20 messages a minute; a text of at most 2048 bytes of UTF-8, Markdown of at most 4096. Feishu
allows more; one limit for all keeps a channel's messages the same wherever they go.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

TEXT_BYTES, MARKDOWN_BYTES = 2048, 4096
A_MINUTE = 20
TITLE_BYTES = 60
# Codes by which a robot says that it had too much: WeCom, DingTalk (muted for ten minutes), Feishu.
TOO_FAST = {45009, 130101, 660026, 9499, 11232}
# Hostile words must not become a link, a mention or a heading in the group.
PLAIN = str.maketrans({"<": "＜", ">": "＞", "[": "［", "]": "］", "*": "＊", "`": "‘", "\n": " ", "\r": " "})


@dataclass(frozen=True)
class Line:
    """One sentence of a message, and the page that tells more."""

    words: str
    url: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Message:
    """What a channel is to say. `lines` are complete; the form of the channel cuts what does not fit."""

    title: str
    lines: tuple[Line, ...]
    keyword: str = ""
    urgent_words: str = "urgent"
    open_words: str = "open"
    more_words: str = "…"  # with %(count)s: what did not fit


def cut(text: str, most: int) -> str:
    """At most so many bytes of UTF-8, ending at a character's border and with `…` when something was cut.

    >>> cut("三(2)班教室", 12)
    '三(2)班…'
    """
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return data.decode("utf-8")
    kept = data[: max(most - 3, 0)].decode("utf-8", "ignore")
    return (kept.rstrip("\u200d\ufe0f") + "…") if most >= 3 else ""


def size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def fitted(head: str, lines: Iterable[str], most: int, more: str) -> str:
    """Whole lines as long as they fit in `most` bytes; a line that is too long alone is cut. What is left out is
    counted in a last line."""
    rest, body = list(lines), cut(head, most // 2)
    count = len(rest)
    for number, line in enumerate(rest):
        tail = f"\n{more % {'count': count - number - 1}}" if number + 1 < count else ""
        room = most - size(body) - size(tail) - 1
        if size(line) > room:
            if number == 0:
                return body + "\n" + cut(line, room) + tail
            return body + f"\n{more % {'count': count - number}}"
        body += "\n" + line
    return body


def text_of(message: Message, most: int = TEXT_BYTES) -> str:
    """Plain text: title, sentences, addresses."""
    return fitted(_head(message), (_text_line(message, line) for line in message.lines), most, message.more_words)


def _text_line(message: Message, line: Line) -> str:
    mark = f"【{message.urgent_words}】" if line.urgent else ""
    words = cut(line.words.translate(PLAIN), TEXT_BYTES // 2)  # an address that is cut leads nowhere
    return f"{mark}{words}" + (f"\n{line.url}" if line.url else "")


def _head(message: Message) -> str:
    """The title; a robot that is guarded by a keyword passes on only what holds it, so it must never be cut off."""
    if message.keyword and message.keyword not in message.title:
        return f"{message.keyword} {message.title}"
    return message.title


def markdown_of(message: Message, most: int = MARKDOWN_BYTES, *, coloured: bool) -> str:
    """Markdown; `coloured` knows WeCom's colours."""
    lines = (_markdown_line(message, line, coloured) for line in message.lines)
    return fitted(f"**{_head(message)}**", lines, most, message.more_words)


def _markdown_line(message: Message, line: Line, coloured: bool) -> str:
    mark = ""
    if line.urgent:
        words = message.urgent_words
        mark = f'<font color="warning">{words}</font> ' if coloured else f"**{words}** "
    link = f" [{message.open_words}]({line.url})" if line.url else ""
    words = cut(line.words.translate(PLAIN), MARKDOWN_BYTES // 2)  # a link that is cut is no link
    return f"{'>' if coloured else '- '}{mark}{words}{link}"


def wecom(message: Message, form: str) -> dict:
    if form == "text":
        return {"msgtype": "text", "text": {"content": text_of(message)}}
    return {"msgtype": "markdown", "markdown": {"content": markdown_of(message, coloured=True)}}


def dingtalk(message: Message, form: str) -> dict:
    at = {"atMobiles": [], "isAtAll": False}
    if form == "text":
        return {"msgtype": "text", "text": {"content": text_of(message)}, "at": at}
    text = markdown_of(message, MARKDOWN_BYTES - 1, coloured=False).replace("\n", "\n\n", 1)
    return {"msgtype": "markdown", "markdown": {"title": cut(_head(message), TITLE_BYTES), "text": text}, "at": at}


def feishu(message: Message, form: str) -> dict:
    if form == "text":
        return {"msg_type": "text", "content": {"text": text_of(message)}}
    rows, left = [], MARKDOWN_BYTES - size(_head(message)) - 60
    for number, line in enumerate(message.lines):
        words = cut(_text_line(message, Line(line.words, urgent=line.urgent)), MARKDOWN_BYTES // 2)
        left -= size(words) + size(line.url) + size(message.open_words)
        if left < 0:
            rows.append([{"tag": "text", "text": message.more_words % {"count": len(message.lines) - number}}])
            break
        link = [{"tag": "a", "text": f" {message.open_words}", "href": line.url}] if line.url else []
        rows.append([{"tag": "text", "text": words}, *link])
    return {"msg_type": "post", "content": {"post": {"zh_cn": {"title": _head(message), "content": rows}}}}


FORMS = {"wecom": wecom, "dingtalk": dingtalk, "feishu": feishu}


def request_of(kind: str, address: str, secret: str, form: str, message: Message, seconds: float) -> tuple[str, bytes]:
    """Where to post what: the address with DingTalk's signature, the JSON with Feishu's. `seconds` is Unix time."""
    body = FORMS[kind](message, form)
    if secret and kind == "dingtalk":
        address = signed_address(address, secret, int(seconds * 1000))
    if secret and kind == "feishu":
        body = {"timestamp": str(int(seconds)), "sign": feishu_sign(secret, int(seconds)), **body}
    return address, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def signed_address(address: str, secret: str, milliseconds: int) -> str:
    """DingTalk's 加签: HMAC-SHA256 of `timestamp\\nsecret` with the secret as key, valid for an hour."""
    code = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    sign = urlencode({"timestamp": milliseconds, "sign": base64.b64encode(code).decode()})
    return f"{address}{'&' if '?' in address else '?'}{sign}"


def feishu_sign(secret: str, seconds: int) -> str:
    """Feishu's 签名校验: HMAC-SHA256 of nothing with `timestamp\\nsecret` as key."""
    code = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(code).decode()


def read_answer(data: bytes) -> tuple[int, str]:
    """A robot's own code, 0 when it passed the message on, with its words. ValueError when it is no robot's answer.

    WeCom and DingTalk say errcode and errmsg, Feishu code and msg, in old versions StatusCode and StatusMessage.
    """
    answer = json.loads(data)
    if not isinstance(answer, dict):
        raise ValueError("not an object")
    for code, words in (("errcode", "errmsg"), ("code", "msg"), ("StatusCode", "StatusMessage")):
        if isinstance(answer.get(code), int) and not isinstance(answer[code], bool):
            return answer[code], str(answer.get(words, ""))[:200]
    raise ValueError("no code")
