"""A paper as an answer: the page that prints, or the PDF. For the two addresses and for lists that print."""

import io

from flask import Response, current_app, send_file
from flask_babel import gettext as _

from app import clock
from app.paper import award as certificates
from app.paper import pdf as drawing
from app.paper.award import Award
from app.paper.document import Paper, text
from app.paper.parts import blank_date, signature_words
from app.people.qr import drawing as code_drawing
from app.web import render
from labels.label import LabelError
from labels.qr import fit


def page(paper: Paper | Award, pdf: str) -> Response:
    """The page to print, with buttons on the screen only. `pdf`: the address of the same paper as PDF."""
    address = code_address(paper)
    return render(
        "paper/award.html" if isinstance(paper, Award) else "paper/page.html",
        paper=paper,
        pdf=pdf,
        code=code_drawing(address) if address else None,
        printed_at=clock.now(),
        copy_words=drawing.copy_words,
        set_words=drawing.set_words,
        signature_words=signature_words,
        blank_date=blank_date,
    )


def pdf(paper: Paper | Award) -> Response:
    """The paper as a file that opens in the browser, named after its title and number."""
    out = io.BytesIO()
    render_pdf = certificates.render if isinstance(paper, Award) else drawing.render
    render_pdf(paper, out, code_address(paper), current_app.config["FONT"] or None)
    out.seek(0)
    answer = send_file(out, "application/pdf", download_name=f"{file_name(paper)}.pdf")
    # Browsers show a PDF by a plug-in in a page of their own; our usual policy forbids both its parts.
    answer.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def file_name(paper: Paper | Award) -> str:
    name = " ".join(filter(None, (text(paper.title), text(paper.number))))
    return "".join("-" if c in '\\/:*?"<>|\n' else c for c in name)[:80] or _("Slip")


def code_address(paper: Paper | Award) -> str:
    """The whole address of the live record; none when it would not fit a small code."""
    if not paper.code_url:
        return ""
    url = paper.code_url
    if url.startswith("/"):
        url = current_app.config["BASE_URL"] + url
    try:
        return url if fit(url).version <= MOST_VERSION else ""
    except LabelError:
        return ""


MOST_VERSION = 10  # 57 modules: 0.3 mm each on a code of 17 mm
