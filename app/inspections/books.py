"""Books of checks by month or term: each check with what it found and what came of it, and the rounds nobody made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import ngettext

from app.inspections.checklists import Checklist, Item
from app.inspections.findings import Finding
from app.inspections.models import Check, Mark
from app.inspections.plans import Plan
from app.inspections.rounds_due import Round
from app.inspections.trends import SUMS, Sum
from app.repairs.models import Ticket
from app.repairs.periods import Period
from app.words import points

PIECE = 200  # checks whose marks are read at once


@dataclass
class Volume:
    """One checklist in a period: what its checks add up to, and how its rounds went."""

    slug: str
    title: str
    sums: Sum
    due: int = 0
    done: int = 0
    late: int = 0
    excused: int = 0
    missed: int = 0


def volumes(period: Period) -> list[Volume]:
    """The books of a period, one for each checklist that was used or was due. Three queries."""
    found = {
        slug: Volume(slug, slug, _sum(numbers))
        for slug, *numbers in Check.select(Check.slug, *SUMS).where(_in(period)).group_by(Check.slug).tuples()
    }
    for round in _rounds(period):
        volume = found.setdefault(round.plan.slug, Volume(round.plan.slug, round.plan.slug, Sum()))
        _count(volume, round)
    titles = _titles(found)
    for volume in found.values():
        volume.title = titles.get(volume.slug, volume.slug)
    return sorted(found.values(), key=lambda each: (each.title, each.slug))


def _sum(numbers: Sequence[int]) -> Sum:
    whole = Sum()
    whole.add(*numbers)
    return whole


def _in(period: Period) -> peewee.Expression:
    return Check.day.between(period.start, period.end)


def _titles(slugs: Any) -> dict[str, str]:
    versions = Checklist.select().where(Checklist.slug.in_(list(slugs))).order_by(Checklist.version)
    return {each.slug: each.title for each in versions}


def _rounds(period: Period) -> peewee.ModelSelect:
    """The rounds due in a period, those still to come left out."""
    return Round.whole().where(Round.due_on.between(period.start, period.end)).order_by(Round.due_on, Round.id)


def _count(volume: Volume, round: Round) -> None:
    state = round.state
    if state in ("coming", "open"):
        return
    volume.due += 1
    if state == "done":
        volume.done += 1
        volume.late += round.was_late
    elif state in ("missed", "excused"):
        setattr(volume, state, getattr(volume, state) + 1)


# One book -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One check in a book: what it gave, what it found, and what came of that."""

    check: Check
    marks: list[Mark]
    findings: list[Finding]
    ticked: int

    @property
    def result(self) -> str:
        """`9.5 / 10`, `92%`, `failed 80%`, `5 tasks`."""
        check = self.check
        verdict = _("not passed") if check.passed is False else ""
        if check.total is not None:
            return " ".join(filter(None, (f"{points(check.total)} / {points(check.full)}", verdict)))
        if check.share is not None:
            return " ".join(filter(None, (f"{check.share}%", verdict)))
        return verdict or ngettext("%(num)s task", "%(num)s tasks", self.ticked)

    @property
    def found(self) -> str:
        """What was found wanting, item by item."""
        return "；".join(_said(mark) for mark in self.marks)

    @property
    def came(self) -> str:
        """What came of it: each thing once, with its number and how it stands."""
        things = {(thing.road, thing.id): thing for finding in self.findings for thing in finding.things}
        said = (" ".join(filter(None, (each.road_word, each.number, str(each.state)))) for each in things.values())
        return "；".join(said)

    @property
    def remarks(self) -> str:
        words = (_("spot check") if self.check.unannounced else "", _("recheck") if self.check.ordinal > 1 and
                 self.check.again else "", self.check.note)  # fmt: skip
        return "；".join(filter(None, words))


def _said(mark: Mark) -> str:
    """`消防 灭火器 −0.5 压力不足`, `热水温度 20 ℃（30–100 ℃）`: under its heading, with the limits it is outside of."""
    item = mark.item
    cost = _("facility fault") if mark.facility else f"−{points(mark.lost)}" if mark.lost else ""
    failed = mark.verdict == "fail"
    value = mark.said_value if failed and item.answer in ("number", "choice") else ""
    limits = _("(%(limits)s)", limits=item.limits) if value and item.limits else ""
    key = _("key item") if failed and item.key_item else ""
    return " ".join(filter(None, (item.part, item.title, key, cost, f"{value}{limits}", mark.why)))


@dataclass(frozen=True)
class Book:
    """The checks made with one checklist, whatever its version, in a period."""

    slug: str
    period: Period

    @property
    def checklist(self) -> Checklist | None:
        """Its newest version."""
        return Checklist.select().where(Checklist.slug == self.slug).order_by(Checklist.version.desc()).first()

    def checks(self) -> peewee.ModelSelect:
        """Oldest first, as a book is written."""
        mine = Check.whole().where(Check.slug == self.slug, _in(self.period))
        return mine.order_by(Check.day, Check.at, Check.id)

    def count(self) -> int:
        return Check.select().where(Check.slug == self.slug, _in(self.period)).count()

    def volume(self) -> Volume:
        """Its sums. Two queries."""
        numbers = Check.select(*SUMS).where(Check.slug == self.slug, _in(self.period)).tuples().get()
        volume = Volume(self.slug, self.slug, _sum(numbers))
        for round in self.rounds():
            _count(volume, round)
        return volume

    def rounds(self) -> list[Round]:
        """The rounds that were due, oldest first. One query."""
        return list(_rounds(self.period).where(Plan.slug == self.slug))

    def gaps(self) -> list[Round]:
        """The rounds that were missed, late or excused: they stand in the book as what was done does."""
        return [each for each in self.rounds() if each.state in ("missed", "excused") or each.was_late]

    def lines(self, checks: Sequence[Check]) -> list[Line]:
        """These checks as lines of the book. Four queries, however many."""
        ids = [check.id for check in checks]
        marks, findings, ticked = _marks(ids), _findings(ids), _ticked(checks)
        return [
            Line(each, marks.get(each.id, []), findings.get(each.id, []), ticked.get(each.id, 0)) for each in checks
        ]

    def all_lines(self) -> Iterator[Line]:
        """The whole book, read in pieces."""
        rows = iter(self.checks().iterator())
        while piece := list(islice(rows, PIECE)):
            yield from self.lines(piece)

    def all_answers(self) -> Iterator[tuple[int, Check, Mark]]:
        """What was found wanting, measured, chosen or written, item by item, with the number of the check in the book.
        Read in pieces."""
        rows = enumerate(self.checks().iterator(), start=1)
        while piece := list(islice(rows, PIECE)):
            marks = _marks([check.id for _number, check in piece], WANTING | (Mark.value != ""))
            for number, check in piece:
                yield from ((number, check, mark) for mark in marks.get(check.id, []))


WANTING = (Mark.lost > 0) | Mark.facility | (Mark.verdict == "fail")


def _marks(ids: list[int], which: peewee.Expression = WANTING) -> dict[int, list[Mark]]:
    """What was found wanting, by check."""
    rows = (
        Mark.select(Mark, Item, Ticket)
        .join(Item)
        .join_from(Mark, Ticket, peewee.JOIN.LEFT_OUTER)
        .where(Mark.check.in_(ids), which)
        .order_by(Mark.check, Item.position)
    )
    return _gathered(rows)


def _findings(ids: list[int]) -> dict[int, list[Finding]]:
    return _gathered(Finding.with_names().where(Finding.check.in_(ids)).order_by(Finding.id))


def _gathered(rows: peewee.ModelSelect) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.check_id, []).append(row)
    return found


def _ticked(checks: Sequence[Check]) -> dict[int, int]:
    """How many tasks each act of ticking off named."""
    ids = [check.id for check in checks if check.checklist.kind == "ticks"]
    rows = Mark.select(Mark.check, peewee.fn.COUNT(Mark.id)).where(Mark.check.in_(ids)).group_by(Mark.check)
    return dict(rows.tuples()) if ids else {}
