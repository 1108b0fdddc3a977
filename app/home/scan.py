"""What stands behind a scanned label: this thing, how it stands, and what this person may do here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import peewee
from flask import url_for
from flask_babel import gettext as _

from app import clock
from app.assets.models import Asset
from app.custody.models import Custody
from app.db import Prepared, kept_until_change
from app.inspections.duties import duties_here
from app.inspections.models import Check
from app.inspections.rounds_due import RoundPlace
from app.inspections.walk import round_here
from app.people.models import Person
from app.places.codes import Label, is_well_formed, offers, tidy
from app.places.models import ClassGroup, Place
from app.repairs.models import OPEN, Ticket
from app.repairs.standing import allows
from app.web import language_now
from app.words import called, said

TICKETS_SHOWN = 5


@dataclass
class Action:
    """One big button: verb first."""

    words: str
    icon: str
    endpoint: str
    args: dict[str, Any] = field(default_factory=dict)
    small: str = ""


@dataclass
class Sight:
    """What a scan finds. `problem` is mistyped, unknown, retired or blank when there is no thing to show."""

    code: str
    problem: str = ""
    label: Label | None = None
    place: Place | None = None
    asset: Asset | None = None
    group: ClassGroup | None = None
    tickets: list[Ticket] = field(default_factory=list)
    more_tickets: bool = False
    check: Check | None = None
    custody: Custody | None = None
    said: "dict[Any, Told]" = field(default_factory=dict, repr=False)  # kept as long as the sight is

    @property
    def title(self) -> str:
        """The name in large type. A classroom goes by its class, which moves up by itself each August."""
        if self.asset is not None:
            return self.asset.name
        if self.group is not None and self.place.kind == "classroom":
            return _("%(name)s classroom", name=self.group.name)
        return self.place.name

    @property
    def thing(self) -> Asset | Place:
        return self.asset if self.asset is not None else self.place


def look(text: str) -> Sight:
    """Resolve a scanned or typed code."""
    code = tidy(text)
    return _sight(code) if is_well_formed(code) else Sight(code, "mistyped")


@kept_until_change
def _sight(code: str) -> Sight:
    """One query for the thing, one for tickets, one for its last check or loan."""
    label = _find(code)
    if label is None:
        return Sight(code, "unknown")
    sight = Sight(code, label=label)
    if label.retired_at is not None:
        sight.problem = "retired"
        return sight
    if label.is_blank:
        sight.problem = "blank"
        return sight
    sight.place, sight.asset, sight.group = label.here, label.asset, label.group
    _see(sight)
    return sight


def _find(code: str) -> Label | None:
    """The label with its asset, its place (an asset's own place for an asset), floor, building and class."""
    label = _label(code)
    if label is not None:
        label.__dict__.setdefault("here", None)
        label.__dict__.setdefault("group", None)
    return label


def _labels_with_their_things(code: Any) -> peewee.ModelSelect:
    place, floor, building = Place.alias("here"), Place.alias("floor"), Place.alias("building")
    outer = peewee.JOIN.LEFT_OUTER
    awaited = RoundPlace.select(peewee.SQL("1")).where(RoundPlace.place == Label.place, RoundPlace.left())
    return (
        Label.select(
            Label.code, Label.place, Label.asset, Label.printed_at, Label.stuck_at, Label.retired_at,
            Asset.id, Asset.name, Asset.number, Asset.brand, Asset.model, Asset.state, Asset.is_batch, Asset.place,
            place.id, place.name, place.number, place.kind, place.parent, place.keeper, place.cleaner,
            floor.id, floor.name, floor.kind, floor.parent,
            building.id, building.name, building.kind,
            ClassGroup.id, ClassGroup.entry_year, ClassGroup.number, ClassGroup.teacher,
            peewee.fn.EXISTS(awaited).alias("awaited"),
        )
        .join(Asset, outer, attr="asset")
        .join(place, outer, on=(place.id == peewee.fn.COALESCE(Label.place, Asset.place)), src=Label, attr="here")
        .join(floor, outer, on=(place.parent == floor.id), attr="parent")
        .join(building, outer, on=(floor.parent == building.id), attr="parent")
        .join(ClassGroup, outer, on=(ClassGroup.room == Label.place), src=Label, attr="group")
        .where(Label.code == code)
    )  # fmt: skip


_TICKET_COLUMNS = (
    Ticket.id, Ticket.kind, Ticket.state, Ticket.why, Ticket.urgent, Ticket.at, Ticket.person, Ticket.caller,
    Ticket.caller_name, Ticket.worker, Ticket.clock_from, Ticket.fixed_at, Ticket.extended_until, Ticket.planned_for,
    Person.id, Person.name,
)  # fmt: skip


def _open_tickets(column: peewee.Field) -> Callable[[Any], peewee.ModelSelect]:
    return lambda id: (
        Ticket.select(*_TICKET_COLUMNS)
        .join(Person, peewee.JOIN.LEFT_OUTER, on=(Ticket.worker == Person.id), attr="worker")
        .where(column == id, Ticket.state.in_(OPEN))
        .order_by(Ticket.id.desc())
        .limit(TICKETS_SHOWN + 1)
    )


_label = Prepared(_labels_with_their_things).first
_tickets_of_place = Prepared(_open_tickets(Ticket.place))
_tickets_of_asset = Prepared(_open_tickets(Ticket.asset))
_last_check = Prepared(
    lambda place: (
        Check.select(Check.id, Check.at, Check.total, Check.full)
        .where(Check.place == place, Check.total.is_null(False))
        .order_by(Check.id.desc())
        .limit(1)
    )
).first


def _see(sight: Sight) -> None:
    if sight.asset is not None:
        found = _tickets_of_asset(sight.asset.id)
        sight.custody = Custody.open_of(sight.asset)
    else:
        found = _tickets_of_place(sight.place.id)
        sight.check = _last_check(sight.place.id)
    sight.tickets, sight.more_tickets = found[:TICKETS_SHOWN], len(found) > TICKETS_SHOWN


@dataclass(frozen=True)
class Reported:
    """A line of what is already reported here, in words, with where it leads."""

    ticket: Ticket
    kind: str
    state: str
    level: str
    small: str
    url: str
    fix_url: str


@dataclass(frozen=True)
class Told:
    """What is said of a label in one language within a minute: the same for everybody who reads it."""

    title: str
    reported: list[Reported]


def told(sight: Sight) -> Told:
    """The name in large type, and what is reported and not yet fixed, newest first. Times are said anew each minute."""
    key = language_now(), clock.now().replace(second=0)
    if key not in sight.said:
        sight.said = {key: Told(sight.title, [_in_words(ticket, sight.code) for ticket in sight.tickets])}
    return sight.said[key]


def _in_words(ticket: Ticket, code: str) -> Reported:
    running, small = ticket.clock, [said(ticket.at)]
    if running.late:
        small.append(_("late"))
    elif running.due and ticket.state not in ("noticed", "applied"):
        small.append(_("fixed before %(time)s", time=said(running.due)))
    if ticket.worker_id:
        small.append(called(ticket.worker.name))
    return Reported(
        ticket, str(ticket.kind_word), ticket.state_word,
        "late" if ticket.urgent or running.late else ticket.state_level, " · ".join(small),
        url_for("repairs.show", id=ticket.id), url_for("repairs.fix", id=ticket.id, **{"from": code}),
    )  # fmt: skip


def actions(sight: Sight, who: Any) -> list[Action]:
    """What this person may do here, likeliest first, at most four."""
    if not who.is_authenticated:
        return [_report(sight)]
    own = _round_here(sight, who)
    own += [offer for ask in offers for offer in ask(who, sight.label)]
    own += _asset_actions(sight, who) if sight.asset is not None else _place_actions(sight, who)
    return [*own[:3], _report(sight)] if _reports_last(own) else [_report(sight), *own[:3]]


def _report(sight: Sight) -> Action:
    return Action(_("Report damage"), "wrench", "repairs.report", {"code": sight.code})


LESS_LIKELY = ("inspections.checks_here", "assets.count", "assets.in_place", "custody.request_for")


def _reports_last(own: list[Action]) -> bool:
    """Reporting leads unless someone has a duty or a job at this very place."""
    return bool(own) and own[0].endpoint not in LESS_LIKELY


def _place_actions(sight: Sight, who: Any) -> list[Action]:
    found = [
        Action(d.words, d.icon, d.endpoint, d.args) for d in duties_here(who, sight.place, sight.code, sight.group)
    ]
    found[:0] = _repairs_here(sight, who)
    if who.may("assets.move"):
        found.append(Action(_("Count"), "list-checks", "assets.count", {"code": sight.code}))
    if who.may("assets.list"):
        found.append(Action(_("What is here"), "boxes", "assets.in_place", {"id": sight.place.id}))
    return found


def _round_here(sight: Sight, who: Any) -> list[Action]:
    """A round that still wants this place leads to its sheet for just this door. Whose it is and whether it is open
    is asked only where some round, past ones too, was not finished at this place."""
    if sight.asset is not None or not sight.label.awaited or not who.may("inspections.walk"):
        return []
    round = round_here(who, sight.place, sight.group)
    if round is None:
        return []
    words = _("Go on with the round: %(name)s", name=round.plan.name)
    return [Action(words, "footprints", "inspections.walk", {"id": round.id, "at": sight.place.id})]


def _repairs_here(sight: Sight, who: Any) -> list[Action]:
    """For who repairs: what is open here is fixed by one tap; of several, each has its own button in the list below."""
    to_fix = [ticket for ticket in sight.tickets if may_fix(ticket, who)]
    if len(to_fix) == 1 and not sight.more_tickets:
        args = {"id": to_fix[0].id, "from": sight.code}
        return [Action(_("Fixed: %(kind)s", kind=to_fix[0].kind_word), "check", "repairs.fix", args)]
    here = {"place": sight.place.id} if sight.place is not None else {}
    return [Action(_("Repairs here"), "hammer", "repairs.list", here)] if to_fix else []


def may_fix(ticket: Ticket, who: Any) -> bool:
    """Whether this person may report it fixed now."""
    return who.may("repairs.fix") and allows("fixed", ticket.state, ticket.urgent)


def _asset_actions(sight: Sight, who: Any) -> list[Action]:
    found, code = [], {"code": sight.code}
    found += _repairs_here(sight, who)
    if who.may("custody.lend"):
        found += _custody_actions(sight)
    elif who.may("custody.request") and sight.asset.state in ("in_use", "idle"):
        found.append(Action(_("Borrow it or be issued it"), "hand-helping", "custody.request_for", code))
    if who.may("assets.move") and sight.asset.is_batch:
        found.append(Action(_("Count"), "list-checks", "assets.count", code))
    return found


def _custody_actions(sight: Sight) -> list[Action]:
    """A single thing is either out or free; of a batch some may be out and some free."""
    code, found = {"code": sight.code}, []
    if sight.custody is not None:
        found.append(Action(_("Take back"), "undo-2", "custody.take_back", code))
    if sight.asset.state != "disposed" and (sight.custody is None or sight.asset.is_batch):
        found.insert(0, Action(_("Lend"), "hand-helping", "custody.lend", code))
    return found


def may_open_record(sight: Sight, who: Any) -> bool:
    """Whether this person may read the asset's whole card and life story."""
    if sight.asset is None or not who.may("assets.list"):
        return False
    return who.may("assets.all") or _may_see(sight.asset, who)


def may_stand_elsewhere(sight: Sight, who: Any) -> bool:
    """Whether this person may say that a thing stands in another room than the ledger says, and ask to transfer it."""
    asset = sight.asset
    return asset is not None and not asset.is_batch and bool(asset.place_id) and who.may("transfers.ask")


def _may_see(asset: Asset, who: Any) -> bool:
    return Asset.visible_to(who).where(Asset.id == asset.id).exists()


def holder_for(sight: Sight, who: Any) -> Person | None:
    """Who holds a lent asset, for those who may know: the office and the holder."""
    if sight.custody is None or not who.is_authenticated or who.is_card:
        return None
    may_know = who.may("custody.all") or sight.custody.person_id == who.id
    return sight.custody.person if may_know else None
