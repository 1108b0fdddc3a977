"""What waits to be sent. A parcel is stored with the event itself; a tick sends it, again and again for a day.

Sent once: a tick claims parcels in a transaction before it sends them, so that another one lets them lie. Whoever
dies between claiming and noting leaves a claim that runs out after some minutes, and they are sent then: rather twice
than never, and only after a crash in just that moment.
"""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import peewee
from flask import Flask, current_app, has_app_context
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from app import clock, journal, tick
from app.db import Prepared, database, digest, when_stored, writing
from app.notify import robots, wire
from app.notify.channels import Channel, Parcel
from app.notify.channels import worries as channel_worries
from app.notify.events import DAILY, NEVER, says, wanted
from app.notify.models import Telling
from app.notify.robots import Line, Message
from app.throttle import take
from app.words import day as day_in_words

CLAIMED_FOR = timedelta(minutes=5)
GIVEN_UP_AFTER = timedelta(hours=24)
A_MINUTE = timedelta(seconds=61)  # moments are whole seconds: two of them may lie almost a second closer
TOGETHER = 20  # so many sentences at the most in one message
BACK_OFF = (1, 2, 5, 10, 20, 40, 60)  # minutes

says({
    "notify.test": "%(what)s",
    "notify.digest": "%(what)s",
})  # fmt: skip

_digest_parts: list[Callable[[datetime], Iterable[str]]] = []


def digest_adds(fn: Callable[[datetime], Iterable[str]]) -> None:
    """Have `fn(now)` give lines for every daily digest, in the language of the moment; none on a quiet day."""
    _digest_parts.append(fn)


# Into the outbox --------------------------------------------------------------------------------------------


_live = Prepared(Channel.live)


def put(telling: Telling, event: str) -> None:
    """Lay a telling before every channel that wants to know of such an event, in the transaction of the event."""
    rows = []
    for channel in _live():
        mode = wanted(channel.modes, event, telling.urgent)
        if mode != NEVER:
            due_at = None if mode == DAILY else telling.at
            rows.append({"telling": telling.id, "channel": channel.id, "due_at": due_at})
    if rows:
        Parcel.insert_many(rows).execute()
        if telling.urgent:
            hurry()


def put_test(channel: Channel, by: Any) -> Parcel:
    """A message that says that the channel works, sent within seconds."""
    with writing():
        words = _("This is a test. %(name)s sent it to see whether messages arrive here.", name=by.name)
        telling = Telling.create(
            kind="notify.test", noun="channel", noun_id=channel.id, path="/notices/channels", facts={"what": words}
        )
        parcel = Parcel.create(telling=telling, channel=channel, due_at=telling.at)
        Channel.update(wait_until=None).where(Channel.id == channel.id).execute()
        journal.record("channel.tested", channel, by, name=channel.name)
        hurry()
    return parcel


# The daily digest -------------------------------------------------------------------------------------------


def make_digests(now: datetime) -> None:
    """Once a day, at each channel's hour: what waited for it becomes one message. Nothing to say, nothing sent."""
    here = clock.local(now)
    lines: list[str] | None = None
    for channel in Channel.live().where(Channel.digest_hour.is_null(False)):
        if here.hour < channel.digest_hour or (channel.digest_on is not None and channel.digest_on >= here.date()):
            continue
        with force_locale(current_app.config["LANGUAGE"]):
            if lines is None:
                lines = [" ".join(line.split()) for part in _digest_parts for line in part(now)]
            _bundle(channel, now, lines)
        Channel.update(digest_on=here.date()).where(Channel.id == channel.id).execute()


def _bundle(channel: Channel, now: datetime, lines: list[str]) -> None:
    held = Parcel.select(Parcel, Telling).join(Telling).where(
        Parcel.channel == channel, Parcel.done_at.is_null(), Parcel.due_at.is_null()
    )  # fmt: skip
    parcels = list(held.order_by(Parcel.id))
    said = [[parcel.telling.sentence, parcel.telling.path] for parcel in parcels]
    if not said and not lines:
        return
    title = _("Digest of %(day)s", day=day_in_words(clock.local(now).date()))
    facts = {"what": title, "lines": [[line, ""] for line in lines] + said}
    telling = Telling.create(kind="notify.digest", noun="channel", noun_id=channel.id, path="/", facts=facts)
    Parcel.create(telling=telling, channel=channel, due_at=now)
    Parcel.update(done_at=now).where(Parcel.id.in_([parcel.id for parcel in parcels])).execute()


# Sending ----------------------------------------------------------------------------------------------------


def send(now: datetime | None = None) -> int:
    """Send what is due, each channel for itself. Never inside a transaction. Returns how many messages went out."""
    count = 0
    for channel in list(Channel.live()):
        while not tick.stopping.is_set() and (parcels := claim(channel.id)):
            count += deliver(parcels)
    return count


def claim(channel_id: int) -> list[Parcel]:
    """The parcels of the next message of a channel, set aside for who asks; empty when nothing is due, or nothing may
    be sent now."""
    if not _due(channel_id, clock.now()).exists():  # most minutes: no write lock for nothing
        return []
    with writing():
        now = clock.now()
        channel = Channel.live().where(Channel.id == channel_id).first()
        if channel is None or (channel.wait_until is not None and channel.wait_until > now):
            return []
        _give_up_old(channel, now)
        waiting = list(_due(channel_id, now).order_by(Parcel.due_at, Parcel.id).limit(TOGETHER))
        parcels = _one_message(waiting)
        if not parcels or not (channel.is_mail or take(_bucket(channel), robots.A_MINUTE, A_MINUTE)):
            return []
        for parcel in parcels:
            parcel.channel, parcel.claimed_until = channel, now + CLAIMED_FOR
        ids = [parcel.id for parcel in parcels]
        Parcel.update(claimed_until=now + CLAIMED_FOR).where(Parcel.id.in_(ids)).execute()
    return parcels


def _due(channel_id: int, now: datetime) -> peewee.ModelSelect:
    return (
        Parcel.select(Parcel, Telling)
        .join(Telling)
        .where(
            Parcel.channel == channel_id,
            Parcel.done_at.is_null(),
            Parcel.due_at <= now,
            Parcel.claimed_until.is_null() | (Parcel.claimed_until <= now),
        )
    )


def _one_message(waiting: list[Parcel]) -> list[Parcel]:
    """What is urgent first, and alone; so is a digest, a test, and what was refused before: it may be the reason.
    The rest goes together, one message instead of many."""
    waiting = sorted(waiting, key=lambda parcel: not parcel.telling.urgent)
    if not waiting or _alone(waiting[0]):
        return waiting[:1]
    return [parcel for parcel in waiting if not _alone(parcel)]


def _alone(parcel: Parcel) -> bool:
    return parcel.telling.urgent or parcel.tries > 0 or parcel.telling.kind.startswith("notify.")


def _give_up_old(channel: Channel, now: datetime) -> None:
    old = Telling.select(Telling.id).where(Telling.at < now - GIVEN_UP_AFTER)
    Parcel.update(done_at=now, given_up=True).where(
        Parcel.channel == channel, Parcel.done_at.is_null(), Parcel.due_at.is_null(False),
        Parcel.telling.in_(old),
    ).execute()  # fmt: skip


def _bucket(channel: Channel) -> str:
    """Two channels may lead to the same robot; it counts its messages together."""
    return f"robot:{digest(channel.address)[:32]}"


def deliver(parcels: list[Parcel]) -> bool:
    """Send claimed parcels as one message and note how it went; whether it went out."""
    channel = parcels[0].channel
    try:
        refused = _handed_over(channel, parcels)
    except wire.Failed as failed:
        _note_failure(channel, parcels, failed)
        return False
    except Exception as error:  # a mistake of ours must not stop the other channels
        current_app.logger.error("notify: channel %s: %s", channel.id, type(error).__name__)
        _note_failure(channel, parcels, wire.Failed("broken", type(error).__name__, whole=False))
        return False
    with writing():
        now = clock.now()
        Parcel.update(done_at=now, claimed_until=None).where(Parcel.id.in_([each.id for each in parcels])).execute()
        channel.fared_well(now)
        if refused:
            channel.failed(now, "some", ", ".join(refused), None)
    return True


def _handed_over(channel: Channel, parcels: list[Parcel]) -> list[str]:
    with force_locale(current_app.config["LANGUAGE"]):
        message = message_of(channel, [parcel.telling for parcel in parcels])
        if channel.is_mail:
            return _mailed(channel, message, f"{parcels[0].id}.{int(parcels[0].telling.at.timestamp())}")
    address, body = robots.request_of(
        channel.kind, channel.address, channel.secret, channel.form, message, time.time()
    )  # fmt: skip
    wire.post(address, body)
    return []


def _mailed(channel: Channel, message: Message, mark: str) -> list[str]:
    host, _colon, port = channel.address.rpartition(":")
    letter = wire.letter(
        message.title, robots.text_of(message, 100_000), channel.sender, channel.recipients,
        current_app.config["SCHOOL"], mark,
    )  # fmt: skip
    return wire.mail(
        host, int(port), channel.security, channel.user, channel.secret, letter, channel.recipients
    )  # fmt: skip


def message_of(channel: Channel, tellings: list[Telling]) -> Message:
    """What a channel says, in the language of the moment."""
    base, first = current_app.config["BASE_URL"], tellings[0]
    if first.kind == "notify.digest":
        lines = [Line(words, f"{base}{path}" if path else "") for words, path in first.facts["lines"]]
        title = first.facts["what"]
    else:
        lines = [Line(each.sentence, f"{base}{each.path}", each.urgent) for each in tellings]
        title = _title(tellings)
    return Message(
        title=f"{current_app.config['SCHOOL']} {title}".strip(),
        lines=tuple(lines),
        keyword=channel.keyword,
        urgent_words=_("urgent"),
        open_words=_("open"),
        more_words=_("… and %(count)s more, in the app"),
    )


def _title(tellings: list[Telling]) -> str:
    if tellings[0].kind == "notify.test":
        return _("Test message")
    if tellings[0].urgent:
        return _("Urgent notice")
    return ngettext("%(num)s notice", "%(num)s notices", len(tellings))


def _note_failure(channel: Channel, parcels: list[Parcel], failed: wire.Failed) -> None:
    with writing():
        now = clock.now()
        tries = max(parcel.tries for parcel in parcels) + 1
        wait = back_off(tries, failed.after)
        Parcel.update(tries=Parcel.tries + 1, due_at=now + wait, claimed_until=None).where(
            Parcel.id.in_([parcel.id for parcel in parcels])
        ).execute()
        channel.failed(now, failed.why, failed.detail, wait if failed.whole else None)


def back_off(tries: int, asked: float | None = None) -> timedelta:
    """How long to wait after so many failures: a minute, two, five … an hour; longer if the server asked for it."""
    wait = timedelta(minutes=BACK_OFF[min(tries, len(BACK_OFF)) - 1])
    return max(wait, timedelta(seconds=asked or 0))


# At once ----------------------------------------------------------------------------------------------------

_wanted = threading.Event()
_at_work = threading.Lock()


def hurry() -> None:
    """Have the outbox sent within seconds instead of at the next tick: in a thread, once the present act is stored, so
    that no page waits for a robot."""
    if has_app_context() and getattr(database.obj, "database", "") != ":memory:":
        app = current_app._get_current_object()
        when_stored(lambda: threading.Thread(target=send_soon, args=(app,), name="zongwu-hurry", daemon=True).start())


def send_soon(app: Flask) -> None:
    """What `hurry` runs. One at a time in a process; who comes meanwhile makes it go round once more."""
    _wanted.set()
    if not _at_work.acquire(blocking=False):
        return
    try:
        with app.app_context():
            database.connect(reuse_if_open=True)
            while _wanted.is_set():
                _wanted.clear()
                send()
    except Exception:
        app.logger.exception("notify: sending")
    finally:
        _at_work.release()
        database.close()


# How it fares -----------------------------------------------------------------------------------------------


def fates(channels: Iterable[Channel]) -> dict[int, tuple[int, int]]:
    """For each channel: how many messages wait to be sent now, and how many were given up in the last week."""
    week = clock.now() - timedelta(days=7)
    count = peewee.fn.COUNT
    waiting = (Parcel.done_at.is_null() & Parcel.due_at.is_null(False), 1)
    lost = (Parcel.given_up & (Parcel.done_at > week), 1)
    rows = (
        Parcel.select(Parcel.channel, count(peewee.Case(None, (waiting,))), count(peewee.Case(None, (lost,))))
        .where(Parcel.done_at.is_null() | Parcel.given_up)
        .group_by(Parcel.channel)
        .tuples()
    )
    found = {channel: (now, gone) for channel, now, gone in rows}
    return {channel.id: found.get(channel.id, (0, 0)) for channel in channels}


def on_its_way(channel: Channel) -> bool:
    """Whether a test was put in just now and nobody has tried to send it yet."""
    just_now = clock.now() - timedelta(minutes=1)
    return (
        Parcel.select()
        .join(Telling)
        .where(
            Parcel.channel == channel,
            Parcel.done_at.is_null(),
            Parcel.tries == 0,
            Telling.kind == "notify.test",
            Telling.at > just_now,
        )
        .exists()
    )


def worries() -> list[str]:
    """Sentences for `zongwu doctor`: channels that fail, and messages that nobody sends."""
    found = channel_worries()
    if stuck():
        found.append("Notices wait to be sent, but no tick runs: `zongwu serve` ticks itself, or run `zongwu tick`.")
    return found


def stuck() -> bool:
    """Whether messages are due for long although their channel does not fail: no tick runs."""
    late = clock.now() - tick.QUIET
    return (
        Parcel.select()
        .join(Channel)
        .where(
            Parcel.done_at.is_null(), Parcel.due_at < late, Parcel.tries == 0,
            Channel.off_at.is_null(), Channel.failing_since.is_null(),
        )
        .exists()
    )  # fmt: skip


tick.work(make_digests, "notify.digest")
tick.afterwards(send, "notify.outbox")
