"""The groups and mail boxes of the school that are told: their addresses, what they want, what waits for them, and
how they fare."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import JSON, Day, Moment, Row, writing
from app.errors import Refused
from app.notify import events
from app.notify.events import EVENTS, MODES
from app.notify.models import Telling

KINDS = {
    "wecom": _l("WeCom group robot"),
    "dingtalk": _l("DingTalk group robot"),
    "feishu": _l("Feishu group robot"),
    "mail": _l("e-mail"),
}
FORMS = {"markdown": _l("with a link to tap"), "text": _l("plain text")}
SECURITY = {"tls": _l("TLS from the start (port 465)"), "starttls": _l("STARTTLS (port 587)"), "plain": _l("none")}
DIGEST_HOUR = 16
# Why sending failed, as the director reads it; %(detail)s is a code or the robot's own words.
FAILURES = {
    "address": _l("The address is not one of http or https."),
    "unreachable": _l("The server can't be reached: %(detail)s"),
    "timeout": _l("The server did not answer in time."),
    "tls": _l("The server's certificate is not trusted: %(detail)s"),
    "busy": _l("The server asks us to slow down (%(detail)s)."),
    "status": _l("The server answered %(detail)s."),
    "garbage": _l("What answered is not a group robot. Is the address right?"),
    "robot": _l("The robot refused the message: %(detail)s"),
    "login": _l("The mail server refused the user name or the password: %(detail)s"),
    "mail": _l("The mail server refused the message: %(detail)s"),
    "some": _l("Sent, but not to everybody. Refused: %(detail)s"),
    "broken": _l("Sending broke on our side: %(detail)s"),
}
SECRETS = ("address", "secret")

journal.says({
    "channel.added": _l("entered the channel %(name)s (%(kind)s)"),
    "channel.changed": _l("changed the channel %(name)s: %(what)s"),
    "channel.off": _l("switched the channel %(name)s off"),
    "channel.on": _l("switched the channel %(name)s on"),
    "channel.tested": _l("sent a test to the channel %(name)s"),
})  # fmt: skip
journal.calls({
    "channel.name": _l("name"),
    "channel.address": _l("address"),
    "channel.secret": _l("secret"),
    "channel.keyword": _l("keyword"),
    "channel.form": _l("form"),
    "channel.security": _l("encryption"),
    "channel.user": _l("user name"),
    "channel.sender": _l("sender"),
    "channel.recipients": _l("recipients"),
    "channel.modes": _l("what it is told"),
    "channel.digest_hour": _l("hour of the digest"),
    **{f"channel.kind.{kind}": words for kind, words in KINDS.items()},
})  # fmt: skip


class Channel(Row):
    """One group robot or one mail box list. A mail channel's address is `host:port`, its secret the password.

    Address and secret are as good as a key to the group: they go to nobody but the server they belong to.
    """

    kind = peewee.CharField(10, constraints=[peewee.Check("kind in ('wecom', 'dingtalk', 'feishu', 'mail')")])
    name = peewee.CharField(40, unique=True)
    address = peewee.TextField()
    secret = peewee.TextField(default="")
    keyword = peewee.CharField(30, default="")
    form = peewee.CharField(10, default="markdown")
    security = peewee.CharField(10, default="")
    user = peewee.CharField(120, default="")
    sender = peewee.CharField(120, default="")
    recipients = JSON(default=list)

    modes = JSON(default=dict)  # event → now, daily or empty
    digest_hour = peewee.IntegerField(null=True)  # on the school's clock
    digest_on = Day(null=True)  # the day of the last digest

    added_at = Moment(default=clock.now)
    off_at = Moment(null=True)
    # How it fares; written by the outbox
    sent_at = Moment(null=True)
    failing_since = Moment(null=True)
    tries = peewee.IntegerField(default=0)
    wait_until = Moment(null=True)
    error = JSON(null=True)  # {"why": a key of FAILURES, "detail": …}

    def __str__(self) -> str:
        return self.name

    @property
    def kind_word(self) -> Any:
        return KINDS[self.kind]

    @property
    def is_mail(self) -> bool:
        return self.kind == "mail"

    @property
    def error_words(self) -> str:
        """Why it fails, in the language of the moment; empty while all is well."""
        return str(FAILURES[self.error["why"]]) % {"detail": self.error["detail"]} if self.error else ""

    @property
    def masked(self) -> str:
        """Enough of the address to recognise it, not enough to use it."""
        if self.is_mail:
            return self.address
        parts = urlsplit(self.address)
        tail = (parts.query or parts.path)[-4:]
        return f"{parts.scheme}://{parts.hostname or ''}/…{tail}"

    def scrubbed(self, text: str) -> str:
        """`text` without anything of this channel that is secret."""
        parts = urlsplit(self.address) if not self.is_mail else None
        keys = [self.address, self.secret, *(_keys_in(parts) if parts else ())]
        for key in sorted({key for key in keys if len(key) >= 4 and not (self.is_mail and key == self.address)},
                          key=len, reverse=True):  # fmt: skip
            text = text.replace(key, "••••")
        return text

    @classmethod
    def live(cls) -> peewee.ModelSelect:
        return cls.select().where(cls.off_at.is_null()).order_by(cls.id)

    # Verbs

    @classmethod
    def add(cls, by: Any, kind: str, name: str, **fields: Any) -> "Channel":
        """Enter a channel; it begins with the defaults of the table."""
        with writing():
            cls._name_is_free(name)
            row = {"modes": events.defaults(kind), "digest_hour": DIGEST_HOUR, **fields}
            channel = cls.create(kind=kind, name=name, **row)
            journal.record("channel.added", channel, by, name=name, kind=[f"channel.kind.{kind}"])
        return channel

    def change(self, by: Any, **fields: Any) -> None:
        """Change what is known of it; the journal names what was changed, never to what."""
        with writing():
            if fields.get("name", self.name) != self.name:
                self._name_is_free(fields["name"])
            changed = [name for name, value in fields.items() if getattr(self, name) != value]
            if not changed:
                return
            for name in changed:
                setattr(self, name, fields[name])
            self._begin_anew()
            self.save()
            journal.record("channel.changed", self, by, name=self.name, what=[f"channel.{name}" for name in changed])

    @classmethod
    def _name_is_free(cls, name: str) -> None:
        if cls.select().where(cls.name == name).exists():
            raise Refused(_("There is already a channel %(name)s.", name=name), 422)

    def _begin_anew(self) -> None:
        """What was changed may well be the remedy: it need not wait, and is not called failing before it fails."""
        self.tries, self.wait_until, self.failing_since, self.error = 0, None, None, None

    def switch_off(self, by: Any) -> None:
        """Send nothing more; what waits for it is given up."""
        with writing():
            if self.off_at is not None:
                raise Refused(_("This channel is already switched off."))
            self.off_at = clock.now()
            self.save(only=["off_at"])
            give_up_all(self)
            journal.record("channel.off", self, by, name=self.name)

    def switch_on(self, by: Any) -> None:
        with writing():
            if self.off_at is None:
                raise Refused(_("This channel is already switched on."))
            self.off_at = None
            self._begin_anew()
            self.save()
            journal.record("channel.on", self, by, name=self.name)

    def choose(self, by: Any, modes: Mapping[str, str], digest_hour: int | None) -> None:
        """What it is told at once, in the digest, or not at all. Refused (422) for a digest without an hour."""
        chosen = {event: mode for event, mode in modes.items() if event in EVENTS and mode in MODES}
        if digest_hour is None and events.DAILY in chosen.values():
            raise Refused(_("%(name)s: choose the hour of the digest, or no event for it.", name=self.name), 422)
        with writing():
            if digest_hour is None:  # nothing will wait for a digest that never comes
                Parcel.update(done_at=clock.now()).where(
                    Parcel.channel == self, Parcel.done_at.is_null(), Parcel.due_at.is_null()
                ).execute()
            self.change(by, modes={**self.modes, **chosen}, digest_hour=digest_hour)

    # How it fares

    def fared_well(self, now: datetime) -> None:
        self.sent_at, self.tries, self.wait_until, self.failing_since, self.error = now, 0, None, None, None
        self._save_fate()

    def failed(self, now: datetime, why: str, detail: str, wait: timedelta | None) -> None:
        """wait: how long the whole channel is left alone; None when only one message was refused."""
        self.failing_since = self.failing_since or now
        self.tries += 1
        self.wait_until = now + wait if wait else None
        self.error = {"why": why, "detail": self.scrubbed(detail)[:200]}
        self._save_fate()

    def _save_fate(self) -> None:
        self.save(only=["sent_at", "tries", "wait_until", "failing_since", "error"])


def _keys_in(parts: Any) -> list[str]:
    """The pieces of a robot's address that are its key: the query, its values, and the last part of the path."""
    values = [pair.partition("=")[2] for pair in parts.query.split("&") if "=" in pair]
    return [parts.query, *values, parts.path.rpartition("/")[2] if not parts.query else "", parts.password or ""]


class Parcel(Row):
    """One telling for one channel. `due_at` is empty while it waits for the daily digest."""

    telling = peewee.ForeignKeyField(Telling, backref="parcels")
    channel = peewee.ForeignKeyField(Channel, backref="parcels", index=False)
    due_at = Moment(null=True)
    tries = peewee.IntegerField(default=0)
    claimed_until = Moment(null=True)
    done_at = Moment(null=True)  # sent, bundled in a digest, or given up
    given_up = peewee.BooleanField(default=False)

    class Meta:
        indexes = ((("channel", "telling"), True),)


Parcel.add_index(Parcel.index(Parcel.channel, Parcel.due_at, name="parcel_waiting", where=Parcel.done_at.is_null()))
Parcel.add_index(Parcel.index(Parcel.channel, Parcel.done_at, name="parcel_given_up", where=peewee.SQL("given_up")))


def give_up_all(channel: Channel) -> None:
    Parcel.update(done_at=clock.now(), given_up=True).where(
        Parcel.channel == channel, Parcel.done_at.is_null()
    ).execute()


def worries() -> list[str]:
    """Sentences for `zongwu doctor`."""
    found = []
    for channel in Channel.live().where(Channel.failing_since.is_null(False)):
        since = clock.local(channel.failing_since).strftime("%Y-%m-%d %H:%M")
        why = str(FAILURES[channel.error["why"]]) % {"detail": channel.error["detail"]}
        found.append(f"The channel {channel.name} ({channel.kind}) fails since {since}: {why}")
    return found
