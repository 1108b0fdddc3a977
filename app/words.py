"""Times, days and money as people say them, in the reader's language."""

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from babel import Locale
from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from app import clock

NUMERALS = "一二三四五六七八九"
COMPOUND = ("欧阳", "上官", "诸葛", "司马", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "东方")


def said(moment: datetime | None) -> str:
    """`今天 10:24`, `昨天 16:05`, `3 天前`, `11月3日`, `2025年11月3日` for a stored moment."""
    return _said(moment, clock.today(), clock.zone, get_locale()) if moment is not None else ""


@lru_cache(4096)
def _said(moment: datetime, today: date, _zone: tzinfo, _language: Locale | None) -> str:
    """The same moment is said the same all day in a language; a list says many of them again and again."""
    here = clock.local(moment)
    time, days = here.strftime("%H:%M"), (today - here.date()).days
    if days == 0:
        return _("today %(time)s", time=time)
    if days == 1:
        return _("yesterday %(time)s", time=time)
    if days == -1:
        return _("tomorrow %(time)s", time=time)
    if 1 < days < 7:
        return ngettext("%(num)s day ago", "%(num)s days ago", days)
    return f"{day(here.date())} {time}" if here.year == today.year else day(here.date())


def exact(moment: datetime | None) -> str:
    """`2026-11-24 10:24` on the school's clock, for tables and titles."""
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else ""


def day(value: date | None) -> str:
    """`11月24日` this year, `2025年11月24日` otherwise; `24 Nov` and `24 Nov 2025` in English."""
    if value is None:
        return ""
    if value.year == clock.today().year:
        return _("%(day)s/%(month)s", day=value.day, month=value.month)
    return _("%(day)s/%(month)s/%(year)s", day=value.day, month=value.month, year=value.year)


def dated(value: date | None) -> str:
    """`2026-11-24`: a paper is read in other years, too."""
    return value.isoformat() if value is not None else ""


def span(gap: timedelta) -> str:
    """`2 天`, `3 小时`, `12 分钟`: the largest unit that tells enough."""
    minutes = max(int(gap.total_seconds() // 60), 0)
    if minutes >= 48 * 60:
        return ngettext("%(num)s day", "%(num)s days", minutes // (24 * 60))
    if minutes >= 60:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)


def age(moment: datetime) -> str:
    return span(clock.now() - moment)


def money(fen: int | None) -> str:
    """Yuan with two decimals from fen."""
    return "" if fen is None else f"{fen / 100:,.2f}"


def points(hundredths: int | None) -> str:
    """`9.5` from 950, `10` from 1000: points are kept in hundredths so that sums are exact."""
    return "" if hundredths is None else f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def masked(phone: str | None) -> str:
    """`138****0001`: enough to recognise, not enough to call."""
    return f"{phone[:3]}****{phone[-4:]}" if phone and len(phone) >= 7 else phone or ""


def called(name: str) -> str:
    """How a colleague who repairs is called by people who need not know the whole name: 孙师傅."""
    surname = next((each for each in COMPOUND if name.startswith(each)), name[:1])
    return _("%(surname)s of the repairs", surname=surname if name[:1] > "\u2e80" else name.split()[0])


def spaced(code: str) -> str:
    """`7K3M 9QX2`: a label code as it is read out."""
    return f"{code[:4]} {code[4:]}"


def either(chinese: str, english: str) -> str:
    """Built-in data has a name in both languages: the one of the reader; Chinese where no English was given."""
    locale = get_locale()
    return english if english and locale is not None and locale.language == "en" else chinese


def numeral(number: int, counting: bool = False) -> str:
    """`三` for Chinese readers, as papers say it: 第二份; when counting, 一式两份. Digits in English, beyond nine."""
    locale = get_locale()
    chinese = locale is not None and locale.language == "zh" and 1 <= number <= len(NUMERALS)
    if not chinese:
        return str(number)
    return "两" if counting and number == 2 else NUMERALS[number - 1]


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        said=said, exact=exact, day=day, span=span, age=age, money=money, points=points, masked=masked, spaced=spaced,
        called=called,
    )  # fmt: skip
    app.jinja_env.globals.update(now=clock.now, today=clock.today)
