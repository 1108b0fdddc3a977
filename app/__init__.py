"""总务码 (Zongwu): every room and asset carries a label; a scan opens what you may do there."""

from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask_login import LoginManager
from werkzeug.middleware.proxy_fix import ProxyFix

from app import clock, config, db, errors, housekeeping, web, words
from app.people.models import Stranger, whoever

__version__ = "0.1.0"

# Lowest first; a noun may import those before it, never those after it.
NOUNS = (
    "photos", "excel", "people", "calendar", "places", "notify", "assets", "approvals", "paper", "printing",
    "receiving", "custody", "transfers", "disposals", "stocktakes", "repairs", "inspections", "reports", "home",
)  # fmt: skip


def create_app(**settings: Any) -> Flask:
    """The application. `settings` win over the environment; `TESTING=True` is passed through to Flask."""
    testing = settings.pop("TESTING", False)
    values = config.load(**settings)
    app = Flask("app", static_folder=None, template_folder=str(config.TEMPLATES))
    app.config.update(values, TESTING=testing)
    app.config.update(
        SECRET_KEY=config.secret_key(values),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=values["SESSION_DAYS"]),
        MAX_CONTENT_LENGTH=50 * 1024 * 1024,  # four photos of 12 MB and the form
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,  # a megabyte of text is answered by the form, not by a bare 413
        MAX_FORM_PARTS=2000,
        BABEL_DEFAULT_LOCALE=values["LANGUAGE"],
        BABEL_TRANSLATION_DIRECTORIES=str(config.HERE / "translations"),
    )
    if urlsplit(values["BASE_URL"]).scheme == "https":
        app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_NAME="__Host-zongwu")
    else:
        app.config.update(SESSION_COOKIE_NAME="zongwu")
    if values["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, *[values["PROXIES"]] * 3)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    clock.init(values["TIMEZONE"])
    db.init_app(app)
    _init_people(app)
    web.init_app(app)
    words.init_app(app)
    for noun in NOUNS:
        views = import_module(f"app.{noun}.views")
        if hasattr(views, "bp"):  # excel has no pages of its own: it lends them to the nouns that import sheets
            app.register_blueprint(views.bp)
    app.register_blueprint(import_module("app.custody.gate_views").bp)  # short addresses, so that codes stay small
    app.register_blueprint(import_module("app.custody.clearance_views").bp)
    app.register_blueprint(import_module("app.places.card_views").bp)  # duty cards speak of classes and areas
    housekeeping.init_app(app)
    errors.init_app(app)
    return app


def _init_people(app: Flask) -> None:
    login = LoginManager(app)
    login.session_protection = None  # the sign-in row is the session; a phone changes its address all day
    login.anonymous_user = Stranger
    login.user_loader(whoever)
