"""The basket, the sheet before printing, the print itself, and the log."""

import io
import zipfile
from collections.abc import Iterator

import peewee
from flask import Response, current_app, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from flask_login import current_user

import labels
from app.errors import Refused
from app.people.models import Person
from app.places.codes import Label
from app.printing import code_views, paper, sheet_views
from app.printing.blueprint import bp
from app.printing.filters import KINDS, LabelFilter
from app.printing.models import Basket, PrintRun
from app.printing.setting import Setting
from app.web import Page, Waiting, allow, done, get_or_404, own_path, render, say

__all__ = ["bp", "code_views", "sheet_views", "waiting"]

PDF, PNG = "application/pdf", "image/png"
DPIS = (203, 300)


def waiting(who: Person) -> list[Waiting]:
    """The labels that wait to be printed, for those who print."""
    if not who.may("labels.print"):
        return []
    count = Basket.counts()[""]
    return [Waiting(_("labels to print"), count, "printer", url_for("printing.basket"))] if count else []


# The basket ---------------------------------------------------------------------------------------------------


@bp.get("/")
@allow("labels.print")
def basket() -> ResponseReturnValue:
    """What waits to be printed, by kind."""
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    page = Page(paper.with_things(Basket.of_kind(kind)))
    return render("printing/basket.html", page=page, kind=kind, kinds=KINDS, counts=Basket.counts())


@bp.post("/basket")
@allow("labels.print")
def add() -> ResponseReturnValue:
    """Put labels in: of a place, of an asset, of what stands in a room (`inside`), or all that a filter finds."""
    count = Basket.put_all(_asked_for().select(Label.code).order_by())
    already = _("Nothing new came into the basket: these labels are in it already.")
    say(ngettext("%(num)s label put into the basket.", "%(num)s labels put into the basket.", count) if count
        else already, "fine" if count else "info")  # fmt: skip
    return done(own_path(request.form.get("next")) or url_for(".basket"))


def _asked_for() -> peewee.ModelSelect:
    form = request.form
    if asset := _number("asset"):
        return Label.in_use().where(Label.asset == asset)
    if place := _number("place_only"):
        return Label.in_use().where(Label.place == place)
    if codes := form.getlist("code"):
        return Label.in_use().where(Label.code.in_(codes[:500]))
    wanted = LabelFilter.of(form)
    if wanted.state == "retired":
        raise Refused(_("Retired labels are not printed again."))
    return wanted.labels()


def _number(name: str) -> int | None:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@bp.post("/basket/removal")
@allow("labels.print")
def remove() -> ResponseReturnValue:
    """Take some out, or all of a kind."""
    kind = request.form.get("kind", "")
    kind = kind if kind in KINDS else ""
    count = Basket.take_out(None if "all" in request.form else request.form.getlist("code")[:500], kind)
    say(ngettext("%(num)s label taken out of the basket.", "%(num)s labels taken out of the basket.", count))
    return done(own_path(request.form.get("next")) or url_for(".basket", kind=kind or None))


# The sheet before printing, and printing ----------------------------------------------------------------------


@bp.get("/sheet")
@allow("labels.print")
def sheet() -> ResponseReturnValue:
    """The sheet to scale as it will print; everything chosen stands in the address."""
    return sheet_page(Setting.of(request.args))


@bp.get("/sheet/sum")
@allow("labels.print")
def sheet_sum() -> ResponseReturnValue:
    """How many labels and sheets this is, asked again after each tap."""
    return render("printing/_sum.html", "printing/_sum.html", setting=Setting.of(request.args))


def sheet_page(setting: Setting, refused: str = "", status: int = 200) -> Response:
    return render("printing/sheet.html", "printing/_sheet.html", status, setting=setting, refused=refused)


@bp.post("/print", endpoint="print")
@allow("labels.print")
def print_labels() -> ResponseReturnValue:
    """Print what was shown: makes the run, marks its labels printed, remembers what is left of the sheet."""
    setting = Setting.of(request.form)
    if setting.errors:
        return sheet_page(setting, "", 422)
    setting.require_as_shown()
    try:
        run = setting.print(by=current_user)
    except Refused as refused:
        return sheet_page(setting, refused.sentence, refused.status)
    return done(url_for(".run", id=run.id))


# What was printed ---------------------------------------------------------------------------------------------


@bp.get("/runs")
@allow("labels.print")
def runs() -> ResponseReturnValue:
    """The log: who printed what, when, on which sheets."""
    return render("printing/runs.html", page=Page(PrintRun.latest()))


@bp.get("/runs/<int:id>")
@allow("labels.print")
def run(id: int) -> ResponseReturnValue:
    """One printing: its file, its sheets, its labels, and what to do when it did not come out."""
    return run_page(get_or_404(PrintRun.select(), id))


def run_page(run: PrintRun, problem: str = "", status: int = 200) -> Response:
    left = [sheet for sheet in run.papers if sheet.free and not sheet.closed_at]
    return render("printing/run.html", None, status, run=run, page=Page(run.printed), papers=run.papers, left=left,
                  dpis=DPIS, returned=run.returned_count, problem=problem)  # fmt: skip


@bp.get("/runs/<int:id>/labels.pdf")
@allow("labels.print")
def pdf(id: int) -> ResponseReturnValue:
    """The file of a run, made anew from its rows: the same bytes each time."""
    run = get_or_404(PrintRun.select(), id)
    out = io.BytesIO()
    run.write_pdf(out)
    return attachment(out, file_name(run.numbers or str(run), "pdf"), PDF)


@bp.get("/runs/<int:id>/labels-<int:dpi>.zip")
@allow("labels.print")
def pngs(id: int, dpi: int) -> ResponseReturnValue:
    """A picture of each label for a label printer, zipped while it is sent."""
    run = get_or_404(PrintRun.select(), id)
    if dpi not in DPIS:
        raise Refused(_("203 or 300 dots per inch, please."), 404)
    texts = {text.code: text for text in run.texts()}
    paper.require_printable_at(next(iter(texts.values())), run.paper_sheet, dpi)
    answer = Response(_zipped(list(texts.values()), run.paper_sheet, dpi, paper.font()), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=f"labels-{run}-{dpi}.zip")
    return answer


def _zipped(texts: list[labels.Label], sheet: labels.Sheet, dpi: int, font: str | None) -> Iterator[bytes]:
    """A zip in pieces, one picture after the other: no more than one is held in memory."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as bundle:
        for index, text in enumerate(texts, 1):
            bundle.writestr(f"{index:04}-{text.code}.png", labels.render_png(text, sheet, dpi, font))
            yield pipe.take()
    yield pipe.take()


class _Pipe(io.RawIOBase):
    """A file that is read while it is written."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data, self.pieces = b"".join(self.pieces), []
        return data


@bp.post("/runs/<int:id>/return")
@allow("labels.print")
def put_back(id: int) -> ResponseReturnValue:
    """It did not come out: these pages go back into the basket."""
    run = get_or_404(PrintRun.select(), id)
    pages = {int(page) for page in request.form.getlist("page") if page.isascii() and page.isdigit() and len(page) < 6}
    what = request.form.get("paper")
    if what not in ("clean", "spoiled") or not pages:
        return run_page(run, _("Please say which sheets, and whether the paper can still be used."), 422)
    count = run.put_back(current_user, pages, clean=what == "clean")
    say(ngettext("%(num)s label is back in the basket.", "%(num)s labels are back in the basket.", count))
    return done(url_for(".run", id=id))


@bp.post("/runs/<int:id>/again")
@allow("labels.print")
def again(id: int) -> ResponseReturnValue:
    """The same labels once more, with the same codes."""
    run = get_or_404(PrintRun.select(), id)
    count = Basket.put_all(run.codes())
    say(ngettext("%(num)s label put into the basket.", "%(num)s labels put into the basket.", count))
    return done(url_for(".basket"))


# Files --------------------------------------------------------------------------------------------------------


def file_name(what: str, suffix: str) -> str:
    """`标签 0042–0045.pdf`, in the school's language."""
    with force_locale(current_app.config["LANGUAGE"]):
        return f"{_('Labels')} {what}.{suffix}"


def attachment(out: io.BytesIO, name: str, mimetype: str) -> Response:
    out.seek(0)
    return send_file(out, mimetype, as_attachment=True, download_name=name)
