"""Papers of a published week: the ranking, the certificate of a red flag, and a page for the class meeting (D15)."""

from typing import Any

import peewee
from flask import url_for
from flask_babel import gettext as _

from app import clock
from app.inspections import results
from app.inspections.checklists import CLASS_SCORES, Checklist, Item
from app.inspections.class_weeks import ClassWeek
from app.inspections.models import Check, Mark
from app.inspections.week_listing import Shown, Table, columns_of, values_of, week_words
from app.inspections.weeks import ScoringRules, Week, WeekResult
from app.paper import Award, Column, Heading, Paper, Picture, register
from app.paper import Table as PaperTable
from app.places.models import ClassGroup
from app.words import day as day_in_words
from app.words import points

MOST_PICTURES = 4
MOST_PROBLEMS = 8


def ranking(who: Any, id: int) -> Paper | None:
    """The ranking of a week, group by group, as it hangs in the hall."""
    week = Week.published().where(Week.id == id).first()
    if week is None or who.is_card:
        return None
    table = Table.of(week.starts_on)
    columns = columns_of(table)[1:]
    rows: list[Any] = []
    for name, shown in table.groups():
        rows += [Heading(name), *(_printed(table, row) for row in shown)]
    return Paper(
        title=_("Class hygiene of the week"),
        subtitle=_("%(week)s, locked %(day)s", week=table.title,
                   day=day_in_words(clock.local(week.locked_at).date())),
        tables=[PaperTable([Column(each.title, each.width or 8, "right" if each.kind != "text" else "left")
                            for each in columns], rows)],
        paragraphs=rules_in_words(table),
        signatures=[(_("Young Pioneer counsellor"),), (_("General Affairs director"),)],
        code_url=url_for("inspections.week", day=week.starts_on.isoformat()),
    )  # fmt: skip


def _printed(table: Table, row: Shown) -> list[Any]:
    kinds = [column.kind for column in columns_of(table)][1:]
    values = values_of(table, row)[1:]
    return [points(value) if kind == "points" else value for kind, value in zip(kinds, values, strict=True)]


def rules_in_words(table: Table) -> list[str]:
    """How the week was scored, for whoever reads the ranking."""
    rules = table.rules
    said = [
        _("The week score of a class is the mean of its checks; at most %(cap)s points of bonus count. "
          "Facility faults cost nothing.", cap=points(rules.bonus_cap)),
        _("Each check counts alike: the regular one, a spot check and a recheck."),
        _("%(count)s checks are needed for a place. A class that was excused needs fewer: its share of the school's "
          "time in the week, one less for each round that was excused, but at least one.", count=rules.min_checks),
        _("With the same score fewer points lost in spot checks decide, else the place is shared.")
        if rules.ties == "spot" else _("With the same score the place is shared."),
    ]  # fmt: skip
    if rules.balance:
        said.append(balance_in_words())
    return said


def balance_in_words() -> str:
    return _(
        "Balanced: over four weeks everybody who scores is compared with the others on the same classes. By as much "
        "as someone gives less or more on average their checks are moved, at most half a point, and only if at least "
        "8 checks can be compared."
    )


def certificate(who: Any, id: int) -> Award | None:
    """The certificate of a red flag."""
    row = _result(id)
    if row is None or not row.flag or who.is_card:
        return None
    locked = clock.local(row.week.locked_at)
    return Award(
        title=_("Red flag of the week"),
        subtitle=week_words(row.week.starts_on),
        to=row.name,
        words=_("%(group)s, week score %(score)s: classroom and area were kept so well this week that the red flag "
                "stays with the class until the next one is awarded.",
                group=row.week.rules.group_name(row.group), score=points(row.score)),
        signatures=((_("Young Pioneer counsellor"),), (_("General Affairs director"),)),
        day=_("%(day)s/%(month)s/%(year)s", day=locked.day, month=locked.month, year=locked.year),
        code_url=url_for("inspections.week", day=row.week.starts_on.isoformat()),
    )  # fmt: skip


def _result(id: int) -> WeekResult | None:
    rows = WeekResult.select(WeekResult, ClassGroup, Week, ScoringRules).join(ClassGroup)
    rows = rows.join_from(WeekResult, Week).join(ScoringRules)
    return rows.where(WeekResult.id == id, Week.reopened_at.is_null()).first()


def meeting(who: Any, id: int) -> Paper | None:
    """One page for the class meeting: what was taken last week and why, and what the whole school can do better."""
    row = _result(id)
    if row is None or not results.may_read_class(who, row.class_group):
        return None
    mine = ClassWeek.of(row.class_group, row.week.starts_on)
    taken = [mark for mark in mine.marks if mark.lost]
    checks = {check.id: check for check in mine.checks}
    lines = [[day_in_words(checks[mark.check_id].day), checks[mark.check_id].slot.title, mark.item.title, mark.why,
              f"−{points(mark.lost)}"] for mark in taken]  # fmt: skip
    pictures = [Picture(photo, mark.item.title) for mark in taken for photo in mine.behind.photos.get(mark.id, [])]
    place = _("place %(place)s in %(group)s", place=row.place, group=row.week.rules.group_name(row.group))
    return Paper(
        title=_("Material for the class meeting: %(name)s", name=row.name),
        subtitle=week_words(row.week.starts_on),
        facts=[
            (_("Week score"), points(row.score) or "–"), (_("Rank"), place if row.place else _("not ranked")),
            (_("Checks"), row.checks), (_("Red flag"), _("yes") if row.flag else _("no")),
        ],
        tables=[
            PaperTable([Column(_("Day"), 2), Column(_("Part of the day"), 2), Column(_("Checked item"), 2),
                        Column(_("Why"), 5), Column(_("Points"), 1, "right")],
                       lines, title=_("What was taken"), empty=_("Nothing was taken this week. Well done.")),
            PaperTable([Column(_("Checked item"), 3), Column(_("Classes"), 1, "right"),
                        Column(_("Times taken"), 1, "right")],
                       _most_often(row.week), title=_("What was taken most often in the school"),
                       empty=_("Nothing was taken this week. Well done.")),
        ],
        pictures=pictures[:MOST_PICTURES],
        paragraphs=[_("For the talk: what happened most often with us? Who looks after it next week, and when?"),
                    _("We agree on: ________________________________________________")],
        code_url=url_for("inspections.class_week", day=row.week.starts_on.isoformat(), id=row.class_group_id),
    )  # fmt: skip


def _most_often(week: Week) -> list[list[Any]]:
    count = peewee.fn.COUNT
    rows = (
        Mark.select(Item.key, count(Check.class_group.distinct()), count(Mark.id))
        .join(Item)
        .join_from(Mark, Check)
        .where(Check.slug.in_(CLASS_SCORES), Check.day.between(week.starts_on, week.ends_on), Mark.lost > 0)
        .group_by(Item.key)
        .order_by(count(Mark.id).desc(), Item.key)
        .limit(MOST_PROBLEMS)
    )
    lists = Checklist.in_use().where(Checklist.slug.in_(CLASS_SCORES)).order_by(Checklist.id.desc())
    names = {item.key: item.title for each in lists for item in each.items}
    return [[names.get(key, key), classes, times] for key, classes, times in rows.tuples()]


register("week-ranking", ranking)
register("flag-certificate", certificate)
register("class-meeting", meeting)
