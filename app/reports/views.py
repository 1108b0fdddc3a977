"""Pages of reports: the cards, one report by group or line by line, the same as sheet and as print."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.excel import out
from app.paper import answers
from app.reports import asked, papers
from app.reports.charts import Chart, chart
from app.reports.columns import SHOWN, rate_words
from app.reports.filters import TITLES, choices
from app.reports.groups import GROUPS
from app.reports.holders import Holder, how_many
from app.reports.kinds import REPORTS, Asked
from app.web import Page, Waiting, allow, page_number, render

bp = Blueprint("reports", __name__, url_prefix="/reports")
LINES_SHOWN, SUMS_SHOWN = 50, 200


def waiting(who: Any) -> list[Waiting]:
    """Reports wait for nobody."""
    return []


@bp.get("/")
@allow("reports.property")
def index() -> ResponseReturnValue:
    """Every report as a card with the number it is about."""
    reports = [report for report in REPORTS.values() if current_user.may(report.action)]
    glance = asked.glance(current_user)
    return render(
        "reports/index.html", reports=reports, glance=glance, people=how_many(), groups=GROUPS, rate_words=rate_words
    )


def _asked(slug: str) -> Asked:
    report = REPORTS.get(slug) or abort(404)
    if not current_user.may(report.action):
        abort(403)
    return Asked.of(report, request.args)


@bp.get("/<slug>")
@allow("reports.property")
def show(slug: str) -> ResponseReturnValue:
    report = _asked(slug)
    return lines_page(report) if report.lines else sums_page(report)


def sums_page(report: Asked) -> ResponseReturnValue:
    rows = report.sums(current_user)
    page = Sliced(rows, SUMS_SHOWN)
    total = report.total(current_user, rows)
    return _page(report, page, total, chart=_chart(report, rows), link=partial(_link, report))


def lines_page(report: Asked) -> ResponseReturnValue:
    page = Page(report.single(current_user), size=LINES_SHOWN)
    page.rows = list(asked.in_groups(page.rows, report.group))
    return _page(report, page, report.total(current_user))


def _page(report: Asked, page: Any, total: Any, **more: Any) -> ResponseReturnValue:
    return render(
        "reports/report.html",
        "reports/_report.html",
        report=report,
        columns=report.columns(current_user),
        page=page,
        total=total,
        choices=choices(),
        titles=TITLES,
        groups=GROUPS,
        rate_words=rate_words,
        **more,
    )


class Sliced(Page):
    """A page of rows that are all known already, because their sum is."""

    def __init__(self, rows: Sequence[Any], size: int):
        self.number = page_number()
        start = (self.number - 1) * size
        self.rows, self.more = rows[start : start + size], len(rows) > start + size


def _link(report: Asked, row: Any) -> str:
    """From a sum to the things themselves: the list of assets now, the lines of the report for a past day."""
    if isinstance(row, Holder):
        return url_for("custody.person", id=row.id)
    narrower = report.group.args(*row.keys)
    if report.filter.on:
        return url_for(".show", slug=report.report.slug, **{**report.args, **narrower, "lines": 1})
    return url_for("assets.list", **{**report.filter.list_args, **narrower})


def _chart(report: Asked, rows: Sequence[Any]) -> Chart:
    """Bars of what the report is about; of value for those alone who may see it."""
    kind = report.report.bar
    kind = "quantity" if kind == "value" and not current_user.may("assets.value") else kind
    words = SHOWN[{"value": "money", "rate": "rate", "quantity": "int"}[kind]]
    bars = [(_name(report, row), getattr(row, kind), words(getattr(row, kind))) for row in rows if row.quantity]
    of_a_whole = kind == "rate"  # the worst are looked for
    return chart(bars, full=1 if of_a_whole else None, least=of_a_whole, sort=report.by != "year")


def _name(report: Asked, row: Any) -> str:
    return row.name if isinstance(row, Holder) else report.group.name(*row.keys)


# The same as a sheet and on paper ----------------------------------------------------------------------------------


@bp.get("/<slug>.xlsx")
@allow("reports.property")
def sheet(slug: str) -> ResponseReturnValue:
    report = _asked(slug)
    columns = report.columns(current_user, headings=False)
    rows = report.single(current_user).iterator() if report.lines else report.sums(current_user)
    return out.sheet(
        f"{report.title} {report.filter.day}.xlsx",
        [column.on_sheet for column in columns],
        ([column.in_cell(row) for column in columns] for row in rows),
    )


@bp.get("/<slug>/print")
@allow("reports.property")
def print(slug: str) -> ResponseReturnValue:
    report = _asked(slug)
    return answers.page(papers.of_report(report, current_user), pdf=url_for(".pdf", slug=slug, **report.args))


@bp.get("/<slug>.pdf")
@allow("reports.property")
def pdf(slug: str) -> ResponseReturnValue:
    return answers.pdf(papers.of_report(_asked(slug), current_user))
