"""The journal: who did what to which thing, when, from which phone in words. Never changed, never deleted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import peewee
from flask import has_request_context, request
from flask_babel import gettext as _
from flask_login import current_user

from app import clock
from app.db import JSON, Moment, Row

_sentences: dict[str, Any] = {}
_veils: dict[str, tuple[Callable[[Any, Mapping[str, Any]], bool], Any]] = {}
_field_words: dict[str, Any] = {}


class Event(Row):
    """One thing that was done. `noun`/`noun_id` name the row it was done to; place and asset file it there too."""

    append_only = True

    at = Moment(default=clock.now)
    action = peewee.CharField(60)
    noun = peewee.CharField(30)
    noun_id = peewee.IntegerField(null=True)
    place = peewee.DeferredForeignKey("Place", null=True, index=False)
    asset = peewee.DeferredForeignKey("Asset", null=True, index=False)
    person = peewee.DeferredForeignKey("Person", null=True, index=False)
    card = peewee.DeferredForeignKey("DutyCard", null=True, index=False)
    device = peewee.CharField(60, default="")
    facts = JSON(default=dict)

    class Meta:
        indexes = (
            (("noun", "noun_id", "id"), False),
            (("place", "id"), False),
            (("asset", "id"), False),
            (("person", "id"), False),
            (("at",), False),
        )

    @property
    def sentence(self) -> str:
        """What was done, in the reader's language; the facts fill the blanks."""
        return str(_sentences[self.action]) % _Facts({name: in_words(fact) for name, fact in self.facts.items()})


class _Facts(dict):
    def __getitem__(self, fact: str) -> Any:
        if fact in _veils and has_request_context():
            may_read, instead = _veils[fact]
            if not may_read(current_user, self):
                return str(instead)
        return super().__getitem__(fact)

    def __missing__(self, key: str) -> str:
        return "…"  # an old event may lack a fact that a newer sentence asks for


def in_words(fact: Any) -> Any:
    """A list of fields as people call them; any other fact as it is."""
    if not isinstance(fact, list):
        return fact
    return _(", ").join(str(_field_words.get(name, name)) for name in fact)


def calls(words: Mapping[str, Any]) -> None:
    """What the fields of a noun are called in `changed …: keeper, room`: `{"keeper": _l("keeper")}`."""
    _field_words.update(words)


def says(sentences: Mapping[str, Any]) -> None:
    """Each noun gives the sentences of its own actions: `{"repairs.fixed": _l("fixed it: %(method)s")}`."""
    _sentences.update(sentences)


def veil(fact: str, may_read: Callable[[Any, Mapping[str, Any]], bool], instead: Any) -> None:
    """A fact that not every reader of a timeline may know: `may_read(who, facts)` decides, others read `instead`."""
    _veils[fact] = may_read, instead


def known_actions() -> frozenset[str]:
    return frozenset(_sentences)


def record(
    action: str,
    thing: Row,
    by: Any,
    /,
    *,
    place: Any = None,
    asset: Any = None,
    **facts: Any,
) -> Event:
    """Write one event. `by` is a Person, a DutyCard, or None for someone who is not signed in (or the system).

    Facts must be JSON: text, numbers, lists. KeyError when no sentence is known for `action`.
    """
    _sentences[action]
    return Event.create(
        action=action,
        noun=thing._meta.table_name,
        noun_id=thing.id,
        place=_id(place),
        asset=_id(asset),
        person=by.id if _is(by, "person") else None,
        card=by.id if _is(by, "duty_card") else None,
        device=device_in_words(),
        facts={
            key: value if isinstance(value, str | int | float | list | None) else str(value)
            for key, value in facts.items()
        },
    )


def _is(who: Any, table: str) -> bool:
    return who is not None and getattr(getattr(who, "_meta", None), "table_name", "") == table


def _id(thing: Any) -> int | None:
    return getattr(thing, "id", thing)


def about(*, place: int | None = None, asset: int | None = None, thing: Row | None = None) -> peewee.ModelSelect:
    """Events of a place, an asset or one row, newest first, with the people and cards who did them."""
    person, card = Event.person.rel_model, Event.card.rel_model
    events = (
        Event.select(Event, person, card)
        .join(person, peewee.JOIN.LEFT_OUTER, on=(Event.person == person.id))
        .switch(Event)
        .join(card, peewee.JOIN.LEFT_OUTER, on=(Event.card == card.id))
        .order_by(Event.id.desc())
    )
    if thing is not None:
        events = events.where(Event.noun == thing._meta.table_name, Event.noun_id == thing.id)
    if place is not None:
        events = events.where(Event.place == place)
    if asset is not None:
        events = events.where(Event.asset == asset)
    return events


def about_many(things: Sequence[Row]) -> peewee.ModelSelect:
    """Events of several rows of one table, such as the versions of one thing, newest first."""
    if not things:
        return about().where(Event.id < 0)
    return about().where(Event.noun == things[0]._meta.table_name, Event.noun_id.in_([each.id for each in things]))


_PHONES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_APPS = (
    ("wxwork", "企业微信"),
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("Lark", "飞书"),
    ("Edg/", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def device_in_words(agent: str | None = None) -> str:
    """`iPhone · 微信` from a user agent; empty outside a request. Coarse on purpose: no fingerprint is kept."""
    if agent is None:
        agent = request.user_agent.string if has_request_context() else ""
    return " · ".join(filter(None, (_first(_PHONES, agent), _first(_APPS, agent))))


def _first(table: Iterable[tuple[str, str]], agent: str) -> str:
    return next((word for mark, word in table if mark in agent), "")
