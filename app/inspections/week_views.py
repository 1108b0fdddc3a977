"""Pages of the week: scores and ranking, a class's week, appeals and their answers, the rules, the public board."""

from datetime import date, timedelta
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import clock
from app.calendar.models import monday
from app.errors import Refused
from app.excel.listing import listing_pages
from app.inspections import excuses, results, week_papers, weeks
from app.inspections.appeals import Appeal, closes_at, refusal
from app.inspections.class_weeks import ClassWeek
from app.inspections.exemptions import parts_in_words
from app.inspections.models import Mark
from app.inspections.views import bp, mark_seen
from app.inspections.week_forms import AnswerForm, AppealForm, ReopenForm, RulesForm
from app.inspections.week_listing import Table, week_listing, week_words
from app.inspections.weeks import ScoringRules, Week, sunday
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.models import ClassGroup
from app.web import Page, Waiting, allow, done, get_or_404, me, public, render, say

ONE_WEEK = timedelta(days=7)


def first_of(day: str) -> date:
    """The Monday of the week that an address names, or 404."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        abort(404)
    if not date(2000, 1, 1) <= found <= clock.today() + ONE_WEEK:
        abort(404)
    return monday(found)


# Weeks --------------------------------------------------------------------------------------------------------


@bp.get("/weeks", endpoint="weeks")
@allow("inspections.weeks")
def all_weeks() -> ResponseReturnValue:
    """This week, and the weeks that were published, the newest first."""
    page = Page(Week.published())
    flags = _flags_of([week.id for week in page])
    this = monday(clock.today())
    locks_at = ScoringRules.now().locks_at(this)
    return render("inspections/weeks.html", page=page, flags=flags, this=this, locks_at=locks_at, week_words=week_words)


def _flags_of(week_ids: list[int]) -> dict[int, list[weeks.WeekResult]]:
    """The classes with a flag by week."""
    rows = weeks.WeekResult.select(weeks.WeekResult, ClassGroup).join(ClassGroup)
    rows = rows.where(weeks.WeekResult.week.in_(week_ids), weeks.WeekResult.flag).order_by(weeks.WeekResult.position)
    found: dict[int, list[weeks.WeekResult]] = {}
    for row in rows:
        found.setdefault(row.week_id, []).append(row)
    return found


@bp.get("/weeks/<day>")
@allow("inspections.weeks")
def week(day: str) -> ResponseReturnValue:
    """The table of a week: as it stands, or as it was published."""
    table = Table.of(first_of(day))
    return render(
        "inspections/week.html",
        table=table,
        before=table.first - ONE_WEEK,
        after=table.first + ONE_WEEK if table.last < clock.today() else None,
        locks_at=table.rules.locks_at(table.first),
        waiting=weeks.open_appeals(table.first) if table.week is None else 0,
        excused=excuses.classes_in(table.first, table.last) if me().may("inspections.all") else [],
        part_words=parts_in_words(),
        reopened=Week.last_reopened(table.first) if table.week is None else None,
        rules_in_words=week_papers.rules_in_words(table),
        own=_own_classes(),
    )


def _own_classes() -> set[int]:
    return {id for (id,) in ClassGroup.select(ClassGroup.id).where(ClassGroup.teacher == me().id).tuples()}


listing_pages(bp, "inspections.weeks", "/weeks/<day>/list", lambda day: week_listing(first_of(day)), "week")


@bp.get("/weeks/<day>/class/<int:id>")
@allow("inspections.weeks")
def class_week(day: str, id: int) -> ResponseReturnValue:
    """A class's week for those who may read it: each deduction with its photo, and what can be appealed against."""
    group = get_or_404(ClassGroup.select(), id)
    if not results.may_read_class(me(), group):
        abort(404)
    mine = ClassWeek.of(group, first_of(day))
    return render(
        "inspections/class_week.html",
        mine=mine,
        title=week_words(mine.first),
        before=mine.first - ONE_WEEK,
        after=mine.first + ONE_WEEK if mine.last < clock.today() else None,
        locks_at=mine.rules.locks_at(mine.first),
        part_words=parts_in_words(),
    )


@bp.post("/weeks/<day>/lock")
@allow("inspections.lock")
def lock(day: str) -> ResponseReturnValue:
    """Lock and publish a week by hand, once its last school day is over or the clock's time has come."""
    first = first_of(day)
    if ScoringRules.now().locks_at(first) > clock.now():
        raise Refused(_("The week still runs. It is locked when its time has come."))
    Week.lock(first, me())
    say(_("Locked and published."))
    return done(url_for(".week", day=first.isoformat()))


@bp.get("/weeks/<day>/reopen")
@allow("inspections.lock")
def reopen(day: str) -> ResponseReturnValue:
    week = Week.of(first_of(day)) or abort(404)
    return render("inspections/reopen.html", week=week, title=week_words(week.starts_on), form=ReopenForm())


@bp.post("/weeks/<day>/reopen")
@allow("inspections.lock")
def reopened(day: str) -> ResponseReturnValue:
    week = Week.of(first_of(day)) or abort(404)
    form = ReopenForm(request.form)
    if not form.validate():
        return render("inspections/reopen.html", status=422, week=week, title=week_words(week.starts_on), form=form)
    week.reopen(me(), form.reason.data)
    say(_("Reopened. Nothing of this week is published now; lock it again when it is right."), "info")
    return done(url_for(".week", day=week.starts_on.isoformat()))


# Appeals ------------------------------------------------------------------------------------------------------


@bp.get("/marks/<int:id>/appeal")
@allow("inspections.appeal")
def appeal(id: int) -> ResponseReturnValue:
    mark = _own_mark(id)
    return _appeal_page(mark, AppealForm())


@bp.post("/marks/<int:id>/appeal")
@allow("inspections.appeal")
def appealed(id: int) -> ResponseReturnValue:
    """The class teacher says what is not right about a deduction."""
    mark = _own_mark(id)
    form = AppealForm(form_data())
    if not form.validate():
        return _appeal_page(mark, form, 422)
    filed = Appeal.file(mark, me(), form.words.data or "", form.photos.data)
    say(_("Your appeal was sent. You are told when it is answered."))
    return done(url_for(".appeal_show", id=filed.id))


def _own_mark(id: int) -> Mark:
    mark = mark_seen(id)
    if sentence := refusal(mark, me()):
        raise Refused(*sentence)
    return mark


def _appeal_page(mark: Mark, form: AppealForm, status: int = 200) -> ResponseReturnValue:
    photos = Photo.of(mark)
    return render("inspections/appeal.html", status=status, mark=mark, check=mark.check, form=form, mark_photos=photos,
                  until=closes_at(mark.check))  # fmt: skip


@bp.get("/appeals", endpoint="appeals")
@allow("inspections.appeal")
def all_appeals() -> ResponseReturnValue:
    """Appeals that this person sees: those that wait first, or the answered ones."""
    answered = request.args.get("tab") == "answered"
    rows = Appeal.visible_to(me())
    rows = rows.where(Appeal.outcome != "") if answered else rows.where(Appeal.outcome == "")
    page = Page(rows.order_by(Appeal.id.desc() if answered else Appeal.id))
    return render("inspections/appeals.html", page=page, answered=answered)


@bp.get("/appeals/<int:id>")
@allow("inspections.appeal")
def appeal_show(id: int) -> ResponseReturnValue:
    found = get_or_404(Appeal.visible_to(me()), id)
    return _answer_page(found, AnswerForm(None, found.mark))


@bp.post("/appeals/<int:id>")
@allow("inspections.correct")
def appeal_answered(id: int) -> ResponseReturnValue:
    """The counsellor or director says: it stands, or it is corrected. Both values stay visible."""
    found = get_or_404(Appeal.visible_to(me()), id)
    form = AnswerForm(request.form, found.mark)
    if not form.validate():
        return _answer_page(found, form, 422)
    if form.outcome.data == "upheld":
        found.uphold(me(), form.reason.data)
        say(_("Answered: the deduction stands. The class teacher is told."))
    else:
        found.correct(me(), form.lost, form.reason.data)
        say(_("Answered and corrected. The class teacher is told."))
    return done(url_for(".appeal_show", id=id))


def _answer_page(found: Appeal, form: AnswerForm, status: int = 200) -> ResponseReturnValue:
    own = found.class_group.teacher_id == me().id or found.person_id == me().id
    return render(
        "inspections/appeal_show.html",
        status=status,
        appeal=found,
        mark=found.mark,
        check=found.mark.check,
        form=form,
        photos=Photo.of(found),
        mark_photos=Photo.of(found.mark),
        may_answer=found.is_open and me().may("inspections.correct") and not own,
    )


# Rules and scorers --------------------------------------------------------------------------------------------


@bp.get("/weeks/rules")
@allow("inspections.rules")
def rules() -> ResponseReturnValue:
    now = ScoringRules.now()
    return _rules_page(RulesForm(None, obj=now), now)


def _rules_page(form: RulesForm, now: ScoringRules, status: int = 200) -> ResponseReturnValue:
    balance = week_papers.balance_in_words()
    return render("inspections/week_rules.html", status=status, form=form, rules=now, balance=balance)


@bp.post("/weeks/rules")
@allow("inspections.rules")
def rules_set() -> ResponseReturnValue:
    """A new version of the rules, for the weeks that are not locked yet."""
    form = RulesForm(request.form)
    if not form.validate():
        return _rules_page(form, ScoringRules.now(), 422)
    ScoringRules.publish(me(), **form.values)
    say(_("The rules hold for every week that is not locked yet."))
    return done(url_for(".rules"))


@bp.get("/scorers")
@allow("inspections.all")
def scorers() -> ResponseReturnValue:
    """Who scores strictly and who mildly, over the four weeks that end with this one or with `?week=`."""
    first = first_of(request.args.get("week", "") or clock.today().isoformat())
    givers = weeks.givers_of(first)
    return render(
        "inspections/scorers.html",
        givers=givers,
        names=weeks.names_of(givers),
        first=first,
        since=sunday(first) - weeks.LOOKS_BACK,
        last=sunday(first),
        before=first - ONE_WEEK,
        after=first + ONE_WEEK if sunday(first) < clock.today() else None,
        rules=ScoringRules.now(),
        balance=week_papers.balance_in_words(),
    )


# The public board ---------------------------------------------------------------------------------------------


@bp.get("/board")
@public
def board() -> ResponseReturnValue:
    """The newest published week, for everybody: totals only."""
    return _board(Week.published().first())


@bp.get("/board/<day>")
@public
def board_of(day: str) -> ResponseReturnValue:
    return _board(Week.of(first_of(day)) or abort(404))


def _board(found: Week | None) -> ResponseReturnValue:
    if not ScoringRules.now().public:
        abort(404)
    if found is None:
        return render("inspections/board.html", table=None, earlier=None, later=None)
    others = Week.published().select(Week.starts_on)
    earlier = others.where(Week.starts_on < found.starts_on).first()
    later = others.where(Week.starts_on > found.starts_on).order_by(Week.starts_on).first()
    return render("inspections/board.html", table=Table.of(found.starts_on), earlier=earlier, later=later)


# The home page ------------------------------------------------------------------------------------------------


def waiting(who: Any) -> list[Waiting]:
    """Appeals that wait for an answer. One query."""
    if not who.may("inspections.correct"):
        return []
    count = Appeal.select().where(Appeal.outcome == "").count()
    return [Waiting(_("Appeals to answer"), count, "message-square", url_for("inspections.appeals"))]
