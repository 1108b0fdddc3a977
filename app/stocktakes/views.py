"""Pages of stock-takes: beginning one, how it stands, counting in a room, signing, and what did not agree."""

from typing import Any

import peewee
from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app import journal
from app.approvals.models import register
from app.assets.models import Asset, Category
from app.custody.models import Custody
from app.db import writing
from app.errors import Refused
from app.excel.out import Col, sheet
from app.fields import clean
from app.paper import answers
from app.people.models import Office
from app.photos.forms import form_data
from app.photos.models import Photo
from app.places.codes import Label, Offer, offers, tidy
from app.places.models import Place
from app.stocktakes import counting, numbers, papers
from app.stocktakes.counting import Answer, Count, Seen
from app.stocktakes.differences import KINDS, Difference, Settlement
from app.stocktakes.forms import BeginForm, Explained, QuantityForm, ReasonForm, TickForm, UnlabelledForm
from app.stocktakes.lines import SHOWS, LineFilter, entries
from app.stocktakes.models import STATES, BookLine, Member, Room, Stocktake, counted_by
from app.web import Page, Waiting, allow, done, get_or_404, me, render, say, whole

bp = Blueprint("stocktakes", __name__, url_prefix="/stocktakes")
LAST = 6  # counts of a room that can be undone at a tap
ROOMS = 100  # on a page of the overview


def titles(ids: list[int]) -> dict[int, tuple[str, str]]:
    """What the page of approvals shows of settlements."""
    rows = Settlement.select(Settlement, Stocktake).join(Stocktake).where(Settlement.id.in_(ids))
    return {row.id: (row.stocktake.name, url_for("stocktakes.differences", id=row.stocktake_id)) for row in rows}


register(Settlement, name=_l("Stock-takes"), icon="list-checks", title=titles, words={})


def found(id: int) -> Stocktake:
    return get_or_404(Stocktake.visible_to(current_user), id)


def found_room(id: int, place: int) -> Room:
    """A room of a stock-take that this person may see; the door need not have been scanned."""
    stocktake = found(id)
    room = stocktake.room(place) if 0 < place < 2**63 else None
    if room is None:
        abort(404)
    room.stocktake = stocktake
    return room


# All of them ------------------------------------------------------------------------------------------------


@bp.get("/", endpoint="list")
@allow("stocktakes.count")
def everything() -> ResponseReturnValue:
    """Stock-takes, newest first, with how far each is."""
    state, words = request.args.get("state", ""), clean(request.args.get("words"))[:60]
    query = Stocktake.visible_to(current_user).order_by(Stocktake.id.desc())
    if state in STATES:
        query = query.where(Stocktake.in_state(state))
    if words:
        query = query.where(Stocktake.matching(words))
    page = Page(query)
    return render(
        "stocktakes/list.html", page=page, progress=_progress(page.rows), states=STATES,
        state=state if state in STATES else "", words=words,
    )  # fmt: skip


def _progress(rows: list[Stocktake]) -> dict[int, tuple[int, int]]:
    """Stock-take id → rooms opened, rooms to count; in one query."""
    query = (
        Room.select(Room.stocktake, peewee.fn.COUNT(Room.opened_at), peewee.fn.COUNT(Room.id))
        .where(Room.stocktake.in_([row.id for row in rows]))
        .group_by(Room.stocktake)
    )
    return {id: (opened, rooms) for id, opened, rooms in query.tuples()}


@bp.get("/begin")
@allow("stocktakes.run")
def begin() -> ResponseReturnValue:
    """The form; its buttons Add come back here with what was gathered so far."""
    form = BeginForm(request.args or None)
    return begin_page(form)


def begin_page(form: BeginForm, status: int = 200) -> ResponseReturnValue:
    return render("stocktakes/begin.html", None, status, form=form)


@bp.post("/begin")
@allow("stocktakes.run")
def begun() -> ResponseReturnValue:
    form = BeginForm(request.form)
    if not form.validate():
        return begin_page(form, 422)
    stocktake = Stocktake.begin(
        form.name.data, current_user, counters=form.counters, witnesses=form.witnesses, places=form.places,
        category=form.chosen(Category, form.category), office=form.chosen(Office, form.office),
    )  # fmt: skip
    say(_("Begun. Counters scan a door and count what is there."))
    return done(url_for(".show", id=stocktake.id))


# How one stands ---------------------------------------------------------------------------------------------


@bp.get("/<int:id>")
@allow("stocktakes.count")
def show(id: int) -> ResponseReturnValue:
    """Room by room at a glance; asked again every ten seconds while it is counted."""
    stocktake = found(id)
    rooms = Room.shown().where(Room.stocktake == stocktake)
    rooms = rooms.order_by(
        Room.opened_at.is_null(), Room.finished_at.is_null(False), Place.parent, Place.position, Place.id
    )
    facts = numbers.facts(stocktake)
    return render(
        "stocktakes/show.html", "stocktakes/_overview.html", stocktake=stocktake, page=Page(rooms, size=ROOMS),
        counters=numbers.who_counts(stocktake), mine=stocktake.part_of(current_user),
        room_count=Room.select().where(Room.stocktake == stocktake).count(),
        going=Room.select().where(Room.stocktake == stocktake, Room.is_open()).count(),
        settlement=Settlement.last_of(stocktake) if stocktake.signed_at else None,
        unexplained=Difference.open_count(stocktake) if stocktake.signed_at else 0, **facts,
    )  # fmt: skip


@bp.get("/<int:id>/story")
@allow("stocktakes.count")
def story(id: int) -> ResponseReturnValue:
    stocktake = found(id)
    return render("stocktakes/story.html", stocktake=stocktake, events=Page(journal.about(thing=stocktake)))


@bp.get("/<int:id>/lines")
@allow("stocktakes.count")
def lines(id: int) -> ResponseReturnValue:
    """The sheet line by line: all of it, or only what is missing, elsewhere, surplus, unknown."""
    stocktake, filter = found(id), LineFilter.of(request.args)
    page = Page(filter.query(stocktake))
    return render(
        "stocktakes/lines.html", stocktake=stocktake, filter=filter, page=page, lines=list(entries(page)), shows=SHOWS,
        place=Place.get_or_none(Place.id == filter.room) if filter.room else None,
        photos=Photo.of_many("stocktake_count", [row.id for row in page.rows if isinstance(row, Count)]),
    )  # fmt: skip


@bp.get("/<int:id>/lines.xlsx")
@allow("stocktakes.count")
def lines_xlsx(id: int) -> ResponseReturnValue:
    stocktake, filter = found(id), LineFilter.of(request.args)
    values = current_user.may("assets.value")
    columns = [
        Col(_("Asset number"), width=18), Col(_("Asset name"), width=24), Col(_("Model")), Col(_("Unit"), width=6),
        Col(_("Room by the book"), width=18), Col(_("Book"), "int"), Col(_("Counted quantity"), "int"),
        Col(_("Gap"), "int"),
        *([Col(_("Amount"), "money")] if values else []), Col(_("Found"), width=20), Col(_("Seen in"), width=18),
        Col(_("Condition"), width=10), Col(_("How")), Col(_("Done by")), Col(_("When"), "moment"),
        Col(_("Reason"), width=30),
    ]  # fmt: skip
    rows = (_xlsx_row(each, values) for each in entries(filter.query(stocktake).iterator()))
    return sheet(f"{_('Stock-take sheet')} {stocktake.name} {stocktake.number}.xlsx", columns, rows)


def _xlsx_row(each: Any, values: bool) -> list[Any]:
    asset, seen = each.asset, each.seen
    return [
        asset.number if asset else "", each.name, asset.model if asset else "", asset.unit if asset else "",
        each.home.name if each.home else "", each.book, each.counted, each.gap,
        *([each.value] if values else []), each.state_word, seen.place.name if seen else "",
        asset.state_word if asset else "", seen.how_word if seen else "", seen.by.name if seen else "",
        seen.at if seen else None, seen.reason if seen else "",
    ]  # fmt: skip


# The door ---------------------------------------------------------------------------------------------------


@offers.append
def count_here(who: Any, label: Label) -> list[Offer]:
    """On the page behind a label: a counter of a stock-take counts this room, or this thing."""
    if who.is_card or not counted_by(who.id):
        return []
    words = _("Count here") if label.place_id else _("Count it")
    return [Offer(words, "list-checks", "stocktakes.here", {"code": label.code})]


@bp.get("/here/<code>")
@allow("stocktakes.count")
def here(code: str) -> ResponseReturnValue:
    """After a scan with any scanner: which stock-take, and the one button that opens the room or counts the thing."""
    label = Label.in_use().where(Label.code == tidy(code)[:20]).first()
    if label is None or label.is_blank:
        return redirect(url_for("home.look", code=tidy(code)[:20] or "-"), 303)
    mine = counted_by(current_user.id)
    if label.place_id is None:
        return render("stocktakes/here.html", label=label, place=None, rooms=_my_rooms(mine), stocktakes=mine)
    fitting = _fitting(mine, label.place)
    if len(fitting) == 1 and (room := fitting[0].room(label.place)) and room.opened_at:
        return redirect(url_for(".room", id=fitting[0].id, place=label.place_id), 303)
    return render("stocktakes/here.html", label=label, place=label.place, stocktakes=fitting, rooms=[])


def _fitting(mine: list[Stocktake], place: Place) -> list[Stocktake]:
    """Those of my stock-takes that this room can belong to: it is listed, or any room may be."""
    listed = Room.select(Room.stocktake).where(Room.place == place, Room.stocktake.in_([each.id for each in mine]))
    ids = {id for (id,) in listed.tuples()}
    return [each for each in mine if each.id in ids or not each.where]


def _my_rooms(mine: list[Stocktake]) -> list[Room]:
    """Rooms that are being counted in my stock-takes, where I opened or counted last first."""
    counted = peewee.fn.COALESCE(
        Count.select(peewee.fn.MAX(Count.id)).where(
            Count.stocktake == Room.stocktake, Count.place == Room.place, Count.by == current_user.id
        ),
        0,
    )
    own = peewee.Case(None, [(Room.opened_by == current_user.id, 1)], 0)
    rooms = Room.shown().where(Room.stocktake.in_([each.id for each in mine]), Room.is_open())
    return list(rooms.order_by(counted.desc(), own.desc(), Room.opened_at.desc()).limit(5))


@bp.get("/<int:id>/door")
@allow("stocktakes.count")
def door(id: int) -> ResponseReturnValue:
    """The box of the overview: a door's code leads to its room."""
    code = tidy(request.args.get("code", ""))[:20]
    return redirect(url_for(".here", code=code), 303) if code else redirect(url_for(".show", id=found(id).id), 303)


@bp.post("/<int:id>/rooms/<int:place>/opening")
@allow("stocktakes.count")
def open_room(id: int, place: int) -> ResponseReturnValue:
    found(id).open_room(get_or_404(Place.rooms(), place), current_user)
    return done(url_for(".room", id=id, place=place))


# In a room --------------------------------------------------------------------------------------------------


@bp.get("/<int:id>/rooms/<int:place>")
@allow("stocktakes.count")
def room(id: int, place: int) -> ResponseReturnValue:
    return room_page(found_room(id, place))


def room_page(room: Room, answer: Answer | None = None, status: int = 200, fragment: str = "_room") -> Any:
    page = Page(numbers.still_to_find(room), size=numbers.STEP)
    place = room.place_id
    return render(
        "stocktakes/room.html", f"stocktakes/{fragment}.html", status, room=room, stocktake=room.stocktake, page=page,
        numbers=numbers.by_room(room.stocktake, place).get(place) or numbers.Numbers(), answer=answer,
        last=numbers.last_counts(room, LAST), may_count=room.stocktake.counts(current_user),
    )  # fmt: skip


@bp.post("/<int:id>/rooms/<int:place>/counts")
@allow("stocktakes.count")
def count(id: int, place: int) -> ResponseReturnValue:
    """One label, scanned or typed, or the number of a batch. The form's own id is the count's id: a phone that
    sends it again is told the same."""
    room, code = found_room(id, place), request.form.get("code", "")[:300]
    form = QuantityForm(request.form) if "quantity" in request.form else None
    if form is not None and not form.validate():
        wrong = Answer("mistyped", " ".join(map(str, form.quantity.errors)), code=tidy(code))
        return room_page(room, wrong, 422, "_answer")
    how = "scan" if request.form.get("how") == "scan" else "typed"
    seen = Seen(request.form["once"], code, quantity=form.quantity.data if form else None, how=how)
    answer = counting.count(room, current_user, seen)
    return room_page(room, answer, 422 if answer.kind == "mistyped" else 200, "_answer")


def _book_asset(room: Room, asset: int) -> Asset:
    """A thing that the book has in this room."""
    mine = BookLine.select(BookLine.asset).where(
        BookLine.stocktake == room.stocktake_id, BookLine.place == room.place_id
    )
    return get_or_404(Asset.select().where(Asset.id.in_(mine)), asset)


@bp.get("/<int:id>/rooms/<int:place>/things/<int:asset>")
@allow("stocktakes.count")
def thing(id: int, place: int, asset: int) -> ResponseReturnValue:
    """One line of the room's list: how many of a batch are here, or a tick by hand with its reason."""
    room = found_room(id, place)
    row = _book_asset(room, asset)
    return thing_page(room, row, QuantityForm() if row.is_batch else TickForm())


def thing_page(room: Room, asset: Asset, form: Any, status: int = 200) -> ResponseReturnValue:
    return render("stocktakes/thing.html", None, status, room=room, stocktake=room.stocktake, asset=asset, form=form)


@bp.post("/<int:id>/rooms/<int:place>/things/<int:asset>")
@allow("stocktakes.count")
def thing_counted(id: int, place: int, asset: int) -> ResponseReturnValue:
    room = found_room(id, place)
    row = _book_asset(room, asset)
    form = QuantityForm(request.form) if row.is_batch else TickForm(form_data())
    if not form.validate():
        return thing_page(room, row, form, 422)
    if row.is_batch:
        seen = Seen(request.form["once"], asset=row, quantity=form.quantity.data, how="typed")
    else:
        seen = Seen(request.form["once"], asset=row, how="tick", reason=form.reason.data, photos=form.photos.data)
    return _told(room, counting.count(room, current_user, seen))


def _told(room: Room, answer: Answer) -> ResponseReturnValue:
    say(_(": ").join(filter(None, (answer.words, answer.more))), "fine" if answer.tone == "fine" else "info")
    return done(url_for(".room", id=room.stocktake_id, place=room.place_id))


@bp.get("/<int:id>/rooms/<int:place>/unlabelled")
@allow("stocktakes.count")
def unlabelled(id: int, place: int) -> ResponseReturnValue:
    return unlabelled_page(found_room(id, place), UnlabelledForm())


def unlabelled_page(room: Room, form: UnlabelledForm, status: int = 200) -> ResponseReturnValue:
    return render("stocktakes/unlabelled.html", None, status, room=room, stocktake=room.stocktake, form=form)


@bp.post("/<int:id>/rooms/<int:place>/unlabelled")
@allow("stocktakes.count")
def unlabelled_noted(id: int, place: int) -> ResponseReturnValue:
    room, form = found_room(id, place), UnlabelledForm(form_data())
    if not form.validate():
        return unlabelled_page(room, form, 422)
    answer = counting.note_unlabelled(
        room, current_user, form.what.data, form.quantity.data, request.form["once"], form.photos.data
    )
    return _told(room, answer)


@bp.post("/<int:id>/counts/<int:count>/withdrawal")
@allow("stocktakes.count")
def undo(id: int, count: int) -> ResponseReturnValue:
    stocktake = found(id)
    row = get_or_404(Count.select().where(Count.stocktake == stocktake), count)
    row.stocktake = stocktake
    row.withdraw(current_user)
    say(_("Undone: %(thing)s.", thing=row.thing))
    return done(url_for(".room", id=id, place=row.place_id))


@bp.post("/<int:id>/rooms/<int:place>/finish")
@allow("stocktakes.count")
def finish(id: int, place: int) -> ResponseReturnValue:
    room = found_room(id, place)
    room.finish(current_user)
    say(_("%(place)s is counted. Scan the next door.", place=room.place.name))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/rooms/<int:place>/on")
@allow("stocktakes.count")
def go_on(id: int, place: int) -> ResponseReturnValue:
    found_room(id, place).go_on(current_user)
    return done(url_for(".room", id=id, place=place))


@bp.post("/<int:id>/rooms/<int:place>/leave")
@allow("stocktakes.count")
def leave(id: int, place: int) -> ResponseReturnValue:
    room = found_room(id, place)
    room.leave(current_user)
    say(_("%(place)s is left uncounted.", place=room.place.name))
    return done(url_for(".show", id=id))


@bp.get("/<int:id>/rooms/<int:place>/sheet")
@allow("stocktakes.count")
def room_sheet(id: int, place: int) -> ResponseReturnValue:
    room = found_room(id, place)
    return answers.page(
        papers.sheet_of(room.stocktake, room.place, current_user.may("assets.value")),
        pdf=url_for(".room_sheet_pdf", id=id, place=place),
    )


@bp.get("/<int:id>/rooms/<int:place>/sheet.pdf")
@allow("stocktakes.count")
def room_sheet_pdf(id: int, place: int) -> ResponseReturnValue:
    room = found_room(id, place)
    return answers.pdf(papers.sheet_of(room.stocktake, room.place, current_user.may("assets.value")))


# How it ends ------------------------------------------------------------------------------------------------


@bp.get("/<int:id>/signature")
@allow("stocktakes.count")
def signature(id: int) -> ResponseReturnValue:
    """What is signed: the numbers, and the rooms that nobody counted."""
    stocktake = found(id)
    left = Room.shown().where(Room.stocktake == stocktake, Room.opened_at.is_null()).order_by(Place.position, Place.id)
    return render(
        "stocktakes/signature.html", stocktake=stocktake, mine=stocktake.part_of(current_user),
        left=Page(left, size=60),
        going=list(Room.shown().where(Room.stocktake == stocktake, Room.is_open())), **numbers.facts(stocktake),
    )  # fmt: skip


@bp.post("/<int:id>/signature")
@allow("stocktakes.count")
def sign(id: int) -> ResponseReturnValue:
    stocktake = found(id)
    stocktake.sign(current_user)
    if stocktake.state == "counting":
        say(_("Signed. The other signature is still wanted."))
    else:
        say(_("Both have signed; the count is closed."))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/signature/withdrawal")
@allow("stocktakes.count")
def unsign(id: int) -> ResponseReturnValue:
    found(id).take_signature_back(current_user)
    say(_("Your signature is taken back; counting can go on."))
    return done(url_for(".show", id=id))


@bp.get("/<int:id>/end")
@allow("stocktakes.run")
def call_off(id: int) -> ResponseReturnValue:
    return call_off_page(found(id), ReasonForm())


def call_off_page(stocktake: Stocktake, form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    return render("stocktakes/call_off.html", None, status, stocktake=stocktake, form=form)


@bp.post("/<int:id>/end")
@allow("stocktakes.run")
def called_off(id: int) -> ResponseReturnValue:
    stocktake, form = found(id), ReasonForm(request.form)
    if not form.validate():
        return call_off_page(stocktake, form, 422)
    stocktake.call_off(current_user, form.reason.data)
    say(_("%(name)s is called off.", name=stocktake.name))
    return done(url_for(".show", id=id))


@bp.get("/<int:id>/differences")
@allow("stocktakes.count")
def differences(id: int) -> ResponseReturnValue:
    return differences_page(found(id), None)


def differences_page(stocktake: Stocktake, sent: Any, status: int = 200, same: str = "") -> ResponseReturnValue:
    kind = request.args.get("kind", "")
    page = _difference_page(stocktake, kind)
    return render(
        "stocktakes/differences.html", None, status, stocktake=stocktake, page=page, kinds=KINDS,
        kind=kind if kind in KINDS else "", same=same, counts=_kind_counts(stocktake),
        rows=sent if sent is not None else [Explained(row, None) for row in page],
        settlement=Settlement.last_of(stocktake), unexplained=Difference.open_count(stocktake),
        holders=_holders(page.rows),
        categories=list(Category.in_use()) if any(row.needs_category for row in page) else [],
    )  # fmt: skip


def _holders(rows: list[Difference]) -> dict[int, str]:
    """Asset id → who holds it: what is missing may simply be lent."""
    held = Custody.holders_of([row.asset_id for row in rows if row.kind == "missing" and row.asset_id])
    return {row.asset_id: row.holder for row in held}


def _difference_page(stocktake: Stocktake, kind: str) -> Page:
    query = Difference.shown(stocktake)
    return Page(query.where(Difference.kind == kind) if kind in KINDS else query)


def _kind_counts(stocktake: Stocktake) -> dict[str, int]:
    rows = Difference.select(Difference.kind, peewee.fn.COUNT(Difference.id)).where(Difference.stocktake == stocktake)
    return dict(rows.group_by(Difference.kind).tuples())


@bp.post("/<int:id>/differences")
@allow("stocktakes.run")
def explain(id: int) -> ResponseReturnValue:
    """Store the reasons of a page of differences: those that were given, the same one for all the rest if asked."""
    stocktake, same = found(id), clean(request.form.get("same"))[:200]
    if stocktake.state != "signed":
        raise Refused(_("The reasons can't be changed now."))
    page = _difference_page(stocktake, request.args.get("kind", ""))
    rows = [Explained(row, request.form, same) for row in page]
    known = {category.id: category for category in Category.in_use()}
    given = [row for row in rows if row.touched]
    if wrong := [row for row in given if not row.check(known)]:
        say(_("Nothing was stored yet: %(count)s lines need a correction.", count=len(wrong)), "late")
        return differences_page(stocktake, rows, 422, same)
    with writing():
        for each in given:
            each.row.explain(me(), each.reason, each.outcome, known.get(each.category))
        if given:
            journal.record("stocktakes.explained", stocktake, current_user, count=len(given))
    left = Difference.open_count(stocktake)
    say(_("Stored. %(count)s still want a reason.", count=left) if left else _("Every difference has its reason."))
    return done(url_for(".differences", id=id, kind=request.args.get("kind") or None, page=whole("page")))


@bp.get("/differences/<int:id>")
@allow("stocktakes.count")
def difference(id: int) -> ResponseReturnValue:
    """From a row of the ledger to the stock-take that it follows from."""
    mine = Stocktake.visible_to(current_user).select(Stocktake.id)
    row = get_or_404(Difference.select().where(Difference.stocktake.in_(mine)), id)
    return redirect(url_for(".differences", id=row.stocktake_id), 303)


@bp.post("/<int:id>/settlement")
@allow("stocktakes.run")
def propose(id: int) -> ResponseReturnValue:
    Settlement.propose(found(id), me())
    say(_("Put forward. Nothing changes in the ledger until it is agreed to."))
    return done(url_for(".differences", id=id))


@bp.get("/<int:id>/differences.xlsx")
@allow("stocktakes.count")
def differences_xlsx(id: int) -> ResponseReturnValue:
    stocktake, values = found(id), current_user.may("assets.value")
    query, kind = Difference.shown(stocktake), request.args.get("kind", "")
    query = query.where(Difference.kind == kind) if kind in KINDS else query
    columns = [
        Col(_("Kind")), Col(_("Asset number"), width=18), Col(_("Asset name"), width=24),
        Col(_("Room by the book"), width=18), Col(_("Seen in"), width=18), Col(_("Quantity"), "int"),
        *([Col(_("Amount"), "money")] if values else []), Col(_("Reason"), width=30),
        Col(_("What follows"), width=18), Col(_("Done by")), Col(_("When"), "moment"),
    ]  # fmt: skip
    return sheet(f"{_('Surplus and shortage')} {stocktake.name} {stocktake.number}.xlsx", columns, (
        [
            row.kind_word, row.asset.number if row.asset_id else "", row.thing, row.home.name if row.home_id else "",
            row.place.name if row.place_id else "", row.quantity, *([row.value] if values else []), row.reason,
            row.outcome_word, row.by.name if row.by_id else "", row.at,
        ]
        for row in query
    ))  # fmt: skip


# The first page ---------------------------------------------------------------------------------------------


def waiting(who: Any) -> list[Waiting]:
    """For the team: what is being counted, and what wants the own signature. For the office: reasons to give."""
    if who.is_card or not who.may("stocktakes.count"):
        return []
    cards = []
    mine = Member.select(peewee.fn.COUNT(Member.id), peewee.fn.MIN(Stocktake.id)).join(Stocktake)
    counting_now, first = mine.where(Member.person == who.id, Member.signed_at.is_null(), Stocktake.counting()).scalar(
        as_tuple=True
    )
    if counting_now:
        url = (
            url_for("stocktakes.show", id=first) if counting_now == 1 else url_for("stocktakes.list", state="counting")
        )
        cards.append(Waiting(_("stock-take going on"), counting_now, "list-checks", url))
    if who.may("stocktakes.run"):
        signed = Stocktake.select().where(Stocktake.in_state("signed")).count()
        if signed:
            url = url_for("stocktakes.list", state="signed")
            cards.append(Waiting(_("stock-takes want reasons"), signed, "list-checks", url))
    return cards
