"""How a refusal looks: a sentence on a page, or a toast when htmx asked for a fragment."""

import re

import peewee
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

PAGES = {
    400: (_l("That request was cut off"), _l("Part of what your phone sent did not arrive. Please send it again.")),
    401: (_l("Please sign in"), _l("Sign in to go on.")),
    403: (_l("Not yours to do"), _l("Your account may not do this. The General Affairs Office can help.")),
    404: (_l("Nothing here"), _l("This page does not exist, or it is not yours to see.")),
    405: (_l("That can't be done here"), _l("Please go back and use the buttons on the page.")),
    409: (_l("That did not work out"), _l("Someone was faster, or the page is out of date.")),
    411: (_l("That request was cut off"), _l("Part of what your phone sent did not arrive. Please send it again.")),
    413: (_l("Too large"), _l("That is more than can be taken at once: at most 4 photos of 12 MB.")),
    415: (_l("Unknown kind of file"), _l("Please choose a photo.")),
    422: (_l("Please check what you entered"), _l("Something is missing or not right.")),
    429: (_l("A little slower, please"), _l("Too many at once from here. Please wait some minutes and try again.")),
    500: (_l("Something broke on our side"), _l("Nothing was stored. Please try again; if it stays, tell the office.")),
    503: (_l("Busy for a moment"), _l("Nothing was stored. Please try again in a few seconds.")),
}


# SQLite files our own mistakes under the same error as a full disk or a lock.
OUR_MISTAKE = re.compile(r"no such|syntax error|has no column")


class Refused(Exception):
    """A rule says no. The message is a sentence for the person at the screen.

    status: 409 for a rule, 403 for a right, 422 for input, 429 for too much.
    """

    def __init__(self, sentence: str, status: int = 409):
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


def refusal(status: int, sentence: str | None = None) -> Response:
    title, words = PAGES.get(status, PAGES[500])
    toast = request.headers.get("HX-Request") == "true"
    page = "_refusal.html" if toast else "refusal.html"
    answer = make_response(render_template(page, title=title, words=sentence or words, status=status), status)
    if toast:
        answer.headers["HX-Reswap"] = "none"  # the toast travels out-of-band; what was typed stays
    return answer


def _ask_the_database_no_more() -> None:
    """The page of an error must not fail like what it tells of: whoever is not yet known stays a visitor."""
    g.setdefault("_login_user", current_app.login_manager.anonymous_user())


def init_app(app: Flask) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return refusal(error.status, error.sentence)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None:
            return error.response
        answer = refusal(error.code or 500)
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                answer.headers[name] = value
        return answer

    @app.errorhandler(peewee.OperationalError)
    def busy(error: peewee.OperationalError) -> Response:
        if OUR_MISTAKE.search(str(error)):
            return broken(error)
        app.logger.warning("database: %s", error)
        _ask_the_database_no_more()
        return refusal(503, _("The database is busy or cannot be written. Nothing was stored; please try again."))

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        if app.testing:
            raise error
        app.logger.exception("unhandled")
        _ask_the_database_no_more()
        return refusal(500)
