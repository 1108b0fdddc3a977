"""The calendar from a sheet: each row a term, a holiday, a swap day, or the school hours of some weekdays."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from itertools import combinations
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.calendar import models
from app.calendar.days import Week
from app.calendar.models import KINDS, WEEKDAYS, SchoolHours, SpecialDay, Term, spans_in_words, standard_name
from app.calendar.reading import spans_of, weekdays_of
from app.excel import parse
from app.excel.importer import Column, Importer, Line, in_every_language

WHAT = {"term": _l("term"), **KINDS, "hours": _l("school hours")}
ALSO = {
    "term": ("学期", "校历"),
    "holiday": ("放假", "节假日", "假期", "假日", "休息"),
    "swap": ("调休", "调休上课", "补课", "上课", "补班", "上班"),
    "hours": ("作息", "作息时间", "上课时间", "在校时间"),
}


def kinds() -> list[str]:
    return [str(words) for words in WHAT.values()]


@cache  # for all languages at once
def _kind_reader() -> Any:
    words = {each: kind for kind, said in WHAT.items() for each in (*in_every_language(said), *ALSO[kind])}
    return parse.one_of(words, kinds)


def kind_of(value: Any) -> str:
    return _kind_reader()(value)


def weekday_words(numbers: Sequence[int]) -> str:
    return _(", ").join(str(WEEKDAYS[number]) for number in numbers)


class CalendarImporter(Importer):
    """Terms by their first day or name, holidays and swap days by their days, hours by the day they begin."""

    name, title = "calendar", _l("Import the calendar")
    key = ("kind", "first")
    notes = (
        _l("A term needs its first and last day. A holiday of one day needs no last day."),
        _l("A swap day needs the weekday whose timetable holds, school hours the weekdays and the hours."),
    )
    columns = (
        Column("kind", _l("What"), kind_of, True, ("类别", "种类", "类型", "项目"), kinds, example=_l("holiday"),
               words=lambda kind: str(WHAT[kind])),
        Column("name", _l("What it is called"), parse.text, False, ("名称", "节日", "节日名称", "学期", "说明"),
               example="国庆节"),
        Column("first", _l("First day"), parse.date, True, ("开始日期", "起始日期", "日期", "开始", "起", "从"),
               kind="date", example=date(2021, 10, 1)),
        Column("last", _l("Last day"), parse.date, False, ("结束日期", "截止日期", "结束", "止", "到"), kind="date",
               example=date(2021, 10, 7)),
        Column("weekdays", _l("Weekday"), weekdays_of, False, ("星期", "上星期几的课", "课表", "补课"),
               note=_l("Thursday; for school hours also Mon-Fri"), words=weekday_words),
        Column("hours", _l("School hours"), spans_of, False, ("作息时间", "上课时间", "时间", "在校时间"), width=28,
               note="08:00-11:30, 13:00-16:30", words=spans_in_words),
    )  # fmt: skip

    def found_again(self) -> str:
        return _("Terms are found again by their first day or name, holidays and swap days by their days. "
                 "The same sheet sent again changes nothing.")  # fmt: skip

    def begin(self) -> None:
        self.terms = list(Term.shown())
        self.marks = {row.day: row for row in SpecialDay.shown()}
        self.hours = {row.valid_from: row for row in SchoolHours.shown()}
        self.weeks: dict[date, dict[int, Any]] = {}

    def key_of(self, line: Line) -> Any:
        if "kind" not in line or "first" not in line:
            return None
        return line["kind"], line["first"], line.get("weekdays") if line["kind"] == "hours" else None

    def find(self, line: Line) -> Any:
        if line["kind"] == "term":
            same_day = (term for term in self.terms if term.starts_on == line["first"])
            same_name = (term for term in self.terms if term.name == _name_of(line))
            return next(same_day, None) or next(same_name, None)
        if line["kind"] == "hours":
            return self.hours.get(line["first"])
        return next((self.marks[day] for day in _days_of(line) if day in self.marks), None)

    def check(self, line: Line) -> None:
        getattr(self, f"_check_{line['kind']}")(line)

    def _check_term(self, line: Line) -> None:
        if "last" not in line:
            line.wrong(_("Please fill this in."), "last")
        elif problem := Term.problem(line["first"], line["last"], line.thing.id if line.thing else 0):
            line.wrong(problem, "last")

    def _check_holiday(self, line: Line) -> None:
        if problem := models.holiday_problem(line["first"], line.get("last", line["first"])):
            line.wrong(problem, "last")

    def _check_swap(self, line: Line) -> None:
        if line.get("last", line["first"]) != line["first"]:
            line.wrong(_("A swap day is one day; please write a row for each."), "last")
        if len(line.get("weekdays", ())) != 1:
            line.wrong(_("Please say the timetable of which weekday holds."), "weekdays")

    def _check_hours(self, line: Line) -> None:
        for key in ("weekdays", "hours"):
            if key not in line:
                line.wrong(_("Please fill this in."), key)

    def check_all(self, lines: Sequence[Line]) -> None:
        fine = [line for line in lines if not line.problems]
        for one, other in combinations([line for line in fine if line["kind"] == "term"], 2):
            if one["first"] <= other["last"] and other["first"] <= one["last"]:
                other.wrong(_("This overlaps the term of row %(row)s.", row=one.number), "first")
        said: dict[date, int] = {}
        for line in fine:
            for day in _days_of(line) if line["kind"] in KINDS else ():
                if day in said:
                    words = _("Row %(row)s already says what %(day)s is.", row=said[day], day=day.isoformat())
                    line.wrong(words, "first")
                    break
                said[day] = line.number
        self._check_weeks([line for line in fine if line["kind"] == "hours"])

    def _check_weeks(self, lines: Sequence[Line]) -> None:
        """The rows of one first day are one set; together they need a day from Monday to Friday."""
        for line in lines:
            old = self.hours.get(line["first"])
            week = self.weeks.setdefault(line["first"], dict(old.hours) if old else {})
            week |= dict.fromkeys(line["weekdays"], line["hours"])
        for first, week in self.weeks.items():
            if min(week, default=7) > 5:
                line = next(line for line in lines if line["first"] == first)
                line.wrong(_("Please give the hours of at least one day from Monday to Friday."), "weekdays")

    def differs(self, thing: Any, line: Line) -> bool:
        if line["kind"] == "term":
            return (thing.name, thing.starts_on, thing.ends_on) != (_name_of(line), line["first"], line.get("last"))
        if line["kind"] == "hours":
            week: Week = thing.hours
            return any(week.get(day) != line["hours"] for day in line["weekdays"])
        meant = line["kind"], _name_of(line), line["weekdays"][0] if line["kind"] == "swap" else None
        return any(day not in self.marks or self.marks[day].means != meant for day in _days_of(line))

    def add(self, line: Line) -> None:
        if line["kind"] == "term":
            Term.add(self.by, line["first"], line["last"], line.get("name", ""))
        elif line["kind"] == "holiday":
            SpecialDay.mark_holiday(self.by, _name_of(line), line["first"], line.get("last"))
        elif line["kind"] == "swap":
            SpecialDay.mark_swap(self.by, _name_of(line), line["first"], line["weekdays"][0])

    def change(self, thing: Any, line: Line) -> None:
        if line["kind"] == "term":
            thing.change(self.by, line["first"], line["last"], line.get("name", ""))
        else:
            self.add(line)

    def finish(self, report: Any) -> None:
        """The rows of one set of hours are stored together."""
        for first, week in sorted(self.weeks.items()):
            SchoolHours.begin(self.by, first, week)


def _name_of(line: Line) -> str:
    if line["kind"] == "term":
        return line.get("name") or standard_name(line["first"])
    return line.get("name", "")


def _days_of(line: Line) -> list[date]:
    last = line.get("last", line["first"])
    return list(models.days(line["first"], min(last, line["first"] + models.LONGEST_HOLIDAY)))


def rows() -> Iterator[list[Any]]:
    """What is entered, as rows of the same sheet: (what, name, first day, last day, weekday, hours)."""
    for term in Term.shown():
        yield [str(WHAT["term"]), term.name, term.starts_on, term.ends_on, "", ""]
    for each in models.stretches(SpecialDay.shown()):
        last = None if each.kind == "swap" else each.last
        yield [str(WHAT[each.kind]), each.name, each.first, last, each.weekday, ""]
    for hours in SchoolHours.shown():
        for weekday, spans in sorted(hours.hours.items()):
            words = spans_in_words(spans)
            yield [str(WHAT["hours"]), "", hours.valid_from, None, str(WEEKDAYS[weekday]), words]
