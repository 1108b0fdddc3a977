"""What waits for me, whatever it is: agree with one tap, refuse with a reason. And who answers while I am away."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.approvals.asks import KINDS, Ask, Kind, waiting_asks
from app.approvals.deputies import Deputy
from app.approvals.forms import DeputyForm, OpinionForm, RefuseForm, WithdrawForm
from app.approvals.models import Slip
from app.people.models import Person
from app.web import Page, Waiting, allow, done, get_or_404, me, own_path, render, say

bp = Blueprint("approvals", __name__, url_prefix="/approvals")


# What waits -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One ask as the page shows it: what for, where to read more, and for whom I answer."""

    ask: Ask
    words: str
    url: str
    absent: Person | None


@dataclass(frozen=True)
class Group:
    kind: Kind
    items: list[Item]


@bp.get("/")
@allow("approvals.answer")
def inbox() -> ResponseReturnValue:
    """Everything that waits for me, by kind."""
    page = Page(waiting_asks(current_user).where(Ask.slip.in_(list(KINDS))))
    return render("approvals/inbox.html", page=page, groups=grouped(page.rows), deputy=Deputy.of(current_user))


def grouped(asks: list[Ask]) -> list[Group]:
    """Asks in the order of their kind → groups, with one query for each kind's titles."""
    absent = Deputy.absent_people(current_user) if asks else []
    groups = []
    for table, of_kind in groupby(asks, key=lambda ask: ask.slip):
        of_kind = list(of_kind)
        titles = KINDS[table].title([ask.slip_id for ask in of_kind])
        items = [Item(ask, *titles[ask.slip_id], ask.in_place_of(current_user, absent)) for ask in of_kind]
        groups.append(Group(KINDS[table], items))
    return groups


def waiting(who: Any) -> list[Waiting]:
    """One card for the home page."""
    if not who.may("approvals.answer"):
        return []
    count = waiting_asks(who).where(Ask.slip.in_(list(KINDS))).count()
    return [Waiting(_("to agree"), count, "thumbs-up", url_for("approvals.inbox"))] if count else []


# Answers ----------------------------------------------------------------------------------------------------


@bp.post("/<int:id>/agreement")
@allow("approvals.answer")
def agree(id: int) -> ResponseReturnValue:
    ask, slip = ask_and_slip(id)
    form = OpinionForm(request.form)
    if ask.wants_opinion and not form.validate():
        return opinion_page(ask, form, 422)
    slip.agree(current_user, key=ask.key, note=form.note.data if ask.wants_opinion else "")
    say(_("Agreed."))
    return done(where_next())


@bp.get("/<int:id>/opinion")
@allow("approvals.answer")
def opine(id: int) -> ResponseReturnValue:
    """A small page for who has to agree in writing."""
    return opinion_page(ask_and_slip(id)[0], OpinionForm())


def opinion_page(ask: Ask, form: OpinionForm, status: int = 200) -> ResponseReturnValue:
    words, url = title_of(ask.slip, ask.slip_id)
    return render(
        "approvals/opinion.html", status=status, ask=ask, form=form, words=words, url=url, kind=KINDS[ask.slip],
        next=where_next(),
    )  # fmt: skip


@bp.get("/<int:id>/refusal")
@allow("approvals.answer")
def refuse(id: int) -> ResponseReturnValue:
    """A small page with one box: why not."""
    return refuse_page(ask_and_slip(id)[0], RefuseForm())


@bp.post("/<int:id>/refusal")
@allow("approvals.answer")
def refuse_now(id: int) -> ResponseReturnValue:
    ask, slip = ask_and_slip(id)
    form = RefuseForm(request.form)
    if not form.validate():
        return refuse_page(ask, form, 422)
    slip.refuse(current_user, form.reason.data, key=ask.key)
    say(_("Refused. The reason stands on the slip."))
    return done(where_next())


def refuse_page(ask: Ask, form: RefuseForm, status: int = 200) -> ResponseReturnValue:
    words, url = title_of(ask.slip, ask.slip_id)
    return render(
        "approvals/refuse.html", status=status, ask=ask, form=form, words=words, url=url, kind=KINDS[ask.slip],
        next=where_next(),
    )  # fmt: skip


@bp.get("/<table>/<int:id>/withdrawal")
@allow("approvals.answer")
def withdraw(table: str, id: int) -> ResponseReturnValue:
    """A small page for the applicant: take the request back."""
    return withdraw_page(own_slip(table, id), WithdrawForm())


@bp.post("/<table>/<int:id>/withdrawal")
@allow("approvals.answer")
def withdraw_now(table: str, id: int) -> ResponseReturnValue:
    slip = own_slip(table, id)
    form = WithdrawForm(request.form)
    if not form.validate():
        return withdraw_page(slip, form, 422)
    slip.withdraw(current_user, form.reason.data)
    say(_("Withdrawn."))
    return done(title_of(table, id)[1])


def withdraw_page(slip: Slip, form: WithdrawForm, status: int = 200) -> ResponseReturnValue:
    table = slip._meta.table_name
    words, url = title_of(table, slip.id)
    return render(
        "approvals/withdraw.html", status=status, slip=slip, form=form, words=words, url=url, kind=KINDS[table]
    )


def ask_and_slip(id: int) -> tuple[Ask, Slip]:
    """An ask that is or was mine to answer, and its slip; 404 for everybody else's."""
    ask = get_or_404(Ask.shown().where(Ask.asked_of(current_user)), id)
    return ask, get_or_404(kind_of(ask.slip).model.select(), ask.slip_id)


def own_slip(table: str, id: int) -> Slip:
    """A slip that I asked for."""
    model = kind_of(table).model
    return get_or_404(model.select().where(model.applicant == current_user.id), id)


def kind_of(table: str) -> Kind:
    return KINDS[table] if table in KINDS else abort(404)


def title_of(table: str, id: int) -> tuple[str, str]:
    return KINDS[table].title([id])[id]


def where_next() -> str:
    """Back to the slip that sent us here, or to what still waits."""
    return own_path(request.values.get("next")) or url_for(".inbox")


# The own deputy ---------------------------------------------------------------------------------------------


@bp.get("/deputy")
@allow("approvals.answer")
def deputy() -> ResponseReturnValue:
    return deputy_page(DeputyForm(person=current_user))


@bp.post("/deputy")
@allow("approvals.answer")
def appoint() -> ResponseReturnValue:
    form = DeputyForm(request.form, person=current_user)
    if not form.validate():
        return deputy_page(form, 422)
    Deputy.appoint(me(), form.deputy.data, form.starts_on.data, form.ends_on.data)
    say(_("%(person)s answers for you meanwhile.", person=form.deputy.data.name))
    return done(url_for(".deputy"))


@bp.post("/deputy/<int:id>/end")
@allow("approvals.answer")
def end(id: int) -> ResponseReturnValue:
    row = get_or_404(Deputy.select().where(Deputy.person == current_user.id), id)
    row.end(current_user)
    say(_("You answer for yourself again."))
    return done(url_for(".deputy"))


def deputy_page(form: DeputyForm, status: int = 200) -> ResponseReturnValue:
    return render(
        "approvals/deputy.html",
        status=status,
        form=form,
        standing=Deputy.of(current_user),
        absent=Deputy.absent_people(current_user),
    )
