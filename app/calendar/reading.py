"""What people type about weekdays and hours → values. Pure; ValueError with a sentence that helps."""

import re
import unicodedata
from datetime import time

from flask_babel import gettext as _

from app.calendar.days import Spans

SEVERAL = re.compile(r"[,，、;；和与]+")
DASH = "[-–—~～至到]"
SPAN = re.compile(rf"([0-9]{{1,2}})[:：.]([0-9]{{2}})\s*{DASH}+\s*([0-9]{{1,2}})[:：.]([0-9]{{2}})")
ENGLISH = {word: str(number) for number, word in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 1)}
CHINESE = dict(zip("一二三四五六日天", "12345677", strict=True))


def spans_of(text: str) -> Spans:
    """`08:00-11:30, 13:00-16:30` → spans of a day, in order; nothing for an empty text or a stroke."""
    words = unicodedata.normalize("NFKC", str(text)).strip()
    if words in ("", "-", "—", "/", "无", "休息"):
        return ()
    spans = tuple(_span(*found) for found in SPAN.findall(words))
    moments = [moment for span in spans for moment in span]
    if SEVERAL.sub("", SPAN.sub("", words)).strip() or None in moments or not spans:
        raise ValueError(
            _("“%(words)s” are no hours. Please write them like 08:00-11:30, 13:00-16:30.", words=words[:24])
        )
    if moments != sorted(set(moments)):
        raise ValueError(_("Please give the hours in their order, such as 08:00-11:30, 13:00-16:30."))
    return spans


def _span(*figures: str) -> tuple[time | None, time | None]:
    """None for 25:00."""
    hour, minute, until_hour, until_minute = map(int, figures)
    if max(hour, until_hour) > 23 or max(minute, until_minute) > 59:
        return None, None
    return time(hour, minute), time(until_hour, until_minute)


def weekdays_of(text: str) -> tuple[int, ...]:
    """`周一至周五`, `星期六、日`, `Mon-Fri`, `1-5`, `Thursday` → numbers, 1 is Monday."""
    words = unicodedata.normalize("NFKC", str(text)).lower()
    words = re.sub(r"\s|周|星期|礼拜|\.0$", "", words)
    words = re.sub(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*", lambda found: ENGLISH[found[1]], words)
    words = "".join(CHINESE.get(letter, letter) for letter in words)
    numbers: set[int] = set()
    for part in SEVERAL.split(words):
        found = re.fullmatch(rf"([1-7])(?:{DASH}([1-7]))?", part)
        if not found or (found[2] and found[2] < found[1]):
            raise ValueError(_("“%(words)s” is no weekday. Please write it like Monday.", words=str(text)[:24]))
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return tuple(sorted(numbers))
