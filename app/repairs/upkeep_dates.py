"""When preventive work is due: arithmetic on days, no database. `tests/repairs/test_upkeep_dates.py` walks day by day
and must find the same."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

UNITS = ("days", "months", "term")
FARTHEST = timedelta(days=366 * 6)  # how far ahead a next day is looked for; the longest interval is five years


@dataclass(frozen=True)
class Cadence:
    """Every so many days or months from `first_on`, or so many days before each term begins.

    A month that is too short takes its last day (31 January, 28 February, 31 March): the day never drifts. With
    `unit` "term" `every` means nothing, and `before` days lie between the due day and the first day of the term.
    """

    unit: str
    every: int
    first_on: date
    before: int = 0

    def between(self, low: date, high: date, terms: Iterable[date] = ()) -> list[date]:
        """The due days from `low` to `high`, both counted, oldest first. `terms` are the first days of terms."""
        low = max(low, self.first_on)
        if high < low:
            return []
        return {"days": self._days, "months": self._months, "term": self._terms}[self.unit](low, high, terms)

    def next_from(self, day: date, terms: Iterable[date] = ()) -> date | None:
        """The first due day on or after `day`; None when no term is known yet."""
        if self.unit == "term":
            return next(iter(self.between(day, date.max, terms)), None)
        day = max(day, self.first_on)
        return next(iter(self.between(day, day + FARTHEST)), None)

    def _days(self, low: date, high: date, _terms: Iterable[date]) -> list[date]:
        gone = -((self.first_on - low).days // self.every)  # whole turns, rounded up
        first = self.first_on + timedelta(days=gone * self.every)
        return [first + timedelta(days=n * self.every) for n in range((high - first).days // self.every + 1)]

    def _months(self, low: date, high: date, _terms: Iterable[date]) -> list[date]:
        turn = max(_months_apart(self.first_on, low) // self.every, 0)  # its month is that of `low` or an earlier one
        found, due = [], self._month(turn)
        while due <= high:
            if due >= low:
                found.append(due)
            turn += 1
            due = self._month(turn)
        return found

    def _month(self, turn: int) -> date:
        year, month = divmod(self.first_on.year * 12 + self.first_on.month - 1 + turn * self.every, 12)
        return date(year, month + 1, min(self.first_on.day, monthrange(year, month + 1)[1]))

    def _terms(self, low: date, high: date, terms: Iterable[date]) -> list[date]:
        days = {start - timedelta(days=self.before) for start in terms}
        return sorted(day for day in days if low <= day <= high)


def _months_apart(first: date, second: date) -> int:
    return (second.year - first.year) * 12 + second.month - first.month
