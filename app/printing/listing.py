"""The list of label codes as a sheet and as pages to print: the rows of LabelFilter."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from app.excel.listing import Listing
from app.excel.out import Col
from app.places.codes import Label
from app.places.models import Place
from app.printing import paper
from app.printing.filters import KINDS, STATES, LabelFilter


def codes_listing() -> Listing:
    wanted = LabelFilter.of(request.args)
    columns = [
        Col(_("Label code"), width=11), Col(_("Kind"), width=8), Col(_("Name of the thing"), width=24),
        Col(_("Its number"), width=18),
        Col(_("Where"), width=24), Col(_("State"), width=10), Col(_("Batch"), width=24, printed=False), Col(_("made"),
        "moment"),
        Col(_("printed"), "moment"), Col(_("stuck on"), "moment"), Col(_("retired"), "moment"), Col(_("Reason"),
        width=24),
    ]  # fmt: skip

    def dress(several: list[Label]) -> Iterator[Sequence[Any]]:
        for label in several:
            name, number, where = _thing(label)
            state = _("retired") if label.retired_at else STATES[label.state]
            yield [
                label.code, KINDS[label.kind], name, number, where, state, label.batch, label.made_at, label.printed_at,
                label.stuck_at, label.retired_at, label.retired_why,
            ]  # fmt: skip

    return Listing(
        _("Label codes"), columns, paper.with_things(wanted.labels()), dress, _in_words(wanted),
        url_for("printing.codes", **wanted.args),
    )  # fmt: skip


def _thing(label: Label) -> tuple[str | None, str | None, str | None]:
    """Name, number and place of what a code stands for."""
    if label.place_id:
        return label.place.name, label.place.number, label.place.where
    if label.asset_id:
        return label.asset.name, label.asset.number, label.asset.place.name if label.asset.place_id else None
    return None, None, None


def _in_words(wanted: LabelFilter) -> list[str]:
    place = Place.get_or_none(Place.id == wanted.place) if wanted.place else None
    kind, state = KINDS.get(wanted.kind, ""), STATES.get(wanted.state, "")
    days = f"{wanted.since or ''}–{wanted.until or ''}" if wanted.since or wanted.until else ""
    return [str(each) for each in (wanted.words, kind, state, place, wanted.batch, days) if each]
