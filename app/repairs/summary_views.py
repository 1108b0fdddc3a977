"""Pages of damage: by class, confirmed and published with measures (D61, D62); at the end of term with what is
planned for the holidays (D87)."""

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import clock
from app.charts import bars
from app.errors import Refused
from app.excel import out
from app.excel.out import Col
from app.paper import Column, Paper, Table, answers
from app.places.models import ClassGroup
from app.repairs import analysis, bp, periods
from app.repairs.analysis import GROUPS
from app.repairs.kinds import CAUSES
from app.repairs.models import Ticket
from app.repairs.record_forms import CauseForm, HolidayForm, MeasureForm, PublishForm, WithdrawForm, repairers
from app.repairs.record_views import _percent, choices
from app.repairs.records import DAMAGE, RecordFilter, class_then, with_names
from app.repairs.summaries import (
    DamageSummary,
    HolidayRepair,
    Measure,
    by_class,
    may_measure,
    open_tickets,
)
from app.web import Page, allow, done, get_or_404, me, render, say
from app.words import money

MOST = 500  # open tickets on a paper; more than that no holiday repairs

# Damage by class --------------------------------------------------------------------------------------------------


@bp.get("/classes", endpoint="classes")
@allow("repairs.damage")
def classes() -> ResponseReturnValue:
    """For the office the live numbers of a period, to confirm and publish; for class teachers what is published."""
    if not current_user.may("repairs.analysis"):
        return render("repairs/damage_list.html", page=Page(DamageSummary.visible_to(me())))
    return _classes_page(PublishForm())


def _classes_page(form: PublishForm, status: int = 200) -> ResponseReturnValue:
    filter = RecordFilter(_period())
    rows, bare = by_class(filter.period)
    rows.sort(key=lambda row: (-row.human, -row.count))
    names = {row.keys[0]: class_then(*row.keys[1:], filter.period) for row in rows}
    drawn = [(names[row.keys[0]], (row.human, row.wear, row.unclear), str(row.count)) for row in rows]
    return render(
        "repairs/classes.html", status=status, filter=filter, rows=rows, bare=bare, names=names, form=form,
        total=analysis.added(rows), published=DamageSummary.of(filter.period), choices=choices(filter),
        quiet=max(ClassGroup.present().count() - len(rows), 0), older=list(DamageSummary.shown().limit(12)),
        chart=bars(_("Reports by cause"), drawn, series=[str(words) for words in DAMAGE.values()]),
        grades=[row for row in analysis.tallies(filter, GROUPS["grade"]) if row.keys[0]], group=GROUPS["grade"],
    )  # fmt: skip


def _period() -> periods.Period:
    return periods.Period.asked(request.args, periods.this_month().key)


@bp.post("/classes/publication", endpoint="publish")
@allow("repairs.publish")
def publish() -> ResponseReturnValue:
    form, period = PublishForm(request.form), _period()
    if not form.validate():
        return _classes_page(form, 422)
    row = DamageSummary.publish(period, me(), form.words.data or "")
    say(_("Published. The class teachers are told."))
    return done(url_for(".damage", id=row.id))


@bp.get("/damage/<int:id>", endpoint="damage")
@allow("repairs.damage")
def damage(id: int) -> ResponseReturnValue:
    return _damage_page(get_or_404(DamageSummary.visible_to(me()), id))


def _damage_page(row: DamageSummary, status: int = 200, **forms: Any) -> ResponseReturnValue:
    """A published summary as this person may read it: all classes, or the own ones with their reports."""
    lines = row.classes_for(me())
    few = lines if not current_user.may("repairs.analysis") else []
    ids = [id for line in few for id in line.tickets]
    tickets = {each.id: each for each in with_names(Ticket.select()).where(Ticket.id.in_(ids))} if ids else {}
    return render(
        "repairs/damage.html", status=status, row=row, lines=lines, measures=Measure.of(lines), tickets=tickets,
        causes=CAUSES, may_measure={line.id: may_measure(me(), line) for line in lines},
        **{"form": MeasureForm(), "withdraw": WithdrawForm(), "unfolded": None, **forms},
    )  # fmt: skip


@bp.post("/damage/<int:id>/withdrawal", endpoint="withdraw")
@allow("repairs.publish")
def withdraw(id: int) -> ResponseReturnValue:
    row, form = get_or_404(DamageSummary.visible_to(me()), id), WithdrawForm(request.form)
    if not form.validate():
        return _damage_page(row, 422, withdraw=form, unfolded="withdraw")
    row.withdraw(me(), form.reason.data)
    say(_("Withdrawn. It can be published anew."))
    return done(url_for(".classes", period=row.period))


@bp.post("/damage/<int:id>/measures/<int:line>", endpoint="measure")
@allow("repairs.damage")
def measure(id: int, line: int) -> ResponseReturnValue:
    """A talk, a class meeting, a special check: written down against the class's line."""
    row, form = get_or_404(DamageSummary.visible_to(me()), id), MeasureForm(request.form)
    of = next((each for each in row.classes_for(me()) if each.id == line), None) or abort(404)
    if not may_measure(me(), of):
        abort(403)
    if not form.validate():
        return _damage_page(row, 422, form=form, unfolded=line)
    Measure.take(of, me(), form.kind.data, form.day.data, form.words.data or "")
    say(_("Recorded for %(name)s.", name=of.name))
    return done(url_for(".damage", id=id) + f"#class-{line}")


@bp.get("/damage/<int:id>/print", endpoint="damage_print")
@allow("repairs.damage")
def damage_print(id: int) -> ResponseReturnValue:
    row = get_or_404(DamageSummary.visible_to(me()), id)
    return answers.page(_damage_paper(row), pdf=url_for(".damage_pdf", id=id))


@bp.get("/damage/<int:id>.pdf", endpoint="damage_pdf")
@allow("repairs.damage")
def damage_pdf(id: int) -> ResponseReturnValue:
    return answers.pdf(_damage_paper(get_or_404(DamageSummary.visible_to(me()), id)))


def _damage_paper(row: DamageSummary) -> Paper:
    """班级损坏汇总: what was published, with what was done about it."""
    lines = row.classes_for(me())
    measures = Measure.of(lines)
    heads = [Column(_("Class"), 2), Column(_("Reports made"), 1, "right"),
             *(Column(words, 1.3, "right") for words in DAMAGE.values()), Column(_("Cost (yuan)"), 1.6, "right"),
             Column(_("Measures"), 4.5)]  # fmt: skip
    rows = [
        (line.name, line.count, line.human or "", line.wear or "", line.unclear or "", money(line.cost),
         "\n".join(_measure_said(each) for each in measures[line.id]))
        for line in lines
    ]  # fmt: skip
    return Paper(
        title=_("Damage of class property"),
        subtitle=row.when.full,
        code_url=url_for(".damage", id=row.id),
        intro=[row.words] if row.words else [],
        tables=[Table(heads, rows)],
        signatures=[(_("Confirmed by"), row.by.name, clock.local(row.at).date()), (_("Vice-principal, read"),)],
        across=2,
    )


def _measure_said(each: Measure) -> str:
    return " ".join(filter(None, (each.day.isoformat(), each.kind_word, each.words)))


# The end of term --------------------------------------------------------------------------------------------------


@bp.get("/term-end", endpoint="term_end")
@allow("repairs.records")
def term_end() -> ResponseReturnValue:
    return _term_end_page()


def _term() -> periods.Period:
    return periods.Period.asked(request.args, periods.this_term().key)


def _open_rows() -> Any:
    """Everything that is broken still, room by room."""
    return with_names(open_tickets()).order_by(Ticket.place, Ticket.day, Ticket.id)


def _term_end_page(status: int = 200, unfolded: int = 0, form: HolidayForm | None = None) -> ResponseReturnValue:
    """What broke in the term and why, everything open, and when in the holidays it is repaired."""
    filter, page, workers = RecordFilter(_term()), Page(_open_rows(), size=50), repairers()
    kinds = analysis.tallies(filter, GROUPS["kind"])
    total = analysis.added(kinds)
    drawn = [(GROUPS["kind"].name_of(row, filter.period), (row.human, row.wear, row.unclear), str(row.count))
             for row in kinds]  # fmt: skip
    bare = RecordFilter(filter.period, cause="none").narrow(Ticket.select()).count()
    return render(
        "repairs/term_end.html", status=status, filter=filter, page=page, plans=HolidayRepair.of(page.rows),
        kinds=kinds, total=total, bare=bare, choices=choices(filter), causes=CAUSES, group=GROUPS["kind"],
        chart=bars(_("Reports by cause"), drawn, series=[str(words) for words in DAMAGE.values()]),
        form=lambda: HolidayForm(workers=workers), sent=form, unfolded=unfolded, percent=_percent,
    )  # fmt: skip


@bp.post("/term-end/causes/<int:id>", endpoint="settle_cause")
@allow("repairs.publish")
def settle_cause(id: int) -> ResponseReturnValue:
    """The director settles why something broke."""
    ticket, form = get_or_404(Ticket.visible_to(me()), id), CauseForm(request.form)
    if not form.validate():
        raise Refused(_("Please choose the cause."), 422)
    ticket.judge(me(), form.cause.data)
    say(_("Ticket %(number)s: %(cause)s.", number=ticket.number, cause=CAUSES[form.cause.data]))
    return done(_back())


def _back() -> str:
    """The page that the form stood on: the summary with its page and term, or the damage of classes."""
    page = request.args.get("page", "")
    return url_for(".term_end", **_term().args, page=page if page.isdigit() else None)


@bp.post("/term-end/plans/<int:id>", endpoint="plan")
@allow("repairs.publish")
def plan(id: int) -> ResponseReturnValue:
    ticket, form = get_or_404(Ticket.visible_to(me()), id), HolidayForm(request.form)
    if not form.validate():
        return _term_end_page(422, ticket.id, form)
    HolidayRepair.plan(ticket, me(), form.day.data, form.person, form.firm.data or "")
    say(_("Ticket %(number)s is planned.", number=ticket.number))
    return done(_back())


def _term_end_paper(period: periods.Period) -> Paper:
    """损坏汇总表 with the plan of holiday repairs."""
    filter = RecordFilter(period)
    kinds = analysis.tallies(filter, GROUPS["kind"])
    open_ones = list(_open_rows().limit(MOST + 1))
    if len(open_ones) > MOST:
        raise Refused(_("More than %(most)s reports are open; please take the sheet instead.", most=MOST))
    plans = HolidayRepair.of(open_ones)
    return Paper(
        title=_("Damage of the term and holiday repairs"),
        subtitle=period.full,
        code_url=url_for(".term_end", **period.args),
        tables=[_kinds_table(filter, kinds), _open_table(open_ones, plans)],
        signatures=[(_("Made out by"), me().name, clock.today().isoformat()), (_("General Affairs director"),),
                    (_("Vice-principal, read"),)],
        landscape=True, across=3,
    )  # fmt: skip


def _kinds_table(filter: RecordFilter, kinds: list[analysis.Tally]) -> Table:
    numbers = (_("Reports made"), *DAMAGE.values(), _("Fixed so far"), _("Not fixed"), _("Cost (yuan)"))
    heads = [Column(_("Kind"), 3), *(Column(words, 1.4, "right") for words in numbers)]
    rows = [[GROUPS["kind"].name_of(row, filter.period), *_kind_cells(row)] for row in kinds]
    total = analysis.added(kinds)
    return Table(heads, rows, [_("Total"), *_kind_cells(total)] if rows else (), title=_("What broke in the term"),
                 empty=_("Nothing was repaired."))  # fmt: skip


def _kind_cells(row: analysis.Tally) -> list[str]:
    numbers = (row.count, row.human, row.wear, row.unclear, row.ended, row.count - row.ended)
    return [*(f"{each:,}" if each else "" for each in numbers), money(row.cost)]


def _open_table(tickets: list[Ticket], plans: dict[int, HolidayRepair]) -> Table:
    heads = [
        Column(_("No."), 0.7, "right"), Column(_("Ticket"), 1.9), Column(_("Class or place"), 3),
        Column(_("Repair item"), 2), Column(_("Fault"), 3.4), Column(_("Cause"), 1.6), Column(_("State"), 1.9),
        Column(_("Planned for"), 1.6), Column(_("Repaired by"), 1.7), Column(_("Done on"), 1.4),
    ]  # fmt: skip
    return Table(heads, [[*_open_cells(number, ticket, plans.get(ticket.id)), ""]
                         for number, ticket in enumerate(tickets, 1)],
                 title=_("Still broken, and when it is repaired"), empty=_("Nothing is open."))  # fmt: skip


def _open_cells(number: int, ticket: Ticket, plan: HolidayRepair | None) -> list[Any]:
    return [
        number, ticket.number, ticket.place.full_name, ticket.asset.name if ticket.asset_id else ticket.kind_word,
        ticket.words, CAUSES.get(ticket.cause, ""), ticket.state_word, plan and plan.day.isoformat(),
        plan and plan.who,
    ]  # fmt: skip


@bp.get("/term-end/print", endpoint="term_end_print")
@allow("repairs.records")
def term_end_print() -> ResponseReturnValue:
    return answers.page(_term_end_paper(_term()), pdf=url_for(".term_end_pdf", **_term().args))


@bp.get("/term-end.pdf", endpoint="term_end_pdf")
@allow("repairs.records")
def term_end_pdf() -> ResponseReturnValue:
    return answers.pdf(_term_end_paper(_term()))


@bp.get("/term-end.xlsx", endpoint="term_end_xlsx")
@allow("repairs.records")
def term_end_sheet() -> ResponseReturnValue:
    tickets = list(_open_rows().limit(20_000))
    plans = HolidayRepair.of(tickets) if len(tickets) <= 900 else _all_plans()
    heads = [Col(_("No."), "int"), Col(_("Ticket"), width=14), Col(_("Class or place"), width=26),
             Col(_("Repair item")), Col(_("Fault"), width=32), Col(_("Cause"), width=12), Col(_("State"), width=14),
             Col(_("Planned for")), Col(_("Repaired by"), width=12)]  # fmt: skip
    rows = (_open_cells(number, ticket, plans.get(ticket.id)) for number, ticket in enumerate(tickets, 1))
    return out.sheet(_("Holiday repairs %(period)s", period=_term().words) + ".xlsx", heads, rows)


def _all_plans() -> dict[int, HolidayRepair]:
    return {row.ticket_id: row for row in HolidayRepair.shown().order_by(HolidayRepair.id)}
