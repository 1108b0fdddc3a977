"""What people type into cells → values. Pure functions; each raises ValueError with a sentence that helps.

They take what a sheet gives: text, int, float, bool, date, datetime. Empty cells never come here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

EPOCH = Date(1899, 12, 30)  # Excel's day 0
SERIALS = range(10_000, 80_000)  # 1927 to 2119: other whole numbers are no days
YEARS = range(1900, 2201)
GRADES = "一二三四五六"
CHINESE_DIGITS = {word: digit for digit, word in enumerate("一二三四五六七八九", 1)}


def text(value: Any, longest: int = 60) -> str:
    """One line of text. A number is written without its decimal point: 13800000001.0 is a phone number."""
    words = _plain(value)
    if len(words) > longest:
        raise ValueError(_("At most %(most)s characters, please; this has %(count)s.", most=longest, count=len(words)))
    return words


def date(value: Any) -> Date:
    """A day: a date cell, 2021-9-1, 2021/9/1, 2021.9.1, 2021年9月1日, 20210901, a serial number like 44440;
    2021-9, 2021.9 and 2021年9月 are the first of the month."""
    if isinstance(value, datetime):
        return _sensible(value.date())
    if isinstance(value, Date):
        return _sensible(value)
    words = _month_of_number(value) if isinstance(value, float) and not value.is_integer() else _plain(value)
    if found := re.fullmatch(r"([0-9]{4})([0-9][0-9])([0-9][0-9])", words):
        return _day(*found.groups())
    if re.fullmatch(r"[0-9]{5}(\.0)?", words) and int(float(words)) in SERIALS:
        return EPOCH + timedelta(int(float(words)))
    words = re.sub(r"[T ][0-9]{1,2}:[0-9][0-9](:[0-9][0-9](\.[0-9]+)?)?$", "", words)
    found = re.fullmatch(r"([0-9]{4})\s*[-/.年、]\s*([0-9]{1,2})\s*(?:[-/.月、]\s*(?:([0-9]{1,2})\s*[日号]?)?)?", words)
    if not found:
        raise _no_day(words)
    return _day(found[1], found[2], found[3] or 1)


def _month_of_number(value: float) -> str:
    """2021.9 typed into a number cell means September; 2021.1 may have been October once."""
    words = repr(round(value, 4))
    if re.fullmatch(r"[0-9]{5}\.[0-9]+", words):
        return words.partition(".")[0]  # a moment as a serial number; its day counts
    if re.fullmatch(r"(19|2[0-9])[0-9][0-9]\.1", words):
        year = words[:4]
        raise ValueError(
            _("Is %(value)s January or October? Please write %(year)s-01 or %(year)s-10.", value=words, year=year)
        )
    return words


def _day(year: Any, month: Any, day: Any) -> Date:
    try:
        return _sensible(Date(int(year), int(month), int(day)))
    except ValueError:
        raise _no_day(f"{year}-{month}-{day}") from None


def _sensible(day: Date) -> Date:
    if day.year not in YEARS:
        raise _no_day(day.isoformat())
    return day


def _no_day(words: str) -> ValueError:
    return ValueError(_("“%(words)s” is not a day. Please write it like 2021-09-01.", words=_short(words)))


def money(value: Any, most: int = 10**12) -> int:
    """Yuan → whole fen: 1200, 1,200.50, ￥1200 元, 1.2万元; full-width digits too. Never negative."""
    words = _number_words(value)
    factor = 100
    if found := re.fullmatch(r"(.*?)\s*(万|千)?\s*(元整?|圆整?|yuan|rmb)?", words, re.IGNORECASE):
        words, factor = found[1], {"万": 1_000_000, "千": 100_000}.get(found[2], 100)
    words = re.sub(r"^(￥|¥|人民币|rmb)\s*", "", words, flags=re.IGNORECASE)
    number = _decimal(words)
    if number is None or number < 0:
        raise ValueError(_("“%(words)s” is not an amount. Please write it like 1200.50.", words=_short(_plain(value))))
    fen = int((number * factor).quantize(Decimal(1), ROUND_HALF_UP))
    if fen >= most:
        raise ValueError(_("“%(words)s” is too large an amount.", words=_short(_plain(value))))
    return fen


def count(value: Any, low: int = 0, high: int = 1_000_000) -> int:
    """A whole number within limits: 40, 40.0, 1,200, ４０, 40台."""
    return count_and_unit(value, low, high)[0]


def count_and_unit(value: Any, low: int = 0, high: int = 1_000_000) -> tuple[int, str]:
    """`40台` → (40, "台"); the unit is empty when the cell holds only a number."""
    found = re.fullmatch(r"([-+0-9.,\s]+)\s*([^0-9\s.,]{0,6})", _number_words(value))
    number = _decimal(found[1]) if found else None
    if number is None or number != number.to_integral_value():
        raise ValueError(_("“%(words)s” is not a whole number.", words=_short(_plain(value))))
    if not low <= number <= high:
        raise ValueError(_("Please give a number from %(low)s to %(high)s.", low=low, high=high))
    return int(number), found[2]


def _number_words(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    return repr(value) if isinstance(value, int | float) else unicodedata.normalize("NFKC", _plain(value))


def _decimal(words: str) -> Decimal | None:
    words = re.sub(r"(?<=[0-9])[,\s](?=[0-9])", "", words.strip())
    try:
        number = Decimal(words)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def class_of(value: Any, school_year: int) -> tuple[int, int]:
    """(entry year, number) of 一(1)班, 一年级1班, 一1, 三（二）班, 1(1), 1-1, 101, 2021级1班, 2021级(1)班,
    Grade 1 Class 1.

    school_year: the year in which the present one began (clock.school_year()); in 2026, 三(2)班 entered in 2024.
    """
    words = re.sub(r"\s", "", unicodedata.normalize("NFKC", _plain(value)))
    if found := re.fullmatch(r"((?:19|20)[0-9][0-9])(?:[级年届]|(?=\())[(]?([0-9]{1,2})[)]?班?", words):
        if "届" not in words and (number := int(found[2])):
            return int(found[1]), number
    elif found := re.fullmatch(r"grade([1-6])class([0-9]{1,2})", words, re.IGNORECASE):  # as our English pages say it
        return school_year - int(found[1]) + 1, int(found[2])
    elif found := _CLASS.fullmatch(words):
        grade, number = _digit(found[1] or found[2]), _small(found[3])
        if 1 <= grade <= 6 and 1 <= number <= 40:
            return school_year - grade + 1, number
    elif (found := re.fullmatch(r"([1-6])([0-9][0-9])班?", words)) and 1 <= int(found[2]) <= 40:
        return school_year - int(found[1]) + 1, int(found[2])
    raise ValueError(
        _("“%(words)s” is not a class. Please write it like %(example)s.", words=_short(words), example="三(2)班")
    )


_CLASS = re.compile(  # a grade in figures needs something between it and the number: 11 could be any
    r"(?:([一二三四五六])(?:年级|年|级|[-.、/])?|([1-6])(?:年级|年|级|[-.、/]|(?=\()))"
    r"[(]?([0-9]{1,2}|[一二三四五六七八九十]{1,3})[)]?班?"
)


def _digit(word: str) -> int:
    return GRADES.index(word) + 1 if word in GRADES else int(word)


def _small(word: str) -> int:
    """二 is 2, 十 is 10, 十二 is 12, 二十 is 20."""
    if word.isdigit():
        return int(word)
    tens, ten, ones = word.partition("十")
    if not ten:
        return CHINESE_DIGITS.get(word, 0)
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return (CHINESE_DIGITS.get(tens, 0) if tens else 1) * 10 + (CHINESE_DIGITS.get(ones, 0) if ones else 0)


def phone(value: Any) -> str:
    """A mobile number of 11 digits, written with or without spaces and +86."""
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", _plain(value)))
    digits = re.sub(r"^(\+?86)(?=1[0-9]{10}$)", "", digits)
    if not re.fullmatch(r"1[0-9]{10}", digits):
        raise ValueError(_("“%(words)s” is not a mobile number of 11 digits.", words=_short(_plain(value))))
    return digits


def one_of(choices: Mapping[str, Any], offered: Callable[[], Iterable[Any]] | None = None) -> Callable[[Any], Any]:
    """A parser for a column with a list to choose from: what is written (in any of its words) → the value.

    offered: what a wrong cell is told to choose from; all words as it stands.
    """
    known = {_key(words): meant for words, meant in choices.items()}

    def read(value: Any) -> Any:
        try:
            return known[_key(_plain(value))]
        except KeyError:
            shown = " / ".join([str(words) for words in (offered() if offered else choices)][:8])
            raise ValueError(
                _("“%(words)s” is not in the list: %(choices)s.", words=_short(_plain(value)), choices=shown)
            ) from None

    return read


def _key(words: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", words)).casefold()


def _plain(value: Any) -> str:
    """A cell's value as one line of text, as it would be read aloud."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time() == datetime.min.time() else "%Y-%m-%d %H:%M")
    return clean(value if isinstance(value, str) else str(value))


def clean(words: str) -> str:
    """Plain spaces, no control characters, full-width digits and Latin letters made plain; Chinese marks stay."""
    if not words.isprintable() or _FULL_WIDTH.search(words):
        words = "".join(_character(c) for c in words)
    return " ".join(words.split())


_FULL_WIDTH = re.compile("[\uff01-\uff5e]")


def _character(c: str) -> str:
    if c.isascii():
        return c if c >= " " and c != "\x7f" else " "
    if "\uff01" <= c <= "\uff5e" and c.isalnum():
        return unicodedata.normalize("NFKC", c)
    return "" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c


def _short(words: str) -> str:
    return words if len(words) <= 24 else f"{words[:22]}…"
