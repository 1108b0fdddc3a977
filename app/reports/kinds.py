"""The reports there are. Most are the ledger with something already chosen; what is summed is the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.assets.models import years_before
from app.reports import asked
from app.reports.columns import BY_CONDITION, BY_GROUP, BY_HOLDER, LINES, Column, of_group
from app.reports.filters import ReportFilter
from app.reports.groups import GROUPS, Group
from app.reports.holders import Holder, holders

ALL_GROUPS = ("category", "office", "room", "source", "fund", "year", "state")


@dataclass(frozen=True)
class Report:
    """slug: of its address. words: what it counts, in a sentence. chosen: what is already narrowed down.

    groups: by what it can be summed, the usual one first; none: it is summed by person. bar: what the bars show.
    """

    slug: str
    title: Any
    words: Any
    icon: str
    chosen: dict[str, Any] = field(default_factory=dict)
    groups: Sequence[str] = ALL_GROUPS
    sums: Sequence[Column] = BY_GROUP
    more: Callable[[date], Sequence[Column]] = lambda _day: ()
    bar: str = "quantity"
    action: str = "reports.property"


def _ages(day: date) -> tuple[Column, ...]:
    return (
        Column(_l("Years used"), lambda row: (day - row.acquired_on).days / 365.25, "years", 1.2),
        Column(_l("Minimum life"), lambda row: row.life, "int", 1.2),
        Column(_l("Over since"), lambda row: _life_ended(row), "day", 1.9),
    )


def _life_ended(row: Any) -> date | None:
    return years_before(row.acquired_on, -row.life) if row.acquired_on.year + row.life < 9999 else None


def _warranty(day: date) -> tuple[Column, ...]:
    return (
        Column(_l("Warranty until"), lambda row: row.warranty_until, "day", 1.9),
        Column(_l("Days left"), lambda row: (row.warranty_until - day).days, "int", 1.1),
    )


REPORTS = {
    report.slug: report
    for report in (
        Report(
            "ledger", _l("Property ledger"),
            _l("Everything that stands on the ledger: cards, things and what they cost."),
            "layers", bar="value",
        ),
        Report(
            "idle", _l("Idle things"), _l("Things whose card says idle. Look here before something is bought."),
            "package", {"state": "idle"}, ("category", "office", "room", "year"),
        ),
        Report(
            "life", _l("Past their minimum life"),
            _l("Acquired longer ago than the minimum life of the category. What still works stays in use."),
            "history", {"due": "life"}, ("category", "office", "room", "year"), more=_ages,
        ),
        Report(
            "warranty", _l("Warranty ends soon"),
            _l("The warranty ends within the next 90 days. What is broken is better reported to the maker now."),
            "shield", {"due": "warranty"}, ("category", "office", "room"), more=_warranty,
        ),
        Report(
            "condition", _l("Good-condition rate"),
            _l("Things in good order ÷ all things on the ledger. In good order: in use or idle, not under repair, "
               "without an open damage report and not to be disposed of. State and reports are those of now."),
            "circle-check", groups=("category", "office", "room", "year"), sums=BY_CONDITION, bar="rate",
        ),
        Report(
            "holders", _l("Who holds what"),
            _l("What stands on a card in someone’s name, what was handed out to them, and what they have on loan. "
               "A thing that is on loan also has its keeper."),
            "users", groups=(), sums=BY_HOLDER, action="custody.all",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A report as someone asked for it: the filter, by what it is summed, or `lines`: every single line."""

    report: Report
    filter: ReportFilter
    by: str
    lines: bool

    @classmethod
    def of(cls, report: Report, args: Any) -> "Asked":
        filter = replace(ReportFilter.of(args), **report.chosen)
        by = args.get("by", "")
        by = by if by in report.groups else next(iter(report.groups), "")
        return cls(report, filter, by, bool(report.groups) and args.get("lines") == "1")

    @property
    def group(self) -> Group:
        return GROUPS[self.by]

    @property
    def args(self) -> dict[str, Any]:
        """The same as a query string; what the report itself has chosen is left out."""
        chosen = {name: value for name, value in self.filter.args.items() if name not in self.report.chosen}
        usual = not self.report.groups or self.by == self.report.groups[0]
        return {**chosen, **({} if usual else {"by": self.by}), **({"lines": 1} if self.lines else {})}

    def link(self, **changes: Any) -> str:
        """The page of the same report, seen otherwise: `by`, `lines`."""
        other = replace(self, **changes)
        return url_for("reports.show", slug=self.report.slug, **other.args)

    @property
    def title(self) -> str:
        """Property ledger by category."""
        if not self.report.groups:
            return str(self.report.title)
        names = {"report": self.report.title, "group": str(self.group.title).lower()}
        return _("Lines: %(report)s by %(group)s", **names) if self.lines else _("%(report)s by %(group)s", **names)

    @property
    def as_of(self) -> str:
        return _("as it stood on %(day)s", day=self.filter.day.isoformat())

    def columns(self, who: Any, headings: bool = True) -> list[Column]:
        """What someone may see of it. headings: lines stand under the name of their group, so none repeats it."""
        if self.lines:
            columns = (*LINES, *self.report.more(self.filter.day))
        else:
            columns = (*of_group(self.group), *self.report.sums) if self.report.groups else self.report.sums
        if headings and self.lines:
            columns = [column for column in columns if column.group != self.by]
        return [column for column in columns if not column.price or who.may("assets.value")]

    def sums(self, who: Any) -> list[Any]:
        """All rows of sums: Sums by group, or Holders."""
        if not self.report.groups:
            return holders(self.filter, who)
        return asked.sums(self.filter, self.group, who)

    def single(self, who: Any) -> Any:
        """The query of single lines."""
        return asked.lines(self.filter, self.group, who)

    def total(self, who: Any, rows: Sequence[Any] = ()) -> Any:
        """What it comes to altogether; of holders, their sum."""
        if self.report.groups:
            return asked.added(rows) if rows and self.group.parts else asked.total(self.filter, who)
        counts = [(row.kept, row.value, row.issued, row.lent, row.late) for row in rows]
        return Holder(0, _("Total"), "", *map(sum, zip(*counts, strict=True))) if counts else None
