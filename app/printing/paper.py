"""What stands on a label, and whether it can be printed, in words for the person at the screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import peewee
from flask import current_app
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

import labels
from app.assets.models import Asset
from app.errors import Refused
from app.places.codes import Label
from app.places.models import Place
from app.web import label_address

NAMED = 5  # labels with unprintable characters that are named; the rest are counted


def with_things(query: peewee.ModelSelect) -> peewee.ModelSelect:
    """Labels with their place (floor and building) or their asset (and its room) loaded in the same query."""
    floor, building, room = Place.alias("floor"), Place.alias("building"), Place.alias("room")
    left = peewee.JOIN.LEFT_OUTER
    return (
        query.select(Label, Place, floor, building, Asset, room)
        .join(Place, left, on=(Label.place == Place.id))
        .join(floor, left, on=(Place.parent == floor.id), attr="parent")
        .join(building, left, on=(floor.parent == building.id), attr="parent")
        .join_from(Label, Asset, left, on=(Label.asset == Asset.id))
        .join(room, left, on=(Asset.place == room.id), attr="place")
    )


def on_paper(label: Label, with_place: bool = True) -> labels.Label:
    """The label as it is printed: the school's name and address come from the settings only.

    A class is not named on its room's label: it moves up each August and the label stays.
    """
    place, asset = label.place if label.place_id else None, label.asset if label.asset_id else None
    facts: dict[str, Any] = {"name": ""}
    if place is not None:
        number = "" if place.number in place.name else place.number
        facts = {"name": place.name, "number": number, "place": place.where if with_place else ""}
    elif asset is not None:
        room = asset.place.name if asset.place_id and with_place else ""
        facts = {"name": asset.name, "number": asset.number, "place": room}
    return labels.Label(label.code, label_address(label.code), current_app.config["SCHOOL"], kind=label.kind, **facts)


def font() -> str | None:
    """A fuller font for rare characters, when the school set one."""
    return current_app.config["FONT"] or None


def sheet_number_text(number: str) -> str:
    """What is printed in the margin, in the school's language: `张号 0042`."""
    with force_locale(current_app.config["LANGUAGE"]):
        return _("Sheet %(number)s", number=number)


@dataclass(frozen=True)
class Advice:
    """What to know before printing. `stops` refuse the print, `warnings` do not; `bad` are the codes of labels
    whose words can't be printed."""

    stops: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reading: str = ""
    bad: tuple[str, ...] = ()


def advise(texts: Sequence[labels.Label], sheet: labels.Sheet) -> Advice:
    """Module size, reading distance and missing characters, as sentences."""
    if not texts:
        return Advice()
    try:
        found = labels.check(texts[0], sheet)  # codes and their address are all of one length
    except labels.LabelError as wrong:
        return Advice((sentence(wrong),))
    facts = {"size": f"{max(found.module_mm, 0):.2f}"}
    stops = [_too_fine(found.module_mm)] if found.refused else []
    warnings = []
    if found.warning and not found.refused:
        warnings.append(
            _("The squares of the code are small: %(size)s mm, under 0.7 mm. A larger label, or a shorter web "
              "address in the settings, is read more easily.", **facts)
        )  # fmt: skip
    reading = _("The squares of the code are %(size)s mm; a usual phone reads it from up to about %(far)s m.",
                far=f"{found.distance_m:.1f}", **facts)  # fmt: skip
    bad = _unprintable(texts)
    codes = tuple(text.code for text, _missing in bad)
    return Advice((*stops, *_named(bad)), tuple(warnings), "" if found.refused else reading, codes)


def _too_fine(module: float) -> str:
    size = f"{max(module, 0):.2f}"
    return _("The code would be too fine to read: its squares would be %(size)s mm, and 0.4 mm is the least. "
             "Choose a larger label, or a shorter web address in the settings.", size=size)  # fmt: skip


def _unprintable(texts: Sequence[labels.Label]) -> list[tuple[labels.Label, str]]:
    """Labels with characters that no font has, and these characters."""
    if not labels.missing_characters(texts, font()):
        return []
    return [(text, missing) for text in texts if (missing := labels.missing_characters(text, font()))]


def _named(bad: Sequence[tuple[labels.Label, str]]) -> list[str]:
    """One sentence for each of the first few, a count of the others, and what to do."""
    if not bad:
        return []
    named = [
        _("The font lacks %(characters)s in “%(name)s” (%(code)s).",
          characters=" ".join(missing), name=text.name, code=text.code)
        for text, missing in bad[:NAMED]
    ]  # fmt: skip
    if len(bad) > NAMED:
        named.append(ngettext("%(num)s more label has such characters.", "%(num)s more labels have such characters.",
                              len(bad) - NAMED))  # fmt: skip
    return [*named, _("Change these names, or set a fuller font (ZONGWU_FONT).")]


def require_printable(texts: Sequence[labels.Label], sheet: labels.Sheet) -> None:
    """Refused, with the sentences, when anything would come out unreadable."""
    if not texts:
        raise Refused(_("There is nothing to print."))
    if stops := advise(texts, sheet).stops:
        raise Refused(" ".join(stops), 422)


def require_printable_at(text: labels.Label, sheet: labels.Sheet, dpi: int) -> None:
    """Refused when a label printer of so many dots an inch can't print the code, or the font lacks something."""
    try:
        found = labels.check(text, sheet, dpi)
    except labels.LabelError as wrong:
        raise Refused(sentence(wrong), 422) from wrong
    if found.refused:
        raise Refused(_too_fine(found.module_mm), 422)
    if bad := _named(_unprintable([text])):
        raise Refused(" ".join(bad), 422)


def sentence(wrong: labels.LabelError) -> str:
    """A refusal of the label library, in words."""
    values = wrong.values
    if wrong.reason == "missing-characters":
        return _("The font lacks these characters: %(characters)s", characters=" ".join(values["characters"]))
    if wrong.reason == "module-too-small":
        return _too_fine(values["module_mm"])
    if wrong.reason == "bad-cell" and values.get("cell") is None:
        return _("No label is left on this sheet.")
    if wrong.reason == "bad-cell":
        return _("This sheet has only %(cells)s labels.", cells=values["cells"])
    if wrong.reason == "bad-copies":
        return _("From 1 to 100 copies, please.")
    if wrong.reason == "bad-url":
        return _("The web address in the settings can't be printed.")
    return _("The label does not fit: its words need more room than this size has.")
