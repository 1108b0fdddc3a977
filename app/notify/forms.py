"""What a director fills in: a group robot, a mail list, and the table of what each is told."""

import re
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError
from wtforms.widgets import PasswordInput

from app.fields import Count, LongWords, OneOf, Words, options
from app.notify.channels import FORMS, KINDS, SECURITY, Channel
from app.notify.events import EVENTS, MODES

# Where each kind of robot lives: an address of one pasted into the form of another would never be answered.
HOMES = {
    "qyapi.weixin.qq.com": "wecom",
    "oapi.dingtalk.com": "dingtalk",
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "feishu",
}
MAIL_ADDRESS = re.compile(r"[^\s@,;<>\"']{1,64}@[^\s@,;<>\"']+\.[^\s@,;<>\"'.]+")
MOST_RECIPIENTS = 20


class Secret(StringField):
    """A key or password: not shown while it is typed, and never sent to a page once it is stored."""

    widget = PasswordInput(hide_value=False)  # what was typed is kept when the form comes back with an error

    def __init__(self, label: Any, **kwargs: Any):
        kwargs["render_kw"] = {"autocomplete": "new-password", **kwargs.get("render_kw", {})}
        super().__init__(label, [Length(max=200, message=_l("At most %(max)d characters, please."))], **kwargs)

    def process_formdata(self, values: list[str]) -> None:
        self.data = "".join(character for character in values[0] if character.isprintable()).strip() if values else ""


class RobotForm(Form):
    """A robot of a group. While one is changed, an empty address or secret means: as it was."""

    name = Words(_l("What people call the group"), longest=40)
    address = Words(_l("Address of the robot (webhook)"), longest=500, needed=False)
    secret = Secret(_l("Signing secret"))
    keyword = Words(_l("Keyword that the robot asks for"), longest=30, needed=False)
    form = RadioField(_l("Messages"), choices=[SelectChoice(*row) for row in FORMS.items()], default="markdown")

    def __init__(self, *args: Any, kind: str, channel: Channel | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._kind, self._channel = kind, channel
        self.address.flags.required = channel is None
        if kind == "wecom":
            del self.secret

    def validate_form(self, field: RadioField) -> None:
        if field.data not in FORMS:
            raise ValidationError(_("Please tap one of these."))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        fine = super().validate(*args, **kwargs)
        problem = None if self.address.errors else self._problem(self.address.data or "")
        if problem:
            self.address.errors = [problem]
        return fine and not problem

    def _problem(self, address: str) -> str | None:
        if not address:
            return None if self._channel else _("Please fill this in.")
        host = host_of(address)
        if host is None:
            return _("Please copy the whole address of the robot; it begins with https://.")
        home = HOMES.get(host, self._kind)
        return None if home == self._kind else _("This is the address of another kind: %(kind)s.", kind=KINDS[home])

    def values(self) -> dict[str, Any]:
        """What is to be stored; what was left empty stays as it is."""
        found = {"name": self.name.data, "keyword": self.keyword.data or "", "form": self.form.data}
        for secret in ("address", "secret"):
            if secret in self and self[secret].data:
                found[secret] = self[secret].data
        return found


def host_of(address: str) -> str | None:
    """The host of an http or https address; None when it is no such address."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or re.search(r"\s", address):
        return None
    try:
        address.encode("ascii")
    except UnicodeEncodeError:
        return None
    return parts.hostname


class MailForm(Form):
    """A list of mail boxes, and the school's server that takes the letters."""

    name = Words(_l("What people call the list"), longest=40)
    recipients = LongWords(_l("To whom, one address a line"), longest=2000, needed=True)
    sender = Words(_l("Sender's address"), longest=120)
    host = Words(_l("Mail server"), longest=120)
    port = Count(_l("Port"), low=1, high=65535)
    security = OneOf(_l("Encryption"), choices=options(SECURITY), default="tls")
    user = Words(_l("User name"), longest=120, needed=False)
    secret = Secret(_l("Password or authorisation code"))

    def __init__(self, *args: Any, channel: Channel | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._channel = channel

    @property
    def addresses(self) -> list[str]:
        return list(dict.fromkeys(re.split(r"[\s,;,;、]+", self.recipients.data or "")))

    def validate_recipients(self, field: LongWords) -> None:
        wrong = [address for address in self.addresses if not MAIL_ADDRESS.fullmatch(address)]
        if wrong:
            raise ValidationError(_("This is not a mail address: %(words)s", words=wrong[0][:60]))
        if len(self.addresses) > MOST_RECIPIENTS:
            raise ValidationError(_("At most %(most)s addresses, please.", most=MOST_RECIPIENTS))

    def validate_sender(self, field: Words) -> None:
        if not MAIL_ADDRESS.fullmatch(field.data or ""):
            raise ValidationError(_("This is not a mail address: %(words)s", words=(field.data or "")[:60]))

    def validate_user(self, field: Words) -> None:
        if not (field.data or "").isascii():  # mail servers know no other names and passwords
            raise ValidationError(_("Letters, digits and signs of the keyboard only, please."))

    def validate_secret(self, field: Secret) -> None:
        if not (field.data or "").isascii():
            raise ValidationError(_("Letters, digits and signs of the keyboard only, please."))

    def validate_host(self, field: Words) -> None:
        if not re.fullmatch(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]", field.data or ""):
            raise ValidationError(_("Please give the name of a server, such as smtp.exmail.qq.com."))

    def values(self) -> dict[str, Any]:
        found = {
            "name": self.name.data,
            "recipients": self.addresses,
            "sender": self.sender.data,
            "address": f"{self.host.data}:{self.port.data}",
            "security": self.security.data,
            "user": self.user.data or "",
        }
        return {**found, "secret": self.secret.data} if self.secret.data else found

    @staticmethod
    def known(channel: Channel) -> dict[str, Any]:
        """What stands in the form of a channel that is changed."""
        host, _colon, port = channel.address.rpartition(":")
        return {"host": host, "port": int(port), "recipients": "\n".join(channel.recipients)}


def form_for(kind: str, data: Any, channel: Channel | None = None) -> Form:
    """The form of a kind, blank, filled from a channel, or as it was sent."""
    if kind == "mail":
        known = MailForm.known(channel) if channel else {"port": 465}
        shown = {field: getattr(channel, field) for field in ("name", "sender", "security", "user")} if channel else {}
        return MailForm(data, channel=channel, data={**shown, **known})
    shown = {field: getattr(channel, field) for field in ("name", "keyword", "form")} if channel else {}
    return RobotForm(data, kind=kind, channel=channel, data=shown)


HOURS = {str(hour): f"{hour:02}:00" for hour in range(24)}


def choices_sent(form: Any, channel: Channel) -> tuple[dict[str, str], int | None]:
    """One column of the table as it was sent: event → mode, and the hour of the digest. What makes no sense stays as
    it was."""
    modes = {}
    for event in EVENTS:
        sent = form.get(f"{channel.id}-{event}")
        if sent in MODES:
            modes[event] = sent
    hour = form.get(f"{channel.id}-digest")
    if hour is None or (hour and hour not in HOURS):
        return modes, channel.digest_hour
    return modes, int(hour) if hour else None
