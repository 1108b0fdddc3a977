"""Checklists as data: who may use which where, the parts of the day, and the built-in ones.

A checklist that changes becomes a new version; a check keeps the version it was made with.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import JSON, Moment, Prepared, Row, digest, writing
from app.errors import Refused
from app.inspections import shape
from app.inspections.kinds import KINDS, kind_of
from app.inspections.kinds.base import Kind
from app.inspections.scoring import as_typed
from app.people.models import CARD_CHECKLISTS, DutyCard, Person, not_for_cards
from app.places.models import GRADES, ClassGroup, Place
from app.words import either

BUILT_IN = Path(__file__).parent.parent / "seeds" / "checklists"
SLOTS = (  # slug, name, English name, begins
    ("morning", "早上", "Morning", "00:00"),
    ("noon", "中午", "Noon", "11:30"),
    ("afternoon", "下午", "Afternoon", "13:30"),
)
CLASS_HYGIENE, DAILY_CLEANING = "class-hygiene", "cleaner-daily"
CLASS_SCORES = (CLASS_HYGIENE, "class-hygiene-100")  # the scores that a week is made of, out of 10 and out of 100
AT_REST = ("class-hygiene-100",)  # built in but retired at first: a school scores out of 10 or out of 100

for _kind in KINDS.values():
    CARD_CHECKLISTS.update(_kind.cards)

ANSWERS = {
    "points": _l("points"),
    "fine": _l("fine or not"),
    "number": _l("a number"),
    "choice": _l("one of several"),
    "text": _l("words"),
}
FINDINGS = {"ticket": _l("a repair"), "hazard": _l("a hazard"), "follow_up": _l("a cleaning follow-up")}

journal.says({
    "inspections.checklist": _l("published version %(version)s of the checklist %(name)s"),
    "inspections.checklist_retired": _l("retired the checklist %(name)s: %(reason)s"),
    "inspections.checklist_back": _l("took the checklist %(name)s into use again"),
})  # fmt: skip


# Told inside its own act when a checklist is retired, and when it comes back: fn(checklist, by, reason), fn(checklist).
after_retiring: "list[Callable[[Checklist, Person, str], object]]" = []
after_return: "list[Callable[[Checklist], object]]" = []


class Slot(Row):
    """A part of the school day in which a class is checked once; it begins at `starts` on the school's clock."""

    slug = peewee.CharField(12, primary_key=True)
    name = peewee.CharField(20)
    name_en = peewee.CharField(20, default="")
    starts = peewee.CharField(5, unique=True)

    @property
    def title(self) -> str:
        return either(self.name, self.name_en)

    @classmethod
    def in_order(cls) -> peewee.ModelSelect:
        return cls.select().order_by(cls.starts)

    @classmethod
    def at(cls, moment: datetime | None = None) -> "Slot":
        here = clock.local(moment or clock.now()).strftime("%H:%M")
        return _slot_at.first(here)


_slot_at = Prepared(lambda here: Slot.select().where(Slot.starts <= here).order_by(Slot.starts.desc()).limit(1))


class Checklist(Row):
    """One version of a checklist. `target` is class or place; `kind` is score (points), ticks (tasks) or list (what
    is fine and what is not); `kinds` are the kinds of place it fits (empty: all), `who` the roles that may use it
    (with `card`); points are hundredths. One that is retired is offered nowhere, in whatever version it comes."""

    slug = peewee.CharField(40)
    version = peewee.IntegerField()
    name = peewee.CharField(60)
    name_en = peewee.CharField(80, default="")
    target = peewee.CharField(10)
    kind = peewee.CharField(10)
    kinds = JSON(default=list)
    who = JSON(default=list)
    family = peewee.CharField(20, default="")  # the kind whose rules hold: a module in kinds/
    full = peewee.IntegerField(default=0)
    bonus_max = peewee.IntegerField(default=0)
    pass_mark = peewee.IntegerField(default=0)  # hundredths of a score, percent of a list; 0: none
    all_fine = peewee.BooleanField(default=False)  # whether one tap may say that everything is fine
    built_in = peewee.CharField(64, default="")  # fingerprint of the built-in data it came from
    made_at = Moment(default=clock.now)
    replaced_at = Moment(null=True)
    retired_at = Moment(null=True)
    retired_by = peewee.ForeignKeyField(Person, null=True, index=False)
    retired_why = peewee.CharField(300, default="")

    class Meta:
        indexes = ((("slug", "version"), True),)
        constraints = [peewee.Check("target in ('class', 'place')"), peewee.Check("kind in ('score', 'ticks', 'list')")]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return either(self.name, self.name_en)

    @property
    def rules(self) -> Kind:
        return kind_of(self.family)

    @cached_property
    def items(self) -> list["Item"]:
        items = list(Item.select().where(Item.checklist == self).order_by(Item.position))
        for item in items:
            item.checklist = self
        return items

    @classmethod
    def in_use(cls) -> peewee.ModelSelect:
        """The versions that hold, those of retired checklists too."""
        return cls.select().where(cls.replaced_at.is_null()).order_by(cls.id)

    @classmethod
    def offered(cls) -> peewee.ModelSelect:
        """Those that can be checked with now."""
        return cls.in_use().where(cls.retired_at.is_null())

    @classmethod
    def at_rest(cls) -> peewee.ModelSelect:
        """The slugs of those that are retired."""
        return cls.select(cls.slug).where(cls.replaced_at.is_null(), cls.retired_at.is_null(False))

    @property
    def resting_since(self) -> datetime | None:
        """When it was retired, also of an older version; None while it is in use."""
        now = self if self.replaced_at is None else Checklist.now(self.slug)
        return now.retired_at if now is not None else None

    @classmethod
    def now(cls, slug: str) -> "Checklist | None":
        """The version of a checklist in use now."""
        return cls.in_use().where(cls.slug == slug).first()

    def items_at(self, place: Place) -> list["Item"]:
        return [item for item in self.items if not item.kinds or place.kind in item.kinds]

    def full_at(self, place: Place) -> int:
        """What a place can get: all points, without those of items for other kinds of place."""
        return sum(item.max for item in self.items_at(place))

    # Who may use it, and where

    def fits(self, place: Place, group: ClassGroup | None) -> bool:
        """Whether there is something to check with this list at a place; `group` is the class that sits there."""
        if self.target == "class":
            return group is not None and group.grade in GRADES
        return not self.kinds or place.kind in self.kinds

    def refusal(self, who: Any, place: Place, group: ClassGroup | None, at: datetime | None = None) -> str | None:
        """Why someone may not use this list at this place, as a sentence; None when they may. `at` is when it was
        answered, if that was earlier than now."""
        rests = self.resting_since
        if rests is not None and (at is None or rests <= at):
            return _("%(checklist)s is retired: it is not checked any more.", checklist=self.title)
        if who.roles.isdisjoint(self.who):
            return _("%(checklist)s is not for you to check.", checklist=self.title)
        if not self.fits(place, group):
            return _("%(checklist)s can't be checked at %(place)s.", checklist=self.title, place=place.name)
        if who.is_card:
            return self._card_refusal(who, place, group)
        if group is not None and group.teacher_id == who.id:
            return _("Nobody scores the own class.")
        if self.kind == "ticks" and not _cleans(who, place):
            return _("%(place)s is cleaned by %(name)s. The office can hand it over to you.",
                     place=place.name, name=place.cleaner.name)  # fmt: skip
        return None

    def _card_refusal(self, card: DutyCard, place: Place, group: ClassGroup | None) -> str | None:
        if self.slug not in card.checklists:
            return _("This duty card is not for %(checklist)s.", checklist=self.title)
        if group is not None and group.id == card.own_class_id:
            return _("Nobody scores the own class.")
        if not reaches(card, place, group):
            return _("This duty card is for other classes and areas.")
        return card.why_not_now()

    # Versions

    @classmethod
    def publish(
        cls, data: Mapping[str, Any], by: Any = None, built_in: str = "", upon: "Checklist | None" = None
    ) -> "Checklist":
        """A new version in place of the one in use. `data` is shaped like the files in seeds/checklists. A checklist
        that is retired stays so. Refused when the one in use is not `upon`, which somebody looked at."""
        head = {name: value for name, value in data.items() if name != "items"}
        if sentence := shape.problem(data):
            raise Refused(sentence, 422)
        with writing():
            last = cls.select(peewee.fn.MAX(cls.version)).where(cls.slug == head["slug"]).scalar() or 0
            before = cls.now(head["slug"])
            if upon is not None and before != upon:
                raise Refused(_("Somebody else saved this checklist meanwhile. Please look again."))
            rest = {name: getattr(before, name) for name in RETIRED} if before else {}
            cls.update(replaced_at=clock.now()).where(cls.slug == head["slug"], cls.replaced_at.is_null()).execute()
            checklist = cls.create(**head, **rest, version=last + 1, built_in=built_in)
            for position, item in enumerate(data["items"], start=1):
                Item.create(checklist=checklist, position=position, **item)
            journal.record("inspections.checklist", checklist, by, name=checklist.name, version=checklist.version)
        return checklist

    @classmethod
    def sketch(cls, data: Mapping[str, Any]) -> "Checklist":
        """A checklist to be looked at before it is stored; numbers stand for the ids of its items."""
        found = cls(**{name: value for name, value in data.items() if name != "items"}, version=0)
        rows = enumerate(data["items"], start=1)
        found.items = [Item(checklist=found, id=at, position=at, **item) for at, item in rows]
        return found

    def revise(self, by: Any, items: Sequence[Mapping[str, Any]]) -> "Checklist":
        """A new version with other items: their words, points and order."""
        return Checklist.publish({**self.head, "items": list(items)}, by)

    # Retired, and taken into use again

    def retire(self, by: Person, reason: str) -> None:
        """Offer it nowhere any more; what was checked with it stays. Its plans build no rounds meanwhile."""
        if not reason.strip():
            raise Refused(_("Please give the reason."), 422)
        with writing():
            self._rest(clock.now(), by, reason.strip(), self._held() & Checklist.retired_at.is_null())
            journal.record("inspections.checklist_retired", self, by, name=self.name, reason=reason.strip())
            for tell in after_retiring:
                tell(self, by, reason.strip())

    def take_up(self, by: Person) -> None:
        """Take it into use again, or for the first time. What would have been due meanwhile is not made up for."""
        with writing():
            self._rest(None, None, "", self._held() & Checklist.retired_at.is_null(False))
            journal.record("inspections.checklist_back", self, by, name=self.name)
            for tell in after_return:
                tell(self)

    def _held(self) -> peewee.Expression:
        return (Checklist.id == self.id) & Checklist.replaced_at.is_null()

    def _rest(self, at: datetime | None, by: Person | None, reason: str, while_: peewee.Expression) -> None:
        changed = Checklist.update(retired_at=at, retired_by=by, retired_why=reason).where(while_)
        if not changed.execute():
            raise Refused(_("Somebody else changed this checklist meanwhile. Please look again."))
        self.retired_at, self.retired_by, self.retired_why = at, by, reason

    @property
    def head(self) -> dict[str, Any]:
        """What a version says besides its items."""
        return {name: getattr(self, name) for name in HEAD}

    def as_data(self) -> dict[str, Any]:
        """The whole checklist shaped like the files in seeds/checklists, to be taken elsewhere."""
        return {**self.head, "items": [item.as_data() for item in self.items]}


Checklist.add_index(
    Checklist.index(Checklist.slug, unique=True, where=Checklist.replaced_at.is_null(), name="checklist_in_use")
)


class Item(Row):
    """One line of a checklist. `reasons` are the chips of a deduction, `{words, words_en, points}`; `key` stays
    the same from version to version; `times` is how often a task is due on a day."""

    checklist = peewee.ForeignKeyField(Checklist, backref="item_rows", index=False)
    position = peewee.IntegerField()
    key = peewee.CharField(40)
    name = peewee.CharField(60)
    name_en = peewee.CharField(80, default="")
    max = peewee.IntegerField(default=0)
    step = peewee.IntegerField(default=50)
    guide = peewee.CharField(200, default="")
    guide_en = peewee.CharField(200, default="")
    reasons = JSON(default=list)
    photo_on_fail = peewee.BooleanField(default=False)
    ticket_kind = peewee.CharField(20, default="other")
    kinds = JSON(default=list)
    times = peewee.IntegerField(default=1)
    answer = peewee.CharField(8, default="points")  # a key of ANSWERS
    floor = peewee.IntegerField(default=0)  # the points that nobody can take
    unit = peewee.CharField(12, default="")
    unit_en = peewee.CharField(12, default="")
    low = peewee.FloatField(null=True)  # a number is fine from low to high
    high = peewee.FloatField(null=True)
    choices = JSON(default=list)  # {words, words_en, fine}
    weight = peewee.IntegerField(default=1)
    section = peewee.CharField(40, default="")
    section_en = peewee.CharField(60, default="")
    key_item = peewee.BooleanField(default=False)  # fails the whole check
    skippable = peewee.BooleanField(default=False)  # may be answered with “does not apply here”
    finding = peewee.CharField(10, default="")  # what a failure opens, a key of FINDINGS; empty: as the kind says

    class Meta:
        indexes = ((("checklist", "key"), True), (("checklist", "position"), True))
        constraints = [
            peewee.Check("max >= 0"),
            peewee.Check("step > 0"),
            peewee.Check("times > 0"),
            peewee.Check("weight >= 0"),
            peewee.Check("floor between 0 and max"),
            peewee.Check("answer in ('points', 'fine', 'number', 'choice', 'text')"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return either(self.name, self.name_en)

    @property
    def advice(self) -> str:
        return either(self.guide, self.guide_en)

    @property
    def part(self) -> str:
        """The heading that it stands under."""
        return either(self.section, self.section_en)

    @property
    def opens(self) -> str:
        """What a failure opens, a key of FINDINGS."""
        return self.finding or self.checklist.rules.finding

    @property
    def options(self) -> list[str]:
        return [either(choice["words"], choice.get("words_en", "")) for choice in self.choices]

    @property
    def unit_word(self) -> str:
        return either(self.unit, self.unit_en)

    @property
    def limits(self) -> str:
        """`0–8 ℃`, `≥ 70 ℃`; empty without limits."""
        if self.low is None and self.high is None:
            return ""
        low, high = (as_typed(each) if each is not None else "" for each in (self.low, self.high))
        span = f"{low}–{high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
        return f"{span} {self.unit_word}".strip()

    def as_data(self) -> dict[str, Any]:
        """What differs from a plain item, shaped like the files in seeds/checklists."""
        kept = {name: getattr(self, name) for name in ITEM}
        return {name: value for name, value in kept.items() if name in ("key", "name") or value != plain(name)}

    @property
    def chips(self) -> list[str]:
        return [either(reason["words"], reason.get("words_en", "")) for reason in self.reasons]


HEAD = (
    "slug", "name", "name_en", "target", "kind", "family", "kinds", "who", "full", "bonus_max", "pass_mark", "all_fine",
)  # fmt: skip
RETIRED = ("retired_at", "retired_by", "retired_why")
ITEM = tuple(name for name in Item._meta.sorted_field_names if name not in ("id", "checklist", "position"))


def plain(name: str, of_item: bool = True) -> Any:
    """What a field of an item (or of a checklist) is while nobody says anything else."""
    usual = (Item if of_item else Checklist)._meta.fields[name].default
    return usual() if callable(usual) else usual


def class_at(place: Place) -> ClassGroup | None:
    """The class that sits in a room."""
    return _class_at.first(place.id)


_class_at = Prepared(lambda room: ClassGroup.select().where(ClassGroup.room == room))


def reaches(card: DutyCard, place: Place, group: ClassGroup | None) -> bool:
    """Whether a place is among those of a card: by the grade of its class, or by itself, its floor or building."""
    if group is not None and group.grade in card.grades:
        return True
    node = place if card.areas else None
    while node is not None:
        if node.id in card.areas or node.parent_id in card.areas:
            return True
        node = node.parent if node.parent_id and node.kind != "building" else None
    return False


# Asked whether someone cleans a place in somebody else's stead; cleaning posts know.
stand_ins: list[Callable[[Any, Place], bool]] = []


def _cleans(who: Any, place: Place) -> bool:
    """A cleaner ticks the own areas, those that are nobody's, and those where one stands in; the director, any."""
    if place.cleaner_id in (None, who.id) or "director" in who.roles:
        return True
    return any(ask(who, place) for ask in stand_ins)


def install_builtin() -> None:
    """The slots of the day and the built-in checklists. A new version only when the built-in data changed, and
    never over a version that the school made itself."""
    with writing():
        for slug, name, english, starts in SLOTS:
            Slot.insert(slug=slug, name=name, name_en=english, starts=starts).on_conflict_ignore().execute()
        for path in sorted(BUILT_IN.glob("*.json"), key=lambda path: path.stem):
            text = path.read_text(encoding="utf-8")
            data = json.loads(text)
            present = Checklist.now(data["slug"])
            if present is None or present.built_in not in ("", digest(text)):
                made = Checklist.publish(data, built_in=digest(text))
                if present is None and made.slug in AT_REST:
                    Checklist.update(retired_at=made.made_at).where(Checklist.id == made.id).execute()


not_for_cards.append(lambda: {slug for (slug,) in Checklist.at_rest().tuples()})
