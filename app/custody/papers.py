"""The papers of lending and leaving: 领用单, 借用单, 出门证, 离校交接清单, 结清证明."""

from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from app import clock
from app.custody.boxes import ClearanceMark
from app.custody.clearance import Clearance
from app.custody.gate import GatePass
from app.custody.holdings import Holding, holdings
from app.custody.models import Custody, Renewal
from app.custody.requests import Giving, Request
from app.custody.swaps import Swap
from app.errors import Refused
from app.numbers import number_of
from app.paper import Column, Paper, Picture, Signature, Table, register
from app.photos.models import Photo
from app.words import dated, exact, money


def request_paper(who: Any, id: int) -> Paper | None:
    """领用单 or 借用单 from a request: what was asked for, who agreed, what was handed over."""
    if not who.may("custody.request"):
        return None
    row = Request.visible_to(who).where(Request.id == id).first()
    if row is None:
        return None
    given = list(
        Custody.shown().join_from(Custody, Giving, on=(Giving.custody == Custody.id)).where(Giving.request == row)
        .order_by(Custody.id)
    )  # fmt: skip
    rows = [_line(custody) for custody in given] if given else [_asked_line(row)]
    return Paper(
        title=_title(row.kind),
        number=row.number,
        subtitle=dated(clock.local(row.at).date()),
        copies=(_("General Affairs"), _("borrower") if row.due_on else _("receiver")),
        facts=_request_facts(row, given),
        tables=[_things(rows, who), *_came_back(given)],
        pictures=[Picture(photo, _("the unit's note")) for photo in Photo.of(row, part="letter")],
        signatures=_request_signatures(row, given),
        code_url=url_for("custody.request_show", id=row.id),
    )


def _title(kind: str) -> str:
    return {"loan": _("Loan slip"), "issue": _("Issue slip"), "outside": _("Loan slip (to another unit)")}[kind]


def _request_facts(row: Request, given: list[Custody]) -> list[tuple]:
    office = row.applicant.office.name if row.applicant.office_id else ""
    facts = [(_("Applicant"), row.applicant.name), (_("Office"), office)]
    if row.due_on:
        facts += [(_("Borrowed on"), dated(row.starts_on)), (_("To be back"), dated(row.due_on))]
    else:
        facts += [(_("Needed from"), dated(row.starts_on)), (_("Old for new"), _("yes") if row.swap else _("no"))]
    facts.append((_("What for"), row.reason, True))
    if row.kind == "outside":
        facts += [(_("Borrowing unit"), row.borrower), (_("Carried out by"), row.carrier)]
        facts.append((_("The unit's note"), row.letter, True))
    swaps = [swap for custody in given if (swap := Swap.of(custody))] if row.swap else []
    if swaps:
        facts.append((_("Old ones back"), _(", ").join(_swapped(swap) for swap in swaps), True))
    facts.append((_("State"), row.now_word))
    return facts


def _request_signatures(row: Request, given: list[Custody]) -> list[Signature]:
    """Who signed on the phone stands there with the day; who gives out signs when handing over."""
    signed = [Signature(_("Applicant"), row.applicant.name, _on(row.at))]
    if row.kind == "issue" and not any(ask.key == "head" for ask in row.asks):
        signed.append(Signature(_("Office head")))
    for ask in row.asks:
        name = ask.by.name if ask.state == "agreed" else ""
        if ask.deputy_for_id and name:
            name = _("%(name)s (for %(absent)s)", name=name, absent=ask.deputy_for.name)
        signed.append(Signature(ask.part, name, _on(ask.at) if name else ""))
    giver = given[0].by if given and given[0].by_id else None
    signed.append(Signature(_("Handed out by"), giver.name if giver else "", _on(given[0].at) if giver else ""))
    return signed


def custody_paper(who: Any, id: int) -> Paper | None:
    """领用单 or 借用单 of one thing that was given out at the counter, with its way back."""
    row = Custody.visible_to(who).where(Custody.id == id).first()
    if row is None:
        return None
    facts = [
        (_("Holder"), row.person.name),
        (_("Office"), row.person.office.name if row.person.office_id else ""),
        (_("Given out on"), _on(row.at)),
    ]
    swap = Swap.of(row)
    if row.due_on:
        facts.append((_("To be back"), dated(row.due_on)))
    else:
        facts.append((_("Old for new"), _swapped(swap) if swap else _("no")))
    facts += [(_("What for"), row.note, True), (_("How it looked"), row.condition, True)]
    return Paper(
        title=_title(row.kind),
        number=f"{'JY' if row.due_on else 'LY'}{clock.local(row.at).year}-C{row.id:04}",
        subtitle=_on(row.at),
        copies=(_("General Affairs"), _("borrower") if row.due_on else _("receiver")),
        facts=facts,
        tables=[_things([_line(row)], who), *_came_back([row])],
        signatures=[
            (_("Borrower") if row.due_on else _("Receiver"), row.person.name),
            (_("Office head"),),
            (_("General Affairs director"),),
            (_("Handed out by"), row.by.name if row.by_id else "", _on(row.at)),
        ],
        code_url=url_for("custody.show", id=row.id),
    )


def _swapped(swap: Swap) -> str:
    return f"{swap.what} × {swap.quantity} ({swap.fate_word})"


def _things(rows: list[list[Any]], who: Any) -> Table:
    """The things; with what they cost for those who may know prices."""
    columns = [Column(_("Asset number"), 3), Column(_("Asset name"), 4), Column(_("Model"), 3),
               Column(_("Quantity"), 1.6, "right")]  # fmt: skip
    if not who.may("assets.value"):
        return Table(columns, [row[:4] for row in rows])
    columns += [Column(_("Unit price (yuan)"), 2, "right"), Column(_("Amount (yuan)"), 2, "right")]
    amounts = [row[5] for row in rows if row[5] is not None]
    foot = [_("Total"), "", "", "", "", money(sum(amounts))] if amounts else ()
    return Table(columns, [[*row[:4], money(row[4]), money(row[5])] for row in rows], foot=foot)


def _line(row: Custody) -> list[Any]:
    return _cells(row.asset, row.quantity)


def _cells(asset: Any, quantity: int) -> list[Any]:
    """Number, name, model, quantity, price and amount in fen."""
    price = asset.unit_price
    amount = None if price is None else price * quantity
    model = " ".join(filter(None, (asset.brand, asset.model)))
    return [asset.number, asset.name, model, f"{quantity} {asset.unit}", price, amount]


def _asked_line(row: Request) -> list[Any]:
    if row.asset_id:
        return _cells(row.asset, row.quantity)
    return ["", row.category.word, _("any of the kind"), str(row.quantity), None, None]


def _came_back(given: list[Custody]) -> list[Table]:
    """Renewals and the acceptance of the return, filled in as far as it happened, else empty to write in."""
    loans = [row for row in given if row.due_on]
    if not loans:
        return []
    columns = [
        Column(_("Asset name"), 3), Column(_("Renewed until"), 2), Column(_("Came back on"), 2),
        Column(_("Quantity"), 1.5, "right"), Column(_("Condition"), 4), Column(_("Taken back by"), 2),
    ]  # fmt: skip
    renewed = dict(
        Renewal.select(Renewal.custody, Renewal.due_on)
        .where(Renewal.custody.in_([row.id for row in loans]))
        .order_by(Renewal.id)
        .tuples()
    )
    rows = []
    for row in loans:
        back = row.returned if row.returned_id else None
        said = [back.condition_word, back.note] if back else []
        rows.append([
            row.asset.name, dated(renewed.get(row.id)), _on(back.at) if back else "", back.quantity if back else "",
            " ".join(filter(None, said)), back.by.name if back and back.by_id else "",
        ])  # fmt: skip
    return [Table(columns, rows, title=_("Renewal and return"))]


def gate_paper(who: Any, id: int) -> Paper | None:
    """出门证: two copies, one stays with the office, one goes to the guard; the code is the pass's own."""
    if not (who.may("custody.own") or who.may("custody.gate")):
        return None
    row = GatePass.visible_to(who).where(GatePass.id == id).first()
    if row is None:
        return None
    columns = [Column(_("Asset number"), 3), Column(_("Asset name"), 5), Column(_("Quantity"), 2, "right")]
    rows = [
        [each.custody.asset.number, each.custody.asset.name, f"{each.custody.quantity} {each.custody.asset.unit}"]
        for each in row.items_shown
    ]
    passage = row.taken
    return Paper(
        title=_("Gate pass"),
        number=row.number,
        subtitle=_("Code %(code)s", code=f"{row.code[:4]} {row.code[4:]}"),
        copies=(_("stub"), _("gate")),
        facts=[
            (_("Goes to"), row.unit, True),
            (_("Carried out by"), row.carrier),
            (_("In the name of"), row.person.name),
            (_("Valid"), _("%(first)s to %(last)s", first=_on(row.at), last=dated(row.valid_until))),
            (_("State"), row.state_word),
        ],
        tables=[Table(columns, rows)],
        paragraphs=[_("The guard scans the code, compares the things with this list, and keeps the pass.")],
        signatures=[
            (_("Made by"), row.by.name if row.by_id else "", _on(row.at)),
            (_("Carried out by"),),
            (_("Guard"), passage.by.name if passage and passage.by_id else "", exact(passage.at) if passage else ""),
        ],
        code_url=url_for("gate.show", code=row.code),
    )


# Leavers ----------------------------------------------------------------------------------------------------


def clearance_paper(who: Any, id: int) -> Paper | None:
    """离校交接(清退)清单: everything that was and is in the name, where it went, the boxes, four signatures."""
    row = _clearance(who, id)
    if row is None:
        return None
    person = row.person
    columns = [
        Column(_("Kind"), 2), Column(_("Asset number"), 3.2), Column(_("Name of the thing"), 3),
        Column(_("Quantity"), 1.3, "right"), Column(_("Returned or handed to"), 2.4), Column(_("State"), 3.3),
    ]  # fmt: skip
    boxes = [Column(_("Other item"), 3), Column(_("Ticked by"), 2), Column(_("Ticked on"), 2), Column(_("Note"), 4)]
    office = person.office.name if person.office_id else ""
    return Paper(
        title=_("Handover list of a leaver"),
        number=number_of("LX", row),
        subtitle=_on(row.at),
        copies=(_("General Affairs"), _("leaver"), _("taker")),
        facts=[
            (_("Name"), person.name), (_("Office"), office), (_("Post"), person.post), (_("Where to"), row.destination),
            (_("Last day at school"), dated(row.last_day)), (_("State"), row.state_word),
        ],
        tables=[
            Table(columns, list(_clearance_rows(row)), empty=_("Nothing was in the name.")),
            Table(boxes, [_box_row(mark) for mark in row.marks], title=_("Other boxes")),
        ],
        signatures=[(_("Handed over by"), person.name), (_("Taken over by"),), (_("Handover witness"),),
                    (_("General Affairs director"),)],
        code_url=url_for("clearance.show", id=row.id),
        across=4,
    )  # fmt: skip


def _clearance(who: Any, id: int) -> Clearance | None:
    """The whole list is for the office and for the leaver, not for who ticks one box."""
    if not who.may("clearance.own"):
        return None
    row = Clearance.visible_to(who).where(Clearance.id == id).first()
    return row if row is not None and (who.may("clearance.all") or row.person_id == who.id) else None


def _clearance_rows(row: Clearance) -> Any:
    """What came back since the clearance was opened, what was handed over, and what is left."""
    since = Custody.shown().where(Custody.person == row.person, Custody.returned.is_null(False))
    passed = _passed_custodies(row)
    for custody in since.order_by(Custody.returned):
        if custody.returned.at >= row.at and custody.id not in passed:
            quantity = f"{custody.returned.quantity} {custody.asset.unit}"
            yield [custody.kind_word, custody.asset.number, custody.asset.name, quantity, _("General Affairs"),
                   _("back on %(day)s", day=_on(custody.returned.at))]  # fmt: skip
    handed: set[str] = set()
    for slip in row.handovers:
        for item in slip.items if slip.state in ("agreed", "open") else ():
            done = slip.state == "agreed"
            handed.add(f"{item.kind}-{item.thing}")
            state = _("confirmed on %(day)s", day=_on(item.ended_at)) if done else _("waits for confirmation")
            yield [item.kind_word, item.number, item.words, _quantity(item), slip.taker.name, state]
    for each in holdings(row.person):
        if each.key not in handed:
            yield [each.kind_word, each.number, each.words, _quantity(each), "", _("still in the name")]


def _quantity(each: Any) -> str:
    return f"{each.quantity} {each.unit}" if each.unit else ""


def _passed_custodies(row: Clearance) -> set[int]:
    return {
        item.thing for slip in row.handovers if slip.state == "agreed" for item in slip.items if item.kind == "custody"
    }


def _box_row(mark: ClearanceMark) -> list[Any]:
    return [mark.box.word, mark.by.name if mark.by_id else "", _on(mark.at) if mark.at else "", mark.note]


def certificate_paper(who: Any, id: int) -> Paper | None:
    """结清证明, by the clearance's number. Only at zero; refused with what is left otherwise."""
    row = _clearance(who, id)
    if row is None:
        return None
    certificate = row.certified
    if certificate is None:
        raise Refused(_not_yet(row))
    if certificate.revoked_at is not None:
        raise Refused(_("This certificate was taken back: %(reason)s", reason=certificate.revoked_why))
    if held := holdings(row.person):
        raise Refused(_("Since the certificate %(things)s came into the name again.", things=_names(held)))
    school, person, made_on = _school(), row.person, _with_year(clock.local(certificate.at))
    words = _("%(name)s (%(office)s, %(post)s) leaves %(school)s with %(day)s as the last day. All property that was "
              "issued or lent to this person, and all rooms and duties of property, have been returned or handed over; "
              "nothing is outstanding.",
              name=person.name, office=person.office.name if person.office_id else "—", post=person.post or "—",
              school=school, day=_with_year(row.last_day))  # fmt: skip
    return Paper(
        title=_("Certificate of clearance"),
        number=certificate.number,
        subtitle=_("Code %(code)s", code=f"{certificate.code[:4]} {certificate.code[4:]}"),
        facts=[(_("Where to"), row.destination or "—", True)],
        intro=[words],
        paragraphs=[_("Whoever receives this paper can scan its code and see whether it is valid.")],
        signatures=[
            (_("Custodian"), _maker(certificate), made_on), (_("General Affairs director"),),
            (_("Seal of the school"),),
        ],
        code_url=url_for("clearance.check", code=certificate.code),
    )  # fmt: skip


def _with_year(value: Any) -> str:
    """A certificate is read years later."""
    return _("%(day)s/%(month)s/%(year)s", day=value.day, month=value.month, year=value.year)


def _maker(certificate: Any) -> str:
    return certificate.by.name if certificate.by_id else ""


def _not_yet(row: Clearance) -> str:
    if row.state == "cancelled":
        return _("This clearance was cancelled.")
    if left := row.left:
        return _("Still in the name of %(person)s: %(left)s.", person=row.person.name, left=left.sentence)
    return _("%(person)s has cleared everything; certify that first.", person=row.person.name)


def _names(held: list[Holding]) -> str:
    return _(", ").join(each.words for each in held[:5])


def _school() -> str:
    return current_app.config["SCHOOL"]


def _on(moment: Any) -> str:
    return dated(clock.local(moment).date()) if moment else ""


register("custody_request", request_paper)
register("custody", custody_paper)
register("gate_pass", gate_paper)
register("clearance", clearance_paper)
register("clearance_certificate", certificate_paper)
