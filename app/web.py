"""What every views file uses: render, done, allow, public, get_or_404, pages, and the request's manners."""

import gzip
import hashlib
import math
import mimetypes
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask_babel
import peewee
from babel import Locale
from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    g,
    has_app_context,
    has_request_context,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.globals import app_ctx
from flask.typing import ResponseReturnValue
from flask_babel import Babel, Domain, gettext, ngettext
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.utils import safe_join

from app import clock, once
from app.config import LANGUAGES, STATIC
from app.errors import Refused, refusal
from app.people.permissions import PERMISSIONS

PAGE_SIZE = 30
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}


# Who may ----------------------------------------------------------------------------------------------------


def allow(action: str, *, once_only: bool = True) -> Callable:
    """Say who may use a view: everyone whose role holds `action`. A POST acts once (see once.py)."""
    PERMISSIONS[action]  # a typing error stops the start

    def wrap(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            if not current_user.may(action):
                return ask_to_sign_in() if not current_user.is_authenticated else abort(403)
            return _run(view, once_only, *args, **kwargs)

        guarded.action = action
        return guarded

    return wrap


def public(view: Callable | None = None, *, once_only: bool = True) -> Callable:
    """Say that a view is for everybody, signed in or not."""
    if view is None:
        return lambda later: public(later, once_only=once_only)

    @wraps(view)
    def open_to_all(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        return _run(view, once_only, *args, **kwargs)

    open_to_all.action = "public"
    return open_to_all


def _run(view: Callable, once_only: bool, *args: Any, **kwargs: Any) -> ResponseReturnValue:
    if request.method == "POST" and once_only:
        return once.act_once(view, *args, **kwargs)
    return view(*args, **kwargs)


def ask_to_sign_in() -> ResponseReturnValue:
    here = request.full_path if request.method == "GET" else own_path(request.referrer) or "/"
    target = url_for("people.sign_in", next=here.rstrip("?"))
    if wants_fragment():
        answer = refusal(401)
        answer.headers["HX-Redirect"] = target
        return answer
    if request.method == "GET":
        return redirect(target, 303)
    return refusal(401)


def get_or_404(query: peewee.ModelSelect, id: int) -> Any:
    """The row with this id among those the query lets through, or 404."""
    if not 0 < id < 2**63:
        abort(404)
    row = query.where(query.model._meta.primary_key == id).first()
    return row if row is not None else abort(404)


def own_path(address: str | None) -> str | None:
    """The path of an address if it is one of ours, else None: `next=` may lead nowhere else."""
    try:
        parts = urlsplit(address or "")
    except ValueError:  # such as http://[
        return None
    if parts.netloc and parts.netloc != request.host:
        return None
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if not path.startswith("/") or path.startswith(("//", "/\\")) or any(ord(c) < 32 for c in path):
        return None
    return path


# What to show -----------------------------------------------------------------------------------------------


def me() -> Any:
    """Who asks: the person or the card itself, not the proxy, which looks for it anew each time."""
    return current_user._get_current_object()


def wants_fragment() -> bool:
    """Whether htmx asks for a piece of the page. The only place where htmx's request headers are read."""
    header = request.headers.get
    return header("HX-Request") == "true" and not header("HX-Boosted") and not header("HX-History-Restore-Request")


def render(page: str, /, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """The whole page, or only its changing piece when htmx asks for it."""
    part = fragment and wants_fragment()
    context["current_user"] = me()  # asked dozens of times in a page; the proxy is slow
    body = render_template(fragment if part else page, **context)
    if part:
        body += render_template("_flashes.html", out_of_band=True)
    answer = make_response(body, status)
    answer.headers.add("Vary", "HX-Request")
    return answer


def done(location: str, fragment: str | None = None, **context: Any) -> Response:
    """After a POST: the changed piece for htmx, a 303 to the page for everybody else."""
    if fragment and wants_fragment():
        return render(fragment, fragment, **context)
    if wants_fragment():
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = location
        return answer
    return redirect(location, 303)


def shown_once(answer: Response, location: str, sentence: str) -> Response:
    """An answer that holds a secret, such as a first password: it is stored nowhere. A phone that sends the form
    again is led to `location`, where `sentence` is said."""
    answer.instead = location, sentence
    answer.headers["Cache-Control"] = "no-store"
    return answer


def say(sentence: str, kind: str = "fine") -> None:
    """A sentence for the person, shown once on the next page or as a toast. kind: fine, info, late."""
    flash(sentence, kind)


class Page:
    """One page of a list. `rows` are fetched with one extra row instead of counting the whole table.

    name: of its number in the address, where several lists stand on one page.
    """

    def __init__(self, query: peewee.ModelSelect, number: int | None = None, size: int = PAGE_SIZE, name: str = "page"):
        self.name, self.number = name, number if number is not None else page_number(name)
        found = list(query.limit(size + 1).offset((self.number - 1) * size))
        self.rows, self.more = found[:size], len(found) > size

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def link(self, number: int) -> str:
        return url_for(request.endpoint, **{**request.view_args, **request.args.to_dict(flat=False), self.name: number})


def page_number(name: str = "page") -> int:
    try:
        return min(max(int(request.args.get(name, "1")), 1), 1_000_000)
    except ValueError:
        return 1


def whole(name: str, low: int = 1, high: int = 2**31) -> int | None:
    """A whole number from the query string, or None when it is missing or makes no sense."""
    try:
        number = int(request.args.get(name, ""))
    except ValueError:
        return None
    return number if low <= number <= high else None


@dataclass(frozen=True)
class Waiting:
    """A counted card of the home page: what waits for someone, and the list that holds just that."""

    words: str
    count: int
    icon: str
    url: str
    late: bool = False


# Static files with names that change with their content ------------------------------------------------------


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def same_for_all(template: str) -> Markup:
    """A piece of the page that depends on nothing but the language: rendered once for each."""
    return _rendered_once(current_app._get_current_object(), template, language_now())


@cache
def _rendered_once(app: Flask, template: str, language: str) -> Markup:
    return Markup(render_template(template))


def language_now() -> str:
    return g.setdefault("language_now", language())


@cache
def svg_icon(name: str, classes: str = "") -> Markup:
    """A drawing of the sprite; it always stands beside a word. `icon` in the macros is the same."""
    sprite = asset_url("img/icons.svg")
    return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>').format(classes, sprite, name)


@cache
def asset_url(name: str) -> str:
    """The address of a static file that may be kept for ever: its content's fingerprint is part of it."""
    return f"/static/{_fingerprint(name)}/{name}"


@cache
def _content(path: str, packed: bool) -> bytes:
    data = Path(path).read_bytes()
    return gzip.compress(data, 9, mtime=0) if packed else data


PACKED_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def static_file(digest: str, name: str) -> Response:
    path = safe_join(str(STATIC), name)
    if path is None or not Path(path).is_file() or _fingerprint(name) != digest:
        abort(404)
    text = PACKED_TYPES.get(Path(path).suffix)
    packed = text is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    kind = f"{text}; charset=utf-8" if text else mimetypes.guess_type(name)[0]
    answer = Response(_content(path, packed), content_type=kind or "application/octet-stream")
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    if text:
        answer.vary.add("Accept-Encoding")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


# Manners of every request ------------------------------------------------------------------------------------


def began() -> datetime:
    """When a form began to arrive: with photos and a weak signal that is a minute before its view runs."""
    return g.began


def same_origin() -> None:
    """A change may only come from our own pages, whatever the browser; told by its headers, not by a token,
    so that a form left open on a phone for a day still works."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    header = request.headers.get
    if site := header("Sec-Fetch-Site"):
        own = site in ("same-origin", "none")
    elif source := header("Origin") or header("Referer"):
        own = _host(source) == request.host
    else:
        own = "_user_id" not in session
    if not own:
        raise Refused(_("This did not come from one of our own pages, so nothing was done."), 403)


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return None


class WholeBodies:
    """WSGI: a body must have a length, and a shorter one is refused instead of stored cut off.

    gunicorn marks its input as terminated, which makes Werkzeug trust a torn body; taking the mark away makes
    it count. See tests/test_web.py for the torn request.
    """

    def __init__(self, app: Callable):
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Any:
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return self.app(environ, start_response)


def whole_body() -> None:
    if request.method != "POST":
        return
    g.began = clock.now()
    if request.content_length is None and request.headers.get("Transfer-Encoding"):
        abort(411)
    request.form  # noqa: B018 - read now: a torn body raises 400 before anything is decided


def finish(answer: Response) -> Response:
    for name, value in HEADERS.items():
        if name not in answer.headers:  # a PDF has a policy of its own
            answer.headers.add(name, value)
    if "Cache-Control" not in answer.headers:
        answer.headers["Cache-Control"] = "no-store" if current_user.is_authenticated else "no-cache"
    return _compress(answer)


def _compress(answer: Response) -> Response:
    if (
        answer.direct_passthrough
        or answer.is_streamed  # a page that shows how far it is must not wait for its end
        or answer.mimetype != "text/html"
        or "Content-Encoding" in answer.headers
        or "gzip" not in request.headers.get("Accept-Encoding", "")
        or len(answer.get_data()) < 1000
    ):
        return answer
    answer.set_data(gzip.compress(answer.get_data(), 5, mtime=0))
    answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    return answer


def language() -> str:
    """The visitor's own choice, else their account's language, else the school's."""
    if not has_request_context():
        return current_app.config["LANGUAGE"]
    chosen = request.cookies.get("language")
    if chosen in LANGUAGES:
        return chosen
    return getattr(current_user, "language", None) or current_app.config["LANGUAGE"]


class Catalogue(Domain):
    """The one domain of messages. Flask-Babel asks five context locals for each word; a small page has thirty words,
    and they cost a quarter of it. Here a request finds its translations once."""

    def get_translations(self) -> Any:
        if not has_app_context():
            return super().get_translations()
        kept = _app_context().g.__dict__
        notes = kept.get("_flask_babel")  # Flask-Babel's own of this request; force_locale() changes its locale
        locale = getattr(notes, "babel_locale", None)
        if locale is None or kept.get("_catalogue_of") is not locale:
            kept["_catalogue"] = super().get_translations()
            kept["_catalogue_of"] = kept["_flask_babel"].babel_locale
        return kept["_catalogue"]


_app_context = app_ctx._get_current_object


def device_id() -> str:
    """A random name for this phone, kept in its session, so that limits need not count a whole school as one."""
    if "device" not in session:
        session["device"] = secrets.token_urlsafe(9)
        session.permanent = True
    return session["device"]


def label_address(code: str) -> str:
    """The address printed on a label: from the settings, never from the request."""
    return f"{current_app.config['BASE_URL']}/q/{code}"


def init_app(app: Flask) -> None:
    locales = {code: Locale.parse(code) for code in LANGUAGES}  # parsing looks for a file, each time
    Babel(app, locale_selector=lambda: locales[language()])
    catalogue = Catalogue()
    flask_babel.get_domain = lambda: catalogue  # gettext() and its kin look it up by this name
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)
    app.wsgi_app = WholeBodies(app.wsgi_app)
    app.before_request(whole_body)
    app.before_request(same_origin)
    app.after_request(finish)
    app.add_url_rule("/static/<digest>/<path:name>", "static_file", public(static_file))
    app.jinja_env.globals.update(
        asset_url=asset_url,
        svg_icon=svg_icon,
        icon=svg_icon,
        new_key=once.new_key,
        ceil=math.ceil,
        language=language_now,
        same_for_all=same_for_all,
        school=lambda: app.config["SCHOOL"],
        may=lambda action: current_user.may(action),  # macros know no current_user
        own_address=lambda: app.config["BASE_URL"],
    )
