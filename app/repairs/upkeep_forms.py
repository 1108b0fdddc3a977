"""What is filled in for a rule of preventive work."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, Form, ValidationError

from app import clock
from app.assets.models import Asset, Category, Shelf
from app.db import escape_like
from app.fields import Count, LongWords, OnDay, OneOf, PersonField, PickField, PlaceField, Words, options
from app.places.codes import Label, tidy
from app.repairs.models import KINDS
from app.repairs.upkeep import LONGEST, MOST_AHEAD, MOST_DAYS, MOST_MONTHS, PER, Rule, shortest

TARGETS = {"category": _l("things of a category"), "place": _l("one room or area"), "asset": _l("one thing")}
UNIT_WORDS = {"months": _l("every so many months"), "days": _l("every so many days"), "term": _l("before term begins")}
FOUND = 8


class AssetField(PickField):
    """Something of the ledger by number, label code, name or pinyin initials; the chips come with the answer."""

    finder = "repairs.upkeep_thing"
    action = "repairs.upkeep"

    def find(self, words: str) -> list[Asset]:
        return find_assets(words)

    def by_id(self, id: int) -> Asset | None:
        return _standing().where(Asset.id == id).first()

    def explain(self, row: Asset) -> str:
        return row.number


def find_assets(words: str) -> list[Asset]:
    """The first few that fit."""
    words = words.strip()
    coded = Asset.id.in_(Label.select(Label.asset).where(Label.code == tidy(words)))
    hit = (Asset.words ** f"%{escape_like(words.lower())}%") | (Asset.number == words) | coded
    return list(_standing().where(hit).order_by(Asset.name, Asset.number).limit(FOUND))


def _standing() -> Any:
    return Asset.select().where(Asset.state != "disposed")


class RuleForm(Form):
    """Which things, what is done to them, how often, and who does it."""

    name = Words(_l("What is to be done"), longest=60)
    words = LongWords(_l("How, for who does it"), longest=LONGEST)
    kind = OneOf(_l("Kind"), choices=options({key: kind[0] for key, kind in KINDS.items()}))
    target = OneOf(_l("To what"), choices=options(TARGETS), default="category")
    category = OneOf(_l("Category"), needed=False, coerce=int, default=0)
    per = OneOf(_l("Tickets"), choices=options(PER), default="building")
    place = PlaceField(_l("Room or area"), needed=False)
    asset = AssetField(_l("Thing, by number or name"), needed=False)
    unit = OneOf(_l("How often"), choices=options(UNIT_WORDS), default="months")
    every = Count(_l("Every how many (days or months)"), high=MOST_DAYS, needed=False, default=1)
    first_on = OnDay(_l("First due on"))
    before = Count(_l("How many days before term begins"), low=0, high=MOST_AHEAD, needed=False, default=7)
    ahead = Count(_l("The ticket opens so many days ahead"), low=0, high=MOST_AHEAD, default=3)
    worker = PersonField(_l("Who does it"), needed=False)

    def __init__(self, *args: Any, rule: Rule | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in (self.category, self.place, self.asset, self.every, self.first_on, self.before):
            field.flags.required = True  # where the page shows it; the form asks for it there
        self.rule = rule
        chosen = rule.category_id if rule else None
        self.category.choices = options([(0, "—"), *((each.id, f"{each.word} {each.code}") for each in _used(chosen))])

    def validate_category(self, field: Field) -> None:
        if self.target.data == "category" and not field.data:
            raise ValidationError(_("Please choose one."))

    def validate_place(self, field: PlaceField) -> None:
        self._only_if("place", field)

    def validate_asset(self, field: AssetField) -> None:
        self._only_if("asset", field)

    def validate_worker(self, field: PersonField) -> None:
        if field.data is not None and not field.data.may("repairs.fix"):
            raise ValidationError(_("%(name)s does not repair: please choose who does.", name=field.data.name))

    def _only_if(self, target: str, field: Field) -> None:
        if self.target.data == target and field.data is None and not field.errors:
            raise ValidationError(_("Please fill this in."))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Fields that are left empty are not asked by WTForms; how often is asked here."""
        right = super().validate(*args, **kwargs)
        for field, wrong in ((self.every, self._wrong_every()), (self.first_on, self._wrong_day()),
                             (self.before, self._wrong_before()), (self.ahead, self._wrong_ahead())):  # fmt: skip
            if wrong and not field.errors:
                field.errors, right = [wrong], False
        return right

    def _wrong_every(self) -> str:
        most = {"days": MOST_DAYS, "months": MOST_MONTHS}.get(self.unit.data)
        if most is None or (self.every.data is not None and 1 <= self.every.data <= most):
            return ""
        return _("Please give a number from %(low)s to %(high)s.", low=1, high=most)

    def _wrong_day(self) -> str:
        if self.unit.data == "term" or self.first_on.data:
            return ""
        return _("Please give a day like 2026-12-01.")

    def _wrong_before(self) -> str:
        if self.unit.data != "term" or self.before.data is not None:
            return ""
        return _("Please give a number from %(low)s to %(high)s.", low=0, high=MOST_AHEAD)

    def _wrong_ahead(self) -> str:
        if self.ahead.data is None or not self.every.data or self.unit.data not in UNIT_WORDS:
            return ""
        if self.ahead.data < shortest(self.unit.data, self.every.data):
            return ""
        return _("The ticket must open after the one before it was due: fewer days ahead, please.")

    @property
    def facts(self) -> dict[str, Any]:
        """What Rule.add and Rule.change want to know."""
        target, term = self.target.data, self.unit.data == "term"
        picked = {name: self[name].data if target == name else None for name in ("asset", "place")}
        category = Category.get_by_id(self.category.data) if target == "category" else None
        first = (self.rule.first_on if self.rule else clock.today()) if term else self.first_on.data
        return {
            "name": self.name.data, "words": self.words.data or "", "kind": self.kind.data, **picked,
            "category": category, "per": self.per.data if category else "", "unit": self.unit.data,
            "every": 1 if term else self.every.data, "first_on": first, "before": self.before.data if term else 0,
            "ahead": self.ahead.data, "worker": self.worker.data,
        }  # fmt: skip


def form_of(rule: Rule) -> dict[str, Any]:
    """What the form of a rule shows."""
    names = ("name", "words", "kind", "place", "asset", "unit", "every", "first_on", "before", "ahead", "worker")
    target = "asset" if rule.asset_id else "place" if rule.place_id else "category"
    return {name: getattr(rule, name) for name in names} | {
        "target": target, "category": rule.category_id or 0, "per": rule.per or "building",
    }  # fmt: skip


def _used(chosen: int | None) -> list[Category]:
    """Categories of which something stands somewhere, and the one that a rule has."""
    here = Shelf.select(Asset.category).join(Asset).where(Shelf.quantity > 0)
    return list(Category.select().where(Category.id.in_(here) | (Category.id == (chosen or 0))).order_by(Category.code))
