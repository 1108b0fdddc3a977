"""A ticket and the property side, linked both ways: compensation of damage that people did, write-off of what a repair
does not pay for. The records belong to `disposals`; here is what a ticket offers them and shows of them."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.disposals.compensation import OURS, Compensation, offers, wrong_words
from app.disposals.disposal import Disposal, Repair, after_asking, after_putting_back, came_from
from app.people.models import Person
from app.places.models import ClassGroup
from app.repairs.models import CLOSED, HUMAN, OPEN, Ticket
from app.repairs.ticket_views import panels


@dataclass(frozen=True)
class Links:
    """What of the property side belongs to a ticket, as far as this person may see it, and what may be begun."""

    compensations: list[Compensation]
    disposal: Disposal | None
    may_compensate: bool
    may_write_off: bool

    def __bool__(self) -> bool:
        return bool(self.compensations or self.disposal or self.may_compensate or self.may_write_off)

    @classmethod
    def of(cls, ticket: Ticket, who: Any) -> "Links":
        """Two queries at most; none for those who may see neither."""
        records = _compensations(ticket, who) if who.may("compensations.list") else []
        slip = Disposal.visible_to(who).where(Disposal.id == ticket.disposal_id).first() if ticket.disposal_id else None
        alive = any(record.state != "void" for record in records)
        return cls(
            records,
            slip,
            may_compensate=not alive and _may_be_paid_for(ticket) and who.may("compensations.record"),
            may_write_off=_may_end(ticket) and who.may("disposals.ask"),
        )


def _compensations(ticket: Ticket, who: Any) -> list[Compensation]:
    return list(Compensation.visible_to(who).where(Compensation.ticket == ticket.id).order_by(Compensation.id))


def _may_be_paid_for(ticket: Ticket) -> bool:
    """What people did, and what nobody has named a cause of yet; wear and faults are the school's own."""
    return ticket.cause not in OURS and ticket.state not in CLOSED


def _may_end(ticket: Ticket) -> bool:
    """Only a thing of the ledger can be written off, and only while its repair is not agreed to be done."""
    return ticket.asset_id is not None and (ticket.state in OPEN or ticket.state == "fixed")


def on_ticket(who: Any, ticket: Ticket) -> str:
    """The section of a ticket's page; nothing at all when there is nothing to say."""
    links = Links.of(ticket, who)
    return Markup(render_template("repairs/_links.html", ticket=ticket, links=links)) if links else ""


# What the property side asks --------------------------------------------------------------------------------


def of_damage(ticket: Ticket) -> dict[str, Any]:
    """Thing, class, cause, words and what the repair cost, for a new record. Words that might name a pupil are left
    out; where the school itself pays (wear, a fault of the thing) there is no amount."""
    cost = ticket.cost
    paid = bool(cost) and ticket.cause in HUMAN
    known = {
        "thing": _thing(ticket), "group": _class_of(ticket), "cause": ticket.cause or None,
        "words": "" if wrong_words(ticket.words) else ticket.words[:300], "basis": "repair" if paid else None,
        "amount": cost if paid else None,
    }  # fmt: skip
    return {name: value for name, value in known.items() if value}


def _thing(ticket: Ticket) -> str:
    if ticket.asset_id:
        return ticket.asset.name
    return _("%(place)s: %(kind)s", place=ticket.place.name, kind=ticket.kind_word)[:80]


def _class_of(ticket: Ticket) -> int | None:
    if ticket.class_group_id:
        return ticket.class_group_id
    group = ClassGroup.in_room(ticket.place)
    return group.id if group else None


def written_off(slip: Disposal, by: Person, ticket: Ticket) -> None:
    """The repair ends in the same act in which the write-off is asked."""
    ticket.write_off(by, slip)


def goes_on(slip: Disposal, by: Person, reason: str) -> None:
    """Refused, withdrawn or called off: the repair that led to it is to be done after all."""
    ticket = _led_to(slip)
    if ticket is not None and ticket.state == "written_off":
        ticket.reopen(by, reason)


def _led_to(slip: Disposal) -> Ticket | None:
    return Ticket.select().where(Ticket.asset == slip.asset_id, Ticket.disposal == slip.id).first()


def ticket_of(slip: Disposal) -> Repair | None:
    """The repair that led to a write-off."""
    ticket = _led_to(slip)
    if ticket is None:
        return None
    words = f"{ticket.number} {ticket.kind_word}"
    return Repair(ticket.at, words, ticket.state_word, url_for("repairs.show", id=ticket.id), ticket.cost or None)


offers.append(of_damage)
after_asking.append(written_off)
after_putting_back.append(goes_on)
came_from.append(ticket_of)
panels.append(on_ticket)
