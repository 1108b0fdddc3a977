"""Results of a day and of a class as sheets and as pages to print, with just what the page shows its reader."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from flask import abort, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.excel.listing import Listing
from app.excel.out import Col
from app.inspections import results, scoring
from app.inspections.checklists import CLASS_HYGIENE, Checklist, Slot
from app.inspections.duties import class_list_of
from app.inspections.models import Check, Mark
from app.places.models import ClassGroup
from app.web import get_or_404
from app.words import points


def day_listing(day: date) -> Listing:
    """All classes on a day: the mean, and what each part of the day gave."""
    if current_user.is_card:
        abort(404)
    checklist = Checklist.now(class_list_of() or CLASS_HYGIENE) or abort(404)
    slots = list(Slot.in_order())
    columns = [
        Col(_("Class"), width=12), Col(_("That day"), "points", 10),
        *(Col(slot.title, "points", 12) for slot in slots), Col(_("Checks"), "int"),
    ]  # fmt: skip

    def dress(rows: list[results.ClassDay]) -> Iterator[Sequence[Any]]:
        for row in rows:
            yield [row.group.name, row.mean, *(_in_slot(row.in_slot(slot.slug)) for slot in slots), len(row.checks)]

    return Listing(
        checklist.title, columns, results.day_of(day).rows, dress, (day.isoformat(),),
        url_for("inspections.day", day=day.isoformat()), day,
    )  # fmt: skip


def _in_slot(checks: list[Check]) -> int | str | None:
    """The points of a part of the day; with a recheck, or when they are not out of ten, as words."""
    if len(checks) == 1 and checks[0].full == scoring.TEN:
        return checks[0].total
    return _(", ").join(check.score for check in checks) or None


def class_listing(id: int) -> Listing:
    """A class: its checks, newest first; the marks behind them for those who may read them."""
    if current_user.is_card:
        abort(404)
    group = get_or_404(ClassGroup.select(), id)
    reads = results.may_read_class(current_user, group)
    columns = [
        Col(_("Day"), "date"), Col(_("Part of the day"), width=14), Col(_("Points"), "points"),
        Col(_("out of"), "points"), Col(_("Scored"), "moment"),
        Col(_("recheck"), width=8), Col(_("spot check"), width=8),
        *((Col(_("Taken for"), width=60), Col(_("corrected"), width=8)) if reads else ()),
    ]  # fmt: skip

    def dress(checks: list[Check]) -> Iterator[Sequence[Any]]:
        behind = results.behind(checks) if reads else None
        for check in checks:
            again, spot = bool(check.again), check.unannounced
            yield [
                check.day, check.slot.title, check.total, check.full, check.at,
                _("yes") if again else "", _("yes") if spot else "",
                *((_taken(behind.marks.get(check.id, [])), _("yes") if check.id in behind.corrected else "")
                  if behind else ()),
            ]  # fmt: skip

    return Listing(group.name, columns, results.checks_of_class(group), dress, (),
                   url_for("inspections.of_class", id=id))  # fmt: skip


def _taken(marks: list[Mark]) -> str:
    """`地面 −0.5 小块纸屑；黑板 设施故障`"""

    def said(mark: Mark) -> str:
        cost = _("facility fault") if mark.facility else f"−{points(mark.lost)}" if mark.lost else ""
        return " ".join(filter(None, (mark.item.title, cost, mark.why)))

    return "；".join(map(said, marks))
