"""What can be told: the sentences of the kinds, and the events that a channel can be given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.words import day as day_in_words

NOW, DAILY, NEVER = "now", "daily", ""
MODES = {NOW: _l("at once"), DAILY: _l("in the daily digest"), NEVER: _l("not at all")}

_sentences: dict[str, Any] = {}


@dataclass(frozen=True)
class Event:
    """A line of the table on the settings page: its words, and what a new group robot and a new mail box do."""

    words: Any
    robot: str = DAILY
    mail: str = DAILY


# By the last part of a kind. Groups are for what somebody must act on now; the rest waits for the digest.
EVENTS: dict[str, Event] = {
    "urgent": Event(_l("new urgent report"), NOW, NOW),
    "assigned": Event(_l("assigned to somebody"), NOW, NEVER),
    "soon": Event(_l("nearly late"), NOW, NEVER),
    "late": Event(_l("late"), NOW, NOW),
    "extended": Event(_l("given more time"), DAILY, DAILY),
    "fixed": Event(_l("fixed"), DAILY, DAILY),
    "bad_rating": Event(_l("not satisfied"), NOW, NOW),
    "other": Event(_l("anything else for the whole office"), DAILY, DAILY),
}


def also(events: Mapping[str, Event]) -> None:
    """Further lines of the table, from the nouns whose kinds end so."""
    EVENTS.update(events)


def says(sentences: Mapping[str, Any]) -> None:
    """Each noun gives the sentences of its own kinds: `{"repairs.late": _l("repair %(number)s is late")}`."""
    _sentences.update(sentences)


def known(kind: str) -> bool:
    return kind in _sentences


def event_of(kind: str, group: bool = False) -> str:
    """The line of the table that a kind belongs to; empty when it is for the app alone."""
    word = kind.rpartition(".")[2]
    return word if word in EVENTS else "other" if group else ""


def sentence_of(kind: str, facts: Mapping[str, Any]) -> str:
    """What happened, in the language of the moment."""
    told = str(_sentences.get(kind, "%(what)s")) % _Facts({name: _said(fact) for name, fact in facts.items()})
    return " ".join(told.split())


class _Facts(dict):
    def __missing__(self, key: str) -> str:
        return "…"  # an old notice may lack a fact that a newer sentence asks for


def kept(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as they are stored: days and moments stay what they are, so that each reader has them in words."""
    return {name: _kept(fact) for name, fact in facts.items()}


def _kept(fact: Any) -> Any:
    if isinstance(fact, datetime):
        return {"moment": fact.isoformat(" ")}
    if isinstance(fact, date):
        return {"day": fact.isoformat()}
    if isinstance(fact, list | tuple):
        return [str(word) for word in fact]
    return fact if isinstance(fact, str | int | float | None) else str(fact)


def _said(fact: Any) -> Any:
    if fact is None:
        return ""
    if isinstance(fact, dict):
        if "day" in fact:
            return day_in_words(date.fromisoformat(fact["day"]))
        here = clock.local(datetime.fromisoformat(fact["moment"]))
        return _("%(day)s, %(time)s", day=day_in_words(here.date()), time=here.strftime("%H:%M"))
    return journal.in_words(fact)


def wanted(modes: Mapping[str, str], event: str, urgent: bool) -> str:
    """What a channel does with an event. What is urgent does not wait for the evening."""
    mode = modes.get(event, NEVER)
    return NOW if mode == DAILY and urgent else mode


def defaults(kind: str) -> dict[str, str]:
    """The table of a channel that is new."""
    return {key: event.mail if kind == "mail" else event.robot for key, event in EVENTS.items()}


def ids_of(people: Iterable[Any]) -> list[int]:
    """The ids of people given as rows or ids, each once, in order; nobody and duty cards are left out."""
    found = [who if isinstance(who, int) else who.id for who in people if who is not None and not _is_card(who)]
    return list(dict.fromkeys(id for id in found if id))


def _is_card(who: Any) -> bool:
    return getattr(who, "is_card", False)
