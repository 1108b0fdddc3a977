"""Many labels, one verb: what each scanned code stands for and whether the verb fits it. Nothing is stored here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _

from app.assets.models import Asset, Shelf
from app.custody.models import Custody, none_left
from app.db import writing
from app.people.models import Person
from app.places.codes import Label, is_well_formed, tidy
from app.places.models import Place

MOST = 50  # labels in one act


@dataclass
class Line:
    """One scanned label. `problem` is the sentence why the verb does not fit, empty when it does."""

    code: str
    asset: Asset | None = None
    custody: Custody | None = None
    quantity: int = 1
    problem: str = ""


def code_in(text: str) -> str:
    """The code in what was typed or scanned; a hand scanner types the whole address of the label."""
    return tidy(text.rsplit("/q/", 1)[-1].rsplit("/Q/", 1)[-1])[:12]


def lines(codes: Sequence[str], verb: str, quantities: dict[str, int]) -> list[Line]:
    """Look all codes up in a constant number of queries; each once, in the order of scanning."""
    codes = list(dict.fromkeys(codes))[:MOST]
    labels = {label.code: label for label in _labels(codes)}
    assets = [label.asset for label in labels.values() if label.asset_id]
    out: dict[int, list[Custody]] = {}
    for row in Custody.holders_of(assets):
        out.setdefault(row.asset_id, []).append(row)
    left = _free_of_batches([asset for asset in assets if asset.is_batch], out)
    return [_line(code, labels.get(code), verb, out, left, quantities.get(code, 1)) for code in codes]


def _labels(codes: Sequence[str]) -> peewee.ModelSelect:
    here = Place.alias()
    return (
        Label.select(Label, Place, Asset, here)
        .join(Place, peewee.JOIN.LEFT_OUTER)
        .switch(Label)
        .join(Asset, peewee.JOIN.LEFT_OUTER, attr="asset")
        .join(here, peewee.JOIN.LEFT_OUTER, on=(Asset.place == here.id), attr="place")
        .where(Label.code.in_(codes))
    )


def _free_of_batches(batches: list[Asset], out: dict[int, list[Custody]]) -> dict[int, int]:
    if not batches:
        return {}
    shelved = Shelf.select(Shelf.asset, peewee.fn.SUM(Shelf.quantity)).where(Shelf.asset.in_(batches))
    held = {id: sum(row.quantity for row in rows) for id, rows in out.items()}
    return {id: quantity - held.get(id, 0) for id, quantity in shelved.group_by(Shelf.asset).tuples()}


def _line(
    code: str, label: Label | None, verb: str, out: dict[int, list[Custody]], left: dict[int, int], quantity: int
) -> Line:
    line = Line(code, problem=_label_problem(code, label))
    if line.problem:
        return line
    line.asset, holders = label.asset, out.get(label.asset_id, [])
    if verb == "back":
        line.custody = holders[0] if len(holders) == 1 else None
        line.quantity = line.custody.quantity if line.custody else 1
        line.problem = _back_problem(holders)
    else:
        line.quantity = quantity if line.asset.is_batch else 1
        line.problem = _give_problem(line, holders, left.get(label.asset_id, 0))
    return line


def _label_problem(code: str, label: Label | None) -> str:
    if not is_well_formed(code):
        return _("This code is mistyped. Please compare it with the label.")
    if label is None:
        return _("No label has this code.")
    if label.retired_at is not None:
        return _("This label is retired.")
    if label.place_id is not None:
        return _("This is the label of a room: %(place)s.", place=label.place.name)
    return _("This label is still blank.") if label.is_blank else ""


def _back_problem(holders: list[Custody]) -> str:
    if not holders:
        return _("This is not lent to anybody.")
    return _("Several people hold some of these. Please take them back one by one.") if len(holders) > 1 else ""


def _give_problem(line: Line, holders: list[Custody], left: int) -> str:
    asset = line.asset
    if asset.state == "disposed":
        return _("%(thing)s is disposed of and can't be given out.", thing=asset.name)
    if not asset.is_batch:
        if holders:
            return holders[0].already_words
        left = 0 if asset.place_id is None else 1
    return none_left(asset, left) if line.quantity > left else ""


def give_all(found: Sequence[Line], person: Person, by: Any, *, due_on: date | None, note: str = "") -> None:
    """Lend everything until a day, or hand it out when there is none: all of it or nothing."""
    with writing():
        for line in found:
            if due_on is None:
                Custody.hand_out(line.asset, person, by, quantity=line.quantity, note=note)
            else:
                Custody.lend(line.asset, person, by, due_on=due_on, quantity=line.quantity, note=note)


def take_all_back(found: Sequence[Line], by: Any) -> None:
    """Everything came back in good order: all of it or nothing."""
    with writing():
        for line in found:
            line.custody.take_back(by)
