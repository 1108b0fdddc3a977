"""Time is asked in one place. Moments are naive UTC datetimes; days are the school's own."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

zone = ZoneInfo("Asia/Shanghai")
_hands: datetime | None = None

SCHOOL_YEAR_STARTS = 8  # August: classes move up before the term begins


def init(school_zone: ZoneInfo) -> None:
    global zone
    zone = school_zone


def set_hands(moment: datetime | None) -> None:
    """Tests and the demo school stop the clock here; None lets it run again."""
    global _hands
    _hands = moment


def now() -> datetime:
    """This moment, naive UTC, whole seconds."""
    moment = _hands or datetime.now(UTC).replace(tzinfo=None)
    return moment.replace(microsecond=0)


def now_really() -> datetime:
    """This moment whatever the hands show; only for who sets the hands."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def today_really() -> date:
    return local(now_really()).date()


def today() -> date:
    """This day at the school."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """A stored moment on the school's own clock."""
    return moment.replace(tzinfo=UTC).astimezone(zone)


def utc(day: date, at: time = time()) -> datetime:
    """The stored moment of a day and time on the school's clock."""
    return datetime.combine(day, at, zone).astimezone(UTC).replace(tzinfo=None)


def school_year(day: date | None = None) -> int:
    """The calendar year in which the school year of `day` began: 2026 for 2026–2027."""
    day = day or today()
    return day.year if day.month >= SCHOOL_YEAR_STARTS else day.year - 1


TERM_ENDS = ((1, 20), (6, 30))  # where the calendar knows no better (app.calendar.term_end)


def term_end(day: date | None = None) -> date:
    """The last day of the term that `day` lies in; in the summer, of the coming one."""
    day = day or today()
    ends = [date(year, *end) for year in (day.year, day.year + 1) for end in TERM_ENDS]
    return next(end for end in ends if end >= day)
