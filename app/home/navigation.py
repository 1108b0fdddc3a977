"""The rooms of the house: what stands in the navigation for whom, and in which one the reader stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

Who = Any


@dataclass(frozen=True)
class Room:
    """One line of the navigation: where it leads, its icon and words, and the actions of which one opens it."""

    endpoint: str | Callable[[Who], str]
    icon: str
    words: LazyString | Callable[[Who], LazyString]
    actions: tuple[str, ...] = ()
    begins: str = ""  # the endpoint whose address all its pages begin with, where it is not its own

    def opens_to(self, who: Who) -> bool:
        return not self.actions or any(who.may(action) for action in self.actions)


@dataclass(frozen=True)
class Line:
    """A room as one reader sees it. `current` is "page" on its own page, "true" on one behind it, else empty."""

    url: str
    icon: str
    words: str
    current: str = ""


def _hazards(who: Who) -> LazyString:
    return _l("Hazard book") if who.may("hazards.all") else _l("Hazards")


def _receiving(who: Who) -> str:
    return "receiving.list" if who.may("receiving.all") else "receiving.requests"


ROOMS = (
    Room("home.desk", "house", _l("Today")),
    Room("repairs.list", "wrench", _l("Repairs"), ("repairs.list",)),
    Room("repairs.records", "file-text", _l("Repair record"), ("repairs.records",)),
    Room("repairs.upkeep", "refresh-cw", _l("Preventive work"), ("repairs.all",)),
    Room("inspections.results", "clipboard-check", _l("Checks and scores"),
         ("inspections.results", "inspections.score")),
    Room("inspections.weeks", "flag", _l("Weeks and red flags"), ("inspections.weeks",)),
    Room("inspections.posts_today", "sparkles", _l("Cleaning posts"), ("posts.list",),
         begins="inspections.post_list"),
    Room("inspections.hazards", "triangle-alert", _hazards, ("hazards.list",)),
    Room("approvals.inbox", "thumbs-up", _l("Approvals"), ("approvals.answer",)),
    Room("custody.list", "hand-helping", _l("Loans"), ("custody.all",)),
    Room("custody.mine", "package", _l("What I hold"), ("custody.own",)),
    Room("clearance.list", "log-out", _l("Leavers"), ("clearance.all",)),
    Room("gate.list", "door-open", _l("Gate passes"), ("custody.gate",)),
    Room("transfers.list", "arrow-right-left", _l("Transfers"), ("transfers.ask",)),
    Room("disposals.list", "trash-2", _l("Write-offs"), ("assets.all",)),
    Room("assets.list", "boxes", _l("Property"), ("assets.list",)),
    Room("stocktakes.list", "list-checks", _l("Stock-takes"), ("stocktakes.all",)),
    Room(_receiving, "package", _l("Deliveries and requests"), ("receiving.list",)),
    Room("reports.index", "layers", _l("Reports"), ("reports.property",)),
    Room("places.list", "building-2", _l("Places"), ("places.list",)),
    Room("calendar.list", "calendar", _l("School calendar"), ("calendar.list",)),
    Room("printing.basket", "printer", _l("Labels"), ("labels.print",)),
    Room("people.list", "users", _l("Staff"), ("people.list",)),
    Room("cards.list", "id-card", _l("Duty cards"), ("cards.manage",)),
    Room("people.me", "user", _l("My account"), ("people.self",)),
)  # fmt: skip


def navigation(who: Who) -> list[Line]:
    """The rooms that someone may enter. The reader stands in the one whose address is the longest beginning of the
    page's; of rooms of one noun that share none, in the first."""
    lines = [(_endpoint(room, who), room) for room in ROOMS if room.opens_to(who)]
    here = _standing_in({endpoint: url_for(room.begins or endpoint) for endpoint, room in lines})
    return [
        Line(url_for(endpoint), room.icon, str(room.words(who) if callable(room.words) else room.words),
             "" if endpoint != here else "page" if request.endpoint == endpoint else "true")
        for endpoint, room in lines
    ]  # fmt: skip


def _endpoint(room: Room, who: Who) -> str:
    return room.endpoint(who) if callable(room.endpoint) else room.endpoint


def _standing_in(beginnings: dict[str, str]) -> str | None:
    """The endpoint of the room that the page belongs to, of rooms with their addresses."""
    if request.endpoint in beginnings:
        return request.endpoint
    path = f"{request.path}/"
    fitting = [name for name, url in beginnings.items() if url != "/" and path.startswith(url.rstrip("/") + "/")]
    same_noun = [name for name in beginnings if name.partition(".")[0] == request.blueprint]
    return max(fitting, key=lambda name: len(beginnings[name]), default=None) or next(iter(same_noun), None)
