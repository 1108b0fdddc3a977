"""The list of reports as a sheet and as pages to print: the rows of TicketFilter, as its reader may see them."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from app.excel.listing import Listing
from app.excel.out import Col
from app.people.models import Person
from app.places.models import Place
from app.repairs.lists import ONLY, TicketFilter, tabs_for
from app.repairs.models import KINDS, STATES, Ticket
from app.web import me


def tickets_listing() -> Listing:
    """Names of reporters for those who see all reports; phone numbers never."""
    who = me()
    filter = TicketFilter.asked(who, request.args)
    named = who.may("repairs.all")
    columns = [
        Col(_("Ticket"), width=14), Col(_("Reported"), "moment"), Col(_("Place"), width=24), Col(_("Kind"), width=12),
        Col(_("What is broken"), width=36), Col(_("Asset name")), Col(_("Number"), width=18, printed=False),
        Col(_("urgent"), width=6, printed=False),
        Col(_("State"), width=12), *((Col(_("Reported by"), width=10),) if named else ()), Col(_("Repaired by"),
        width=10),
        Col(_("Fixed at"), "moment"), Col(_("late"), width=6, printed=False),
    ]  # fmt: skip

    def dress(tickets: list[Ticket]) -> Iterator[Sequence[Any]]:
        for ticket in tickets:
            asset = ticket.asset if ticket.asset_id else None
            yield [
                ticket.number, ticket.at, ticket.place.full_name, ticket.kind_word, ticket.words,
                asset and asset.name, asset and asset.number, _("yes") if ticket.urgent else "", ticket.state_word,
                *((ticket.reporter,) if named else ()), ticket.worker.name if ticket.worker_id else None,
                ticket.fixed_at, _("yes") if ticket.overdue else "",
            ]  # fmt: skip

    return Listing(_("Repairs") if named else _("My reports"), columns, filter.rows(), dress, _in_words(filter),
                   url_for("repairs.list", **request.args.to_dict()))  # fmt: skip


def _in_words(filter: TicketFilter) -> list[str]:
    state = STATES[filter.state] if filter.state else ""
    tab = ONLY[filter.only] if filter.only else state or tabs_for(filter.who)[filter.tab][0]
    places = (Place.get_or_none(Place.id == id) if id else None for id in (filter.building, filter.place))
    kind = KINDS[filter.kind][0] if filter.kind else ""
    worker = Person.get_or_none(Person.id == filter.worker) if filter.worker else None
    flags = {
        _("late"): filter.late, _("Class property"): filter.class_property, _("urgent"): filter.urgent,
        _("mine"): filter.mine,
    }  # fmt: skip
    said = (word for word, asked in flags.items() if asked)
    return [str(each) for each in (tab, *places, kind, worker, *said, filter.words) if each]
