"""Pages of preventive work: the rules with their next days, what was missed, a rule and its change."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import Form

from app import calendar, clock, journal
from app.fields import clean
from app.people.models import Person
from app.repairs import bp, upkeep
from app.repairs.models import Ticket
from app.repairs.upkeep import Due, Rule
from app.repairs.upkeep_forms import AssetField, RuleForm, find_assets, form_of
from app.repairs.upkeep_suggestions import SUGGESTIONS
from app.web import Page, Waiting, allow, done, get_or_404, me, render, say

PAST = 24  # occurrences that the page of a rule shows


@bp.get("/upkeep", endpoint="upkeep")
@allow("repairs.all")
def rules() -> ResponseReturnValue:
    """What was missed first, then the rules with their next days. Five queries, however many rules there are."""
    rows = Rule.listed()
    dues = list(upkeep.occurrences(rows))
    return render(
        "repairs/upkeep.html",
        rows=rows,
        missed=upkeep.missed(dues),
        late=[due for due in dues if due.state == "late"],
        coming=[due for due in reversed(dues) if due.state == "coming"],
        next_days=_next_days(rows, dues),
        suggestions=[] if not current_user.may("repairs.upkeep") else _unused(rows),
        no_terms=calendar.is_empty(),
    )


def _next_days(rules: Iterable[Rule], dues: Iterable[Due]) -> dict[int, list]:
    """The next days of each rule that is not paused."""
    newest: dict[int, Due] = {}
    for due in dues:
        newest.setdefault(due.rule.id, due)
    return {rule.id: rule.next_days(2, newest[rule.id].due_on if rule.id in newest else date.min) for rule in rules}


def _unused(rules: Iterable[Rule]) -> list:
    names = {rule.name for rule in rules}
    return [each for each in SUGGESTIONS.values() if not {each.name, each.name_en} & names]


@bp.get("/upkeep/things/find")
@allow("repairs.upkeep")
def upkeep_thing() -> ResponseReturnValue:
    """Chips for an AssetField while someone types: `?field=asset&asset=kt`."""
    name = request.args.get("field", "")
    if not (name.isidentifier() and name.isascii() and len(name) <= 40):
        abort(404)
    words = clean(request.args.get(name))[:60]
    field = AssetField().bind(Form(), name)
    field.process(None)
    return render("fields/_found.html", field=field, rows=find_assets(words) if words else [])


# A new rule -------------------------------------------------------------------------------------------------


@bp.get("/upkeep/add")
@allow("repairs.upkeep")
def upkeep_add() -> ResponseReturnValue:
    """An empty rule, or one of the built-in suggestions (`?like=dispenser-filter`)."""
    like = SUGGESTIONS.get(request.args.get("like", ""))
    return _form_page(RuleForm(data={"first_on": clock.today(), **(like.fields() if like else {})}))


@bp.post("/upkeep/add")
@allow("repairs.upkeep")
def upkeep_added() -> ResponseReturnValue:
    form = RuleForm(request.form)
    if not form.validate():
        return _form_page(form, status=422)
    rule = Rule.add(me(), **form.facts)
    say(_("From now on “%(name)s” opens its tickets by itself.", name=rule.name))
    return done(url_for(".upkeep_rule", id=rule.id))


def _form_page(form: RuleForm, status: int = 200) -> ResponseReturnValue:
    return render("repairs/upkeep_form.html", status=status, form=form, rule=form.rule, no_terms=calendar.is_empty())


# One rule ---------------------------------------------------------------------------------------------------


def _found(id: int) -> Rule:
    return get_or_404(Rule.shown(), id)


@bp.get("/upkeep/<int:id>")
@allow("repairs.all")
def upkeep_rule(id: int) -> ResponseReturnValue:
    rule = _found(id)
    return render(
        "repairs/upkeep_rule.html",
        rule=rule,
        next_days=rule.next_days(5),
        dues=(dues := list(upkeep.occurrences([rule]))[:PAST]),
        tickets=_tickets_of(dues),
        targets=rule.targets(),
        events=Page(journal.about(thing=rule)),
        no_terms=calendar.is_empty(),
    )


def _tickets_of(dues: Iterable[Due]) -> dict[int, list[Ticket]]:
    """The open tickets of each occurrence, by its day's ordinal."""
    day_of = {ticket: due.due_on.toordinal() for due in dues for ticket in due.open}
    found = defaultdict(list)
    for ticket in Ticket.with_names(Ticket.select().where(Ticket.id.in_(list(day_of)))) if day_of else ():
        found[day_of[ticket.id]].append(ticket)
    return found


@bp.get("/upkeep/<int:id>/edit")
@allow("repairs.upkeep")
def upkeep_edit(id: int) -> ResponseReturnValue:
    rule = _found(id)
    return _form_page(RuleForm(data=form_of(rule), rule=rule))


@bp.post("/upkeep/<int:id>/edit")
@allow("repairs.upkeep")
def upkeep_edited(id: int) -> ResponseReturnValue:
    rule = _found(id)
    form = RuleForm(request.form, rule=rule)
    if not form.validate():
        return _form_page(form, status=422)
    rule.change(me(), **form.facts)
    say(_("Stored. It counts from now on; tickets that are open stay as they are."))
    return done(url_for(".upkeep_rule", id=id))


@bp.post("/upkeep/<int:id>/pause")
@allow("repairs.upkeep")
def upkeep_pause(id: int) -> ResponseReturnValue:
    rule = _found(id)
    rule.pause(me())
    say(_("“%(name)s” is paused: no new tickets until you let it go on.", name=rule.name))
    return done(url_for(".upkeep_rule", id=id))


@bp.post("/upkeep/<int:id>/resumption")
@allow("repairs.upkeep")
def upkeep_resume(id: int) -> ResponseReturnValue:
    rule = _found(id)
    rule.resume(me())
    say(_("“%(name)s” counts again from today on.", name=rule.name))
    return done(url_for(".upkeep_rule", id=id))


def waiting(who: Person) -> list[Waiting]:
    """Preventive work whose day is over, for those who see to it. One query."""
    if who.is_card or not who.may("repairs.upkeep"):
        return []
    count = Ticket.select().where(upkeep.overdue_planned()).count()
    card = Waiting(_("Preventive work missed"), count, "clock", url_for("repairs.upkeep"), late=True)
    return [card] if count else []
