"""A4 pages from live data: describe a slip once, get a print page and a PDF.

A noun writes one builder per slip and registers it in its views (or in `papers.py` imported there):

>>> from app.paper import Column, Paper, Table, register
>>> def transfer(who, id):
...     slip = Transfer.visible_to(who).where(Transfer.id == id).first()
...     if slip is None:
...         return None  # 404, for a stranger as for a number that was never given
...     return Paper(
...         title=_("Transfer slip"), number=slip.number, code_url=url_for("transfers.show", id=id),
...         copies=(_("giver"), _("taker"), _("office")),
...         facts=[(_("From"), slip.place.name), (_("To"), slip.to.name), (_("Reason"), slip.reason, True)],
...         tables=[Table([Column(_("Number"), 3), Column(_("Name"), 5), Column(_("Count"), 1, "right")], rows)],
...         signatures=[(_("Given by"), slip.giver.name, day(slip.given_at)), (_("Taken by"),)],
...     )
>>> register("transfer", transfer)

and links to it with `url_for("paper.show", kind="transfer", id=slip.id)` (a page with Print and PDF on it) or
`url_for("paper.pdf", kind="transfer", id=slip.id)`. A list that prints what its filter shows has a route of its
own and answers with `answers.page(paper, pdf=…)` and `answers.pdf(paper)`. What hangs on a wall is an Award.
"""

from app.paper.award import Award
from app.paper.document import Column, Fact, Heading, Opinion, Paper, Picture, Signature, Sums, Table, register

__all__ = [
    "Award", "Column", "Fact", "Heading", "Opinion", "Paper", "Picture", "Signature", "Sums", "Table", "register",
]  # fmt: skip
