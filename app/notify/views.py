"""The own notices, and the channels of the school: who is told what, and how each fares."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import Form

from app import tick
from app.errors import Refused
from app.notify import outbox
from app.notify.channels import KINDS, Channel
from app.notify.events import EVENTS, MODES
from app.notify.forms import HOURS, choices_sent, form_for
from app.notify.models import Notice
from app.web import Page, allow, done, get_or_404, own_path, render, say

bp = Blueprint("notify", __name__, url_prefix="/notices")


# The inbox --------------------------------------------------------------------------------------------------


@bp.get("/", endpoint="list")
@allow("notify.own")
def inbox() -> ResponseReturnValue:
    """What I was told, newest first; only what I have not read, if I ask so."""
    unread = request.args.get("which") == "unread"
    page = Page((Notice.unread_of if unread else Notice.of)(current_user))
    return render("notify/list.html", page=page, unread=unread, newest=newest_of(page))


def newest_of(page: Page) -> int:
    """Up to where everything is read at one tap: what comes while the page is open is not."""
    return max((notice.id for notice in page if notice.read_at is None), default=0)


@bp.post("/<int:id>/reading")
@allow("notify.own")
def read(id: int) -> ResponseReturnValue:
    """Read one: on to what it tells of."""
    notice = get_or_404(Notice.of(current_user), id)
    notice.read()
    return done(own_path(notice.telling.path) or url_for(".list"))


@bp.post("/reading")
@allow("notify.own")
def read_all() -> ResponseReturnValue:
    upto = request.form.get("upto", "")
    count = Notice.read_all(current_user, int(upto) if upto.isascii() and upto.isdigit() and len(upto) < 15 else 0)
    say(_("All read.") if count else _("There was nothing new."), "fine" if count else "info")
    return done(url_for(".list"))


# The channels -----------------------------------------------------------------------------------------------


@bp.get("/channels")
@allow("notify.channels")
def channels() -> ResponseReturnValue:
    return channels_page()


def channels_page(status: int = 200, problem: str = "") -> ResponseReturnValue:
    every = list(Channel.select().order_by(Channel.off_at.is_null(False), Channel.id))
    return render(
        "notify/channels.html",
        status=status,
        channels=every,
        live=[channel for channel in every if channel.off_at is None],
        fates=outbox.fates(every),
        problem=problem,
        sent=request.form,
        events=EVENTS,
        modes=MODES,
        hours=HOURS,
        kinds=KINDS,
        silent=tick.silent(),
    )


@bp.post("/channels/table")
@allow("notify.channels")
def choose() -> ResponseReturnValue:
    """The whole table at once: every event, every channel."""
    try:
        for channel in Channel.live():
            channel.choose(current_user, *choices_sent(request.form, channel))
    except Refused as refused:
        return channels_page(refused.status, refused.sentence)
    say(_("The table is stored."))
    return done(url_for(".channels"))


@bp.route("/channels/new/<kind>", methods=["GET", "POST"])
@allow("notify.channels")
def add(kind: str) -> ResponseReturnValue:
    if kind not in KINDS:
        abort(404)
    form = form_for(kind, request.form)
    if request.method == "GET":
        return channel_page(form, kind)
    if not form.validate():
        return channel_page(form, kind, status=422)
    return stored(form, kind, None, lambda: Channel.add(current_user, kind, **form.values()))


@bp.get("/channels/<int:id>")
@allow("notify.channels")
def channel(id: int) -> ResponseReturnValue:
    channel = get_or_404(Channel.select(), id)
    return channel_page(form_for(channel.kind, None, channel), channel.kind, channel)


@bp.post("/channels/<int:id>")
@allow("notify.channels")
def change(id: int) -> ResponseReturnValue:
    channel = get_or_404(Channel.select(), id)
    form = form_for(channel.kind, request.form, channel)
    if not form.validate():
        return channel_page(form, channel.kind, channel, 422)
    return stored(form, channel.kind, channel, lambda: channel.change(current_user, **form.values()))


def stored(form: Form, kind: str, channel: Channel | None, store: Callable[[], Any]) -> ResponseReturnValue:
    """Store it; a name that is taken is told at its field."""
    try:
        made = store() or channel
    except Refused as refused:
        if refused.status != 422:
            raise
        form.name.errors = [*form.name.errors, refused.sentence]
        return channel_page(form, kind, channel, 422)
    say(_("Stored. Send a test to see whether it arrives."))
    return done(url_for(".channel", id=made.id))


def channel_page(form: Form, kind: str, channel: Channel | None = None, status: int = 200) -> ResponseReturnValue:
    """The form, and how the channel fares; that part asks for itself again while a message is on its way."""
    return render(
        "notify/channel.html",
        "notify/_state.html",
        status=status,
        form=form,
        kind=kind,
        kind_word=KINDS[kind],
        channel=channel,
        **fate_of(channel),
    )


def fate_of(channel: Channel | None) -> dict[str, Any]:
    if channel is None:
        return {}
    waiting, lost = outbox.fates([channel])[channel.id]
    return {"waiting": waiting, "lost": lost, "on_its_way": outbox.on_its_way(channel)}


@bp.post("/channels/<int:id>/test")
@allow("notify.channels")
def test(id: int) -> ResponseReturnValue:
    """Put a test message into the outbox; it is sent behind the page's back, and the page tells how it went."""
    channel = get_or_404(Channel.live(), id)
    outbox.put_test(channel, current_user)
    say(_("A test message is on its way."), "info")
    return done(url_for(".channel", id=id))


@bp.post("/channels/<int:id>/off")
@allow("notify.channels")
def switch_off(id: int) -> ResponseReturnValue:
    channel = get_or_404(Channel.select(), id)
    channel.switch_off(current_user)
    say(_("Nothing is sent there any more."))
    return done(url_for(".channel", id=id))


@bp.post("/channels/<int:id>/on")
@allow("notify.channels")
def switch_on(id: int) -> ResponseReturnValue:
    channel = get_or_404(Channel.select(), id)
    channel.switch_on(current_user)
    say(_("The channel is on again."))
    return done(url_for(".channel", id=id))
