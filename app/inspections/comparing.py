"""What a checklist from a file would change against the one in use: read before anything is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.inspections.checklists import ANSWERS, FINDINGS, HEAD, ITEM, Item, plain
from app.inspections.kinds import kind_of
from app.inspections.scoring import as_typed
from app.people.permissions import ROLES
from app.places.models import KINDS as PLACES
from app.repairs.models import KINDS as REPAIRS
from app.words import points

HEAD_WORDS = {
    "name": _l("Name of the checklist"), "name_en": _l("Name in English"), "target": _l("Looks at"),
    "kind": _l("How it is judged"), "family": _l("Kind"), "kinds": _l("Kinds of place (none: all)"),
    "who": _l("Who may use it"), "full": _l("Full marks"), "bonus_max": _l("Bonus at most"),
    "pass_mark": _l("Passes from"), "all_fine": _l("One tap may say that the rest is fine"),
}  # fmt: skip
ITEM_WORDS = {
    "name": _l("What is looked at"), "name_en": _l("in English"), "max": _l("Points"), "step": _l("Points a step"),
    "floor": _l("Points that always stay"), "guide": _l("Guide"), "guide_en": _l("Guide in English"),
    "reasons": _l("Reasons to tap"), "photo_on_fail": _l("Photo needed when it fails"), "ticket_kind": _l("Repair of"),
    "kinds": _l("Only at"), "times": _l("Times"), "answer": _l("Answer"), "unit": _l("Unit"),
    "unit_en": _l("Unit in English"), "low": _l("At least"), "high": _l("At most"), "choices": _l("Choices"),
    "weight": _l("Weight"), "section": _l("Section"), "section_en": _l("Section in English"),
    "key_item": _l("Key item: fails the whole check"), "skippable": _l("May be left out: does not apply"),
    "finding": _l("A failure opens"),
}  # fmt: skip
POINTS = ("max", "step", "floor", "full", "bonus_max")


@dataclass(frozen=True)
class Change:
    """One field, as it is and as it would be, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class ItemChange:
    """An item that stays, with what changes of it."""

    name: str
    changes: list[Change]


@dataclass
class Comparison:
    """`head` and `changed` say what becomes different; `added` and `removed` are items as data."""

    head: list[Change] = field(default_factory=list)
    added: list[dict[str, Any]] = field(default_factory=list)
    removed: list[dict[str, Any]] = field(default_factory=list)
    changed: list[ItemChange] = field(default_factory=list)
    moved: bool = False

    def __bool__(self) -> bool:
        return bool(self.head or self.added or self.removed or self.changed or self.moved)

    @classmethod
    def of(cls, old: Mapping[str, Any], new: Mapping[str, Any]) -> "Comparison":
        """Both shaped like the files in seeds/checklists; the items are the same whose `key` is."""
        was, will = _by_key(old["items"]), _by_key(new["items"])
        stay = [key for key in will if key in was]
        rows = [ItemChange(_name(was[key]), _changes(_whole(was[key]), _whole(will[key]), ITEM_WORDS)) for key in stay]
        return cls(
            head=_changes(_head(old), _head(new), HEAD_WORDS),
            added=[will[key] for key in will if key not in was],
            removed=[was[key] for key in was if key not in will],
            changed=[row for row in rows if row.changes],
            moved=stay != [key for key in was if key in will],
        )


def _by_key(items: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["key"]: dict(item) for item in items}


def _head(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data.get(name, plain(name, of_item=False)) for name in HEAD if name != "slug"}


def _whole(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item.get(name, plain(name)) for name in ITEM if name != "key"}


def _name(item: Mapping[str, Any]) -> str:
    return Item(name=item["name"], name_en=item.get("name_en", "")).title


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], labels: Mapping[str, Any]) -> list[Change]:
    return [
        Change(str(labels[name]), in_words(name, old[name]), in_words(name, new[name]))
        for name in labels
        if old[name] != new[name]
    ]


def in_words(name: str, value: Any) -> str:
    """A field of a checklist or item as a reader says it; a dash for nothing."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in POINTS:
        return points(value)
    if name in ("reasons", "choices"):
        return _("; ").join(map(_row, value)) or "–"
    if name in ("who", "kinds"):
        known = {**ROLES, "card": _l("duty cards"), **{key: words for key, (words, _icon) in PLACES.items()}}
        return _(", ").join(str(known.get(key, key)) for key in value) or "–"
    if name in _TABLES:
        return str(_TABLES[name].get(value, value)) or "–"
    if name == "family":
        return str(kind_of(value).words)
    return "–" if value in (None, "") else as_typed(value) if isinstance(value, float) else str(value)


def _row(row: Mapping[str, Any]) -> str:
    """`小块纸屑 small litter −0.5`, `缺失 missing ✗`"""
    worth = f"−{points(row['points'])}" if "points" in row else "" if row.get("fine", True) else _("not fine")
    return " ".join(filter(None, (row["words"], row.get("words_en", ""), worth)))


_TABLES: dict[str, Mapping[str, Any]] = {
    "answer": ANSWERS,
    "finding": {"": _l("as the kind says"), **FINDINGS},
    "ticket_kind": {key: kind[0] for key, kind in REPAIRS.items()},
    "kind": {"score": _l("Points"), "list": _l("Fine or not"), "ticks": _l("Tasks to tick off")},
    "target": {"place": _l("a place"), "class": _l("a class")},
}
