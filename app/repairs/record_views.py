"""Pages of the repair record (D59, D60): the record of a month or term, signed; the analysis; what breaks again."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import calendar, clock
from app.charts import bars, columns, lines
from app.errors import Refused
from app.excel import out
from app.excel.out import Col
from app.paper import Column, Paper, Table, answers
from app.places.forms import parents
from app.places.models import ClassGroup
from app.repairs import analysis, bp, periods, records
from app.repairs.analysis import GROUPS, Group, Tally
from app.repairs.kinds import CAUSES, KINDS
from app.repairs.models import Ticket
from app.repairs.record_forms import SignForm
from app.repairs.records import COLUMNS, DAMAGE, ENDS, RecordFilter
from app.repairs.repeats import repeats
from app.repairs.summaries import SignOff
from app.web import Page, allow, done, me, render, say
from app.words import money

SHOWN, MOST_PRINTED, MOST_ROWS = 50, 2_000, 50_000


def choices(filter: RecordFilter) -> dict[str, Any]:
    """What the filter offers to choose."""
    groups = ClassGroup.present()
    return {
        "periods": periods.choices(),
        "places": parents(("building", "floor")),
        "kinds": [(key, words[0]) for key, words in KINDS.items()],
        "causes": [*CAUSES.items(), ("none", _("not said"))],
        "damage": list(DAMAGE.items()),
        "ends": list(ENDS.items()),
        "groups": [(each.id, records.class_then(each.entry_year, each.number, filter.period)) for each in groups],
    }


# The record -------------------------------------------------------------------------------------------------------


@bp.get("/records", endpoint="records")
@allow("repairs.records")
def record() -> ResponseReturnValue:
    """The repairs of a month or term with all that the record says of each."""
    return _record_page(RecordFilter.asked(request.args), SignForm())


def _record_page(filter: RecordFilter, form: SignForm, status: int = 200) -> ResponseReturnValue:
    page = Page(filter.ids(), size=SHOWN)
    found = records.with_names(Ticket.select()).where(Ticket.id.in_([row.id for row in page.rows]))
    page.rows = records.lines(list(found.order_by(Ticket.day, Ticket.serial)))
    total = analysis.total(filter)
    signatures = SignOff.of(filter.period)
    whole = total if not filter.narrowed or not signatures else analysis.total(RecordFilter(filter.period))
    return render(
        "repairs/records.html", status=status, filter=filter, page=page, total=total, whole=whole, form=form,
        signatures=signatures, first=(page.number - 1) * SHOWN + 1, choices=choices(filter),
        calendar_is_empty=calendar.is_empty(), percent=_percent,
    )  # fmt: skip


@bp.get("/records.xlsx", endpoint="records_xlsx")
@allow("repairs.records")
def record_sheet() -> ResponseReturnValue:
    filter = RecordFilter.asked(request.args)
    _must_fit(filter, MOST_ROWS)
    rows = (line.values(number) for number, line in enumerate(records.in_pieces(filter.rows()), 1))
    name = _("Repair record %(period)s", period=filter.period.words)
    return out.sheet(f"{name}.xlsx", [Col(title, kind, width) for title, kind, width, *_paper in COLUMNS], rows)


@bp.get("/records/print", endpoint="records_print")
@allow("repairs.records")
def record_print() -> ResponseReturnValue:
    filter = RecordFilter.asked(request.args)
    return answers.page(_record_paper(filter), pdf=url_for(".records_pdf", **filter.args))


@bp.get("/records.pdf", endpoint="records_pdf")
@allow("repairs.records")
def record_pdf() -> ResponseReturnValue:
    return answers.pdf(_record_paper(RecordFilter.asked(request.args)))


def _record_paper(filter: RecordFilter) -> Paper:
    """维修记录表, A4 lying down, with lines for the director and the vice-principal; what was signed is filled in."""
    _must_fit(filter, MOST_PRINTED)
    total, signed = analysis.total(filter), SignOff.of(filter.period)
    last = signed[-1] if signed else None
    vice = (_("Vice-principal, read"), last.person.name, clock.local(last.at).date()) if last else (
        _("Vice-principal, read"),)  # fmt: skip
    return Paper(
        title=_("Repair record"),
        subtitle=filter.period.full,
        code_url=url_for(".records", **filter.args),
        facts=filter.said,
        tables=[Table(
            [Column(title, share, align) for title, _kind, _width, share, align in COLUMNS],
            _printed_rows(filter), _record_foot(total) if total.count else (), empty=_("Nothing was repaired."),
        )],
        paragraphs=[_rates_said(total), *(_signed_said(each) for each in signed if each.words)],
        signatures=[(_("Kept by"),), (_("General Affairs director"),), vice],
        landscape=True, across=3,
    )  # fmt: skip


def _printed_rows(filter: RecordFilter) -> Iterator[Sequence[Any]]:
    """Made while pages are filled."""
    for number, line in enumerate(records.in_pieces(filter.rows()), 1):
        yield line.printed(number)


def _record_foot(total: Tally) -> list[str]:
    foot = [""] * len(COLUMNS)
    foot[1], foot[14] = _("%(count)s reports", count=total.count), money(total.cost)
    foot[10], foot[11] = _hours(total.plain_hours), _hours(total.school_hours)
    return foot


def _rates_said(total: Tally) -> str:
    return _(
        "%(ended)s of %(count)s fixed. Within the promise: %(rate)s; with granted extensions: %(within)s. "
        "Damaged by people: %(human)s. Cost: %(cost)s yuan. Hours on the average: %(plain)s, of school %(school)s.",
        ended=total.ended, count=total.count, rate=_percent(total.rate), within=_percent(total.rate_within),
        human=total.human, cost=money(total.cost), plain=_hours(total.plain_hours) or "—",
        school=_hours(total.school_hours) or "—",
    )  # fmt: skip


def _signed_said(row: SignOff) -> str:
    return _("%(name)s, %(day)s: %(words)s", name=row.person.name, day=clock.local(row.at).date(), words=row.words)


def _must_fit(filter: RecordFilter, most: int) -> None:
    count = analysis.total(filter).count
    if count > most:
        raise Refused(_("This list has %(count)s rows; %(most)s are the most at once. Please narrow it down first.",
                        count=count, most=most))  # fmt: skip


@bp.post("/records/signatures", endpoint="records_sign")
@allow("repairs.sign")
def record_sign() -> ResponseReturnValue:
    """The vice-principal read the record of a period and signs it."""
    filter, form = RecordFilter.asked(request.args), SignForm(request.form)
    if not form.validate():
        return _record_page(filter, form, 422)
    SignOff.sign(filter.period, me(), form.words.data or "")
    say(_("Signed: %(period)s.", period=filter.period.words))
    return done(url_for(".records", **filter.args))


# The analysis -----------------------------------------------------------------------------------------------------


@bp.get("/analysis", endpoint="analysis")
@allow("repairs.analysis")
def analysed() -> ResponseReturnValue:
    """What breaks where, why and at what cost: the sums, charts, and the same numbers as a table."""
    filter, by = RecordFilter.asked(request.args, default=periods.this_term().key), _by()
    group = GROUPS[by]
    rows = analysis.tallies(filter, group)
    return render(
        "repairs/analysis.html", filter=filter, by=by, group=group, groups=GROUPS, rows=rows,
        total=analysis.added(rows), charts=[each for each in charts(filter, by, group, rows) if each],
        link=partial(_link, filter, group), choices=choices(filter), words=SHOWN_AS, columns=FIGURES,
        calendar_is_empty=calendar.is_empty(),
    )  # fmt: skip


def _by() -> str:
    return request.args.get("by") if request.args.get("by") in GROUPS else "kind"


def _link(filter: RecordFilter, group: Group, row: Tally) -> str:
    """From a sum to the reports it counts."""
    return url_for(".records", **group.args_of(row, filter))


def charts(filter: RecordFilter, by: str, group: Group, rows: Sequence[Tally]) -> list[Any]:
    """How many by cause, the two rates, and the cost."""
    names = [group.name_of(row, filter.period) for row in rows]
    named = list(zip(names, rows, strict=True))
    counts = [(name, (row.human, row.wear, row.unclear), f"{row.count:,}") for name, row in named]
    costs = [(name, row.cost, f"¥{money(row.cost)}") for name, row in named if row.cost]
    causes = [str(words) for words in DAMAGE.values()]
    if by == "month":
        short = [_month_word(row.keys[0]) for row in rows]
        upright = [(name, *row[1:]) for name, row in zip(short, counts, strict=True)]
        rates = [(str(RATE), [row.rate for row in rows]), (str(RATE_WITHIN), [row.rate_within for row in rows])]
        return [
            columns(_("Reports by month"), upright[-12:], series=causes),
            lines(_("Fixed in time"), short[-12:], [(word, each[-12:]) for word, each in rates], words=_percent),
            bars(_("Cost"), costs[-12:], sort=False),
        ]
    if by == "cause":
        plain = [(name, row.count, f"{row.count:,}") for name, row in named]
        return [bars(_("Reports made"), plain, sort=False), bars(_("Cost"), costs, sort=False)]
    shares = [(name, row.rate, _percent(row.rate)) for name, row in named if row.judged]
    return [
        bars(_("Reports by cause"), counts, series=causes, sort=not group.own_order),
        bars(_("Fixed within the promise, worst first"), shares, full=1, least=True),
        bars(_("Cost"), costs),
    ]


def _month_word(month: str) -> str:
    return _("month %(number)s", number=int(month[5:]))


RATE, RATE_WITHIN = _l("within the promise"), _l("with extensions")


def _percent(rate: float | None) -> str:
    """Cut off and not rounded: 100 % is said only where nothing is late."""
    return "—" if rate is None else f"{int(rate * 1000 + 1e-6) / 10:g}%"


def _hours(hours: float | None) -> str:
    return "" if hours is None else f"{hours:.1f}"


SHOWN_AS = {
    "int": lambda number: f"{number:,}",
    "few": lambda number: f"{number:,}" if number else "",
    "rate": _percent,
    "hours": lambda hours: _hours(hours) or "—",
    "money": money,
}
# What the table says of each group: heading, value, how it is shown, kind of a sheet's cell and its value.
FIGURES = (
    (_l("Reports made"), lambda row: row.count, "int", "int"),
    (_l("human damage"), lambda row: row.human, "few", "int"),
    (_l("wear and quality"), lambda row: row.wear, "few", "int"),
    (_l("cause not clear"), lambda row: row.unclear, "few", "int"),
    (_l("Fixed so far"), lambda row: row.ended, "few", "int"),
    (_l("within the promise"), lambda row: row.rate, "rate", "percent"),
    (_l("with extensions"), lambda row: row.rate_within, "rate", "percent"),
    (_l("Hours taken"), lambda row: row.plain_hours, "hours", "points"),
    (_l("Hours of school"), lambda row: row.school_hours, "hours", "points"),
    (_l("Cost (yuan)"), lambda row: row.cost, "money", "money"),
)  # fmt: skip


@bp.get("/analysis.xlsx", endpoint="analysis_xlsx")
@allow("repairs.analysis")
def analysis_sheet() -> ResponseReturnValue:
    filter, by = RecordFilter.asked(request.args, default=periods.this_term().key), _by()
    group = GROUPS[by]
    figures = [Col(title, kind) for title, _value, _shown, kind in FIGURES]
    rows = (
        [group.name_of(row, filter.period), group.detail_of(row, filter.period), *(_cell(row, f) for f in FIGURES)]
        for row in analysis.tallies(filter, group)
    )
    name = _("Repair analysis %(period)s by %(group)s", period=filter.period.words, group=group.title)
    return out.sheet(f"{name}.xlsx", [Col(group.title, width=24), Col(_("Detail"), width=20), *figures], rows)


def _cell(row: Tally, figure: tuple[Any, ...]) -> Any:
    value = figure[1](row)
    return round(value * 100) if figure[3] == "points" and value is not None else value


def _analysis_paper(filter: RecordFilter, by: str) -> Paper:
    group = GROUPS[by]
    rows = analysis.tallies(filter, group)
    total = analysis.added(rows)
    figures = [[SHOWN_AS[shown](value(row)) for _title, value, shown, _kind in FIGURES] for row in (*rows, total)]
    names = [f"{group.name_of(row, filter.period)} {group.detail_of(row, filter.period)}".strip() for row in rows]
    return Paper(
        title=_("Repair analysis by %(group)s", group=group.title),
        subtitle=filter.period.full,
        code_url=url_for(".analysis", by=by, **filter.args),
        facts=filter.said,
        tables=[Table(
            [Column(group.title, 4), *(Column(title, 1.5, "right") for title, *_rest in FIGURES)],
            [[name, *cells] for name, cells in zip(names, figures, strict=False)],
            [_("Total"), *figures[-1]] if rows else (), empty=_("Nothing was repaired."),
        )],
        paragraphs=[_rates_said(total)],
        signatures=[(_("Made out by"), me().name, clock.today().isoformat()), (_("General Affairs director"),),
                    (_("Vice-principal, read"),)],
        landscape=True, across=3,
    )  # fmt: skip


@bp.get("/analysis/print", endpoint="analysis_print")
@allow("repairs.analysis")
def analysis_print() -> ResponseReturnValue:
    filter, by = RecordFilter.asked(request.args, default=periods.this_term().key), _by()
    return answers.page(_analysis_paper(filter, by), pdf=url_for(".analysis_pdf", by=by, **filter.args))


@bp.get("/analysis.pdf", endpoint="analysis_pdf")
@allow("repairs.analysis")
def analysis_pdf() -> ResponseReturnValue:
    return answers.pdf(_analysis_paper(RecordFilter.asked(request.args, default=periods.this_term().key), _by()))


# What breaks again and again --------------------------------------------------------------------------------------


@bp.get("/repeats", endpoint="repeats")
@allow("repairs.analysis")
def again() -> ResponseReturnValue:
    """Things with three faults in ninety days, or repairs for more than half of their value."""
    filter = RecordFilter.asked(request.args, default=periods.this_term().key)
    rows = repeats(filter, me())
    worst = [(row.asset.name, row.cost, f"¥{money(row.cost)}") for row in rows if row.cost]
    return render(
        "repairs/repeats.html", filter=filter, rows=rows, choices=choices(filter),
        chart=bars(_("Cost of all its repairs"), worst), percent=_percent,
    )  # fmt: skip
