"""Pages of leavers: what is left, hand it over, tick the boxes, the certificate and its public check."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app import clock, journal
from app.approvals.models import KINDS as SLIPS
from app.custody.boxes import ClearanceBox, ClearanceMark
from app.custody.clearance import Certificate, Clearance, Handover, Left, OpenSlip, on_the_way
from app.custody.clearance_forms import BoxForm, HandingForm, OpenForm
from app.custody.forms import ReasonForm
from app.custody.holdings import KINDS
from app.custody.models import Custody
from app.custody.waits import Counted, count_of
from app.errors import Refused
from app.people.models import Person
from app.places.codes import Label, is_well_formed, tidy
from app.web import Page, allow, done, get_or_404, me, own_path, public, render, say, whole

bp = Blueprint("clearance", __name__, url_prefix="/clearance")


# Lists ------------------------------------------------------------------------------------------------------


@bp.get("/", endpoint="list")
@allow("clearance.all")
def everybody() -> ResponseReturnValue:
    """Who is leaving, then who has left."""
    past = request.args.get("past") == "1"
    rows = Clearance.visible_to(current_user).where(Clearance.ended_at.is_null(not past))
    order = (Clearance.id.desc(),) if past else (Clearance.last_day, Clearance.id)
    return render("clearance/list.html", page=Page(rows.order_by(*order)), past=past)


@bp.get("/mine")
@allow("clearance.own")
def mine() -> ResponseReturnValue:
    """The own clearance, if there is one."""
    row = Clearance.last_of(me())
    return done(url_for(".show", id=row.id)) if row else render("clearance/none.html")


# Opening ----------------------------------------------------------------------------------------------------


@bp.get("/open", endpoint="open")
@allow("clearance.run")
def begin() -> ResponseReturnValue:
    chosen = whole("person")
    person = Person.active().where(Person.id == chosen).first() if chosen else None
    return render("clearance/open.html", form=OpenForm(person=person))


@bp.post("/open", endpoint="open_now")
@allow("clearance.run")
def begin_now() -> ResponseReturnValue:
    form = OpenForm(request.form)
    if not form.validate():
        return render("clearance/open.html", status=422, form=form)
    row = Clearance.open(form.person.data, me(), last_day=form.last_day.data, destination=form.destination.data or "")
    say(_("Here is what stands in the name of %(person)s.", person=row.person.name))
    return done(url_for(".show", id=row.id))


# One leaver -------------------------------------------------------------------------------------------------


@bp.get("/<int:id>")
@allow("clearance.own")
def show(id: int) -> ResponseReturnValue:
    return show_page(get_or_404(Clearance.visible_to(current_user), id))


def show_page(
    row: Clearance, status: int = 200, handing: HandingForm | None = None, reason: ReasonForm | None = None
) -> ResponseReturnValue:
    mine = row.person_id == current_user.id
    all_of_it = mine or current_user.may("clearance.all")
    left = row.left if row.state == "open" else Left([], [], [])
    return render(
        "clearance/show.html",
        status=status,
        row=row,
        mine=mine,
        all_of_it=all_of_it,
        left=left,
        groups=groups(left) if all_of_it else [],
        waiting=on_the_way(left.holdings) if all_of_it else {},
        codes=label_codes(left) if all_of_it and current_user.may("custody.lend") else {},
        slips=slips_in_words(left.slips) if all_of_it else [],
        marks=[mark for mark in row.marks if all_of_it or mark.is_for(me())],
        handovers=row.handovers if all_of_it else [],
        handing=handing or HandingForm(),
        reason=reason or ReasonForm(),
        runs=all_of_it and row.state == "open" and (mine or current_user.may("clearance.run")),
        events=Page(journal.about(thing=row)) if all_of_it else None,
    )


def groups(left: Left) -> list[tuple[str, Any, list[Any]]]:
    """What is in the name by kind, in the order of KINDS; kinds without anything are left out."""
    found = [(kind, KINDS[kind], [each for each in left.holdings if each.kind == kind]) for kind in KINDS]
    return [group for group in found if group[2]]


def label_codes(left: Left) -> dict[int, str]:
    """Label codes of what is borrowed, by id of the custody, so that one tap takes it back."""
    ids = [each.id for each in left.holdings if each.kind == "custody"]
    rows = (
        Custody.select(Custody.id, Label.code)
        .join(Label, on=(Label.asset == Custody.asset))
        .where(Custody.id.in_(ids), Label.retired_at.is_null())
    )
    return dict(rows.tuples())


def slips_in_words(slips: list[OpenSlip]) -> list[tuple[str, str, str, bool]]:
    """(icon, words, address, waits for the person) of open slips of every noun, one query a kind."""
    found = []
    for table in dict.fromkeys(slip.table for slip in slips):
        kind = SLIPS.get(table)
        titles = kind.title([slip.id for slip in slips if slip.table == table]) if kind else {}
        found += [
            (kind.icon, *titles[slip.id], slip.asked) for slip in slips if slip.table == table and slip.id in titles
        ]
    return found


@bp.post("/<int:id>/handing")
@allow("clearance.own")
def hand_over(id: int) -> ResponseReturnValue:
    """Ask a colleague to take over what is ticked."""
    row = get_or_404(Clearance.visible_to(current_user), id)
    form = HandingForm(request.form)
    if not form.validate():
        return show_page(row, 422, handing=form)
    slip = Handover.ask(row, form.taker.data, me(), form.keys.data)
    if slip.state == "agreed":
        say(_("Taken over by %(person)s.", person=form.taker.data.name))
    else:
        say(_("%(person)s is asked to confirm on the own phone.", person=form.taker.data.name))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/back")
@allow("clearance.run")
def leave_open(id: int) -> ResponseReturnValue:
    """What is ticked came back to the office, or has no successor for now."""
    row = get_or_404(Clearance.visible_to(current_user), id)
    form = HandingForm(request.form)
    if not form.validate_back():
        return show_page(row, 422, handing=form)
    count = row.leave_open(me(), form.keys.data, form.reason.data)
    say(ngettext("%(num)s thing is out of the name.", "%(num)s things are out of the name.", count))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/ticks/<int:mark>")
@allow("clearance.own")
def tick(id: int, mark: int) -> ResponseReturnValue:
    row = get_or_404(Clearance.visible_to(current_user), id)
    box = get_or_404(ClearanceMark.shown().where(ClearanceMark.clearance == row), mark)
    box.tick(me())
    say(_("Ticked: “%(name)s”.", name=box.box.word))
    return done(own_path(request.form.get("next")) or url_for(".show", id=id))


@bp.post("/<int:id>/ticks/<int:mark>/back")
@allow("clearance.own")
def untick(id: int, mark: int) -> ResponseReturnValue:
    row = get_or_404(Clearance.visible_to(current_user), id)
    box = get_or_404(ClearanceMark.shown().where(ClearanceMark.clearance == row), mark)
    form = ReasonForm(request.form)
    if not form.validate():
        raise Refused(_("Please say why."), 422)
    box.untick(me(), form.reason.data)
    say(_("The tick of “%(name)s” is taken back.", name=box.box.word))
    return done(url_for(".show", id=id))


@bp.get("/ticks")
@allow("clearance.own")
def ticks() -> ResponseReturnValue:
    """Boxes of leavers that I tick, the next last day first."""
    rows = ClearanceMark.shown().where(ClearanceMark.waits_for(current_user))
    return render("clearance/ticks.html", page=Page(ClearanceMark.with_leavers(rows)))


@bp.post("/<int:id>/certificate")
@allow("clearance.run")
def certify(id: int) -> ResponseReturnValue:
    row = get_or_404(Clearance.visible_to(current_user), id)
    certificate = row.certify(me())
    say(_("Nothing is left. The certificate %(number)s can be printed.", number=certificate.number))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/certificate/back")
@allow("clearance.run")
def revoke(id: int) -> ResponseReturnValue:
    row = get_or_404(Clearance.visible_to(current_user).where(Certificate.id.is_null(False)), id)
    form = ReasonForm(request.form)
    if not form.validate():
        return show_page(row, 422, reason=form)
    Certificate.get(Certificate.clearance == row).revoke(me(), form.reason.data)
    say(_("The certificate is taken back; its code says so."))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/cancellation")
@allow("clearance.run")
def cancel(id: int) -> ResponseReturnValue:
    """The person stays."""
    row = get_or_404(Clearance.visible_to(current_user), id)
    form = ReasonForm(request.form)
    if not form.validate():
        return show_page(row, 422, reason=form)
    row.cancel(me(), form.reason.data)
    say(_("The clearance is cancelled."))
    return done(url_for(".list"))


@bp.get("/handovers/<int:id>")
@allow("clearance.own")
def handover(id: int) -> ResponseReturnValue:
    """What a colleague is asked to take over, with the button to confirm."""
    row = get_or_404(Handover.visible_to(current_user), id)
    clearance = Clearance.visible_to(current_user).where(Clearance.id == row.clearance_id).first()
    return render("clearance/handover.html", row=row, clearance=clearance)


# The certificate's code ---------------------------------------------------------------------------------------


@bp.get("/check/<code>")
@public
def check(code: str) -> ResponseReturnValue:
    """For whoever holds the paper: whether the certificate is ours and still true. Names no more than a letter."""
    code = tidy(code[:40])
    found = Certificate.of_code(code) if is_well_formed(code) else None
    status = 404 if found is None else 200
    return render("clearance/check.html", status=status, certificate=found, holds=bool(found and found.holds))


# The boxes ----------------------------------------------------------------------------------------------------


@bp.get("/boxes")
@allow("clearance.run")
def boxes() -> ResponseReturnValue:
    return render("clearance/boxes.html", boxes=[*ClearanceBox.listed()])


@bp.get("/boxes/add")
@bp.get("/boxes/<int:id>", endpoint="box")
@allow("clearance.run")
def box_add(id: int | None = None) -> ResponseReturnValue:
    box = get_or_404(ClearanceBox.listed(), id) if id is not None else None
    return render("clearance/box.html", form=BoxForm(obj=box), box=box)


@bp.post("/boxes/add")
@bp.post("/boxes/<int:id>", endpoint="box_now")
@allow("clearance.run")
def box_added(id: int | None = None) -> ResponseReturnValue:
    box = get_or_404(ClearanceBox.listed(), id) if id is not None else None
    form = BoxForm(request.form)
    if not form.validate():
        return render("clearance/box.html", status=422, form=form, box=box)
    facts = {
        "name": form.name.data, "name_en": form.name_en.data or "", "role": form.role.data or None,
        "person": form.person.data,
    }  # fmt: skip
    try:
        if box is None:
            ClearanceBox.add(me(), **facts)
        else:
            box.change(me(), used=form.used.data, **facts)
    except Refused as refused:
        form.name.errors = [*form.name.errors, refused.sentence]
        return render("clearance/box.html", status=refused.status, form=form, box=box)
    say(_("%(name)s is stored.", name=form.name.data))
    return done(url_for(".boxes"))


# What waits ---------------------------------------------------------------------------------------------------


def waits(who: Any) -> list[Counted]:
    """The own clearance; boxes that wait for me; for the office, who leaves and has not finished."""
    own = Clearance.is_open() & (Clearance.person == who.id)
    cards = [
        count_of(Clearance, own, _("to hand over before you leave"), "log-out", url_for("clearance.mine")),
        count_of(ClearanceMark, ClearanceMark.waits_for(who), _("boxes of leavers to tick"), "check",
                 url_for("clearance.ticks")),
    ]  # fmt: skip
    if who.may("clearance.run"):
        late = Clearance.is_open() & (Clearance.last_day < clock.today())
        soon = Clearance.is_open() & (Clearance.last_day >= clock.today())
        cards.append(
            count_of(Clearance, late, _("leavers past their last day"), "log-out", url_for("clearance.list"), True)
        )
        cards.append(count_of(Clearance, soon, _("leavers not finished"), "log-out", url_for("clearance.list")))
    return cards
