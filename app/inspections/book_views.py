"""Pages of the end of a month and of a term: the books of checks, their trends, and the rooms not yet closed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app import calendar, clock
from app.charts import bars, lines
from app.errors import Refused
from app.excel import out
from app.excel.out import Col, Sheet
from app.inspections import trends
from app.inspections.books import Book, Line, volumes
from app.inspections.checklists import CLASS_HYGIENE, Checklist
from app.inspections.closings import Closing, Door
from app.inspections.models import Check, Mark
from app.inspections.trends import Month, Sum
from app.inspections.views import bp
from app.paper import Column, Fact, Paper, Table, answers
from app.places.models import grade_word
from app.repairs import periods
from app.repairs.periods import Period
from app.web import Page, Waiting, allow, done, me, render, say
from app.words import exact, points

SHOWN, MOST_PRINTED, MOST_ROWS, MOST_ITEMS = 50, 2_000, 50_000, 200_000
SEASON = timedelta(days=7)  # the first page speaks of rooms so long before the holidays and into them


# Books ----------------------------------------------------------------------------------------------------------------


def _period() -> Period:
    return Period.asked(request.args, periods.this_month().key)


@bp.get("/books")
@allow("inspections.all")
def books() -> ResponseReturnValue:
    """The books of a month or term: one for each checklist, with its sums and how its rounds went."""
    period = _period()
    return render(
        "inspections/books.html", period=period, periods=periods.choices(), volumes=volumes(period), result=result
    )


def result(sums: Sum, full: int = 0) -> str:
    """The mean of some checks: points where there are any, the percent of a list, a dash for ticks."""
    if sums.mean is not None:
        return points(sums.mean)
    return _percent(sums.rate)


def _percent(rate: float | None) -> str:
    return "—" if rate is None else f"{rate:.0%}"


def _book(slug: str) -> tuple[Book, Checklist]:
    book = Book(slug[:40], _period())
    return book, book.checklist or abort(404)


@bp.get("/books/<slug>")
@allow("inspections.all")
def book(slug: str) -> ResponseReturnValue:
    """One book: its checks in the order they were made, and the rounds that were missed, late or excused."""
    book, checklist = _book(slug)
    page = Page(book.checks(), size=SHOWN)
    return render(
        "inspections/book.html", book=book, checklist=checklist, period=book.period, periods=periods.choices(),
        page=page, lines=book.lines(page.rows), volume=book.volume(), gaps=book.gaps(), result=result,
        first=(page.number - 1) * SHOWN + 1,
    )  # fmt: skip


@bp.get("/books/<slug>.xlsx")
@allow("inspections.all")
def book_xlsx(slug: str) -> ResponseReturnValue:
    """The book as a sheet, and its missed rounds as a second."""
    book, checklist = _book(slug)
    _must_fit(book, MOST_ROWS)
    columns = [
        Col(_("No."), "int"), Col(_("Checked at"), "moment"), Col(_("Place"), width=26),
        Col(_("Check made by"), width=14),
        Col(_("Result")), Col(_("What was found"), width=60),
        Col(_("What came of it"), width=40), Col(_("Remarks"), width=24),
    ]  # fmt: skip
    rows = (
        (number, line.check.at, _where(line), line.check.who.name, line.result, line.found, line.came, line.remarks)
        for number, line in enumerate(book.all_lines(), 1)
    )
    gaps = [
        Col(_("Due day"), "date"),
        Col(_("Plan of checks"), width=30),
        Col(_("Who")),
        Col(_("State")),
        Col(_("Reason"), width=40),
    ]
    name = f"{checklist.title} {book.period.words}"
    return out.book(f"{name}.xlsx", [
        Sheet(checklist.title, columns, rows),
        Sheet(_("Item by item"), _item_columns(), map(_item_cells, islice(book.all_answers(), MOST_ITEMS))),
        Sheet(_("Rounds missed, late or excused"), gaps, [(each.due_on, *_gap(each)) for each in book.gaps()]),
    ])  # fmt: skip


def _item_columns() -> list[Col]:
    return [
        Col(_("No."), "int"), Col(_("Checked at"), "moment"), Col(_("Place"), width=26), Col(_("Section"), width=14),
        Col(_("Checked item"), width=26), Col(_("Weight"), "int"), Col(_("Key item"), width=10),
        Col(_("Reading or answer"), width=14), Col(_("Limits"), width=14), Col(_("Taken"), "points"),
        Col(_("What was found"), width=50),
    ]  # fmt: skip


def _item_cells(row: tuple[int, Check, Mark]) -> tuple[Any, ...]:
    number, check, mark = row
    item = mark.item
    return (
        number, check.at, check.title, item.part, item.title, None if check.full else item.weight,
        _("yes") if item.key_item else "", mark.said_value, item.limits, mark.lost or None, mark.why,
    )  # fmt: skip


@bp.get("/books/<slug>/print")
@allow("inspections.all")
def book_print(slug: str) -> ResponseReturnValue:
    book, checklist = _book(slug)
    pdf = url_for(".book_pdf", slug=slug, **book.period.args)
    return answers.page(_book_paper(book, checklist), pdf=pdf)


@bp.get("/books/<slug>.pdf")
@allow("inspections.all")
def book_pdf(slug: str) -> ResponseReturnValue:
    return answers.pdf(_book_paper(*_book(slug)))


def _must_fit(book: Book, most: int) -> None:
    count = book.count()
    if count > most:
        raise Refused(_("This list has %(count)s rows; %(most)s are the most at once. Please narrow it down first.",
                        count=count, most=most))  # fmt: skip


def _where(line: Line) -> str:
    """The class, or the place with floor and building."""
    check = line.check
    return check.title if check.class_group_id else check.place.name


def _gap(round: Any) -> tuple[str, str, str, str]:
    return round.plan.name, round.whose, round.state_word, round.excuse_words


def _book_paper(book: Book, checklist: Checklist) -> Paper:
    """巡查表、检查表: A4 lying down, a month or a term, to sign and to file."""
    _must_fit(book, MOST_PRINTED)
    volume = book.volume()
    columns = [
        Column(_("No."), 0.7, "right"), Column(_("Checked at"), 2.2), Column(_("Place"), 2.2), Column(_("Result"), 1.5),
        Column(_("What was found"), 5), Column(_("What came of it"), 3.4), Column(_("Check made by"), 1.6),
    ]  # fmt: skip
    tables = [Table(columns, _printed(book), empty=_("Nothing was checked in this time."))]
    gaps = book.gaps()
    if gaps:
        heads = [Column(_("Due day"), 1.5), Column(_("Plan of checks"), 4), Column(_("Who"), 2),
                 Column(_("State"), 2.4), Column(_("Reason"), 5)]  # fmt: skip
        rows = [(each.due_on.isoformat(), *_gap(each)) for each in gaps]
        tables.append(Table(heads, rows, title=_("Rounds missed, late or excused")))
    return Paper(
        title=checklist.title,
        subtitle=book.period.full,
        code_url=url_for(".book", slug=book.slug, **book.period.args),
        facts=[Fact(label, value) for label, value in figures(volume)],
        tables=tables,
        signatures=[(_("Kept by"),), (_("General Affairs director"),), (_("Vice-principal, read"),)],
        landscape=True, across=3,
    )  # fmt: skip


def _printed(book: Book) -> Iterator[Sequence[Any]]:
    for number, line in enumerate(book.all_lines(), 1):
        remarks = "；".join(filter(None, (line.found, line.remarks)))
        yield (number, exact(line.check.at), _where(line), line.result, remarks, line.came, line.check.who.name)


def figures(volume: Any) -> list[tuple[str, str]]:
    """The sums of a book, labelled."""
    found = [(_("Checks"), f"{volume.sums.checks:,}")]
    if volume.sums.rate is not None:
        found.append((_("Mean result"), result(volume.sums)))
    if volume.sums.failed:
        found.append((_("Items failed"), f"{volume.sums.failed:,}"))
    if volume.sums.spot:
        found.append((_("Spot checks"), f"{volume.sums.spot:,}"))
    if volume.due:
        found.append((_("Rounds due"), f"{volume.due:,}"))
        found.append((_("Rounds made in time, late"), f"{volume.done - volume.late} / {volume.late}"))
        found.append((_("Rounds missed, excused"), f"{volume.missed} / {volume.excused}"))
    return found


# Trends ---------------------------------------------------------------------------------------------------------------


@bp.get("/trends", endpoint="trends")
@allow("inspections.all")
def trends_page() -> ResponseReturnValue:
    """A month against those before it: results, items found wanting, and each class or place."""
    checklist, period = _trend()
    before = trends.months_until(period, 2)[0]
    months = trends.by_month(checklist.slug, period)
    items = trends.by_item(checklist.slug, period, before)
    owners = trends.pairs(trends.sums_by_owner(checklist.slug, period), trends.sums_by_owner(checklist.slug, before))
    return render(
        "inspections/trends.html", checklist=checklist, checklists=_checked(), period=period, before=before,
        periods=periods.choices()[-1:], months=months, items=[item for item in items if item.times or item.before],
        owners=owners, grades=sorted({grade for month in months for grade in month.grades}), grade_word=grade_word,
        result=result, percent=_percent, change=_change,
        charts=_charts(checklist, months, items, owners, period),
    )  # fmt: skip


def _trend() -> tuple[Checklist, Period]:
    slug = request.args.get("checklist") or CLASS_HYGIENE
    period = _period()
    if period.kind != "month":
        period = Period.month(period.end.year, period.end.month)
    return Checklist.select().where(Checklist.slug == slug).order_by(Checklist.version.desc()).first() or abort(
        404
    ), period


def _checked() -> list[Checklist]:
    """The checklists that give a result to compare."""
    return list(Checklist.in_use().where(Checklist.kind != "ticks"))


def _charts(
    checklist: Checklist,
    months: list[Month],
    items: Sequence[Any],
    owners: Sequence[Any],
    period: Period,
) -> list[Any]:
    """The mean by month, what is found wanting most often, the lowest results. Each stands in a table, too."""
    short = [_("month %(number)s", number=each.period.start.month) for each in months]
    full = checklist.full or 10_000
    rates = [None if each.whole.rate is None else each.whole.rate * full for each in months]
    said = points if checklist.full else lambda value: f"{value / 100:.0f}%"
    often = [
        (item.title, item.times, ngettext("%(num)s time", "%(num)s times", item.times)) for item in items if item.times
    ]
    low = [(name, sums.rate, result(sums)) for name, sums, _before in owners if sums.rate is not None]
    drawn = [
        lines(_("Mean by month"), short, [(checklist.title, rates)], words=lambda value: said(round(value)), full=full),
        bars(_("Found wanting most often, %(month)s", month=period.words), often),
        bars(_("Lowest results, %(month)s", month=period.words), low, full=1, least=True, most=8),
    ]
    return [chart for chart in drawn if chart]


def _change(now: Sum, before: Sum | None) -> str:
    """`+0.3`, `−2%`, `±0`; nothing where there is nothing to compare."""
    if before is None:
        return ""
    if now.mean is not None and before.mean is not None:
        gap = now.mean - before.mean
        return _signed(gap, points(abs(gap)))
    gap = trends.change(now.rate, before.rate)
    return "" if gap is None else _signed(round(gap * 100), f"{abs(gap):.0%}")


def _signed(gap: int, words: str) -> str:
    return "±0" if not gap else f"{'+' if gap > 0 else '−'}{words}"


@bp.get("/trends.xlsx")
@allow("inspections.all")
def trends_xlsx() -> ResponseReturnValue:
    """The numbers of the trends: months, items, classes or places."""
    checklist, period = _trend()
    before = trends.months_until(period, 2)[0]
    months = trends.by_month(checklist.slug, period)
    grades = sorted({grade for month in months for grade in month.grades})
    kind = "points" if checklist.full else "percent"
    by_month = [Col(_("Month")), Col(_("Checks"), "int"), Col(_("Mean result"), kind), Col(_("Items failed"), "int"),
                *(Col(_("Grade %(grade)s", grade=grade_word(each)), kind) for each in grades)]  # fmt: skip
    by_item = [Col(_("Item of the list"), width=40), Col(_("Found wanting"), "int"), Col(_("Points lost"), "points"),
               Col(_("Of the checks"), "percent"), Col(before.words, "percent")]  # fmt: skip
    by_owner = [Col(_("Class or place"), width=30), Col(_("Checks"), "int"), Col(period.words, kind),
                Col(before.words, kind)]  # fmt: skip
    items = trends.by_item(checklist.slug, period, before)
    owners = trends.pairs(trends.sums_by_owner(checklist.slug, period), trends.sums_by_owner(checklist.slug, before))
    return out.book(_("%(name)s, trend until %(month)s", name=checklist.title, month=period.words) + ".xlsx", [
        Sheet(_("By month"), by_month, [_month_row(each, grades) for each in months]),
        Sheet(_("By item"), by_item, [(i.title, i.times, i.lost, i.rate, i.rate_before) for i in items]),
        Sheet(_("By class or place"), by_owner,
              [(name, now.checks, _value(now), _value(then) if then else None) for name, now, then in owners]),
    ])  # fmt: skip


def _month_row(month: Month, grades: Sequence[int]) -> list[Any]:
    whole = month.whole
    return [
        month.period.words,
        whole.checks,
        _value(whole),
        whole.failed,
        *(_value(month.grades.get(g)) for g in grades),
    ]


def _value(sums: Sum | None) -> float | int | None:
    """As a cell: hundredths of points, or a part of one."""
    return None if sums is None else sums.mean if sums.mean is not None else sums.rate


# Before the holidays --------------------------------------------------------------------------------------------------


def _closing() -> Closing:
    """All rooms for whoever sees all results; for others, those they keep."""
    closing = Closing.of(request.args.get("term", ""))
    return closing if current_user.may("inspections.all") else closing.kept_by(me())


@bp.get("/holidays")
@allow("inspections.results")
def holidays() -> ResponseReturnValue:
    """The rooms not yet closed and scanned before the holidays, first; then those that are."""
    if me().is_card:
        abort(404)
    closing = _closing()
    return render(
        "inspections/holidays.html", closing=closing, terms=calendar.terms(), all=current_user.may("inspections.all")
    )


@bp.post("/holidays/asked")
@allow("inspections.plan")
def holidays_asked() -> ResponseReturnValue:
    """Ask everybody who keeps a room that is not closed yet."""
    people = Closing.of(request.args.get("term", "")).ask_to_close(me())
    say(ngettext("%(num)s person is told.", "%(num)s people are told.", people))
    return done(url_for(".holidays", **request.args))


@bp.get("/holidays.xlsx")
@allow("inspections.all")
def holidays_xlsx() -> ResponseReturnValue:
    """Every room with when it was closed, by whom, and what was found."""
    closing = _closing()
    columns = [
        Col(_("Building and floor"), width=22), Col(_("The room"), width=22), Col(_("Keeper")),
        Col(_("State"), width=14),
        Col(_("Closed at"), "moment"), Col(_("Closed by")), Col(_("Items failed"), "int"),
    ]  # fmt: skip
    rows = [
        (door.place.where, door.place.name, door.keeper.name if door.keeper else "", _door_state(door),
         *((door.check.at, door.check.who.name, door.check.failed) if door.check else (None, "", None)))
        for door in (*closing.left, *closing.closed)
    ]  # fmt: skip
    name = _("Rooms before the holidays %(day)s", day=closing.ends_on.isoformat())
    return out.sheet(f"{name}.xlsx", columns, rows)


def _door_state(door: Door) -> str:
    if not door.is_closed:
        return _("not scanned")
    return _("closed, something was found") if door.is_wanting else _("closed")


@bp.get("/holidays/print")
@allow("inspections.all")
def holidays_print() -> ResponseReturnValue:
    return answers.page(_closing_paper(_closing()), pdf=url_for(".holidays_pdf", **request.args))


@bp.get("/holidays.pdf")
@allow("inspections.all")
def holidays_pdf() -> ResponseReturnValue:
    return answers.pdf(_closing_paper(_closing()))


def _closing_paper(closing: Closing) -> Paper:
    """放假前检查表: the rooms not scanned with a line to sign each, then those that were closed."""
    missing = [
        Column(_("Building and floor"), 3),
        Column(_("The room"), 3),
        Column(_("Keeper"), 2),
        Column(_("Seen, signed"), 3),
    ]
    closed = [Column(_("Building and floor"), 3), Column(_("The room"), 3), Column(_("Closed at"), 2.6),
              Column(_("Closed by"), 2), Column(_("State"), 2.4)]  # fmt: skip
    return Paper(
        title=_("Rooms before the holidays"),
        subtitle=" ".join(filter(None, (closing.words, closing.ends_on.isoformat()))),
        facts=[Fact(_("Rooms"), len(closing.doors)), Fact(_("closed"), len(closing.closed)),
               Fact(_("not scanned"), len(closing.left)), Fact(_("Something was found"), len(closing.wanting))],
        tables=[
            Table(missing, [(d.place.where, d.place.name, d.keeper.name if d.keeper else "", "") for d in closing.left],
                  title=_("Not scanned, so not checked"), empty=_("Every room is closed.")),
            Table(closed, [(d.place.where, d.place.name, exact(d.check.at), d.check.who.name, _door_state(d))
                           for d in closing.closed], title=_("Closed rooms"), empty=_("No room is closed yet.")),
        ],
        signatures=[(_("Kept by"),), (_("General Affairs director"),), (_("Vice-principal, read"),)],
        code_url=url_for(".holidays"),
    )  # fmt: skip


def closing_waits(who: Any) -> list[Waiting]:
    """In the days before the holidays, the rooms that still wait: all for the office, their own for the others."""
    if who.is_card or calendar.is_empty():
        return []
    term = calendar.term_near(clock.today())
    if term is None or not term.ends_on - SEASON <= clock.today() <= term.ends_on + SEASON:
        return []
    closing = Closing.of(term.code)
    closing = closing if who.may("inspections.all") else closing.kept_by(who)
    if not closing.left:
        return []
    words = ngettext("room to close before the holidays", "rooms to close before the holidays", len(closing.left))
    late = clock.today() >= closing.ends_on
    return [Waiting(words, len(closing.left), "door-open", url_for("inspections.holidays"), late)]
