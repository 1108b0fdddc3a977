"""The editor of a checklist: its head, and one form for each item."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, FileField, Form, HiddenField, SelectMultipleField, ValidationError

from app.fields import Count, LongWords, OneOf, Words, options
from app.inspections import scoring, shape
from app.inspections.checklists import ANSWERS, FINDINGS
from app.inspections.forms import PointsField
from app.inspections.kinds import GENERAL, KINDS
from app.people.permissions import ROLES
from app.places.models import KINDS as PLACES
from app.repairs.models import KINDS as REPAIRS
from app.words import points

SPARE = 3  # empty rows below the items
FORMS = {"score": _l("Points"), "list": _l("Fine or not"), "ticks": _l("Tasks to tick off")}
TARGETS = {"place": _l("a place"), "class": _l("a class")}


class Number(Words):
    """A number as typed; `.data` is a float or None."""

    def __init__(self, label: Any, **kwargs: Any):
        super().__init__(label, longest=20, needed=False, **kwargs)

    def post_validate(self, form: Form, stopped: bool) -> None:
        if self.data and scoring.number(str(self.data)) is None:
            raise ValidationError(_("Please give a number like 37.3."))

    @property
    def value(self) -> float | None:
        return scoring.number(str(self.data)) if self.data else None


class Lines(LongWords):
    """Rows as lines, their parts between bars: `小块纸屑 | small litter | 0.5`. A choice that is not fine begins
    with a minus."""

    def __init__(self, label: Any, *, worth: bool, **kwargs: Any):
        super().__init__(label, longest=1500, **kwargs)
        self.worth = worth

    @staticmethod
    def typed(rows: Sequence[Mapping[str, Any]]) -> str:
        """Rows as they stand in the box."""
        return "\n".join(_line(row) for row in rows)

    def rows(self) -> list[dict[str, Any]]:
        """What was typed. Raises ValueError for a line without points where points are due."""
        return [self._row(line) for line in (self.data or "").splitlines() if line.strip()]

    def _row(self, line: str) -> dict[str, Any]:
        words, english, worth, *_more = [*(part.strip() for part in line.split("|")), "", ""]
        row: dict[str, Any] = {"words": words.lstrip("-−").strip() if not self.worth else words}
        if english:
            row["words_en"] = english
        if self.worth:
            value = scoring.number(worth or english)
            if value is None or not words:
                raise ValueError(line)
            if not worth:
                row.pop("words_en")
            row["points"] = round(value * 100)
        elif words[:1] in "-−" and words:
            row["fine"] = False
        return row

    def post_validate(self, form: Form, stopped: bool) -> None:
        try:
            rows = self.rows()
        except ValueError as wrong:
            raise ValidationError(_("This line has no points: %(line)s", line=str(wrong)[:60])) from None
        if not shape.ITEM["reasons" if self.worth else "choices"](rows):
            raise ValidationError(_("At most 20 lines of at most 40 characters, please."))


def _line(row: Mapping[str, Any]) -> str:
    words = ("" if row.get("fine", True) else "- ") + row["words"]
    worth = points(row["points"]) if "points" in row else ""
    return " | ".join(part for part in (words, row.get("words_en", ""), worth) if part)


class ItemForm(Form):
    """One item. An empty name is an empty row; a ticked `gone` leaves the item out of the new version."""

    key = HiddenField()
    order = Count(_l("Position"), low=1, high=999, needed=False)
    gone = BooleanField(_l("Leave out"))
    name = Words(_l("What is looked at"), longest=60, needed=False)
    name_en = Words(_l("in English"), longest=80, needed=False)
    answer = OneOf(_l("Answer"), choices=options(ANSWERS))
    max = PointsField(_l("Points"), highest=10_000, step=5, needed=False)
    step = PointsField(_l("Points a step"), highest=10_000, step=5, needed=False)
    floor = PointsField(_l("Points that always stay"), highest=10_000, step=5, needed=False)
    reasons = Lines(_l("Reasons to tap"), worth=True)
    choices = Lines(_l("Choices"), worth=False)
    unit = Words(_l("Unit"), longest=12, needed=False)
    unit_en = Words(_l("in English"), longest=12, needed=False)
    low = Number(_l("At least"))
    high = Number(_l("At most"))
    weight = Count(_l("Weight"), low=0, high=100, needed=False)
    section = Words(_l("Section"), longest=40, needed=False)
    section_en = Words(_l("in English"), longest=60, needed=False)
    guide = Words(_l("Guide"), longest=200, needed=False)
    guide_en = Words(_l("in English"), longest=200, needed=False)
    times = Count(_l("Times"), low=1, high=20, needed=False)
    ticket_kind = OneOf(_l("Repair of"), choices=[])
    finding = OneOf(_l("A failure opens"), choices=[], needed=False)
    kinds = SelectMultipleField(_l("Only at"), choices=[])
    photo_on_fail = BooleanField(_l("Photo needed when it fails"))
    key_item = BooleanField(_l("Key item: fails the whole check"))
    skippable = BooleanField(_l("May be left out: does not apply"))

    def __init__(
        self, formdata: Any = None, item: Mapping[str, Any] | None = None, *, number: int = 1, kind: str = "score"
    ):
        item = item or {}
        shown = {**item, "order": number, "low": _typed(item.get("low")), "high": _typed(item.get("high"))}
        shown["reasons"], shown["choices"] = Lines.typed(item.get("reasons", ())), Lines.typed(item.get("choices", ()))
        usual = {"answer": "points" if kind == "score" else "fine", "max": 0, "step": 50, "floor": 0, "weight": 1,
                 "times": 1, "ticket_kind": "other", "finding": "", "kinds": []}  # fmt: skip
        super().__init__(formdata, prefix=f"n{number}-", data={**usual, **shown})
        self.sheet_kind, self.number = kind, number
        self.ticket_kind.choices = options(_repairs())
        self.finding.choices = options({"": _("as the kind says"), **FINDINGS})
        self.kinds.choices = [(key, words) for key, (words, _icon) in PLACES.items()]

    @property
    def is_there(self) -> bool:
        return bool(self.name.data) and not self.gone.data

    @property
    def title(self) -> str:
        return self.name.data or _("new item")

    def put(self, position: int) -> None:
        """Give it another place among the items."""
        self.order.data, self.order.raw_data = position, [str(position)]

    def row(self) -> dict[str, Any]:
        """The item as data."""
        row = {name: self[name].data for name in shape.ITEM if name in self and name not in ("low", "high")}
        for name, usual in (("max", 0), ("step", 50), ("floor", 0), ("weight", 1), ("times", 1)):
            row[name] = usual if row[name] is None else row[name]
        row = {name: "" if value is None else value for name, value in row.items()}
        row |= {"reasons": self.reasons.rows(), "choices": self.choices.rows()}
        if self.sheet_kind != "score":
            row |= {"max": 0, "floor": 0}
        if self.sheet_kind == "ticks":
            row["answer"] = "points"
        return row | {"low": self.low.value, "high": self.high.value}

    def validate(self, extra_validators: Any = None) -> bool:
        if not self.is_there:
            return True
        if not super().validate(extra_validators):
            return False
        for name, sentence in shape.contradictions(self.row(), self.sheet_kind):
            self[name].errors = [*self[name].errors, sentence]
        return not self.errors


def _repairs() -> dict[str, Any]:
    return {key: words[0] if isinstance(words, tuple) else words for key, words in REPAIRS.items()}


def _typed(value: float | None) -> str:
    return "" if value is None else scoring.as_typed(value)


class EditorHead(Form):
    """What a checklist says of itself."""

    name = Words(_l("Name of the checklist"), longest=60)
    name_en = Words(_l("Name in English"), longest=80, needed=False)
    kind = OneOf(_l("How it is judged"), choices=options(FORMS))
    family = OneOf(_l("Kind"), choices=[])
    target = OneOf(_l("Looks at"), choices=options(TARGETS))
    kinds = SelectMultipleField(_l("Kinds of place (none: all)"), choices=[])
    who = SelectMultipleField(_l("Who may use it"), choices=[])
    bonus_max = PointsField(_l("Bonus at most"), highest=10_000, step=5, needed=False)
    pass_mark = Count(_l("Passes from (points, or percent of a list; 0: no limit)"), low=0, high=1000, needed=False)
    all_fine = BooleanField(_l("One tap may say that the rest is fine"))

    def __init__(self, formdata: Any = None, data: Mapping[str, Any] | None = None):
        data = dict(data or {"kind": "list", "target": "place", "family": GENERAL, "who": ["director"]})
        data["pass_mark"] = _shown_mark(data)
        data["family"] = data.get("family") or GENERAL
        super().__init__(formdata, data=data)
        self.family.choices = options({slug: kind.words for slug, kind in KINDS.items()})
        self.kinds.choices = [(key, words) for key, (words, _icon) in PLACES.items()]
        self.who.choices = [*((key, words) for key, words in ROLES.items()), ("card", _("duty cards"))]

    def validate_who(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("Please choose somebody."))


def _shown_mark(data: Mapping[str, Any]) -> int:
    mark = data.get("pass_mark", 0)
    return mark // 100 if data.get("kind") == "score" else mark


class Editor:
    """A checklist being edited: `.head` and `.items`. `data` is what it starts from, `formdata` what was typed."""

    def __init__(self, data: Mapping[str, Any] | None = None, formdata: Any = None):
        self.slug = (data or {}).get("slug", "")
        self.head = EditorHead(formdata, data)
        kind, items = self.head.kind.data or "list", list((data or {}).get("items", ()))
        if formdata is None:
            rows = [*items, *[None] * SPARE]
        else:
            known = {item["key"]: item for item in items}
            rows = [known.get(formdata.get(f"n{at}-key", "")) for at in range(1, _sent_rows(formdata) + 1)]
        self.items = [ItemForm(formdata, row, number=at, kind=kind) for at, row in enumerate(rows, start=1)]

    def __iter__(self) -> Iterator[ItemForm]:
        return iter(self.items)

    # Before it is saved: another order, more rows

    def arrange(self, wish: str) -> None:
        """What a button of the editor asks for: `up-3`, `down-3`, `gone-3` (left out, or not after all), `more`."""
        verb, _dash, number = wish.partition("-")
        row = next((item for item in self.items if str(item.number) == number), None)
        if verb == "more":
            self._add_rows()
        elif row is not None and verb == "gone":
            row.gone.data = not row.gone.data
        elif row is not None and verb in ("up", "down"):
            self._move(row, -1 if verb == "up" else 1)

    def _add_rows(self) -> None:
        kind, room = self.head.kind.data or "list", shape.MOST_ITEMS + SPARE - len(self.items)
        first = max((item.number for item in self.items), default=0) + 1
        self.items += [ItemForm(None, None, number=at, kind=kind) for at in range(first, first + min(SPARE, room))]

    def _move(self, row: ItemForm, step: int) -> None:
        rows = self.in_order()
        at = rows.index(row)
        to = min(max(at + step, 0), len(rows) - 1)
        rows.insert(to, rows.pop(at))
        for position, each in enumerate(rows, start=1):
            each.put(position)
        self.items = rows

    def in_order(self) -> list[ItemForm]:
        """The items as their positions were typed."""
        return sorted(self.items, key=lambda item: item.order.data or 999)

    def validate(self) -> bool:
        right = [self.head.validate(), *(item.validate() for item in self.items)]
        return all(right)

    def data(self, slug: str) -> dict[str, Any]:
        """The checklist as data, its items in the order that was typed, each with a key of its own."""
        rows = [item.row() for item in self.in_order() if item.is_there]
        taken = {row["key"] for row in rows if row["key"]}
        free = (f"item-{number}" for number in range(1, 999) if f"item-{number}" not in taken)
        for row in rows:
            row["key"] = row["key"] or next(free)
        head = {name: self.head[name].data for name in shape.HEAD if name in self.head}
        head["bonus_max"] = head["bonus_max"] or 0
        head["pass_mark"] = (head["pass_mark"] or 0) * (100 if head["kind"] == "score" else 1)
        head["name_en"] = head["name_en"] or ""
        full = sum(row["max"] for row in rows) if head["kind"] == "score" else 0
        return {**head, "slug": slug, "full": full, "items": rows}


def _sent_rows(formdata: Any) -> int:
    text = formdata.get("rows", "")
    return min(int(text), shape.MOST_ITEMS + SPARE) if text.isascii() and text.isdigit() and len(text) < 4 else 0


class ImportForm(Form):
    """A checklist as one file."""

    file = FileField(_l("File"))
