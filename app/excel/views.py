"""The pages of every import, lent to the nouns that take sheets in.

`import_pages(bp, AssetImporter, "assets.edit")` gives the blueprint these, under /import:

    .import_form      GET   what to send, the template, what is understood
    .import_send      POST  the file → kept for an hour → its check
    .import_check     GET   the dry run with a bar that grows, then what it found, row by row
    .import_apply     POST  all rows in one act
    .import_marked    GET   the sheet with its error column
    .import_template  GET   the template

Everything works without a script: the dry run is one page that is sent while it is worked out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request, stream_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from wtforms import Form

from app import once
from app.db import when_stored
from app.errors import Refused
from app.excel import books, kept, out, read
from app.excel.importer import Importer, Report
from app.excel.kept import Kept
from app.web import allow, done, page_number, render, say

SHOWN = 100  # problems on a page
MOST_MB = read.MOST_BYTES // 1024**2
_applying: dict[str, "Pages"] = {}  # endpoint → whose sheet is read before the act begins


@dataclass(frozen=True)
class Pages:
    """The addresses of one import. `prefix` tells several imports of one blueprint apart."""

    importer: type[Importer]
    blueprint: str
    prefix: str
    back: str

    def url(self, which: str, /, **values: Any) -> str:
        return url_for(f"{self.blueprint}.{self.prefix}import_{which}", **values)

    @property
    def back_url(self) -> str:
        return url_for(self.back)

    def claimed(self, claim: str) -> Kept | None:
        return kept.claimed(claim, self.importer.name, current_user)

    # Each view is a short paragraph; what they share stands below.

    def form(self, problem: str = "", status: int = 200) -> Response:
        importer = self.importer(current_user)
        return render(
            "excel/import.html", None, status, pages=self, importer=importer, problem=problem,
            notes=books.general_notes(importer), most=MOST_MB, questions=self.questions(),
        )  # fmt: skip

    def questions(self) -> Form | None:
        asked = self.importer.questions
        return asked(request.form if request.method == "POST" else None) if asked else None

    def send(self) -> ResponseReturnValue:
        file = request.files.get("file")
        if file is None or not file.filename:
            return self.form(_("Please choose a file."), 422)
        try:
            read.check(file.stream)
        except read.Unreadable as why:
            return self.form(str(why), 422)
        questions = self.questions()
        if questions is not None and not questions.validate():
            return self.form("", 422)
        given = {field.name: request.form.get(field.name, "")[:200] for field in questions or ()}
        waiting = kept.take(file.stream, file.filename, self.importer.name, current_user, given)
        return done(self.url("check", claim=waiting.claim))

    def check(self, claim: str) -> ResponseReturnValue:
        waiting = self.claimed(claim)
        if waiting is None:
            return self.gone()
        report = waiting.report
        if report is None:
            return self.checking(waiting)
        if report.unreadable:
            return self.form(report.unreadable, 422)
        start = (page_number() - 1) * SHOWN
        return render(
            "excel/checked.html", pages=self, importer=self.importer(current_user), report=report, claim=claim,
            problems=report.problems[start : start + SHOWN], number=page_number(), most=MOST_MB,
            more=len(report.problems) > start + SHOWN, given=waiting.given,
            questions=self.importer.questions and self.importer.questions(MultiDict(waiting.given)),
        )  # fmt: skip

    def checking(self, waiting: Kept) -> Response:
        """The page that grows while the sheet is looked at; each step is a new bar over the one before."""
        importer = self.importer(current_user, waiting.given)
        stream = stream_template(
            "excel/checking.html", pages=self, importer=importer, filename=waiting.filename,
            steps=_checked(importer, waiting), next=self.url("check", claim=waiting.claim),
        )  # fmt: skip
        answer = Response(stream, mimetype="text/html")
        answer.headers["X-Accel-Buffering"] = "no"  # nginx would keep it back until the end
        return answer

    def apply(self, claim: str) -> ResponseReturnValue:
        waiting, importer = self.claimed(claim), g.get("importer_ready")
        if waiting is None or importer is None:
            return self.gone()
        report = importer.apply(waiting.tell)
        when_stored(waiting.remove)
        if answer := importer.answer(report):
            return answer
        say(applied(report))
        return done(self.back_url)

    def marked(self, claim: str) -> ResponseReturnValue:
        waiting = self.claimed(claim)
        if waiting is None:
            return self.gone()
        importer = self.importer(current_user, waiting.given)
        importer.dry_run(waiting.path, waiting.filename)
        name = waiting.filename.rpartition(".")[0] or str(self.importer.title)
        return out.answer(books.marked(importer, waiting.path), _("%(name)s (with problems)", name=name))

    def template(self) -> ResponseReturnValue:
        importer = self.importer(current_user)
        return out.answer(books.template(importer), _("%(title)s, template", title=importer.title))

    def progress(self, claim: str) -> ResponseReturnValue:
        waiting = self.claimed(claim)
        finished, of = waiting.progress if waiting else (0, 0)
        return jsonify(done=finished, of=of)

    def gone(self) -> Response:
        say(_("The sheet is kept for an hour only. Please send it again."), "info")
        return done(self.url("form"))


def import_pages(
    bp: Blueprint, importer: type[Importer], action: str, at: str = "/import", prefix: str = "", back: str = ""
) -> None:
    """Give a blueprint the pages of an import. `action` guards all of them.

    at: their address below the blueprint's. prefix: before the endpoint names, for a second import of the same
    blueprint (`prefix="class_"` → `.class_import_form`). back: endpoint of the list to show afterwards.
    """
    pages = Pages(importer, bp.name, prefix, back or f"{bp.name}.list")

    def add(name: str, address: str, view: Any, method: str = "GET", once_only: bool = True) -> None:
        guarded = allow(action, once_only=once_only)(_named(view, f"{prefix}import_{name}"))
        bp.add_url_rule(f"{at}{address}", f"{prefix}import_{name}", guarded, methods=[method])

    add("form", "", pages.form)
    add("send", "", pages.send, "POST", once_only=False)  # nothing is stored yet, and a file may be sent twice
    add("template", "/template.xlsx", pages.template)
    add("check", "/<claim>", pages.check)
    add("apply", "/<claim>", pages.apply, "POST")
    add("marked", "/<claim>/problems.xlsx", pages.marked)
    add("progress", "/<claim>/progress", pages.progress)
    _applying[f"{bp.name}.{prefix}import_apply"] = pages


def _named(view: Any, name: str) -> Any:
    def named(**values: Any) -> ResponseReturnValue:
        return view(**values)

    named.__name__ = name
    named.__doc__ = view.__doc__
    return named


def _checked(importer: Importer, waiting: Kept) -> Iterator[tuple[int, int]]:
    """The dry run as steps for the page; its report is kept at the end."""
    try:
        yield from importer.steps(waiting.path, waiting.filename)
    except Exception:
        if current_app.testing:
            raise
        current_app.logger.exception("dry run of %s", importer.name)
        importer.report = Report(waiting.filename, unreadable=_("Something broke on our side. Nothing was stored."))
    waiting.keep(importer.report)


def read_before_the_act() -> None:
    """Read the sheet before the write lock is taken: half of an import's time is opening the file."""
    pages = _applying.get(request.endpoint or "")
    waiting = pages and pages.claimed(request.view_args["claim"])
    if not waiting:
        return
    importer = pages.importer(current_user, waiting.given)
    for _step in importer.reading(waiting.path, waiting.filename):
        pass
    if importer.report.unreadable:
        raise Refused(importer.report.unreadable)
    importer.prepare()
    g.importer_ready = importer


once.prepare(read_before_the_act)


def applied(report: Report) -> str:
    """`已导入：新增 300 行，更新 20 行，9680 行没有变化` as a sentence."""
    parts = [
        report.added and ngettext("%(num)s row added", "%(num)s rows added", report.added),
        report.changed and ngettext("%(num)s row changed", "%(num)s rows changed", report.changed),
        report.same and ngettext("%(num)s row was already so", "%(num)s rows were already so", report.same),
    ]
    return _("Imported: %(parts)s.", parts=_(", ").join(part for part in parts if part))
