"""What a checklist may look like as data: the same for the editor, for a file, and for the built-in ones."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from app.errors import Refused
from app.inspections.kinds import KINDS
from app.people.permissions import ROLES
from app.places.models import KINDS as PLACES
from app.repairs.models import KINDS as REPAIRS
from app.words import points

MOST_ITEMS = 80
MOST_BYTES = 300_000
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
FORMAT = 1  # of a file; one without a number is of the first format
_POINTS, _SMALL = 100_000, 100
KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def _text(longest: int, least: int = 0) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, str) and least <= len(value.strip()) and len(value) <= longest and _is_plain(value)
    )


def _is_plain(words: str) -> bool:
    """One line that can be stored and reads as it is: no control characters, no halves of a character, nothing that
    turns the direction of what follows."""
    return not any(unicodedata.category(each) in ("Cc", "Cs") or each in TURNS for each in words)


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _one_of(*known: Any) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in known


def _some_of(known: Any) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(each, str) and each in known for each in value)


def _rows(**fields: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and len(value) <= 20 and all(
        isinstance(row, dict) and row.keys() <= fields.keys() and "words" in row
        and all(fields[name](each) for name, each in row.items())
        for row in value
    )  # fmt: skip


def _truth(value: Any) -> bool:
    return isinstance(value, bool)


def _limit(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9)


def _slug(value: Any) -> bool:
    return isinstance(value, str) and bool(KEY.fullmatch(value))


HEAD = {
    "slug": _slug,
    "name": _text(60, 1),
    "name_en": _text(80),
    "target": _one_of("class", "place"),
    "kind": _one_of("score", "ticks", "list"),
    "family": lambda value: isinstance(value, str) and (value == "" or value in KINDS),
    "kinds": _some_of(PLACES),
    "who": _some_of({*ROLES, "card"}),
    "full": _whole(0, _POINTS),
    "bonus_max": _whole(0, _POINTS),
    "pass_mark": _whole(0, _POINTS),
    "all_fine": _truth,
}
ITEM = {
    "key": _slug,
    "name": _text(60, 1),
    "name_en": _text(80),
    "max": _whole(0, _POINTS),
    "step": _whole(1, _POINTS),
    "floor": _whole(0, _POINTS),
    "guide": _text(200),
    "guide_en": _text(200),
    "reasons": _rows(words=_text(40, 1), words_en=_text(60), points=_whole(1, _POINTS)),
    "photo_on_fail": _truth,
    "ticket_kind": _one_of(*REPAIRS),
    "kinds": _some_of(PLACES),
    "times": _whole(1, 20),
    "answer": _one_of("points", "fine", "number", "choice", "text"),
    "unit": _text(12),
    "unit_en": _text(12),
    "low": _limit,
    "high": _limit,
    "choices": _rows(words=_text(40, 1), words_en=_text(60), fine=_truth),
    "weight": _whole(0, _SMALL),
    "section": _text(40),
    "section_en": _text(60),
    "key_item": _truth,
    "skippable": _truth,
    "finding": _one_of("", "ticket", "hazard", "follow_up"),
}


def read(raw: bytes) -> dict[str, Any]:
    """A checklist from a file that was taken from one. Raises Refused (422) with what is wrong."""
    if not raw:
        raise Refused(_("Please choose a file."), 422)
    if len(raw) > MOST_BYTES:
        raise Refused(_("The file is too large for a checklist."), 422)
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Refused(_("This is not a checklist: the file can't be read as one."), 422) from None
    number = data.pop("format", FORMAT) if isinstance(data, dict) else FORMAT
    if sentence := _strange(number) or problem(data):
        raise Refused(sentence, 422)
    return data


def _strange(number: Any) -> str | None:
    if type(number) is not int or number < 1:
        return _("This is not a checklist: its format is unknown.")
    if number > FORMAT:
        return _("This file comes from a newer version of this program. Please update first.")
    return None


def as_file(data: Mapping[str, Any]) -> str:
    """A checklist as the text of a file, which `read` reads."""
    return json.dumps({"format": FORMAT, **data}, ensure_ascii=False, indent=2) + "\n"


def problem(data: Any) -> str | None:
    """What is wrong with a checklist as data, as a sentence; None when it can be published."""
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        return _("This is not a checklist.")
    head = {name: value for name, value in data.items() if name != "items"}
    if wrong := _wrong(head, HEAD, ("slug", "name", "target", "kind")):
        return _("The checklist's %(field)s can't be read.", field=wrong)
    if data.get("who") == []:
        return _("Please say who may use it.")
    items = data["items"]
    if not 1 <= len(items) <= MOST_ITEMS:
        return _("A checklist has from 1 to %(most)s items.", most=MOST_ITEMS)
    for at, item in enumerate(items, start=1):
        if sentence := _item_problem(item, head["kind"]):
            return _("Item %(number)s: %(problem)s", number=at, problem=sentence)
    if len({item["key"] for item in items}) < len(items):
        return _("Two items have the same key.")
    whole = sum(item.get("max", 0) for item in items)
    if head["kind"] == "score" and whole != head.get("full"):
        return _("The points of the items must add up to %(full)s.", full=points(head.get("full", 0)))
    return _("A score needs points to give.") if head["kind"] == "score" and not whole else None


def _wrong(row: Mapping[str, Any], fields: Mapping[str, Callable[[Any], bool]], needed: Any) -> str | None:
    unknown = row.keys() - fields.keys()
    missing = [name for name in needed if name not in row]
    bad = (name for name, value in row.items() if name in fields and not fields[name](value))
    return next(iter([*sorted(str(name)[:40] for name in unknown), *missing, *bad]), None)


def _item_problem(item: Any, kind: str) -> str | None:
    if not isinstance(item, dict):
        return _("This is not a checklist.")
    if wrong := _wrong(item, ITEM, ("key", "name")):
        return _("its %(field)s can't be read.", field=wrong)
    return next((sentence for _field, sentence in contradictions(item, kind)), None)


def contradictions(item: Mapping[str, Any], kind: str) -> list[tuple[str, str]]:
    """What does not go together in one item whose fields are each right: the field and a sentence."""
    found, most, answer = [], item.get("max", 0), item.get("answer", "points")
    if item.get("floor", 0) > most:
        found.append(("floor", _("No more points can stay than there are.")))
    if kind == "list" and answer == "points":
        found.append(("answer", _("A list without points asks for something else.")))
    if kind == "list" and most:
        found.append(("max", _("A list has no points; give it a weight.")))
    if answer == "points" and most % item.get("step", 50):
        found.append(("step", _("The steps must lead from full marks to nothing.")))
    if any(reason["points"] % item.get("step", 50) or reason["points"] > most for reason in item.get("reasons", ())):
        found.append(("reasons", _("A reason takes whole steps, and no more than the item has.")))
    if answer == "choice" and len(item.get("choices", ())) < 2:
        found.append(("choices", _("Please give two choices or more.")))
    low, high = item.get("low"), item.get("high")
    if low is not None and high is not None and low > high:
        found.append(("high", _("The upper limit is below the lower one.")))
    return found
